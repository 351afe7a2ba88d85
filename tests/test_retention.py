"""What keeps a customer: a reminder that names what suits them, another due day on request, offers where the risk falls."""

from __future__ import annotations

import pytest

from tests.casework import DAY, Life, at, house
from tests.test_incentives import BALANCE, MINIMUM, Months
from tocsin.credit.collection.features import FEATURES, Seen
from tocsin.credit.collection.suiting import suits
from tocsin.credit.collection.turn import Turn
from tocsin.credit.incentive.due_day import answered
from tocsin.credit.incentive.record import Asked
from tocsin.credit.incentive.terms import DueDays
from tocsin.facts import dealings

NOW = at("2026-03-10")
SUITS = """
    due   | payday | paid by                             | what the reminder says
    03-20 | none   |                                     | whichever way you like, on 20 March 2026
    03-20 | 15     |                                     | whichever way you like, on 15 March 2026
    03-20 | 25     | direct_debit                        | by direct debit, as you mostly do, on 20 March 2026
    03-20 | 15     | cash bank_transfer bank_transfer    | by bank transfer, as you mostly do, on 15 March 2026
    03-20 | 10     | app cash                            | in cash at a branch, as you mostly do, on 10 March 2026
    03-31 | 31     | carrier_pigeon                      | whichever way you like, on 31 March 2026
"""


@pytest.mark.parametrize("row", list(SUITS.strip().splitlines()[1:]))
def test_the_reminder_names_the_way_and_the_day_that_suit(row: str) -> None:
    due, payday, ways, expected = (cell.strip() for cell in row.split("|"))
    life = Life(house())
    life.known(NOW - 90 * DAY, **({} if payday == "none" else {"payday": int(payday)}))
    for number, way in enumerate(ways.split()):
        life.pays(NOW - (60 - number) * DAY, 100, method=way)
    life.billed(NOW - 10 * DAY, MINIMUM, at(f"2026-{due}", 12))
    turn = Turn(life.book, NOW, life.house)
    assert suits(turn, turn.positions, "en") == expected
    assert "还款" in suits(turn, turn.positions, "zh")


def test_the_words_of_the_reminder_are_those_of_this_customer() -> None:
    life = Life(house("CN", ladder=[(-3, "pre_due_reminder")]))
    life.known(NOW - 90 * DAY, payday=12)
    life.pays(NOW - 60 * DAY, 100, method="bank_transfer")
    life.billed(NOW - 17 * DAY, MINIMUM, NOW + 3 * DAY)
    [attempt] = [one for one in life.look(NOW) if isinstance(one, dealings.ContactAttempt)]
    assert attempt.text is not None and "可照常以银行转账于2026年3月12日还款" in attempt.text


DUE_DAYS = """
    day | late | ended | current | payday | granted days ago | answer
    16  | no   | no    | 5       | none   | never            | asked
    16  | no   | no    | 5       | 15     | never            | payday
    16  | no   | no    | 5       | 15     | 181              | payday
    16  | no   | no    | 5       | 15     | 179              | too_soon
    16  | yes  | no    | 5       | 15     | never            | late
    16  | yes  | yes   | 5       | 15     | never            | ended
    5   | no   | no    | 5       | 15     | never            | same
    26  | no   | no    | 5       | 15     | never            | days
"""


@pytest.mark.parametrize("row", list(DUE_DAYS.strip().splitlines()[1:]))
def test_another_due_day_is_granted_by_rule_or_refused_with_the_reason(row: str) -> None:
    day, late, ended, current, payday, ago, expected = (cell.strip() for cell in row.split("|"))
    known = () if ago == "never" else (Asked("d", 5, "granted", NOW - int(ago) * DAY, "asked", "", ""),)
    reason, said = answered(
        int(day), known, DueDays(180, 1, 25), NOW, payday=None if payday == "none" else int(payday),
        current=int(current), late=late == "yes", ended=ended == "yes", zone="Asia/Shanghai",
    )  # fmt: skip
    assert reason == expected and said.en and said.zh and "{" not in said.en + said.zh


@pytest.mark.parametrize(
    ("balances", "paid", "falls"),
    [
        ((BALANCE, 900_000, 800_000, 700_000), (MINIMUM, MINIMUM, MINIMUM, MINIMUM), True),
        ((BALANCE, BALANCE, BALANCE, BALANCE), (MINIMUM, MINIMUM, 200_000, MINIMUM), True),
        ((BALANCE, BALANCE, BALANCE, BALANCE), (MINIMUM, MINIMUM, MINIMUM, MINIMUM), False),
        ((BALANCE, 900_000, 950_000, 700_000), (MINIMUM, MINIMUM, MINIMUM, MINIMUM), False),
        ((BALANCE, 900_000), (MINIMUM, MINIMUM), False),  # too little is known
    ],
)
def test_the_risk_falls_where_less_is_owed_or_more_is_paid(
    balances: tuple[int, ...], paid: tuple[int, ...], falls: bool
) -> None:
    life = Months()
    for number, (balance, amount) in enumerate(zip(balances, paid, strict=True)):
        life.bill(number, balance=balance)
        life.pay(number, amount)
    seen = Seen(life.book, life.month(len(balances) - 1) + 16 * DAY, life.house)
    assert FEATURES["risk_falls"].of(seen) is falls

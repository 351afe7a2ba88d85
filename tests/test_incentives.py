"""Rewards and penalties: one judgement for each statement, never both, within the law, taken back where it was wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.casework import DAY, Life, at, house
from tocsin.credit.collection import incentive_section
from tocsin.credit.collection.decide import decide
from tocsin.credit.collection.house import Beside, House
from tocsin.credit.conduct.law import Rule
from tocsin.credit.incentive.lawful import PARAMETERS, Asked, Lawful, Unlawful, asked, cured_after
from tocsin.credit.incentive.occasion import FEATURES, occasions
from tocsin.credit.incentive.record import SIDES, Granted
from tocsin.credit.incentive.terms import Incentives
from tocsin.desk import policies, queries
from tocsin.desk.budgets import Purse
from tocsin.desk.laws import profile, texts
from tocsin.facts import dealings, kinds, measures
from tocsin.facts.incentives import CycleJudged, Grant
from tocsin.facts.kinds import Fact
from tocsin.policy.check import Setting
from tocsin.values import instant
from tocsin.values.document import read
from tocsin.values.problem import Refused

FIRST = "2026-01-05"
MINIMUM, BALANCE = 100_000, 1_000_000
SECTION = """
budget:
  thanks: {money: 100.00}
  fewer_points: {count: 2}
experiments: {thanks: {champion: 50, nothing: 50}}
rewards:
  thanks: {gives: cashback, when: paid_full, amount: "least(statement_balance * 0.01, 60.00)", say: {en: "Cashback of {amount}.", zh: "返现{amount}。"}}
  fewer_points: {gives: rate_cut, when: on_time_streak >= 2, rate: 1.50, for: 90 days, every: 60 days, say: {en: "{rate} points less until {until}.", zh: "至{until}降{rate}个百分点。"}}
  more: {gives: limit_rise, when: on_time_streak >= 3 and surplus > 0, amount: credit_limit * 0.2, most: 2000.00, say: {en: "Limit up by {amount}.", zh: "提额{amount}。"}}
penalties:
  fee: {gives: late_fee, when: refuses, amount: unpaid, say: {en: "A late fee of {amount}.", zh: "违约金{amount}。"}}
  dearer: {gives: penalty_rate, when: missed_streak >= 2, rate: 5, say: {en: "{rate} points more from {effective}.", zh: "自{effective}起上调{rate}个百分点。"}, tell: {by: [app, sms], template: penalty_rate_notice}}
  listed: {gives: blacklist, when: missed_streak >= 3, say: {en: "No new credit.", zh: "不予新增授信。"}}
"""
Event = Callable[[int], Any]


@cache
def terms(law: str, text: str = SECTION) -> Incentives:
    currency = house(law).currency
    setting = Setting(currency, house(law).zone, sections={"collection": house(law).strategy})
    return incentive_section.read(read(text, "incentives.yaml"), setting)


@cache
def lender(law: str = "CN", text: str = SECTION) -> House:
    from dataclasses import replace

    return replace(house(law), incentives=terms(law, text))


class Months(Life):
    """A person with a card: a statement every 30 days, due 20 days later."""

    def __init__(self, law: str = "CN", text: str = SECTION, person: str = "P-1", known: bool = True) -> None:
        super().__init__(lender(law, text), person)
        self.begun = at(FIRST, 9, self.house.zone)
        self.tell(
            kinds.InformationUpdate, self.begun, currency=self.house.currency, income=2_000_000, obligations=0,
            employment="employed", verified=True,
        )  # fmt: skip
        if known:
            self.known(self.begun, adults=1)

    def month(self, number: int) -> int:
        return self.begun + number * 30 * DAY

    def bill(self, number: int, minimum: int = MINIMUM, balance: int = BALANCE) -> None:
        now = self.month(number)
        self.billed(now, minimum, now + 20 * DAY, balance)
        self.tell(kinds.LimitChange, now, account=self.account, currency=self.house.currency, credit_limit=2_000_000)

    def pay(self, number: int, amount: int, days: int = 15, **more: Any) -> None:
        self.pays(self.month(number) + days * DAY, amount, **more)

    def refuse(self, now: int) -> None:
        for day in range(4):
            self.tell(kinds.ContactResult, now + day, channel="call", result="refused" if day else "evaded")

    def judged(self, number: int, days: int = 24) -> list[Fact]:
        """What comes of the person once the statement's days of grace are over; messages get out."""
        now = self.month(number) + days * DAY
        facts = self.look(now)
        self.results(facts, now + 60_000_000)
        return facts + self.look(now + 120_000_000)

    @property
    def grants(self) -> tuple[Granted, ...]:
        return self.book.accounts[self.account].earned.grants

    def live(self) -> list[str]:
        return sorted(one.gives for one in self.grants if one.live)


def told(facts: Iterable[Fact]) -> list[str]:
    return [f"{one.gives} {one.state} {one.reason}" for one in facts if isinstance(one, Grant)]


# -- judged once -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "outcome", "expected"),
    [
        (((15, BALANCE),), "full", ["cashback granted earned"]),
        (((15, BALANCE - 500),), "full", ["cashback granted earned"]),  # within the tolerance
        (((15, MINIMUM),), "minimum", []),
        (((22, MINIMUM),), "minimum", []),  # within the grace
        (((5, 50_000), (15, 50_000)), "minimum", []),
        (((15, 40_000),), "part", []),
        (((25, BALANCE),), "nothing", []),  # too late
        ((), "nothing", []),
    ],
)
def test_a_statement_is_judged_when_its_days_are_over(
    paid: tuple[tuple[int, int], ...], outcome: str, expected: list[str]
) -> None:
    life = Months()
    life.bill(0)
    for days, amount in paid:
        if days < 24:
            life.pay(0, amount, days)
    assert not [one for one in life.judged(0, 22) if isinstance(one, CycleJudged)]
    facts = life.judged(0, 24)
    assert [one.outcome for one in facts if isinstance(one, CycleJudged)] == [outcome]
    assert told(facts) == expected
    assert not told(life.judged(0, 28)) and len(life.book.accounts[life.account].earned.judged) == 1


def test_who_is_woken_is_judged_and_nobody_is_woken_for_nothing() -> None:
    from tocsin.credit.collection.waking import wake_at

    life = Months()
    life.bill(0)
    life.pay(0, BALANCE)
    life.look(life.month(0) + 15 * DAY)
    wake = wake_at(life.book, life.month(0) + 15 * DAY, life.house)
    assert wake is not None and told(life.look(wake)) == ["cashback granted earned"]


def test_the_past_is_judged_by_nobody_when_a_policy_begins() -> None:
    life = Months()
    for number in range(6):
        life.bill(number)
        life.pay(number, BALANCE)
    facts = life.judged(5)
    assert [one.occasion for one in facts if isinstance(one, CycleJudged)] and len(told(facts)) <= 3
    assert sum(isinstance(one, CycleJudged) for one in facts) == 1


def test_rewards_for_who_pays_and_nothing_for_who_is_late_elsewhere() -> None:
    life = Months()
    for number in range(3):
        life.bill(number)
        life.pay(number, BALANCE)
        facts = life.judged(number)
    assert told(facts) == ["cashback granted earned", "limit_rise granted earned"]  # the cut stands for 90 days
    assert life.live() == ["cashback", "cashback", "cashback", "limit_rise", "rate_cut"]
    life.tell(
        kinds.Statement, life.month(2), account="B", currency="CNY", statement_balance=50_000, minimum_due=50_000,
        due_at=instant.instant(life.month(2) + 10 * DAY),
    )  # fmt: skip
    life.bill(3)
    life.pay(3, BALANCE)
    assert not [one for one in told(life.judged(3)) if "granted" in one]


def test_a_limit_rises_within_ability_alone() -> None:
    rules = profile("CN").rules
    assert asked(rules, Asked("limit_rise", at(FIRST), 50_000, surplus=100_000, credit_limit=1_180_000)) == Lawful(
        20_000, None, rule=profile("CN").rule("HOUSE-LIMIT-RISE")
    )
    assert isinstance(asked(rules, Asked("limit_rise", at(FIRST), 50_000, surplus=0, credit_limit=100)), Unlawful)


# -- penalties ---------------------------------------------------------------------------------------------------------


def test_only_who_could_pay_and_will_not_is_penalised() -> None:
    life = Months()
    life.bill(0)
    assert told(life.judged(0)) == []  # late, but nobody refused
    life.refuse(life.month(1))
    life.bill(1)
    assert told(life.judged(1)) == ["late_fee granted earned", "penalty_rate declined law"]  # not 60 days late
    fee = life.grants[0]
    assert fee.amount == MINIMUM * 5 // 100 and fee.rule == "CN-FEE-5PCT"
    assert "issuer tariffs" in fee.en and "待法律顾问确认" in fee.zh


@pytest.mark.parametrize("flag", ["hardship", "disputed", "deceased", "fraud", "bankrupt"])
def test_nobody_protected_is_penalised(flag: str) -> None:
    life = Months()
    life.refuse(life.month(0))
    life.tell(dealings.Stop, life.month(0), flag=flag)
    life.bill(0)
    assert told(life.judged(0)) == []


def test_a_paused_account_is_not_penalised() -> None:
    life = Months()
    life.refuse(life.month(0))
    life.bill(0)
    life.tell(kinds.Pause, life.month(0) + 10 * DAY, account=life.account, mode="freeze")
    assert told(life.judged(0, 60)) == []


@pytest.mark.parametrize(
    ("law", "minimum", "unpaid", "before", "amount", "rule"),
    [
        ("US", 2_500, 2_500, (), 2_500, "US-REGZ-52b"),
        ("US", 10_000, 10_000, (), 3_000, "US-REGZ-52b"),
        ("US", 10_000, 10_000, (3,), 4_100, "US-REGZ-52b"),
        ("US", 10_000, 10_000, (7,), 3_000, "US-REGZ-52b"),
        ("US", 10_000, 10_000, (0,), None, "US-REGZ-52b"),
        ("UK", 5_000, 5_000, (), 1_200, "UK-OFT-842"),
        ("UK", 800, 800, (), 800, "UK-OFT-842"),
        ("CN", 100_000, 60_000, (), 3_000, "CN-FEE-5PCT"),
        ("CN", 100_000, 10, (), None, "CN-FEE-5PCT"),
    ],
)
def test_late_fees_within_the_law_of_the_place(
    law: str, minimum: int, unpaid: int, before: tuple[int, ...], amount: int | None, rule: str
) -> None:
    wanted = Asked("late_fee", at(FIRST), 1_000_000, minimum=minimum, unpaid=unpaid, given=before)
    verdict = asked(profile(law).rules, wanted)
    assert verdict.rule is not None and verdict.rule.id == rule
    assert amount == (verdict.amount if isinstance(verdict, Lawful) else None)


def test_penalty_rates_by_place() -> None:
    wanted = Asked("penalty_rate", at(FIRST), rate=2_000, days_past_due=61, contract_rate=1_800)
    china, states, kingdom = (asked(profile(law).rules, wanted) for law in ("CN", "US", "UK"))
    assert isinstance(china, Lawful) and (china.rate, china.notice_days, china.told_first) == (900, 45, True)
    assert isinstance(states, Lawful) and (states.rate, states.notice_days) == (2_000, 45)
    assert isinstance(kingdom, Unlawful) and kingdom.rule.id == "UK-CONC-6.7.16"
    early = Asked("penalty_rate", at(FIRST), rate=2_000, days_past_due=60, contract_rate=1_800)
    assert all(isinstance(asked(profile(law).rules, early), Unlawful) for law in ("CN", "US", "UK"))
    for law in ("CN", "US"):
        cure = cured_after(profile(law).rules, "penalty_rate", at(FIRST))
        assert cure is not None and cure[0] == 6


def test_rules_say_what_they_limit_in_words_that_are_known() -> None:
    for law in ("CN", "US", "UK"):
        limiting = [rule for rule in profile(law).rules if "limits" in rule.parameters]
        assert all({*rule.parameters} <= PARAMETERS and rule.parameters["limits"] in SIDES for rule in limiting)
        assert {"late_fee", "penalty_rate", "bureau_record", "blacklist", "limit_rise"} == {
            rule.parameters["limits"] for rule in limiting
        }


def dearer(law: str = "CN") -> Months:
    """Somebody who refused and missed until a penalty rate was announced."""
    life = Months(law)
    for number in range(4):
        life.bill(number)
        life.refuse(life.month(number) + DAY)
        life.judged(number)
    assert "penalty_rate announced announced" in told(one[0] for one in life.log), told(one[0] for one in life.log)
    return life


def test_a_penalty_rate_is_announced_comes_into_force_and_ends_after_six_payments_in_time() -> None:
    life = dearer()
    announced = next(one for one in life.grants if one.gives == "penalty_rate" and one.state == "announced")
    assert announced.effective_at is not None and announced.effective_at - announced.at > 45 * DAY
    assert announced.rate == 500 and any(one.template == "penalty_rate_notice" for one in attempts(life))
    life.bill(4)
    assert "penalty_rate" in [one.gives for one in life.grants if one.state == "announced"]
    assert "penalty_rate granted in_force" in told(life.judged(4))
    for number in range(5, 11):
        assert "penalty_rate" in life.live()
        life.bill(number)
        life.pay(number, BALANCE)
        facts = life.judged(number)
    assert "penalty_rate ended cured" in told(facts) and "penalty_rate" not in life.live()


def test_a_penalty_rate_that_was_announced_is_dropped_once_paid_or_in_hardship() -> None:
    for protect in (False, True):
        life = dearer()
        if protect:
            life.tell(dealings.Stop, life.month(4), flag="hardship")
        else:
            life.pays(life.month(4), 10 * BALANCE)
        facts = life.look(life.month(6))
        assert f"penalty_rate declined {'protected' if protect else 'paid'}" in told(facts)


def test_a_person_decides_who_gets_no_new_credit() -> None:
    life = dearer()
    listed = next(one for one in life.grants if one.gives == "blacklist")
    assert (listed.state, listed.reason, listed.rule) == ("announced", "review", "HOUSE-BLACKLIST")
    assert "A person decides" in listed.en and "人工" in listed.zh


BUREAU = """
penalties:
  reported: {gives: bureau_record, when: refuses, say: {en: "Reported from {effective}.", zh: "自{effective}起报送。"}, tell: {by: [sms, app], template: bureau_notice}}
"""


def reported(get_out: bool = True, known: bool = True) -> tuple[Months, str]:
    life = Months(text=BUREAU, known=known)
    life.refuse(life.month(0) + DAY)
    life.bill(0)
    if get_out:
        assert told(life.judged(0)) == ["bureau_record announced announced"]
    else:
        life.look(life.month(0) + 24 * DAY)
    return life, life.grants[0].id


def steps(life: Life) -> list[str]:
    return [fact.step for fact, _ in life.log if isinstance(fact, dealings.BureauStep)]


def test_a_record_at_the_bureau_follows_its_notice_and_is_taken_down_when_it_was_wrong() -> None:
    life, _ = reported()
    assert [one.purpose for one in attempts(life)] == ["bureau_notice"] and steps(life) == ["notice"]
    assert told(life.look(life.month(0) + 28 * DAY)) == []
    assert told(life.look(life.month(0) + 31 * DAY)) == ["bureau_record granted in_force"]
    assert steps(life) == ["notice", "furnished"]
    now = life.month(0) + 35 * DAY
    life.tell(
        kinds.Payment, now, account=life.account, amount=MINIMUM, currency="CNY", happened=life.month(0) + 10 * DAY
    )
    assert told(life.look(now)) == ["bureau_record reversed judged_anew"] and steps(life)[-1] == "ended"


def test_nothing_is_reported_of_who_paid_after_the_notice_or_never_got_it() -> None:
    life, _ = reported()
    life.pays(life.month(0) + 26 * DAY, BALANCE)
    assert told(life.look(life.month(0) + 31 * DAY)) == ["bureau_record declined paid"]
    assert "furnished" not in steps(life)
    life, _ = reported(get_out=False)
    found = [one for day in range(25, 70) for one in told(life.look(life.month(0) + day * DAY))]
    assert found == ["bureau_record declined notice"] and "furnished" not in steps(life)


def test_days_of_notice_count_from_when_it_got_out() -> None:
    """Nobody could be reached when it was announced; written to 14 days later, they have their 5 days from then."""
    life, _ = reported(get_out=False, known=False)
    assert not attempts(life)
    written = life.month(0) + 38 * DAY
    life.known(written)
    facts = life.look(written)
    assert [one.purpose for one in attempts(life)] == ["bureau_notice"]
    life.results(facts, written + 60_000_000)
    assert told(life.look(written + 3_600_000_000)) == ["bureau_record announced notice"]
    assert "begins on" in life.grants[0].en and "furnished" not in steps(life)
    assert told(life.look(written + 5 * DAY)) == []
    assert told(life.look(written + 6 * DAY)) == ["bureau_record granted in_force"]


# -- what is learnt later ----------------------------------------------------------------------------------------------


def test_a_payment_that_bounces_takes_the_reward_back_and_says_why() -> None:
    life = Months()
    life.bill(0)
    life.pay(0, BALANCE, id="pay-1")
    life.judged(0)
    cashback = life.grants[0]
    now = life.month(0) + 27 * DAY
    life.tell(kinds.PaymentReversed, now, account=life.account, amount=BALANCE, currency="CNY", reported_fact="pay-1")
    facts = life.look(now)
    taken = [one for one in facts if isinstance(one, Grant)]
    assert [(one.grant, one.state, one.reason, one.amount) for one in taken] == [
        (cashback.id, "reversed", "judged_anew", cashback.amount)
    ]
    assert "paid in full, now not paid" in taken[0].en and "全额还清" in taken[0].zh
    assert life.live() == []


def test_a_payment_that_was_late_in_coming_takes_the_penalty_back_and_earns_the_reward() -> None:
    life = Months()
    life.refuse(life.month(0))
    life.bill(0)
    life.judged(0)
    assert life.live() == ["late_fee"]
    now = life.month(0) + 27 * DAY
    life.tell(
        kinds.Payment, now, account=life.account, amount=BALANCE, currency="CNY", happened=life.month(0) + 10 * DAY
    )
    assert told(life.look(now)) == ["late_fee reversed judged_anew", "cashback granted earned"]
    assert life.live() == ["cashback"]


def test_a_row_that_breaks_in_its_midst_takes_back_what_rested_on_it() -> None:
    life = Months()
    for number in range(3):
        life.bill(number)
        life.pay(number, BALANCE, id=f"pay-{number}")
        life.judged(number)
    assert "limit_rise" in life.live()
    now = life.month(2) + 26 * DAY
    life.tell(kinds.PaymentReversed, now, account=life.account, amount=BALANCE, currency="CNY", reported_fact="pay-1")
    facts = life.look(now)
    assert "limit_rise reversed judged_anew" in told(facts)
    assert life.live() == ["cashback", "cashback"]


# -- budgets and arms --------------------------------------------------------------------------------------------------


def test_what_the_budget_no_longer_bears_is_declined_and_says_so() -> None:
    life = Months()
    life.bill(0)
    life.pay(0, BALANCE)
    now = life.month(0) + 24 * DAY
    enough, short = (decide(life.book, now, life.house, Beside(left={"thanks": left})) for left in (6_000, 5_999))
    assert told(enough) == ["cashback granted earned"] and told(short) == ["cashback declined budget"]
    assert "used up" in next(one.en for one in short if isinstance(one, Grant))


def test_only_persons_of_its_arm_get_what_is_tried_out() -> None:
    text = SECTION.replace("when: paid_full,", "when: paid_full, arms: {thanks: champion},")
    arms = set[tuple[str | None, ...]]()
    for number in range(20):
        life = Months(text=text, person=f"P-{number}")
        life.bill(0)
        life.pay(0, BALANCE)
        life.judged(0)
        arms.add(tuple(one.arm for one in life.grants))
    assert arms == {(), ("thanks.champion",)}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 20_000), st.lists(st.sampled_from((100_000, 300_000, BALANCE)), min_size=1, max_size=16))
def test_no_budget_is_overspent_by_persons_who_are_decided_together(most: int, balances: list[int]) -> None:
    text = SECTION.replace("money: 100.00", f"money: {most // 100}.{most % 100:02}")
    purse, made = Purse(terms("CN", text), {}), list[Fact]()
    for number, balance in enumerate(balances):
        life = Months(text=text, person=f"P-{number}")
        life.bill(0, balance=balance)
        life.pay(0, balance)
        facts = decide(life.book, life.month(0) + 24 * DAY, life.house, purse.beside(Beside()))
        left = purse.left["thanks"]
        purse.pay(facts)
        for one in facts:
            if isinstance(one, Grant):
                assert one.amount is not None and (one.state == "granted") == (one.amount <= left)
                assert one.state == "granted" or one.reason == "budget"
        made += facts
    spent = sum(one.amount or 0 for one in made if isinstance(one, Grant) and one.state == "granted")
    assert spent <= most and purse.left["thanks"] == most - spent


@pytest.mark.parametrize(("type", "rewarded"), [("card_lock", False), ("limit_cut", False), ("step_up", True)])
def test_nobody_restricted_is_rewarded(type: str, rewarded: bool) -> None:
    life = Months()
    life.bill(0)
    life.pay(0, BALANCE)
    life.tell(
        measures.Restriction, life.month(0) + DAY, account=life.account, restriction="r-1", hold="manual", type=type,
        reasons=("test",), by="agent", policy="card 1.0",
    )  # fmt: skip
    assert ("cashback granted earned" in told(life.judged(0))) == rewarded


# -- whatever happens --------------------------------------------------------------------------------------------------

MONTH = st.tuples(
    st.sampled_from((0, 30_000, MINIMUM, 500_000, BALANCE)),
    st.integers(1, 29),
    st.booleans(),  # refuses
    st.sampled_from((None, None, None, "hardship", "disputed")),
    st.booleans(),  # the payment bounces
    st.booleans(),  # the payment is known only later
)


def lived(law: str, months: list[tuple[Any, ...]]) -> Months:
    """Months of which some payments bounce, or are known late; the person is looked at every few days."""
    life = Months(law)
    late: list[Event] = []
    for number, (amount, days, refuses, flag, bounces, unknown) in enumerate(months):
        life.bill(number)
        if refuses:
            life.refuse(life.month(number) + DAY)
        if flag:
            life.tell(dealings.Stop, life.month(number) + DAY, flag=flag, until=instant.instant(life.month(number + 1)))
        moment, id = life.month(number) + days * DAY, f"pay-{number}"
        for day in (10, 24, 29):
            now = life.month(number) + day * DAY
            for event in late:
                event(now)
            late = []
            if (amount and day - 10 < days <= day) or (days > 24 and day == 29 and amount):
                pay = lambda now, id=id, amount=amount, moment=moment: life.tell(  # noqa: E731
                    kinds.Payment, now, id=id, account=life.account, amount=amount, currency=life.house.currency,
                    happened=min(moment, now),
                )  # fmt: skip
                if id not in {one.fact_id for one, _ in life.log}:
                    (late.append if unknown else lambda event, now=now: event(now))(pay)
                    if bounces:
                        late.append(
                            lambda now, id=id, amount=amount: life.tell(
                                kinds.PaymentReversed, now, account=life.account, amount=amount,
                                currency=life.house.currency, reported_fact=id,
                            )
                        )  # fmt: skip
            life.look(now)
    return life


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(("CN", "US", "UK")), st.lists(MONTH, min_size=1, max_size=7))
def test_never_both_for_one_statement_and_every_penalty_within_the_law(law: str, months: list[tuple[Any, ...]]) -> None:
    life = lived(law, months)
    earned = life.book.accounts[life.account].earned
    outcomes = {one.occasion: one.outcome for one in earned.judged}
    for occasion in outcomes:
        live = [one for one in earned.of(occasion) if one.counts]
        assert len({one.side for one in live}) <= 1
        assert len({one.gives for one in live}) == len(live)
        for one in live:
            paid = outcomes[occasion] in ("full", "minimum")
            assert (one.side == "reward") == paid
    for one in earned.grants:
        if one.gives == "late_fee" and one.counts:
            assert one.amount is not None
            assert one.amount <= {"CN": MINIMUM * 5 // 100, "US": 4_100, "UK": 1_200}[law]
        assert one.gives != "penalty_rate" or law != "UK" or one.state == "declined"
        if one.state == "declined" and one.reason == "law":
            assert one.rule and one.rule in one.en and one.rule in one.zh
    facts = [fact for fact, _ in life.log if isinstance(fact, Grant)]
    first = {fact.grant: fact for fact in reversed(facts)}
    for fact in facts:  # a reversal is to the cent what was granted
        assert (fact.amount, fact.rate, fact.occasion) == (
            first[fact.grant].amount, first[fact.grant].rate, first[fact.grant].occasion,
        )  # fmt: skip
    assert len({fact.fact_id for fact in facts}) == len(facts)


@settings(max_examples=40, deadline=None)
@given(
    st.permutations(range(5)),
    st.lists(st.tuples(st.sampled_from((30_000, MINIMUM, BALANCE)), st.integers(1, 22)), min_size=2, max_size=2),
    st.booleans(),
)
def test_the_order_of_facts_does_not_matter(order: list[int], paid: list[tuple[int, int]], bounces: bool) -> None:
    def lived(places: Iterable[int]) -> list[tuple[Any, ...]]:
        life = Months()
        known = life.month(0) + 23 * DAY
        money = {"account": life.account, "currency": "CNY"}
        events: list[Event] = [
            lambda now: life.tell(
                kinds.Statement, now, id="s", happened=life.month(0), statement_balance=BALANCE, minimum_due=MINIMUM,
                due_at=instant.instant(life.month(0) + 20 * DAY), **money,
            ),
            *(
                lambda now, n=n, amount=amount, days=days: life.tell(
                    kinds.Payment, now, id=f"p{n}", happened=life.month(0) + days * DAY, amount=amount, **money
                )
                for n, (amount, days) in enumerate(paid)
            ),
            lambda now: life.tell(
                kinds.PaymentReversed, now, id="r", happened=life.month(0) + 22 * DAY, amount=paid[0][0],
                reported_fact="p0", **money,
            ) if bounces else None,
            lambda now: life.tell(kinds.LimitChange, now, id="l", credit_limit=2_000_000, **money),
        ]  # fmt: skip
        for place in places:
            events[place](known)
        life.look(known + 2 * DAY)
        earned = life.book.accounts[life.account].earned
        return [
            *((one.occasion, one.outcome) for one in earned.judged),
            *((one.gives, one.state, one.amount, one.en) for one in earned.grants),
        ]

    assert lived(order) == lived(range(5))


def test_occasions_are_those_of_the_whole_history_however_it_is_folded() -> None:
    from tocsin.credit.position import replayed

    life = Months()
    for number in range(5):
        life.bill(number)
        life.pay(number, BALANCE if number % 2 else MINIMUM)
    terms = life.house.strategy.position
    facts = [fact for fact, _ in life.log if getattr(fact, "account", None) == life.account]
    assert occasions(life.book.accounts[life.account].history, terms) == occasions(replayed(facts, terms), terms)


def attempts(life: Life) -> list[dealings.ContactAttempt]:
    return [fact for fact, _ in life.log if isinstance(fact, dealings.ContactAttempt)]


# -- the section -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("rewards: {a: {gives: cashback, when: paid_full, say: {en: a, zh: b}}}", "'cashback' needs 'amount'"),
        ("rewards: {a: {gives: rate_cut, when: paid_full, amount: 5.00, rate: 1, say: {en: a, zh: b}}}", "'rate_cut' has no 'amount'"),
        ("rewards: {a: {gives: late_fee, when: paid_full, amount: 5.00, say: {en: a, zh: b}}}", "'late_fee' is no value of 'gives'"),
        ("penalties: {a: {gives: penalty_rate, when: refuses, rate: 5, say: {en: a, zh: b}}}", "comes into force only once the person was told"),
        ("rewards: {a: {gives: cashback, when: paid_fully, amount: 5.00, say: {en: a, zh: b}}}", "unknown name 'paid_fully'"),
        ("rewards: {a: {gives: cashback, when: paid_full, amount: 5.00, say: {en: '{amont}', zh: b}}}", "unknown placeholder 'amont'"),
        ("rewards: {a: {gives: cashback, when: paid_full, amount: 5.00, say: {en: '{amount', zh: b}}}", "a brace stands alone"),
        ("budget: {b: {count: 1}}", "unknown incentive 'b'"),
        ("{budget: {a: {}}, rewards: {a: {gives: cashback, when: paid_full, amount: 5.00, say: {en: a, zh: b}}}}", "a budget is money or a count"),
        ("{budget: {a: {money: 5}}, rewards: {a: {gives: rate_cut, when: paid_full, rate: 1, say: {en: a, zh: b}}}}", "'rate_cut' is no amount of money"),
        ("{rewards: {a: {gives: cashback, when: paid_full, amount: 5.00, say: {en: a, zh: b}}}, penalties: {a: {gives: late_fee, when: refuses, amount: 5.00, say: {en: a, zh: b}}}}", "is both a reward and a penalty"),
        ("rewards: {a: {gives: cashback, when: paid_full, amount: 5.00, arms: {x: y}, say: {en: a, zh: b}}}", "unknown experiment 'x'"),
        ("experiments: {x: {y: 50, z: 40}}", "the shares of 'x' add up to 90"),
        ("due_days: {first: 20, last: 3}", "the first due day lies behind the last"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_sentence(given: str, what: str) -> None:
    with pytest.raises(Refused) as refused:
        terms("CN", given)
    assert [one for one in refused.value.problems if what in str(one)], str(refused.value)
    assert all(one.where.startswith("incentives.yaml:") for one in refused.value.problems)


def test_every_feature_of_an_occasion_is_said_in_both_languages() -> None:
    assert all(one.en and one.zh for one in FEATURES.values())
    assert isinstance(profile("CN").rules[0], Rule)


def test_the_incentives_of_a_policy_in_words() -> None:
    english, chinese = (queries.policy_words(path=Path("policies/card.yaml"), language=one) for one in ("en", "zh"))
    assert "Rewards, for a statement whose minimum was paid in time" in english
    assert (
        "  rate_cut (Lower rate for paying in time): rate_cut by 1 points a year, for 180 days, again after 180 days, "
        "when on_time_streak >= 12 and not paid_full, 1000 a month at most"
    ) in english
    assert any("每月预算50,000.00" in one for one in chinese) and any("实验组thanks.champion" in one for one in chinese)


def test_the_room_of_incentives_knows_nothing_of_collections() -> None:
    for path in Path("src/tocsin/credit/incentive").glob("*.py"):
        assert "credit.collection" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("name", ["card", "card-us", "card-uk", "paylater"])
def test_what_a_policy_tells_of_grants_is_written_for_that(name: str) -> None:
    terms = policies.incentives_of(policies.policy(Path(f"policies/{name}.yaml")))
    assert terms is not None
    for one in terms.incentives.values():
        if one.tell is not None:
            text = texts().written[one.tell.template]
            assert text.purpose == one.tell.purpose, one.name
            assert all(text.chosen(channel, place) for channel in one.tell.by for place in ("CN", "US", "UK")), one.name

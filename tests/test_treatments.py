"""Every way of treating, reached: what comes of it where it may be, and what bars it where it may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw, json

from tests.casework import DAY, MINUTE, READS, WAYS, Life, at, house, short, story
from tests.test_decide_case import same
from tocsin.credit import plan
from tocsin.credit.collection import offer
from tocsin.credit.collection.strategy import Contact, Offered
from tocsin.credit.collection.turn import Turn
from tocsin.credit.collection.waking import wake_at
from tocsin.credit.collection.wording import fields, of_offer
from tocsin.desk import policies
from tocsin.desk.houses import Lender, fits, house_of
from tocsin.facts import dealings, kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.problem import Refused

START, DUE = "2026-03-01", at("2026-03-10", 12)
LATE = 30
"""The days past due on which a person is treated once."""


def life(*ladder: Any, law: str = "CN", balance: int = 2_000_000, **changes: Any) -> Life:
    one = Life(house(law, ladder, **changes))
    one.known(at(START, 8), payday=20)
    one.billed(at(START, 8), 400_000, DUE, balance)
    one.tell(kinds.Fee, at(START, 9), account=one.account, amount=30_000, currency=one.house.currency)
    one.tell(kinds.InformationUpdate, at(START, 8), income=300_000, currency=one.house.currency, verified=True)
    return one


def treated(name: str) -> str:
    """What comes of a treatment on its day, and a minute later when contacts got out."""
    one = life((LATE, name))
    one.look(at("2026-04-08", 9))
    now = at("2026-04-09", 10)
    facts = one.look(now)
    one.results(facts, now + MINUTE)
    said = "; ".join(map(short, (*facts, *one.look(now + MINUTE))))
    return f"{name:16} | {said}"


def test_each_way_is_reached() -> None:
    same(
        "\n".join(map(treated, WAYS)),
        """
          pre_due_reminder | app: pre_due_reminder; pre_due_reminder done
          reminder         | app: reminder; reminder done
          second_reminder  | app: second_reminder; second_reminder done
          self_service     | app: self_service; self_service done
          voice_reminder   | ai_call: voice_reminder
          letter           | letter: dunning_letter; letter done
          validation       | validation barred (nothing to send: validation_notice: no text on the channel 'letter' in the language 'zh' under CN; write one in the lender's own templates)
          human_call       | task open worth 79200; human_call done
          field_visit      | task open worth 79200; field_visit done
          limit_freeze     | limit_freeze done
          card_lock        | card_lock done
          fee_waiver       | fee_waiver done
          hardship         | pause; hardship done
          resume           | resume barred (no pause is in force then)
          re_age           | re_age barred (the account is younger than 273 days)
          write_off        | charge_off; write_off done; CHARGED_OFF 400000
          sale             | sale barred (it is not charged off)
          plan_offer       | plan offered; app: plan_offer; plan_offer done
          settlement       | settlement barred (no money at hand for it)
          agency           | placed north; agency done
          recall           | recall skipped (nothing is placed)
          lawyers_letter   | letter: lawyers_letter; letter; lawyers_letter done
          suit             |
          enforcement      |
          bureau_notice    | app: bureau_notice; notice; bureau_notice done
          furnish          |
          no_action        | no_action done
        """,
    )


@pytest.mark.parametrize(
    ("fees", "money", "approvals", "amount"),
    [(100, None, 0, 30_000), (50, 50_000, 0, 15_000), (100, 7_000, 0, 7_000), (100, None, 1, None)],
)
def test_fees_are_waived_as_far_as_nobody_needs_to_approve_it(
    fees: int, money: int | None, approvals: int, amount: int | None
) -> None:
    levels = (plan.Level("desk", fees, 0, 0, 0, money, approvals),)
    one = life((LATE, "fee_waiver"), plan=plan.Terms(minimum=1_000, levels=levels))
    (fact,) = [x for x in one.look(at("2026-04-09")) if isinstance(x, dealings.Treatment)]
    said = (fact.order, fact.amount, fact.currency, fact.state)
    assert said == (("fee_waiver", amount, "CNY", "done") if amount else (None, None, None, "skipped"))


def test_what_was_waived_is_owed_no_more() -> None:
    """Fees first, then interest, then the rest; and nobody counts it as paid."""
    one = life((LATE, "fee_waiver", 3), (LATE + 5, "fee_waiver", 3))
    one.tell(kinds.Interest, at(START, 10), account=one.account, amount=5_000, currency="CNY")
    one.look(at("2026-04-09"))
    one.promises(at("2026-04-09", 11), 30_000, at("2026-04-12"))
    one.tell(kinds.Waiver, at("2026-04-10"), account=one.account, amount=31_000, currency="CNY")
    account = one.book.accounts[one.account]
    assert (account.fees, account.interest, account.history.balance) == (0, 4_000, 2_004_000)
    said = [short(fact) for day in ("2026-04-10", "2026-04-14", "2026-04-16") for fact in one.look(at(day))]
    assert "promise broken" in said and "fee_waiver skipped (there is nothing to order)" in said


@pytest.mark.parametrize("booked", [0, 20_000])
def test_word_of_a_waiver_says_what_was_waived(booked: int) -> None:
    """What the bank booked; as long as it has not, what it was asked for."""
    word = Contact(("app",), "plan_service", "waiver_granted")
    one = life((LATE, "fee_waiver"), (LATE + 1, "word"), ways={"word": word})
    one.look(at("2026-04-09"))
    if booked:
        one.tell(kinds.Waiver, at("2026-04-09", 12), account=one.account, amount=booked, currency="CNY")
    (fact,) = [fact for fact in one.look(at("2026-04-10")) if isinstance(fact, dealings.ContactAttempt)]
    assert f"¥{(booked or 15_000) / 100:.2f}" in (fact.text or "")


@pytest.mark.parametrize("booked", [0, 10_000, 30_000])
def test_what_a_plan_waived_is_given_up_when_it_is_kept_to_its_end(booked: int) -> None:
    """Else who paid all that was agreed would be asked for the rest; what the bank booked itself is not given up twice."""
    ways = {"relief": Offered(("relief",), ("app",), "plan_offer")}
    levels = (plan.Level("desk", fees=100, interest=100, principal=0, rate_cut=100, money=None, approvals=0),)
    terms = plan.Terms(minimum=1_000, levels=levels)
    one = life((12, "relief", 20), ways=ways, plan=terms)
    one.look(at("2026-03-22"))
    (id,) = one.book.plans
    offer = one.book.plans[id].proposed.offer
    assert offer.waived.fees == 30_000 and offer.total == 2_000_000
    one.tell(dealings.PlanAnswer, at("2026-03-23"), plan=id, answer="accepted")
    one.look(at("2026-03-23", 11))
    if booked:
        one.tell(kinds.Waiver, at("2026-03-24"), account=one.account, amount=booked, currency="CNY")
    one.tell(kinds.Purchase, at("2026-03-25"), account=one.account, amount=70_000, currency="CNY")
    one.pays(at("2026-04-01"), offer.total)
    facts = one.look(at("2026-04-01", 11))
    assert [fact.amount for fact in facts if isinstance(fact, kinds.Waiver)] == [30_000 - booked][: booked < 30_000]
    assert one.book.accounts[one.account].history.balance == 70_000


def test_law_goes_step_by_step_and_a_deadline_calls_somebody() -> None:
    one = life((20, "suit"), (25, "lawyers_letter"), (60, "suit"), (70, "enforcement"), (100, "enforcement", 20))

    def judged(now: int) -> None:
        one.tell(dealings.LegalStep, now, matter=next(iter(one.book.matters)), step="judgment")

    same(
        story(one, START, 125, {115: judged}),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened
         10 |   1 | GRACE 400000
         13 |   4 | M1 400000
         31 |  22 | suit barred (there is no letter yet)
         34 |  25 | letter: lawyers_letter; letter; lawyers_letter done
         40 |  31 | M2 400000
         65 |  56 | task open worth 0
         69 |  60 | filed; suit done; task withdrawn
         70 |  61 | M3 400000
         81 |  72 | enforcement barred (there is no judgment yet)
        100 |  91 | M4 400000
        115 | 106 | enforcement; enforcement done
        """,
    )
    assert next(iter(one.book.matters.values())).cost == 170_000


def test_what_is_time_barred_is_neither_threatened_nor_sued_for() -> None:
    def barred(day: str) -> str:
        one = life((25, "lawyers_letter"), (27, "suit"), law="US")
        one.tell(dealings.Limitation, at(START), account=one.account, bars_at=instant.instant(at(day)))
        return "\n".join(story(one, START, 40, {}).splitlines()[4:])

    same(
        barred("2026-03-20"),
        """
         34 |  25 | lawyers_letter barred (US-REGF-26b)
         38 |  29 | suit barred (there is no letter yet)
        """,
    )
    same(
        barred("2026-04-05"),
        """
         34 |  25 | letter: lawyers_letter; letter; lawyers_letter done
         36 |  27 | suit barred (US-REGF-26b)
        """,
    )


def test_nothing_is_reported_before_the_days_after_a_notice() -> None:
    one = life((19, "validation"), (20, "bureau_notice"), (21, "furnish", 40), law="US")
    same(
        story(one, START, 60, {55: lambda now: one.pays(now, 400_000)}),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened
         10 |   1 | GRACE 400000
         13 |   4 | M1 400000
         28 |  19 | email: validation_notice; validation done
         29 |  20 | app: bureau_notice; notice; bureau_notice done
         30 |  21 | bureau refused by US-REGF-30a until then
         40 |  31 | M2 400000
         43 |  34 | furnished; furnish done
         55 |   0 | CURRENT 0; case closed; corrected
        """,
    )
    (record,) = one.book.records.values()
    assert [name for name, _ in record.steps] == ["notice", "furnished", "corrected"]
    assert record.until is not None
    assert [short(fact) for fact in one.look(record.until)] == ["ended"]


def test_a_record_is_marked_while_it_is_disputed() -> None:
    one = life((20, "bureau_notice"), (21, "furnish", 40))
    events: dict[int, Callable[[int], Any]] = {
        35: lambda now: one.tell(kinds.Dispute, now, account=one.account),
        40: lambda now: one.tell(kinds.Dispute, now, account=one.account, reason="rejected"),
    }
    same(
        story(one, START, 60, events),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened
         10 |   1 | GRACE 400000
         13 |   4 | M1 400000
         29 |  20 | app: bureau_notice; notice; bureau_notice done
         30 |  21 | furnished; furnish done
         35 |  26 | disputed
         40 |  31 | M2 400000; corrected
        """,
    )


def test_an_agency_gives_back_what_is_paid_or_stopped_or_over() -> None:
    def after(event: Callable[[Life, int], Any] | None) -> str:
        one = life((LATE, "agency"))
        story(one, START, 45, {})
        found = story(one, "2026-04-15", 100, {} if event is None else {5: lambda now: event(one, now)})
        return "\n".join(line for line in found.splitlines() if "recalled" in line)

    same(
        after(lambda one, now: one.pays(now, 400_000)),
        """
          5 |   0 | CURRENT 0; case closed; recalled paid
        """,
    )
    same(
        after(lambda one, now: one.tell(dealings.Stop, now, flag="deceased")),
        """
          5 |  41 | recalled deceased
        """,
    )
    same(
        after(None),
        """
         85 | 121 | M5 400000; recalled term_over
        """,
    )


def test_a_plan_that_needs_approval_waits_for_two_who_may() -> None:
    one = life((LATE, "settlement", 20))
    one.tell(dealings.Profile, at(START), at_hand=1_300_000, currency="CNY")

    def by(name: str, level: str, answer: str = "approved") -> Callable[[int], None]:
        def tell(now: int) -> None:
            one.tell(dealings.PlanAnswer, now, plan=next(iter(one.book.plans)), answer=answer, by=name, level=level)

        return tell

    events = {
        41: by("ann", "committee"),
        42: by("bob", "clerk"),
        43: by("cyn", "committee"),
        45: by("person", "", "accepted"),
        47: lambda now: one.pays(now, 1_300_000),
    }
    same(
        story(one, START, 60, events),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened
         10 |   1 | GRACE 400000
         13 |   4 | M1 400000
         39 |  30 | plan offered
         40 |  31 | M2 400000
         43 |  34 | app: settlement_offer; settlement done
         45 |  36 | plan offered > accepted; settlement; app: plan_confirmed
         47 |   0 | SETTLED 0; plan accepted > completed; case closed
        """,
    )


def test_a_plan_that_waits_for_its_turn_is_told_tomorrow() -> None:
    """There is one message a day: the person is looked at again although a new plan would not be offered now."""
    new = {"when": 2}
    one = life(
        (LATE, "reminder"),
        (LATE, "plan_offer", 20, new),
        conditions=[lambda values: values["plan"] is None],
        reads=READS | {"plan"},
    )
    now = at("2026-04-09")
    said = one.look(now)
    assert {"app: reminder", "plan offered"} <= set(map(short, said))
    one.results(said, now + MINUTE)
    one.look(now + MINUTE)
    woken = wake_at(one.book, now + MINUTE, one.house)
    assert woken is not None and woken <= now + DAY
    assert "app: plan_offer" in map(short, one.look(now + DAY))


def test_an_offer_the_bank_does_not_approve_comes_to_nothing() -> None:
    one = life((LATE, "settlement", 20))
    one.tell(dealings.Profile, at(START), at_hand=1_300_000, currency="CNY")

    def rejected(now: int) -> None:
        one.tell(dealings.PlanAnswer, now, plan=next(iter(one.book.plans)), answer="rejected", by="ann")

    same(
        "\n".join(story(one, START, 50, {41: rejected}).splitlines()[-1:]),
        """
         41 |  32 | plan offered > lapsed; settlement barred (the offer came to nothing: not approved)
        """,
    )


def test_days_past_due_charge_off_by_themselves() -> None:
    one = life()
    found = story(one, "2026-09-01", 10, {}).splitlines()
    (fact,) = [fact for fact, _ in one.log if isinstance(fact, kinds.ChargeOff)]
    assert (fact.amount, fact.account) == (2_030_000, one.account)
    same(
        "\n".join(found),
        """
          0 | 175 | M6 400000; case opened
          5 | 180 | charge_off; CHARGED_OFF 400000
          6 | 181 | CHARGED_OFF 400000
        """,
    )


def test_only_what_is_charged_off_is_sold_and_not_while_a_promise_is_open() -> None:
    one = life((185, "sale", 30))
    one.billed(at("2026-09-01", 8), 50_000, at("2026-09-05", 12), account="A-0002")

    def promised(now: int) -> None:
        one.promises(now, 450_000, now + 4 * DAY)

    same(
        story(one, "2026-09-09", 12, {0: promised}),
        """
          0 | 183 | M7 400000; M1 50000; case opened; charge_off; CHARGED_OFF 400000
          8 |  12 | promise broken; closure; sale done; SOLD 0
        """,
    )
    assert {fact.account for fact, _ in one.log if isinstance(fact, kinds.Closure)} == {"A-0001"}


@pytest.mark.parametrize("flag", ["bankrupt", "deceased", "disputed"])
def test_nobody_is_sent_to_enforce_against_who_may_not_be_pursued(flag: Any) -> None:
    one = life((25, "lawyers_letter"), (60, "suit"), (75, "enforcement", 2))
    events: dict[int, Callable[[int], Any]] = {
        70: lambda now: one.tell(dealings.LegalStep, now, matter=next(iter(one.book.matters)), step="judgment"),
        83: lambda now: one.tell(dealings.Stop, now, flag=flag),
    }
    assert f"enforcement barred ({flag})" in story(one, START, 90, events)


def test_one_message_a_day_over_all_accounts_and_for_all_of_them() -> None:
    one = life((LATE, "reminder", 3), (LATE, "self_service", 3), (LATE, "letter", 3), (LATE + 4, "second_reminder"))
    one.billed(at(START, 9), 50_000, DUE, account="A-0002")
    found: list[list[Fact]] = []
    for day in range(4):
        now = at("2026-04-09") + day * DAY
        found.append([fact for fact in one.look(now) if isinstance(fact, dealings.ContactAttempt)])
        one.results(found[-1], now + MINUTE)
        one.look(now + MINUTE)
    assert [[short(fact) for fact in day] for day in found] == [
        ["app: reminder"], ["app: self_service"], ["letter: dunning_letter"], [],
    ]  # fmt: skip
    (first,) = found[0]
    assert isinstance(first, dealings.ContactAttempt)
    assert first.accounts == ("A-0001", "A-0002") and "¥4,500.00" in (first.text or "")
    one.tell(kinds.Dispute, now, account="A-0002")
    (second,) = [fact for fact in one.look(now + DAY) if isinstance(fact, dealings.ContactAttempt)]
    assert second.accounts == ("A-0001",) and "¥4,000.00" in (second.text or "")


def test_a_pause_ends_and_an_account_is_re_aged_only_as_its_guard_allows() -> None:
    conditions = [lambda values: values["paused"] and values["days_in_case"] > 40]
    reads = READS | {"paused", "days_in_case"}
    one = life((LATE, "hardship"), (LATE, "resume", 20, {"when": 2}), conditions=conditions, reads=reads)
    same(
        "\n".join(story(one, START, 60, {}).splitlines()[4:]),
        """
         39 |  30 | pause; hardship done
         47 |  30 | pause_ended; resume done
         48 |  31 | M2 400000
        """,
    )
    old = Life(house("CN", ((5, "re_age", 400),)))
    for month in range(11):
        day = at("2025-04-01") + month * 30 * DAY
        old.billed(day, 10_000 if month == 0 else 20_000, day + 20 * DAY, 400_000)
        if month:
            old.pays(day + 25 * DAY, 10_000)
    assert "re_age; re_age done; CURRENT 0; case closed" in story(old, "2026-02-25", 3, {})


OURS = ("sender", "phone", "link", "account_link", "query_channel", "creditor", "law", "address", "contact", "seal",
        "dispute_channel", "bureau", "court", "callback")  # fmt: skip


def test_a_policy_whose_texts_nobody_has_written_is_not_lived_by() -> None:
    text = (Path("policies") / "card.yaml").read_text("utf-8")
    for wrong in ("template: self_service}", "template: waiver_granted}"):
        assert text.count(wrong) >= 1, wrong
        text = text.replace(wrong, wrong.replace(": ", ": un"))
    known = policies.of(text, "card.yaml", lambda name: "")
    with pytest.raises(Refused) as refused:
        fits(known, Lender())
    said = str(refused.value)
    assert "no template 'unself_service'" in said and "collection.treatments" in said and "self_service" in said


@pytest.mark.parametrize(("name", "law"), [("card", "CN"), ("card-us", "US"), ("card-uk", "UK")])
def test_the_policies_that_come_with_tocsin_have_something_to_say(name: str, law: str) -> None:
    """Every text on their ladders can be filled from a book, in both languages, once the lender says who it is."""
    own = {f"{language}.{field}": field for language in ("en", "zh") for field in OURS}
    lender = house_of(policies.policy(Path("policies") / f"{name}.yaml"), Lender())
    assert lender is not None
    one = life(law=law)
    one.house = replace(lender, fields=own)
    one.promises(at("2026-03-20"), 100_000, at("2026-03-22"))
    one.look(at("2026-04-09"))
    turn = Turn(one.book, at("2026-04-09"), one.house)
    owed = offer.debt(turn, turn.late)
    assert owed is not None
    found = plan.solve(
        owed, offer.means(turn), plan.Terms(jurisdiction="", minimum=1_000), date(2026, 4, 9), lender.calendar
    )
    made = plan.proposed("p", found.offers[0], one.house.strategy.plan, "ann", turn.now, lender.zone)
    one.tell(dealings.PlanOffered, turn.now, plan="p", accounts=turn.late, offer=Raw(json.encode(made)), by="ann")
    turn, missing = Turn(one.book, turn.now, one.house), set()
    for treatment in lender.strategy.treatments.values():
        way = treatment.way
        way = getattr(way, "contact", None) or way
        if not isinstance(way, Contact | Offered):
            continue
        for channel in way.by:
            for language in ("en", "zh"):
                filled = fields(turn, turn.scope, language) | of_offer(turn, made.offer, language)
                try:
                    lender.write(way.template, channel, language, filled)
                except Refused as refused:
                    missing |= {str(problem) for problem in refused.problems if "has no value" in problem.what}
    assert not missing


def test_each_charge_has_its_notice() -> None:
    """Within thirty-five days, with its date and amount (Consumer Credit Act 1974 s. 86E); none for a yearly fee."""
    notice = Contact(("letter",), "statutory_notice", "default_sums_notice")
    when = {"when": 2, "every": 26}
    conditions = [
        lambda values: values["fees"] and values["days_since_charge"] is not None and values["days_since_charge"] <= 25
    ]
    one = life(
        (1, "notice", 180, when),
        law="UK",
        ways={"notice": notice},
        conditions=conditions,
        reads=READS | {"days_since_charge"},
    )

    def charged(amount: int, type: str) -> Callable[[int], Any]:
        return lambda now: one.tell(kinds.Fee, now, account=one.account, amount=amount, currency="GBP", fee_type=type)

    story(one, START, 90, {13: charged(1_200, "late"), 44: charged(1_300, "late"), 75: charged(9_900, "annual")})
    texts = [fact.text or "" for fact, _ in one.log if isinstance(fact, dealings.ContactAttempt)]
    said = [
        (amount, day)
        for text in texts
        for amount, day in re.findall(r"A charge of (\S+) became payable on ([^:]+):", text)
    ]
    assert said == [("£300.00", "1 March 2026"), ("£12.00", "14 March 2026"), ("£13.00", "14 April 2026")]

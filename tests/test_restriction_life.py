"""Restrictions under the card policy, from imposition to end: named cases, and everything that may happen in any order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.casework import DAY, HOUR, MINUTE, at
from tests.holding import BLOCK, Lender, card
from tocsin.credit.collection.house import House
from tocsin.credit.restriction.estimate import Lasted, learned
from tocsin.desk.books import decoded, encoded
from tocsin.desk.faults import Fault
from tocsin.desk.restraining import held_against
from tocsin.facts import dealings, kinds, measures
from tocsin.values import instant

NOW = at("2026-03-02")
LAST = at("9999-12-31")
SPENDING, TRANSFERS, TAKEOVER = "large_purchase", "transfer_burst", "account_takeover"


def lender(*fired: str, level: int = 2, kind: Any = kinds.Purchase, known: bool = False) -> Lender:
    """One whose account was restricted just now."""
    one = Lender()
    if known:
        one.known(NOW - 30 * DAY)
        one.tell(
            kinds.InformationUpdate, NOW - 30 * DAY, currency="CNY", income=2_000_000, obligations=100_000,
            employment="employed", verified=True,
        )  # fmt: skip
    limit = {"credit_limit": 1_000_000} if issubclass(kind, kinds.Movement) else {}
    one.happens(kind, NOW, fired, level, **limit)
    one.look(NOW)
    return one


def days(one: Lender) -> int:
    assert one.held.told is not None
    return one.held.told.days


def because(facts: list[Any]) -> list[str]:
    return [fact.because for fact in facts if isinstance(fact, measures.RestrictionAssessed)]


def factors(one: Lender) -> dict[str, int]:
    assert one.held.told is not None
    return {each["factor"]: each["days"] for each in msgspec.json.decode(one.held.told.factors)}


def test_a_rule_restricts_at_once_and_says_why() -> None:
    one = Lender()
    decision = one.happens(kinds.Transfer, NOW, [TRANSFERS], 3)
    assert decision.answer == BLOCK and decision.held is not None and decision.held.by == ("r2",)
    assert one.happens(kinds.Payment, NOW).answer == 0
    assert one.happens(kinds.Purchase, NOW).answer == 0, "only transfers are held"
    one.look(NOW)
    held = one.held
    assert (held.hold, held.reasons, held.cause, held.by) == ("transfer_hold", (TRANSFERS,), "f-0", "policy")
    assert set(factors(one)) == {"credit_score", "transactions", "capacity", "usage", "information", "record"}
    assert set(held.needs) == {"transactions", "identity"}


def test_the_same_hold_is_not_imposed_twice_and_not_again_for_what_was_looked_at() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    one.happens(kinds.Transfer, NOW + MINUTE, [TRANSFERS])
    assert len(one.book.restrictions) == 1
    assert one.act(one.held.id, "reviews", NOW + HOUR, decision="release", reason="she called") is None
    assert one.happens(kinds.Transfer, NOW + HOUR, [TRANSFERS]).answer == 0, "the same reason was looked at"
    assert one.happens(kinds.Transfer, NOW + 2 * HOUR, ["new_device_transfer"]).answer == BLOCK, "another one was not"
    assert one.act(one.held.id, "reviews", NOW + 3 * HOUR, decision="release", reason="she called again") is None
    assert one.happens(kinds.Transfer, NOW + 28 * HOUR, [TRANSFERS]).answer == BLOCK, "a day later it is news"


def test_large_but_normal_shortens_and_something_unusual_lengthens() -> None:
    normal, odd = lender(SPENDING), lender(SPENDING, "strange_burst")
    assert factors(normal)["transactions"] == -2 and factors(odd)["transactions"] == 0
    normal.happens(kinds.Transfer, NOW + HOUR, ["new_device_transfer"])
    said = normal.look(NOW + HOUR)
    assert "transactions" in because(said)
    spending = next(one for one in normal.book.restrictions.values() if one.hold == "spending_hold")
    assert spending.told is not None
    found = {each["factor"]: each["days"] for each in msgspec.json.decode(spending.told.factors)}
    assert found["transactions"] == 4


def test_a_late_correction_of_the_credit_score_shortens_the_wait_and_says_so() -> None:
    one = lender(SPENDING)
    one.tell(kinds.CreditReport, NOW + MINUTE, credit_score=560)
    one.look(NOW + MINUTE)
    before, release = days(one), one.held.told.release_at  # type: ignore[union-attr]
    one.tell(kinds.CreditReport, NOW + DAY, happened=NOW - 5 * DAY, credit_score=750)
    said = one.look(NOW + DAY)
    assert because(said) == ["credit_score"]
    assert days(one) == before - 6 and one.held.told.release_at == release - 6 * DAY  # type: ignore[union-attr, operator]
    assert "750" in str(one.held.told.factors)  # type: ignore[union-attr]


def test_a_withdrawn_report_of_fraud_releases() -> None:
    one = lender("reported_fraud", kind=kinds.Dispute, level=3)
    one.tell(kinds.FraudReport, NOW, account=one.account, confirmed=True)
    one.look(NOW)
    assert one.held.told is not None and one.held.told.barred and one.held.told.release_at is None
    one.look(NOW + 80 * DAY)
    assert one.held.status == "active", "while it is confirmed nothing ends"
    one.tell(kinds.FraudReport, NOW + 81 * DAY, account=one.account, reason="withdrawn")
    said = one.look(NOW + 81 * DAY)
    changes = [fact for fact in said if isinstance(fact, measures.RestrictionChanged)]
    assert [(one.change, one.reason) for one in changes] == [("released", "report_withdrawn")]


def test_at_the_highest_level_too() -> None:
    """Two people release what is red, but not what nothing speaks for any more."""
    one = lender("reported_fraud", kind=kinds.Dispute, level=4)
    one.tell(kinds.FraudReport, NOW, account=one.account, confirmed=True)
    one.look(NOW)
    one.tell(kinds.FraudReport, NOW + DAY, account=one.account, reason="withdrawn")
    one.look(NOW + DAY)
    assert (one.held.level, one.held.status) == ("red", "released")


def test_proven_fraud_by_the_customer_is_refused_until_it_is_withdrawn_or_an_appeal_upheld() -> None:
    one = lender("reported_fraud", kind=kinds.Dispute, level=3)
    one.tell(kinds.FraudReport, NOW, account=one.account, confirmed=True, reason="first_party")
    one.look(NOW)
    assert one.held.status == "refused"
    one.look(NOW + 300 * DAY)
    assert one.held.status == "refused"
    assert one.happens(kinds.Purchase, NOW + 300 * DAY).answer == BLOCK
    assert one.happens(kinds.Payment, NOW + 300 * DAY).answer == 0
    assert one.act(one.held.id, "appeals", NOW + 300 * DAY, reason="it was not me") is None
    assert [task.queue for task in one.book.tasks.values()] == ["appeals"], "a person hears of it"
    appeal = one.held.appeals[0].id
    said = one.act(
        one.held.id, "appeal-decisions", NOW + 301 * DAY, actor="bert", appeal=appeal, upheld=True, reason="right"
    )
    assert said is None and (one.held.status, one.held.changes[-1].reason) == ("released", "appeal_upheld")


def test_red_takes_two_who_did_not_impose_it() -> None:
    one = lender(TAKEOVER, kind=kinds.Transfer, level=4)
    id = one.held.id
    assert one.held.level == "red"
    one.look(NOW + 59 * DAY)
    assert one.held.status == "active", "no time and no condition releases it"
    assert one.act(id, "reviews", NOW + 59 * DAY, "anna", decision="release", reason="papers seen") is None
    assert one.held.status == "active"
    again = one.act(id, "reviews", NOW + 59 * DAY, "anna", decision="release", reason="papers seen")
    assert isinstance(again, Fault) and again.status == 409
    assert one.act(id, "reviews", NOW + 59 * DAY, "bert", decision="release", reason="agreed") is None
    assert (one.held.status, one.held.changes[-1].by) == ("released", "anna, bert")


def test_a_person_looks_at_what_waits_for_a_review_and_keeps_it() -> None:
    one = lender(TAKEOVER, kind=kinds.Transfer, level=4)
    assert not one.book.tasks
    one.look(NOW + DAY)
    assert [task.queue for task in one.book.tasks.values()] == ["restrictions"]
    wrong = one.act(one.held.id, "reviews", NOW + DAY, decision="keep", reason="still odd")
    assert isinstance(wrong, Fault) and "until" in wrong.field
    until = NOW + 3 * DAY
    assert one.act(one.held.id, "reviews", NOW + DAY, decision="keep", reason="still odd", until=until) is None
    assert not one.book.tasks and one.held.review_at == until and one.wakes(NOW + DAY) <= until  # type: ignore[operator]


def test_what_a_person_keeps_is_kept_until_then() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    far = one.act(one.held.id, "reviews", NOW + DAY, decision="keep", reason="still odd", until=LAST)
    assert isinstance(far, Fault) and "ten years" in far.reason
    until = NOW + 12 * DAY
    assert one.act(one.held.id, "reviews", NOW + DAY, decision="keep", reason="still odd", until=until) is None
    assert one.held.told is not None and one.held.told.release_at == until
    one.look(until - MINUTE)
    assert one.held.status == "active" and one.held.stage == 0
    one.look(until)
    assert (one.held.status, one.held.ended_at) == ("released", until)


def test_an_override_is_ended_by_a_person_or_its_time() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    assert one.happens(kinds.Transfer, NOW, amount=10_000).answer == BLOCK
    id = one.impose(NOW, kind="override", expires_at=NOW + 2 * DAY, limit=20_000)
    assert isinstance(id, str)
    assert one.happens(kinds.Transfer, NOW + HOUR, amount=20_000).answer == 0
    assert one.happens(kinds.Transfer, NOW + HOUR, amount=20_001).answer == BLOCK
    assert one.act(id, "reviews", NOW + 2 * HOUR, decision="release", reason="no longer needed") is None
    assert one.book.restrictions[id].status == "released"
    assert one.happens(kinds.Transfer, NOW + 3 * HOUR, amount=10_000).answer == BLOCK


def test_small_amounts_first_then_all() -> None:
    one = lender(SPENDING, "purchase_burst")
    release = one.held.told.release_at  # type: ignore[union-attr]
    assert release is not None
    length = release - NOW
    one.look(NOW + length * 2 // 5)
    assert (one.held.status, one.held.stage) == ("staged", 1)
    moment = NOW + length // 2
    assert one.happens(kinds.Purchase, moment, amount=150_001).answer == BLOCK
    assert one.happens(kinds.Purchase, moment, amount=150_000).answer == 0
    assert one.happens(kinds.Purchase, moment, amount=150_000).answer == 0
    assert one.happens(kinds.Purchase, moment, amount=60_000).answer == BLOCK, "3,000 a day"
    assert one.happens(kinds.Purchase, moment, amount=50_000).answer == 0, "500 and less was never held"
    one.look(NOW + length * 7 // 10)
    assert one.held.stage == 2 and one.happens(kinds.Purchase, NOW + length * 7 // 10, amount=500_000).answer == 0
    one.happens(kinds.Purchase, NOW + length * 7 // 10, ["strange_burst"])
    one.look(NOW + length * 7 // 10)
    assert one.held.stage == 0, "something unusual takes it back"
    one.look(NOW + 30 * DAY)
    assert one.held.status == "released"


def test_what_would_shorten_it_is_what_shortens_it() -> None:
    """What is told of a requirement is what comes of meeting it, for every requirement of every hold."""
    for hold, rules in {"spending_hold": SPENDING, "transfer_hold": TRANSFERS, "fraud_block": "reported_fraud"}.items():
        for name in card().restraints.holds[hold].needs:  # type: ignore[union-attr]
            one = lender(rules, kind=kinds.Transfer, level=3)
            told = _said(one, name)
            before = one.held.told.release_at  # type: ignore[union-attr]
            if name == "verified_income":
                one.tell(kinds.InformationUpdate, NOW, currency="CNY", verified=True)
                one.look(NOW)
            else:
                assert one.act(one.held.id, "requirements", NOW, requirement=name, state="met") is None
            after = one.held.told.release_at  # type: ignore[union-attr]
            assert before is not None and after is not None
            assert told == (max(before, NOW) - max(after, NOW)) // DAY, (hold, name)
            assert _said(one, name) == 0


def _said(one: Lender, name: str) -> int:
    from tocsin.credit.collection.turn import Turn
    from tocsin.desk.restrictions import said

    found = said(Turn(one.book, NOW, one.house), one.held, "en")["requirements"]
    return next(int(each["shortens_by"]) for each in found if each["code"] == name)


def test_nothing_is_released_without_what_is_needed() -> None:
    one = lender("cash_run", kind=kinds.CashAdvance, level=3)
    one.billed(NOW - 40 * DAY, 50_000, NOW - 20 * DAY)
    one.look(NOW + MINUTE)
    assert one.held.needs["nothing_past_due"].state == "due"
    one.look(NOW + 60 * DAY)
    assert one.held.status == "active"
    one.pays(NOW + 61 * DAY, 50_000)
    one.look(NOW + 61 * DAY)
    assert one.held.needs["nothing_past_due"].state == "met" and one.held.status == "released"


def test_a_cut_keeps_the_share_of_the_limit_that_its_text_promises() -> None:
    one = Lender()
    one.happens(kinds.PositionChanged, NOW, ["past_due"], 3, credit_limit=2_000_000, past_due=30_000, days_past_due=8)
    one.look(NOW)
    assert (one.held.hold, one.held.limit) == ("limit_cut", 1_000_000)
    assert one.happens(kinds.Purchase, NOW, balance=1_000_000).answer == 0
    assert one.happens(kinds.Purchase, NOW, balance=1_000_001).answer == BLOCK


def test_a_person_who_imposes_a_cut_keeps_that_share_too() -> None:
    one = Lender()
    one.happens(kinds.Purchase, NOW, credit_limit=2_000_000, balance=100_000)
    id = one.impose(NOW, hold="limit_cut")
    assert isinstance(id, str) and one.book.restrictions[id].limit == 1_000_000
    assert one.happens(kinds.Purchase, NOW, balance=1_000_000).answer == 0


def test_what_is_an_order_says_its_number() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    moment = NOW + days(one) * DAY // 2
    one.look(moment)
    assert one.act(one.held.id, "reviews", moment, decision="refuse", reason="forged papers") is None
    assert one.act(one.held.id, "reviews", moment, decision="release", reason="not forged") is None
    facts = [fact for fact, _ in one.log if isinstance(fact, measures.RestrictionChanged)]
    assert [(fact.change, fact.number) for fact in facts] == [("staged", 1), ("refused", 2), ("released", 3)]
    assert one.held.order.number == 3


def test_what_is_needed_is_waited_for_beyond_its_end() -> None:
    one = lender("cash_run", kind=kinds.CashAdvance, level=3)
    one.billed(NOW - 40 * DAY, 50_000, NOW - 20 * DAY)
    one.look(NOW + MINUTE)
    one.look(NOW + 95 * DAY)
    assert (one.held.status, one.held.changes[-1].reason) == ("active", "not_met")
    one.pays(NOW + 96 * DAY, 50_000)
    one.look(NOW + 96 * DAY)
    assert one.held.status == "released"


def test_under_a_policy_that_says_nothing_of_release_people_and_time_end_it() -> None:
    one, other = lender(TRANSFERS, kind=kinds.Transfer, level=3), lender(TRANSFERS, kind=kinds.Transfer, level=3)
    for each in (one, other):
        each.house = replace(each.house, restraints=None, release=None)
    assert one.act(one.held.id, "reviews", NOW + DAY, decision="release", reason="another policy now") is None
    assert one.held.status == "released"
    ends = other.held.expires_at
    assert ends is not None and other.wakes(NOW + DAY) == ends - DAY and other.wakes(ends - DAY) == ends
    other.look(ends)
    assert other.held.status == "lapsed"


def test_an_order_is_given_again_until_it_is_confirmed() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    moment, attempts = NOW, 0
    while attempts < 8:
        wakes = one.wakes(moment)
        assert wakes is not None
        moment = wakes
        attempts += sum(isinstance(fact, measures.RestrictionOrdered) for fact in one.look(moment))
    assert [task.queue for task in one.book.tasks.values()] == ["core"]
    assert one.act(one.held.id, "acknowledgements", moment, number=one.held.order.number, applied=True) is None
    assert not one.book.tasks
    assert not any(isinstance(fact, measures.RestrictionOrdered) for fact in one.look(moment + MINUTE))


def test_an_order_is_given_again_as_it_was_given_whatever_the_policy_says_by_now() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    moment = NOW + days(one) * DAY // 2
    ordered = next(fact for fact in one.look(moment) if isinstance(fact, measures.RestrictionChanged))
    assert (ordered.change, ordered.up_to, ordered.a_day) == ("staged", 50_000, 50_000)
    assert one.house.restraints is not None
    holds = {name: dataclasses.replace(hold, stages=()) for name, hold in one.house.restraints.holds.items()}
    restraints = dataclasses.replace(one.house.restraints, holds=holds)
    one.house = dataclasses.replace(one.house, restraints=restraints)
    assert one.act(one.held.id, "reviews", moment, decision="keep", reason="odd", until=moment + DAY) is None
    assert orders(one.look(moment + HOUR)) == [("staged", 50_000, 50_000)]
    assert one.act(one.held.id, "reviews", moment + HOUR, decision="release", reason="seen") is None
    assert [state for state, *_ in orders(one.look(moment + DAY))] == ["ended"]


def test_a_refusal_that_takes_a_stage_back_is_an_order() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    moment = NOW + days(one) * DAY // 2
    one.look(moment)
    assert (one.held.stage, one.held.order.number) == (1, 1)
    assert one.act(one.held.id, "acknowledgements", moment, number=1, applied=True) is None
    assert one.act(one.held.id, "reviews", moment, decision="refuse", reason="forged papers") is None
    assert (one.held.status, one.held.order.number) == ("refused", one.holds.numbers[one.held.id]) == ("refused", 2)
    assert orders(one.look(moment + HOUR)) == [("in_force", None, None)]


def orders(facts: list[Any]) -> list[tuple[str, int | None, int | None]]:
    return [(fact.state, fact.up_to, fact.a_day) for fact in facts if isinstance(fact, measures.RestrictionOrdered)]


def test_an_estimate_says_that_there_is_too_little_until_there_is_enough() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    assert one.held.told is not None and (one.held.told.basis, one.held.told.p50, one.held.told.n) == (
        "policy",
        None,
        0,
    )
    other = Lender("P-2", "A-0002")
    lives = [Lasted("transfer_hold", days * DAY // 2, 5, True) for days in range(1, 41)]
    other.beside = type(other.beside)(experience=learned(lives, DAY))
    other.happens(kinds.Transfer, NOW, [TRANSFERS], 3)
    other.look(NOW)
    told = other.held.told
    assert told is not None and told.basis == "history" and told.n == 40
    pace = [one.lasted / (5 * DAY) for one in lives]
    assert told.p50 == NOW + int(pace[19] * told.days * DAY) and told.p90 == NOW + int(pace[35] * told.days * DAY)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"kind": "transfer_hold"}, "no end"),
        ({"hold": "transfer_hodl"}, "knows no hold"),
        ({}, "not said what"),
        ({"kind": "override", "expires_at": NOW + 31 * DAY}, "within 30 days"),
        ({"kind": "card_lock", "expires_at": NOW - 1}, "in the past"),
        ({"kind": "card_lock", "expires_at": LAST}, "ten years"),
        ({"kind": "card_lock", "review_at": LAST}, "ten years"),
        ({"kind": "limit_cut", "expires_at": NOW + DAY}, "needs a limit"),
        ({"hold": "limit_cut"}, "needs a limit"),
    ],
)
def test_people_impose_what_makes_sense(given: dict[str, Any], what: str) -> None:
    one = Lender()
    one.happens(kinds.Purchase, NOW)
    found = one.impose(NOW, **given)
    assert isinstance(found, Fault) and what in found.reason, found


def test_an_appeal_that_nobody_decides_in_time_is_overdue_and_goes_to_others() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    assert one.act(one.held.id, "appeals", NOW, "app", reason="it was me") is None
    [task] = one.book.tasks.values()
    until = one.held.appeals[0].decide_by
    assert (task.queue, task.due_at) == ("appeals", until) and until is not None
    assert one.act(one.held.id, "reviews", NOW, "anna", decision="keep", reason="odd", until=until + DAY) is None
    told = [fact.state for fact in one.look(until) if isinstance(fact, measures.Appeal)]
    [task] = one.book.tasks.values()
    assert (told, task.queue, one.held.appeals[0].state) == (["overdue"], "appeals_overdue", "overdue")
    assert not [fact for fact in one.look(until + HOUR) if isinstance(fact, measures.Appeal | dealings.Task)]
    decided = {"appeal": one.held.appeals[0].id, "upheld": True, "reason": "it was"}
    assert one.act(one.held.id, "appeal-decisions", until + HOUR, "bert", **decided) is None
    assert one.held.status == "released" and not one.book.tasks


def test_an_appeal_outlives_its_restriction_and_upheld_says_that_it_was_wrong() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    over = NOW + days(one) * DAY
    assert one.act(one.held.id, "appeals", over - HOUR, "app", reason="it was me") is None
    for name in one.held.needs:
        one.act(one.held.id, "requirements", over - HOUR, requirement=name, state="met")
    one.look(over + DAY)
    assert one.held.status == "released" and [task.queue for task in one.book.tasks.values()] == ["appeals"]
    decided = {"appeal": one.held.appeals[0].id, "upheld": True, "reason": "it was"}
    for part in ("policy", "app"):
        assert isinstance(one.act(one.held.id, "appeal-decisions", over + DAY, part, **decided), Fault), part
    assert one.act(one.held.id, "appeal-decisions", over + DAY, "bert", **decided) is None
    assert one.held.appeals[0].state == "upheld" and not one.book.tasks
    one.happens(kinds.Transfer, over + 9 * DAY, [TRANSFERS], 3)
    one.look(over + 9 * DAY)
    assert one.held.at == over + 9 * DAY and one.held.told is not None
    [before] = [each for each in msgspec.json.decode(one.held.told.factors) if each["factor"] == "record"]
    assert before["value"] == 0


def test_an_appeal_that_is_upheld_releases_also_where_the_policy_says_nothing_of_release() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    one.house = replace(one.house, restraints=None, release=None)
    assert one.act(one.held.id, "appeals", NOW, "app", reason="it was me") is None
    decided = {"appeal": one.held.appeals[0].id, "upheld": True, "reason": "it was"}
    assert one.act(one.held.id, "appeal-decisions", NOW + HOUR, "bert", **decided) is None
    assert (one.held.status, one.held.changes[-1].reason) == ("released", "appeal_upheld")
    override = one.impose(NOW + HOUR, kind="override", expires_at=NOW + DAY)
    assert isinstance(one.act(str(override), "appeals", NOW + HOUR, "app", reason="more"), Fault)


def test_whatever_level_an_account_rose_to_counts_under_the_policy_of_then() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=2)
    known = one.house
    one.house = replace(known, restraints=None, release=None)
    one.happens(kinds.Transfer, NOW + HOUR, [TRANSFERS], 4)
    one.house = known
    one.happens(kinds.Transfer, NOW + 2 * HOUR, (), 1)
    assert one.book.restrictions["r2"].risen[-1:] == ("red",), one.book.restrictions.keys()
    first = one.book.restrictions["r2"]
    assert one.act(first.id, "reviews", NOW + DAY, "bert", decision="release", reason="seen") is None
    assert one.book.restrictions["r2"].stands, "it takes two"


def test_nobody_verifies_what_they_handed_in() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    name = next(iter(one.held.needs))
    assert one.act(one.held.id, "submissions", NOW, "anna", requirement=name) is None
    for state in ("met", "waived", "errors", "met", "pending_verification", "met"):
        by = "cleo" if state == "pending_verification" else "anna"
        found = one.act(one.held.id, "requirements", NOW, by, requirement=name, state=state)
        assert (isinstance(found, Fault) and "handed in" in found.reason) == (state in ("met", "waived")), state
    assert one.act(one.held.id, "requirements", NOW, "bert", requirement=name, state="met") is None


def test_a_late_refusal_of_an_order_that_was_superseded_says_nothing_of_the_next() -> None:
    one = lender(TRANSFERS, kind=kinds.Transfer, level=3)
    one.look(NOW + days(one) * DAY // 2)
    assert one.held.order.number == 1
    assert one.act(one.held.id, "acknowledgements", NOW + 4 * DAY, number=0, applied=False, reason="late") is None
    assert one.held.order.objection is None


def _policies() -> list[House]:
    """The card policy; without stages; with other days and a hold less; one that says nothing of restrictions."""
    house = card()
    assert house.restraints is not None
    known = house.restraints.holds
    holds = (
        {name: replace(hold, stages=()) for name, hold in known.items()},
        {name: replace(hold, days=hold.days + 3) for name, hold in known.items() if name != "transfer_hold"},
    )
    changed = [replace(house, restraints=replace(house.restraints, holds=one)) for one in holds]
    return [house, *changed, replace(house, restraints=None, release=None)]


class Anything(RuleBasedStateMachine):
    """Facts, people, the core system, policies and time, in any order."""

    @initialize()
    def begin(self) -> None:
        self.one, self.now = Lender(), NOW
        self.one.happens(kinds.Purchase, NOW, credit_limit=1_000_000)
        self.closed: dict[str, Any] = {}
        self.policies, self.silent = _policies(), set[str]()

    @rule(
        kind=st.sampled_from((kinds.Purchase, kinds.Transfer, kinds.CashAdvance)),
        fired=st.sets(st.sampled_from((SPENDING, TRANSFERS, TAKEOVER, "cash_run", "new_device_purchase", "strange_burst")), max_size=2),
        level=st.integers(0, 4), amount=st.integers(1, 500_000),
    )  # fmt: skip
    def spends(self, kind: Any, fired: set[str], level: int, amount: int) -> None:
        self.one.happens(kind, self.now, sorted(fired), max(level, 1 if fired else 0), amount=amount)

    @rule(confirmed=st.sampled_from((None, True, False)), reason=st.sampled_from((None, "first_party", "withdrawn")))
    def fraud(self, confirmed: bool | None, reason: str | None) -> None:
        fired = ["reported_fraud"] if confirmed else []
        self.one.happens(
            kinds.FraudReport, self.now, fired, 3 if confirmed else None, confirmed=confirmed, reason=reason
        )

    @rule(score=st.integers(300, 900))
    def scored(self, score: int) -> None:
        self.one.tell(kinds.CreditReport, self.now, credit_score=score)

    @rule(minimum=st.integers(1_000, 200_000))
    def billed(self, minimum: int) -> None:
        self.one.billed(self.now, minimum, self.now + 5 * DAY)

    @rule(amount=st.integers(1, 500_000))
    def pays(self, amount: int) -> None:
        assert self.one.happens(kinds.Payment, self.now, amount=amount).answer == 0

    @rule(hours=st.sampled_from((1, 7, 24, 24 * 4, 24 * 20)), look=st.booleans())
    def time_passes(self, hours: int, look: bool) -> None:
        self.now += hours * HOUR
        if look:
            self.one.look(self.now)

    @rule(
        data=st.data(),
        act=st.sampled_from(
            ("reviews", "appeals", "appeal-decisions", "requirements", "submissions", "acknowledgements")
        ),
        who=st.sampled_from(("anna", "bert", "cleo")),
    )
    def somebody_acts(self, data: st.DataObject, act: str, who: str) -> None:
        held = self._any(data)
        if held is None:
            return
        given: dict[str, dict[str, Any]] = {
            "reviews": {"decision": data.draw(st.sampled_from(("release", "keep", "refuse"))), "reason": "seen", "until": self.now + DAY},
            "appeals": {"reason": "not right"},
            "appeal-decisions": {"appeal": held.appeals[-1].id if held.appeals else "none", "upheld": data.draw(st.booleans()), "reason": "looked at"},
            "requirements": {"requirement": data.draw(st.sampled_from(("identity", "transactions", "verified_income"))), "state": data.draw(st.sampled_from(("met", "errors", "waived", "pending_verification")))},
            "submissions": {"requirement": data.draw(st.sampled_from(("identity", "transactions", "verified_income")))},
            "acknowledgements": {"number": data.draw(st.integers(0, 3)), "applied": data.draw(st.booleans()), "reason": "no such card"},
        }  # fmt: skip
        self.one.act(held.id, act, self.now, who, **given[act])

    @rule(
        kind=st.sampled_from(("override", "card_lock", "transaction_block")), strength=st.sampled_from(("hard", "soft"))
    )
    def somebody_imposes(self, kind: str, strength: str) -> None:
        self.one.impose(self.now, kind=kind, strength=strength, expires_at=self.now + 3 * DAY)

    @rule(data=st.data(), given=st.sampled_from(({}, {"limit": 100_000}, {"days": 1})))
    def somebody_imposes_a_hold(self, data: st.DataObject, given: dict[str, int]) -> None:
        known = self.policies[0].restraints
        assert known is not None
        ends = {"expires_at": self.now + DAY} if "days" in given else given
        self.one.impose(self.now, hold=data.draw(st.sampled_from(sorted(known.holds))), **ends)

    @rule(which=st.integers(0, 3))
    def another_policy(self, which: int) -> None:
        self.one.house = self.policies[which]
        if self.one.house.release is None:
            self.silent |= {id for id, held in self.one.book.restrictions.items() if held.stands}

    @rule(data=st.data())
    def reconciled(self, data: st.DataObject) -> None:
        known = [id for id, held in self.one.book.restrictions.items() if held.status != "held_out"]
        theirs = {id: data.draw(st.sampled_from(("agreed", "wrong", "left"))) for id in known}
        wrong, agreed = ([id for id, side in theirs.items() if side == wanted] for wanted in ("wrong", "agreed"))
        for fact in held_against(wrong, agreed, self.one.book, self.now, self.one.house)[1]:
            self.one.take(fact, self.now)

    def _any(self, data: st.DataObject) -> Any:
        found = list(self.one.book.restrictions.values())
        return data.draw(st.sampled_from(found)) if found else None

    @invariant()
    def repayment_is_open(self) -> None:
        payment = kinds.Payment(
            fact_id="p", occurred_at=instant.instant(self.now), account=self.one.account, amount=1, currency="CNY"
        )
        from tests.holding import policy
        from tocsin.engine.decide import Decision

        judged = Decision(0, 0, 0, 0)
        assert self.one.holds.decided(policy(), payment, self.now, judged, 1, counts=False)[0].answer == 0

    @invariant()
    def every_restriction_can_be_accounted_for(self) -> None:
        one = self.one
        told: dict[str, int] = {}
        numbers: dict[str, int] = {}
        for place, (fact, _) in enumerate(one.log):
            match fact:
                case measures.Restriction():
                    assert fact.reasons and fact.by and (fact.review_at or fact.expires_at)
                case measures.RestrictionAssessed():
                    told[fact.restriction] = place
                case measures.RestrictionChanged(number=int(number)):
                    numbers[fact.restriction] = numbers.get(fact.restriction, 0) + 1
                    assert number == numbers[fact.restriction], "orders are counted"
            match fact:
                case measures.RestrictionChanged(change="released"):
                    override = one.book.restrictions[fact.restriction].type == "override"
                    excused = override or fact.restriction in self.silent
                    assert excused or fact.restriction in told, "released without an assessment"
        for id, held in one.book.restrictions.items():
            assert held.order.number == numbers.get(id, 0)
            if held.ended_at is not None:
                assert self.closed.setdefault(id, (held.status, held.ended_at)) == (held.status, held.ended_at)
        standing = {id for known in one.holds.accounts.values() for id in known}
        assert standing == {id for id, held in one.book.restrictions.items() if held.ended_at is None}

    @invariant()
    def nothing_waits_for_ever(self) -> None:
        """Once everything due is done, an order that is not confirmed and a restriction that stands have a next moment."""
        facts = self.one.look(self.now)
        assert len(facts) < 200
        wakes = self.one.wakes(self.now)
        for held in self.one.book.restrictions.values():
            open = held.ended_at is None or held.order.confirmed < held.order.number
            if open and held.status != "held_out" and self.one.house.release is not None:
                assert wakes is not None and wakes > self.now, held

    @invariant()
    def every_appeal_is_somebodys_work(self) -> None:
        self.one.look(self.now)
        tasks = self.one.book.tasks
        for id, held in self.one.book.restrictions.items():
            queues = [one.queue for one in tasks.values() if one.id.startswith(f"{id}.appeal.")]
            if held.appeal is None:
                assert not queues
            else:
                late = held.appeal.decide_by is not None and held.appeal.decide_by <= self.now
                assert queues == ["appeals_overdue" if late else "appeals"], held.appeal

    @invariant()
    def a_book_is_what_is_stored(self) -> None:
        assert decoded(encoded(self.one.book)) == self.one.book


Anything.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)  # fmt: skip
TestAnything = Anything.TestCase


@pytest.mark.long
class TestAnythingLong(Anything.TestCase):  # type: ignore[name-defined, misc]
    settings = settings(
        max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )


def test_of_two_orders_of_telling_the_book_is_the_same_restriction() -> None:
    """What is told of a restriction that is not known changes nothing."""
    one = Lender()
    one.happens(kinds.Purchase, NOW)
    before = one.book
    fields: dict[str, Any] = {"restriction": "r99", "account": one.account}
    tells: list[Callable[[], None]] = [
        lambda: one.tell(measures.RestrictionChanged, NOW, change="released", reason="x", by="x", **fields),
        lambda: one.tell(measures.Requirement, NOW, requirement="identity", state="met", by="x", **fields),
        lambda: one.tell(measures.Appeal, NOW, appeal="a", state="upheld", by="x", reason="x", **fields),
        lambda: one.tell(measures.RestrictionAcknowledged, NOW, number=0, applied=True, **fields),
    ]
    for tell in tells:
        tell()
    assert one.book.restrictions == before.restrictions and not one.holds.accounts
    assert not [fact for fact in one.look(NOW) if isinstance(fact, dealings.Task)]

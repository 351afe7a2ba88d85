"""How a plan is kept: offered, approved, accepted, missed, cured, broken or completed; against a slow definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_plan import CHINA, ON, TERMS, solved, the
from tocsin.credit.plan import (
    TRANSITIONS,
    Accepted,
    Approved,
    Debt,
    Keeping,
    Kind,
    Means,
    Paid,
    Rejected,
    Reversed,
    State,
    Status,
    began,
    posted,
    proposed,
    solve,
)
from tocsin.credit.plan.event import Event, Proposed
from tocsin.values.deadline import over
from tocsin.values.instant import instant, micros, zone
from tocsin.values.problem import Refused

ZONE = "Asia/Shanghai"
KEEPING = Keeping(zone=ZONE, missed_days=3, grace_days=10, missed_limit=2, tolerance=100, watch_days=90)


def at(day: str, hour: int = 12) -> int:
    """A day of 2026 (or of another year where it is named), noon in Shanghai."""
    text = day if len(day) > 5 else f"2026-{day}"
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC)) + (hour - 8) * 3_600_000_000


@cache
def plan() -> Proposed:
    """Three instalments of 1,000.00, on 16 March, 15 April and 15 May, without interest; a clerk's own."""
    debt = Debt("CNY", 300_000)
    offers = solve(debt, Means(100_000), replace(TERMS, rate=0), ON, CHINA).offers
    offer = next(one for one in offers if one.kind is Kind.SHORTEST)
    assert [row.total for row in offer.schedule] == [100_000] * 3
    return proposed("plan-1", offer, TERMS, "lin", at("03-02"), ZONE)


def read(text: str) -> list[Event]:
    """`03-03 accept; 03-16 pay 1000; 03-20 back 1000 of 2; …`: an event's fact is its place."""
    found: list[Event] = []
    for place, words in enumerate(part.split() for part in text.split(";")):
        when, fact = at(words[0]), str(place + 1)
        match words[1]:
            case "accept":
                found.append(Accepted(fact, when))
            case "decline":
                found.append(Rejected(fact, when))
            case "pay":
                found.append(Paid(fact, int(words[2]) * 100, when))
            case "back":
                found.append(Reversed(fact, words[4], int(words[2]) * 100, when))
    return found


@pytest.mark.parametrize(
    ("case", "events", "until", "course"),
    [
        ("not answered yet",      "03-02 pay 1",                                                               "03-10", "offered"),
        ("expired at the eve",    "03-02 pay 1",                                                               "03-16", "offered lapsed"),
        ("declined",              "03-03 decline",                                                             "03-04", "offered lapsed"),
        ("accepted",              "03-03 accept",                                                              "03-16", "offered accepted"),
        ("first one paid",        "03-03 accept; 03-15 pay 1000",                                              "03-30", "offered accepted performing"),
        ("all paid",              "03-03 accept; 03-16 pay 1000; 04-15 pay 1000; 05-15 pay 1000",              "06-01", "offered accepted performing completed"),
        ("paid at once",          "03-03 accept; 03-09 pay 3000",                                              "06-01", "offered accepted performing completed"),
        ("within the tolerance",  "03-03 accept; 03-16 pay 999; 04-15 pay 1000; 05-15 pay 1000",               "06-01", "offered accepted performing completed"),
        ("missed",                "03-03 accept",                                                              "03-18", "offered accepted missed"),
        ("in grace",              "03-03 accept",                                                              "03-20", "offered accepted missed grace"),
        ("broken",                "03-03 accept",                                                              "03-30", "offered accepted missed grace broken"),
        ("cured at once",         "03-03 accept; 03-18 pay 1000",                                              "04-01", "offered accepted missed performing"),
        ("cured in grace",        "03-03 accept; 03-29 pay 1000",                                              "04-01", "offered accepted missed grace performing"),
        ("a day too late",        "03-03 accept; 03-30 pay 3000",                                              "04-01", "offered accepted missed grace broken"),
        ("half is not enough",    "03-03 accept; 03-16 pay 500",                                               "03-30", "offered accepted missed grace broken"),
        ("early is there later",  "03-03 accept; 03-09 pay 2000",                                              "05-01", "offered accepted performing"),
        ("bounced, then missed",  "03-03 accept; 03-16 pay 1000; 03-18 back 1000 of 2",                        "03-18", "offered accepted missed"),
        ("bounced, paid again",   "03-03 accept; 03-16 pay 1000; 03-18 back 1000 of 2; 03-18 pay 1000",        "03-19", "offered accepted missed performing"),
        ("completed, then not",   "03-03 accept; 03-09 pay 3000; 03-12 back 3000 of 2",                        "03-12", "offered accepted"),
        ("paid before accepting", "03-02 pay 3000; 03-03 accept",                                              "03-16", "offered accepted"),
    ],
)  # fmt: skip
def test_the_life_of_a_plan(case: str, events: str, until: str, course: str) -> None:
    state, _ = posted(began(plan(), KEEPING), at(until), *read(events))
    assert " ".join(step.status for step in state.standing.course) == course, case
    assert all(step.why.en and step.why.zh for step in state.standing.course)


def test_two_unpaid_at_once_break_a_plan_however_long_its_grace() -> None:
    keeping = replace(KEEPING, grace_days=90)
    state, changes = posted(began(plan(), keeping), at("04-16"), *read("03-03 accept"))
    assert state.standing.status is Status.BROKEN and changes[0].why.zh == "同时有2期未还"
    assert (state.standing.owed, state.standing.overdue, state.standing.wake_at) == (300_000, 200_000, None)


def test_contact_stops_while_a_plan_is_kept() -> None:
    quiet = {"03-04": True, "03-16": True, "03-17": False, "03-21": False, "03-30": False}
    for day, stops in quiet.items():
        state, _ = posted(began(plan(), KEEPING), at(day), *read("03-03 accept"))
        assert state.standing.stops_contact is stops, day


def test_a_back_dated_payment_mends_what_was_broken() -> None:
    broken, changes = posted(began(plan(), KEEPING), at("04-02"), *read("03-03 accept"))
    assert changes[0].after is Status.BROKEN
    mended, changes = posted(broken, at("04-02"), Paid("late news", 100_000, at("03-16")))
    assert [(one.before, one.after, one.at) for one in changes] == [(Status.BROKEN, Status.PERFORMING, at("03-16"))]
    assert mended.standing.next_due == (date(2026, 4, 15), 100_000) and mended.standing.owed == 200_000


def test_watched_after_completion() -> None:
    state, _ = posted(began(plan(), KEEPING), at("05-16"), *read("03-03 accept; 03-16 pay 3000"))
    end = over(date(2026, 3, 16), ZONE, 90)
    assert state.standing.watch_until == state.standing.wake_at == end
    assert posted(state, end)[0].standing.wake_at is None


def test_paying_off_early_owes_no_interest_to_come() -> None:
    offer = the(Kind.SHORTEST)
    made = proposed("p", offer, TERMS, "lin", at("03-02"), ZONE)
    state, _ = posted(began(made, KEEPING), at("03-03", 0), Accepted("a", at("03-03", 0)))
    assert state.standing.owed == offer.owed.total, "the first period has just begun"
    later, _ = posted(state, over(offer.schedule[0].due, ZONE))
    assert later.standing.owed == offer.owed.total + offer.schedule[0].interest
    paid, _ = posted(later, later.now, Paid("all", later.standing.owed, later.now))
    assert paid.standing.status is Status.COMPLETED and paid.standing.owed == 0
    assert paid.standing.paid < offer.total


def test_four_eyes() -> None:
    made = proposed("p", the(Kind.RELIEF), TERMS, "lin", at("03-02"), ZONE)
    start = began(made, KEEPING)
    waiting, _ = posted(start, at("03-04"), Accepted("a", at("03-03")))
    assert waiting.standing.status is Status.OFFERED
    with pytest.raises(Refused, match="nobody approves what she proposed"):
        posted(waiting, at("03-04"), Approved("1", "lin", "committee", at("03-04")))
    with pytest.raises(Refused, match="the level 'clerk' may not approve this plan"):
        posted(waiting, at("03-04"), Approved("1", "wu", "clerk", at("03-04")))
    done, _ = posted(waiting, at("03-05"), Approved("1", "wu", "supervisor", at("03-05")))
    assert done.standing.course[-1][:2] == (at("03-05"), Status.ACCEPTED)
    late, _ = posted(waiting, at("03-20"), Approved("1", "wu", "supervisor", at("03-20")))
    assert late.standing.status is Status.LAPSED


def test_a_committee_is_two_people() -> None:
    offer = solved(20_000, 800, 300, 0, 12_000).best
    assert offer
    state = began(proposed("p", offer, TERMS, "lin", at("03-02"), ZONE), KEEPING)
    one, two = Approved("1", "wu", "committee", at("03-03")), Approved("2", "qi", "committee", at("03-04"))
    again = Approved("3", "wu", "committee", at("03-04"))
    yes = Accepted("a", at("03-03"))
    assert posted(state, at("03-04"), one, again, yes)[0].standing.status is Status.OFFERED
    assert posted(state, at("03-04"), one, two, yes)[0].standing.status is Status.ACCEPTED
    rejected = Rejected("4", at("03-03", 11), by_bank=True)
    assert posted(state, at("03-04"), one, two, yes, rejected)[0].standing.course[-1].why.en == "not approved"


def test_word_of_mouth_needs_a_recording() -> None:
    with pytest.raises(Refused, match="needs its recording"):
        posted(began(plan(), KEEPING), at("03-03"), Accepted("a", at("03-03"), "oral"))
    state, _ = posted(began(plan(), KEEPING), at("03-03"), Accepted("a", at("03-03"), "oral", "call-17"))
    assert state.standing.stops_contact
    with pytest.raises(Refused, match="two different events"):
        posted(state, at("03-03"), Paid("a", 1, at("03-03")))
    with pytest.raises(Refused, match="more than nothing"):
        posted(state, at("03-03"), Paid("b", 0, at("03-03")))
    with pytest.raises(Refused, match="not below zero"):
        Keeping(grace_days=-1)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Keeping, list[tuple[int, Event]]]:
    """Terms, and (known at, event) in the order of when they were known."""
    day = 86_400_000_000
    keeping = Keeping(
        ZONE, draw(st.integers(0, 5)), draw(st.integers(0, 40)), draw(st.integers(1, 3)), draw(st.integers(0, 200)), 30
    )
    days = st.integers(0, 110) | st.sampled_from([13, 14, 16, 24, 44, 47, 74])
    moments = st.builds(lambda d, h: at("03-02") + d * day + h * 3_600_000_000, days, st.integers(0, 23))
    found: list[tuple[int, Event]] = []
    if draw(st.integers(0, 5)):
        when = at("03-02") + draw(st.sampled_from([0, 1, 2, 5, 12, 14])) * day
        found.append((when, Accepted("a", when)))
    if not draw(st.integers(0, 8)):
        when = draw(moments)
        found.append((when, Rejected("d", when)))
    for name in range(draw(st.integers(0, 6))):
        paid = Paid(f"p{name}", draw(st.sampled_from([100_000, 50_000, 99_900, 200_000, 1])), draw(moments))
        found.append((paid.at + draw(st.sampled_from([0, 0, 0, 20])) * day, paid))
        if not draw(st.integers(0, 3)):
            back = Reversed(
                f"r{name}", paid.fact, draw(st.integers(1, paid.amount)), paid.at + draw(st.integers(0, 30)) * day
            )
            found.append((back.at, back))
    return keeping, sorted(found, key=lambda one: one[0])


@settings(max_examples=150, deadline=None)
@given(lives(), st.randoms(use_true_random=False))
def test_plans_stay_in_their_states_and_incremental_is_replay(
    life: tuple[Keeping, list[tuple[int, Event]]], chance: object
) -> None:
    keeping, events = life
    state, end = began(plan(), keeping), at("2027-03-01")
    told = Status.OFFERED

    def go(known: int, *posting: Event) -> None:
        nonlocal state, told
        state, changes = posted(state, known, *posting)
        for one in changes:
            assert one.before is told
            told = one.after
        lawful(state)

    for known, event in events:
        while (due := state.standing.wake_at) is not None and due <= known:
            before = state.standing
            assert posted(state, due - 1)[0].standing.course == before.course
            go(due)
            assert state.standing.course != before.course or state.standing.watch_until == due
        go(known, event)
    go(end)
    assert told is state.standing.status and state.standing.wake_at is None

    shuffled = [event for _, event in events]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    replayed, _ = posted(began(plan(), keeping), end, *shuffled)
    assert replayed.standing == state.standing
    assert state.standing.status is slow(keeping, shuffled, end)


def lawful(state: State) -> None:
    course = state.standing.course
    assert course[0].status is Status.OFFERED
    for before, after in pairwise(course):
        assert after.status in TRANSITIONS[before.status] and before.at <= after.at <= state.now
    standing = state.standing
    assert min(standing.paid, standing.owed, standing.overdue) >= 0
    if standing.owed == 0:
        assert standing.status in (Status.COMPLETED, Status.BROKEN)
    if standing.status is Status.COMPLETED:
        assert standing.owed == 0


def slow(keeping: Keeping, events: list[Event], now: int) -> Status:
    """The words of the trade, midnight by midnight and payment by payment."""
    rows = plan().offer.schedule
    ended = min([plan().until, *(one.at for one in events if isinstance(one, Rejected))])
    began_at = min((one.at for one in events if isinstance(one, Accepted)), default=now)
    if began_at >= ended:
        return Status.LAPSED
    moments = [(over(ON + timedelta(days=day), ZONE), 0, 0) for day in range(400)]
    for one in events:
        if isinstance(one, Paid) and one.at >= began_at:
            back = sum(b.amount for b in events if isinstance(b, Reversed) and b.payment == one.fact)
            moments.append((one.at, 1, max(0, one.amount - back)))
    status, paid = Status.ACCEPTED, 0
    for moment, is_payment, amount in sorted(moments):
        if not began_at <= moment <= now or (is_payment and not amount):
            continue
        paid += amount
        today = instant(moment).astimezone(zone(ZONE)).date()
        if is_payment and paid + keeping.tolerance >= 300_000:
            return Status.COMPLETED
        unpaid = [row.due for row in rows if row.due < today and row.number * 100_000 > paid + keeping.tolerance]
        if not unpaid:
            status = Status.PERFORMING if paid + keeping.tolerance >= 100_000 else Status.ACCEPTED
            continue
        late = (today - unpaid[0]).days
        if late > keeping.missed_days + keeping.grace_days or len(unpaid) >= keeping.missed_limit:
            return Status.BROKEN
        status = Status.GRACE if late > keeping.missed_days or status is Status.GRACE else Status.MISSED
    return status

"""Promises as tables of what happened, against a slow definition, and as they live."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.credit.promise import Made, Paid, Reversed, State, Status, Terms, posted, tally, wake_at
from tocsin.credit.promise.life import Posting
from tocsin.values.instant import micros
from tocsin.values.problem import Refused

TERMS = Terms(percent=10, days=3, zone="Asia/Shanghai")
FIRST = date(2026, 3, 2)


def at(day: int, hour: int = 12) -> int:
    """Noon in Shanghai (or another hour of UTC) so many days after the first."""
    return micros(datetime(2026, 3, 2, hour - 8 if hour >= 8 else hour, tzinfo=UTC) + timedelta(days=day))


def read(lines: str) -> list[tuple[int, Posting]]:
    """Lines `day promise|payment|reversal name amount [due day | of payment] [known day]`."""
    found: list[tuple[int, Posting]] = []
    for line in lines.strip().splitlines():
        words = line.split()
        day, what, name, amount = int(words[0]), words[1], words[2], int(words[3])
        known = at(int(words[-1])) if words[-2] == "known" else at(day)
        match what:
            case "promise":
                found.append((known, Made(name, amount, "CNY", FIRST + timedelta(days=int(words[5])), at(day))))
            case "payment":
                found.append((known, Paid(name, amount, "CNY", at(day))))
            case _:
                found.append((known, Reversed(name, words[5], amount, at(day))))
    return found


def lived(lines: str, until: int) -> State:
    state = State(TERMS)
    for known, posting in read(lines):
        state, _ = posted(state, known, posting)
    return posted(state, at(until))[0]


@pytest.mark.parametrize(
    ("case", "lines", "until", "expected"),
    [
        ("Li Na pays in full",          "0 promise A 1000 due 5\n4 payment p 1000",                              9, "A kept"),
        ("within both tolerances",      "0 promise A 1000 due 5\n8 payment p  900",                              9, "A kept"),
        ("a fen short of tolerance",    "0 promise A 1000 due 5\n4 payment p  899",                              9, "A partial"),
        ("a day later than tolerance",  "0 promise A 1000 due 5\n9 payment p 1000",                              9, "A broken"),
        ("not yet too late",            "0 promise A 1000 due 5\n4 payment p  100",                              8, "A open"),
        ("in two payments",             "0 promise A 1000 due 5\n2 payment p  500\n4 payment q 400",             9, "A kept"),
        ("paid before it was promised", "0 payment p 1000\n1 promise A 1000 due 5",                              9, "A broken"),
        ("counted once",                "0 promise A 500 due 5\n0 promise B 500 due 6\n4 payment p 500",        10, "A kept B broken"),
        ("what is left goes on",        "0 promise A 500 due 5\n0 promise B 500 due 6\n4 payment p 960",        10, "A kept B kept"),
        ("due first comes first",       "0 promise B 500 due 9\n1 promise A 500 due 5\n4 payment p 500",        13, "A kept B broken"),
        ("a kept one takes no more",    "0 promise A 1000 due 5\n0 promise B 500 due 5\n1 payment p 900\n2 payment q 500", 9, "A kept B kept"),
        ("bounced: open again",         "0 promise A 1000 due 5\n2 payment p 1000\n4 reversal r 1000 of p",      5, "A open"),
        ("bounced: broken in the end",  "0 promise A 1000 due 5\n2 payment p 1000\n9 reversal r 1000 of p",      9, "A broken"),
        ("bounced in part",             "0 promise A 1000 due 5\n2 payment p 1000\n9 reversal r 300 of p",       9, "A partial"),
        ("bounced, then paid again",    "0 promise A 1000 due 5\n2 payment p 1000\n4 reversal r 1000 of p\n6 payment q 1000", 9, "A kept"),
        ("a bounce moves payments up",  "0 promise A 500 due 5\n0 promise B 500 due 6\n1 payment p 500\n2 payment q 500\n9 reversal r 500 of p", 10, "A kept B broken"),
        ("back-dated payment",          "0 promise A 1000 due 5\n4 payment p 1000 known 12",                    12, "A kept"),
        ("reversal known before",       "0 promise A 1000 due 5\n4 reversal r 1000 of p\n3 payment p 1000 known 6", 9, "A broken"),
    ],
)  # fmt: skip
def test_promises(case: str, lines: str, until: int, expected: str) -> None:
    state = lived(lines, until)
    words = " ".join(f"{one.made.promise} {one.status}" for one in state.standings)
    assert words == expected, case


def test_the_deadline_is_the_end_of_a_local_day() -> None:
    made = Made("A", 100, "CNY", FIRST, at(0))
    state, changes = posted(State(TERMS), at(0), made)
    end = micros(datetime(2026, 3, 5, 16, tzinfo=UTC))
    assert [(one.before, one.after) for one in changes] == [(None, Status.OPEN)]
    assert wake_at(state) == end
    assert posted(state, end - 1)[0].standings[0].status is Status.OPEN
    broken, changes = posted(state, end)
    assert [(one.before, one.after, one.at) for one in changes] == [(Status.OPEN, Status.BROKEN, end)]
    assert wake_at(broken) is None
    assert posted(state, end, Paid("p", 100, "CNY", end - 1))[0].standings[0].status is Status.KEPT
    assert posted(state, end, Paid("p", 100, "CNY", end))[0].standings[0].status is Status.BROKEN


def test_other_money_and_other_accounts_do_not_count() -> None:
    made = Made("A", 100, "CNY", FIRST, at(0), "card-1")
    for paid in (Paid("p", 100, "USD", at(0), "card-1"), Paid("p", 100, "CNY", at(0), "card-2")):
        assert posted(State(TERMS), at(9), made, paid)[0].standings[0].status is Status.BROKEN
    assert posted(State(TERMS), at(9), made, Paid("p", 100, "CNY", at(0), "card-1"))[0].standings[0].paid == 100


def test_one_id_is_one_posting() -> None:
    paid = Paid("p", 100, "CNY", at(1))
    state, _ = posted(State(TERMS), at(1), Made("A", 200, "CNY", FIRST, at(0)), paid)
    again, changes = posted(state, at(1), paid)
    assert again == state and not changes and again.standings[0].paid == 100
    with pytest.raises(Refused, match="payment p: one id names two different postings"):
        posted(state, at(2), Paid("p", 99, "CNY", at(1)))
    with pytest.raises(Refused, match="more than nothing"):
        posted(state, at(2), Paid("q", 0, "CNY", at(1)))
    with pytest.raises(Refused, match="tolerance"):
        Terms(percent=101)


def test_tally() -> None:
    state = lived("0 promise A 500 due 5\n0 promise B 500 due 6\n0 promise C 900 due 60\n4 payment p 600", 10)
    assert tally(state) == (1, 1, 1, 0, 1000, 600)


# -- properties --------------------------------------------------------------------------------------------------------

DAYS = st.integers(0, 12)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, Posting]]:
    """(known at, posting), some back-dated, some repeated, in order of when they were known."""
    found: list[tuple[int, Posting]] = []
    for name in range(draw(st.integers(0, 4))):
        day, length = draw(DAYS), draw(st.integers(0, 6))
        account = draw(st.sampled_from([None, None, "x"]))
        due = FIRST + timedelta(days=day + length)
        found.append((at(day), Made(f"m{name}", draw(st.integers(1, 400)), "CNY", due, at(day), account)))
    for name in range(draw(st.integers(0, 6))):
        day = draw(DAYS)
        account = draw(st.sampled_from([None, "x"]))
        paid = Paid(f"p{name}", draw(st.integers(1, 500)), "CNY", at(day, draw(st.sampled_from([8, 12, 23]))), account)
        found.append((paid.at + draw(st.sampled_from([0, 0, 5, 20])) * 86_400_000_000, paid))
        if draw(st.booleans()):
            back = Reversed(
                f"r{name}", paid.payment, draw(st.integers(1, paid.amount)), at(day + draw(st.integers(0, 9)))
            )
            found.append((back.at, back))
    if found and draw(st.booleans()):
        found.append(draw(st.sampled_from(found)))
    return sorted(found, key=lambda one: one[0])


def slow(postings: list[Posting], now: int) -> dict[str, tuple[str, int]]:
    """The words of the trade, as directly as they can be written: unit by unit of money."""
    unique = list({str(one): one for one in postings}.values())
    promises = [one for one in unique if isinstance(one, Made)]
    end = {
        one.promise: micros(datetime(one.due.year, one.due.month, one.due.day, tzinfo=UTC))
        + (4 * 24 - 8) * 3_600_000_000
        for one in promises
    }
    promises.sort(key=lambda one: (end[one.promise], one.at, one.promise))
    paid = dict.fromkeys(end, 0)
    for payment in sorted((one for one in unique if isinstance(one, Paid)), key=lambda one: (one.at, one.payment)):
        left = payment.amount - sum(
            one.amount for one in unique if isinstance(one, Reversed) and one.payment == payment.payment
        )
        before = dict(paid)
        for _ in range(max(0, left)):
            for one in promises:
                kept = before[one.promise] * 10 >= one.amount * 9
                fits = one.account is None or one.account == payment.account
                if not kept and fits and one.at <= payment.at < end[one.promise] and paid[one.promise] < one.amount:
                    paid[one.promise] += 1
                    break
    return {
        one.promise: (
            "kept" if paid[one.promise] * 10 >= one.amount * 9
            else "open" if now < end[one.promise]
            else "partial" if paid[one.promise] else "broken",
            paid[one.promise],
        )
        for one in promises
    }  # fmt: skip


@given(histories(), st.integers(0, 20), st.randoms(use_true_random=False))
def test_one_by_one_is_all_at_once_in_any_order_and_as_the_words_say(
    history: list[tuple[int, Posting]], more: int, chance: object
) -> None:
    now = at(more + 40)
    state = State(TERMS)
    told: dict[str, Status] = {}
    for known, posting in history:
        while (due := wake_at(state)) is not None and due <= known:
            state, changes = posted(state, due)
            told |= {one.promise: one.after for one in changes}
        state, changes = posted(state, known, posting)
        for one in changes:
            assert told.get(one.promise) is one.before
            told[one.promise] = one.after
    live, changes = posted(state, now)
    told |= {one.promise: one.after for one in changes}

    shuffled = [posting for _, posting in history]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    replayed, _ = posted(State(TERMS), now, *shuffled)
    assert live.standings == replayed.standings
    assert {one.made.promise: (str(one.status), one.paid) for one in live.standings} == slow(shuffled, now)
    assert told == {one.made.promise: one.status for one in live.standings}


@given(histories(), st.integers(0, 30))
def test_what_can_be_said_of_every_promise(history: list[tuple[int, Posting]], day: int) -> None:
    state, _ = posted(State(TERMS), at(day), *(one for _, one in history if one.at <= at(day)))
    spent: dict[str, int] = {}
    for one in state.standings:
        statuses = [step.status for step in one.course]
        assert statuses[0] is Status.OPEN and len(statuses) <= 2 and Status.OPEN not in statuses[1:]
        assert one.course[0].at <= one.course[-1].at <= state.now
        assert one.paid <= one.made.amount
        for name, amount in one.counted:
            spent[name] = spent.get(name, 0) + amount
    paid = {one.payment: one.amount for one in state.postings.values() if isinstance(one, Paid)}
    assert all(amount <= paid[name] for name, amount in spent.items())
    if (due := wake_at(state)) is not None:
        assert due > state.now
        assert posted(state, due - 1)[1] == () and posted(state, due)[1]
    else:
        assert posted(state, state.now + 10**15)[1] == ()

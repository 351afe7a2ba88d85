"""The promises of one person as they live: post what happened, ask when time alone changes something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tocsin.credit.promise.derive import standings
from tocsin.credit.promise.record import Made, Paid, Posting, Reversed, Standing, Status, Terms
from tocsin.values.problem import Problem, Refused


@dataclass(frozen=True, slots=True)
class State:
    """All postings by their id, the latest instant reached, and where each promise stands at it."""

    terms: Terms
    now: int = 0
    postings: Mapping[str, Posting] = field(default_factory=dict)
    standings: tuple[Standing, ...] = ()


class Change(NamedTuple):
    """A promise is in another status than was known; `before` is None for a new one."""

    promise: str
    before: Status | None
    after: Status
    at: int
    """When it came to be so; it may be long before it was known."""


class Tally(NamedTuple):
    """Promises by status, and the amounts of those that matured: promised, and paid by them."""

    open: int
    kept: int
    partial: int
    broken: int
    promised: int
    paid: int


def posted(state: State, now: int, *postings: Posting) -> tuple[State, tuple[Change, ...]]:
    """The state after postings known at `now`, in any order, back-dated or not; none: time alone goes by.

    The same posting twice counts once. Refused where one id names two different postings.
    """
    known = dict(state.postings)
    for posting in postings:
        _checked(posting)
        if known.setdefault(_key(posting), posting) != posting:
            raise Refused(
                Problem("one id names two different postings", _key(posting), "give each posting an id of its own")
            )
    now = max(state.now, now, *(posting.at for posting in postings))
    after = _derived(replace(state, postings=known, now=now))
    return after, _changes(state, after)


def wake_at(state: State) -> int | None:
    """The next instant at which time alone changes a promise, or None."""
    return min((one.until for one in state.standings if one.status is Status.OPEN), default=None)


def tally(state: State) -> Tally:
    """Counts for the willingness to pay and for the share of promises kept."""
    matured = [one for one in state.standings if one.status is not Status.OPEN]
    count = {status: sum(one.status is status for one in state.standings) for status in Status}
    return Tally(
        count[Status.OPEN],
        count[Status.KEPT],
        count[Status.PARTIAL],
        count[Status.BROKEN],
        sum(one.made.amount for one in matured),
        sum(one.paid for one in matured),
    )


def _key(posting: Posting) -> str:
    match posting:
        case Made():
            return f"promise {posting.promise}"
        case Paid():
            return f"payment {posting.payment}"
        case Reversed():
            return f"reversal {posting.reversal}"


def _checked(posting: Posting) -> None:
    if posting.amount <= 0:
        raise Refused(Problem("an amount is more than nothing", _key(posting), "correct the amount"))


def _derived(state: State) -> State:
    known = state.postings.values()
    made = [one for one in known if isinstance(one, Made)]
    paid = [one for one in known if isinstance(one, Paid)]
    back = [one for one in known if isinstance(one, Reversed)]
    return replace(state, standings=standings(made, paid, back, state.terms, state.now))


def _changes(before: State, after: State) -> tuple[Change, ...]:
    was = {one.made.promise: one.status for one in before.standings}
    return tuple(
        Change(one.made.promise, was.get(one.made.promise), one.status, one.course[-1].at)
        for one in after.standings
        if was.get(one.made.promise) is not one.status
    )

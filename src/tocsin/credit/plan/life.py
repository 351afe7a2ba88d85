"""A plan as it lives: proposed, approved, accepted, paid; post what happened and see where it stands.

Whatever comes late, back-dated or reversed, everything is derived anew from all that is known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from tocsin.credit.plan.course import QUIET, Book, Keeping, Status, Step, course, watched_until
from tocsin.credit.plan.event import Accepted, Approved, Event, Paid, Proposed, Rejected, Reversed, checked
from tocsin.values.deadline import over
from tocsin.values.problem import Problem, Refused
from tocsin.values.said import Said


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands. Money: `paid` under the plan, `overdue` of it, `owed` to be free of the debt today
    (waivers are owed again where it is broken). `wake_at`: when time alone next changes something."""

    course: tuple[Step, ...]
    paid: int
    overdue: int
    owed: int
    next_due: tuple[date, int] | None
    watch_until: int | None
    wake_at: int | None

    @property
    def status(self) -> Status:
        return self.course[-1].status

    @property
    def stops_contact(self) -> bool:
        return self.status in QUIET


@dataclass(frozen=True, slots=True)
class State:
    """A proposed plan, everything posted to it by id, the latest instant reached, and its standing."""

    proposed: Proposed
    keeping: Keeping
    now: int
    standing: Standing
    events: Mapping[str, Event] = field(default_factory=dict)


class Change(NamedTuple):
    """The plan is in another status than was known; `at` may be long before it was known."""

    plan: str
    before: Status
    after: Status
    at: int
    why: Said


def began(proposed: Proposed, keeping: Keeping) -> State:
    """A plan that was just proposed."""
    return State(proposed, keeping, proposed.at, standing(proposed, keeping, (), proposed.at))


def posted(state: State, now: int, *events: Event) -> tuple[State, tuple[Change, ...]]:
    """The state after events known at `now`, in any order; none: time alone goes by. An event counts once."""
    known = dict(state.events)
    for event in events:
        checked(state.proposed, event)
        if known.setdefault(event.fact, event) != event:
            raise Refused(
                Problem("one id names two different events of a plan", event.fact, "give each event an id of its own")
            )
    now = max(state.now, now, *(event.at for event in events))
    stands = standing(state.proposed, state.keeping, known.values(), now)
    after = replace(state, events=known, now=now, standing=stands)
    was, is_ = state.standing.course[-1], stands.course[-1]
    if was.status is is_.status:
        return after, ()
    return after, (Change(state.proposed.plan, was.status, is_.status, is_.at, is_.why),)


def standing(proposed: Proposed, keeping: Keeping, events: Collection[Event], now: int) -> Standing:
    """Derive where a plan stands from everything known of it: the one definition."""
    offered = Step(proposed.at, Status.OFFERED, Said("offered", "已提出"))
    agreed, ended = _signed(proposed, events)
    if agreed is None:
        over_now = ended.at <= now
        course_ = (offered, ended) if over_now else (offered,)
        return Standing(course_, 0, 0, proposed.offer.debt.total, None, None, None if over_now else ended.at)
    # Interest runs from the day of the offer, not from the instant of the signature.
    book = Book(proposed.offer.schedule, keeping, over(proposed.offer.start, keeping.zone))
    payments = _payments(events, agreed)
    whole = course(book, agreed, payments)
    past = (offered, *(step for step in whole if step.at <= now))
    wake = min((step.at for step in whole if step.at > now), default=None)
    return _stands(proposed, book, now, past, sum(amount for _, amount in payments), wake)


def _stands(proposed: Proposed, book: Book, now: int, past: tuple[Step, ...], paid: int, wake: int | None) -> Standing:
    debt, last = proposed.offer.debt, past[-1]
    if last.status is Status.COMPLETED:
        until = watched_until(last.at, book.keeping)
        return Standing(past, paid, 0, 0, None, until, until if until > now else None)
    if last.status is Status.BROKEN:
        return Standing(past, paid, max(0, book.due(now) - paid), max(0, debt.total - paid), None, None, None)
    place = book.met(paid)
    row = book.schedule[place] if place < len(book.schedule) else None
    following = (row.due, book.totals[place] - paid) if row else None
    return Standing(past, paid, max(0, book.due(now) - paid), max(0, book.payoff(now) - paid), following, None, wake)


def _signed(proposed: Proposed, events: Collection[Event]) -> tuple[int | None, Step]:
    """When the plan was both approved and accepted, in time; and the step that ends it if it is not."""
    ends = [Step(proposed.until, Status.LAPSED, Said("the offer expired", "要约已过期"))]
    ends += [
        Step(one.at, Status.LAPSED, Said("not approved", "未获批准") if one.by_bank else Said("the person declined", "本人未接受"))
        for one in events
        if isinstance(one, Rejected)
    ]  # fmt: skip
    ended = min(ends, key=lambda step: step.at)
    accepted = min((one.at for one in events if isinstance(one, Accepted)), default=None)
    approved = _approved(proposed, events)
    if accepted is None or approved is None:
        return None, ended
    agreed = max(accepted, approved)
    return (agreed if agreed < ended.at else None), ended


def _approved(proposed: Proposed, events: Collection[Event]) -> int | None:
    """When the last approval that is needed came; each person counts once."""
    first: dict[str, int] = {}
    for one in events:
        if isinstance(one, Approved):
            first[one.by] = min(first.get(one.by, one.at), one.at)
    wanted = proposed.offer.authority.level.approvals
    if wanted == 0:
        return proposed.at
    return sorted(first.values())[wanted - 1] if len(first) >= wanted else None


def _payments(events: Collection[Event], agreed: int) -> list[tuple[int, int]]:
    """What was paid under the plan and not reversed, oldest first."""
    taken: dict[str, int] = {}
    for one in events:
        if isinstance(one, Reversed):
            taken[one.payment] = taken.get(one.payment, 0) + one.amount
    kept = [
        (one.at, one.amount - taken.get(one.fact, 0)) for one in events if isinstance(one, Paid) and agreed <= one.at
    ]
    return sorted((at, amount) for at, amount in kept if amount > 0)

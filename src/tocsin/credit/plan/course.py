"""The course of an accepted plan: when it was missed, cured, broken or completed, from its payments alone.

Payments meet instalments in order, oldest first; what comes early is there for the next ones. After
`missed_days` a missed instalment is in grace, after `grace_days` more, or with `missed_limit` of them unpaid
at once, the plan is broken for good. Paying off early owes no interest that has not accrued.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from tocsin.credit.plan.schedule import Schedule
from tocsin.values.deadline import over
from tocsin.values.instant import instant, zone
from tocsin.values.problem import Problem, Refused
from tocsin.values.said import Said


class Status(StrEnum):
    """The life of a plan; LAPSED is an offer that came to nothing."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    PERFORMING = "performing"
    MISSED = "missed"
    GRACE = "grace"
    BROKEN = "broken"
    COMPLETED = "completed"
    LAPSED = "lapsed"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.OFFERED: frozenset({Status.ACCEPTED, Status.LAPSED}),
    Status.ACCEPTED: frozenset({Status.PERFORMING, Status.MISSED}),
    Status.PERFORMING: frozenset({Status.MISSED, Status.COMPLETED}),
    Status.MISSED: frozenset({Status.PERFORMING, Status.GRACE}),
    Status.GRACE: frozenset({Status.PERFORMING, Status.BROKEN}),
    Status.BROKEN: frozenset(),
    Status.COMPLETED: frozenset(),
    Status.LAPSED: frozenset(),
}
QUIET = frozenset({Status.ACCEPTED, Status.PERFORMING})
"""While a plan is kept the person is not contacted for collection (CN-CARD-70-STOP)."""
_FALLING = (Status.MISSED, Status.GRACE, Status.BROKEN)
_WHY = {
    Status.PERFORMING: Said("what was due is paid", "应还款项已还"),
    Status.MISSED: Said("an instalment was not paid by its day", "当期款项到期未还"),
    Status.GRACE: Said("the missed instalment is still unpaid: time to cure it", "逾期款项仍未还:进入补救期"),
    Status.BROKEN: Said("the missed instalment was not cured in time", "逾期款项未在补救期内还清"),
    Status.COMPLETED: Said("everything owed under the plan is paid", "方案应还款项已全部结清"),
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """How strictly a plan is kept. `tolerance`: minor units that may be missing; `watch_days` after completion."""

    zone: str = "Asia/Shanghai"
    missed_days: int = 3
    grace_days: int = 30
    missed_limit: int = 2
    tolerance: int = 100
    watch_days: int = 365

    def __post_init__(self) -> None:
        if min(self.missed_days, self.grace_days, self.tolerance, self.watch_days) < 0 or self.missed_limit < 1:
            raise Refused(
                Problem("days and tolerance are not below zero, the limit at least 1", "terms", "correct the terms")
            )


class Step(NamedTuple):
    """A plan came to be in a status at an instant, and why."""

    at: int
    status: Status
    why: Said


@dataclass(frozen=True)
class Book:
    """A schedule as running totals: what must have been paid by when."""

    schedule: Schedule
    keeping: Keeping
    start: int
    """The instant from which interest of the first period runs."""

    @cached_property
    def ends(self) -> list[int]:
        return [over(row.due, self.keeping.zone) for row in self.schedule]

    @cached_property
    def totals(self) -> list[int]:
        return list(accumulate(row.total for row in self.schedule))

    def due(self, at: int) -> int:
        """What must have been paid before an instant."""
        passed = bisect_right(self.ends, at)
        return self.totals[passed - 1] if passed else 0

    def met(self, paid: int) -> int:
        """How many instalments an amount pays, but for the tolerance."""
        return bisect_right(self.totals, paid + self.keeping.tolerance)

    def overdue(self, paid: int, at: int) -> range:
        """The places of instalments whose day is over and that are not paid."""
        return range(self.met(paid), bisect_right(self.ends, at))

    def payoff(self, at: int) -> int:
        """What must have been paid by an instant for nothing to be owed any more: no interest of days to come."""
        passed = bisect_right(self.ends, at)
        owed = self.totals[-1] - sum(row.interest for row in self.schedule[passed:])
        if passed < len(self.schedule):
            began = self.start if passed == 0 else self.ends[passed - 1]
            period = max(1, self.ends[passed] - began)
            owed += -(-self.schedule[passed].interest * min(max(0, at - began), period) // period)
        return owed


def course(book: Book, began: int, payments: Iterable[tuple[int, int]]) -> list[Step]:
    """All steps after acceptance, also those still to come if nothing more is paid.

    `payments`: (instant, amount) from acceptance on. Where a deadline and a payment meet, the deadline was first.
    """
    keeping, steps = book.keeping, [Step(began, Status.ACCEPTED, Said("agreed and approved", "双方同意并已批准"))]
    moments = [(at, 0, 0) for row in book.schedule for at in _deadlines(book, row.number - 1)]
    moments += [(at, 1, amount) for at, amount in payments]
    paid = 0
    for at, _, amount in sorted(moments):
        paid += amount
        for status in _path(steps[-1].status, _target(book, steps[-1].status, paid, at, bool(amount))):
            why = _WHY[status]
            if status is Status.BROKEN and len(book.overdue(paid, at)) >= keeping.missed_limit:
                why = Said(
                    f"{keeping.missed_limit} instalments are unpaid at once", f"同时有{keeping.missed_limit}期未还"
                )
            steps.append(Step(at, status, why))
        if not TRANSITIONS[steps[-1].status]:
            break
    return steps


def watched_until(completed: int, keeping: Keeping) -> int:
    """The end of the watch period after completion."""
    return over(instant(completed).astimezone(zone(keeping.zone)).date(), keeping.zone, keeping.watch_days)


def _deadlines(book: Book, place: int) -> tuple[int, int, int]:
    due, keeping = book.schedule[place].due, book.keeping
    return (
        book.ends[place],
        over(due, keeping.zone, keeping.missed_days),
        over(due, keeping.zone, keeping.missed_days + keeping.grace_days),
    )


def _target(book: Book, before: Status, paid: int, at: int, is_payment: bool) -> Status:
    if is_payment and paid + book.keeping.tolerance >= book.payoff(at):
        return Status.COMPLETED
    overdue = book.overdue(paid, at)
    if not overdue:
        return Status.PERFORMING if book.met(paid) else Status.ACCEPTED
    _, grace, broken = _deadlines(book, overdue[0])
    if at >= broken or len(overdue) >= book.keeping.missed_limit:
        return Status.BROKEN
    return Status.GRACE if at >= grace or before is Status.GRACE else Status.MISSED


def _path(before: Status, target: Status) -> tuple[Status, ...]:
    """The statuses on the way: none is skipped, though several may be of one instant."""
    if target is before:
        return ()
    if target in _FALLING:
        first = _FALLING.index(before) + 1 if before in _FALLING else 0
        return _FALLING[first : _FALLING.index(target) + 1]
    if target is Status.COMPLETED and before is not Status.PERFORMING:
        return Status.PERFORMING, Status.COMPLETED
    return (target,)

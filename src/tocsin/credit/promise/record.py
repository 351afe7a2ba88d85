"""What happens to promises, and where they stand. Instants are microseconds, money minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from tocsin.values.deadline import over
from tocsin.values.problem import Problem, Refused


class Status(StrEnum):
    """The life of a promise: OPEN → KEPT | PARTIAL | BROKEN."""

    OPEN = "open"
    KEPT = "kept"
    PARTIAL = "partial"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Terms:
    """Tolerance: this many per cent of the amount may be missing, and it may come this many days late."""

    percent: int = 10
    days: int = 3
    zone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        if not (0 <= self.percent <= 100 and self.days >= 0):
            raise Refused(
                Problem("a tolerance is 0 to 100 per cent, and no days or more", "terms", "correct the terms")
            )


@dataclass(frozen=True, slots=True)
class Made:
    """A promise to pay an amount by the end of a local day; on one account, or on any where None."""

    promise: str
    amount: int
    currency: str
    due: date
    at: int
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment of the person."""

    payment: str
    amount: int
    currency: str
    at: int
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Reversed:
    """A payment, or a part of it, that bounced: it was never made."""

    reversal: str
    payment: str
    amount: int
    at: int


Posting = Made | Paid | Reversed


class Step(NamedTuple):
    """A promise came to be in a status at an instant."""

    at: int
    status: Status


@dataclass(frozen=True, slots=True)
class Standing:
    """One promise now. `counted`: the payments that count for it, with how much of each; `until`: the first
    instant at which a payment is too late; `course`: its life so far, oldest step first."""

    made: Made
    until: int
    counted: tuple[tuple[str, int], ...]
    course: tuple[Step, ...]

    @property
    def status(self) -> Status:
        return self.course[-1].status

    @property
    def paid(self) -> int:
        return sum(amount for _, amount in self.counted)


def until(made: Made, terms: Terms) -> int:
    """The first instant at which a payment comes too late for a promise."""
    return over(made.due, terms.zone, terms.days)


def enough(amount: int, terms: Terms) -> int:
    """What keeps a promise of an amount: all but the tolerance, rounded up, and at least one unit."""
    return max(1, -(-amount * (100 - terms.percent) // 100))

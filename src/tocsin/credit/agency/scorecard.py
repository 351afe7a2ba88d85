"""The yearly review of an agency: recovery, conduct, complaints and books, each with its mark and why.

Conduct outweighs money: an agency that does not ask before it contacts is not renewed, whatever it recovers.
Reviews are due once a year and before the contract ends (GB/T 45251-2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.credit.agency.commission import Commission
from tocsin.credit.agency.reconcile import Reconciled
from tocsin.credit.agency.record import Complaint, Contacted, Contract
from tocsin.values.said import Said

DAY = 86_400_000_000


class Grade(StrEnum):
    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class Terms:
    """`target`: per cent of what was placed that is to be recovered; weights add up to 100; `factors`: per cent of
    the commission that each grade of conduct leaves."""

    target: int = 10
    recovery: int = 30
    conduct: int = 45
    complaints: int = 15
    books: int = 10
    complaints_per_thousand: int = 5
    """So many upheld complaints for a thousand contacts leave nothing of their mark."""
    unasked_per_thousand: int = 10
    """So many contacts that were not asked about first, for a thousand, leave nothing of the mark for conduct."""
    factors: tuple[tuple[Grade, int], ...] = ((Grade.A, 100), (Grade.B, 90), (Grade.C, 70), (Grade.D, 0))
    review_days: int = 365
    ahead_days: int = 30
    """A review is due so long before the contract ends."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One part: points of at most `weight`, and why."""

    part: str
    points: int
    weight: int
    said: Said


@dataclass(frozen=True, slots=True)
class Scorecard:
    """`conduct` grades conduct and complaints alone: the commission follows it. `renew` is what is advised."""

    marks: tuple[Mark, ...]
    conduct: Grade
    factor: int
    renew: bool

    @property
    def points(self) -> int:
        return sum(mark.points for mark in self.marks)


def scorecard(
    placed: int,
    recovery: Commission,
    contacts: Sequence[Contacted],
    complaints: Sequence[Complaint],
    books: Reconciled,
    terms: Terms | None = None,
) -> Scorecard:
    """The review of a period. `placed`: money placed."""
    terms = terms or Terms()
    made = len(contacts)
    unasked = sum(one.attempt is None for one in contacts)
    upheld = sum(one.upheld is True for one in complaints)
    undecided = sum(one.upheld is None for one in complaints)
    told = len(books.matched) + len(books.only_theirs) + len(books.only_ours) + len(books.strange)
    share = max(recovery.recovered, 0) * 100 // placed if placed else 0
    wrong = told - len(books.matched)
    marks = (
        Mark(
            "recovery",
            min(terms.recovery, terms.recovery * share // terms.target) if terms.target else terms.recovery,
            terms.recovery,
            Said(
                f"{share} % of what was placed came in, the aim is {terms.target} %",
                f"回款为委托金额的{share}%,目标为{terms.target}%",
            ),
        ),
        Mark(
            "conduct",
            _left(terms.conduct, unasked, made, terms.unasked_per_thousand),
            terms.conduct,
            Said(
                f"{unasked} of {made} contacts were not allowed by the gate first",
                f"{made}次联系中有{unasked}次未事先获准",
            ),
        ),
        Mark(
            "complaints",
            _left(terms.complaints, upheld, made, terms.complaints_per_thousand),
            terms.complaints,
            Said(
                f"{upheld} of {len(complaints)} complaints were upheld, {undecided} are not decided",
                f"{len(complaints)}件投诉中成立{upheld}件,待定{undecided}件",
            ),
        ),
        Mark(
            "books",
            terms.books * (told - wrong) // told if told else terms.books,
            terms.books,
            Said(f"{wrong} of {told} payments do not agree", f"{told}笔还款中有{wrong}笔对账不符"),
        ),
    )
    grade = _grade(marks[1].points + marks[2].points, terms.conduct + terms.complaints)
    factor = dict(terms.factors)[grade]
    return Scorecard(marks, grade, factor, grade is not Grade.D and sum(mark.points for mark in marks) >= 50)


def review_due(contract: Contract, last: int | None, terms: Terms | None = None) -> int:
    """When the next review of an agency is due: a year after the last, and in time before the contract ends."""
    terms = terms or Terms()
    since = contract.since if last is None else last
    yearly = since + terms.review_days * DAY
    if contract.until is None:
        return yearly
    before_end = contract.until - terms.ahead_days * DAY
    return min(yearly, max(before_end, since)) if since < before_end else yearly


def _left(weight: int, bad: int, made: int, limit: int) -> int:
    """What is left of a weight after so many bad ones among those made: nothing from the limit in a thousand on."""
    if not bad:
        return weight
    return max(weight - -(-weight * bad * 1000 // (max(made, bad) * limit)), 0)


def _grade(points: int, of: int) -> Grade:
    share = points * 100 // of if of else 100
    return Grade.A if share >= 90 else Grade.B if share >= 75 else Grade.C if share >= 50 else Grade.D

"""What happens to a plan. Each event has the id of its fact; instants are microseconds, money minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tocsin.credit.plan.record import Offer
from tocsin.credit.plan.terms import Terms
from tocsin.values.deadline import over
from tocsin.values.problem import Problem, Refused


@dataclass(frozen=True, slots=True)
class Proposed:
    """An offer made to a person by somebody; it stands until an instant. `ranks`: levels of authority, ascending."""

    plan: str
    offer: Offer
    by: str
    at: int
    until: int
    ranks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approved:
    """Somebody with authority agrees."""

    fact: str
    by: str
    level: str
    at: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Somebody with authority refuses, or, with `by_bank` false, the person declines."""

    fact: str
    at: int
    by_bank: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The person agrees, by signature or by word of mouth; then a recording is kept until all is paid (§70)."""

    fact: str
    at: int
    how: Literal["signed", "oral"] = "signed"
    recording: str | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment under the plan."""

    fact: str
    amount: int
    at: int


@dataclass(frozen=True, slots=True)
class Reversed:
    """A payment, or a part of it, that bounced: it was never made."""

    fact: str
    payment: str
    amount: int
    at: int


Event = Approved | Rejected | Accepted | Paid | Reversed


def proposed(plan: str, offer: Offer, terms: Terms, by: str, at: int, zone: str) -> Proposed:
    """Make an offer; it stands for the days of the terms, and not beyond the eve of its first instalment."""
    until = min(
        over(offer.start, zone, terms.valid_days),
        over(offer.schedule[0].due - timedelta(days=1), zone),
    )
    return Proposed(plan, offer, by, at, until, tuple(level.name for level in terms.levels))


def checked(plan: Proposed, event: Event) -> None:
    """Refuse what may not be: approving one's own proposal, or beyond one's authority, or an oral yes unrecorded."""
    problem: Problem | None = None
    match event:
        case Approved(_, by) if by == plan.by:
            problem = Problem("nobody approves what she proposed", event.fact, "ask somebody else to approve it")
        case Approved(_, _, level) if not _may(plan, level):
            problem = Problem(
                f"the level '{level}' may not approve this plan",
                event.fact,
                f"ask for the approval of the level '{plan.offer.authority.level.name}'",
            )
        case Accepted(how="oral", recording=None):
            problem = Problem(
                "an agreement by word of mouth needs its recording", event.fact, "name the recording, or have it signed"
            )
        case Paid(_, amount) | Reversed(_, _, amount) if amount <= 0:
            problem = Problem("an amount is more than nothing", event.fact, "correct the amount")
    if problem:
        raise Refused(problem)


def _may(plan: Proposed, level: str) -> bool:
    ranks = plan.ranks
    return level in ranks and ranks.index(level) >= ranks.index(plan.offer.authority.level.name)

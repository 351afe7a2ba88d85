"""A restriction from its imposition to its end, evolved from facts alone. Ended, never deleted.

    active -> staged -> released | lapsed          refused: proven fraud; only an appeal or a person leads out of it
    held_out: never in force, kept to compare with

What makes no sense (a release of what has ended, a review of what is not there) changes nothing. Instants are µs UTC.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from tocsin.credit.restriction.terms import Scope
from tocsin.facts import measures
from tocsin.values import instant

OPEN = ("active", "staged", "refused")
ENDED = ("released", "lapsed")
WAITS = ("filed", "overdue")
"""An appeal that is not decided."""
_HANDED = 20


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a restriction."""


class Asked(Record, frozen=True):
    """Something asked of the customer: due, pending_verification, met, waived or errors."""

    state: str
    at: int
    due_by: int | None = None
    by: str = ""
    reason: str | None = None
    handed: tuple[str, ...] = ()
    """Who handed it in."""


class Assessed(Record, frozen=True):
    """An assessment as the log was told it. `factors`: JSON."""

    at: int
    days: int
    release_at: int | None
    barred: bool
    factors: bytes
    earliest: int | None = None
    p50: int | None = None
    p90: int | None = None
    n: int = 0
    basis: str = "policy"


class Reviewed(Record, frozen=True):
    decision: str
    by: str
    at: int
    reason: str


class Appealed(Record, frozen=True):
    """filed, overdue, upheld or rejected; `by`: who decided, `filed_by`: who objected for the customer."""

    id: str
    state: str
    at: int
    reason: str
    decide_by: int | None = None
    by: str = ""
    decided_at: int | None = None
    answer: str | None = None
    filed_by: str = ""


class Change(Record, frozen=True):
    change: str
    at: int
    by: str
    reason: str
    stage: int = 0


class Ordered(Record, frozen=True):
    """The latest order to the core system: its number (0: as imposed), when it was last given and how often, and which
    was confirmed last. `objection`: why the core system says it cannot."""

    number: int = 0
    at: int = 0
    attempts: int = 1
    confirmed: int = -1
    objection: str | None = None


class Held(Record, frozen=True):
    """A restriction."""

    id: str
    account: str
    hold: str
    type: str
    strength: str
    at: int
    reasons: tuple[str, ...]
    by: str
    policy: str
    status: str = "active"
    level: str | None = None
    cause: str | None = None
    note: str | None = None
    scope: Scope = Scope()
    limit: int | None = None
    review_at: int | None = None
    expires_at: int | None = None
    stage: int = 0
    up_to: int | None = None
    a_day: int | None = None
    """Staged: what passes, as it was ordered."""
    needs: dict[str, Asked] = {}
    first: Assessed | None = None
    """As it was assessed when it was imposed."""
    told: Assessed | None = None
    reviews: tuple[Reviewed, ...] = ()
    appeals: tuple[Appealed, ...] = ()
    changes: tuple[Change, ...] = ()
    order: Ordered = Ordered()
    ended_at: int | None = None
    risen: tuple[str, ...] = ()
    """The levels that the account rose to while it stood."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Those that the account had when it was imposed and rose to since."""
        return self.risen if self.level is None else (self.level, *self.risen)

    @property
    def stands(self) -> bool:
        return self.status in OPEN

    @property
    def appeal(self) -> Appealed | None:
        """The appeal that waits for its decision."""
        return next((one for one in self.appeals if one.state in WAITS), None)


def imposed(fact: measures.Restriction, recorded_at: int) -> Held:
    """A restriction as it was imposed, or held out."""
    return Held(
        fact.restriction, fact.account, fact.hold, fact.type, fact.strength, recorded_at, fact.reasons, fact.by, fact.policy,
        status="held_out" if fact.held_out else "active",
        level=fact.level, cause=fact.cause, note=fact.note, scope=scope_of(fact), limit=fact.limit,
        review_at=_micros(fact.review_at), expires_at=_micros(fact.expires_at), order=Ordered(at=recorded_at),
    )  # fmt: skip


def scope_of(fact: measures.Restriction) -> Scope:
    return Scope(fact.merchants, fact.countries, fact.channels, fact.devices, fact.card_present, fact.above)


def after(held: Held, fact: measures.Measure, at: int) -> Held:
    """The restriction after one more fact about it, which the log took at `at`."""
    step: Any = _STEPS.get(type(fact))
    return held if step is None else step(held, fact, at)


def _changed(held: Held, fact: measures.RestrictionChanged, at: int) -> Held:
    ends = fact.change in ENDED
    if not (held.stands or (held.status == "held_out" and ends)) or (
        held.status == "refused" and fact.change == "staged"
    ):
        return held
    noted = replace(held, changes=(*held.changes, Change(fact.change, at, fact.by, fact.reason, fact.stage)))
    if held.status == "held_out":  # never in force, nothing to order: it is compared for as long as it is known
        return held if held.ended_at is not None else replace(noted, ended_at=at)
    match fact.change:
        case "released" | "lapsed":
            noted = replace(noted, status=fact.change, ended_at=at)
        case "refused":
            noted = replace(noted, status="refused", stage=0, up_to=None, a_day=None)
            if not held.stage:  # nothing else passes than before
                return noted
        case "staged":
            status = "staged" if fact.stage else "active"
            noted = replace(noted, status=status, stage=fact.stage, up_to=fact.up_to, a_day=fact.a_day)
        case "extended":
            status = "staged" if held.stage else "active"
            review, expires = _micros(fact.review_at), _micros(fact.expires_at)
            return replace(noted, status=status, review_at=review, expires_at=expires)
    order = replace(held.order, number=held.order.number + 1, at=at, attempts=1, objection=None)
    return replace(noted, order=order)


def _assessed(held: Held, fact: measures.RestrictionAssessed, at: int) -> Held:
    told = Assessed(
        at, fact.days, _micros(fact.release_at), fact.barred, bytes(fact.factors), _micros(fact.earliest),
        _micros(fact.p50), _micros(fact.p90), fact.n, fact.basis,
    )  # fmt: skip
    return replace(held, told=told, first=held.first or told)


def _required(held: Held, fact: measures.Requirement, at: int) -> Held:
    known = held.needs.get(fact.requirement)
    due_by = _micros(fact.due_by) or (known.due_by if known else None)
    handed = known.handed if known else ()
    if fact.state == "pending_verification" and fact.by not in handed:
        handed = (*handed, fact.by)[-_HANDED:]
    asked = Asked(fact.state, at, due_by, fact.by, fact.reason, handed)
    return replace(held, needs={**held.needs, fact.requirement: asked})


def _reviewed(held: Held, fact: measures.RestrictionReview, at: int) -> Held:
    if not held.stands:
        return held
    reviews = (*held.reviews, Reviewed(fact.decision, fact.by, at, fact.reason))
    until = _micros(fact.until)
    return replace(held, reviews=reviews, review_at=until if fact.decision == "keep" else held.review_at)


def _appealed(held: Held, fact: measures.Appeal, at: int) -> Held:
    known = next((one for one in held.appeals if one.id == fact.appeal), None)
    if known is None:
        if not held.stands or fact.state != "filed":
            return held
        filed = Appealed(fact.appeal, "filed", at, fact.reason, _micros(fact.decide_by), filed_by=fact.by)
        return replace(held, appeals=(*held.appeals, filed))
    if known.state not in WAITS or fact.state == "filed":
        return held
    decided = replace(known, state=fact.state)
    if fact.state not in WAITS:
        decided = replace(decided, by=fact.by, decided_at=at, answer=fact.reason)
    return replace(held, appeals=tuple(decided if one is known else one for one in held.appeals))


def _ordered(held: Held, fact: measures.RestrictionOrdered, at: int) -> Held:
    if fact.number != held.order.number:
        return held
    confirmed = min(held.order.confirmed, fact.number - 1)  # what was confirmed once is not so any more
    return replace(held, order=replace(held.order, at=at, attempts=fact.attempt, confirmed=confirmed))


def _acknowledged(held: Held, fact: measures.RestrictionAcknowledged, at: int) -> Held:
    if fact.number > held.order.number or (fact.number < held.order.number and not fact.applied):
        return held
    if not fact.applied:
        return replace(held, order=replace(held.order, objection=fact.reason or "not applied"))
    confirmed = max(held.order.confirmed, fact.number)
    objection = None if fact.number == held.order.number else held.order.objection
    return replace(held, order=replace(held.order, confirmed=confirmed, objection=objection))


_STEPS = {
    measures.RestrictionChanged: _changed,
    measures.RestrictionAssessed: _assessed,
    measures.Requirement: _required,
    measures.RestrictionReview: _reviewed,
    measures.Appeal: _appealed,
    measures.RestrictionOrdered: _ordered,
    measures.RestrictionAcknowledged: _acknowledged,
}


def _micros(moment: Any) -> int | None:
    return None if moment is None else instant.micros(moment)

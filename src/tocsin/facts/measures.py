"""Measures: what an account may not do for a time, why, and how that ends.

Dealings like those with a person: facts on the same log that no signal counts. What Tocsin decides itself (a restriction
that a rule imposes, an assessment, a release) it writes down as one of these.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from tocsin.facts.kinds import AccountFact, Country, Currency, Id, Ids, Instant, Money, Text, Word

Kind = Literal[
    "transaction_block", "transfer_hold", "cash_advance_block", "card_lock", "limit_cut", "account_freeze", "step_up",
    "override",
]  # fmt: skip
Reasons = Annotated[tuple[Word, ...], Meta(min_length=1, max_length=20)]
Words = Annotated[tuple[Word, ...], Meta(max_length=50)]
Countries = Annotated[tuple[Country, ...], Meta(max_length=50)]


class Measure(AccountFact, frozen=True, kw_only=True):
    """A fact about a restriction of an account."""

    restriction: Id


class Restriction(Measure, frozen=True, kw_only=True, tag="restriction"):
    """A restriction is imposed; `held_out`: it is not, so that what it is good for can be measured."""

    hold: Word
    """Its name in the policy; `manual` where a person chose it freely."""
    type: Kind
    strength: Literal["hard", "soft"] = "soft"
    """Nothing goes past a hard one; an override goes past a soft one."""
    reasons: Reasons
    level: Word | None = None
    """The account's warning level then."""
    cause: Id | None = None
    """The fact that brought it about."""
    by: Word
    """`policy`, or who imposed it."""
    note: Text | None = None
    policy: Text
    merchants: Ids = ()
    """What it is confined to; all where empty or absent."""
    countries: Countries = ()
    channels: Words = ()
    devices: Ids = ()
    card_present: bool | None = None
    above: Money | None = None
    """Only transactions of more than this."""
    limit: Money | None = None
    """Of a limit cut: the limit; of an override: the most of one transaction."""
    currency: Currency | None = None
    review_at: Instant | None = None
    expires_at: Instant | None = None
    held_out: bool = False


class RestrictionChanged(Measure, frozen=True, kw_only=True, tag="restriction_changed"):
    """A restriction came to stand otherwise: small amounts pass, it was released, refused for good, extended, or lapsed."""

    change: Literal["staged", "released", "refused", "extended", "lapsed"]
    number: Annotated[int, Meta(ge=1)] | None = None
    """Of the order to the core system that it is; absent where nothing else passes than before."""
    stage: Annotated[int, Meta(ge=0, le=20)] = 0
    up_to: Money | None = None
    """Staged: the most of one transaction."""
    a_day: Money | None = None
    """Staged: the most of a day."""
    currency: Currency | None = None
    review_at: Instant | None = None
    expires_at: Instant | None = None
    reason: Word
    by: Word


class RestrictionAssessed(Measure, frozen=True, kw_only=True, tag="restriction_assessed"):
    """How long a restriction is to last by what is known now, factor by factor, and when it is expected to end."""

    days: int
    """From when it was imposed."""
    release_at: Instant | None = None
    """As things stand; absent where it may not be released."""
    barred: bool = False
    factors: msgspec.Raw
    """JSON: [{factor, value, days, bars, en, zh}]."""
    earliest: Instant | None = None
    p50: Instant | None = None
    p90: Instant | None = None
    n: Annotated[int, Meta(ge=0)] = 0
    """So many ended restrictions the quantiles rest on; too few where they are absent."""
    basis: Literal["policy", "history"] = "policy"
    because: Word
    """What changed: `imposed`, `fact`, `time`, or a factor."""


class Requirement(Measure, frozen=True, kw_only=True, tag="requirement"):
    """Something that is asked of the customer came to stand otherwise."""

    requirement: Word
    state: Literal["due", "pending_verification", "met", "waived", "errors"]
    due_by: Instant | None = None
    by: Word
    reason: Text | None = None


class RestrictionReview(Measure, frozen=True, kw_only=True, tag="restriction_review"):
    """A person looked at a restriction and decided."""

    decision: Literal["release", "keep", "refuse"]
    by: Word
    reason: Text
    until: Instant | None = None
    """Keep: when it is to be looked at again."""


class Appeal(Measure, frozen=True, kw_only=True, tag="appeal"):
    """The customer objects to a restriction, nobody has decided about that in time, or a person decides."""

    appeal: Id
    state: Literal["filed", "overdue", "upheld", "rejected"]
    by: Word
    reason: Text
    decide_by: Instant | None = None


class RestrictionOrdered(Measure, frozen=True, kw_only=True, tag="restriction_ordered"):
    """The core system is asked again: it has not said that a restriction stands with it as it stands here."""

    number: Annotated[int, Meta(ge=0)]
    """0: as imposed; then its changes, counted."""
    attempt: Annotated[int, Meta(ge=1)]
    state: Literal["in_force", "staged", "ended"]
    type: Kind
    limit: Money | None = None
    up_to: Money | None = None
    a_day: Money | None = None
    currency: Currency | None = None


class RestrictionAcknowledged(Measure, frozen=True, kw_only=True, tag="restriction_acknowledged"):
    """The core system says that a restriction stands with it as ordered, or why it cannot."""

    number: Annotated[int, Meta(ge=0)]
    applied: bool
    reason: Text | None = None


AnyMeasure = (
    Restriction | RestrictionChanged | RestrictionAssessed | Requirement | RestrictionReview | Appeal
    | RestrictionOrdered | RestrictionAcknowledged
)  # fmt: skip
MEASURES: tuple[type[Measure], ...] = get_args(AnyMeasure)

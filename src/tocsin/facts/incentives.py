"""Incentives: how a cycle of an account was judged, what it brought or cost, and due days that were asked for.

Dealings like those with a person: facts on the same log that no signal counts, and that nobody but Tocsin tells.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tocsin.facts.kinds import AccountFact, Balance, Currency, Id, Instant, Money, Text, Word

Outcome = Literal["full", "minimum", "part", "nothing"]
Gives = Literal[
    "limit_rise", "rate_cut", "cashback", "fee_waiver", "late_fee", "penalty_rate", "bureau_record", "blacklist",
]  # fmt: skip
State = Literal["announced", "granted", "declined", "reversed", "ended"]
Day = Annotated[int, Meta(ge=1, le=28)]


class CycleJudged(AccountFact, frozen=True, kw_only=True, tag="cycle_judged"):
    """What was paid of a statement in time; told again only where a later fact makes it otherwise."""

    occasion: Id
    """The statement."""
    outcome: Outcome
    before: Outcome | None = None
    """How it was judged the time before."""
    paid: Money
    minimum_due: Money
    statement_balance: Balance
    currency: Currency
    due_at: Instant
    """The end of the last day on which a payment was in time, grace included."""


class Grant(AccountFact, frozen=True, kw_only=True, tag="grant"):
    """A reward or a penalty for a cycle: announced, granted, declined, taken back, or over."""

    grant: Id
    incentive: Word
    """Its name in the policy."""
    gives: Gives
    state: State
    occasion: Id
    amount: Money | None = None
    currency: Currency | None = None
    rate: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    """Of a cut or a penalty rate: by how many basis points a year."""
    effective_at: Instant | None = None
    until: Instant | None = None
    arm: Word | None = None
    by: Word
    """`policy`, or who decided."""
    rule: Word | None = None
    """The rule of law that bounds it, ends it or forbids it."""
    reason: Word
    """earned, announced, budget, law, notice, paid, protected, judged_anew, over, cured, or `person`."""
    en: Text
    zh: Text


class DueDay(AccountFact, frozen=True, kw_only=True, tag="due_day"):
    """Another due day was asked for, and granted or refused."""

    request: Id
    day: Day
    state: Literal["requested", "granted", "refused"]
    by: Word
    reason: Word
    """asked, payday, late, too_soon, same, ended."""
    en: Text
    zh: Text


AnyIncentive = CycleJudged | Grant | DueDay

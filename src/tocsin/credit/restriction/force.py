"""Restrictions in force at a fact: which of them touch it, and what they make of it.

Precedence, as hard block > override > soft block (after Tazama's): a hard restriction stops whatever it touches; an
override lets pass what only soft ones would stop. Whatever comes in is never touched: repayment stays open, always.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from tocsin.credit.restriction.terms import Scope
from tocsin.facts.kinds import CashAdvance, Fact, Movement, Purchase, Transfer
from tocsin.facts.measures import Restriction
from tocsin.values import instant

APPROVE, REVIEW, BLOCK = 0, 1, 2
_ALL = (Purchase, CashAdvance, Transfer)
TOUCHES: dict[str, tuple[type[Fact], ...]] = {
    "transaction_block": _ALL,
    "transfer_hold": (Transfer,),
    "cash_advance_block": (CashAdvance,),
    "card_lock": (Purchase, CashAdvance),
    "limit_cut": _ALL,
    "account_freeze": _ALL,
    "step_up": _ALL,
    "override": _ALL,
}
"""What each kind of restriction is about. Everything else, repayment first of all, is none of its business."""


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A restriction in force: what deciding about a fact needs of it. `ends`: from then on it is none (µs UTC)."""

    id: str
    account: str
    hold: str
    type: str
    strength: str
    at: int
    scope: Scope = Scope()
    ends: int | None = None
    limit: int | None = None
    stage: int = 0
    up_to: int | None = None
    a_day: int | None = None
    day: int = 0
    used: int = 0
    """Staged: what passed on that day."""
    held_out: bool = False
    reasons: tuple[str, ...] = ()


def standing_of(fact: Restriction, now: int) -> Standing:
    """A restriction as it was imposed; its fact was recorded `now` (µs UTC)."""
    scope = Scope(fact.merchants, fact.countries, fact.channels, fact.devices, fact.card_present, fact.above)
    ends = None if fact.expires_at is None else instant.micros(fact.expires_at)
    return Standing(
        fact.restriction, fact.account, fact.hold, fact.type, fact.strength, now, scope, ends, fact.limit,
        held_out=fact.held_out, reasons=fact.reasons,
    )  # fmt: skip


class Effect(NamedTuple):
    """What the restrictions in force make of a fact: approve, review or block; by which, and which there were."""

    answer: int
    by: tuple[str, ...]
    standing: Sequence[Standing]


def effect(fact: Fact, known: Iterable[Standing], now: int, day: int) -> Effect:
    """What is made of a fact that is recorded `now`, on the local `day` (days since 1970-01-01)."""
    standing = [one for one in known if in_force(one, now)]
    if not isinstance(fact, _ALL):
        return Effect(APPROVE, (), standing)
    stopping = [one for one in standing if one.type != "override" and _stops(one, fact, day)]
    hard = tuple(one.id for one in stopping if one.strength == "hard")
    if hard and _blocks(stopping, hard):
        return Effect(BLOCK, hard, standing)
    lifted = tuple(one.id for one in standing if one.type == "override" and _lifts(one, fact))
    if lifted:
        return Effect(REVIEW, hard, standing) if hard else Effect(APPROVE, lifted, standing)
    every = tuple(one.id for one in stopping)
    if not every:
        return Effect(APPROVE, (), standing)
    return Effect(BLOCK if _blocks(stopping, every) else REVIEW, every, standing)


def in_force(one: Standing, now: int) -> bool:
    """Whether a restriction restrains at a moment: it has not ended, and the account is not of those held out."""
    return not one.held_out and (one.ends is None or now < one.ends)


def passed(one: Standing, fact: Fact, day: int) -> Standing:
    """A staged restriction after a fact that it touches was let pass."""
    if not one.stage or one.a_day is None or not isinstance(fact, TOUCHES[one.type]) or not _within(one.scope, fact):
        return one
    assert isinstance(fact, Movement)
    return msgspec.structs.replace(one, day=day, used=(one.used if one.day == day else 0) + fact.amount)


def _blocks(stopping: Iterable[Standing], by: tuple[str, ...]) -> bool:
    """Whether any of them blocks; a step-up only asks the customer to show who they are."""
    return any(one.id in by and one.type != "step_up" for one in stopping)


def _stops(one: Standing, fact: Fact, day: int) -> bool:
    if not isinstance(fact, TOUCHES[one.type]) or not _within(one.scope, fact):
        return False
    assert isinstance(fact, Movement)
    if one.type == "limit_cut" and one.limit is not None:
        return fact.balance is not None and fact.balance > one.limit
    if not one.stage:
        return True
    used = one.used if one.day == day else 0
    return (one.up_to is not None and fact.amount > one.up_to) or (
        one.a_day is not None and used + fact.amount > one.a_day
    )


def _lifts(one: Standing, fact: Movement) -> bool:
    return _within(one.scope, fact) and (one.limit is None or fact.amount <= one.limit)


def _within(scope: Scope, fact: Fact) -> bool:
    """Whether a fact is in the scope. What a fact does not say is in no scope that asks for it."""
    assert isinstance(fact, Movement)
    return (
        (not scope.merchants or fact.merchant in scope.merchants)
        and (not scope.countries or fact.country in scope.countries)
        and (not scope.channels or fact.channel in scope.channels)
        and (not scope.devices or fact.device in scope.devices)
        and (scope.card_present is None or fact.card_present == scope.card_present)
        and (scope.above is None or fact.amount > scope.above)
    )

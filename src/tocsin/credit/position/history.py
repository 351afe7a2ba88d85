"""What is kept of an account: enough to say where it stands, and to place the next fact wherever it belongs.

Facts may arrive in any order: `fold` gives, to the bit, what `replayed` gives of the same facts in any
other. In order of time they are (occurred_at, kind, id). A fact at the end takes one step; a
back-dated one, or a reversal, re-derives everything after it from a checkpoint.

Kept are the checkpoint, at the 13th last statement; after it, statements, payments and other events of
what is unpaid; since the last statement, charges. So a fold reaches a year back. For what lies before, or
takes back a payment from before, `fold` answers with a Problem and the caller replays the account in
full. Charges reach back without limit. Who folds a fact twice counts it twice: ids are the journal's.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from tocsin.credit.position.days import day_of
from tocsin.credit.position.pauses import Asked, Pause, Refusal, judged
from tocsin.credit.position.standing import (
    CHARGE_OFF,
    CLOSURE,
    NOTHING_TAKEN,
    PAYMENT,
    RE_AGE,
    REMEMBERED,
    REVERSAL,
    SETTLEMENT,
    STATEMENT,
    Event,
    Settled,
    Standing,
    step,
    taken,
    unsettled,
    walk,
)
from tocsin.credit.position.terms import Terms
from tocsin.facts import kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.problem import Problem, shown

STATEMENTS = 13
_SIGNS: dict[type[Fact], int] = {
    kinds.Purchase: 1,
    kinds.CashAdvance: 1,
    kinds.Transfer: 1,
    kinds.Fee: 1,
    kinds.Interest: 1,
    kinds.PaymentReversed: 1,
    kinds.Refund: -1,
    kinds.Payment: -1,
    kinds.Waiver: -1,
}
_EVENTS: dict[type[Fact], int] = {
    kinds.Payment: PAYMENT,
    kinds.PaymentReversed: REVERSAL,
    kinds.Statement: STATEMENT,
    kinds.ReAge: RE_AGE,
    kinds.ChargeOff: CHARGE_OFF,
    kinds.Settlement: SETTLEMENT,
    kinds.Closure: CLOSURE,
}
BEYOND = Problem("the fact lies before what is kept of the account", "", "replay the account in full")


class History(msgspec.Struct, frozen=True):
    """One account's; instants in µs UTC, amounts in minor units of the terms' currency."""

    standing: Standing = Standing()
    base: Standing = Standing()
    """The checkpoint: after the event `start` and all before it."""
    start: Event | None = None
    events: tuple[Event, ...] = ()
    settled: tuple[Settled, ...] = ()
    """Reversals among the events that took from payments before these."""
    stated: Event | None = None
    """The latest statement."""
    heard: int = -(1 << 62)
    """Until when statements have known what was recorded."""
    balance: int = 0
    since: tuple[tuple[int, int, str, int], ...] = ()
    """(recorded, at, id, amount) of movements that the latest statement does not know."""
    limit: tuple[int, int, str, int] | None = None
    """(at, recorded, id, amount) of the latest credit limit."""
    asked: tuple[Asked, ...] = ()
    pauses: tuple[Pause, ...] = ()
    refused: tuple[Refusal, ...] = ()
    """Facts that count for nothing: wrong currencies, by id; then pauses."""
    newest: int = -(1 << 62)
    """When the latest of these facts became known."""


def fold(history: History, fact: Fact, terms: Terms) -> History | Problem:
    """The history with one more fact; a Problem where only a full replay can place it. Other kinds change nothing."""
    history, event = _noted(history, fact, terms)
    if event is None:
        return history
    events = history.events
    if (not events or event > events[-1]) and event.kind != REVERSAL:
        if history.start is not None and event <= history.start:
            return BEYOND
        standing = step(history.standing, event, NOTHING_TAKEN, terms)
        history = replace(history, standing=standing, events=(*events, event))
        return _moved_on(history, terms) if event.kind == STATEMENT else history
    if (history.start is not None and event <= history.start) or history.settled:
        return BEYOND
    return _rederived(replace(history, events=tuple(sorted((*events, event)))), terms)


def replayed(facts: Iterable[Fact], terms: Terms) -> History:
    """The history of all facts of an account, given in any order, each once."""
    history, events = History(), list[Event]()
    for fact in facts:
        history, event = _noted(history, fact, terms)
        if event is not None:
            events.append(event)
    result = _rederived(replace(history, events=tuple(sorted(events))), terms)
    assert isinstance(result, History)
    return result


def _rederived(history: History, terms: Terms) -> History | Problem:
    """The standing derived anew from the checkpoint."""
    found = taken(history.events, history.settled, history.start is None)
    if found.beyond:
        return BEYOND
    return _moved_on(replace(history, standing=walk(history.base, history.events, found, terms)), terms)


def _moved_on(history: History, terms: Terms) -> History:
    """The checkpoint at the 13th last statement, where there are so many."""
    statements = [number for number, event in enumerate(history.events) if event.kind == STATEMENT]
    if len(statements) < STATEMENTS:
        return history
    events, cut = history.events, statements[-STATEMENTS] + 1
    found = taken(events, history.settled, history.start is None)
    return replace(
        history,
        base=walk(history.base, events[:cut], found, terms),
        start=events[cut - 1],
        events=events[cut:],
        settled=unsettled(events, cut, found, history.settled),
    )


def _noted(history: History, fact: Fact, terms: Terms) -> tuple[History, Event | None]:
    """All that needs no order: balance, limit, pauses; and the event that has a place in it."""
    kind = type(fact)
    sign = _SIGNS.get(kind)
    if sign is None and kind not in _EVENTS:
        return _others(history, fact, terms), None
    given: Any = fact
    if sign is not None and given.declined:
        return history, None
    at = instant.micros(fact.occurred_at)
    known = at if fact.recorded_at is None else max(instant.micros(fact.recorded_at), at)
    currency = getattr(fact, "currency", terms.currency)
    if currency != terms.currency:
        return _strange(history, fact.fact_id, currency, terms), None
    limit = history.limit
    if sign is not None:
        since, balance = history.since, history.balance
        stated = history.stated
        if stated is None or at > stated.at or known > history.heard:
            entry = (known, at, fact.fact_id, sign * given.amount)
            balance += entry[3]
            if not since or entry > since[-1]:
                since = (*since, entry)
            else:
                ordered = list(since)
                insort(ordered, entry)
                since = tuple(ordered)
        if given.credit_limit is not None and (limit is None or (at, known, fact.fact_id) > limit[:3]):
            limit = (at, known, fact.fact_id, given.credit_limit)
        newest = max(history.newest, known)
        history = replace(history, since=since, balance=balance, limit=limit, newest=newest)
        if kind not in (kinds.Payment, kinds.PaymentReversed) and not (kind is kinds.Refund and terms.refunds_pay):
            return history, None
        if kind is kinds.PaymentReversed:
            return history, Event(at, REVERSAL, fact.fact_id, known, given.amount, text=given.reported_fact or "")
        return history, Event(at, PAYMENT, fact.fact_id, known, given.amount)
    return _event(history, given, at, known, terms)


def _event(history: History, fact: Any, at: int, known: int, terms: Terms) -> tuple[History, Event]:
    number = _EVENTS[type(fact)]
    history = replace(history, newest=max(history.newest, known))
    if number == STATEMENT:
        due_day = day_of(instant.micros(fact.due_at) if fact.due_at else at, terms.zone)
        due_day += 0 if fact.due_at else terms.days_to_pay
        event = Event(at, number, fact.fact_id, known, fact.statement_balance, fact.minimum_due, due_day)
        return _balanced(_limited(history, fact, at, known), event), event
    due = getattr(fact, "due_at", None)
    return history, Event(
        at,
        number,
        fact.fact_id,
        known,
        getattr(fact, "amount", 0),
        due=day_of(instant.micros(due), terms.zone) if due else -1,
        text=getattr(fact, "reason", None) or "",
    )


def _balanced(history: History, event: Event) -> History:
    """A statement's balance holds all that it knows; movements known later, or made later, come on top."""
    stated = event if history.stated is None or event > history.stated else history.stated
    heard = max(history.heard, event.recorded)
    since = tuple(entry for entry in history.since if entry[1] > stated.at or entry[0] > heard)
    balance = stated.amount + sum(entry[3] for entry in since)
    return replace(history, stated=stated, heard=heard, since=since, balance=balance)


def _limited(history: History, fact: Any, at: int, known: int) -> History:
    limit = history.limit
    if fact.credit_limit is None or (limit is not None and (at, known, fact.fact_id) < limit[:3]):
        return history
    return replace(history, limit=(at, known, fact.fact_id, fact.credit_limit))


def _strange(history: History, fact_id: str, currency: str, terms: Terms) -> History:
    problem = Problem(f"{shown(currency)} is not the account's currency", "", f"the terms are in {terms.currency}")
    refused = sorted((*history.refused, (fact_id, problem)), key=lambda one: one[0])
    return replace(history, refused=tuple(refused[:REMEMBERED]))


def _others(history: History, fact: Fact, terms: Terms) -> History:
    """Pauses and limits, which stand in no order with payments."""
    at = instant.micros(fact.occurred_at)
    known = at if fact.recorded_at is None else max(instant.micros(fact.recorded_at), at)
    match fact:
        case kinds.LimitChange():
            if fact.currency != terms.currency:
                return _strange(history, fact.fact_id, fact.currency, terms)
            return replace(_limited(history, fact, at, known), newest=max(history.newest, known))
        case kinds.Pause():
            until = None if fact.ends_at is None else instant.micros(fact.ends_at)
            one = Asked(known, at, fact.fact_id, fact.mode, until)
        case kinds.PauseEnded():
            one = Asked(known, at, fact.fact_id, "")
        case _:
            return history
    asked = tuple(sorted((*history.asked, one), key=lambda one: (one.recorded, one.at, one.fact)))
    pauses, _ = judged(asked, terms)
    return replace(history, asked=asked, pauses=pauses, newest=max(history.newest, known))

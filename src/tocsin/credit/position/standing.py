"""What is unpaid: an account's payments allocated to its statements' minimums, one event at a time.

A statement asks for a minimum by its due date; a payment goes to the oldest due date first, and what is
left over is beyond the minimums: it lowers the balance, not the next minimum. Where minimums ask again
for what is unpaid, only the rest is new, and one that asks for less forgives the oldest. A statement
says what its issuer knew: what happened before it and became known later (a back-dated payment, a
payment that bounced) is reckoned with before its minimum is split.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from tocsin.credit.position.days import day_of
from tocsin.credit.position.pauses import Refusal
from tocsin.credit.position.terms import Terms
from tocsin.values.problem import Problem, shown

DAY = 86_400_000_000
CLOSURES = ("sold", "uncollectible")
REMEMBERED = 8
"""Refused facts that are kept, the latest."""
PAYMENT, REVERSAL, STATEMENT, RE_AGE, CHARGE_OFF, SETTLEMENT, CLOSURE = range(7)


class Event(msgspec.Struct, frozen=True, order=True):
    """One fact that bears on what is unpaid. Events of one instant count in the order of these kinds, then of their ids."""

    at: int
    kind: int
    fact: str
    recorded: int
    amount: int = 0
    """Of a payment, a reversal, a settlement, a charge-off; the balance of a statement."""
    minimum: int = 0
    due: int = -1
    """The due date's day; -1 for none."""
    text: str = ""
    """The payment that a reversal names; the reason of a closure."""


class Cycle(msgspec.Struct, frozen=True):
    """From one statement to the next: what it showed, what it asked for anew, what was paid."""

    balance: int
    new: int
    paid: int = 0


class Settlement(msgspec.Struct, frozen=True):
    """An agreement that so much, paid by a day (-1: whenever), settles the debt."""

    amount: int
    due: int
    paid: int = 0


class Standing(msgspec.Struct, frozen=True):
    """Where the allocation stands after some events. Amounts in minor units, days since 1970-01-01."""

    unpaid: tuple[tuple[int, int], ...] = ()
    """(due day, amount) of what minimums are unpaid, oldest first."""
    pending: tuple[tuple[int, int, int], ...] = ()
    """(recorded, at, by how much less is unpaid) of what the latest statement did not know."""
    heard: int = -(1 << 62)
    """Until when statements have known what was recorded."""
    allocated: int = 0
    beyond: int = 0
    """Payments less reversals are `allocated` (to minimums) + `beyond` (the rest)."""
    cycles: tuple[Cycle, ...] = ()
    """The latest, the last of them still running."""
    opened: int | None = None
    re_ages: tuple[int, ...] = ()
    charged_off: int | None = None
    recovered: int = 0
    settlement: Settlement | None = None
    settled: bool = False
    closed: str = ""
    refused: tuple[Refusal, ...] = ()


@dataclass(slots=True)
class Taken:
    """What reversals take from payments."""

    parts: dict[str, list[tuple[int, int, int, str]]] = field(default_factory=dict)
    """By payment: (recorded, at, amount, reversal)."""
    excess: set[str] = field(default_factory=set)
    """Reversals of more than was paid."""
    beyond: bool = False
    """A reversal may concern payments from before these events."""


Settled = tuple[str, tuple[tuple[str, int], ...]]
"""A reversal, and what it took of which payments: matched when older payments were still at hand."""


def taken(events: Iterable[Event], settled: Iterable[Settled], whole: bool) -> Taken:
    """Match each reversal to the payment it names, or else to the latest before it; `whole`: none is older."""
    found, left, known = Taken(), dict[str, int](), dict(settled)
    for event in events:
        if event.kind == PAYMENT:
            left[event.fact] = event.amount
        elif event.kind == REVERSAL:
            parts = known.get(event.fact)
            if parts is None:
                parts = _matched(event, left)
                short = sum(part for _, part in parts) < event.amount
                found.beyond |= not whole and (event.text not in left if event.text else short)
            for payment, part in parts:
                if payment in left:
                    left[payment] -= part
                    found.parts.setdefault(payment, []).append((event.recorded, event.at, part, event.fact))
            if sum(part for _, part in parts) < event.amount:
                found.excess.add(event.fact)
    return found


def _matched(event: Event, left: dict[str, int]) -> tuple[tuple[str, int], ...]:
    parts, rest = [], event.amount
    for payment in [event.text] if event.text in left else reversed(left):
        part = min(rest, left[payment])
        if part > 0:
            parts.append((payment, part))
            rest -= part
    return tuple(parts)


def unsettled(events: Sequence[Event], cut: int, found: Taken, settled: Iterable[Settled]) -> tuple[Settled, ...]:
    """The reversals behind a cut through the events whose match needs what lies before it."""
    known = dict(settled)
    takes: dict[str, list[tuple[str, int]]] = {}
    for payment, parts in found.parts.items():
        for _, _, part, reversal in parts:
            takes.setdefault(reversal, []).append((payment, part))
    behind, kept = set[str](), list[Settled]()
    for event in events[cut:]:
        if event.kind == PAYMENT:
            behind.add(event.fact)
        if event.kind != REVERSAL:
            continue
        match = known.get(event.fact, tuple(sorted(takes.get(event.fact, ()))))
        named = event.text in behind if event.text else event.fact not in found.excess
        if event.fact in known or not named or any(payment not in behind for payment, _ in match):
            kept.append((event.fact, match))
    return tuple(sorted(kept))


def walk(standing: Standing, events: Iterable[Event], found: Taken, terms: Terms) -> Standing:
    for event in events:
        standing = step(standing, event, found, terms)
    return standing


NOTHING_TAKEN = Taken()


def step(standing: Standing, event: Event, found: Taken, terms: Terms) -> Standing:
    """One event on. `found` says what reversals, earlier or later, take from payments."""
    if standing.opened is None:
        standing = replace(standing, opened=event.at)
    kind = event.kind
    if kind == PAYMENT:
        return _paid(standing, event, found.parts.get(event.fact, []), terms)
    if kind == STATEMENT:
        return _stated(standing, event, terms)
    problem = _problem(standing, event, found, terms)
    if problem is not None:
        return replace(standing, refused=(*standing.refused, (event.fact, problem))[-REMEMBERED:])
    if kind == RE_AGE:
        return replace(standing, unpaid=(), pending=(), re_ages=(*standing.re_ages[-9:], event.at))
    if kind == CHARGE_OFF and standing.charged_off is None:
        return replace(standing, charged_off=event.amount, recovered=0)
    if kind == SETTLEMENT and not standing.settled:
        return replace(standing, settlement=Settlement(event.amount, event.due))
    return replace(standing, closed=event.text) if kind == CLOSURE else standing


def _problem(standing: Standing, event: Event, found: Taken, terms: Terms) -> Problem | None:
    if event.kind == REVERSAL and event.fact in found.excess:
        return Problem("more is taken back than was paid", "", "check 'reported_fact' and 'amount'")
    if event.kind == RE_AGE:
        return _guard(standing, event.at, terms)
    if event.kind == CLOSURE and event.text not in CLOSURES:
        return Problem(f"{shown(event.text)} is no way to close an account", "", "write sold or uncollectible")
    return None


def _paid(standing: Standing, event: Event, parts: list[tuple[int, int, int, str]], terms: Terms) -> Standing:
    due = sum(amount for _, amount in standing.unpaid)
    kept = event.amount
    pending = [(event.recorded, event.at, min(kept, due))] if event.recorded > event.at and due else []
    for recorded, at, part, _ in parts:
        less = min(kept - part, due) - min(kept, due)
        pending += [(recorded, at, less)] if less else []
        kept -= part
    allocated = min(kept, due)
    cycles = standing.cycles
    if cycles and kept:
        running = cycles[-1]
        cycles = (*cycles[:-1], Cycle(running.balance, running.new, running.paid + kept))
    standing = replace(
        standing,
        unpaid=_less(standing.unpaid, allocated) if allocated else standing.unpaid,
        pending=(*standing.pending, *pending) if pending else standing.pending,
        allocated=standing.allocated + allocated,
        beyond=standing.beyond + kept - allocated,
        cycles=cycles,
        recovered=standing.recovered + (kept if standing.charged_off is not None else 0),
    )
    deal = standing.settlement
    if deal is None or standing.settled or 0 <= deal.due < day_of(event.at, terms.zone):
        return standing
    deal = replace(deal, paid=deal.paid + kept)
    return replace(standing, settlement=deal, settled=deal.paid >= deal.amount - terms.tolerance)


def _less(unpaid: tuple[tuple[int, int], ...], amount: int) -> tuple[tuple[int, int], ...]:
    """Oldest due first."""
    for number, (day, open_part) in enumerate(unpaid):
        if amount < open_part:
            return ((day, open_part - amount), *unpaid[number + 1 :])
        amount -= open_part
    return ()


def _stated(standing: Standing, event: Event, terms: Terms) -> Standing:
    heard = max(standing.heard, event.recorded)
    pending = tuple(one for one in standing.pending if one[0] > heard or one[1] > event.at)
    unpaid, new = standing.unpaid, event.minimum
    if terms.minimum_includes_past_due:
        carried = max(0, sum(amount for _, amount in unpaid) + sum(less for _, _, less in pending))
        new = max(0, event.minimum - carried)
        unpaid = _less(unpaid, carried - event.minimum) if carried > event.minimum else unpaid
    if new:
        unpaid = tuple(sorted((*unpaid, (event.due, new))))
    kept = max(terms.trend_statements, terms.re_age_payments)
    cycles = (*standing.cycles[-kept:], Cycle(event.amount, new))
    return replace(standing, unpaid=unpaid, pending=pending, heard=heard, cycles=cycles)


def _guard(standing: Standing, at: int, terms: Terms) -> Problem | None:
    """Why an account may not be re-aged; None where it may."""
    if standing.opened is None or at - standing.opened < terms.re_age_min_age * DAY:
        return Problem(f"the account is younger than {terms.re_age_min_age} days", "", "a re-age needs an older one")
    for days, limit in ((365, terms.re_age_per_year), (1_826, terms.re_age_per_five_years)):
        count = sum(at - before < days * DAY for before in standing.re_ages)
        if count >= limit:
            return Problem(f"it was re-aged {count} times within {days} days", "", f"the terms allow {limit}")
    cycles = standing.cycles[-terms.re_age_payments :]
    paid, asked = sum(cycle.paid for cycle in cycles), sum(cycle.new for cycle in cycles)
    if len(cycles) < terms.re_age_payments or paid < asked:
        what = f"the minimums of the last {terms.re_age_payments} statements are not paid"
        return Problem(what, "", "re-age when they are, or when their sum is")
    return None

"""Counting: the payments that promises and plans may count, taken from the histories of accounts.

A history knows payments and what reversals took of them in whatever order they came, so also a promise that is told
late finds what was paid for it. What has passed out of a history (behind its checkpoint, a year back) stays as it was
counted last; only a full replay can change it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from tocsin.credit.collection.book import Book, Payment, Plan, Promise
from tocsin.credit.collection.entry import Entry
from tocsin.credit.collection.house import House
from tocsin.credit.plan.event import Paid, Reversed
from tocsin.credit.position import History, Terms
from tocsin.credit.position.standing import PAYMENT, REVERSAL, Event, taken
from tocsin.credit.promise.record import until
from tocsin.facts import kinds
from tocsin.facts.kinds import Fact
from tocsin.values import deadline, instant

Takings = dict[str, list[tuple[int, int, int, str]]]
"""By payment: (recorded, at, amount, reversal) of what reversals took of it."""


def takings(history: History) -> Takings:
    if all(event.kind != REVERSAL for event in history.events):
        return {}
    return taken(history.events, history.settled, history.start is None).parts


def recounted(book: Book, entry: Entry, only: str | None = None) -> Book:
    """The book with its payments counted anew: of one account alone, or of all."""
    if not (book.promises or book.plans):
        return book
    book = forgotten(book, entry)
    payments = [one for one in book.payments if one.account != only] if only is not None else []
    for name in [only] if only is not None else book.accounts:
        since, history = _since(book, name), book.accounts[name].history
        if since is None:
            continue
        if history.start is not None:
            last = (history.start.at, history.start.kind, history.start.fact)
            payments += [
                one
                for one in book.payments
                if one.account == name and one.at >= since and (one.at, PAYMENT, one.fact) <= last
            ]
        payments += _payments(name, history.events, takings(history), since, entry.house.currency)
    return _posted(book, payments)


def replayed_payments(book: Book, name: str, facts: Iterable[Fact], terms: Terms) -> Book:
    """The book with an account's payments counted from all its facts."""
    since = _since(book, name)
    payments = [one for one in book.payments if one.account != name]
    if since is not None:
        events = sorted(event for fact in facts if (event := _event(fact, terms)) is not None)
        payments += _payments(name, events, taken(events, (), True).parts, since, terms.currency)
    return _posted(book, payments)


def forgotten(book: Book, entry: Entry) -> Book:
    """The book without promises and plans that were over long ago.

    A promise goes only with all that it shares payments with: what counts for others stays as it is.
    """
    horizon, house = entry.horizon, entry.house
    promises = book.promises
    if promises and min(one.made.at for one in promises.values()) < horizon:
        promises = _recent(promises, horizon, house)
    plans = book.plans
    if plans and min(one.proposed.at for one in plans.values()) < horizon:
        plans = {id: one for id, one in plans.items() if _over(one, house) >= horizon}
    if len(promises) == len(book.promises) and len(plans) == len(book.plans):
        return book
    return replace(book, promises=promises, plans=plans)


def _recent(promises: dict[str, Promise], horizon: int, house: House) -> dict[str, Promise]:
    ends = {id: until(one.made, house.strategy.promise) for id, one in promises.items()}
    gone = 0
    order = sorted(promises, key=lambda id: (promises[id].made.at, id))
    end = -(1 << 62)
    for place, id in enumerate(order):
        if promises[id].made.at >= end:
            gone = place
        end = max(end, ends[id])
        if end >= horizon:
            break
    else:
        gone = len(order)
    kept = set(order[gone:])
    return {id: one for id, one in promises.items() if id in kept}


def _over(plan: Plan, house: House) -> int:
    """When a plan, or an offer that nobody took, is over at the latest."""
    if not plan.accepted:
        return plan.proposed.until
    keeping = house.strategy.keeping
    days = keeping.missed_days + keeping.grace_days + keeping.watch_days
    return deadline.over(plan.proposed.offer.schedule[-1].due, keeping.zone, days)


def _since(book: Book, account: str) -> int | None:
    """From when payments on an account count for something."""
    starts = [one.made.at for one in book.promises.values() if one.made.account in (None, account)]
    starts += [_agreed(one) for one in book.plans.values() if one.accepted and account in one.accounts]
    return min(starts, default=None)


def _payments(name: str, events: Sequence[Event], parts: Takings, since: int, currency: str) -> list[Payment]:
    found: list[Payment] = []
    from_one = _single(parts) if parts else frozenset()
    for event in reversed(events):
        if event.at < since:
            break
        if event.kind == PAYMENT:
            takes = tuple(
                (by if by in from_one else f"{by}/{event.fact}", part, at)
                for _, at, part, by in parts.get(event.fact, ())
            )
            found.append(Payment(event.fact, name, event.amount, currency, event.at, takes))
    return found


def _single(parts: Takings) -> frozenset[str]:
    """Reversals that take from one payment alone."""
    takes = Counter(by for taken in parts.values() for *_, by in taken)
    return frozenset(by for by, number in takes.items() if number == 1)


def _event(fact: Fact, terms: Terms) -> Event | None:
    """A payment or a reversal as positions see it."""
    if not isinstance(fact, kinds.Payment | kinds.PaymentReversed | kinds.Refund):
        return None
    if fact.declined or fact.currency != terms.currency or (isinstance(fact, kinds.Refund) and not terms.refunds_pay):
        return None
    at = instant.micros(fact.occurred_at)
    known = at if fact.recorded_at is None else max(instant.micros(fact.recorded_at), at)
    if isinstance(fact, kinds.PaymentReversed):
        return Event(at, REVERSAL, fact.fact_id, known, fact.amount, text=fact.reported_fact or "")
    return Event(at, PAYMENT, fact.fact_id, known, fact.amount)


def _posted(book: Book, payments: list[Payment]) -> Book:
    """The book with these payments, each also posted to the plan for which it counts."""
    payments.sort(key=lambda one: (one.at, one.fact))
    plans = book.plans
    if plans:
        plans = {id: _paid(plans, id, one, payments) if one.accepted else one for id, one in plans.items()}
    return replace(book, payments=tuple(payments), plans=plans)


def _paid(plans: dict[str, Plan], id: str, plan: Plan, payments: list[Payment]) -> Plan:
    agreed = _agreed(plan)
    mine = [
        one
        for one in payments
        if one.account in plan.accounts and one.at >= agreed and _plan_of(plans, one) in (None, id)
    ]
    return replace(
        plan,
        paid=tuple(Paid(one.fact, one.amount, one.at) for one in mine),
        reversed=tuple(Reversed(by, one.fact, part, at) for one in mine for by, part, at in one.reversed),
    )


def _plan_of(plans: dict[str, Plan], payment: Payment) -> str | None:
    """The plan in force on an account at a payment: the one agreed last. None where none came to be."""
    found = [
        (_agreed(one), id)
        for id, one in plans.items()
        if one.accepted
        and one.told not in ("offered", "lapsed")
        and payment.account in one.accounts
        and _agreed(one) <= payment.at
    ]
    return max(found)[1] if found else None


def _agreed(plan: Plan) -> int:
    return min(one.at for one in plan.accepted)

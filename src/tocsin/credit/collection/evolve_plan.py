"""Evolving promises and plans: made, offered, answered, and how the log was told they stand."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from tocsin.credit.collection.book import Book, Plan, Promise
from tocsin.credit.collection.counting import recounted
from tocsin.credit.collection.entry import Entry, accounts_of
from tocsin.credit.plan.event import Accepted, Approved, Event, Proposed, Rejected, checked
from tocsin.credit.promise.record import Made
from tocsin.facts import dealings, kinds
from tocsin.values import instant
from tocsin.values.problem import Refused

_PROPOSED = msgspec.json.Decoder(Proposed)


def promised(book: Book, fact: kinds.ContactResult, entry: Entry) -> Book:
    """A promise to pay, told with what came of a contact; its id is the fact's. Said again, it is the same promise."""
    if not fact.promised_amount or fact.promised_at is None:
        return book
    house = entry.house
    zone = instant.zone(house.strategy.position.zone)
    due = fact.promised_at.astimezone(zone).date()
    if due < fact.occurred_at.astimezone(zone).date():
        return book
    made = Made(fact.fact_id, fact.promised_amount, fact.currency or house.currency, due, entry.at, fact.account)
    same = (made.account, made.amount, made.currency, made.due)
    if any(
        (one.made.account, one.made.amount, one.made.currency, one.made.due) == same for one in book.promises.values()
    ):
        return book
    return recounted(replace(book, promises={**book.promises, made.promise: Promise(made, "open")}), entry)


def promise_changed(book: Book, fact: dealings.PromiseChanged, entry: Entry) -> Book:
    promise = book.promises.get(fact.promise)
    if promise is None:
        return book
    return replace(book, promises={**book.promises, fact.promise: replace(promise, told=fact.status)})


def offered(book: Book, fact: dealings.PlanOffered, entry: Entry) -> Book:
    """An offer, where it can be read and is one."""
    if fact.plan in book.plans:
        return book
    try:
        proposed = _PROPOSED.decode(fact.offer)
    except (ValueError, Refused, RecursionError):
        return book
    accounts = accounts_of(fact, fact.accounts)
    if not accounts or not _sound(proposed, fact, entry):
        return book
    return recounted(replace(book, plans={**book.plans, fact.plan: Plan(proposed, accounts, told="offered")}), entry)


def answered(book: Book, fact: dealings.PlanAnswer, entry: Entry) -> Book:
    """The person or the bank answers an offer; who may not, or before it was made, has not."""
    plan = book.plans.get(fact.plan)
    if plan is None or entry.at < plan.proposed.at:
        return book
    event: Event
    match fact.answer:
        case "approved":
            event = Approved(fact.fact_id, fact.by or plan.proposed.by, fact.level or "", entry.at)
        case "accepted":
            event = Accepted(fact.fact_id, entry.at, fact.how, fact.recording)
        case _:
            event = Rejected(fact.fact_id, entry.at, by_bank=fact.answer == "rejected")
    try:
        checked(plan.proposed, event)
    except Refused:
        return book
    match event:
        case Approved():
            plan = replace(plan, approved=(*plan.approved, event))
        case Accepted():
            plan = replace(plan, accepted=(*plan.accepted, event))
        case Rejected():
            plan = replace(plan, rejected=(*plan.rejected, event))
    return recounted(replace(book, plans={**book.plans, fact.plan: plan}), entry)


def plan_changed(book: Book, fact: dealings.PlanChanged, entry: Entry) -> Book:
    plan = book.plans.get(fact.plan)
    if plan is None:
        return book
    return recounted(replace(book, plans={**book.plans, fact.plan: replace(plan, told=fact.status)}), entry)


def _sound(proposed: Proposed, fact: dealings.PlanOffered, entry: Entry) -> bool:
    """Whether an offer is this one, can be approved and has something to be paid."""
    offer = proposed.offer
    return (
        (proposed.plan, proposed.by) == (fact.plan, fact.by)
        and offer.debt.currency == entry.house.currency
        and offer.authority.level.name in proposed.ranks
        and bool(offer.schedule)
        and all(row.total > 0 for row in offer.schedule)
    )

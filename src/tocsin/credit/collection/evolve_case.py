"""Evolving the case and what is done in it: treatments, tasks, placements, matters of law, bureau records."""

from __future__ import annotations

import re
from typing import TypeVar

from msgspec.structs import replace

from tocsin.credit import position
from tocsin.credit.collection.book import Book, Case, Furnished, Matter, OpenTask, Placed, Taken
from tocsin.credit.collection.entry import Entry, accounts_of, micros
from tocsin.credit.collection.evolve_contact import FAILED
from tocsin.facts import dealings

LAST_STEPS = frozenset(("paid", "withdrawn", "closed", "ended"))
"""After these a matter, or a record, is over."""
R = TypeVar("R", Matter, Furnished)


def changed(book: Book, fact: dealings.CaseChanged, entry: Entry) -> Book:
    """A case is opened where there is none, moved, or closed."""
    case = book.case
    if fact.change == "opened":
        if case is not None:
            return book
        opened = Case(fact.case, entry.at, fact.segment or "", _arms(fact.arm))
        return replace(book, case=opened, cases=book.cases + 1)
    if case is None or case.id != fact.case:
        return book
    if fact.change == "moved":
        arms = {**case.arms, **_arms(fact.arm)}
        segment = case.segment if fact.segment is None else fact.segment
        return replace(book, case=replace(case, segment=segment, arms=arms))
    book = _given_up(book, None)
    return replace(book, case=None, last_closed=entry.at, refused_until={})


def treated(book: Book, fact: dealings.Treatment, entry: Entry) -> Book:
    """A step of the ladder was taken, or not; failed contacts of it are not tried again."""
    book = _given_up(book, (fact.treatment, fact.step))
    if book.case is None or book.case.id != fact.case:
        return book
    terms = entry.house.strategy.position
    days = [position.at(account.history, entry.at, terms).days_past_due for account in book.accounts.values()]
    taken = Taken(fact.step, fact.treatment, entry.at, fact.state, max(days, default=0))
    return replace(book, case=replace(book.case, taken=(*book.case.taken, taken)))


def tasked(book: Book, fact: dealings.Task, entry: Entry) -> Book:
    known = book.tasks.get(fact.task)
    match fact.state:
        case "open":
            step = -1 if fact.step is None else fact.step
            at = entry.at if known is None else known.at
            due_at, value = micros(fact.due_at), fact.value
            task = OpenTask(fact.task, fact.treatment, step, fact.queue, value, at, due_at, fact.actor)
        case "taken" if known is not None:
            task = replace(known, actor=fact.actor)
        case _:
            return replace(book, tasks={id: one for id, one in book.tasks.items() if id != fact.task})
    return replace(book, tasks={**book.tasks, fact.task: task})


def placed(book: Book, fact: dealings.Placement, entry: Entry) -> Book:
    """With one agency at a time: what another says of debts that are not with it changes nothing."""
    known = book.placed
    if known is not None and known.id != fact.placement:
        return book
    if fact.state != "placed":
        return replace(book, placed=None)
    money = fact.amount if fact.currency in (None, entry.house.currency) else None
    began = entry.at if known is None else known.at
    accounts, until = accounts_of(fact, fact.accounts), micros(fact.until)
    now = Placed(fact.placement, fact.agency, began, money or 0, fact.rate or 0, accounts, until)
    return replace(book, placed=now)


def sued(book: Book, fact: dealings.LegalStep, entry: Entry) -> Book:
    """A step in law; its costs add up, and the deadline is the last step's."""
    known = book.matters.get(fact.matter) or Matter(fact.matter, accounts_of(fact, fact.accounts))
    steps = _stepped(known.steps, fact.step, entry)
    cost = (fact.cost or 0) if fact.currency in (None, entry.house.currency) else 0
    deadline = micros(fact.deadline) if steps[-1] == (fact.step, entry.at) else known.deadline
    matter = replace(known, steps=steps, cost=known.cost + cost, deadline=deadline)
    return replace(book, matters={**_open(book.matters, entry), fact.matter: matter})


def furnished(book: Book, fact: dealings.BureauStep, entry: Entry) -> Book:
    known = book.records.get(fact.record) or Furnished(fact.record, accounts_of(fact, fact.accounts))
    until = known.until if fact.until is None else micros(fact.until)
    record = replace(known, steps=_stepped(known.steps, fact.step, entry), until=until)
    return replace(book, records={**_open(book.records, entry), fact.record: record})


def _arms(arm: str | None) -> dict[str, str]:
    """`early.challenger`, or several of them."""
    pairs = (one.partition(".") for one in re.split(r"[\s,;]+", arm or ""))
    return {experiment: name for experiment, _, name in pairs if experiment and name}


def _given_up(book: Book, step: tuple[str, int] | None) -> Book:
    """Failed attempts (of one step, or of any) are no longer waited for."""
    gone = {
        id: one
        for id, one in book.under_way.items()
        if one.outcome in FAILED and step in (None, (one.treatment, one.step))
    }
    if not gone:
        return book
    waiting = {id: one for id, one in book.under_way.items() if id not in gone}
    return replace(book, under_way=waiting, earlier={**book.earlier, **gone})


def _stepped(steps: tuple[tuple[str, int], ...], step: str, entry: Entry) -> tuple[tuple[str, int], ...]:
    """Steps in order of time; of one instant, as they came."""
    return tuple(sorted((*steps, (step, entry.at)), key=lambda one: one[1]))


def _open(records: dict[str, R], entry: Entry) -> dict[str, R]:
    """Those that are not over for long."""
    horizon = entry.horizon
    return {
        id: one
        for id, one in records.items()
        if not one.steps or one.steps[-1][0] not in LAST_STEPS or one.steps[-1][1] >= horizon
    }

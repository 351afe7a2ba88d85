"""Moving: an account whose person becomes known, or another, goes over to their book with what is about it."""

from __future__ import annotations

import dataclasses
from typing import Any

from msgspec.structs import fields, replace

from tocsin.credit.collection.book import Book, Payment, Point, Profile
from tocsin.credit.conduct.history import Attempt

_FIELDS = tuple(field.name for field in fields(Profile))


def moved(book_from: Book, account: str, book_to: Book) -> tuple[Book, Book]:
    """Both books after an account has changed its person.

    With it go its promises, plans, payments and stops. Contacts that were or may have been about it stay where
    they were and count in the other book too. What is known of the person goes as well where no account is
    left: that was a person known by this account alone. A case goes with the last account, where none is open there.
    """
    known = book_from.accounts.get(account)
    if known is None or book_from.person == book_to.person:
        return book_from, book_to
    others = {name: one for name, one in book_from.accounts.items() if name != account}
    last = not others
    promises = {id: one for id, one in book_from.promises.items() if last or one.made.account == account}
    plans = {id: one for id, one in book_from.plans.items() if last or set(one.accounts) <= {account}}
    stops = [one for one in book_from.stops if last or account in one.debts]
    attempts = [one for one in book_from.attempts if last or not one.debts or account in one.debts]
    mine = [one for one in book_from.payments if last or one.account == account]
    to = replace(
        book_to,
        accounts={**book_to.accounts, account: known},
        promises={**book_to.promises, **promises},
        plans={**book_to.plans, **plans},
        payments=tuple(sorted((*book_to.payments, *mine), key=_time)),
        stops=_joined(
            book_to.stops,
            [
                dataclasses.replace(_renamed(one, book_from, book_to), debts=one.debts if last else (account,))
                for one in stops
            ],
        ),
        attempts=_history(book_to, [_renamed(one, book_from, book_to) for one in attempts]),
        restrictions={
            **book_to.restrictions,
            **{id: one for id, one in book_from.restrictions.items() if one.account == account},
        },
        signs=tuple(sorted((*book_to.signs, *(one for one in book_from.signs if one.account == account)), key=_at)),
        frauds=tuple(sorted((*book_to.frauds, *(one for one in book_from.frauds if one.account == account)), key=_at)),
    )
    if last:
        return Book(book_from.person, book_from.seq, book_from.made), _person(book_from, to)
    left = replace(
        book_from,
        accounts=others,
        promises={id: one for id, one in book_from.promises.items() if id not in promises},
        plans={id: one for id, one in book_from.plans.items() if id not in plans},
        payments=tuple(one for one in book_from.payments if one.account != account),
        stops=tuple(
            dataclasses.replace(one, debts=tuple(debt for debt in one.debts if debt != account))
            for one in book_from.stops
            if one.debts != (account,)
        ),
        restrictions={id: one for id, one in book_from.restrictions.items() if one.account != account},
        signs=tuple(one for one in book_from.signs if one.account != account),
        frauds=tuple(one for one in book_from.frauds if one.account != account),
    )
    return left, to


def _person(old: Book, to: Book) -> Book:
    """All else that was known, where the book does not know better."""
    profile = {
        name: value
        for name in _FIELDS
        if getattr(to.profile, name) in (None, False) and (value := getattr(old.profile, name)) is not None
    }
    case = to.case or old.case
    heard = sorted((*to.heard, *old.heard), key=lambda one: one.at)
    return replace(
        to,
        profile=replace(to.profile, **profile),
        points={**{id: _owned(one, old, to) for id, one in old.points.items()}, **to.points},
        opt_outs=_joined(to.opt_outs, [_renamed(one, old, to) for one in old.opt_outs]),
        times=_joined(to.times, [_renamed(one, old, to) for one in old.times]),
        under_way={**old.under_way, **to.under_way},
        earlier={**old.earlier, **to.earlier},
        heard=tuple(heard),
        case=case,
        cases=to.cases + (old.cases if to.case is None else 0),
        last_closed=max((at for at in (old.last_closed, to.last_closed) if at is not None), default=None),
        tasks={**old.tasks, **to.tasks},
        placed=to.placed or old.placed,
        matters={**old.matters, **to.matters},
        records={**old.records, **to.records},
        refused_until={},
    )


def _renamed(one: Any, old: Book, to: Book) -> Any:
    """A record of the customer under the other name."""
    return dataclasses.replace(one, person=to.person) if one.person == old.person else one


def _owned(point: Point, old: Book, to: Book) -> Point:
    return replace(point, person=to.person) if point.person == old.person else point


def _joined(known: tuple[Any, ...], more: list[Any]) -> tuple[Any, ...]:
    return (*known, *(one for one in more if one not in known))


def _history(to: Book, attempts: list[Attempt]) -> tuple[Attempt, ...]:
    """Both histories in order of time."""
    known = {one.id for one in to.attempts}
    return tuple(sorted((*to.attempts, *(one for one in attempts if one.id not in known)), key=lambda one: one.at))


def _at(one: Any) -> int:
    at: int = one.at
    return at


def _time(payment: Payment) -> tuple[int, str]:
    return payment.at, payment.fact

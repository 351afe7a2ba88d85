"""Evolving incentives: cycles judged, grants, due days asked for, and the ways in which an account is paid."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from tocsin.credit.collection import evolve_debt
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.entry import Entry, micros
from tocsin.credit.incentive.record import Asked, Earned, Granted, Judged, Way
from tocsin.facts import incentives, kinds
from tocsin.values import instant


def paid(book: Book, fact: kinds.Payment, entry: Entry) -> Book:
    """A payment, and by which way it came."""
    book = evolve_debt.posted(book, fact, entry)
    if fact.method is None or fact.declined:
        return book
    way = Way(entry.at, fact.fact_id, fact.method)
    return _with(book, fact.account, lambda earned: earned.with_way(way))


def judged(book: Book, fact: incentives.CycleJudged, entry: Entry) -> Book:
    one = Judged(fact.occasion, instant.micros(fact.due_at), fact.outcome)
    return _with(book, fact.account, lambda earned: earned.with_judged(one))


def granted(book: Book, fact: incentives.Grant, entry: Entry) -> Book:
    """A grant as it stands now; what was declined or taken back stays so."""

    def stands(earned: Earned) -> Earned:
        known = earned.grant(fact.grant)
        if known is not None and known.state in ("declined", "reversed"):
            return earned
        return earned.with_grant(
            Granted(
                id=fact.grant,
                incentive=fact.incentive,
                gives=fact.gives,
                state=fact.state,
                occasion=fact.occasion,
                at=entry.at if known is None else known.at,
                changed_at=entry.at,
                reason=fact.reason,
                en=fact.en,
                zh=fact.zh,
                by=fact.by,
                amount=fact.amount,
                rate=fact.rate,
                effective_at=micros(fact.effective_at),
                until=micros(fact.until),
                arm=fact.arm,
                rule=fact.rule,
            )
        )

    return _with(book, fact.account, stands)


def asked(book: Book, fact: incentives.DueDay, entry: Entry) -> Book:
    one = Asked(fact.request, fact.day, fact.state, entry.at, fact.reason, fact.en, fact.zh)
    return _with(book, fact.account, lambda earned: earned.with_asked(one))


def _with(book: Book, name: str, change: Callable[[Earned], Earned]) -> Book:
    account = book.accounts.get(name)
    if account is None:
        return book
    return replace(book, accounts={**book.accounts, name: replace(account, earned=change(account.earned))})

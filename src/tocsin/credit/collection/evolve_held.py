"""Evolving restrictions: what is told of each, signs of how an account transacts, and reports of fraud."""

from __future__ import annotations

from msgspec.structs import replace

from tocsin.credit.collection.book import Book, FraudTold, Sign
from tocsin.credit.collection.entry import Entry
from tocsin.credit.restriction import record
from tocsin.facts import kinds, measures
from tocsin.values.calendar import DAY

SIGNS, SIGN_DAYS = 64, 90
"""So many signs are kept at most, and for so many days."""
FIRST_PARTY = "first_party"


def imposed(book: Book, fact: measures.Restriction, entry: Entry) -> Book:
    """One more restriction; what ended long ago is forgotten."""
    if fact.restriction in book.restrictions:
        return book
    lasting = {
        id: one
        for id, one in book.restrictions.items()
        if one.ended_at is None or one.appeal is not None or one.ended_at >= entry.horizon
    }
    return replace(book, restrictions={**lasting, fact.restriction: record.imposed(fact, entry.recorded_at)})


def evolved(book: Book, fact: measures.Measure, entry: Entry) -> Book:
    """A restriction came to stand otherwise."""
    known = book.restrictions.get(fact.restriction)
    if known is None:
        return book
    after = record.after(known, fact, entry.recorded_at)
    return book if after is known else replace(book, restrictions={**book.restrictions, fact.restriction: after})


def signed(book: Book, account: str, entry: Entry) -> Book:
    """Rules fired at a fact of an account; those that the policy calls large or anomalous are signs, once a day each.
    Its open restrictions note the level that it rose to."""
    if entry.risen is not None:
        graver = {
            id: replace(one, risen=(*one.risen, entry.risen))
            for id, one in book.restrictions.items()
            if one.account == account and one.stands and entry.risen not in one.levels
        }
        book = replace(book, restrictions={**book.restrictions, **graver}) if graver else book
    release = entry.house.release
    if release is None:
        return book
    day = entry.at // DAY
    known = {(one.rule, one.account, one.at // DAY) for one in book.signs}
    new = [
        Sign(rule, account, entry.at)
        for rule in entry.fired
        if rule in release.large | release.anomalies and (rule, account, day) not in known
    ]
    if not new:
        return book
    kept = sorted((*book.signs, *new), key=lambda one: one.at)
    return replace(book, signs=tuple(one for one in kept if one.at >= entry.recorded_at - SIGN_DAYS * DAY)[-SIGNS:])


def defrauded(book: Book, fact: kinds.FraudReport, entry: Entry) -> Book:
    """What is told of fraud, in the order of the log; the latest of an account counts."""
    withdrawn = fact.reason == "withdrawn" or fact.confirmed is False
    told = FraudTold(
        fact.account, entry.recorded_at, "withdrawn" if withdrawn else "confirmed" if fact.confirmed else "reported",
        fact.reason,
    )  # fmt: skip
    kept = tuple(one for one in book.frauds if one.at >= entry.horizon)
    return replace(book, frauds=(*kept, told))

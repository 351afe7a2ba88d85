"""Evolving whom the lender may reach: the person's profile, contact points, stops, opt-outs, times.

What ended keeps its end, and is forgotten long after. An end holds from its own date, and only for what began
before it; where it is not clear what it ends, nothing ends.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from msgspec.structs import replace

from tocsin.credit.collection.book import Book, Point
from tocsin.credit.collection.entry import Entry, accounts_of, micros, person_of
from tocsin.credit.conduct.people import OptOut, Stop, Times
from tocsin.facts import dealings, kinds

MINUTE = 60_000_000
T = TypeVar("T", OptOut, Stop, Times)
SETTLED_DISPUTE = ("resolved", "withdrawn", "rejected")


def informed(book: Book, fact: kinds.InformationUpdate, entry: Entry) -> Book:
    """Means of the person. What is told late only fills what is not known."""
    known = book.profile
    given: dict[str, Any] = {"employment": fact.employment}
    if fact.currency in (None, entry.house.currency):
        given |= {"income": fact.income, "obligations": fact.obligations}
    late = known.means_at is not None and entry.at < known.means_at
    given = {
        name: value
        for name, value in given.items()
        if value is not None and not (late and getattr(known, name) is not None)
    }
    if not late and (given or fact.verified is not None):
        given["verified"] = bool(fact.verified)
    if given and not late:
        given["means_at"] = entry.at
    return replace(book, profile=replace(known, **given)) if given else book


def reported(book: Book, fact: kinds.CreditReport, entry: Entry) -> Book:
    if fact.credit_score is None:
        return book
    return replace(book, profile=replace(book.profile, credit_score=fact.credit_score))


def described(book: Book, fact: dealings.Profile, entry: Entry) -> Book:
    """What is absent stays as it was."""
    names = ["name", "language", "zones", "preferred", "hour", "payday", "adults", "children", "work_allowed"]
    if fact.currency in (None, entry.house.currency):
        names += ["living_costs", "at_hand"]
    given: dict[str, Any] = {name: value for name in names if (value := getattr(fact, name)) is not None}
    if given.keys() & {"adults", "children", "living_costs"}:
        given["means_at"] = max(entry.at, book.profile.means_at or entry.at)
    return replace(book, profile=replace(book.profile, **given)) if given else book


def pointed(book: Book, fact: dealings.ContactPoint, entry: Entry) -> Book:
    """A contact point as it was told last."""
    known = book.points.get(fact.contact)
    if known is not None and entry.at < known.at:
        return book
    since = micros(fact.consent_since)
    fresh = micros(fact.fresh_at)
    if fresh is None and known is not None and known.address == fact.address:
        fresh = known.fresh_at
    point = Point(
        fact.contact,
        fact.channels,
        fact.address,
        entry.at,
        person=fact.person,
        role=fact.role,
        consent=None if since is None else (since, micros(fact.consent_until)),
        verified=fact.verified,
        work=fact.work,
        inconvenient=fact.inconvenient,
        fresh_at=fresh,
        wrong=fact.ended,
    )
    return replace(book, points={**book.points, fact.contact: point})


def stopped(book: Book, fact: dealings.Stop, entry: Entry) -> Book:
    accounts = accounts_of(fact, fact.accounts)
    if fact.ended:
        return _ended(book, fact.flag, fact.person, accounts, entry)
    return _begun(book, Stop(fact.flag, entry.at, micros(fact.until), fact.person, accounts), entry)


def disputed(book: Book, fact: kinds.Dispute, entry: Entry) -> Book:
    """A dispute stops contact about its account, until it is settled."""
    if fact.reason in SETTLED_DISPUTE:
        return _ended(book, "disputed", None, (fact.account,), entry)
    return _begun(book, Stop("disputed", entry.at, debts=(fact.account,)), entry)


def defrauded(book: Book, fact: kinds.FraudReport, entry: Entry) -> Book:
    """Confirmed fraud stops contact about its account, until the report is withdrawn; a mere report does not."""
    if fact.reason == "withdrawn" or fact.confirmed is False:
        return _ended(book, "fraud", None, (fact.account,), entry)
    return _begun(book, Stop("fraud", entry.at, debts=(fact.account,)), entry) if fact.confirmed else book


def opted_out(book: Book, fact: dealings.OptOut, entry: Entry) -> Book:
    """No more of a channel, or again; an end of some does not end an opt-out of all."""
    person = person_of(book, fact.person, fact.contact)
    if not fact.ended:
        if any(
            one.ended is None and (one.person, one.channel, one.address) == (person, fact.channel, fact.contact)
            for one in book.opt_outs
        ):
            return book
        one = OptOut(person, entry.at, fact.channel, fact.contact)
        return replace(book, opt_outs=(*_lasting(book.opt_outs, "ended", entry), one))
    ended = tuple(
        dataclasses.replace(one, ended=entry.at)
        if one.ended is None
        and one.person == person
        and one.at <= entry.at
        and fact.channel in (None, one.channel)
        and fact.contact in (None, one.address)
        else one
        for one in book.opt_outs
    )
    return replace(book, opt_outs=ended)


def timed(book: Book, fact: dealings.ContactTimes, entry: Entry) -> Book:
    """Weekly times; told again, they hold until what is said now."""
    if fact.start >= fact.end:
        return book
    person = person_of(book, fact.person)
    times = Times(
        person,
        fact.agreed,
        frozenset(fact.weekdays),
        fact.start * MINUTE,
        fact.end * MINUTE,
        fact.channels,
        entry.at,
        micros(fact.until),
    )
    found = list(_lasting(book.times, "until", entry))
    for place, one in enumerate(found):
        if dataclasses.replace(one, since=times.since, until=times.until) == times:
            found[place] = dataclasses.replace(one, until=times.until)
            return replace(book, times=tuple(found))
    return replace(book, times=(*found, times))


def _begun(book: Book, stop: Stop, entry: Entry) -> Book:
    """One more stop, where none stands already that holds as much."""
    for one in book.stops:
        same = (one.flag, one.person, one.debts) == (stop.flag, stop.person, stop.debts)
        if same and one.since <= stop.since and one.until is None:
            return book
    return replace(book, stops=(*_lasting(book.stops, "until", entry), stop))


def _ended(book: Book, flag: str, person: str | None, accounts: tuple[str, ...], entry: Entry) -> Book:
    """Stops of a flag ended: for a person or all, for some debts or all. A stop for all does not end for some."""
    stops: list[Stop] = []
    for one in book.stops:
        over = one.until is not None and one.until <= entry.at
        meant = one.flag == flag and person in (None, one.person) and one.since <= entry.at
        if over or not meant or (accounts and not set(accounts).intersection(one.debts)):
            stops.append(one)
            continue
        ended = tuple(debt for debt in one.debts if not accounts or debt in accounts)
        left = tuple(debt for debt in one.debts if debt not in ended)
        stops.append(dataclasses.replace(one, until=entry.at, debts=ended))
        if left:
            stops.append(dataclasses.replace(one, debts=left))
    return replace(book, stops=tuple(stops))


def _lasting(records: tuple[T, ...], end: str, entry: Entry) -> tuple[T, ...]:
    """Those that did not end long ago."""
    horizon = entry.horizon
    return tuple(one for one in records if (over := getattr(one, end)) is None or over >= horizon)

"""What passes between the lender and its agencies: the file of debts placed, their reports, their review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import islice
from typing import cast

from tocsin.credit import position
from tocsin.credit.agency import (
    Commission,
    Contacted,
    Contract,
    Debt,
    Reconciled,
    Report,
    Scorecard,
    commission,
    reconciled,
    review_due,
    scorecard,
)
from tocsin.credit.collection.book import Book, Point
from tocsin.desk import policies
from tocsin.desk.admission import AHEAD
from tocsin.desk.agencies import Known, digest, in_force, known, mark, parts
from tocsin.desk.books import decoded
from tocsin.desk.clerk import Given
from tocsin.desk.ledger import clock
from tocsin.facts import dealings, wire
from tocsin.facts.kinds import ContactResult, Fact
from tocsin.journal.journal import Journal
from tocsin.links import agency as files
from tocsin.values import deadline, instant
from tocsin.values.calendar import DAY
from tocsin.values.problem import Problem, Refused, shown

_PHONE, _EMAIL, _LETTER = ("call", "ai_call", "voicemail", "sms"), ("email",), ("letter", "visit")
_MOST = 100
"""So many mistakes are told."""
NEAR = 5
"""Days that what they say of a payment may lie from when it arrived."""


def bounds(first: date, last: date, zone: str) -> tuple[int, int]:
    """The local days from one to another, both counted, as instants: since ≤ t < until."""
    if last < first:
        raise Refused(Problem("the period ends before it begins", "--to", "name a later day"))
    return deadline.over(first, zone, -1), deadline.over(last, zone)


# -- out ---------------------------------------------------------------------------------------------------------------


def out(journal: Journal, agency: str) -> tuple[bytes, int]:
    """The file of the debts that an agency has now, and how many placements. The books know the log."""
    policy = in_force(journal)
    strategy = policies.strategy(policy)
    assert strategy is not None, "there are books"
    now = max(clock(), journal.head().recorded_at)
    debts = [one for one in known(journal, agency, policy.currency, now, now).debts if one.holds(now)]
    stands = {}
    for debt, book in zip(debts, books(journal, [(one.customer, one.accounts) for one in debts]), strict=True):
        found = [
            position.at(book.accounts[id].history, now, strategy.position)
            for id in debt.accounts
            if id in book.accounts
        ]
        best = partial(_best, book, now=now)
        stands[debt.placement] = files.Stand(
            owed=sum(max(one.balance, 0) for one in found),
            days_past_due=max((one.days_past_due for one in found), default=0),
            name=book.profile.name or "",
            language=book.profile.language or strategy.language,
            phone=best(_PHONE),
            email=best(_EMAIL),
            address=best(_LETTER),
        )
    return files.placed(debts, stands), len(debts)


def books(journal: Journal, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> Iterable[Book]:
    """The book of each (customer, accounts): of who holds the first account now."""
    for some in parts(wanted):
        holders = journal.holders({accounts[0] for _, accounts in some if accounts})
        persons = [holders.get(accounts[0], customer) if accounts else customer for customer, accounts in some]
        kept = journal.books(set(persons))
        for person in persons:
            yield decoded(kept[person].body) if person in kept else Book(person)


def _best(book: Book, channels: tuple[str, ...], now: int) -> str:
    """The surest contact point for some channels to which the person agrees."""
    usable = [one for one in book.points.values() if _usable(book, one, channels, now)]
    usable.sort(key=lambda one: (one.work is True, not one.verified, -(one.fresh_at or one.at), one.id))
    return usable[0].address if usable else ""


def _usable(book: Book, point: Point, channels: tuple[str, ...], now: int) -> bool:
    if point.wrong or point.inconvenient or point.role != "debtor" or point.person not in (None, book.person):
        return False
    if point.consent is None or point.consent[0] > now or (point.consent[1] is not None and point.consent[1] <= now):
        return False
    refused = [
        one.channel
        for one in book.opt_outs
        if one.ended is None and one.person == book.person and one.address in (None, point.id)
    ]
    return None not in refused and any(one in channels and one not in refused for one in point.channels)


# -- in ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a report comes to. `given`: its facts, the same for the same file; `back`: returns of what is back already."""

    agency: str
    currency: str
    given: list[Given]
    back: int
    books: Reconciled


def incoming(journal: Journal, data: bytes, file: str) -> Incoming:
    """Refused whole, with every mistake. Payments are only reconciled: it is ours that count."""
    told = files.report(data, file)
    policy = in_force(journal)
    times = [at for _, at in _told(told)]
    since, until = min(times), max(times) + 1
    found = known(journal, told.agency, policy.currency, since, until)
    problems = list(islice(_mistakes(told, found, file, max(clock(), journal.head().recorded_at)), _MOST))
    if problems:
        raise Refused(*problems)
    facts, back = _facts(told, found)
    matched = reconciled(found.debts, told.payments, found.payments, NEAR, since, until)
    return Incoming(told.agency, policy.currency, [Given(one, wire.encode(one)) for one in facts], back, matched)


def _told(told: Report) -> list[tuple[str, int]]:
    """Account and time of every record."""
    contacts = [(one.account, one.at) for one in told.contacts]
    others = [(one.account, one.at) for one in told.complaints] + [(one.account, one.at) for one in told.returns]
    return [(one.account, one.at) for one in told.payments] + contacts + others


def _mistakes(told: Report, found: Known, file: str, now: int) -> Iterator[Problem]:
    for number, (account, at) in enumerate(_told(told)):
        if at > now + AHEAD:
            what = f"{instant.written(at)} lies in the future"
            yield Problem(what, file, "check the clock and the zone of the source")
        elif number >= len(told.payments) and found.last(account, at) is None:  # payments are told apart as strange
            what = f"account {shown(account)} was not placed with {shown(told.agency)} by {instant.written(at)}"
            yield Problem(what, file, "correct the account or the time")


def _facts(told: Report, found: Known) -> tuple[list[Fact], int]:
    facts: list[Fact] = []

    def debt_of(account: str, at: int) -> Debt:
        debt = found.last(account, at)
        assert debt is not None, "checked"
        return debt

    def id(*parts: object) -> str:
        return f"{mark(told.agency)}{digest(*parts)}"

    for one in told.contacts:
        debt = debt_of(one.account, one.at)
        facts.append(ContactResult(
            fact_id=id("contact", one.account, one.at, one.channel, one.role, one.result, one.attempt),
            occurred_at=instant.instant(one.at), customer=debt.customer or None, account=one.account,
            channel=one.channel, result=one.result, attempt=_covering(one, debt, found),
        ))  # fmt: skip
    for said in told.complaints:
        debt = debt_of(said.account, said.at)
        facts.append(dealings.Complaint(
            fact_id=id("complaint", said.account, said.at, said.channel, said.upheld, said.reason),
            occurred_at=instant.instant(said.at), customer=debt.customer or None, account=said.account,
            about=told.agency, channel=cast(dealings.Channel | None, said.channel), reason=said.reason, upheld=said.upheld,
        ))  # fmt: skip
    back = dict[str, Fact]()
    already = set[str]()
    for gone in sorted(told.returns, key=lambda one: one.at):
        debt = debt_of(gone.account, gone.at)
        if debt.ended is not None:
            already.add(debt.placement)
        elif debt.placement not in back:
            back[debt.placement] = dealings.Placement(
                fact_id=id("return", debt.placement), occurred_at=instant.instant(gone.at),
                customer=debt.customer or None, placement=debt.placement, agency=told.agency, state="returned",
                accounts=debt.accounts, reason=gone.reason or None,
            )  # fmt: skip
    facts += back.values()
    return facts, len(already)


def _covering(one: Contacted, debt: Debt, found: Known) -> str | None:
    """The attempt of a contact, where it was allowed for this placement and channel and is not older than a day.

    Of any other contact nobody knew before: it counts as one of its own.
    """
    asked = found.asked.get(one.attempt or "")
    if asked is None or (asked.placement, asked.channel) != (debt.placement, one.channel):
        return None
    return one.attempt if 0 <= one.at - asked.at <= DAY else None


# -- review ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Review:
    """`placed`: money of the placements it had in the period; `next`: the day of the next review."""

    agency: str
    currency: str
    placements: int
    placed: int
    recovery: Commission
    card: Scorecard
    books: Reconciled
    next: date


def review(
    journal: Journal,
    agency: str,
    first: date,
    last: date,
    reports: Sequence[tuple[str, bytes]],
    ends: date | None = None,
) -> Review:
    """An agency's period, both days counted. `reports`: (file, content), of which the payments are held against ours;
    `ends`: the last day of the contract."""
    policy = in_force(journal)
    since, until = bounds(first, last, policy.timezone)
    told = [(file, files.report(data, file)) for file, data in reports]
    others = [Problem(f"it is of {shown(one.agency)}", file, f"give reports of {shown(agency)}") for file, one in told if one.agency != agency]  # fmt: skip
    if others:
        raise Refused(*others)
    found = known(journal, agency, policy.currency, since, until)
    debts = found.held(since, until)
    theirs = {one.reference: one for _, report in told for one in report.payments}.values()
    matched = reconciled(debts, theirs, found.payments, NEAR, since, until) if told else Reconciled((), (), (), ())
    placed = sum(one.amount for one in debts)
    recovery = commission(debts, found.payments, found.reversals, 100, since, until)
    card = scorecard(placed, recovery, found.contacts, found.complaints, matched)
    contract = Contract(agency, found.debts[0].at, None if ends is None else deadline.over(ends, policy.timezone))
    due = instant.instant(review_due(contract, until)).astimezone(instant.zone(policy.timezone)).date()
    recovery = replace(recovery, factor=card.factor)
    return Review(agency, policy.currency, len(debts), placed, recovery, card, matched, due)

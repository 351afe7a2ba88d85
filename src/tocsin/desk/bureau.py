"""What passes between the lender and a credit bureau: the file of a period, and what the bureau answers.

One pass over the log, which is only read. What only notice was given of is never told to the bureau.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from tocsin.desk.admission import AHEAD
from tocsin.desk.agencies import digest, in_force
from tocsin.desk.clerk import Given
from tocsin.desk.ledger import clock
from tocsin.desk.placements import books, bounds
from tocsin.facts import wire
from tocsin.facts.dealings import BureauStep, Stop
from tocsin.journal.journal import Journal
from tocsin.journal.records import FACT
from tocsin.links import bureau as files
from tocsin.values import instant
from tocsin.values.problem import Problem, Refused, shown

TOLD = ("furnished", "corrected", "ended")
"""Steps that the bureau is told of."""
_HEAD = b'{"kind":"bureau_step"'


@dataclass(slots=True)
class _Known:
    """Every record: since when notice was given, and the fact by which it was furnished first."""

    noticed: dict[str, int] = field(default_factory=dict)
    shown: dict[str, BureauStep] = field(default_factory=dict)


def _steps(journal: Journal, known: _Known) -> Iterator[tuple[BureauStep, int]]:
    """Steps in the order of the log, each before `known` counts it."""
    for entries in journal.entries():
        for entry in entries:
            if entry.kind != FACT or not entry.body.startswith(_HEAD):
                continue
            fact = wire.stored(entry.body)
            assert isinstance(fact, BureauStep)
            yield fact, entry.occurred_at
            if fact.step == "notice":
                known.noticed.setdefault(fact.record, entry.occurred_at)
            elif fact.step == "furnished":
                known.shown.setdefault(fact.record, fact)


def out(journal: Journal, first: date, last: date) -> tuple[bytes, int]:
    """The file of a period, both days counted, and how many steps it tells of. The books know the log.

    Refused, with every such record, where one was furnished without an earlier notice.
    """
    policy = in_force(journal)
    since, until = bounds(first, last, policy.timezone)
    known, found, problems = _Known(), list[tuple[BureauStep, int]](), list[Problem]()
    for fact, at in _steps(journal, known):
        if fact.step not in TOLD or not since <= at < until:
            continue
        if fact.step == "furnished":
            noticed = known.noticed.get(fact.record)
            if noticed is None or noticed > at:
                what = f"record {shown(fact.record)} was furnished on {instant.written(at)} without an earlier notice"
                problems.append(Problem(what, journal.where, "take it down, give the notice, and wait as the law says"))
        elif fact.record not in known.shown:
            continue  # ended before it was furnished: the bureau never heard of it
        found.append((fact, at))
    if problems:
        raise Refused(*problems)
    names = books(journal, [(fact.customer or "", _accounts(fact)) for fact, _ in found])
    told = [
        files.Reported(
            fact.record,
            fact.step,
            at,
            book.person,
            book.profile.name or "",
            _accounts(fact),
            fact.amount or 0,
            fact.currency or policy.currency,
            fact.days_past_due or 0,
            None if fact.until is None else instant.micros(fact.until),
            fact.reason or "",
        )
        for (fact, at), book in zip(found, names, strict=True)
    ]
    return files.furnished(told), len(told)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a bureau's file comes to. `given`: the facts of its disputes, the same for the same file."""

    given: list[Given]
    answers: list[files.Answer]


def incoming(journal: Journal, data: bytes, file: str) -> Incoming:
    """Refused whole, with every mistake. A dispute stops what is done about the debt until it is resolved."""
    answers = files.answers(data, file)
    known, now = _Known(), max(clock(), journal.head().recorded_at)
    for _ in _steps(journal, known):
        pass
    problems = []
    given: list[Given] = []
    for one in answers:
        of = known.shown.get(one.record)
        if of is None:
            what = f"record {shown(one.record)} was never furnished"
            problems.append(Problem(what, f"{file}:{one.line}", "correct the record"))
        elif one.at > now + AHEAD:
            what = f"{instant.written(one.at)} lies in the future"
            problems.append(Problem(what, f"{file}:{one.line}", "check the clock and the zone of the source"))
        elif one.answer == "disputed":
            given += [Given(fact, wire.encode(fact)) for fact in _disputed(one, of)]
    if problems:
        raise Refused(*problems)
    return Incoming(given, answers)


def _disputed(one: files.Answer, of: BureauStep) -> tuple[Stop, BureauStep]:
    """The debts are disputed from now on, and so is the record."""
    id, at = digest(one.record, one.at), instant.instant(one.at)
    accounts, reason = _accounts(of), one.reason or None
    stop = Stop(
        fact_id=f"bureau-stop-{id}",
        occurred_at=at,
        customer=of.customer,
        account=of.account,
        flag="disputed",
        accounts=accounts,
        reason=reason,
    )
    step = BureauStep(
        fact_id=f"bureau-step-{id}",
        occurred_at=at,
        customer=of.customer,
        account=of.account,
        record=one.record,
        step="disputed",
        accounts=accounts,
        reason=reason,
    )
    return stop, step


def _accounts(fact: BureauStep) -> tuple[str, ...]:
    return fact.accounts or ((fact.account,) if fact.account else ())

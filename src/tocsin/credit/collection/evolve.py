"""Evolving: one more fact of the log in the book of its person.

A book is a function of the facts in the order of the log: evolved one by one, stored and loaded between any
two of them, it is the same to the bit. What makes no sense (an unknown plan, a promise of nothing) changes
nothing: it stays on the log and in no book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from tocsin.credit.collection import (
    evolve_case,
    evolve_contact,
    evolve_debt,
    evolve_held,
    evolve_incentive,
    evolve_plan,
    evolve_reach,
)
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.entry import Beyond, Entry
from tocsin.credit.collection.house import House
from tocsin.credit.collection.moving import moved
from tocsin.facts import dealings, incentives, kinds, measures
from tocsin.facts.kinds import Fact
from tocsin.values import instant

__all__ = ["Beyond", "evolve", "moved", "rebuilt", "resigned"]

OWN = "t-"
"""What ids of Tocsin's own facts begin with."""


def _defrauded(book: Book, fact: kinds.FraudReport, entry: Entry) -> Book:
    return evolve_held.defrauded(evolve_reach.defrauded(book, fact, entry), fact, entry)


_STEPS: dict[type[Fact], Callable[[Book, Any, Entry], Book]] = {
    **dict.fromkeys(evolve_debt.POSTINGS, evolve_debt.posted),
    kinds.Payment: evolve_incentive.paid,
    kinds.PositionChanged: evolve_debt.told,
    dealings.Limitation: evolve_debt.limited,
    kinds.InformationUpdate: evolve_reach.informed,
    kinds.CreditReport: evolve_reach.reported,
    dealings.Profile: evolve_reach.described,
    dealings.ContactPoint: evolve_reach.pointed,
    dealings.Stop: evolve_reach.stopped,
    kinds.Dispute: evolve_reach.disputed,
    kinds.FraudReport: _defrauded,
    dealings.OptOut: evolve_reach.opted_out,
    dealings.ContactTimes: evolve_reach.timed,
    dealings.ContactAttempt: evolve_contact.attempted,
    kinds.ContactResult: evolve_contact.answered,
    dealings.ContactRefused: evolve_contact.refused,
    dealings.PromiseChanged: evolve_plan.promise_changed,
    dealings.PlanOffered: evolve_plan.offered,
    dealings.PlanAnswer: evolve_plan.answered,
    dealings.PlanChanged: evolve_plan.plan_changed,
    dealings.CaseChanged: evolve_case.changed,
    dealings.Treatment: evolve_case.treated,
    dealings.Task: evolve_case.tasked,
    dealings.Placement: evolve_case.placed,
    dealings.LegalStep: evolve_case.sued,
    dealings.BureauStep: evolve_case.furnished,
    incentives.CycleJudged: evolve_incentive.judged,
    incentives.Grant: evolve_incentive.granted,
    incentives.DueDay: evolve_incentive.asked,
    **dict.fromkeys(measures.MEASURES, evolve_held.evolved),
    measures.Restriction: evolve_held.imposed,
}
_FREEING = frozenset((
    kinds.ContactResult, kinds.Dispute, kinds.FraudReport, dealings.ContactPoint, dealings.Profile, dealings.Stop,
    dealings.OptOut, dealings.ContactTimes, dealings.PlanAnswer, dealings.PlanChanged, dealings.Limitation,
))  # fmt: skip
"""After these the gate may answer otherwise, so treatments that it refused may ask again."""


def evolve(
    book: Book,
    fact: Fact,
    house: House,
    seq: int,
    recorded_at: int,
    fired: tuple[str, ...] = (),
    risen: str | None = None,
) -> Book:
    """The book with one more fact, which the log took as its entry `seq` at `recorded_at` (µs UTC); `fired`: the rules
    that fired at it, `risen`: the level that its account rose to.

    Beyond where an account has to be replayed.
    """
    kind = type(fact)
    refused = {} if kind in _FREEING else book.refused_until
    book = replace(book, seq=seq, made=book.made + fact.fact_id.startswith(OWN), refused_until=refused)
    step, account = _STEPS.get(kind), getattr(fact, "account", None)
    entry = Entry(instant.micros(fact.occurred_at), recorded_at, house, fired, risen)
    if (fired or risen) and account is not None:
        book = evolve_held.signed(book, account, entry)
    return book if step is None else step(book, fact, entry)


def resigned(
    book: Book, fact: Fact, house: House, seq: int, recorded_at: int, fired: tuple[str, ...], risen: str | None = None
) -> Book:
    """The book after rules fired at a fact that is known already, or that says nothing else to it."""
    account = getattr(fact, "account", None)
    if account is None:
        return book
    entry = Entry(instant.micros(fact.occurred_at), recorded_at, house, fired, risen)
    signed = evolve_held.signed(book, account, entry)
    return book if signed is book else replace(signed, seq=seq)


def rebuilt(book: Book, account: str, facts: Iterable[tuple[Fact, int]], house: House) -> Book:
    """The book with an account replayed from all its facts, each with when the log took it, in any order."""
    return evolve_debt.rebuilt(book, account, facts, house)

"""Budgets of a month over all persons: what was granted of each incentive is a view of the log, and what is left is
handed to who decides, one person after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tocsin.credit.collection.book import Book
from tocsin.credit.collection.house import Beside
from tocsin.credit.collection.incentives import FIRST
from tocsin.credit.conduct.clock import day_of
from tocsin.credit.incentive.terms import Incentives
from tocsin.facts.incentives import Grant
from tocsin.facts.kinds import Fact
from tocsin.journal.books import Given
from tocsin.values.calendar import dated

_NOBODY: Mapping[str, tuple[int, int]] = {}


def month_of(moment: int, zone: str) -> str:
    """The month of a moment, as 2026-03."""
    return dated(day_of(moment, zone)).isoformat()[:7]


def given(book: Book, fact: Grant, zone: str) -> Given | None:
    """A grant as budgets count it, by the book of its person."""
    account = book.accounts.get(fact.account)
    one = None if account is None else account.earned.grant(fact.grant)
    if one is None:
        return None
    amount = one.amount or 0
    return Given(one.id, fact.account, one.incentive, month_of(one.at, zone), int(one.counts), amount * one.counts)


class Purse:
    """What is left of the month's budgets while some persons are decided whose facts are taken together."""

    def __init__(self, terms: Incentives | None, spent: Mapping[str, tuple[int, int]] = _NOBODY) -> None:
        self.terms = terms
        self.left: dict[str, int] = {}
        for name, budget in ({} if terms is None else terms.budget).items():
            count, amount = spent.get(name, (0, 0))
            self.left[name] = budget.most - (count if budget.kind == "count" else amount)

    def pay(self, facts: Iterable[Fact]) -> None:
        """Facts that came of a decision take from it."""
        if self.terms is None:
            return
        for fact in facts:
            if isinstance(fact, Grant) and fact.reason in FIRST and fact.incentive in self.left:
                self.left[fact.incentive] -= self.terms.cost(fact.incentive, fact.amount)

    def beside(self, known: Beside) -> Beside:
        """What else is known from other persons, with what is left."""
        return replace(known, left=dict(self.left))

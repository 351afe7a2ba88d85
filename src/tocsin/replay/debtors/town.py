"""The town: the people, their accounts, and a diary of what will happen on which day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, TypeVar

from tocsin.facts.kinds import Fact
from tocsin.replay.debtors.accounts import Account
from tocsin.replay.debtors.draws import Dice
from tocsin.replay.debtors.lives import Lives
from tocsin.replay.debtors.pen import Clock, Pen
from tocsin.replay.debtors.people import FOR_GOOD, Person, born
from tocsin.replay.debtors.places import PLACES

F = TypeVar("F", bound=Fact)
FIRST = 100
"""Number of the first person: a sandbox reads orders in addresses that end in 0001 to 0006."""
Diary = dict[int, list[tuple[str, str, int]]]
"""By day: (what happens, to which customer or account, a number that tells more)."""


class Town:
    def __init__(self, seed: int, count: int, profile: str, start: date) -> None:
        self.place, self.profile = PLACES[profile], profile
        self.currency = self.place.currency
        self.dice, self.pen = Dice(seed), Pen(seed)
        self.clock = Clock(start, self.place.zone)
        self.lives = Lives(self.dice, self.clock, self.pen, self.currency)
        self.people: dict[str, Person] = {}
        self.accounts: dict[str, Account] = {}
        self.owned: dict[str, list[Account]] = {}
        self.owner: dict[str, Person] = {}
        self.matters: dict[str, str] = {}
        """What of theirs is in court, by customer."""
        self.late: set[str] = set()
        """People with something past due."""
        self.mornings: Diary = defaultdict(list)
        self.evenings: Diary = defaultdict(list)
        self.cuts: dict[int, list[Account]] = defaultdict(list)
        """Accounts by the day of the month on which their statement is cut."""
        while len(self.accounts) < count:
            self._settle(count)

    def later(self, day: int, what: str, id: str, number: int) -> None:
        """Something that somebody will do in an evening."""
        self.evenings[day].append((what, id, number))

    def past_due(self, person: Person, day: int) -> int:
        return sum(one.past_due(day) for one in self.owned[person.id] if one.late(day))

    def fact(self, kind: type[F], account: Account, at: int, **fields: Any) -> F:
        """A fact of an account."""
        return self.pen.write(kind, self.owner[account.id].id, at, account=account.id, **fields)

    def money(
        self, kind: type[F], account: Account, at: int, amount: int, known: int | None = None, **fields: Any
    ) -> F:
        """The same, of money that moves."""
        money = {"account": account.id, "amount": amount, "currency": self.currency}
        return self.pen.write(kind, self.owner[account.id].id, at, known, **money, **fields)

    def _settle(self, count: int) -> None:
        """One person more, with their accounts and what will befall them."""
        person = born(self.dice, self.profile, FIRST + len(self.people))
        self.people[person.id], self.owned[person.id] = person, []
        several = 2 if self.dice.chance(0.25, person.id, "accounts") else 1
        for _ in range(min(several, count - len(self.accounts))):
            account = self._account(person, f"a{len(self.accounts):07d}")
            self.accounts[account.id], self.owner[account.id] = account, person
            self.owned[person.id].append(account)
            self.cuts[account.cut_day].append(account)
        for what, day in person.befalls:
            self.mornings[day].append((what, person.id, 0))
        if person.kind == "shocked":
            self.mornings[person.since].append(("shocked", person.id, 0))
            if person.until < FOR_GOOD:
                self.mornings[person.until].append(("recovered", person.id, 0))

    def _account(self, person: Person, id: str) -> Account:
        limit = int(person.income * self.dice.between(1, 4, id, "limit"))
        cut_day = self.dice.whole(1, 28, id, "cut day")
        return Account(id, limit, cut_day, int(limit * self.dice.between(0.05, 0.6, id, "balance")))

"""Restrictions in policy tests: one account's book, evolved and decided as the live desk does it, without its store."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.credit.collection.book import Book
from tocsin.credit.collection.decide import decide
from tocsin.credit.collection.evolve import Beyond, evolve, rebuilt
from tocsin.credit.collection.house import House
from tocsin.credit.collection.waking import wake_at
from tocsin.credit.restriction.imposing import Imposing
from tocsin.credit.restriction.record import Held
from tocsin.facts.kinds import Fact
from tocsin.policy.policy import Policy
from tocsin.values import instant


class Restrained:
    """A person who holds the account `a1`."""

    def __init__(self, policy: Policy, house: House, person: str = "c1", account: str = "a1") -> None:
        self.policy, self.house, self.account = policy, house, account
        self.book = Book(person)
        self.log: list[tuple[Fact, int]] = []
        restraints = house.restraints
        self.imposing = None if restraints is None else Imposing(restraints, policy.stamp, policy.currency)

    def happens(self, fact: Fact, fired: Sequence[str], before: int, after: int) -> None:
        """A fact at which these rules fired, and that took the account from rank to rank."""
        if fact.customer != self.book.person:
            return
        now = instant.micros(fact.recorded_at or fact.occurred_at)
        self.look(now)
        risen = self.policy.levels[after - 1].name if after > before else None
        self._take(fact, now, tuple(fired), risen)
        if self.imposing is not None and getattr(fact, "account", None) == self.account:
            standing = {one.hold for one in self.book.restrictions.values() if one.ended_at is None}
            level = self.policy.levels[after - 1].name if after else None
            for hold, reasons in self.imposing.wanted(fired, [after] if after > before else []):
                if hold.name not in standing:
                    seq = len(self.log) + 1
                    self._take(self.imposing.restriction(hold, reasons, fact, self.account, now, level, seq), now)
        self.look(now)

    def look(self, now: int) -> None:
        """Everything that is due by a moment is done, each at its own."""
        last = self.log[-1][1] if self.log else now
        while (due := wake_at(self.book, last, self.house)) is not None and due <= now:
            self._decide(due)
            last = due
        self._decide(now)

    def _decide(self, now: int) -> None:
        for fact in decide(self.book, now, self.house):
            self._take(fact, now)

    def _take(self, fact: Fact, now: int, fired: tuple[str, ...] = (), risen: str | None = None) -> None:
        self.log.append((fact, now))
        try:
            self.book = evolve(self.book, fact, self.house, len(self.log), now, fired, risen)
        except Beyond as beyond:
            facts = [one for one in self.log if getattr(one[0], "account", None) == beyond.account]
            self.book = rebuilt(beyond.book, beyond.account, facts, self.house)

    @property
    def standing(self) -> dict[str, Held]:
        """Restrictions in force, by hold."""
        return {one.hold: one for one in self.book.restrictions.values() if one.stands}

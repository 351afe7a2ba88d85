"""Collections on the live desk: the books follow the log, and what is to be done about persons is decided and taken
into the same log, in one group with the books that know of it.

    follow()            the books know every entry there is
    decide(…)           persons are looked at; the facts that come of it are entries
    file()              all of that goes into the group, which whoever called commits
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tocsin.credit.collection.decide import decide
from tocsin.credit.collection.house import Beside, House
from tocsin.credit.restriction.estimate import Lasted, learned
from tocsin.desk.admission import AHEAD
from tocsin.desk.books import Shelf
from tocsin.desk.budgets import Purse, month_of
from tocsin.desk.clerk import Answer, Clerk, Given
from tocsin.desk.houses import Houses
from tocsin.desk.ledger import Ledger, clock
from tocsin.desk.logs import log, place
from tocsin.facts import wire
from tocsin.facts.dealings import ContactAttempt, ContactRefused, Task
from tocsin.facts.kinds import ContactResult, Fact
from tocsin.journal.records import CAME, Entry
from tocsin.links.contact import CHANNELS
from tocsin.values import instant
from tocsin.values.calendar import DAY

PART = 128
"""Entries that are read in one go."""
_RECENT = 10_000
"""So many last entries the clerk still has in mind."""
_AT_ONCE = 16
"""Persons whose facts are taken together."""
_ROUNDS = 16
"""So often a person is looked at anew because a channel was not there, once for each that there is, or because what was
told of them brought a restriction about."""


_FRESH = 6 * 3_600_000_000
"""Microseconds for which what is known from all persons is good enough."""


@dataclass
class Done:
    """What came of looking at persons."""

    persons: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    contacts: int = 0
    refused: int = 0
    tasks: int = 0

    def count(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            self.facts[str(type(fact).__struct_config__.tag)] += 1
            self.contacts += isinstance(fact, ContactAttempt)
            self.refused += isinstance(fact, ContactRefused)
            self.tasks += isinstance(fact, Task) and fact.state == "open"


class Collecting:
    """`channels`: those over which messages are sent without hands; what is decided for another gets nowhere at once.

    Everything is called by whoever has the turn to write: the clerk must not take other facts between `follow` and
    the commit.
    """

    def __init__(self, ledger: Ledger, channels: Iterable[str], houses: Houses) -> None:
        self.ledger, self.channels, self.houses = ledger, frozenset(channels), houses
        self._clerk: Clerk | None = None
        self._shelf: Shelf | None = None
        self._beside: Beside | None = None
        self._beside_at = 0
        self._ahead: Sequence[Entry] = ()
        """Entries that were read and are not followed yet."""

    @property
    def house(self) -> House | None:
        """That of the policy in force; None where it has no collections."""
        clerk = self.ledger.clerk
        return None if clerk is None else self.houses.of(clerk.standing.number)

    @property
    def clerk(self) -> Clerk:
        assert self.ledger.clerk is not None
        return self.ledger.clerk

    @property
    def shelf(self) -> Shelf:
        """The books in memory; other ones where the journal was read anew."""
        if self._shelf is None or self._clerk is not self.ledger.clerk:
            self._clerk, self._shelf = self.ledger.clerk, Shelf(self.ledger.journal, self.houses)
        return self._shelf

    # -- following -----------------------------------------------------------------------------

    @property
    def behind(self) -> int:
        """Entries that the books do not know yet."""
        return self.clerk.seq - self.shelf.followed

    def follow(self, until: float = float("inf"), part: int = PART) -> bool:
        """Take what is new on the log, `part` entries in one go, up to a moment of `time.perf_counter`; whether that was all."""
        while self.behind:
            self.shelf.follow(self._next(part))
            if time.perf_counter() >= until:
                break
        return not self.behind

    def _next(self, part: int) -> Sequence[Entry]:
        after, clerk = self.shelf.followed, self.clerk
        if self.behind > _RECENT:
            if not self._ahead or self._ahead[0].seq != after + 1:
                self._ahead = next(self.ledger.journal.entries(after, size=PART))
            found, self._ahead = self._ahead[:part], self._ahead[part:]
            return found
        recent = (clerk.entry(seq) for seq in range(after + 1, min(after + part, clerk.seq) + 1))
        return [one for one in recent if one is not None]

    # -- deciding ------------------------------------------------------------------------------

    def decide(self, persons: Sequence[str], now: int, done: Done, until: float = float("inf")) -> int:
        """Look at persons who were met, up to a moment; how many. The books know every entry."""
        looked = 0
        while looked < len(persons) and (not looked or time.perf_counter() < until):
            some = persons[looked : looked + _AT_ONCE]
            self._decide(some, now, done)
            looked += len(some)
        done.persons += looked
        return looked

    def _decide(self, persons: Sequence[str], now: int, done: Done) -> None:
        house = self.house
        assert house is not None and not self.behind
        again = persons
        for _ in range(_ROUNDS):
            facts, purse, known = list[Fact](), self._purse(now, house), self.beside(now)
            for person in again:
                wanted = self._wanted(person, now, house, purse.beside(known))
                purse.pay(wanted)
                facts += wanted
            restricted = self.take(facts, now)
            done.count(facts)
            unsent = [str(one.customer) for one in facts if isinstance(one, ContactResult)]
            again = list(dict.fromkeys([*unsent, *restricted]))
            if not again:
                break
        for person in persons:
            self.shelf.decided(person, now, house)

    def _purse(self, now: int, house: House) -> Purse:
        """What the month's budgets still have."""
        if house.incentives is None or not house.incentives.budget:
            return Purse(None)
        return Purse(house.incentives, self.shelf.spent(month_of(now, house.zone)))

    def _wanted(self, person: str, now: int, house: House, beside: Beside) -> list[Fact]:
        """What is to be done for a person; nothing where that cannot be told, so that it holds up nobody else."""
        book = self.shelf.book(person)
        try:
            facts = [wire.stored(wire.encode(fact)) for fact in decide(book, now, house, beside)]
        except Exception as error:
            log.error("a person could not be looked at", entry=book.seq, fault=place(error))
            return []
        return [one for fact in facts for one in (fact, *self._unsent(fact, now))]

    def beside(self, now: int) -> Beside:
        """What is known from all persons, read anew some times a day: what came of it is on the log."""
        if self._beside is None or now - self._beside_at > _FRESH:
            lives = (
                Lasted(hold, (now if ended is None else ended) - at, days, ended is not None)
                for hold, at, days, ended in self.ledger.journal.lives()
            )
            self._beside, self._beside_at = Beside(experience=learned(lives, DAY)), now
        return self._beside

    def _unsent(self, fact: Fact, now: int) -> list[Fact]:
        """An attempt on a channel that is not there got nowhere, and the next channel has its turn.

        What becomes of attempts of the past is part of the history that is loaded.
        """
        if not isinstance(fact, ContactAttempt) or fact.channel not in CHANNELS or fact.channel in self.channels:
            return []
        return [] if fact.actor is not None or now < clock() - AHEAD else [result_of(fact, "not_connected", now)]

    def take(self, facts: Sequence[Fact], now: int) -> list[str]:
        """Facts of our own as the next entries of the log, and into the books; persons who were restricted because of them."""
        clerk, restricted = self.clerk, list[str]()
        if not facts:
            return restricted
        answers = clerk.take([Given(fact, wire.encode(fact)) for fact in facts], now)
        clerk.current = clerk.recorded_at > clock() - AHEAD  # `now` may be long past
        for fact, answer in zip(facts, answers, strict=True):
            if not isinstance(answer, Answer) or answer.repeated:
                raise RuntimeError("a fact of our own was not taken")
            self._between(answer.entry.seq, restricted)
            self.shelf.take(answer.entry, fact)
            self.shelf.followed = answer.entry.seq
        self._between(clerk.seq + 1, restricted)
        return restricted

    def _between(self, seq: int, restricted: list[str]) -> None:
        """Follow what came of the facts before an entry."""
        for number in range(self.shelf.followed + 1, seq):
            entry = self.clerk.entry(number)
            assert entry is not None
            self.shelf.follow([entry])
            if entry.kind == CAME and (customer := wire.stored(entry.body).customer) is not None:
                restricted.append(customer)

    def file(self) -> None:
        """What changed goes into the group."""
        house = self.house
        assert house is not None
        self.clerk.group.more += self.shelf.puts(house)


def result_of(attempt: ContactAttempt, result: str, at: int) -> ContactResult:
    """What came of an attempt, with an id by which it is known when it is told again."""
    return ContactResult(
        fact_id=f"{attempt.attempt}:{result}",
        occurred_at=instant.instant(at),
        customer=attempt.customer,
        channel=attempt.channel,
        result=result,
        attempt=attempt.attempt,
    )

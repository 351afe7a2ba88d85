"""A person's turn: the book as it stands while facts come of it, and what is derived from it, each thing once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from tocsin.credit.ability import Assessment
from tocsin.credit.collection import views
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.evolve import Beyond, evolve
from tocsin.credit.collection.features import FEATURES, features
from tocsin.credit.collection.house import NOTHING, Beside, House
from tocsin.credit.collection.strategy import Values
from tocsin.credit.conduct import ContactHistory, Person, Stop
from tocsin.credit.conduct.clock import day_of
from tocsin.credit.plan import QUIET, Standing
from tocsin.credit.position import Position
from tocsin.credit.promise import State, Status
from tocsin.facts.kinds import AccountFact, Fact, PositionChanged
from tocsin.facts.measures import Measure
from tocsin.values import instant

NOT_DEBTS = frozenset(("deceased", "bankrupt", "incapacitated", "minor", "fraud", "disputed"))
"""Overlays under which nobody is pursued by others for us, and nothing new is reported."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a step: done, barred (by a rule, or for a reason), skipped on purpose; or `early`: something must
    go before it, for which it waits as long as its days last."""

    state: str
    rule: str | None = None
    reason: str | None = None


class Tried(NamedTuple):
    """An attempt, and what is known of it."""

    channel: str
    point: str
    outcome: str
    at: int


class Turn:
    """The book as it stands, the moment, and the facts so far. What is derived is forgotten when a fact may change it."""

    def __init__(self, book: Book, now: int, house: House, beside: Beside = NOTHING) -> None:
        self.book = book
        self.now = now
        self.house = house
        self.beside = beside
        self.facts: list[Fact] = []
        self.mark = blake2b(book.person.encode(), digest_size=8).hexdigest()
        self.today = day_of(now, house.zone)

    def drafted(self, kind: type[Fact], **fields: Any) -> Fact:
        """A fact that is not told yet; the next one told must be this one."""
        id = f"t-{self.mark}-{self.book.made}"
        return kind(fact_id=id, occurred_at=instant.instant(self.now), customer=self.book.person, **fields)

    def tell(self, kind: type[Fact], **fields: Any) -> bool:
        return self.told(self.drafted(kind, **fields))

    def told(self, fact: Fact) -> bool:
        """Add a fact and evolve the book by it; not where only a replay of the account could place it."""
        try:
            self.book = evolve(self.book, fact, self.house, self.book.seq, self.now)
        except Beyond:
            return False
        self.facts.append(fact)
        if isinstance(fact, Measure):
            for name in _JUDGED:
                self.__dict__.pop(name, None)
        elif not isinstance(fact, PositionChanged):
            for name in _DERIVED if isinstance(fact, AccountFact) else _OF_THE_PERSON:
                self.__dict__.pop(name, None)
        return True

    # -- derived -------------------------------------------------------------------------------------------------------

    @cached_property
    def positions(self) -> dict[str, Position]:
        return views.positions(self.book, self.now, self.house)

    @cached_property
    def promises(self) -> State:
        return views.promise_state(self.book, self.now, self.house)

    @cached_property
    def plans(self) -> dict[str, Standing]:
        return {id: views.plan_standing(plan, self.now, self.house) for id, plan in self.book.plans.items()}

    @cached_property
    def assessment(self) -> Assessment:
        return views.assessment(self.book, self.now, self.house, self.positions)

    @cached_property
    def person(self) -> Person:
        return views.conduct_person(self.book, self.now, self.house, self.positions, self.plans)

    @cached_property
    def history(self) -> ContactHistory:
        return views.contact_history(self.book)

    @cached_property
    def values(self) -> Values:
        return features(self.book, self.now, self.house, self.positions, promises=self.promises, plans=self.plans)

    @cached_property
    def views(self) -> dict[str, Any]:
        """Restrictions by id, with what is derived of each."""
        return {}

    @cached_property
    def release_values(self) -> Values:
        """The features of the person that conditions of release read; no restriction changes them."""
        release = self.house.release
        names = frozenset[str]() if release is None else release.reads & FEATURES.keys()
        return features(
            self.book, self.now, self.house, self.positions, promises=self.promises, plans=self.plans, names=names
        )

    @cached_property
    def truths(self) -> tuple[bool, ...]:
        return self.house.strategy.truths(self.values)

    @cached_property
    def doors(self) -> tuple[bool, ...]:
        """Whether a case is to be opened, and closed. Everybody is asked; few need more to be reckoned."""
        strategy = self.house.strategy
        if strategy.doors is None:
            return self.truths[strategy.open_when], self.truths[strategy.close_when]
        given = features(
            self.book, self.now, self.house, self.positions,
            promises=self.promises, plans=self.plans, names=strategy.door_reads,
        )  # fmt: skip
        return strategy.doors(given)

    @cached_property
    def amounts(self) -> tuple[float, ...]:
        return self.house.strategy.amounts(self.values)

    @cached_property
    def tries(self) -> dict[str, list[Tried]]:
        """Attempts by what they were made for: their ids are that, a point and a number."""
        known = {one.id: Tried(one.channel, "", one.outcome, one.at) for one in self.book.attempts}
        for one in (*self.book.earlier.values(), *self.book.under_way.values()):
            known[one.attempt] = Tried(one.channel, one.point, one.outcome, one.at)
        found: dict[str, list[Tried]] = {}
        for id, tried in known.items():
            found.setdefault(id.rpartition(".")[0], []).append(tried)
        return found

    @cached_property
    def late(self) -> tuple[str, ...]:
        return tuple(id for id, one in self.positions.items() if one.past_due > 0)

    @cached_property
    def scope(self) -> tuple[str, ...]:
        """The accounts that a contact is about: those late, or else those with something due soon; in one message.

        Debts that are disputed, or stopped otherwise, are left out as long as others remain.
        """
        due = self.late or tuple(id for id, one in self.positions.items() if one.minimum_due > 0)
        stopped = {debt for one in self.stops() for debt in one.debts}
        return tuple(id for id in due if id not in stopped) or due

    @cached_property
    def days(self) -> int | None:
        """Days past due of what is late longest; negative until the next due date; None where nothing is due."""
        return views.rung(self.positions, self.now, self.house.zone)

    @cached_property
    def quiet(self) -> bool:
        """Whether a promise is open, or a plan kept: the person is left alone."""
        return any(one.status is Status.OPEN for one in self.promises.standings) or any(
            one.status in QUIET for one in self.plans.values()
        )

    def stops(self) -> list[Stop]:
        """The overlays in force, by what was told and by plans that are kept."""
        return [
            one
            for one in self.person.stops or ()
            if one.person in (None, self.book.person)
            and one.since <= self.now
            and (one.until is None or self.now < one.until)
        ]

    def stopped(self, accounts: Iterable[str], flags: frozenset[str] = NOT_DEBTS) -> str:
        """The first of some overlays in force for any of these accounts; empty where none is."""
        wanted = set(accounts)
        return next(
            (one.flag for one in self.stops() if one.flag in flags and (not one.debts or wanted & {*one.debts})), ""
        )

    def day(self, moment: int) -> int:
        """The house's day of a moment, since 1970-01-01."""
        return day_of(moment, self.house.zone)

    def balance(self, accounts: Iterable[str]) -> int:
        return sum(max(self.positions[id].balance, 0) for id in accounts if id in self.positions)

    def past_due(self, accounts: Iterable[str]) -> int:
        return sum(self.positions[id].past_due for id in accounts if id in self.positions)


_JUDGED = ("values", "truths", "doors", "amounts")
_OF_THE_PERSON = (
    "promises", "plans", "assessment", "person", "history", "values", "release_values", "views", "truths", "doors", "amounts", "tries", "scope", "quiet",
)  # fmt: skip
_DERIVED = ("positions", "late", "days", *_OF_THE_PERSON)

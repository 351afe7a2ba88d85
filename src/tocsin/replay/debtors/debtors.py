"""The simulation, day by day, as a driver asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import chain

from tocsin.facts.kinds import Fact
from tocsin.replay.debtors.core import Core
from tocsin.replay.debtors.habits import Habits
from tocsin.replay.debtors.places import PLACES
from tocsin.replay.debtors.replies import Answer, Call, Message, Replies
from tocsin.replay.debtors.town import Town
from tocsin.values.problem import Problem, Refused, did_you_mean

MOST = 8_000
"""So many addresses there are that nobody has."""


class Debtors:
    """`accounts` credit accounts of people of a profile, from a day on. Days are asked for one after another."""

    def __init__(self, seed: int, accounts: int, profile: str, start: date) -> None:
        if profile not in PLACES:
            raise Refused(Problem(f"unknown profile '{profile}'", "--profile", did_you_mean(profile, PLACES)))
        if not 1 <= accounts <= MOST:
            raise Refused(Problem(f"a bank of {accounts} accounts", "--accounts", f"give from 1 to {MOST:,}"))
        self.town = Town(seed, accounts, profile, start)
        self.replies = Replies(self.town)
        self._core, self._habits = Core(self.town), Habits(self.town, self.replies)

    def morning(self, on: date) -> list[Fact]:
        """What the bank books or is told before eight o'clock, in order of when it is known."""
        day = self.town.clock.day(on)
        opened = self._core.opened(day) if day == 0 else ()
        return _ordered(chain(opened, self._core.morning(day)))

    def told(self, messages: Iterable[Message]) -> Answer:
        """What people answer to messages that reached them, and what the provider tells of each."""
        return [one for message in messages for one in self.replies.told(message)]

    def called(self, call: Call) -> list[Fact]:
        """What came of a call, and what the person told."""
        return self.replies.called(call)

    def ordered(
        self, on: date, customer: str, order: str, account: str | None = None, amount: int = 0, matter: str = ""
    ) -> None:
        """The core system does what it was asked to: with a locked card nobody buys, and a few come to pay; what is
        written off bears no more interest, and no statement asks for it."""
        self._core.ordered(self.town.clock.day(on), customer, order, account, amount, matter)

    def evening(self, on: date) -> list[Fact]:
        """What people do of themselves from eleven o'clock on, in order of when it is known."""
        return _ordered(self._habits.evening(self.town.clock.day(on)))

    def kind(self, customer: str, on: date) -> str:
        """The truth: what kind of person a customer is on a day, a key of RESPONSES."""
        return self.town.people[customer].is_now(self.town.clock.day(on))


def _ordered(facts: Iterable[Fact]) -> list[Fact]:
    """By when they are known; as they come where that is one moment."""
    return sorted(facts, key=lambda fact: fact.recorded_at or fact.occurred_at)

"""The business day: everything that is due at a moment is done until nothing is left, group by group.

Facts, books and the day's figures are durable together, so that a day which was cut short goes on where it stopped.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tocsin.credit.conduct.clock import day_of
from tocsin.desk.collecting import Collecting, Done
from tocsin.desk.faults import Fault
from tocsin.journal.books import Day, puts
from tocsin.values import instant
from tocsin.values.calendar import dated

BEGUN, CLOSED = "begun", "closed"
_PERSONS = 512
"""Persons in one group at most."""
Said = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class Figures(msgspec.Struct):
    """What came of a day so far. `seconds` that were worked on it."""

    persons: int = 0
    facts: dict[str, int] = {}
    contacts: int = 0
    refused: int = 0
    tasks: int = 0
    seconds: float = 0.0

    def add(self, done: Done, seconds: float) -> Figures:
        return Figures(
            self.persons + done.persons, dict(Counter(self.facts) + done.facts), self.contacts + done.contacts,
            self.refused + done.refused, self.tasks + done.tasks, self.seconds + seconds,
        )  # fmt: skip


class BusinessDay:
    """`at`: microseconds UTC, None for now, which goes on while the day is run. `clock`: microseconds UTC.

    Raises Fault where `at` is not between the last entry of the log and now, or the policy has no collections.
    """

    def __init__(self, collecting: Collecting, at: int | None, clock: Callable[[], int]) -> None:
        self.collecting, self.clock, self.live = collecting, clock, at is None
        house, now = collecting.house, clock()
        if house is None:
            raise off()
        self.at = max(now, collecting.clerk.recorded_at) if at is None else at
        if self.at > max(now, collecting.clerk.recorded_at):
            raise Fault(422, f"{instant.written(self.at)} lies in the future", "close a day once it is there", "at")
        if self.at < collecting.clerk.recorded_at:
            what = f"the log stands at {instant.written(collecting.clerk.recorded_at)} already"
            raise Fault(422, what, "give a later moment, or none for now", "at")
        self.date = dated(day_of(self.at, house.zone)).isoformat()
        kept = collecting.ledger.journal.day(self.date)
        self.state = kept.state if kept else ""
        self.figures = msgspec.json.decode(kept.figures, type=Figures) if kept else Figures()
        self.closed_at = kept.at if kept and kept.state == CLOSED else None

    @property
    def over(self) -> bool:
        """Whether it was closed before."""
        return self.closed_at is not None

    def left(self) -> int:
        """Entries that the books do not know yet, and persons who are due."""
        return self.collecting.behind + self.collecting.ledger.journal.due_count(self.at)

    def steps(self, close: bool, actor: str, seconds: float) -> Iterator[None]:
        """Run it, about so many seconds a step; after each its group is to be committed."""
        collecting = self.collecting
        if close and self.state != BEGUN:
            self._told(BEGUN, actor)
        self.state = BEGUN
        while True:
            began = time.perf_counter()
            until, done = began + seconds, Done()
            if collecting.follow(until):
                now = max(self.clock() if self.live else self.at, collecting.clerk.recorded_at)
                fresh = collecting.shelf.changed  # those are known as due only once they are stored
                persons = collecting.shelf.due(self.at, _PERSONS)
                collecting.decide(persons, now, done, until)
                if not (persons or fresh):
                    break
            self._file(done, time.perf_counter() - began)
            yield
        if close:
            self.state = CLOSED
            self._told(CLOSED, actor)
        self._file(Done(), 0.0)
        yield

    def _told(self, state: str, actor: str) -> None:
        said: dict[str, object] = {"state": state, "date": self.date, "for": instant.written(self.at)}
        if state == CLOSED:
            said["figures"] = msgspec.to_builtins(self.figures)
        self.collecting.ledger.act("day", actor, said)

    def _file(self, done: Done, seconds: float) -> None:
        self.figures = self.figures.add(done, seconds)
        self.collecting.file()
        day = Day(self.date, self.at, self.state, _encode(self.figures).decode())
        self.collecting.clerk.group.more += puts(day=day)

    def said(self) -> Said:
        at = self.at if self.closed_at is None else self.closed_at
        return told(Day(self.date, at, self.state, _encode(self.figures).decode())) | (
            {"already": True} if self.over else {}
        )


def told(day: Day) -> Said:
    """A day as it is answered."""
    figures: Said = msgspec.json.decode(day.figures)
    figures["seconds"] = round(figures["seconds"], 3)
    return {"date": day.date, "at": instant.written(day.at), "state": day.state, **figures}


def off() -> Fault:
    remedy = "activate a policy with a section 'collection'"
    return Fault(422, "the policy in force has no collections", remedy)

"""Collections beside the decisions of the live service: a little at a time, and never for long.

Some times a second the books follow the log, and who is due is looked at; a business day is run when somebody asks.
Whoever writes has the turn; a slice of this is short, so that no decision waits long for its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tocsin.credit.collection.decide import Request, ask
from tocsin.credit.conduct import Allowed, Refused
from tocsin.desk.collecting import Collecting, Done
from tocsin.desk.day import BusinessDay, off
from tocsin.desk.faults import Fault
from tocsin.desk.ledger import clock
from tocsin.desk.live import Live
from tocsin.desk.logs import log, place
from tocsin.facts import wire
from tocsin.facts.kinds import Fact
from tocsin.journal.records import Unavailable

_PAUSE = 0.25
"""Seconds between looks at the log, and at who is due."""
_SLICE = 0.015
"""Seconds of one turn while decisions are wanted; the commit comes on top."""
_LARGE = 0.25
"""The same while history is loaded: nobody waits."""
_PERSONS = 64
_WAITS = 60.0
"""Seconds for which somebody waits for the books to know the log."""
Said = dict[str, Any]


class Rounds:
    """Everything is called on the event loop of `live`."""

    def __init__(self, live: Live, collecting: Collecting) -> None:
        self.live, self.collecting = live, collecting
        self._running = asyncio.Lock()
        """Held while a business day is run."""

    @property
    def on(self) -> bool:
        """Whether the policy in force has collections."""
        return self.live.ready and self.collecting.house is not None

    async def run(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await ending.wait()
            try:
                while not ending.is_set() and self.on and self.collecting.clerk.current and await self._slice():
                    await asyncio.sleep(0)
            except (Fault, Unavailable):
                continue
            except Exception as error:
                log.error("collections failed", fault=place(error))
                await asyncio.sleep(1)

    async def _slice(self) -> bool:
        """Follow, or look at some who are due; whether there is more."""
        collecting = self.collecting
        async with self.live.turn() as clerk:
            if collecting.house is None:
                return False
            until, done = time.perf_counter() + _SLICE, Done()
            behind, looked, persons = collecting.behind, 0, list[str]()
            if collecting.follow(until):
                now = max(clock(), clerk.recorded_at)
                persons = collecting.shelf.due(now, _PERSONS)
                looked = collecting.decide(persons, now, done, until)
            if behind or looked:
                collecting.file()
        if done.contacts:
            self.live.notify()
        return bool(collecting.behind or looked < len(persons) or len(persons) == _PERSONS)

    async def day(self, at: int | None, close: bool, actor: str) -> Said:
        """Run everything that is due at a moment, and close its business day if so asked. Raises Fault, Unavailable."""
        if self._running.locked():
            raise Fault(409, "a business day is being run", "ask again once it is done")
        async with self._running:
            async with self.live.turn():
                day = BusinessDay(self.collecting, at, clock)
            if day.over:
                return day.said()
            steps = day.steps(close, actor, _LARGE if not self.collecting.clerk.current else _SLICE)
            going = True
            while going:
                async with self.live.turn():
                    going = next(steps, self) is not self
                await asyncio.sleep(0)
            self.live.notify()
            return day.said()

    # -- single persons ------------------------------------------------------------------------

    async def known(self) -> None:
        """Wait until the books know the log. Raises Fault."""
        until = time.monotonic() + _WAITS
        while True:
            async with self.live.turn():
                if self.collecting.house is None:
                    raise off()
                if self.collecting.follow(time.perf_counter() + _SLICE):
                    if self.collecting.shelf.changed:
                        self.collecting.file()
                    return
                self.collecting.file()
            if time.monotonic() > until:
                raise Fault(503, "the books are behind the log", "try again in a moment")
            await asyncio.sleep(0)

    async def contact(self, person: str, request: Request) -> tuple[Sequence[Fact], Allowed | Refused]:
        """Ask the gate for a contact; reserved, or its refusal noted, when this returns. Raises Fault."""
        await self.known()
        async with self.live.turn() as clerk:
            collecting = self.collecting
            collecting.follow()  # what came since
            book, house = collecting.shelf.person(person), collecting.house
            if book is None or house is None:
                raise unknown()
            now = max(clock(), clerk.recorded_at)
            facts, answer = ask(book, request, now, house)
            facts = [wire.stored(wire.encode(fact)) for fact in facts]
            collecting.take(facts, now)
            collecting.file()
        return facts, answer


def unknown() -> Fault:
    return Fault(404, "nothing is known of this person", "check the id; a person is known from their first fact")

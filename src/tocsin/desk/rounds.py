"""Collections beside the decisions of the live service: a little at a time, and never for long.

Some times a second the books follow the log, and who is due is looked at; a business day is run when somebody asks.
Whoever writes has the turn; a slice of this is short, so that no decision waits long for its own.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from tocsin.desk.collecting import PART, Collecting, Done
from tocsin.desk.day import BusinessDay
from tocsin.desk.faults import Fault
from tocsin.desk.ledger import clock
from tocsin.desk.live import Live
from tocsin.desk.logs import log, place
from tocsin.journal.records import Unavailable

_PAUSE = 0.25
"""Seconds between looks at the log, and at who is due."""
_SLICE = 0.01
"""Seconds of one turn while decisions are wanted; the commit comes on top."""
_SHORT, _BETWEEN = 0.002, 0.02
"""Seconds of a turn, and between two of them, while facts are coming: nobody shall wait for what can wait."""
_YIELD = 0.25
"""Seconds between two turns at most where some fact is always waiting: at a peak, decisions go first."""
_FEW = 16
"""Entries that are read in one go meanwhile."""
_LARGE = 0.25
"""The same while history is loaded: nobody waits."""
_LONGEST = 300
"""Seconds between tries where something is wrong with collections."""
_PERSONS = 64
_MANY = 1_000
"""Entries of which no book tells are put down as known no sooner."""
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
        failed = 0
        while not ending.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await ending.wait()
            try:
                while not ending.is_set() and self.on and self.collecting.clerk.current and await self._slice():
                    await self._let_pass()
                failed = 0
            except (Fault, Unavailable):
                continue
            except Exception as error:
                failed += 1
                log.error("collections failed", fault=place(error))
                await asyncio.sleep(min(2**failed, _LONGEST))  # decisions must go on between

    async def _let_pass(self) -> None:
        """Facts that wait go first."""
        until = time.monotonic() + _YIELD
        await asyncio.sleep(_BETWEEN if self._wanted else 0)
        while self._wanted and self.live.busy and time.monotonic() < until:
            await asyncio.sleep(_BETWEEN)

    @property
    def _wanted(self) -> bool:
        """Whether facts came just now."""
        return time.monotonic() - self.live.asked_at < 1

    async def _slice(self) -> bool:
        """Follow, or look at some who are due; whether there is more."""
        collecting = self.collecting
        async with self.live.turn(waits=False) as clerk:
            if collecting.house is None:
                return False
            wanted, done = self._wanted, Done()
            until = time.perf_counter() + (_SHORT if wanted else _SLICE)
            behind, looked, persons = collecting.behind, 0, list[str]()
            if collecting.follow(until, _FEW if wanted else PART):
                now = max(clock(), clerk.recorded_at)
                persons = collecting.shelf.due(now, _PERSONS)
                looked = collecting.decide(persons, now, done, until)
            if collecting.shelf.changed or behind > _MANY:
                collecting.file()
        return bool(behind or collecting.shelf.changed or looked < len(persons) or len(persons) == _PERSONS)

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

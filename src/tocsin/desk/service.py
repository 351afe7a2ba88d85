"""The live service put together: journal, ledger, deliveries, watched folder, keys."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tocsin.desk import keys
from tocsin.desk.collecting import Collecting
from tocsin.desk.deliveries import Deliveries
from tocsin.desk.enquiries import Enquiries
from tocsin.desk.figures import Figures
from tocsin.desk.houses import Houses, Lender, fits
from tocsin.desk.inbox import Inbox, Taken
from tocsin.desk.ingest import ingest
from tocsin.desk.keys import Keys
from tocsin.desk.ledger import Ledger, clock
from tocsin.desk.live import Live
from tocsin.desk.logs import log, place
from tocsin.desk.reading import Reading
from tocsin.desk.receipts import Receipts
from tocsin.desk.restraining import Restraining
from tocsin.desk.rounds import Rounds
from tocsin.desk.settings import Settings, check_levels
from tocsin.desk.versions import Files
from tocsin.journal.journal import opened
from tocsin.journal.records import Unavailable
from tocsin.policy.policy import Policy
from tocsin.values.problem import Problem, Refused

_GARBAGE = (100_000, 50, 100)
_SWITCH = 0.0005
"""Seconds after which a thread that ended a commit gets its turn, at the latest."""


class Service:
    """One process that serves one journal. `start` and `stop` belong to its event loop."""

    def __init__(
        self,
        settings: Settings,
        kernels: Path,
        first: Files | None = None,
        told: Callable[[Problem, str], str] = lambda problem, language: str(problem),
    ) -> None:
        """Refused where another process serves the journal, or no policy is in force and none is given."""
        self.settings, self.first = settings, first
        self.journal = opened(settings.journal)
        try:
            self.journal.hold()
            self.ledger = Ledger(self.journal, kernels, settings.destinations)
            self.houses = Houses(self.ledger.versions, Lender(settings.laws, settings.texts))
            self._check()
        except BaseException:
            self.journal.close()
            raise
        self.figures, self.keys = Figures(), Keys(settings.limits.requests_per_second)
        for key in self.journal.keys():  # noqa: SIM118 a query, not a dict
            if key.ended_at is None:
                self.keys.add(key.id, key.name, key.hash.hex(), key.scopes)
        channels = (one.channel for one in settings.channels)
        self.collecting = Collecting(self.ledger, channels, self.houses)
        self.deliveries = Deliveries(self.journal, settings, clock, told=self._came_of, asked=self._may_leave)
        self.live = Live(
            self.ledger,
            self.figures,
            snapshot_every=settings.limits.snapshot_every,
            notify=self.deliveries.notify,
            check=self._fits,
        )
        self.rounds, self.enquiries = Rounds(self.live, self.collecting), Enquiries(self.live, self.collecting)
        self.restraining = Restraining(self.enquiries)
        self.receipts = Receipts(settings, clock, self.enquiries.heard)
        self.reading = Reading(self.journal, self.ledger.versions)
        self.inbox = Inbox(settings.inbox, self._taken, told) if settings.inbox else None
        self._made: dict[str, Any] = {}
        self._ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def _check(self) -> None:
        versions = self.ledger.versions
        champion, _ = versions.in_force()
        if champion:
            policy = versions.policy(champion)
        elif self.first is None:
            raise Refused(
                Problem("no policy is in force in this journal", self.journal.where, "name one with --policy")
            )
        else:
            policy = self.first.policy()
        self._fits(policy)

    def _fits(self, policy: Policy) -> None:
        check_levels(self.settings, [level.name for level in policy.levels])
        fits(policy, self.houses.lender)

    def first_key(self) -> str | None:
        """The text of a first key for everything, where there is none yet; it is kept nowhere, and written up at the start."""
        if self.journal.keys():
            return None
        id, text, digest = keys.made()
        self.keys.add(id, "first", digest, keys.SCOPES)
        self._made = {"id": id, "name": "first", "hash": digest, "scopes": list(keys.SCOPES)}
        return text

    async def start(self) -> None:
        sys.setswitchinterval(_SWITCH)
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._count())]
        self._delivering = asyncio.create_task(self.deliveries.run(self._ending))
        self._collecting = asyncio.create_task(self.rounds.run(self._ending))

    async def stop(self) -> None:
        """Finish what was accepted, leave the rest waiting, and let go of the journal."""
        self._ending.set()
        await asyncio.wait([self._collecting])
        await self.live.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, self._delivering, return_exceptions=True)
        self.journal.close()
        gc.unfreeze()

    async def _run(self) -> None:
        try:
            await self.live.start()
            if self.first is not None and self.ledger.clerk is None:
                self.live.unready("its first policy is being made ready")
                await self.live.act("activate", {"policy": self.first.main, "files": self.first.texts}, "start")
            if self._made:
                await self.live.act("key.add", self._made, "start")
            gc.collect()
            gc.freeze()  # what stands for the whole life need not be looked through again and again
            gc.set_threshold(*_GARBAGE)
            log.info("ready", journal=self.journal.where, entry=self.journal.head().seq)
            if self.inbox is not None:
                await self.inbox.run(self._ending)
        except Exception as error:
            self.live.unready("it could not start; its log says why")
            log.error("not started", fault=place(error), problem=str(error) if isinstance(error, Refused) else "")

    async def _taken(self, path: Path) -> Taken:
        return await ingest(self.live, path)

    async def _came_of(self, attempt: str, person: str, channel: str, result: str, at: int, why: str) -> None:
        await self.enquiries.told(attempt, person, channel, result, at, why)

    async def _may_leave(self, attempt: str, person: str) -> str:
        return await self.enquiries.objection(attempt, person)

    async def _count(self) -> None:
        """Keep the outbox's figures."""
        while True:
            with suppress(Unavailable):
                counts = await asyncio.to_thread(self.journal.pending)
                self.figures.outbox = {name: pending.waiting for name, pending in counts.items()}
            await asyncio.sleep(5)

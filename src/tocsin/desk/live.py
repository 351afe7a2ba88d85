"""The live service: facts in, decisions out, each acknowledged when it is durable.

One group at a time is decided and stored. Facts that arrive meanwhile make up the next one, so that one
fsync serves many. A small group is decided, and where the store is quick stored, on the event loop: to hand
it to a thread and back costs more. A large one has threads, so that what else is asked has its answer; while
it is stored the next is decided. If storing fails, nothing of the group counts, nor of the one decided
meanwhile: the ledger is opened anew from the journal, and until it stands nothing is accepted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from tocsin.desk import door
from tocsin.desk.building import built
from tocsin.desk.clerk import Answer, Clerk, Given
from tocsin.desk.faults import Fault
from tocsin.desk.figures import Figures
from tocsin.desk.ledger import Ledger, clock
from tocsin.desk.logs import log, place
from tocsin.desk.pace import Pace
from tocsin.desk.versions import Files
from tocsin.journal.records import Entry, Group, Unavailable
from tocsin.policy.policy import Policy

_MANY = 500
"""So many facts that wait make a group, and are decided while the one before is being stored; fewer are not worth it."""
_QUICK = 0.003
"""Seconds; where the last group took less, the next one is stored on the loop, if it is small."""
_PART = 500
"""Facts of a batch that are read in one go, while those before them are recorded."""
_TICK = 15.0
"""Seconds between looks at what time alone has changed."""
_RETRY, _PAUSE = 1.0, 0.2
"""Seconds between tries to reach the store; before the journal is read anew."""
_STOPPING = Fault(503, "the service is stopping", "try again")
_BROKEN = Fault(503, "a fault in Tocsin kept this from being recorded", "try again; its log says more")


@dataclass(slots=True)
class _Work:
    """Facts that were asked about together, and who waits for the answers."""

    given: list[Given]
    done: asyncio.Future[list[Answer | Fault]]


class Live:
    """`ready` where facts are accepted, else `why_not`. Everything is called on one event loop.

    `notify` is called when orders were committed; `check` refuses a policy that does not fit the settings.
    """

    def __init__(
        self,
        ledger: Ledger,
        figures: Figures,
        *,
        snapshot_every: int = 200_000,
        notify: Callable[[], None] = lambda: None,
        check: Callable[[Policy], None] = lambda policy: None,
    ) -> None:
        self.ledger, self.figures, self.snapshot_every, self.notify = ledger, figures, snapshot_every, notify
        self.check = check
        self.unready("it is starting")
        self._waiting: list[_Work] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._decides, self._commits = ThreadPoolExecutor(1, "decide"), ThreadPoolExecutor(1, "commit")
        self._quick = False
        """Whether the store took no time worth waiting for in a thread, the last time."""
        self._upkeep = ThreadPoolExecutor(2, "upkeep")
        self._tasks: set[asyncio.Task[None]] = set()
        self._acting = asyncio.Lock()
        self._turn = asyncio.Lock()
        """Held while a group is made, and by whoever needs the ledger at rest."""
        self._storing: asyncio.Task[None] | None = None
        """The group that is being stored; there is never a second one."""
        self._lost = self._keeping = False
        self._pace = Pace()
        self._ticked = 0.0
        self.asked_at = 0.0
        """When facts last came, by `time.monotonic`."""

    # -- asked from outside --------------------------------------------------------------------

    async def decide(self, raw: bytes, *, key: str | None = None, dry_run: bool = False) -> Answer:
        """The decision about one fact, once it is durable. Raises Fault."""
        given = door.given(raw, key, asked=True)
        if dry_run:
            async with self._rest():
                clerk = self._clerk()
                held = clerk.repeats.first([given.fact.fact_id], [key])[0]
                return Answer(clerk.tried(given, clock()), False) if not held else _first(clerk, given)
        answer = (await self._asked([given]))[0]
        if isinstance(answer, Fault):
            raise answer
        return answer

    async def record(self, raw: bytes, *, lines: bool) -> Sequence[Answer | Fault]:
        """The decisions about many facts, in their order, as NDJSON or a JSON array; what is wrong stands in its place."""
        pieces = door.pieces(raw, lines)
        read: list[Given | Fault] = []
        asked = []
        for start in range(0, len(pieces), _PART):
            part = door.read(pieces[start : start + _PART])
            read += part
            asked.append(asyncio.ensure_future(self._asked([one for one in part if isinstance(one, Given)])))
            await asyncio.sleep(0)
        told = chain.from_iterable(await asyncio.gather(*asked))
        return [one if isinstance(one, Fault) else next(told) for one in read]

    async def take(self, given: list[Given]) -> list[Answer | Fault]:
        """The same for facts that were read already."""
        return await self._asked(given)

    @asynccontextmanager
    async def turn(self, waits: bool = True) -> AsyncIterator[Clerk]:
        """Nobody else writes meanwhile; what the clerk wrote up is durable at the end, or, where nobody waits for that, with
        the next group. Raises Fault, Unavailable.

        A Fault is raised before anything was written up.
        """
        async with self._rest():
            clerk = self._clerk()
            try:
                yield clerk
                if waits:
                    await self._settle()
                else:
                    self._wake.set()
            except (Fault, Unavailable):
                raise
            except BaseException:
                self._forget("a fault in Tocsin kept something from being recorded")
                raise

    async def decision(self, seq: int) -> Entry | None:
        entry = self._clerk().entry(seq)
        return entry if entry is not None and entry.fact_id is not None and entry.body else None

    async def account(self, watched: str) -> dict[str, Any] | None:
        """Level, signals as of now, open warnings; None for an account that was never seen."""
        from tocsin.desk.accounts import account

        async with self._rest():
            return account(self.ledger, self._clerk(), watched, clock())

    async def _asked(self, given: list[Given]) -> list[Answer | Fault]:
        if self._stopping:
            raise _STOPPING
        self._clerk()
        if not given:
            return []
        self.asked_at = time.monotonic()
        work = _Work(given, asyncio.get_running_loop().create_future())
        self._waiting.append(work)
        self.figures.queue += len(given)
        self._wake.set()
        try:
            return await work.done
        finally:
            self.figures.queue -= len(given)

    def _clerk(self) -> Clerk:
        if not self.ready or self.ledger.clerk is None:
            raise Fault(503, self.why_not, "try again in a moment")
        return self.ledger.clerk

    @property
    def busy(self) -> bool:
        """Whether facts wait to be decided or to be durable."""
        return self.figures.queue > 0

    def unready(self, why: str) -> None:
        """Accept nothing until further notice."""
        self.ready, self.why_not = False, why

    # -- the one who works ---------------------------------------------------------------------

    async def start(self) -> None:
        """Recover, and begin to work."""
        self.ledger.journal.paced = self._pace
        await self._open()
        self._begin(self._work())
        self._begin(self._tend())

    async def stop(self) -> None:
        """Finish what was accepted, keep the standing, let go of the journal."""
        self._stopping = True
        self._pace.hurry()
        self._wake.set()
        while self._waiting or self._turn.locked() or (self._storing is not None and not self._storing.done()):
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.ready:
            self.unready("it is stopping")
            with suppress(Unavailable):
                await self._put_away(1)
        self._decides.shutdown()
        self._commits.shutdown()
        self._upkeep.shutdown()

    def _begin(self, task: Coroutine[Any, Any, None]) -> None:
        made = asyncio.create_task(task)
        self._tasks.add(made)
        made.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task failed", fault=place(task.exception() or task.exception()))  # type: ignore[arg-type]

    async def _open(self) -> None:
        """Make memory agree with the journal, however long the store is away."""
        self.ready = False
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self._upkeep, self.ledger.open)
                break
            except Unavailable as failed:
                log.error("the journal is not available", problem=str(failed))
                if self._stopping:
                    return
                await asyncio.sleep(_RETRY)
        self._lost = False
        if self.ledger.clerk is None:
            self.unready("no policy is in force")
        else:
            self.ready, self.why_not = True, ""

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(0)  # what has arrived by now goes together
            self._wake.clear()
            while self._reopens or self._waiting or (self.ready and self.ledger.waiting):
                async with self._turn:  # let go between groups, so that whoever else waits has a turn
                    if self._reopens:
                        await self._stored()
                        await asyncio.sleep(_PAUSE)
                        await self._open()
                    else:
                        await self._group()

    @property
    def _reopens(self) -> bool:
        return self._lost and not self._stopping

    async def _group(self) -> None:
        """Decide what waits, and hand it to the store, which answers."""
        if sum(len(work.given) for work in self._waiting) < _MANY:
            await self._stored()
        works, count = [], 0
        while self._waiting and count < _MANY:
            works.append(self._waiting.pop(0))
            count += len(works[-1].given)
        with self._told(works):
            clerk = self._clerk()
            given = [one for work in works for one in work.given]
            if count < _MANY:
                answers = clerk.take(given, clock()) if given else []
            else:  # whoever asks for something else has his answer meanwhile
                answers = await asyncio.get_running_loop().run_in_executor(self._decides, clerk.take, given, clock())
            await self._stored()
            self._clerk()  # what was decided counts only if the group before is durable
            self._storing = asyncio.create_task(self._store(self.ledger.closed(), works, answers))
            await asyncio.sleep(0)  # it begins before the next group is decided

    async def _store(self, group: Group, works: Sequence[_Work], answers: Sequence[Answer | Fault]) -> None:
        """Make a group durable, and answer."""
        with self._told(works):
            await self._commit(group)
            told = iter(answers)
            for work in works:
                mine = list(islice(told, len(work.given)))
                if not work.done.done():
                    work.done.set_result(mine)
            if self.ledger.waiting:  # what shadows say otherwise
                self._wake.set()

    @contextmanager
    def _told(self, works: Sequence[_Work]) -> Iterator[None]:
        """If anything goes wrong, those who wait are told."""
        try:
            yield
        except Fault as fault:
            _refuse(works, fault)
        except Unavailable as failed:
            _refuse(works, Fault(503, failed.problem.what, failed.problem.remedy))
        except BaseException as failed:
            _refuse(works, _BROKEN)
            log.error("a group failed", fault=place(failed))
            self._forget("a fault in Tocsin kept this from being recorded")
            if not isinstance(failed, Exception):
                raise

    async def _commit(self, group: Group) -> None:
        """Store a group. Where that fails nothing of it counts, and memory is made to agree."""
        if not (group.entries or group.differences or group.more):
            return
        try:
            await self._put(group)
        except Unavailable as failed:
            log.error("a group was not stored", problem=str(failed))
            self._forget(failed.problem.what)
            raise
        self.ledger.stored(group)
        self.figures.groups.observe(float(len(group.entries)))
        if group.orders:
            self.notify()

    async def _put(self, group: Group) -> None:
        """Make a group durable, on the loop or in a thread, whichever holds up the others less."""
        if self._quick and self.ledger.journal.near and len(group.entries) < _MANY:
            self._timed(group)
        else:
            await asyncio.get_running_loop().run_in_executor(self._commits, self._timed, group)

    def _timed(self, group: Group) -> None:
        began = time.perf_counter()
        self.ledger.put(group)
        took = time.perf_counter() - began
        self._quick = took < _QUICK
        self.figures.commits.observe(took)

    async def _stored(self) -> None:
        """Wait until nothing is being stored."""
        if self._storing is not None:
            await asyncio.wait([self._storing])
            self._storing = None

    @asynccontextmanager
    async def _rest(self) -> AsyncIterator[None]:
        """Nothing is decided meanwhile, and all that was is durable: a standing must not know more than the journal."""
        async with self._turn:
            await self._stored()
            if self._lost:
                raise Fault(503, self.why_not, "try again in a moment")
            await self._settle()
            yield

    async def _settle(self) -> None:
        """Store what is written up."""
        if self.ledger.waiting:
            await self._commit(self.ledger.closed())

    def _forget(self, why: str) -> None:
        """Memory may know more than the journal: read it anew before anything else is done."""
        self.ready, self.why_not, self._lost = False, why, True
        self._wake.set()

    async def _tend(self) -> None:
        """Upkeep: checkpoints, snapshots, what time alone changes."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            try:
                await loop.run_in_executor(self._upkeep, self.ledger.journal.tend)
                if not self.ready:
                    continue
                if time.monotonic() - self._ticked > _TICK:
                    self._ticked = time.monotonic()
                    async with self._turn:
                        self._clerk().tick(clock())
                    self._wake.set()
                if self.ledger.due(self.snapshot_every) and not self._keeping:
                    self._keeping = True
                    self._begin(self._keep())
            except Unavailable as failed:
                log.error("upkeep failed", problem=str(failed))
            except Fault:
                continue

    async def _keep(self) -> None:
        """Keep a snapshot beside everything else, which takes a while."""
        try:
            await self._put_away()
        except Unavailable as failed:
            log.error("upkeep failed", problem=str(failed))
        except Fault:
            pass  # not ready just now; it is still due
        finally:
            self._keeping = False

    async def _put_away(self, least: int = 0) -> None:
        """Keep snapshots and ids, without holding up the facts."""
        loop = asyncio.get_running_loop()
        rooms = None if self._stopping else await loop.run_in_executor(self._upkeep, self.ledger.rooms)
        async with self._rest():
            tasks = self.ledger.snapshots(rooms)
            segment = self.ledger.segment(least) if least else self.ledger.segment()
        for task in [*([segment] if segment else []), *tasks]:
            await asyncio.shield(loop.run_in_executor(self._upkeep, task))  # what was taken from memory must be stored
        self.figures.snapshot_at = time.monotonic()

    # -- acts ----------------------------------------------------------------------------------

    async def act(self, act: str, content: dict[str, Any], actor: str) -> dict[str, Any]:
        """What a person does, written into the log: 'activate', 'shadow', 'unshadow', 'key.add', 'key.end',
        'letter.revive'. Refused, Fault."""
        async with self._acting:
            if act in ("activate", "shadow"):
                return await self._install(act, Files(str(content["policy"]), dict(content["files"])), actor)
            self._clerk()
            said = await asyncio.get_running_loop().run_in_executor(self._upkeep, self.ledger.done, act, content)
            async with self._rest():
                self._clerk()
                self.ledger.shadows = [one for one in self.ledger.shadows if one.number != said.get("number")]
                entry = self.ledger.act(act, actor, said)
                await self._settle()
            self.notify()
            return {"act": act, "entry": entry.seq, **said}

    async def _install(self, act: str, files: Files, actor: str) -> dict[str, Any]:
        """Put a policy in force, or beside the one in force: compiled and filled from the journal first."""
        loop = asyncio.get_running_loop()
        self.check(files.policy())
        number, policy = await loop.run_in_executor(self._upkeep, self.ledger.versions.add, files, clock())
        said: dict[str, Any] = {"number": number, "policy": policy.stamp}
        clerk = self.ledger.clerk
        if clerk is None:
            async with self._turn:
                await loop.run_in_executor(self._upkeep, self.ledger.begin, number, actor, said)
                await self._settle()
                self.ready, self.why_not = True, ""
            return {"act": act, **said}
        if number == clerk.standing.number or (
            act == "shadow" and any(one.number == number for one in self.ledger.shadows)
        ):
            return {"act": act, **said, "already": True}
        if policy.watch != clerk.standing.policy.watch:
            raise Fault(
                422,
                f"the journal watches each {clerk.standing.policy.watch}, this policy each {policy.watch}",
                "begin another journal for it",
            )
        await built(self.ledger.journal.url, number, self.ledger.kernels)
        standing = await loop.run_in_executor(self._upkeep, self.ledger.standing, number)
        async with self._rest():
            clerk = self._clerk()
            for _ in standing.follow(self.ledger.journal, clerk.seq):
                pass
            if act == "activate":
                entry = self.ledger.put_in_force(standing, actor, said)
            else:
                self.ledger.shadow(standing)
                entry = self.ledger.act("shadow", actor, said)
            await self._settle()
        log.info("policy", act=act, number=number, entry=entry.seq)
        await self._put_away()
        return {"act": act, "entry": entry.seq, **said}


def _refuse(works: Sequence[_Work], fault: Fault) -> None:
    for work in works:
        if not work.done.done():
            work.done.set_exception(fault)


def _first(clerk: Clerk, given: Given) -> Answer:
    answer = clerk.take([given], clock())[0]
    if isinstance(answer, Fault):
        raise answer
    return answer

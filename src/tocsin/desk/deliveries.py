"""The worker that empties the outbox: at least once, with the same id and the same bytes, in order for each account.

The journal hands out, for a destination and an account, only the earliest order that is not delivered; it
stays in this worker's hand until what came of it is stored. So there is never a second one of that account
under way, and nothing is forgotten whenever the process ends. Messages to persons lapse (`contacts`); what came of
them is told before it is stored.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from random import Random, SystemRandom
from typing import Protocol, TypeVar

from tocsin.desk.contacts import Asked, Contacts, Told, allowed, lapsed, untold
from tocsin.desk.lanes import TRIES, Lane, Pace
from tocsin.desk.logs import log, place
from tocsin.desk.settings import Channel, Destination, Settings
from tocsin.journal.records import Unavailable, Waiting
from tocsin.links import mail
from tocsin.links.contact import CHANNELS
from tocsin.links.sending import Contacted, Delivered, Gone, Later, Message, Outcome, Undeliverable
from tocsin.links.webhooks import Endpoint, Webhooks

Clock = Callable[[], int]
"""Microseconds UTC."""
T = TypeVar("T")
_AHEAD = 8
"""Orders taken from the journal for each that may set out at once."""


class Outbox(Protocol):
    """What the worker needs of the journal."""

    def waiting(self, now: int, limit: int, destination: str) -> list[Waiting]: ...

    def delivered(self, ids: Iterable[int], at: int) -> None: ...

    def failed(self, id: int, attempts: int, due_at: int, error: str) -> None: ...

    def buried(self, id: int, at: int, error: str) -> None: ...


@dataclass
class _Marks:
    """What came of orders and is not stored yet."""

    delivered: list[int] = field(default_factory=list)
    failed: list[tuple[int, int, int, str]] = field(default_factory=list)
    buried: list[tuple[int, str]] = field(default_factory=list)

    def ids(self) -> list[int]:
        return [*self.delivered, *(one[0] for one in self.failed), *(one[0] for one in self.buried)]

    def store(self, outbox: Outbox, at: int) -> bool:
        if self.delivered:
            outbox.delivered(self.delivered, at)
        for failed in self.failed:
            outbox.failed(*failed)
        for id, error in self.buried:
            outbox.buried(id, at, error)
        return True


class Deliveries:
    """Sends what waits in the outbox to the destinations of the settings, and to persons by its channels.

    `draw` jitters the waits, `trust` are the authorities of receivers, `patience` the seconds of one attempt. `told`
    takes what came of each message to a person; it is called again until it returns. `asked` says whether one may still
    leave.
    """

    def __init__(
        self,
        journal: Outbox,
        settings: Settings,
        clock: Clock,
        *,
        pace: Pace | None = None,
        draw: Random | None = None,
        trust: ssl.SSLContext | None = None,
        patience: float = 20,
        told: Told = untold,
        asked: Asked = allowed,
    ) -> None:
        self.journal, self.clock, self.trust, self.patience = journal, clock, trust, patience
        self.pace, self.give_up = pace or Pace(), settings.give_up
        draw = draw or SystemRandom()
        self.contacts = Contacts(settings.letterhead, told, asked, trust, patience)
        ways: list[Destination | Channel] = [*settings.destinations, *map(settings.channel, CHANNELS)]
        self.lanes = {one.name: Lane(one, self.pace, draw) for one in ways}
        self._hand: set[int] = set()
        self._marks = _Marks()
        self._flights: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._webhooks: Webhooks | None = None

    def notify(self) -> None:
        """New orders were committed. Called on the event loop."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop; what is under way then is finished, or left waiting."""
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        with ThreadPoolExecutor(1, "deliveries") as thread:
            async with Webhooks(self.trust, self.patience) as self._webhooks:
                try:
                    while not stop.is_set():
                        self._wake.clear()
                        await self._turn(thread)
                        await self._slept()
                    for lane in self.lanes.values():
                        self._let_go(lane)
                    if self._flights:
                        await asyncio.wait(self._flights, timeout=self.patience + 1)
                finally:
                    stopping.cancel()
                    for flight in self._flights:
                        flight.cancel()
            await self._stored(thread)

    async def _slept(self) -> None:
        await asyncio.sleep(self.pace.pause / 1e6)
        try:
            async with asyncio.timeout(self.pace.poll / 1e6):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _turn(self, thread: ThreadPoolExecutor) -> None:
        """Store what came of orders, take new ones, send them off."""
        if not await self._stored(thread):
            return
        now = self.clock()
        for lane in self.lanes.values():
            if len(lane.ready) < lane.slots and (lane.room(now) or lane.sweeps(now)):
                await self._fetch(thread, lane, now)
            self._send_off(lane)

    async def _fetch(self, thread: ThreadPoolExecutor, lane: Lane, now: int) -> None:
        asked = (now, lane.held + lane.slots * _AHEAD, lane.destination.name)
        for row in await self._asked(thread, lambda: self.journal.waiting(*asked)) or ():
            if row.id not in self._hand:
                self._hand.add(row.id)
                lane.ready.append(row)

    async def _stored(self, thread: ThreadPoolExecutor) -> bool:
        """Store the marks; where the journal cannot be written they are kept for the next time."""
        marks, at = self._marks, self.clock()
        if not (ids := marks.ids()):
            return True
        self._marks = _Marks()
        done = await self._asked(thread, lambda: marks.store(self.journal, at))
        if done:
            self._hand.difference_update(ids)
            return True
        later, self._marks = self._marks, marks
        marks.delivered += later.delivered
        marks.failed += later.failed
        marks.buried += later.buried
        return False

    async def _asked(self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T | None:
        """What the journal answers, in a thread; None where it is not to be reached."""
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except Unavailable as error:
            log.warning("the outbox cannot be reached", fault=place(error))
            return None

    # -- one lane ------------------------------------------------------------------------------

    def _send_off(self, lane: Lane) -> None:
        now = self.clock()
        if isinstance(lane.destination, Channel):
            for row in list(lane.ready):
                if over := lapsed(lane.destination, _message(row), now):
                    lane.ready.remove(row)
                    self._fly(self._ended(lane, row, over))
        room = lane.room(now)
        for _ in range(min(room, len(lane.ready))):
            lane.flying += 1
            self._fly(self._flight(lane, lane.ready.popleft()))
        if not room and not lane.flying:
            self._let_go(lane)

    def _fly(self, work: Coroutine[None, None, None]) -> None:
        flight = asyncio.create_task(work)
        self._flights.add(flight)
        flight.add_done_callback(self._flights.discard)

    def _let_go(self, lane: Lane) -> None:
        """Leave to the journal what will not set out soon."""
        self._hand.difference_update(row.id for row in lane.ready)
        lane.ready.clear()

    async def _flight(self, lane: Lane, row: Waiting) -> None:
        to, message = lane.destination, _message(row)
        try:
            if isinstance(to, Channel):
                await self._settled(
                    lane, row, message, await self._attempted(message, self._contacted(to, message, row.order.watched))
                )
            else:
                self._note(lane, row, message, await self._attempted(message, self._sent(to, message)))
        except asyncio.CancelledError:
            self._hand.discard(row.id)
            raise
        finally:
            lane.flying -= 1
        self._send_off(lane)
        self._wake.set()

    async def _attempted(self, message: Message, attempt: Awaitable[T]) -> T | Later:
        try:
            return await attempt
        except Exception as error:
            log.error("a message could not be sent", message=message.id, fault=place(error))
            return Later(f"a fault in Tocsin ({type(error).__name__})", own=True)

    async def _sent(self, destination: Destination, message: Message) -> Outcome:
        if isinstance(destination.to, Endpoint):
            assert self._webhooks is not None
            return await self._webhooks.send(destination.to, message, self.clock())
        return await mail.send(destination.to, message, destination.language, self.trust, self.patience)

    async def _contacted(self, channel: Channel, message: Message, person: str) -> Contacted:
        assert self._webhooks is not None
        return await self.contacts.send(channel, self._webhooks, message, person, self.clock())

    def _note(self, lane: Lane, row: Waiting, message: Message, outcome: Outcome) -> None:
        """What came of an attempt, for the lane and for the order."""
        now, name = self.clock(), lane.destination.name
        if isinstance(outcome, Delivered):
            if lane.down:
                log.info("a destination takes messages again", destination=name)
            lane.arrived()
            self._marks.delivered.append(row.id)
            if outcome.note:
                log.warning("a message arrived in part", destination=name, message=message.id, why=outcome.note)
            return
        lane.failed += 1
        attempts, wait = row.attempts + 1, lane.wait(row.attempts + 1)
        if isinstance(outcome, Gone):
            lane.gone, lane.last_error, wait = True, outcome.why, self.pace.longest
            log.error("a destination wants no more messages; they wait", destination=name)
        else:
            wait = max(wait, outcome.after or 0)
            was_down = lane.down
            lane.missed(now, row.id, outcome)
            if lane.down and not was_down:
                log.error("a destination is down; its messages wait", destination=name, why=outcome.why)
            if self._hopeless(message, now, max(attempts, lane.failures)):
                self._bury(lane, row, outcome.why)
                self._bury_beside(lane, now)
                return
        log.info("a message waits", destination=name, message=message.id, attempts=attempts, why=outcome.why)
        self._marks.failed.append((row.id, attempts, now + wait, outcome.why))

    # -- to persons ----------------------------------------------------------------------------

    async def _settled(self, lane: Lane, row: Waiting, message: Message, outcome: Contacted) -> None:
        """What came of an attempt to reach a person: told and over, or tried again while it has not lapsed."""
        assert isinstance(lane.destination, Channel)
        if isinstance(outcome, Later):
            now, attempts = self.clock(), row.attempts + 1
            due = now + max(lane.wait(attempts), outcome.after or 0)
            lane.failed += 1
            lane.missed(now, row.id, outcome)
            over = lapsed(lane.destination, message, due, outcome.why)
            if over is None:
                log.info("a contact waits", destination=lane.destination.name, message=message.id, why=outcome.why)
                self._marks.failed.append((row.id, attempts, due, outcome.why))
                return
            outcome = over
        elif isinstance(outcome, Delivered):
            lane.arrived()
        else:
            lane.answered()
        await self._told(lane, row, outcome)

    async def _ended(self, lane: Lane, row: Waiting, outcome: Undeliverable) -> None:
        try:
            await self._told(lane, row, outcome)
        except asyncio.CancelledError:
            self._hand.discard(row.id)
            raise
        self._wake.set()

    async def _told(self, lane: Lane, row: Waiting, outcome: Delivered | Undeliverable) -> None:
        """Told until it is taken, then marked: whatever ends the process between both, it is told again."""
        assert isinstance(lane.destination, Channel)
        for attempts in count(1):
            try:
                await self.contacts.tell(lane.destination, row, outcome, self.clock())
                break
            except Exception as error:
                log.error("what came of a contact could not be told", message=_message(row).id, fault=place(error))
                await asyncio.sleep(lane.wait(attempts) / 1e6)
        if isinstance(outcome, Delivered):
            self._marks.delivered.append(row.id)
            return
        lane.buried += 1
        self._marks.buried.append((row.id, outcome.why))
        log.info(
            "a contact is undeliverable", destination=lane.destination.name, message=_message(row).id, why=outcome.why
        )

    # -- giving up -----------------------------------------------------------------------------

    def _hopeless(self, message: Message, now: int, tries: int) -> bool:
        """Too old, and tried often enough, itself or by others on the same lane."""
        return now - message.at >= self.give_up and tries >= TRIES

    def _bury(self, lane: Lane, row: Waiting, why: str) -> None:
        lane.buried += 1
        self._marks.buried.append((row.id, why))
        name = lane.destination.name
        log.error("a message was given up", destination=name, message=_message(row).id, why=why)

    def _bury_beside(self, lane: Lane, now: int) -> None:
        """A receiver is down for so long that what waits beside the message that was tried is given up with it."""
        for row in list(lane.ready):
            if self._hopeless(_message(row), now, lane.failures):
                lane.ready.remove(row)
                self._bury(lane, row, lane.last_error)


def _message(row: Waiting) -> Message:
    return Message(f"m{row.order.seq}-{row.order.number}", row.order.type, row.order.body)

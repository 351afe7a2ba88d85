"""What people and other systems ask collections about persons, and what they report: over the live service.

Answers rest on everything that is on the log: the books follow it first. Who asks for a contact has the turn from the
gate's question to the commit, so that of two who ask at once the second is answered with the first one's in mind.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from msgspec.structs import replace

from tocsin.credit.collection.book import Book
from tocsin.credit.collection.decide import Request, ask
from tocsin.credit.collection.house import House
from tocsin.credit.collection.leaving import objection
from tocsin.credit.collection.turn import Turn
from tocsin.credit.conduct import Allowed
from tocsin.desk import incentives, people
from tocsin.desk.books import UNNAMED
from tocsin.desk.clerk import Given
from tocsin.desk.collecting import Collecting
from tocsin.desk.day import CLOSED, off, told
from tocsin.desk.faults import Fault
from tocsin.desk.incentives import Decision
from tocsin.desk.ledger import clock
from tocsin.desk.live import Live
from tocsin.desk.logs import log, place
from tocsin.desk.plans import PlanAnswer, answered, plans
from tocsin.facts import wire
from tocsin.facts.dealings import Channel, ContactAttempt, OptOut, Task
from tocsin.facts.kinds import ContactResult, Fact
from tocsin.values import instant

Said = dict[str, Any]
Made = tuple[Said, list[Fact]]
_SLICE = 0.01
"""Seconds of one turn in which the books follow the log."""
_WAITS = 60.0
"""Seconds for which somebody waits for that."""
_EARLY = 60_000_000
_FAULT = Fault(500, "a fault in Tocsin kept this from being recorded", "try again; its log says more")
_RESULTS = {"reply": "answered", "conversation": "answered"}
"""What providers tell, by our names where they differ."""


LATEST = "latest"


class Enquiries:
    """Everything is called on the event loop of `live`, and raises Fault or Unavailable."""

    def __init__(self, live: Live, collecting: Collecting) -> None:
        self.live, self.collecting = live, collecting

    # -- looking -------------------------------------------------------------------------------

    async def day(self, date: str) -> Said:
        """What became of a business day, or of the last; while it is run, how many persons are due yet."""
        journal = self.collecting.ledger.journal
        found = await (
            asyncio.to_thread(journal.latest_day) if date == LATEST else asyncio.to_thread(journal.day, date)
        )
        if found is None:
            raise Fault(404, "nothing was run on this day", "write it as 2026-01-31; a day is known once it was begun")
        if found.state == CLOSED:
            return told(found)
        due = await asyncio.to_thread(journal.due_count, found.at)
        return told(found) | {"left": due + (self.collecting.behind if self.collecting.ledger.clerk else 0)}

    async def person(self, id: str, language: str) -> Said:
        return await self.made(id, lambda book, now, house: (people.person(book, now, house, language), []))

    async def worklists(self) -> list[Said]:
        return await asyncio.to_thread(people.worklists, self.collecting.ledger.journal, await self.known())

    async def worklist(self, queue: str, limit: int, language: str) -> list[Said]:
        house = await self.known()
        return await asyncio.to_thread(people.worklist, self.collecting.ledger.journal, house, queue, limit, language)

    # -- doing ---------------------------------------------------------------------------------

    async def contact(self, id: str, request: Request, language: str) -> Said:
        """Ask the gate for a contact: reserved, or its refusal put down, when this returns."""

        def asked(book: Book, now: int, house: House) -> Made:
            facts, answer = ask(book, request, now, house)
            if isinstance(answer, Allowed):
                reserved = [fact for fact in facts if isinstance(fact, ContactAttempt)]
                attempt, address = (reserved[0].attempt, reserved[0].address) if reserved else (request.attempt, None)
                shown = None if address is None else people.masked(address)
                return {"allowed": True, "attempt": attempt, "address": shown, "rules": list(answer.rules)}, facts
            until = answer.next_allowed
            said = {"rule": answer.rule, "source": answer.source, "sentence": answer.sentence(language)}
            inputs = {name: str(value) for name, value in answer.inputs.items()}
            next_allowed = None if until is None else instant.written(until)
            return {"allowed": False, **said, "inputs": inputs, "next_allowed": next_allowed}, facts

        return await self.made(id, asked)

    async def task(self, id: str, state: str, actor: str, language: str) -> Said:
        """Work in a worklist is taken, done or withdrawn."""
        await self.known()
        job = await asyncio.to_thread(self.collecting.ledger.journal.job, id)
        if job is None:
            raise Fault(404, "there is no such task", "GET /v1/worklists lists the worklists")

        def moved(book: Book, now: int, house: House) -> Made:
            task = book.tasks.get(id)
            if task is None:
                raise Fault(409, "this task is over", "take another one")
            turn = Turn(book, now, house)
            turn.tell(
                Task,
                task=id,
                state=state,
                treatment=task.treatment,
                queue=task.queue,
                value=task.value,
                currency=house.currency,
                due_at=None if task.due_at is None else instant.instant(task.due_at),
                actor=actor,
            )
            said = people.task(job._replace(state=state, actor=actor), house, language)
            return said, turn.facts

        return await self.made(job.person, moved)

    async def plans(self, id: str, at_hand: int | None, offer: str | None, actor: str, language: str) -> Said:
        """What repayment plans are offered to a person now; with a kind, that one is put down as offered."""
        return await self.made(id, lambda book, now, house: plans(book, now, house, language, at_hand, offer, actor))

    async def answer(self, customer: str, plan: str, answer: PlanAnswer, language: str) -> Said:
        """An answer to an offered plan; where it stands then."""
        return await self.made(customer, lambda book, now, house: answered(book, now, house, plan, answer, language))

    async def incentives(self, id: str, language: str) -> Said:
        """What a person's statements brought and cost."""
        return await self.made(id, lambda book, now, house: (incentives.shown(book, now, house, language), []))

    async def grant(self, id: str, decision: Decision, language: str) -> Said:
        """A person takes a grant back, or confirms one that awaits a person."""
        await self.known()
        account = await asyncio.to_thread(self.collecting.ledger.journal.granted_to, id)
        if account is None:
            raise incentives.unknown()
        return await self.made(
            UNNAMED + account, lambda book, now, house: incentives.decided(book, now, house, id, decision, language)
        )

    async def due_day(self, account: str, day: int, actor: str, language: str) -> Said:
        """Another due day for an account."""
        return await self.made(
            UNNAMED + account,
            lambda book, now, house: incentives.due_day(book, now, house, account, day, actor, language),
        )

    async def made(self, id: str, make: Callable[[Book, int, House], Made]) -> Said:
        await self.known()
        async with self.live.turn() as clerk:
            collecting = self.collecting
            collecting.follow()  # what came since, a few entries
            book, house = collecting.shelf.person(id), collecting.house
            if house is None:
                raise off()
            if book is None:
                raise Fault(
                    404, "nothing is known of this person", "check the id; a person is known from their first fact"
                )
            now = max(clock(), clerk.recorded_at)
            try:
                said, facts = make(book, now, house)
            except Fault:
                raise
            except Exception as error:  # nothing was written up: everybody else goes on
                log.error("a question about a person could not be answered", fault=place(error))
                raise _FAULT from None
            if facts:
                collecting.take([wire.stored(wire.encode(fact)) for fact in facts], now)
            if collecting.shelf.changed:
                collecting.file()
        return said

    async def known(self) -> House:
        """Wait until the books know the log."""
        until = time.monotonic() + _WAITS
        while True:
            async with self.live.turn():
                house = self.collecting.house
                if house is None:
                    raise off()
                well = self.collecting.follow(time.perf_counter() + _SLICE)
                if self.collecting.shelf.changed:
                    self.collecting.file()
            if well:
                return house
            if time.monotonic() > until:
                raise Fault(503, "the books are behind the log", "try again in a moment")
            await asyncio.sleep(0)

    # -- what comes back -----------------------------------------------------------------------

    async def told(self, attempt: str, person: str, channel: str, result: str, at: int, why: str) -> None:
        """What became of a message on its way out. Only a refusal for good speaks against the address."""
        reached = result if why in ("", "refused") else "not_connected"
        await self._result(attempt, person, channel, reached, at)

    async def objection(self, attempt: str, person: str) -> str:
        """Why a message that was decided may not leave any more, as the books know the person now; empty where it may."""
        await self.known()
        async with self.live.turn() as clerk:
            book, house = self.collecting.shelf.person(person), self.collecting.house
            if book is None or house is None:
                return "unknown"
            return objection(book, attempt, max(clock(), clerk.recorded_at), house)

    async def heard(self, attempt: str, channel: str, status: str, at: int, text: str) -> None:
        """What a provider tells of an attempt; a reply may withdraw consent."""
        await self.known()
        person = await asyncio.to_thread(self.collecting.ledger.journal.reached, attempt)
        house = self.collecting.house
        if person is None or house is None:
            raise Fault(404, "no such attempt is known", "send the id of the message it is about", "id")
        await self._result(attempt, person, channel, _RESULTS.get(status, status), at)
        if status == "reply" and house.gate.revokes(text):
            said = OptOut(
                fact_id=f"{attempt}:opt_out",
                occurred_at=instant.instant(at),
                customer=person,
                channel=cast(Channel, channel),
            )
            await self._taken(said)

    async def _result(self, attempt: str, person: str, channel: str, result: str, at: int) -> None:
        await self._taken(
            ContactResult(
                fact_id=f"{attempt}:{result}",
                occurred_at=instant.instant(at),
                customer=person,
                channel=channel,
                result=result,
                attempt=attempt,
            )
        )

    async def _taken(self, fact: Fact) -> None:
        """On the log once, however often it is told."""
        clerk = self.collecting.ledger.clerk
        if clerk is not None:
            oldest = clock() - clerk.standing.policy.lateness + _EARLY
            fact = replace(fact, occurred_at=instant.instant(max(instant.micros(fact.occurred_at), oldest)))
        answer = (await self.live.take([Given(fact, wire.encode(fact))]))[0]
        if isinstance(answer, Fault) and answer.status != 409:  # told again, at another moment
            if answer.status == 503:
                raise answer
            log.error("what came of a contact was not taken", why=answer.reason)

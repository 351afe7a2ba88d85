"""Restrictions over the live service: what is asked about them, and done. Everything is called on its event loop, and
raises Fault or Unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from tocsin.credit.collection import release as releasing
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.house import House
from tocsin.credit.collection.turn import Turn
from tocsin.desk import restrictions
from tocsin.desk.enquiries import Enquiries
from tocsin.desk.faults import Fault
from tocsin.desk.restrictions import Imposed
from tocsin.facts import measures
from tocsin.facts.kinds import Fact

Said = dict[str, Any]
_NONE = Fault(404, "there is no such restriction", "GET /v1/accounts/{id}/restrictions lists them")


class Restraining:
    def __init__(self, enquiries: Enquiries) -> None:
        self.enquiries = enquiries
        self.journal = enquiries.collecting.ledger.journal

    async def all_of(self, account: str, language: str) -> Said:
        """The restrictions of an account; an account without a book has none."""
        try:
            return await self.enquiries.made(
                account, lambda book, now, house: (restrictions.all_of(book, account, now, house, language), [])
            )
        except Fault as fault:
            if fault.status != 404:
                raise
            return {"account": account, "restrictions": []}

    async def one(self, id: str, language: str) -> Said:
        return await self._of(id, partial(restrictions.shown_of, language=language))

    async def impose(self, account: str, given: Imposed, language: str) -> Said:
        def make(book: Book, now: int, house: House) -> tuple[Said, list[Fact]]:
            standing = self.enquiries.collecting.clerk.standing
            level, stamp = standing.level(account), standing.policy.stamp
            return restrictions.imposed(book, account, now, house, stamp, given, language, level)

        return await self.enquiries.made(account, make)

    async def act(self, id: str, act: str, given: Said, actor: str, language: str) -> Said:
        """What a person or the core system does about a restriction: one of `restrictions.ACTS`."""
        return await self._of(id, partial(restrictions.ACTS[act], given=given, actor=actor, language=language))

    async def reconcile(self, theirs: Mapping[str, str]) -> Said:
        """Hold what the core system has in force, by restriction `in_force` or `staged`, against what is in force here:
        what differs is ordered again, what agrees is confirmed."""
        ours = {one.id: one for one in await asyncio.to_thread(self.journal.standing) if one.status != "held_out"}
        known = {id: await asyncio.to_thread(self.journal.restriction, id) for id in theirs if id not in ours}
        wrong: dict[str, list[str]] = {}
        right: dict[str, list[str]] = {}
        for id, one in ours.items():
            state = "staged" if one.status == "staged" else "in_force"
            (right if theirs.get(id) == state else wrong).setdefault(one.account, []).append(id)
        known = {id: None if one is None or one.status == "held_out" else one for id, one in known.items()}
        for id, ended in known.items():
            if ended is not None:
                wrong.setdefault(ended.account, []).append(id)
        again: list[Said] = []
        for account in sorted({*wrong, *right}):
            bad, good = wrong.get(account, []), right.get(account, [])
            agreed = [id for id in good if ours[id].confirmed < ours[id].number]
            if bad or agreed:
                await self.enquiries.made(account, partial(held_against, bad, agreed))
            again += [{"restriction": id, "account": account, "why": _why(id, theirs, ours)} for id in bad]
        unknown = sorted(id for id, one in known.items() if one is None)
        return {"matched": sum(map(len, right.values())), "ordered_again": again, "unknown": unknown}

    async def _of(self, id: str, make: Callable[..., tuple[Said, list[Fact]]]) -> Said:
        """What is made of a restriction, in the book of who holds its account."""
        kept = await asyncio.to_thread(self.journal.restriction, id)
        if kept is None:
            await self.enquiries.known()
            kept = await asyncio.to_thread(self.journal.restriction, id)
        if kept is None or kept.status == "held_out":
            raise _NONE
        return await self.enquiries.made(kept.account, lambda book, now, house: make(book, id, now, house))


def _why(id: str, theirs: Mapping[str, str], ours: Mapping[str, Any]) -> str:
    if id not in ours:
        return "ended"
    return "missing" if id not in theirs else "another stage"


def held_against(
    wrong: Iterable[str], agreed: Iterable[str], book: Book, now: int, house: House
) -> tuple[Said, list[Fact]]:
    """The core system has these otherwise, and is asked again at once; those it has as they stand here."""
    turn = Turn(book, now, house)
    for id in wrong:
        if id in turn.book.restrictions:
            releasing.order_again(turn, turn.book.restrictions[id])
    for id in agreed:
        held = turn.book.restrictions.get(id)
        if held is not None:
            turn.tell(
                measures.RestrictionAcknowledged,
                account=held.account,
                restriction=id,
                number=held.order.number,
                applied=True,
            )
    return {}, turn.facts

"""Facts in, decisions out, and how an account stands."""

from __future__ import annotations

import asyncio
import re

import msgspec

from tocsin.desk.faults import Fault
from tocsin.faces.api.live import Desk
from tocsin.faces.api.problems import Denied, document, from_fault
from tocsin.faces.api.request import LINES, Reply, Request, idempotency_key, reply
from tocsin.facts.kinds import ID_PATTERN
from tocsin.journal.records import AGAIN, FACT
from tocsin.policy.document import DECISIONS

_ID = re.compile(ID_PATTERN)
_AT_ONCE = 500
"""Results that are written before others have their turn."""


class Item(msgspec.Struct, omit_defaults=True):
    """What came of one fact of many. `level`: the rank of the account's level after it."""

    status: str
    id: str | None = None
    fact_id: str | None = None
    outcome: str | None = None
    level: int | None = None
    problem: dict[str, object] | None = None


async def decide(desk: Desk, request: Request) -> Reply:
    dry_run = request.query["dry_run"]
    key = idempotency_key(request.headers)
    answer = await desk.live.decide(request.body, key=None if dry_run else key, dry_run=dry_run)
    said = desk.records.decision(answer.entry, request.language)
    if dry_run:
        said["id"] = None
    elif not answer.repeated:
        desk.figures.decisions[answer.entry.decision] += 1
    said["repeated"], said["dry_run"] = answer.repeated, dry_run
    return reply(said)


async def facts(desk: Desk, request: Request) -> Reply:
    answers = await desk.live.record(request.body, lines=request.media == LINES)
    items, counts = [], {"recorded": 0, "repeated": 0, "refused": 0}
    for number, answer in enumerate(answers, 1):
        if not number % _AT_ONCE:
            await asyncio.sleep(0)
        if isinstance(answer, Fault):
            status = "refused"
            told = document(from_fault(answer), request.language, request.id)
            items.append(Item(status, fact_id=told.get("fact_id"), problem=told))
        else:
            entry = answer.entry
            status = "repeated" if answer.repeated else "recorded"
            items.append(Item(status, f"d{entry.seq}", entry.fact_id, DECISIONS[entry.decision], entry.level))
        counts[status] += 1
    for status, count in counts.items():
        desk.figures.facts[status] += count
    return reply({**counts, "items": items})


async def decision(desk: Desk, request: Request) -> Reply:
    number = request.item[1:]
    seq = int(number) if request.item[:1] == "d" and number.isascii() and number.isdigit() and len(number) < 19 else 0
    entry = await desk.live.decision(seq) if seq else None
    if entry is None or entry.kind not in (FACT, AGAIN):
        raise Denied(404, "there is no such decision", "give an id as the API gave it, like d1024")
    return reply(desk.records.decision(entry, request.language))


async def account(desk: Desk, request: Request) -> Reply:
    watched = request.item
    found = await desk.live.account(watched) if _ID.fullmatch(watched) else None
    if found is None:
        raise Denied(404, "nothing is known of this account", "check its id; an account is known from its first fact")
    return reply(found)


async def warnings(desk: Desk, request: Request) -> Reply:
    found = []
    if _ID.fullmatch(request.item):
        found = desk.records.warnings(request.item, request.query["limit"], request.language)
    return reply({"warnings": found})

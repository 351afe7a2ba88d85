"""Acts of those who run Tocsin: policies, keys of the API, dead letters. Each act is an entry of the log."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tocsin.desk import keys
from tocsin.faces.api.live import Desk
from tocsin.faces.api.problems import Denied
from tocsin.faces.api.request import Reply, Request, actor, asked, reply

Name = Annotated[str, Meta(min_length=1, max_length=128)]


Scope = Annotated[str, Meta(pattern=rf"^({'|'.join(keys.SCOPES)}|approve:[a-z][a-z0-9_]{{0,62}})$")]
"""`approve:` and a level of authority: its holder may approve repayment plans at that level."""


class PolicyAct(msgspec.Struct, forbid_unknown_fields=True):
    """What is to become of a policy. `files`: name to text, the policy and what it extends; `policy`: which of them,
    or, to take a shadow out, the policy's name, stamp or number."""

    act: Literal["activate", "shadow", "unshadow"]
    policy: Name
    files: dict[str, str] = {}


class KeyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A key to be made: whom it is for, and what it may do."""

    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=10)]


async def policies(desk: Desk, request: Request) -> Reply:
    return reply({"policies": await asyncio.to_thread(desk.records.policies, request.query["limit"])})


async def policy_act(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, PolicyAct)
    if given.act != "unshadow" and not given.files:
        raise Denied(422, "no files of the policy are given", "give name and text of each", field="files")
    return reply(await desk.live.act(given.act, {"policy": given.policy, "files": given.files}, actor(request)))


async def differences(desk: Desk, request: Request) -> Reply:
    query = request.query
    found = await asyncio.to_thread(desk.records.differences, query["shadow"], query["after"], query["limit"])
    return reply({"differences": found})


async def key_list(desk: Desk, request: Request) -> Reply:
    return reply({"keys": await asyncio.to_thread(desk.records.keys)})


async def key_made(desk: Desk, request: Request) -> Reply:
    """The text of the key is in this answer and nowhere else."""
    given = asked(request.body, KeyRequest)
    scopes = sorted(set(given.scopes))
    id, text, digest = keys.made()
    await desk.live.act("key.add", {"id": id, "name": given.name, "hash": digest, "scopes": scopes}, actor(request))
    desk.keys.add(id, given.name, digest, scopes)
    headers = ((b"location", b"/v1/keys/" + id.encode()),)
    return reply({"id": id, "key": text, "name": given.name, "scopes": scopes}, 201, headers)


async def key_ended(desk: Desk, request: Request) -> Reply:
    if not desk.keys.holds(request.item):
        raise Denied(404, "there is no such key in force", "GET /v1/keys lists them")
    await desk.live.act("key.end", {"id": request.item}, actor(request))
    desk.keys.end(request.item)
    return Reply(b"", 204)


async def letters(desk: Desk, request: Request) -> Reply:
    return reply({"letters": await asyncio.to_thread(desk.records.letters, request.query["limit"])})


async def letter_revived(desk: Desk, request: Request) -> Reply:
    number = request.item
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Denied(404, "there is no such dead letter", "GET /v1/letters lists them")
    return reply(await desk.live.act("letter.revive", {"id": int(number)}, actor(request)))

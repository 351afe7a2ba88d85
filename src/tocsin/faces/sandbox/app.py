"""The sandbox over HTTP: what a provider of messages looks like to Tocsin, with receipts by plan or by order.

`POST /messages` takes a message, once for each Idempotency-Key; `GET /messages?after=&limit=` lists what came;
`POST /outcomes` says what became of messages, `[{"id", "status", "at"?, "text"?}]`, and sends the receipts.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tocsin.faces.api import problems
from tocsin.faces.api.headers import language
from tocsin.faces.api.problems import Denied
from tocsin.faces.api.request import (
    PROBLEM,
    Gone,
    Headers,
    Parameter,
    Receive,
    Reply,
    Scope,
    Send,
    body_of,
    idempotency_key,
    query_of,
    reply,
)
from tocsin.faces.sandbox.plan import course
from tocsin.faces.sandbox.receipts import Receipts
from tocsin.faces.sandbox.shelf import Given, Shelf
from tocsin.links.provider import ReceiptBody, Status
from tocsin.values import instant

LARGEST = 16 * 1024 * 1024
_LISTED = (
    Parameter("after", "whole", "only what came behind this number", "只取此序号之后的", 0),
    Parameter("limit", "whole", "how many at most", "最多条数", 100, 1000),
)


class Outcome(msgspec.Struct, forbid_unknown_fields=True):
    """What became of a message. `at`: RFC 3339, now where it is left out."""

    id: str
    status: Status
    at: str = ""
    text: Annotated[str, Meta(max_length=4000)] = ""


class Sandbox:
    """The ASGI application. `manual`: no receipts but those of /outcomes. `clock`: microseconds UTC."""

    def __init__(
        self, token: str, clock: Callable[[], int], *, shelf: Shelf, receipts: Receipts | None, manual: bool, seed: int
    ) -> None:
        self.token, self.clock, self.shelf, self.receipts = token.encode(), clock, shelf, receipts
        self.manual, self.seed = manual, seed
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self.receipts is not None:
            self._task = asyncio.create_task(self.receipts.run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        try:
            said = await self._answer(scope, headers, receive)
        except Gone:
            return
        except Denied as denied:
            told = problems.document(denied, language(headers.get(b"accept-language", b"")), "")
            said = Reply(msgspec.json.encode(told), denied.status, PROBLEM, tuple(denied.headers))
        start = [(b"content-type", said.type.encode()), (b"content-length", b"%d" % len(said.body)), *said.headers]
        await send({"type": "http.response.start", "status": said.status, "headers": start})
        await send({"type": "http.response.body", "body": said.body})

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Reply:
        places: dict[str, dict[str, Callable[[bytes, Headers], Awaitable[Reply]]]] = {
            "/messages": {"POST": self._taken, "GET": self._listed},
            "/outcomes": {"POST": self._said},
        }
        place = places.get(scope["path"])
        if place is None:
            raise Denied(404, "there is nothing at this path", "use /messages or /outcomes")
        if scope["method"] not in place:
            allowed = ", ".join(place)
            allow = [(b"allow", allowed.encode())]
            raise Denied(405, f"{scope['method']} is not known here", f"use {allowed}", headers=allow)
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self.token):
            challenge = [(b"www-authenticate", b"Bearer")]
            raise Denied(401, "this is not the token of the sandbox", "send it as Bearer", headers=challenge)
        get = scope["method"] == "GET"
        return await place[scope["method"]](
            scope["query_string"] if get else await body_of(receive, headers, LARGEST), headers
        )

    async def _taken(self, body: bytes, headers: Headers) -> Reply:
        """A message, once for each key: the same again is answered in the same way, another one refused."""
        key = idempotency_key(headers)
        if key is None:
            raise Denied(400, "there is no Idempotency-Key", "send the id of the attempt", field="Idempotency-Key")
        known = self.shelf.digest(key)
        if known is not None:
            if known != sha256(body).digest():
                raise Denied(409, "this Idempotency-Key came with another message", "use a key of its own")
            return reply({"id": key, "repeated": True}, 202)
        given = _decoded(body, Given)
        planned = course(given, self.seed)
        if planned.refused:
            raise Denied(422, "this number does not exist", "its ending, 0001, asks for this answer", field="to")
        if planned.faults and self.shelf.tried(key) <= planned.faults:
            raise Denied(500, "a fault, as asked for", "send it again")
        at = instant.written(self.clock())
        self.shelf.put(key, body, given, at)
        if self.receipts is not None and not self.manual and planned.receipts:
            self.receipts.put([ReceiptBody(given.id, given.channel, at, *one) for one in planned.receipts])  # type: ignore[arg-type]
        return reply({"id": key, "repeated": False}, 202)

    async def _listed(self, query: bytes, headers: Headers) -> Reply:
        asked = query_of(query, _LISTED)
        found = self.shelf.after(asked["after"], asked["limit"])
        return reply({"messages": found, "next": found[-1].number if found else asked["after"]})

    async def _said(self, body: bytes, headers: Headers) -> Reply:
        """Outcomes, in their order: of all the messages they name, or of none."""
        if self.receipts is None:
            raise Denied(409, "there is nowhere to send receipts to", "start the sandbox with --receipts-to")
        made = []
        for one in _decoded(body, list[Outcome]):
            message = self.shelf.message(one.id)
            if message is None:
                raise Denied(422, f"no message '{one.id}' was taken here", "GET /messages lists them", field="id")
            made.append(ReceiptBody(one.id, message["channel"], _when(one.at, self.clock), one.status, one.text))
        for receipts in _by_message(made):
            self.receipts.put(receipts)
        return reply({"receipts": len(made)}, 202)


def _when(text: str, clock: Callable[[], int]) -> str:
    try:
        return instant.written(instant.parse(text) if text else clock())
    except ValueError as error:
        raise Denied(422, str(error), "write it as 2026-01-31T08:00:00+08:00", field="at") from None


def _by_message(made: Sequence[ReceiptBody]) -> list[list[ReceiptBody]]:
    found: dict[str, list[ReceiptBody]] = {}
    for one in made:
        found.setdefault(one.id, []).append(one)
    return list(found.values())


def _decoded(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        why, _, path = str(error).partition(" - at ")
        field = path.strip("`").removeprefix("$.")
        raise Denied(422, f"not what is asked for ({why})", "see `tocsin sandbox --help`", field=field) from None
    except RecursionError:
        raise Denied(400, "JSON nested too deeply", "see `tocsin sandbox --help`") from None
    except ValueError as error:
        raise Denied(400, f"not JSON ({str(error)[:100]})", "write one JSON object in UTF-8") from None

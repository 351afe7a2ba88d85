"""A request on its way to a handler, and what the handler gives back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec

from tocsin.desk.keys import Key
from tocsin.faces.api.live import Desk
from tocsin.faces.api.problems import Denied
from tocsin.values.problem import did_you_mean, shown

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[bytes, bytes]

JSON, PROBLEM, TEXT, HTML = "application/json", "application/problem+json", "text/plain", "text/html"
CLOUD, LINES = "application/cloudevents+json", "application/x-ndjson"
PATIENCE = 30.0
"""Seconds in which a body has to arrive."""
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
_ENCODER = msgspec.json.Encoder()
_AT_ONCE = nullcontext()
"""A clock is not worth its while where nothing is waited for."""


class Gone(Exception):
    """The caller hung up."""


class Reply(NamedTuple):
    body: bytes
    status: int = 200
    type: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


def reply(value: Any, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reply:
    return Reply(_ENCODER.encode(value), status, JSON, headers)


class Request:
    """What a handler may ask of a request. `item` is the variable part of its path."""

    __slots__ = ("body", "headers", "id", "item", "key", "language", "media", "query")

    def __init__(self, headers: Headers, id: str) -> None:
        self.headers, self.id = headers, id
        self.language, self.item, self.media, self.body = "en", "", "", b""
        self.query: dict[str, Any] = {}
        self.key: Key | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query: `flag` is true or false, `whole` a number within bounds."""

    name: str
    type: Literal["flag", "whole"]
    en: str
    zh: str
    default: bool | int | None = None
    most: int = 2**53 - 1


class Route(NamedTuple):
    """One thing that can be asked, as the application answers it and as its document describes it.

    `needs`: the scope of the key, or words of which it has one. `takes`: media type to the schema of the body. `gives`: the schema
    of the answer; `type` its media type. `problems`: statuses beside those that every such route has.
    """

    method: str
    path: str
    handler: Callable[[Desk, Request], Awaitable[Reply]]
    en: str
    zh: str
    gives: str = ""
    needs: str = ""
    query: tuple[Parameter, ...] = ()
    takes: dict[str, str] = {}
    batch: bool = False
    type: str = JSON
    status: int = 200
    problems: tuple[int, ...] = ()
    keyed: bool = False
    """Takes an Idempotency-Key."""
    signed: bool = False
    """Takes the headers of Standard Webhooks instead of a key."""

    @property
    def scopes(self) -> list[str]:
        return self.needs.split()


Asked = TypeVar("Asked", bound=msgspec.Struct)


def asked(body: bytes, kind: type[Asked]) -> Asked:
    """A JSON body as what it should be. Denied where it is not."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        why, _, path = str(error).partition(" - at ")
        raise Denied(
            422, f"not what is asked for ({why})", "see /openapi.json", field=path.strip("`").removeprefix("$.")
        ) from None
    except RecursionError:
        raise Denied(400, "JSON nested too deeply", "see /openapi.json") from None
    except ValueError as error:
        raise Denied(400, f"not JSON ({str(error)[:100]})", "write one JSON object in UTF-8") from None


def actor(request: Request) -> str:
    """Who is put down as having done it."""
    assert request.key is not None
    return f"key {request.key.id}"


# -- reading -----------------------------------------------------------------------------------------------------------


def query_of(text: bytes, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The parameters of a query. Denied where one is unknown, given twice or out of bounds."""
    values: dict[str, Any] = {parameter.name: parameter.default for parameter in parameters}
    if not text:
        return values
    known = {parameter.name: parameter for parameter in parameters}
    seen = set()
    try:
        pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=16, errors="strict")
    except ValueError:
        raise Denied(400, "the query cannot be read", "write it as name=value&name=value in UTF-8") from None
    for name, given in pairs:
        if name not in known:
            remedy = did_you_mean(name, known) or "leave it out"
            raise Denied(400, f"unknown query parameter {shown(name)}", remedy)
        if name in seen:
            raise Denied(400, f"{shown(name)} stands twice in the query", "keep one of them", field=name)
        seen.add(name)
        values[name] = _value(known[name], given)
    return values


def _value(parameter: Parameter, given: str) -> bool | int:
    if parameter.type == "flag":
        if given not in ("true", "false"):
            raise Denied(400, f"{shown(given)} is neither true nor false", "write true or false", field=parameter.name)
        return given == "true"
    if given.isascii() and given.isdigit() and len(given) <= 16 and int(given) <= parameter.most:
        return int(given)
    raise Denied(
        400,
        f"{shown(given)} is not a whole number from 0 to {parameter.most}",
        "write digits only",
        field=parameter.name,
    )


async def body_of(receive: Receive, headers: Headers, limit: int, whole: bool = False) -> bytes:
    """The body, counted while it comes; `whole` where it has come. Denied where it is too large or too slow, Gone where the
    caller hangs up."""
    announced = headers.get(b"content-length")
    if announced is not None and (len(announced) > 15 or int(announced) > limit):
        raise _too_large(limit)
    try:
        async with _AT_ONCE if whole else asyncio.timeout(PATIENCE):
            message = await receive()
            if message.get("more_body"):
                return await _rest(receive, message, limit)
    except TimeoutError:
        raise Denied(408, f"the body did not arrive within {PATIENCE:.0f} s", "send it at once") from None
    if message["type"] == "http.disconnect":
        raise Gone
    body: bytes = message.get("body", b"")
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _rest(receive: Receive, message: Message, limit: int) -> bytes:
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


def _too_large(limit: int) -> Denied:
    return Denied(413, f"the body has more than {limit} bytes", "send smaller parts")


def idempotency_key(headers: Headers) -> str | None:
    """The Idempotency-Key, without the quotes that its draft standard asks for."""
    given = headers.get(b"idempotency-key")
    if given is None:
        return None
    text = given.decode("latin-1").strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not text or len(text) > 255 or not text.isascii() or not text.isprintable():
        raise Denied(
            400,
            "the Idempotency-Key cannot be used",
            "write 1 to 255 printable ASCII characters",
            field="Idempotency-Key",
        )
    return text

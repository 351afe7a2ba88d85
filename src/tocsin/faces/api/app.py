"""The application: finds what is asked, sees whether it may be, reads it, asks the desk and writes the answer."""

from __future__ import annotations

import math
from time import perf_counter
from urllib.parse import unquote_to_bytes

import msgspec

from tocsin.desk import logs
from tocsin.desk.faults import Fault
from tocsin.desk.keys import Key
from tocsin.desk.logs import REQUEST, log
from tocsin.faces.api import problems
from tocsin.faces.api.headers import RequestIds, accepts, language, media_type
from tocsin.faces.api.live import Desk
from tocsin.faces.api.problems import Denied
from tocsin.faces.api.request import (
    HTML,
    JSON,
    PROBLEM,
    TEXT,
    Gone,
    Headers,
    Receive,
    Reply,
    Request,
    Route,
    Scope,
    Send,
    body_of,
    query_of,
)
from tocsin.faces.api.routes import ROUTES
from tocsin.faces.api.service import awake
from tocsin.journal.records import Unavailable
from tocsin.values.problem import Refused

EVERY = 1000
"""Of requests that went well, one in so many is logged."""
_Pairs = list[tuple[bytes, bytes]]
_UTF8 = {TEXT: b"text/plain; version=0.0.4; charset=utf-8", HTML: b"text/html; charset=utf-8"}


def _heads(*more: tuple[bytes, bytes]) -> dict[tuple[str, str], _Pairs]:
    """The headers of an answer by media type and language, as far as they are always the same."""
    return {
        (kind, tongue): [
            (b"content-type", _UTF8.get(kind, kind.encode())),
            (b"content-language", tongue.encode()),
            *more,
        ]
        for kind in (JSON, PROBLEM, TEXT, HTML)
        for tongue in ("en", "zh")
    }


_HEADS = _heads()
_READ = _heads((b"vary", b"accept-language"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


async def _options(desk: Desk, request: Request) -> Reply:
    return Reply(b"", 204)


class _Place:
    """One path: its routes by method, and the methods as `Allow` lists them."""

    def __init__(self, path: str, routes: list[Route]) -> None:
        self.path = path
        self.parts = tuple(None if part.startswith("{") else part.encode() for part in path.split("/"))
        self.routes = {route.method: route for route in routes}
        if "GET" in self.routes:
            self.routes["HEAD"] = self.routes["GET"]
        self.routes["OPTIONS"] = Route("OPTIONS", path, _options, "", "")
        self.allow = (b"allow", ", ".join(self.routes).encode())

    def item(self, parts: list[bytes]) -> bytes | None:
        """The variable part of a path that leads here, None where it does not."""
        if len(parts) != len(self.parts):
            return None
        found = None
        for own, given in zip(self.parts, parts, strict=True):
            if own is None:
                found = given
            elif own != given:
                return None
        return found


_PLACES = [_Place(path, [r for r in ROUTES if r.path == path]) for path in dict.fromkeys(r.path for r in ROUTES)]
_FIXED = {place.path: place for place in _PLACES if None not in place.parts}
_VARIABLE = [place for place in _PLACES if None in place.parts]


class App:
    """The ASGI application over a desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._ids = RequestIds()
        self._well = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        headers: Headers = dict(scope["headers"])
        own = self._ids.of(headers.get(b"x-request-id"))
        request = Request(headers, own.decode())
        REQUEST.set(request.id)
        wanted = headers.get(b"accept-language")
        if wanted is not None:
            request.language = language(wanted)
        method, place = scope["method"], _FIXED.get(scope["path"])
        try:
            if place is None:
                place, request.item = _found(scope)
            reply = await self._answer(place, method, scope, request, receive)
        except Gone:
            return
        except Exception as error:
            reply = self._problem(error, request)
        body, status, kind, more = reply
        head = (_HEADS if method == "POST" else _READ)[kind, request.language] if status != 204 else []
        length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
        start = [*head, *more, *length, (b"x-request-id", own)]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
        seconds = perf_counter() - began
        path = "" if place is None else place.path
        self.desk.meter.seen(path, method if path else "", status, seconds)
        self._well += 1
        if status >= 300 or self._well >= EVERY:
            self._well = 0
            key = "" if request.key is None else request.key.id
            log.info(
                "request", route=path, method=method, status=status, milliseconds=round(seconds * 1000, 2), key=key
            )

    async def _answer(self, place: _Place, method: str, scope: Scope, request: Request, receive: Receive) -> Reply:
        route, query = place.routes.get(method), scope["query_string"]
        if route is None:
            allowed = place.allow[1].decode()
            raise Denied(405, f"{method} is not known here", f"use {allowed}", headers=[place.allow])
        headers = request.headers
        if route.needs:
            request.key = self._key(headers, route.scopes)
            if route.needs != "admin":
                awake(self.desk)
        elif method == "OPTIONS":
            return Reply(b"", 204, headers=(place.allow,))
        wanted = headers.get(b"accept")
        if wanted is not None and not accepts(wanted, route.type):
            raise Denied(406, f"the answer is '{route.type}'", "accept that, or leave Accept out", field="Accept")
        if query or route.query:
            request.query = query_of(query, route.query)
        if route.takes:
            request.media = _media(headers, route)
            limit = self.desk.batch_bytes if route.batch else self.desk.decision_bytes
            request.body = await body_of(receive, headers, limit, bool(scope.get("whole")))
        return await route.handler(self.desk, request)

    def _key(self, headers: Headers, scopes: list[str]) -> Key:
        """The key of the caller, counted. Denied where there is none, or not for this."""
        text = headers.get(b"x-api-key")
        if text is None:
            scheme, _, text = headers.get(b"authorization", b"").partition(b" ")
            if scheme.lower() != b"bearer":
                text = b""
        if not text:
            raise Denied(401, "there is no API key", "send it as X-API-Key", headers=_CHALLENGE)
        key = self.desk.keys.known(text)
        if key is None:
            raise Denied(401, "the API key is not known, or has ended", "ask for another", headers=_CHALLENGE)
        seconds = key.wait()
        if seconds:
            wait = max(1, math.ceil(seconds))
            raise Denied(
                429,
                f"this key may ask {key.rate:g} times a second",
                f"ask again in {wait} s",
                headers=[(b"retry-after", b"%d" % wait)],
            )
        if key.scopes.isdisjoint(scopes):
            first, *more = scopes
            what = f"the scope '{first}'" if not more else f"one of the scopes '{first}' and '{more[0]}'"
            raise Denied(403, f"this key has not {what}", "use a key that has it")
        return key

    def _problem(self, error: Exception, request: Request) -> Reply:
        """What went wrong, said to the caller; a fault of ours also to the log."""
        if isinstance(error, Unavailable):
            error = problems.unavailable(error)
        if isinstance(error, Refused):
            said = problems.refused(error, request.language, request.id)
            return Reply(msgspec.json.encode(said), 422, PROBLEM)
        if isinstance(error, Fault):
            error = problems.from_fault(error)
        if not isinstance(error, Denied):
            log.error("fault", fault=logs.place(error))
            error = Denied(500, "a fault in Tocsin", f"look for {request.id} in its log")
        said = problems.document(error, request.language, request.id)
        return Reply(msgspec.json.encode(said), error.status, PROBLEM, tuple(error.headers))


_CHALLENGE = [(b"www-authenticate", b'Bearer realm="tocsin"')]


def _found(scope: Scope) -> tuple[_Place, str]:
    """The path with a variable part that is asked for, and that part."""
    parts = scope["raw_path"].split(b"/")
    for place in _VARIABLE:
        item = place.item(parts)
        if item is not None:
            try:
                return place, unquote_to_bytes(item).decode()
            except UnicodeDecodeError:
                break
    raise Denied(404, "there is nothing at this path", "see /openapi.json")


def _media(headers: Headers, route: Route) -> str:
    """The media type of the body. Denied where it is none the route takes."""
    given = media_type(headers.get(b"content-type", b""))
    coding = headers.get(b"content-encoding")
    if coding is not None and coding.strip().lower() not in (b"identity", b""):
        raise Denied(415, "a packed body is not read here", "send it plain", field="Content-Encoding")
    if given not in route.takes:
        what = "this media type is not read here" if given else "the body has no media type, or is not UTF-8"
        kinds = "' or '".join(route.takes)
        raise Denied(415, what, f"send it as '{kinds}'", field="Content-Type")
    return given

"""The bank's core system as it hears Tocsin: signed webhooks that order treatments and tell of charge-offs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from tocsin.links.provider import vouched

TYPES = ("treatment.ordered", "account.charged_off", "account.waived", "legal.step")
_WHAT = {"account.charged_off": "charge_off", "account.waived": "waiver"}


class Told(NamedTuple):
    """`what`: an order, a step in law, `charge_off` or `waiver`; `account`, `amount` and `matter` where it has one."""

    what: str
    customer: str
    account: str | None
    amount: int
    matter: str


class Core:
    """Keeps what it is told until it is asked for it; the same message counts once. `clock`: microseconds UTC."""

    def __init__(self, secret: str, clock: Callable[[], int]) -> None:
        self.secret, self.clock = secret, clock
        self.url = ""
        self._seen: set[str] = set()
        self._told: list[Told] = []

    def hear(self, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer."""
        if not vouched([self.secret], body, headers, self.clock()):
            return 401
        if headers["webhook-id"] not in self._seen:
            self._seen.add(headers["webhook-id"])
            message: dict[str, Any] = json.loads(body)
            data = message["data"]
            what = _WHAT.get(message["type"]) or data.get("order") or data["step"]
            about = (data.get("account"), data.get("amount", 0), data.get("matter", ""))
            self._told.append(Told(what, data["customer"], *about))
        return 204

    def told(self) -> list[Told]:
        """What it was told since it was last asked."""
        found, self._told = self._told, []
        return found


@contextmanager
def listening(secret: str, clock: Callable[[], int]) -> Iterator[Core]:
    """A core system on a port of this machine."""
    core = Core(secret, clock)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(core.hear(body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    core.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield core
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

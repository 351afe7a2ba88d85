"""The application served over HTTP: uvicorn, its parser and event loop in C, and a graceful end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tocsin.faces.api.problems import Denied, document
from tocsin.faces.api.request import Receive, Scope, Send
from tocsin.values.problem import Problem, Refused

HEAD_BYTES = 65_536
"""More than this before the body begins is not read."""
PATIENCE = 20
"""Seconds that answers under way have when the service stops."""
KEEP_ALIVE = 75
"""Seconds after which a connection on which nothing is asked is closed."""
BACKLOG = 2048
_BEGUN, _INFORMED, _END = b"HTTP/1.1 ", b"HTTP/1.1 1", b"\r\n\r\n"
"""How the head of an answer begins, one that is not the last, and how it ends."""
Hook = Callable[[], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


async def _nothing() -> None:
    return None


def bound(host: str, port: int) -> socket.socket:
    """A socket on an address, port 0 for any that is free. Refused where it is taken or not ours."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        remedy = "choose another under 'listen', or stop what holds it"
        raise Refused(Problem(f"the address cannot be used ({why})", f"{host}:{port}", remedy)) from None


def serve(
    app: Application,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    start: Hook = _nothing,
    stop: Hook = _nothing,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT; then accept nothing more, finish what is under way, and `stop`.

    `start` is awaited before the first request is read (long work belongs in a task of its own, /readyz tells
    of it), `stopping` is called as the signal comes, `stop` after the last answer. A second signal waits for nothing.
    What a hook raises is raised here. Refused where the address cannot be used.
    """
    Server(app, start, stop, stopping).hold(bound(host, port))


class Server(uvicorn.Server):
    """Ends with a return where uvicorn would raise the signal again, or leave with an exit code."""

    def __init__(
        self,
        app: Application,
        start: Hook = _nothing,
        stop: Hook = _nothing,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        self._life, self._stopping = _Life(app, start, stop), stopping
        super().__init__(
            uvicorn.Config(
                self._life,
                interface="asgi3",
                http=_Protocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=PATIENCE,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )

    def hold(self, listening: socket.socket) -> None:
        """Serve on a socket until the end."""
        try:
            self.run([listening])
        except SystemExit:
            if self._life.failed is None:
                raise
        finally:
            listening.close()
        if self._life.failed is not None:
            raise self._life.failed

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self._stopping()


class _Life:
    """The application, with what happens before its first request and after its last."""

    def __init__(self, app: Application, start: Hook, stop: Hook) -> None:
        self._app, self._start, self._stop = app, start, stop
        self.failed: Exception | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._app(scope, receive, send) if scope["type"] == "http" else self._lived(receive, send)

    async def _lived(self, receive: Receive, send: Send) -> None:
        for stage, hook in (("startup", self._start), ("shutdown", self._stop)):
            await receive()
            try:
                await hook()
            except Exception as error:
                self.failed = error
                await send({"type": f"lifespan.{stage}.failed", "message": ""})
                return
            await send({"type": f"lifespan.{stage}.complete"})


class _Whole:
    """A transport that sends the head of an answer together with what follows: one packet instead of two."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._head = transport, b""

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(_BEGUN) and data.endswith(_END) and not data.startswith(_INFORMED):
            self._head = data
            return
        self._transport.write(data)

    def flush(self) -> None:
        """Send a head that nothing follows."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol with a bound on what comes before a body, and its own refusals as problem documents."""

    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Whole(transport))  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if self._head > HEAD_BYTES and not self.transport.is_closing():
            self._refuse(Denied(431, "the headers are too large", f"send at most {HEAD_BYTES} bytes"))

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = -(1 << 62)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.scope["whole"] = True  # type: ignore[typeddict-unknown-key]
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Denied(400, "this is not HTTP/1.1", "check the request line and the headers"))

    def _refuse(self, denied: Denied) -> None:
        said: dict[str, Any] = document(denied, "en", "")
        body = msgspec.json.encode(said)
        head = f"HTTP/1.1 {denied.status} {said['title']}\r\ncontent-type: application/problem+json\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()

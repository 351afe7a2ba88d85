"""A receiver of webhooks on this machine: real HTTP over a socket, as good or as bad as a test wants it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]
OK: Answer = (200, {}, b"")


@dataclass(frozen=True)
class Request:
    headers: Headers
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


async def _well(request: Request) -> Answer:
    return OK


@dataclass
class Receiver:
    """Keeps every request it answers, in order. `answer` says what to answer; `down` and `up` close and open the door."""

    answer: Callable[[Request], Awaitable[Answer]] = _well
    trust: ssl.SSLContext | None = None
    asked: list[Request] = field(default_factory=list)
    """Everything that was asked."""
    taken: list[Request] = field(default_factory=list)
    """What was answered with 2xx."""
    port: int = 0
    connections: int = 0
    server: asyncio.Server | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{'https' if self.trust else 'http'}://localhost:{self.port}/warnings"

    async def __aenter__(self) -> Receiver:
        await self.up()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.down()

    async def up(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.trust)
        self.port = self.server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        assert self.server is not None
        self.server.close()
        for writer in list(self.writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                request = Request(headers, await reader.readexactly(int(headers["content-length"])))
                self.asked.append(request)
                status, extra, body = await self.answer(request)
                if 200 <= status < 300:
                    self.taken.append(request)
                lines = [
                    f"HTTP/1.1 {status} X",
                    f"content-length: {len(body)}",
                    *(f"{n}: {v}" for n, v in extra.items()),
                ]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                await writer.drain()
        self.writers.discard(writer)
        writer.close()

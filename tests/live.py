"""What tests of the live service share: a real server process, clients on real sockets, a policy, what the journal says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tocsin.desk import audit
from tocsin.journal.journal import Journal, opened
from tocsin.journal.records import FACT, Entry
from tocsin.values import instant

CACHE = Path(os.environ.get("TOCSIN_CACHE", Path(__file__).parent.parent / ".cache"))
JSON, LINES = "application/json", "application/x-ndjson"
SECRET = "whsec_" + "c2VjcmV0" * 6
POLICY = """
policy: live
version: "1"
currency: CNY
lateness: 2 hours
signals:
  n_10m: {count: , over: 10 minutes}
  spent_1h: {sum: amount, where: "kind = 'purchase'", over: 1 hour}
  devices_1h: {distinct: device, over: 1 hour}
  by_device: {count: , by: device, over: 10 minutes}
  by_merchant: {sum: amount, by: merchant, over: 1 hour}
rules:
  seen:
    when: n_10m >= 0
    level: blue
    say: {en: "{n_10m} {spent_1h} {devices_1h} {by_device} {by_merchant}", zh: "{n_10m} {spent_1h} {devices_1h} {by_device} {by_merchant}"}
  shared: {when: "by_device > 6", level: blue, decision: review, say: {en: "{by_device}", zh: "{by_device}"}}
  spent: {when: "spent_1h > 1000.00", level: yellow, say: {en: "{spent_1h}", zh: "{spent_1h}"}}
  many: {when: "n_10m > 6", level: orange, say: {en: "{n_10m}", zh: "{n_10m}"}}
"""
"""`seen` always fires and keeps every signal; `many` and `shared` hold a fact back from the seventh of an account or device."""
_numbers = count()


def now() -> int:
    """Microseconds UTC."""
    return instant.micros(datetime.now(UTC))


def fact(account: str, at: int, **fields: Any) -> dict[str, Any]:
    """A purchase with an id of its own."""
    known = {"fact_id": f"f{next(_numbers)}", "kind": "purchase", "account": account, "amount": 100, "currency": "CNY"}
    return known | {"occurred_at": instant.written(at)} | fields


# -- the server --------------------------------------------------------------------------------------------------------


class Server:
    """`tocsin serve` in a process of its own, on any free port; it keeps its key over restarts."""

    def __init__(
        self,
        folder: Path,
        url: str = "",
        policy: str = POLICY,
        settings: str = "",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.folder, self.url, self.key, self.port = folder, url or str(folder / "tocsin.db"), "", 0
        self.environment = environment or {}
        self.process: subprocess.Popen[str] | None = None
        (folder / "policy.yaml").write_text(policy)
        (folder / "tocsin.yaml").write_text(settings or "listen: {}")

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def launched(self) -> subprocess.Popen[str]:
        """A process that may serve, or refuse to."""
        return subprocess.Popen(
            [sys.executable, "-m", "tocsin", "serve", "--port", "0", "--policy", "policy.yaml"],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=(self.folder / "log").open("ab"), text=True,
            env=self.surroundings(),
        )  # fmt: skip

    def surroundings(self) -> dict[str, str]:
        known = {"TOCSIN_DATABASE_URL": self.url, "TOCSIN_CACHE": str(CACHE), "TOCSIN_LANG": "en"}
        return {**os.environ, **known, "TOCSIN_SECRET": SECRET, **self.environment}

    def start(self, wait: bool = True) -> Server:
        self.process = self.launched()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"tk_\S+", line):
                self.key = found[0]
            if found := re.search(r"http://[^:]+:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise AssertionError(f"no start: {(self.folder / 'log').read_text()[-2000:]}")
        if wait:
            self.ready()
        return self

    def ready(self, seconds: float = 60) -> None:
        """Wait until it decides."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return
            assert self.process is not None and self.process.poll() is None, self.tail()
            time.sleep(0.02)
        raise AssertionError(f"not ready: {self.tail()}")

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def tail(self) -> str:
        return (self.folder / "log").read_text()[-2000:]

    def ask(self, path: str, content: object = None, **headers: str) -> Answer:
        """GET, or POST where there is content, on a connection of its own."""
        with self.clients(1) as clients:
            body = b"" if content is None else json.dumps(content).encode()
            return given(clients.each([Ask(path, body, headers=headers)])[0])

    def decide(self, one: dict[str, Any], **headers: str) -> Answer:
        return self.ask("/v1/decisions", one, **headers)

    def activate(self, text: str, act: str = "activate") -> Answer:
        return self.ask("/v1/policies", {"act": act, "policy": "p.yaml", "files": {"p.yaml": text}})

    @contextmanager
    def clients(self, connections: int) -> Iterator[Clients]:
        with asyncio.Runner() as runner:
            clients = Clients(self, connections, runner)
            try:
                yield clients
            finally:
                clients.close()

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """What is durable, beside the server."""
        journal = opened(self.url)
        try:
            yield journal
        finally:
            journal.close()

    def entries(self, after: int = 0) -> list[Entry]:
        with self.journal() as journal:
            return [entry for entries in journal.entries(after) for entry in entries]


# -- clients -----------------------------------------------------------------------------------------------------------


class Ask(NamedTuple):
    path: str
    body: bytes
    kind: str = JSON
    headers: dict[str, str] = {}


class Answer(NamedTuple):
    status: int
    said: Any


def one(content: dict[str, Any], **headers: str) -> Ask:
    return Ask("/v1/decisions", json.dumps(content).encode(), headers=headers)


def many(facts: Sequence[dict[str, Any]], lines: bool = True) -> Ask:
    texts = [json.dumps(content) for content in facts]
    if lines:
        return Ask("/v1/facts", "\n".join(texts).encode(), LINES)
    return Ask("/v1/facts", f"[{','.join(texts)}]".encode())


def given(answer: Answer | None) -> Answer:
    assert answer is not None, "the connection broke"
    return answer


def said(answer: Answer | None) -> Any:
    """What a request that went well brought."""
    status, content = given(answer)
    assert status == 200, content
    return content


class Clients:
    """Keep-alive connections. A connection that breaks gives None for what was asked on it, and is made anew."""

    def __init__(self, server: Server, connections: int, runner: asyncio.Runner) -> None:
        self.server, self.runner = server, runner
        self.held: list[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None] = [None] * connections

    def each(self, asks: Sequence[Ask]) -> list[Answer | None]:
        """One request on each connection, all at one moment."""
        assert len(asks) <= len(self.held)
        return self.runner.run(self._each(asks))

    def spread(self, asks: Iterable[Ask], until: Callable[[], bool] = lambda: False) -> list[tuple[Ask, Answer | None]]:
        """All requests in their order, each on the next connection that is free; stopped where `until` says so."""
        return self.runner.run(self._spread(iter(asks), until))

    def close(self) -> None:
        self.runner.run(self._close())

    async def _close(self) -> None:
        for place in range(len(self.held)):
            self._drop(place)

    async def _each(self, asks: Sequence[Ask]) -> list[Answer | None]:
        for place in range(len(asks)):
            await self._connected(place)
        return await asyncio.gather(*(self._asked(place, ask) for place, ask in enumerate(asks)))

    async def _spread(self, asks: Iterator[Ask], until: Callable[[], bool]) -> list[tuple[Ask, Answer | None]]:
        answers: list[tuple[Ask, Answer | None]] = []

        async def work(place: int) -> None:
            for ask in asks:
                answer = await self._asked(place, ask)
                answers.append((ask, answer))
                if until():
                    return
                if answer is None or answer.status == 503:
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(work(place) for place in range(len(self.held))))
        return answers

    async def _connected(self, place: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        held = self.held[place]
        if held is None:
            held = self.held[place] = await asyncio.open_connection("127.0.0.1", self.server.port, limit=1 << 26)
        return held

    async def _asked(self, place: int, ask: Ask) -> Answer | None:
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in ask.headers.items())
        kind = f"content-type: {ask.kind}\r\ncontent-length: {len(ask.body)}\r\n" if ask.body else ""
        head = f"{'POST' if ask.body else 'GET'} {ask.path} HTTP/1.1\r\nhost: x\r\nx-api-key: {self.server.key}\r\n{kind}{extra}\r\n"
        try:
            async with asyncio.timeout(60):
                reader, writer = await self._connected(place)
                writer.write(head.encode() + ask.body)
                top = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", top)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if b"connection: close" in top.lower():
                    self._drop(place)
        except (OSError, asyncio.IncompleteReadError):
            self._drop(place)
            return None
        return Answer(int(top[9:12]), json.loads(body) if body else None)

    def _drop(self, place: int) -> None:
        held, self.held[place] = self.held[place], None
        if held is not None:
            held[1].close()


# -- receivers ---------------------------------------------------------------------------------------------------------


@contextmanager
def receiving() -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """A receiver of webhooks in a thread: its port, and (id, body) of all that came."""
    from tests.receiver import OK, Receiver, Request
    from tests.receiver import Answer as Reply

    taken: list[tuple[str, bytes]] = []
    ports: list[int] = []
    begun = threading.Event()
    loop = asyncio.new_event_loop()
    end = asyncio.Event()

    async def answer(request: Request) -> Reply:
        taken.append((request.id, request.body))
        return OK

    async def run() -> None:
        async with Receiver(answer) as receiver:
            ports.append(receiver.port)
            begun.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    begun.wait()
    try:
        yield ports[0], taken
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()


def destination(name: str, port: int, *types: str) -> str:
    return (
        f"{{name: {name}, webhook: 'http://127.0.0.1:{port}/', types: [{', '.join(types)}], secrets: [TOCSIN_SECRET]}}"
    )


# -- what the journal says ---------------------------------------------------------------------------------------------


def whole(server: Server, kernels: Path) -> list[Entry]:
    """The log, once it was found whole, consistent and the same as its replay; of a server that does not run."""
    with server.journal() as journal:
        problems = [*islice(audit.verified(journal), 5), *islice(audit.replayed(journal, kernels), 5)]
        assert not problems, problems
        log = [entry for entries in journal.entries() for entry in entries]
    _consistent(log)
    return log


def _consistent(log: Sequence[Entry]) -> None:
    last: dict[str, int] = {}
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    assert all(before.recorded_at <= after.recorded_at for before, after in pairwise(log))
    ids = [entry.fact_id for entry in log if entry.kind == FACT]
    assert len(set(ids)) == len(ids)
    for entry in log:
        if entry.watched is not None:
            assert entry.previous == last.get(entry.watched, 0), entry
            last[entry.watched] = entry.seq


def orders(server: Server) -> dict[tuple[str, str], bytes]:
    """The body of every order there ever was, by destination and message id; none is there twice."""
    with server.journal() as journal:
        rows = journal.store.rows("SELECT destination, seq, number, body FROM outbox")
    found = {(destination, f"m{seq}-{number}"): bytes(body) for destination, seq, number, body in rows}
    assert len(found) == len(rows)
    return found

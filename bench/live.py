"""The live service under load: a real server with fsync on, a real history, clients on the same machine.

.venv/bin/python -m bench.live [--history 1000000] [--seconds 10] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from bench import workload
from tocsin.desk.clerk import Given
from tocsin.desk.ledger import Ledger, clock
from tocsin.desk.versions import files
from tocsin.facts import wire
from tocsin.journal.journal import opened

ROOT = Path(__file__).resolve().parent.parent
KERNELS = Path(os.environ.get("TOCSIN_CACHE", ROOT / ".cache")) / "kernels"
POLICY = ROOT / "policies" / "card.yaml"
GROUP = 10_000
_MANY = 1_000_000
"""In so many facts nearly every account has one."""
BATCHES = timedelta(days=40)
"""History ends so long ago; what follows comes in batches, as a feed that catches up, at the same pace by its own clock."""


def bodies(n: int, end: datetime, seed: int, stamped: bool, days: float = 120, once: bool = False) -> Iterator[bytes]:
    """Facts of the common workload as JSON, over so many days up to `end`; `stamped`: with their own recorded_at; `once`:
    of each account one, as many as there are, n at most."""
    data, texts = workload.events(max(n, _MANY) if once else n, seed), workload.texts()
    if once:
        places = np.sort(np.unique(data["account"], return_index=True)[1])[:n]
        data = {name: column[places] for name, column in data.items()}
    times = ((data["time"] - data["time"][-1]) * (days / 120)).astype(np.int64) + int(end.timestamp() * 1e6)
    columns = [data[name].tolist() for name in ("account", "kind", "amount", "merchant", "country", "device")]
    for i, (at, account, kind, amount, merchant, country, device) in enumerate(
        zip(times.tolist(), *columns, strict=True)
    ):
        when = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()
        known = f'"recorded_at":"{when}",' if stamped else ""
        name = texts["kind"][kind]
        yield (
            f'{{"kind":"{name}","fact_id":"{seed}-{i:09d}","occurred_at":"{when}",{known}'
            f'"account":"{texts["account"][account]}","customer":"P{account:07d}","amount":{amount},"currency":"CNY",'
            f'"merchant":"{texts["merchant"][merchant]}","mcc":"{5000 + merchant % 900}","country":"{texts["country"][country]}",'
            f'"device":"{texts["device"][device]}","channel":"online","card_present":false,"credit_limit":5000000}}'
        ).encode()


def loaded(url: str, n: int) -> None:
    """A journal with n facts of history, group by group, and its snapshot; as it is where it has any."""
    journal = opened(url)
    journal.hold()
    if journal.head().seq:
        journal.close()
        return
    ledger = Ledger(journal, KERNELS)
    given = files(POLICY)
    ledger.begin(ledger.versions.add(given, clock())[0], "bench", {"policy": "card"})
    assert ledger.clerk is not None
    began, group = time.perf_counter(), list[Given]()

    def store() -> None:
        assert ledger.clerk is not None
        ledger.clerk.take(group, clock())
        ledger.store()
        group.clear()
        if (segment := ledger.segment()) is not None:
            segment()
            journal.tend()

    for number, body in enumerate(bodies(n, datetime.now(UTC) - BATCHES, 1, True), 1):
        fact = wire.decode(body)
        group.append(Given(fact, wire.encode(fact)))
        if len(group) == GROUP or number == n:
            store()
            if number % 200_000 == 0:
                print(f"  history {number:,} {number / (time.perf_counter() - began):,.0f}/s", flush=True)
    for task in ledger.snapshots():
        task()
    if (segment := ledger.segment(1)) is not None:
        segment()
    journal.tend()
    journal.close()


class Client(asyncio.Protocol):
    """One keep-alive connection that asks, waits, and asks again."""

    def __init__(self, requests: Iterator[bytes], took: list[float], done: asyncio.Future[None]) -> None:
        self.requests, self.took, self.done = requests, took, done
        self.held = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.held += data
        head, found, body = self.held.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])  # type: ignore[index]
        if len(body) < length:
            return
        self.held = body[length:]
        self.took.append(time.perf_counter() - self.began)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(self.held + head + body)
        self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


def asked(port: int, key: str, path: str, kind: str, payloads: list[bytes], clients: int) -> tuple[float, list[float]]:
    """All payloads posted by so many clients: seconds in all, seconds of each."""
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: {kind}\r\ncontent-length: "
    requests = iter([f"{head}{len(body)}\r\n\r\n".encode() + body for body in payloads])
    took: list[float] = []

    async def run() -> float:
        loop = asyncio.get_running_loop()
        ends = [loop.create_future() for _ in range(clients)]
        began = time.perf_counter()
        for end in ends:
            await loop.create_connection(lambda end=end: Client(requests, took, end), "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.gather(*ends)
        return time.perf_counter() - began

    return uvloop.run(run()), took


class Server:
    def __init__(self, url: str, folder: Path) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", "serve", "--port", "0"],
            cwd=folder, stdout=subprocess.PIPE, stderr=(folder / "log.txt").open("ab"), text=True,
            env={**os.environ, "TOCSIN_DATABASE_URL": url, "TOCSIN_CACHE": str(KERNELS.parent), "TOCSIN_LANG": "en"},
        )  # fmt: skip
        assert self.process.stdout is not None
        self.key = ""
        for line in self.process.stdout:
            if found := re.search(r"tk_\S+", line):
                self.key = found[0]
            if found := re.search(r"http://[^:]+:(\d+)", line):
                self.port = int(found[1])
                break
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz")
                break
            except OSError:
                time.sleep(0.02)
        self.seconds = time.perf_counter() - began

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def rss(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1e6  # type: ignore[index]


def by_sql(n: int, asked: int = 2_000) -> float:
    """The usual way, for comparison: ten aggregates by SQL at decision time, in process, nothing made durable.

    SQLite in memory, n facts of the same workload, an index by account and time; decisions a second.
    """
    data = workload.events(n, 1)
    peer = sqlite3.connect(":memory:")
    peer.execute("CREATE TABLE facts (account INTEGER, time INTEGER, kind INTEGER, amount INTEGER)")
    columns = [data[name].tolist() for name in ("account", "time", "kind", "amount")]
    peer.executemany("INSERT INTO facts VALUES (?, ?, ?, ?)", zip(*columns, strict=True))
    peer.execute("CREATE INDEX by_account ON facts (account, time)")
    sums = [
        f"sum({what}) FILTER (WHERE kind = {kind} AND time > :at - {span})"
        for kind, span in (
            (0, workload.HOUR),
            (0, workload.DAY),
            (0, 90 * workload.DAY),
            (1, workload.HOUR),
            (2, workload.DAY),
        )
        for what in ("1", "amount")
    ]
    query = f"SELECT {', '.join(sums)} FROM facts WHERE account = :account AND time > :at - {90 * workload.DAY} AND time <= :at"
    now = int(data["time"][-1])
    began = time.perf_counter()
    for account in data["account"][-asked:].tolist():
        peer.execute("INSERT INTO facts VALUES (?, ?, 0, 100)", (account, now))
        peer.execute(query, {"account": account, "at": now}).fetchone()
    return asked / (time.perf_counter() - began)


def percentiles(took: list[float]) -> str:
    p50, p99, p999 = np.percentile(np.array(took) * 1000, [50, 99, 99.9])
    return f"p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   p99.9 {p999:6.2f} ms"


def run(history: int, seconds: float, database: str = "", keep: Path | None = None) -> None:
    """Load a journal with history, start a server on it, ask it."""
    folder = keep or Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    folder.mkdir(exist_ok=True, parents=True)
    url = database or str(folder / "tocsin.db")
    print(f"\nThe live service: card.yaml, {history:,} facts of history, fsync on, clients on the same machine")
    loaded(url, history)
    if seconds > 0:
        server = Server(url, folder)
        try:
            measured(server, folder, seconds)
            print(
                f"  RSS {server.rss():.2f} GB; journal {sum(one.stat().st_size for one in folder.iterdir()) / 1e6:,.0f} MB"
            )
        finally:
            server.stop()
        print(
            f"  {'the usual way: ten aggregates by SQL':<38}{by_sql(history):8,.0f}/s   in process, not durable, no HTTP"
        )
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)


def measured(server: Server, folder: Path, seconds: float) -> None:
    """Single decisions by 1 and by 32 clients, batches by 1 and by 4."""
    kept = folder / "key"
    key = server.key or kept.read_text()
    kept.write_text(key)
    print(f"  {'ready after a start':<38}{server.seconds:8.1f} s   aim 5 s", flush=True)
    seed, now = int(time.time()) % 1_000_000, datetime.now(UTC)
    count = int(seconds * 24_000)
    feed = list(bodies(count, now - timedelta(minutes=1), seed, True, 39.0))
    for clients, facts in ((1, feed[: count // 2]), (4, feed[count // 2 :])):
        batches = [b"\n".join(facts[i : i + 1000]) for i in range(0, len(facts) - 999, 1000)]
        took, each = asked(server.port, key, "/v1/facts", "application/x-ndjson", batches, clients)
        print(
            f"  {f'facts in batches of 1,000, {clients} client(s)':<38}{len(batches) * 1000 / took:8,.0f}/s   {percentiles(each)}   aim 60,000/s",
            flush=True,
        )

    def fresh(count: int, seed: int, once: bool) -> list[bytes]:
        return [_fresh(body) for body in bodies(count, now, seed, False, once=once)]

    def decided(clients: int, facts: list[bytes], aim: str, feed: str = "") -> None:
        took, each = asked(server.port, key, "/v1/decisions", "application/json", facts, clients)
        print(
            f"  {f'decisions, {clients} client(s){feed}':<38}{len(each) / took:8,.0f}/s   {percentiles(each)}   {aim}",
            flush=True,
        )

    facts = fresh(2_000 + int(seconds * 4_000), seed + 1, once=True)  # in seconds nobody buys twice
    asked(server.port, key, "/v1/decisions", "application/json", facts[:1_000], 8)
    decided(1, facts[1_000:2_000], "aim p50 3 ms")
    decided(32, facts[2_000:], "aim 4,000/s, p99 25 ms")
    decided(32, fresh(int(seconds * 2_000), seed + 2, once=False), "120 days of the busiest in seconds", ", squeezed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--database", default="")
    parser.add_argument("--keep", type=Path, help="folder of a journal made by an earlier run, or to be made and kept")
    given = parser.parse_args()
    run(given.history, given.seconds, given.database, given.keep)


_AT = re.compile(rb'"occurred_at":"[^"]+"')


def _fresh(body: bytes) -> bytes:
    """The same fact, happening about now."""
    return _AT.sub(b'"occurred_at":"' + datetime.now(UTC).isoformat().encode() + b'"', body)


if __name__ == "__main__":
    main()

"""Every figure of docs/benchmarks.md, measured against a named peer in the same run.

make bench                      all of it (about seven minutes on 2 cores)
.venv/bin/python -m bench --quick     100,000 events, 1 round: to see that it runs
TOCSIN_HANDBOOK=transactions.parquet  adds the Fraud Detection Handbook's file
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numba
import numpy as np
from numpy.typing import NDArray

from bench import credit, day, files, live, peers, release, workload
from tocsin.desk import operations, policies
from tocsin.engine.assess import Engine
from tocsin.faces.report.page import html
from tocsin.values.kernel import NULL

ROOT = Path(__file__).resolve().parent.parent


BATCH = 65_536


class Disagreement(Exception):
    """Two engines differ in a cell: no figure is worth anything then."""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def rounds(
    count: int, ours: Callable[[], Any], theirs: Callable[[], Any] | None = None
) -> tuple[list[float], list[float]]:
    """Seconds of both, in turn, so that a drift of the machine hits both."""
    a, b = [], []
    for _ in range(count):
        if theirs is not None:
            b.append(timed(theirs)[0])
        a.append(timed(ours)[0])
    return a, b


def ratio(name: str, n: int, ours: list[float], theirs: list[float], peer: str, aim: str) -> None:
    mine, his = statistics.median(ours), statistics.median(theirs)
    print(
        f"  {name:<44}{n / mine / 1e6:6.2f} M/s   {his / mine:5.1f} × {peer} ({n / his / 1e6:.2f} M/s)   aim {aim}",
        flush=True,
    )


def coded(engine: Engine, data: dict[str, NDArray[Any]]) -> NDArray[np.int64]:
    """The events as the kernel's input matrix."""
    inputs = engine.program.inputs
    columns = {"occurred_at": data["time"], "recorded_at": data["time"], "amount": data["amount"]}
    for name, words in workload.texts().items():
        codes = np.array([inputs.dictionary(name).code(word) for word in words])
        columns[name] = codes[data[name]]
    matrix = np.empty((len(inputs.slots), len(data["time"])), np.int64)
    for slot, field in enumerate(inputs.slots):
        assert not isinstance(field, tuple)
        known = field.name in columns
        matrix[slot] = inputs.aspect(field, columns[field.name]) if known else NULL
    return matrix


def kernel(work: Path, n: int, count: int) -> None:
    print(f"\nSignals and rules in memory: {n:,} events, 34 signals, 30 rules, one thread")
    policy = policies.policy(work / "workload.yaml")
    data = workload.events(n)
    peer = peers.connect(1)
    peers.load(peer, data)
    text = peers.query("events")
    engine = Engine(policy, work / "kernels")
    matrix = coded(engine, data)
    engine.fold(matrix[:, :100].copy())

    def fresh() -> Engine:
        one = Engine(policy, work / "kernels")
        one.program.inputs.dictionaries = engine.program.inputs.dictionaries
        return one

    def duck() -> None:
        peer.execute(f"CREATE OR REPLACE TABLE result AS {text}")

    batches = [np.ascontiguousarray(matrix[:, low : low + BATCH]) for low in range(0, n, BATCH)]

    def streamed() -> None:
        one = fresh()
        for batch in batches:
            one.fold(batch)

    def replayed() -> None:
        for _ in fresh().replay(matrix):
            pass

    streamed()
    replayed()
    arrival, theirs = rounds(count, streamed, duck)
    grouped, again = rounds(count, replayed, duck)
    theirs += again
    agree(fresh(), matrix, peer)
    ratio("grouped by account (replay)", n, grouped, theirs, "DuckDB, 1 thread", "15 ×, stretch 20 ×")
    ratio(f"in arrival order, {BATCH:,} at a time", n, arrival, theirs, "DuckDB, 1 thread", "7 ×, stretch 12 ×")
    done = fresh()
    done.fold(matrix)
    print(
        f"  state                                       {done.memory() / workload.CUSTOMERS:,.0f} bytes a customer   aim 3,000"
    )


def agree(engine: Engine, matrix: NDArray[np.int64], peer: duckdb.DuckDBPyConnection) -> None:
    """Every signal, rule mask and level of both, cell by cell."""
    table = peer.sql("SELECT * FROM result").to_arrow_table().sort_by("i")
    one = engine.fold(matrix)
    two = type(engine)(engine.policy, _folder(engine))
    two.program.inputs.dictionaries = engine.program.inputs.dictionaries
    signals, fired, top = np.empty_like(one.signals), np.empty_like(one.fired), np.empty_like(one.top)
    for part in two.replay(matrix):
        signals[:, part.order], fired[part.order], top[part.order] = part.signals, part.fired, part.top
    for name in peers.names():
        row = engine.program.columns[name]
        theirs = table.column(name).to_numpy().astype(np.float64)
        for ours in (one.signals[row], signals[row]):
            same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
            if not same.all():
                at = int(np.flatnonzero(~same)[0])
                raise Disagreement(f"{name} at event {at}: {ours[at]} here, {theirs[at]} in DuckDB")
    for name, ours in (("mask", one.fired[:, 0]), ("mask", fired[:, 0]), ("top", one.top), ("top", top)):
        if not (ours == table.column(name).to_numpy()).all():
            raise Disagreement(f"{name} differs from DuckDB")
    cells = len(peers.names()) * matrix.shape[1]
    print(f"  all engines agree in {cells:,} cells, rule masks and levels")


def _folder(engine: Engine) -> Path:
    return Path(engine.program.kernel.__file__).parent


def parquet(work: Path, n: int, count: int) -> None:
    print("\nParquet to Parquet, with checks, levels, warnings and report on our side; 2 cores")
    path = work / f"events-{n}.parquet"
    files.write(path, n)
    peer = {threads: peers.connect(threads) for threads in (1, 2)}
    text = f"COPY ({peers.query(peers.from_file(path), 'fact_id')}) TO '{work / 'peer.parquet'}' (FORMAT parquet, COMPRESSION zstd)"

    def ours() -> None:
        operations.backtest(
            facts=path, policy=work / "workload.yaml", out=work / "out", kernels=work / "kernels", page=html
        )

    ours()
    # One after the other, not in turn: each then finds the memory it has just used.
    mine, _ = rounds(count, ours)
    one, _ = rounds(count, lambda: peer[1].execute(text))
    two, _ = rounds(min(count, 3), lambda: peer[2].execute(text))
    ratio("file to file", n, mine, one, "DuckDB, 1 thread", "3 ×, stretch 5 ×")
    print(f"  {'':<44}{'':>14}{statistics.median(two) / statistics.median(mine):5.1f} × DuckDB, 2 threads")


def single(work: Path, n: int) -> None:
    print("\nOne fact at a time, in process, from text ids to level")
    policy = policies.policy(work / "workload.yaml")
    engine = Engine(policy, work / "kernels")
    data, words = workload.events(n), workload.texts()
    start = datetime(1970, 1, 1, tzinfo=UTC)
    facts = []
    for i in range(n):
        at = start + timedelta(microseconds=int(data["time"][i]))
        fact = {name: words[name][data[name][i]] for name in ("account", "kind", "merchant", "country", "device")}
        facts.append({**fact, "occurred_at": at, "recorded_at": at, "amount": int(data["amount"][i])})
    took = np.empty(n)
    clock = time.perf_counter_ns
    for i, fact in enumerate(facts):
        began = clock()
        int(engine.assess_one(fact).level[0])
        took[i] = clock() - began
    p50, p99 = np.percentile(took[1000:], [50, 99]) / 1000
    print(f"  p50 {p50:.1f} µs, p99 {p99:.1f} µs   aim 20 and 100")


def cold(work: Path) -> None:
    print("\nStart of a process to its first assessment")
    code = (
        "import sys, pathlib; from tocsin.desk import policies; from tocsin.engine.assess import Engine; from datetime import datetime, UTC\n"
        "e = Engine(policies.policy(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]))\n"
        "t = datetime(2026, 1, 1, tzinfo=UTC)\n"
        "e.assess_one({'account': 'a', 'kind': 'purchase', 'occurred_at': t, 'recorded_at': t, 'amount': 1})\n"
    )
    for policy in (work / "workload.yaml", ROOT / "policies" / "card.yaml"):
        kernels = work / f"cold-{policy.stem}"
        shutil.rmtree(kernels, ignore_errors=True)

        def start(policy: Path = policy, kernels: Path = kernels) -> None:
            subprocess.run([sys.executable, "-c", code, str(policy), str(kernels)], check=True)

        first = timed(start)[0]
        again = statistics.median(timed(start)[0] for _ in range(5))
        print(f"  {policy.name:<20} first (compiles) {first:5.1f} s, afterwards {again:.2f} s   aim 20 and 2")


def handbook(work: Path, count: int) -> None:
    given = os.environ.get("TOCSIN_HANDBOOK")
    if not given:
        print("\nFraud Detection Handbook: skipped; name its transactions with TOCSIN_HANDBOOK=FILE")
        return
    print("\nFraud Detection Handbook, 12 windows over customers and terminals, file to file, 2 cores")
    facts, policy, mapping = Path(given), ROOT / "policies" / "handbook.yaml", ROOT / "mappings" / "handbook.yaml"
    peer = peers.connect(2)
    order = "ORDER BY TX_DATETIME, TRANSACTION_ID"
    windows, columns = [], []
    for days in (1, 7, 30):
        windows.append(
            f"c{days} AS (PARTITION BY CUSTOMER_ID ORDER BY TX_DATETIME RANGE BETWEEN INTERVAL {days * 86400 - 1} SECOND PRECEDING AND CURRENT ROW)"
        )
        windows.append(
            f"t{days} AS (PARTITION BY TERMINAL_ID ORDER BY TX_DATETIME RANGE BETWEEN INTERVAL {(7 + days) * 86400 - 1} SECOND PRECEDING AND INTERVAL 7 DAY PRECEDING)"
        )
        columns += [
            f"count(*) OVER c{days}, avg(TX_AMOUNT) OVER c{days}, count(*) OVER t{days}, avg(TX_FRAUD) OVER t{days}"
        ]
    text = f"COPY (SELECT TRANSACTION_ID, {', '.join(columns)} FROM '{facts}' WINDOW {', '.join(windows)} {order}) TO '{work / 'peer.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    cli = [
        sys.executable,
        "-m",
        "tocsin",
        "backtest",
        str(facts),
        "--policy",
        str(policy),
        "--map",
        str(mapping),
        "--out",
        str(work / "handbook"),
    ]
    whole = {**os.environ, "TOCSIN_CACHE": str(work)}

    def ours() -> None:
        subprocess.run(cli, check=True, stdout=subprocess.DEVNULL, env=whole)

    ours()
    mine, theirs = rounds(count, ours, lambda: peer.execute(text))
    summary = json.loads((work / "handbook" / "summary.json").read_text())
    n, seconds = summary["totals"]["facts"], statistics.median(mine)
    print(
        f"  {n:,} transactions in {seconds:.2f} s, the whole command   aim 5 s; the book's own code took 89 s on such a machine"
    )
    print(f"  DuckDB, 2 threads, the same windows and no more: {statistics.median(theirs):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("only", nargs="*", help="kernel, parquet, single, cold, handbook, live, credit, day, release")
    parser.add_argument("--accounts", type=int, help="of the business day; 200,000 if absent")
    parser.add_argument("--delinquent", type=int, help="late ones among them; six in a hundred if absent")
    options = parser.parse_args()
    n, count = (100_000, 1) if options.quick else (1_000_000, 5)
    accounts = options.accounts or n // 5
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, numba {numba.__version__}, DuckDB {duckdb.__version__}"
    )
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        work = Path(folder)
        (work / "workload.yaml").write_text(workload.policy_text())
        parts: dict[str, Callable[[], None]] = {
            "kernel": lambda: kernel(work, n, count),
            "parquet": lambda: parquet(work, n, count),
            "single": lambda: single(work, min(n, 200_000)),
            "cold": lambda: cold(work),
            "handbook": lambda: handbook(work, count),
            "live": lambda: live.run(n, 10 if count > 1 else 2),
            "credit": lambda: credit.run(10 if count > 1 else 1),
            "day": lambda: day.run(accounts, options.delinquent or accounts * 6 // 100),
            "release": lambda: release.run(100_000 if count > 1 else 2_000),
        }
        try:
            for name, part in parts.items():
                if not options.only or name in options.only:
                    part()
        except Disagreement as error:
            sys.exit(f"the engines disagree: {error}")


if __name__ == "__main__":
    main()

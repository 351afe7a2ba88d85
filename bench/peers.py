"""The same signals and rules in DuckDB window SQL: the peer every figure is held against, and the check."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.workload import HOUR, MEASURES, RULES, WINDOWS

KIND = {"'purchase'": 0, "'transfer'": 1, "'cash_advance'": 2, "'payment'": 3, "'refund'": 4}


def connect(threads: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"SET threads={threads}; SET memory_limit='16GB'; SET preserve_insertion_order=false")
    return connection


def load(connection: duckdb.DuckDBPyConnection, data: dict[str, NDArray[Any]]) -> None:
    """The events as a table of integers, as the kernel gets them."""
    n = len(data["time"])
    events = pa.table(
        {"i": pa.array(np.arange(n, dtype=np.int32)), **{name: pa.array(column) for name, column in data.items()}}
    )
    connection.register("source", events)
    connection.execute("CREATE TABLE events AS SELECT * FROM source")


def query(source: str, id_column: str = "i") -> str:
    """Signals, rule mask and level of every event. Money in minor units, times in microseconds."""
    windows = ", ".join(
        f"w{name} AS (PARTITION BY account ORDER BY time RANGE BETWEEN {length - 1} PRECEDING AND CURRENT ROW)"
        for name, length in WINDOWS.items()
    )
    columns = []
    for name, (function, value, where, window) in MEASURES.items():
        kept = _where(where)
        over = f"FILTER (WHERE {kept}) OVER w{window}" if kept else f"OVER w{window}"
        match function:
            case "count":
                columns.append(f"count(*) {over} AS {name}")
            case "sum":
                columns.append(f"coalesce(sum(amount) {over}, 0)::BIGINT AS {name}")
            case "max":
                columns.append(f"max(amount) {over} AS {name}")
            case "distinct":
                columns.append(f"count(DISTINCT {value}) {over} AS {name}")
            case "elapsed":
                columns.append(f"time - lag(time) OVER (PARTITION BY account ORDER BY time) AS {name}")
            case "std":
                columns.append(f"coalesce(sum(amount * amount) {over}, 0)::BIGINT AS sq_{window}")
    means = [
        f"CASE WHEN pur_cnt_{w} > 0 THEN pur_sum_{w} / pur_cnt_{w} END AS pur_mean_{w}, "
        f"CASE WHEN pur_cnt_{w} > 1 THEN sqrt((pur_cnt_{w} * sq_{w} - pur_sum_{w} * pur_sum_{w})::DOUBLE / (pur_cnt_{w} * (pur_cnt_{w} - 1))::DOUBLE) END AS pur_std_{w}"
        for w in ("30d", "90d")
    ]
    ratio = "CASE WHEN pur_cnt_90d > 0 THEN amount / (pur_sum_90d / pur_cnt_90d) END AS amt_ratio_90d"
    inner = f"SELECT {id_column}, amount, {', '.join(columns)} FROM {source} WINDOW {windows}"
    middle = f"SELECT *, {', '.join(means)}, {ratio} FROM ({inner})"
    rules = [f"coalesce({_minor(when)}, false)" for _, when in RULES]
    mask = " + ".join(f"{rule}::BIGINT * {1 << bit}" for bit, rule in enumerate(rules))
    level = (
        "greatest("
        + ", ".join(f"CASE WHEN {rule} THEN {level} ELSE 0 END" for rule, (level, _) in zip(rules, RULES, strict=True))
        + ")"
    )
    return f"SELECT {id_column}, {', '.join(names())}, {mask} AS mask, {level} AS top FROM ({middle})"


def names() -> list[str]:
    return [*MEASURES, "amt_ratio_90d"]


def from_file(path: Path) -> str:
    """The events of a file of facts, in the columns the query reads."""
    cases = " ".join(f"WHEN {word} THEN {code}" for word, code in KIND.items())
    return f"""(SELECT fact_id, account, epoch_us(occurred_at) AS time, CASE kind {cases} END AS kind,
        amount, merchant, country, device FROM '{path}')"""


def _where(text: str) -> str:
    for word, code in KIND.items():
        text = text.replace(f"kind = {word}", f"kind = {code}")
    return text.replace("hour(occurred_at)", f"(time // {HOUR}) % 24")


def _minor(when: str) -> str:
    """A rule as the policy writes it, in minor units and microseconds."""
    when = re.sub(r"interval '(\d+) seconds'", lambda m: str(int(m[1]) * 1_000_000), when)
    return re.sub(r"\b(\d+)\.00\b", lambda m: str(int(m[1]) * 100), when)

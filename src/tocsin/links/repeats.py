"""Ids that come more than once, found on disk: the same content again, or another under a known id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts.intake import ROW, SEQUENCE, Reject
from tocsin.values import instant

_BESIDE = (ROW, SEQUENCE, "recorded_at", "fact_id")
"""What may differ between two rows of the same content."""


@dataclass(frozen=True)
class Repeats:
    """`rows`: the places of all rows whose id came before, rising; `same`: how many of them bring nothing new."""

    rows: NDArray[np.int64]
    same: int
    conflicts: Iterator[Reject]

    def without(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if not len(self.rows):
            return batch
        rows = batch.column(ROW).to_numpy()
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return batch.filter(pa.array(self.rows[places] != rows))


class Rising:
    """Whether every id is greater than the one before, as running numbers and ids that begin with their time are:
    then none comes twice, and none need be remembered."""

    def __init__(self) -> None:
        self.all = True
        self.last = pa.array([], pa.string())

    def add(self, ids: pa.Array) -> None:
        ids = pa.concat_arrays([self.last, ids.drop_null()])
        self.all = self.all and pc.all(pc.less(ids[:-1], ids[1:])).as_py()
        self.last = ids[-1:]


def repeats(connection: duckdb.DuckDBPyConnection, path: Path, names: list[str]) -> Repeats:
    """The repetitions in a Parquet file of facts with these columns; the first of an id in ingest order counts."""
    order = ", ".join(f'"{name}"' for name in ("recorded_at", SEQUENCE, ROW) if name in names)
    content = [name for name in names if name not in _BESIDE]
    alike = " AND ".join(f'a."{name}" IS NOT DISTINCT FROM b."{name}"' for name in content)
    file = f"read_parquet({text(path)})"
    connection.execute(f"""
        CREATE TEMP TABLE firsts AS SELECT fact_id, arg_min({ROW}, row({order})) AS first
        FROM {file} GROUP BY fact_id HAVING count(*) > 1""")  # noqa: S608 names of our own
    connection.execute(f"""
        CREATE TEMP TABLE repeats AS SELECT b.{ROW} AS again, first, {alike} AS same
        FROM {file} b JOIN firsts USING (fact_id) JOIN {file} a ON a.{ROW} = first WHERE again <> first""")  # noqa: S608
    rows = connection.execute("SELECT again FROM repeats ORDER BY again").fetchnumpy()["again"]
    ((same,),) = connection.execute("SELECT count(*) FROM repeats WHERE same").fetchall()
    return Repeats(np.asarray(rows, np.int64), same, _conflicts(connection, file, content))


def _conflicts(connection: duckdb.DuckDBPyConnection, file: str, content: list[str]) -> Iterator[Reject]:
    pairs = f"""
        SELECT a, b FROM repeats JOIN {file} a ON a.{ROW} = first JOIN {file} b ON b.{ROW} = again
        WHERE NOT same ORDER BY again"""  # noqa: S608
    for batch in connection.sql(pairs).to_arrow_reader(1000):
        for pair in batch.to_pylist():
            a, b = pair["a"], pair["b"]
            different = [name for name in content if a[name] != b[name]]
            both = ", ".join(f"{name} {_shown(a[name])} and {_shown(b[name])}" for name in different)
            reason = f"the id came before in row {a[ROW]} with other content: {both}"
            yield Reject(b[ROW], b["fact_id"], different[0], reason, "correct it at the source, under an id of its own")


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return instant.written(instant.micros(value)) if isinstance(value, datetime) else str(value)


def text(path: Path) -> str:
    """A path as a text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"

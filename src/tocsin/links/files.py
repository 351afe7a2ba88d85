"""A file of facts, read in ingest order: checked, each id once, bounded in memory.

A Parquet file that already stands in order streams straight through. Anything else is first read
into a temporary Parquet file of facts, and sorted there on disk where it must be.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.facts.fields import FIELDS
from tocsin.facts.intake import LABEL, ROW, SEQUENCE, Intake, Reject, Terms
from tocsin.facts.mapping import Mapping
from tocsin.facts.schema import SCHEMA
from tocsin.links.order import Order
from tocsin.links.raw import BATCH, Raw, RawFile
from tocsin.values.problem import Problem, Refused

Progress = Callable[[str, int, int], None]
"""(stage, done, of): called now and then while a file is read."""


@dataclass
class Reading:
    """What came of a file so far."""

    rows: int = 0
    facts: int = 0
    repeated: int = 0
    """Rows whose id and content had come before: counted once."""
    rejects: list[Reject] = field(default_factory=list)


class FactFile:
    """A file of facts. Use as a context: temporary files live as long as it does."""

    def __init__(self, path: Path, terms: Terms, mapping: Mapping | None = None, memory: str = "2GB") -> None:
        self.raw = RawFile(path)
        self.path, self.terms, self.mapping = path, terms, mapping
        self.memory = memory
        self.intake = Intake(self.raw.names, terms, mapping, self.raw.fixed, str(path))
        self.reading = Reading()
        self.folder = tempfile.TemporaryDirectory(prefix="tocsin-")

    def __enter__(self) -> FactFile:
        return self

    def __exit__(self, *exception: object) -> None:
        self.folder.cleanup()

    def batches(self, progress: Progress = lambda stage, done, of: None) -> Iterator[pa.RecordBatch]:
        """Facts in ingest order (recorded_at, sequence, row), with `_row` and, where asked, `label`."""
        order = self._order() if self.raw.parquet is not None else None
        if order is not None and order.near:
            repeated = self._repeated(self.path, self.intake.sources["fact_id"][0])
            yield from self._once(order.restored(self._direct(progress)), repeated)
        else:
            spool, order = self._spooled(progress)
            repeated = self._repeated(spool, "fact_id")
            yield from self._once(order.restored(self._from_spool(spool, progress)), repeated)
        if self.reading.rows == 0 and not self.reading.rejects:
            raise Refused(Problem("the file holds no facts", str(self.path), "give a file with at least one row"))

    # -- the two ways --------------------------------------------------------------------------

    def _direct(self, progress: Progress) -> Iterator[pa.RecordBatch]:
        wanted = {name for name, _ in self.intake.sources.values()} | {self.intake.label, self._sequence()}
        columns = [name for name in self.raw.names if name in wanted]
        for raw in self.raw.batches(columns):
            yield self._taken(raw)
            progress("assess", raw.done, self.raw.size)

    def _spooled(self, progress: Progress) -> tuple[Path, Order]:
        """The facts of the file in a temporary one, and their order; sorted on disk where it must be."""
        path = Path(self.folder.name) / "facts.parquet"
        schema, order = self._spool_schema(), Order()
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            for raw in self.raw.batches():
                batch = self._taken(raw)
                columns = [_as(batch, field) for field in schema]
                for piece in pa.Table.from_arrays(columns, schema=schema).to_batches(BATCH):
                    writer.write_batch(piece)
                    order.add(piece)
                progress("read", raw.done, self.raw.size)
        if order.near:
            return path, order
        target = Path(self.folder.name) / "sorted.parquet"
        with self._duckdb() as connection:
            keys = f'recorded_at, {SEQUENCE + ", " if SEQUENCE in schema.names else ""}{ROW}'
            connection.execute(f"COPY (SELECT * FROM read_parquet(?) ORDER BY {keys}) TO '{target}' (FORMAT parquet, COMPRESSION lz4)", [str(path)])
        path.unlink()
        return target, Order()

    def _from_spool(self, path: Path, progress: Progress) -> Iterator[pa.RecordBatch]:
        texts = [name for name in FIELDS if FIELDS[name].type == "text" and name not in ("fact_id", "reported_fact")]
        file = pq.ParquetFile(path, read_dictionary=texts)
        done = 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group).combine_chunks()
            batch = table.to_batches()[0]
            batch = pa.RecordBatch.from_arrays([_utc(c) for c in batch.columns], names=batch.schema.names)
            yield batch.drop_columns([n for n in batch.schema.names if batch.column(n).null_count == batch.num_rows and n not in SCHEMA.names[:4]])
            done += batch.num_rows
            progress("assess", done, file.metadata.num_rows)

    def _taken(self, raw: Raw) -> pa.RecordBatch:
        batch, rejects = self.intake.read(raw.columns, raw.rows)
        self.reading.rows += raw.columns.num_rows + len(raw.rejects)
        self.reading.rejects += raw.rejects + rejects
        return batch

    # -- order and repetition ------------------------------------------------------------------

    def _sequence(self) -> str | None:
        return self.mapping.sequence if self.mapping else None

    def _order(self) -> Order:
        """A first pass over the times of a Parquet file."""
        sources, order = self.intake.sources, Order()
        names = [sources[f][0] for f in ("occurred_at", "recorded_at") if f in sources]
        columns = [name for name in self.raw.names if name in names or name == self._sequence()]
        for raw in self.raw.batches(columns):
            order.add(self.intake.order(raw.columns, raw.rows))
        return order

    def _repeated(self, path: Path, column: str) -> pa.Array:
        """The ids that stand more than once: found on disk, in bounded memory."""
        name = '"' + column.replace('"', '""') + '"'
        with self._duckdb() as connection:
            query = f"SELECT {name}::VARCHAR FROM read_parquet(?) WHERE {name} IS NOT NULL GROUP BY {name} HAVING count(*) > 1"
            rows = connection.execute(query, [str(path)]).fetchall()
        return pa.array([row[0] for row in rows], pa.string())

    def _once(self, batches: Iterator[pa.RecordBatch], repeated: pa.Array) -> Iterator[pa.RecordBatch]:
        """Each id once: a repetition is counted, another content under a known id is rejected."""
        first: dict[str, dict[str, Any]] = {}
        for batch in batches:
            if len(repeated) and batch.num_rows:
                batch = self._without_repetition(batch, repeated, first)
            self.reading.facts += batch.num_rows
            if batch.num_rows:
                yield batch

    def _without_repetition(self, batch: pa.RecordBatch, repeated: pa.Array, first: dict[str, dict[str, Any]]) -> pa.RecordBatch:
        suspects = np.flatnonzero(pc.is_in(batch.column("fact_id"), value_set=repeated).to_numpy(zero_copy_only=False))
        drop = []
        for i in suspects.tolist():
            row = batch.slice(i, 1).to_pylist()[0]
            place = row.pop(ROW)
            content = {name: value for name, value in row.items() if name != "recorded_at" and value is not None}
            known = first.setdefault(row["fact_id"], {**content, ROW: place})
            if known[ROW] == place:
                continue
            drop.append(i)
            different = sorted(n for n in {*known, *content} - {ROW, SEQUENCE} if known.get(n) != content.get(n))
            if not different:
                self.reading.repeated += 1
                continue
            both = ", ".join(f"{n}: {known.get(n)} in row {known[ROW]}, {content.get(n)} here" for n in different)
            reason = f"the id came before with another content ({both})"
            self.reading.rejects.append(Reject(place, row["fact_id"], different[0], reason, "correct it at the source under an id of its own"))
        keep = np.ones(batch.num_rows, np.bool_)
        keep[drop] = False
        return batch.filter(pa.array(keep))

    def _duckdb(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute(f"SET memory_limit='{self.memory}'; SET temp_directory='{self.folder.name}'; SET TimeZone='UTC'; SET enable_progress_bar=false")
        return connection

    def _spool_schema(self) -> pa.Schema:
        fields = [*SCHEMA, pa.field(ROW, pa.int64())]
        if self.intake.label is not None:
            fields.append(pa.field(LABEL, pa.bool_()))
        if self._sequence() is not None:
            fields.append(pa.field(SEQUENCE, pa.int64()))
        return pa.schema([pa.field(f.name, f.type) for f in fields])


def _as(batch: pa.RecordBatch, wanted: pa.Field) -> pa.Array:
    place = batch.schema.get_field_index(wanted.name)
    if place < 0:
        return pa.nulls(batch.num_rows, wanted.type)
    return batch.column(place).cast(wanted.type)


def _utc(column: pa.Array) -> pa.Array:
    return column.cast(pa.timestamp("us", tz="UTC")) if pa.types.is_timestamp(column.type) else column

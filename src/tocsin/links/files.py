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
from tocsin.links.raw import Raw, RawFile
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
        if self.raw.parquet is not None and self._ordered(self.raw):
            repeated = self._repeated(self.path, self.intake.sources["fact_id"][0])
            yield from self._once(self._direct(progress), repeated)
        else:
            spool = self._spooled(progress)
            repeated = self._repeated(spool, "fact_id")
            yield from self._once(self._from_spool(spool, progress), repeated)
        if self.reading.rows == 0 and not self.reading.rejects:
            raise Refused(Problem("the file holds no facts", str(self.path), "give a file with at least one row"))

    # -- the two ways --------------------------------------------------------------------------

    def _direct(self, progress: Progress) -> Iterator[pa.RecordBatch]:
        wanted = {name for name, _ in self.intake.sources.values()} | {self.intake.label, self._sequence()}
        columns = [name for name in self.raw.names if name in wanted]
        for raw in self.raw.batches(columns):
            yield self._taken(raw)
            progress("assess", raw.done, self.raw.size)

    def _spooled(self, progress: Progress) -> Path:
        path = Path(self.folder.name) / "facts.parquet"
        schema = self._spool_schema()
        last, ordered = (np.iinfo(np.int64).min, 0), True
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            for raw in self.raw.batches():
                batch = self._taken(raw)
                columns = [_as(batch, field) for field in schema]
                if batch.num_rows:
                    table = pa.RecordBatch.from_arrays(columns, schema=schema)
                    writer.write_batch(table)
                    steps = _steps(table, last)
                    ordered, last = ordered and steps[0], steps[1]
                progress("read", raw.done, self.raw.size)
        if ordered:
            return path
        target = Path(self.folder.name) / "sorted.parquet"
        with self._duckdb() as connection:
            keys = f'recorded_at, {SEQUENCE + ", " if SEQUENCE in schema.names else ""}{ROW}'
            connection.execute(f"COPY (SELECT * FROM read_parquet(?) ORDER BY {keys}) TO '{target}' (FORMAT parquet, COMPRESSION lz4)", [str(path)])
        path.unlink()
        return target

    def _from_spool(self, path: Path, progress: Progress) -> Iterator[pa.RecordBatch]:
        texts = [name for name in FIELDS if FIELDS[name].type == "text" and name not in ("fact_id", "reported_fact")]
        file = pq.ParquetFile(path, read_dictionary=texts)
        done = 0
        for batch in file.iter_batches(131_072):
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

    def _ordered(self, file: RawFile) -> bool:
        """Whether the rows already stand in ingest order."""
        sources = self.intake.sources
        names = [sources[f][0] for f in ("occurred_at", "recorded_at") if f in sources]
        sequence = self._sequence()
        columns = [name for name in file.names if name in names or name == sequence]
        last = (np.iinfo(np.int64).min, 0)
        for raw in file.batches(columns):
            reading = self.intake.order(raw.columns, raw.rows)
            ordered, last = _steps(reading, last)
            if not ordered:
                return False
        return True

    def _repeated(self, path: Path, column: str) -> pa.Array:
        """The ids that stand more than once: found on disk, in bounded memory."""
        name = '"' + column.replace('"', '""') + '"'
        with self._duckdb() as connection:
            query = f"SELECT {name}::VARCHAR FROM read_parquet(?) WHERE {name} IS NOT NULL GROUP BY {name} HAVING count(*) > 1"
            return connection.execute(query, [str(path)]).to_arrow_table().column(0).combine_chunks().cast(pa.string())

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


def _steps(batch: pa.RecordBatch, last: tuple[int, int]) -> tuple[bool, tuple[int, int]]:
    """Whether (recorded_at, sequence) never falls, and where it ends."""
    if batch.num_rows == 0:
        return True, last
    times = np.append(last[0], batch.column("recorded_at").view(pa.int64()).to_numpy(zero_copy_only=False))
    if SEQUENCE in batch.schema.names:
        numbers = np.append(last[1], pc.fill_null(batch.column(SEQUENCE).cast(pa.int64()), 0).to_numpy(zero_copy_only=False))
    else:
        numbers = np.zeros(len(times), np.int64)
    step = np.diff(times)
    falls = (step < 0) | ((step == 0) & (np.diff(numbers) < 0))
    return not falls.any(), (int(times[-1]), int(numbers[-1]))


def _as(batch: pa.RecordBatch, wanted: pa.Field) -> pa.Array:
    place = batch.schema.get_field_index(wanted.name)
    if place < 0:
        return pa.nulls(batch.num_rows, wanted.type)
    return batch.column(place).cast(wanted.type)


def _utc(column: pa.Array) -> pa.Array:
    return column.cast(pa.timestamp("us", tz="UTC")) if pa.types.is_timestamp(column.type) else column

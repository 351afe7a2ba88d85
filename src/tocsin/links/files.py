"""A file of facts, read in ingest order: checked, each id once, bounded in memory.

A Parquet file that already stands in order and has each id once streams straight through. Anything
else is first read into a temporary Parquet file of facts, and sorted there on disk where it must be.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.facts.fields import FIELDS
from tocsin.facts.intake import LABEL, ROW, SEQUENCE, Intake, Terms
from tocsin.facts.mapping import Mapping
from tocsin.facts.schema import REQUIRED, SCHEMA
from tocsin.links.lines import BATCH
from tocsin.links.order import Order
from tocsin.links.raw import Raw, RawFile
from tocsin.links.rejects import Rejects
from tocsin.links.repeats import Repeats, Rising, repeats, text
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

Progress = Callable[[str, int, int], None]
"""(stage, done, of): called now and then while a file is read."""


@dataclass
class Reading:
    """What came of a file so far."""

    rows: int = 0
    facts: int = 0
    labels: int = 0
    repeated: int = 0
    """Rows whose id and content had come before: counted once."""
    rejects: Rejects = field(default_factory=Rejects)


class FactFile:
    """A file of facts. Use as a context: temporary files live as long as it does."""

    def __init__(self, path: Path, terms: Terms, mapping: Mapping | None = None, memory: str = "2GB") -> None:
        self.raw = RawFile(path)
        self.path, self.memory = path, memory
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
        if order is not None:
            yield from self._counted(order.restored(self._direct(progress)))
        else:
            path, order = self._spooled(progress)
            yield from self._counted(order.restored(self._from_spool(path, progress)))
        self._missed()

    def _counted(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.reading.facts += batch.num_rows
            if self.intake.label is not None:
                self.reading.labels += batch.num_rows - batch.column(LABEL).null_count
            if batch.num_rows:
                empty = [n for i, n in enumerate(batch.schema.names) if batch.column(i).null_count == batch.num_rows]
                yield batch.drop_columns([name for name in empty if name in FIELDS and name not in REQUIRED])

    def _missed(self) -> None:
        """What only the end of a file shows."""
        label = self.intake.label
        if self.reading.rows == 0:
            raise Refused(Problem("the file holds no facts", str(self.path), "give a file with at least one row"))
        if label is not None and self.reading.facts and not self.reading.labels:
            remedy = did_you_mean(label, FIELDS) or "name the column that says what was bad"
            raise Refused(Problem(f"no row has a value in {shown(label)} to judge by", str(self.path), remedy))

    # -- the two ways --------------------------------------------------------------------------

    def _direct(self, progress: Progress) -> Iterator[pa.RecordBatch]:
        wanted = {name for name, _ in self.intake.sources.values()} | {self.intake.label, self.intake.sequence}
        for raw in self.raw.batches([name for name in self.raw.names if name in wanted]):
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
        keys = ", ".join(name for name in ("recorded_at", SEQUENCE, ROW) if name in schema.names)
        with self._duckdb() as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_parquet({text(path)}) ORDER BY {keys}) "  # noqa: S608 names of our own
                f"TO {text(target)} (FORMAT parquet, COMPRESSION lz4)"
            )
        path.unlink()
        return target, Order()

    def _from_spool(self, path: Path, progress: Progress) -> Iterator[pa.RecordBatch]:
        words = [name for name in FIELDS if FIELDS[name].type == "text" and name not in ("fact_id", "reported_fact")]
        again, done = self._repeats(path), 0
        with pq.ParquetFile(path, read_dictionary=words) as file:
            for group in range(file.num_row_groups):
                batch = file.read_row_group(group).combine_chunks().to_batches()[0]
                batch = pa.RecordBatch.from_arrays([_utc(c) for c in batch.columns], names=batch.schema.names)
                yield again.without(batch)
                done += batch.num_rows
                progress("assess", done, file.metadata.num_rows)

    def _taken(self, raw: Raw) -> pa.RecordBatch:
        read = self.intake.objects if isinstance(raw.content, list) else self.intake.read
        batch, rejects = read(raw.content, raw.rows)
        self.reading.rows += len(raw.rows) + len(raw.rejects)
        self.reading.rejects.extend(sorted(raw.rejects + rejects, key=lambda reject: reject.row))
        return batch

    # -- order and repetition ------------------------------------------------------------------

    def _order(self) -> Order | None:
        """The order of a Parquet file from a first pass over its times; None where it cannot stream as it is."""
        order, rising = Order(), Rising()
        for seen in self._glances():
            order.add(seen)
            rising.add(seen.column("fact_id"))
        return order if order.near and (rising.all or not self._twice()) else None

    def _glances(self) -> Iterator[pa.RecordBatch]:
        """Only ids and what tells the order."""
        sources = self.intake.sources
        wanted = [sources[f][0] for f in ("fact_id", "occurred_at", "recorded_at") if f in sources]
        for raw in self.raw.batches([n for n in self.raw.names if n in wanted or n == self.intake.sequence]):
            yield self.intake.order(raw.content)

    def _twice(self) -> bool:
        """Whether an id comes more than once."""
        with self._duckdb() as connection:
            connection.execute("CREATE TABLE ids (id VARCHAR)")
            for seen in self._glances():
                connection.register("batch", pa.table({"id": seen.column("fact_id")}))
                connection.execute("INSERT INTO ids FROM batch")
            once = "SELECT 1 FROM ids WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1 LIMIT 1"
            return bool(connection.execute(once).fetchall())

    def _repeats(self, path: Path) -> Repeats:
        with self._duckdb() as connection:
            found = repeats(connection, path, self._spool_schema().names)
            self.reading.repeated = found.same
            self.reading.rejects.extend(found.conflicts)
        return found

    def _duckdb(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute(
            f"SET memory_limit='{self.memory}'; SET temp_directory={text(Path(self.folder.name))}; "
            "SET TimeZone='UTC'; SET enable_progress_bar=false"
        )
        return connection

    def _spool_schema(self) -> pa.Schema:
        beside = {ROW: pa.int64(), LABEL: pa.bool_(), SEQUENCE: pa.int64()}
        if self.intake.label is None:
            del beside[LABEL]
        if self.intake.sequence is None:
            del beside[SEQUENCE]
        return pa.schema([(f.name, f.type) for f in SCHEMA] + list(beside.items()))


def _as(batch: pa.RecordBatch, wanted: pa.Field) -> pa.Array:
    place = batch.schema.get_field_index(wanted.name)
    if place < 0:
        return pa.nulls(batch.num_rows, wanted.type)
    return batch.column(place).cast(wanted.type)


def _utc(column: pa.Array) -> pa.Array:
    return column.cast(pa.timestamp("us", tz="UTC")) if pa.types.is_timestamp(column.type) else column

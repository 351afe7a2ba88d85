"""Files of facts into the log: read, checked, in ingest order; what was there before counts once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.desk import policies
from tocsin.desk.clerk import Given
from tocsin.desk.faults import Fault
from tocsin.desk.inbox import Taken
from tocsin.desk.ledger import Ledger, clock
from tocsin.desk.live import Live
from tocsin.facts import wire
from tocsin.facts.intake import ROW, Reject, Terms
from tocsin.facts.kinds import KINDS, AnyFact, allowed
from tocsin.links.files import FactFile
from tocsin.links.results import ahead
from tocsin.values import instant

_AT_ONCE = 2_000
_GROUP = 10_000
"""Facts of one commit where nobody waits for an answer."""
_encode = msgspec.json.Encoder().encode
Progress = Callable[[str, int, int], None]
Part = tuple[list[int], list[Given]]
"""Rows of a file, by their place in it, and their facts."""


class Source:
    """A file of facts and what came of it so far. Use as a context. Refused where the file cannot be read at all."""

    def __init__(self, path: Path, currency: str | None, mapping: Path | None = None) -> None:
        """`currency` is the policy's, where it is known."""
        self.path = path
        self.file = FactFile(path, Terms(clock(), currency), policies.mapping(mapping))
        self.facts = self.repeated = 0
        self.rejects: list[Reject] = []

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.__exit__(*exception)

    def parts(self, size: int, progress: Progress = lambda stage, done, of: None) -> Iterator[Part]:
        """The facts of the file in ingest order, at most `size` at a time."""
        for batch in self.file.batches(progress):
            for start in range(0, batch.num_rows, size):
                part = batch.slice(start, size)
                yield part.column(ROW).to_pylist(), given_of(part)

    def came(self, rows: Sequence[int], answers: Sequence[Fault | bool]) -> None:
        """Count what came of facts: True where one was there before; one that was refused is set aside."""
        for row, answer in zip(rows, answers, strict=True):
            if isinstance(answer, Fault):
                self.rejects.append(Reject(row, answer.fact_id, answer.field, answer.reason, answer.remedy))
            elif answer:
                self.repeated += 1
            else:
                self.facts += 1

    def taken(self, beside: Path | None = None) -> Taken:
        """What came of the whole file. Rows that are no facts, and refused facts, go to a file, one beside it if none is named."""
        rejects = sorted([*self.rejects, *self.file.reading.rejects], key=lambda reject: reject.row)
        beside = beside or self.path.with_name(f"{self.path.name}.rejects.ndjson")
        if rejects:
            with beside.open("wb") as out:
                out.writelines(_encode(reject) + b"\n" for reject in rejects)
        repeated = self.repeated + self.file.reading.repeated
        return Taken(self.facts, repeated, len(rejects), beside if rejects else None)


async def ingest(
    live: Live, path: Path, mapping: Path | None = None, progress: Progress = lambda stage, done, of: None
) -> Taken:
    """Record every fact of a file through the live service. Refused where the file cannot be read at all."""
    clerk = live.ledger.clerk
    currency = clerk.standing.policy.currency if clerk is not None else None
    with Source(path, currency, mapping) as source:
        parts = source.parts(_AT_ONCE, progress)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            rows, given = part
            answers = await live.take(given)
            source.came(rows, [one if isinstance(one, Fault) else one.repeated for one in answers])
        return source.taken()


def load(ledger: Ledger, source: Source, progress: Progress = lambda stage, done, of: None) -> None:
    """Record every fact of a source in a ledger that this process alone holds, and keep the standing at the end."""
    clerk, journal = ledger.clerk, ledger.journal
    assert clerk is not None
    with ThreadPoolExecutor(1, "tend") as pool:
        tending, tended = Future[None](), time.monotonic()
        tending.set_result(None)
        for rows, given in ahead(source.parts(_GROUP, progress)):
            answers = clerk.take(given, clock())
            ledger.store()
            source.came(rows, [one if isinstance(one, Fault) else one.repeated for one in answers])
            segment = ledger.segment()
            if segment is not None:
                segment()
            if tending.done() and time.monotonic() - tended > 1:
                tending.result()
                tending, tended = pool.submit(journal.tend), time.monotonic()
    ledger.store()  # what shadows said otherwise of the last facts
    for task in ledger.snapshots():
        task()
    rest = ledger.segment(1)
    if rest is not None:
        rest()


# -- columns to facts ----------------------------------------------------------------------------


def given_of(batch: pa.RecordBatch) -> list[Given]:
    """Facts of a batch of the canonical schema, as if each had been sent. The intake has checked every value."""
    kinds = batch.column("kind")
    if not pa.types.is_dictionary(kinds.type):
        kinds = kinds.dictionary_encode()
    codes = kinds.indices.to_numpy(zero_copy_only=False)
    facts: list[Any] = [None] * batch.num_rows
    for code, kind in enumerate(kinds.dictionary.to_pylist()):
        places = np.flatnonzero(codes == code)
        if len(places):
            for place, fact in zip(places.tolist(), _facts(kind, batch.take(pa.array(places))), strict=True):
                facts[place] = fact
    return list(map(Given, facts, map(wire.encode, facts)))


def _facts(kind: str, batch: pa.RecordBatch) -> list[AnyFact]:
    """Facts of one kind, column by column."""
    names = [name for name in allowed(kind) if name != "kind" and name in batch.schema.names]
    names = [name for name in names if batch.column(name).null_count < batch.num_rows]
    made: Callable[..., AnyFact] = KINDS[kind]  # type: ignore[assignment]
    columns = [_values(batch.column(name)) for name in names]
    return [made(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        words = [*column.dictionary.to_pylist(), None]
        return [words[code] for code in column.indices.fill_null(-1).to_numpy(zero_copy_only=False).tolist()]
    if pa.types.is_timestamp(column.type):
        epoch, times = instant.EPOCH, column.view(pa.int64()).to_pylist()
        return [None if time is None else epoch + timedelta(microseconds=time) for time in times]
    values: list[Any] = column.to_pylist()
    return values

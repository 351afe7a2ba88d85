"""Files of facts into the live service: read, checked, in ingest order; what was there before counts once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from tocsin.desk import policies
from tocsin.desk.clerk import Given
from tocsin.desk.faults import Fault
from tocsin.desk.inbox import Taken
from tocsin.desk.ledger import clock
from tocsin.desk.live import Live
from tocsin.facts import wire
from tocsin.facts.fields import FIELDS
from tocsin.facts.intake import ROW, Reject, Terms
from tocsin.facts.kinds import AnyFact
from tocsin.links.files import FactFile

_AT_ONCE = 2_000
Progress = Callable[[str, int, int], None]


async def ingest(
    live: Live, path: Path, mapping: Path | None = None, progress: Progress = lambda stage, done, of: None
) -> Taken:
    """Record every fact of a file. Rows that are no facts, and facts that are refused, go to a rejects file beside it.

    Refused where the file cannot be read at all.
    """
    clerk = live.ledger.clerk
    currency = clerk.standing.policy.currency if clerk is not None else None
    facts, repeated, rejects = 0, 0, list[Reject]()
    with FactFile(path, Terms(clock(), currency), policies.mapping(mapping)) as file:
        batches = file.batches(progress)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            for start in range(0, batch.num_rows, _AT_ONCE):
                part = batch.slice(start, _AT_ONCE)
                given = await asyncio.to_thread(lambda part=part: list(given_of(part)))  # type: ignore[misc]
                rows = part.column(ROW).to_pylist()
                for row, answer in zip(rows, await live.take(given), strict=True):
                    if isinstance(answer, Fault):
                        rejects.append(Reject(row, answer.fact_id, answer.field, answer.reason, answer.remedy))
                    elif answer.repeated:
                        repeated += 1
                    else:
                        facts += 1
        rejects += list(file.reading.rejects)
        repeated += file.reading.repeated
    beside = path.with_name(f"{path.name}.rejects.ndjson")
    if rejects:
        encode = msgspec.json.Encoder().encode
        with beside.open("wb") as out:
            out.writelines(encode(reject) + b"\n" for reject in sorted(rejects, key=lambda reject: reject.row))
    return Taken(facts, repeated, len(rejects), beside if rejects else None)


def given_of(batch: pa.RecordBatch) -> Iterator[Given]:
    """Facts of a batch of the canonical schema, as if each had been sent."""
    names = [name for name in batch.schema.names if name in FIELDS]
    columns = [batch.column(name).to_pylist() for name in names]
    for values in zip(*columns, strict=True):
        said: dict[str, Any] = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        fact: AnyFact = msgspec.convert(said, AnyFact)
        yield Given(fact, wire.encode(fact))

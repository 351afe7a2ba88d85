"""Raw batches of a file, in its own columns: Parquet, CSV or NDJSON, told apart by content."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tocsin.facts import wire
from tocsin.facts.intake import Reject
from tocsin.links.lines import Lines, blocks, opened
from tocsin.values.problem import Problem, Refused, shown

BATCH = 131_072


@dataclass
class Raw:
    """Rows as the file has them, their places in it, and what could not even be split into columns.

    `done`: how far into the file this is, in the unit of `RawFile.size`.
    """

    columns: pa.RecordBatch
    rows: NDArray[np.int64]
    done: int
    rejects: list[Reject] = field(default_factory=list)


class RawFile:
    """A file of rows. `names`: its columns; `fixed`: they are the same for every row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise Refused(Problem("there is no such file", str(path), "check the path"))
        if path.is_dir():
            raise Refused(Problem("this is a folder", str(path), "name the file in it"))
        self.form = _form(path)
        self.fixed = self.form != "ndjson"
        self.parquet: pq.ParquetFile | None = None
        self.names: list[str] = []
        if self.form == "parquet":
            self.parquet = _parquet(path)
            self.names = self.parquet.schema_arrow.names
            self.size = self.parquet.metadata.num_rows
        else:
            self.size = path.stat().st_size
            self.names = _header(path) if self.form == "csv" else []

    def batches(self, columns: list[str] | None = None) -> Iterator[Raw]:
        """Every row of the file, `columns` of it where it is Parquet."""
        if self.parquet is not None:
            yield from self._parquet_batches(self.parquet, columns)
        elif self.form == "csv":
            yield from self._csv_batches()
        else:
            for lines in blocks(self.path):
                yield _objects(lines)

    def _parquet_batches(self, file: pq.ParquetFile, columns: list[str] | None) -> Iterator[Raw]:
        at = 0
        try:
            for batch in file.iter_batches(BATCH, columns=columns):
                rows = np.arange(at + 1, at + 1 + batch.num_rows)
                at += batch.num_rows
                yield Raw(batch, rows, at)
        except (pa.ArrowInvalid, OSError) as error:
            raise Refused(Problem(f"the Parquet file is damaged after row {at:,} ({_short(error)})", str(self.path), "fetch it again")) from None

    def _csv_batches(self) -> Iterator[Raw]:
        first = True
        for lines in blocks(self.path):
            if first and lines.texts:
                lines.texts, lines.numbers, first = lines.texts[1:], lines.numbers[1:], False
            yield self._csv(lines)

    def _csv(self, lines: Lines) -> Raw:
        wrong: list[int] = []

        def note(row: Any) -> str:
            wrong.append(int(row.number) - 1)
            return "skip"

        read = pa.csv.ReadOptions(column_names=self.names, use_threads=False, block_size=1 << 30)
        parse = pa.csv.ParseOptions(invalid_row_handler=note, newlines_in_values=False)
        convert = pa.csv.ConvertOptions(column_types=dict.fromkeys(self.names, pa.string()), strings_can_be_null=True, null_values=[""])
        rows = np.array(lines.numbers, np.int64)
        schema = pa.schema([(name, pa.string()) for name in self.names])
        if not lines.texts:
            return Raw(pa.RecordBatch.from_pylist([], schema), rows, lines.read, lines.rejects)
        table = pa.csv.read_csv(io.BytesIO(b"\n".join(lines.texts) + b"\n"), read, parse, convert)
        for index in wrong:
            lines.reject(lines.numbers[index], f"the line does not have {len(self.names)} columns", "check its commas and quotes")
        batch = table.combine_chunks().to_batches()
        kept = np.delete(rows, wrong)
        return Raw(batch[0] if batch else pa.RecordBatch.from_pylist([], schema), kept, lines.read, lines.rejects)


def _form(path: Path) -> str:
    with opened(path) as file:
        try:
            head = file.read(4096)
        except (EOFError, OSError) as error:
            raise Refused(Problem(f"it cannot be unpacked ({_short(error)})", str(path), "fetch it again")) from None
    if not head:
        raise Refused(Problem("the file is empty", str(path), "give a file of facts: Parquet, CSV or NDJSON"))
    if head.startswith(b"PAR1"):
        return "parquet"
    start = head.lstrip()[:1]
    if start == b"[":
        raise Refused(Problem("this is a JSON array", str(path), "write one object on each line (NDJSON)"))
    if start == b"{":
        return "ndjson"
    if b"\x00" in head:
        raise Refused(Problem("this is neither Parquet nor text", str(path), "give Parquet, CSV or NDJSON, plain or gzip"))
    return "csv"


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Refused(Problem(f"the Parquet file is damaged or cut short ({_short(error)})", str(path), "fetch it again")) from None


def _header(path: Path) -> list[str]:
    with opened(path) as file:
        line = file.readline(1_000_000)
    try:
        names = next(csv.reader([line.decode("utf-8-sig").rstrip("\r\n")]), [])
    except (UnicodeDecodeError, csv.Error):
        raise Refused(Problem("the first line is no CSV header in UTF-8", str(path), "give a header of column names")) from None
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refused(Problem(f"column {shown(twice[0])} stands twice in the header", str(path), "rename one of them"))
    return [name.strip() for name in names]


def _objects(lines: Lines) -> Raw:
    """JSON objects to columns; a line that is none is rejected."""
    facts: list[dict[str, Any]] = []
    rows: list[int] = []
    decode = msgspec.json.Decoder().decode
    for text, number in zip(lines.texts, lines.numbers, strict=True):
        try:
            value = decode(text)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            lines.reject(number, f"not JSON ({_short(error)})", "write one JSON object on each line")
            continue
        if not isinstance(value, dict):
            lines.reject(number, f"a fact is a JSON object, this is {shown(text.decode()[:40])}", "write one JSON object on each line")
            continue
        facts.append(wire.unwrapped(value))
        rows.append(number)
    names = list(dict.fromkeys(name for fact in facts for name in fact))
    arrays = [_column([fact.get(name) for fact in facts]) for name in names]
    batch = pa.RecordBatch.from_arrays(arrays, names=names) if names else pa.RecordBatch.from_pylist([{}] * len(facts), pa.schema([]))
    return Raw(batch, np.array(rows, np.int64), lines.read, lines.rejects)


def _column(values: list[Any]) -> pa.Array:
    """A column of one type; where the rows disagree, as text, so that each is judged by itself."""
    try:
        array = pa.array(values)
        if not pa.types.is_nested(array.type):
            return array
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        pass
    return pa.array([None if v is None else v.encode("utf-8", "replace").decode() if isinstance(v, str) else json.dumps(v)[:200] for v in values], pa.string())


def _short(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:120].rstrip(".")

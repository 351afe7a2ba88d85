"""Raw rows of a file, as it writes them: Parquet, CSV or NDJSON, told apart by content."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tocsin.facts import wire
from tocsin.facts.intake import Reject
from tocsin.links.lines import BATCH, Lines, blocks, head
from tocsin.links.records import WHOLE, header, tables
from tocsin.values.problem import Problem, Refused, shown

_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass
class Raw:
    """Rows as the file has them, in columns or as JSON objects, their places in it, and what is not even a row.

    `done`: how far into the file this is, in the unit of `RawFile.size`.
    """

    content: pa.RecordBatch | list[dict[str, Any]]
    rows: NDArray[np.int64]
    done: int
    rejects: list[Reject] = field(default_factory=list)


class RawFile:
    """A file of rows. `names`: its columns; `fixed`: they are the same for every row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise Refused(Problem("there is no such file", str(path), "check the path"))
        if not path.is_file():
            what = "a folder" if path.is_dir() else "not a file that can be read twice"
            raise Refused(Problem(f"this is {what}", str(path), "name a file"))
        self.form = _form(path)
        self.fixed = self.form != "ndjson"
        self.parquet: pq.ParquetFile | None = None
        self.names: list[str] = []
        if self.form == "parquet":
            self.parquet, self.names = _parquet(path)
            self.size = self.parquet.metadata.num_rows
        else:
            self.size = path.stat().st_size
            self.names = _header(path) if self.form == "csv" else []
        twice = next((name for name in self.names if self.names.count(name) > 1), None)
        if twice is not None:
            raise Refused(Problem(f"column {shown(twice)} stands twice in the file", str(path), "rename one of them"))

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
            for groups in _pieces(file):
                batches = file.iter_batches(BATCH, groups, columns)
                for batch in batches if len(groups) == 1 else _joined(batches):
                    rows = np.arange(at + 1, at + 1 + batch.num_rows)
                    at += batch.num_rows
                    yield Raw(batch, rows, at)
            if at != self.size:
                raise pa.ArrowInvalid(f"it says it has {self.size:,} rows")
        except (pa.ArrowException, OSError) as error:
            what = f"the Parquet file is damaged after row {at:,} ({_short(error)})"
            raise Refused(Problem(what, str(self.path), "fetch it again")) from None

    def _csv_batches(self) -> Iterator[Raw]:
        for batch, rows, block in tables(_below_header(blocks(self.path)), self.names):
            yield Raw(batch, rows, block.read, block.rejects)


def _below_header(lines: Iterable[Lines]) -> Iterator[Lines]:
    above = True
    for block in lines:
        if above and block.texts:
            del block.texts[0], block.numbers[0]
            above = False
        yield block


def _form(path: Path) -> str:
    start, packed = head(path)
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"PAR1"):
        if packed:
            raise Refused(Problem("this is Parquet inside gzip", str(path), "unpack it first"))
        return "parquet"
    if start.startswith(_UTF_16):
        raise Refused(Problem("this is UTF-16", str(path), "save the file as UTF-8"))
    if text.startswith(b"["):
        raise Refused(Problem("this is a JSON array", str(path), "write one object on each line (NDJSON)"))
    if text.startswith(b"{"):
        return "ndjson"
    if _BINARY.search(text.split(b"\n", 1)[0]):
        raise Refused(
            Problem("this is neither Parquet nor text", str(path), "give Parquet, CSV or NDJSON, plain or gzip")
        )
    return "csv"


def _parquet(path: Path) -> tuple[pq.ParquetFile, list[str]]:
    try:
        file = pq.ParquetFile(path)
        if coded := _coded(file):
            file = pq.ParquetFile(path, read_dictionary=coded)
        return file, file.schema_arrow.names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        what = f"the Parquet file is damaged or cut short ({_short(error)})"
        raise Refused(Problem(what, str(path), "fetch it again")) from None


def _coded(file: pq.ParquetFile) -> list[str]:
    """The text columns that stand in the file as codes: reading them so saves finding the words again."""
    if file.metadata.num_row_groups == 0:
        return []
    group, schema = file.metadata.row_group(0), file.schema_arrow
    columns = (group.column(i) for i in range(group.num_columns))
    small = [c.path_in_schema for c in columns if c.num_values and c.total_uncompressed_size < 8 * c.num_values]
    return [name for name in small if name in schema.names and pa.types.is_string(schema.field(name).type)]


def _pieces(file: pq.ParquetFile) -> list[list[int]]:
    """The row groups that are read together: a large one alone, several small ones. Coded columns end with their
    row group, others do not; read so, a file comes in the same batches whichever of its columns are asked for."""
    result, rows = list[list[int]](), 0
    for group in range(file.metadata.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if not result or rows + size > BATCH:
            result.append([])
            rows = 0
        result[-1].append(group)
        rows += size
    return result


def _joined(batches: Iterable[pa.RecordBatch]) -> list[pa.RecordBatch]:
    pieces = list(batches)
    return pa.Table.from_batches(pieces).unify_dictionaries().combine_chunks().to_batches() if pieces else pieces


def _header(path: Path) -> list[str]:
    """The names of the columns: the first line of a CSV file that is not blank."""
    lines = next((lines for lines in blocks(path) if lines.texts or lines.rejects), Lines())
    for reject in lines.rejects:
        if not lines.texts or reject.row < lines.numbers[0]:
            raise Refused(Problem(f"the header cannot be read: {reject.reason}", f"{path}:{reject.row}", reject.remedy))
    if not lines.texts:
        raise Refused(Problem("the file is empty", str(path), "give a file of facts: Parquet, CSV or NDJSON"))
    place = f"{path}:{lines.numbers[0]}"
    if not WHOLE.fullmatch(lines.texts[0]):
        what = "the quotes or line ends of the header are broken"
        raise Refused(Problem(what, place, "write one line of column names, ended by a line feed"))
    names = header(lines.texts[0])
    sign = next((sign for sign in ";\t|" if len(names) == 1 and sign in names[0]), None)
    if sign is not None:
        raise Refused(Problem(f"the columns are divided by {shown(sign)}", place, "divide them by commas"))
    return names


def _objects(lines: Lines) -> Raw:
    """Lines to JSON objects; a line that is none is rejected."""
    facts: list[dict[str, Any]] = []
    rows: list[int] = []
    for text, number in zip(lines.texts, lines.numbers, strict=True):
        try:
            facts.append(wire.opened(text))
            rows.append(number)
        except wire.Unreadable as error:
            lines.rejects.append(Reject(number, error.fact_id, error.field, error.reason, error.remedy))
    return Raw(facts, np.array(rows, np.int64), lines.read, lines.rejects)


def _short(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:120].rstrip(".")

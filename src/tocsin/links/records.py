"""CSV (RFC 4180) to columns of text, block by block, each row with the number of its first line.

A quoted value may run over several lines. A quote that never closes costs its own line, not the
rest of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from tocsin.links.lines import LONGEST, Lines

WHOLE = re.compile(rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r]*+)(?:,(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r]*+))*+')
"""A line that is a record by itself."""
_QUOTES = 'write "" for a quote in a quoted value'

Table = tuple[pa.RecordBatch, NDArray[np.int64], Lines]


def header(line: bytes) -> list[str]:
    """The names of the columns."""
    return [name.strip() for name in next(csv.reader([line.decode()]))]


def tables(blocks: Iterable[Lines], names: list[str]) -> Iterator[Table]:
    """Lines without their header to columns of text, line numbers and rejects."""
    held = Lines()
    for block in blocks:
        block.texts, block.numbers = held.texts + block.texts, held.numbers + block.numbers
        held = Lines(read=block.read)
        text = b"\n".join(block.texts)
        simple = b"\r" not in text and (b'"' not in text or WHOLE.fullmatch(block.texts[-1]) is not None)
        table = _table(block, names, text) if simple else None
        yield table if table is not None else _records(_joined(block, held), names)
    if held.texts:
        yield _records(_joined(held, None), names)


def _records(block: Lines, names: list[str]) -> Table:
    table = _table(block, names, b"\n".join(block.texts))
    assert table is not None, "each text is a record"
    return table


def _joined(block: Lines, held: Lines | None) -> Lines:
    """Lines joined to records. One that may go on in the next block is held back, where there is a next one."""
    result = Lines(rejects=block.rejects, read=block.read)
    at, texts = 0, block.texts
    while at < len(texts):
        text, end = texts[at], at + 1
        if not WHOLE.fullmatch(text):
            end = _closing(texts, at)
            text = b"\n".join(texts[at:end])
            if end > len(texts) and held is not None:
                held.texts, held.numbers = texts[at:], block.numbers[at:]
                break
            if not WHOLE.fullmatch(text):
                result.reject(block.numbers[at], "its quotes or its line ends are broken", _QUOTES)
                at += 1
                continue
        result.texts.append(text)
        result.numbers.append(block.numbers[at])
        at = end
    return result


def _closing(texts: list[bytes], start: int) -> int:
    """Behind the line that closes the quote which line `start` leaves open; beyond the last one where none does yet."""
    if texts[start].count(b'"') % 2 == 0:
        return start + 1
    size = len(texts[start])
    for at in range(start + 1, len(texts)):
        size += len(texts[at])
        if size > LONGEST:
            return start + 1
        if texts[at].count(b'"') % 2:
            return at + 1
    return len(texts) + 1


def _table(lines: Lines, names: list[str], text: bytes) -> Table | None:
    """Records to columns; one with another number of columns is rejected. `text` has all their texts.

    None where a row ran over several texts: as each row ends with one, as many rows as texts means
    a row for each.
    """
    schema = pa.schema([(name, pa.string()) for name in names])
    if not lines.texts:
        return pa.RecordBatch.from_pylist([], schema), np.empty(0, np.int64), lines
    wrong: dict[int, int] = {}

    def note(row: Any) -> str:
        wrong[int(row.number) - 1] = int(row.actual_columns)
        return "skip"

    read = pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=1 << 30)
    parse = pa.csv.ParseOptions(invalid_row_handler=note, newlines_in_values=True, ignore_empty_lines=False)
    convert = pa.csv.ConvertOptions(column_types=schema, strings_can_be_null=True, null_values=[""])
    batches = pa.csv.read_csv(io.BytesIO(text + b"\n"), read, parse, convert).combine_chunks().to_batches()
    batch = batches[0] if batches else pa.RecordBatch.from_pylist([], schema)
    if batch.num_rows + len(wrong) != len(lines.texts):
        return None
    for at, columns in wrong.items():
        what = f"the line has {columns} columns, the header has {len(names)}"
        lines.reject(lines.numbers[at], what, "check its commas and quotes")
    return batch, np.delete(np.array(lines.numbers, np.int64), list(wrong)), lines

"""CSV (RFC 4180) from lines: records of a fixed number of columns, each with the number of its first line.

A quoted value may run over several lines. A quote that never closes costs its own line, not the
rest of the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from tocsin.links.lines import LONGEST, Lines

_WHOLE = re.compile(rb'(?:"(?:[^"]|"")*+"|[^",\r]*)(?:,(?:"(?:[^"]|"")*+"|[^",\r]*))*+')


def records(blocks: Iterable[Lines]) -> Iterator[Lines]:
    """The same blocks with lines joined to records, where quotes say so; what cannot be one is rejected."""
    rest = Lines()
    for block in blocks:
        block.texts, block.numbers = rest.texts + block.texts, rest.numbers + block.numbers
        rest = Lines()
        yield _joined(block, rest)
    if rest.texts:
        rest.read = block.read
        yield _joined(rest, None)


def _joined(block: Lines, rest: Lines | None) -> Lines:
    """One block; a record that may go on in the next one is left in `rest`, where there is a next one."""
    if not any(b'"' in text or b"\r" in text for text in block.texts):
        return block
    result = Lines(rejects=block.rejects, read=block.read)
    at = 0
    while at < len(block.texts):
        text, number = block.texts[at], block.numbers[at]
        end = at + 1
        if not _WHOLE.fullmatch(text):
            end = _closing(block.texts, at)
            text = b"\n".join(block.texts[at:end])
            if end > len(block.texts) and rest is not None:
                rest.texts, rest.numbers = block.texts[at:], block.numbers[at:]
                return result
            if end > len(block.texts) or not _WHOLE.fullmatch(text):
                result.reject(number, "its quotes or line ends are broken", 'write "" for a quote in a quoted value')
                at += 1
                continue
        result.texts.append(text)
        result.numbers.append(number)
        at = end
    return result


def _closing(texts: list[bytes], start: int) -> int:
    """Behind the line that closes the quote which line `start` leaves open; beyond the last where none does."""
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


def table(lines: Lines, names: list[str]) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
    """Records to columns of text and their line numbers; one with another number of columns is rejected."""
    wrong: list[int] = []

    def note(row: Any) -> str:
        at = int(row.number) - 1
        what = f"the line has {row.actual_columns} columns, the header has {row.expected_columns}"
        lines.reject(lines.numbers[at], what, "check its commas and quotes")
        wrong.append(at)
        return "skip"

    schema = pa.schema([(name, pa.string()) for name in names])
    read = pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=1 << 30)
    parse = pa.csv.ParseOptions(invalid_row_handler=note, newlines_in_values=True, ignore_empty_lines=False)
    convert = pa.csv.ConvertOptions(column_types=schema, strings_can_be_null=True, null_values=[""])
    rows = np.array(lines.numbers, np.int64)
    if not lines.texts:
        return pa.RecordBatch.from_pylist([], schema), rows
    whole = pa.csv.read_csv(io.BytesIO(b"\n".join(lines.texts) + b"\n"), read, parse, convert).combine_chunks()
    batches = whole.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema), np.delete(rows, wrong)

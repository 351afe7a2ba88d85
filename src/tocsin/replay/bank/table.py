"""Rows as Arrow tables in the canonical schema."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.facts.fields import FIELDS
from tocsin.facts.schema import SCHEMA
from tocsin.replay.bank.draws import Flags, Ints, keyed, mix
from tocsin.replay.bank.rows import ABSENT, WORD, Rows

Letters = NDArray[np.uint8]
"""Texts of equal length, one a line."""

_QUADS = np.array([list(f"{n:04d}".encode()) for n in range(10_000)], np.uint8)
_HEX = np.array([list(f"{n:02x}".encode()) for n in range(256)], np.uint8)
_WORDS = pa.array(list(WORD), pa.string())


def as_batch(rows: Rows) -> pa.RecordBatch:
    """Rows in the canonical schema."""
    return pa.record_batch([_column(rows, field) for field in SCHEMA], schema=SCHEMA)


def _column(rows: Rows, field: pa.Field) -> pa.Array:
    name, type_ = field.name, FIELDS[field.name].type
    column = np.ascontiguousarray(rows[name])
    absent = column == ABSENT[type_]
    if absent.all():
        return pa.nulls(len(rows), field.type)
    if name in _SPELT:
        return _spelt(_SPELT[name](rows[~absent], column[~absent]), absent)
    mask = absent if absent.any() else None
    if type_ == "text":
        return _WORDS.take(pa.array(column, mask=mask))
    if type_ == "flag":
        return pa.array(column == 1, mask=mask)
    return pa.array(column, mask=mask).cast(field.type)


def _spelt(letters: Letters, absent: Flags) -> pa.Array:
    """One text for each row that is not absent."""
    ends = np.cumsum(np.where(absent, 0, letters.shape[1]), dtype=np.int32)
    offsets = np.concatenate([np.zeros(1, np.int32), ends])
    valid = pa.py_buffer(np.packbits(~absent, bitorder="little")) if absent.any() else None
    parts = [valid, pa.py_buffer(offsets), pa.py_buffer(letters.tobytes())]
    return pa.Array.from_buffers(pa.string(), len(absent), parts)


def _digits(initial: str, numbers: Ints) -> Letters:
    """'a' and 42 to 'a00000042'."""
    first = np.full((len(numbers), 1), ord(initial), np.uint8)
    return np.hstack([first, _QUADS[numbers // 10_000], _QUADS[numbers % 10_000]])


def _fact(rows: Rows, numbers: Ints) -> Letters:
    """The account's digits and the fact's number within it."""
    return np.hstack([_digits("f", rows["account"]), _digits("-", numbers)])


def _opaque(_: Rows, numbers: Ints) -> Letters:
    """Sixteen hexadecimal digits that tell nothing of the number: whose a device is must be found out."""
    scrambled = mix(keyed(numbers.astype(np.uint64), 0)).astype("<u8")
    return _HEX[scrambled.view(np.uint8)].reshape(len(numbers), 16)


_SPELT: dict[str, Callable[[Rows, Ints], Letters]] = {
    "fact_id": _fact,
    "reported_fact": _fact,
    "account": lambda _, numbers: _digits("a", numbers),
    "customer": lambda _, numbers: _digits("c", numbers),
    "merchant": lambda _, numbers: _digits("m", numbers),
    "device": _opaque,
    "counterparty": _opaque,
}

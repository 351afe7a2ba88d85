"""Facts as the kernel sees them: a matrix of int64, one row for each input, texts as numbers.

Each text vocabulary (accounts, merchants, countries …) has one dictionary; a code is its place in
order of first appearance. What a policy asks of a text (LIKE, a long IN) is decided once for each
distinct value, what it asks of a time (hour, weekday) once for each fact, in the policy's zone.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts.fields import FIELDS
from tocsin.policy import tree
from tocsin.policy.types import Type
from tocsin.values import instant
from tocsin.values.kernel import NULL

Matrix = NDArray[np.int64]
Value = str | int | bool | datetime | None

_HOUR, _DAY = 3_600_000_000, 86_400_000_000


class Codes(dict[str, int]):
    """The number of each word: `codes[word]` gives a new one the next."""

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self.words = words

    def __missing__(self, word: str) -> int:
        code = self[word] = len(self.words)
        self.words.append(word)
        return code


class Dictionary:
    """Texts of one vocabulary, numbered in order of first appearance."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.codes = Codes(self.words)

    def code(self, word: str) -> int:
        return self.codes[word]

    def __len__(self) -> int:
        return len(self.words)

    def learn(self, word: bytes) -> None:
        """Number a new word, as UTF-8."""
        self.codes[word.decode()]

    def since(self, count: int) -> tuple[bytes, Matrix]:
        """The words behind the first so many as one text in UTF-8, and where each ends."""
        words = [word.encode() for word in self.words[count:]]
        return b"".join(words), np.cumsum([len(word) for word in words], dtype=np.int64)

    def encode(self, column: pa.Array) -> Matrix:
        """A text column to codes, NULL where it is null."""
        if not isinstance(column, pa.DictionaryArray):
            column = pc.dictionary_encode(column)
        words = column.dictionary.to_pylist()
        codes = np.fromiter(map(self.codes.__getitem__, words), np.int64, len(words))
        if column.null_count == 0:
            places = column.indices.to_numpy(zero_copy_only=False)
        else:
            places = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
        coded: Matrix = np.append(codes, NULL)[places]
        return coded

    def forget(self, size: int) -> None:
        """Only the first `size` words remain."""
        for word in self.words[size:]:
            del self.codes[word]
        del self.words[size:]

    def restore(self, words: list[str]) -> None:
        """Become the dictionary that had these words."""
        self.words[:] = words
        self.codes.clear()
        self.codes.update({word: code for code, word in enumerate(words)})


class Numbers(dict[tuple[int, ...], int]):
    """The number of each combination: `numbers[key]` gives a new one the next."""

    def __missing__(self, key: tuple[int, ...]) -> int:
        number = self[key] = len(self)
        return number


class Pairs:
    """Keys of several fields, numbered in order of first appearance of the combination."""

    def __init__(self) -> None:
        self.codes = Numbers()

    def __len__(self) -> int:
        return len(self.codes)

    def learn(self, keys: Matrix) -> None:
        """Number new combinations, int64[n, fields]."""
        first = len(self.codes)
        columns = (column.tolist() for column in keys.T)
        self.codes.update(zip(zip(*columns, strict=True), range(first, first + len(keys)), strict=True))

    def keys(self, fields: int, count: int = 0) -> Matrix:
        """The combinations behind the first so many, int64[n, fields]."""
        size = len(self.codes) - count
        last = islice(reversed(self.codes), size)  # from the end: the others may be millions
        return np.fromiter(chain.from_iterable(last), np.int64, size * fields).reshape(size, fields)[::-1]

    def since(self, count: int) -> tuple[bytes, Matrix]:
        """The same, each as little-endian uint32, and where each ends."""
        fields = len(next(iter(self.codes), ()))
        keys = self.keys(fields, count).astype("<u4")
        return keys.tobytes(), np.arange(1, len(keys) + 1) * (4 * fields)

    def encode(self, parts: Matrix) -> Matrix:
        """int64[fields, n] codes to int64[n], -1 where a field is unknown."""
        result = np.full(parts.shape[1], -1, np.int64)
        whole = np.flatnonzero((parts >= 0).all(axis=0))
        if len(whole):
            rows, inverse = _distinct(parts[:, whole])
            codes = [self.codes[tuple(row)] for row in rows.tolist()]
            result[whole] = np.array(codes, np.int64)[inverse]
        return result


def _distinct(parts: Matrix) -> tuple[Matrix, NDArray[np.intp]]:
    """Distinct columns in order of first appearance, and for each column its place among them."""
    mixed = parts[0]
    for part in parts[1:]:
        mixed = np.unique(mixed, return_inverse=True)[1] * (int(part.max()) + 1) + part
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return parts[:, np.sort(first)].T, rank[inverse]


class Inputs:
    """The inputs a policy needs, and their coding. Slots are given out while its kernel is written."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        self.slots: list[tree.Field | tuple[str, ...]] = []
        self.dictionaries: dict[str, Dictionary] = {}
        self.pairs: dict[tuple[str, ...], Pairs] = {}
        self.tables: dict[tree.Field, list[bool]] = {}
        for name in ("occurred_at", "recorded_at"):
            self.slot(tree.Field(name, Type("instant")))

    # -- while the kernel is written -----------------------------------------------------------

    def slot(self, field: tree.Field) -> int:
        """The row of the matrix that holds a field."""
        if field not in self.slots:
            self.slots.append(field)
            if FIELDS[field.name].type == "text":
                self.dictionary(field.name)
        return self.slots.index(field)

    def key_slot(self, by: tuple[str, ...]) -> int:
        """The row that holds a key; a key of one field is that field's code."""
        if len(by) == 1:
            return self.slot(tree.Field(by[0], Type("text", FIELDS[by[0]].domain)))
        if by not in self.slots:
            self.slots.append(by)
            self.pairs[by] = Pairs()
        return self.slots.index(by)

    def word(self, word: tree.Word) -> int:
        return self._domain(word.type.domain).code(word.value)

    def dictionary(self, field: str) -> Dictionary:
        return self._domain(FIELDS[field].domain)

    def _domain(self, domain: str) -> Dictionary:
        known = self.dictionaries.get(domain)
        if known is None:
            known = self.dictionaries[domain] = Dictionary()
        return known

    # -- facts to numbers ----------------------------------------------------------------------

    def known_keys(self, by: tuple[str, ...]) -> int:
        """How many keys of this kind have been numbered."""
        return len(self.dictionary(by[0]).words) if len(by) == 1 else len(self.pairs[by])

    def encode(self, facts: pa.RecordBatch) -> Matrix:
        """A batch of facts to int64[rows, n]."""
        result = np.empty((len(self.slots), facts.num_rows), np.int64)
        raw: dict[str, Matrix] = {}
        for slot, wanted in enumerate(self.slots):
            names = wanted if isinstance(wanted, tuple) else (wanted.name,)
            for name in names:
                if name not in raw:
                    raw[name] = self.column(name, facts)
            if isinstance(wanted, tuple):
                result[slot] = self.pairs[wanted].encode(np.stack([raw[name] for name in wanted]))
            else:
                result[slot] = self.aspect(wanted, raw[wanted.name])
        return result

    def column(self, name: str, facts: pa.RecordBatch) -> Matrix:
        place = facts.schema.get_field_index(name)
        if place < 0:
            return np.full(facts.num_rows, NULL, np.int64)
        column = facts.column(place)
        if FIELDS[name].type == "text":
            return self.dictionary(name).encode(column)
        if pa.types.is_timestamp(column.type):
            column = column.view(pa.int64())
        elif pa.types.is_boolean(column.type):
            column = column.cast(pa.int8()).cast(pa.int64())
        if column.null_count:
            column = pc.fill_null(column, NULL)
        numbers: Matrix = column.to_numpy(zero_copy_only=False)
        return numbers

    def aspect(self, field: tree.Field, values: Matrix) -> Matrix:
        if field.aspect == "":
            return values
        known = values != NULL
        if field.aspect in ("like", "in"):
            table = np.array([*self.table(field), False])
            return np.where(known, table[np.where(known, values, -1)].astype(np.int64), NULL)
        part = _part(instant.locals_of(np.where(known, values, 0), self.timezone), field.aspect)
        return np.where(known, part, NULL)

    def table(self, field: tree.Field) -> list[bool]:
        """Whether each known text is among the words, or fits the pattern; grown with the dictionary."""
        table = self.tables.setdefault(field, [])
        words = self.dictionary(field.name).words
        if len(table) < len(words):
            if field.aspect == "in":
                chosen = set(field.argument)
                table.extend(word in chosen for word in words[len(table) :])
            else:
                pattern = _like(field.argument[0])
                table.extend(pattern.fullmatch(word) is not None for word in words[len(table) :])
        return table

    def encode_one(self, fact: dict[str, Value], result: Matrix) -> None:
        """One fact, by field name, into column 0 of a matrix with a row for each slot."""
        for slot, wanted in enumerate(self.slots):
            if isinstance(wanted, tuple):
                result[slot, 0] = self.pair(wanted, [fact.get(name) for name in wanted])
                continue
            name = wanted.name
            value = fact.get(name)
            if value is None:
                result[slot, 0] = NULL
            elif wanted.aspect:
                result[slot, 0] = self.number(wanted, value)
            elif isinstance(value, str):
                result[slot, 0] = self.dictionary(name).code(value)
            elif isinstance(value, datetime):
                result[slot, 0] = instant.micros(value)
            else:
                result[slot, 0] = value

    def pair(self, by: tuple[str, ...], words: list[Value]) -> int:
        if None in words:
            return -1
        codes = tuple(self.dictionary(name).code(str(word)) for name, word in zip(by, words, strict=True))
        return self.pairs[by].codes[codes]

    def number(self, field: tree.Field, value: Value) -> int:
        """An aspect of one value."""
        if isinstance(value, str):
            code = self.dictionary(field.name).code(value)
            return int(self.table(field)[code])
        assert isinstance(value, datetime)
        return int(_part(instant.local(instant.micros(value), self.timezone), field.aspect))


def _part(local: Any, aspect: str) -> Any:
    """Hour, weekday, day or month of wall-clock microseconds, of one or of a column."""
    if aspect == "hour":
        return local // _HOUR % 24
    if aspect == "weekday":
        return (local // _DAY + 3) % 7 + 1
    days = np.asarray(local // _DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    return (days - months).astype(np.int64) + 1 if aspect == "day" else months.astype(np.int64) % 12 + 1


def _like(pattern: str) -> re.Pattern[str]:
    """SQL LIKE: % is any run of characters, _ is one. Each piece is found at its first place for good, so
    that no text can make the search go back and forth."""
    first, *rest = ["".join("." if c == "_" else re.escape(c) for c in piece) for piece in pattern.split("%")]
    if not rest:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)

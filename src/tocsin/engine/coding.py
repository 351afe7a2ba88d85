"""Facts as they come, as inputs of the kernel: the coding of `Inputs.encode`, for facts that stand in no columns yet.

Many are written as lines of canonical JSON, and a compiled kernel (`scan`) reads those; a few are coded
in Python (`single`). Words are
numbered in the order of the facts, however these are grouped: the same facts give the same codes, live
and replayed. The dictionaries of `Inputs` are what counts; the table of the kernel is an index over them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np

from tocsin.engine import scan
from tocsin.engine.inputs import Dictionary, Inputs, Matrix, Pairs
from tocsin.engine.kernels import written
from tocsin.engine.scan import NULL, NUMBER, TEXT, TIME
from tocsin.engine.single import Single
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, Fact
from tocsin.policy import tree
from tocsin.values import instant
from tocsin.values.kernel import kernel_text

_COMPILED = '''"""Generated. Do not edit: facts to numbers."""
from typing import Any

from numba import njit

from tocsin.signals.prefetch import prefetch

compiled = njit(cache=True, nogil=True)
'''
_SMALLEST = 1 << 12
FEW = 48
"""So many facts are coded one by one: a call of the kernel costs as much as ten of them, more where it has not run just now."""
_TYPES = {"text": TEXT, "instant": TIME}
_encode = msgspec.json.Encoder().encode
_COLUMNAR = frozenset(KINDS.values())


class Lines:
    """Facts as the kernel has read them. Times in µs; `recorded_at` is NULL where a fact does not say."""

    def __init__(self, text: Matrix, seen: Matrix, hashes: Matrix) -> None:
        self.text, self.seen, self.hashes = text, seen, hashes
        self.occurred_at: list[int] = seen[0].tolist()
        self.recorded_at: list[int] = seen[1].tolist()


class Few:
    """The same of a few facts, which need no kernel."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = facts
        self.occurred_at = [instant.micros(fact.occurred_at) for fact in facts]
        self.recorded_at = [NULL if fact.recorded_at is None else instant.micros(fact.recorded_at) for fact in facts]


class Coder:
    """Codes facts for one policy's inputs, once all its slots are given out."""

    def __init__(self, inputs: Inputs, folder: Path | None) -> None:
        """`folder` keeps the compiled kernel; None runs the same source in CPython, for a few facts."""
        self.inputs, self._plain = inputs, folder is None
        self._single = Single(inputs)
        self._kernel: Any = scan if folder is None else _kernel(folder)
        self._seed = secrets.randbits(31)
        names = [name for slot in inputs.slots for name in (slot if isinstance(slot, tuple) else (slot.name,))]
        self._fields = [name for name in dict.fromkeys(["occurred_at", "recorded_at", *names]) if name in FIELDS]
        self._types = np.array([_TYPES.get(FIELDS[name].type, NUMBER) for name in self._fields], np.int64)
        self._vocabularies: list[Any] = [_fixed(self._fields)]
        """By number: the names of the fields, dictionaries and pairs, and words that are asked for."""
        coded = [(self._fields.index(name), self._vocabulary(inputs.dictionary(name))) for name in _numbered(inputs)]
        self._coded = np.array(coded, np.int64).reshape(-1, 2)
        self._pairs = [
            (row, self._vocabulary(inputs.pairs[by]), np.array([self._fields.index(name) for name in by], np.int64))
            for row, by in enumerate(inputs.slots)
            if isinstance(by, tuple)
        ]
        fields = [(row, slot) for row, slot in enumerate(inputs.slots) if isinstance(slot, tree.Field)]
        self._rows = [row for row, slot in fields if slot.name in self._fields]
        self._row_fields = [self._fields.index(slot.name) for _, slot in fields if slot.name in self._fields]
        self._chosen = [(row, slot) for row, slot in fields if slot.aspect == "in"]
        self._first_chosen = len(self._vocabularies)
        self._vocabularies += [_fixed(slot.argument) for _, slot in self._chosen]
        self._aspects = [(row, slot) for row, slot in fields if slot.aspect not in ("", "in")]
        self._table, self._words = np.zeros(_SMALLEST, np.int64), self._bytes(_SMALLEST)
        self._counts = np.zeros(len(self._vocabularies) + 1, np.int64)
        """How many words of each vocabulary are in the table; then how many bytes they take."""
        self._sync()
        self._many(self.lines([]), [], [])  # compiled, where it is to be compiled, before the first fact

    def read(self, facts: Sequence[Fact], bodies: Sequence[bytes] = ()) -> Lines | Few:
        """What facts say; they leave no trace yet. `bodies` are the facts as `wire` writes them, where they are at hand."""
        return self.lines(facts, bodies) if len(facts) > FEW else Few(facts)

    def lines(self, facts: Sequence[Fact], bodies: Sequence[bytes] = ()) -> Lines:
        written = zip(facts, bodies or map(_encode, facts), strict=True)
        bodies = [body if type(fact) in _COLUMNAR else _encode(_outline(fact)) for fact, body in written]
        text = bytearray(b"\n".join([*bodies, b""]))
        lines: Any = text if self._plain else np.frombuffer(text, np.uint8)
        seen, hashes = np.empty((2, len(self._fields), len(facts)), np.int64)
        self._kernel.read(lines, self._types, self._seed, self._table, self._words, seen, hashes)
        return Lines(lines, seen, hashes)

    def matrix(self, read: Lines | Few, places: Sequence[int], recorded_at: Sequence[int]) -> Matrix:
        """The facts at these places, int64[slots, n]; `recorded_at` in microseconds stands for their own."""
        if isinstance(read, Lines):
            return self._many(read, places, recorded_at)
        rows = [self._single.row(read.facts[place], at) for place, at in zip(places, recorded_at, strict=True)]
        return np.ascontiguousarray(np.array(rows, np.int64).reshape(-1, len(self.inputs.slots)).T)

    def _many(self, lines: Lines, places: Sequence[int], recorded_at: Sequence[int]) -> Matrix:
        self._sync()
        n, at = len(places), np.array(places, np.int64)
        seen = lines.seen if n == lines.seen.shape[1] else np.ascontiguousarray(lines.seen[:, at])
        codes = seen.copy()
        kinds, size = len(self._coded) + len(self._pairs), sum(4 * len(parts) for *_, parts in self._pairs)
        self._room(n * kinds, len(lines.text) + n * (4 * kinds + size))
        self._number(lines, at, codes)
        result = np.full((len(self.inputs.slots), n), NULL, np.int64)
        result[self._rows] = codes[self._row_fields]
        result[1] = recorded_at
        for row, vocabulary, parts in self._pairs:
            self._pair(codes, parts, vocabulary, result[row])
        for vocabulary, (row, slot) in enumerate(self._chosen, self._first_chosen):
            field = self._fields.index(slot.name)
            self._kernel.choose(lines.text, lines.seen, lines.hashes, at, field, vocabulary, self._table, self._words, result[row])  # fmt: skip
        for row, slot in self._aspects:
            if slot.aspect == "like":
                table = self.inputs.table(slot)
                result[row] = [NULL if code == NULL else table[code] for code in result[row].tolist()]
            else:
                result[row] = self.inputs.aspect(slot, result[1] if slot.name == "recorded_at" else result[row])
        return result

    def _number(self, lines: Lines, places: Matrix, codes: Matrix) -> None:
        """Texts by their numbers; new ones are made known to their dictionaries."""
        fresh, before = np.empty((len(places) * len(self._coded), 3), np.int64), int(self._counts[-1])
        count = self._kernel.code(
            lines.text, lines.seen, lines.hashes, places, self._coded,
            self._table, self._words, self._counts, codes, fresh,
        )  # fmt: skip
        words = bytes(self._words[before : self._counts[-1]])
        for vocabulary, at, size in fresh[:count].tolist():
            self._vocabularies[vocabulary].learn(words[at - before : at - before + size])

    def _pair(self, codes: Matrix, parts: Matrix, vocabulary: int, row: Matrix) -> None:
        """Combinations by their numbers."""
        before, keys = int(self._counts[vocabulary]), self._bytes(4 * len(parts) * len(row))
        self._kernel.pair(codes, parts, vocabulary, self._seed, self._table, self._words, self._counts, keys, row)
        if self._counts[vocabulary] > before:
            new = np.flatnonzero(row >= before)
            first = new[np.unique(row[new], return_index=True)[1]]
            self._vocabularies[vocabulary].learn(codes[np.ix_(parts, first)].T)

    # -- how it is set up ----------------------------------------------------------------------

    def _vocabulary(self, words: Dictionary | Pairs) -> int:
        """The number of a vocabulary."""
        for number, known in enumerate(self._vocabularies):
            if known is words:
                return number
        self._vocabularies.append(words)
        return len(self._vocabularies) - 1

    # -- the table -----------------------------------------------------------------------------

    def _sync(self) -> None:
        """Let the table know what the dictionaries know: words from elsewhere, and that some were forgotten."""
        for vocabulary, (words, count) in enumerate(zip(self._vocabularies, self._counts.tolist(), strict=False)):
            size = len(words)
            if size < count:
                self._kernel.forget(vocabulary, size, self._table, self._words, self._counts)
            elif size > count:
                text, ends = words.since(count)
                self._room(len(ends), len(text) + 4 * len(ends))
                lines: Any = bytearray(text) if self._plain else np.frombuffer(bytearray(text), np.uint8)
                self._kernel.fill(lines, ends, vocabulary, self._seed, self._table, self._words, self._counts)

    def _room(self, words: int, size: int) -> None:
        """Room for so many words more, and their bytes."""
        *counts, used = self._counts.tolist()
        if used + size > len(self._words):
            wider = self._bytes(2 * (used + size))
            wider[:used] = self._words[:used]
            self._words = wider
        length = len(self._table)
        while 3 * (sum(counts) + words) > length:
            length *= 2
        if length > len(self._table):
            old, self._table = self._table, np.zeros(length, np.int64)
            self._kernel.move(old, self._table)

    def _bytes(self, size: int) -> Any:
        return bytearray(size) if self._plain else np.zeros(size, np.uint8)


def _outline(fact: Fact) -> dict[str, Any]:
    """What is coded of a dealing: no key, so that no signal counts it."""
    kind = str(type(fact).__struct_config__.tag)
    at = {"kind": kind, "fact_id": fact.fact_id, "occurred_at": fact.occurred_at}
    return at if fact.recorded_at is None else {**at, "recorded_at": fact.recorded_at}


def _fixed(words: Sequence[str]) -> Dictionary:
    dictionary = Dictionary()
    dictionary.restore([*dict.fromkeys(words)])
    return dictionary


def _numbered(inputs: Inputs) -> list[str]:
    """The text fields whose words get numbers, in the order in which those of one fact do."""
    plain, like = list[str](), list[str]()
    for slot in inputs.slots:
        if isinstance(slot, tuple):
            plain += slot
        elif slot.aspect != "in":
            (like if slot.aspect else plain).append(slot.name)
    return [name for name in dict.fromkeys([*plain, *like]) if name in FIELDS and FIELDS[name].type == "text"]


def _kernel(folder: Path) -> ModuleType:
    return written("scan", _COMPILED + kernel_text(scan), folder)

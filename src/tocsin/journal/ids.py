"""Which entries hold a fact id: a compiled hash table in memory, 16 bytes a slot.

An index on the log would make every group touch random pages; this costs a cache line. It grows
without a stall: the entries of the old table move over a few at a time, as new ones are added.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels import written
from tocsin.journal import slots
from tocsin.values.kernel import kernel_text

Words = NDArray[np.int64]

_COMPILED = '''"""Generated. Do not edit: the table of fact ids."""
from typing import Any

from numba import njit

compiled = njit(cache=True, nogil=True)
'''
_MOVES = 4
"""Slots of the old table that move for each entry added; two would be enough to be done in time."""
_SMALLEST = 1 << 12


def hash64(text: str) -> int:
    """64 bits of a text, never 0, which marks an empty slot."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True) or 1


def hashes64(texts: Sequence[str]) -> Words:
    """`hash64` of each."""
    hashes = np.frombuffer(b"".join([blake2b(text.encode(), digest_size=8).digest() for text in texts]), "<i8")
    return np.where(hashes == 0, 1, hashes)


class Ids:
    """Pairs (hash, seq). Equal hashes stand side by side; whoever asks compares the facts."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` keeps the compiled kernel; None runs the same source in CPython, for a few entries."""
        self._kernel: Any = slots if folder is None else _kernel(folder)
        self.count = 0
        self._table, self._old, self._moved = _empty(_SMALLEST), _NONE, 0
        self._room = np.zeros(4, np.int64)

    def __len__(self) -> int:
        return self.count

    def add(self, hashes: Words, seqs: Words) -> None:
        """Add pairs, int64[n] each; seqs are above 0."""
        n = len(hashes)
        if 3 * (self.count + n) > len(self._table):  # slots are two words: two thirds full at most
            self._grow(n)
        if len(self._old):
            self._move(2 * _MOVES * n)
        self._kernel.put(self._table, hashes, seqs)
        self.count += n

    def add_pairs(self, pairs: bytes) -> None:
        """Add a segment of the journal: int64 pairs (hash, seq)."""
        words = np.frombuffer(pairs, "<i8").reshape(-1, 2)
        self.add(words[:, 0].copy(), words[:, 1].copy())

    def find(self, hash: int) -> list[int]:
        """The seqs of a hash, in no order; mostly none or one."""
        count = self._kernel.get(self._table, self._old, self._moved, hash, self._room)
        if count == 0:
            return []
        if count > len(self._room):
            self._room = np.zeros(count, np.int64)
            self._kernel.get(self._table, self._old, self._moved, hash, self._room)
        return self._room[:count].tolist()  # type: ignore[no-any-return]

    def find_many(self, hashes: Words) -> Words:
        """For each hash the least of its seqs, or 0."""
        found = np.empty(len(hashes), np.int64)
        self._kernel.get_many(self._table, self._old, self._moved, hashes, found)
        return found

    def _grow(self, n: int) -> None:
        self._move(len(self._old))
        size = len(self._table)
        while 3 * (self.count + n) > size:
            size *= 2
        self._old, self._moved, self._table = self._table, 0, _empty(size)
        if self.count == 0:
            self._move(len(self._old))

    def _move(self, words: int) -> None:
        self._moved = self._kernel.move(self._old, self._table, self._moved, words)
        if self._moved == len(self._old):
            self._old, self._moved = _NONE, 0


def _empty(words: int) -> Words:
    """Zeroed words on small pages: on large ones the first few entries of a table would touch, and clear, all of it."""
    pages = mmap.mmap(-1, words * 8)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        with suppress(OSError):  # a kernel without large pages
            pages.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(pages, np.int64)


_NONE = np.zeros(0, np.int64)


def _kernel(folder: Path) -> ModuleType:
    return written("ids", _COMPILED + kernel_text(slots), folder)

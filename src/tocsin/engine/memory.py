"""State that grows without ever being moved, as far as the system allows.

A large stretch of address space is reserved and only touched pages cost memory, so a growing
state neither copies nor stalls. Where reserving is not allowed, it starts small and doubles.
"""

from __future__ import annotations

import mmap

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.int64]
_SIZES = (1 << 37, 1 << 34, 1 << 31, 1 << 27)
_SMALL = 1 << 22
"""So much stays on small pages, to make a small state cheap; what lies beyond gains from large ones."""


def reserve(words: int) -> Words:
    """At least `words` zeroed int64 words, more where the system lends address space."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    for size in _SIZES:
        if size < words * 8:
            continue
        try:
            pages = mmap.mmap(-1, size, flags=flags)
        except (OSError, ValueError, OverflowError):
            continue
        if hasattr(mmap, "MADV_HUGEPAGE"):
            pages.madvise(mmap.MADV_HUGEPAGE, _SMALL, size - _SMALL)
        return np.frombuffer(pages, np.int64)
    return np.zeros(words, np.int64)


class Rows:
    """State rows of one width, by key number."""

    def __init__(self, initial: list[int]) -> None:
        self.initial = np.array(initial, np.int64)
        self.count = 0
        self._adopt(reserve(1 << 16))

    def _adopt(self, words: Words) -> None:
        width = len(self.initial)
        self.array = words[: len(words) // width * width].reshape(-1, width)

    def ensure(self, count: int) -> None:
        """Rows 0..count exist, new ones as a key never seen."""
        if count <= self.count:
            return
        if count > len(self.array):
            wider = reserve(2 * count * len(self.initial))
            wider[: self.count * len(self.initial)] = self.array[: self.count].reshape(-1)
            self._adopt(wider)
        self.array[self.count : count] = self.initial
        self.count = count


class Arena:
    """Rings and tables of all keys of one kind, with its control words."""

    def __init__(self) -> None:
        self.words = reserve(1 << 16)
        self.control = np.zeros(160, np.int64)

    def grow(self) -> None:
        wider = reserve(2 * len(self.words))
        top = int(self.control[0])
        wider[:top] = self.words[:top]
        self.words = wider
        self.control[1] = 0


class Room:
    """Memory that is at hand already. To be given it while everything rests would take much longer than to fill it."""

    def __init__(self, size: int) -> None:
        """`size` in bytes."""
        self._words, self._used = np.empty(size, np.uint8), 0
        self._words.fill(0)  # only what was touched is ours

    def copied(self, part: bytes | memoryview) -> bytes | memoryview:
        """What will not change: a copy, elsewhere where there is no room left."""
        if isinstance(part, bytes):
            return part
        first, self._used = self._used, self._used + len(part)
        if self._used > len(self._words):
            return bytes(part)
        place = self._words[first : self._used]
        place[:] = np.frombuffer(part, np.uint8)
        return place.data

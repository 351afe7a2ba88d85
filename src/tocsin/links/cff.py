"""The Compact Font Format, cut down to the glyphs of a text (Adobe Technical Notes 5176, the format, and 5177, charstrings).

The font keeps its layout: outlines and subroutines that are not needed become empty, and the room they leave is zeros,
which cost nothing once they are packed. So no offset in the font has to be changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_ENDCHAR, _RETURN = b"\x0e", b"\x0b"
_CHARSET, _CHARSTRINGS, _PRIVATE, _SUBRS = 15, 17, 18, 19
_ROS, _FDARRAY, _FDSELECT = 12 << 8 | 30, 12 << 8 | 36, 12 << 8 | 37


def whole(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


class Index(NamedTuple):
    """An INDEX (5176, 5): where it stands, its objects as (from, to), where it ends."""

    at: int
    objects: list[tuple[int, int]]
    end: int


class Cff:
    """One font. `numbers`: by glyph, the number (CID) by which a PDF names it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        tops = _index(data, _index(data, data[2]).end)
        top = dict(_operators(data[slice(*tops.objects[0])]))
        self.shared = _index(data, _index(data, tops.end).end)
        self.glyphs = _index(data, top[_CHARSTRINGS][-1])
        count = len(self.glyphs.objects)
        self.numbers, self._kinds = list(range(count)), [0] * count
        if _ROS not in top:
            self.own = [self._subroutines(top)]
            return
        if top.get(_CHARSET, [0])[-1] > 2:
            self.numbers = list(_charset(data, top[_CHARSET][-1], count))
        dicts = _index(data, top[_FDARRAY][-1])
        self.own = [self._subroutines(dict(_operators(data[slice(*one)]))) for one in dicts.objects]
        self._kinds = list(_kinds(data, top[_FDSELECT][-1], count))

    def _subroutines(self, said: dict[int, list[int]]) -> Index:
        """Those of a font DICT, by way of its Private DICT."""
        size, at = said[_PRIVATE]
        where = dict(_operators(self.data[at : at + size])).get(_SUBRS)
        return _index(self.data, at + where[-1]) if where else Index(at, [], at)

    def subset(self, used: set[int]) -> bytes:
        """The font with some glyphs, and the glyph for what is missing."""
        used = used | {0}
        shared: set[int] = set()
        own: list[set[int]] = [set() for _ in self.own]
        for glyph in used:
            kind = self._kinds[glyph]
            _Calls(self.data, self.shared, self.own[kind], shared, own[kind]).follow(self.glyphs.objects[glyph])
        data = bytearray(self.data)
        kept = [(self.glyphs, used, _ENDCHAR), (self.shared, shared, _RETURN)]
        for index, needed, empty in (*kept, *((one, of, _RETURN) for one, of in zip(self.own, own, strict=True))):
            if index.objects:
                data[index.at : index.end] = self._thinned(index, needed, empty)
        return bytes(data)

    def _thinned(self, index: Index, needed: set[int], empty: bytes) -> bytes:
        data, size = self.data, self.data[index.at + 2]
        kept = [data[slice(*one)] if n in needed else empty[: one[1] - one[0]] for n, one in enumerate(index.objects)]
        offsets, total = [1], 1
        for one in kept:
            total += len(one)
            offsets.append(total)
        packed = b"".join(one.to_bytes(size, "big") for one in offsets)
        return (data[index.at : index.at + 3] + packed + b"".join(kept)).ljust(index.end - index.at, b"\0")


class _Calls:
    """The subroutines that an outline calls, found by following it (5177, 4: numbers, hints and calls matter here)."""

    def __init__(self, data: bytes, shared: Index, own: Index, calls: set[int], own_calls: set[int]) -> None:
        self.data, self.ways = data, {29: (shared, calls), 10: (own, own_calls)}
        self.stack: list[int] = []
        self.hints = 0

    def follow(self, place: tuple[int, int]) -> bool:
        """Whether the outline goes on behind this piece of it."""
        at, end = place
        data, stack = self.data, self.stack
        while at < end:
            first = data[at]
            at += 1
            if first >= 32 or first == 28:
                size = _NUMBERS.get(first, 0 if first < 247 else 1)
                stack.append(_number(first, data[at : at + size]))
                at += size
            elif first in self.ways:
                index, calls = self.ways[first]
                count = len(index.objects)
                number = stack.pop() + (107 if count < 1240 else 1131 if count < 33_900 else 32_768)
                calls.add(number)
                if not self.follow(index.objects[number]):
                    return False
            elif first == _RETURN[0]:
                return True
            elif first == _ENDCHAR[0]:
                return False
            else:
                if first in (1, 3, 18, 19, 20, 23):
                    self.hints += len(stack) // 2
                at += (self.hints + 7) // 8 if first in (19, 20) else first == 12
                stack.clear()
        return True


_NUMBERS = {28: 2, 255: 4, 29: 4}
"""Bytes behind the first of a number; 29 in DICTs alone."""


def _number(first: int, rest: bytes) -> int:
    """A number of charstrings and DICTs; of fractions the whole part."""
    if first in _NUMBERS:
        value = int.from_bytes(rest, "big", signed=True)
        return value >> 16 if first == 255 else value
    if first < 247:
        return first - 139
    return (first - 247) * 256 + rest[0] + 108 if first < 251 else -(first - 251) * 256 - rest[0] - 108


def _operators(data: bytes) -> Iterator[tuple[int, list[int]]]:
    """Operators of a DICT with their operands (5176, 4); those of two bytes as one number. Real operands are left out."""
    at = 0
    operands: list[int] = []
    while at < len(data):
        first = data[at]
        at += 1
        if first < 22:
            if first == 12:
                first, at = 12 << 8 | data[at], at + 1
            yield first, operands
            operands = []
        elif first == 30:
            while 15 not in (data[at] & 15, data[at] >> 4):
                at += 1
            at += 1
        else:
            size = _NUMBERS.get(first, 0 if first < 247 else 1)
            operands.append(_number(first, data[at : at + size]))
            at += size


def _index(data: bytes, at: int) -> Index:
    count = whole(data, at, 2)
    if not count:
        return Index(at, [], at + 2)
    size, table = data[at + 2], at + 3
    base = table + (count + 1) * size - 1
    offsets = [base + whole(data, table + n * size, size) for n in range(count + 1)]
    return Index(at, list(pairwise(offsets)), offsets[-1])


def _charset(data: bytes, at: int, count: int) -> Iterator[int]:
    """Numbers of glyphs (5176, 13): a list, or ranges."""
    form, seen = data[at], 1
    at += 1
    yield 0
    while seen < count:
        first, left = whole(data, at, 2), whole(data, at + 2, form)
        at += 2 + form
        yield from range(first, first + min(left + 1, count - seen))
        seen += left + 1


def _kinds(data: bytes, at: int, count: int) -> Iterator[int]:
    """The font DICT of each glyph (5176, 19): a list, or ranges."""
    if data[at] == 0:
        yield from data[at + 1 : at + 1 + count]
        return
    for n in range(whole(data, at + 1, 2)):
        place = at + 3 + 3 * n
        yield from [data[place + 2]] * (whole(data, place + 3, 2) - whole(data, place, 2))

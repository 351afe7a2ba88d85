"""What each account did on each recent local day, while that day can still change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from tocsin.values.instant import locals_of

KEEP = 40
"""Days a day stays open behind the newest one. A row older than that is late: counted, not used."""
PENDING = 1 << 16
"""Rows gathered before they are merged into the table, at least."""

_DAY = 86_400_000_000
_KEY_BITS = 40


def days_of(microseconds: np.ndarray, timezone: str) -> np.ndarray:
    """Local days since 1970-01-01 of instants: int64[n] to int64[n]."""
    return locals_of(microseconds, timezone) // _DAY


def iso(day: int) -> str:
    """Day 0 to '1970-01-01'."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: one entry per account, in order of account code."""

    day: int
    key: np.ndarray
    best: np.ndarray
    first: np.ndarray
    bad: np.ndarray


@dataclass(slots=True)
class _Rows:
    """code int64 (day and account), best int32, first int64, bad bool: 21 bytes a row."""

    code: np.ndarray
    best: np.ndarray
    first: np.ndarray
    bad: np.ndarray

    def part(self, start: int, stop: int | None) -> _Rows:
        where = slice(start, stop)
        return _Rows(self.code[where], self.best[where], self.first[where], self.bad[where])

    def days(self) -> Iterator[Day]:
        days = self.code >> _KEY_BITS
        cuts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
        for start, stop in pairwise(cuts):
            if start < stop:
                at = self.part(start, stop)
                yield Day(int(days[start]), at.code & ((1 << _KEY_BITS) - 1), at.best, at.first, at.bad)


@dataclass(slots=True)
class OpenDays:
    """Per local day and account: its highest value, when it first appeared, whether it was bad.

    Rows are sorted by (day, account). Arriving rows wait until they are as many as the table, so
    each row is merged O(log n) times; whether a row is late depends on the rows before it alone,
    never on how the stream was cut into batches. A fact dated far ahead would make those after it
    late, so refuse it earlier.
    """

    late: int = 0
    _newest: int = np.iinfo(np.int64).min // 2
    _table: _Rows = field(default_factory=lambda: _merged([]))
    _waiting: list[_Rows] = field(default_factory=list)
    _rows_waiting: int = 0

    def add(self, day: np.ndarray, key: np.ndarray, best: np.ndarray, first: np.ndarray, bad: np.ndarray) -> list[Day]:
        """Take rows in order of arrival; give the days that closed, oldest first."""
        if not len(day):
            return []
        newest = np.maximum(np.maximum.accumulate(day), self._newest)
        self._newest = int(newest[-1])
        kept = day >= newest - KEEP
        self.late += int(len(kept) - np.count_nonzero(kept))
        rows = _Rows(
            ((day << _KEY_BITS) + key)[kept], best.astype(np.int32)[kept], first[kept], bad.astype(np.bool_)[kept]
        )
        self._waiting.append(rows)
        self._rows_waiting += len(rows.code)
        if self._rows_waiting < max(PENDING, len(self._table.code)):
            return []
        self._table = _merged([self._table, *self._waiting])
        self._waiting, self._rows_waiting = [], 0
        end = int(np.searchsorted(self._table.code, (self._newest - KEEP) << _KEY_BITS))
        closed = list(self._table.part(0, end).days())
        self._table = self._table.part(end, None)
        return closed

    def waiting(self) -> list[Day]:
        """The days not closed yet, oldest first. They stay open."""
        return list(_merged([self._table, *self._waiting]).days())


def _merged(parts: list[_Rows]) -> _Rows:
    """One row per code. A stable sort keeps arrival order, so the first of a group appeared first."""
    if not parts:
        return _Rows(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.bool_))
    code = np.concatenate([part.code for part in parts])
    order = np.argsort(code, kind="stable")
    code = code[order]
    starts = np.flatnonzero(np.diff(code, prepend=code[:1] - 1))
    if not len(starts):
        return _merged([])
    best, first, bad = (
        np.concatenate([getattr(part, name) for part in parts])[order] for name in ("best", "first", "bad")
    )
    return _Rows(code[starts], np.maximum.reduceat(best, starts), first[starts], np.logical_or.reduceat(bad, starts))

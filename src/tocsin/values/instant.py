"""Instants: aware, UTC, whole microseconds since 1970 where they are numbers."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

Micros = NDArray[np.int64]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EARLIEST = -2_208_988_800_000_000
"""1900-01-01T00:00Z in microseconds: nothing a lender watches happened before."""
LATEST = 4_102_444_800_000_000
"""2100-01-01T00:00Z in microseconds."""


def micros(instant: datetime) -> int:
    """Microseconds since the epoch. ValueError for a time without zone."""
    if instant.tzinfo is None:
        raise ValueError("a time needs a zone, for example 2026-01-31T08:00:00+08:00")
    return (instant - EPOCH) // MICROSECOND


def instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def parse(text: str) -> int:
    """RFC 3339 text to microseconds. ValueError where it is no instant or has no zone."""
    try:
        return micros(datetime.fromisoformat(text))
    except ValueError as error:
        if "needs a zone" in str(error):
            raise
        raise ValueError(f"{text!r} is not an RFC 3339 time") from None


def written(microseconds: int) -> str:
    """RFC 3339 in UTC, with `Z`."""
    second, beyond = divmod(microseconds, 1_000_000)
    return f"{_second(second)}.{beyond:06d}Z" if beyond else f"{_second(second)}Z"


@lru_cache(4096)
def _second(number: int) -> str:
    return (EPOCH + timedelta(seconds=number)).replace(tzinfo=None).isoformat()


@cache
def zone(name: str) -> ZoneInfo:
    """A named IANA zone. ValueError for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone") from None


@cache
def offsets(name: str) -> tuple[Micros, Micros]:
    """A zone as a table: the instants at which its offset changes, and the offset from then on.

    Both are int64 microseconds; the first instant is the earliest. One table serves one fact and
    a million, so local hours cannot differ between the two.
    """
    tz = zone(name)
    starts, shifts = [EARLIEST], [_offset(tz, EARLIEST)]
    step = 86_400_000_000
    for day in range(EARLIEST, LATEST, step * 7):
        low, high = day, min(day + step * 7, LATEST)
        while _offset(tz, low) != _offset(tz, high):
            change = _first_change(tz, low, high)
            starts.append(change)
            shifts.append(_offset(tz, change))
            low = change
    return np.array(starts, np.int64), np.array(shifts, np.int64)


def local(microseconds: int, name: str) -> int:
    """Wall-clock microseconds of an instant in a zone (not an instant: for hours and weekdays)."""
    starts, shifts = _table(name)
    return microseconds + shifts[max(bisect_right(starts, microseconds) - 1, 0)]


@cache
def _table(name: str) -> tuple[list[int], list[int]]:
    starts, shifts = offsets(name)
    return starts.tolist(), shifts.tolist()


def locals_of(microseconds: Micros, name: str) -> Micros:
    """The same for a column: int64[n] to int64[n]."""
    starts, shifts = offsets(name)
    result: Micros = microseconds + shifts[np.maximum(np.searchsorted(starts, microseconds, "right") - 1, 0)]
    return result


def _offset(tz: ZoneInfo, microseconds: int) -> int:
    shift = instant(microseconds).astimezone(tz).utcoffset()
    assert shift is not None
    return shift // MICROSECOND


def _first_change(tz: ZoneInfo, low: int, high: int) -> int:
    before = _offset(tz, low)
    while high - low > 1_000_000:
        middle = (low + high) // 2_000_000 * 1_000_000
        if middle <= low:
            break
        low, high = (middle, high) if _offset(tz, middle) == before else (low, middle)
    return high

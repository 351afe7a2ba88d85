"""Wall clocks: the first instant at which a local day or hour is reached, exact over gaps, folds and skipped days.

Between two changes of its offset a zone is a straight line; every question is answered piece by piece.
Days count from 1970-01-01, hours are microseconds of the local day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cache, lru_cache

from tocsin.values import instant
from tocsin.values.calendar import DAY

Spans = Callable[[int], tuple[tuple[int, int], ...]]
"""The open parts of a local day: [start, end) in microseconds of the day, in order."""
FARTHEST = 800
"""Days ahead that a question may look: more than two years of any weekly or yearly pattern."""
WHOLE = ((0, DAY),)


@cache
def known(zone: str) -> bool:
    """Whether this is the name of an IANA zone."""
    try:
        instant.zone(zone)
    except ValueError:
        return False
    return bool(zone)


@cache
def _pieces(zone: str) -> tuple[list[int], list[int]]:
    starts, shifts = instant.offsets(zone)
    return starts.tolist(), shifts.tolist()


def local(t: int, zone: str) -> int:
    """Wall-clock microseconds of an instant."""
    starts, shifts = _pieces(zone)
    return t + shifts[max(bisect_right(starts, t) - 1, 0)]


def day_of(t: int, zone: str) -> int:
    return local(t, zone) // DAY


def next_open(t: int, zone: str, spans: Spans) -> int | None:
    """The first instant from `t` on whose wall time lies in a span of its local day; None where there is none."""
    starts, shifts = _pieces(zone)
    piece = max(bisect_right(starts, t) - 1, 0)
    last = (t + shifts[piece]) // DAY + FARTHEST
    while True:
        shift = shifts[piece]
        end = starts[piece + 1] if piece + 1 < len(starts) else instant.LATEST
        day, hour = divmod(t + shift, DAY)
        while day * DAY - shift < end:
            for opens, closes in spans(day):
                if hour < closes:
                    found = day * DAY + max(opens, hour) - shift
                    if found < end:
                        return found
                    break
            day, hour = day + 1, 0
            if day > last:
                return None
        piece += 1
        if piece == len(starts):
            return None
        t = starts[piece]


def next_day(t: int, zone: str, day: int) -> int:
    """The first instant from `t` on whose local day is `day` or later; `day` is at most two years away."""
    found = next_open(t, zone, lambda one: WHOLE if one >= day else ())
    return instant.LATEST if found is None else found


@lru_cache(maxsize=65_536)
def first_of_day(day: int, zone: str) -> int:
    """The first instant ever whose local day is `day` or later."""
    return next_day(day * DAY - 2 * DAY, zone, day)


def reached(t: int, zone: str) -> int:
    """The latest local day that had begun by `t`: where a clock is set back over midnight, the day it had reached."""
    day = day_of(t, zone)
    while first_of_day(day + 1, zone) <= t:
        day += 1
    return day

"""Days of an account: its own calendar days, numbered from 1970-01-01, in its zone.

Day D begins at the first instant whose wall clock shows D, and day D + 1 ends it: also where the
clocks jump over midnight, or back across it, each instant has one day and days never go back.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise

from tocsin.values import instant

DAY = 86_400_000_000
NEVER = 1 << 40
"""A day that does not come."""


@lru_cache(maxsize=65_536)
def start_of(day: int, zone: str) -> int:
    """The instant (µs UTC) at which a day begins in a zone."""
    wall = day * DAY
    low, high = wall - DAY, wall + DAY
    starts, _ = _table(zone)
    edges = [low, *starts[bisect_right(starts, low) : bisect_right(starts, high)], high]
    for begins, ends in pairwise(edges):
        shift = instant.local(begins, zone) - begins
        if wall - shift < ends:
            return max(begins, wall - shift)
    return high


def day_of(moment: int, zone: str) -> int:
    """The day of an instant (µs UTC) in a zone."""
    day = instant.local(moment, zone) // DAY
    return day + 1 if moment >= start_of(day + 1, zone) else day


@lru_cache(maxsize=64)
def _table(zone: str) -> tuple[list[int], list[int]]:
    starts, shifts = instant.offsets(zone)
    return starts.tolist(), shifts.tolist()


class BusinessDays:
    """Counts workdays: Monday to Friday, less holidays, plus weekend days worked in their place."""

    def __init__(self, holidays: frozenset[int], workdays: frozenset[int]) -> None:
        self._off = sorted(day for day in holidays - workdays if (day + 3) % 7 < 5)
        self._on = sorted(day for day in workdays if (day + 3) % 7 >= 5)

    def until(self, day: int) -> int:
        """Workdays up to and with a day; only differences mean something."""
        weeks, rest = divmod(day + 3, 7)
        return weeks * 5 + min(rest + 1, 5) - bisect_right(self._off, day) + bisect_right(self._on, day)

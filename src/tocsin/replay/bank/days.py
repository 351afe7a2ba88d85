"""Days: their instants, their seasons and their busy hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from tocsin.replay.bank.draws import Floats, Ints, Keys, between, draw, whole
from tocsin.replay.bank.world import HOURS
from tocsin.values.duration import MICROS

DAY, HOUR, MINUTE, SECOND = (MICROS[unit] for unit in ("day", "hour", "minute", "second"))
NEVER = 10**6
"""The number of a day that does not come."""


def span(micros: Any) -> Ints:
    """Microseconds in whole milliseconds."""
    return whole(micros) // 1000 * 1000


def some_days(keys: Keys, name: str, low: float, high: float) -> Ints:
    """Microseconds: from `low` to `high` days."""
    return span(between(keys, name, low, high) * DAY)


@dataclass(frozen=True)
class Day:
    number: int
    date: date
    opens: int
    closes: int
    """The local midnights that bound it, microseconds UTC."""

    def at(self, share: Floats) -> Ints:
        """Instants at a share of the day."""
        return self.opens + span((self.closes - self.opens) * share)


NEW_YEAR = tuple(
    date.fromisoformat(day)
    for day in (
        *("2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13"),
        *("2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08"),
    )
)
"""Lunar New Year's days (Hong Kong Observatory, Gregorian-Lunar calendar conversion table)."""


def season(day: date) -> tuple[float, float]:
    """How much busier than usual: (in town, online)."""
    for feast in NEW_YEAR:
        if -16 <= (day - feast).days < 0:
            return 1.5, 1.3
        if 0 <= (day - feast).days < 7:
            return 0.7, 0.5
    if day.month == 11 and day.day <= 11:
        return 1.0, {10: 1.8, 11: 4.0}.get(day.day, 1.3)
    if (day.month, day.day) in ((6, 18), (12, 12)):
        return 1.0, 2.2
    return 1.0, 1.0


def _clock(hours: str) -> Floats:
    """Inverse of an hour pattern's distribution: share of the day at 0, 1/256 … 1 of the probability."""
    busy = np.cumsum([0, *map(int, hours)])
    return np.interp(np.linspace(0, busy[-1], 257), busy, np.arange(25) / 24)


_CLOCKS = np.array([_clock(hours) for hours in HOURS.values()])


def time_of_day(keys: Keys, pattern: Any, lateness: Floats) -> Floats:
    """A share of the day, after an hour pattern (its place in HOURS) and a person's habit (hours)."""
    place, rest = np.divmod(draw(keys, "time of day") * 256, 1)
    low, high = _CLOCKS[pattern, whole(place)], _CLOCKS[pattern, whole(place) + 1]
    return np.asarray((low + (high - low) * rest + lateness / 24) % 1, np.float64)

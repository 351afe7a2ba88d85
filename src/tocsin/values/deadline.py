"""Deadlines: a day counts until it is over where the person lives."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from tocsin.values.instant import micros, zone


def over(day: date, name: str, days: int = 0) -> int:
    """The first instant (microseconds) after a local day, or after the day so many days later."""
    return micros(datetime.combine(day + timedelta(days=days + 1), time(), zone(name)))

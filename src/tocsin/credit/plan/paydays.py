"""Paydays: when income comes, moved to a business day; the days on which instalments fall due."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from tocsin.values.calendar import Calendar, number, weekday


@dataclass(frozen=True, slots=True)
class Monthly:
    """On a day of each month; in a shorter month, on its last day."""

    day: int = 15
    per_year: int = 12

    def days(self, after: date) -> Iterator[date]:
        for month in count(after.year * 12 + after.month - 1):
            found = in_month(month, self.day)
            if found > after:
                yield found


@dataclass(frozen=True, slots=True)
class Weekly:
    """On a day of each week, 0 is Monday."""

    weekday: int = 4
    per_year: int = 52

    def days(self, after: date) -> Iterator[date]:
        first = after + timedelta(days=(self.weekday - after.weekday() - 1) % 7 + 1)
        return (first + timedelta(weeks=week) for week in count())


@dataclass(frozen=True, slots=True)
class Fortnightly:
    """Every two weeks, counted from a payday that is known."""

    known: date
    per_year: int = 26

    def days(self, after: date) -> Iterator[date]:
        first = after + timedelta(days=(self.known - after).days % 14 or 14)
        return (first + timedelta(weeks=2 * turn) for turn in count())


Paydays = Monthly | Weekly | Fortnightly


def in_month(month: int, day: int) -> date:
    """A day of a month counted from year 0, the last day where the month is shorter."""
    year, place = divmod(month, 12)
    return date(year, place + 1, min(day, monthrange(year, place + 1)[1]))


def months_later(day: date, months: int) -> date:
    return in_month(day.year * 12 + day.month - 1 + months, day.day)


def months_until(start: date, end: date) -> int:
    """The least number of months that reaches from one day to another."""
    months = max(0, (end.year - start.year) * 12 + end.month - start.month)
    return months if months_later(start, months) >= end else months + 1


def per_payday(surplus: int, paydays: Paydays) -> int:
    """What of a monthly surplus falls to one payday."""
    return surplus * 12 // paydays.per_year


def due_days(
    paydays: Paydays, start: date, first_after: int, months: int, shift: str, calendar: Calendar
) -> list[date]:
    """The days on which instalments may fall due, strictly ascending, none later than so many months from `start`.

    Two paydays that a long holiday moves to one business day are one. In a year whose holidays are not
    announced yet only weekends are avoided.
    """
    last, earliest = months_later(start, months), start + timedelta(days=first_after)
    found: list[date] = []
    for payday in paydays.days(earliest - timedelta(days=1)):
        if payday > last:
            return found
        moved = business_day(payday, shift, calendar)
        if earliest <= moved <= last and moved > start and (not found or moved > found[-1]):
            found.append(moved)
    return found


def business_day(day: date, shift: str, calendar: Calendar) -> date:
    """The same day, or the next ('following') or last ('preceding') business day."""
    if shift == "none":
        return day
    step = timedelta(days=1 if shift == "following" else -1)
    while not is_business_day(day, calendar):
        day += step
    return day


def is_business_day(day: date, calendar: Calendar) -> bool:
    kind = calendar.kind(number(day))
    return kind == "workday" or (kind == "unknown" and weekday(number(day)) < 5)

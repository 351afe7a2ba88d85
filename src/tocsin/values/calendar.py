"""Calendars: which days are workdays, weekends and public holidays, as data; days count from 1970-01-01.

China moves workdays to weekends around long holidays, announced each November for the year after.
A year that is not announced yet is not known, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

DAY = 86_400_000_000
KINDS = ("workday", "weekend", "holiday")
_EPOCH = date(1970, 1, 1).toordinal()
_SUBDIVISIONS = {"GB": "ENG"}
_SHIFTS_EVERY_YEAR = ("CN",)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Public holidays and shifted workdays of one country, complete from day `first` to day `last`."""

    country: str
    first: int
    last: int
    holidays: frozenset[int] = frozenset()
    workdays: frozenset[int] = frozenset()

    def kind(self, day: int) -> str:
        """'workday', 'weekend' or 'holiday'; 'unknown' where the calendar does not reach."""
        if not self.first <= day <= self.last:
            return "unknown"
        if day in self.workdays:
            return "workday"
        if day in self.holidays:
            return "holiday"
        return "weekend" if weekday(day) > 4 else "workday"


def weekday(day: int) -> int:
    """0 is Monday."""
    return (day + 3) % 7


def number(given: date) -> int:
    """A date as a day since 1970-01-01."""
    return given.toordinal() - _EPOCH


def dated(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


@cache
def public(country: str, first_year: int, last_year: int) -> Calendar:
    """The public holidays of a country ('CN', 'US', 'GB') by the library `holidays`. ValueError where it has none."""
    import holidays

    years = range(first_year, last_year + 1)
    try:
        known = holidays.country_holidays(country, subdiv=_SUBDIVISIONS.get(country), years=years)
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for {country!r}") from None
    shifted = {day for day in known.weekend_workdays if day.year in years}
    if country in _SHIFTS_EVERY_YEAR:
        announced = {day.year for day in shifted}
        last_year = max((year for year in years if year in announced), default=first_year - 1)
    return Calendar(
        country,
        number(date(first_year, 1, 1)),
        number(date(last_year, 12, 31)),
        frozenset(number(day) for day in known),
        frozenset(number(day) for day in shifted),
    )

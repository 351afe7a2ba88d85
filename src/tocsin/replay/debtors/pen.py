"""Facts as the bank writes them: each with an id of its own, known when it happened or the day after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from tocsin.facts.kinds import Fact
from tocsin.values import instant

F = TypeVar("F", bound=Fact)


class Clock:
    """Days of the bank, counted from the start, and hours of them, as instants in microseconds UTC."""

    def __init__(self, start: date, zone: str) -> None:
        self.start, self._zone = start, instant.zone(zone)

    def day(self, on: date) -> int:
        return (on - self.start).days

    def date(self, day: int) -> date:
        return self.start + timedelta(days=day)

    def at(self, day: int, hour: float) -> int:
        """The instant at which the clock on the wall shows so many hours."""
        on = self.date(day)
        wall = datetime(on.year, on.month, on.day, tzinfo=self._zone) + timedelta(hours=hour)
        return instant.micros(wall)

    def of(self, at: int) -> int:
        """The day of an instant."""
        return self.day(instant.instant(at).astimezone(self._zone).date())


class Pen:
    """`seed` keeps the ids of one run apart from those of another."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count: dict[str, int] = {}

    def id(self, name: str) -> str:
        return f"s{self._seed}-{name}"

    def write(self, kind: type[F], customer: str, at: int, known: int | None = None, **fields: Any) -> F:
        """A fact of a customer at an instant; `known` where the bank learned of it later."""
        number = self._count[customer] = self._count.get(customer, 0) + 1
        fact: F = kind(
            fact_id=self.id(f"{customer}-{number}"),
            customer=customer,
            occurred_at=instant.instant(at),
            recorded_at=instant.instant(at if known is None else known),
            **{name: value for name, value in fields.items() if value is not None},
        )
        return fact

"""What befalls people, as the bank is told of it: at the beginning, on a day, and when it is over."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.facts import dealings, kinds
from tocsin.facts.kinds import Fact
from tocsin.replay.debtors.draws import Dice
from tocsin.replay.debtors.pen import Clock, Pen
from tocsin.replay.debtors.people import Person, Point
from tocsin.values import instant

DAY = 86_400_000_000
DISASTER_DAYS = 20
HARD = 65
"""Per cent of their income that is left to people in hard times."""


class Lives:
    def __init__(self, dice: Dice, clock: Clock, pen: Pen, currency: str) -> None:
        self.dice, self.clock, self.pen, self.currency = dice, clock, pen, currency

    def introduced(self, person: Person, day: int) -> Iterator[Fact]:
        """What the bank knows of a person from the beginning."""
        at = self.clock.at(day, 0.5)
        yield self.pen.write(
            dealings.Profile,
            person.id,
            at,
            name=person.name,
            language=person.language,
            zones=person.zones,
            preferred=person.preferred,
            hour=person.hour,
            payday=person.payday,
            adults=person.adults,
            children=person.children,
            living_costs=person.living,
            at_hand=person.at_hand,
            currency=self.currency,
            work_allowed=person.work_allowed,
        )
        yield self._means(person, person.income, "employed", at)
        for point in person.points:
            yield self.reached(person, point, at, self.dice.whole(0, 50, person.id, point.id, "fresh"))

    def reached(self, person: Person, point: Point, at: int, days: int) -> Fact:
        """A contact point, last shown to be theirs so many days ago."""
        return self.pen.write(
            dealings.ContactPoint,
            person.id,
            at,
            contact=point.id,
            channels=point.channels,
            address=point.address,
            consent_since=instant.instant(at - 400 * DAY) if point.consent else None,
            verified=point.verified,
            work=point.work,
            role=point.role,
            fresh_at=instant.instant(at - days * DAY),
        )

    def today(self, person: Person, what: str, day: int) -> Iterator[Fact]:
        """What befalls a person on a day, or is over."""
        at = self.clock.at(day, self.dice.between(6.0, 7.4, person.id, what, "at"))
        if what == "shocked":
            if self.dice.chance(0.5, person.id, "tells of the shock"):
                work = "unemployed" if self.dice.chance(0.7, person.id, "job or illness") else "employed"
                yield self._means(person, person.income * HARD // 100, work, at)
            return
        if what == "recovered":
            yield self._means(person, person.income, "employed", at)
            yield self.pen.write(dealings.Stop, person.id, at, flag="hardship", ended=True)
            return
        until = instant.instant(at + DISASTER_DAYS * DAY) if what == "disaster" else None
        yield self.pen.write(dealings.Stop, person.id, at, flag=what, until=until, reason="told to the bank")
        if what in ("attorney", "deceased", "adviser"):
            yield self._other(person, what, at + 1_000_000)

    def hardship(self, person: Person, at: int) -> list[Fact]:
        """What a person tells of hard times, when asked."""
        return [
            self._means(person, person.income * HARD // 100, "unemployed", at),
            self.pen.write(dealings.Stop, person.id, at, flag="hardship", reason="told to a collector"),
        ]

    def _means(self, person: Person, income: int, employment: str, at: int) -> Fact:
        return self.pen.write(
            kinds.InformationUpdate,
            person.id,
            at,
            currency=self.currency,
            income=income,
            obligations=person.obligations,
            employment=employment,
            verified=True,
        )

    def _other(self, person: Person, what: str, at: int) -> Fact:
        """Who acts for them: an attorney, a debt adviser, or after a death whoever represents the estate."""
        role = {"attorney": "attorney", "adviser": "adviser", "deceased": "representative"}[what]
        return self.pen.write(
            dealings.ContactPoint,
            person.id,
            at,
            contact=f"{person.id}-{role}",
            channels=("email",),
            address=f"{role}-{person.id}@example.com",
            person=f"{role}-{person.id}",
            role=role,
            consent_since=instant.instant(at),
            verified=True,
            work=False,
            fresh_at=instant.instant(at),
        )

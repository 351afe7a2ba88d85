"""People: their habits, which stay, and what befalls them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.replay.bank.days import NEVER
from tocsin.replay.bank.draws import Flags, Floats, Ints, Keys, between, draw, keyed, normal, one_of, part, rounded
from tocsin.replay.bank.places import TOWNSFOLK
from tocsin.replay.bank.world import IN_TOWN, ONLINE, SPREAD, TICKET, other

TRANSACTOR, REVOLVER, MINIMUM_PAYER, DECLINING = range(4)
"""How people pay: in full; in part; the least asked for; and ever less, as their means slide away."""


@dataclass(frozen=True)
class People:
    """Habits, one value for each account. Amounts in minor units."""

    key: Keys
    temper: Ints
    town: Ints
    country: Ints
    income: Ints
    payday: Ints
    cut_day: Ints
    """Day of the month (1 to 28) on which the statement is cut."""
    credit_limit: Ints
    purchases: Floats
    """Purchases on an ordinary day."""
    ticket: Floats
    """Minor units for one unit of a category's typical ticket."""
    online: Floats
    tap: Floats
    weekend: Floats
    lateness: Floats
    """Hours by which this person's day runs behind others'."""
    devices: Ints
    autopay: Flags

    @staticmethod
    def met(seed: Keys, accounts: int, home: int, typical_income: int) -> People:
        number = np.arange(accounts)
        key = keyed(np.repeat(seed, accounts), number)
        temper = np.searchsorted(np.array([0.55, 0.80, 0.94]), draw(key, "temper"), "right")
        income = rounded(typical_income * np.exp(0.5 * normal(key, "income")))
        share = np.array([0.32, 0.26, 0.15, 0.30])[temper] * np.exp(0.3 * normal(key, "spend share"))
        purchases = np.clip(1.1 * np.exp(0.5 * normal(key, "purchases")), 0.15, 4)
        online = np.clip(0.35 + 0.18 * normal(key, "online"), 0.03, 0.9)
        in_town, on_web = (np.average(TICKET * np.exp(SPREAD**2 / 2), weights=weight) for weight in (IN_TOWN, ONLINE))
        monthly = income * np.clip(share, 0.05, 0.8)
        return People(
            key=key,
            temper=temper,
            town=number // TOWNSFOLK,
            country=np.where(draw(key, "lives abroad") < 0.02, other(home, draw(key, "country") ** 2), home),
            income=income,
            payday=np.array([5, 10, 15, 20, 25, 28])[one_of(key, "payday", 6)],
            cut_day=1 + one_of(key, "cut day", 28),
            credit_limit=part(income, key, "limit", 1.5, 4),
            purchases=purchases,
            ticket=monthly / (30 * purchases) / (in_town * (1 - online) + on_web * online),
            online=online,
            tap=between(key, "tap", 0.2, 0.95),
            weekend=np.exp(0.35 * normal(key, "weekend") + 0.15),
            lateness=1.2 * normal(key, "lateness"),
            devices=1 + one_of(key, "devices", 4),
            autopay=draw(key, "autopay") < np.array([0.6, 0.25, 0.2, 0.1])[temper],
        )


@dataclass
class Course:
    """What has befallen each account so far: day numbers, NEVER where nothing has."""

    people: People
    busy_until: Ints
    """A story is under way until then."""
    model_until: Ints
    """A bust-out is being groomed: model conduct, until nothing is paid or bought any more."""
    poor_from: Ints
    poor_until: Ints
    away_from: Ints
    away_until: Ints
    away_in: Ints
    devices: Ints

    @staticmethod
    def fresh(people: People) -> Course:
        never = np.full(len(people.key), NEVER)
        return Course(
            people=people,
            busy_until=-never,
            model_until=never,
            poor_from=never.copy(),
            poor_until=never.copy(),
            away_from=never.copy(),
            away_until=never.copy(),
            away_in=people.country.copy(),
            devices=people.devices.copy(),
        )

    def groomed(self) -> Flags:
        """Bound to bust out, or gone already."""
        return self.model_until < NEVER

    def gone(self, day: int) -> Flags:
        """Busted out: never seen again."""
        return self.model_until <= day

    def poor(self, day: int) -> Flags:
        return (self.poor_from <= day) & (day < self.poor_until)

    def country(self, day: int) -> Ints:
        """Where each customer is."""
        return np.where((self.away_from <= day) & (day < self.away_until), self.away_in, self.people.country)

    def means(self, day: int) -> Floats:
        """Ability to pay, from 1 (as ever) down to 0.1."""
        means = np.where(self.poor(day), 1 - (day - self.poor_from) / 60, 1.0)
        # a slow slide of 400 days, after which a family's or a lender's help lets it begin anew
        slide = 1 - (day + one_of(self.people.key, "slide", 400)) % 400 / 400
        return np.clip(np.where(self.people.temper == DECLINING, means * slide, means), 0.1, 1.0)

"""The bank: what to simulate, and the run.

It goes day by day for all accounts at once, so that memory is a day's, whatever the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa

from tocsin.replay.bank.aftermath import aftermath
from tocsin.replay.bank.billing import bill, late_fees, payments, statements
from tocsin.replay.bank.days import HOUR, Day
from tocsin.replay.bank.draws import Floats, Keys, between, draw, mix, named, one_of
from tocsin.replay.bank.dunning import contacts
from tocsin.replay.bank.habits import errands, shopping
from tocsin.replay.bank.ledger import Ledger
from tocsin.replay.bank.people import Course, People
from tocsin.replay.bank.places import Places
from tocsin.replay.bank.posting import post
from tocsin.replay.bank.review import limits, reports
from tocsin.replay.bank.rows import Rows, stacked
from tocsin.replay.bank.stories import LEAD_IN, begun
from tocsin.replay.bank.table import as_batch
from tocsin.replay.bank.town import Rates, Town
from tocsin.replay.bank.world import COUNTRIES, CURRENCIES
from tocsin.values import instant
from tocsin.values.money import exponent
from tocsin.values.problem import Problem, Refused, did_you_mean


@dataclass(frozen=True)
class Bank:
    """What to simulate: so many accounts for so many days, billed in one currency and living in one zone."""

    seed: int = 1
    accounts: int = 2_000
    start: date = date(2026, 1, 1)
    days: int = 180
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        problems = []
        if not 1 <= self.accounts <= 10**8:
            problems.append(Problem(f"a bank of {self.accounts} accounts", remedy="give from 1 to 100,000,000"))
        if not 1 <= self.days <= 10_000:
            problems.append(Problem(f"a run of {self.days} days", remedy="give from 1 to 10,000"))
        if self.currency not in CURRENCIES:
            remedy = did_you_mean(self.currency, CURRENCIES) or "use one of: " + ", ".join(sorted(CURRENCIES))
            problems.append(Problem(f"no simulated customers earn '{self.currency}'", remedy=remedy))
        try:
            instant.zone(self.timezone)
        except ValueError as error:
            problems.append(Problem(str(error), remedy="write it as 'Asia/Shanghai'"))
        if problems:
            raise Refused(*problems)

    def day(self, number: int) -> Day:
        today = self.start + timedelta(days=number)
        opens, closes = (
            instant.micros(datetime.combine(day, time(), instant.zone(self.timezone)))
            for day in (today, today + timedelta(days=1))
        )
        return Day(number, today, opens, closes)

    def town(self) -> Town:
        seed = mix(np.array([self.seed % 2**64], np.uint64))
        home = CURRENCIES.index(self.currency)
        income = tuple(COUNTRIES.values())[home].income * 10 ** exponent(self.currency)
        places = Places.found(named(seed, "places"), home, self.accounts)
        people = People.met(named(seed, "people"), self.accounts, home, income)
        return Town(seed, income / 9_000, Rates(), places, people, Course.fresh(people))


def simulate(bank: Bank, progress: Callable[[int, int], None] | None = None) -> Iterator[pa.RecordBatch]:
    """The bank's facts in the canonical schema, a batch a day, in order of `recorded_at`.

    `progress` is told the days done and the days in all. A fact that becomes known after the last day is
    not told.
    """
    town = bank.town()
    ledger, first = Ledger.opened(town.people), bank.day(0)
    ahead = [rows for number in range(-LEAD_IN, 0) for rows in begun(town, bank.day(number), ledger.limit)]
    waiting = stacked([*ahead, _arrivals(town, first)])
    waiting = waiting[waiting["recorded_at"] >= first.opens]
    for number in range(bank.days):
        day = bank.day(number)
        rows = stacked([waiting, *_events(town, ledger, day)])
        known = rows["recorded_at"] < day.closes
        posted, waiting = post(ledger, rows[known], town.places.home), rows[~known]
        bill(town, ledger, day, posted)
        waiting = stacked([waiting, *aftermath(town, day, posted)])
        if len(posted):
            yield as_batch(posted)
        if progress is not None:
            progress(number + 1, bank.days)


def _arrivals(town: Town, day: Day) -> Rows:
    """What the bank knows of its customers to begin with."""
    people = town.people
    first = {"account": np.arange(len(people.key)), "occurred_at": day.opens}
    return town.papers(first, people.income, draw(people.key, "verified") < 0.8, "employed")


def _events(town: Town, ledger: Ledger, day: Day) -> list[Rows]:
    """What happens on a day, told in rows that are not yet posted."""
    course = town.course
    keys, means = town.keys(day.number), course.means(day.number)
    spared = np.clip((1 - ledger.used()) / 0.15, 0.02, 1)
    appetite = spared * np.where(course.poor(day.number), means, 1) * np.where(course.groomed(), 1.2, 1)
    appetite[course.gone(day.number)] = 0
    return [
        *_night(town, ledger, day, keys, means),
        payments(town, ledger, day, keys, means),
        contacts(town, ledger, day, keys, means),
        shopping(town, day, keys, appetite),
        *errands(town, day, keys, means),
        *begun(town, day, ledger.limit),
    ]


def _night(town: Town, ledger: Ledger, day: Day, keys: Keys, means: Floats) -> list[Rows]:
    """The bank's own work before dawn."""
    people, at = town.people, day.at(between(keys, "night", 0.01, 0.1))
    cut = np.flatnonzero((people.cut_day == day.date.day) & ledger.billed())
    asked = np.flatnonzero((day.number + one_of(people.key, "bureau day", 30)) % 30 == 0)
    return [
        late_fees(town, ledger, day, at),
        *statements(ledger, cut, at[cut]),
        limits(town, ledger, day, cut, at[cut] + 2 * HOUR, keys[cut]),
        reports(town, ledger, asked, at[asked], keys[asked], means[asked]),
    ]

"""Schedules in whole minor units: what is paid on which day, and of what it consists.

Interest runs on principal alone, never on fees, penalties or old interest (银发〔2016〕111号). A level
instalment is the annuity P·r/(1−(1+r)^−n), found as the least integer that clears the debt in n
instalments when each period's interest is rounded half up; the last instalment takes the rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tocsin.credit.plan.terms import Debt


@dataclass(frozen=True, slots=True)
class Instalment:
    """`arrears` is interest accrued before the plan, `interest` what accrues in it."""

    number: int
    due: date
    principal: int
    interest: int
    arrears: int
    fees: int

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.arrears + self.fees


Schedule = tuple[Instalment, ...]


@dataclass(frozen=True, slots=True)
class Periods:
    """The possible due days, and the interest of each period as `rate[k] / scale` of the principal."""

    start: date
    days: tuple[date, ...]
    rates: tuple[int, ...]
    scale: int
    principal_first: bool


def periods(start: date, days: list[date], rate: int, per_year: int, by_days: bool, principal_first: bool) -> Periods:
    """Interest for the days gone by, of 365, or an equal part of the year for every period."""
    if by_days:
        gaps = [(day - before).days for before, day in zip([start, *days], days, strict=False)]
        return Periods(start, tuple(days), tuple(rate * gap for gap in gaps), 10_000 * 365, principal_first)
    return Periods(start, tuple(days), (rate,) * len(days), 10_000 * per_year, principal_first)


def needed(debt: Debt, instalment: int, over: Periods) -> int | None:
    """How many instalments of an amount clear a debt; None where all the periods there are do not."""
    principal, charges = debt.principal, debt.interest + debt.fees
    for turn, rate in enumerate(over.rates):
        left = instalment - _interest(principal, rate, over.scale)
        if left < 0:
            return None
        if over.principal_first:
            principal, left = max(0, principal - left), max(0, left - principal)
            charges = max(0, charges - left)
        else:
            charges, left = max(0, charges - left), max(0, left - charges)
            principal = max(0, principal - left)
        if principal == charges == 0:
            return turn + 1
    return None


def level(debt: Debt, count: int, most: int, over: Periods) -> int | None:
    """The least level instalment, at most `most`, that clears a debt in `count` instalments; None where none does."""

    def clears(instalment: int) -> bool:
        turns = needed(debt, instalment, over)
        return turns is not None and turns <= count

    if count < 1 or not clears(most):
        return None
    low, high = -(-debt.total // count) - 1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if clears(middle) else (middle, high)
    return high


def paid_off(debt: Debt, instalment: int, over: Periods) -> Schedule:
    """The dated schedule of a level instalment that is known to clear the debt."""
    rows: list[Instalment] = []
    principal, arrears, fees = debt.principal, debt.interest, debt.fees
    for day, rate in zip(over.days, over.rates, strict=True):
        interest = _interest(principal, rate, over.scale)
        left = instalment - interest
        parts = {"principal": principal, "arrears": arrears, "fees": fees}
        order = ("principal", "arrears", "fees") if over.principal_first else ("fees", "arrears", "principal")
        paid: dict[str, int] = {}
        for name in order:
            paid[name] = min(left, parts[name])
            left -= paid[name]
        principal, arrears, fees = (parts[name] - paid[name] for name in ("principal", "arrears", "fees"))
        rows.append(Instalment(len(rows) + 1, day, paid["principal"], interest, paid["arrears"], paid["fees"]))
        if principal == arrears == fees == 0:
            break
    return tuple(rows)


def in_parts(debt: Debt, amounts: list[int], days: tuple[date, ...]) -> Schedule:
    """A schedule of given amounts that add up to a debt without interest: principal first."""
    rows: list[Instalment] = []
    parts = [debt.principal, debt.interest, debt.fees]
    for amount, day in zip(amounts, days, strict=False):
        left, paid = amount, []
        for place, part in enumerate(parts):
            paid.append(min(left, part))
            parts[place] -= paid[-1]
            left -= paid[-1]
        rows.append(Instalment(len(rows) + 1, day, paid[0], 0, paid[1], paid[2]))
    return tuple(rows)


def _interest(principal: int, rate: int, scale: int) -> int:
    return (2 * principal * rate + scale) // (2 * scale)

"""What a schedule costs the person, and what it is worth to the bank.

The APR is that of Directive 2008/48/EC, Annex I: the X with amount = Σ D·(1+X)^−s over all payments D,
s in years of 365 days from the start; for one advance and unit periods of a day it is that of Regulation Z,
Appendix J, compounded. It is found by bisection, in millionths.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal, localcontext
from itertools import pairwise

from tocsin.credit.plan.schedule import Schedule

MILLION = 1_000_000
MOST = 10**9
"""The largest APR told: a thousand times a year."""
_PRECISE = Context(prec=34)
_YEAR = Decimal(365)


def apr(amount: int, schedule: Schedule, start: date) -> int:
    """The annual percentage rate in millionths (182,500 is 18.25 %), rounded to the nearest.

    `amount` is what is owed at the start under the plan; a schedule pays at least that.
    """
    with localcontext(_PRECISE):
        low, high = 0, 2 * MOST
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _worth(schedule, start, middle, 2 * MILLION) >= amount else (low, middle)
        return (low + 1) // 2


def present_value(schedule: Schedule, start: date, rate: int) -> int:
    """What a schedule is worth at its start at a yearly rate of basis points; minor units, half to even."""
    with localcontext(_PRECISE):
        return int(_worth(schedule, start, rate, 10_000).to_integral_value())


def _worth(schedule: Schedule, start: date, rate: int, scale: int) -> Decimal:
    """Σ D·(1 + rate/scale)^(−days/365), by Horner's rule from the last payment back."""
    one_day = (1 + Decimal(rate) / scale) ** (-1 / _YEAR)
    days = [start, *(row.due for row in schedule)]
    worth = Decimal(0)
    for (before, day), row in zip(reversed(list(pairwise(days))), reversed(schedule), strict=True):
        worth = (worth + row.total) * one_day ** (day - before).days
    return worth

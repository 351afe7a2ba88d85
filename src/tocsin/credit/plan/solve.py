"""The solver: which plans a person can afford, from the least that the bank gives up to the most.

Every plan is tried in turn; one that cannot be paid, is below the floor, beyond every authority or against
a rule is declined with its reason. More surplus never makes the best offer worse: each kind then needs no
more waived, no lower rate and no more months than before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from tocsin.credit.plan.authority import authority
from tocsin.credit.plan.checks import LONGEST, checked
from tocsin.credit.plan.cost import apr, present_value
from tocsin.credit.plan.paydays import business_day, due_days, months_until, per_payday
from tocsin.credit.plan.record import Declined, Kind, Offer, Solution, Waived, Why
from tocsin.credit.plan.schedule import Periods, Schedule, in_parts, level, needed, paid_off, periods
from tocsin.credit.plan.terms import Debt, Means, Terms
from tocsin.values.calendar import Calendar

Tried = Offer | Why


@dataclass(frozen=True, slots=True)
class _Case:
    """One person on one day."""

    debt: Debt
    means: Means
    terms: Terms
    on: date
    calendar: Calendar
    days: list[date]

    @property
    def each(self) -> int:
        """What can be paid on one payday."""
        return per_payday(self.means.surplus, self.means.paydays)


def solve(debt: Debt, means: Means, terms: Terms, on: date, calendar: Calendar) -> Solution:
    """Offers for a debt on a day, and why others are not made; `calendar` holds the bank's business days."""
    if why := _barred(debt, means):
        return Solution((), (Declined(None, why),))
    months = min(terms.max_months, LONGEST.get(terms.jurisdiction, terms.max_months))
    days = due_days(means.paydays, on, terms.first_after, months, terms.shift, calendar)
    case = _Case(debt, means, terms, on, calendar, days)
    tried: dict[Kind, Tried] = {
        Kind.SHORTEST: _shortest(case, Kind.SHORTEST, Waived(), 100, case.each),
        Kind.LIGHTEST: _lightest(case),
        Kind.RESCHEDULE: _reschedule(case),
        Kind.RELIEF: _shortest(case, Kind.RELIEF, Waived(fees=debt.fees), 0, case.each),
        Kind.SETTLEMENT: _settled_at_once(case),
        Kind.SETTLEMENT_IN_PARTS: _settled_in_parts(case),
    }
    offers: list[Offer] = []
    declined: list[Declined] = []
    for kind, one in tried.items():
        if isinstance(one, Why):
            declined.append(Declined(kind, one))
        elif any(_same(one, other) for other in offers):
            declined.append(Declined(kind, Why.NOT_NEEDED))
        else:
            offers.append(one)
    if not offers:
        declined.append(_refused(case, tried))
    return Solution(tuple(sorted(offers, key=lambda one: one.concession)), tuple(declined))


def _barred(debt: Debt, means: Means) -> Why | None:
    if not means.willing:
        return Why.UNWILLING
    return Why.CAN_PAY if debt.total <= means.surplus + means.at_hand else None


def _refused(case: _Case, tried: dict[Kind, Tried]) -> Declined:
    """The reason of the plan that concedes most; with what a person would need where means are what is missing."""
    last = tried[Kind.RELIEF]
    assert isinstance(last, Why)
    if last not in (Why.NO_SURPLUS, Why.BELOW_MINIMUM, Why.TOO_LONG):
        return Declined(None, last)
    owed = _less(case.debt, Waived(fees=case.debt.fees))
    if owed is None or not case.days:
        return Declined(None, last)
    least = level(owed, len(case.days), owed.total, _periods(case, 0))
    assert least is not None
    surplus = -(-max(least, case.terms.minimum) * case.means.paydays.per_year // 12)
    return Declined(None, last, surplus)


# -- the plans ---------------------------------------------------------------------------------------------------------


def _shortest(case: _Case, kind: Kind, waived: Waived, step: int, most: int) -> Tried:
    """The fewest instalments of at most `most` at a step of the contract's rate that are also admissible."""
    if most <= 0:
        return Why.NO_SURPLUS
    if most < case.terms.minimum:
        return Why.BELOW_MINIMUM
    owed, over = _less(case.debt, waived), _periods(case, step)
    first = needed(owed, most, over) if owed else None
    if owed is None or first is None:
        return Why.TOO_LONG
    found: Tried = Why.TOO_LONG
    for count in range(first, len(case.days) + 1):
        found = _level(case, kind, waived, step, count, most)
        if isinstance(found, Offer):
            return found
    return found


def _lightest(case: _Case) -> Tried:
    if case.each <= 0:
        return Why.NO_SURPLUS
    if case.each < case.terms.minimum:
        return Why.BELOW_MINIMUM
    return _level(case, Kind.LIGHTEST, Waived(), 100, len(case.days), case.each)


def _reschedule(case: _Case) -> Tried:
    """With room to spare, at the highest step of the rate at which that is possible."""
    found: Tried = Why.TOO_LONG
    for step in case.terms.rate_steps:
        found = _shortest(case, Kind.RESCHEDULE, Waived(), step, case.each * case.terms.comfort // 100)
        if isinstance(found, Offer):
            return found
    return found


def _settled_at_once(case: _Case) -> Tried:
    if case.means.at_hand <= 0:
        return Why.NOTHING_AT_HAND
    day = business_day(case.on + timedelta(days=max(1, case.terms.first_after)), "following", case.calendar)
    return _settled(case, Kind.SETTLEMENT, [case.means.at_hand], [day])


def _settled_in_parts(case: _Case) -> Tried:
    """As few equal parts as pay the whole debt, else the most parts; money at hand goes into the first."""
    if case.each <= 0:
        return Why.NO_SURPLUS
    rest = case.debt.total - case.means.at_hand
    parts = min(-(-rest // case.each), case.terms.parts, len(case.days))
    if parts < 1:
        return Why.TOO_LONG
    rest = min(rest, parts * case.each)
    part = -(-rest // parts)
    amounts = [min(part, rest - place * part) for place in range(parts) if rest > place * part]
    amounts[0] += case.means.at_hand
    return _settled(case, Kind.SETTLEMENT_IN_PARTS, amounts, case.days)


# -- from amounts to an offer ------------------------------------------------------------------------------------------


def _level(case: _Case, kind: Kind, waived: Waived, step: int, count: int, most: int) -> Tried:
    owed, over = _less(case.debt, waived), _periods(case, step)
    least = level(owed, count, most, over) if owed else None
    if owed is None or least is None:
        return Why.TOO_LONG
    schedule = paid_off(owed, max(least, case.terms.minimum), over)
    return _offer(case, kind, owed, waived, step, schedule, over)


def _settled(case: _Case, kind: Kind, amounts: list[int], days: list[date]) -> Tried:
    """Fees are given up first, then accrued interest, then principal."""
    left, debt = case.debt.total - sum(amounts), case.debt
    fees = min(left, debt.fees)
    interest = min(left - fees, debt.interest)
    waived = Waived(left - fees - interest, interest, fees)
    owed = _less(debt, waived)
    assert owed is not None
    return _offer(case, kind, owed, waived, 0, in_parts(owed, amounts, tuple(days)), None)


def _offer(
    case: _Case, kind: Kind, owed: Debt, waived: Waived, step: int, schedule: Schedule, over: Periods | None
) -> Tried:
    """The offer, or the first reason why it is not admissible."""
    debt, means, terms = case.debt, case.means, case.terms
    value = present_value(schedule, case.on, terms.bank_rate)
    if value * 100 < debt.total * terms.floor:
        return Why.BELOW_FLOOR
    cut = 100 - step if terms.rate else 0
    allowed = authority(debt, waived, cut, means.earlier, terms.levels)
    if allowed is None:
        return Why.NO_AUTHORITY
    months = months_until(case.on, schedule[-1].due)
    checks = checked(debt, means, schedule, months, over, terms)
    if not all(check.passed for check in checks):
        return Why.UNLAWFUL
    rate, cost = terms.rate * step // 100, apr(owed.total, schedule, case.on)
    return Offer(kind, case.on, debt, owed, waived, rate, cut, schedule, months, cost, value, allowed, checks)


def _same(one: Offer, other: Offer) -> bool:
    return one.schedule == other.schedule and one.waived == other.waived


def _less(debt: Debt, waived: Waived) -> Debt | None:
    """What stays owed; None where nothing does."""
    if waived.total >= debt.total:
        return None
    return replace(
        debt,
        principal=debt.principal - waived.principal,
        interest=debt.interest - waived.interest,
        fees=debt.fees - waived.fees,
    )


def _periods(case: _Case, step: int) -> Periods:
    terms = case.terms
    rate = terms.rate * step // 100
    return periods(case.on, case.days, rate, case.means.paydays.per_year, terms.by_days, terms.principal_first)

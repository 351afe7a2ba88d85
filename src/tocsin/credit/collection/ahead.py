"""What lies ahead, as texts announce it: deadlines, a visit, an agency, another due date, relief, waivers, rewards.

It is taken from the strategy itself, so that nothing is announced but what its ladder holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeVar

from tocsin.credit.collection.strategy import Bureau, ByHand, OnAccount, Order, Place, Way
from tocsin.credit.collection.turn import Turn
from tocsin.credit.plan import Monthly
from tocsin.values import spoken
from tocsin.values.calendar import dated
from tocsin.values.money import MAX_MINOR
from tocsin.values.said import Said

DEADLINE_DAYS = 14
"""Of a text that says by when, where nothing else sets it (Consumer Credit Act 1974 s. 88: fourteen days)."""
DISPUTE_DAYS = 35
"""Thirty days after a validation notice is received (12 CFR 1006.34(b)(5)), and five in the post."""
day = lru_cache(4_096)(spoken.day)
"""Many persons are written to of the same days."""
VISITS = Said("10:00 to 18:00", "10:00至18:00")
AS_AGREED = Said("interest and fees run as agreed", "利息与费用按约定计收")
REMEDY = Said("end the agreement and ask for the whole balance", "终止协议并要求偿还全部余额")
W = TypeVar("W", bound=Way)


def announced(turn: Turn, language: str) -> dict[str, str]:
    """What is ahead, by the names it has in texts."""
    found = {
        "until": in_days(turn, DEADLINE_DAYS, language),
        "dispute_by": in_days(turn, DISPUTE_DAYS, language),
        "new_date": day(_after_payday(turn), language),
        "visit_date": in_days(turn, max(notice_days(turn, "visit") + 1, _days_to_visit(turn)), language),
        "time": _in(VISITS, language),
        "fee_treatment": _in(AS_AGREED, language),
        "remedy": _in(REMEDY, language),
    }
    agency = next(((days, way) for days, way in _coming(turn, Place) if not way.recall), None)
    if agency is not None:
        found |= {"agency": agency[1].agency, "start": in_days(turn, agency[0], language)}
    pause = next((way for _, way in _ways(turn, OnAccount) if way.fact == "pause" and way.days), None)
    if pause is not None:
        relief = Said(f"{pause.days} days in which nothing more falls overdue", f"{pause.days}天内暂停计算逾期")
        found["terms"] = _in(relief, language)
    for name, amount in (
        ("waived", _waived(turn) or _ordered(turn, "fee_waiver")),
        ("reward", _ordered(turn, "reward")),
    ):
        if amount:
            found[name] = spoken.amount(amount, turn.house.currency, language)
    return found


def notice_days(turn: Turn, channel: str) -> int:
    """Full days that the laws put between a notice and what it announces on a channel."""
    return max(
        (
            days
            for rule in turn.house.gate.profile.rules
            for check in rule.checks
            if check.name == "notice_first" and isinstance(days := check.params["days"], int)
            and isinstance(channels := check.params["channels"], frozenset) and channel in channels
        ),
        default=0,
    )  # fmt: skip


def in_days(turn: Turn, days: int, language: str) -> str:
    return day(dated(turn.today + days), language)


def whole(amount: float) -> int:
    """An amount of an expression in minor units; what is no number is nothing."""
    return max(-MAX_MINOR, min(round(amount), MAX_MINOR)) if amount - amount == 0 else 0


def _ways(turn: Turn, kind: type[W]) -> Iterator[tuple[int, W]]:
    """Ways of a kind on the ladder, with the days past due on which they begin."""
    for step in turn.house.strategy.ladder:
        way = turn.house.strategy.treatments[step.treatment].way
        if isinstance(way, kind):
            yield step.at, way


def _coming(turn: Turn, kind: type[W]) -> list[tuple[int, W]]:
    """The same, with the days until then: the next first, at least tomorrow."""
    here = turn.days or 0
    return sorted(((max(at - here, 1), way) for at, way in _ways(turn, kind)), key=lambda one: one[0])


def _days_to_visit(turn: Turn) -> int:
    return next((days for days, way in _coming(turn, ByHand) if way.channel == "visit"), 0)


def days_to_report(turn: Turn) -> int:
    """Days until the ladder reports to a bureau; 0 where it does not."""
    return next((days for days, way in _coming(turn, Bureau) if way.step == "furnished"), 0)


def _after_payday(turn: Turn) -> date:
    payday = Monthly(turn.book.profile.payday or Monthly().day)
    return next(payday.days(dated(turn.today))) + timedelta(days=1)


def _waived(turn: Turn) -> int:
    """What was given up on the last day of this case on which anything was."""
    since = 0 if turn.book.case is None else turn.book.case.opened_at
    given = [one for account in turn.book.accounts.values() for one in account.waived if one[0] >= since]
    last = max((turn.day(at) for at, _ in given), default=0)
    return sum(amount for at, amount in given if turn.day(at) == last)


def _ordered(turn: Turn, order: str) -> int:
    """What the strategy grants by an order, as it would be reckoned now."""
    for _, way in _ways(turn, Order):
        if way.order == order and way.amount is not None:
            return granted(turn, way) or 0
    return 0


def granted(turn: Turn, way: Order) -> int | None:
    """The amount of an order; None where it has none. Fees are waived as far as nobody needs to approve it."""
    if way.amount is None:
        return None
    amount = max(0, whole(turn.amounts[way.amount]))
    if way.order != "fee_waiver":
        return amount
    fees = sum(one.fees for one in turn.book.accounts.values())
    free = [level for level in turn.house.strategy.plan.levels if not level.approvals]
    most = [fees * one.fees // 100 if one.money is None else min(fees * one.fees // 100, one.money) for one in free]
    return min(amount, max(most, default=0))


def _in(one: Said, language: str) -> str:
    return one.zh if language == "zh" else one.en

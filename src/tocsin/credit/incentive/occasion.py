"""Occasions: a statement's cycle, seen when its due date and the days of grace are over; and what a condition may read of it.

All of it is a function of the account's history, which is the same in whatever order its facts came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tocsin.credit.incentive.record import PAID
from tocsin.credit.position import History, Terms
from tocsin.credit.position.days import NEVER, start_of
from tocsin.credit.position.pauses import due
from tocsin.credit.position.standing import PAYMENT, STATEMENT, Event, taken
from tocsin.facts.incentives import Outcome
from tocsin.policy.types import FLAG, MONEY, WHOLE, Entry, Type

RANKS: tuple[Outcome, ...] = ("nothing", "part", "minimum", "full")
Values = Mapping[str, float | str | None]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A statement and what was paid of it. `until`: the first moment that is too late; money in minor units."""

    id: str
    at: int
    until: int
    minimum: int
    balance: int
    paid: int
    in_time: int
    """Of that, what came without the days of grace."""
    outcome: Outcome

    @property
    def met(self) -> bool:
        """Whether the minimum was paid in time."""
        return self.outcome in PAID

    @property
    def rank(self) -> int:
        return RANKS.index(self.outcome)


def occasions(history: History, terms: Terms) -> list[Occasion]:
    """The cycles of an account of which something was asked, oldest first, as far as its history reaches."""
    found = taken(history.events, history.settled, history.start is None)
    less = {payment: sum(part for _, _, part, _ in parts) for payment, parts in found.parts.items()}
    payments = [one for one in history.events if one.kind == PAYMENT]
    stated = [one for one in history.events if one.kind == STATEMENT and one.amount > 0 and one.minimum > 0]
    return [one for event in stated if (one := _occasion(event, payments, less, history, terms)) is not None]


def deadlines(history: History, terms: Terms, now: int) -> Iterator[int]:
    """When the cycles that are not over yet will be, the latest first."""
    for event in reversed(history.events):
        if event.kind == STATEMENT:
            last = due(event.due, history.pauses) if history.pauses else event.due
            until = start_of(last + terms.grace_days + 1, terms.zone) if last < NEVER else now
            if until <= now:
                return
            yield until


def _occasion(
    stated: Event, payments: Iterable[Event], less: Mapping[str, int], history: History, terms: Terms
) -> Occasion | None:
    last = due(stated.due, history.pauses) if history.pauses else stated.due
    if last >= NEVER:
        return None  # paused for ever
    exact, until = start_of(last + 1, terms.zone), start_of(last + terms.grace_days + 1, terms.zone)
    mine = [
        (one.at, max(one.amount - less.get(one.fact, 0), 0))
        for one in payments
        if one.at < until and (one.at > stated.at or one.recorded > stated.recorded)
    ]
    paid, minimum = sum(amount for _, amount in mine), min(stated.minimum, stated.amount)
    if paid >= stated.amount - terms.tolerance:
        outcome: Outcome = "full"
    elif paid >= minimum - terms.tolerance:
        outcome = "minimum"
    else:
        outcome = "part" if paid else "nothing"
    in_time = sum(amount for at, amount in mine if at < exact)
    return Occasion(stated.fact, stated.at, until, minimum, stated.amount, paid, in_time, outcome)


@dataclass(frozen=True, slots=True)
class Feature:
    """What a condition of an incentive may read of the occasion, beside the features of the person."""

    type: Type
    en: str
    zh: str


FEATURES: dict[str, Feature] = {
    "paid_full": Feature(FLAG, "The whole statement was paid in time", "账单已按时全额还清"),
    "paid_minimum": Feature(FLAG, "At least its minimum was paid in time", "至少已按时还清最低还款额"),
    "paid_nothing": Feature(FLAG, "Nothing of it was paid in time", "到期前分文未还"),
    "on_time": Feature(FLAG, "Its minimum was paid by the due date itself, without the days of grace", "最低还款额于还款日当日前还清(不含宽限期)"),
    "statement_balance": Feature(MONEY, "The balance of the statement", "账单金额"),
    "asked": Feature(MONEY, "The minimum that the statement asked for", "账单最低还款额"),
    "paid": Feature(MONEY, "What was paid in time", "按时还款金额"),
    "unpaid": Feature(MONEY, "What of the minimum was not paid in time", "到期未还的最低还款额"),
    "on_time_streak": Feature(WHOLE, "Statements in a row, this one the last, whose minimum was paid in time", "连续按时还款的账单期数(含本期)"),
    "full_streak": Feature(WHOLE, "Statements in a row, this one the last, that were paid in full in time", "连续按时全额还款的账单期数(含本期)"),
    "missed_streak": Feature(WHOLE, "Statements in a row, this one the last, whose minimum was not paid in time", "连续未按时还款的账单期数(含本期)"),
    "improving": Feature(FLAG, "A greater part of it was paid than of either of the two before", "还款比例高于此前两期"),
    "refuses": Feature(FLAG, "Able to pay, they refused to or evaded contact within 90 days", "有能力还款,但近90天内拒绝还款或回避联系"),
}  # fmt: skip
CATALOGUE: dict[str, Entry] = {name: Entry(one.type, "fact") for name, one in FEATURES.items()}


def values(known: Sequence[Occasion], place: int, refuses: bool) -> Values:
    """The features of the occasion at a place among all of its account."""
    one, before = known[place], known[:place]
    return {
        "paid_full": one.outcome == "full",
        "paid_minimum": one.met,
        "paid_nothing": one.outcome == "nothing",
        "on_time": one.met and one.in_time >= min(one.paid, one.minimum),
        "statement_balance": one.balance,
        "asked": one.minimum,
        "paid": one.paid,
        "unpaid": max(one.minimum - one.paid, 0),
        "on_time_streak": _streak(known[: place + 1], lambda this: this.met),
        "full_streak": _streak(known[: place + 1], lambda this: this.outcome == "full"),
        "missed_streak": _streak(known[: place + 1], lambda this: not this.met),
        "improving": bool(before) and all(one.paid * this.balance > this.paid * one.balance for this in before[-2:]),
        "refuses": refuses,
    }


def _streak(known: Sequence[Occasion], holds: Callable[[Occasion], bool]) -> int:
    count = 0
    for one in reversed(known):
        if not holds(one):
            break
        count += 1
    return count


def risk_falls(histories: Iterable[History]) -> bool:
    """Over the last three full cycles no account owes more or pays a smaller part, and one owes less or pays more."""
    falls = False
    for history in histories:
        full = [one for one in history.standing.cycles[:-1] if one.balance > 0][-3:]
        for earlier, later in pairwise(full):
            paid, owed = later.paid * earlier.balance - earlier.paid * later.balance, earlier.balance - later.balance
            if paid < 0 or owed < 0:
                return False
            falls |= len(full) == 3 and (paid > 0 or owed > 0)
    return falls

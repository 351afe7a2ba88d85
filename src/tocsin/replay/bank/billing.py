"""Billing: statements and what they ask for, interest, late fees, and how customers pay."""

from __future__ import annotations

import numpy as np

from tocsin.replay.bank.days import DAY, HOUR, SECOND, Day
from tocsin.replay.bank.draws import Floats, Ints, Keys, between, draw, one_of, part, whole
from tocsin.replay.bank.ledger import TERMS, Ledger
from tocsin.replay.bank.people import MINIMUM_PAYER
from tocsin.replay.bank.rows import WORD, Rows, written
from tocsin.replay.bank.town import Town

_HABITS = np.array([[0.955, 0.985, 0.99], [0.12, 0.86, 0.97], [0.02, 0.14, 0.95], [0.05, 0.45, 0.92]])
"""By temper: chance of paying in full, at least in part, at least the minimum."""


def late_fees(town: Town, ledger: Ledger, day: Day, at: Ints) -> Rows:
    """Where the grace ends today: who has not paid in full revolves, who has missed the minimum is late."""
    judged = np.flatnonzero(ledger.due + TERMS.grace == day.number)
    ledger.revolving[judged] = ledger.paid[judged] < ledger.statement[judged]
    ledger.late[judged] = ledger.paid[judged] < ledger.minimum[judged]
    ledger.missed[judged] = np.where(ledger.late[judged], ledger.missed[judged] + 1, 0)
    tardy = judged[ledger.late[judged]]
    charge = TERMS.fee(ledger.short(tardy), TERMS.late_fee, town.unit)
    return written("fee", account=tardy, occurred_at=at[tardy], amount=charge, fee_type="late")


def statements(ledger: Ledger, cut: Ints, at: Ints) -> list[Rows]:
    """Interest and, an hour later, statements for the accounts `cut` at instants `at`."""
    cost = whole(ledger.lent[cut] * TERMS.daily_interest)
    owing = ledger.revolving[cut] & (cost > 0)
    interest = written("interest", account=cut[owing], occurred_at=at[owing], amount=cost[owing])
    ledger.lent[cut] = 0
    return [interest, written("statement", account=cut, occurred_at=at + HOUR)]


def payments(town: Town, ledger: Ledger, day: Day, keys: Keys, means: Floats) -> Rows:
    """Payments that were planned for today: what of the plan is still open and still owed."""
    people = town.people
    open_part = np.minimum(ledger.plan - ledger.paid, ledger.balance)
    who = np.flatnonzero((ledger.pay_day == day.number) & (open_part > 0) & ~town.course.gone(day.number))
    strained = ((people.temper[who] >= MINIMUM_PAYER) | (means[who] < 0.7)) & (draw(keys[who], "strained") < 0.2)
    by_hand = np.where(draw(keys[who], "method") < 0.92, WORD["bank_transfer"], WORD["cash"])
    method = np.where(people.autopay[who], WORD["direct_debit"], np.where(strained, WORD["cash_advance"], by_hand))
    at = day.at(np.where(people.autopay[who], 0.2, between(keys[who], "pay hour", 0.36, 0.95)))
    return written("payment", account=who, occurred_at=at, amount=open_part[who], method=method)


def bill(town: Town, ledger: Ledger, day: Day, rows: Rows) -> None:
    """After posting: today's statements ask for a minimum, customers plan for it, and payments count."""
    cut = np.flatnonzero(rows["kind"] == WORD["statement"])
    who, owed = rows["account"][cut], np.maximum(rows["balance"][cut], 0)
    unpaid = np.where(ledger.missed[who] > 0, ledger.short(who), 0)
    least = np.maximum(owed * TERMS.minimum_share // 100, int(TERMS.minimum_floor * town.unit))
    minimum = np.minimum(owed, least + unpaid)
    rows["statement_balance"][cut], rows["minimum_due"][cut] = rows["balance"][cut], minimum
    rows["due_at"][cut] = day.closes + TERMS.due_after * DAY - SECOND
    ledger.statement[who], ledger.minimum[who], ledger.paid[who] = owed, minimum, 0
    ledger.due[who] = day.number + TERMS.due_after
    _plan(town, ledger, day.number, who)

    repaid = (rows["kind"] == WORD["payment"]) * 1 - (rows["kind"] == WORD["payment_reversed"])
    np.add.at(ledger.paid, rows["account"], np.where(repaid != 0, repaid * rows["amount"], 0))
    ledger.late &= ledger.paid < ledger.minimum
    ledger.lent += np.maximum(ledger.balance, 0)


def _plan(town: Town, ledger: Ledger, day: int, who: Ints) -> None:
    """How much of a new statement the customers mean to pay, and when."""
    people, course, keys = town.people, town.course, town.keys(day)[who]
    owed, minimum = ledger.statement[who], ledger.minimum[who]
    luck = draw(keys, "plan") + 1 - course.means(day)[who]
    choice = np.where(course.groomed()[who], 0, (luck[:, None] >= _HABITS[people.temper[who]]).sum(axis=1))
    some = np.maximum(minimum, part(owed, keys, "part", 0.15, 0.6))
    ledger.plan[who] = np.choose(choice, [owed, some, minimum, owed * 0])
    soon = np.where(people.autopay[who], TERMS.due_after, 4 + one_of(keys, "pay day", 16))
    forgets = ~people.autopay[who] & (draw(keys, "forgets") < 0.04)
    ledger.pay_day[who] = day + np.where(forgets, TERMS.due_after + 1 + one_of(keys, "days late", 7), soon)

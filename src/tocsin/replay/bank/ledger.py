"""The ledger: the card's terms, and where each account stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.replay.bank.days import NEVER
from tocsin.replay.bank.draws import Flags, Floats, Ints, between, whole
from tocsin.replay.bank.people import REVOLVER, People


@dataclass(frozen=True)
class Terms:
    """The card's terms, those usual in mainland China; amounts in units of one yuan."""

    minimum_share: int = 10
    """Per cent of the statement that is the minimum."""
    minimum_floor: int = 50
    due_after: int = 20
    """Days from statement to due date."""
    grace: int = 3
    """Days after the due date that count as on time (China Banking Association, 2013)."""
    late_fee: float = 0.05
    """Of the unpaid part of the minimum."""
    cash_fee: float = 0.01
    fee_floor: int = 10
    daily_interest: float = 0.0005
    """Where the last statement was not paid in full (PBC notice 2016/111: at most this)."""
    abandoned: int = 6
    """Statements missed in a row after which the account is charged off and billed no more."""

    def fee(self, amounts: Ints, share: float, unit: float) -> Ints:
        """A share of the amounts, but not less than the floor; `unit`: minor units of one yuan."""
        return whole(np.maximum(amounts * share, self.fee_floor * unit))


TERMS = Terms()


@dataclass
class Ledger:
    """Where each account stands. Money in minor units, days by number."""

    balance: Ints
    limit: Ints
    statement: Ints
    minimum: Ints
    due: Ints
    paid: Ints
    """Since the last statement."""
    plan: Ints
    """How much of the statement the customer means to pay, and on which day."""
    pay_day: Ints
    missed: Ints
    """Minimums missed in a row."""
    late: Flags
    revolving: Flags
    lent: Ints
    """Sum of the daily closing balances since the last statement: interest is charged on it."""
    facts: Ints
    """How many facts the account has so far."""

    @staticmethod
    def opened(people: People) -> Ledger:
        """As if the bank had been there before: with balances, all paid up."""
        least, most = np.array([[0.02, 0.1, 0.4, 0.2], [0.25, 0.5, 0.85, 0.6]])[:, people.temper]
        zero = np.zeros(len(people.key), np.int64)
        return Ledger(
            balance=whole(people.credit_limit * between(people.key, "used", least, most)),
            limit=people.credit_limit.copy(),
            statement=zero.copy(),
            minimum=zero.copy(),
            due=zero + NEVER,
            paid=zero.copy(),
            plan=zero.copy(),
            pay_day=zero + NEVER,
            missed=zero.copy(),
            late=zero > 0,
            revolving=people.temper >= REVOLVER,
            lent=zero.copy(),
            facts=zero.copy(),
        )

    def used(self) -> Floats:
        """Share of the limit that is drawn."""
        return self.balance / self.limit

    def billed(self) -> Flags:
        """Not charged off."""
        return self.missed < TERMS.abandoned

    def short(self, who: Ints) -> Ints:
        """The unpaid part of their minimums."""
        return whole(np.maximum(self.minimum[who] - self.paid[who], 0))

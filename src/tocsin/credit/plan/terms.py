"""What a plan is reckoned from: the debt, what the person can pay and when, and the limits of policy.

Money is minor units of one currency; yearly rates are basis points (1,825 is 18.25 %); shares are per cent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from tocsin.credit.plan.paydays import Monthly, Paydays
from tocsin.values.problem import Problem, Refused

Shift = Literal["none", "following", "preceding"]


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed now: principal, interest accrued on it, fees and penalties."""

    currency: str
    principal: int
    interest: int = 0
    fees: int = 0

    def __post_init__(self) -> None:
        if min(self.principal, self.interest, self.fees) < 0 or self.total == 0:
            raise Refused(Problem("a debt has no part below zero and is more than nothing", "debt"))

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fees


@dataclass(frozen=True, slots=True)
class Means:
    """Surplus a month, money at hand once, and when income comes. `earlier`: plans within the watch period."""

    surplus: int
    at_hand: int = 0
    paydays: Paydays = field(default_factory=Monthly)
    willing: bool = True
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """A level of authority: the most it may give, in per cent of each part, of the rate, and in money.

    `approvals`: how many people of this level or a higher one, none of them the proposer, must approve.
    """

    name: str
    fees: int
    interest: int
    principal: int
    rate_cut: int
    money: int | None
    approvals: int


LEVELS = (
    Level("clerk", fees=50, interest=0, principal=0, rate_cut=0, money=50_000, approvals=0),
    Level("supervisor", fees=100, interest=50, principal=0, rate_cut=100, money=1_000_000, approvals=1),
    Level("committee", fees=100, interest=100, principal=50, rate_cut=100, money=None, approvals=2),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits and prices of policy.

    `rate` the contract's, `bank_rate` what the bank discounts with; `floor` the least present value, of the
    debt; `comfort` the share of the surplus that a re-schedule asks for; `rate_steps` of the contract's rate,
    tried in turn; `parts` the most parts of a settlement; `first_after` days from now until the first
    instalment at the earliest; `late_fee` of the unpaid part of an instalment, capped by `late_fee_cap`.
    """

    rate: int = 1_825
    bank_rate: int = 400
    max_months: int = 60
    minimum: int = 10_000
    floor: int = 50
    comfort: int = 80
    rate_steps: tuple[int, ...] = (100, 75, 50, 25, 0)
    parts: int = 6
    first_after: int = 7
    principal_first: bool = True
    by_days: bool = True
    shift: Shift = "following"
    late_fee: int = 5
    late_fee_cap: int = 5
    valid_days: int = 14
    levels: tuple[Level, ...] = LEVELS
    jurisdiction: str = "CN"

    def __post_init__(self) -> None:
        shares = (self.floor, self.comfort, self.late_fee, *self.rate_steps)
        rates = (self.rate, self.bank_rate)
        problems: list[Problem] = []
        for what, wrong in (
            ("a share is 0 to 100 per cent", not all(0 <= share <= 100 for share in shares)),
            ("a rate is 0 to 100,000 basis points", not all(0 <= rate <= 100_000 for rate in rates)),
            ("a plan lasts 1 to 600 months", not 1 <= self.max_months <= 600),
            ("the least instalment is at least one unit", self.minimum < 1),
            ("the steps of the rate go down", any(high <= low for high, low in pairwise(self.rate_steps))),
            ("there is at least one level of authority", not self.levels),
        ):
            if wrong:
                problems.append(Problem(what, "terms", "correct the terms"))
        if problems:
            raise Refused(*problems)

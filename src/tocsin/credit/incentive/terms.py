"""Terms: what the section `incentives` of a policy says, checked, its conditions and sums compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tocsin.credit.arms import Experiment
from tocsin.credit.incentive.record import SIDES
from tocsin.facts.incentives import Gives
from tocsin.policy.policy import Text

Values = Mapping[str, float | str | None]
MONEY: tuple[Gives, ...] = ("limit_rise", "cashback", "fee_waiver", "late_fee")
"""What is an amount of money."""
RATES: tuple[Gives, ...] = ("rate_cut", "penalty_rate")
"""What is a rate."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a month has of an incentive over all persons: so much money (minor units), or so many grants."""

    kind: Literal["money", "count"]
    most: int


@dataclass(frozen=True, slots=True)
class Tell:
    """How the person is told of it: channels in this order, and the text."""

    by: tuple[str, ...]
    template: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Incentive:
    """One reward or penalty. `when`: place of its condition; `amount`: place of its sum; `rate` in basis points a year."""

    name: str
    title: Text
    gives: Gives
    when: int
    say: Text
    amount: int | None = None
    most: int | None = None
    rate: int | None = None
    lasting: int | None = None
    """Days for which it stands; None where it is given once and for all."""
    every: int = 0
    """Days after which an account may have it again."""
    arms: tuple[tuple[str, str], ...] = ()
    """(experiment, arm): only for persons in one of these; anybody where empty."""
    tell: Tell | None = None

    @property
    def side(self) -> str:
        return SIDES[self.gives]


@dataclass(frozen=True, slots=True)
class DueDays:
    """When another due day is granted: again after so many days, and only on these days of the month."""

    every: int = 180
    first: int = 1
    last: int = 28


@dataclass(frozen=True, slots=True)
class Incentives:
    """`truths` answers all conditions, `amounts` all sums, each by its place; `reads` are the features of the person."""

    incentives: Mapping[str, Incentive]
    budget: Mapping[str, Budget]
    experiments: tuple[Experiment, ...]
    due_days: DueDays
    truths: Callable[[Values], tuple[bool, ...]]
    amounts: Callable[[Values], tuple[float, ...]]
    reads: frozenset[str]
    conditions: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()

    def cost(self, incentive: str, amount: int | None) -> int:
        """What a grant takes from the budget of its incentive."""
        budget = self.budget.get(incentive)
        return 0 if budget is None else 1 if budget.kind == "count" else amount or 0

"""What is known of a person who owes: means, accounts, answers. None, or an empty series, is not known.

Money is minor units of one currency, instants are microseconds, series run from oldest to newest, one
value a month.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives on the income."""

    adults: int = 1
    children: int = 0


@dataclass(frozen=True, slots=True)
class Means:
    """Income, obligations elsewhere and declared living costs are a month's; `told_at` is when they were told."""

    income: int | None = None
    obligations: int | None = None
    living: int | None = None
    household: Household | None = None
    employment: str | None = None
    verified: bool = False
    told_at: int | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts of the person taken together; `ratios` are per cent of each statement paid."""

    credit_limit: int | None = None
    minimum_due: int | None = None
    balances: tuple[int, ...] = ()
    ratios: tuple[int, ...] = ()
    payments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of contact and of promises, counted over the period that policy looks back.

    `messages` sent and `responses` to them, `calls` and `right_party` contacts among them, `refused` and
    `evaded` among the contacts, promises matured; `late_since` begins the lateness that lasts or lasted
    last, `first_paid_at` is the first payment in it.
    """

    messages: int = 0
    responses: int = 0
    calls: int = 0
    right_party: int = 0
    refused: int = 0
    evaded: int = 0
    kept: int = 0
    partial: int = 0
    broken: int = 0
    late_since: int | None = None
    first_paid_at: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Everything an assessment looks at."""

    currency: str
    means: Means = field(default_factory=Means)
    accounts: Accounts = field(default_factory=Accounts)
    answers: Answers = field(default_factory=Answers)

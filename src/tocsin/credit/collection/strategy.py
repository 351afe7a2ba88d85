"""A strategy, checked: segments, experiments, treatments and the ladder on which they stand.

It comes from the section `collection` of a policy (`section` reads it); its conditions are SQL expressions
over the features of a person (`features`), compiled to one function that answers them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tocsin.credit import ability, position, promise
from tocsin.credit.arms import Experiment
from tocsin.credit.plan import Keeping
from tocsin.credit.plan import Terms as PlanTerms
from tocsin.policy.policy import Text

Values = Mapping[str, float | str | None]
"""Features of a person by name: money in minor units, flags 0 or 1, None for NULL."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A message or call that is made without hands: the channels to try in this order, the preferred one first
    where `by_preference`."""

    by: tuple[str, ...]
    purpose: str
    template: str
    by_preference: bool = True


@dataclass(frozen=True, slots=True)
class ByHand:
    """A task for a person: a call or a visit. `value`: place of the expression of its expected gain."""

    queue: str
    channel: str
    purpose: str
    template: str
    minutes: int
    value: int
    days: int = 3
    """So long it stays in the worklist."""


@dataclass(frozen=True, slots=True)
class Order:
    """Something the core system is asked to do: limit_freeze, limit_cut, card_lock, fee_waiver, rate_cut, reward …

    `amount`: place of an expression, None for none.
    """

    order: str
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class OnAccount:
    """A fact of every late account: charge_off, re_age, pause (mode, days), pause_ended, closure (reason)."""

    fact: str
    mode: str = ""
    days: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A plan or a settlement the person can afford, sent with a template. `kinds`: which of plan.Kind, any where empty."""

    kinds: tuple[str, ...]
    by: tuple[str, ...]
    template: str


@dataclass(frozen=True, slots=True)
class Place:
    """With an agency, at a commission in basis points, for so many days; `recall`: back from it."""

    agency: str
    rate: int
    days: int
    recall: bool = False


@dataclass(frozen=True, slots=True)
class Legal:
    """A step in law: letter, filed, enforcement …; `contact`: the letter that goes with it."""

    step: str
    cost: int
    days: int
    """Until its deadline."""
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Bureau:
    """Adverse information: notice (with its letter), furnished, ended."""

    step: str
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """No action: a treatment too, many accounts cure by themselves."""


Way = Contact | ByHand | Order | OnAccount | Offered | Place | Legal | Bureau | Nothing


@dataclass(frozen=True, slots=True)
class Treatment:
    """`cost` in minor units for each time."""

    name: str
    title: Text
    way: Way
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder: due from `at` days past due (negative: days before the due date) and `lasting` days on.

    `when`: place of a condition, None for always; `every`: days after which it is taken again, 0 for once a case.
    """

    number: int
    at: int
    lasting: int
    treatment: str
    when: int | None = None
    segments: tuple[str, ...] = ()
    """Any where empty."""
    arms: tuple[tuple[str, str], ...] = ()
    """(experiment, arm): only for persons in one of these arms; anybody where empty."""
    every: int = 0


@dataclass(frozen=True, slots=True)
class Strategy:
    """`truths` answers all conditions, `amounts` all expressions of money, each by its place."""

    profile: str
    language: str
    segments: tuple[tuple[str, int], ...]
    """(name, place of its condition); the first that is true, the last without condition (-1)."""
    experiments: tuple[Experiment, ...]
    treatments: Mapping[str, Treatment]
    ladder: tuple[Step, ...]
    open_when: int
    """Places of conditions: a case is opened, and closed, where they are true."""
    close_when: int
    capacity: Mapping[str, int]
    """Minutes a day by queue."""
    truths: Callable[[Values], tuple[bool, ...]]
    amounts: Callable[[Values], tuple[float, ...]]
    reads: frozenset[str]
    """The features that any expression reads."""
    position: position.Terms = field(default_factory=position.Terms)
    ability: ability.Terms = field(default_factory=ability.Terms)
    promise: promise.Terms = field(default_factory=promise.Terms)
    plan: PlanTerms = field(default_factory=PlanTerms)
    keeping: Keeping = field(default_factory=Keeping)
    charge_off: bool = True
    """Whether Tocsin charges off by itself at the terms' days past due."""
    unanswered_hours: int = 24
    """An attempt of which nothing was heard for so long failed, and the next channel has its turn."""
    look_back_days: int = 365
    """So far back answers and promises count for the willingness."""
    limitation_years: int = 3
    """From the oldest unpaid due date or the last payment until a debt may no longer be sued for."""
    conditions: tuple[str, ...] = ()
    """The texts of the conditions, by place."""
    sums: tuple[str, ...] = ()
    """The texts of the expressions of money, by place."""
    hopes: Callable[[Values], tuple[bool, ...]] | None = None
    """The conditions that are true, or that time alone may make true; None: any may be."""
    doors: Callable[[Values], tuple[bool, ...]] | None = None
    """Whether a case is opened, and closed, by the features `door_reads` alone; None: `truths` say so."""
    door_reads: frozenset[str] = frozenset()
    marks: tuple[int, ...] = ()
    """Rungs, in rising order, on which a condition of the case itself may turn."""
    daily: bool = False
    """Whether a condition of the case itself reads what changes from day to day in other ways."""

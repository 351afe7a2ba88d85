"""What a policy says of restrictions: the holds that rules impose, and how they are assessed and released.

Days are days of 24 hours, money is minor units, moments of time microseconds. The sections `restrictions` and `release`
of a policy become these; their conditions are compiled to one function that answers them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tocsin.policy.policy import Text

Values = Mapping[str, float | str | None]
"""Features by name: money in minor units, flags 0 or 1, None for NULL."""
FACTORS = ("credit_score", "transactions", "capacity", "usage", "information", "record")
"""What every assessment looks at: the credit score; how the account transacts (large but normal, unusual, fraud);
repayment capacity; use of the line; whether what is known of the person is authentic and complete; violations and bad
record."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Once so many per cent of the days are over, transactions up to these amounts pass; None: of any amount."""

    at: int
    up_to: int | None = None
    a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a restriction is confined to; all where empty or None. `above`: only transactions of more than this."""

    merchants: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    card_present: bool | None = None
    above: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A restriction that a rule, a level or a person imposes."""

    name: str
    title: Text
    say: Text
    """What the customer is told: why, and what stays allowed."""
    type: str
    strength: str
    rules: frozenset[str]
    level: int
    """It is imposed where the account comes to this rank or above; 0: by rules alone."""
    days: int
    """As long as it lasts where no factor speaks."""
    least: int
    most: int
    needs: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    review: int | None = None
    """So long after it was imposed a person looks at it."""
    expires: int | None = None
    """So long after it was imposed it ends by itself."""
    automatic: bool = True
    """Whether it is released without hands."""
    held_out: int = 0
    """Per cent of persons for whom it is never imposed, by chance and for good, to measure what it is good for."""
    keep: int | None = None
    """Of a limit cut: per cent of the limit that remain; None: what is owed."""
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class Restraints:
    """The section `restrictions`. `acknowledge`: so long the core system has to confirm an order; 0: it does not."""

    holds: Mapping[str, Hold]
    acknowledge: int = 0

    def of_rules(self) -> dict[str, tuple[Hold, ...]]:
        """The holds by the rule that imposes them."""
        found: dict[str, tuple[Hold, ...]] = {}
        for hold in self.holds.values():
            for rule in hold.rules:
                found[rule] = (*found.get(rule, ()), hold)
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """The first of a factor whose condition is true counts. `bars`: no release while it is true; `ends`: release at once."""

    when: int
    """Place of the condition; -1: always."""
    say: Text
    days: int = 0
    bars: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Factor:
    """`shows`: the feature that is its value."""

    name: str
    shows: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """Something the customer can do. `means`: what features are worth once it is done, for what it would shorten."""

    name: str
    title: Text
    kind: str
    """document, verification, payment or confirmation"""
    within: int
    """So many days it is waited for."""
    needed: bool = False
    """No release without it."""
    met_when: int | None = None
    """Place of the condition under which it is met; None: somebody says so."""
    means: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """The section `release`. `large`, `anomalies`: rules that mean large spending, and something unusual."""

    factors: tuple[Factor, ...]
    needs: Mapping[str, Need]
    truths: Callable[[Values], tuple[bool, ...]]
    reads: frozenset[str]
    conditions: tuple[str, ...] = ()
    large: frozenset[str] = frozenset()
    anomalies: frozenset[str] = frozenset()
    refuse_when: int | None = None
    four_eyes: tuple[str, ...] = ()
    """Levels of the account at which two persons release, and nothing else does."""
    appeal: int = 0
    """So long an appeal may wait for its decision."""
    enough: int = 30
    """So many ended restrictions are needed before quantiles are told."""
    daily: bool = False
    """Whether a condition reads what changes from day to day."""

    def takes_two(self, levels: Iterable[str]) -> bool:
        """Whether two persons release what stood at any of these levels."""
        return not set(levels).isdisjoint(self.four_eyes)

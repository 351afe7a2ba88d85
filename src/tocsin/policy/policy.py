"""A policy, checked: what every later stage works from. Nothing in it is user text to interpret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.policy.document import Function
from tocsin.policy.tree import Expr
from tocsin.policy.types import Catalogue, Type

Text = Mapping[str, str]
"""One text by language: en and zh."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A signal over a window. Durations in microseconds; `over` None is all history."""

    name: str
    function: Function
    value: Expr | None
    where: Expr | None
    by: tuple[str, ...]
    over: int | None
    delay: int
    empty: float | None
    type: Type
    title: Text
    value_text: str
    where_text: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A signal reckoned from fields and other signals of the same fact."""

    name: str
    value: Expr
    type: Type
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """Rank 1 is the lowest; 0 stands for no warning. `decision`: a place in `document.DECISIONS`."""

    name: str
    rank: int
    title: Text
    cool_off: int
    colour: str
    decision: int


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    when: Expr
    holds_while: Expr | None
    level: int
    points: int
    decision: int
    say: Text
    text: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`derived` stands in the order in which it can be reckoned. `digest` is of the whole content."""

    name: str
    version: str
    digest: str
    title: Text
    currency: str
    timezone: str
    lateness: int
    watch: str
    measures: tuple[Measure, ...]
    derived: tuple[Derived, ...]
    levels: tuple[Level, ...]
    rules: tuple[Rule, ...]
    catalogue: Catalogue
    sections: Mapping[str, object] = field(default_factory=dict)
    """Further sections by name, as the room above read them."""

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of all signals, measures first: the order of the assessment columns."""
        return (*(m.name for m in self.measures), *(d.name for d in self.derived))

    @property
    def stamp(self) -> str:
        """The policy version that every warning carries."""
        return f"{self.name} {self.version} ({self.digest[:12]})"

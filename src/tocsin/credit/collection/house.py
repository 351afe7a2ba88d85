"""The house: everything beside the book that a decision rests on, made once for each policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.conduct.gate import Gate
from tocsin.credit.incentive.terms import Incentives
from tocsin.credit.restriction.estimate import Experience
from tocsin.credit.restriction.terms import Release, Restraints
from tocsin.values.calendar import Calendar

Writer = Callable[[str, str, str, Mapping[str, str]], tuple[str | None, str]]
"""(template, channel, language, fields) to (subject, text). ValueError where a field is missing."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a decision rests on beside the book and the house: what is known from other persons.

    What was drawn from it is written down in the facts that come of the decision.
    """

    left: Mapping[str, int] = field(default_factory=dict)
    """What the month's budget still has, by incentive; unbounded where absent."""
    experience: Experience = field(default_factory=Experience)
    """How restrictions have ended so far."""


NOTHING = Beside()


@dataclass(frozen=True, slots=True)
class House:
    """`zone` is the lender's, `currency` that of all its amounts; `sender` names it in texts."""

    strategy: Strategy
    gate: Gate
    calendar: Calendar
    write: Writer
    currency: str
    zone: str
    fields: Mapping[str, str]
    """Placeholders that are the same for everybody: sender, phone, link, opt_out, rights …, by language `en.sender`."""
    restraints: Restraints | None = None
    """The policy's section `restrictions`, and `release`; None where it has none."""
    release: Release | None = None
    incentives: Incentives | None = None
    """Rewards and penalties, where the policy has them."""

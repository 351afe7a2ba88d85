"""What an account's book keeps of incentives: how its cycles were judged, what was granted, which due days were asked for.

Instants are microseconds UTC, money minor units.
"""

from __future__ import annotations

import msgspec

from tocsin.facts.incentives import Gives, Outcome, State

PAID: tuple[Outcome, ...] = ("full", "minimum")
"""Outcomes of a cycle whose minimum was paid in time."""
SIDES: dict[Gives, str] = {
    "limit_rise": "reward",
    "rate_cut": "reward",
    "cashback": "reward",
    "fee_waiver": "reward",
    "late_fee": "penalty",
    "penalty_rate": "penalty",
    "bureau_record": "penalty",
    "blacklist": "penalty",
}
LIVE: tuple[State, ...] = ("announced", "granted")
_JUDGED, _GRANTS, _ASKED = 18, 60, 12
"""So many of each are kept, the latest; of grants also all that are in force."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a book."""


class Judged(Record, frozen=True):
    """A cycle as it was judged last. `until`: the first moment at which a payment was too late."""

    occasion: str
    until: int
    outcome: Outcome


class Granted(Record, frozen=True):
    """A grant as it stands. `at`: when it was first told, `changed_at` when last."""

    id: str
    incentive: str
    gives: Gives
    state: State
    occasion: str
    at: int
    changed_at: int
    reason: str
    en: str
    zh: str
    by: str = "policy"
    amount: int | None = None
    rate: int | None = None
    effective_at: int | None = None
    until: int | None = None
    arm: str | None = None
    rule: str | None = None

    @property
    def side(self) -> str:
        return SIDES[self.gives]

    @property
    def live(self) -> bool:
        """Whether it is in force, or is to be."""
        return self.state in LIVE

    @property
    def counts(self) -> bool:
        """Whether it was given, in force or over, and not taken back."""
        return self.live or self.state == "ended"


class Asked(Record, frozen=True):
    """A due day that was asked for, and what became of it."""

    id: str
    day: int
    state: str
    at: int
    reason: str
    en: str
    zh: str


class Way(Record, frozen=True):
    """How a payment was made."""

    at: int
    fact: str
    method: str


class Earned(Record, frozen=True):
    """All of it for one account, oldest first."""

    judged: tuple[Judged, ...] = ()
    grants: tuple[Granted, ...] = ()
    asked: tuple[Asked, ...] = ()
    ways: tuple[Way, ...] = ()

    def with_judged(self, one: Judged) -> Earned:
        others = [known for known in self.judged if known.occasion != one.occasion]
        ordered = sorted((*others, one), key=lambda known: (known.until, known.occasion))
        return msgspec.structs.replace(self, judged=tuple(ordered[-_JUDGED:]))

    def with_grant(self, one: Granted) -> Earned:
        others = {known.id: known for known in self.grants}
        grants = tuple({**others, one.id: one}.values())
        kept = tuple(known for known in grants[:-_GRANTS] if known.live) + grants[-_GRANTS:]
        return msgspec.structs.replace(self, grants=kept)

    def with_asked(self, one: Asked) -> Earned:
        others = [known for known in self.asked if known.id != one.id]
        return msgspec.structs.replace(self, asked=(*others, one)[-_ASKED:])

    def with_way(self, one: Way) -> Earned:
        ordered = sorted((*self.ways, one), key=lambda known: (known.at, known.fact))
        return msgspec.structs.replace(self, ways=tuple(ordered[-_ASKED:]))

    def of(self, occasion: str) -> tuple[Granted, ...]:
        return tuple(one for one in self.grants if one.occasion == occasion)

    def grant(self, id: str) -> Granted | None:
        return next((one for one in self.grants if one.id == id), None)

"""What is sent out, and what may come of it: the words that webhooks, mail and channels share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from tocsin.values import instant

EVENTS = {
    "treatment": "treatment.ordered",
    "case_changed": "case.changed",
    "plan_changed": "plan.changed",
    "placement": "placement.changed",
    "legal_step": "legal.step",
    "bureau_step": "bureau.step",
    "charge_off": "account.charged_off",
    "pause": "account.paused",
    "pause_ended": "account.pause_ended",
    "re_age": "account.re_aged",
    "settlement": "account.settlement",
    "waiver": "account.waived",
    "closure": "account.closed",
    "grant": "grant.changed",
    "due_day": "due_day.changed",
    "restriction": "restriction.applied",
    "restriction_changed": "restriction.changed",
    "restriction_ordered": "restriction.ordered",
    "requirement": "requirement.changed",
    "appeal": "appeal.changed",
}
"""By kind of fact, what messages tell of collections and restrictions."""
RELEASED = "restriction.released"
TYPES = ("warning.raised", "warning.level_changed", "decision.created", *EVENTS.values(), RELEASED)
"""What messages tell of."""


def event(kind: str, told: Mapping[str, Any]) -> str | None:
    """What a message calls this fact of Tocsin's own; None where there is nothing to tell."""
    match kind:
        case "treatment" if "order" not in told:
            return None
        case "restriction" if told.get("held_out"):
            return None
        case "restriction_changed" if told["reason"] == "held_out":
            return None
        case "restriction_changed" if told["change"] in ("released", "lapsed"):
            return RELEASED
        case _:
            return EVENTS[kind]


class _Timestamp(msgspec.Struct):
    timestamp: str


_timestamp = msgspec.json.Decoder(_Timestamp).decode


@dataclass(frozen=True, slots=True)
class Message:
    """One message. A repeat has the same id and the same bytes, so that a receiver knows it again."""

    id: str
    type: str
    body: bytes

    @property
    def at(self) -> int:
        """When what it tells of came to be known, microseconds UTC: `timestamp` of its body."""
        return instant.parse(_timestamp(self.body).timestamp)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it. `note` says what was not as it should be, else empty."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """It did not arrive, or may not have. `after`: microseconds the receiver asks to be left alone, if it said so.

    `own`: the receiver refused this one message and may well take others.
    """

    why: str
    after: int | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver wants no more messages at all."""

    why: str


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """This one message will not arrive. `reason`: `refused` for good, as a number that does not exist, `expired`,
    `withdrawn`: it may not be sent any more, or `unset`: nothing is set up that could deliver it."""

    why: str
    reason: Literal["refused", "expired", "withdrawn", "unset"] = "refused"


Outcome = Delivered | Later | Gone
Contacted = Delivered | Later | Undeliverable
"""What may come of a message to a person."""

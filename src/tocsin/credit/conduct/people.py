"""Who is to be contacted, how, about what, and what is known of them: plain records, instants in microseconds UTC.

`None` means that a thing is not known, and what is not known is not allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CHANNELS = ("call", "ai_call", "voicemail", "sms", "email", "app", "letter", "visit", "bureau", "court")
"""`ai_call` is any voice that is not a person's; `bureau` furnishes to a credit bureau, `court` files a suit."""
GROUPS: dict[str, tuple[str, ...]] = {
    "voice": ("call", "ai_call", "voicemail"),
    "electronic": ("sms", "email", "app"),
    "timed": ("call", "ai_call", "voicemail", "sms", "email", "app", "visit"),
    "direct": ("call", "ai_call", "voicemail", "sms", "email", "app", "letter", "visit"),
    "all": CHANNELS,
}
LIVE = ("call", "ai_call", "visit")
"""Channels on which somebody answers who may be another than is meant."""
WITHOUT_ADDRESS = ("bureau", "court")
ONLY_ON = {"furnish": "bureau", "suit": "court"}
"""Purposes that have a channel of their own, which serves no other."""
PURPOSES = (
    "reminder", "collection", "offer", "plan_service", "locate", "reply", "validation_notice", "bureau_notice",
    "visit_notice", "end_of_efforts", "remedy_notice", "statutory_notice", "opt_out_confirmation", "legal_warning",
    "suit", "furnish",
)  # fmt: skip
ROLES = ("debtor", "guarantor", "representative", "attorney", "adviser", "contact", "third")
"""`representative` acts for a minor, an incapacitated or a dead debtor; `contact` is a contact person the debtor named."""
FLAGS = (
    "ceased", "attorney", "adviser", "disputed", "deceased", "bankrupt", "incapacitated", "minor", "vulnerable",
    "plan_performing", "disaster", "unreachable", "refused", "fraud",
)  # fmt: skip
OUTCOMES = (
    "under_way", "not_connected", "no_answer", "left_message", "conversation", "sent", "delivered", "undeliverable",
)  # fmt: skip
SILENT = frozenset(OUTCOMES) - {"under_way", "conversation"}
"""Outcomes that were surely no conversation. Any other, also one not known here, may be one."""
SENT = frozenset(("conversation", "left_message", "sent", "delivered"))
"""Outcomes by which a notice is surely on its way."""
BY = ("lender", "agency")


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact that somebody wants to make: by the lender, or by an agency for it."""

    person: str
    """Whom it reaches: the debtor, or another by their own id."""
    role: str
    address: str
    channel: str
    purpose: str
    debts: tuple[str, ...]
    by: str
    discloses: bool = True
    """Whether it says that there is a debt."""
    verified: bool = False
    """Whether the one on the line has shown who they are."""
    consented_at: int | None = None
    """When the person asked for just this contact."""
    attempt: str = ""
    """The reservation it goes on with, while that is under way: who is on the line may be asked about again."""


@dataclass(frozen=True, slots=True)
class Consent:
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A number, mailbox, device or place, of one person."""

    person: str
    channels: tuple[str, ...]
    consent: Consent | None
    verified: bool = False
    work: bool | None = None
    inconvenient: bool = False
    fresh_at: int | None = None
    """When the person last wrote from it, or it was last checked that it has not passed to another."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A dated overlay. Without `person` it holds for all who may be contacted, without `debts` for all debts."""

    flag: str
    since: int
    until: int | None = None
    person: str | None = None
    debts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptOut:
    """A person wants no more of a channel (None: of any), at one address (None: at any)."""

    person: str
    at: int
    channel: str | None = None
    address: str | None = None
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Weekly times a person agreed to, or called inconvenient: microseconds of the local day, start < end ≤ 24 h."""

    person: str
    agreed: bool
    weekdays: frozenset[int]
    start: int
    end: int
    channels: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Debt:
    """What bears on contact about one debt."""

    limitation: int | None
    """From when it may no longer be sued for."""
    first_told: int | None = None
    """When it was first spoken or written of, where that is older than the history."""
    validated_at: int | None = None
    """When the validation notice was sent."""


@dataclass(frozen=True, slots=True)
class Person:
    """How a debtor stands. All zones in which they may be are minded at once."""

    id: str
    zones: tuple[str, ...]
    stops: tuple[Stop, ...] | None
    opt_outs: tuple[OptOut, ...] | None
    addresses: Mapping[str, Address]
    debts: Mapping[str, Debt]
    times: tuple[Times, ...] = ()
    work_allowed: bool | None = None
    """Whether their employer lets them be contacted at work."""

"""Dealings: what passes between lender and person, and what is done about a debt.

Facts like all others, on the same log; but no signal reads them, and they are not in columnar files.
What Tocsin decides itself (a contact, a treatment, an offer) it writes down as one of these.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from tocsin.facts.incentives import AnyIncentive
from tocsin.facts.kinds import AccountFact, Currency, Id, Ids, Instant, Money, PersonFact, Text, Word
from tocsin.facts.measures import AnyMeasure

LongText = Annotated[str, Meta(min_length=1, max_length=20_000)]
Channel = Literal["call", "ai_call", "voicemail", "sms", "email", "app", "letter", "visit", "bureau", "court"]
Role = Literal["debtor", "guarantor", "representative", "attorney", "adviser", "contact", "third"]
Flag = Literal[
    "ceased", "attorney", "adviser", "disputed", "deceased", "bankrupt", "incapacitated", "minor", "vulnerable",
    "disaster", "unreachable", "refused", "fraud", "hardship",
]  # fmt: skip
Language = Literal["en", "zh"]


class Dealing(PersonFact, frozen=True, kw_only=True):
    """A fact between lender and person."""


# -- told to the lender: whom it may reach, and how ----------------------------------------------------------------------


class ContactPoint(Dealing, frozen=True, kw_only=True, tag="contact_point"):
    """A number, mailbox, device or place of the person, or of another who may be contacted for them."""

    contact: Id
    """The lender's id of it; told again, it is this one that has changed."""
    channels: Annotated[tuple[Channel, ...], Meta(min_length=1, max_length=10)]
    address: Text
    person: Id | None = None
    """Whose it is, where not the customer's own."""
    role: Role = "debtor"
    consent_since: Instant | None = None
    """Since when the person agrees to be contacted there; absent: it is not known that they do."""
    consent_until: Instant | None = None
    verified: bool = False
    work: bool | None = None
    """Whether it is at work; absent: not known."""
    inconvenient: bool = False
    fresh_at: Instant | None = None
    """When it was last shown to be theirs."""
    ended: bool = False


class Profile(Dealing, frozen=True, kw_only=True, tag="profile"):
    """What the lender must know of the person to write to them; what is absent stays as it was."""

    name: Text | None = None
    language: Language | None = None
    zones: Annotated[tuple[Word, ...], Meta(max_length=5)] | None = None
    """Time zones in which they may be."""
    preferred: Channel | None = None
    hour: Annotated[int, Meta(ge=0, le=23)] | None = None
    """The hour of the day they prefer."""
    payday: Annotated[int, Meta(ge=1, le=31)] | None = None
    adults: Annotated[int, Meta(ge=0, le=50)] | None = None
    children: Annotated[int, Meta(ge=0, le=50)] | None = None
    living_costs: Money | None = None
    at_hand: Money | None = None
    """Money that could be paid at once."""
    currency: Currency | None = None
    work_allowed: bool | None = None
    """Whether the employer lets them be contacted at work."""


class Stop(Dealing, frozen=True, kw_only=True, tag="stop"):
    """Something that bars or bounds contact begins, or ends."""

    flag: Flag
    person: Id | None = None
    """For whom alone it holds; absent: for all who may be contacted."""
    accounts: Ids = ()
    """Debts for which alone it holds; absent: for all."""
    until: Instant | None = None
    ended: bool = False
    reason: Text | None = None


class OptOut(Dealing, frozen=True, kw_only=True, tag="opt_out"):
    """The person wants no more of a channel (absent: of any) at a contact point (absent: at any), or again."""

    channel: Channel | None = None
    contact: Id | None = None
    person: Id | None = None
    ended: bool = False


class ContactTimes(Dealing, frozen=True, kw_only=True, tag="contact_times"):
    """Weekly times the person agrees to, or calls inconvenient; minutes of the local day, start < end ≤ 1440."""

    agreed: bool
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1, max_length=7)]
    """0 is Monday."""
    start: Annotated[int, Meta(ge=0, le=1439)]
    end: Annotated[int, Meta(ge=1, le=1440)]
    channels: Annotated[tuple[Channel, ...], Meta(max_length=10)] = ()
    until: Instant | None = None
    person: Id | None = None


# -- contact -----------------------------------------------------------------------------------------------------------


class ContactAttempt(Dealing, frozen=True, kw_only=True, tag="contact_attempt"):
    """A contact the gate allowed, reserved before it is made; what came of it is a `contact_result`."""

    attempt: Id
    channel: Channel
    purpose: Word
    contact: Id | None = None
    """The contact point; absent on channels without one."""
    address: Text | None = None
    person: Id | None = None
    role: Role = "debtor"
    accounts: Ids = ()
    by: Literal["lender", "agency"] = "lender"
    discloses: bool = True
    consented_at: Instant | None = None
    treatment: Word | None = None
    step: Annotated[int, Meta(ge=0)] | None = None
    """Place in the ladder."""
    template: Word | None = None
    language: Language | None = None
    subject: Text | None = None
    text: LongText | None = None
    rules: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    """Rules that were asked and agreed."""
    actor: Word | None = None
    """Who makes it, where a person does."""


class ContactRefused(Dealing, frozen=True, kw_only=True, tag="contact_refused"):
    """The gate refused a contact: by which rule, and when it would be allowed at the earliest."""

    channel: Channel
    purpose: Word
    rule: Word
    treatment: Word | None = None
    role: Role = "debtor"
    next_allowed: Instant | None = None
    why: Text | None = None
    actor: Word | None = None


class Complaint(Dealing, frozen=True, kw_only=True, tag="complaint"):
    """Somebody complains about how the debt is collected; told again of the same time, it was decided.

    A complaint is known by its time, by whom it is about, and by the account, or the person where none is named.
    """

    about: Word
    """`lender`, or the agency."""
    channel: Channel | None = None
    reason: Text
    upheld: bool | None = None
    """Absent: not decided yet."""


# -- promises, plans ---------------------------------------------------------------------------------------------------


class PromiseChanged(Dealing, frozen=True, kw_only=True, tag="promise_changed"):
    """A promise to pay came to stand otherwise."""

    promise: Id
    status: Literal["open", "kept", "partial", "broken"]
    amount: Money
    paid: Money
    currency: Currency


class PlanOffered(Dealing, frozen=True, kw_only=True, tag="plan_offered"):
    """A repayment plan or settlement was offered; `offer` is the whole of it as the solver wrote it."""

    plan: Id
    accounts: Ids
    offer: msgspec.Raw
    by: Word


class PlanAnswer(Dealing, frozen=True, kw_only=True, tag="plan_answer"):
    """Somebody answers an offered plan: the person accepts or declines, the bank approves or rejects."""

    plan: Id
    answer: Literal["accepted", "declined", "approved", "rejected"]
    how: Literal["signed", "oral"] = "signed"
    recording: Id | None = None
    """Of an oral agreement."""
    by: Word | None = None
    level: Word | None = None
    """The authority of who approves."""


class PlanChanged(Dealing, frozen=True, kw_only=True, tag="plan_changed"):
    """A plan came to stand otherwise."""

    plan: Id
    before: Word
    status: Word
    reason: Text | None = None


# -- cases, treatments -------------------------------------------------------------------------------------------------


class CaseChanged(Dealing, frozen=True, kw_only=True, tag="case_changed"):
    """A case was opened, moved to another segment, or closed."""

    case: Id
    change: Literal["opened", "moved", "closed"]
    segment: Word | None = None
    arm: Word | None = None
    """Experiment and arm, as `early.challenger`."""
    reason: Word | None = None


class Treatment(Dealing, frozen=True, kw_only=True, tag="treatment"):
    """A step of the strategy was taken, could not be taken, or was left out on purpose."""

    treatment: Word
    case: Id
    step: Annotated[int, Meta(ge=0)]
    """Place in the ladder."""
    state: Literal["done", "barred", "skipped"]
    rule: Word | None = None
    """What barred it."""
    order: Word | None = None
    """What the core system is asked to do: limit_freeze, fee_waiver, card_lock …"""
    amount: Money | None = None
    currency: Currency | None = None
    reason: Text | None = None


class Task(Dealing, frozen=True, kw_only=True, tag="task"):
    """Work for a person in a worklist."""

    task: Id
    state: Literal["open", "taken", "done", "withdrawn"]
    treatment: Word
    queue: Word
    step: Annotated[int, Meta(ge=0)] | None = None
    """Place in the ladder."""
    value: int = 0
    """Expected gain, minor units."""
    currency: Currency | None = None
    due_at: Instant | None = None
    actor: Word | None = None
    reason: Text | None = None


# -- agency, court, bureau ---------------------------------------------------------------------------------------------


class Placement(Dealing, frozen=True, kw_only=True, tag="placement"):
    """Debts are placed with an agency, recalled, or come back."""

    placement: Id
    agency: Id
    state: Literal["placed", "recalled", "returned"]
    accounts: Ids = ()
    amount: Money | None = None
    currency: Currency | None = None
    rate: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    """Commission in basis points of what the agency recovers."""
    until: Instant | None = None
    reason: Text | None = None


class LegalStep(Dealing, frozen=True, kw_only=True, tag="legal_step"):
    """A step towards or in court."""

    matter: Id
    step: Literal["letter", "filed", "served", "judgment", "enforcement", "paid", "withdrawn", "closed"]
    accounts: Ids = ()
    amount: Money | None = None
    cost: Money | None = None
    currency: Currency | None = None
    deadline: Instant | None = None
    reference: Text | None = None


class BureauStep(Dealing, frozen=True, kw_only=True, tag="bureau_step"):
    """Adverse information: notice is given, it is furnished, corrected, or taken down."""

    record: Id
    step: Literal["notice", "furnished", "disputed", "corrected", "ended"]
    accounts: Ids = ()
    days_past_due: int | None = None
    amount: Money | None = None
    currency: Currency | None = None
    until: Instant | None = None
    reason: Text | None = None


class Limitation(Dealing, frozen=True, kw_only=True, tag="limitation"):
    """From when a debt may no longer be sued for; told anew where that is interrupted (民法典 §195)."""

    account: Id
    bars_at: Instant
    reason: Word | None = None


AnyDealing = (
    ContactPoint | Profile | Stop | OptOut | ContactTimes | ContactAttempt | ContactRefused | Complaint
    | PromiseChanged | PlanOffered | PlanAnswer | PlanChanged | CaseChanged | Treatment | Task | Placement | LegalStep | BureauStep
    | Limitation | AnyMeasure | AnyIncentive
)  # fmt: skip

DEALINGS: dict[str, type[PersonFact | AccountFact]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AnyDealing)
}


@cache
def given(kind: str) -> tuple[str, ...]:
    """Every field a dealing of this kind may carry."""
    return ("kind", *(f.name for f in msgspec.structs.fields(DEALINGS[kind])))


@cache
def needed(kind: str) -> tuple[str, ...]:
    """The fields without which a dealing of this kind cannot be read."""
    return tuple(f.name for f in msgspec.structs.fields(DEALINGS[kind]) if f.required)

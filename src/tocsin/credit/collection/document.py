"""The shape of the section `collection` of a policy document."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field

from tocsin.policy.document import Duration, Expression, Name, Say, Strict

Part = TypeVar("Part", bound=Strict)
Money = Annotated[int | str, Field(description="An amount in major units: 5000.00.")]
Percent = Annotated[int | str, Field(description="Per cent, with two places at most: 18.25.")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Days = Annotated[int, Field(ge=0, le=3_650)]
Share = Annotated[int, Field(ge=0, le=100)]
Way = Literal["sms", "email", "app", "letter", "ai_call", "voicemail"]
"""Channels that need no hands."""
Purpose = Literal[
    "reminder", "collection", "offer", "plan_service", "validation_notice", "bureau_notice", "visit_notice",
    "end_of_efforts", "remedy_notice", "statutory_notice", "legal_warning",
]  # fmt: skip
Kind = Literal["shortest", "lightest", "reschedule", "relief", "settlement", "settlement_in_parts"]


class TermsDocument(Strict):
    """How accounts age."""

    days_to_pay: Days | None = Field(None, description="From a statement without due date; 21 where absent.")
    grace_days: Days | None = Field(None, description="Late so few days is not overdue; 3 in CN, else 0.")
    tolerance: Money | None = Field(None, description="So little is not late; 10.00 in CN, else nothing.")
    minimum_includes_past_due: bool | None = Field(
        None, description="Whether a minimum asks again for what of earlier ones is unpaid."
    )
    refunds_pay: bool | None = Field(None, description="Whether a merchant's refund counts as a payment.")
    buckets: Literal["days", "cycles"] | None = Field(None, description="What buckets are counted by.")
    charge_off_days: Days | None = Field(None, description="180 where absent.")
    stage_2_days: Days | None = Field(None, description="31 where absent.")
    stage_3_days: Days | None = Field(None, description="90 where absent.")


class AbilityDocument(Strict):
    """Living costs a month, and how ability and willingness are judged."""

    first_adult: Money | None = None
    further_adult: Money | None = None
    child: Money | None = None
    reserve: Share | None = Field(None, description="Per cent of what remains that is not asked for.")
    able: Share | None = Field(None, description="The score from which a person is held to be able to pay.")
    willing: Share | None = Field(None, description="The score from which a person is held to be willing to.")
    sure: Share | None = Field(None, description="Confidence below which the quadrant is a guess.")
    stale: Duration | None = Field(None, description="After so long what was told counts for half.")
    look_back: Duration = Field("365 days", description="So far back answers and promises count.")


class PromiseDocument(Strict):
    """When a promise is kept."""

    tolerance: Share = Field(10, description="So many per cent may be missing.")
    days: Days = Field(3, description="So many days late it may come.")


class LevelDocument(Strict):
    """A level of authority: the most it may give, in per cent of each part of a debt, and in money."""

    fees: Share = 0
    interest: Share = 0
    principal: Share = 0
    rate_cut: Share = 0
    money: Money | None = None
    approvals: Annotated[int, Field(ge=0, le=10)] = 1


class PlanDocument(Strict):
    """What plans may be offered, and how strictly they are kept."""

    rate: Percent | None = Field(None, description="The contract's rate a year.")
    bank_rate: Percent | None = Field(None, description="What the lender discounts with.")
    max_months: Annotated[int, Field(ge=1, le=600)] | None = None
    minimum: Money | None = Field(None, description="The least instalment.")
    floor: Share | None = Field(None, description="The least present value, per cent of the debt.")
    comfort: Share | None = Field(None, description="The share of the surplus that a re-schedule asks for.")
    parts: Annotated[int, Field(ge=1, le=60)] | None = Field(None, description="The most parts of a settlement.")
    first_after: Days | None = Field(None, description="Days until the first instalment at the earliest.")
    late_fee: Share | None = Field(None, description="Per cent of what is unpaid of a missed instalment.")
    valid_days: Days | None = Field(None, description="So long an offer stands.")
    authority: dict[Name, LevelDocument] | None = Field(None, description="Levels of authority, the lowest first.")
    missed_days: Days | None = Field(None, description="After so many days a missed instalment is in grace.")
    grace_days: Days | None = Field(None, description="After so many more the plan is broken.")
    missed_limit: Annotated[int, Field(ge=1, le=60)] | None = Field(
        None, description="So many unpaid instalments at once break it."
    )
    tolerance: Money | None = Field(None, description="So little may be missing.")


class ContactDocument(Strict):
    """A message without hands; the first channel that can be used is taken, then the next where it fails."""

    by: Annotated[list[Way], Field(min_length=1)]
    purpose: Purpose
    template: Name
    by_preference: bool = Field(True, description="Whether the channel the person prefers comes first.")


class TaskDocument(Strict):
    """Work for a person, in a worklist."""

    queue: Name
    channel: Literal["call", "visit"]
    purpose: Purpose = "collection"
    template: Name
    minutes: Annotated[int, Field(ge=1, le=480)]
    value: Expression = Field(description="What it is expected to bring, in money: the worklist is ordered by it.")
    days: Annotated[int, Field(ge=1, le=60)] = Field(3, description="So long it stays in the worklist.")


class AccountDocument(Strict):
    """A fact of every late account."""

    fact: Literal["charge_off", "re_age", "pause", "pause_ended", "closure"]
    mode: Literal["freeze", "shift"] | None = Field(None, description="Of a pause.")
    days: Days | None = Field(None, description="Of a pause.")
    reason: Literal["sold", "uncollectible"] | None = Field(None, description="Of a closure.")


class OfferDocument(Strict):
    """A plan or settlement that the person can afford."""

    kinds: list[Kind] = Field(default_factory=list, description="Any where empty.")
    by: Annotated[list[Way], Field(min_length=1)]
    template: Name


class PlaceDocument(Strict):
    """Placement with an agency, or recall from it."""

    agency: Name
    rate: Percent = Field(0, description="Commission on what it recovers.")
    days: Days = 0
    recall: bool = False


class LegalDocument(Strict):
    """A step towards or in court."""

    step: Literal["letter", "filed", "enforcement", "withdrawn", "closed"]
    cost: Money = 0
    days: Days = Field(0, description="Until its deadline.")
    contact: ContactDocument | None = None


class BureauDocument(Strict):
    """Adverse information."""

    step: Literal["notice", "furnished", "ended"]
    contact: ContactDocument | None = None


class TreatmentDocument(Strict):
    """One thing that can be done; exactly one of the ways below `cost`."""

    title: Say | None = None
    cost: Money = Field(0, description="Of each time.")
    contact: ContactDocument | None = None
    task: TaskDocument | None = None
    order: Name | None = Field(None, description="What the core system is asked to do: card_lock, fee_waiver …")
    amount: Expression | None = Field(None, description="Of an order.")
    account: AccountDocument | None = None
    offer: OfferDocument | None = None
    place: PlaceDocument | None = None
    legal: LegalDocument | None = None
    bureau: BureauDocument | None = None
    nothing: bool | None = Field(None, description="No action, on purpose.")


WAYS = ("contact", "task", "order", "account", "offer", "place", "legal", "bureau", "nothing")


class StepDocument(Strict):
    """A rung of the ladder."""

    at: Annotated[int, Field(ge=-60, le=3_650)] = Field(
        description="Days past due; below zero, days before the due date."
    )
    do: Name
    when: Expression | None = None
    lasting: Annotated[int, Field(ge=1, le=3_650, alias="for")] = 3
    segments: list[Name] = Field(default_factory=list, description="Any where empty.")
    arms: dict[Name, Name | list[Name]] = Field(default_factory=dict, description="Experiment and arm.")
    every: Annotated[int, Field(ge=1, le=3_650)] | None = Field(
        None, description="Taken again after so many days; once a case where absent."
    )


def _empty(model: type[Part]) -> Part:
    return model.model_validate({})


class CollectionDocument(Strict):
    """What is done about debts that are late, and with whom."""

    profile: Literal["CN", "US", "UK"] = Field(description="Whose laws of contact hold.")
    language: Literal["en", "zh"] | None = Field(None, description="Where a person's is not known.")
    terms: TermsDocument = _empty(TermsDocument)
    ability: AbilityDocument = _empty(AbilityDocument)
    promise: PromiseDocument = _empty(PromiseDocument)
    plan: PlanDocument = _empty(PlanDocument)
    limitation_years: Annotated[int, Field(ge=1, le=30)] | None = Field(
        None, description="After which a debt may no longer be sued for; 3 in CN and US, 6 in UK where absent."
    )
    charges_off: bool = Field(True, description="Whether Tocsin charges off by itself.")
    unanswered: Duration = Field("24 hours", description="After so long an attempt of which nothing is heard failed.")
    open_when: Expression = "past_due > 0"
    close_when: Expression = "past_due = 0"
    segments: dict[Name, Expression | None] = Field(default_factory=dict)
    experiments: dict[Name, dict[Name, Share]] = Field(default_factory=dict)
    capacity: dict[Name, Duration] = Field(default_factory=dict, description="Working time a day by queue.")
    treatments: dict[Name, TreatmentDocument]
    ladder: list[StepDocument | None]

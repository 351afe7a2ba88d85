"""The shape of the sections `restrictions` and `release` of a policy document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tocsin.policy.document import Duration, Expression, Name, Say, Strict

Days = Annotated[int, Field(ge=0, le=3_650)]
Effect = Annotated[int, Field(ge=-3_650, le=3_650)]
Share = Annotated[int, Field(ge=0, le=100)]
Money = Annotated[int | str, Field(description="An amount in major units: 500.00.")]
Names = list[Annotated[str, Field(min_length=1, max_length=128)]]
Does = Literal[
    "transaction_block", "transfer_hold", "cash_advance_block", "card_lock", "limit_cut", "account_freeze", "step_up"
]  # fmt: skip


class StageDocument(Strict):
    """Release by steps: small amounts first."""

    at: Annotated[int, Field(ge=1, le=99)] = Field(description="Once so many per cent of the days are over.")
    up_to: Money | None = Field(None, description="The most of one transaction.")
    a_day: Money | None = Field(None, description="The most of a day.")


class ScopeDocument(Strict):
    """What a hold is confined to; all where absent."""

    merchants: Names = Field(default_factory=list)
    countries: Names = Field(default_factory=list)
    channels: Names = Field(default_factory=list)
    devices: Names = Field(default_factory=list)
    card_present: bool | None = None
    above: Money | None = Field(None, description="Only transactions of more than this.")


class HoldDocument(Strict):
    """A restriction that rules, levels or people impose."""

    title: Say
    say: Say = Field(description="What the customer is told: why, and what stays allowed.")
    does: Does
    strength: Literal["hard", "soft"] = Field("soft", description="An override goes past a soft one.")
    on: list[Name] = Field(default_factory=list, description="Rules that impose it where they fire.")
    level: Name | None = Field(None, description="It is imposed where the account comes to this level or above.")
    days: Days = Field(description="So long it lasts where no factor speaks.")
    least: Days = 0
    most: Days = Field(description="No longer, whatever the factors say.")
    requirements: list[Name] = Field(default_factory=list, description="What is asked of the customer.")
    stages: list[StageDocument] = Field(default_factory=list)
    review: Duration | None = Field(None, description="So long after it a person looks at it.")
    expires: Duration | None = Field(
        None, description="So long after it, it ends by itself; after `most` days where neither this nor `review` is."
    )
    automatic: bool = Field(True, description="Whether it is released without hands.")
    held_out: Annotated[int, Field(ge=0, le=50)] = Field(
        0, description="Per cent of persons on whom it is never imposed, by chance: to measure what it is good for."
    )
    keep: Share | None = Field(None, description="Of a limit cut: per cent of the limit that remain.")
    scope: ScopeDocument = ScopeDocument.model_validate({})


class RestrictionsDocument(Strict):
    """What accounts may not do for a time."""

    acknowledge: Duration | None = Field(
        None, description="So long the core system has to confirm an order; it is not asked to where absent."
    )
    holds: dict[Name, HoldDocument]


class LineDocument(Strict):
    """What a factor comes to under a condition; the first whose condition is true counts."""

    when: Expression | None = Field(None, description="Always where absent.")
    days: Effect = Field(0, description="More days, or fewer below zero.")
    bars: bool = Field(False, description="No release while it is so.")
    ends: bool = Field(False, description="Release at once.")
    say: Say = Field(description="Why; {value} is what the factor shows.")


class FactorDocument(Strict):
    """One thing that an assessment looks at."""

    shows: Name = Field(description="The feature that is its value.")
    lines: list[LineDocument] = Field(default_factory=list)


class FactorsDocument(Strict):
    """All six, always."""

    credit_score: FactorDocument
    transactions: FactorDocument
    capacity: FactorDocument
    usage: FactorDocument
    information: FactorDocument
    record: FactorDocument


class RequirementDocument(Strict):
    """Something that the customer can do."""

    title: Say
    kind: Literal["document", "verification", "payment", "confirmation"]
    within: Days = 14
    needed: bool = Field(False, description="No release without it.")
    met_when: Expression | None = Field(None, description="Met by itself where this is true.")
    means: dict[Name, int | str | bool] = Field(
        default_factory=dict, description="What features are worth once it is done, to tell what it would shorten."
    )


class ReleaseDocument(Strict):
    """How restrictions are assessed, and how they end."""

    large: list[Name] = Field(default_factory=list, description="Rules that mean large spending, which may be normal.")
    anomalies: list[Name] = Field(default_factory=list, description="Rules that mean something unusual.")
    factors: FactorsDocument
    requirements: dict[Name, RequirementDocument] = Field(default_factory=dict)
    refuse_when: Expression | None = Field(None, description="Proven fraud: no release, but on appeal or by people.")
    four_eyes: Name | None = Field(None, description="From this level on two persons release, and nothing else does.")
    appeal: Duration = Field("7 days", description="So long an appeal may wait for its decision.")
    enough: Annotated[int, Field(ge=10, le=100_000)] = Field(
        30, description="So many ended restrictions are needed before quantiles are told."
    )

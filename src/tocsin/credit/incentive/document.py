"""The shape of the section `incentives` of a policy document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tocsin.policy.document import Duration, Expression, Name, Say, Strict

Money = Annotated[int | str, Field(description="An amount in major units: 50.00.")]
Percent = Annotated[int | str, Field(description="Per cent, with two places at most: 18.25.")]
Share = Annotated[int, Field(ge=0, le=100)]
Way = Literal["sms", "email", "app", "letter"]


class TellDocument(Strict):
    """How the person is told."""

    by: Annotated[list[Way], Field(min_length=1)]
    template: Name


class BudgetDocument(Strict):
    """What a month has of an incentive: `money` or `count`."""

    money: Money | None = None
    count: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None


class IncentiveDocument(Strict):
    """One reward or penalty."""

    title: Say | None = None
    when: Expression = Field(description="Over the features of the person and of the occasion.")
    amount: Expression | None = Field(None, description="Of a limit rise, cashback, a waiver or a fee.")
    most: Money | None = Field(None, description="The most of one grant.")
    rate: Percent | None = Field(None, description="Of a rate cut or a penalty rate: points a year.")
    lasting: Duration | None = Field(None, alias="for", description="For so long it stands; for ever where absent.")
    every: Duration | None = Field(None, description="An account may have it again after so long.")
    arms: dict[Name, Name | list[Name]] = Field(default_factory=dict, description="Experiment and arm.")
    say: Say
    tell: TellDocument | None = None


class RewardDocument(IncentiveDocument):
    gives: Literal["limit_rise", "rate_cut", "cashback", "fee_waiver"]


class PenaltyDocument(IncentiveDocument):
    gives: Literal["late_fee", "penalty_rate", "bureau_record", "blacklist"]


class DueDaysDocument(Strict):
    """When another due day is granted."""

    every: Duration = Field("180 days", description="Again after so long.")
    first: Annotated[int, Field(ge=1, le=28)] = 1
    last: Annotated[int, Field(ge=1, le=28)] = 28


def _due_days() -> DueDaysDocument:
    return DueDaysDocument.model_validate({})


class IncentivesDocument(Strict):
    """Rewards for who pays in time, penalties for who could and will not; never both for one statement."""

    budget: dict[Name, BudgetDocument] = Field(default_factory=dict, description="Of a month, by incentive.")
    experiments: dict[Name, dict[Name, Share]] = Field(default_factory=dict)
    rewards: dict[Name, RewardDocument] = Field(default_factory=dict)
    penalties: dict[Name, PenaltyDocument] = Field(default_factory=dict)
    due_days: DueDaysDocument = Field(default_factory=_due_days)

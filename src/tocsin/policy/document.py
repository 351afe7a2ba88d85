"""The shape of a policy document, and its JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Duration = Annotated[str, Field(description="A number and a unit: '10 minutes', '24 hours', '90 days'.")]
Expression = Annotated[
    str, StringConstraints(min_length=1), Field(description="A SQL expression over fields and signals.")
]
Function = Literal["count", "sum", "mean", "min", "max", "std", "distinct", "elapsed", "first", "last"]
Decision = Literal["approve", "review", "block"]
DECISIONS: tuple[Decision, ...] = ("approve", "review", "block")
FUNCTIONS: tuple[Function, ...] = ("count", "sum", "mean", "min", "max", "std", "distinct", "elapsed", "first", "last")


class Strict(BaseModel):
    """A part of a document, without unknown keys."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class Say(Strict):
    """One text in both languages. {name} shows a field or a signal as it was observed."""

    en: Annotated[str, StringConstraints(min_length=1)]
    zh: Annotated[str, StringConstraints(min_length=1)]


class SignalDocument(Strict):
    """A measure over an exact sliding window (t − delay − over, t − delay], this fact included."""

    count: Literal["*"] | None = Field(None, description="How many facts; takes no value.")
    sum: Expression | None = None
    mean: Expression | None = None
    min: Expression | None = None
    max: Expression | None = None
    std: Expression | None = Field(None, description="Sample standard deviation.")
    distinct: Expression | None = Field(None, description="How many different values of a text field.")
    elapsed: Literal["*"] | None = Field(None, description="Time since the fact before this one; takes no value.")
    first: Expression | None = Field(None, description="The earliest value in the window.")
    last: Expression | None = Field(None, description="The latest value in the window.")
    where: Expression | None = Field(None, description="Which facts count; fields only.")
    by: Name | list[Name] | None = Field(
        None, description="Whose facts: account (default), customer, merchant, device …"
    )
    over: Duration | None = Field(None, description="Length of the window; all history where absent.")
    delay: Duration | None = Field(None, description="How far back the window ends.")
    empty: int | str | None = Field(None, description="Value where there is nothing to measure; NULL where absent.")
    title: Say | None = None


class LevelDocument(Strict):
    """A warning level. Levels stand in rising order."""

    title: Say | None = None
    cool_off: Duration = Field("7 days", description="Quiet time after which the level falls by one step.")
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    decision: Decision | None = Field(
        None,
        description="The answer to a fact for which a rule of this level fires; approve where absent (orange: review, red: block).",
    )


class RuleDocument(Strict):
    """When it is true of a fact, the account is warned at a level."""

    when: Expression
    holds_while: Expression | None = Field(
        None, description="Once fired, the rule keeps the level up while this is true: a lower bound for hysteresis."
    )
    level: Name
    points: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        None, description="Weight in the score; 2^(level−1) where absent."
    )
    decision: Decision | None = Field(
        None, description="The answer to a fact for which this rule fires; the level's where absent."
    )
    say: Say


class PolicyDocument(Strict):
    """A Tocsin policy."""

    policy: Name
    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    title: Say | None = None
    extends: str | None = Field(None, description="Another policy file this one is a change of.")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    timezone: str = "UTC"
    lateness: Duration = Field("0 seconds", description="How long after it happened a fact may still arrive.")
    watch: Name = Field("account", description="Whose level is kept.")
    signals: dict[Name, SignalDocument | Expression] = Field(default_factory=dict)
    levels: dict[Name, LevelDocument] | None = None
    rules: dict[Name, RuleDocument] = Field(default_factory=dict)


def json_schema(sections: Mapping[str, type[BaseModel]] | None = None) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a policy document with the sections that others read."""
    beside: dict[str, Any] = {name: (model | None, None) for name, model in (sections or {}).items()}
    whole = create_model("PolicyDocument", __base__=PolicyDocument, **beside) if beside else PolicyDocument
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole.model_json_schema()}

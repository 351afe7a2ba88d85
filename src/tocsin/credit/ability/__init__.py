"""Repayment ability and willingness: what a person can pay a month, and how likely she is to want to."""

from __future__ import annotations

from tocsin.credit.ability.assess import Assessment, Quadrant, Score, assessed
from tocsin.credit.ability.factors import Reason
from tocsin.credit.ability.person import Accounts, Answers, Household, Means, Person
from tocsin.credit.ability.surplus import Line, Surplus, living_costs
from tocsin.credit.ability.terms import Terms

__all__ = [
    "Accounts",
    "Answers",
    "Assessment",
    "Household",
    "Line",
    "Means",
    "Person",
    "Quadrant",
    "Reason",
    "Score",
    "Surplus",
    "Terms",
    "assessed",
    "living_costs",
]

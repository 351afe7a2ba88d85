"""Repayment plans: what a person can afford, what it costs and is worth, who approves it, and how it is kept."""

from __future__ import annotations

from tocsin.credit.plan.agreement import Clause, agreement
from tocsin.credit.plan.course import QUIET, TRANSITIONS, Keeping, Status, Step
from tocsin.credit.plan.event import Accepted, Approved, Paid, Proposed, Rejected, Reversed, proposed
from tocsin.credit.plan.life import Change, Standing, State, began, posted, standing
from tocsin.credit.plan.paydays import Fortnightly, Monthly, Weekly
from tocsin.credit.plan.record import Authority, Check, Declined, Kind, Offer, Solution, Waived, Why
from tocsin.credit.plan.schedule import Instalment, Schedule
from tocsin.credit.plan.solve import solve
from tocsin.credit.plan.terms import LEVELS, Debt, Level, Means, Terms

__all__ = [
    "LEVELS",
    "QUIET",
    "TRANSITIONS",
    "Accepted",
    "Approved",
    "Authority",
    "Change",
    "Check",
    "Clause",
    "Debt",
    "Declined",
    "Fortnightly",
    "Instalment",
    "Keeping",
    "Kind",
    "Level",
    "Means",
    "Monthly",
    "Offer",
    "Paid",
    "Proposed",
    "Rejected",
    "Reversed",
    "Schedule",
    "Solution",
    "Standing",
    "State",
    "Status",
    "Step",
    "Terms",
    "Waived",
    "Weekly",
    "Why",
    "agreement",
    "began",
    "posted",
    "proposed",
    "solve",
    "standing",
]

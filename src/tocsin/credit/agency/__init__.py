"""Agencies: debts placed with them, what they report against what is known, their commission and their conduct."""

from tocsin.credit.agency.commission import Commission, Line, commission
from tocsin.credit.agency.reconcile import Reconciled, reconciled
from tocsin.credit.agency.record import Complaint, Contacted, Contract, Debt, Paid, Report, Returned, Reversed
from tocsin.credit.agency.scorecard import Grade, Mark, Scorecard, Terms, review_due, scorecard

__all__ = [
    "Commission", "Complaint", "Contacted", "Contract", "Debt", "Grade", "Line", "Mark", "Paid", "Reconciled",
    "Report", "Returned", "Reversed", "Scorecard", "Terms", "commission", "reconciled", "review_due", "scorecard",
]  # fmt: skip

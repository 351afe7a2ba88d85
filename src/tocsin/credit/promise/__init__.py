"""Promises to pay: kept, partial or broken, from payments that are each counted once."""

from __future__ import annotations

from tocsin.credit.promise.life import Change, State, Tally, posted, tally, wake_at
from tocsin.credit.promise.record import Made, Paid, Reversed, Standing, Status, Step, Terms

__all__ = [
    "Change",
    "Made",
    "Paid",
    "Reversed",
    "Standing",
    "State",
    "Status",
    "Step",
    "Tally",
    "Terms",
    "posted",
    "tally",
    "wake_at",
]

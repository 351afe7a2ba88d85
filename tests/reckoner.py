"""Where an account stands on a day, reckoned plainly from its facts: from scratch, with no line of Tocsin's own.

A fact is a dict as it stands in the journal. Days are ordinals of dates in the bank's zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Fact = dict[str, Any]
SIGNS = {"purchase": 1, "cash_advance": 1, "transfer": 1, "fee": 1, "interest": 1, "payment_reversed": 1, "payment": -1, "refund": -1, "waiver": -1}  # fmt: skip
ORDER = {
    "payment": 0,
    "payment_reversed": 1,
    "statement": 2,
    "re_age": 3,
    "charge_off": 4,
    "settlement": 5,
    "closure": 6,
}
LIFE = ("CURRENT", "GRACE", "M1", "M2", "M3", "M4", "M5", "M6", "M7")
ENDS = ("CHARGED_OFF", "IN_RECOVERY", "RECOVERED", "SETTLED", "SOLD", "CLOSED_UNCOLLECTIBLE")
AFTER: dict[str, tuple[str, ...]] = {
    "CHARGED_OFF": ("IN_RECOVERY", "RECOVERED", "SETTLED", "SOLD", "CLOSED_UNCOLLECTIBLE"),
    "IN_RECOVERY": ("RECOVERED", "SETTLED", "SOLD", "CLOSED_UNCOLLECTIBLE", "CHARGED_OFF"),
    "RECOVERED": ("IN_RECOVERY", "CHARGED_OFF"),
    "SETTLED": ("IN_RECOVERY", "CHARGED_OFF"),
    "SOLD": (),
    "CLOSED_UNCOLLECTIBLE": ("SOLD",),
}
"""Backwards only where a payment is taken back."""


@dataclass(frozen=True)
class Terms:
    """Money in minor units."""

    zone: str
    grace: int
    tolerance: int


@dataclass(frozen=True)
class Stand:
    state: str
    days: int
    past_due: int
    due: int
    """All that is asked for and unpaid, past due or not."""
    balance: int


def at_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def day_of(text: str, zone: ZoneInfo) -> int:
    return at_of(text).astimezone(zone).toordinal()


def before(text: str, zone: ZoneInfo) -> int:
    """The day of the last moment before an instant."""
    return (at_of(text) - timedelta(microseconds=1)).astimezone(zone).toordinal()


class Account:
    """One account's facts, in any order, and where it stands."""

    def __init__(self, terms: Terms) -> None:
        self.terms, self.zone = terms, ZoneInfo(terms.zone)
        self.facts: list[tuple[datetime, int, str, Fact]] = []
        self.pauses: list[Fact] = []
        self._unpaid: list[list[int]] | None = None
        self.balance, self.end = 0, ""
        self.fees = self.interest = 0
        """Charged and not paid."""
        self.stated = 0
        """The balance of the last statement."""

    def add(self, fact: Fact) -> None:
        kind = fact["kind"]
        if kind in ORDER or kind in SIGNS:
            self.facts.append((at_of(fact["occurred_at"]), ORDER.get(kind, 9), fact["fact_id"], fact))
            self._unpaid = None
        elif kind in ("pause", "pause_ended"):
            self.pauses.append(fact)

    def on(self, day: int) -> Stand:
        """At the end of a day."""
        if self._unpaid is None:
            self._reckon()
        assert self._unpaid is not None
        if self.end in ENDS[2:]:
            return Stand(self.end, 0, 0, 0, self.balance)
        if not self._unpaid:
            return Stand(self.end or "CURRENT", 0, 0, 0, self.balance)
        late, small, oldest = 0, 0, 0
        spare = sum(amount for _, amount in self._unpaid) - max(self.balance, 0)
        for due, amount in sorted((self._shifted(due), amount) for due, amount in self._unpaid):
            cut = min(max(spare, 0), amount)
            spare -= cut
            small += amount - cut
            if small > self.terms.tolerance or (oldest and small):
                days = self._days(due, day)
                oldest = oldest or due
                late += small if days else 0
                small = 0
        days = self._days(oldest, day) if oldest else 0
        due = min(sum(amount for _, amount in self._unpaid), max(self.balance, 0))
        return Stand(self.end or self._named(days), days, late, due, self.balance)

    def _named(self, days: int) -> str:
        if days == 0:
            return "CURRENT"
        return "GRACE" if days <= self.terms.grace else f"M{min((days + 29) // 30, 7)}"

    def _days(self, due: int, day: int) -> int:
        covered = {one for first, last, _ in self._ranges() for one in range(max(first, due) + 1, min(last, day) + 1)}
        return max(day - due - len(covered), 0)

    def _shifted(self, due: int) -> int:
        for first, last, mode in self._ranges():
            if mode == "shift" and first < due <= last:
                due += last - first
        return due

    def _ranges(self) -> list[tuple[int, int, str]]:
        """Pauses as (first, last, mode): the days after the first one up to and with the last are not counted. One that
        ends at midnight does not touch the day that begins then."""
        found: list[tuple[int, int, str]] = []
        for fact in self.pauses:
            first = day_of(fact["occurred_at"], self.zone)
            if fact["kind"] == "pause":
                last = before(fact["ends_at"], self.zone) if fact.get("ends_at") else 10**7
                if all(last <= low or high <= first for low, high, _ in found):
                    found.append((first, last, fact["mode"]))
            else:
                end = before(fact["occurred_at"], self.zone)
                found = [
                    (low, min(high, end), mode) if low <= first else (low, high, mode) for low, high, mode in found
                ]
        return found

    def _reckon(self) -> None:
        self.facts.sort(key=lambda one: one[:3])
        net = self._net()
        unpaid: list[list[int]] = []
        self.balance, self.end, self.fees, self.interest = 0, "", 0, 0
        off = recovered = 0
        deal: Fact | None = None
        dealt = 0
        for at, _, id, fact in self.facts:
            kind = fact["kind"]
            self.balance += SIGNS.get(kind, 0) * fact.get("amount", 0)
            self.fees += fact["amount"] if kind == "fee" else 0
            self.interest += fact["amount"] if kind == "interest" else 0
            if kind == "payment":
                late = unpaid and at.astimezone(self.zone).toordinal() - unpaid[0][0] > 90
                self._charged(net[id], max(self.balance + net[id] - self.fees - self.interest, 0) if late else 0)
                _take(unpaid, net[id])
                recovered += net[id] if off else 0
                if deal is not None and not (deal.get("due_at") and at > at_of(deal["due_at"])):
                    dealt += net[id]
            elif kind == "waiver":
                self._charged(fact["amount"], 0)
            elif kind == "statement":
                self._state(unpaid, fact)
                self.balance = self.stated = fact["statement_balance"]
            elif kind == "re_age":
                unpaid.clear()
            elif kind == "charge_off":
                off, recovered = off or fact["amount"], recovered if off else 0
            elif kind == "settlement":
                deal, dealt = fact, 0
            elif kind == "closure":
                self.end = "SOLD" if fact["reason"] == "sold" else "CLOSED_UNCOLLECTIBLE"
        if not self.end and deal is not None and dealt >= deal["amount"] - self.terms.tolerance:
            self.end = "SETTLED"
        if not self.end and off:
            self.end = "CHARGED_OFF" if not recovered else "IN_RECOVERY"
            self.end = "RECOVERED" if recovered >= off - self.terms.tolerance else self.end
        self._unpaid = unpaid

    def _charged(self, amount: int, ahead: int) -> None:
        """Fees first, then interest, then all else; of what is more than 90 days late, principal comes `ahead`."""
        amount -= min(amount, ahead)
        fees = min(amount, self.fees)
        self.fees -= fees
        self.interest -= min(amount - fees, self.interest)

    def _net(self) -> dict[str, int]:
        """What of each payment was not taken back."""
        net: dict[str, int] = {}
        for _, _, id, fact in self.facts:
            if fact["kind"] == "payment":
                net[id] = fact["amount"]
            elif fact["kind"] == "payment_reversed":
                left, named = fact["amount"], fact.get("reported_fact")
                for one in [named] if named in net else list(reversed(net)):
                    part = min(left, net[one])
                    net[one], left = net[one] - part, left - part
        return net

    def _state(self, unpaid: list[list[int]], fact: Fact) -> None:
        """A statement asks again for what is unpaid; only the rest of its minimum is new."""
        carried, asked = sum(amount for _, amount in unpaid), fact["minimum_due"]
        if asked > carried:
            unpaid.append([day_of(fact["due_at"], self.zone), asked - carried])
            unpaid.sort()
        else:
            _take(unpaid, carried - asked)


def _take(unpaid: list[list[int]], amount: int) -> None:
    """Oldest due date first."""
    while amount and unpaid:
        part = min(amount, unpaid[0][1])
        unpaid[0][1] -= part
        amount -= part
        if not unpaid[0][1]:
            unpaid.pop(0)


def may_follow(before: str, after: str, derived_anew: bool) -> bool:
    """Whether the life of an account goes so: one bucket up at a time, down by any payment, and to an end from where it may.

    `derived_anew`: something was taken back, back-dated or resumed, so that days may have passed at once.
    """
    if before == after or (before in LIFE and after in ENDS):
        return True
    if before in ENDS:
        return after in AFTER[before]
    step = LIFE.index(after) - LIFE.index(before)
    return step <= 1 or derived_anew or (before == "CURRENT" and after == "M1")

"""What the log knew of a person at a moment: the auditor's own view of the facts, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.reckoner import Fact, at_of


@dataclass
class Person:
    """What the log knew of a person so far."""

    name: str = ""
    zones: tuple[str, ...] = ()
    work_allowed: bool = False
    points: dict[str, Fact] = field(default_factory=dict)
    stops: list[Fact] = field(default_factory=list)
    opt_outs: list[Fact] = field(default_factory=list)
    attempts: list[Fact] = field(default_factory=list)
    plans: dict[str, set[str]] = field(default_factory=dict)
    quiet: dict[str, str] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)
    barred: dict[str, datetime] = field(default_factory=dict)
    amounts: set[int] = field(default_factory=set)
    rows: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)
    paid: list[tuple[str, str, int]] = field(default_factory=list)

    def overdue(self, plan: str, today: str) -> int:
        """What instalments before today ask for, less what was paid since the plan was accepted."""
        asked = sum(total for due, total in self.rows[plan] if due < today)
        since = self.accepted.get(plan, "9999")
        return asked - sum(amount for at, account, amount in self.paid if at >= since and account in self.plans[plan])

    def learn(self, fact: Fact) -> None:
        """One more fact of this person."""
        account = fact.get("account")
        if account is not None:
            self.accounts.add(account)
        self.amounts.update(value for name, value in fact.items() if isinstance(value, int) and name != "step")
        match fact["kind"]:
            case "profile":
                self.name = fact.get("name", self.name)
                self.zones = tuple(fact.get("zones", self.zones))
                self.work_allowed = fact.get("work_allowed", self.work_allowed)
            case "contact_point":
                self.points[fact["contact"]] = fact
            case "stop":
                same = [one for one in self.stops if one["flag"] == fact["flag"]] if fact.get("ended") else []
                self.stops = [one for one in self.stops if one not in same]
                self.stops += [] if fact.get("ended") else [fact]
            case "dispute":
                stop = {"flag": "disputed", "accounts": [fact["account"]], "occurred_at": fact["occurred_at"]}
                self.stops = [
                    one for one in self.stops if (one["flag"], one.get("accounts")) != ("disputed", stop["accounts"])
                ]
                self.stops += [] if fact.get("reason") in ("resolved", "withdrawn", "rejected") else [stop]
            case "opt_out":
                if fact.get("ended"):
                    self.opt_outs = [one for one in self.opt_outs if one.get("channel") != fact.get("channel")]
                else:
                    self.opt_outs.append(fact)
            case "limitation":
                self.barred[fact["account"]] = at_of(fact["bars_at"])
            case "plan_offered":
                self.plans[fact["plan"]] = set(fact["accounts"])
                self.amounts.update(_numbers(fact["offer"]))
                self.rows[fact["plan"]] = [
                    (row["due"], sum(row[part] for part in ("principal", "interest", "arrears", "fees")))
                    for row in fact["offer"]["offer"]["schedule"]
                ]
                self.amounts.update(total for _, total in self.rows[fact["plan"]])
                self.amounts.add(sum(fact["offer"]["offer"]["waived"].values()))
            case "payment" | "payment_reversed":
                self.paid.append(
                    (fact["occurred_at"], account or "", fact["amount"] * (-1 if "reported_fact" in fact else 1))
                )
            case "plan_answer" if fact["answer"] == "accepted":
                self.accepted[fact["plan"]] = fact["occurred_at"]
            case "plan_changed":
                self.quiet[fact["plan"]] = fact["status"]


def _numbers(value: Any) -> Iterator[int]:
    """Every whole number in something nested."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, int):
        yield value

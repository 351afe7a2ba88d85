"""People who are late, for a stage: obviously invented, each reachable on every channel, each with a past to their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.collecting import DAY, HOUR, given
from tests.stage import ZONE, Said
from tocsin.credit.arms import Experiment, arm_of
from tocsin.values import instant

EARLY = Experiment("early", (("champion", 80), ("no_action", 20)))
VOICE = Experiment("voice", (("people", 70), ("machine", 30)))
LIMIT, BALANCE, MINIMUM, INCOME = 3_000_000, 2_000_000, 200_000, 2_000_000


def named(name: str, early: str = "champion", voice: str = "people") -> str:
    """A customer whom the hash puts into these arms of policies/card.yaml."""
    ids = (f"{name}-{number}" for number in range(100))
    return next(id for id in ids if (arm_of(EARLY, id), arm_of(VOICE, id)) == (early, voice))


@dataclass
class Person:
    """`begun`: the moment of the statement that falls due after 20 days; `told`: where facts go until they are sent."""

    id: str
    number: int
    begun: int
    told: list[Said]
    facts: int = 0

    @property
    def account(self) -> str:
        return f"62000000{self.number:04d}"

    def tell(self, kind: str, moment: int, **fields: Any) -> None:
        self.facts += 1
        self.told.append(given(kind, moment, customer=self.id, **fields) | {"fact_id": f"{self.id}-{self.facts}"})

    def billed(self, moment: int, minimum: int = MINIMUM, balance: int = BALANCE, limit: int = LIMIT) -> None:
        due = instant.written(moment + 20 * DAY)
        owed = {"statement_balance": balance, "minimum_due": minimum, "due_at": due, "credit_limit": limit}
        self.tell("statement", moment, account=self.account, currency="CNY", **owed)

    def pays(self, moment: int, amount: int) -> None:
        self.tell("payment", moment, account=self.account, currency="CNY", amount=amount)

    def earns(self, income: int, moment: int | None = None) -> None:
        known = {"obligations": 0, "employment": "employed", "verified": True, "currency": "CNY", "income": income}
        self.tell("information_update", moment or self.begun, account=self.account, **known)

    def answers(self, moment: int, result: str, **fields: Any) -> None:
        """What came of a call."""
        self.tell("contact_result", moment, channel="call", result=result, **fields)


class Cast:
    """Everybody; `now`: when they are so many days past due."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.people: dict[str, Person] = {}
        self.told: list[Said] = []

    def add(
        self, part: str, days: int, *, months: int = 0, minimum: int = MINIMUM, balance: int = BALANCE,
        limit: int = LIMIT, early: str = "champion", voice: str = "people", **profile: Any,
    ) -> Person:  # fmt: skip
        """`months` of statements before this one, their minimums paid."""
        number = len(self.people) + 1
        begun = self.now - (days + 20) * DAY - 2 * HOUR
        one = self.people[part] = Person(named(part, early, voice), number, begun, self.told)
        first = begun - months * 30 * DAY
        known = {"name": f"客户{number:02d}", "zones": [ZONE], "payday": 20, "adults": 1}
        one.tell("profile", first, **{**known, **profile})
        since = instant.written(begun)
        for contact, channels, address in (
            ("phone", ["call", "ai_call", "sms"], f"+86 100 0000 1{number:03d}"),
            ("mail", ["email"], f"customer{number:02d}@example.com"),
            ("device", ["app"], f"device-1{number:03d}"),
            ("home", ["letter", "visit"], f"示例市示例路1{number:03d}号"),
        ):
            agreed = {"verified": True, "work": False, "consent_since": since, "fresh_at": since}
            one.tell("contact_point", begun, contact=contact, channels=channels, address=address, **agreed)
        for month in range(months, 0, -1):
            one.billed(begun - month * 30 * DAY, minimum // 10, balance, limit)
            one.pays(begun - month * 30 * DAY + 15 * DAY, minimum)
        one.billed(begun, minimum, balance, limit)
        return one

    def fresh(self) -> list[Said]:
        """What was told of them since the last time."""
        found = self.told.copy()
        self.told.clear()
        return found

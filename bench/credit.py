"""The pure rooms of collections, in process: facts folded into positions, questions the gate answers, books decided."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.credit import position
from tocsin.credit.conduct import ContactHistory
from tocsin.credit.conduct.people import Address, Consent, Contact, Debt, Person
from tocsin.credit.position import History, fold
from tocsin.desk import laws
from tocsin.facts import kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.problem import Problem

_BEGAN = datetime(2024, 1, 5, 4, tzinfo=UTC)
_MONTHS = 24
DAY = 86_400_000_000


def account(number: int) -> list[Fact]:
    """Two years of one account: each month a statement, ten purchases, a payment."""
    facts: list[Fact] = []
    for month in range(_MONTHS):
        at = _BEGAN + timedelta(days=30 * month)
        known: dict[str, Any] = {"account": f"a{number}", "currency": "CNY"}
        due = at + timedelta(days=20)
        cut: dict[str, Any] = {
            "occurred_at": at,
            "statement_balance": 100_000,
            "minimum_due": 10_000,
            "due_at": due,
            **known,
        }
        facts.append(kinds.Statement(fact_id=f"s{month}", **cut))
        for day in range(10):
            bought: dict[str, Any] = {"occurred_at": at + timedelta(days=day + 1), "amount": 5_000, **known}
            facts.append(kinds.Purchase(fact_id=f"b{month}-{day}", **bought))
        paid: dict[str, Any] = {"occurred_at": at + timedelta(days=15), "amount": 60_000, **known}
        facts.append(kinds.Payment(fact_id=f"p{month}", **paid))
    return facts


def positions(accounts: int) -> None:
    terms = position.Terms(currency="CNY")
    facts = account(0)
    began = time.perf_counter()
    for _ in range(accounts):
        history = History()
        for fact in facts:
            found = fold(history, fact, terms)
            assert not isinstance(found, Problem)
            history = found
    took = time.perf_counter() - began
    print(f"  {'facts folded into positions':<38}{accounts * len(facts) / took:8,.0f}/s")


def answers(count: int) -> None:
    """Each question of another moment, so that hours, counts and stops are all looked at."""
    now = instant.micros(datetime(2026, 3, 3, 4, tzinfo=UTC))
    address = Address("p", ("call", "sms"), Consent(0), verified=True, work=False, fresh_at=now)
    debt = Debt(instant.LATEST - 1, now - 30 * DAY, now - 30 * DAY)
    person = Person("p", ("Asia/Shanghai",), (), (), {"m": address}, {"a": debt})
    history = ContactHistory("p", -(1 << 62))
    contact = Contact("p", "debtor", "m", "call", "collection", ("a",), "lender", verified=True)
    for number in range(2):
        history = history.reserve(contact, now - (number + 1) * 7_200_000_000, f"x{number}")
        history = history.settle(f"x{number}", "no_answer")
    for place in ("CN", "US", "UK"):
        gate = laws.gate(place, (2023, 2027))
        began = time.perf_counter()
        yes = sum(bool(gate.ask(contact, person, history, now + number * 60_000_000)) for number in range(count))
        took = time.perf_counter() - began
        print(f"  {f'answers of the gate, {place}':<38}{count / took:8,.0f}/s   {yes / count:.0%} allowed")


def run(scale: int) -> None:
    print("\nCollections in process, one thread")
    positions(10 * scale)
    answers(1_000 * scale)


if __name__ == "__main__":
    run(10)

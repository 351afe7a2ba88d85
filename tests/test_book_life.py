"""Any life of a person, its facts in any order: one book, stored in between or not, and what it counts is what was paid."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.test_book import ACCOUNTS, DAY, START, counted, fact, house, plan_offered, stored
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.evolve import Beyond, evolve, rebuilt
from tocsin.credit.position import replayed
from tocsin.credit.promise.derive import standings
from tocsin.credit.promise.record import Paid, Reversed
from tocsin.facts import kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant


class Life(RuleBasedStateMachine):
    """Two books of one life: one evolved at once, one stored after each fact."""

    def __init__(self) -> None:
        super().__init__()
        self.day, self.number, self.now = 0.0, 0, START
        self.book, self.kept = Book("wang"), Book("wang")
        self.log: list[tuple[Fact, int]] = []
        self.stated = dict.fromkeys(ACCOUNTS, -30.0)
        self.rebuilds = 0

    def take(self, kind: str, back: float = 0, **fields: Any) -> Fact:
        self.number += 1
        one = fact(kind, f"f{self.number:03}", max(self.day - back, 0), **fields)
        self.log.append((one, self.now))
        self.book, self.kept = self.after(self.book, one), stored(self.after(self.kept, one))
        return one

    def after(self, book: Book, one: Fact) -> Book:
        try:
            return evolve(book, one, house(), self.number, self.now)
        except Beyond as beyond:
            self.rebuilds += 1
            known = [entry for entry in self.log if getattr(entry[0], "account", None) == beyond.account]
            return rebuilt(beyond.book, beyond.account, known, house())

    @rule(days=st.sampled_from([0.5, 3, 11]))
    def days_pass(self, days: float) -> None:
        self.day += days
        self.now = START + round(self.day * DAY)

    @initialize(months=st.sampled_from([0, 12, 16]))
    def begins(self, months: int) -> None:
        for _ in range(months):
            self.months(1, "a1")

    @rule(count=st.integers(1, 3), account=st.sampled_from(ACCOUNTS))
    def months(self, count: int, account: str) -> None:
        for _ in range(count):
            self.days_pass(11)
            self.days_pass(11)
            self.take("purchase", account=account, amount=50_000)
            self.take("fee", account=account, amount=1_000)
            due = self.day + 20
            self.take("statement", account=account, statement_balance=80_000, minimum_due=8_000, due_at=due)
            self.days_pass(3)
            self.take("payment", account=account, amount=8_000)

    @rule(
        account=st.sampled_from(ACCOUNTS),
        amount=st.sampled_from([100, 5_000, 30_000]),
        back=st.sampled_from([0, 0, 4, 40]),
        kind=st.sampled_from(["payment", "payment", "fee", "interest", "purchase", "refund", "waiver"]),
    )
    def posts(self, account: str, amount: int, back: float, kind: str) -> None:
        self.take(kind, back, account=account, amount=amount)

    @rule(account=st.sampled_from(ACCOUNTS), data=st.data(), back=st.sampled_from([0, 0, 5]))
    def bounces(self, account: str, data: st.DataObject, back: float) -> None:
        paid = [one.fact_id for one, _ in self.log if isinstance(one, kinds.Payment) and one.account == account]
        named = data.draw(st.sampled_from([None, "unknown", *paid[-6:], *paid[:1]]))
        amount = data.draw(st.sampled_from([50, 8_000, 60_000]))
        self.take("payment_reversed", back, account=account, amount=amount, reported_fact=named)

    @rule(
        account=st.sampled_from([None, *ACCOUNTS]),
        amount=st.sampled_from([4_000, 20_000]),
        days=st.integers(1, 12),
        back=st.sampled_from([0, 0, 2, 30]),
        attempt=st.sampled_from([None, "t1", "t2"]),
    )
    def promises(self, account: str | None, amount: int, days: int, back: float, attempt: str | None) -> None:
        self.take(
            "contact_result", back, account=account, channel="call", result="promise", attempt=attempt,
            promised_amount=amount, promised_at=self.day - min(back, self.day) + days,
        )  # fmt: skip

    @rule(attempt=st.sampled_from(["t1", "t2", "t3"]), channel=st.sampled_from(["call", "sms"]), step=st.integers(0, 1))
    def tries(self, attempt: str, channel: str, step: int) -> None:
        self.take("contact_attempt", attempt=attempt, channel=channel, purpose="collection", treatment="x", step=step)

    @rule(attempt=st.sampled_from(["t1", "t2", "t3"]), result=st.sampled_from(["sent", "undeliverable", "answered"]))
    def hears(self, attempt: str, result: str) -> None:
        self.take("contact_result", attempt=attempt, channel="sms", result=result)

    @rule(plan=st.sampled_from(["p1", "p2"]), answer=st.sampled_from(["accepted", "accepted", "declined", "approved"]))
    def plans(self, plan: str, answer: str) -> None:
        if plan not in self.book.plans:
            self.number += 1
            self.log.append((plan_offered(plan, int(self.day)), self.now))
            self.book = self.after(self.book, self.log[-1][0])
            self.kept = stored(self.after(self.kept, self.log[-1][0]))
        self.take("plan_answer", plan=plan, answer=answer)
        self.take("plan_changed", plan=plan, before="offered", status="accepted")

    @invariant()
    def stored_is_not_stored(self) -> None:
        assert self.book == self.kept
        assert self.book.seq == self.number

    @invariant()
    def positions_are_replayed(self) -> None:
        terms = house().strategy.position
        for name, account in self.book.accounts.items():
            known = [
                msgspec.structs.replace(one, recorded_at=instant.instant(at))
                for one, at in self.log
                if isinstance(one, kinds.AccountFact) and one.account == name
            ]
            assert account.history == replayed(known, terms)
            assert 0 <= account.fees + account.interest <= max(account.history.balance, 0)

    @invariant()
    def promises_count_what_was_paid(self) -> None:
        terms = house().strategy.promise
        paid, taken = what_was_paid([one for one, _ in self.log])
        made = [promise.made for promise in self.book.promises.values()]
        wanted = standings(made, paid, taken, terms, self.now)
        assert standings(made, *counted(self.book.payments), terms, self.now) == wanted

    @invariant()
    def plans_count_what_was_paid(self) -> None:
        paid, taken = what_was_paid([one for one, _ in self.log])
        left = {one.payment: one.amount for one in paid}
        for one in taken:
            left[one.payment] -= one.amount
        in_force = {id: plan for id, plan in self.book.plans.items() if plan.accepted}
        began = {id: min(one.at for one in plan.accepted) for id, plan in in_force.items()}
        for id, plan in in_force.items():
            others = [at for other, at in began.items() if (at, other) > (began[id], id)]
            mine = sum(left[one.payment] for one in paid if began[id] <= one.at < min(others, default=self.now + 1))
            assert sum(one.amount for one in plan.paid) - sum(one.amount for one in plan.reversed) == mine


def what_was_paid(facts: list[Fact]) -> tuple[list[Paid], list[Reversed]]:
    """Payments and what was taken of each, slowly: in order of time, as named or else from the newest."""
    moves = [one for one in facts if isinstance(one, kinds.Payment | kinds.PaymentReversed)]
    moves.sort(key=lambda one: (one.occurred_at, isinstance(one, kinds.PaymentReversed), one.fact_id))
    paid: dict[str, Paid] = {}
    left: dict[str, int] = {}
    taken: list[Reversed] = []
    for one in moves:
        if isinstance(one, kinds.Payment):
            paid[one.fact_id] = Paid(one.fact_id, one.amount, "CNY", instant.micros(one.occurred_at), one.account)
            left[one.fact_id] = one.amount
            continue
        rest, named = one.amount, one.reported_fact
        mine = [id for id in paid if paid[id].account == one.account]
        for id in [named] if named in mine else reversed(mine):
            assert id is not None
            part = min(rest, left[id])
            if part:
                taken.append(Reversed(f"{one.fact_id}{id}", id, part, instant.micros(one.occurred_at)))
            left[id], rest = left[id] - part, rest - part
    return list(paid.values()), taken


def lived(lives: int, steps: int) -> None:
    checks = list(HealthCheck)
    run_state_machine_as_test(
        Life,
        settings=settings(max_examples=lives, stateful_step_count=steps, deadline=None, suppress_health_check=checks),
    )


def test_any_life_in_any_order() -> None:
    lived(25, 25)


@pytest.mark.long
def test_any_life_in_any_order_at_length() -> None:
    lived(1_000, 60)

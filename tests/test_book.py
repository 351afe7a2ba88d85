"""The book of a person: evolved by facts in any order, stored in between or not; what each fact leaves in it.

The cast: Wang owes on two accounts, pays, bounces, promises, answers and does not answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields
from datetime import date
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.test_conduct import gate
from tocsin.credit.collection.book import Book, Payment
from tocsin.credit.collection.evolve import Beyond, evolve, moved, rebuilt
from tocsin.credit.collection.house import House
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.plan import Debt, Means, Offer, Status, proposed, solve, standing
from tocsin.credit.plan import Terms as PlanTerms
from tocsin.credit.position import replayed
from tocsin.credit.promise.derive import standings
from tocsin.credit.promise.record import Paid, Reversed
from tocsin.facts import dealings, kinds, wire
from tocsin.facts.kinds import Fact
from tocsin.values import instant

DAY = 86_400_000_000
START = instant.parse("2026-03-01T04:00:00Z")
"""Noon in Shanghai."""
ALL = {**kinds.KINDS, **dealings.DEALINGS}
ACCOUNTS = ("a1", "a2")


@cache
def house() -> House:
    """Books read of a strategy only the terms, and these as they are by default."""
    unread = {one.name: () for one in fields(Strategy) if one.default is one.default_factory is MISSING}
    strategy = Strategy(**unread)  # type: ignore[arg-type]
    lawful = gate("CN")
    return House(strategy, lawful, lawful.calendar, lambda *_: (None, ""), "CNY", "Asia/Shanghai", {})


def fact(kind: str, id: str, day: float = 0, **fields: Any) -> Fact:
    """A fact of Wang, so many days after the start, as it would come over the wire."""
    given = {"fact_id": id, "kind": kind, "occurred_at": instant.written(START + round(day * DAY)), **fields}
    names = {field.name for field in msgspec.structs.fields(ALL[kind])}
    if "currency" in names:
        given.setdefault("currency", "CNY")
    if issubclass(ALL[kind], kinds.AccountFact):
        given.setdefault("account", "a1")
    for name in ("due_at", "promised_at", "until", "bars_at", "ends_at", "deadline", "next_allowed"):
        if isinstance(given.get(name), int | float):
            given[name] = instant.written(START + round(given[name] * DAY))
    return wire.stored(msgspec.json.encode(given))


def evolved(facts: Iterable[Fact], book: Book | None = None) -> Book:
    """Facts as they come, each taken when it happened, or when the last one was taken."""
    book, taken = Book("wang") if book is None else book, 0
    for one in facts:
        taken = max(taken, instant.micros(one.occurred_at))
        book = evolve(book, one, house(), book.seq + 1, taken)
    return book


def stored(book: Book) -> Book:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(book), type=Book)


@cache
def offer() -> Offer:
    """A plan that needs no approval: 12,000.00 yuan at 2,000.00 a month from the end of March 2026 on."""
    solution = solve(Debt("CNY", 1_200_000), Means(200_000), PlanTerms(), date(2026, 3, 1), house().calendar)
    return next(one for one in solution.offers if not one.authority.level.approvals)


def plan_offered(id: str, day: int, accounts: tuple[str, ...] = ACCOUNTS, **changes: Any) -> Fact:
    made = proposed(id, offer(), PlanTerms(), "tocsin", START + day * DAY, "Asia/Shanghai")
    text = msgspec.json.decode(msgspec.json.encode(made))
    return fact("plan_offered", f"offer-{id}", day, plan=id, accounts=accounts, by="tocsin", offer={**text, **changes})


# -- any facts, in any order ---------------------------------------------------------------------------------------------


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
        kind=st.sampled_from(["payment", "payment", "fee", "interest", "purchase", "refund"]),
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


def counted(payments: tuple[Payment, ...]) -> tuple[list[Paid], list[Reversed]]:
    paid = [Paid(one.fact, one.amount, one.currency, one.at, one.account) for one in payments]
    taken = [Reversed(by, one.fact, part, at) for one in payments for by, part, at in one.reversed]
    assert len({one.reversal for one in taken}) == len(taken), "each by an id of its own"
    return paid, taken


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


# -- debts, plans, nonsense --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "facts", "fees", "interest"),
    [
        ("charged",                     "purchase 1000; fee 30; interest 50",                                   30, 50),
        ("fees, interest, principal",   "purchase 1000; fee 30; interest 50; payment 60",                       0,  20),
        ("reversed in part",            "purchase 1000; fee 30; interest 50; payment 100; back 60",             0,  40),
        ("reversed in full",            "purchase 1000; fee 30; interest 50; payment 100; back 100",            30, 50),
        ("principal first, when late",  "purchase 1000; fee 30; interest 50; late; payment 1010",               20, 50),
        ("late, reversed",              "purchase 1000; fee 30; interest 50; late; payment 1010; back 500",     30, 50),
        ("all is paid",                 "purchase 1000; fee 30; interest 50; late; payment 1080",               0,  0),
        ("no more than owed",           "fee 30; refund 20",                                                    10, 0),
        ("declined, other money",       "purchase 1000; fee 30 declined; fee 30 EUR",                           0,  0),
    ],
)  # fmt: skip
def test_charges_outstanding(case: str, facts: str, fees: int, interest: int) -> None:
    taken = []
    for number, (kind, *words) in enumerate(one.split() for one in facts.split(";")):
        id, day = f"f{number}", number
        if kind == "late":
            taken.append(fact("position_changed", id, day, days_past_due=91))
        else:
            name = "payment_reversed" if kind == "back" else kind
            other = {"declined": True} if "declined" in words else {"currency": "EUR"} if "EUR" in words else {}
            taken.append(fact(name, id, day, amount=int(words[0]), **other))
    account = evolved(taken).accounts["a1"]
    assert (account.fees, account.interest) == (fees, interest), case


def test_lateness_lasts_from_its_first_day() -> None:
    def since(*told: tuple[int, int]) -> float | None:
        book = evolved(fact("position_changed", f"f{day}", day, days_past_due=late, state="M1") for day, late in told)
        at = book.accounts["a1"].late_since
        return None if at is None else (at - START) / DAY

    assert since((40, 3)) == since((40, 3), (60, 23)) == 37
    assert since((40, 3), (60, 0)) is None and since((40, 3), (60, 0), (90, 1)) == 89


def test_a_plan_from_its_offer_to_its_end() -> None:
    total = offer().schedule[0].total
    book = evolved([
        fact("purchase", "p0", 0, amount=2_000_000),
        fact("payment", "p1", 1, amount=5),
        plan_offered("plan", 1, ("a1",)),
        fact("plan_answer", "n1", 2, plan="plan", answer="approved", by="tocsin", level="committee"),
        fact("plan_answer", "n2", 2, plan="plan", answer="accepted", how="oral"),
        fact("plan_answer", "n3", 3, plan="plan", answer="accepted"),
        fact("payment", "p2", 10, amount=total),
        fact("payment", "p3", 11, amount=7, account="a2"),
        fact("payment", "p4", 12, amount=total),
        fact("payment_reversed", "b4", 14, amount=9, reported_fact="p4"),
        fact("plan_changed", "c1", 14, plan="plan", before="offered", status="performing"),
    ])  # fmt: skip
    plan = book.plans["plan"]
    assert (plan.told, len(plan.approved), [one.fact for one in plan.accepted]) == ("performing", 0, ["n3"])
    assert [(one.fact, one.amount) for one in plan.paid] == [("p2", total), ("p4", total)]
    assert [(one.payment, one.amount) for one in plan.reversed] == [("p4", 9)]
    events = (*plan.accepted, *plan.paid, *plan.reversed)
    stands = standing(plan.proposed, house().strategy.keeping, events, START + 15 * DAY)
    assert stands.status is Status.PERFORMING and stands.paid == 2 * total - 9
    assert stored(book) == book


@pytest.mark.parametrize(
    "nonsense",
    [
        fact("promise_changed", "n", promise="no", status="kept", amount=1, paid=1),
        fact("plan_answer", "n", plan="no", answer="accepted"),
        fact("plan_changed", "n", plan="no", before="a", status="b"),
        fact("plan_offered", "n", plan="p", accounts=["a1"], offer={"no": "plan"}, by="tocsin"),
        fact("plan_offered", "n", plan="p", accounts=["a1"], offer=[[[]]], by="tocsin"),
        fact("task", "n", task="no", state="taken", treatment="x", queue="calls"),
        fact("placement", "n", placement="no", agency="north", state="returned"),
        fact("treatment", "n", treatment="x", case="no", step=0, state="done"),
        fact("case_changed", "n", case="no", change="closed"),
        fact("contact_times", "n", agreed=True, weekdays=[1], start=9, end=9),
        fact("position_changed", "n", currency="EUR", past_due=1),
        fact("stop", "n", flag="ceased", ended=True),
        fact("opt_out", "n", ended=True),
        fact("credit_report", "n"),
        fact("login", "n"),
        fact("clock", "n"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_nonsense_changes_nothing(nonsense: Fact) -> None:
    assert evolve(Book("wang", seq=4), nonsense, house(), 5, START) == Book("wang", seq=5)


def test_offers_that_are_none_change_nothing() -> None:
    for wrong in (
        {"plan": "other"},
        {"by": "somebody"},
        {"ranks": []},
        {"offer": {**msgspec.to_builtins(offer()), "schedule": []}},
    ):
        assert evolved([plan_offered("p", 0, **wrong)]).plans == {}
    assert evolve(Book("wang"), fact("clock", "t-0"), house(), 1, START).made == 1


def test_an_account_changes_its_person() -> None:
    alone = evolved([
        fact("purchase", "p1", 0, amount=10_000),
        fact("contact_point", "c1", 1, contact="c1", channels=["sms"], address="+8610000000001"),
        fact("contact_attempt", "x1", 2, attempt="t1", channel="sms", purpose="collection", contact="c1", accounts=["a1"]),
        fact("contact_result", "r1", 3, account="a1", channel="call", result="promise", promised_amount=500, promised_at=9),
        fact("payment", "p2", 4, amount=500),
        fact("opt_out", "o1", 5, channel="call"),
        fact("dispute", "d1", 5),
        fact("case_changed", "c", 6, case="c", change="opened"),
    ], Book("account:a1"))  # fmt: skip
    known = evolved([fact("purchase", "q1", 1, amount=7, account="a2"), fact("profile", "q2", name="Wang")])
    left, book = moved(alone, "a1", known)
    assert left == Book("account:a1", seq=alone.seq, made=alone.made)
    assert book.accounts == {**known.accounts, **alone.accounts} and book.profile.name == "Wang"
    assert {one.person for one in (*book.attempts, *book.opt_outs)} == {"wang"}
    assert (book.promises, book.payments, book.case) == (alone.promises, alone.payments, alone.case)
    assert [one.id for one in book.attempts] == ["t1", "r1"] and set(book.under_way) == {"t1"}
    assert [(one.flag, one.debts) for one in book.stops] == [("disputed", ("a1",))]
    back, other = moved(book, "a1", Book("li"))
    assert set(back.accounts) == {"a2"} and not (back.promises or back.payments or back.stops)
    assert set(other.accounts) == {"a1"} and other.promises == alone.promises
    assert {one.person for one in other.attempts} == {"li"} and len(back.attempts) == 2, "contacts count for both"
    assert moved(book, "no", other) == (book, other)

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

from tests.test_conduct import gate
from tocsin.credit.collection.book import Book, Payment
from tocsin.credit.collection.evolve import Beyond, evolve, moved, rebuilt
from tocsin.credit.collection.house import House
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.plan import Debt, Means, Offer, Status, proposed, solve, standing
from tocsin.credit.plan import Terms as PlanTerms
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


def counted(payments: tuple[Payment, ...]) -> tuple[list[Paid], list[Reversed]]:
    paid = [Paid(one.fact, one.amount, one.currency, one.at, one.account) for one in payments]
    taken = [Reversed(by, one.fact, part, at) for one in payments for by, part, at in one.reversed]
    assert len({one.reversal for one in taken}) == len(taken), "each by an id of its own"
    return paid, taken


# -- promises, debts, plans, nonsense --------------------------------------------------------------------------------------------------


def test_a_promise_is_one_however_often_it_is_said() -> None:
    def promises(*said: tuple[int, int, int]) -> int:
        taken = [
            fact(
                "contact_result",
                f"f{n}",
                day,
                channel="call",
                result="promise",
                promised_amount=amount,
                promised_at=due,
            )
            for n, (day, amount, due) in enumerate(said)
        ]
        return len(evolved(taken).promises)

    assert promises((1, 500, 9), (3, 500, 9)) == 1
    assert promises((1, 500, 9), (3, 600, 9), (4, 500, 10)) == 3
    assert promises((3, 500, 2)) == promises((3, 0, 9)) == 0, "nothing, or in the past"


def test_a_reversal_of_several_payments_counts_once_for_each() -> None:
    promise = fact("contact_result", "pr", 1, channel="call", result="promise", promised_amount=900, promised_at=9)
    paid = [fact("payment", "y1", 2, amount=500), fact("payment", "y2", 3, amount=400)]
    book = evolved([fact("purchase", "p", amount=5_000), promise, *paid, fact("payment_reversed", "b", 4, amount=600)])
    assert [one.reversed for one in book.payments] == [
        (("b/y1", 200, START + 4 * DAY),),
        (("b/y2", 400, START + 4 * DAY),),
    ]
    assert counted(evolved([fact("payment_reversed", "c", 5, amount=300)], book).payments)[1][-1].reversal == "b/y2"


def test_a_replayed_account_counts_its_payments_anew() -> None:
    facts = [fact("purchase", "p", 0, amount=900_000)]
    for month in range(16):
        facts += [
            fact(
                "statement",
                f"s{month}",
                30 * month,
                statement_balance=90_000,
                minimum_due=9_000,
                due_at=30 * month + 20,
            ),
            fact("payment", f"y{month}", 30 * month + 9, amount=1_000),
        ]
    promise = fact("contact_result", "pr", 440, channel="call", result="promise", promised_amount=500, promised_at=490)
    book = evolved([*facts, promise])
    assert [(one.fact, one.reversed) for one in book.payments] == [("y15", ())]
    last = fact("payment_reversed", "b", 470, amount=14_500)
    with pytest.raises(Beyond) as caught:
        evolve(book, last, house(), 99, START + 470 * DAY)
    beyond = caught.value
    known = [(one, instant.micros(one.occurred_at)) for one in (*facts, last)]
    whole = rebuilt(beyond.book, beyond.account, known, house())
    taken = START + 470 * DAY
    assert (beyond.account, whole.seq) == ("a1", 99)
    assert [(one.fact, one.reversed) for one in whole.payments] == [("y15", (("b/y15", 1_000, taken),))]


def test_promises_are_forgotten_with_what_shares_their_payments() -> None:
    def promise(id: str, day: int, days: int) -> Fact:
        return fact(
            "contact_result", id, day, channel="call", result="promise", promised_amount=day, promised_at=day + days
        )

    chain = [promise("a", 1, 200), promise("b", 20, 10), promise("c", 150, 100), promise("d", 400, 30)]
    assert set(evolved([*chain, promise("e", 620, 9)]).promises) == {"a", "b", "c", "d", "e"}
    assert set(evolved([*chain, promise("e", 680, 9)]).promises) == {"d", "e"}
    assert set(evolved([*chain, promise("e", 980, 9)]).promises) == {"e"}


@pytest.mark.parametrize(
    ("case", "facts", "fees", "interest"),
    [
        ("charged",                     "purchase 1000; fee 30; interest 50",                                   30, 50),
        ("fees, interest, principal",   "purchase 1000; fee 30; interest 50; payment 60",                       0,  20),
        ("reversed in part",            "purchase 1000; fee 30; interest 50; payment 100; back 60",             0,  40),
        ("reversed in full",            "purchase 1000; fee 30; interest 50; payment 100; back 100",            30, 50),
        ("principal first, when late",  "purchase 1000; fee 30; interest 50; late; payment 1010",               20, 50),
        ("an earlier one reversed",     "purchase 1000; fee 30; payment 10; payment 15; back 10 f2",            15, 0),
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
            named = words[1] if words[1:] and kind == "back" else None
            other: dict[str, Any] = (
                {"reported_fact": named}
                if named
                else {"declined": True}
                if "declined" in words
                else {"currency": "EUR"}
                if "EUR" in words
                else {}
            )
            taken.append(fact(name, id, day, amount=int(words[0]), **other))
    account = evolved(taken).accounts["a1"]
    assert (account.fees, account.interest) == (fees, interest), case


def test_lateness_lasts_from_its_first_day() -> None:
    def since(*told: tuple[int, int]) -> float | None:
        book = evolved(fact("position_changed", f"f{day}", day, days_past_due=late, state="M1") for day, late in told)
        at = book.accounts["a1"].late_since
        return None if at is None else (at - START) / DAY

    assert since((40, 3)) == since((40, 3), (60, 13)) == 37
    assert since((40, 3), (60, 0)) is None and since((40, 3), (60, 0), (90, 1)) == 89


def test_a_plan_from_its_offer_to_its_end() -> None:
    total = offer().schedule[0].total
    book = evolved([
        fact("purchase", "p0", 0, amount=2_000_000),
        fact("payment", "p1", 1, amount=5),
        plan_offered("plan", 1, ("a1",)),
        fact("plan_answer", "n1", 2, plan="plan", answer="approved", by="tocsin", level="committee"),
        fact("plan_answer", "n0", 0, plan="plan", answer="accepted"),
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
    once, twice = moved(book, "a1", Book("li"))[1], moved(book, "a1", other)[1]
    assert once.attempts == twice.attempts, "each contact counts once"

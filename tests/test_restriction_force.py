"""Restrictions in force: precedence as a table, and what nothing ever touches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.credit.restriction import force
from tocsin.credit.restriction.force import Standing
from tocsin.credit.restriction.terms import Scope
from tocsin.facts import kinds
from tocsin.facts.kinds import KINDS, Fact, Movement, required
from tocsin.facts.measures import Kind

NOW = 1_800_000_000_000_000
DAY = 20_000
ANSWERS = ("approve", "review", "block")
TABLE = """
restrictions in force                        | fact                         | answer  | by
                                             | purchase 100                 | approve |
transaction_block soft                       | purchase 100                 | block   | 1
transaction_block soft                       | transfer 100                 | block   | 1
transaction_block soft                       | payment 100                  | approve |
account_freeze hard                          | payment 100                  | approve |
account_freeze hard                          | refund 100                   | approve |
account_freeze hard                          | cash_advance 100             | block   | 1
transfer_hold soft                           | purchase 100                 | approve |
transfer_hold soft                           | transfer 100                 | block   | 1
cash_advance_block soft                      | transfer 100                 | approve |
cash_advance_block soft                      | cash_advance 100             | block   | 1
card_lock hard                               | purchase 100                 | block   | 1
card_lock hard                               | transfer 100                 | approve |
step_up soft                                 | purchase 100                 | review  | 1
step_up soft, transaction_block soft         | purchase 100                 | block   | 1 2
step_up soft, override                       | purchase 100                 | approve | 2
step_up hard, override                       | purchase 100                 | review  | 1
step_up hard, transaction_block soft         | purchase 100                 | block   | 1 2
step_up hard, transaction_block soft, override | purchase 100               | review  | 1
step_up hard, transaction_block soft, card_lock hard | purchase 100         | block   | 1 3
transaction_block soft, override             | purchase 100                 | approve | 2
transaction_block soft, override limit=50    | purchase 100                 | block   | 1
transaction_block soft, override limit=100   | purchase 100                 | approve | 2
transaction_block hard, override             | purchase 100                 | block   | 1
transfer_hold soft, account_freeze hard, override | transfer 100            | block   | 2
override                                     | transfer 100                 | approve | 1
transaction_block soft at=m1                 | purchase 100 at=m1           | block   | 1
transaction_block soft at=m1                 | purchase 100 at=m2           | approve |
transaction_block soft at=m1                 | purchase 100                 | approve |
transaction_block soft above=100             | purchase 100                 | approve |
transaction_block soft above=100             | purchase 101                 | block   | 1
transaction_block soft, override at=m1       | purchase 100 at=m1           | approve | 2
transaction_block soft, override at=m1       | purchase 100                 | block   | 1
limit_cut soft limit=5000                    | purchase 100 balance=5000    | approve |
limit_cut soft limit=5000                    | purchase 100 balance=5001    | block   | 1
limit_cut soft limit=5000                    | purchase 100                 | approve |
limit_cut soft                               | purchase 100 balance=1       | block   | 1
limit_cut soft limit=5000                    | payment 100 balance=9000     | approve |
transaction_block soft stage=1 up_to=100     | purchase 100                 | approve |
transaction_block soft stage=1 up_to=100     | purchase 101                 | block   | 1
transaction_block soft stage=1 a_day=500 used=400 | purchase 100            | approve |
transaction_block soft stage=1 a_day=500 used=401 | purchase 100            | block   | 1
transaction_block soft stage=1 a_day=500 used=500 day=19999 | purchase 100  | approve |
transaction_block soft ended                 | purchase 100                 | approve |
transaction_block soft held_out              | purchase 100                 | approve |
transaction_block soft, transfer_hold hard   | transfer 100                 | block   | 2
"""
CASES = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


def restriction(number: int, text: str) -> Standing:
    kind, *words = text.split()
    named = dict(word.split("=") for word in words if "=" in word)
    numbers = {name: int(value) for name, value in named.items() if name not in ("at", "above")}
    scope = Scope(
        merchants=(named["at"],) if "at" in named else (), above=int(named["above"]) if "above" in named else None
    )
    return Standing(
        str(number), "a", "hold", kind, "hard" if "hard" in words else "soft", NOW - 1, scope,
        ends=NOW if "ended" in words else None, held_out="held_out" in words, **{"day": DAY, **numbers},
    )  # fmt: skip


def fact(text: str) -> Fact:
    kind, amount, *words = text.split()
    named = dict(word.split("=") for word in words)
    balance = int(named["balance"]) if "balance" in named else None
    struct = KINDS[kind]
    assert issubclass(struct, Movement)
    return struct(
        fact_id="f", occurred_at=datetime(2027, 1, 15, tzinfo=UTC), account="a", amount=int(amount), currency="CNY",
        merchant=named.get("at"), balance=balance,
    )  # fmt: skip


@pytest.mark.parametrize(("standing", "told", "answer", "by"), CASES)
def test_precedence(standing: str, told: str, answer: str, by: str) -> None:
    known = [restriction(number, one) for number, one in enumerate(filter(None, standing.split(", ")), 1)]
    found = force.effect(fact(told), known, NOW, DAY)
    assert (ANSWERS[found.answer], " ".join(found.by)) == (answer, by)


MERCHANTS = st.sampled_from((None, "m1", "m2"))
STANDING = st.builds(
    Standing,
    id=st.sampled_from("12345678"), account=st.just("a"), hold=st.just("h"), type=st.sampled_from(get_args(Kind)),
    strength=st.sampled_from(("hard", "soft")), at=st.just(NOW - 1),
    scope=st.builds(Scope, merchants=st.sampled_from(((), ("m1",))), above=st.sampled_from((None, 50))),
    ends=st.sampled_from((None, NOW, NOW + 1)), limit=st.sampled_from((None, 0, 100)), stage=st.integers(0, 2),
    up_to=st.sampled_from((None, 100)), a_day=st.sampled_from((None, 300)), day=st.just(DAY), used=st.integers(0, 400),
    held_out=st.booleans(),
)  # fmt: skip


@given(
    st.lists(STANDING, max_size=8, unique_by=lambda one: one.id), st.sampled_from(sorted(KINDS)), st.integers(0, 1000)
)
def test_whatever_comes_in_is_open_and_one_hard_hold_more_never_opens(
    known: list[Standing], kind: str, amount: int
) -> None:
    struct = KINDS[kind]
    wanted = {"amount": amount, "currency": "CNY", "account": "a", "statement_balance": 1, "minimum_due": 1, "credit_limit": 1,
              "changed": "email", "channel": "call", "result": "answered", "mode": "freeze", "reason": "sold"}  # fmt: skip
    given_ = {name: wanted[name] for name in required(kind) if name in wanted}
    told = struct(fact_id="f", occurred_at=datetime(2027, 1, 15, tzinfo=UTC), **given_)
    found = force.effect(told, known, NOW, DAY)
    if not isinstance(told, kinds.Purchase | kinds.CashAdvance | kinds.Transfer):
        assert found.answer == force.APPROVE and not found.by
    harder = force.effect(told, [*known, Standing("9", "a", "h", "account_freeze", "hard", NOW - 1)], NOW, DAY)
    assert harder.answer >= found.answer
    assert set(found.by) <= {one.id for one in found.standing} <= {one.id for one in known}

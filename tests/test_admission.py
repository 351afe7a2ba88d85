"""Many facts are let in at once exactly as they would be one by one."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import policy_of
from tocsin.desk.admission import AHEAD, admitted, all_admitted
from tocsin.desk.faults import Fault
from tocsin.facts.kinds import Fact, Login, Purchase
from tocsin.values.kernel import NULL

POLICY = policy_of("""
policy: admission
version: "1"
currency: CNY
timezone: Asia/Shanghai
lateness: 2 hours
signals:
  a: {count: , over: 1 hour}
rules:
  r: {when: a > 3, level: blue, say: {en: "{a}", zh: "{a}"}}
""")()
NOW, AT = 1_785_000_000_000_000, datetime(2026, 7, 25, tzinfo=UTC)
PURCHASE = {"occurred_at": AT, "account": "a", "amount": 1}
FACTS: list[Fact] = [
    Purchase(fact_id="p", currency="CNY", **PURCHASE),  # type: ignore[arg-type]
    Login(fact_id="l", occurred_at=AT, account="a"),
]
ODD: Fact = Purchase(fact_id="o", currency="USD", **PURCHASE)  # type: ignore[arg-type]
EDGES = [0, AHEAD, POLICY.lateness, -AHEAD, -POLICY.lateness]
TIMES = st.builds(lambda edge, by: NOW + edge + by, st.sampled_from(EDGES), st.integers(-2, 2))
SAID = st.tuples(st.sampled_from([*FACTS] * 6 + [ODD]), TIMES, TIMES | st.just(NULL))


@given(st.lists(SAID, min_size=1, max_size=4), TIMES)
@settings(max_examples=2_000)
def test_at_once_as_one_by_one(said: list[tuple[Fact, int, int]], last: int) -> None:
    facts, at, known = zip(*said, strict=True)
    expected: list[int] = []
    try:
        for fact, occurred_at, recorded_at in said:
            expected.append(admitted(fact, occurred_at, recorded_at, NOW, expected[-1] if expected else last, POLICY))
    except Fault:
        expected = []
    assert all_admitted(facts, at, known, NOW, last, POLICY) == expected

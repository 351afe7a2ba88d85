"""Compiled = plain Python = oracle = DuckDB, on ties, gaps, late facts, and batches of every size."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import DAY, HOUR, MINUTE, START, batch, policy_of
from tocsin.engine.assess import Assessments, Engine
from tocsin.policy.policy import Measure, Policy
from tocsin.signals import oracle

POLICY = policy_of(
    """
    policy: windows
    version: 1
    currency: CNY
    lateness: LATENESS
    signals:
      n: {count: }
      n_10m: {count: , over: 10 minutes}
      spend_1d: {sum: amount, where: "kind = 'purchase'", over: 1 day}
      spend_all: {sum: amount, where: "kind <> 'payment' and not declined"}
      mean_3h: {mean: amount, over: 3 hours}
      mean_1d_empty: {mean: amount, where: "kind = 'refund'", over: 1 day, empty: 0}
      std_1d: {std: amount, where: "kind = 'purchase' or country = 'US'", over: 1 day}
      std_all: {std: amount}
      max_3h: {max: amount, where: "kind in ('purchase', 'transfer')", over: 3 hours}
      min_1d_late: {min: amount, over: 1 day, delay: 1 hour}
      max_all: {max: balance}
      min_all_late: {min: amount, delay: 10 minutes}
      countries_1d: {distinct: country, over: 1 day}
      devices_3h_late: {distinct: device, where: "kind = 'purchase'", over: 3 hours, delay: 1 hour}
      gap: {elapsed: }
      gap_purchase: {elapsed: , where: "kind = 'purchase'", over: 1 day}
      first_country: {first: country}
      first_3h: {first: amount, where: "kind = 'purchase'", over: 3 hours}
      first_late: {first: device, over: 1 day, delay: 1 hour}
      last_country: {last: country}
      last_1h: {last: amount, where: "kind = 'transfer'", over: 1 hour}
      last_late: {last: balance, delay: 1 hour}
      share_declined: {mean: declined, over: 1 day}
      half: {sum: "case when amount > 50 then amount - 50 else 0 end", where: "coalesce(declined, false) = false", over: 1 day}
      m_count: {count: , by: merchant, over: 3 hours}
      m_fraud: {mean: confirmed_fraud, by: merchant, over: 1 day, delay: 1 hour, empty: 0}
      m_accounts: {distinct: account, by: merchant, over: 1 day}
      pair: {count: , by: [account, device], over: 1 day}
      person: {max: amount, by: customer, over: 1 day}
    rules:
      many: {when: "n_10m >= 3", level: blue, say: {en: a, zh: b}}
    """
)


def lateness(text: str) -> Policy:
    return POLICY(LATENESS=text)


KINDS = ["purchase", "transfer", "payment", "refund"]
EDGES = [0, 1, MINUTE, 10 * MINUTE, 10 * MINUTE - 1, HOUR, HOUR - 1, 3 * HOUR, 3 * HOUR + 1, DAY, DAY - 1, 5 * DAY]


@st.composite
def histories(draw: st.DrawFn, late: bool) -> list[dict[str, Any]]:
    """Facts in ingest order. Steps sit on and beside the window edges; late ones reach back by up to 2 hours."""
    facts, recorded = [], START
    for number in range(draw(st.integers(1, 40))):
        recorded += draw(st.sampled_from(EDGES) | st.integers(0, 2 * DAY))
        back = draw(st.sampled_from([0, 0, 0, 1, MINUTE, HOUR, 2 * HOUR])) if late else 0
        facts.append(
            {
                "fact_id": f"f{number}",
                "kind": draw(st.sampled_from(KINDS)),
                "occurred_at": recorded - back,
                "recorded_at": recorded,
                "account": draw(st.sampled_from(["a1", "a2"])),
                "customer": draw(st.sampled_from(["c1", None])),
                "merchant": draw(st.sampled_from(["m1", "m2", None])),
                "country": draw(st.sampled_from(["CN", "US", None])),
                "device": draw(st.sampled_from(["d1", "d2", "d3", None])),
                "amount": draw(st.sampled_from([0, 1, 4_999, 5_000, 5_001, 10**12]) | st.integers(0, 10**12)),
                "balance": draw(st.none() | st.integers(-(10**9), 10**12)),
                "declined": draw(st.sampled_from([None, True, False])),
                "confirmed_fraud": draw(st.sampled_from([None, True, False])),
            }
        )
    return facts


def signals(engine: Engine, results: list[Assessments]) -> dict[str, list[Any]]:
    """Signals by name with None for NULL and texts for codes."""
    columns: dict[str, list[Any]] = {}
    for name, row in engine.program.columns.items():
        kind = engine.policy.catalogue[name].type
        numbers = np.concatenate([result.signals[row] for result in results]).tolist()
        words = engine.program.inputs.dictionaries[kind.domain].words if kind.base == "text" else None
        columns[name] = [None if math.isnan(x) else words[int(x)] if words else x for x in numbers]
    return columns


def run(engine: Engine, facts: list[dict[str, Any]], sizes: list[int]) -> dict[str, list[Any]]:
    results, at = [], 0
    for size in [*sizes, len(facts)]:
        if at < len(facts):
            results.append(engine.assess(batch(facts[at : at + size])))
            at += size
    return signals(engine, results)


def expected(policy: Policy, facts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {m.name: [oracle.signal(m, facts, i) for i in range(len(facts))] for m in policy.measures}


def same(measure: Measure, got: Any, wanted: Any) -> bool:
    """To the bit; only a standard deviation whose numerator exceeds 2^53 may round once more."""
    if measure.function == "std" and got is not None and wanted is not None:
        return math.isclose(got, wanted, rel_tol=4e-16, abs_tol=0)
    return bool(got == wanted)


def check(policy: Policy, got: dict[str, list[Any]], wanted: dict[str, list[Any]]) -> None:
    for measure in policy.measures:
        pairs = zip(got[measure.name], wanted[measure.name], strict=True)
        wrong = [(i, g, w) for i, (g, w) in enumerate(pairs) if not same(measure, g, w)]
        assert not wrong, f"{measure.name}: at fact {wrong[0][0]} got {wrong[0][1]}, expected {wrong[0][2]}"


@settings(max_examples=120, deadline=None)
@given(facts=histories(late=False), sizes=st.lists(st.integers(1, 15), max_size=6))
def test_compiled_equals_oracle_in_order(kernels: Path, facts: list[dict[str, Any]], sizes: list[int]) -> None:
    policy = lateness("0 seconds")
    check(policy, run(Engine(policy, kernels), facts, sizes), expected(policy, facts))


@settings(max_examples=200, deadline=None)
@given(facts=histories(late=True), sizes=st.lists(st.integers(1, 15), max_size=6))
def test_compiled_equals_oracle_with_late_facts(kernels: Path, facts: list[dict[str, Any]], sizes: list[int]) -> None:
    policy = lateness("2 hours")
    check(policy, run(Engine(policy, kernels), facts, sizes), expected(policy, facts))


@settings(max_examples=25, deadline=None)
@given(facts=histories(late=True))
def test_plain_python_equals_compiled_to_the_bit(kernels: Path, facts: list[dict[str, Any]]) -> None:
    policy = lateness("2 hours")
    plain, compiled = Engine(policy), Engine(policy, kernels)
    assert run(plain, facts, [3]) == run(compiled, facts, [7])


@settings(max_examples=25, deadline=None)
@given(facts=histories(late=True))
def test_one_fact_at_a_time_equals_batches_to_the_bit(kernels: Path, facts: list[dict[str, Any]]) -> None:
    policy = lateness("2 hours")
    single, many = Engine(policy, kernels), Engine(policy, kernels)
    got = [signals(single, [single.assess_one(fact)]) for fact in facts]
    wanted = run(many, facts, [])
    assert {name: [row[name][0] for row in got] for name in wanted} == wanted


def over(measure: Measure) -> str:
    """The same signal as DuckDB window SQL; `seq` is ingest order, and here nothing is late."""
    key = ", ".join(measure.by)
    known = "TRUE" if measure.value is None else f"({sql_value(measure)}) IS NOT NULL"
    kept = f"({measure.where_text or 'TRUE'}) AND {known}"
    upper = f"{measure.delay} PRECEDING" if measure.delay else "CURRENT ROW"
    lower = "UNBOUNDED PRECEDING" if measure.over is None else f"{measure.delay + measure.over - 1} PRECEDING"
    window = f"(PARTITION BY {key} ORDER BY occurred_at RANGE BETWEEN {lower} AND {upper})"
    value = sql_value(measure)
    calls = {
        "count": "count(*)",
        "sum": f"coalesce(sum({value}) FILTER (WHERE {kept}) OVER {window}, 0)",
        "mean": f"sum({value}) FILTER (WHERE {kept}) OVER {window} / count(*) FILTER (WHERE {kept}) OVER {window}",
        "min": f"min({value})",
        "max": f"max({value})",
        "distinct": f"count(DISTINCT {value})",
    }
    call = calls[measure.function]
    call = call if "OVER" in call else f"{call} FILTER (WHERE {kept}) OVER {window}"
    return f"CASE WHEN {' AND '.join(f'{k} IS NOT NULL' for k in measure.by)} THEN {call} END AS {measure.name}"


def sql_value(measure: Measure) -> str:
    text = re.sub(r"\b50\b", "5000", measure.value_text)
    return f"CAST({text} AS BIGINT)" if text and text not in ("country", "device", "account") else text or "1"


@settings(max_examples=40, deadline=None)
@given(facts=histories(late=False))
def test_compiled_equals_duckdb_window_sql(kernels: Path, facts: list[dict[str, Any]]) -> None:
    """Instants made distinct, for RANGE counts later peers of one instant and ours does not."""
    for place, fact in enumerate(facts):
        fact["occurred_at"] += place
        fact["recorded_at"] = fact["occurred_at"]
    policy = lateness("0 seconds")
    plain = [
        m
        for m in policy.measures
        if m.function in ("count", "sum", "mean", "min", "max", "distinct") and m.empty is None
    ]
    columns = {name: [fact.get(name) for fact in facts] for name in facts[0]}
    types = {"amount": pa.int64(), "balance": pa.int64(), "declined": pa.bool_(), "confirmed_fraud": pa.bool_()}
    events = pa.table(
        {n: pa.array(c, types.get(n, pa.int64() if n.endswith("_at") else pa.string())) for n, c in columns.items()}
    )
    with duckdb.connect() as connection:
        connection.register("events", events)
        text = f"SELECT {', '.join(over(m) for m in plain)} FROM events ORDER BY occurred_at"
        rows = connection.execute(text).fetchall()
    wanted = {m.name: [row[i] for row in rows] for i, m in enumerate(plain)}
    got = run(Engine(policy, kernels), facts, [5])
    for measure in plain:
        for g, w in zip(got[measure.name], wanted[measure.name], strict=True):
            assert g == (None if w is None else float(w)), measure.name


def joined(measure: Measure) -> str:
    """The same signal as a DuckDB self-join, which knows arrival: ties and late facts included."""
    value = sql_value(measure)
    known = "TRUE" if measure.value is None else f"({value}) IS NOT NULL"
    inner = f"SELECT *, {value if measure.value is not None else '1'} AS v FROM events WHERE ({measure.where_text or 'TRUE'}) AND {known}"
    same = " AND ".join(f"g.{name} = f.{name}" for name in measure.by)
    arrived = "g.seq < f.seq" if measure.function == "elapsed" else "g.seq <= f.seq"
    end = f"f.occurred_at - {measure.delay}"
    start = "" if measure.over is None else f" AND g.occurred_at > {end} - {measure.over}"
    call = {
        "count": "count(g.seq)",
        "sum": "coalesce(sum(g.v::BIGINT), 0)",
        "mean": "sum(g.v::BIGINT) / count(g.seq)",
        "min": "min(g.v)",
        "max": "max(g.v)",
        "distinct": "count(DISTINCT g.v)",
        "first": "arg_min(g.v, (g.occurred_at, g.seq))",
        "last": "arg_max(g.v, (g.occurred_at, g.seq))",
        "elapsed": "any_value(f.occurred_at) - max(g.occurred_at)",
    }[measure.function]
    absent = " OR ".join(f"any_value(f.{name}) IS NULL" for name in measure.by)
    empty = f"coalesce({call}, {measure.empty})" if measure.empty is not None else call
    return (
        f"SELECT CASE WHEN {absent} THEN NULL ELSE {empty} END FROM events f "
        f"LEFT JOIN ({inner}) g ON {same} AND {arrived} AND g.occurred_at <= {end}{start} GROUP BY f.seq ORDER BY f.seq"
    )


@settings(max_examples=25, deadline=None)
@given(facts=histories(late=True))
def test_compiled_equals_duckdb_joins_on_ties_and_late_facts(kernels: Path, facts: list[dict[str, Any]]) -> None:
    policy = lateness("2 hours")
    types = {"amount": pa.int64(), "balance": pa.int64(), "declined": pa.bool_(), "confirmed_fraud": pa.bool_()}
    columns = {
        n: pa.array([f.get(n) for f in facts], types.get(n, pa.int64() if n.endswith("_at") else pa.string()))
        for n in facts[0]
    }
    got = run(Engine(policy, kernels), facts, [4])
    with duckdb.connect() as connection:
        connection.register("events", pa.table({**columns, "seq": pa.array(range(len(facts)))}))
        for measure in policy.measures:
            if measure.function == "std":
                continue
            wanted = [row[0] for row in connection.execute(joined(measure)).fetchall()]
            assert got[measure.name] == [float(w) if isinstance(w, int) else w for w in wanted], measure.name


def test_a_late_fact_is_counted_from_then_on(kernels: Path) -> None:
    policy = lateness("2 hours")
    at = [0, 1, 2, 3]
    facts = [
        {
            "fact_id": str(i),
            "kind": "transfer",
            "account": "a1",
            "occurred_at": START + i * MINUTE,
            "recorded_at": START + (3 - i) * HOUR // 3,
        }
        for i in at
    ]
    facts.sort(key=lambda fact: fact["recorded_at"])
    assert run(Engine(policy, kernels), facts, [1, 1, 1])["n_10m"] == [1.0, 1.0, 1.0, 1.0]
    facts.append({**facts[0], "fact_id": "now", "occurred_at": START + 4 * MINUTE, "recorded_at": START + 2 * HOUR})
    assert run(Engine(policy, kernels), facts, [2])["n_10m"][-1] == 5.0


@pytest.mark.parametrize("size", [1, 10**6, 10**9, 10**12])
def test_standard_deviation_is_exact_where_squares_overflow(kernels: Path, size: int) -> None:
    policy = lateness("0 seconds")
    amounts = [size, size - 1, size // 3, size, 0, size // 7]
    facts = [
        {
            "fact_id": str(i),
            "kind": "purchase",
            "account": "a1",
            "occurred_at": START + i,
            "recorded_at": START + i,
            "amount": a,
        }
        for i, a in enumerate(amounts)
    ]
    got = run(Engine(policy, kernels), facts, [])["std_1d"][-1]
    n = len(amounts)
    spread = n * sum(a * a for a in amounts) - sum(amounts) ** 2
    assert got == pytest.approx(math.sqrt(spread / (n * (n - 1))), rel=4e-16)

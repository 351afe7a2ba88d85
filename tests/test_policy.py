"""The policy language: what it says, and what it says when something is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import START, batch, policy_of
from tocsin.engine.assess import Engine
from tocsin.engine.catalogue import FACTS, WORDS
from tocsin.engine.inputs import _like
from tocsin.policy.check import check
from tocsin.policy.document import PolicyDocument, json_schema
from tocsin.policy.policy import Policy
from tocsin.values.problem import Refused

HEAD = "policy: p\nversion: 1\ncurrency: CNY\n"


def refused(text: str, fetch: Any = None) -> list[str]:
    def nothing(name: str) -> str:
        raise FileNotFoundError(name)

    with pytest.raises(Refused) as caught:
        check(text, "p.yaml", FACTS, fetch or nothing, WORDS)
    return [str(problem) for problem in caught.value.problems]


def rule(when: str) -> str:
    return f'{HEAD}signals:\n  n: {{count: , over: 1 day}}\nrules:\n  r: {{when: "{when}", level: red, say: {{en: a, zh: b}}}}\n'


MISTAKES = [  # condition of rule r (line 7, column 14 on), column, what, remedy
    ("amuont > 1", 14, "unknown name 'amuont'", "did you mean 'amount'?"),
    ("n > 1 and knid = 'purchase'", 24, "unknown name 'knid'", "did you mean 'kind'?"),
    ("kind = 'purchse'", 22, "unknown kind 'purchse'", "did you mean 'purchase'?"),
    ("amount > 1; drop table facts", 24, "one expression is needed, not statements", "remove the ';' and what follows"),
    ("(select 1) > 1", 22, "a query is not part of the language", "use comparisons"),
    ("amount in (select 1)", 14, "IN takes a list of values, not a query", "write name IN ('a', 'b')"),
    ("exists(select 1)", 28, "a query is not part of the language", "use comparisons"),
    ("system('rm') > 1", 14, "unknown function 'system'", "the functions are abs"),
    ("pow(amount, 2) > 1", 14, "power() is not part of the language", "use comparisons"),
    ("amount.__class__ = 1", 14, "'amount.__class__' is not a name", "plain name"),
    ("amount > 1 and", 26, "not a SQL expression near 'and'", "check the operators and parentheses"),
    ("amount = 'x", 14, "not a SQL expression: a quote or comment is not closed", "close it"),
    ("amount > 5.001", 14, "5.001 has more than the 2 decimal places of CNY", ""),
    ("amount * amount > 1", 14, "money * money has no meaning", "divide money by money"),
    ("country = merchant", 14, "text (country) cannot be compared with text (merchant)", "one vocabulary"),
    ("amount > n", 14, "money cannot be compared with whole", "compare like with like"),
    ("kind > 'a'", 14, "text (kind) has no order", "use =, <> or IN"),
    ("occurred_at > 5", 14, "instant cannot be compared with whole", "like with like"),
    ("amount = null", 14, "NULL cannot be compared with", "write IS NULL or IS NOT NULL"),
    ("amount", 14, "a condition is needed here, this is money", "compare it with something"),
    ("confirmed_fraud", 13, "'r' reads what is known only later", "measure it by a signal with a delay"),
    ("sum(amount) over (partition by account) > 1", 14, "WINDOW is not part of the language", "use comparisons"),
    ("amount::text = 'a'", 14, "cast() is not part of the language", "use comparisons"),
    ("hour(amount) > 1", 14, "hour() takes an instant of the fact", "write hour(occurred_at)"),
    ("1e30 > amount", 14, "'1e30' is out of range", "numbers lie below"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "column", "what", "remedy"), MISTAKES)
def test_a_mistake_in_a_rule_is_one_sentence_with_place_and_remedy(
    when: str, column: int, what: str, remedy: str
) -> None:
    (said,) = refused(rule(when))
    place, _, rest = said.partition(": ")
    assert what in rest and remedy in rest, said
    assert place == f"p.yaml:7:{column}", said


DOCUMENTS = [  # text after the head, what, remedy
    ("signals:\n  a: {count: , over: 0 hours}", "p.yaml:5:22: 'a' looks over a window of zero", "give a length"),
    ("signals:\n  a: {count: , over: 1 month}", "p.yaml:5:22: '1 month': a month has no fixed length", "30 days"),
    ("signals:\n  a: b + 1\n  b: a + 1", "p.yaml:5:3: signals go in a circle: a → b → a", "facts only"),
    ("signals:\n  a: a + 1", "signals go in a circle: a → a", "facts only"),
    ("signals:\n  a: {sum: amount, count: , over: 1 day}", "'a' measures count and sum at once", "exactly one"),
    ("signals:\n  a: {over: 1 day}", "'a' measures nothing", "exactly one"),
    ("signals:\n  a: {sum: country, over: 1 day}", "sum cannot measure text (country)", "measure an amount"),
    ("signals:\n  a: {distinct: merchant}", "counts different values without a window", "add 'over: 90 days'"),
    ("signals:\n  a: {count: , by: merchnt, over: 1 day}", "'merchnt' is not a field to keep count by", "did you mean 'merchant'?"),
    ("signals:\n  a: {mean: confirmed_fraud, over: 1 day}", "would see the future", "delay: 7 days"),
    ("signals:\n  a: {count: , were: x, over: 1 day}", "unknown key 'were'", "did you mean 'where'?"),
    ("signals:\n  a: {count: , where: n > 1, over: 1 day}\n  n: {count: , over: 1 day}", "unknown name 'n'", ""),
    ("signals:\n  amount: {count: , over: 1 day}", "'amount' is a field of facts already", "another name"),
    ("signals:\n  A: {count: , over: 1 day}", "'A' is not a valid name", "small letters"),
    ("rules:\n  r: {when: amount > 1, level: purple, say: {en: a, zh: b}}", "unknown level 'purple'", "blue, orange, red, yellow"),
    ("rules:\n  r: {when: amount > 1, level: red, say: {en: a}}", "'zh' is missing in 'say'", "add 'zh:'"),
    ("rules:\n  r: {when: amount > 1, level: red, say: {en: '{amuont}', zh: b}}", "unknown name '{amuont}' in the text", "did you mean 'amount'?"),
    ("rules:\n  r: {when: missing_signal > 1, level: red, say: {en: a, zh: b}}", "unknown name 'missing_signal'", ""),
    ("rules: &a\n  r: *a", "anchors and aliases are not allowed", "write the value out"),
    ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "anchors and aliases are not allowed", "write the value out"),
    ("signals:\n  a: {count: , over: 1 day}\n  a: {count: , over: 2 days}", "'a' is written twice", "keep one of them"),
    ("signals: [", "not YAML", "check indentation"),
    ("timezone: Mars/Phobos\nrules: {}", "'Mars/Phobos' is not an IANA time zone", "Asia/Shanghai"),
    ("extends: missing.yaml", "'missing.yaml' cannot be read", "path from this file's folder"),
    ("", "a policy needs signals or rules", "add 'signals:'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "remedy"), DOCUMENTS)
def test_a_mistake_in_a_document_is_one_sentence_with_place_and_remedy(text: str, what: str, remedy: str) -> None:
    said = refused(HEAD + text)
    assert any(what in line and remedy in line for line in said), said
    assert all(line.startswith("p.yaml:") for line in said), said


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    said = refused(
        "policy: Bad\nversion: 1\ncurrency: CNX\nsignals:\n  a: {sum: amount, over: 0 hours, were: 1}\n"
        "rules:\n  r: {when: \"amout > 1 and kind = 'buy'\", level: rde, say: {en: x, zh: y}}\n"
    )
    places = [line.split(": ", 1)[0].removeprefix("p.yaml:") for line in said]
    assert places == ["1:9", "3:11", "5:26", "5:35", "7:14", "7:36", "7:50"], said


def test_places_hold_in_folded_and_quoted_text() -> None:
    text = (
        HEAD
        + "rules:\n  r:\n    when: >\n      amount > 1\n      and\n        amuont > 2\n    level: red\n    say: {en: a, zh: b}\n"
    )
    assert refused(text) == ["p.yaml:9:9: unknown name 'amuont'; did you mean 'amount'?"]


def test_a_challenger_is_a_delta_on_the_champion() -> None:
    champion = rule("amount > 1").replace("policy: p", "policy: champion")
    challenger = "policy: challenger\nversion: 2\nextends: champion.yaml\nrules:\n  r: {level: blue}\n  s: {when: n > 2, level: red, say: {en: a, zh: b}}\n"
    policy = check(challenger, "c.yaml", FACTS, lambda name: champion, WORDS)
    assert [(r.name, r.level) for r in policy.rules] == [("r", 1), ("s", 4)]
    assert policy.digest != check(champion, "c.yaml", FACTS, lambda name: champion, WORDS).digest
    assert "leads back to itself" in refused("policy: a\nversion: 1\nextends: p.yaml\n")[0]
    assert (
        "leads back to itself"
        in refused("policy: a\nversion: 1\nextends: b.yaml\n", lambda name: "policy: b\nextends: p.yaml\n")[0]
    )


def test_the_schema_knows_every_key() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(PolicyDocument.model_fields)
    assert schema["additionalProperties"] is False


# -- meaning, held against DuckDB ------------------------------------------------------------------

NUMBERS = ["amount", "balance", "credit_limit", "0", "1", "50", "amount - balance", "least(amount, balance)", "greatest(balance, credit_limit)",
           "coalesce(balance, amount)", "abs(balance)", "nullif(amount, balance)",
           "case when declined then amount when balance > 50 then 7 else credit_limit end", "case when card_present then amount end", "amount * 2"]  # fmt: skip
RATIOS = ["amount / balance", "balance / nullif(credit_limit, 0)", "credit_limit / amount"]
TEXTS = ["country", "home_country", "'CN'", "'US'"]
FLAGS = [
    "declined",
    "card_present",
    "declined is true",
    "declined is not true",
    "card_present is false",
    "country like 'C%'",
    "country in ('CN', 'US', 'DE', 'FR', 'JP')",
]


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> str:
    kind = draw(st.integers(0, 8 if depth else 4))
    if kind == 0:
        return f"{draw(st.sampled_from(NUMBERS))} {draw(st.sampled_from(['<', '<=', '>', '>=', '=', '<>']))} {draw(st.sampled_from(NUMBERS[:3]))}"
    if kind == 1:
        return f"{draw(st.sampled_from(RATIOS))} {draw(st.sampled_from(['<', '>', '<>']))} {draw(st.sampled_from(['0.5', '1', '2']))}"
    if kind == 2:
        return f"country {draw(st.sampled_from(['=', '<>']))} {draw(st.sampled_from(TEXTS[1:]))}"
    if kind == 3:
        return draw(st.sampled_from(FLAGS))
    if kind == 4:
        what = draw(st.sampled_from(["amount", "balance", "country", "declined"]))
        return f"{what} is {draw(st.sampled_from(['', 'not ']))}null"
    if kind == 5:
        return f"not ({draw(conditions(depth - 1))})"
    if kind == 6:
        return f"amount {draw(st.sampled_from(['', 'not ']))}between 20 and {draw(st.sampled_from(['60', 'balance']))}"
    joined = " and " if kind == 7 else " or "
    return "(" + joined.join(draw(conditions(depth - 1)) for _ in range(draw(st.integers(2, 3)))) + ")"


CENTS = st.sampled_from([None, 0, 100, 2_000, 5_000, 5_001, 6_000])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "amount": CENTS, "balance": CENTS | st.just(-100), "credit_limit": CENTS,
            "country": st.sampled_from([None, "CN", "US", "DE"]), "home_country": st.sampled_from([None, "CN", "US"]),
            "declined": st.sampled_from([None, True, False]), "card_present": st.sampled_from([None, True, False]),
        }
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(when=conditions(), rows=ROWS)
def test_a_condition_means_what_duckdb_says_is_true(when: str, rows: list[dict[str, Any]]) -> None:
    types = {"country": pa.string(), "home_country": pa.string(), "declined": pa.bool_(), "card_present": pa.bool_()}
    table = pa.table({n: pa.array([r[n] for r in rows], types.get(n, pa.int64())) for n in rows[0]})
    # DuckDB reckons in major units here, so that literals mean the same; and ours has no infinity.
    sql = re.sub(r"/ (balance|amount)\b", r"/ nullif(\1, 0)", when)
    money = ", ".join(f"{n} / 100.0 AS {n}" for n in ("amount", "balance", "credit_limit"))
    with duckdb.connect() as connection:
        connection.register("facts", table)
        rest = ", ".join(types)
        wanted = [
            r[0]
            for r in connection.execute(
                f"SELECT coalesce(({sql}), false) FROM (SELECT {money}, {rest} FROM facts)"
            ).fetchall()
        ]
    policy = check(
        f'{HEAD}rules:\n  r: {{when: "{when}", level: red, say: {{en: a, zh: b}}}}\n', "p.yaml", FACTS, str, WORDS
    )
    facts = [
        {**row, "fact_id": str(i), "kind": "purchase", "account": "a", "occurred_at": START, "recorded_at": START}
        for i, row in enumerate(rows)
    ]
    assert [bool(x) for x in Engine(policy).assess(batch(facts)).fired[:, 0]] == wanted


def of(text: str) -> Policy:
    return policy_of(HEAD + text)()


def test_division_by_zero_is_null_and_fires_nothing(kernels: Path) -> None:
    policy = of(
        "signals:\n  n: {count: , over: 1 day}\n  ratio: amount / balance\n"
        "rules:\n  a: {when: ratio > 0, level: red, say: {en: a, zh: b}}\n  b: {when: not ratio > 0, level: red, say: {en: a, zh: b}}\n"
    )
    fact = {
        "fact_id": "1",
        "kind": "purchase",
        "account": "a",
        "amount": 5,
        "balance": 0,
        "occurred_at": START,
        "recorded_at": START,
    }
    for engine in (Engine(policy), Engine(policy, kernels)):
        assessed = engine.assess(batch([fact, {**fact, "fact_id": "2", "balance": 5}]))
        assert assessed.fired[:, 0].tolist() == [0, 1]


@pytest.mark.parametrize(("zone", "utc", "hour", "weekday", "day", "month"), [
    ("Asia/Shanghai",    "2026-03-01T16:30:00Z", 0, 1, 2, 3),
    ("America/New_York", "2026-03-08T06:59:59Z", 1, 7, 8, 3),
    ("America/New_York", "2026-03-08T07:00:00Z", 3, 7, 8, 3),
    ("America/New_York", "2026-11-01T05:30:00Z", 1, 7, 1, 11),
    ("America/New_York", "2026-11-01T06:30:00Z", 1, 7, 1, 11),
    ("UTC",              "1969-12-31T23:59:59Z", 23, 3, 31, 12),
    ("Asia/Kathmandu",   "2024-02-28T18:15:00Z", 0, 4, 29, 2),
])  # fmt: skip
def test_local_hours_hold_on_clock_changes(zone: str, utc: str, hour: int, weekday: int, day: int, month: int) -> None:
    from datetime import datetime

    from tocsin.values import instant

    at = instant.parse(utc)
    text = "".join(f"  {part}_is: {part}(occurred_at)\n" for part in ("hour", "weekday", "day", "month"))
    policy = check(f"{HEAD}timezone: {zone}\nsignals:\n{text}", "p.yaml", FACTS, str, WORDS)
    engine = Engine(policy)
    many = (
        engine.assess(batch([{"fact_id": "1", "kind": "clock", "account": "a", "occurred_at": at, "recorded_at": at}]))
        .signals[:, 0]
        .tolist()
    )
    when = datetime.fromisoformat(utc)
    one = (
        engine.assess_one({"kind": "clock", "account": "a", "occurred_at": when, "recorded_at": when})
        .signals[:, 0]
        .tolist()
    )
    assert many == one == [hour, weekday, day, month]


@settings(max_examples=200, deadline=None)
@given(pattern=st.text("ab%_", max_size=8), text=st.text("abc\n", min_size=1, max_size=8))
def test_like_is_duckdbs(pattern: str, text: str) -> None:
    wanted = duckdb.execute("SELECT ?::VARCHAR LIKE ?::VARCHAR", [text, pattern]).fetchall()[0][0]
    assert (_like(pattern).fullmatch(text) is not None) == wanted


def test_no_text_makes_like_slow() -> None:
    assert _like("%a%a%a%a%a%a%a%ab").fullmatch("a" * 128) is None


@pytest.mark.parametrize("empty", ["nan", "1e400", "99999999999999999999", "x"])
def test_an_empty_value_is_a_number(empty: str) -> None:
    text = f"{HEAD}signals:\n  a: {{mean: amount, over: 1 day, empty: {empty}}}\n"
    (said,) = refused(text)
    assert said.endswith(f": '{empty}' is not a number; write 'empty: 0'") and said.startswith("p.yaml:5:"), said

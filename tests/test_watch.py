"""The level of an account against a slow definition: raised at once, lowered by quiet time, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import DAY, HOUR, START, batch, policy_of
from tocsin.engine.assess import Engine
from tocsin.engine.warnings import Warner

POLICY = policy_of(
    """
    policy: levels
    version: 1
    currency: CNY
    levels:
      low: {cool_off: 1 day}
      middle: {cool_off: 2 days}
      high: {cool_off: 3 days}
    rules:
      small: {when: amount >= 1, level: low, say: {en: "small {amount}", zh: "小"}}
      other: {when: amount >= 1 and kind = 'transfer', level: low, say: {en: other, zh: "另"}}
      large: {when: amount >= 10, holds_while: amount >= 5, level: middle, say: {en: large, zh: "大"}}
      huge: {when: amount >= 100, holds_while: amount >= 50, level: high, say: {en: huge, zh: "巨"}}
    """
)()
RANKS = {"small": 1, "other": 1, "large": 2, "huge": 3}
COOL = {1: DAY, 2: 2 * DAY, 3: 3 * DAY}


class Slow:
    """The words of the policy reference, as directly as they can be written."""

    def __init__(self) -> None:
        self.level, self.since = 0, 0
        self.kept = dict.fromkeys(COOL, 0)
        self.holding: set[str] = set()
        self.told: set[str] = set()
        self.changes: list[tuple[int, int, int]] = []

    def settle(self, now: int) -> None:
        while self.level:
            due = max(self.since, self.kept[self.level]) + COOL[self.level]
            if due > now:
                return
            self.changes.append((due, self.level, self.level - 1))
            self.holding -= {rule for rule in self.holding if RANKS[rule] == self.level}
            self.told -= {rule for rule in self.told if RANKS[rule] == self.level}
            self.level, self.since = self.level - 1, due

    def fact(self, now: int, kind: str, amount: int) -> tuple[int, set[str]]:
        self.settle(now)
        fired = {"small"} if amount >= 100 else set()
        fired |= {"other"} if amount >= 100 and kind == "transfer" else set()
        fired |= {"large"} if amount >= 1_000 else set()
        fired |= {"huge"} if amount >= 10_000 else set()
        still = {"large"} if amount >= 500 else set()
        still |= {"huge"} if amount >= 5_000 else set()
        self.holding = fired | (self.holding & still)
        support = max((RANKS[rule] for rule in self.holding), default=0)
        for rank in range(1, support + 1):
            self.kept[rank] = now
        if support > self.level:
            self.changes.append((now, self.level, support))
            self.level, self.since = support, now
        fresh = fired - self.told
        self.told |= fired
        return self.level, fresh


@st.composite
def lives(draw: st.DrawFn) -> list[dict[str, Any]]:
    facts, now = [], START
    for number in range(draw(st.integers(1, 40))):
        now += draw(st.sampled_from([0, 1, HOUR, DAY - 1, DAY, DAY + 1, 2 * DAY, 3 * DAY, 6 * DAY, 9 * DAY]))
        facts.append(
            {
                "fact_id": f"f{number}",
                "kind": draw(st.sampled_from(["purchase", "transfer"])),
                "account": draw(st.sampled_from(["a1", "a2", None])),
                "amount": draw(st.sampled_from([0, 99, 100, 499, 500, 1_000, 4_999, 5_000, 10_000])),
                "occurred_at": now,
                "recorded_at": now,
            }
        )
    return facts


@settings(max_examples=200, deadline=None)
@given(facts=lives(), size=st.integers(1, 40))
def test_levels_and_warnings_follow_their_definition(kernels: Path, facts: list[dict[str, Any]], size: int) -> None:
    engine = Engine(POLICY, kernels)
    warner = Warner(engine)
    slow: dict[str, Slow] = {}
    wanted = []
    for fact in facts:
        account = fact["account"]
        outcome = (
            (0, set())
            if account is None
            else slow.setdefault(account, Slow()).fact(fact["occurred_at"], fact["kind"], fact["amount"])
        )
        wanted.append((fact["fact_id"], *outcome))
    got, changes, words = [], [], engine.program.inputs.dictionary("account").words
    for low in range(0, len(facts), size):
        part = batch(facts[low : low + size])
        assessed = engine.assess(part)
        told: dict[str, set[str]] = {}
        for row in warner.warnings(assessed, part.column("fact_id")).to_pylist():
            told.setdefault(row["fact_id"], set()).add(row["rule"])
        ids = part.column("fact_id").to_pylist()
        got += [(i, int(level), told.get(i, set())) for i, level in zip(ids, assessed.level, strict=True)]
        changes += assessed.changes.tolist()
    changes += engine.settle(facts[-1]["occurred_at"] + 30 * DAY).tolist()
    assert got == wanted
    for account, one in slow.items():
        one.settle(facts[-1]["occurred_at"] + 30 * DAY)
        mine = [(when, before, after) for key, when, before, after, _ in changes if words[key] == account]
        assert sorted(mine, key=lambda change: change[0]) == one.changes
    assert not engine.watched.array[: engine.watched.count, 0].any(), "thirty quiet days lower every level to none"


def test_a_warning_says_why_in_both_languages() -> None:
    engine = Engine(POLICY)
    fact = {
        "fact_id": "f1",
        "kind": "transfer",
        "account": "a1",
        "amount": 1_234_567,
        "occurred_at": START,
        "recorded_at": START,
    }
    part = batch([fact])
    rows = {
        row["rule"]: row for row in Warner(engine).warnings(engine.assess(part), part.column("fact_id")).to_pylist()
    }
    assert set(rows) == {"small", "other", "large", "huge"}
    small, other = rows["small"], rows["other"]
    assert (small["say_en"], small["say_zh"]) == ("small 12,345.67", "小")
    assert (small["level_before"], small["level"], small["rule_level"]) == (None, "high", "low")
    assert small["policy"] == POLICY.stamp and small["warning_id"] == "f1:small"
    assert [(t["condition"], t["observed"], t["threshold"]) for t in other["trace"]] == [
        ("amount >= 1.00", 1_234_567.0, 100.0),
        (
            "kind = 'transfer'",
            float(engine.program.inputs.dictionary("kind").codes["transfer"]),
            float(engine.program.inputs.dictionary("kind").codes["transfer"]),
        ),
    ]
    assert other["trace"][1]["observed_text"] == other["trace"][1]["threshold_text"] == "transfer"

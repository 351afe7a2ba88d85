"""Warnings: what made a rule warn, recorded when it happened, in a trace and in a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.engine.assess import Assessments, Engine
from tocsin.engine.program import sides
from tocsin.policy import tree, words
from tocsin.policy.policy import Rule
from tocsin.policy.types import Type
from tocsin.values.kernel import NULL

TRACE = pa.struct(
    [
        pa.field("condition", pa.string(), False, {"en": "the condition, as SQL"}),
        pa.field("observed", pa.float64(), metadata={"en": "left side as observed; money in minor units, times in microseconds"}),
        pa.field("observed_text", pa.string(), metadata={"en": "the same for a person"}),
        pa.field("threshold", pa.float64(), metadata={"en": "right side, in the unit of observed"}),
        pa.field("threshold_text", pa.string()),
        pa.field("window", pa.string(), metadata={"en": "windows of the signals in the condition"}),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("warning_id", pa.string(), False, {"en": "fact and rule: the same on every replay"}),
        pa.field("fact_id", pa.string(), False),
        pa.field("key", pa.string(), False, {"en": "the account that is warned"}),
        pa.field("time", pa.timestamp("us", tz="UTC"), False, {"en": "when the fact occurred"}),
        pa.field("recorded_at", pa.timestamp("us", tz="UTC"), False, {"en": "when it was known, and the warning raised"}),
        pa.field("rule", pa.string(), False),
        pa.field("rule_level", pa.string(), False, {"en": "level of the rule"}),
        pa.field("level_before", pa.string(), metadata={"en": "level of the account before; null is none"}),
        pa.field("level", pa.string(), metadata={"en": "level of the account after"}),
        pa.field("score", pa.int32(), False),
        pa.field("trace", pa.list_(TRACE), False),
        pa.field("say_en", pa.string(), False),
        pa.field("say_zh", pa.string(), False),
        pa.field("policy", pa.string(), False, {"en": "name, version and digest of the policy"}),
    ]
)


@dataclass(frozen=True)
class _Leaf:
    condition: str
    left: Type
    right: Type | None
    window: str


class Warner:
    """Writes the warnings of one engine's policy."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        policy = engine.policy
        self.levels = [None, *(level.name for level in policy.levels)]
        self.leaves = [[self._leaf(leaf) for leaf in tree.leaves(rule.when)] for rule in policy.rules]
        self.traces: list[Callable[..., Any]] = [getattr(engine.program.traces, f"trace_{i}") for i in range(len(policy.rules))]
        self.says = [{language: words.placeholders(rule.say[language]) for language in ("en", "zh")} for rule in policy.rules]

    def _leaf(self, leaf: tree.Compare | tree.IsNull | tree.Test) -> _Leaf:
        left, right = sides(leaf)
        text = words.expression(leaf, self.engine.policy.currency)
        return _Leaf(text, left.type, None if right is None else right.type, words.window(tree.signals(leaf), self.engine.policy))

    def warnings(self, assessed: Assessments, fact_ids: Callable[[int], str]) -> list[dict[str, Any]]:
        """The warnings of a batch in its order, as rows of `SCHEMA`; `fact_ids(i)` names fact i of the batch."""
        before = {int(fact): int(level) for _, _, level, _, fact in assessed.changes.tolist() if fact >= 0}
        result = []
        for i in np.flatnonzero(assessed.told.any(axis=1)).tolist():
            place = int(assessed.order[i])
            fields = [math.nan if x == NULL else float(x) for x in assessed.inputs[:, i].tolist()]
            signals = assessed.signals[:, i].tolist()
            common = {
                "fact_id": fact_ids(place),
                "key": self.engine.program.inputs.dictionary(self.engine.policy.watch).words[int(fields[self.engine.program.watch_slot])],
                "time": int(fields[0]),
                "recorded_at": int(fields[1]),
                "level_before": self.levels[before.get(place, int(assessed.level[i]))],
                "level": self.levels[int(assessed.level[i])],
                "score": int(assessed.score[i]),
                "policy": self.engine.policy.stamp,
            }
            for index in _bits(assessed.told[i].tolist()):
                result.append({**common, **self._told(index, fields, signals, common["fact_id"])})
        return result

    def _told(self, index: int, fields: list[float], signals: list[float], fact_id: str) -> dict[str, Any]:
        rule = self.engine.policy.rules[index]
        return {
            "warning_id": f"{fact_id}:{rule.name}",
            "rule": rule.name,
            "rule_level": self.levels[rule.level],
            "trace": self._trace(index, fields, signals),
            "say_en": self._say(rule, index, "en", fields, signals),
            "say_zh": self._say(rule, index, "zh", fields, signals),
        }

    def _trace(self, index: int, fields: list[float], signals: list[float]) -> list[dict[str, Any]]:
        rows = []
        for leaf, (left, right, true) in zip(self.leaves[index], self.traces[index](fields, signals), strict=True):
            if not true:
                continue
            rows.append(
                {
                    "condition": leaf.condition,
                    "observed": None if math.isnan(left) else left,
                    "observed_text": self._shown(left, leaf.left, "en"),
                    "threshold": None if leaf.right is None or math.isnan(right) else right,
                    "threshold_text": None if leaf.right is None else self._shown(right, leaf.right, "en"),
                    "window": leaf.window,
                }
            )
        return rows

    def _say(self, rule: Rule, index: int, language: str, fields: list[float], signals: list[float]) -> str:
        text = rule.say[language]
        for whole, name, style in self.says[index][language]:
            entry = self.engine.policy.catalogue[name]
            row = self.engine.program.columns.get(name)
            number = signals[row] if row is not None else fields[self.engine.program.inputs.slot(tree.Field(name, entry.type))]
            text = text.replace(whole, self._shown(number, entry.type, language, style))
        return text

    def _shown(self, number: float, kind: Type, language: str, style: str = "") -> str:
        dictionary = self.engine.program.inputs.dictionaries.get(kind.domain) if kind.base == "text" else None
        return words.value(number, kind, self.engine.policy, language, dictionary.words if dictionary else None, style)


def table(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Warnings as a record batch of `SCHEMA`."""
    columns = []
    for field in SCHEMA:
        values = [row[field.name] for row in rows]
        if pa.types.is_timestamp(field.type):
            columns.append(pa.array(values, pa.int64()).view(field.type))
        else:
            columns.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _bits(masks: list[int]) -> list[int]:
    return [62 * word + bit for word, mask in enumerate(masks) for bit in range(62) if mask >> bit & 1]

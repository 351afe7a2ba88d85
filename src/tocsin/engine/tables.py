"""Assessments as Arrow tables: one row for each fact, one column for each signal, in its own type."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.assess import Assessments, Engine
from tocsin.engine.inputs import Matrix
from tocsin.engine.warnings import rules_of
from tocsin.policy.policy import Policy
from tocsin.policy.types import Type

_INSTANT = pa.timestamp("us", tz="UTC")
_WORD = pa.dictionary(pa.int32(), pa.string())
_UNITS = {
    "money": "minor units of {}",
    "duration": "microseconds",
    "number": "1",
    "whole": "1",
}
LEVELS = pa.schema(
    [
        pa.field("key", pa.string(), False),
        pa.field("time", _INSTANT, False, {"en": "when the level changed"}),
        pa.field("level_before", pa.string()),
        pa.field("level", pa.string()),
        pa.field("cause", pa.string(), False, {"en": "the fact that raised it, or 'quiet' where time lowered it"}),
    ]
)


class Tables:
    """Writes one engine's results as tables, in the order of the facts."""

    def __init__(self, engine: Engine, labelled: bool = False) -> None:
        self.engine, self.labelled = engine, labelled
        policy = engine.policy
        self.levels = pa.array([level.name for level in policy.levels], pa.string())
        self.rules = pa.array([rule.name for rule in policy.rules], pa.string())
        self.schema = pa.schema(
            [
                pa.field("fact_id", pa.string(), False),
                pa.field("key", _WORD, metadata={"en": f"the {policy.watch} watched"}),
                pa.field("time", _INSTANT, False, {"en": "when it occurred"}),
                pa.field("recorded_at", _INSTANT, False, {"en": "when it was known"}),
                *(pa.field(name, _arrow(policy, name), metadata=_metadata(policy, name)) for name in policy.signals),
                pa.field("fired", pa.list_(_WORD), False, {"en": "rules that fired at this fact"}),
                pa.field("fired_level", _WORD, metadata={"en": "highest level among them"}),
                pa.field("score", pa.int32(), False, {"en": "points of the fired rules"}),
                pa.field("level", _WORD, metadata={"en": "level of the account after this fact"}),
                *([pa.field("label", pa.bool_())] if labelled else []),
            ]
        )

    def assessments(self, facts: pa.RecordBatch, assessed: Assessments) -> pa.RecordBatch:
        """The assessments of a batch folded in its own order."""
        inputs, program = assessed.inputs, self.engine.program
        columns: list[pa.Array] = [
            facts.column("fact_id"),
            self._key(facts, inputs[program.watch_slot]),
            pa.array(inputs[0]).view(_INSTANT),
            pa.array(inputs[1]).view(_INSTANT),
        ]
        for name in self.engine.policy.signals:
            columns.append(
                self._signal(
                    assessed.signals[program.columns[name]],
                    self.engine.policy.catalogue[name].type,
                    self.schema.field(name).type,
                )
            )
        columns += [
            self._fired(assessed.fired),
            self._level(assessed.top),
            pa.array(assessed.score),
            self._level(assessed.level),
        ]
        if self.labelled:
            columns.append(facts.column("label"))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def changes(self, changes: Matrix, facts: pa.RecordBatch | None) -> pa.RecordBatch:
        """Level changes as rows of `LEVELS`; `facts` is the batch that caused them, None for time alone."""
        words = self.engine.program.inputs.dictionary(self.engine.policy.watch).words
        names = pa.array([None, *(level.name for level in self.engine.policy.levels)], pa.string())
        keys, times, before, after, causes = changes.T
        cause = pa.repeat(pa.scalar("quiet"), len(causes))
        if facts is not None:
            ids = facts.column("fact_id").take(pa.array(np.maximum(causes, 0)))
            cause = pc.if_else(pa.array(causes >= 0), ids, cause)
        columns = [
            pa.array([words[key] for key in keys.tolist()], pa.string()),
            pa.array(times.copy()).view(_INSTANT),
            names.take(pa.array(before.copy())),
            names.take(pa.array(after.copy())),
            cause,
        ]
        return pa.RecordBatch.from_arrays(columns, schema=LEVELS)

    def _key(self, facts: pa.RecordBatch, codes: Matrix) -> pa.Array:
        column = (
            facts.column(self.engine.policy.watch)
            if self.engine.policy.watch in facts.schema.names
            else pa.nulls(len(codes), pa.string())
        )
        return column.cast(_WORD) if isinstance(column, pa.DictionaryArray) else column.dictionary_encode().cast(_WORD)

    def _signal(self, values: NDArray[np.float64], kind: Type, arrow: pa.DataType) -> pa.Array:
        null = np.isnan(values)
        missing = null if null.any() else None
        if kind.base == "number":
            return pa.array(values, mask=missing)
        if kind.base == "money" and pa.types.is_floating(arrow):
            return pa.array(values, mask=missing)
        whole = (np.where(null, 0.0, values) if missing is not None else values).astype(
            np.int32 if pa.types.is_int32(arrow) else np.int64
        )
        if kind.base == "text":
            words = self.engine.program.inputs.dictionaries[kind.domain].words
            used, places = np.unique(whole, return_inverse=True)
            dictionary = pa.array([words[code] for code in used.tolist()], pa.string())
            return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32), mask=missing), dictionary)
        if kind.base == "flag":
            return pa.array(whole.astype(np.bool_), mask=missing)
        array = pa.array(whole, mask=missing)
        return array.view(arrow) if pa.types.is_timestamp(arrow) else array

    def _fired(self, fired: Matrix) -> pa.Array:
        rows, rules = rules_of(fired, len(self.rules))
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(fired)))]).astype(np.int32)
        values = pa.DictionaryArray.from_arrays(rules.astype(np.int32), self.rules)
        return pa.ListArray.from_arrays(pa.array(offsets), values)

    def _level(self, ranks: NDArray[np.int8]) -> pa.Array:
        places = ranks.astype(np.int32) - 1
        return pa.DictionaryArray.from_arrays(pa.array(places, mask=places < 0), self.levels)


def _arrow(policy: Policy, name: str) -> pa.DataType:
    kind = policy.catalogue[name].type
    measure = next((m for m in policy.measures if m.name == name), None)
    match kind.base:
        case "whole" if measure is not None and measure.function in ("count", "distinct"):
            return pa.int32()
        case "money" if measure is not None and measure.function not in ("mean", "std"):
            return pa.int64()
        case "money" | "number":
            return pa.float64()
        case "text":
            return _WORD
        case "instant":
            return _INSTANT
        case "flag":
            return pa.bool_()
    return pa.int64()


def _metadata(policy: Policy, name: str) -> dict[str, str]:
    unit = _UNITS.get(policy.catalogue[name].type.base, "").format(policy.currency)
    return {"unit": unit} if unit else {}

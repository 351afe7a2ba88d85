"""Warnings: what made a rule warn, recorded when it happened, in a trace and in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.assess import Assessments, Engine
from tocsin.engine.inputs import Matrix
from tocsin.engine.program import Read, sides
from tocsin.policy import tree, words
from tocsin.policy.types import Type
from tocsin.values.kernel import NULL

TRACE = pa.struct(
    [
        pa.field("condition", pa.string(), False, {"en": "the condition, as SQL"}),
        pa.field(
            "observed",
            pa.float64(),
            metadata={"en": "left side as observed; money in minor units, times in microseconds"},
        ),
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
        pa.field(
            "recorded_at", pa.timestamp("us", tz="UTC"), False, {"en": "when it was known, and the warning raised"}
        ),
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


Show = Callable[[float], str]


@dataclass(frozen=True)
class _Leaf:
    """A single condition of a rule; `fixed` is the text of a threshold that is always the same."""

    condition: str
    left: Show
    right: Show | None
    window: str
    fixed: str | None

    def rows(self, sides: list[tuple[float, float, bool]]) -> tuple[Iterable[Any], ...]:
        """Columns of `TRACE` for many observations; NaN is null."""
        n, lefts, rights = len(sides), [side[0] for side in sides], [side[1] for side in sides]
        thresholds: Iterable[Any] = [self.fixed] * n
        if self.fixed is None and self.right is not None:
            thresholds = map(self.right, rights)
        return [self.condition] * n, lefts, map(self.left, lefts), rights, thresholds, [self.window] * n


@dataclass(frozen=True)
class _Part:
    """A piece of a sentence: some text, then a value of the fact, if any."""

    text: str
    show: Show | None
    read: Read


class Warner:
    """Writes the warnings of one engine's policy."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        policy = engine.policy
        self.levels = pa.array([None, *(level.name for level in policy.levels)], pa.string())
        self.rules = pa.array([rule.name for rule in policy.rules], pa.string())
        self.ranks = np.array([rule.level for rule in policy.rules], np.int64)
        self.leaves = [[self._leaf(leaf) for leaf in tree.leaves(rule.when)] for rule in policy.rules]
        self.traces: list[Callable[..., Any]] = [
            getattr(engine.program.traces, f"trace_{i}") for i in range(len(policy.rules))
        ]
        self.says = {lang: [self._parts(rule.say[lang], lang) for rule in policy.rules] for lang in ("en", "zh")}

    def warnings(self, assessed: Assessments, fact_ids: pa.Array) -> pa.RecordBatch:
        """The warnings of a batch in its order, as rows of `SCHEMA`; `fact_ids` are its facts' ids."""
        rows, rules = rules_of(assessed.told, len(self.rules))
        if not len(rows):
            return _empty()
        places = assessed.order[rows]
        after = assessed.level[rows].astype(np.int64)
        before = after.copy()
        raised = assessed.changes[assessed.changes[:, 4] >= 0]
        if len(raised):
            sorting = np.argsort(raised[:, 4], kind="stable")
            found = np.minimum(np.searchsorted(raised[sorting, 4], places), len(raised) - 1)
            hit = raised[sorting][found, 4] == places
            before[hit] = raised[sorting][found[hit], 2]
        ids = fact_ids.take(pa.array(places))
        names = self.rules.take(pa.array(rules))
        words_of_key = self.engine.program.inputs.dictionary(self.engine.policy.watch).words
        keys = [words_of_key[code] for code in assessed.inputs[self.engine.program.watch_slot, rows].tolist()]
        traces, says = self._texts(assessed, rows, rules)
        columns = {
            "warning_id": pc.binary_join_element_wise(ids, names, ":"),
            "fact_id": ids,
            "key": pa.array(keys, pa.string()),
            "time": pa.array(assessed.inputs[0, rows]).view(SCHEMA.field("time").type),
            "recorded_at": pa.array(assessed.inputs[1, rows]).view(SCHEMA.field("recorded_at").type),
            "rule": names,
            "rule_level": self.levels.take(pa.array(self.ranks[rules])),
            "level_before": self.levels.take(pa.array(before)),
            "level": self.levels.take(pa.array(after)),
            "score": pa.array(assessed.score[rows], pa.int32()),
            "trace": traces,
            "say_en": pa.array(says["en"], pa.string()),
            "say_zh": pa.array(says["zh"], pa.string()),
            "policy": pa.array([self.engine.policy.stamp] * len(rows), pa.string()),
        }
        return pa.RecordBatch.from_arrays([columns[field.name] for field in SCHEMA], schema=SCHEMA)

    def _texts(
        self, assessed: Assessments, rows: NDArray[np.intp], rules: NDArray[np.intp]
    ) -> tuple[pa.Array, dict[str, list[str]]]:
        """Traces and sentences of the warnings (rows[i], rules[i]); rule by rule and column by column, for speed."""
        says: dict[str, list[str]] = {"en": [""] * len(rows), "zh": [""] * len(rows)}
        owners, columns = list[NDArray[np.intp]](), [list[Any]() for _ in TRACE]
        for rule in np.unique(rules).tolist():
            numbers = np.flatnonzero(rules == rule)
            where = rows[numbers]
            read = [_values(assessed, one, where) for one in self.engine.program.reads[rule]]
            found = list(map(self.traces[rule], *read))
            for place, leaf in enumerate(self.leaves[rule]):
                true = [k for k, seen in enumerate(found) if seen[place][2]]
                owners.append(numbers[true])
                for column, values in zip(columns, leaf.rows([found[k][place] for k in true]), strict=True):
                    column.extend(values)
            for language, said in says.items():
                shown = [self._column(assessed, part, where) for part in self.says[language][rule]]
                for number, *pieces in zip(numbers.tolist(), *shown, strict=True):
                    said[number] = "".join(pieces)
        owner = np.concatenate(owners)
        order = pa.array(np.argsort(owner, kind="stable"))
        ends = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(rows)))]).astype(np.int32)
        arrays = [pa.array(c, f.type, from_pandas=True).take(order) for c, f in zip(columns, TRACE, strict=True)]
        struct = pa.StructArray.from_arrays(arrays, fields=list(TRACE))
        return pa.ListArray.from_arrays(pa.array(ends), struct).cast(SCHEMA.field("trace").type), says

    def _column(self, assessed: Assessments, part: _Part, rows: NDArray[np.intp]) -> list[str]:
        """One piece of a sentence for many warnings."""
        if part.show is None:
            return [part.text] * len(rows)
        return [part.text + text for text in map(part.show, _values(assessed, part.read, rows))]

    def _leaf(self, leaf: tree.Compare | tree.IsNull | tree.Test) -> _Leaf:
        left, right = sides(leaf)
        text = words.expression(leaf, self.engine.policy.currency)
        fixed = None
        if isinstance(right, tree.Number):
            fixed = self._show(right.type, "en")(float(right.value))
        elif isinstance(right, tree.Word):
            fixed = right.value
        span = words.window(tree.signals(leaf), self.engine.policy)
        return _Leaf(
            text, self._show(left.type, "en"), None if right is None else self._show(right.type, "en"), span, fixed
        )

    def _parts(self, text: str, language: str) -> list[_Part]:
        parts = []
        for whole, name, style in words.placeholders(text):
            before, _, text = text.partition(whole)
            kind = self.engine.policy.catalogue[name].type
            row = self.engine.program.columns.get(name)
            slot = self.engine.program.inputs.slot(tree.Field(name, kind)) if row is None else row
            parts.append(_Part(before, self._show(kind, language, style), (row is not None, slot)))
        return [*parts, _Part(text, None, (False, 0))]

    def _show(self, kind: Type, language: str, style: str = "") -> Show:
        dictionary = self.engine.program.inputs.dictionaries.get(kind.domain) if kind.base == "text" else None
        return words.shower(kind, self.engine.policy, language, dictionary.words if dictionary else None, style)


def _values(assessed: Assessments, read: Read, rows: NDArray[np.intp]) -> list[float]:
    signal, row = read
    if signal:
        taken: list[float] = assessed.signals[row, rows].tolist()
        return taken
    column = assessed.inputs[row, rows]
    known: list[float] = np.where(column == NULL, np.nan, column.astype(np.float64)).tolist()
    return known


def rules_of(masks: Matrix, rules: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The row and the rule of each bit that is set in such masks, row by row."""
    hit = np.flatnonzero(masks.any(axis=1))
    rows, places = np.nonzero(bits_of(masks[hit], rules))
    return hit[rows], places


def bits_of(masks: Matrix, rules: int) -> NDArray[np.bool_]:
    """int64[n, words] with 62 rules to a word, to bool[n, rules]."""
    if not masks.any():
        return np.zeros((len(masks), rules), np.bool_)
    bits = np.unpackbits(np.ascontiguousarray(masks).view(np.uint8), axis=1, bitorder="little").view(np.bool_)
    return bits.reshape(len(masks), -1, 64)[:, :, :62].reshape(len(masks), -1)[:, :rules]


def _empty() -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in SCHEMA], schema=SCHEMA)

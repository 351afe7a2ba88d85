"""Facts as they come, as inputs of the kernel: the coding of `Inputs.encode`, for facts that stand in no columns yet.

Fields are taken from the facts as columns, and whole columns are coded. Words are numbered in the
order of the facts, however these are grouped: the same facts give the same codes, live and replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tocsin.engine.inputs import Codes, Inputs, Matrix
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, Fact, allowed
from tocsin.policy import tree
from tocsin.values import instant
from tocsin.values.kernel import NULL

Column = Sequence[Any]


class Coder:
    """Codes facts for one policy's inputs, once all its slots are given out."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        names = [name for slot in inputs.slots for name in (slot if isinstance(slot, tuple) else (slot.name,))]
        self.fields = [name for name in dict.fromkeys(names) if name in FIELDS and name not in _TIMES]
        self.takers = {struct: _taker(kind, self.fields) for kind, struct in KINDS.items()}
        self.codes: dict[str, Codes] = {name: inputs.dictionary(name).codes for name in _numbered(inputs)}
        self.ways = [self._way(name) for name in self.fields]
        domains = dict.fromkeys(FIELDS[name].domain for name in self.codes)
        vocabularies = [[name for name in self.codes if FIELDS[name].domain == domain] for domain in domains]
        self.shared = [some for some in vocabularies if len(some) > 1]
        self.plain = ["" if isinstance(slot, tuple) else slot.name for slot in inputs.slots]
        self.pairs = [(row, slot) for row, slot in enumerate(inputs.slots) if isinstance(slot, tuple)]
        self.aspects = [
            (row, slot) for row, slot in enumerate(inputs.slots) if isinstance(slot, tree.Field) and slot.aspect
        ]

    def matrix(self, facts: Sequence[Fact], occurred_at: Sequence[int], recorded_at: Sequence[int]) -> Matrix:
        """int64[slots, n]; `recorded_at` in microseconds stands for the facts' own."""
        takers, none = self.takers, [NULL] * len(facts)
        columns = list(zip(*[takers[type(fact)](fact) for fact in facts], strict=True))
        for fields in self.shared:
            self._share(fields, columns)
        known: dict[str, Column] = {"occurred_at": occurred_at, "recorded_at": recorded_at}
        for name, way, column in zip(self.fields, self.ways, columns, strict=bool(facts)):
            if None not in column:
                known[name] = column if way is None else list(map(way, column))
            elif column.count(None) < len(column):
                known[name] = [NULL if one is None else one if way is None else way(one) for one in column]
        rows = [known.get(name, none) for name in self.plain]
        for row, by in self.pairs:
            codes = self.inputs.pairs[by].codes
            keys = zip(*(known.get(name, none) for name in by), strict=True)
            rows[row] = [-1 if NULL in key else codes[key] for key in keys]
        for row, field in self.aspects:
            if field.aspect == "in":
                words = field.argument
                rows[row] = [NULL if word is None else word in words for word in columns[self.fields.index(field.name)]]
            elif field.aspect == "like":
                table = self.inputs.table(field)
                rows[row] = [NULL if code == NULL else table[code] for code in rows[row]]
        result = np.array(rows, np.int64)
        for row, field in self.aspects:
            if field.aspect not in ("in", "like"):
                result[row] = self.inputs.aspect(field, result[row])
        return result

    def _way(self, name: str) -> Callable[[Any], int] | None:
        """What makes a number of a field's value; None where it is one, or no slot wants it as one."""
        if FIELDS[name].type == "instant":
            return instant.micros
        return self.codes[name].__getitem__ if name in self.codes else None

    def _share(self, fields: Sequence[str], columns: Sequence[Column]) -> None:
        """Number the words of fields with one vocabulary, fact by fact, before it is done column by column."""
        codes = self.codes[fields[0]]
        for words in zip(*(columns[self.fields.index(name)] for name in fields), strict=True):
            for word in words:
                if word is not None:
                    codes[word]


_TIMES = ("occurred_at", "recorded_at")


def _numbered(inputs: Inputs) -> list[str]:
    """The text fields whose words get numbers, in the order in which those of one fact do."""
    plain, like = list[str](), list[str]()
    for slot in inputs.slots:
        if isinstance(slot, tuple):
            plain += slot
        elif slot.aspect != "in":
            (like if slot.aspect else plain).append(slot.name)
    return [name for name in dict.fromkeys([*plain, *like]) if name in FIELDS and FIELDS[name].type == "text"]


def _taker(kind: str, fields: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that takes fields of a fact of this kind; None for those it cannot have."""
    known = set(allowed(kind)) - {"kind"}
    parts = [repr(kind) if name == "kind" else f"fact.{name}" if name in known else "None" for name in fields]
    taker: Callable[[Any], tuple[Any, ...]] = eval(f"lambda fact: ({''.join(f'{part}, ' for part in parts)})")  # noqa: S307 our own source, never a user's text
    return taker

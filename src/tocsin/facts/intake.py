"""Rows of a file to facts. A row that cannot be read becomes a reject that says why; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts import columns
from tocsin.facts.columns import Fault, Floats, Mask, Read, Unfit, nulls
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, allowed, required
from tocsin.facts.mapping import Column, Mapping
from tocsin.facts.schema import ARROW
from tocsin.facts.times import instants
from tocsin.values import duration, instant, money
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

ROW, LABEL, SEQUENCE = "_row", "label", "_sequence"
"""Columns beside the facts: place in the file, the truth to judge by, order within an instant."""

_FUTURE = 86_400_000_000
_FIRST = ("fact_id", "kind", "currency", "original_currency")
"""Read before the other fields: messages name the id, amounts need the currency."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is no fact. `row` is its line or row in the file, from 1."""

    row: int
    fact_id: str | None
    field: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Terms:
    """What a run asks of its facts. Durations and `now` in microseconds; None asks nothing."""

    now: int
    currency: str | None = None
    lateness: int | None = None
    label: str | None = None


class Intake:
    """Reads raw batches of one file, in the file's own columns, into facts."""

    def __init__(
        self, names: list[str], terms: Terms, mapping: Mapping | None = None, fixed: bool = True, file: str = ""
    ) -> None:
        """`fixed`: every row has the columns `names` (CSV, Parquet), so a wrong one is the file's mistake;
        else each row names its own values (NDJSON). Refused where a needed column is missing or one is not understood.
        """
        self.terms, self.mapping, self.fixed, self.file = terms, mapping, fixed, file
        if mapping is None:
            self.sources = {name: (name, Column(field=name)) for name in FIELDS if name in names or not fixed}
        else:
            mapped = {name: mapping.column(name) for name in mapping.columns if name in names or not fixed}
            self.sources = {column.field: (name, column) for name, column in mapped.items() if column is not None}
        self.sequence = mapping.sequence if mapping else None
        self.label = self._label()
        problems = self._unknown(names) if fixed else []
        for what, name in (("label", self.label), ("sequence", self.sequence)):
            if fixed and name is not None and name not in names:
                remedy = did_you_mean(name, names) or "name one of its columns"
                problems.append(Problem(f"there is no {what} column {shown(name)}", file, remedy))
        for needed in ("fact_id", "kind", "occurred_at"):
            if needed not in self.sources and needed not in (mapping.constants if mapping else ()):
                what = f"there is no column '{needed}' ({FIELDS[needed].en})"
                problems.append(Problem(what, file, "add it, or say with --map which column it is"))
        if problems:
            raise Refused(*problems)

    def _label(self) -> str | None:
        """The column of the label: named itself, or by the field it is read into."""
        wanted = self.terms.label
        if self.mapping is None or wanted is None or wanted in self.mapping.columns or wanted not in self.sources:
            return wanted
        return self.sources[wanted][0]

    def _unknown(self, names: list[str]) -> list[Problem]:
        """Columns of a file that are not understood, and mapped ones that it does not have."""
        if self.mapping is None:
            strange = [name for name in names if name not in FIELDS and name not in (ROW, LABEL, SEQUENCE, self.label)]
            return [
                Problem(
                    f"unknown column {shown(name)}",
                    self.file,
                    f"{(did_you_mean(name, FIELDS) or 'rename or remove it').removesuffix('.')} or use --map",
                )
                for name in strange
            ]
        mapped = self.mapping.columns
        problems = [
            Problem(
                f"the mapped column {shown(name)} is not in the file",
                self.file,
                did_you_mean(name, names) or "take it out of the mapping",
            )
            for name in mapped
            if name not in names and name != self.label
        ]
        if self.mapping.others == "refuse":
            problems += [
                Problem(f"column {shown(name)} is not mapped", self.file, "map it, or write 'others: ignore'")
                for name in names
                if name not in mapped and name not in (self.sequence, self.label, self.mapping.label)
            ]
        return problems

    # -- one batch -----------------------------------------------------------------------------

    def read(self, raw: pa.RecordBatch, rows: NDArray[np.int64]) -> tuple[pa.RecordBatch, list[Reject]]:
        """A raw batch to facts and rejects. `rows` are the places of its rows in the file.

        The batch has the fields the file has, `recorded_at`, `_row`, and where asked `label` and `_sequence`.
        """
        reading = _Reading(raw.num_rows, rows)
        self._columns(reading, {name: raw.column(i) for i, name in enumerate(raw.schema.names)}, {})
        return reading.facts()

    def objects(self, facts: list[dict[str, Any]], rows: NDArray[np.int64]) -> tuple[pa.RecordBatch, list[Reject]]:
        """The same from JSON objects, each with names of its own."""
        reading = _Reading(len(facts), rows)
        names = {name for name, _ in self.sources.values()} | {self.label, self.sequence}
        ignored = self.mapping is not None and self.mapping.others == "ignore"
        strange: dict[int, str] = {}
        if not ignored:
            for i, fact in enumerate(facts):
                if not fact.keys() <= names:
                    unknown = [name for name in fact if name not in names and fact[name] is not None]
                    if unknown:
                        strange[i] = unknown[0]
        raw, nested = {}, {}
        for name in filter(None, names):
            raw[name], nested[name] = _json_column([fact.get(name) for fact in facts])
        self._columns(reading, raw, nested)
        known = FIELDS if self.mapping is None else self.mapping.columns
        for i, name in strange.items():
            only = np.arange(len(facts)) == i
            reading.reject(only, name, lambda _: f"unknown field {shown(name)}", did_you_mean(name, known) or "remove it")
        return reading.facts()

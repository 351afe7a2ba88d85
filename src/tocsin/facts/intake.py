"""Rows of a file to facts. A row that cannot be read becomes a reject that says why; nothing is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts import columns
from tocsin.facts.columns import Fault, Read, Unfit
from tocsin.facts.fields import FIELDS
from tocsin.facts.mapping import Column, Mapping
from tocsin.facts.reading import LABEL, ROW, SEQUENCE, Guesses, Reading, Reject, Terms
from tocsin.facts.times import instants
from tocsin.values import instant
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

__all__ = ["LABEL", "ROW", "SEQUENCE", "Intake", "Reject", "Terms"]

_FIRST = ("fact_id", "currency", "original_currency")
"""Read before the other fields: messages name the id, amounts need the currency."""


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
            if needed not in self.sources and not (mapping and needed != "fact_id" and needed in mapping.constants):
                what = f"there is no column '{needed}' ({FIELDS[needed].en})"
                problems.append(Problem(what, file, "add it, or say with --map which column it is"))
        if problems:
            raise Refused(*problems)
        self.ids = self.sources["fact_id"][0]
        """The column of the ids."""

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
        reading = Reading(rows)
        self._read(reading, dict(zip(raw.schema.names, raw.columns, strict=True)))
        return reading.facts()

    def objects(self, facts: list[dict[str, Any]], rows: NDArray[np.int64]) -> tuple[pa.RecordBatch, list[Reject]]:
        """The same from JSON objects, each with names of its own."""
        reading = Reading(rows)
        names = {name for name, _ in self.sources.values()} | {self.label, self.sequence}
        ignored = {self.mapping.label} if self.mapping is not None else set[str | None]()
        cells = {name: [None] * len(facts) for name in names & set[str | None]().union(*facts)}
        strange: dict[int, str] = {}
        for i, fact in enumerate(facts):
            for name, value in fact.items():
                if name in cells:
                    cells[name][i] = value
                elif value is not None and name not in ignored:
                    strange.setdefault(i, name)
        given = {str(name): _json_column(values) for name, values in cells.items()}
        raw = {name: values for name, (values, _) in given.items()}
        if self.ids in raw:
            reading.take("fact_id", self._field("fact_id", raw, reading))
        for name, (_, nested) in given.items():
            for i in nested:
                reading.set_aside(i, name, "a list or an object stands where one value belongs", "give one value")
        if self.mapping is None or self.mapping.others == "refuse":
            guesses = Guesses([name for name in names if name is not None], "remove it")
            for i, name in strange.items():
                reading.set_aside(i, name, f"unknown field {shown(name)}", guesses[name])
        self._read(reading, raw)
        return reading.facts()

    def order(self, raw: pa.RecordBatch) -> pa.RecordBatch:
        """Only ids and what tells the ingest order of a batch: `recorded_at` and, where there is one, `_sequence`."""
        reading = Reading(np.zeros(raw.num_rows, np.int64))
        given = dict(zip(raw.schema.names, raw.columns, strict=True))
        for field in ("occurred_at", "recorded_at"):
            if field in self.sources and self.sources[field][0] in given:
                reading.columns[field], _ = self._field(field, given, reading)
        reading.times(Terms(instant.LATEST))
        beside = {}
        if self.sequence is not None:
            beside[SEQUENCE] = self._sequence(self._plain(self.sequence, given))[0]
        ids = columns.texts(self._plain(self.ids, given))
        return pa.RecordBatch.from_pydict({"fact_id": ids, "recorded_at": reading.columns["recorded_at"], **beside})

    def _read(self, reading: Reading, raw: dict[str, pa.Array]) -> None:
        """Every field, then what holds across them, then what stands beside the facts."""
        for field, value in (self.mapping.constants if self.mapping else {}).items():
            reading.constant(field, value)
        for field in sorted(self.sources, key=lambda field: field not in _FIRST):
            if self.sources[field][0] in raw and field not in reading.columns:
                reading.take(field, self._field(field, raw, reading))
        reading.kinds()
        reading.times(self.terms)
        if self.terms.currency is not None:
            reading.currency(self.terms.currency)
        if self.label is not None:
            reading.beside[LABEL] = reading.judged(self.label, columns.flag(self._plain(self.label, raw, reading.n)))
        if self.sequence is not None:
            values = self._sequence(self._plain(self.sequence, raw, reading.n))
            reading.beside[SEQUENCE] = reading.judged(self.sequence, values)

    def _field(self, field: str, raw: dict[str, pa.Array], reading: Reading) -> Read:
        name, column = self.sources[field]
        values = self._plain(name, raw)
        if column.values:
            values = columns.renamed(values, column.values)
        try:
            match FIELDS[field].type:
                case "money":
                    code = "original_currency" if field == "original_amount" else "currency"
                    scale = reading.scale(code, self.terms.currency)
                    return columns.amount(field, values, column.unit == "major", scale)
                case "instant":
                    return instants(values, column.unit, column.zone, self.fixed)
                case "flag":
                    return columns.flag(values)
                case "whole":
                    return columns.whole(field, values)
                case "text":
                    return columns.text(field, values)
        except Unfit as unfit:
            raise self._unfit(name, unfit) from None

    def _plain(self, name: str, raw: dict[str, pa.Array], rows: int = 0) -> pa.Array:
        """A column of the file in a type that is read; null where these rows do not have it."""
        try:
            return columns.plain(raw[name]) if name in raw else pa.nulls(rows)
        except Unfit as unfit:
            raise self._unfit(name, unfit) from None

    def _unfit(self, name: str, unfit: Unfit) -> Refused:
        what, remedy = unfit.args
        return Refused(Problem(f"column {shown(name)} {what}", self.file, remedy))

    def _sequence(self, raw: pa.Array) -> Read:
        """Whole numbers that order rows of one instant, 0 where there is none."""
        words = columns.texts(raw)
        fits = pc.match_substring_regex(words, r"^[-+]?\d{1,18}$")
        bad = ~pc.fill_null(fits, True).to_numpy(zero_copy_only=False)
        numbers = pc.fill_null(pc.if_else(fits, words, None).cast(pa.int64()), 0)
        return numbers, [
            Fault(
                bad, lambda i: f"{columns.seen(raw, i)} is not a whole number", "give the place of the row as a number"
            )
        ]


def _json_column(values: list[Any]) -> tuple[pa.Array, list[int]]:
    """JSON values to a column, as texts where their types differ, and the places of lists and objects.

    A text reads the same as the value itself would, so that a row is judged as if it stood alone.
    """
    try:
        array = pa.array(values)
        if not pa.types.is_nested(array.type):
            return array, []
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    nested = [i for i, value in enumerate(values) if isinstance(value, (list, dict))]
    return pa.array([_json_text(value) for value in values], pa.string()), nested


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, (list, dict)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return columns.written(value) if isinstance(value, float) else str(value)

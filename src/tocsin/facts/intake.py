"""Rows of a file to facts. A row that cannot be read becomes a reject that says why; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
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
_FIRST = ("fact_id", "currency", "original_currency")
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
        self.id_column = self.sources["fact_id"][0] if "fact_id" in self.sources else None
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
        reading = _Reading(rows)
        self._read(reading, dict(zip(raw.schema.names, raw.columns, strict=True)))
        return reading.facts()

    def objects(self, facts: list[dict[str, Any]], rows: NDArray[np.int64]) -> tuple[pa.RecordBatch, list[Reject]]:
        """The same from JSON objects, each with names of its own."""
        reading = _Reading(rows)
        known = {name for name, _ in self.sources.values()} | {self.label, self.sequence}
        present = set[str | None]().union(*facts)
        given = {name: _json_column([fact.get(name) for fact in facts]) for name in sorted(present & known)}
        raw = {name: values for name, (values, _) in given.items()}
        if self.id_column in raw:
            reading.take("fact_id", self._field("fact_id", raw, reading))
        for name, (_, nested) in given.items():
            for i in nested:
                reading.set_aside(i, name, "a list or an object stands where one value belongs", "give one value")
        if not present <= known and (self.mapping is None or self.mapping.others == "refuse"):
            ours = [name for name in known if name is not None]
            for i, fact in enumerate(facts):
                name = next((n for n in fact if n not in known and fact[n] is not None), None)
                if name is not None:
                    remedy = did_you_mean(name, ours) or "remove it"
                    reading.set_aside(i, name, f"unknown field {shown(name)}", remedy)
        self._read(reading, raw)
        return reading.facts()

    def order(self, raw: pa.RecordBatch) -> pa.RecordBatch:
        """Only ids and what tells the ingest order of a batch: `recorded_at` and, where there is one, `_sequence`."""
        reading = _Reading(np.zeros(raw.num_rows, np.int64))
        given = dict(zip(raw.schema.names, raw.columns, strict=True))
        for field in ("occurred_at", "recorded_at"):
            if field in self.sources and self.sources[field][0] in given:
                reading.columns[field], _ = self._field(field, given, reading)
        reading.times(Terms(instant.LATEST))
        beside = {SEQUENCE: self._sequence(given[self.sequence])[0]} if self.sequence is not None else {}
        ids = columns.texts(columns.plain(given[self.sources["fact_id"][0]]))
        return pa.RecordBatch.from_pydict({"fact_id": ids, "recorded_at": reading.columns["recorded_at"], **beside})

    def _read(self, reading: _Reading, raw: dict[str, pa.Array]) -> None:
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
        none = pa.nulls(len(reading.rows))
        if self.label is not None:
            reading.beside[LABEL] = reading.judged(self.label, columns.flag(columns.plain(raw.get(self.label, none))))
        if self.sequence is not None:
            reading.beside[SEQUENCE] = reading.judged(self.sequence, self._sequence(raw.get(self.sequence, none)))

    def _field(self, field: str, raw: dict[str, pa.Array], reading: _Reading) -> Read:
        name, column = self.sources[field]
        try:
            values = columns.plain(raw[name])
            if column.values:
                values = columns.renamed(values, column.values)
            kind = FIELDS[field].type
            if kind == "money":
                code = "original_currency" if field == "original_amount" else "currency"
                return columns.amount(field, values, column.unit == "major", reading.scale(code, self.terms.currency))
            if kind == "instant":
                return instants(values, column.unit, column.zone, self.fixed)
            if kind == "flag":
                return columns.flag(values)
            return columns.whole(field, values) if kind == "whole" else columns.text(field, values)
        except Unfit as unfit:
            raise Refused(Problem(f"column {shown(name)} {unfit.args[0]}", self.file, unfit.args[1])) from None

    def _sequence(self, raw: pa.Array) -> Read:
        """Whole numbers that order rows of one instant, 0 where there is none."""
        words = columns.texts(raw)
        fits = pc.match_substring_regex(words, r"^[-+]?\d{1,18}$")
        bad = ~pc.fill_null(fits, True).to_numpy(zero_copy_only=False)
        numbers = pc.fill_null(pc.if_else(fits, words, None).cast(pa.int64()), 0)
        return numbers, [Fault(bad, lambda i: f"{columns.seen(raw, i)} is not a whole number", "number the rows")]


class _Reading:
    """The columns of one batch as they are read, and what is wrong with its rows so far."""

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self.n = len(rows)
        self.rows = rows
        self.columns: dict[str, pa.Array] = {}
        self.beside: dict[str, pa.Array] = {}
        self.good: Mask = np.ones(self.n, np.bool_)
        self.rejects: list[Reject] = []

    def set_aside(self, i: int, field: str, reason: str, remedy: str) -> None:
        """Set a row aside, once: the first thing wrong with a row is what it is told."""
        if self.good[i]:
            ids = self.columns.get("fact_id")
            fact_id = None if ids is None else ids[i].as_py()
            self.rejects.append(Reject(int(self.rows[i]), fact_id, field, reason, remedy))
            self.good[i] = False

    def reject(self, bad: Mask, field: str, why: Callable[[int], str], remedy: str) -> None:
        for i in np.flatnonzero(bad & self.good).tolist():
            self.set_aside(i, field, why(i), remedy)

    def judged(self, name: str, read: Read) -> pa.Array:
        values, faults = read
        for fault in faults:
            self.reject(fault.rows, name, fault.why, fault.remedy)
        return values

    def take(self, field: str, read: Read) -> None:
        self.columns[field] = read[0]
        self.judged(field, read)

    def constant(self, field: str, value: str) -> None:
        self.columns[field] = pa.DictionaryArray.from_arrays(np.zeros(self.n, np.int32), pa.array([value.strip()]))

    def coded(self, field: str) -> tuple[list[str | None], NDArray[np.int64]]:
        """The distinct words of a coded column, None last, and for each row its place among them."""
        column = self.columns.get(field)
        if column is None:
            return [None], np.zeros(self.n, np.int64)
        words = column.dictionary.to_pylist()
        places = pc.fill_null(column.indices.cast(pa.int64()), len(words))
        return [*words, None], places.to_numpy(zero_copy_only=False)

    def scale(self, field: str, default: str | None) -> Floats:
        """10^places of each row's currency; `default` where a row has none."""
        words, places = self.coded(field)
        codes = [word if word in money.currencies() else default for word in words]
        return np.array([10.0 ** (money.exponent(code) if code else 2) for code in codes])[places]

    # -- across columns ------------------------------------------------------------------------

    def kinds(self) -> None:
        """Every row has a known kind, what that kind needs, and nothing that kind does not have."""
        words, places = self.coded("kind")
        for n, word in enumerate(words):
            if word not in KINDS and (bad := places == n).any():
                what = "the kind is missing" if word is None else f"unknown kind {shown(word)}"
                remedy = did_you_mean(word or "", KINDS) or "the kinds are listed by `tocsin facts kinds`"
                self.reject(bad, "kind", lambda _, what=what: what, remedy)  # type: ignore[misc]
        known = [word if word in KINDS else None for word in words]
        for field in sorted(set[str]().union(*(required(word) for word in known if word))):
            needs = np.array([word is not None and field in required(word) for word in known])[places]
            missing = needs & nulls(self.columns[field]) if field in self.columns else needs
            self.reject(missing, field, lambda i: f"a {words[places[i]]} needs {field}", f"give {FIELDS[field].en}")
        for field, values in self.columns.items():
            may = np.array([word is None or field in allowed(word) for word in known])
            if not may.all():
                extra = ~may[places] & ~nulls(values)
                remedy = "leave it out, or check the kind"
                self.reject(extra, field, lambda i: f"a {words[places[i]]} has no {field}", remedy)

    def times(self, terms: Terms) -> None:
        """Nothing is known before it happened, lies in the future, or comes later than the policy waits."""
        occurred = self.micros("occurred_at")
        known = np.maximum(occurred, self.micros("recorded_at"))
        for field, times in (("occurred_at", occurred), ("recorded_at", known)):
            self.reject(
                times > terms.now + _FUTURE,
                field,
                lambda i: f"{instant.written(int(times[i]))} lies in the future",
                "check the clock and the zone of the source",
            )
        if terms.lateness is not None:
            late, waits = known - occurred, duration.written(terms.lateness)
            self.reject(
                late > terms.lateness,
                "recorded_at",
                lambda i: f"it came {duration.spoken(int(late[i]), 'en')} late, the policy waits {waits}",
                "raise 'lateness' in the policy",
            )
        self.columns["recorded_at"] = pa.array(known).view(ARROW["instant"])

    def micros(self, field: str) -> NDArray[np.int64]:
        """Microseconds UTC, the earliest number there is where there is no time."""
        column = self.columns.get(field)
        if column is None:
            return np.full(self.n, instant.EARLIEST)
        micros: NDArray[np.int64] = pc.fill_null(column.view(pa.int64()), instant.EARLIEST).to_numpy(zero_copy_only=False)
        return micros

    def currency(self, wanted: str) -> None:
        words, places = self.coded("currency")
        other = np.array([word is not None and word != wanted for word in words])
        remedy = f"convert it to {wanted} and keep the original in original_amount and original_currency"
        why = f"the policy reckons in {wanted}, this is "
        self.reject(other[places], "currency", lambda i: f"{why}{words[places[i]]}", remedy)

    def facts(self) -> tuple[pa.RecordBatch, list[Reject]]:
        names = [name for name in FIELDS if name in self.columns]
        arrays = [*(self.columns[name] for name in names), pa.array(self.rows), *self.beside.values()]
        batch = pa.RecordBatch.from_arrays(arrays, names=[*names, ROW, *self.beside])
        if not self.good.all():
            batch = batch.filter(pa.array(self.good))
        return batch, sorted(self.rejects, key=lambda reject: reject.row)


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

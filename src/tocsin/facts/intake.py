"""Raw columns to facts. A row that cannot be read becomes a reject that says why; nothing is lost.

Columnar: a million rows are checked by a few passes over each column, and only the rows that fail
are looked at one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import COUNTRY_PATTERN, ID_PATTERN, KINDS, WHOLE_LIMIT, allowed, required
from tocsin.facts.mapping import Column, Mapping
from tocsin.facts.schema import ARROW
from tocsin.values import duration, instant, money
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

Mask = NDArray[np.bool_]
ROW, LABEL, SEQUENCE = "_row", "label", "_sequence"
"""Columns beside the facts: place in the file, the truth to judge by, order within an instant."""

_IDS = ("fact_id", "account", "customer", "merchant", "device", "counterparty", "reported_fact")
_COUNTRIES = ("country", "home_country")
_FUTURE = 86_400_000_000


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

    def __init__(self, columns: list[str], terms: Terms, mapping: Mapping | None = None, fixed: bool = True, file: str = "") -> None:
        """`fixed`: every row has the same columns (CSV, Parquet), so a wrong one is the file's mistake.

        Refused where a needed column is missing or one is not understood.
        """
        self.terms, self.mapping, self.fixed, self.file = terms, mapping, fixed, file
        self.sources: dict[str, tuple[str, Column]] = {}
        self.unknown: list[str] = []
        problems = self._columns(columns)
        self.label = self._label(columns, problems)
        given = set(self.sources) | set(mapping.constants if mapping else ())
        if fixed:
            for needed in ("fact_id", "kind", "occurred_at"):
                if needed not in given:
                    problems.append(Problem(f"there is no column '{needed}' ({FIELDS[needed].en})", file, "add it, or say with --map which column it is"))
        if problems:
            raise Refused(*problems)

    def _columns(self, columns: list[str]) -> list[Problem]:
        problems = []
        if self.mapping is None:
            for name in columns:
                if name in FIELDS:
                    self.sources[name] = (name, Column(field=name))
                elif name not in (ROW, LABEL, SEQUENCE, self.terms.label):
                    self.unknown.append(name)
            if self.fixed:
                for name in self.unknown:
                    remedy = did_you_mean(name, FIELDS) or "rename or remove it"
                    problems.append(Problem(f"unknown column {shown(name)}", self.file, f"{remedy.removesuffix('.')} or use --map"))
            return problems
        for name in self.mapping.columns:
            column = self.mapping.column(name)
            assert column is not None
            if name in columns:
                self.sources[column.field] = (name, column)
            elif self.fixed:
                problems.append(Problem(f"the mapped column {shown(name)} is not in the file", self.file, did_you_mean(name, columns)))
        extra = [name for name in columns if name not in self.mapping.columns and name not in (self.mapping.sequence, self.terms.label, self.mapping.label)]
        if self.mapping.others == "refuse" and self.fixed:
            problems.extend(Problem(f"column {shown(name)} is not mapped", self.file, "map it, or write 'others: ignore'") for name in extra)
        elif self.mapping.others == "refuse":
            self.unknown = extra
        return problems

    def _label(self, columns: list[str], problems: list[Problem]) -> str | None:
        """The column that holds the label, if there is to be one."""
        wanted = self.terms.label
        if wanted is None or wanted in columns:
            return wanted
        for field, (name, _) in self.sources.items():
            if field == wanted:
                return name
        problems.append(Problem(f"there is no column {shown(wanted)} to judge by", self.file, did_you_mean(wanted, columns)))
        return None

    # -- one batch -----------------------------------------------------------------------------

    def read(self, raw: pa.RecordBatch, rows: NDArray[np.int64]) -> tuple[pa.RecordBatch, list[Reject]]:
        """A raw batch to facts and rejects. `rows` are the places of its rows in the file.

        The batch has the fields the file has, `recorded_at`, `_row`, and where asked `label` and `_sequence`.
        """
        reading = _Reading(raw, rows)
        if self.mapping is not None:
            for field, value in self.mapping.constants.items():
                reading.constant(field, value)
        order = sorted(self.sources, key=lambda field: field not in ("fact_id", "kind", "currency"))
        for field in order:
            name, column = self.sources[field]
            if raw.schema.get_field_index(name) >= 0:
                reading.column(field, raw.column(name), column, self.file)
        for name in self.unknown:
            place = raw.schema.get_field_index(name)
            if place >= 0:
                known = FIELDS if self.mapping is None else self.mapping.columns
                reading.reject(~_null(raw.column(place)), name, lambda i: f"unknown field {shown(name)}", did_you_mean(name, known) or "remove it")
        reading.kinds()
        reading.times(self.terms)
        if self.terms.currency is not None:
            reading.currency(self.terms.currency)
        extra: dict[str, pa.Array] = {ROW: pa.array(rows)}
        if self.label is not None:
            extra[LABEL] = reading.flag(LABEL, raw.column(self.label))
        if self.mapping is not None and self.mapping.sequence is not None and raw.schema.get_field_index(self.mapping.sequence) >= 0:
            extra[SEQUENCE] = self._sequence(raw)
        return reading.facts(extra)


    def order(self, raw: pa.RecordBatch, rows: NDArray[np.int64]) -> pa.RecordBatch:
        """Only what tells the ingest order of a batch: `recorded_at` and, where there is one, `_sequence`."""
        reading = _Reading(raw, rows)
        for field in ("occurred_at", "recorded_at"):
            if field in self.sources and raw.schema.get_field_index(self.sources[field][0]) >= 0:
                name, column = self.sources[field]
                reading.column(field, raw.column(name), column, self.file)
        reading.times(Terms(instant.LATEST))
        columns = {"recorded_at": reading.columns["recorded_at"]}
        if self.mapping is not None and self.mapping.sequence is not None:
            columns[SEQUENCE] = self._sequence(raw)
        return pa.RecordBatch.from_pydict(columns)


    def _sequence(self, raw: pa.RecordBatch) -> pa.Array:
        assert self.mapping is not None and self.mapping.sequence is not None
        try:
            return pc.fill_null(raw.column(self.mapping.sequence).cast(pa.int64()), 0)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            name = shown(self.mapping.sequence)
            raise Refused(Problem(f"the sequence column {name} does not hold whole numbers", self.file, "name a column that numbers the rows")) from None


class _Reading:
    """The columns of one batch as they are read, and what is wrong with its rows so far."""

    def __init__(self, raw: pa.RecordBatch, rows: NDArray[np.int64]) -> None:
        self.n = raw.num_rows
        self.rows = rows
        self.columns: dict[str, pa.Array] = {}
        self.good: Mask = np.ones(self.n, np.bool_)
        self.rejects: list[Reject] = []

    def reject(self, bad: Mask, field: str, reason: object, remedy: str) -> None:
        """Set rows aside, each once: the first thing wrong with a row is what it is told."""
        for i in np.flatnonzero(bad & self.good):
            why = reason(int(i)) if callable(reason) else str(reason)
            self.rejects.append(Reject(int(self.rows[i]), self.fact_id(int(i)), field, why, remedy))
        self.good &= ~bad

    def fact_id(self, i: int) -> str | None:
        ids = self.columns.get("fact_id")
        return None if ids is None else ids[i].as_py()

    def constant(self, field: str, value: str) -> None:
        dictionary = pa.array([value])
        self.columns[field] = pa.DictionaryArray.from_arrays(np.zeros(self.n, np.int32), dictionary)

    def column(self, field: str, raw: pa.Array, column: Column, file: str) -> None:
        kind = FIELDS[field].type
        if isinstance(raw, pa.DictionaryArray) and kind != "text":
            raw = raw.cast(raw.type.value_type)
        if column.values:
            words = {str(k): v for k, v in column.values.items()}
            raw = pa.array([words.get(str(v), v) if v is not None else None for v in raw.to_pylist()])
        if kind == "text":
            self.columns[field] = self.text(field, raw)
        elif kind == "money":
            self.columns[field] = self.money(field, raw, column.unit or "minor")
        elif kind == "whole":
            self.columns[field] = self.integer(field, raw, -WHOLE_LIMIT, WHOLE_LIMIT, "a whole number")
        elif kind == "flag":
            self.columns[field] = self.flag(field, raw)
        else:
            self.columns[field] = self.instant(field, raw, column, file)

    # -- by type -------------------------------------------------------------------------------

    def text(self, field: str, raw: pa.Array) -> pa.Array:
        many = field in ("fact_id", "reported_fact")
        if many and not isinstance(raw, pa.DictionaryArray):
            values = raw if pa.types.is_string(raw.type) else _texts(raw)
            self._words(field, values, values, None)
            return pc.if_else(pc.equal(values, ""), None, values)
        coded = raw if isinstance(raw, pa.DictionaryArray) else pc.dictionary_encode(raw)
        words = coded.dictionary if pa.types.is_string(coded.dictionary.type) else _texts(coded.dictionary)
        words = pc.if_else(pc.equal(words, ""), None, words)
        places = coded.indices
        if words.null_count:
            places = pc.if_else(pc.is_null(words).take(places), None, places)
        self._words(field, words, coded, places)
        return pa.DictionaryArray.from_arrays(places.cast(pa.int32()), words)

    def _words(self, field: str, words: pa.Array, shown_from: pa.Array, places: pa.Array | None) -> None:
        """Whether the words have the form their field asks for; only distinct words are looked at."""
        if field in _IDS:
            pattern, what = ID_PATTERN, "1 to 128 characters without spaces"
        elif field in _COUNTRIES:
            pattern, what = COUNTRY_PATTERN, "two capitals, as CN"
        else:
            pattern, what = r"^[^\x00]{1,128}$", "1 to 128 characters"
        fits = pc.fill_null(pc.match_substring_regex(words, pattern.replace("{1,128}", "+")), True)
        fits = pc.and_(fits, pc.fill_null(pc.less_equal(pc.utf8_length(words), 128), True))
        bad_words = ~fits.to_numpy(zero_copy_only=False)
        if field == "currency":
            bad_words |= np.array([w is not None and w not in money.currencies() for w in words.to_pylist()], np.bool_)
            what = "an ISO 4217 code in use, as CNY"
        if not bad_words.any():
            return
        if places is None:
            bad = bad_words
        else:
            bad = np.append(bad_words, False)[pc.fill_null(places, len(bad_words)).to_numpy(zero_copy_only=False)]
        self.reject(bad, field, lambda i: f"{shown(str(shown_from[i].as_py()))} is not {what}", f"give {FIELDS[field].en}")

    def integer(self, field: str, raw: pa.Array, low: int, high: int, what: str) -> pa.Array:
        numbers, bad = _numbers(raw)
        whole = np.where(np.isfinite(numbers), numbers, 0.0)
        bad |= ~_null(raw) & ~np.isfinite(numbers)
        self.reject(bad, field, lambda i: f"{shown(str(raw[i].as_py()))} is not a number", f"give {what}")
        self.reject(whole != np.floor(whole), field, lambda i: f"{shown(str(raw[i].as_py()))} is not whole", f"give {what}")
        outside = (whole < low) | (whole > high)
        self.reject(outside, field, lambda i: f"{shown(str(raw[i].as_py()))} is not within {low} … {high}", f"give {what}")
        exact = raw.cast(pa.int64()) if pa.types.is_integer(raw.type) else pa.array(np.where(outside, 0, whole).astype(np.int64))
        return _with_nulls(exact, bad | _null(raw))

    def money(self, field: str, raw: pa.Array, unit: str) -> pa.Array:
        signed = FIELDS[field].signed
        numbers, bad = _numbers(raw)
        null = _null(raw)
        bad |= ~null & ~np.isfinite(numbers)
        told = f"give {FIELDS[field].en} as a number"
        self.reject(bad, field, lambda i: f"{shown(str(raw[i].as_py()))} is not an amount", told)
        numbers = np.where(np.isfinite(numbers), numbers, 0.0)
        if not signed:
            below = numbers < 0
            remedy = "the kind carries the direction: give the amount without sign (refund, payment_reversed …)"
            self.reject(below, field, lambda i: f"{raw[i].as_py()} is negative", remedy)
        if unit == "major":
            scale = self._scale("original_currency" if field == "original_amount" else "currency")
            numbers = numbers * scale
            near = np.rint(numbers)
            off = np.abs(numbers - near) > 1e-6 * np.maximum(1.0, np.abs(numbers) * 1e-6)
            self.reject(off, field, lambda i: f"{raw[i].as_py()} has more places than its currency", "round it to the currency's smallest unit")
            numbers = near
        else:
            off = numbers != np.floor(numbers)
            self.reject(off, field, lambda i: f"{raw[i].as_py()} is not whole", "give whole minor units, or map the column with unit: major")
        huge = np.abs(numbers) > money.MAX_MINOR
        self.reject(huge, field, lambda i: f"{raw[i].as_py()} is beyond any account ({money.MAX_MINOR} minor units)", "check the unit")
        exact = np.where(huge, 0, numbers).astype(np.int64)
        return _with_nulls(pa.array(exact), bad | null)

    def _scale(self, field: str) -> NDArray[np.float64]:
        """10^exponent of each row's currency; 100 where the row has none."""
        column = self.columns.get(field)
        if column is None:
            return np.full(self.n, 100.0)
        words = column.dictionary.to_pylist()
        known = money.currencies()
        scales = np.array([10.0 ** money.exponent(w) if w in known else 100.0 for w in words] + [100.0])
        return scales[pc.fill_null(column.indices, len(words)).to_numpy(zero_copy_only=False)]

    def flag(self, field: str, raw: pa.Array) -> pa.Array:
        if pa.types.is_boolean(raw.type):
            return raw
        coded = pc.dictionary_encode(raw)
        words = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False, "": None}
        given = [str(v).strip().lower() if v is not None else "" for v in coded.dictionary.to_pylist()]
        wrong = np.array([v not in words for v in given] + [False])
        places = pc.fill_null(coded.indices, len(given)).to_numpy(zero_copy_only=False)
        self.reject(wrong[places], field, lambda i: f"{shown(str(raw[i].as_py()))} is neither true nor false", "give true or false, 1 or 0")
        table = pa.array([words.get(v) for v in given] + [None], pa.bool_())
        return table.take(pa.array(places))

    def instant(self, field: str, raw: pa.Array, column: Column, file: str) -> pa.Array:
        micros, bad, why = _instants(raw, column, file)
        zoned = "give the zone, as 2026-01-31T08:00:00+08:00" + ("" if pa.types.is_string(raw.type) else ", or map the column with zone:")
        self.reject(bad, field, lambda i: why(raw[i].as_py()), zoned)
        outside = (micros < instant.EARLIEST) | (micros > instant.LATEST)
        outside &= ~_null(raw) & ~bad
        self.reject(outside, field, lambda i: f"{raw[i].as_py()} is not between 1900 and 2100", "check the unit of the time")
        micros = np.where(outside | bad, 0, micros)
        return _with_nulls(pa.array(micros).view(ARROW["instant"]), bad | _null(raw))

    # -- across columns ------------------------------------------------------------------------

    def kinds(self) -> None:
        """Every row has a known kind, what that kind needs, and nothing that kind does not have."""
        column = self.columns.get("kind")
        words: list[str] = [] if column is None else column.dictionary.to_pylist()
        places = np.full(self.n, len(words)) if column is None else pc.fill_null(column.indices, len(words)).to_numpy(zero_copy_only=False)
        words = [*(w or "" for w in words), ""]
        strange = np.array([w not in KINDS for w in words])
        if strange.any():
            for i, word in enumerate(words):
                if strange[i] and (bad := places == i).any():
                    what = f"unknown kind {shown(word)}" if word else "the kind is missing"
                    self.reject(bad, "kind", what, did_you_mean(word, KINDS) or "the kinds are listed by `tocsin facts kinds`")
        known = [w if w in KINDS else None for w in words]
        for field in sorted(set().union(*(required(w) for w in known if w))):
            needs = np.array([w is not None and field in required(w) for w in known])[places]
            missing = needs & (np.ones(self.n, np.bool_) if field not in self.columns else _null(self.columns[field]))
            self.reject(missing, field, lambda i: f"a {words[places[i]]} needs {field}", f"give {FIELDS[field].en}")
        for field, values in self.columns.items():
            may = np.array([w is None or field in allowed(w) for w in known])
            if not may.all():
                extra = ~may[places] & ~_null(values)
                self.reject(extra, field, lambda i: f"a {words[places[i]]} has no {field}", "leave it out, or check the kind")

    def times(self, terms: Terms) -> None:
        """Nothing is known before it happened, lies in the future, or comes later than the policy waits."""
        occurred = _micros(self.columns.get("occurred_at"), self.n)
        recorded = self.columns.get("recorded_at")
        known = occurred if recorded is None else np.where(_null(recorded), occurred, _micros(recorded, self.n))
        known = np.maximum(known, occurred)
        self.reject(
            known > terms.now + _FUTURE,
            "occurred_at",
            lambda i: f"{instant.written(int(known[i]))} lies in the future",
            "check the clock and the zone of the source",
        )
        if terms.lateness is not None:
            late = known - occurred
            self.reject(
                late > terms.lateness,
                "recorded_at",
                lambda i: f"it came {duration.spoken(int(late[i]), 'en')} late, the policy waits {duration.written(terms.lateness or 0)}",
                "raise 'lateness' in the policy",
            )
        self.columns["recorded_at"] = pa.array(known).view(ARROW["instant"])

    def currency(self, wanted: str) -> None:
        column = self.columns.get("currency")
        if column is None:
            return
        words = [*column.dictionary.to_pylist(), None]
        other = np.array([w is not None and w != wanted for w in words])
        places = pc.fill_null(column.indices, len(words) - 1).to_numpy(zero_copy_only=False)
        remedy = f"convert it to {wanted} and keep the original in original_amount and original_currency"
        self.reject(other[places], "currency", lambda i: f"the policy reckons in {wanted}, this is {words[places[i]]}", remedy)

    def facts(self, extra: dict[str, pa.Array]) -> tuple[pa.RecordBatch, list[Reject]]:
        names = [*(name for name in FIELDS if name in self.columns), *extra]
        columns = [self.columns[n] if n in self.columns else extra[n] for n in names]
        batch = pa.RecordBatch.from_arrays(columns, names=names)
        if not self.good.all():
            batch = batch.filter(pa.array(self.good))
        return batch, sorted(self.rejects, key=lambda reject: reject.row)


def _null(values: pa.Array) -> Mask:
    if values.null_count == 0 and not pa.types.is_null(values.type):
        return np.zeros(len(values), np.bool_)
    mask: Mask = pc.is_null(values).to_numpy(zero_copy_only=False)
    return mask


def _with_nulls(values: pa.Array, null: Mask) -> pa.Array:
    return pc.if_else(pa.array(null), None, values) if null.any() else values


def _texts(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type):
        return pa.array([None if v is None else f"{v:.0f}" if v == v and v == int(v) else str(v) for v in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def _micros(values: pa.Array | None, n: int) -> NDArray[np.int64]:
    if values is None:
        return np.zeros(n, np.int64)
    numbers: NDArray[np.int64] = pc.fill_null(values.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return numbers


def _numbers(raw: pa.Array) -> tuple[NDArray[np.float64], Mask]:
    """float64 with NaN for null, and which rows are no numbers at all."""
    bad = np.zeros(len(raw), np.bool_)
    if pa.types.is_boolean(raw.type) or pa.types.is_timestamp(raw.type):
        return np.full(len(raw), np.nan), ~_null(raw)
    if pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type):
        trimmed = pc.utf8_trim_whitespace(raw)
        number = pc.match_substring_regex(trimmed, r"^[-+]?(\d+(\.\d*)?|\.\d+)$")
        bad = ~pc.fill_null(number, True).to_numpy(zero_copy_only=False) & ~pc.fill_null(pc.equal(trimmed, ""), False).to_numpy(zero_copy_only=False)
        raw = pc.if_else(pc.fill_null(number, False), trimmed, None)
    numbers: NDArray[np.float64] = pc.fill_null(raw.cast(pa.float64(), safe=False), np.nan).to_numpy(zero_copy_only=False)
    return numbers.astype(np.float64), bad


def _instants(raw: pa.Array, column: Column, file: str) -> tuple[NDArray[np.int64], Mask, object]:
    """Microseconds UTC, which rows could not be read, and a sentence for one of them."""
    none = np.zeros(len(raw), np.bool_)
    if pa.types.is_timestamp(raw.type):
        micros = pc.fill_null(raw.cast(pa.timestamp("us", tz=raw.type.tz), safe=False).view(pa.int64()), 0).to_numpy(zero_copy_only=False)
        if raw.type.tz is None:
            if column.zone is None:
                raise Refused(Problem(f"the times of {column.field} have no zone", file, "map the column with 'zone: UTC' or the zone they are in"))
            micros = _from_local(micros, column.zone)
        return micros, none, str
    if pa.types.is_integer(raw.type) or pa.types.is_floating(raw.type):
        if column.unit is None:
            raise Refused(Problem(f"the times of {column.field} are numbers", file, "map the column with 'unit: seconds', milliseconds or microseconds"))
        scale = {"seconds": 1e6, "milliseconds": 1e3, "microseconds": 1.0}[column.unit]
        numbers, bad = _numbers(raw)
        bad |= ~_null(raw) & ~(np.abs(numbers * scale) < 9e18)
        return np.where(bad | np.isnan(numbers), 0, numbers * scale).astype(np.int64), bad, lambda v: f"{shown(str(v))} is not a time"
    texts = raw if pa.types.is_string(raw.type) else _texts(raw)
    try:
        cast = texts.cast(pa.timestamp("us", tz="UTC"))
        return pc.fill_null(cast.view(pa.int64()), 0).to_numpy(zero_copy_only=False), none, str
    except pa.ArrowInvalid:
        return _parsed(texts, column)


def _parsed(texts: pa.Array, column: Column) -> tuple[NDArray[np.int64], Mask, object]:
    micros, bad = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    for i, text in enumerate(texts.to_pylist()):
        if text is None:
            continue
        try:
            time = datetime.fromisoformat(text.strip())
            if time.tzinfo is None and column.zone is not None:
                time = time.replace(tzinfo=instant.zone(column.zone))
            micros[i] = instant.micros(time)
        except (ValueError, OverflowError):
            bad[i] = True
    return micros, bad, lambda v: f"{shown(str(v))} has no zone" if _zoneless(str(v)) else f"{shown(str(v))} is not an RFC 3339 time"


def _zoneless(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is None
    except ValueError:
        return False


def _from_local(micros: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Wall-clock times of a zone to instants; where the clock is set back, the first of the two."""
    _, shifts = instant.offsets(zone)
    result = micros - shifts[0]
    for shift in sorted(set(shifts.tolist())):
        guess = micros - shift
        fits = instant.locals_of(guess, zone) == micros
        result = np.where(fits, guess, result)
    return result

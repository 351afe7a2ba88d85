"""A batch of rows on its way to facts: the columns read so far, and the rows that are set aside, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts.columns import Floats, Mask, Read, nulls
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, allowed, required
from tocsin.facts.schema import ARROW
from tocsin.values import duration, instant, money
from tocsin.values.problem import did_you_mean, shown

ROW, LABEL, SEQUENCE = "_row", "label", "_sequence"
"""Columns beside the facts: place in the file, the truth to judge by, order within an instant."""
_FUTURE = 86_400_000_000
"""A source's clock may run ahead by a day."""


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


class Reading:
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
        guesses = Guesses(KINDS, "the kinds are listed by `tocsin facts kinds`")
        strange = np.array([word not in KINDS for word in words])
        for i in np.flatnonzero(strange[places] & self.good).tolist():
            word = words[places[i]]
            what = "the kind is missing" if word is None else f"unknown kind {shown(word)}"
            self.set_aside(i, "kind", what, guesses[word or ""])
        known = [word if word in KINDS else None for word in words]

        def of(template: str) -> Callable[[int], str]:
            return lambda i: template.format(words[places[i]])

        for field in sorted(set[str]().union(*(required(word) for word in known if word))):
            needs = np.array([word is not None and field in required(word) for word in known])[places]
            missing = needs & nulls(self.columns[field]) if field in self.columns else needs
            self.reject(missing, field, of(f"a {{}} needs {field}"), f"give {field} ({FIELDS[field].en})")
        for field, values in self.columns.items():
            may = np.array([word is None or field in allowed(word) for word in known])
            if not may.all():
                extra = ~may[places] & ~nulls(values)
                self.reject(extra, field, of(f"a {{}} has no {field}"), "leave it out, or check the kind")

    def times(self, terms: Terms) -> None:
        """Nothing is known before it happened, lies in the future, or comes later than the policy waits."""
        occurred = self.micros("occurred_at")
        known = np.maximum(occurred, self.micros("recorded_at"))

        def ahead(times: NDArray[np.int64]) -> Callable[[int], str]:
            return lambda i: f"{instant.written(int(times[i]))} lies in the future"

        for field, times in (("occurred_at", occurred), ("recorded_at", known)):
            remedy = "check the clock and the zone of the source"
            self.reject(times > terms.now + _FUTURE, field, ahead(times), remedy)
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
        micros: NDArray[np.int64] = pc.fill_null(column.view(pa.int64()), instant.EARLIEST).to_numpy(
            zero_copy_only=False
        )
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


class Guesses(dict[str, str]):
    """What to do about a strange word: the known one it resembles. Only for the first hundred, as looking is slow."""

    def __init__(self, known: Iterable[str], otherwise: str) -> None:
        super().__init__()
        self.known, self.otherwise = list(known), otherwise

    def __missing__(self, word: str) -> str:
        if len(self) == 100:
            return self.otherwise
        self[word] = did_you_mean(word, self.known) or self.otherwise
        return self[word]

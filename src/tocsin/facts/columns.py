"""One column of a file to one column of facts, and what is wrong in it.

Columnar: a million rows are checked by a few passes over a column, and only the rows that fail are
looked at one by one. What becomes of a value never depends on the rows around it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import COUNTRY_PATTERN, ID_PATTERN, WHOLE_LIMIT
from tocsin.values import money
from tocsin.values.problem import shown

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
IDS = ("fact_id", "account", "customer", "merchant", "device", "counterparty", "reported_fact")
SPREAD = ("fact_id", "reported_fact")
"""Texts that hardly repeat: kept as they are, where others are coded by a dictionary."""
_COUNTRIES = ("country", "home_country")


class Unfit(Exception):
    """The type of a whole column fits no field: (what is wrong, what to do)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows that hold no fact, why for each of them, and what to do."""

    rows: Mask
    why: Callable[[int], str]
    remedy: str


Read = tuple[pa.Array, list[Fault]]


def plain(raw: pa.Array) -> pa.Array:
    """A column in one of the few types that are read: string (coded or not), number, bool, time, null."""
    kind = raw.type
    if isinstance(raw, pa.DictionaryArray):
        words = plain(raw.dictionary)
        return pa.DictionaryArray.from_arrays(raw.indices, words) if _is_text(words) else words.take(raw.indices)
    try:
        if kind in (pa.binary(), pa.large_binary(), pa.large_string(), pa.string_view(), pa.binary_view()):
            raw = raw.cast(pa.string())
        if _is_text(raw):
            raw.validate(full=True)
            return raw
    except pa.ArrowInvalid:
        raise Unfit("holds bytes that are not UTF-8", "write it as UTF-8 text") from None
    if any(fits(kind) for fits in (pa.types.is_null, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating)):
        return raw
    if any(fits(kind) for fits in (pa.types.is_decimal, pa.types.is_timestamp, pa.types.is_date)):
        return raw
    raise Unfit(f"holds values of type {kind}", "write it as text, whole numbers, decimals or times")


def nulls(values: pa.Array) -> Mask:
    if values.null_count == 0 and not pa.types.is_null(values.type):
        return np.zeros(len(values), np.bool_)
    mask: Mask = pc.is_null(values).to_numpy(zero_copy_only=False)
    return mask


def with_nulls(values: pa.Array, null: Mask) -> pa.Array:
    return pc.if_else(pa.array(null), None, values) if null.any() else values


def texts(values: pa.Array) -> pa.Array:
    """Values as their texts, without blanks around; 1.0 is '1', '' and what is no finite number are null."""
    if isinstance(values, pa.DictionaryArray):
        return texts(values.dictionary).take(values.indices)
    if pa.types.is_floating(values.type):
        values = pa.array([written(v) for v in values.to_pylist()], pa.string())
    elif not _is_text(values):
        decimal = pa.types.is_decimal(values.type)
        values = values.cast(pa.string())
        if decimal:
            values = pc.replace_substring_regex(values, r"\.0*$|(\.\d*[1-9])0+$", r"\1")
    else:
        values = pc.ascii_trim_whitespace(values)
    return with_nulls(values, pc.fill_null(pc.equal(values, ""), False).to_numpy(zero_copy_only=False))


def seen(raw: pa.Array, i: int) -> str:
    """One value as a message shows it."""
    one = raw.slice(i, 1)
    if isinstance(raw, pa.DictionaryArray):
        one = one.dictionary_decode()
    return shown(one.cast(pa.string())[0].as_py())


def renamed(values: pa.Array, words: dict[str, str]) -> pa.Array:
    """The file's words replaced by ours; a word that is not named stays."""
    coded = pc.dictionary_encode(texts(values))
    ours = pa.array([words.get(word, word) for word in coded.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(coded.indices, ours)


# -- by type ---------------------------------------------------------------------------------------


def text(field: str, raw: pa.Array) -> Read:
    """Words in the form their field asks for; only distinct words are looked at."""
    if field in SPREAD:
        words = texts(raw)
        return words, _misfits(field, words, raw, None)
    coded = raw if isinstance(raw, pa.DictionaryArray) else pc.dictionary_encode(raw)
    words, places = texts(coded.dictionary), coded.indices.cast(pa.int32())
    if words.null_count:
        places = with_nulls(places, pc.fill_null(pc.is_null(words).take(places), True).to_numpy(zero_copy_only=False))
    read = pa.DictionaryArray.from_arrays(places, words)
    if words.null_count:
        read = read.dictionary_decode().dictionary_encode()
    return read, _misfits(field, words, raw, places)


def _misfits(field: str, words: pa.Array, raw: pa.Array, places: pa.Array | None) -> list[Fault]:
    if field in IDS:
        pattern, what, remedy = ID_PATTERN, "no id", "write 1 to 128 characters without spaces"
    elif field in _COUNTRIES:
        pattern, what, remedy = COUNTRY_PATTERN, "no country", "write two capitals, as CN"
    else:
        pattern, what, remedy = r"^[^\x00-\x1f]{1,128}$", "no plain text", "write 1 to 128 printable characters"
    fits = pc.fill_null(pc.match_substring_regex(words, pattern.replace("{1,128}", "+")), True)
    fits = pc.and_(fits, pc.fill_null(pc.less_equal(pc.utf8_length(words), 128), True))
    bad: Mask = ~fits.to_numpy(zero_copy_only=False)
    if FIELDS[field].domain == "currency":
        known, what, remedy = money.currencies(), "no currency in use", "write an ISO 4217 code, as CNY"
        bad |= np.array([w is not None and w not in known for w in words.to_pylist()], np.bool_)
    if not bad.any():
        return []
    if places is not None:
        bad = np.append(bad, False)[pc.fill_null(places.cast(pa.int64()), len(bad)).to_numpy(zero_copy_only=False)]
    return [Fault(bad, lambda i: f"{seen(raw, i)} is {what}", remedy)]


def whole(field: str, raw: pa.Array) -> Read:
    numbers, bad = numbers_of(raw)
    null = np.isnan(numbers)
    numbers = np.where(null | bad, 0.0, numbers)
    uneven, outside = numbers != np.floor(numbers), np.abs(numbers) > WHOLE_LIMIT
    told = f"give {field} ({FIELDS[field].en}) as a whole number"
    exact = pa.array(np.where(outside, 0, numbers).astype(np.int64))
    return with_nulls(exact, bad | null), [
        Fault(bad, lambda i: f"{seen(raw, i)} is not a number", told),
        Fault(uneven, lambda i: f"{seen(raw, i)} is not whole", told),
        Fault(outside, lambda i: f"{seen(raw, i)} is not within {-WHOLE_LIMIT} … {WHOLE_LIMIT}", told),
    ]


def amount(field: str, raw: pa.Array, major: bool, scale: Floats | float) -> Read:
    """Money in minor units. `scale` is 10^places of each row's currency, for amounts in major units."""
    if raw.type in (pa.float16(), pa.float32()):
        raise Unfit(f"holds money as {raw.type}, too coarse", "write it as double, decimal or whole minor units")
    numbers, bad = numbers_of(raw)
    null = np.isnan(numbers)
    numbers = np.where(null | bad, 0.0, numbers) * (scale if major else 1.0)
    near = np.rint(numbers)
    if major:
        uneven, why = np.abs(numbers - near) > 1e-6 + 1e-15 * np.abs(numbers), "has more places than its currency"
        remedy = "round it to the currency's smallest unit"
    else:
        uneven, why, remedy = (
            numbers != near,
            "is not whole",
            "give whole minor units, or map the column with unit: major",
        )
    huge = np.abs(near) > money.MAX_MINOR
    faults = [
        Fault(bad, lambda i: f"{seen(raw, i)} is not an amount", f"give {field} ({FIELDS[field].en}) as a plain number")
    ]
    if not FIELDS[field].signed:
        kind = "the kind carries the direction: give the amount without sign (refund, payment_reversed …)"
        faults.append(Fault(numbers < 0, lambda i: f"{seen(raw, i)} is negative", kind))
    faults += [
        Fault(uneven, lambda i: f"{seen(raw, i)} {why}", remedy),
        Fault(
            huge, lambda i: f"{seen(raw, i)} is beyond any account ({money.MAX_MINOR} minor units)", "check the unit"
        ),
    ]
    return with_nulls(pa.array(np.where(huge, 0, near).astype(np.int64)), bad | null), faults


_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def flag(raw: pa.Array) -> Read:
    if pa.types.is_boolean(raw.type):
        return raw, []
    coded = pc.dictionary_encode(texts(raw))
    words = [*coded.dictionary.to_pylist(), None]
    places = pc.fill_null(coded.indices, len(words) - 1)
    wrong = np.array([w is not None and w.lower() not in _FLAGS for w in words])[places.to_numpy(zero_copy_only=False)]
    table = pa.array([None if w is None else _FLAGS.get(w.lower()) for w in words], pa.bool_())
    remedy = "give true or false, 1 or 0"
    return table.take(places), [Fault(wrong, lambda i: f"{seen(raw, i)} is neither true nor false", remedy)]


def numbers_of(raw: pa.Array) -> tuple[Floats, Mask]:
    """float64 with NaN for null, and which rows are no plain finite number."""
    kind = raw.type
    if pa.types.is_null(kind):
        return np.full(len(raw), np.nan), np.zeros(len(raw), np.bool_)
    if pa.types.is_boolean(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return np.full(len(raw), np.nan), ~nulls(raw)
    if isinstance(raw, pa.DictionaryArray) or _is_text(raw):
        raw = texts(raw)
        written = pc.fill_null(pc.match_substring_regex(raw, r"^[-+]?(\d+(\.\d*)?|\.\d+)$"), False)
        bad = ~written.to_numpy(zero_copy_only=False) & ~nulls(raw)
        raw = pc.if_else(written, raw, None)
    else:
        bad = np.zeros(len(raw), np.bool_)
    null = nulls(raw)
    numbers: Floats = pc.fill_null(raw.cast(pa.float64(), safe=False), np.nan).to_numpy(zero_copy_only=False)
    return numbers, bad | (~null & ~np.isfinite(numbers))


def _is_text(values: pa.Array) -> bool:
    return bool(pa.types.is_string(values.type))


def written(number: float | None) -> str | None:
    """A number as an id: 1.0 is '1', NaN and infinity are none."""
    if number is None or not math.isfinite(number):
        return None
    return f"{number:.0f}" if number == number // 1 else str(number)

"""Times as files write them, to instants: RFC 3339 text, timestamps, epoch numbers, local time with a zone."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.facts.columns import Fault, Mask, Read, Unfit, nulls, numbers_of, seen, texts, with_nulls
from tocsin.facts.schema import ARROW
from tocsin.values import instant

Micros = NDArray[np.int64]
_SCALES = {"seconds": 1e6, "milliseconds": 1e3, "microseconds": 1.0}
_TICKS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d(?::\d\d(?::\d\d)?)?)(?:\.(\d+))?([Zz]|[+-]\d\d(?::?[0-5]\d)?)?)?", re.ASCII
)
_TELL = "write it as 2026-01-31T08:00:00+08:00"
_BAD = np.iinfo(np.int64).min


def instants(raw: pa.Array, unit: str | None, zone: str | None, fixed: bool) -> Read:
    """A column of times to instants. `zone`: that of times without one; `unit`: that of numbers since 1970.

    `fixed`: the column has one type in the whole file, so a wrong one is a mistake of the file. Of an hour
    that happens twice, as clocks go back, the first is taken; one that never happens is refused.
    """
    null, none = nulls(raw), np.zeros(len(raw), np.bool_)
    local = missing = bad = none
    if pa.types.is_timestamp(raw.type):
        micros = _ticks(raw)
        local = none if raw.type.tz is not None else ~null
        if local.any() and zone is None:
            raise Unfit("has times without a zone", "map it with 'zone: UTC', or the zone they are in")
    elif pa.types.is_integer(raw.type) or pa.types.is_floating(raw.type) or pa.types.is_decimal(raw.type):
        if unit is None and fixed:
            raise Unfit("has numbers for times", "map it with 'unit: seconds', milliseconds or microseconds")
        micros, bad = _since(raw, unit)
    else:
        words = texts(raw)
        null = nulls(words)
        micros, local, bad = _written(words, zone)
        if unit is not None and bad.any():
            numbers, strange = _since(words, unit)
            micros, bad = np.where(bad, numbers, micros), bad & strange
    if zone is None:
        missing, local = local, none
    micros, gap = _from_local(micros, zone, local) if zone is not None and local.any() else (micros, none)
    outside = ((micros < instant.EARLIEST) | (micros > instant.LATEST)) & ~(null | bad | missing | gap)
    exact = pa.array(np.where(outside | bad, 0, micros)).view(ARROW["instant"])
    return with_nulls(exact, null | bad | missing | gap), [
        Fault(bad, lambda i: _why(seen(raw, i), unit), f"{_TELL}, or map the column with unit: where it is a number"),
        Fault(missing, lambda i: f"{seen(raw, i)} has no zone", f"{_TELL}, or map the column with zone:"),
        Fault(gap, lambda i: f"{seen(raw, i)} never was in {zone}, where clocks went forward", "check the zone"),
        Fault(outside, lambda i: f"{seen(raw, i)} is not between 1900 and 2100", "check the year, or the unit"),
    ]


def _why(value: str, unit: str | None) -> str:
    if ":60" in value:
        return f"{value} is no time, or a leap second, which cannot be held"
    number = unit is None and re.fullmatch(r"'[-+]?\d+(\.\d*)?'", value) is not None
    return f"{value} is a number without a unit" if number else f"{value} is not an RFC 3339 time"


def _ticks(raw: pa.Array) -> Micros:
    """Timestamps of any unit in microseconds; far ones stay far, where multiplying them would wrap around."""
    ticks: Micros = pc.fill_null(raw.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
    if raw.type.unit == "ns":
        return ticks // 1_000
    scale = _TICKS[raw.type.unit]
    limit = 4 * instant.LATEST // scale
    return np.clip(ticks, -limit, limit) * scale


def _since(raw: pa.Array, unit: str | None) -> tuple[Micros, Mask]:
    """Numbers since 1970 in microseconds."""
    numbers, bad = numbers_of(raw)
    limit = 4.0 * instant.LATEST
    micros = np.clip(np.nan_to_num(numbers) * _SCALES[unit or "seconds"], -limit, limit)
    return np.rint(micros).astype(np.int64), bad if unit is not None else ~nulls(raw)


def _written(words: pa.Array, zone: str | None) -> tuple[Micros, Mask, Mask]:
    """Texts to microseconds (of the wall clock where they have no zone), which those are, which are no times.

    Arrow reads a whole column where every text is regular; else each text is read by itself.
    """
    none, null = np.zeros(len(words), np.bool_), nulls(words)
    for kind in (pa.timestamp("us", tz="UTC"), pa.timestamp("us"))[: 1 if zone is None else 2]:
        try:
            micros = pc.fill_null(words.cast(kind).view(pa.int64()), 0).to_numpy(zero_copy_only=False)
            return micros, none if kind.tz else ~null, none
        except pa.ArrowInvalid:
            continue
    micros, local = np.zeros(len(words), np.int64), none.copy()
    for i, word in enumerate(words.to_pylist()):
        if word is not None:
            micros[i], local[i] = _parsed(word)
    return micros, local, micros == _BAD


def _parsed(word: str) -> tuple[int, bool]:
    """Microseconds, and whether the text has no zone. A seventh decimal place rounds."""
    match = _FORM.fullmatch(word)
    if match is None or (match[3] and match[2].count(":") < 2):
        return _BAD, False
    day, clock, fraction, zone = match.groups()
    try:
        time = datetime.fromisoformat(f"{day}T{clock or '00'}{(zone or 'Z').upper()}")
        tenths = int(((fraction or "") + "0000000")[:7])
        return instant.micros(time) + (tenths + 5) // 10, zone is None
    except (ValueError, OverflowError):
        return _BAD, False


def _from_local(micros: Micros, zone: str, local: Mask) -> tuple[Micros, Mask]:
    """Wall-clock times of a zone to instants, and which of them never were."""
    found, result = ~local, micros
    for shift in sorted(set(instant.offsets(zone)[1].tolist())):
        guess = micros - shift
        fits = local & (instant.locals_of(guess, zone) == micros)
        result, found = np.where(fits, guess, result), found | fits
    return result, ~found

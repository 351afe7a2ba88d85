"""Durations: whole microseconds, written as a person would: '10 minutes', '90 days'."""

from __future__ import annotations

import re

MICROS = {
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
    "year": 31_536_000_000_000,
}
"""A day is 24 hours and a year 365 days: a sliding window has one length, not a calendar's."""

_FORM = re.compile(r"\s*(\d+)\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)


def parse(text: str) -> int:
    """'24 hours' to microseconds. ValueError says what a duration looks like."""
    match = _FORM.fullmatch(text)
    unit = match[2].lower().removesuffix("s") if match else ""
    if unit == "month":
        raise ValueError(f"{text!r}: a month has no fixed length; write it in days, as '30 days'")
    if match is None or unit not in MICROS:
        raise ValueError(
            f"{text!r} is not a duration; write a number and a unit, as '10 minutes', '24 hours' or '90 days'"
        )
    value = int(match[1]) * MICROS[unit]
    if value > 100 * MICROS["year"]:
        raise ValueError(f"{text!r} is longer than 100 years")
    return value


def written(microseconds: int) -> str:
    """The shortest exact writing: 86400000000 is '24 hours', 7776000000000 '90 days'."""
    for unit in ("week", "day", "hour", "minute", "second"):
        size = MICROS[unit]
        if unit == "week" or microseconds % size or (unit == "day" and microseconds < 2 * size):
            continue
        count = microseconds // size
        return f"{count} {unit}" + ("" if count == 1 else "s")
    return f"{microseconds / 1_000_000:g} seconds"


def written_zh(microseconds: int) -> str:
    """The same in Chinese: '24小时', '90天'."""
    names = {"second": "秒", "minute": "分钟", "hour": "小时", "day": "天"}
    count, _, unit = written(microseconds).partition(" ")
    return count + names[unit.removesuffix("s")]


def spoken(microseconds: float, language: str) -> str:
    """An observed elapsed time for a person, rounded to its two largest units."""
    names = {
        "en": ((86_400, " d"), (3_600, " h"), (60, " min"), (1, " s")),
        "zh": ((86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒")),
    }[language]
    seconds = round(abs(microseconds) / 1_000_000)
    parts: list[str] = []
    for size, name in names:
        count, seconds = divmod(seconds, size)
        if count or (size == 1 and not parts):
            parts.append(f"{count}{name}")
        if len(parts) == 2:
            break
    sign = "−" if microseconds < 0 else ""
    return sign + (" " if language == "en" else "").join(parts)

"""The assessment of a restriction: how long it is to last, factor by factor, and what would shorten it.

Each factor says its value, its effect in days and why. The days are those of the hold and the effects added up, no fewer
than its least and no more than its most; a factor may bar release while it holds, or end the restriction at once. What
would shorten it is found by assessing again with that one thing done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tocsin.credit.restriction.terms import Factor, Hold, Line, Need, Release, Values
from tocsin.values.calendar import DAY

_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Found:
    """What a factor comes to. `value`: of the feature it shows."""

    factor: str
    value: float | str | None
    days: int
    bars: bool
    ends: bool
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """`days` from the imposition; `barred`: not to be released while this is so; `ends`: to be released at once."""

    days: int
    barred: bool
    ends: bool
    factors: tuple[Found, ...]

    def release_at(self, at: int, now: int) -> int | None:
        """When a restriction imposed at `at` may end, by this alone; None while it is barred (µs UTC)."""
        if self.barred:
            return None
        return min(at + self.days * DAY, now) if self.ends else at + self.days * DAY

    def written(self) -> bytes:
        """The factors as JSON."""
        said = [
            {"factor": one.factor, "value": one.value, "days": one.days, "bars": one.bars, "ends": one.ends, "en": one.en, "zh": one.zh}
            for one in self.factors
        ]  # fmt: skip
        return _encode(said)


NO_EFFECT = Line(-1, {"en": "Nothing in it lengthens or shortens the wait", "zh": "该因素不延长也不缩短等待"})
UNKNOWN = Line(-1, {"en": "It is not known, so it has no effect", "zh": "尚无数据,不影响等待时间"})


def assess(hold: Hold, values: Values, release: Release, truths: tuple[bool, ...] | None = None) -> Assessment:
    """Values are of the features that `release` reads; `truths` of its conditions where they are known."""
    truths = release.truths(values) if truths is None else truths
    found = tuple(_found(factor, values, truths) for factor in release.factors)
    ends = any(one.ends for one in found)
    barred = any(one.bars for one in found) and not ends
    days = hold.days + sum(one.days for one in found)
    return Assessment(min(max(days, hold.least), hold.most), barred, ends, found)


def _found(factor: Factor, values: Values, truths: tuple[bool, ...]) -> Found:
    value = values.get(factor.shows)
    for line in factor.lines:
        if line.when < 0 or truths[line.when]:
            break
    else:
        line = UNKNOWN if value is None else NO_EFFECT
    en, zh = line.say["en"], line.say["zh"]
    if "{" in en or "{" in zh:
        en, zh = _filled(en, value), _filled(zh, value)
    return Found(factor.name, value, line.days, line.bars, line.ends, en, zh)


def _filled(text: str, value: float | str | None) -> str:
    share = shown(value) if value is None or isinstance(value, str) else f"{value:.0%}"
    return text.replace("{value}", shown(value)).replace("{value:percent}", share)


def shown(value: float | str | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else f"{value:.2f}"


def done(values: Values, needs: Mapping[str, Need], names: tuple[str, ...]) -> Values:
    """The values once these things were done by the customer."""
    changed = dict(values)
    for name in names:
        changed |= {name: 1.0, **dict(needs[name].means)}
    return changed


def shortens(hold: Hold, values: Values, release: Release, names: tuple[str, ...], at: int, now: int) -> int:
    """By how many days the wait would be shorter, were these things done now: whole days, rounded down.

    Where it is barred, and would not be, that counts as the longest that the hold may last.
    """
    before = assess(hold, values, release)
    then = assess(hold, done(values, release.needs, names), release)
    was = before.release_at(at, now) if not before.barred else at + hold.most * DAY
    will = then.release_at(at, now) if not then.barred else at + hold.most * DAY
    assert was is not None and will is not None
    return max(max(was, now) - max(will, now), 0) // DAY

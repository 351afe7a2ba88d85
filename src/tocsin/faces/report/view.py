"""What the page is about: the summary and the run, typed, with the names a reader knows them by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

import msgspec

from tocsin.faces.report.markup import Both, say
from tocsin.faces.report.words import count, day
from tocsin.insight.backtest import DayLine, LevelCard, RuleCard, Summary
from tocsin.insight.detection import Threshold


@dataclass(frozen=True)
class Meta:
    """The run beside its figures.

    `version` and `digest` are the policy's; levels and rules are those given to the tally, in the same
    order; `language` is shown first.
    """

    title: dict[str, str]
    policy: str
    version: str | int
    digest: str
    currency: str
    source: str
    read: int
    rejected: int
    duplicates: int
    seconds: float
    levels: list[LevelCard]
    rules: list[RuleCard]
    language: Literal["en", "zh"] = "en"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Days drawn as one column: `first` up to, not including, `end`."""

    first: date
    end: date
    facts: int
    warnings: list[int]
    busiest: int
    name: Both


@dataclass(frozen=True)
class View:
    summary: Summary
    meta: Meta

    @classmethod
    def of(cls, summary: dict[str, object], meta: dict[str, object]) -> View:
        """Plain data, checked. msgspec.ValidationError names the field that is wrong or missing."""
        return cls(msgspec.convert(summary, Summary), msgspec.convert(meta, Meta, from_attributes=True))

    @property
    def first(self) -> date:
        return date.fromisoformat(self.summary.days[0].day)

    @property
    def last(self) -> date:
        return date.fromisoformat(self.summary.days[-1].day)

    @property
    def top(self) -> int:
        return len(self.meta.levels)

    @property
    def labelled(self) -> bool:
        """Whether there is anything to be right about: facts with a label, and some of them bad."""
        return self.summary.detection is not None and self.summary.detection.bad > 0

    def level(self, level: int) -> Both:
        """1..L by its label."""
        card = self.meta.levels[level - 1]
        return both(card.label, card.name)

    def levels(self, levels: Sequence[int]) -> Both:
        """Names of levels that coincide on a chart; 0 is all, above the highest nothing."""
        outer = {0: Both("all", "全部"), self.top + 1: Both("nothing", "全不处理")}
        names = [outer.get(level) or self.level(level) for level in levels]
        return Both(", ".join(name.en for name in names), "、".join(name.zh for name in names))

    def acting(self, level: int) -> Both:
        """A threshold as an act: 0 acts on everything, above the highest level on nothing."""
        if level == 0:
            return Both("act on everything", "全部处理")
        if level > self.top:
            return Both("act on nothing", "全不处理")
        if level == self.top:
            return say("act on {level} only", "只处理{level}", level=self.level(level))
        return say("act from {level} up", "处理{level}及以上", level=self.level(level))

    def sentence(self, rule: int) -> Both:
        card = self.meta.rules[rule]
        return both(card.say, card.name)

    def balanced(self) -> Threshold | None:
        """The level with the highest F1: the one to quote where only one can be quoted."""
        figures = self.summary.detection
        if figures is None or not figures.bad:
            return None
        return max(figures.thresholds[1:-1], key=lambda threshold: (threshold.f1 or 0, threshold.level))

    def buckets(self) -> list[Bucket]:
        """Days up to two months, else weeks from Monday up to about fourteen months, else months."""
        length = (self.last - self.first).days + 1
        unit = "day" if length <= 62 else "week" if length <= 434 else "month"
        return [
            _bucket(start, unit, list(lines))
            for start, lines in groupby(self.summary.days, lambda line: _start(line, unit))
        ]


def both(text: dict[str, str], fallback: str) -> Both:
    en = text.get("en") or text.get("zh") or fallback
    return Both(en, text.get("zh") or en)


def hex_colour(text: str) -> str:
    """A colour from a policy file goes into a style sheet, so it is a hex colour or it is grey."""
    return text if re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", text) else "#888888"


def _start(line: DayLine, unit: str) -> date:
    at = date.fromisoformat(line.day)
    return at if unit == "day" else at - timedelta(days=at.weekday()) if unit == "week" else at.replace(day=1)


def _bucket(start: date, unit: str, lines: list[DayLine]) -> Bucket:
    end = start + timedelta(days=1 if unit == "day" else 7)
    name = day(start)
    if unit == "week":
        name = say("week of {day}", "{day}起一周", day=name)
    if unit == "month":
        end = (start + timedelta(days=31)).replace(day=1)
        name = Both(f"{start:%Y-%m}", f"{start.year}年{start.month}月")
    warnings = [sum(column) for column in zip(*(line.warnings for line in lines), strict=True)]
    busiest = max(line.warned_accounts for line in lines)
    return Bucket(start, end, sum(line.facts for line in lines), warnings, busiest, name)


def warnings_of(number: int) -> Both:
    return count(number, "warning", "warnings", "条预警")

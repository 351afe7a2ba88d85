"""What a policy would have done: a backtest's outcomes folded into one summary, in bounded memory.

Memory grows with accounts (one bit per rule and account), with days and with distinct scores,
never with facts; only the 40 newest days keep a row per account. The summary does not depend on
how the stream was cut into batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from tocsin.insight.days import Day, OpenDays, days_of, iso
from tocsin.insight.detection import Detection, Figures
from tocsin.insight.rules import RuleCard, RuleCounts, RuleLine, Within, reaching
from tocsin.values.instant import written

__all__ = ["Assessed", "LevelCard", "RuleCard", "Summary", "Tally", "Warned"]

CHUNK = 1 << 16
"""Facts counted at once: keeps sums of money within 63 bits and temporary arrays small."""


@dataclass(frozen=True)
class LevelCard:
    """A warning level as a person sees it: label (en, zh), CSS hex colour."""

    name: str
    label: dict[str, str]
    colour: str


@dataclass
class Assessed:
    """Facts in order of recorded time, with what the policy made of them.

    time: int64[n] microseconds UTC (occurred_at); key: int64[n] dense code of the account, -1 none;
    amount: int64[n] minor units, 0 where none; fired: int64[n, words], bit r % 62 of word r // 62 set
    where rule r fired; fired_level: int8[n] highest level among fired rules, 0 none; score: int32[n]
    points of the fired rules; level: int8[n] level of the account after the fact; label: int8[n]
    1 bad, 0 good, -1 unknown.
    """

    time: np.ndarray
    key: np.ndarray
    amount: np.ndarray
    fired: np.ndarray
    fired_level: np.ndarray
    score: np.ndarray
    level: np.ndarray
    label: np.ndarray

    def part(self, start: int, stop: int) -> Assessed:
        return Assessed(*(getattr(self, name)[start:stop] for name in self.__dataclass_fields__))


@dataclass
class Warned:
    """Warnings raised: time int64[m], rule int32[m], level int8[m] (1..L), key int64[m] (-1 none)."""

    time: np.ndarray
    rule: np.ndarray
    level: np.ndarray
    key: np.ndarray


@dataclass(frozen=True, slots=True)
class Totals:
    """`first` and `last` are RFC 3339. Lists by level start at the lowest level; `accounts_at_level`
    counts accounts by the highest level they reached and starts at 0, never warned."""

    facts: int
    accounts: int
    first: str | None
    last: str | None
    days: int
    warnings: int
    warnings_by_level: list[int]
    warnings_by_rule: list[int]
    accounts_at_level: list[int]


@dataclass(frozen=True, slots=True)
class DayLine:
    """A local day with a fact or a warning. `warned_accounts` is its workload; `warned_by_level`
    splits it by the highest level an account was warned at that day."""

    day: str
    facts: int
    warnings: list[int]
    warned_accounts: int
    warned_by_level: list[int]


@dataclass(frozen=True, slots=True)
class Workload:
    """Accounts warned on a day, over the days listed: half of the days have `median` or fewer, nine in
    ten `p90` or fewer; the busiest had `highest`."""

    median: int
    p90: int
    highest: int


@dataclass(frozen=True, slots=True)
class Summary:
    """`late_warnings` came more than 40 days late and are missing from `warned_accounts` alone.
    `detection` is None where the run has no labels."""

    timezone: str
    totals: Totals
    days: list[DayLine]
    workload: Workload
    late_warnings: int
    rules: list[RuleLine]
    within: list[Within]
    detection: Figures | None


class Tally:
    """Folds a backtest into a summary. Feed it with `add` and `warn`, in order of recorded time."""

    def __init__(self, levels: Sequence[LevelCard], rules: Sequence[RuleCard], timezone: str, labelled: bool) -> None:
        self._levels, self._timezone = len(levels), timezone
        self._facts = 0
        self._first: int | None = None
        self._last: int | None = None
        self._peak = np.full(0, -1, np.int8)
        self._rules = RuleCounts(rules)
        self._day_facts: Counter[int] = Counter()
        self._day_warnings: dict[int, np.ndarray] = {}
        self._warned = OpenDays()
        self._warned_by_level: dict[int, list[int]] = {}
        self._detection = Detection(len(levels)) if labelled else None

    def add(self, facts: Assessed) -> None:
        for start in range(0, len(facts.time), CHUNK):
            self._add(facts.part(start, start + CHUNK))

    def _add(self, facts: Assessed) -> None:
        day = days_of(facts.time, self._timezone)
        for number, count in zip(*(column.tolist() for column in np.unique(day, return_counts=True)), strict=True):
            self._day_facts[number] += count
        first, last = int(facts.time.min()), int(facts.time.max())
        self._first = first if self._first is None else min(self._first, first)
        self._last = last if self._last is None else max(self._last, last)
        has = facts.key >= 0
        if has.any():
            self._peak = reaching(self._peak, int(facts.key.max()) + 1, -1)
            np.maximum.at(self._peak, facts.key[has], facts.level[has])
        self._rules.add(facts.fired, facts.key, facts.amount, facts.label)
        if self._detection is not None:
            at = np.flatnonzero(facts.label >= 0)
            self._detection.add(
                day[at],
                facts.key[at],
                facts.amount[at],
                facts.fired_level[at],
                facts.score[at],
                facts.label[at] == 1,
                self._facts + at,
            )
        self._facts += len(facts.time)

    def warn(self, warnings: Warned) -> None:
        if not len(warnings.time):
            return
        day = days_of(warnings.time, self._timezone)
        level = warnings.level.astype(np.int64)
        numbers, place = np.unique(day, return_inverse=True)
        cells = np.bincount(place * self._levels + level - 1, minlength=len(numbers) * self._levels)
        for number, counts in zip(numbers.tolist(), cells.reshape(-1, self._levels), strict=True):
            self._day_warnings[number] = self._day_warnings.get(number, 0) + counts
        self._rules.warn(warnings.rule)
        has = warnings.key >= 0
        nothing = np.zeros(int(has.sum()), np.int64)
        for closed in self._warned.add(day[has], warnings.key[has], level[has], nothing, nothing):
            self._warned_by_level[closed.day] = self._workload(closed)

    def _workload(self, day: Day) -> list[int]:
        counts: list[int] = np.bincount(day.best, minlength=self._levels + 1)[1:].tolist()
        return counts

    def summary(self) -> dict[str, object]:
        """The summary so far, as plain data: the fields of `Summary`. More may be added afterwards."""
        warned = self._warned_by_level | {day.day: self._workload(day) for day in self._warned.waiting()}
        none, detection = [0] * self._levels, self._detection
        days = [
            DayLine(
                day=iso(number),
                facts=self._day_facts[number],
                warnings=np.asarray(self._day_warnings.get(number, none)).tolist(),
                warned_accounts=sum(warned.get(number, none)),
                warned_by_level=warned.get(number, none),
            )
            for number in sorted(self._day_facts.keys() | self._day_warnings.keys())
        ]
        rules = self._rules.lines(*((detection.bad, detection.facts) if detection else (0, 0)))
        by_level = np.array([day.warnings for day in days], np.int64).reshape(len(days), self._levels).sum(axis=0)
        reached = np.bincount(self._peak[self._peak >= 0], minlength=self._levels + 1)
        totals = Totals(
            facts=self._facts,
            accounts=int(reached.sum()),
            first=None if self._first is None else written(self._first),
            last=None if self._last is None else written(self._last),
            days=len(days),
            warnings=int(by_level.sum()),
            warnings_by_level=by_level.tolist(),
            warnings_by_rule=[line.warnings for line in rules],
            accounts_at_level=reached.tolist(),
        )
        load = sorted(day.warned_accounts for day in days) or [0]
        median, p90 = load[(len(load) - 1) // 2], load[(9 * len(load) - 1) // 10]
        return asdict(
            Summary(
                timezone=self._timezone,
                totals=totals,
                days=days,
                workload=Workload(median, p90, load[-1]),
                late_warnings=self._warned.late,
                rules=rules,
                within=self._rules.within(),
                detection=detection.figures() if detection else None,
            )
        )

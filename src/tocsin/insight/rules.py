"""What each rule of a policy did: how often it fired, on whom, how often rightly, and whether it was needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.insight.detection import ratio

WORD = 62
"""Rules per 64-bit word of a fired mask."""


@dataclass(frozen=True)
class RuleCard:
    """A rule as a person sees it: the level it raises (1..L), its points, one sentence (en, zh)."""

    name: str
    level: int
    points: int
    say: dict[str, str]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """`fires`: facts on which the rule fired; `alone`: those on which no other rule did; `accounts`:
    on which it ever fired. Of the facts with a label: `judged` fires, the `bad` ones among them and
    their money, the `bad_alone` ones; precision bad / judged, recall of all bad, lift over the base rate."""

    name: str
    level: int
    points: int
    fires: int
    warnings: int
    accounts: int
    alone: int
    judged: int
    bad: int
    bad_alone: int
    bad_amount: int
    precision: float | None
    recall: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class Within:
    """Wherever rule `rule` fired, rule `other` fired too; `same` where also the other way round."""

    rule: str
    other: str
    same: bool


class RuleCounts:
    """Accumulates fires and warnings, in pieces of any size. One bit per rule and account."""

    def __init__(self, rules: Sequence[RuleCard]) -> None:
        self._rules = list(rules)
        self._fires = np.zeros((len(rules), len(rules)), np.int64)
        self._alone, self._judged, self._bad, self._bad_alone = np.zeros((4, len(rules)), np.int64)
        self._bad_amount = [0] * len(rules)
        self._warnings = np.zeros(len(rules), np.int64)
        self._seen = np.zeros((len(rules) // WORD + 1, 0), np.int64)

    def add(self, fired: np.ndarray, key: np.ndarray, amount: np.ndarray, label: np.ndarray) -> None:
        """fired int64[n, words], key int64[n], amount int64[n] (their sum must fit 63 bits), label int8[n];
        n below 2^24, so that counts are exact in float32."""
        at = np.flatnonzero(fired.any(axis=1))
        if not len(at):
            return
        fired, key, amount, label = fired[at], key[at], amount[at], label[at]
        known = key >= 0
        if known.any():
            self._seen = reaching(self._seen, int(key.max()) + 1, 0)
            for word in range(fired.shape[1]):
                np.bitwise_or.at(self._seen[word], key[known], fired[known, word])
        rule = np.arange(len(self._rules))
        bits = (fired[:, rule // WORD] >> (rule % WORD) & 1).astype(np.float32)
        single, bad = bits.sum(axis=1) == 1, label == 1
        # Counted bit by bit: a matrix product would start BLAS threads, and these spin where others need the cores.
        sets = np.packbits(bits.T != 0, axis=1)
        self._fires += np.stack([np.bitwise_count(sets & one).sum(axis=1, dtype=np.int64) for one in sets])
        self._alone += _counts(bits[single])
        self._judged += _counts(bits[label >= 0])
        self._bad += _counts(bits[bad])
        self._bad_alone += _counts(bits[bad & single])
        money = amount[bad] @ bits[bad].astype(np.int64)
        self._bad_amount = [total + more for total, more in zip(self._bad_amount, money.tolist(), strict=True)]

    def warn(self, rule: np.ndarray) -> None:
        """rule int32[m], -1 where no rule raised the warning."""
        self._warnings += np.bincount(rule[rule >= 0], minlength=len(self._rules))

    def lines(self, all_bad: int, all_judged: int) -> list[RuleLine]:
        """One line per rule, in the policy's order; `all_bad` and `all_judged` count facts with a label."""
        return [self._line(number, all_bad, all_judged) for number in range(len(self._rules))]

    def _line(self, number: int, all_bad: int, all_judged: int) -> RuleLine:
        rule, judged, bad = self._rules[number], int(self._judged[number]), int(self._bad[number])
        return RuleLine(
            name=rule.name,
            level=rule.level,
            points=rule.points,
            fires=int(self._fires[number, number]),
            warnings=int(self._warnings[number]),
            accounts=int((self._seen[number // WORD] >> (number % WORD) & 1).sum()),
            alone=int(self._alone[number]),
            judged=judged,
            bad=bad,
            bad_alone=int(self._bad_alone[number]),
            bad_amount=self._bad_amount[number],
            precision=ratio(bad, judged),
            recall=ratio(bad, all_bad),
            lift=ratio(bad * all_judged, judged * all_bad),
        )

    def within(self) -> list[Within]:
        """Pairs of rules where the one never fired without the other; a pair that is the same is named once."""
        fires = self._fires.diagonal()
        pairs = np.argwhere((self._fires == fires[:, None]) & (fires[:, None] > 0)).tolist()
        return [
            Within(self._rules[rule].name, self._rules[other].name, bool(fires[rule] == fires[other]))
            for rule, other in pairs
            if rule != other and (fires[rule] < fires[other] or rule > other)
        ]


def _counts(bits: np.ndarray) -> np.ndarray:
    counts: np.ndarray = bits.sum(axis=0).astype(np.int64)
    return counts


def reaching(array: np.ndarray, size: int, fill: int) -> np.ndarray:
    """The array with room for `size` accounts on its last axis, doubled so that growing stays cheap."""
    have = array.shape[-1]
    if size <= have:
        return array
    room = np.full((*array.shape[:-1], max(size, 2 * have) - have), fill, array.dtype)
    return np.concatenate((array, room), axis=-1)

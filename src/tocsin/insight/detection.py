"""How well warnings single out the facts that turned out bad: the labelled figures of a backtest.

Everything is counted exactly, in integers, while facts stream by; only ratios are floats. A ratio
without a denominator is None. Money is in minor units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.insight.days import Day, OpenDays, iso

TOP = 100
"""Cards an investigation team can look at in a day."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Acting on every fact whose fired level is at least `level`.

    `level` 0 acts on everything, one above the highest level acts on nothing. `caught` and
    `missed` are the money of bad facts acted on and not acted on.
    """

    level: int
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    precision: float | None
    recall: float | None
    f1: float | None
    alert_rate: float | None
    caught: int
    missed: int
    amount_recall: float | None

    @property
    def acted(self) -> int:
        return self.true_positives + self.false_positives


@dataclass(frozen=True, slots=True)
class PrPoint:
    """Acting on every fact with at least this score."""

    score: int
    recall: float
    precision: float
    alerts: int


@dataclass(frozen=True, slots=True)
class CardDay:
    """`cards` seen that day and not known to be compromised, the `compromised` among them, and how
    many of those were `found` among the top cards. `precision` is found / TOP."""

    day: str
    cards: int
    compromised: int
    found: int
    precision: float


@dataclass(frozen=True, slots=True)
class CardPrecision:
    """Mean over days; `ceiling` is the mean a perfect ranking of each day would reach. Facts more
    than 40 days `late` are not in it."""

    top: int
    mean: float | None
    ceiling: float | None
    late: int
    days: list[CardDay]


@dataclass(frozen=True, slots=True)
class Best:
    """The cheapest threshold while one review costs `at_least` or more and less than `below`."""

    level: int
    at_least: int
    below: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Facts with a label; `until` is a telling end of the review-cost axis of the cost curve."""

    facts: int
    bad: int
    base_rate: float | None
    bad_amount: int
    thresholds: list[Threshold]
    average_precision: float | None
    roc_auc: float | None
    precision_recall: list[PrPoint]
    card_precision: CardPrecision
    best: list[Best]
    until: int


class Detection:
    """Accumulates labelled facts, in order of arrival and in pieces of any size."""

    def __init__(self, levels: int) -> None:
        self._confusion = np.zeros((levels + 1, 2), np.int64)
        self._amounts = [0] * (levels + 1)
        self._scores: dict[int, list[int]] = {}
        self._cards = TopCards()

    @property
    def bad(self) -> int:
        return int(self._confusion[:, 1].sum())

    @property
    def facts(self) -> int:
        return int(self._confusion.sum())

    def add(
        self,
        day: np.ndarray,
        key: np.ndarray,
        amount: np.ndarray,
        fired_level: np.ndarray,
        score: np.ndarray,
        bad: np.ndarray,
        order: np.ndarray,
    ) -> None:
        """Columns of labelled facts: local days, account codes (-1 none), minor units (their sum must
        fit 63 bits), 0..L, points, bool, place in the stream."""
        levels = len(self._amounts)
        cell = fired_level.astype(np.int64) * 2 + bad
        self._confusion += np.bincount(cell, minlength=2 * levels).reshape(levels, 2)
        bad_level, bad_amount = fired_level[bad], amount[bad]
        for level in range(levels):
            self._amounts[level] += int(bad_amount[bad_level == level].sum())
        for column, rows in enumerate((~bad, bad)):
            scores, counts = np.unique(score[rows], return_counts=True)
            for points, count in zip(scores.tolist(), counts.tolist(), strict=True):
                self._scores.setdefault(points, [0, 0])[column] += count
        has = key >= 0
        self._cards.add(day[has], key[has], score[has], order[has], bad[has])

    def figures(self) -> Figures:
        levels = len(self._amounts) - 1
        thresholds = [self._threshold(level) for level in range(levels + 2)]
        missed, acted = [t.missed for t in thresholds], [t.acted for t in thresholds]
        best = cheapest(missed, acted)
        return Figures(
            facts=self.facts,
            bad=self.bad,
            base_rate=ratio(self.bad, self.facts),
            bad_amount=sum(self._amounts),
            thresholds=thresholds,
            average_precision=average_precision(self._scores),
            roc_auc=roc_auc(self._scores),
            precision_recall=precision_recall(self._scores),
            card_precision=self._cards.result(),
            best=best,
            until=_until(best),
        )

    def _threshold(self, level: int) -> Threshold:
        negatives, positives = (int(n) for n in self._confusion[level:].sum(axis=0))
        bad, good = self.bad, self.facts - self.bad
        caught, missed = sum(self._amounts[level:]), sum(self._amounts[:level])
        return Threshold(
            level=level,
            true_positives=positives,
            false_positives=negatives,
            false_negatives=bad - positives,
            true_negatives=good - negatives,
            precision=ratio(positives, positives + negatives),
            recall=ratio(positives, bad),
            f1=ratio(2 * positives, positives + negatives + bad),
            alert_rate=ratio(positives + negatives, self.facts),
            caught=caught,
            missed=missed,
            amount_recall=ratio(caught, caught + missed),
        )


class TopCards:
    """Card precision@100 (Le Borgne, Siblini, Lebichot and Bontempi, *Reproducible Machine Learning
    for Credit Card Fraud Detection*, ULB 2022, chapter 4.4).

    For each day with a labelled fact: every card's highest score that day, cards found bad in the
    top list of an earlier day removed, the 100 highest; the share of these 100 places that hold a
    card with a bad fact that day (the divisor is 100 even where fewer cards are left). Equal scores
    are ordered by which card appeared first that day, in order of arrival.
    """

    def __init__(self) -> None:
        self._open = OpenDays()
        self._found = np.empty(0, np.int64)
        self._days: list[CardDay] = []

    def add(self, day: np.ndarray, key: np.ndarray, score: np.ndarray, order: np.ndarray, bad: np.ndarray) -> None:
        for closed in self._open.add(day, key, score, order, bad):
            self._found, line = _ranked(closed, self._found)
            self._days.append(line)

    def result(self) -> CardPrecision:
        days, found = list(self._days), self._found
        for day in self._open.waiting():
            found, line = _ranked(day, found)
            days.append(line)
        hits, possible = sum(day.found for day in days), sum(min(day.compromised, TOP) for day in days)
        places = TOP * len(days)
        return CardPrecision(TOP, ratio(hits, places), ratio(possible, places), self._open.late, days)


def _ranked(day: Day, known: np.ndarray) -> tuple[np.ndarray, CardDay]:
    """The day's line, and the cards known to be compromised after it."""
    fresh = ~np.isin(day.key, known)
    key, best, first, bad = day.key[fresh], day.best[fresh], day.first[fresh], day.bad[fresh]
    top = np.lexsort((first, -best.astype(np.int64)))[:TOP]
    found = key[top][bad[top]]
    line = CardDay(iso(day.day), len(key), int(bad.sum()), len(found), len(found) / TOP)
    return np.concatenate((known, found)), line


def _until(best: Sequence[Best]) -> int:
    """A little beyond the last change of the cheapest threshold; where that one is ten times farther
    out than the change before it, twice that one, so that the near ones can be told apart."""
    changes = [piece.at_least for piece in best]
    if len(changes) > 2 and changes[-1] > 10 * changes[-2]:
        return 2 * changes[-2]
    return changes[-1] * 5 // 4 + 1


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def average_precision(scores: Mapping[int, Sequence[int]]) -> float | None:
    """Sum over distinct scores, from the highest, of the gain in recall times the precision reached
    (scikit-learn's `average_precision_score`). `scores` maps a score to its good and bad facts."""
    bad = sum(counts[1] for counts in scores.values())
    hits = alerts = 0
    total = 0.0
    for score in sorted(scores, reverse=True):
        hits += scores[score][1]
        alerts += sum(scores[score])
        total += scores[score][1] * hits / alerts
    return total / bad if bad else None


def roc_auc(scores: Mapping[int, Sequence[int]]) -> float | None:
    """The chance that a bad fact scores above a good one, ties counting half (Mann and Whitney)."""
    good_below = halves = bad = 0
    for score in sorted(scores):
        goods, bads = scores[score]
        halves += bads * (2 * good_below + goods)
        good_below += goods
        bad += bads
    return ratio(halves, 2 * good_below * bad)


def precision_recall(scores: Mapping[int, Sequence[int]]) -> list[PrPoint]:
    """One point per distinct score, from the highest; none where nothing is bad."""
    bad = sum(counts[1] for counts in scores.values())
    points: list[PrPoint] = []
    hits = alerts = 0
    for score in sorted(scores, reverse=True) if bad else ():
        hits += scores[score][1]
        alerts += sum(scores[score])
        points.append(PrPoint(score, hits / bad, hits / alerts, alerts))
    return points


def cheapest(missed: Sequence[int], acted: Sequence[int]) -> list[Best]:
    """Which threshold costs least, for every whole review cost from 0 up.

    The cost of threshold t is `missed[t]` + review cost x `acted[t]`: a line over the review cost,
    so the answer is the lower envelope of the lines (Drummond and Holte, *Cost curves*, Machine
    Learning 65, 2006), with crossings rounded up to whole minor units. Among equal costs the
    threshold that acts least wins, then the highest.
    """
    pieces: list[Best] = []
    cost: int | None = 0
    while cost is not None:
        at = cost
        best = min(range(len(acted)), key=lambda t: (missed[t] + at * acted[t], acted[t], -t))
        lazier = [t for t in range(len(acted)) if acted[t] < acted[best]]
        crossings = [-((missed[best] - missed[t]) // (acted[best] - acted[t])) for t in lazier]
        cost = min(crossings, default=None)
        pieces.append(Best(best, at, cost))
    return pieces

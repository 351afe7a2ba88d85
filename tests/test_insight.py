"""A backtest's summary against plain-Python oracles that share no code with it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.insight import days as open_days
from tocsin.insight.backtest import Assessed, LevelCard, RuleCard, Tally, Warned
from tocsin.insight.detection import average_precision, cheapest, precision_recall, roc_auc
from tocsin.insight.rules import WORD

ZONE = "America/New_York"  # summer time begins inside the range below
START = int(datetime(2026, 1, 20, tzinfo=ZoneInfo(ZONE)).timestamp()) * 1_000_000
LEVELS = [LevelCard(name, {"en": name, "zh": name}, "#888888") for name in ("blue", "orange", "red")]
RULES = [RuleCard(f"rule_{n}", n % 3 + 1, (3, 5, 5, 8)[n % 4], {"en": "", "zh": ""}) for n in range(WORD + 3)]
USED = (0, 1, 2, 5, WORD, WORD + 1)  # rules that may fire: on both sides of a word's end


@dataclass(frozen=True)
class Row:
    time: int
    key: int
    amount: int
    fired: frozenset[int]
    label: int
    warned: int

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.time / 1e6, ZoneInfo(ZONE)).date().isoformat()

    @property
    def level(self) -> int:
        return max((RULES[rule].level for rule in self.fired), default=0)

    @property
    def score(self) -> int:
        return sum(RULES[rule].points for rule in self.fired)


@st.composite
def streams(draw: st.DrawFn) -> list[Row]:
    """Facts that move forward through some 150 days, most on time, some late, a few far too late."""
    rows, now = [], 0
    for _ in range(draw(st.integers(0, 40))):
        now += draw(st.sampled_from((0, 0, 1, 7, 24, 24 * 9)))
        late = draw(st.sampled_from((0, 0, 0, 24 * 3, 24 * 40, 24 * 41)))
        fired = draw(st.frozensets(st.sampled_from(USED), max_size=3))
        warned = draw(st.sampled_from(sorted(fired) or [-1]))
        amount, label = draw(st.integers(0, 10**13)), draw(st.sampled_from((-1, 0, 0, 1)))
        key = draw(st.integers(-1, 4))
        rows.append(Row(START + max(now - late, 0) * 3_600_000_000, key, amount, fired, label, warned))
    return rows


def assessed(rows: list[Row]) -> Assessed:
    fired = np.zeros((len(rows), len(RULES) // WORD + 1), np.int64)
    for place, row in enumerate(rows):
        for rule in row.fired:
            fired[place, rule // WORD] |= 1 << rule % WORD
    types = {"time": "i8", "key": "i8", "amount": "i8", "level": "i1", "score": "i4", "label": "i1"}
    column = {name: np.array([getattr(row, name) for row in rows], kind) for name, kind in types.items()}
    return Assessed(fired=fired, fired_level=column["level"], **column)


def warned(rows: list[Row]) -> Warned:
    raised = [row for row in rows if row.warned >= 0]
    return Warned(
        np.array([row.time for row in raised], np.int64), np.array([row.warned for row in raised], np.int32),
        np.array([RULES[row.warned].level for row in raised], np.int8), np.array([row.key for row in raised], np.int64),
    )  # fmt: skip


def tallied(rows: list[Row], cuts: list[int], labelled: bool = True) -> dict[str, Any]:
    tally = Tally(LEVELS, RULES, ZONE, labelled)
    for start, stop in pairwise([0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]):
        tally.add(assessed(rows[start:stop]))
        tally.warn(warned(rows[start:stop]))
    return tally.summary()


def on_time(rows: list[Row]) -> list[Row]:
    """Rows not more than 40 days older than the newest day before them."""
    kept, newest = [], "0001-01-01"
    for row in rows:
        newest = max(newest, row.day)
        if (datetime.fromisoformat(newest) - datetime.fromisoformat(row.day)).days <= 40:
            kept.append(row)
    return kept


def top_cards(rows: list[Row]) -> list[tuple[str, int, int, int]]:
    """The handbook's loop over days: (day, cards left, compromised among them, found in the top 100)."""
    known: set[int] = set()
    lines = []
    judged = on_time([row for row in rows if row.label >= 0 and row.key >= 0])
    for day in sorted({row.day for row in judged}):
        best: dict[int, int] = {}
        bad = set()
        for row in judged:
            if row.day == day and row.key not in known:
                best[row.key] = max(best.get(row.key, 0), row.score)
                bad |= {row.key} if row.label == 1 else set()
        top = sorted(best, key=lambda key: -best[key])[:100]  # a stable sort: the dict is in order of appearance
        found = [key for key in top if key in bad]
        lines.append((day, len(best), len(bad), len(found)))
        known |= set(found)
    return lines


@pytest.fixture(autouse=True, scope="module")
def _small_pieces() -> Any:
    """Merge and close days after every few rows, so that short streams exercise folding too."""
    before, open_days.PENDING = open_days.PENDING, 2
    yield
    open_days.PENDING = before


@given(streams(), st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=120, deadline=None)
def test_a_summary_is_what_a_slow_reader_would_count(rows: list[Row], cuts: list[int]) -> None:
    summary = tallied(rows, cuts)
    assert summary == tallied(rows, [])
    totals, figures = summary["totals"], summary["detection"]
    raised = [row for row in rows if row.warned >= 0]
    assert totals["facts"] == len(rows)
    assert totals["accounts"] == len({row.key for row in rows if row.key >= 0})
    assert totals["warnings_by_level"] == [
        sum(RULES[row.warned].level == level for row in raised) for level in (1, 2, 3)
    ]
    days: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        days[row.day].append(row)
    load = []
    timely = on_time([row for row in raised if row.key >= 0])
    assert summary["late_warnings"] == len([row for row in raised if row.key >= 0]) - len(timely)
    for line in summary["days"]:
        here = days.pop(line["day"])
        assert line["facts"] == len(here)
        assert sum(line["warnings"]) == sum(row.warned >= 0 for row in here)
        load.append(len({row.key for row in timely if row.day == line["day"]}))
        assert line["warned_accounts"] == load[-1] == sum(line["warned_by_level"])
    assert not days
    assert summary["workload"]["median"] == median_low(load or [0])
    assert sum(busy <= summary["workload"]["p90"] for busy in load) * 10 >= 9 * len(load)
    assert sum(busy < summary["workload"]["p90"] for busy in load) * 10 < 9 * len(load) or not load

    judged = [row for row in rows if row.label >= 0]
    bad = [row for row in judged if row.label == 1]
    for number, rule in enumerate(summary["rules"]):
        on = [row for row in rows if number in row.fired]
        assert rule["fires"] == len(on)
        assert rule["alone"] == sum(row.fired == {number} for row in on)
        assert rule["accounts"] == len({row.key for row in on if row.key >= 0})
        assert rule["warnings"] == sum(row.warned == number for row in rows)
        right, all_judged = sum(row.label == 1 for row in on), sum(row.label >= 0 for row in on)
        assert (rule["bad"], rule["judged"]) == (right, all_judged)
        assert rule["bad_amount"] == sum(row.amount for row in on if row.label == 1)
        assert rule["bad_alone"] == sum(row.fired == {number} for row in on if row.label == 1)
        if all_judged and bad:
            assert rule["lift"] == pytest.approx((right / all_judged) / (len(bad) / len(judged)))
    pairs = {(a, b) for a in USED for b in USED if a != b and any(a in row.fired for row in rows)}
    inside = {(a, b) for a, b in pairs if all(b in row.fired for row in rows if a in row.fired)}
    named = {(RULES[a].name, RULES[b].name) for a, b in inside if (b, a) not in inside or a > b}
    assert {(pair["rule"], pair["other"]) for pair in summary["within"]} == named

    for threshold in figures["thresholds"]:
        acted = [row for row in judged if row.level >= threshold["level"]]
        hits = [row for row in acted if row.label == 1]
        assert threshold["true_positives"] == len(hits)
        assert threshold["false_positives"] == len(acted) - len(hits)
        assert threshold["false_negatives"] == len(bad) - len(hits)
        assert threshold["true_negatives"] == len(judged) - len(acted) - len(bad) + len(hits)
        assert threshold["caught"] == sum(row.amount for row in hits)
        assert threshold["missed"] == sum(row.amount for row in bad) - threshold["caught"]
    cards = figures["card_precision"]
    expected = top_cards(rows)
    assert [(d["day"], d["cards"], d["compromised"], d["found"]) for d in cards["days"]] == expected
    if expected:
        assert cards["mean"] == pytest.approx(sum(line[3] / 100 for line in expected) / len(expected))


def test_of_equal_scores_the_card_seen_first_comes_first() -> None:
    """101 cards score the same; the bad one is last by code, and found only when it appeared early enough."""
    for place, found in ((0, 1), (99, 1), (100, 0)):
        keys = list(range(100))
        keys.insert(place, 100)
        again = [*keys, *reversed(keys)]
        rows = [Row(START + n, key, 1, frozenset({1}), int(key == 100), -1) for n, key in enumerate(again)]
        day = tallied(rows, [90])["detection"]["card_precision"]["days"][0]
        assert (day["cards"], day["compromised"], day["found"]) == (101, 1, found)


@given(st.lists(st.tuples(st.integers(-3, 6), st.booleans()), max_size=30))
@settings(deadline=None)
def test_ranking_figures_follow_their_definitions_with_ties(facts: list[tuple[int, bool]]) -> None:
    scores: dict[int, list[int]] = {}
    for score, bad in facts:
        scores.setdefault(score, [0, 0])[bad] += 1
    bads, goods = [s for s, bad in facts if bad], [s for s, bad in facts if not bad]
    wins = sum((b > g) + (b == g) / 2 for b in bads for g in goods)
    assert roc_auc(scores) == (pytest.approx(wins / (len(bads) * len(goods))) if bads and goods else None)
    area, recall, points = 0.0, 0.0, []
    for cut in sorted({score for score, _ in facts}, reverse=True) if bads else []:
        alerts = [bad for score, bad in facts if score >= cut]
        points.append((cut, sum(alerts) / len(bads), sum(alerts) / len(alerts)))
        area += (points[-1][1] - recall) * points[-1][2]
        recall = points[-1][1]
    assert average_precision(scores) == (pytest.approx(area) if bads else None)
    assert [(point.score, point.recall, point.precision) for point in precision_recall(scores)] == points


def test_ranking_figures_agree_with_scikit_learn_where_it_publishes_them() -> None:
    """The example in the documentation of average_precision_score and roc_auc_score."""
    scores = {10: [1, 0], 40: [1, 0], 35: [0, 1], 80: [0, 1]}
    assert average_precision(scores) == pytest.approx(0.8333333333)
    assert roc_auc(scores) == 0.75


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=6))
def test_the_cheapest_threshold_is_cheapest_at_every_review_cost(steps: list[tuple[int, int]]) -> None:
    """Thresholds act on ever fewer facts and miss ever more; the last acts on none."""
    missed = np.cumsum([0, *(money for money, _ in steps)]).tolist()
    acted = np.cumsum([0, *(facts for _, facts in steps)]).tolist()[::-1]
    pieces = cheapest(missed, acted)
    assert pieces[0].at_least == 0
    assert pieces[-1].below is None
    assert all(one.below == other.at_least > one.at_least for one, other in pairwise(pieces))
    for cost in range(200):
        best = min(range(len(acted)), key=lambda t: (missed[t] + cost * acted[t], acted[t], -t))
        (piece,) = [one for one in pieces if one.at_least <= cost and (one.below is None or cost < one.below)]
        assert piece.level == best


def test_memory_holds_some_eighty_days_whatever_the_length_of_the_stream() -> None:
    """The 41 open days, and as much again that waits to be merged."""
    table = open_days.OpenDays()
    closed = 0
    for day in range(400):
        column = np.full(30, day, np.int64)
        closed += len(table.add(column, np.arange(30), column, column, column > 0))
        assert len(table.waiting()) <= 2 * 41
    assert closed + len(table.waiting()) == 400


def test_without_labels_there_is_nothing_to_be_right_about() -> None:
    rows = [Row(START, 1, 5, frozenset({0}), -1, 0)]
    summary = tallied(rows, [], labelled=False)
    assert summary["detection"] is None
    assert summary["rules"][0]["precision"] is None
    figures = tallied(rows, [])["detection"]
    assert (figures["facts"], figures["average_precision"], figures["roc_auc"]) == (0, None, None)

"""Charts of how right the warnings were: levels, ranking, cards and cost. They need labels."""

from __future__ import annotations

from datetime import date

from tocsin.faces.report.charts import marks_under
from tocsin.faces.report.markup import Both, Html, say
from tocsin.faces.report.svg import Scale, chart, dot, line, path, rect, rows, spread, text, thinned, ticks
from tocsin.faces.report.view import View
from tocsin.faces.report.words import about, money, number, share
from tocsin.insight.detection import Figures


def by_level(view: View, figures: Figures, title: Both, story: Both) -> Html:
    """Three bars for each level: precision, recall, money."""
    x = Scale(0, 1, 210, 930)
    kinds = ("precision", "recall", "money")
    parts = [line(x(mark / 4), 6, x(mark / 4), 74.0 * view.top + 2, "grid" if mark else "axis") for mark in range(5)]
    parts += [text(x(mark / 4), 74 * view.top + 20, share(mark / 4), "tick", text_anchor="middle") for mark in range(5)]
    for place, threshold in enumerate(reversed(figures.thresholds[1:-1])):
        above = place * 74.0 + 12
        parts.append(rect(2, above + 20, 26, 14, f"column level{threshold.level}"))
        parts.append(text(38, above + 32, view.acting(threshold.level), "label"))
        values = (threshold.precision, threshold.recall, threshold.amount_recall)
        for row, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            where = above + row * 19
            parts.append(rect(x(0), where, x(value or 0) - x(0), 14, kind))
            parts.append(text(x(value or 0) + 8, where + 12, share(value), "value"))
    return chart("by-level", 1000, 74 * view.top + 30, title, story, *parts)


def precision_recall(view: View, figures: Figures, title: Both, story: Both) -> Html:
    """The step curve whose area is the average precision, with the levels as points on the same plane."""
    x, y = Scale(0, 1, 46, 474), Scale(0, 1, 290, 14)
    steps: list[tuple[float, float]] = []
    before = 0.0
    for point in figures.precision_recall:
        steps += [(x(before), y(point.precision)), (x(point.recall), y(point.precision))]
        before = point.recall
    base = y(figures.base_rate or 0)
    spots: dict[tuple[float, float], list[int]] = {}
    for item in figures.thresholds[1:-1]:
        if item.acted:
            spots.setdefault((x(item.recall or 0), y(item.precision or 0)), []).append(item.level)
    places = spread([up - 9 for _, up in spots], 17, 22, 284)
    levels = []
    for ((across, up), here), place in zip(spots.items(), places, strict=True):
        crowded = any(0 < other - across < 70 and abs(height - up) < 20 for other, height in spots)
        named = view.levels(here)
        left = crowded or across + 8 * len(named.en) > 460
        anchor = "end" if left else "start"
        levels.append(dot(across, up, 6.5, f"spot level{here[-1]}", named))
        levels.append(text(across + (-11 if left else 11), place, named, "label halo", text_anchor=anchor))
    quarters = [mark / 4 for mark in range(5)]
    return chart(
        "precision-recall",
        490,
        344,
        title,
        story,
        rows(y, quarters, 46, 474, share),
        *(text(x(mark), 308, share(mark), "tick", text_anchor="middle") for mark in quarters),
        text(
            260,
            334,
            Both("share of the bad facts found (recall)", "找到的不良事件占比（查全率）"),
            "note",
            text_anchor="middle",
        ),
        path([(x(0), y(0)), *steps, (steps[-1][0], y(0))], "area", close=True),
        path(steps, "trace"),
        line(46, base, 474, base, "reference"),
        *levels,
    )


def card_days(figures: Figures, title: Both, story: Both) -> Html:
    cards = figures.card_precision
    dates = [date.fromisoformat(item.day) for item in cards.days]
    possible = [min(item.compromised, cards.top) for item in cards.days]
    at = [one.toordinal() + 0.5 for one in dates]
    found = thinned(list(zip(at, (float(item.found) for item in cards.days), strict=True)))
    ceiling = thinned(list(zip(at, map(float, possible), strict=True)))
    marks = ticks(max(value for _, value in (*ceiling, *found)))
    x, y = Scale(dates[0].toordinal(), dates[-1].toordinal() + 1, 46, 474), Scale(0, marks[-1], 290, 14)
    mean = y((cards.mean or 0) * cards.top)
    return chart(
        "card-days",
        490,
        344,
        title,
        story,
        rows(y, marks, 46, 474, number),
        path([(x(at), y(value)) for at, value in ceiling], "ceiling"),
        path([(x(at), y(value)) for at, value in found], "trace"),
        line(46, mean, 474, mean, "reference"),
        *(dot(x(at), y(value), 3, "trace-dot", number(value)) for at, value in found if len(found) < 40),
        marks_under(dates[0], dates[-1], x, 308, thin=2),
    )


def costs(view: View, figures: Figures, title: Both, story: Both) -> Html:
    """Total cost of every threshold over the cost of one review, the cheapest drawn heavily."""
    currency, nothing = view.meta.currency, figures.bad_amount
    x, high = Scale(0, figures.until, 86, 900), nothing * 1.12
    marks = [mark for mark in ticks(high, 5) if mark <= high]
    y = Scale(0, high, 300, 12)
    lines, finishes = [], []
    for threshold in figures.thresholds:
        stop = float(figures.until)
        if threshold.acted:
            stop = min(stop, (high - threshold.missed) / threshold.acted)
        finish = (x(stop), y(threshold.missed + stop * threshold.acted))
        lines.append(path([(x(0), y(threshold.missed)), finish], f"cost cost{threshold.level}"))
        finishes.append(finish)
    cheapest, pieces = [], []
    for best in figures.best:
        threshold = figures.thresholds[best.level]
        start, stop = best.at_least, min(best.below or figures.until, figures.until)
        if start >= figures.until:
            break
        cheapest += [(x(at), y(threshold.missed + at * threshold.acted)) for at in (start, stop)]
        tip = say("{who}: from {a}", "{who}：自{a}起", who=view.acting(best.level), a=money(start, currency))
        pieces.append(rect(x(start), 326, x(stop) - x(start), 16, f"column level{best.level}", tip))
        if x(stop) - x(start) > 120:
            pieces.append(text((x(start) + x(stop)) / 2, 360, view.acting(best.level), "label", text_anchor="middle"))
        if start:
            pieces.append(line(x(start), y(threshold.missed + start * threshold.acted), x(start), y(0), "drop"))
    ends = {end: level for level, end in enumerate(finishes) if end[0] >= x.end - 1}
    places = spread([up + 4 for _, up in ends], 17, 16, 300)
    names = [
        text(x.end + 8, place, view.levels([level]), "label")
        for level, place in zip(ends.values(), places, strict=True)
    ]
    across = [mark for mark in ticks(figures.until, 6) if mark <= figures.until]
    return chart(
        "costs",
        1000,
        400,
        title,
        story,
        rows(y, marks, 86, 900, lambda value: about(round(value), currency)),
        *lines,
        path(cheapest, "envelope"),
        *names,
        *pieces,
        *(text(x(mark), 318, about(round(mark), currency), "tick", text_anchor="middle") for mark in across),
        text(493, 388, Both("cost of reviewing one fact", "审核一个事件的成本"), "note", text_anchor="middle"),
    )

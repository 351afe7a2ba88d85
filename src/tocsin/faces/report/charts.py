"""Charts of what happened. Colour is never the only carrier: levels have patterns, lines have dashes and labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tocsin.faces.report.markup import Both, Html, el, join, say
from tocsin.faces.report.svg import Scale, chart, dot, line, path, rect, rows, spread, text, thinned, ticks
from tocsin.faces.report.view import View, warnings_of
from tocsin.faces.report.words import calendar, count, number

LEFT, RIGHT = 62.0, 986.0
MARKS = ("M0,8L8,0", "M0,3h8", "M4,0v8", "M0,0L8,8")


def patterns(levels: int) -> Html:
    """One texture per level, over its colour; the highest level is plain, which reads as the fullest."""
    textures = [
        el(
            "pattern",
            el("rect", width=8, height=8, class_=f"fill{level}"),
            el("path", d=MARKS[(level - 1) % len(MARKS)], class_="texture") if level < levels else None,
            id=f"level{level}",
            width=8,
            height=8,
            patternUnits="userSpaceOnUse",
        )
        for level in range(1, levels + 1)
    ]
    return el("svg", el("defs", *textures), width=0, height=0, class_="hidden", aria_hidden="true")


def swatch(class_: str) -> Html:
    mark = line(0, 7, 26, 7, class_) if class_.startswith("cost") else rect(0, 0, 26, 14, class_)
    return el("svg", mark, width=26, height=14, viewBox="0 0 26 14", aria_hidden="true", class_="swatch")


def bar(value: float, highest: float, class_: str) -> Html:
    """A bar inside a table cell; the number stands beside it."""
    long = 150 * value / highest if highest else 0
    drawn = rect(0, 0, max(long, 2) if value else 0, 12, class_)
    return el("svg", drawn, width=150, height=12, viewBox="0 0 150 12", class_="bar", aria_hidden="true")


def warnings_over_time(view: View, title: Both, story: Both) -> Html:
    buckets = view.buckets()
    first, last = buckets[0].first, buckets[-1].end - timedelta(days=1)
    x, highest = _days(first, last), max(sum(bucket.warnings) for bucket in buckets)
    marks = ticks(highest)
    y = Scale(0, marks[-1], 268, 14)
    columns = []
    for bucket in buckets:
        left, right = x(bucket.first.toordinal()), x(bucket.end.toordinal())
        gap = max(min(4.0, (right - left) * 0.18), right - left - 64)
        below = 0
        for level, amount in enumerate(bucket.warnings, 1):
            if amount:
                top, foot = y(below + amount), y(below)
                tip = say(
                    "{at}, {level}: {n}",
                    "{at}，{level}：{n}",
                    at=bucket.name,
                    level=view.level(level),
                    n=warnings_of(amount),
                )
                columns.append(rect(left + gap / 2, top, right - left - gap, foot - top, f"column level{level}", tip))
            below += amount
    return chart(
        "over-time",
        1000,
        306,
        title,
        story,
        rows(y, marks, LEFT, RIGHT, number),
        *columns,
        _under(first, last, x, 268),
    )


def workload(view: View, title: Both, story: Both) -> Html:
    """Accounts warned day by day; at the right, how the days are distributed."""
    days, load = view.summary.days, view.summary.workload
    edge = 800.0
    x, marks = _days(view.first, view.last, edge), ticks(load.highest)
    y = Scale(0, marks[-1], 248, 14)
    middle = [(x(date.fromisoformat(line.day).toordinal() + 0.5), y(line.warned_accounts)) for line in days]
    bins = 16
    counts = [0] * bins
    for item in days:
        counts[min(int(item.warned_accounts / marks[-1] * bins), bins - 1)] += 1
    height = (y.start - y.end) / bins
    widest = Scale(0, max(counts), 0, 96)
    histogram = [
        rect(
            edge + 12,
            y.start - (place + 1) * height + 1,
            widest(days_in),
            height - 2,
            "spread",
            count(days_in, "day", "days", "天"),
        )
        for place, days_in in enumerate(counts)
        if days_in
    ]
    lines = ((load.median, Both("median", "中位数")), (load.p90, Both("9 days in 10", "九成的日子")))
    places = spread([y(value) + 4 for value, _ in lines], 40, 24, 246)
    references = [
        join(
            line(LEFT, y(value), edge + 112, y(value), "reference"),
            text(edge + 118, place - 7, words, "note"),
            text(edge + 118, place + 9, number(value), "value"),
        )
        for (value, words), place in zip(lines, places, strict=True)
    ]
    drawn = (
        path(thinned(middle), "trace")
        if len(middle) > 1
        else dot(*middle[0], 4, "trace-dot", number(days[0].warned_accounts))
    )
    return chart(
        "workload",
        1000,
        286,
        title,
        story,
        rows(y, marks, LEFT, edge, number),
        drawn,
        *histogram,
        *references,
        _under(view.first, view.last, x, 248),
    )


def legend(items: Sequence[tuple[str, Both]]) -> Html:
    return el("ul", *(el("li", swatch(class_), el("span", words)) for class_, words in items), class_="legend")


def _days(first: date, last: date, right: float = RIGHT) -> Scale:
    return Scale(first.toordinal(), last.toordinal() + 1, LEFT, right)


def _under(first: date, last: date, x: Scale, floor: float) -> Html:
    return join(marks_under(first, last, x, floor + 22), line(x.start, floor, x.end, floor, "axis"))


def marks_under(first: date, last: date, x: Scale, height: float, thin: int = 1) -> Html:
    """Names of days, weeks or months under an axis; a month's name stands at its first day."""
    marks = calendar(first, last)[::thin]
    centred = (last - first).days < 90
    return join(
        *(
            text(
                x(at.toordinal() + (0.5 if centred else 0)),
                height,
                words,
                "tick",
                text_anchor="middle" if centred else "start",
            )
            for at, words in marks
            if centred or x(at.toordinal()) < x.end - 7 * len(words.en)
        )
    )

"""The parts of a chart: scales, marks, axes. A chart is at most 1000 units wide and scales with the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from tocsin.faces.report.markup import Attribute, Both, Child, Html, el, join


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map of `low`..`high` to the screen's `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / ((self.high - self.low) or 1) * (self.end - self.start)


def ticks(high: float, count: int = 4, whole: bool = True) -> list[float]:
    """Round values from 0 to the first one at or above `high`, about `count` steps apart."""
    if high <= 0:
        return [0.0, 1.0]
    power = 10.0 ** floor(log10(high / count))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if high / (power * factor) <= count)
    step = max(step, 1.0) if whole else step
    return [number * step for number in range(ceil(high / step - 1e-9) + 1)]


def chart(name: str, width: int, height: int, title: Both, story: Both, *parts: Child) -> Html:
    """A drawing that says in words what it shows. Ids start with `name`, unique on the page."""
    picture = el(
        "svg",
        el("title", _spoken(title), id=f"{name}-title"),
        el("desc", _spoken(story), id=f"{name}-desc"),
        *parts,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )
    return el("div", picture, class_="chart" if width > 600 else "chart small")


def text(x: float, y: float, words: Both, class_: str = "", **attributes: Attribute) -> Html:
    """Text at a point; one element a language, since a span has no place in a drawing."""
    if words.en == words.zh:
        return el("text", words, x=x, y=y, class_=class_ or None, **attributes)
    return join(
        el("text", Both(words.en, words.en), x=x, y=y, class_=f"en {class_}".strip(), lang="en", **attributes),
        el("text", Both(words.zh, words.zh), x=x, y=y, class_=f"zh {class_}".strip(), lang="zh-CN", **attributes),
    )


def rect(x: float, y: float, width: float, height: float, class_: str, tip: Both | None = None) -> Html:
    return el(
        "rect",
        None if tip is None else el("title", _spoken(tip)),
        x=float(x),
        y=float(y),
        width=float(max(width, 0)),
        height=float(max(height, 0)),
        class_=class_,
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    return el("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=class_)


def path(points: Sequence[tuple[float, float]], class_: str, close: bool = False) -> Html:
    """A line through points; points that would move the pen by less than half a unit are left out."""
    kept = [points[0]]
    for x, y in points[1:-1]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= 0.5:
            kept.append((x, y))
    kept += points[1:][-1:]
    return el("path", d="M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in kept) + ("Z" if close else ""), class_=class_)


def dot(x: float, y: float, radius: float, class_: str, tip: Both) -> Html:
    return el("circle", el("title", _spoken(tip)), cx=float(x), cy=float(y), r=float(radius), class_=class_)


def rows(y: Scale, marks: Sequence[float], left: float, right: float, words: Callable[[float], Both]) -> Html:
    """Horizontal grid lines with their values at the left."""
    return join(
        *(
            join(
                line(left, y(mark), right, y(mark), "grid" if mark else "axis"),
                text(left - 10, y(mark) + 4, words(mark), "tick", text_anchor="end"),
            )
            for mark in marks
        )
    )


THIN = 400


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Days as they are up to THIN of them, beyond that the mean of each seven."""
    if len(points) <= THIN:
        return list(points)
    weeks = [points[start : start + 7] for start in range(0, len(points), 7)]
    return [(sum(x for x, _ in week) / len(week), sum(y for _, y in week) / len(week)) for week in weeks]


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels near `places`, at least `gap` apart, between `low` and `high`, in the same order."""
    if not places:
        return []
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    for before, index in zip([None, *order[:-1]], order, strict=True):
        moved[index] = max(moved[index], low if before is None else moved[before] + gap)
    for after, index in zip([None, *reversed(order[1:])], reversed(order), strict=True):
        moved[index] = min(moved[index], high if after is None else moved[after] - gap)
    return moved


def _spoken(words: Both) -> Both:
    """A title cannot be switched by a style sheet, so it says both."""
    both = words.en if words.en == words.zh else f"{words.en} · {words.zh}"
    return Both(both, both)

"""What sections are made of: a headed block, a table, a note, the mark of a level."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.faces.report.charts import swatch
from tocsin.faces.report.markup import Both, Child, Html, el
from tocsin.faces.report.svg import THIN
from tocsin.faces.report.view import View


def section(name: str, heading: Both, lead: Both, *parts: Child) -> Html:
    return el("section", el("h2", heading, id=name), el("p", lead, class_="lead"), *parts, aria_labelledby=name)


def table(caption: Both, heads: Sequence[Both], body: Sequence[Sequence[Child]], words: int = 1) -> Html:
    """The first `words` columns hold text, the rest numbers; the first cell of a row names it."""
    kinds = ["words" if place < words else "number" for place in range(len(heads))]
    head = el("tr", *(el("th", text, scope="col", class_=kind) for text, kind in zip(heads, kinds, strict=True)))
    rows = [
        el(
            "tr",
            el("th", cells[0], scope="row"),
            *(el("td", cell, class_=kind) for cell, kind in zip(cells[1:], kinds[1:], strict=True)),
        )
        for cells in body
    ]
    return el("div", el("table", el("caption", caption), el("thead", head), el("tbody", *rows)), class_="table")


def level_chip(view: View, level: int) -> Html:
    return el("span", swatch(f"column level{level}"), view.level(level), class_="chip")


def by_week(view: View) -> Both | None:
    """What a line over very many days shows."""
    if len(view.summary.days) <= THIN:
        return None
    return Both("Each point of the line is the mean of seven days.", "折线上每一点为七天的平均。")


def note(*paragraphs: Child) -> Html:
    return el("div", *(el("p", paragraph) for paragraph in paragraphs), class_="note-box")

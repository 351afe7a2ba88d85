"""The backtest report as one HTML file: no script, nothing loaded from anywhere, two languages by style sheet."""

from __future__ import annotations

from tocsin.faces.report import charts, labelled, overview, verdict
from tocsin.faces.report.advice import advise
from tocsin.faces.report.footing import about_run
from tocsin.faces.report.markup import Both, Html, el, same, say
from tocsin.faces.report.parts import note
from tocsin.faces.report.style import sheet
from tocsin.faces.report.view import View, both
from tocsin.faces.report.words import day

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Content security policy: the browser itself holds the page to loading nothing and running nothing."""


def html(summary: dict[str, object], meta: dict[str, object]) -> str:
    """The page. `summary` has the fields of `insight.backtest.Summary`, `meta` those of `view.Meta`.

    Raises msgspec.ValidationError, with the path, where one of them is not what it should be.
    """
    view = View.of(summary, meta)
    title = both(view.meta.title, view.meta.policy)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", same(title.en if title.en == title.zh else f"{title.en} · {title.zh}")),
        el("style", Html(sheet(view.meta.levels))),
    )
    sections = _sections(view) if view.summary.days else [_empty()]
    body = el(
        "body",
        *(_radio(language, language == view.meta.language) for language in ("en", "zh")),
        _header(view, title),
        el("main", charts.patterns(view.top), *sections, about_run(view)),
    )
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='en' if view.meta.language == 'en' else 'zh-CN')}\n"


def _sections(view: View) -> list[Html]:
    advice = advise(view)
    return [
        verdict.headlines(view),
        verdict.verdict(view, advice),
        overview.over_time(view),
        overview.rules(view),
        overview.workload(view),
        labelled.by_level(view),
        labelled.ranking(view),
        labelled.cost(view),
        labelled.rules(view, advice),
    ]


def _radio(language: str, chosen: bool) -> Html:
    return el(
        "input", type="radio", name="language", id=language, class_="language", checked="checked" if chosen else None
    )


def _header(view: View, title: Both) -> Html:
    period = same("")
    if view.summary.days:
        period = say("{a} to {b}", "{a}至{b}", a=day(view.first), b=day(view.last))
    switch = el(
        "div",
        el("label", same("English"), for_="en", lang="en"),
        el("label", same("中文"), for_="zh", lang="zh-CN"),
        class_="switch",
    )
    policy = say(
        "Policy {name}, version {version}",
        "策略{name}，版本{version}",
        name=view.meta.policy,
        version=str(view.meta.version),
    )
    return el(
        "header",
        el("div", el("p", Both("Tocsin · Backtest", "警钟 · 回测"), class_="over"), switch, class_="bar-top"),
        el("h1", title),
        el("p", el("span", policy), el("span", period), class_="under"),
    )


def _empty() -> Html:
    words = Both("The file held no facts, so there is nothing to show.", "文件中没有事件，因此没有可显示的内容。")
    return el("section", note(words))

"""What happened, which needs no labels: warnings over time, the rules behind them, the workload."""

from __future__ import annotations

from tocsin.faces.report import charts
from tocsin.faces.report.markup import Both, Child, Html, el, join, pairs, same, say, sentences
from tocsin.faces.report.parts import by_week, level_chip, note, section, table
from tocsin.faces.report.view import View
from tocsin.faces.report.words import accounts, number, share


def over_time(view: View) -> Html:
    totals, buckets = view.summary.totals, view.buckets()
    unit = {1: Both("day", "日"), 7: Both("week", "周")}.get(
        (buckets[0].end - buckets[0].first).days, Both("month", "月")
    )
    lead = (
        say(
            "Each column is one {unit}; the first and the last may be incomplete.",
            "每一柱为一{unit}；首尾两柱可能不完整。",
            unit=unit,
        )
        if unit.en != "day"
        else Both("Each column is one day.", "每一柱为一天。")
    )
    heading = Both("Warnings over time, by level", "各级别预警的走势")
    levels = list(range(view.top, 0, -1))
    counted = [number(totals.warnings_by_level[level - 1]) for level in levels]
    legend = charts.legend(
        [
            (f"column level{level}", say("{level} {n}", "{level} {n}", level=view.level(level), n=n))
            for level, n in zip(levels, counted, strict=True)
        ]
    )
    story = say(
        "Stacked columns, one a {unit}; the table below holds the same figures.",
        "堆叠柱形图，每{unit}一柱；下表为同样的数字。",
        unit=unit,
    )
    figures = table(
        heading,
        [*pairs("Period|时段", "Facts|事件"), *map(view.level, levels), *pairs("Busiest day, accounts|最忙日账户")],
        [
            [
                bucket.name,
                number(bucket.facts),
                *(number(bucket.warnings[level - 1]) for level in levels),
                number(bucket.busiest),
            ]
            for bucket in buckets
        ],
    )
    details = el("details", el("summary", Both("The figures", "查看数字")), figures)
    drawn = (
        charts.warnings_over_time(view, heading, story)
        if totals.warnings
        else note(Both("No warning was raised.", "没有发出任何预警。"))
    )
    return section("time", heading, lead, legend, drawn, details)


def rules(view: View) -> Html:
    totals = view.summary.totals
    ranked = sorted(range(len(view.summary.rules)), key=lambda place: -view.summary.rules[place].warnings)
    highest = max(totals.warnings_by_rule, default=0)
    body: list[list[Child]] = []
    for place in ranked:
        line = view.summary.rules[place]
        name = join(el("code", same(line.name)), el("p", view.sentence(place), class_="sentence"))
        body.append(
            [
                name,
                level_chip(view, line.level),
                charts.bar(line.warnings, highest, f"column level{line.level}"),
                number(line.warnings),
                share(line.warnings / totals.warnings if totals.warnings else None),
                number(line.fires),
                number(line.accounts),
            ]
        )
    heading = Both("Which rules raise the warnings", "预警来自哪些规则")
    lead = Both(
        "A warning counts for the rule that raised it; a rule may fire more often than it warns.",
        "每条预警归于引起它的规则；规则命中的次数可以多于它发出的预警。",
    )
    heads = pairs("Rule|规则", "Level|级别", "|", "Warnings|预警", "Share|占比", "Fired|命中", "Accounts|账户")
    return section("rules", heading, lead, table(heading, heads, body, words=3))


def workload(view: View) -> Html:
    load = view.summary.workload
    heading = Both("Workload: accounts warned a day", "工作量：每日被预警的账户")
    lead = say(
        "Half of the days stay at or below {median}, nine in ten at or below {p90}; the busiest had {most}.",
        "一半的日子不超过{median}，九成的日子不超过{p90}，最忙的一天为{most}。",
        median=number(load.median),
        p90=number(load.p90),
        most=accounts(load.highest),
    )
    return section("workload", heading, sentences(lead, by_week(view)), charts.workload(view, heading, lead))

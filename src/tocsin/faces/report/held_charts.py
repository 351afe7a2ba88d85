"""Charts of what became of restrictions. Every bar and dot has its number beside it; lines have dashes and names."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.faces.report.markup import Both, Html, join, say
from tocsin.faces.report.svg import Scale, chart, dot, line, path, rect, rows, spread, text, ticks
from tocsin.faces.report.words import number, share
from tocsin.insight.hold_out import Compared
from tocsin.insight.intervals import Share
from tocsin.insight.lives import VERDICTS, Periods
from tocsin.insight.restrictions import Figures, Lasting

Named = Sequence[tuple[Both, Figures]]
LEFT, RIGHT = 300.0, 930.0
LINES = 4
"""So many holds have a line of their own, those with most restrictions."""
VERDICT = {
    "confirmed": Both("confirmed", "属实"),
    "false": Both("false", "误伤"),
    "undecided": Both("undecided", "未定"),
}
_WIDE = 30


def _short(words: Both) -> Both:
    """A name that fits beside a bar."""
    en = words.en if len(words.en) <= 42 else f"{words.en[:41].rstrip()}…"
    return Both(en, words.zh if len(words.zh) <= 20 else f"{words.zh[:19]}…")


def verdicts(named: Named, title: Both, story: Both) -> Html:
    """A bar for each hold: confirmed, false, undecided, as shares of all."""
    x, parts = Scale(0, 1, LEFT, RIGHT), []
    height = 44.0 * len(named)
    for mark in range(5):
        parts.append(line(x(mark / 4), 0, x(mark / 4), height, "grid"))
        parts.append(text(x(mark / 4), height + 20, share(mark / 4), "tick", text_anchor="middle"))
    for place, (name, one) in enumerate(named):
        top, before = 44.0 * place + 10, 0
        parts.append(text(0, top + 17, _short(name), "label"))
        for kind in VERDICTS:
            n = one.verdicts[kind]
            if n:
                left, right = x(before / one.n), x((before + n) / one.n)
                tip = say(
                    "{name}, {kind}: {n}", "{name}，{kind}：{n}", name=name, kind=VERDICT[kind], n=number(n)
                )  # fmt: skip
                parts.append(rect(left + 1, top, right - left - 2, 24, f"verdict-{kind}", tip))
                if right - left > _WIDE:
                    middle = (left + right) / 2
                    parts.append(text(middle, top + 17, number(n), f"on-{kind}", text_anchor="middle"))
            before += n
        parts.append(text(RIGHT + 12, top + 17, number(one.n), "value"))
    return chart("verdicts", 1000, round(height) + 30, title, story, *parts)


def lasting(named: Named, total: Lasting, title: Both, story: Both) -> Html:
    """Survival: the share that lasts longer than so many days; the total drawn heavily."""
    drawn = [(name, one.lasting, f"lasts lasts{place}") for place, (name, one) in enumerate(named[:LINES], 1)]
    drawn = [one for one in drawn if one[1].curve]
    drawn.append((Both("all", "全部"), total, "trace"))
    far = max(days for _, one, _ in drawn for days, _ in one.curve)
    marks = ticks(far, 8)
    x, y = Scale(0, marks[-1], 56, 760), Scale(0, 1, 290, 14)
    lines, ends = [], []
    for _, one, class_ in drawn:
        points, before = [(x(0), y(1.0))], 1.0
        for days, left in one.curve:
            points += [(x(days), y(before)), (x(days), y(left))]
            before = left
        lines.append(path(points, class_))
        ends.append(points[-1])
    places = spread([60.0 + 26 * place for place in range(len(drawn))], 26, 30, 290)
    legend = []
    for (name, one, class_), place in zip(drawn, places, strict=True):
        legend.append(line(784, place - 4, 812, place - 4, class_))
        median = number(one.median, 1) if one.median is not None else Both("unknown yet", "未知")
        legend.append(text(820, place, _brief(name), "label"))
        tip = say("{name}: median {n} days", "{name}：中位{n}天", name=name, n=median)
        legend.append(rect(784, place - 14, 210, 20, "clear", tip))
    return chart(
        "lasting",
        1000,
        340,
        title,
        story,
        rows(y, [mark / 4 for mark in range(5)], 56, 760, share),
        line(56, y(0.5), 760, y(0.5), "reference"),
        *lines,
        *(text(x(mark), 308, number(mark), "tick", text_anchor="middle") for mark in marks),
        text(408, 332, Both("days since it was imposed", "自施加起的天数"), "note", text_anchor="middle"),
        *legend,
    )


def _brief(words: Both) -> Both:
    """Before the colon, where there is one; as long as a legend bears."""
    en, zh = words.en.split(":")[0], words.zh.replace("：", ":").split(":")[0]
    return Both(en if len(en) <= 26 else f"{en[:25].rstrip()}…", zh if len(zh) <= 13 else f"{zh[:12]}…")


def estimates(named: Named, title: Both, story: Both) -> Html:
    """For each hold the share that ended by p50 and by p90, with its interval, against what was told."""
    x, height = Scale(0, 1, LEFT, RIGHT), 56.0 * len(named)
    parts = [line(x(mark / 10), 0, x(mark / 10), height, "grid") for mark in range(11)]
    parts += [
        text(x(mark / 10), height + 20, share(mark / 10), "tick", text_anchor="middle") for mark in range(0, 11, 2)
    ]
    parts += [line(x(told), 0, x(told), height, "reference") for told in (0.5, 0.9)]
    for place, (name, one) in enumerate(named):
        top = 56.0 * place
        parts.append(text(0, top + 32, _short(name), "label"))
        if not one.told.enough:
            few = say(
                "not enough data: {n}", "数据不足：{n}", n=number(min(one.told.p50.whole, one.told.p90.whole))
            )  # fmt: skip
            parts.append(text(LEFT + 10, top + 32, few, "note halo"))
            continue
        parts.append(_interval(x, top + 18, one.told.p50, 0.5, "half", Both("by p50", "至p50")))
        parts.append(_interval(x, top + 40, one.told.p90, 0.9, "most", Both("by p90", "至p90")))
    return chart("estimates", 1000, round(height) + 30, title, story, *parts)


def _interval(x: Scale, y: float, one: Share, aim: float, class_: str, name: Both) -> Html:
    middle, low, high = one.share or 0.0, one.low or 0.0, one.high or 0.0
    tip = say(
        "{name}: {share} of {n}", "{name}：{n}中的{share}", name=name, share=share(one.share), n=number(one.whole)
    )
    return join(
        line(x(low), y, x(high), y, f"whisker {class_}"),
        dot(x(middle), y, 5.5, f"gauge {class_}", tip),
        text(
            x(max(high, aim)) + 10, y + 4, say("{p} {name}", "{name} {p}", name=name, p=share(one.share)), "note halo"
        ),
    )


def compared(named: Sequence[tuple[Both, Compared]], periods: Periods, title: Both, story: Both) -> Html:
    """For each hold the share of people with a loss and of bad ones, held out and restricted, with their intervals."""
    highest = max(
        (arm.high or 0.0)
        for _, one in named
        for arm in (one.held_out.bad, one.restricted.bad, one.held_out.lossy, one.restricted.lossy)
    )
    marks = ticks(min(highest, 1.0) or 1.0, 5, whole=False)
    x, height = Scale(0, marks[-1], LEFT, RIGHT - 100), 122.0 * len(named)
    parts = [line(x(mark), 0, x(mark), height, "grid" if mark else "axis") for mark in marks]
    parts += [text(x(mark), height + 20, share(mark), "tick", text_anchor="middle") for mark in marks]
    names = (
        ("lossy", "held_out", Both("with a loss, held out", "有损失，对照")),
        ("lossy", "restricted", Both("with a loss, restricted", "有损失，管控")),
        ("bad", "held_out", Both("bad, held out", "不良，对照")),
        ("bad", "restricted", Both("bad, restricted", "不良，管控")),
    )
    for place, (name, one) in enumerate(named):
        top = 122.0 * place
        parts.append(text(0, top + 16, _short(name), "value"))
        for row, (what, arm, words) in enumerate(names):
            known: Share = getattr(getattr(one, arm), what)
            at, value = top + 24 + 23 * row, x(known.share or 0)
            parts.append(text(LEFT - 12, at + 13, words, "tick", text_anchor="end"))
            parts.append(rect(x(0), at, value - x(0), 16, f"arm-{arm}"))
            if known.low is not None and known.high is not None:
                ends = (x(known.low), at + 8, x(known.high), at + 8)
                parts += [line(*ends, "whisker under"), line(*ends, "whisker")]
            said = say("{p} of {n}", "{n}人中{p}", p=share(known.share), n=number(known.whole))
            parts.append(text(x(known.high or 0) + 10, at + 13, said, "note halo"))
    return chart("compared", 1000, round(height) + 30, title, story, *parts)

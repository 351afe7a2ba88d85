"""The lower half of the page, which needs labels: precision, recall, ranking, cost, and advice on rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tocsin.faces.report import charts, curves
from tocsin.faces.report.advice import Advice
from tocsin.faces.report.markup import Both, Child, Html, el, join, pairs, same, say, sentences
from tocsin.faces.report.parts import by_week, level_chip, note, section, table
from tocsin.faces.report.view import View
from tocsin.faces.report.words import about, between, money, number, share, times
from tocsin.insight.detection import Figures

KINDS = {"act": Both("Act", "处理"), "look": Both("Look", "留意"), "good": Both("Strong", "优秀")}


def by_level(view: View) -> Html:
    heading = Both("How right, how complete: precision and recall by level", "准不准，全不全：各级别的查准率与查全率")
    lead = Both(
        "Precision: of the facts acted on, how many were bad. "
        "Recall: of the bad facts, how many were acted on; the same in money.",
        "查准率：所处理的事件中确属不良的比例。查全率：不良事件中被处理的比例；金额同理。",
    )
    promise = Both(
        "With labels, this shows for every level how many warnings were right, and how much of the bad was found.",
        "有了标签，这里会显示每个级别的预警有多少是对的、不良中有多少被发现。",
    )
    how = Both(
        "To have it, give each fact a label once its end is known: 1 bad, 0 good, empty while unknown.",
        "做法：待结果明确后为事件加上标签：1为不良，0为良好，未知留空。",
    )

    def drawn(figures: Figures) -> Html:
        kinds = pairs("Precision|查准率", "Recall|查全率", "Recall in money|金额查全率")
        legend = charts.legend(list(zip(("precision", "recall", "money"), kinds, strict=True)))
        heads = pairs("If you|若", "Acted on|处理", "of all facts|占全部", "Rightly|正确", "Falsely|误报")
        heads += pairs("Bad facts missed|漏掉不良", "Money missed|漏掉金额", "F1|F1")
        body: list[list[Child]] = [
            [
                view.acting(item.level),
                number(item.acted),
                share(item.alert_rate),
                number(item.true_positives),
                number(item.false_positives),
                number(item.false_negatives),
                about(item.missed, view.meta.currency),
                number(item.f1, 3),
            ]
            for item in reversed(figures.thresholds[1:-1])
        ]
        return join(legend, curves.by_level(view, figures, heading, lead), table(heading, heads, body))

    return section("levels", heading, lead, _with_labels(view, drawn, sentences(promise, how)))


def ranking(view: View) -> Html:
    heading = Both("How well the score ranks", "分数的排序能力")
    lead = Both(
        "The score is the sum of the points of the rules that fired. "
        "Left: every possible cut-off. Right: a team that looks at 100 cards a day.",
        "分数为命中规则的分值之和。左：所有可能的分数线。右：每天查看100张卡的团队。",
    )
    promise = Both(
        "With labels, this shows how precision falls as the cut-off is lowered, "
        "and how many of the 100 highest cards of each day were truly compromised.",
        "有了标签，这里会显示分数线降低时查准率如何下降，以及每天分数最高的100张卡中有多少确有问题。",
    )

    def drawn(figures: Figures) -> Html:
        cards = figures.card_precision
        curve = Both("Precision against recall", "查准率与查全率")
        left = say(
            "Average precision {ap}; dashed: chance, {base}. Points: acting by level instead.",
            "平均精度{ap}；虚线为随机水平{base}；圆点为按级别处理。",
            ap=number(figures.average_precision, 3),
            base=share(figures.base_rate),
        )
        days = Both("Compromised cards among the day's top 100", "每日前100张卡中的问题卡")
        right = say(
            "On average {mean} of 100 (dashed); a perfect ranking could reach {ceiling} (thin line).",
            "平均每100张中{mean}张（虚线）；完美排序可达{ceiling}张（细线）。",
            mean=number((cards.mean or 0) * cards.top, 1),
            ceiling=number((cards.ceiling or 0) * cards.top, 1),
        )
        halves = [_half(curve, left, curves.precision_recall(view, figures, curve, left))]
        if cards.days:
            halves.append(_half(days, sentences(right, by_week(view)), curves.card_days(figures, days, right)))
        return el("div", *halves, class_="halves")

    return section("ranking", heading, lead, _with_labels(view, drawn, promise))


def cost(view: View) -> Html:
    heading = Both("What acting costs, and where it stops paying", "处理的成本，以及何时不再合算")
    lead = Both(
        "Total cost = bad money missed + cost of one review × facts acted on. "
        "The heavy line is the cheapest choice; the band below names it.",
        "总成本 = 漏掉的不良金额 + 单次审核成本 × 处理的事件数。粗线为最低成本，下方色带标明对应的做法。",
    )
    promise = Both(
        "With labels and amounts, this weighs the bad money each level would miss against the work it makes, "
        "and says which level is cheapest at what cost of a review.",
        "有了标签和金额，这里会权衡各级别漏掉的不良金额与所需的工作量，指出在何种审核成本下哪个级别最省。",
    )

    def drawn(figures: Figures) -> Html:
        currency = view.meta.currency
        if not figures.bad_amount:
            return note(Both("The bad facts carry no amounts.", "不良事件没有金额。"), promise)
        legend = charts.legend([(f"cost cost{level}", view.acting(level)) for level in range(view.top + 2)])
        body: list[list[Child]] = [
            [
                between(best.at_least, best.below, currency),
                join(charts.swatch(f"column level{best.level}"), view.acting(best.level)),
                number(figures.thresholds[best.level].acted),
                money(figures.thresholds[best.level].missed, currency),
            ]
            for best in figures.best
        ]
        heads = pairs("One review costs|单次审核成本", "Cheapest is to|最省的做法")
        heads += pairs("Facts acted on|处理事件", "Bad money missed|漏掉金额")
        caption = Both("Where the cheapest choice changes", "最省做法在何处改变")
        return join(legend, curves.costs(view, figures, heading, lead), table(caption, heads, body, words=2))

    return section("cost", heading, lead, _with_labels(view, drawn, promise))


def rules(view: View, advice: Sequence[Advice]) -> Html:
    judged = view.labelled
    heading = Both("Rule by rule: what to keep, tighten or retire", "逐条规则：保留、收紧或停用")
    lead = Both(
        "Lift: how much likelier a fact is bad where the rule fired. Alone: no other rule fired on the same fact.",
        "提升度：规则命中时事件为不良的可能性是平常的几倍。单独：同一事件上没有其他规则命中。",
    )
    promise = Both(
        "With labels, each rule also shows how often it was right, how much of the bad it finds "
        "and how far it beats chance, with advice on which to tighten.",
        "有了标签，每条规则还会显示命中准确率、发现的不良占比、相对随机的提升，并提示应收紧哪些规则。",
    )
    heads = pairs("Rule|规则", "Level|级别", "Fired|命中", "Alone|单独")
    if judged:
        heads += pairs("Precision|查准率", "Recall|查全率", "Lift|提升度", "Bad money|不良金额")
    body: list[list[Child]] = []
    for rule in view.summary.rules:
        given = [_advice(item) for item in advice if item.rule == rule.name]
        cells: list[Child] = [join(el("code", same(rule.name)), *given), level_chip(view, rule.level)]
        cells += [number(rule.fires), number(rule.alone)]
        if judged:
            cells += [share(rule.precision), share(rule.recall), times(rule.lift)]
            cells += [about(rule.bad_amount, view.meta.currency)]
        body.append(cells)
    missing = None if judged else _missing(view, promise)
    return section("advice", heading, lead, table(heading, heads, body, words=2), missing)


def _advice(item: Advice) -> Html:
    kind = el("strong", KINDS[item.kind], class_=f"kind {item.kind}")
    return el("p", kind, el("span", item.text), class_="sentence")


def _half(heading: Both, lead: Both, drawing: Html) -> Html:
    return el("div", el("h3", heading), el("p", lead, class_="lead"), drawing)


def _with_labels(view: View, drawn: Callable[[Figures], Html], promise: Both) -> Html:
    figures = view.summary.detection
    return drawn(figures) if figures and view.labelled else _missing(view, promise)


def _missing(view: View, promise: Both) -> Html:
    """Why there is nothing to show here, and what would be."""
    if view.summary.detection is None:
        why = Both("These facts carry no labels.", "这些事件没有标签。")
    else:
        why = Both("No fact is labelled bad.", "没有标为不良的事件。")
    return note(el("strong", why), promise)

"""The top of the page: headline figures, and the verdict in one paragraph."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.faces.report.advice import Advice
from tocsin.faces.report.markup import Both, Html, el, say, sentences
from tocsin.faces.report.view import View, warnings_of
from tocsin.faces.report.words import accounts, between, count, day, money, number, share, span, times


def headlines(view: View) -> Html:
    totals, load, figures = view.summary.totals, view.summary.workload, view.summary.detection
    warned = sum(totals.accounts_at_level[1:])
    per_mille = totals.warnings * 1000 / totals.facts if totals.facts else 0
    cards = [
        _card(
            Both("Facts read", "读入事件"),
            number(totals.facts),
            say("{days}, {accounts}", "{days}，{accounts}", days=span(totals.days), accounts=accounts(totals.accounts)),
        ),
        _card(
            Both("Warnings", "预警"),
            number(totals.warnings),
            say("{n} per 1,000 facts", "每千个事件{n}条", n=number(per_mille, 1)),
        ),
        _card(
            Both("Accounts ever warned", "曾被预警的账户"),
            share(warned / totals.accounts if totals.accounts else None),
            say("{n} of {all}", "{all}中的{n}", n=number(warned), all=accounts(totals.accounts)),
        ),
        _card(
            Both("Accounts warned, median day", "每日预警账户（中位）"),
            number(load.median),
            say(
                "busy day {p90}, most {most}",
                "繁忙日{p90}，最多{most}",
                p90=number(load.p90),
                most=number(load.highest),
            ),
        ),
    ]
    threshold = view.balanced()
    if threshold and figures:
        act = view.acting(threshold.level)
        cards += [
            _card(
                Both("Bad facts caught", "抓住的不良事件"),
                share(threshold.recall),
                say("if you {act}", "若{act}", act=act),
            ),
            _card(
                Both("Bad money caught", "抓住的不良金额"),
                share(threshold.amount_recall),
                say("of {all}", "共{all}", all=money(figures.bad_amount, view.meta.currency)),
            ),
            _card(
                Both("Right when acting", "处理对象确属不良"),
                share(threshold.precision),
                say(
                    "{lift} the base rate of {base}",
                    "为基准坏率{base}的{lift}",
                    lift=times((threshold.precision or 0) / (figures.base_rate or 1)),
                    base=share(figures.base_rate),
                ),
            ),
            _card(
                Both("Average precision", "平均精度"),
                number(figures.average_precision, 3),
                say("area under ROC {auc}", "ROC曲线下面积{auc}", auc=number(figures.roc_auc, 3)),
            ),
        ]
    return el(
        "section",
        el("h2", Both("At a glance", "概览"), id="glance", class_="quiet"),
        el("div", *cards, class_="cards"),
        aria_labelledby="glance",
    )


def verdict(view: View, advice: Sequence[Advice]) -> Html:
    """One paragraph in words: what happened, how much work, how right, how cheap, what to do next."""
    said = sentences(_happened(view), _work(view), _loudest(view), _balance(view), _worth(view), _to_do(advice))
    heading = el("h2", Both("In short", "结论"), id="verdict")
    return el("section", heading, el("p", said, class_="verdict"), aria_labelledby="verdict")


def _happened(view: View) -> Both:
    totals = view.summary.totals
    return say(
        "From {first} to {last} the policy read {facts} of {accounts} and raised {warnings}; "
        "{share} of the accounts were warned at least once.",
        "{first}至{last}，策略读入{accounts}的{facts}，发出{warnings}；{share}的账户至少被预警一次。",
        first=day(view.first),
        last=day(view.last),
        facts=count(totals.facts, "fact", "facts", "个事件"),
        accounts=accounts(totals.accounts),
        warnings=warnings_of(totals.warnings),
        share=share(sum(totals.accounts_at_level[1:]) / totals.accounts if totals.accounts else None),
    )


def _work(view: View) -> Both:
    return say(
        "An ordinary day brings {median} to look at; one day in ten brings {p90} or more.",
        "平常一天需查看{median}，十天中有一天达到{p90}或更多。",
        median=accounts(round(view.summary.workload.median)),
        p90=number(view.summary.workload.p90),
    )


def _loudest(view: View) -> Both | None:
    """The rule that raises half of all warnings or more, where there is one and others could have."""
    total = view.summary.totals.warnings
    loudest = max(view.summary.rules, key=lambda rule: rule.warnings, default=None)
    if loudest is None or not total or loudest.warnings * 2 < total or len(view.summary.rules) == 1:
        return None
    return say(
        "One rule, {rule}, raised {share} of all warnings.",
        "其中规则{rule}一条就占全部预警的{share}。",
        rule=loudest.name,
        share=share(loudest.warnings / total),
    )


def _balance(view: View) -> Both:
    threshold = view.balanced()
    if threshold is None:
        return Both(
            "Without facts labelled bad, nobody can say yet how many of these warnings were right.",
            "没有标为不良的事件，因此尚无法判断其中有多少预警是对的。",
        )
    return say(
        "The best balance is to {act}: it would have caught {recall} of the bad facts "
        "and {amount} of the bad money, and {precision} of the facts acted on were bad.",
        "最均衡的做法是{act}：可抓住{recall}的不良事件和{amount}的不良金额，所处理的事件中{precision}确属不良。",
        act=view.acting(threshold.level),
        recall=share(threshold.recall),
        amount=share(threshold.amount_recall),
        precision=share(threshold.precision),
    )


def _worth(view: View) -> Both | None:
    """When the balanced level is the cheapest too, and up to which review cost acting pays at all."""
    figures, threshold, currency = view.summary.detection, view.balanced(), view.meta.currency
    if figures is None or threshold is None:
        return None
    cheapest = next((piece for piece in figures.best if piece.level == threshold.level), None)
    while_cheapest = ends = None
    if cheapest:
        while_cheapest = say(
            "It is the cheapest choice while one review costs {range}.",
            "单次审核成本为{range}时，这也是最省的做法。",
            range=between(cheapest.at_least, cheapest.below, currency),
        )
    last = figures.best[-1]
    if last.at_least and last.level > view.top:
        ends = say(
            "Once a review costs {cost} or more, no warning is worth it.",
            "若单次审核成本达到{cost}，则处理预警不再合算。",
            cost=money(last.at_least, currency),
        )
    return sentences(while_cheapest, ends)


def _to_do(advice: Sequence[Advice]) -> Both | None:
    rules = len({item.rule for item in advice if item.kind == "act"})
    if not rules:
        return None
    return say(
        "{n} to correct: the rule-by-rule table says how.",
        "有{n}需要修正，详见逐条规则表。",
        n=count(rules, "rule", "rules", "条规则"),
    )


def _card(label: Both, value: Both, note: Both) -> Html:
    return el(
        "div",
        el("p", label, class_="label"),
        el("p", value, class_="value"),
        el("p", note, class_="note"),
        class_="card",
    )

"""What the figures suggest doing about each rule. Advice is given only where the count bears it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tocsin.faces.report.markup import Both, same, say
from tocsin.faces.report.view import View
from tocsin.faces.report.words import count, number, share
from tocsin.insight.intervals import wilson
from tocsin.insight.rules import RuleLine

ENOUGH = 30
"""Judged facts below which a precision says little."""


MANY = 1000
"""Facts after which a rule that never fired needs a reason."""


@dataclass(frozen=True, slots=True)
class Advice:
    """`act`: change something; `look`: think about it; `good`: the rule earns more than it has."""

    rule: str
    kind: Literal["act", "look", "good"]
    text: Both


def advise(view: View) -> list[Advice]:
    """Advice on every rule, what to act on first; within a kind, in the policy's order."""
    given = [advice for rule in view.summary.rules for advice in _on(view, rule)]
    return sorted(given, key=lambda advice: ("act", "look", "good").index(advice.kind))


def _on(view: View, rule: RuleLine) -> Iterator[Advice]:
    if not rule.fires:
        yield Advice(
            rule.name,
            "act" if view.summary.totals.facts >= MANY else "look",
            Both(
                "Never fired. Its threshold is out of reach, or the data lacks what it asks for: correct or retire it.",
                "从未命中。阈值达不到，或数据缺少所需字段：请修正或停用。",
            ),
        )
        return
    yield from _overlaps(view, rule)
    if view.labelled:
        yield from _judged(view, rule)
    if not rule.warnings and not any(pair.rule == rule.name for pair in view.summary.within):
        yield Advice(
            rule.name,
            "look",
            say(
                "Fired on {n}, yet no warning is due to it: a rule of the same or a higher level always came first.",
                "命中{n}，却没有一条预警由它引起：总有同级或更高级别的规则在先。",
                n=_facts(rule.fires),
            ),
        )


def _overlaps(view: View, rule: RuleLine) -> Iterator[Advice]:
    levels = {line.name: line.level for line in view.summary.rules}
    pairs = [pair for pair in view.summary.within if pair.rule == rule.name]
    same_as = [same(pair.other) for pair in pairs if pair.same]
    if same_as:
        yield Advice(
            rule.name,
            "act",
            say(
                "Fires on exactly the same facts as {other}: one of the two is enough.",
                "与{other}命中的事件完全相同：保留其一即可。",
                other=same_as[0],
            ),
        )
        return
    covered = [same(pair.other) for pair in pairs if levels[pair.other] >= rule.level]
    if covered:
        yield Advice(
            rule.name,
            "look",
            say(
                "Never fires without {other}, which ranks at least as high: it adds points but finds nothing new.",
                "每次命中时{other}也命中，且后者级别不低：只增加分数，没有新发现。",
                other=covered[0],
            ),
        )


def _judged(view: View, rule: RuleLine) -> Iterator[Advice]:
    figures = view.summary.detection
    if figures is None or rule.precision is None or figures.base_rate is None:
        return
    if rule.judged < ENOUGH:
        yield Advice(
            rule.name,
            "look",
            say(
                "Only {n} with a label: too few to judge it.",
                "有标签的命中只有{n}：尚不足以评判。",
                n=_facts(rule.judged),
            ),
        )
        return
    low, high = wilson(rule.bad, rule.judged)
    any_level = figures.thresholds[1]
    if high < figures.base_rate or not rule.bad:
        yield Advice(
            rule.name,
            "act",
            say(
                "Right in {p} of its facts, where chance alone gives {base}: tighten or retire it.",
                "命中事件中不良占{p}，而随机即有{base}：请收紧或停用。",
                p=share(rule.precision),
                base=share(figures.base_rate),
            ),
        )
        return
    if low <= figures.base_rate:
        yield Advice(
            rule.name,
            "look",
            say(
                "Cannot be told from chance: right in {p} of {n}, where chance gives {base}.",
                "与随机无法区分：{n}中不良占{p}，随机即有{base}。",
                p=share(rule.precision),
                n=_facts(rule.judged),
                base=share(figures.base_rate),
            ),
        )
        return
    false_share = (rule.judged - rule.bad) / any_level.false_positives if any_level.false_positives else 0.0
    if false_share >= 0.4 and rule.precision <= (any_level.precision or 0):
        yield Advice(
            rule.name,
            "act",
            say(
                "Behind {share} of all false alarms, and right in only {p}: tightening this one saves the most work.",
                "占全部误报的{share}，而命中准确的只有{p}：收紧这一条最省力。",
                share=share(false_share),
                p=share(rule.precision),
            ),
        )
    if low >= 0.5 and rule.level < view.top:
        yield Advice(
            rule.name,
            "good",
            say(
                "Right in {p} of {n}: it could carry a higher level than {level}.",
                "{n}中{p}为不良：可以配得上高于{level}的级别。",
                p=share(rule.precision),
                n=_facts(rule.judged),
                level=view.level(rule.level),
            ),
        )
    elif rule.bad_alone >= ENOUGH and rule.bad_alone / figures.bad >= 0.05:
        yield Advice(
            rule.name,
            "good",
            say(
                "Alone finds {n} bad facts, {share} of all, that no other rule sees.",
                "单独发现{n}个不良事件，占全部的{share}，其他规则均未命中。",
                n=number(rule.bad_alone),
                share=share(rule.bad_alone / figures.bad),
            ),
        )


def _facts(facts: int) -> Both:
    return count(facts, "fact", "facts", "个事件")

"""The foot of the page: what was run on what, and how things are counted."""

from __future__ import annotations

from tocsin.faces.report.markup import Both, Html, el, join, same, say
from tocsin.faces.report.view import View
from tocsin.faces.report.words import count, number

NOTES = [
    Both(
        "A fact is acted on from a level up when a rule of that level or a higher one fired on it. "
        "Facts without a label are left out of every figure that needs one.",
        "某级别及以上的规则命中某事件，即视为在该级别处理该事件。没有标签的事件不计入任何需要标签的数字。",
    ),
    Both(
        "Average precision and the area under the ROC curve treat equal scores as one step (as scikit-learn does).",
        "平均精度与ROC曲线下面积把相同分数视为同一步（与scikit-learn一致）。",
    ),
    Both(
        "Top 100 cards: each day, every card's highest score, cards found on an earlier day removed, equal scores in "
        "order of first appearance that day; the divisor is always 100 "
        "(Le Borgne et al., Fraud Detection Handbook, 2022).",
        "前100张卡：每天取每张卡的最高分，剔除此前已发现的卡，同分按当日首次出现的先后；"
        "分母恒为100（Le Borgne等，《Fraud Detection Handbook》，2022）。",
    ),
    Both(
        "Costs are counted in whole minor units; the cheapest line follows the cost curves of "
        "Drummond and Holte (Machine Learning, 2006).",
        "成本以最小货币单位的整数计算；最低成本线依据Drummond与Holte的成本曲线（Machine Learning，2006）。",
    ),
    Both(
        "Advice on a rule's precision needs 30 labelled facts and a 95% interval (Wilson) clear of the base rate.",
        "对规则查准率的建议要求至少30个有标签的事件，且95%区间（Wilson）不含基准坏率。",
    ),
]


def about_run(view: View) -> Html:
    meta, summary = view.meta, view.summary
    late = summary.detection.card_precision.late if summary.detection else 0
    pace = meta.read / meta.seconds if meta.seconds > 0 else None
    facts = [
        (Both("Policy", "策略"), same(f"{meta.policy} · {meta.version}")),
        (Both("Digest", "摘要"), same(meta.digest)),
        (Both("File", "文件"), same(meta.source)),
        (Both("Facts read", "读入事件"), number(meta.read)),
        (Both("Rejected", "拒收"), number(meta.rejected)),
        (Both("Duplicates left out", "剔除重复"), number(meta.duplicates)),
        (
            Both("Time taken", "用时"),
            say(
                "{s} s ({pace} facts a second)",
                "{s}秒（每秒{pace}个事件）",
                s=number(meta.seconds, 1),
                pace=number(pace),
            ),
        ),
        (Both("Days are local to", "日期所在时区"), same(summary.timezone)),
        (Both("Currency", "币种"), same(meta.currency)),
    ]
    if summary.detection:
        labels = say(
            "{n}, {bad} bad",
            "{n}，其中不良{bad}个",
            n=count(summary.detection.facts, "fact", "facts", "个事件"),
            bad=number(summary.detection.bad),
        )
        facts.append((Both("Labelled", "有标签"), labels))
    if late or summary.late_warnings:
        facts.append(
            (
                Both("More than 40 days late", "迟到超过40天"),
                say(
                    "{a} facts not in the card figures, {b} warnings not in the workload",
                    "{a}个事件未计入卡片数字，{b}条预警未计入工作量",
                    a=number(late),
                    b=number(summary.late_warnings),
                ),
            )
        )
    listed = el("dl", *(join(el("dt", name), el("dd", value)) for name, value in facts))
    heading = Both("The run, and how things are counted", "运行信息与统计口径")
    return el(
        "section",
        el("h2", heading, id="run"),
        listed,
        el("ul", *(el("li", note) for note in NOTES), class_="notes"),
        aria_labelledby="run",
    )

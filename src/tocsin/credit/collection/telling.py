"""A strategy in words, for those who did not write it."""

from __future__ import annotations

from tocsin.credit.collection.strategy import (
    Bureau,
    ByHand,
    Contact,
    Legal,
    Nothing,
    Offered,
    OnAccount,
    Order,
    Place,
    Step,
    Strategy,
    Treatment,
    Way,
)
from tocsin.values import money

_SAID = {
    "head": {"en": "Collections under the laws of {}", "zh": "催收(适用{}规则)"},
    "opened": {"en": "a case is opened when {}", "zh": "立案条件:{}"},
    "closed": {"en": "and closed when {}", "zh": "结案条件:{}"},
    "segments": {"en": "Segments, the first that is true", "zh": "客群(取首个满足者)"},
    "others": {"en": "everybody else", "zh": "其余客户"},
    "experiments": {"en": "Experiments", "zh": "实验"},
    "capacity": {"en": "Working time a day", "zh": "每日作业时长"},
    "minutes": {"en": "{} minutes", "zh": "{}分钟"},
    "treatments": {"en": "Treatments", "zh": "处置手段"},
    "cost": {"en": ", costs {}", "zh": ",每次成本{}"},
    "contact": {"en": "a message by {}, template {}", "zh": "消息:{},模板{}"},
    "hand": {"en": "a task of {} minutes in the worklist {}, worth {}", "zh": "人工任务{}分钟,队列{},价值{}"},
    "order": {"en": "an order to the core system: {}", "zh": "核心系统指令:{}"},
    "amount": {"en": " of {}", "zh": ",金额{}"},
    "account": {"en": "a fact of every late account: {}", "zh": "逾期账户事件:{}"},
    "offer": {"en": "an offer by {}, template {}: {}", "zh": "方案邀约:{},模板{}:{}"},
    "any": {"en": "whatever can be afforded", "zh": "可承受的任何方案"},
    "place": {"en": "placement with {} for {} days at {} %", "zh": "委外至{},{}天,佣金{}%"},
    "recall": {"en": "recall from {}", "zh": "自{}召回"},
    "legal": {"en": "a step in law: {}, {} days", "zh": "法律步骤:{},{}天"},
    "bureau": {"en": "a step at the credit bureau: {}", "zh": "征信步骤:{}"},
    "nothing": {"en": "nothing, on purpose", "zh": "有意不采取行动"},
    "ladder": {"en": "Ladder", "zh": "处置阶梯"},
    "before": {"en": "{} before the due date", "zh": "还款日前{}"},
    "due": {"en": "on the due date", "zh": "还款日当天"},
    "late": {"en": "{} past due", "zh": "逾期{}"},
    "lasting": {"en": ", within {}", "zh": ",{}内"},
    "every": {"en": ", again every {}", "zh": ",每{}一次"},
    "only": {"en": ", for {}", "zh": ",限{}"},
    "arms": {"en": ", on the arm {}", "zh": ",实验组{}"},
    "when": {"en": ", when {}", "zh": ",条件:{}"},
}


def lines(strategy: Strategy, currency: str, language: str) -> list[str]:
    """The strategy as lines of text; headings begin without indentation."""

    def say(key: str, *values: object) -> str:
        return _SAID[key][language].format(*values)

    between = ", " if language == "en" else "、"
    result = [
        say("head", strategy.profile),
        f"  {say('opened', strategy.conditions[strategy.open_when])}",
        f"  {say('closed', strategy.conditions[strategy.close_when])}",
        "",
        say("segments"),
    ]
    result += [
        f"  {name}: {say('others') if place < 0 else strategy.conditions[place]}" for name, place in strategy.segments
    ]
    if strategy.experiments:
        result += ["", say("experiments")]
        for one in strategy.experiments:
            result.append(f"  {one.name}: " + between.join(f"{arm} {share} %" for arm, share in one.arms))
    result += ["", say("capacity")]
    result += [f"  {queue}: {say('minutes', minutes)}" for queue, minutes in strategy.capacity.items()]
    result += ["", say("treatments")]
    for treatment in strategy.treatments.values():
        cost = say("cost", money.written(treatment.cost, currency)) if treatment.cost else ""
        result.append(f"  {_titled(treatment, language)}: {_way(treatment.way, strategy, language)}{cost}")
    result += ["", say("ladder")]
    return result + [f"  {_step(step, strategy, language)}" for step in strategy.ladder]


def _titled(treatment: Treatment, language: str) -> str:
    return f"{treatment.name} ({treatment.title[language]})"


def _way(way: Way, strategy: Strategy, language: str) -> str:
    def say(key: str, *values: object) -> str:
        return _SAID[key][language].format(*values)

    match way:
        case Contact(by, _, template):
            return say("contact", " → ".join(by), template)
        case ByHand(queue, _, _, _, minutes, value):
            return say("hand", minutes, queue, strategy.sums[value])
        case Order(order, amount):
            return say("order", order) + ("" if amount is None else say("amount", strategy.sums[amount]))
        case OnAccount(fact, mode, days, reason):
            return say("account", " ".join(filter(None, (fact, mode, str(days) if days else "", reason))))
        case Offered(kinds, by, template):
            return say("offer", " → ".join(by), template, ", ".join(kinds) or say("any"))
        case Place(agency, rate, days, recall):
            return say("recall", agency) if recall else say("place", agency, days, f"{rate / 100:g}")
        case Legal(step, _, days, _):
            return say("legal", step, days)
        case Bureau(step, _):
            return say("bureau", step)
        case Nothing():
            return say("nothing")


def _step(step: Step, strategy: Strategy, language: str) -> str:
    def say(key: str, *values: object) -> str:
        return _SAID[key][language].format(*values)

    def days(count: int) -> str:
        return f"{count}天" if language == "zh" else "1 day" if count == 1 else f"{count} days"

    at = say("due") if step.at == 0 else say("before", days(-step.at)) if step.at < 0 else say("late", days(step.at))
    parts = [at, say("lasting", days(step.lasting))]
    if step.every:
        parts.append(say("every", days(step.every)))
    if step.segments:
        parts.append(say("only", ", ".join(step.segments)))
    if step.arms:
        parts.append(say("arms", ", ".join(f"{experiment}.{arm}" for experiment, arm in step.arms)))
    if step.when is not None:
        parts.append(say("when", strategy.conditions[step.when]))
    between = ": " if language == "en" else ":"
    return "".join(parts) + between + _titled(strategy.treatments[step.treatment], language)

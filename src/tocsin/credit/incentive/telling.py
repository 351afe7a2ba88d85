"""The incentives of a policy in words, for those who did not write it."""

from __future__ import annotations

from tocsin.credit.incentive.terms import Incentive, Incentives
from tocsin.credit.incentive.wording import points
from tocsin.values import money

_SAID = {
    "reward": {"en": "Rewards, for a statement whose minimum was paid in time", "zh": "奖励(按时还清最低还款额的账单)"},
    "penalty": {"en": "Penalties, for who could pay and will not", "zh": "惩罚(有能力而拒绝还款者)"},
    "due_days": {
        "en": "Another due day, from day {} to day {}, again after {} days",
        "zh": "还款日可调整至每月{}日至{}日,满{}天后可再次调整",
    },
    "rate": {"en": " by {} points a year", "zh": ",年{}个百分点"},
    "amount": {"en": " of {}", "zh": ",金额{}"},
    "most": {"en": ", {} at most", "zh": ",最高{}"},
    "lasting": {"en": ", for {} days", "zh": ",为期{}天"},
    "every": {"en": ", again after {} days", "zh": ",满{}天后可再次给予"},
    "arms": {"en": ", on the arm {}", "zh": ",实验组{}"},
    "when": {"en": ", when {}", "zh": ",条件:{}"},
    "money": {"en": ", budget {} a month", "zh": ",每月预算{}"},
    "count": {"en": ", {} a month at most", "zh": ",每月最多{}笔"},
}


def lines(terms: Incentives, currency: str, language: str) -> list[str]:
    """As lines of text; headings begin without indentation."""
    found = list[str]()
    for side in ("reward", "penalty"):
        mine = [one for one in terms.incentives.values() if one.side == side]
        found += (
            ["", _SAID[side][language], *(f"  {_line(one, terms, currency, language)}" for one in mine)] if mine else []
        )
    due = terms.due_days
    return [*found, "", _SAID["due_days"][language].format(due.first, due.last, due.every)][1:]


def _line(one: Incentive, terms: Incentives, currency: str, language: str) -> str:
    def say(key: str, *values: object) -> str:
        return _SAID[key][language].format(*values)

    budget = terms.budget.get(one.name)
    parts = [
        "" if one.rate is None else say("rate", points(one.rate)),
        "" if one.amount is None else say("amount", terms.sums[one.amount]),
        "" if one.most is None else say("most", money.written(one.most, currency)),
        "" if one.lasting is None else say("lasting", one.lasting),
        say("every", one.every) if one.every else "",
        say("arms", ", ".join(f"{experiment}.{arm}" for experiment, arm in one.arms)) if one.arms else "",
        say("when", terms.conditions[one.when]),
        "" if budget is None else say(budget.kind, _most(budget.kind, budget.most, currency)),
    ]
    return f"{one.name} ({one.title[language]}): {one.gives}{''.join(parts)}"


def _most(kind: str, most: int, currency: str) -> str:
    return money.written(most, currency) if kind == "money" else str(most)

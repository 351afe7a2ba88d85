"""A policy in words, for those who did not write it."""

from __future__ import annotations

from tocsin.policy import words
from tocsin.policy.policy import Policy
from tocsin.values import duration

_TITLES = {
    "signals": {"en": "Signals", "zh": "信号"},
    "rules": {"en": "Rules", "zh": "规则"},
    "levels": {"en": "Levels, from the lowest", "zh": "预警级别(由低到高)"},
    "reckoned": {"en": "reckoned as {}", "zh": "计算为 {}"},
    "falls": {"en": "falls by one step after {} of quiet", "zh": "连续{}无触发后下降一级"},
    "when": {"en": "when", "zh": "条件"},
    "holds": {"en": "and holds while", "zh": "持续条件"},
    "to": {"en": "→ {}, {} points, {}", "zh": "→ {},{}分,{}"},
    "head": {"en": "{} — money in {}, times in {}, facts up to {} late", "zh": "{} — 币种{},时区{},允许迟到{}"},
}
_DECISIONS = (
    {"en": "approve", "zh": "通过"},
    {"en": "review", "zh": "人工审核"},
    {"en": "block", "zh": "拦截"},
)


def lines(policy: Policy, language: str) -> list[str]:
    """The policy as lines of text; headings begin without indentation."""

    def say(key: str, *values: object) -> str:
        return _TITLES[key][language].format(*values)

    def long(micros: int) -> str:
        return duration.written(micros) if language == "en" else duration.written_zh(micros)

    result = [
        policy.stamp,
        say("head", policy.title[language], policy.currency, policy.timezone, long(policy.lateness)),
        "",
    ]
    result.append(say("signals"))
    result += [f"  {m.name}: {words.measure(m, language)}" for m in policy.measures]
    result += [f"  {d.name}: {say('reckoned', d.text)}" for d in policy.derived]
    result += ["", say("levels")]
    result += [
        f"  {level.rank} {level.name} {level.title[language]}: {say('falls', long(level.cool_off))}"
        for level in policy.levels
    ]
    result += ["", say("rules")]
    for rule in policy.rules:
        level = policy.levels[rule.level - 1]
        result.append(
            f"  {rule.name} {say('to', level.title[language], rule.points, _DECISIONS[rule.decision][language])}"
        )
        result.append(f"    {say('when')} {words.expression(rule.when, policy.currency)}")
        if rule.holds_while is not None:
            result.append(f"    {say('holds')} {words.expression(rule.holds_while, policy.currency)}")
        result.append(f"    “{rule.say[language]}”")
    return result

"""Restrictions and their release in words, for those who did not write the policy."""

from __future__ import annotations

from tocsin.credit.restriction.terms import Hold, Line, Release, Restraints, Scope
from tocsin.values import duration, money

_SAID = {
    "head": {"en": "Restrictions", "zh": "管控"},
    "core": {"en": "the core system confirms within {}", "zh": "核心系统须在{}内确认"},
    "does": {"en": "{} ({}): {}, {}", "zh": "{}({}):{},{}"},
    "on": {"en": "imposed by {}", "zh": "触发规则:{}"},
    "level": {"en": "imposed at rank {} of warning and above", "zh": "预警级别达到第{}级及以上"},
    "days": {"en": "{} days, from {} to {}", "zh": "{}天,最少{}天,最多{}天"},
    "scope": {"en": "only {}", "zh": "仅限{}"},
    "needs": {"en": "asks for {}", "zh": "要求:{}"},
    "stage": {"en": "from {} % of the days on, {} a transaction, {} a day", "zh": "满{}%天数后,单笔{},单日{}"},
    "any": {"en": "any amount", "zh": "不限金额"},
    "review": {"en": "a person looks at it after {}", "zh": "{}后人工复核"},
    "expires": {"en": "ends by itself after {}", "zh": "{}后自动到期"},
    "hands": {"en": "released by people alone", "zh": "仅可人工解除"},
    "out": {"en": "{} % of persons held out", "zh": "{}%的客户随机对照"},
    "release": {"en": "Release", "zh": "解除"},
    "factor": {"en": "{}, by {}", "zh": "{}(取值:{})"},
    "line": {"en": "{}: {}", "zh": "{}:{}"},
    "always": {"en": "else", "zh": "其余"},
    "longer": {"en": "{:+d} days", "zh": "{:+d}天"},
    "bars": {"en": "no release", "zh": "不得解除"},
    "ends": {"en": "released at once", "zh": "立即解除"},
    "requirement": {"en": "{} ({}), within {} days", "zh": "{}({}),{}天内"},
    "needed": {"en": ", no release without it", "zh": ",解除的必要条件"},
    "met": {"en": ", met when {}", "zh": ",满足条件:{}"},
    "refused": {"en": "refused when {}", "zh": "拒绝解除的条件:{}"},
    "eyes": {"en": "at {} two people release", "zh": "{}级须两人同意解除"},
    "appeal": {"en": "an appeal is decided within {}", "zh": "申诉须在{}内裁决"},
}


def lines(restraints: Restraints | None, release: Release, currency: str, language: str) -> list[str]:
    """Both sections as lines of text; headings begin without indentation."""

    def say(key: str, *values: object) -> str:
        return _SAID[key][language].format(*values)

    result = []
    if restraints is not None:
        result.append(say("head"))
        if restraints.acknowledge:
            result.append(f"  {say('core', duration.spoken(restraints.acknowledge, language))}")
        for hold in restraints.holds.values():
            result.append(f"  {say('does', hold.name, hold.title[language], hold.type, hold.strength)}")
            result += [f"    {one}" for one in _hold(hold, currency, language)]
        result.append("")
    result.append(say("release"))
    for factor in release.factors:
        result.append(f"  {say('factor', factor.name, factor.shows)}")
        for line in factor.lines:
            when = say("always") if line.when < 0 else release.conditions[line.when]
            result.append(f"    {say('line', when, _effect(line, language))}")
    for need in release.needs.values():
        met = "" if need.met_when is None else say("met", release.conditions[need.met_when])
        needed = say("needed") if need.needed else ""
        result.append(f"  {say('requirement', need.name, need.title[language], need.within)}{needed}{met}")
    if release.refuse_when is not None:
        result.append(f"  {say('refused', release.conditions[release.refuse_when])}")
    if release.four_eyes:
        result.append(f"  {say('eyes', ', '.join(release.four_eyes))}")
    return [*result, f"  {say('appeal', duration.spoken(release.appeal, language))}"]


def _effect(line: Line, language: str) -> str:
    key = "bars" if line.bars else "ends" if line.ends else "longer"
    return _SAID[key][language].format(line.days)


def _hold(hold: Hold, currency: str, language: str) -> list[str]:
    def say(key: str, *values: object) -> str:
        return _SAID[key][language].format(*values)

    def amount(given: int | None) -> str:
        return say("any") if given is None else money.written(given, currency)

    found = [say("on", ", ".join(sorted(hold.rules)))] if hold.rules else []
    found += [say("level", hold.level)] if hold.level else []
    found.append(say("days", hold.days, hold.least, hold.most))
    found += [say("scope", _scope(hold.scope, currency))] if hold.scope != Scope() else []
    found += [say("needs", ", ".join(hold.needs))] if hold.needs else []
    found += [say("stage", one.at, amount(one.up_to), amount(one.a_day)) for one in hold.stages]
    found += [] if hold.review is None else [say("review", duration.spoken(hold.review, language))]
    found += [] if hold.expires is None else [say("expires", duration.spoken(hold.expires, language))]
    found += [] if hold.automatic else [say("hands")]
    return found + ([say("out", hold.held_out)] if hold.held_out else [])


def _scope(scope: Scope, currency: str) -> str:
    parts = [*scope.merchants, *scope.countries, *scope.channels, *scope.devices]
    parts += [] if scope.card_present is None else [f"card_present = {str(scope.card_present).lower()}"]
    parts += [] if scope.above is None else [f"> {money.written(scope.above, currency)}"]
    return ", ".join(parts)

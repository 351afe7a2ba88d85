"""The factors of both scores: each a value, its points, how certain it is, and a sentence.

A factor that is not known has no points, and says so; it lowers the confidence by its whole weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from tocsin.credit.ability.person import Person
from tocsin.credit.ability.surplus import Surplus
from tocsin.credit.ability.terms import Terms, heaviest, points
from tocsin.values.said import Said

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Reason:
    """`points` for (+) or against (−), at most `weight`; `certainty` 0..100; `value` None where not known."""

    factor: str
    value: int | str | None
    points: int
    weight: int
    certainty: int
    said: Said


NAMES = {
    "base": Said("Where everyone starts", "起始分"),
    "surplus": Said("Left after living costs, % of income", "扣除生活费用后的结余占收入比例(%)"),
    "burden": Said("Obligations elsewhere, % of income", "其他月供占收入比例(%)"),
    "cover": Said("What can be paid a month, % of the minimum due", "月可还金额占最低还款额比例(%)"),
    "balance_trend": Said("Change of the balance, %", "余额变化(%)"),
    "utilisation": Said("Utilisation of the limit, %", "额度使用率(%)"),
    "ratio_trend": Said("Change of the payment ratio, points", "还款率变化(百分点)"),
    "employment": Said("Employment", "就业状态"),
    "verified": Said("Means checked against a source", "还款能力信息已核实"),
    "responses": Said("Messages answered, %", "消息回复率(%)"),
    "right_party": Said("Calls that reached the person, %", "本人接通率(%)"),
    "promises": Said("Promises kept, % (a partial one counts half)", "承诺履约率(%,部分履约计一半)"),
    "refusals": Said("Refusals to pay", "拒绝还款次数"),
    "evasions": Said("Contacts evaded", "回避联系次数"),
    "first_payment": Said("Days until the first payment", "首次还款所用天数"),
}
_JOBS = {
    "employed": "受雇",
    "self_employed": "自雇",
    "retired": "退休",
    "student": "学生",
    "unemployed": "失业",
}


def ability(person: Person, surplus: Surplus, told: int, terms: Terms) -> list[Reason]:
    """Reasons of the repayment ability; `told`: how far what was told of the means is relied on, per cent."""
    means, accounts = person.means, person.accounts
    income, balances, ratios = means.income, accounts.balances, accounts.ratios
    left = share(surplus.net, income) if surplus.basis == "income" else None
    covered = share(surplus.amount, accounts.minimum_due) if surplus.basis != "unknown" else None
    measured = {
        "surplus": (left, surplus.certainty),
        "burden": (share(means.obligations, income), told),
        "cover": (covered, surplus.certainty),
        "balance_trend": (_change(balances), _seen(len(balances) - 1, terms)),
        "utilisation": (share(balances[-1] if balances else None, accounts.credit_limit), 100),
        "ratio_trend": (ratios[-1] - ratios[0] if len(ratios) > 1 else None, _seen(len(ratios) - 1, terms)),
    }
    found = [_reason(name, value, certainty, terms) for name, (value, certainty) in measured.items()]
    return [*found, _employment(means.employment, told, terms), _verified(means.verified, told)]


def willingness(person: Person, as_of: int, terms: Terms) -> list[Reason]:
    """Reasons of the willingness; few observations count for less, in points and in confidence alike."""
    answers = person.answers
    matured = answers.kept + answers.partial + answers.broken
    contacts = answers.responses + answers.right_party
    days = _days_to_payment(person, as_of)
    measured = {
        "responses": (share(answers.responses, answers.messages), _seen(answers.messages, terms)),
        "right_party": (share(answers.right_party, answers.calls), _seen(answers.calls, terms)),
        "promises": (share(2 * answers.kept + answers.partial, 2 * matured), _seen(matured, terms)),
        "refusals": (answers.refused if contacts else None, 100),
        "evasions": (answers.evaded if answers.messages + answers.calls else None, 100),
        "first_payment": (days, 100),
    }
    return [_reason(name, value, certainty, terms) for name, (value, certainty) in measured.items()]


def share(part: int | None, whole: int | None) -> int | None:
    """Per cent, towards zero; None where either is not known or nothing is there to share."""
    if part is None or whole is None or whole <= 0:
        return None
    return part * 100 // whole if part >= 0 else -(-part * 100 // whole)


def _reason(factor: str, value: int | None, certainty: int, terms: Terms) -> Reason:
    bands = terms.ability.get(factor) or terms.willingness[factor]
    weight = heaviest(bands)
    if value is None or certainty <= 0:
        return _unknown(factor, weight)
    full = points(bands, value)
    scaled = abs(full) * certainty // 100 if factor in _COUNTED else abs(full)
    given = scaled if full > 0 else -scaled
    return Reason(factor, value, given, weight, certainty, _told(factor, Said(str(value), str(value)), given))


_COUNTED = {"balance_trend", "ratio_trend", "responses", "right_party", "promises"}
"""Factors measured on a number of observations: one kept promise says less than three."""


def _employment(job: str | None, told: int, terms: Terms) -> Reason:
    weight = heaviest(tuple((0, one) for one in terms.employment.values()))
    if job is None or job not in terms.employment:
        return _unknown("employment", weight)
    given = terms.employment[job]
    name = Said(job.replace("_", " "), _JOBS.get(job, job))
    return Reason("employment", job, given, weight, told, _told("employment", name, given))


def _verified(verified: bool, told: int) -> Reason:
    en, zh = (("yes", "是"), ("no", "否"))[not verified]
    more = Said(f"; what was told counts for {told} % in the confidence", f";自述信息的可信度按{told}%计")
    return Reason(
        "verified",
        en,
        0,
        0,
        told,
        Said(f"{NAMES['verified'].en}: {en}{more.en}", f"{NAMES['verified'].zh}:{zh}{more.zh}"),
    )


@cache
def _unknown(factor: str, weight: int) -> Reason:
    name = NAMES[factor]
    said = Said(f"{name.en}: not known, neither for nor against", f"{name.zh}:未知,不加分也不减分")
    return Reason(factor, None, 0, weight, 0, said)


@lru_cache(maxsize=10_000)
def _told(factor: str, value: Said, given: int) -> Said:
    name = NAMES[factor]
    return Said(f"{name.en}: {value.en} ({given:+d})", f"{name.zh}:{value.zh}({given:+d}分)")


def _seen(observations: int, terms: Terms) -> int:
    return 100 * min(max(observations, 0), terms.enough) // terms.enough


def _change(series: tuple[int, ...]) -> int | None:
    return share(series[-1] - series[0], series[0]) if len(series) > 1 else None


def _days_to_payment(person: Person, as_of: int) -> int | None:
    """Days from being late to the first payment; where none came, days gone by so far."""
    since, paid = person.answers.late_since, person.answers.first_paid_at
    if since is None:
        return None
    return max(0, (as_of if paid is None else paid) - since) // DAY

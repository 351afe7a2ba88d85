"""Rules put to an offer, each with its source and what it looked at.

Ids and sources are those of the rules of conduct; one that is not confirmed says so, and is applied.
"""

from __future__ import annotations

from tocsin.credit.plan.paydays import per_payday
from tocsin.credit.plan.record import Check
from tocsin.credit.plan.schedule import Periods, Schedule
from tocsin.credit.plan.terms import Debt, Means, Terms
from tocsin.values.said import Said

LONGEST = {"CN": 60}
"""Months that a law allows an instalment plan to last, by jurisdiction."""

_RULES = {
    "CN-CARD-70-TERM": ("商业银行信用卡业务监督管理办法 §70", True),
    "CN-13-INSTAL": ("银保监规〔2022〕13号", False),
    "CN-PBC-111-FEE": ("银发〔2016〕111号", True),
    "CN-FEE-5PCT": ("issuer tariffs, not law", False),
    "US-REGZ-52b": ("12 CFR 1026.52(b)", False),
    "UK-CONC-7.3": ("CONC 7.3.4-7.3.10", True),
}


def checked(
    debt: Debt, means: Means, schedule: Schedule, months: int, over: Periods | None, terms: Terms
) -> tuple[Check, ...]:
    """All rules of a jurisdiction. `over`: the periods by which interest runs, None where none does."""
    match terms.jurisdiction:
        case "CN":
            return _china(debt, means, schedule, months, over, terms)
        case "US":
            said = Said("A late fee is never more than the instalment that was missed", "违约金不超过所欠的当期金额")
            return (_check("US-REGZ-52b", terms.late_fee <= 100, said, late_fee_percent=terms.late_fee),)
        case "UK":
            return _britain(means, schedule)
        case _:
            return ()


def _china(
    debt: Debt, means: Means, schedule: Schedule, months: int, over: Periods | None, terms: Terms
) -> tuple[Check, ...]:
    ability, longest = means.surplus + means.at_hand, LONGEST["CN"]
    return (
        _check(
            "CN-CARD-70-TERM",
            months <= longest and debt.total > ability and means.willing,
            Said("The debt exceeds what the person can pay, she is willing, and the plan lasts at most five years", "欠款超出还款能力且本人有还款意愿,期限不超过5年"),
            months=months,
            longest=longest,
            debt=debt.total,
            ability=ability,
        ),
        _check("CN-13-INSTAL", months <= longest, Said("Instalments last at most five years", "分期期限不超过5年"), months=months, longest=longest),
        _check("CN-PBC-111-FEE", _on_principal_alone(schedule, over), Said("No interest runs on penalties, fees or old interest", "违约金、费用与已计利息不计息"), interest=sum(row.interest for row in schedule)),
        _check("CN-FEE-5PCT", terms.late_fee <= terms.late_fee_cap, Said("A penalty for a missed instalment is within its cap", "逾期违约金不超过上限"), late_fee_percent=terms.late_fee, cap=terms.late_fee_cap),
    )  # fmt: skip


def _britain(means: Means, schedule: Schedule) -> tuple[Check, ...]:
    each = per_payday(means.surplus, means.paydays)
    first, *others = [row.total for row in schedule]
    fair = first <= each + means.at_hand and all(total <= each for total in others)
    said = Said("No payment is larger than the person can afford", "任何一笔还款均不超过本人承受能力")
    return (_check("UK-CONC-7.3", fair, said, largest=max(first, *others, 0), affordable=each, at_hand=means.at_hand),)


def _on_principal_alone(schedule: Schedule, over: Periods | None) -> bool:
    if over is None:
        return all(row.interest == 0 for row in schedule)
    principal = sum(row.principal for row in schedule)
    for row, rate in zip(schedule, over.rates, strict=False):
        if 2 * row.interest * over.scale > 2 * principal * rate + over.scale:
            return False
        principal -= row.principal
    return True


def _check(rule: str, passed: bool, said: Said, **inputs: int) -> Check:
    source, confirmed = _RULES[rule]
    return Check(rule, source, confirmed, passed, tuple(inputs.items()), said)

"""What the laws say of a grant. They are data: a rule of a profile that `limits` what is given says so in its parameters.

limits         what is bounded: late_fee, penalty_rate, bureau_record, blacklist, limit_rise …
forbidden      it may not be given
most           the most of it, minor units of the currency of the rule's place
most_again     the same, where it was given within `again_cycles` cycles before
of_unpaid      per mille of what of the minimum was not paid
of_minimum     per mille of the minimum that was not paid in time
of_rate        per mille of the contract's rate: the most by which a rate rises
months         so many months' surplus is the most that the limit may come to
once_a_cycle   once for one statement
days_late      only more than so many days past due
notice_days    announced so many days before
told_first     in force only once the person was told
cure_payments  it ends after so many statements in a row whose minimum was paid in time
by_person      a person decides
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.credit.conduct.law import Rule
from tocsin.credit.incentive.terms import MONEY
from tocsin.facts.incentives import Gives

PARAMETERS = frozenset((
    "limits", "forbidden", "most", "most_again", "again_cycles", "of_unpaid", "of_minimum", "of_rate", "months",
    "once_a_cycle", "days_late", "notice_days", "told_first", "cure_payments", "by_person",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be given, and what the laws look at. Money in minor units, rates in basis points a year."""

    gives: Gives
    at: int
    amount: int | None = None
    rate: int | None = None
    minimum: int = 0
    """Of the statement it is for."""
    unpaid: int = 0
    """What of that was not paid in time."""
    days_past_due: int = 0
    given: tuple[int, ...] = ()
    """How many cycles ago the same was given to the account: 0 for this one."""
    contract_rate: int = 0
    surplus: int = 0
    """A month."""
    credit_limit: int = 0


@dataclass(frozen=True, slots=True)
class Lawful:
    """It may be given: so much at most, announced so many days before. `rule`: the one that bounds it the closest."""

    amount: int | None
    rate: int | None
    notice_days: int = 0
    told_first: bool = False
    by_person: bool = False
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Unlawful:
    """It may not, by this rule."""

    rule: Rule


def asked(rules: Iterable[Rule], what: Asked) -> Lawful | Unlawful:
    """Every rule in force that limits what is to be given."""
    amount, rate, bounding = what.amount, what.rate, list[Rule]()
    limiting = _limiting(rules, what.gives, what.at)
    for rule in limiting:
        if _forbids(rule, what):
            return Unlawful(rule)
        cap, given = _cap(rule, what), amount if what.gives in MONEY else rate
        if cap is not None and given is not None and cap < given:
            if cap <= 0:
                return Unlawful(rule)
            amount, rate = (cap, rate) if what.gives in MONEY else (amount, cap)
            bounding = [rule]
    demanding = [one for one in limiting if {"notice_days", "told_first", "by_person"} & {*one.parameters}]
    return Lawful(
        amount,
        rate,
        notice_days=max((int(one.parameters.get("notice_days", 0)) for one in limiting), default=0),
        told_first=any(one.parameters.get("told_first") for one in limiting),
        by_person=any(one.parameters.get("by_person") for one in limiting),
        rule=next(iter((*bounding, *demanding)), None),
    )


def cured_after(rules: Iterable[Rule], gives: Gives, at: int) -> tuple[int, Rule] | None:
    """After how many paid statements in a row it ends, and by which rule; None where none says."""
    found = [
        (int(rule.parameters["cure_payments"]), rule)
        for rule in _limiting(rules, gives, at)
        if "cure_payments" in rule.parameters
    ]
    return min(found, key=lambda one: one[0], default=None)


def _limiting(rules: Iterable[Rule], gives: Gives, at: int) -> list[Rule]:
    return [one for one in rules if one.parameters.get("limits") == gives and one.valid_from <= at < one.valid_to]


def _forbids(rule: Rule, what: Asked) -> bool:
    says = rule.parameters
    return bool(
        says.get("forbidden")
        or ("days_late" in says and what.days_past_due <= int(says["days_late"]))
        or (says.get("once_a_cycle") and 0 in what.given)
    )


def _cap(rule: Rule, what: Asked) -> int | None:
    """The most that a rule lets be given; None where it sets no bound."""
    says, caps = rule.parameters, list[int]()
    if "most" in says:
        again = any(0 < ago <= int(says.get("again_cycles", 0)) for ago in what.given)
        caps.append(int(says["most_again" if again and "most_again" in says else "most"]))
    if "of_unpaid" in says:
        caps.append(what.unpaid * int(says["of_unpaid"]) // 1000)
    if "of_minimum" in says:
        caps.append(what.minimum * int(says["of_minimum"]) // 1000)
    if "of_rate" in says:
        caps.append(what.contract_rate * int(says["of_rate"]) // 1000)
    if "months" in says:
        caps.append(what.surplus * int(says["months"]) - what.credit_limit)
    return min(caps, default=None)

"""Repayment plans: what can be afforded, to the cent and to the day, and how a plan is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal, localcontext
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tocsin.credit.plan import (
    Debt,
    Fortnightly,
    Kind,
    Means,
    Monthly,
    Offer,
    Solution,
    Terms,
    Weekly,
    Why,
    agreement,
    solve,
)
from tocsin.credit.plan.cost import apr, present_value
from tocsin.credit.plan.paydays import due_days, months_later, months_until, per_payday
from tocsin.credit.plan.schedule import level, needed, paid_off, periods
from tocsin.values.calendar import Calendar, number
from tocsin.values.problem import Refused

ON = date(2026, 3, 2)
YEAR = (number(date(2026, 1, 1)), number(date(2027, 12, 31)))
GOLDEN_WEEK = frozenset(number(date(2026, 10, day)) for day in range(1, 8))
CHINA = Calendar("CN", *YEAR, GOLDEN_WEEK, frozenset({number(date(2026, 10, 10))}))
TERMS = Terms()
PAYDAYS = {"monthly 15": Monthly(15), "monthly 31": Monthly(31), "fortnightly": Fortnightly(date(2026, 2, 20)), "weekly": Weekly(4)}  # fmt: skip


# -- offers for the cast -----------------------------------------------------------------------------------------------


def solved(principal: int, interest: int, fees: int, surplus: int, at_hand: int = 0, **terms: object) -> Solution:
    """Money in whole yuan."""
    debt = Debt("CNY", principal * 100, interest * 100, fees * 100)
    return solve(debt, Means(surplus * 100, at_hand * 100), replace(TERMS, **terms), ON, CHINA)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "debt", "surplus", "at_hand", "kinds"),
    [
        # who          principal interest fees  surplus  at hand   what is offered, the least conceded first
        ("Li Na",      (20_000,   800,   300),   1_000,       0,  "shortest reschedule lightest relief"),
        ("Wang Wei",   (20_000,   800,   300),     400,       0,  "relief"),
        ("Sun Li",     (20_000,   800,   300),     450,  12_000,  "settlement_in_parts settlement relief reschedule"),
        ("Zhao Min",   (20_000,   800,   300),     150,       0,  "too_long 346.67"),
        ("Xu Fang",    (20_000,   800,   300),      50,       0,  "below_minimum 346.67"),
        ("Ma Lin",     (20_000,   800,   300),       0,       0,  "no_surplus 346.67"),
        ("He Ping",    ( 3_000,     0,     0),   5_000,       0,  "can_pay"),
        ("Gao Yu",     ( 3_000,     0,     0),   1_000,   2_000,  "can_pay"),
    ],
)  # fmt: skip
def test_what_is_offered(name: str, debt: tuple[int, int, int], surplus: int, at_hand: int, kinds: str) -> None:
    solution = solved(*debt, surplus, at_hand)
    if solution.refused:
        least = solution.refused.surplus_needed
        assert str(solution.refused.why) + (f" {least / 100:.2f}" if least else "") == kinds
        assert solution.refused.why.said.zh
    else:
        assert sorted(str(offer.kind) for offer in solution.offers) == sorted(kinds.split()), name


@pytest.mark.parametrize(
    ("kind", "count", "instalment", "last", "interest", "apr_percent", "level", "approvals"),
    [
        (Kind.SHORTEST,   25,   996.60,   996.37, 3_814.77, "17.89", "clerk",      0),
        (Kind.LIGHTEST,   60,   518.14,   517.53, 9_987.79, "18.12", "clerk",      0),
        (Kind.RESCHEDULE, 33,   795.28,   795.08, 5_144.04, "17.95", "clerk",      0),
        (Kind.RELIEF,     21,   990.48,   990.40,     0.00, "0.00",  "supervisor", 1),
    ],
)  # fmt: skip
def test_the_offers_of_li_na(
    kind: Kind,
    count: int,
    instalment: float,
    last: float,
    interest: float,
    apr_percent: str,
    level: str,
    approvals: int,
) -> None:
    offer = the(kind)
    assert len(offer.schedule) == count
    assert [round(offer.schedule[0].total / 100, 2), round(offer.schedule[-1].total / 100, 2)] == [instalment, last]
    assert round(offer.interest / 100, 2) == interest
    assert f"{Decimal(offer.apr) / 10_000:.2f}" == apr_percent
    assert (offer.authority.level.name, offer.authority.level.approvals) == (level, approvals)
    assert all(check.passed and check.source and check.said.zh for check in offer.checks)
    assert {check.rule for check in offer.checks if not check.confirmed} == {"CN-13-INSTAL", "CN-FEE-5PCT"}


@cache
def li_na() -> Solution:
    return solved(20_000, 800, 300, 1_000)


def the(kind: Kind) -> Offer:
    return next(offer for offer in li_na().offers if offer.kind is kind)


def test_who_must_approve_and_why() -> None:
    assert [said.en for said in the(Kind.RELIEF).authority.why] == [
        "waives 100 % of the fees, more than the 50 % of the clerk",
        "cuts the rate by 100 %, more than the 0 % of the clerk",
    ]
    assert the(Kind.RELIEF).authority.why[0].zh == "减免费用100%,超出经办的50%"
    settled = solved(20_000, 800, 300, 0, 12_000).best
    assert settled and settled.authority.level.name == "committee" and settled.waived.principal == 800_000
    debt, means = Debt("CNY", 2_000_000), Means(100_000, earlier=1)
    again = solve(debt, means, TERMS, ON, CHINA).best
    assert again and again.authority.level.name == "supervisor" and "watch period" in again.authority.why[0].en


@pytest.mark.parametrize(("jurisdiction", "rules"), [("CN", 4), ("US", 1), ("UK", 1), ("NZ", 0)])
def test_rules_by_jurisdiction(jurisdiction: str, rules: int) -> None:
    offers = solved(20_000, 800, 300, 1_000, jurisdiction=jurisdiction).offers
    assert offers and all(len(offer.checks) == rules for offer in offers)


def test_refusals_of_policy_and_law() -> None:
    assert solve(Debt("CNY", 10**6), Means(10**5, willing=False), TERMS, ON, CHINA).refused.why is Why.UNWILLING  # type: ignore[union-attr]
    assert solved(20_000, 0, 0, 400, floor=99).refused.why is Why.BELOW_FLOOR  # type: ignore[union-attr]
    assert solved(20_000, 0, 0, 1_000, late_fee=6).refused.why is Why.UNLAWFUL  # type: ignore[union-attr]
    clerks = TERMS.levels[:1]
    assert solved(20_000, 0, 0, 400, levels=clerks).refused.why is Why.NO_AUTHORITY  # type: ignore[union-attr]
    longest = solved(20_000, 0, 0, 400, max_months=240)
    assert all(offer.months <= 60 for offer in longest.offers), "the law is stricter than the policy"
    for wrong in (
        {"floor": 101},
        {"rate": -1},
        {"max_months": 0},
        {"minimum": 0},
        {"rate_steps": (50, 100)},
        {"levels": ()},
    ):
        with pytest.raises(Refused, match="correct the terms"):
            replace(TERMS, **wrong)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        Debt("CNY", 0)


def test_the_agreement_says_what_the_rule_asks_for() -> None:
    clauses = agreement(the(Kind.RELIEF), Monthly(15), TERMS)
    assert [clause.number for clause in clauses] == [1, 2, 3, 4, 5, 6]
    assert "21,100.00" in clauses[0].said.en and "990.48 on 2026-03-16" in clauses[1].said.en
    assert "首期2026-03-16还990.48" in clauses[1].said.zh and "不向任何银行申领信用卡" in clauses[3].said.zh


# -- days --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paydays", "start", "shift", "expected"),
    [
        (Monthly(31),                    date(2026, 1, 20), "none",      "01-31 02-28 03-31 04-30"),
        (Monthly(31),                    date(2026, 1, 20), "following", "02-02 03-02 03-31 04-30"),
        (Monthly(1),                     date(2026, 9, 20), "following", "10-08 11-02 12-01 01-01"),
        (Monthly(1),                     date(2026, 9, 20), "preceding", "09-30 10-30 12-01 01-01"),
        (Weekly(3),                      date(2026, 9, 20), "following", "09-24 10-08 10-15 10-22"),
        (Fortnightly(date(2026, 9, 11)), date(2026, 9, 20), "following", "09-25 10-09 10-23 11-06"),
        (Monthly(10),                    date(2026, 10, 1), "following", "10-10 11-10 12-10 01-11"),
    ],
)  # fmt: skip
def test_days_on_which_instalments_fall_due(paydays: Monthly, start: date, shift: str, expected: str) -> None:
    days = due_days(paydays, start, 3, 12, shift, CHINA)
    assert " ".join(day.strftime("%m-%d") for day in days[:4]) == expected


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.integers(0, 120), st.integers(0, 40))
def test_months(day: date, months: int, more: int) -> None:
    end = months_later(day, months)
    assert months_until(day, end) == months or day.day != end.day
    later = end + timedelta(days=more)
    reached = months_until(day, later)
    assert months_later(day, reached) >= later and (reached == 0 or months_later(day, reached - 1) < later)


# -- against Decimal ---------------------------------------------------------------------------------------------------


@given(st.integers(1_000, 10**8), st.integers(0, 5_000), st.integers(1, 60))
def test_the_level_instalment_is_the_annuity(principal: int, rate: int, count: int) -> None:
    """P·r/(1−(1+r)^−n), by Decimal; rounding the interest of n periods moves it by less than a unit or two."""
    debt, days = Debt("CNY", principal), [ON + timedelta(days=30 * k) for k in range(1, count + 1)]
    over_ = periods(ON, days, rate, 12, by_days=False, principal_first=True)
    found = level(debt, count, 3 * principal, over_)
    with localcontext() as context:
        context.prec = 40
        r = Decimal(rate) / 120_000
        exact = principal * r / (1 - (1 + r) ** -count) if r else Decimal(principal) / count
    assert found is not None and abs(found - exact.to_integral_value(ROUND_CEILING)) <= 1
    schedule = paid_off(debt, found, over_)
    assert sum(row.principal for row in schedule) == principal and len(schedule) <= count
    assert all(row.total == found for row in schedule[:-1]) and 0 < schedule[-1].total <= found
    assert found == -(-principal // count) or needed(debt, found - 1, over_) is None


@given(
    st.integers(10_000, 10**8),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 10**7)), min_size=1, max_size=60),
    st.integers(0, 3_000),
)
def test_apr_and_present_value_against_decimal(amount: int, flows: list[tuple[int, int]], rate: int) -> None:
    from tocsin.credit.plan import Instalment

    day, rows = ON, []
    for gap, principal in flows:
        day += timedelta(days=gap)
        rows.append(Instalment(len(rows) + 1, day, principal, 0, 0, 0))
    schedule = tuple(rows)
    assume(sum(row.total for row in schedule) >= amount)

    def worth(yearly: Decimal) -> Decimal:
        return sum(
            (row.total / (1 + yearly) ** (Decimal((row.due - ON).days) / 365) for row in schedule), start=Decimal(0)
        )

    with localcontext() as context:
        context.prec = 40
        assert abs(worth(Decimal(rate) / 10_000) - present_value(schedule, ON, rate)) <= Decimal("0.500001")
        found = apr(amount, schedule, ON)
        half = Decimal("0.0000005")
        x = Decimal(found) / 1_000_000
        if found < 10**9:
            assert worth(x + half) <= amount
        assert found == 0 or worth(x - half) >= amount


def test_apr_of_the_directive() -> None:
    """One year, 10 % at its end; and a loan repaid at once costs nothing."""
    from tocsin.credit.plan import Instalment

    one_year = (Instalment(1, ON + timedelta(days=365), 110_000, 0, 0, 0),)
    assert apr(100_000, one_year, ON) == 100_000
    assert apr(110_000, one_year, ON) == 0
    assert present_value(one_year, ON, 1_000) == 100_000


# -- every offer -------------------------------------------------------------------------------------------------------

Case = tuple[Debt, int, int, Monthly | Weekly | Fortnightly, Terms, int]
DEBTS = st.builds(Debt, st.just("CNY"), st.integers(1, 10**7), st.integers(0, 10**6), st.integers(0, 10**6))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Debts that take months rather than days or ages, most of them."""
    debt = draw(DEBTS)
    surplus = debt.total * draw(st.integers(0, 50)) // 100 + draw(st.integers(0, 99))
    at_hand = debt.total * draw(st.sampled_from([0, 0, 10, 45, 80])) // 100
    terms = Terms(
        rate=draw(st.integers(0, 3_600)),
        bank_rate=draw(st.integers(0, 1_500)),
        minimum=draw(st.integers(1, 1 + surplus // 2) | st.integers(1, 30_000)),
        floor=draw(st.integers(0, 100)),
        comfort=draw(st.integers(0, 100)),
        max_months=draw(st.integers(1, 60) | st.just(60)),
        principal_first=draw(st.booleans()),
        by_days=draw(st.booleans()),
        shift=draw(st.sampled_from(["none", "following", "preceding"])),
        jurisdiction=draw(st.sampled_from(["CN", "US", "UK"])),
        first_after=draw(st.integers(0, 20)),
    )
    return debt, surplus, at_hand, draw(st.sampled_from(list(PAYDAYS.values()))), terms, draw(st.integers(0, 700))


def offers_of(case: Case, more: int = 0) -> Solution:
    debt, surplus, at_hand, paydays, terms, days = case
    return solve(debt, Means(surplus + more, at_hand, paydays), terms, ON + timedelta(days=days), CHINA)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_offer_adds_up_and_can_be_afforded(case: Case) -> None:
    debt, surplus, at_hand, paydays, terms, _ = case
    solution = offers_of(case)
    assert bool(solution.offers) != bool(solution.refused)
    each = per_payday(surplus, paydays)
    for offer in solution.offers:
        rows = offer.schedule
        assert offer.owed.total + offer.waived.total == debt.total
        assert sum(row.principal for row in rows) == offer.owed.principal == debt.principal - offer.waived.principal
        assert sum(row.arrears for row in rows) == offer.owed.interest
        assert sum(row.fees for row in rows) == offer.owed.fees
        assert offer.total == offer.owed.total + offer.interest
        assert all(row.total > 0 and min(row.principal, row.interest, row.arrears, row.fees) >= 0 for row in rows)
        assert all(row.total <= each + (at_hand if row.number == 1 and "settle" in offer.kind else 0) for row in rows)
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert [row.due for row in rows] == sorted({row.due for row in rows}) and rows[0].due > offer.start
        assert "settle" in offer.kind or months_later(offer.start, terms.max_months) >= rows[-1].due
        assert offer.present_value * 100 >= debt.total * terms.floor
        assert all(check.passed for check in offer.checks)
        assert offer.apr == 0 if offer.interest == 0 else offer.apr >= 0


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(1, 300_000))
def test_more_surplus_never_gives_a_worse_best_plan(case: Case, more: int) -> None:
    before, after = offers_of(case), offers_of(case, more)
    if after.refused and after.refused.why is Why.CAN_PAY:
        return
    if before.best:
        assert after.best and after.best.concession <= before.best.concession
    elif before.refused and before.refused.surplus_needed:
        enough = offers_of(case, before.refused.surplus_needed - case[1])
        short = (Why.NO_SURPLUS, Why.BELOW_MINIMUM, Why.TOO_LONG)
        assert enough.best or (enough.refused and enough.refused.why not in short)

"""Can they pay, will they: a standing cast of customers, and what no assessment may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.credit.ability import (
    Accounts,
    Answers,
    Assessment,
    Household,
    Means,
    Person,
    Quadrant,
    Terms,
    assessed,
    living_costs,
)
from tocsin.credit.ability.terms import ABILITY
from tocsin.values.instant import micros
from tocsin.values.problem import Refused

DAY = 86_400_000_000
NOW = micros(datetime(2026, 3, 2, tzinfo=UTC))
TERMS = Terms()


def means(
    income: int | None, obligations: int | None, adults: int, children: int, job: str | None, verified: bool
) -> Means:
    """Money in whole yuan."""
    return Means(
        income=None if income is None else income * 100,
        obligations=None if obligations is None else obligations * 100,
        household=Household(adults, children) if adults else None,
        employment=job,
        verified=verified,
        told_at=NOW - 30 * DAY,
    )


FALLING, RISING, NONE = (30_000_00, 28_000_00, 25_000_00), (20_000_00, 24_000_00, 29_000_00), ()
ANSWERS_WELL = Answers(4, 3, 5, 3, 0, 0, 3, 0, 0, NOW - 20 * DAY, NOW - 15 * DAY)
EVADES = Answers(8, 0, 10, 0, 0, 4, 0, 0, 0, NOW - 70 * DAY, None)
REFUSES = Answers(5, 2, 6, 3, 2, 1, 0, 1, 3, NOW - 100 * DAY, None)
PAYS = Accounts(50_000_00, 1_500_00, FALLING, (20, 30, 60), (1_500_00, 1_500_00, 3_000_00))
DROWNS = Accounts(30_000_00, 3_000_00, RISING, (40, 15, 0), (800_00, 300_00, 0))

CAST = {
    #                        income   obligations adults children job           verified
    "Li Na":        Person("CNY", means(15_000, 3_000, 2, 1, "employed", True), PAYS, ANSWERS_WELL),
    "Wang Wei":     Person("CNY", means(2_200, 1_500, 2, 1, "unemployed", True), DROWNS, ANSWERS_WELL),
    "Chen Jun":     Person("CNY", means(22_000, 2_000, 1, 0, "employed", True), PAYS, EVADES),
    "Zhao Min":     Person("CNY", means(3_000, 2_500, 1, 2, "unemployed", False), DROWNS, REFUSES),
    "Nobody Knows": Person("CNY"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "quadrant", "surplus", "basis", "sure"),
    [
        # name         quadrant                      a month   basis      sure
        ("Li Na",        Quadrant.ABLE_WILLING,     6_840_00, "income",  True),
        ("Wang Wei",     Quadrant.UNABLE_WILLING,          0, "income",  True),
        ("Chen Jun",     Quadrant.ABLE_UNWILLING,  16_200_00, "income",  True),
        ("Zhao Min",     Quadrant.UNABLE_UNWILLING,        0, "income",  True),
        ("Nobody Knows", Quadrant.ABLE_WILLING,            0, "unknown", False),
    ],
)  # fmt: skip
def test_the_cast(name: str, quadrant: Quadrant, surplus: int, basis: str, sure: bool) -> None:
    result = assessed(CAST[name], TERMS, NOW)
    assert result.quadrant is quadrant, told(result)
    assert (result.surplus.amount, result.surplus.basis, result.sure) == (surplus, basis, sure)


def told(result: Assessment) -> str:
    return "\n".join(reason.said.en for score in (result.ability, result.willingness) for reason in score.reasons)


@pytest.mark.parametrize(
    ("adults", "children", "yuan"),
    [(1, 0, 2_000), (2, 0, 3_400), (2, 2, 5_400), (0, 1, 1_000)],
)
def test_living_costs_by_household(adults: int, children: int, yuan: int) -> None:
    assert living_costs(Household(adults, children), TERMS) == yuan * 100


def test_how_the_surplus_was_reckoned() -> None:
    surplus = assessed(CAST["Li Na"], TERMS, NOW).surplus
    assert [(line.name, line.amount) for line in surplus.lines] == [
        ("income", 15_000_00),
        ("obligations", -3_000_00),
        ("living", -4_400_00),
        ("reserve", -760_00),
    ]
    assert surplus.lines[0].said.zh == "月收入(已核实):15,000.00 CNY"
    declared = replace(CAST["Li Na"], means=replace(CAST["Li Na"].means, living=6_000_00))
    assert assessed(declared, TERMS, NOW).surplus.lines[2].amount == -6_000_00


def test_without_income_payments_of_the_past_stand_in() -> None:
    person = replace(CAST["Li Na"], means=Means())
    surplus = assessed(person, TERMS, NOW).surplus
    assert (surplus.basis, surplus.amount) == ("payments", 2_000_00)
    assert "Income is not known" in surplus.lines[0].said.en


def test_what_is_not_known_lowers_the_confidence_and_not_the_score() -> None:
    nobody = assessed(CAST["Nobody Knows"], TERMS, NOW)
    for score in (nobody.ability, nobody.willingness):
        assert (score.score, score.confidence) == (50, 0)
        assert all(reason.points == 0 for reason in score.reasons[1:])
    silent = [reason for reason in nobody.willingness.reasons[1:] if "not known" not in reason.said.en]
    assert not silent


@pytest.mark.parametrize(
    ("change", "confidence"),
    [({}, 100), ({"verified": False}, 65), ({"told_at": NOW - 400 * DAY}, 65), ({"income": None}, 53)],
)
def test_confidence_of_ability(change: dict[str, object], confidence: int) -> None:
    person = CAST["Li Na"]
    person = replace(
        person,
        means=replace(person.means, **change),  # type: ignore[arg-type]
        accounts=replace(person.accounts, balances=(1, *PAYS.balances), ratios=(1, *PAYS.ratios)),
    )
    assert assessed(person, TERMS, NOW).ability.confidence == confidence


def test_one_promise_says_less_than_three() -> None:
    def points(kept: int) -> int:
        person = Person("CNY", answers=Answers(kept=kept))
        reasons = assessed(person, TERMS, NOW).willingness.reasons
        return next(reason.points for reason in reasons if reason.factor == "promises")

    assert (points(1), points(2), points(3), points(9)) == (4, 9, 15, 15)


def test_terms_that_cannot_be() -> None:
    heavy = {**ABILITY, "surplus": ((0, 40),)}
    with pytest.raises(Refused, match="the weights add up to 78, more than 50"):
        Terms(ability=heavy)
    with pytest.raises(Refused, match="bands ascend"):
        Terms(ability={**ABILITY, "surplus": ((5, 1), (0, 2))})
    with pytest.raises(Refused, match="each factor needs its bands"):
        Terms(ability={"surplus": ((0, 1),)})
    with pytest.raises(Refused, match="reserve"):
        Terms(reserve=101)


MONEY = st.none() | st.integers(0, 10**9)
COUNTS = st.integers(0, 12)
PERSONS = st.builds(
    Person,
    st.sampled_from(["CNY", "JPY", "KWD"]),
    st.builds(
        Means,
        MONEY,
        MONEY,
        MONEY,
        st.none() | st.builds(Household, st.integers(0, 4), st.integers(0, 6)),
        st.none() | st.sampled_from(["employed", "retired", "unemployed", "beekeeper"]),
        st.booleans(),
        st.none() | st.integers(NOW - 900 * DAY, NOW),
    ),
    st.builds(
        Accounts,
        MONEY,
        MONEY,
        st.lists(st.integers(-(10**9), 10**9), max_size=5).map(tuple),
        st.lists(st.integers(0, 300), max_size=5).map(tuple),
        st.lists(st.integers(0, 10**8), max_size=5).map(tuple),
    ),
    st.builds(
        Answers,
        *[COUNTS] * 9,
        st.none() | st.integers(NOW - 900 * DAY, NOW),
        st.none() | st.integers(NOW - 900 * DAY, NOW),
    ),
)


@given(PERSONS)
def test_points_add_up_to_the_score_and_lines_to_the_surplus(person: Person) -> None:
    result = assessed(person, TERMS, NOW)
    for score in (result.ability, result.willingness):
        assert score.score == sum(reason.points for reason in score.reasons)
        assert 0 <= score.score <= 100 and 0 <= score.confidence <= 100
        assert all(abs(reason.points) <= reason.weight or reason.factor == "base" for reason in score.reasons)
        assert all(reason.said.en and reason.said.zh for reason in score.reasons)
    assert result.surplus.net == sum(line.amount for line in result.surplus.lines)
    assert result.surplus.amount == max(0, result.surplus.net)


@given(PERSONS, st.integers(1, 10**8))
def test_more_income_never_makes_anyone_less_able(person: Person, more: int) -> None:
    if person.means.income is None:
        return
    richer = replace(person, means=replace(person.means, income=person.means.income + more))
    poor, rich = assessed(person, TERMS, NOW), assessed(richer, TERMS, NOW)
    assert rich.surplus.amount >= poor.surplus.amount
    known = [reason.factor for reason in poor.ability.reasons if reason.value is not None]
    points = [sum(r.points for r in one.ability.reasons if r.factor in known) for one in (poor, rich)]
    assert points[1] >= points[0]

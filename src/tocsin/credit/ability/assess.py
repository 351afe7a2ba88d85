"""The assessment: can this person pay, and will she? Two scores that strategy answers differently."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.credit.ability import factors
from tocsin.credit.ability.factors import NAMES, Reason
from tocsin.credit.ability.person import Person
from tocsin.credit.ability.surplus import Surplus, surplus_of
from tocsin.credit.ability.terms import BASE, Terms
from tocsin.values.said import Said


class Quadrant(StrEnum):
    """Can she, will she: what strategy asks first."""

    ABLE_WILLING = "able_willing"
    ABLE_UNWILLING = "able_unwilling"
    UNABLE_WILLING = "unable_willing"
    UNABLE_UNWILLING = "unable_unwilling"

    @property
    def said(self) -> Said:
        return _QUADRANTS[self]


_QUADRANTS = {
    Quadrant.ABLE_WILLING: Said("Can pay and will: a reminder is enough", "有能力有意愿:提醒即可"),
    Quadrant.ABLE_UNWILLING: Said("Can pay and will not: be firm", "有能力无意愿:加强催收"),
    Quadrant.UNABLE_WILLING: Said("Cannot pay but would: offer a plan or relief", "无能力有意愿:协商分期或纾困"),
    Quadrant.UNABLE_UNWILLING: Said(
        "Cannot pay and will not: reach out, then settle", "无能力无意愿:先恢复沟通,再协商减免"
    ),
}


@dataclass(frozen=True, slots=True)
class Score:
    """0..100, the sum of the points of its reasons; confidence 0..100, by the weight of what is known."""

    score: int
    confidence: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What strategy sees; `sure` is false where too little is known to rely on the quadrant."""

    as_of: int
    ability: Score
    willingness: Score
    surplus: Surplus
    quadrant: Quadrant
    sure: bool


_START = Reason("base", None, BASE, 0, 100, Said(f"{NAMES['base'].en} ({BASE:+d})", f"{NAMES['base'].zh}({BASE:+d}分)"))


def assessed(person: Person, terms: Terms, as_of: int) -> Assessment:
    """Assess a person from what was known at `as_of` (microseconds)."""
    told = _relied_on(person, terms, as_of)
    surplus = surplus_of(person, terms, told)
    ability = _score(factors.ability(person, surplus, told, terms))
    willingness = _score(factors.willingness(person, as_of, terms))
    able, willing = ability.score >= terms.able, willingness.score >= terms.willing
    quadrant = Quadrant(f"{'able' if able else 'unable'}_{'willing' if willing else 'unwilling'}")
    sure = min(ability.confidence, willingness.confidence) >= terms.sure
    return Assessment(as_of, ability, willingness, surplus, quadrant, sure)


def _relied_on(person: Person, terms: Terms, as_of: int) -> int:
    """Per cent: in full where verified and fresh, half for each that it is not."""
    means = person.means
    stale = means.told_at is None or as_of - means.told_at > terms.stale
    return (100 if means.verified else 50) // (2 if stale else 1)


def _score(reasons: list[Reason]) -> Score:
    weight = sum(reason.weight for reason in reasons)
    known = sum(reason.weight * reason.certainty for reason in reasons)
    return Score(BASE + sum(reason.points for reason in reasons), known // weight if weight else 0, (_START, *reasons))

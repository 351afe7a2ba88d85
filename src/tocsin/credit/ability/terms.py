"""Terms of an assessment: living costs, and for how much each factor counts. Data of the policy."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from tocsin.values.problem import Problem, Refused

BASE = 50
"""Where everyone starts; the factors of a score move it by at most as much, so it stays in 0..100."""
Bands = tuple[tuple[int, int], ...]
"""(from this value on, points), ascending; what lies below the first counts as the first."""

ABILITY: Mapping[str, Bands] = {
    "surplus": ((-100, -12), (0, -6), (5, 0), (15, 6), (30, 12)),
    "burden": ((0, 7), (20, 3), (35, 0), (50, -4), (70, -7)),
    "cover": ((0, -9), (50, -4), (100, 3), (200, 9)),
    "balance_trend": ((-100, 5), (-5, 2), (5, 0), (20, -3), (50, -5)),
    "utilisation": ((0, 5), (30, 2), (60, 0), (80, -3), (95, -5)),
    "ratio_trend": ((-100, -5), (-20, -2), (-5, 0), (5, 2), (20, 5)),
}
WILLINGNESS: Mapping[str, Bands] = {
    "responses": ((0, -8), (10, -3), (25, 0), (50, 4), (75, 8)),
    "right_party": ((0, -5), (10, -2), (20, 0), (40, 3), (60, 5)),
    "promises": ((0, -15), (30, -7), (50, 0), (70, 8), (90, 15)),
    "refusals": ((0, 3), (1, -4), (2, -9)),
    "evasions": ((0, 2), (1, -3), (3, -6)),
    "first_payment": ((0, 7), (8, 4), (31, 0), (61, -4), (91, -7)),
}
EMPLOYMENT: Mapping[str, int] = {
    "employed": 7,
    "retired": 4,
    "self_employed": 3,
    "student": -3,
    "unemployed": -7,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Living costs are minor units a month, the least that is left to a person whatever she declares.

    `reserve`: per cent of what remains that is not asked for; `enough`: observations that count in full;
    `stale`: microseconds after which what was told counts for half; `able`, `willing`: scores from which
    on a person is held to be so; `sure`: confidence below which the quadrant is only a guess.
    """

    first_adult: int = 200_000
    further_adult: int = 140_000
    child: int = 100_000
    reserve: int = 10
    enough: int = 3
    stale: int = 180 * 86_400_000_000
    able: int = 50
    willing: int = 50
    sure: int = 40
    ability: Mapping[str, Bands] = field(default_factory=lambda: ABILITY)
    willingness: Mapping[str, Bands] = field(default_factory=lambda: WILLINGNESS)
    employment: Mapping[str, int] = field(default_factory=lambda: EMPLOYMENT)

    def __post_init__(self) -> None:
        problems = [
            *_faults(
                "ability", self.ability, set(ABILITY), heaviest(tuple((0, most) for most in self.employment.values()))
            ),
            *_faults("willingness", self.willingness, set(WILLINGNESS), 0),
        ]
        if not 0 <= self.reserve <= 100 or self.enough < 1:
            problems.append(
                Problem("'reserve' is 0 to 100 per cent, 'enough' at least 1", "terms", "correct the terms")
            )
        if problems:
            raise Refused(*problems)


def points(bands: Bands, value: int) -> int:
    """The points of the last band that begins at or below a value."""
    return bands[max(bisect_right(bands, value, key=lambda band: band[0]) - 1, 0)][1]


@lru_cache(maxsize=256)
def heaviest(bands: Bands) -> int:
    """The most points, for or against, that bands can give: the weight of their factor."""
    return max((abs(one) for _, one in bands), default=0)


def _faults(score: str, table: Mapping[str, Bands], factors: set[str], more: int) -> list[Problem]:
    if set(table) != factors or not all(table.values()):
        return [Problem("each factor needs its bands, and no other stands here", score, "correct the terms")]
    found = [
        Problem("bands ascend", f"{score}: {factor}", "order them by their first value")
        for factor, bands in table.items()
        if any(low >= high for (low, _), (high, _) in pairwise(bands))
    ]
    weight = sum(map(heaviest, table.values())) + more
    if weight > BASE:
        found.append(Problem(f"the weights add up to {weight}, more than {BASE}", score, "lower the points"))
    return found

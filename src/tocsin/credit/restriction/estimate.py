"""When a restriction will probably end: from how the lender's own have ended, those that have not counted too.

The estimate is of Kaplan and Meier (1958) over the pace of restrictions: how long each lasted by how long its first
assessment said. What is still open is censored. Given that a restriction has lasted so long already, the quantiles are
those of the rest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple


class Lasted(NamedTuple):
    """A restriction's life so far: µs that it lasted, days that it was first assessed at, whether it has ended."""

    hold: str
    lasted: int
    days: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """Survival: at `pace[i]` it falls to `left[i]`; of `n` that have ended."""

    pace: tuple[float, ...] = ()
    left: tuple[float, ...] = ()
    n: int = 0

    def beyond(self, pace: float) -> float:
        """The share that lasts longer."""
        place = bisect_right(self.pace, pace)
        return self.left[place - 1] if place else 1.0

    def quantile(self, share: float, begun: float = 0.0) -> float | None:
        """The pace within which this share has ended, of those that lasted `begun`; None where nobody knows yet."""
        wanted = self.beyond(begun) * (1 - share)
        place = next((i for i, left in enumerate(self.left) if left <= wanted + 1e-12 and self.pace[i] > begun), None)
        return None if place is None else self.pace[place]


def curve(lives: Iterable[tuple[float, bool]]) -> Curve:
    """Of (pace, whether it has ended) the curve of Kaplan and Meier; where both fall together, ends come first."""
    ordered = sorted(lives, key=lambda one: (one[0], not one[1]))
    at_risk, left, ended = len(ordered), 1.0, 0
    paces, lefts = list[float](), list[float]()
    for pace, same in groupby(ordered, key=lambda one: one[0]):
        together = list(same)
        ends = sum(end for _, end in together)
        if ends:
            left *= 1 - ends / at_risk
            paces.append(pace)
            lefts.append(left)
            ended += ends
        at_risk -= len(together)
    return Curve(tuple(paces), tuple(lefts), ended)


@dataclass(frozen=True, slots=True)
class Experience:
    """The lender's own: a curve for each hold."""

    curves: Mapping[str, Curve] = field(default_factory=dict)

    def quantiles(self, hold: str, enough: int, begun: float) -> tuple[float | None, float | None, int]:
        """p50 and p90 of the pace, and of how many ended ones; None where there are too few."""
        known = self.curves.get(hold, Curve())
        if known.n < enough:
            return None, None, known.n
        return known.quantile(0.5, begun), known.quantile(0.9, begun), known.n


def learned(lives: Iterable[Lasted], day: int) -> Experience:
    """`day`: microseconds of one. What was assessed at no time at all has no pace, and is left out."""
    by_hold: dict[str, list[tuple[float, bool]]] = {}
    for one in lives:
        if one.days > 0:
            by_hold.setdefault(one.hold, []).append((one.lasted / (one.days * day), one.ended))
    return Experience({hold: curve(paces) for hold, paces in by_hold.items()})

"""How sure a figure is: intervals of shares, of their differences, of means of money; quantiles of what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

SEED = 20_260_101
DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, with its 95% interval; None where there is nothing to divide by."""

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One value less another, with its 95% interval."""

    value: float
    low: float
    high: float


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95% score interval of a share (Wilson 1927); `trials` > 0."""
    p, n = hits / trials, trials
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def share(part: int, whole: int) -> Share:
    if not whole:
        return Share(part, 0, None, None, None)
    low, high = wilson(part, whole)
    return Share(part, whole, part / whole, max(low, 0.0), min(high, 1.0))


def newcombe(one: Share, other: Share) -> Difference | None:
    """The difference of two shares, with the hybrid score interval (Newcombe 1998, method 10)."""
    if None in (one.share, other.share):
        return None
    (p, l1, u1), (q, l2, u2) = ((x.share or 0.0, x.low or 0.0, x.high or 0.0) for x in (one, other))
    low = p - q - sqrt((p - l1) ** 2 + (u2 - q) ** 2)
    return Difference(p - q, low, p - q + sqrt((u1 - p) ** 2 + (q - l2) ** 2))


def means_apart(one: Sequence[int], other: Sequence[int], seed: int = SEED, draws: int = DRAWS) -> Difference | None:
    """The difference of two means of amounts, with the percentile interval of the bootstrap (Efron 1979); the same
    amounts give the same interval."""
    if not one or not other:
        return None
    random = np.random.default_rng(seed)
    apart = _drawn(one, random, draws) - _drawn(other, random, draws)
    low, high = np.quantile(apart, (0.025, 0.975)).tolist()
    return Difference(sum(one) / len(one) - sum(other) / len(other), low, high)


def _drawn(amounts: Sequence[int], random: np.random.Generator, draws: int) -> np.ndarray:
    """Means of so many samples, drawn with replacement. Most amounts are nothing, and are drawn by their number alone."""
    known = np.array([one for one in amounts if one], float)
    means = np.zeros(draws)
    counts = random.binomial(len(amounts), len(known) / len(amounts), draws)
    for place, count in enumerate(counts.tolist()):
        if count:
            means[place] = known[random.integers(0, len(known), count)].sum() / len(amounts)
    return means


def quantile(values: Sequence[int], part: float) -> int | None:
    """The least value that at least this part of the values does not exceed; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(ceil(part * len(ordered) - 1e-9) - 1, 0)]

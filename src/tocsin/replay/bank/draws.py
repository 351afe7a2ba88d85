"""Random numbers that are pure functions of (seed, account, day, name), and the arrays they come in.

Never of how many accounts or days there are: account 7 lives the same life in a bank of ten as in a bank
of a million, and a longer run begins with the shorter one. Such counter-based numbers are those of Salmon
et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); the mixer is SplitMix64 (Steele, Lea and
Flood, OOPSLA 2014).
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]

_GAMMA, _MASK = 0x9E3779B97F4A7C15, 2**64 - 1


def mix(keys: Keys) -> Keys:
    """SplitMix64's finaliser: a bijection of 64 bits."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


@cache
def _salt(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little"))


def keyed(keys: Keys, number: Ints | int) -> Keys:
    """New keys, one for each old key and number."""
    if isinstance(number, int):
        return mix(keys + np.uint64((number + 1) * _GAMMA & _MASK))
    return mix(keys + (number + 1).astype(np.uint64) * np.uint64(_GAMMA))


def named(keys: Keys, name: str) -> Keys:
    """New keys, for draws that must not repeat those of the old."""
    return mix(keys + _salt(name))


def draw(keys: Keys, name: str) -> Floats:
    """The draw of this name, uniform in [0, 1)."""
    return np.asarray((named(keys, name) >> np.uint64(11)) * 2.0**-53, np.float64)


def between(keys: Keys, name: str, low: Any, high: Any) -> Floats:
    return np.asarray(low + (high - low) * draw(keys, name), np.float64)


def one_of(keys: Keys, name: str, count: Any) -> Ints:
    """A whole number from 0 to count - 1."""
    return whole(draw(keys, name) * count)


def normal(keys: Keys, name: str) -> Floats:
    """Standard normal (Box and Muller, 1958)."""
    radius = np.sqrt(-2 * np.log1p(-draw(keys, name)))
    return np.asarray(radius * np.cos(2 * np.pi * draw(keys, name + ", angle")), np.float64)


def poisson(keys: Keys, name: str, rate: Any) -> Ints:
    """Poisson by inversion; for rates up to about ten."""
    u = draw(keys, name)
    term = np.exp(-rate) + np.zeros(len(u))
    reached, count = term.copy(), np.zeros(len(u), np.int64)
    for k in range(1, 60):
        more = u > reached
        if not more.any():
            break
        count += more
        term *= rate / k
        reached += term
    return count


def several(keys: Keys, counts: Ints) -> tuple[Ints, Ints, Keys]:
    """`counts[i]` things for each key i: the owner i of each, its place among them, a key of its own."""
    owner = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owner, place, keyed(keys[owner], place)


def whole(values: Any) -> Ints:
    """Fractions cut off."""
    return np.asarray(values).astype(np.int64)


def rounded(amounts: Any) -> Ints:
    """Two significant digits, as limits and incomes are told."""
    step = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(amounts, 1))) - 1, 0)
    return whole(np.floor(amounts / step) * step)


def part(amounts: Any, keys: Keys, name: str, low: float, high: float) -> Ints:
    """From `low` to `high` times the amounts, rounded."""
    return rounded(amounts * between(keys, name, low, high))

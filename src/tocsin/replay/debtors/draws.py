"""Random numbers that are pure functions of a seed and of what they are for, one at a time.

So a person lives the same life whoever else lives, and another strategy changes only what it causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_SCALE = 2.0**-64


class Dice:
    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(8, "little")

    def draw(self, *words: object) -> float:
        """Uniform in [0, 1), always the same for the same words."""
        digest = blake2b("|".join(map(str, words)).encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "little") * _SCALE

    def chance(self, probability: float, *words: object) -> bool:
        return probability > 0 and self.draw(*words) < probability

    def between(self, low: float, high: float, *words: object) -> float:
        return low + (high - low) * self.draw(*words)

    def whole(self, low: int, high: int, *words: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.draw(*words))

    def one_of(self, choices: Sequence[tuple[T, float]], *words: object) -> T:
        """A choice by its share; the last one takes what is left."""
        left = self.draw(*words)
        for choice, share in choices:
            left -= share
            if left < 0:
                return choice
        return choices[-1][0]

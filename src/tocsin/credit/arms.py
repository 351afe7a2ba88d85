"""Arms of experiments: who is treated which way is a hash of the person, so that it stays the same for ever."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Experiment:
    """Arms with their shares, which add up to 100; persons are in them by a sticky hash."""

    name: str
    arms: tuple[tuple[str, int], ...]


def arm_of(experiment: Experiment, person: str) -> str:
    """Always the same arm for a person; over persons, the arms have their shares."""
    hashed = blake2b(f"{experiment.name}\n{person}".encode(), digest_size=8).digest()
    place = int.from_bytes(hashed) * 100 >> 64
    for arm, share in experiment.arms:
        place -= share
        if place < 0:
            return arm
    return experiment.arms[-1][0]

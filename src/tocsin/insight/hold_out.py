"""People held out from a hold by chance against people whom it restricted: what the hold is good for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.insight.intervals import Difference, Share, by_chance, means_apart, newcombe, share
from tocsin.insight.lives import Life, Periods, bad
from tocsin.values.calendar import DAY


@dataclass(frozen=True, slots=True)
class Amount:
    """An estimated amount, with its 95% interval, in whole minor units."""

    value: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Arm:
    """People by what chance gave them: the first restriction of each. Everything within the days after it."""

    people: int
    bad: Share
    """With fraud confirmed, or of a credit hold badly late."""
    lossy: Share
    """With any loss."""
    loss: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Held out against restricted, among those old enough to know. Differences are held out less restricted: above zero
    is avoided. `avoided`: the mean loss avoided, times the people restricted; None where there are too few."""

    held_out: Arm
    restricted: Arm
    bad: Difference | None
    lossy: Difference | None
    mean: Amount | None
    avoided: Amount | None
    chance: float | None = None
    """How probable so many held out are, by the share that the policy asks for (χ²): very small, something is wrong."""


def compared(lives: Sequence[Life], now: int, periods: Periods, expected: int = 0) -> Compared | None:
    """By intention to treat, from when the first was held out: each person stands in the arm that chance gave them, with
    their first restriction; what a person imposed is in neither. None of a hold from which nobody is held out.
    `expected`: per cent of persons that the policy holds out; 0: it does not say."""
    begun = min((one.at for one in lives if one.held_out), default=None)
    if begun is None:
        return None
    first: dict[str, Life] = {}
    for one in sorted(lives, key=lambda one: (one.at, one.id)):
        if one.by_policy and one.at >= begun:
            first.setdefault(one.person, one)
    chance = by_chance(sum(one.held_out for one in first.values()), len(first), expected / 100)
    old = [one for one in first.values() if one.at + periods.after * DAY <= now]
    out, held = [one for one in old if one.held_out], [one for one in old if not one.held_out]
    lost_out, lost_held = _lost(out, periods), _lost(held, periods)
    left, right = _arm(out, lost_out, periods), _arm(held, lost_held, periods)
    mean = means_apart(lost_out, lost_held)
    if mean is None or min(len(out), len(held)) < periods.enough:
        return Compared(left, right, None, None, None, None, chance)
    bad_apart, lossy_apart = newcombe(left.bad, right.bad), newcombe(left.lossy, right.lossy)
    return Compared(left, right, bad_apart, lossy_apart, _amount(mean, 1), _amount(mean, len(held)), chance)


def _amount(mean: Difference, people: int) -> Amount:
    return Amount(round(mean.value * people), round(mean.low * people), round(mean.high * people))


def _lost(lives: Iterable[Life], periods: Periods) -> list[int]:
    """Of each what was lost on its account within the days after it."""
    end = periods.after * DAY
    return [sum(amount for at, amount in one.losses if one.at <= at <= one.at + end) for one in lives]


def _arm(lives: Sequence[Life], lost: Sequence[int], periods: Periods) -> Arm:
    n = len(lives)
    return Arm(
        n, share(sum(bad(one, periods) for one in lives), n), share(sum(map(bool, lost)), n), sum(lost)
    )  # fmt: skip

"""What became of restrictions: were they right, what did they save, whom did they hit wrongly, and for how long.

Everything is reckoned from `lives`, what is known of each restriction by now; figures may change as more becomes known.
Times are µs, money minor units of one currency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tocsin.credit.restriction.estimate import Curve, curve
from tocsin.insight.hold_out import Compared, compared
from tocsin.insight.intervals import Share, quantile, share
from tocsin.insight.lives import CONFIRMED, FALSE, USUAL, VERDICTS, Life, Periods, proven, verdict
from tocsin.values.calendar import DAY

NOBODY: Mapping[str, int] = MappingProxyType({})
STEP = 0.0025


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took: of so many, the median, nine of ten, and all together."""

    n: int
    median: int | None
    p90: int | None
    total: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What restrictions stopped that rules alone would have let pass: an upper bound of the losses avoided, since who is
    stopped may try again, or would have paid. `confirmed`: by those that were right."""

    confirmed: int
    all: int
    facts: int


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long they last: by Kaplan and Meier, those that stand are censored. `curve`: (days, share that lasts longer), in
    steps of a quarter of a per cent."""

    n: int
    ended: int
    median: float | None
    p90: float | None
    curve: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Again:
    """Of those released: with a restriction or fraud again. `share`: by Kaplan and Meier, within `days`; None where fewer
    than enough were released, or none was followed for so long."""

    n: int
    events: int
    days: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """Estimates told at the imposition whose moment has passed by now, and how many had ended by it. `enough`: whether
    there are enough of them to say so."""

    p50: Share
    p90: Share
    enough: bool


@dataclass(frozen=True, slots=True)
class Worked:
    """Reviews: from the imposition to the first; `overdue` now. Appeals: from filing to decision."""

    reviews: Times
    reviews_overdue: int
    appeals: int
    appeals_upheld: Share
    appeal_times: Times
    appeals_late: int
    """Decided after their time, or still waiting."""
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """`n`: restrictions, without those held out."""

    n: int
    standing: int
    held_out: int
    verdicts: dict[str, int]
    precision: Share
    """Confirmed among those decided."""
    saved: Saved
    wrong: Times
    """How long customers were held wrongly."""
    wrong_people: int
    outcomes: dict[str, int]
    """Of those that have ended: why."""
    lasting: Lasting
    again: Again
    told: Told
    worked: Worked
    compared: Compared | None = None
    """Of one hold: its hold-out."""


@dataclass(frozen=True, slots=True)
class Report:
    now: int
    since: int | None
    currency: str
    periods: Periods
    total: Figures
    holds: dict[str, Figures]


def report(
    lives: Iterable[Life],
    now: int,
    currency: str,
    since: int | None = None,
    periods: Periods = USUAL,
    held_out: Mapping[str, int] = NOBODY,
) -> Report:
    """Figures of the restrictions imposed from `since` on, in total and by hold; what came after counts for all.
    `held_out`: per cent of persons, by hold."""
    every = sorted(lives, key=lambda one: (one.at, one.id))
    later = _imposed(every)
    by_hold: dict[str, list[Life]] = {}
    for one in every:
        if since is None or one.at >= since:
            by_hold.setdefault(one.hold, []).append(one)
    chosen = [one for group in by_hold.values() for one in group]
    holds = {
        hold: replace(
            figures(group, now, later, periods), compared=compared(group, now, periods, held_out.get(hold, 0))
        )
        for hold, group in sorted(by_hold.items(), key=lambda item: (-len(item[1]), item[0]))
    }
    return Report(now, since, currency, periods, figures(chosen, now, later, periods), holds)


def _imposed(lives: Iterable[Life]) -> dict[str, list[int]]:
    """By account, when restrictions came into force."""
    found: dict[str, list[int]] = {}
    for one in lives:
        if not one.held_out:
            found.setdefault(one.account, []).append(one.at)
    return found


def figures(lives: Sequence[Life], now: int, imposed: Mapping[str, Sequence[int]], periods: Periods) -> Figures:
    """Of any restrictions; those of one hold can be `compared` beside."""
    held = [one for one in lives if not one.held_out]
    judged = [(one, verdict(one, now, periods)) for one in held]
    wrong = [one for one, said in judged if said == FALSE]
    counted = Counter(said for _, said in judged)
    ended = [one for one in held if one.ended_at is not None]
    return Figures(
        n=len(held),
        standing=len(held) - len(ended),
        held_out=len(lives) - len(held),
        verdicts={name: counted[name] for name in VERDICTS},
        precision=share(counted[CONFIRMED], counted[CONFIRMED] + counted[FALSE]),
        saved=Saved(
            sum(one.blocked for one, said in judged if said == CONFIRMED),
            sum(one.blocked for one in held),
            sum(one.blocked_facts for one in held),
        ),
        wrong=times([_until(one, now) - one.at for one in wrong]),
        wrong_people=len({one.person for one in wrong}),
        outcomes=dict(sorted(Counter(one.reason for one in ended).items(), key=lambda item: (-item[1], item[0]))),
        lasting=lasting(held, now),
        again=again(ended, now, imposed, periods),
        told=told(held, now, periods),
        worked=worked(held, now),
    )


def times(values: Sequence[int]) -> Times:
    return Times(len(values), quantile(values, 0.5), quantile(values, 0.9), sum(values))


def _until(one: Life, now: int) -> int:
    return now if one.ended_at is None else one.ended_at


def lasting(held: Sequence[Life], now: int) -> Lasting:
    made = curve(((_until(one, now) - one.at) / DAY, one.ended_at is not None) for one in held)
    return Lasting(len(held), made.n, made.quantile(0.5), made.quantile(0.9), _thinned(made))


def _thinned(made: Curve) -> list[tuple[float, float]]:
    """Points of a curve at least STEP apart, and its last: more cannot be seen."""
    points, before = list[tuple[float, float]](), 1.0
    for place, (days, left) in enumerate(zip(made.pace, made.left, strict=True), 1):
        if before - left >= STEP or place == len(made.pace):
            points.append((days, left))
            before = left
    return points


def again(ended: Sequence[Life], now: int, imposed: Mapping[str, Sequence[int]], periods: Periods) -> Again:
    """Re-offence after release: each is followed to the first event, for so many days, or to now."""
    followed = list[tuple[float, bool]]()
    for one in ended:
        assert one.ended_at is not None
        end = one.ended_at + periods.again * DAY
        events = [at for at in imposed.get(one.account, ()) if one.ended_at < at <= end]
        events += [each.at for each in one.frauds if one.ended_at < each.at <= end and proven(one, each.at, each.at)]
        last = min(events, default=min(end, now))
        followed.append(((last - one.ended_at) / DAY, bool(events)))
    made: Curve = curve(followed)
    far = any(days >= periods.again for days, _ in followed)
    known = len(followed) >= periods.enough and (far or (bool(made.left) and made.left[-1] == 0))
    return Again(len(followed), made.n, periods.again, 1 - made.beyond(periods.again) if known else None)


def told(held: Iterable[Life], now: int, periods: Periods) -> Told:
    """Were only those counted that have ended, the quick ones would count for more: one that stands counts, against the
    estimate, once the moment told has passed."""
    estimated = [one for one in held if one.p50 is not None and one.p90 is not None]
    half = [one.ended_at is not None and one.ended_at <= (one.p50 or 0) for one in estimated if (one.p50 or 0) <= now]
    most = [one.ended_at is not None and one.ended_at <= (one.p90 or 0) for one in estimated if (one.p90 or 0) <= now]
    enough = min(len(half), len(most)) >= periods.enough
    return Told(share(sum(half), len(half)), share(sum(most), len(most)), enough)


def worked(held: Sequence[Life], now: int) -> Worked:
    appeals = [each for one in held for each in one.appeals]
    decided = [each for each in appeals if each.decided_at is not None]
    until = [(each.decide_by, each.decided_at or now) for each in appeals]
    late = [by for by, end in until if by is not None and end > by]
    return Worked(
        reviews=times([one.reviewed_at - one.at for one in held if one.reviewed_at is not None]),
        reviews_overdue=sum(
            one.ended_at is None and one.review_due is not None and one.review_due < now for one in held
        ),
        appeals=len(appeals),
        appeals_upheld=share(sum(bool(each.upheld) for each in decided), len(decided)),
        appeal_times=times([(each.decided_at or now) - each.at for each in decided]),
        appeals_late=len(late),
        unconfirmed=sum(one.unconfirmed for one in held),
    )

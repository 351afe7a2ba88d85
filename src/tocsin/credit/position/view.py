"""Where an account stands at a moment, derived from its history; and when time alone will change it.

The wake-up is reckoned anew from the dates that are unpaid now, so a payment that moves the oldest of
them moves it too (compare killbill/killbill #2297, where a check kept its date and a state was skipped).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from tocsin.credit.position.days import NEVER, day_of, start_of
from tocsin.credit.position.history import History, replayed
from tocsin.credit.position.pauses import Pause, Refusal, counted, due, judged, reached
from tocsin.credit.position.standing import Cycle, Standing
from tocsin.credit.position.terms import CLASSES, TOP_BUCKET, Rung, Terms
from tocsin.facts.kinds import Fact
from tocsin.values import instant

Unpaid = list[tuple[int, int, int]]
"""(due day, amount, days past due), oldest first."""


class State(StrEnum):
    """The life of an account; it is in exactly one. A warning elsewhere makes CURRENT into PRE_DELINQUENT."""

    CURRENT = "CURRENT"
    GRACE = "GRACE"
    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M4 = "M4"
    M5 = "M5"
    M6 = "M6"
    M7 = "M7"
    CHARGED_OFF = "CHARGED_OFF"
    IN_RECOVERY = "IN_RECOVERY"
    RECOVERED = "RECOVERED"
    SETTLED = "SETTLED"
    SOLD = "SOLD"
    CLOSED_UNCOLLECTIBLE = "CLOSED_UNCOLLECTIBLE"


ENDED = (State.RECOVERED, State.SETTLED, State.SOLD, State.CLOSED_UNCOLLECTIBLE)
_BUCKETS = (State.CURRENT, State.M1, State.M2, State.M3, State.M4, State.M5, State.M6, State.M7)


class Position(msgspec.Struct, frozen=True):
    """Amounts in minor units, instants in µs UTC, days since 1970-01-01 in the account's zone."""

    as_of: int
    days_past_due: int
    """Since the oldest unpaid due date, in days of the terms; grows by itself, without a wake-up."""
    state: State
    bucket: int
    """0 (M0) to 7 (M7 and beyond)."""
    cycles_delinquent: int
    oldest_due: int | None
    """The day since which days past due are counted, or will be; pauses have shifted it."""
    minimum_due: int
    """What of minimums is unpaid, due or not yet, and owed."""
    past_due: int
    by_bucket: tuple[int, ...]
    """`past_due` by the bucket of each amount's own age, M0 (in grace) to M7."""
    balance: int
    credit_limit: int | None
    utilisation: float | None
    payment_ratio: float | None
    """Paid in the last full cycle, of the statement it began with."""
    payment_trend: float | None
    """By how much the ratio changes a cycle: least squares over the last full cycles."""
    stage: int
    """Of IFRS 9."""
    classification: str
    """五级分类."""
    paused: str
    """`freeze`, `shift`, or empty."""
    charge_off_due: bool
    charged_off: int | None
    recovered: int
    settlement_left: int | None
    """Still to be paid of a settlement that is open."""
    allocated: int
    """Payments less reversals, as far as they met minimums."""
    beyond: int
    """Payments less reversals, the rest."""
    refused: tuple[Refusal, ...]
    """Facts that count for nothing, and why."""
    wake_at: int | None
    """The next moment at which time alone changes anything here but `as_of` and `days_past_due`."""


def derived(facts: Iterable[Fact], terms: Terms, as_of: int) -> Position:
    """The position from all facts of an account that had happened and were known by a moment: the full replay."""
    known = [fact for fact in facts if instant.micros(fact.recorded_at or fact.occurred_at) <= as_of]
    return at([fact for fact in known if instant.micros(fact.occurred_at) <= as_of], as_of, terms)


def at(history: History | Iterable[Fact], as_of: int, terms: Terms) -> Position:
    """The position at a moment, or at the newest fact where that is later."""
    if not isinstance(history, History):
        history = replayed(history, terms)
    as_of = max(as_of, history.newest)
    day = day_of(as_of, terms.zone)
    standing = history.standing
    left = _settlement_left(standing, day)
    end = _end(standing, terms)
    unpaid = [] if end in ENDED else _unpaid(history, day, terms)
    days = unpaid[0][2] if unpaid else 0
    rung = terms.ladder[min(days, len(terms.ladder) - 1)]
    late, by_bucket, cycles = 0, [0] * (TOP_BUCKET + 1), 0
    for _, amount, age in unpaid:
        if age:
            own = terms.ladder[min(age, len(terms.ladder) - 1)].bucket
            late += amount
            by_bucket[own] += amount
            cycles += own > 0
    bucket = rung.bucket if terms.bucket_rule == "days" else min(cycles, TOP_BUCKET) if rung.bucket else 0
    lost = end is not None and (end not in ENDED or end is State.CLOSED_UNCOLLECTIBLE)
    pause = next((one for one in history.pauses if one.first <= day <= one.last), None)
    ratios = [max(cycle.paid, 0) / cycle.balance for cycle in standing.cycles[:-1] if cycle.balance > 0]
    limit = history.limit[3] if history.limit else None
    return Position(
        as_of=as_of,
        days_past_due=days,
        state=end or (State.GRACE if rung.grace else _BUCKETS[bucket]),
        bucket=bucket,
        cycles_delinquent=cycles,
        oldest_due=unpaid[0][0] if unpaid and unpaid[0][0] < NEVER else None,
        minimum_due=0 if end in ENDED else min(sum(part for _, part in standing.unpaid), max(history.balance, 0)),
        past_due=late,
        by_bucket=tuple(by_bucket),
        balance=history.balance,
        credit_limit=limit,
        utilisation=max(history.balance, 0) / limit if limit else None,
        payment_ratio=_last_ratio(standing.cycles),
        payment_trend=_slope(ratios[-terms.trend_statements :]),
        stage=3 if lost else rung.stage,
        classification=CLASSES[-1] if lost else rung.classification,
        paused=pause.mode if pause else "",
        charge_off_due=rung.charge_off_due and end is None,
        charged_off=standing.charged_off,
        recovered=standing.recovered,
        settlement_left=left,
        allocated=standing.allocated,
        beyond=standing.beyond,
        refused=_refused(history, terms),
        wake_at=_wake(standing if left is not None else None, unpaid, end, pause, day, history.pauses, terms),
    )


def _end(standing: Standing, terms: Terms) -> State | None:
    """The state of an account that is past ordinary ageing; None where it is not."""
    if standing.closed:
        return State.SOLD if standing.closed == "sold" else State.CLOSED_UNCOLLECTIBLE
    if standing.settled:
        return State.SETTLED
    if standing.charged_off is None:
        return None
    if standing.recovered >= standing.charged_off - terms.tolerance:
        return State.RECOVERED
    return State.IN_RECOVERY if standing.recovered > 0 else State.CHARGED_OFF


def _unpaid(history: History, day: int, terms: Terms) -> Unpaid:
    """What is unpaid with its age: no more than is owed, and what is within the tolerance with what falls due next."""
    unpaid = history.standing.unpaid
    if not unpaid:
        return []
    pauses = history.pauses
    dated = sorted((due(one, pauses), amount) for one, amount in unpaid) if pauses else unpaid
    spare = sum(amount for _, amount in dated) - max(history.balance, 0)
    result: Unpaid = []
    small = 0
    for due_day, amount in dated:
        cut = min(max(spare, 0), amount)
        spare -= cut
        small += amount - cut
        if small > terms.tolerance or (result and small):
            result.append((due_day, small, counted(due_day, day, pauses, terms)))
            small = 0
    return result


def _wake(
    settling: Standing | None,
    unpaid: Unpaid,
    end: State | None,
    pause: Pause | None,
    day: int,
    pauses: Sequence[Pause],
    terms: Terms,
) -> int | None:
    """The start of the first day on which something changes. An account that is written off only ages."""
    found = NEVER if pause is None else min(pause.last + 1, NEVER)
    if settling is not None and settling.settlement is not None and settling.settlement.due >= 0:
        found = min(found, settling.settlement.due + 1)
    for number, (due_day, _, age) in enumerate(unpaid):
        rung: Rung = terms.ladder[min(age, len(terms.ladder) - 1)]
        target = rung.next_own if number or end is not None else rung.next_oldest
        if target:
            found = min(found, reached(due_day, target, day, pauses, terms))
    return None if found >= NEVER else start_of(found, terms.zone)


def _settlement_left(standing: Standing, day: int) -> int | None:
    deal = standing.settlement
    if deal is None or standing.settled or standing.closed or 0 <= deal.due < day:
        return None
    return max(deal.amount - deal.paid, 0)


def _last_ratio(cycles: Sequence[Cycle]) -> float | None:
    if len(cycles) < 2 or cycles[-2].balance <= 0:
        return None
    return max(cycles[-2].paid, 0) / cycles[-2].balance


def _slope(ratios: Sequence[float]) -> float | None:
    """Least squares over equal steps; None for fewer than two."""
    count = len(ratios)
    if count < 2:
        return None
    middle = (count - 1) / 2
    spread = sum((number - middle) ** 2 for number in range(count))
    return sum((number - middle) * ratio for number, ratio in enumerate(ratios)) / spread


def _refused(history: History, terms: Terms) -> tuple[Refusal, ...]:
    pauses = judged(history.asked, terms)[1] if history.asked else ()
    return (*history.refused, *pauses, *history.standing.refused)

"""When time alone makes it worth looking at a person again: never too late, and seldom for nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from tocsin.credit import promise
from tocsin.credit.collection import incentives, release, views
from tocsin.credit.collection.book import Book, Case, Taken
from tocsin.credit.collection.features import FEATURES, features
from tocsin.credit.collection.house import House
from tocsin.credit.collection.strategy import Step
from tocsin.credit.position import Position
from tocsin.credit.position.days import NEVER, day_of, start_of
from tocsin.credit.position.pauses import reached

DAY, HOUR = 86_400_000_000, 3_600_000_000


def wake_at(book: Book, now: int, house: House) -> int | None:
    """The earliest moment after `now` at which time alone changes anything, once everything due by now is decided."""
    return min((moment for moment in _moments(book, now, house) if moment > now), default=None)


def _moments(book: Book, now: int, house: House) -> Iterator[int]:
    strategy = house.strategy
    found = views.positions(book, now, house)
    for position in found.values():
        if position.wake_at is not None:
            yield position.wake_at
    yield from _rungs(book, now, house, found)
    yield from _known(book, now, house)
    yield from incentives.moments(book, now, house)
    yield from release.moments(book, now, house)
    if book.case is not None and any(FEATURES[name].assessed for name in strategy.reads):
        yield from _assessed(book, house)


def _known(book: Book, now: int, house: House) -> Iterator[int]:
    """Moments that somebody set."""
    for found in (
        promise.wake_at(views.promise_state(book, now, house)),
        *(views.plan_standing(plan, now, house).wake_at for plan in book.plans.values()),
        *book.refused_until.values(),
        *(one.at + house.strategy.unanswered_hours * HOUR for one in book.under_way.values()),
        *(task.due_at for task in book.tasks.values()),
        book.placed.until if book.placed else None,
        *(matter.deadline for matter in book.matters.values()),
        *(record.until for record in book.records.values()),
        *(moment for stop in book.stops for moment in (stop.since, stop.until)),
    ):
        if found is not None:
            yield found


def _rungs(book: Book, now: int, house: House, found: dict[str, Position]) -> Iterator[int]:
    """The days on which another rung of the ladder is reached, or one that waits may be taken."""
    strategy, zone = house.strategy, house.zone
    today = day_of(now, zone)
    marks = sorted({1, *strategy.marks, *(step.at for step in strategy.ladder)})
    for id, position in found.items():
        if position.state in views.GONE or position.oldest_due is None:
            continue
        due = position.oldest_due
        here = position.days_past_due or min(today - due, 0)
        after = bisect_right(marks, here)
        if after < len(marks):
            mark = marks[after]
            pauses = book.accounts[id].history.pauses
            reaches = due + mark if mark <= 0 else reached(due, mark, today, pauses, strategy.position)
            if reaches < NEVER:
                yield start_of(max(reaches, today + 1), zone)
    day = views.rung(found, now, zone)
    case = book.case
    daily = strategy.daily and (case is not None or day is not None)
    if daily or (case is not None and day is not None and _waits(book, case, day, now, house, found)):
        yield start_of(today + 1, zone)
    if case is not None:
        again = {one.step: one.at for one in case.taken if (step := _step(one, house)) is not None and step.every}
        yield from (start_of(day_of(at, zone) + strategy.ladder[number].every, zone) for number, at in again.items())


def _waits(book: Book, case: Case, day: int, now: int, house: House, found: dict[str, Position]) -> bool:
    """Whether some step that could be taken is not, and tomorrow it may be."""
    strategy, today = house.strategy, day_of(now, house.zone)
    taken = {one.step: day_of(one.at, house.zone) for one in case.taken}
    open_ = [
        step
        for step in strategy.ladder
        if step.at <= day < step.at + step.lasting
        and (step.number not in taken or 0 < step.every <= today - taken[step.number])
    ]
    begun = {one.step for one in book.under_way.values()}
    if any(_told_of(book, case, step) for step in strategy.ladder):
        return True
    if any(step.number in begun or step.treatment in book.refused_until for step in open_):
        return True
    meant = [
        step
        for step in open_
        if (not step.segments or strategy.daily or case.segment in step.segments)
        and (not step.arms or any(case.arms.get(experiment) == arm for experiment, arm in step.arms))
    ]
    if strategy.hopes is None or not meant or any(step.when is None for step in meant):
        return bool(meant)
    hopes = strategy.hopes(features(book, now, house, found))
    return any(hopes[step.when] for step in meant if step.when is not None)


def _told_of(book: Book, case: Case, step: Step) -> bool:
    """Whether a plan was worked out for a step, and the person is still to be told of it."""
    return f"{case.id}.{step.number}.{sum(one.step == step.number for one in case.taken)}.plan" in book.plans


def _step(taken: Taken, house: House) -> Step | None:
    """The rung that was taken; None where a later policy has fewer."""
    ladder = house.strategy.ladder
    return ladder[taken.step] if 0 <= taken.step < len(ladder) else None


def _assessed(book: Book, house: House) -> Iterator[int]:
    """When ability and willingness change by themselves: what was told grows stale, answers are forgotten, days pass."""
    terms = house.strategy.ability
    if book.profile.means_at is not None:
        yield book.profile.means_at + terms.stale + 1
    late = min((one.late_since for one in book.accounts.values() if one.late_since is not None), default=None)
    if late is not None:
        yield from (late + days * DAY for days, _ in terms.willingness["first_payment"])
    back = house.strategy.look_back_days * DAY
    yield from (one.at + back for one in book.attempts)
    yield from (one.at + back for one in book.heard)
    yield from (one.made.at + back for one in book.promises.values())

"""Pauses of an account's clock: which of those asked for hold, and what they do to due dates and counts of days.

A pause runs over the days after the one on which it begins, up to and with the day it ends. No day of
it counts as past due. `freeze` leaves due dates where they are; `shift` also moves a due date that
falls inside by the pause's length, so that nothing falls due during a payment holiday. A pause that
overlaps, contains or is contained in one known before is refused (compare apache/fineract #5100):
they are judged in the order in which they became known.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.credit.position.days import NEVER, day_of
from tocsin.credit.position.terms import Terms
from tocsin.values.problem import Problem, shown

MODES = ("freeze", "shift")
FOREVER = 1 << 62
"""The end, in µs, of a pause that has none."""
Refusal = tuple[str, Problem]
"""The id of a fact that counts for nothing, and why."""


class Asked(msgspec.Struct, frozen=True, order=True):
    """A pause as it was asked for, or its end (`mode` empty); instants in µs UTC, `until` None where it is open."""

    recorded: int
    at: int
    fact: str
    mode: str
    until: int | None = None


class Pause(msgspec.Struct, frozen=True):
    """A pause that holds: days after `first` up to and with `last` are not counted."""

    fact: str
    at: int
    until: int
    first: int
    last: int
    mode: str


def judged(asked: Sequence[Asked], terms: Terms) -> tuple[tuple[Pause, ...], tuple[Refusal, ...]]:
    """The pauses that hold, oldest first, and those refused. `asked` in the order in which they became known."""
    held: list[Pause] = []
    refused: list[Refusal] = []
    for one in asked:
        if not one.mode:
            running = next((pause for pause in held if pause.at <= one.at < pause.until), None)
            if running is None:
                refused.append((one.fact, Problem("no pause is in force then", "", "check when it ended")))
            else:
                held[held.index(running)] = _pause(running.fact, running.at, one.at, running.mode, terms)
            continue
        until = one.until if one.until is not None else FOREVER
        problem = _problem(one, until, held)
        if problem is None:
            held.append(_pause(one.fact, one.at, until, one.mode, terms))
        else:
            refused.append((one.fact, problem))
    return tuple(sorted(held, key=lambda pause: pause.at)), tuple(refused)


def _problem(one: Asked, until: int, held: Sequence[Pause]) -> Problem | None:
    if one.mode not in MODES:
        return Problem(f"{shown(one.mode)} is no way to pause", "", "write freeze or shift")
    if until <= one.at:
        return Problem("the pause ends before it begins", "", "correct 'ends_at'")
    for pause in held:
        if one.at < pause.until and pause.at < until:
            if one.at <= pause.at and pause.until <= until:
                return Problem(f"it contains the pause {shown(pause.fact)}", "", "pause before and after it, or end it")
            return Problem(f"it overlaps the pause {shown(pause.fact)}", "", "begin when that one has ended")
    return None


def _pause(fact: str, at: int, until: int, mode: str, terms: Terms) -> Pause:
    last = NEVER if until == FOREVER else day_of(max(until - 1, at), terms.zone)
    return Pause(fact, at, until, day_of(at, terms.zone), last, mode)


def due(day: int, pauses: Sequence[Pause]) -> int:
    """The day on which something falls due when pauses have shifted it."""
    for pause in pauses:
        if pause.mode == "shift" and pause.first < day <= pause.last:
            day = min(day + pause.last - pause.first, NEVER)
    return day


def counted(due_day: int, day: int, pauses: Sequence[Pause], terms: Terms) -> int:
    """Days past due on a day: those after the due date that no pause covers. Never fewer on a later day."""
    if day <= due_day:
        return 0
    count = _between(due_day, day, terms)
    for pause in pauses:
        low, high = max(due_day, pause.first), min(day, pause.last)
        if low < high:
            count -= _between(low, high, terms)
    return count


def reached(due_day: int, days: int, after: int, pauses: Sequence[Pause], terms: Terms) -> int:
    """The first day after `after` with at least so many days past due; NEVER where an open pause keeps it off."""
    if due_day >= NEVER:
        return NEVER
    if not pauses and terms.business is None:
        return due_day + days
    still = min((pause.first for pause in pauses if pause.last == NEVER), default=NEVER)
    low, span = max(due_day, after), days
    high = low + span
    while counted(due_day, high, pauses, terms) < days:
        if high >= still:
            return NEVER
        low, span = high, span * 2
        high = low + span
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if counted(due_day, middle, pauses, terms) >= days else (middle, high)
    return high


def _between(low: int, high: int, terms: Terms) -> int:
    return high - low if terms.business is None else terms.business.until(high) - terms.business.until(low)

"""Restrictions as they became known: what is told of each by now, and what that makes of it: right, wrong, undecided.

Instants are µs, money minor units of one currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.values.calendar import DAY

CONFIRMED, FALSE, UNDECIDED = "confirmed", "false", "undecided"
VERDICTS = (CONFIRMED, FALSE, UNDECIDED)
WRONG = ("appeal_upheld", "report_withdrawn")
"""Reasons of an end that say that it should not have been imposed."""


@dataclass(frozen=True, slots=True)
class Periods:
    """In days, and how many cases a figure needs before it is told.

    before   fraud confirmed no longer than this before the imposition speaks for it
    after    what is told no later than this after the imposition speaks for it; losses are counted for so long
    quiet    released so long without anything bad: it was false
    again    a restriction or fraud so soon after the release is a re-offence
    """

    before: int = 30
    after: int = 90
    quiet: int = 60
    again: int = 90
    enough: int = 30


USUAL = Periods()


@dataclass(frozen=True, slots=True)
class Fraud:
    """`state`: reported, confirmed or withdrawn; `fact`: the transaction that is meant, None for the account."""

    at: int
    state: str
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """An appeal; `upheld`: None while it waits."""

    at: int
    decide_by: int | None = None
    decided_at: int | None = None
    upheld: bool | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """A restriction, and what is known of its account. Overrides are none."""

    id: str
    account: str
    person: str
    hold: str
    type: str
    at: int
    by_policy: bool = True
    """Imposed by a rule or level, not by a person: only these can be held out."""
    credit: bool = False
    """Its hold is about credit, not about fraud alone: late payment speaks for it."""
    held_out: bool = False
    ended_at: int | None = None
    reason: str = ""
    """Why it ended; empty while it stands."""
    refused: bool = False
    """It stands, not to be released."""
    p50: int | None = None
    p90: int | None = None
    """As told when it was imposed."""
    blocked: int = 0
    blocked_facts: int = 0
    """What it stopped that rules alone would have let pass."""
    reviewed_at: int | None = None
    review_due: int | None = None
    """When somebody is to look at it, where nobody has since."""
    appeals: tuple[Objection, ...] = ()
    unconfirmed: bool = False
    """The core system has not said that it stands there as it stands here."""
    frauds: Sequence[Fraud] = ()
    """Of the account, by time."""
    late: Sequence[tuple[int, int]] = ()
    """Of the account: from when until when it was 30 days past due or more."""
    written_off: int | None = None
    """When the account was charged off."""
    losses: Sequence[tuple[int, int]] = ()
    """Of the account: (when, amount) of fraud that passed and of what was charged off."""


# -- was it right? -----------------------------------------------------------------------------------------------------


def proven(life: Life, since: int, until: int) -> bool:
    """Whether fraud was confirmed on the account in [since, until], and that was not withdrawn since."""
    return any(
        one.state == "confirmed"
        and since <= one.at <= until
        and not any(
            other.state == "withdrawn" and other.at >= one.at and (None in (one.fact, other.fact) or one.fact == other.fact)
            for other in life.frauds
        )
        for one in life.frauds
    )  # fmt: skip


def overdue(life: Life, since: int, until: int) -> bool:
    """Whether the account was 30 days past due or more, or was charged off, in [since, until]."""
    written = life.written_off is not None and since <= life.written_off <= until
    return written or any(start <= until and end >= since for start, end in life.late)


def bad(life: Life, periods: Periods) -> bool:
    """Whether what was known around the imposition speaks for it."""
    end = life.at + periods.after * DAY
    return proven(life, life.at - periods.before * DAY, end) or (life.credit and overdue(life, life.at, end))


def verdict(life: Life, now: int, periods: Periods = USUAL) -> str:
    """`confirmed`, `false` or `undecided`, by what is known now.

    Fraud that stands confirmed goes before an appeal, an appeal before a refusal, and all of these before mere silence.
    """
    since, until = life.at - periods.before * DAY, life.at + periods.after * DAY
    if proven(life, since, until):
        return CONFIRMED
    if life.held_out:
        return CONFIRMED if bad(life, periods) else FALSE if now >= until else UNDECIDED
    withdrawn = any(one.state == "withdrawn" and life.at <= one.at <= until for one in life.frauds)
    if (withdrawn and not life.credit) or life.reason in WRONG or any(one.upheld for one in life.appeals):
        return FALSE
    if life.refused or bad(life, periods):
        return CONFIRMED
    if life.ended_at is None or now < life.ended_at + periods.quiet * DAY:
        return UNDECIDED
    quiet = life.ended_at + periods.quiet * DAY
    return UNDECIDED if proven(life, life.ended_at, quiet) or overdue(life, life.ended_at, quiet) else FALSE

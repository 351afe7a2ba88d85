"""Reconciliation: what an agency says was paid against what arrived, each payment matched once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.credit.agency.record import Debt, Paid

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`matched`: (theirs, ours); `only_theirs` never arrived; `only_ours` they did not tell of; `strange` is on
    accounts they do not have."""

    matched: tuple[tuple[Paid, Paid], ...]
    only_theirs: tuple[Paid, ...]
    only_ours: tuple[Paid, ...]
    strange: tuple[Paid, ...]

    @property
    def agrees(self) -> bool:
        return not (self.only_theirs or self.only_ours or self.strange)

    @property
    def difference(self) -> int:
        """What they say less what arrived."""
        theirs = (*(one for one, _ in self.matched), *self.only_theirs, *self.strange)
        ours = (*(other for _, other in self.matched), *self.only_ours)
        return sum(one.amount for one in theirs) - sum(one.amount for one in ours)


def reconciled(
    debts: Iterable[Debt],
    theirs: Iterable[Paid],
    ours: Iterable[Paid],
    days: int = 5,
    since: int | None = None,
    until: int | None = None,
) -> Reconciled:
    """Match payments of the same account, amount and currency that lie at most so many days apart.

    Among equal ones the earliest goes with the earliest that is near enough: of points on a line that is the
    matching with the most pairs. Payments outside the period (`since` ≤ t < `until`) match what is left inside, and
    are told of only so.
    """
    held: dict[str, list[Debt]] = {}
    for debt in debts:
        for account in debt.accounts:
            held.setdefault(account, []).append(debt)

    def inside(one: Paid) -> bool:
        return (since is None or since <= one.at) and (until is None or one.at < until)

    told = sorted(theirs, key=_order)
    strange = [one for one in told if one.account not in held and inside(one)]
    told = [one for one in told if one.account in held]
    known = sorted((one for one in ours if any(debt.holds(one.at) for debt in held.get(one.account, ()))), key=_order)
    matched, alone, left = _matched(filter(inside, told), filter(inside, known), days)
    if since is not None or until is not None:
        before, alone, _ = _matched(alone, (one for one in known if not inside(one)), days)
        after, _, left = _matched((one for one in told if not inside(one)), left, days)
        matched = [*matched, *before, *after]
    return Reconciled(tuple(matched), tuple(alone), tuple(left), tuple(strange))


def _matched(
    theirs: Iterable[Paid], ours: Iterable[Paid], days: int
) -> tuple[list[tuple[Paid, Paid]], list[Paid], list[Paid]]:
    """Pairs, what only they have, and what only we have. Both come in order of time."""
    waiting: dict[tuple[str, int, str], deque[Paid]] = {}
    for one in ours:
        waiting.setdefault(_alike(one), deque()).append(one)
    matched: list[tuple[Paid, Paid]] = []
    alone: list[Paid] = []
    passed: list[Paid] = []
    for told in theirs:
        queue = waiting.get(_alike(told), deque())
        while queue and queue[0].at < told.at - days * DAY:
            passed.append(queue.popleft())
        if queue and queue[0].at <= told.at + days * DAY:
            matched.append((told, queue.popleft()))
        else:
            alone.append(told)
    left = [*passed, *(one for queue in waiting.values() for one in queue)]
    return matched, alone, sorted(left, key=_order)


def _alike(one: Paid) -> tuple[str, int, str]:
    return one.account, one.amount, one.currency


def _order(one: Paid) -> tuple[int, str]:
    return one.at, one.reference

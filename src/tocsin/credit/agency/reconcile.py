"""Reconciliation: what an agency says was paid against what arrived, each payment matched once."""

from __future__ import annotations

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


def reconciled(debts: Iterable[Debt], theirs: Iterable[Paid], ours: Iterable[Paid], days: int = 5) -> Reconciled:
    """Match payments of the same account, amount and currency that lie at most so many days apart.

    Among equal ones the earliest goes with the earliest that is near enough: of points on a line that is the
    matching with the most pairs.
    """
    held = list(debts)
    accounts = {debt.account for debt in held}
    waiting: dict[tuple[str, int, str], list[Paid]] = {}
    for one in sorted(ours, key=_order):
        if any(debt.account == one.account and debt.holds(one.at) for debt in held):
            waiting.setdefault(_alike(one), []).append(one)
    matched: list[tuple[Paid, Paid]] = []
    alone: list[Paid] = []
    strange: list[Paid] = []
    passed: list[Paid] = []
    for told in sorted(theirs, key=_order):
        if told.account not in accounts:
            strange.append(told)
            continue
        queue = waiting.get(_alike(told), [])
        while queue and queue[0].at < told.at - days * DAY:
            passed.append(queue.pop(0))
        if queue and queue[0].at <= told.at + days * DAY:
            matched.append((told, queue.pop(0)))
        else:
            alone.append(told)
    left = [*passed, *(one for queue in waiting.values() for one in queue)]
    return Reconciled(tuple(matched), tuple(alone), tuple(sorted(left, key=_order)), tuple(strange))


def _alike(one: Paid) -> tuple[str, int, str]:
    return one.account, one.amount, one.currency


def _order(one: Paid) -> tuple[int, str]:
    return one.at, one.reference

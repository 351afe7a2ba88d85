"""Commission: a share of what really came in while the agency had the debt, never of the amount alone.

What collectors are paid may not depend on recovery alone (商业银行信用卡业务监督管理办法 §66): the conduct
factor of the scorecard takes its part away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.credit.agency.record import Debt, Paid, Reversed


@dataclass(frozen=True, slots=True)
class Line:
    """One placement's: `recovered` is net of reversals and, with what came before the period, at most what was placed.

    Less than nothing where more was taken back in the period than came in.
    """

    debt: Debt
    recovered: int
    amount: int


@dataclass(frozen=True, slots=True)
class Commission:
    """`factor`: per cent of the earned commission that good conduct leaves."""

    lines: tuple[Line, ...]
    factor: int

    @property
    def recovered(self) -> int:
        return sum(line.recovered for line in self.lines)

    @property
    def earned(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def due(self) -> int:
        due = half_up(abs(self.earned) * self.factor, 100)
        return due if self.earned >= 0 else -due


def commission(
    debts: Iterable[Debt],
    ours: Iterable[Paid],
    reversals: Iterable[Reversed],
    factor: int,
    since: int | None = None,
    until: int | None = None,
) -> Commission:
    """What is owed to an agency for a period, `since` ≤ t < `until`, rounded half up for each placement.

    It is what stands at the end less what stood at the beginning, so that periods add up, and what is taken back later
    is taken off later. A payment counts for the one who held the debt then.
    """
    taken: dict[str, list[Reversed]] = {}
    for one in reversals:
        taken.setdefault(one.payment, []).append(one)
    payments: dict[str, list[Paid]] = {}
    for paid in ours:
        payments.setdefault(paid.account, []).append(paid)

    def stood(debt: Debt, end: int | None) -> int:
        net = 0
        for paid in (one for account in debt.accounts for one in payments.get(account, ())):
            if debt.holds(paid.at) and paid.currency == debt.currency and _before(paid.at, end):
                gone = sum(one.amount for one in taken.get(paid.reference, ()) if _before(one.at, end))
                net += max(paid.amount - gone, 0)
        return min(net, debt.amount)

    lines = []
    for debt in debts:
        begun, ended = 0 if since is None else stood(debt, since), stood(debt, until)
        amount = half_up(ended * debt.rate, 10_000) - half_up(begun * debt.rate, 10_000)
        lines.append(Line(debt, ended - begun, amount))
    return Commission(tuple(lines), factor)


def half_up(part: int, whole: int) -> int:
    """A quotient of numbers that are not negative, rounded half up."""
    return (2 * part + whole) // (2 * whole)


def _before(at: int, end: int | None) -> bool:
    return end is None or at < end

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
    """One debt's: `recovered` is net of reversals and at most the debt as it was placed."""

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
        return half_up(self.earned * self.factor, 100)


def commission(debts: Iterable[Debt], ours: Iterable[Paid], reversals: Iterable[Reversed], factor: int) -> Commission:
    """What is owed to an agency, rounded half up for each debt. A payment counts for the one who held it then."""
    taken: dict[str, int] = {}
    for one in reversals:
        taken[one.payment] = taken.get(one.payment, 0) + one.amount
    payments: dict[str, list[Paid]] = {}
    for paid in ours:
        payments.setdefault(paid.account, []).append(paid)
    lines = []
    for debt in debts:
        net = sum(
            max(paid.amount - taken.get(paid.reference, 0), 0)
            for paid in payments.get(debt.account, [])
            if debt.holds(paid.at) and paid.currency == debt.currency
        )
        recovered = min(net, debt.amount)
        lines.append(Line(debt, recovered, half_up(recovered * debt.rate, 10_000)))
    return Commission(tuple(lines), factor)


def half_up(part: int, whole: int) -> int:
    """A quotient of numbers that are not negative, rounded half up."""
    return (2 * part + whole) // (2 * whole)

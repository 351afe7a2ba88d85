"""An account as the bank's core system keeps it: what is owed, what is asked for by when. Days count from the start."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Account:
    id: str
    limit: int
    cut_day: int
    """Of the month, 1 to 28."""
    balance: int
    unpaid: list[list[int]] = field(default_factory=list)
    """[due day, amount] of what statements ask for, oldest first."""
    asked: int = 0
    """Of the last statement's balance, what is not paid."""
    fees: int = 0
    """Charged, and not waived."""
    locked: bool = False
    closed: bool = False
    """Written off or sold: no more statements, interest and fees."""
    on_plan: bool = False
    """While a plan is performed, statements ask for nothing else."""

    def past_due(self, day: int) -> int:
        return min(sum(amount for due, amount in self.unpaid if due < day), max(self.balance, 0))

    def late(self, day: int) -> int:
        """Days past due; 0 where nothing is."""
        if not self.unpaid or self.past_due(day) <= 0:
            return 0
        return max(day - self.unpaid[0][0], 0)

    @property
    def due(self) -> int:
        """All that statements ask for and is not paid."""
        return min(sum(amount for _, amount in self.unpaid), max(self.balance, 0))

    def paid(self, amount: int) -> None:
        """The oldest due date first."""
        self.balance -= amount
        self.asked = max(self.asked - amount, 0)
        self._allocated(amount)

    def _allocated(self, amount: int) -> None:
        while amount and self.unpaid:
            part = min(amount, self.unpaid[0][1])
            self.unpaid[0][1] -= part
            amount -= part
            if not self.unpaid[0][1]:
                self.unpaid.pop(0)

    def stated(self, minimum: int, due: int) -> None:
        """A statement asks for `minimum`, what is unpaid of earlier ones within it."""
        carried = sum(amount for _, amount in self.unpaid)
        if minimum > carried:
            self.unpaid.append([due, minimum - carried])
        elif minimum < carried:
            self._allocated(carried - minimum)
        self.asked = self.balance

    def waived(self, amount: int) -> None:
        """So much is given up."""
        self.balance -= amount
        self.asked = max(self.asked - amount, 0)
        self.fees = max(self.fees - amount, 0)

    def settled(self) -> None:
        """What is owed is given up."""
        self.unpaid.clear()
        self.balance, self.closed = 0, True

"""What is placed with an agency and what comes back. Instants are microseconds UTC, money minor units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contract:
    """With an agency; it ends at an instant, or goes on."""

    agency: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Debt:
    """A placement: debts of one person as they were placed, `amount` in all. `rate`: commission in basis points;
    `ended`: when it came back."""

    placement: str
    agency: str
    accounts: tuple[str, ...]
    customer: str
    amount: int
    currency: str
    rate: int
    at: int
    until: int | None = None
    ended: int | None = None

    def holds(self, at: int) -> bool:
        """Whether the agency has the debt at an instant."""
        ends = [one for one in (self.until, self.ended) if one is not None]
        return self.at <= at and (not ends or at < min(ends))


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment on an account: known here by its fact, or reported by the agency under its own reference."""

    reference: str
    account: str
    amount: int
    currency: str
    at: int


@dataclass(frozen=True, slots=True)
class Reversed:
    """A payment known here was taken back, or a part of it."""

    payment: str
    amount: int
    at: int


@dataclass(frozen=True, slots=True)
class Contacted:
    """A contact the agency reports. Without `attempt` it did not ask first, which no rule allows."""

    account: str
    at: int
    channel: str
    result: str
    role: str = "debtor"
    attempt: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """`upheld` None: not decided yet."""

    account: str
    at: int
    reason: str
    upheld: bool | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """The agency gives back the placement that an account is in."""

    account: str
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What an agency tells of a period."""

    agency: str
    payments: tuple[Paid, ...] = ()
    contacts: tuple[Contacted, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    returns: tuple[Returned, ...] = ()

"""What was tried before, oldest first: of one debtor, over all people, debts and channels, with what is under way."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tocsin.credit.conduct.people import OUTCOMES, Contact


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. No debts means that it may have been about any. It counts from the moment it is reserved."""

    id: str
    at: int
    person: str
    role: str
    channel: str
    purpose: str
    debts: tuple[str, ...]
    outcome: str = "under_way"
    inbound: bool = False
    consented_at: int | None = None


class ContactHistory:
    """Immutable: what changes it returns another. Complete from `since` on; attempts may be given in any order."""

    __slots__ = ("attempts", "debtor", "since", "times")

    def __init__(self, debtor: str, since: int, attempts: Iterable[Attempt] = ()) -> None:
        self.debtor = debtor
        self.since = since
        self.attempts = tuple(sorted(attempts, key=_at))
        self.times = [attempt.at for attempt in self.attempts]

    def reserve(self, contact: Contact, now: int, attempt: str) -> ContactHistory:
        """The same with a contact counted as under way, before it is made. The caller serialises per debtor.

        Until `settle` says what became of it, it counts as a conversation: an attempt that is lost can
        hold others back, never let one through. ValueError where the id is taken.
        """
        if any(known.id == attempt for known in self.attempts):
            raise ValueError(f"the attempt {attempt!r} is reserved already")
        made = Attempt(
            attempt,
            now,
            contact.person,
            contact.role,
            contact.channel,
            contact.purpose,
            contact.debts,
            consented_at=contact.consented_at,
        )
        return self.with_attempt(made)

    def with_attempt(self, made: Attempt) -> ContactHistory:
        """The same with one attempt more, also a back-dated one."""
        other = ContactHistory.__new__(ContactHistory)
        at = bisect_right(self.times, made.at)
        other.debtor, other.since = self.debtor, self.since
        other.attempts = (*self.attempts[:at], made, *self.attempts[at:])
        other.times = [*self.times[:at], made.at, *self.times[at:]]
        return other

    def settle(self, attempt: str, outcome: str, at: int | None = None) -> ContactHistory:
        """The same with what became of an attempt, and when it really was. ValueError where none is reserved so."""
        if outcome not in OUTCOMES:
            raise ValueError(f"{outcome!r} is not an outcome")
        found = [one for one in self.attempts if one.id == attempt]
        if not found:
            raise ValueError(f"no attempt {attempt!r} is reserved")
        settled = replace(found[0], outcome=outcome, at=found[0].at if at is None else at)
        return ContactHistory(self.debtor, self.since, [one for one in self.attempts if one.id != attempt] + [settled])


def _at(attempt: Attempt) -> int:
    return attempt.at

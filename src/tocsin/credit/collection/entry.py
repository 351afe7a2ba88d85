"""An entry of the log as a book is evolved by it, and for how long a book remembers."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tocsin.credit.collection.book import Book
from tocsin.credit.collection.house import House
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.calendar import DAY

REMEMBERED = 400
"""Days, beyond those the gate looks back, for which what is over is kept: assessments look back a year."""


class Entry(NamedTuple):
    """When it happened and when the log took it, µs UTC. `fired`: the rules that fired at it; `risen`: the level that its
    account rose to."""

    at: int
    recorded_at: int
    house: House
    fired: tuple[str, ...] = ()
    risen: str | None = None

    @property
    def horizon(self) -> int:
        """What was over before then is forgotten."""
        return self.recorded_at - (self.house.gate.lookback + REMEMBERED) * DAY


class Beyond(Exception):
    """A fact lies before what is kept of an account. `book`: everything else of the fact is done in it; what is left
    is to replay the account (`rebuilt`)."""

    def __init__(self, account: str, book: Book) -> None:
        super().__init__(f"the account {account} has to be replayed in full")
        self.account, self.book = account, book


def person_of(book: Book, person: str | None, point: str | None = None) -> str:
    """Whom a fact is about: who it names, whose the contact point is, or the customer."""
    known = book.points.get(point) if point is not None else None
    return person or (known.person if known is not None else None) or book.person


def accounts_of(fact: Fact, accounts: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The debts a fact is about; none where it does not say."""
    account: str | None = getattr(fact, "account", None)
    return accounts or ((account,) if account else ())


def micros(moment: datetime | None) -> int | None:
    return None if moment is None else instant.micros(moment)

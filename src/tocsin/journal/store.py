"""What SQLite and PostgreSQL do each in their own way, under one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from tocsin.journal.records import Change, Difference, Entry, Group, Order, Warned

Row = tuple[Any, ...]
Run = Callable[..., list[Any]]
"""`run(sql, *values)`: one statement, its rows if it has any. `?` stands for a value."""

TABLES: dict[str, type[Entry | Warned | Change | Order | Difference]] = {
    "entries": Entry,
    "warnings": Warned,
    "levels": Change,
    "outbox": Order,
    "differences": Difference,
}
"""The tables that are written in bulk, and the record whose fields are their columns."""

HEAD = """INSERT INTO head VALUES (1, ?, ?, ?) ON CONFLICT (only_row) DO UPDATE
    SET seq = excluded.seq, recorded_at = excluded.recorded_at, chain = excluded.chain
    WHERE head.seq = ? RETURNING seq"""
"""Move the head on from where the group begins; no row comes back where it stands elsewhere."""


def bulk(group: Group) -> list[tuple[str, Sequence[Row]]]:
    """The rows of a group by table, without tables that get none."""
    rows: tuple[Sequence[Row], ...] = (group.entries, group.warned, group.changes, group.orders, group.differences)
    return [(table, some) for table, some in zip(TABLES, rows, strict=True) if some]


def moved(entries: Sequence[Entry]) -> tuple[int, int, bytes, int]:
    """The values of HEAD after these entries, which follow each other without a gap."""
    last = entries[-1]
    return last.seq, last.recorded_at, last.chain, last.seq - len(entries)


class Store(ABC):
    """A database that holds one journal.

    `write` and `commit` may come from two threads, but never at once; all else from any thread.
    """

    where: str
    """What a person may call it; never holds a password."""
    near: bool
    """Whether it is a file of this machine: whoever writes to it waits for nobody else's."""
    words: dict[str, str]
    """The words of the dialect for the braces of `schema.STEPS`."""
    now: str
    """The time in µs, in SQL."""
    begun: str
    """A query with a row once there is a table `migrations`."""
    alone: str
    """Waits, inside a transaction, until no other process is changing the tables."""

    @abstractmethod
    def hold(self) -> None:
        """Become the only server; Refused where another one is."""

    @abstractmethod
    def write(self, group: Group) -> None:
        """Add a group to the open transaction."""

    @abstractmethod
    def commit(self) -> None:
        """What was written is durable when this returns."""

    @abstractmethod
    def rollback(self) -> None:
        """What was written since the last commit is gone."""

    @abstractmethod
    def tend(self) -> None:
        """Upkeep, about every second."""

    @abstractmethod
    def rows(self, sql: str, *values: object) -> list[Any]:
        """The rows of a query, on a connection of its own."""

    @abstractmethod
    def change(self, durable: bool = True) -> AbstractContextManager[Run]:
        """A short transaction on a connection of its own.

        Where not `durable`, a power failure may undo it as long as nothing durable was written after it.
        """

    @abstractmethod
    def close(self) -> None: ...

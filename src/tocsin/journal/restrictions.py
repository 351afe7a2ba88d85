"""Restrictions beside the log: those in force, which decisions ask for, and how long all of them lasted.

They are a view of the log. The statements here go into a group as its `more`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tocsin.journal.store import Store

Statement = tuple[str, Sequence[tuple[Any, ...]]]


class Kept(NamedTuple):
    """A restriction as it stands in its table, by entry `seq` of the log. `days`, `p50`, `p90`: as it was first assessed; `number`, `confirmed`: of
    its latest order to the core system, and of the one confirmed last. Instants in µs UTC."""

    id: str
    account: str
    hold: str
    type: str
    status: str
    at: int
    days: int | None
    p50: int | None
    p90: int | None
    ended_at: int | None
    reason: str | None
    number: int
    confirmed: int
    seq: int
    body: bytes


_FIELDS = ", ".join(Kept._fields)
_ADD = f"INSERT INTO restrictions ({_FIELDS}) VALUES ({', '.join('?' * len(Kept._fields))})"  # noqa: S608
_CHANGE = "UPDATE restrictions SET status = ?, ended_at = ?, reason = ?, number = ?, seq = ?, body = ? WHERE id = ?"
_USE = "UPDATE restrictions SET seq = ?, body = ? WHERE id = ?"
_ASSESS = "UPDATE restrictions SET days = ?, p50 = ?, p90 = ?, seq = ? WHERE id = ? AND days IS NULL"
_CONFIRM = "UPDATE restrictions SET confirmed = ?, seq = ? WHERE id = ? AND confirmed < ?"
_ORDER = "UPDATE restrictions SET confirmed = ?, seq = ? WHERE id = ? AND confirmed >= ? AND number = ?"


def added(one: Kept) -> Statement:
    return _ADD, [one]


def changed(id: str, status: str, ended_at: int | None, reason: str, number: int, seq: int, body: bytes) -> Statement:
    return _CHANGE, [(status, ended_at, reason, number, seq, body, id)]


def used(id: str, seq: int, body: bytes) -> Statement:
    """What a stage lets pass of a day is used up some more."""
    return _USE, [(seq, body, id)]


def assessed(id: str, days: int, p50: int | None, p90: int | None, seq: int) -> Statement:
    """The first assessment stays."""
    return _ASSESS, [(days, p50, p90, seq, id)]


def confirmed(id: str, number: int, seq: int) -> Statement:
    return _CONFIRM, [(number, seq, id, number)]


def ordered_again(id: str, number: int, seq: int) -> Statement:
    """What is ordered again is not confirmed until it is so again."""
    return _ORDER, [(number - 1, seq, id, number, number)]


class Restrictions:
    store: Store

    def standing(self, ended_after: int | None = None) -> list[Kept]:
        """Those that have not ended, or not before a moment."""
        found = self._rows("WHERE ended_at IS NULL ORDER BY account, id")
        if ended_after is not None:
            found += self._rows("WHERE ended_at > ? ORDER BY ended_at, id", ended_after)
        return found

    def restriction(self, id: str) -> Kept | None:
        return next(iter(self._rows("WHERE id = ?", id)), None)

    def every_restriction(self, after: str = "", limit: int = 1000) -> Iterator[Kept]:
        """All that there ever were, by id."""
        while rows := self._rows("WHERE id > ? ORDER BY id LIMIT ?", after, limit):
            yield from rows
            after = rows[-1].id

    def lives(self) -> list[tuple[str, int, int, int | None]]:
        """Of each that was assessed: hold, when it was imposed, days first assessed, when it ended."""
        sql = "SELECT hold, at, days, ended_at FROM restrictions WHERE days IS NOT NULL AND status <> 'held_out' ORDER BY id"
        return [(hold, at, days, ended) for hold, at, days, ended in self.store.rows(sql)]

    def _rows(self, rest: str, *given: Any) -> list[Kept]:
        return list(map(Kept._make, self.store.rows(f"SELECT {_FIELDS} FROM restrictions {rest}", *given)))  # noqa: S608

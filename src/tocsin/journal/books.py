"""Books of persons beside the log: what collections knows of each, who holds which account, tasks, business days.

They are a view of the log. `puts` gives the statements that keep them; they go into a group as its `more`, so that
facts, books and how far the books know the log are durable together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from tocsin.journal.store import Store

_AT_ONCE = 500
Whose = Literal["holders", "attempts"]
_KEYS: dict[Whose, str] = {"holders": "account", "attempts": "attempt"}


class Kept(NamedTuple):
    """A book as it stands in its table. `wake_at`: when it is next to be looked at; `bucket`, `past_due`: as last told."""

    person: str
    wake_at: int | None
    seq: int
    case_id: str | None
    segment: str | None
    bucket: int
    past_due: int
    body: bytes


class Job(NamedTuple):
    """A task of a worklist. `state`: open, taken or done; `minutes` it takes."""

    id: str
    person: str
    queue: str
    treatment: str
    value: int
    minutes: int
    at: int
    due_at: int | None
    state: str
    actor: str | None


class Day(NamedTuple):
    """A business day. `state`: begun or closed; `figures`: JSON."""

    date: str
    at: int
    state: str
    figures: str


class Queue(NamedTuple):
    queue: str
    tasks: int
    minutes: int
    value: int


class Given(NamedTuple):
    """A grant as budgets count it: of a month, `given` 1 and its amount; both 0 where it was declined or taken back."""

    id: str
    account: str
    incentive: str
    month: str
    given: int
    amount: int


def _put(table: str, key: str, fields: Sequence[str]) -> str:
    columns, places = ", ".join(fields), ", ".join("?" * len(fields))
    news = ", ".join(f"{field} = excluded.{field}" for field in fields if field != key)
    return f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT ({key}) DO UPDATE SET {news}"  # noqa: S608


_BOOK, _JOB, _DAY = (
    _put("books", "person", Kept._fields),
    _put("tasks", "id", Job._fields),
    _put("days", "date", Day._fields),
)
_GIVEN = _put("grants", "id", Given._fields)
_HOLDER, _ATTEMPT, _FOLLOWED = (
    _put("holders", "account", ("account", "person")),
    _put("attempts", "attempt", ("attempt", "person")),
    _put("followed", "only_row", ("only_row", "seq", "rouse_at", "roused")),
)
_ROUSED = "UPDATE books SET wake_at = ? WHERE person = ? AND (wake_at IS NULL OR wake_at > ?)"
_DONE = "UPDATE tasks SET state = 'done' WHERE id = ?"


def puts(
    books: Sequence[Kept] = (),
    holders: Iterable[tuple[str, str]] = (),
    attempts: Iterable[tuple[str, str]] = (),
    jobs: Sequence[Job] = (),
    done: Iterable[str] = (),
    followed: int | None = None,
    rousing: tuple[int, str] | None = None,
    day: Day | None = None,
    grants: Sequence[Given] = (),
) -> list[tuple[str, Sequence[tuple[Any, ...]]]]:
    """What keeps these: (account, who holds it), (attempt, whom it reaches); `done` are tasks that are no longer open,
    `followed` is the last entry that all books know, `rousing` as `Books.rousing` has it."""
    asked: list[tuple[str, Sequence[tuple[Any, ...]]]] = [
        (_BOOK, books),
        (_HOLDER, list(holders)),
        (_ATTEMPT, list(attempts)),
        (_JOB, jobs),
        (_DONE, [(id,) for id in done]),
        (_FOLLOWED, [] if followed is None else [(1, followed, *(rousing or (None, None)))]),
        (_DAY, [] if day is None else [day]),
        (_GIVEN, grants),
    ]
    return [(sql, rows) for sql, rows in asked if rows]


def roused(persons: Iterable[str], at: int) -> tuple[str, Sequence[tuple[Any, ...]]]:
    """The statement that makes persons due at a moment, who are not sooner."""
    return _ROUSED, [(at, person, at) for person in persons]


class Books:
    store: Store

    def followed(self) -> int:
        """The last entry of the log that the books know; 0 where there are none."""
        rows = self.store.rows("SELECT seq FROM followed")
        return rows[0][0] if rows else 0

    def rousing(self) -> tuple[int, str] | None:
        """Everybody is to be due from a moment on, and is so already up to a person; None where that is done."""
        rows = self.store.rows("SELECT rouse_at, roused FROM followed WHERE rouse_at IS NOT NULL")
        return (rows[0][0], rows[0][1]) if rows else None

    def persons(self, after: str, limit: int) -> list[str]:
        """Who has a book, from behind a person."""
        sql = "SELECT person FROM books WHERE person > ? ORDER BY person LIMIT ?"
        return [person for (person,) in self.store.rows(sql, after, limit)]

    def books(self, persons: Iterable[str]) -> dict[str, Kept]:
        """The books of these persons; who has none is left out."""
        found = self._some(f"SELECT {', '.join(Kept._fields)} FROM books WHERE person IN", persons)  # noqa: S608
        return {row[0]: Kept._make(row) for row in found}

    def every_book(self, after: str, limit: int) -> list[Kept]:
        """Books by person, from behind one."""
        sql = f"SELECT {', '.join(Kept._fields)} FROM books WHERE person > ? ORDER BY person LIMIT ?"  # noqa: S608
        return list(map(Kept._make, self.store.rows(sql, after, limit)))

    def holders(self, accounts: Iterable[str]) -> dict[str, str]:
        """Who holds these accounts, as far as that is known."""
        return dict(self._some("SELECT account, person FROM holders WHERE account IN", accounts))

    def reached(self, attempt: str) -> str | None:
        """Whom an attempt of contact was made for."""
        rows = self.store.rows("SELECT person FROM attempts WHERE attempt = ?", attempt)
        return rows[0][0] if rows else None

    def due(self, at: int, limit: int) -> list[str]:
        """Persons whose book is to be looked at, the longest due first."""
        sql = "SELECT person FROM books WHERE wake_at <= ? ORDER BY wake_at, person LIMIT ?"
        return [person for (person,) in self.store.rows(sql, at, limit)]

    def due_count(self, at: int) -> int:
        rows = self.store.rows("SELECT count(*) FROM books WHERE wake_at <= ?", at)
        return int(rows[0][0])

    def spent(self, month: str) -> dict[str, tuple[int, int]]:
        """How many grants of an incentive were given in a month, and the sum of their amounts."""
        sql = "SELECT incentive, sum(given), sum(amount) FROM grants WHERE month = ? GROUP BY incentive"
        return {incentive: (int(given), int(amount)) for incentive, given, amount in self.store.rows(sql, month)}

    def granted_to(self, grant: str) -> str | None:
        """The account to which something was granted."""
        rows = self.store.rows("SELECT account FROM grants WHERE id = ?", grant)
        return rows[0][0] if rows else None

    def every_grant(self, after: str, limit: int) -> list[Given]:
        """Grants by id, from behind one."""
        sql = f"SELECT {', '.join(Given._fields)} FROM grants WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608
        return list(map(Given._make, self.store.rows(sql, after, limit)))

    def some_grants(self, ids: Iterable[str]) -> dict[str, Given]:
        """These grants, as far as there are any."""
        found = self._some(f"SELECT {', '.join(Given._fields)} FROM grants WHERE id IN", ids)  # noqa: S608
        return {row[0]: Given._make(row) for row in found}

    def every_person(self, table: Whose, after: str, limit: int) -> list[tuple[str, str]]:
        """(account, who holds it), or (attempt, whom it was made for), from behind one."""
        key = _KEYS[table]
        sql = f"SELECT {key}, person FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?"  # noqa: S608
        return [(id, person) for id, person in self.store.rows(sql, after, limit)]

    def some_persons(self, table: Whose, ids: Iterable[str]) -> dict[str, str]:
        """The same of these accounts or attempts, as far as they are known."""
        key = _KEYS[table]
        return dict(self._some(f"SELECT {key}, person FROM {table} WHERE {key} IN", ids))  # noqa: S608

    def every_job(self, after: str, limit: int) -> list[Job]:
        """Tasks that are not done by id, from behind one."""
        sql = f"SELECT {', '.join(Job._fields)} FROM tasks WHERE id > ? AND state <> 'done' ORDER BY id LIMIT ?"  # noqa: S608
        return list(map(Job._make, self.store.rows(sql, after, limit)))

    def some_jobs(self, ids: Iterable[str]) -> dict[str, Job]:
        """These tasks, as far as there are any."""
        found = self._some(f"SELECT {', '.join(Job._fields)} FROM tasks WHERE id IN", ids)  # noqa: S608
        return {row[0]: Job._make(row) for row in found}

    # -- worklists and days --------------------------------------------------------------------

    def jobs(self, queue: str, limit: int) -> list[Job]:
        """Open tasks of a worklist, the most valuable first, then those that are due first."""
        sql = (
            f"SELECT {', '.join(Job._fields)} FROM tasks WHERE queue = ? AND state <> 'done' "  # noqa: S608
            "ORDER BY value DESC, due_at IS NULL, due_at, id LIMIT ?"
        )
        return list(map(Job._make, self.store.rows(sql, queue, limit)))

    def job(self, id: str) -> Job | None:
        rows = self.store.rows(f"SELECT {', '.join(Job._fields)} FROM tasks WHERE id = ?", id)  # noqa: S608
        return Job._make(rows[0]) if rows else None

    def queues(self) -> list[Queue]:
        sql = "SELECT queue, count(*), sum(minutes), sum(value) FROM tasks WHERE state <> 'done' GROUP BY queue ORDER BY queue"
        return [
            Queue(queue, int(tasks), int(minutes), int(value)) for queue, tasks, minutes, value in self.store.rows(sql)
        ]

    def latest_day(self) -> Day | None:
        """The last business day that was begun."""
        rows = self.store.rows("SELECT date, at, state, figures FROM days ORDER BY date DESC LIMIT 1")
        return Day._make(rows[0]) if rows else None

    def day(self, date: str) -> Day | None:
        rows = self.store.rows("SELECT date, at, state, figures FROM days WHERE date = ?", date)
        return Day._make(rows[0]) if rows else None

    def _some(self, sql: str, keys: Iterable[str]) -> list[Any]:
        wanted, found = list(keys), list[Any]()
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            found += self.store.rows(f"{sql} ({', '.join('?' * len(part))})", *part)
        return found

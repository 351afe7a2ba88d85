"""The journal in one SQLite file, with its write-ahead log beside it."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tocsin.journal.records import Group, Held, Unavailable
from tocsin.journal.store import HEAD, TABLES, Run, Store, bulk, moved
from tocsin.values.problem import Problem, Refused

_PATIENCE = 10.0
"""Seconds to wait for another writer."""
_LONGEST = 512 << 20
"""Bytes; a write-ahead log beyond this is begun anew even if writers must wait for it."""
_CACHE = 32_768
"""KiB of pages that the writer keeps at hand: those of an index are written again and again."""
_IDLE = 4
"""So many connections are kept open when nobody uses them."""
_AT_ONCE = (500, 64, 8)
"""Rows of one statement, the more the better: while it runs, other threads of this process can go on."""
_ROWS = {table: f"({', '.join('?' * len(record._fields))})" for table, record in TABLES.items()}
_INSERTS = {
    table: f"INSERT INTO {table} ({', '.join(record._fields)}) VALUES {_ROWS[table]}"  # noqa: S608 our own names
    for table, record in TABLES.items()
}
_MANY = {
    table: [(count, ", ".join([insert, *[_ROWS[table]] * (count - 1)])) for count in _AT_ONCE]
    for table, insert in _INSERTS.items()
}
for _kind in (bytes, type(None)):  # else each such value is asked, by way of an exception, how it wants to be written
    sqlite3.register_adapter(_kind, lambda value: value)
_BUSY = Problem("another process is writing to it", "", "end that process, or wait for it")
_FORBIDDEN = Problem("it may not be written", "", "give this user the right to write the file and its folder")
_REASONS = {
    "SQLITE_FULL": Problem("the disk is full", "", "make room"),
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_READONLY": _FORBIDDEN,
    "SQLITE_PERM": _FORBIDDEN,
    "SQLITE_CANTOPEN": Problem("it cannot be opened", "", "give this user the right to write the file and its folder"),
    "SQLITE_CORRUPT": Problem("the file is damaged", "", "restore it from a copy"),
    "SQLITE_NOTADB": Problem("this is no SQLite database", "", "name another file"),
    "SQLITE_IOERR": Problem("the disk cannot be read or written", "", "check the disk"),
}


class SqliteStore(Store):
    near = True
    words = {"integer": "INTEGER", "text": "TEXT", "bytes": "BLOB", "numbered": "INTEGER PRIMARY KEY", "strict": " STRICT"}  # fmt: skip
    now = "CAST(strftime('%s', 'now') AS INTEGER) * 1000000"
    begun = "SELECT 1 FROM sqlite_master WHERE name = 'migrations'"
    alone = "SELECT 1"

    def __init__(self, path: Path) -> None:
        """Refused where the file cannot be a journal."""
        if sqlite3.sqlite_version_info < (3, 37):
            raise Refused(Problem(f"SQLite {sqlite3.sqlite_version} is too old", "", "install SQLite 3.37 or newer"))
        self.path, self.where = path, str(path)
        if not path.parent.is_dir():
            raise Refused(Problem("the folder of the journal does not exist", str(path.parent), "create it"))
        if path.is_dir():
            raise Refused(Problem("this is a folder", self.where, "name a file"))
        self._idle: list[sqlite3.Connection] = []
        self._lock: int | None = None
        self._turn = threading.Lock()  # held by whoever is inside a writing transaction
        self._open = False
        with self._failing():
            self._writer = self._first()
            self._writer.execute(f"PRAGMA cache_size = -{_CACHE}")

    def hold(self) -> None:
        if self._lock is not None:
            return
        try:
            lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise Refused(Problem(f"it cannot be written ({error.strerror})", f"{self.path}.lock")) from None
        try:
            _locked(lock)
        except OSError:
            holder = os.read(lock, 20).decode("ascii", "replace").strip()
            os.close(lock)
            raise Held(
                Problem(f"process {holder} already serves this journal", self.where, "stop it first, or use it")
            ) from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def write(self, group: Group) -> None:
        with self._failing():
            if not self._open:
                self._begin()
            try:
                for table, rows in bulk(group):
                    todo, left = len(rows), iter(rows)
                    for count, insert in _MANY[table]:
                        for _ in range(todo // count):
                            self._writer.execute(insert, tuple(chain.from_iterable(islice(left, count))))
                        todo %= count
                    self._writer.executemany(_INSERTS[table], map(tuple, left))  # plain ones are bound faster
                if group.entries and not self._writer.execute(HEAD, moved(group.entries)).fetchall():
                    raise _continued(self.where)
                for sql, some in group.more:
                    self._writer.executemany(sql, map(tuple, some))
            except BaseException as failed:
                self._end()
                if isinstance(failed, sqlite3.IntegrityError):
                    raise _continued(self.where) from None
                raise

    def commit(self) -> None:
        if self._open:
            with self._failing():
                try:
                    self._writer.execute("COMMIT")
                finally:
                    self._end()

    def rollback(self) -> None:
        if self._open:
            self._end()

    def _begin(self) -> None:
        if not self._turn.acquire(timeout=_PATIENCE):
            raise Unavailable(Problem("another task does not end its writing", self.where, "restart this process"))
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._turn.release()
            raise
        self._open = True

    def _end(self) -> None:
        if self._writer.in_transaction:
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
        self._open = False
        self._turn.release()

    def tend(self) -> None:
        with self._failing(), self._lent() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            log = Path(f"{self.path}-wal")
            if log.exists() and log.stat().st_size > _LONGEST and self._turn.acquire(timeout=_PATIENCE):
                try:
                    connection.execute("PRAGMA busy_timeout = 100")  # a reader must not keep the writer waiting
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    connection.execute(f"PRAGMA busy_timeout = {round(_PATIENCE * 1000)}")
                finally:
                    self._turn.release()

    def rows(self, sql: str, *values: object) -> list[Any]:
        with self._failing(), self._lent() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def change(self, durable: bool = True) -> Iterator[Run]:
        with self._failing(), self._lent() as connection:
            if not self._turn.acquire(timeout=_PATIENCE):
                raise Unavailable(Problem("another task does not end its writing", self.where, "restart this process"))
            try:
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                connection.execute("BEGIN IMMEDIATE")
                yield lambda sql, *values: connection.execute(sql, values).fetchall()
                connection.execute("COMMIT")
            finally:
                self._turn.release()

    def close(self) -> None:
        self.rollback()
        for connection in (self._writer, *self._idle):
            connection.close()
        self._idle.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """A connection nobody else uses; one that failed is closed, which rolls back."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connection()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < _IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, _PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _first(self) -> sqlite3.Connection:
        connection = self._connection()
        try:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            if tables and ("migrations",) not in tables:
                raise Refused(Problem("this is a database of another program", self.where, "name another file"))
            if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
                what = "this file system cannot hold a write-ahead log"
                raise Refused(Problem(what, self.where, "choose a folder on a local disk"))
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError, sqlite3.IntegrityError):
            raise
        except sqlite3.DatabaseError as error:
            name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
            if name == "SQLITE_ERROR":
                raise
            problem = _REASONS.get(name) or Problem(f"the database failed ({error})", "", "check the disk")
            raise Unavailable(replace(problem, where=self.where)) from None


def _continued(where: str) -> Unavailable:
    return Unavailable(Problem("another process has written to the journal meanwhile", where, "start this one again"))


if sys.platform == "win32":
    import msvcrt

    def _locked(file: int) -> None:
        os.lseek(file, 1 << 20, os.SEEK_SET)  # a lock on Windows would hide the number of the process
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _locked(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

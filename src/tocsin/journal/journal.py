"""The journal as the desk sees it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from tocsin.journal.books import Books
from tocsin.journal.log import Log
from tocsin.journal.outbox import Outbox
from tocsin.journal.registry import Registry
from tocsin.journal.restrictions import Restrictions
from tocsin.journal.schema import migrate
from tocsin.journal.snapshots import Snapshots
from tocsin.journal.store import Store
from tocsin.values.problem import Problem, Refused

_POSTGRES = ("postgresql://", "postgres://")


class Journal(Log, Outbox, Snapshots, Registry, Books, Restrictions):
    """Everything durable of one Tocsin, in SQLite or PostgreSQL.

    `write` … `commit` belong to one server (`hold`), are never called by two threads at once, and
    keep other changes waiting in between; all else may be called from any thread, yet not from the
    one that must still call `commit`.
    """

    def __init__(self, store: Store, url: str) -> None:
        self.store, self.url = store, url
        self.where, self.near = store.where, store.near
        self.skipped: list[Problem] = []
        self.paced = nullcontext

    def close(self) -> None:
        self.store.close()


def opened(url: str) -> Journal:
    """The journal at `postgresql://…` or in an SQLite file, made or brought to its newest form where needed."""
    store = _store(url)
    try:
        migrate(store)
    except BaseException:
        store.close()
        raise
    return Journal(store, url)


def _store(url: str) -> Store:
    if url.startswith(_POSTGRES):
        from tocsin.journal.postgres import PostgresStore

        return PostgresStore(url)
    if "://" in url or not url:
        scheme = url.partition("://")[0]
        raise Refused(
            Problem(
                f"'{scheme}' is no kind of journal", "", "name an SQLite file or a URL that begins with postgresql://"
            )
        )
    from tocsin.journal.sqlite import SqliteStore

    return SqliteStore(Path(url))

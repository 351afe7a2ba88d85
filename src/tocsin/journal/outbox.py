"""Orders on their way out: whose turn it is, what became of them.

Per destination and account they leave in the order in which they came. One that fails makes those
behind it wait; one that was given up (a dead letter) no longer does.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.journal.records import Letter, Order, Pending, Waiting
from tocsin.journal.store import Store

_WAITING, _DELIVERED, _DEAD = 0, 1, 2
_ORDER = ", ".join(f"o.{column}" for column in Order._fields)


class Outbox:
    store: Store

    def waiting(self, now: int, limit: int, destination: str) -> list[Waiting]:
        """Orders to be sent now, the longest due first, one for each account."""
        rows = self.store.rows(
            f"SELECT o.id, o.attempts, {_ORDER} FROM outbox o "  # noqa: S608 our own names
            "WHERE o.destination = ? AND o.state = 0 AND o.due_at <= ? AND o.id = (SELECT e.id FROM outbox e "
            "WHERE e.destination = o.destination AND e.watched = o.watched AND e.state = 0 ORDER BY e.id LIMIT 1) "
            "ORDER BY o.due_at, o.id LIMIT ?",
            destination, now, limit,
        )  # fmt: skip
        return [Waiting(id, attempts, Order._make(order)) for id, attempts, *order in rows]

    def orders(self, after: int, limit: int) -> list[tuple[int, Order]]:
        """Orders by their number in the outbox, whatever became of them, from behind `after`."""
        rows = self.store.rows(
            f"SELECT o.id, {_ORDER} FROM outbox o WHERE o.id > ? ORDER BY o.id LIMIT ?",  # noqa: S608
            after,
            limit,
        )
        return [(id, Order._make(order)) for id, *order in rows]

    def delivered(self, ids: Iterable[int], at: int) -> None:
        with self.store.change(durable=False) as run:
            for id in ids:
                run("UPDATE outbox SET state = 1, at = ?, error = '' WHERE id = ?", at, id)

    def failed(self, id: int, attempts: int, due_at: int, error: str) -> None:
        """Try again at `due_at`; those behind it wait as long."""
        with self.store.change(durable=False) as run:
            run("UPDATE outbox SET attempts = ?, due_at = ?, error = ? WHERE id = ?", attempts, due_at, error, id)
            run(
                "UPDATE outbox SET due_at = ? WHERE state = 0 AND due_at < ? AND id > ? AND (destination, watched) = "
                "(SELECT o.destination, o.watched FROM outbox o WHERE o.id = ?)",
                due_at, due_at, id, id,
            )  # fmt: skip

    def buried(self, id: int, at: int, error: str) -> None:
        """Give an order up: it becomes a dead letter, and those behind it are due."""
        with self.store.change() as run:
            run("UPDATE outbox SET state = 2, at = ?, error = ? WHERE id = ?", at, error, id)
            run(
                "UPDATE outbox SET due_at = ? WHERE state = 0 AND attempts = 0 AND due_at > ? AND id > ? "
                "AND (destination, watched) = (SELECT o.destination, o.watched FROM outbox o WHERE o.id = ?)",
                at, at, id, id,
            )  # fmt: skip

    def dead_letters(self, limit: int) -> list[Letter]:
        """Orders that were given up, newest first."""
        rows = self.store.rows(
            f"SELECT o.id, o.attempts, o.error, o.at, {_ORDER} FROM outbox o WHERE o.state = 2 ORDER BY o.id DESC LIMIT ?",  # noqa: S608
            limit,
        )
        return [Letter(id, tries, Order._make(order), error, at) for id, tries, error, at, *order in rows]

    def revived(self, id: int, at: int) -> bool:
        """Send a dead letter after all, due at once; whether there was one."""
        with self.store.change() as run:
            sql = (
                "UPDATE outbox SET state = 0, attempts = 0, due_at = ?, at = 0 WHERE id = ? AND state = 2 RETURNING id"
            )
            return bool(run(sql, at, id))

    def pending(self) -> dict[str, Pending]:
        """What is still undelivered, by destination."""
        found: dict[str, Pending] = {}
        for state, column in ((_WAITING, "waiting"), (_DEAD, "dead")):
            sql = f"SELECT destination, count(*) FROM outbox WHERE state = {state} GROUP BY destination"  # noqa: S608
            for destination, count in self.store.rows(sql):
                found[destination] = found.get(destination, Pending(0, 0))._replace(**{column: count})
        return found

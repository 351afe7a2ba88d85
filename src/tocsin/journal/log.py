"""The log itself: groups are written whole or not at all, and read back in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.journal.records import START, Change, Difference, Entry, Group, Head, Said, Warned
from tocsin.journal.store import Store

_ENTRIES = f"SELECT {', '.join(Entry._fields)} FROM entries"  # noqa: S608 our own names
_DIFFERENCES = f"SELECT {', '.join(Difference._fields)} FROM differences"  # noqa: S608
_AT_ONCE = 500


class Log:
    store: Store
    where: str

    def hold(self) -> None:
        """Become the only server of this journal; Refused where another process is."""
        self.store.hold()

    def head(self) -> Head:
        """The last entry that is durable; seq 0 where there is none."""
        rows = self.store.rows("SELECT seq, recorded_at, chain FROM head")
        return Head(*rows[0]) if rows else Head(0, 0, START)

    def extent(self) -> tuple[int, Head | None]:
        """The last entry there is, and what `head` says of it; None where nothing does."""
        sql = "SELECT last, h.seq, h.recorded_at, h.chain FROM (SELECT max(seq) AS last FROM entries) e LEFT JOIN head h ON 1 = 1"
        [(last, *head)] = self.store.rows(sql)
        if last is None and head[0] is None:
            return 0, Head(0, 0, START)
        return last or 0, None if head[0] is None else Head._make(head)

    def write(self, group: Group) -> None:
        """Add to what `commit` will make durable. Its entries follow the last ones without a gap."""
        self.store.write(group)

    def commit(self) -> None:
        """Everything written is durable when this returns."""
        self.store.commit()

    def rollback(self) -> None:
        """What was written since the last commit is gone."""
        self.store.rollback()

    def tend(self) -> None:
        """Upkeep; call it about every second from a thread of its own."""
        self.store.tend()

    def entries(self, after: int = 0, until: int | None = None, size: int = 10_000) -> Iterator[list[Entry]]:
        """The log from behind `after` up to `until`, in lists of `size`; nothing is locked in between."""
        last = 2**63 - 1 if until is None else until
        while True:
            rows = self.store.rows(f"{_ENTRIES} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", after, last, size)
            if rows:
                yield list(map(Entry._make, rows))
                after = rows[-1][0]
            if len(rows) < size:
                return

    def entry(self, seq: int) -> Entry | None:
        return self.some([seq]).get(seq)

    def some(self, seqs: Iterable[int]) -> dict[int, Entry]:
        """Entries by their number; those that do not exist are left out."""
        wanted, found = list(seqs), {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            for row in self.store.rows(f"{_ENTRIES} WHERE seq IN ({', '.join('?' * len(part))})", *part):
                found[row[0]] = Entry._make(row)
        return found

    def acts(self) -> list[Entry]:
        """What people did, oldest first."""
        return list(map(Entry._make, self.store.rows(f"{_ENTRIES} WHERE kind = 2 ORDER BY seq")))

    def warned(self, watched: str, limit: int) -> list[Warned]:
        """Warnings of an account, newest first."""
        sql = "SELECT seq, rule, watched, level, recorded_at FROM warnings WHERE watched = ? ORDER BY seq DESC LIMIT ?"
        return list(map(Warned._make, self.store.rows(sql, watched, limit)))

    def changes(self, watched: str, limit: int) -> list[Change]:
        """Level changes of an account, newest first."""
        sql = (
            "SELECT seq, number, watched, at, before, after, cause FROM levels WHERE watched = ? "
            "ORDER BY seq DESC, number DESC LIMIT ?"
        )
        return list(map(Change._make, self.store.rows(sql, watched, limit)))

    def tables(self, after: int, until: int | None) -> tuple[list[Warned], list[Change]]:
        """All warnings and level changes of the entries behind `after` and up to `until`. Reads both tables whole."""
        last = 2**63 - 1 if until is None else until
        between = "WHERE seq > ? AND seq <= ? ORDER BY seq"
        warned = self.store.rows(f"SELECT {', '.join(Warned._fields)} FROM warnings {between}", after, last)  # noqa: S608
        changes = self.store.rows(f"SELECT {', '.join(Change._fields)} FROM levels {between}", after, last)  # noqa: S608
        return list(map(Warned._make, warned)), list(map(Change._make, changes))

    def differences(self, shadow: int, after: int, limit: int) -> list[Difference]:
        """Where a shadow policy said otherwise, in the order of the log."""
        sql = f"{_DIFFERENCES} WHERE shadow = ? AND seq > ? ORDER BY seq LIMIT ?"
        return list(map(Difference._make, self.store.rows(sql, shadow, after, limit)))

    def forget_differences(self, shadow: int, after: int) -> None:
        """Drop those behind an entry, which are about to be found again."""
        with self.store.change() as run:
            run("DELETE FROM differences WHERE shadow = ? AND seq > ?", shadow, after)

    def said(self, shadow: int) -> list[Said]:
        """The differences of a shadow policy, counted by what both said."""
        sql = (
            "SELECT e.decision, e.level, d.decision, d.level, count(*) FROM differences d JOIN entries e "
            "ON e.seq = d.seq WHERE d.shadow = ? GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )
        return list(map(Said._make, self.store.rows(sql, shadow)))

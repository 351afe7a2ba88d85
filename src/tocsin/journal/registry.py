"""Policies, API keys, and the pairs by which a repeated fact is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.journal.records import Key, Version
from tocsin.journal.store import Store

_VERSIONS = "SELECT number, digest, name, version, text, sources, at FROM policies"


class Registry:
    store: Store

    def add_policy(self, digest: str, name: str, version: str, text: str, sources: str, at: int) -> int:
        """The number of a policy; the same digest has the same number. `sources` is JSON, `at` in µs."""
        with self.store.change() as run:
            known = run("SELECT number FROM policies WHERE digest = ?", digest)
            if known:
                return int(known[0][0])
            number = int(run("SELECT coalesce(max(number), 0) + 1 FROM policies")[0][0])
            run("INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?, ?)", number, digest, name, version, text, sources, at)
            return number

    def policies(self) -> list[Version]:
        return list(map(Version._make, self.store.rows(f"{_VERSIONS} ORDER BY number")))

    def policy(self, number: int) -> Version | None:
        rows = self.store.rows(f"{_VERSIONS} WHERE number = ?", number)
        return Version._make(rows[0]) if rows else None

    def add_key(self, id: str, name: str, hash: bytes, scopes: Sequence[str], at: int) -> None:
        with self.store.change() as run:
            run("INSERT INTO keys VALUES (?, ?, ?, ?, ?, NULL)", id, name, hash, " ".join(scopes), at)

    def keys(self) -> list[Key]:
        """All keys in the order in which they were made, ended ones too."""
        rows = self.store.rows("SELECT id, name, hash, scopes, at, ended_at FROM keys ORDER BY at, id")
        return [Key(id, name, hash, tuple(scopes.split()), at, ended) for id, name, hash, scopes, at, ended in rows]

    def end_key(self, id: str, at: int) -> bool:
        """Whether there was such a key that had not ended."""
        with self.store.change() as run:
            return bool(run("UPDATE keys SET ended_at = ? WHERE id = ? AND ended_at IS NULL RETURNING id", at, id))

    def save_ids(self, until: int, pairs: bytes) -> None:
        """Keep int64 pairs (hash, seq) of all entries behind the last segment and up to `until`."""
        with self.store.change(durable=False) as run:
            run("INSERT INTO id_segments VALUES (?, ?)", until, pairs)

    def id_segments(self) -> Iterator[tuple[int, bytes]]:
        """(until, pairs) of every segment, in order."""
        after = -1
        while rows := self.store.rows(
            "SELECT until, pairs FROM id_segments WHERE until > ? ORDER BY until LIMIT 1", after
        ):
            yield rows[0]
            after = rows[0][0]

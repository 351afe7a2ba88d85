"""State of the engine, put down in small pieces so that decisions never wait for it.

A snapshot counts only when its header stands, which is written last and says what the pieces must be.
Until then, and once it is given up, a mark stands among its pieces: piece -1, whose part is the policy. A
server and a process that builds another policy may save at once; each clears up after its own policies.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import NamedTuple

from tocsin.journal.store import Store
from tocsin.values.problem import Problem

PIECE = 1 << 20
"""Bytes that are written in one transaction at most."""
KEPT = 2
_MARK = "INSERT INTO snapshot_pieces VALUES (?, -1, ?, ?)"
_ENDS = struct.Struct(">6q").pack
_saving = threading.Lock()
Piece = tuple[int, int, bytes]
"""(number, number of the part, bytes)"""
_Row = tuple[int, int, int, bytes | memoryview]
"""The same as it is written, behind the number of its snapshot."""


class Snapshot(NamedTuple):
    """The state after entry `seq`. `parts()` reads it, part for part as it was saved."""

    seq: int
    parts: Callable[[], Iterator[bytes]]


class Snapshots:
    store: Store
    where: str
    paced: Callable[[], AbstractContextManager[object]]
    """What each transaction of a save is done in; who saves beside others makes it leave them time."""
    skipped: list[Problem]
    """Why snapshots were passed over, in the order in which `snapshots` met them."""

    def save_snapshot(self, policy: int, seq: int, parts: Iterable[bytes | memoryview], format: int = 1) -> None:
        """Keep the state under a policy after entry `seq`. `format` is the form of the parts."""
        with _saving:
            self._sweep(policy)
            snapshot = self._begun(policy)
            digest, count, size, held = sha256(), 0, 0, 0
            waiting: list[_Row] = []
            for number, part in enumerate(parts):
                for start in range(0, max(len(part), 1), PIECE):
                    body = part[start : start + PIECE]
                    if held + len(body) > PIECE:
                        self._put(waiting)
                        waiting, held = [], 0
                    waiting.append((snapshot, count, number, body))
                    digest.update(_ENDS(policy, seq, format, count, number, len(body)))
                    digest.update(body)
                    count, size, held = count + 1, size + len(body), held + len(body)
            self._put(waiting)
            with self.store.change() as run:
                row = (snapshot, policy, seq, format, count, size, digest.digest())
                run("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
                run("DELETE FROM snapshot_pieces WHERE snapshot = ? AND piece = -1", snapshot)
                past = run(
                    "DELETE FROM snapshots WHERE policy = ? AND snapshot NOT IN "
                    "(SELECT snapshot FROM snapshots WHERE policy = ? ORDER BY snapshot DESC LIMIT ?) RETURNING snapshot",
                    policy, policy, KEPT,
                )  # fmt: skip
                for (old,) in past:
                    run(_MARK, old, policy, b"")
            self._sweep(policy)

    def snapshots(self, policy: int, format: int = 1) -> Iterator[Snapshot]:
        """Whole snapshots of a policy, newest first. Others are passed over; `skipped` says why."""
        self.skipped = []
        sql = (
            "SELECT snapshot, seq, format, pieces, bytes, digest FROM snapshots WHERE policy = ? ORDER BY snapshot DESC"
        )
        for snapshot, seq, form, count, size, digest in self.store.rows(sql, policy):
            why = f"it has form {form}, this Tocsin reads form {format}"
            if form == format:
                why = _fault(self._pieces(snapshot), (policy, seq, form), (count, size), digest)
            if why:
                self.skipped.append(Problem(f"the snapshot at entry {seq} is not used: {why}", self.where))
            else:
                yield Snapshot(seq, lambda snapshot=snapshot: self._parts(snapshot))  # type: ignore[misc]

    def _put(self, pieces: list[_Row]) -> None:
        with self.paced(), self.store.change(durable=False) as run:
            for piece in pieces:
                run("INSERT INTO snapshot_pieces VALUES (?, ?, ?, ?)", *piece)

    def _begun(self, policy: int) -> int:
        """The number of a new snapshot, which nobody else will take."""
        with self.store.change(durable=False) as run:
            run(self.store.alone)
            taken = "SELECT snapshot FROM snapshots UNION ALL SELECT snapshot FROM snapshot_pieces"
            snapshot = int(run(f"SELECT coalesce(max(snapshot), 0) + 1 FROM ({taken}) AS taken")[0][0])  # noqa: S608
            run(_MARK, snapshot, policy, b"")
        return snapshot

    def _sweep(self, policy: int) -> None:
        """Remove the pieces of a policy's snapshots that were given up, or never finished; the mark last."""
        sql = (
            "SELECT p.snapshot, p.piece FROM snapshot_pieces m JOIN snapshot_pieces p ON p.snapshot = m.snapshot "
            "WHERE m.piece = -1 AND m.part = ? ORDER BY p.snapshot, p.piece DESC"
        )
        for snapshot, piece in self.store.rows(sql, policy):
            with self.paced(), self.store.change(durable=False) as run:
                run("DELETE FROM snapshot_pieces WHERE snapshot = ? AND piece = ?", snapshot, piece)

    def _pieces(self, snapshot: int) -> Iterator[Piece]:
        after = -1
        sql = "SELECT piece, part, body FROM snapshot_pieces WHERE snapshot = ? AND piece > ? ORDER BY piece LIMIT 1"
        while rows := self.store.rows(sql, snapshot, after):
            yield rows[0]
            after = rows[0][0]

    def _parts(self, snapshot: int) -> Iterator[bytes]:
        held: list[bytes] = []
        now = 0
        for _, part, body in self._pieces(snapshot):
            if part != now:
                yield b"".join(held)
                held, now = [], part
            held.append(body)
        if held:
            yield b"".join(held)


def _fault(pieces: Iterator[Piece], state: tuple[int, int, int], extent: tuple[int, int], digest: bytes) -> str:
    """What is wrong with a snapshot; empty where it is whole."""
    found, count, size = sha256(), 0, 0
    for piece, part, body in pieces:
        found.update(_ENDS(*state, piece, part, len(body)))
        found.update(body)
        count, size = count + 1, size + len(body)
    if (count, size) != extent:
        return f"it is torn, {size} of {extent[1]} bytes are there"
    return "" if found.digest() == digest else "its content is not what was saved"

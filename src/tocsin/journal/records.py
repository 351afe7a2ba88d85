"""What the journal keeps: records as they stand in its tables, column by column."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from tocsin.values.problem import Problem, Refused

FACT, AGAIN, ACT, TICK, CAME = 0, 1, 2, 3, 4
"""Kinds of entries: a fact; a later fact assessed again because a late one came; a human act; time that passed; a
restriction that the entry before it brought about, which is no fact to any signal."""

START = bytes(32)
"""The chain before the first entry."""


class Unavailable(Refused):
    """The store failed: nothing since the last commit is stored, and the journal can be used again.

    One case is open: where the connection to PostgreSQL breaks during a commit and the database does
    not come back at once, `head()` says what became of it when it is back.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class Held(Refused):
    """Another process serves the journal."""


class Entry(NamedTuple):
    """One record of the log."""

    seq: int
    """1, 2, 3 … without a gap."""
    kind: int
    recorded_at: int
    """µs UTC; never falls."""
    occurred_at: int
    """µs UTC"""
    fact_id: str | None
    watched: str | None
    """The account: the value of the policy's watched field."""
    previous: int
    """The entry before this one with the same `watched`, 0 for none."""
    ref: int
    """AGAIN: the entry of the fact that was assessed again; else 0."""
    key: str | None
    """Idempotency key of the request."""
    policy: int
    """Number of the policy that decided."""
    level_before: int
    """Rank, 0 for none."""
    level: int
    """Rank after it."""
    decision: int
    """0 approve, 1 review, 2 block."""
    score: int
    body: bytes
    """Canonical JSON of the fact or of the act; empty for AGAIN and TICK."""
    detail: bytes
    """JSON of what came of it; empty where nothing did."""
    chain: bytes
    """`linked(chain of the entry before, *the other columns)`"""


_new = tuple.__new__
_PACKED = struct.Struct(">32s11q5q").pack


def sealed(
    before: bytes,
    seq: int,
    kind: int,
    recorded_at: int,
    occurred_at: int,
    fact_id: str | None,
    watched: str | None,
    previous: int,
    ref: int,
    key: str | None,
    policy: int,
    level_before: int,
    level: int,
    decision: int,
    score: int,
    body: bytes,
    detail: bytes,
) -> Entry:
    """An entry with its chain: SHA-256 of the chain before it and of every other column.

    All numbers and lengths come first and have a fixed width (length -1 stands for None), so that no
    two different entries are packed alike.
    """
    one = None if fact_id is None else fact_id.encode()
    two = None if watched is None else watched.encode()
    three = None if key is None else key.encode()
    head = _PACKED(
        before, seq, kind, recorded_at, occurred_at, previous, ref, policy, level_before, level, decision, score,
        -1 if one is None else len(one), -1 if two is None else len(two), -1 if three is None else len(three),
        len(body), len(detail),
    )  # fmt: skip
    chain = sha256(b"".join((head, one or b"", two or b"", three or b"", body, detail))).digest()
    columns = (
        seq, kind, recorded_at, occurred_at, fact_id, watched, previous, ref, key, policy,
        level_before, level, decision, score, body, detail, chain,
    )  # fmt: skip
    return _new(Entry, columns)  # a quarter of the time of `Entry(*columns)`


def linked(before: bytes, *columns: Any) -> bytes:
    """The chain of an entry with these other columns."""
    return sealed(before, *columns).chain


class Head(NamedTuple):
    """The last entry that was written."""

    seq: int
    recorded_at: int
    chain: bytes


class Warned(NamedTuple):
    seq: int
    rule: str
    watched: str
    level: int
    recorded_at: int


class Change(NamedTuple):
    """An account went from one level to another."""

    seq: int
    number: int
    watched: str
    at: int
    before: int
    after: int
    cause: str
    """Id of the fact, or `quiet`."""


class Order(NamedTuple):
    """A message that must leave the house."""

    seq: int
    number: int
    destination: str
    type: str
    watched: str
    body: bytes
    due_at: int


class Difference(NamedTuple):
    """Where a shadow policy said otherwise."""

    seq: int
    shadow: int
    """Number of the shadow policy."""
    decision: int
    level: int
    fired: str


@dataclass(slots=True)
class Group:
    """What is stored together or not at all."""

    entries: list[Entry] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    more: list[tuple[str, Sequence[tuple[Any, ...]]]] = field(default_factory=list)
    """Statements of the journal, each with the rows it is done for, after all others: the books of persons."""


class Said(NamedTuple):
    """How often a shadow said this where the acting policy said that."""

    decision: int
    level: int
    shadow_decision: int
    shadow_level: int
    times: int


class Version(NamedTuple):
    """A policy as it was when it first decided."""

    number: int
    digest: str
    name: str
    version: str
    text: str
    sources: str
    """JSON of the files it came from."""
    at: int


class Key(NamedTuple):
    """An API key."""

    id: str
    name: str
    hash: bytes
    scopes: tuple[str, ...]
    at: int
    ended_at: int | None


class Waiting(NamedTuple):
    """An order whose turn it is."""

    id: int
    attempts: int
    order: Order


class Letter(NamedTuple):
    """An order that was given up."""

    id: int
    attempts: int
    order: Order
    error: str
    at: int


class Pending(NamedTuple):
    """How many orders of a destination wait, and how many were given up."""

    waiting: int
    dead: int

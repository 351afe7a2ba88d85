"""Where everything stands after an entry of the log: one policy's engine, and each account's last entry.

It is moved on by facts as they come, or by stored entries: the two give the same state, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from tocsin.engine import state
from tocsin.engine.decide import Decider, Decision, settled
from tocsin.engine.inputs import Matrix
from tocsin.engine.memory import Room
from tocsin.facts import wire
from tocsin.facts.kinds import Fact
from tocsin.journal.journal import Journal
from tocsin.journal.records import AGAIN, FACT, TICK, Entry
from tocsin.policy.policy import Policy
from tocsin.values.kernel import NULL

_BATCH = 4096
Told = Callable[[int, int], None]
"""Called with (entries done, entries in all) while a standing is built."""


class _Read(NamedTuple):
    """A stored entry with its fact; `fired` where that is assessed again."""

    entry: Entry
    fact: Fact | None
    fired: list[str] | None


class Standing:
    """`number` is the policy's in the journal; `seq` the last entry it knows, `restored` that of its snapshot.

    `last` and `latest` are, by the account's code, its last entry and the latest `occurred_at` of its facts.
    """

    def __init__(self, number: int, policy: Policy, kernels: Path | None) -> None:
        self.number, self.policy = number, policy
        self.decider = Decider(policy, kernels)
        self.seq = self.restored = 0
        self.last: list[int] = []
        self.latest: list[int] = []
        self.slot = self.decider.engine.program.watch_slot
        self._accounts = self.decider.engine.program.inputs.dictionary(policy.watch)
        self.words = self._accounts.words

    def accounts(self, inputs: Matrix) -> list[int]:
        """The codes of the accounts of coded facts, NULL where there is none; known to `last` from now on."""
        more = len(self._accounts.words) - len(self.last)
        self.last += [0] * more
        self.latest += [int(NULL)] * more
        codes: list[int] = inputs[self.slot].tolist()
        return codes

    def code(self, watched: str) -> int:
        """The code of an account, -1 where it was never seen."""
        code = self._accounts.codes.get(watched, -1)
        return code if code < len(self.last) else -1

    def level(self, watched: str) -> str | None:
        """The name of the level an account has by its facts; None for none."""
        code = self.code(watched)
        rank = 0 if code < 0 else int(self.decider.engine.watched.array[code][0])
        return self.policy.levels[rank - 1].name if rank else None

    def note(self, code: int, seq: int, occurred_at: int) -> None:
        """An entry of an account was added to the log."""
        if code >= 0:
            self.last[code] = seq
            self.latest[code] = max(self.latest[code], occurred_at)

    def settle(self, until: int) -> list[tuple[str, int, int, int]]:
        """Quiet time passes until a moment: (account, when, level before, after) of every fall."""
        words = self._accounts.words
        return [
            (words[key], at, before, after)
            for key, at, before, after, _ in settled(self.decider.engine, until).tolist()
        ]

    # -- stored entries ------------------------------------------------------------------------

    def take(self, entries: Sequence[Entry], bodies: dict[int, bytes]) -> list[tuple[Entry, Decision]]:
        """Move on by stored entries, in their order; what is decided about each fact among them.

        `bodies` holds those of facts that an entry of this policy assesses again.
        """
        decided: list[tuple[Entry, Decision]] = []
        read: list[_Read] = []
        for entry in entries:
            self.seq = entry.seq
            if entry.kind == FACT:
                read.append(_Read(entry, wire.stored(entry.body), None))
            elif entry.kind == AGAIN:
                own = entry.policy == self.number
                fact = wire.stored(bodies[entry.ref]) if own else None
                read.append(_Read(entry, fact, msgspec.json.decode(entry.body) if own else None))
            elif entry.kind == TICK:
                decided += self._fold(read)
                read = []
                self.settle(entry.recorded_at)
        return decided + self._fold(read)

    def _fold(self, read: Sequence[_Read]) -> list[tuple[Entry, Decision]]:
        """Note entries, and fold the facts among them."""
        some = [(entry, fact, fired) for entry, fact, fired in read if fact is not None]
        facts = [fact for _, fact, _ in some]
        coder = self.decider.coder
        inputs = coder.matrix(coder.read(facts), range(len(facts)), [entry.recorded_at for entry, *_ in some])
        for place, (*_, fired) in enumerate(some):
            if fired is not None:
                self.decider.again(inputs, place, fired)
        codes = iter(self.accounts(inputs))
        for entry, fact, _ in read:
            code = self.code(entry.watched or "") if fact is None else next(codes)
            self.note(code, entry.seq, entry.occurred_at if entry.kind == FACT else int(NULL))
        return list(zip((entry for entry, *_ in some), self.decider.decide(facts, inputs), strict=True))

    def follow(
        self, journal: Journal, until: int | None = None, told: Told = lambda done, of: None
    ) -> Iterator[list[tuple[Entry, Decision]]]:
        """Take the log from where this stands up to an entry, or to its end; what was decided, part by part."""
        end = journal.head().seq if until is None else until
        for entries in journal.entries(self.seq, end, _BATCH):
            yield self.take(entries, bodies_of(journal, entries, self.number))
            told(self.seq, end)

    # -- snapshots -----------------------------------------------------------------------------

    def room(self) -> Room:
        """Room for what will be dumped in a moment, or nearly all of it."""
        return Room(self.decider.engine.memory() * 17 // 16)

    def dumped(self, room: Room | None = None) -> list[bytes | memoryview]:
        """The whole as parts. Copied, into `room` as far as it goes, so that work may go on."""
        copied = bytes if room is None else room.copied
        parts = [copied(part) for part in state.dumped(self.decider.engine, seq=self.seq)]
        return [*parts, np.array(self.last, "<i8").tobytes(), np.array(self.latest, "<i8").tobytes()]

    def load(self, parts: Iterable[bytes]) -> None:
        """Become what was dumped. `state.Foreign` where it belongs to something else."""
        rest = iter(parts)
        self.seq = self.restored = state.loaded(self.decider.engine, rest)["seq"]
        self.last, self.latest = (_numbers(next(rest, b"")) for _ in range(2))


def _numbers(part: bytes) -> list[int]:
    numbers: Matrix = np.frombuffer(part, "<i8")
    known: list[int] = numbers.tolist()
    return known


def bodies_of(journal: Journal, entries: Sequence[Entry], number: int) -> dict[int, bytes]:
    """Bodies of the facts that these entries of a policy assess again."""
    wanted = {entry.ref for entry in entries if entry.kind == AGAIN and entry.policy == number}
    return {seq: entry.body for seq, entry in journal.some(sorted(wanted)).items()} if wanted else {}


def restored(journal: Journal, number: int, policy: Policy, kernels: Path) -> tuple[Standing, list[str]]:
    """The newest usable snapshot of a policy, or its beginning; and why others were passed over."""
    reasons = []
    end = journal.head().seq
    for snapshot in journal.snapshots(number, state.FORMAT):
        standing = Standing(number, policy, kernels)
        if snapshot.seq > end:
            reasons.append(f"the snapshot at entry {snapshot.seq} is ahead of the log")
            continue
        try:
            standing.load(snapshot.parts())
            break
        except state.Foreign as foreign:
            reasons.append(f"the snapshot at entry {snapshot.seq} is not used: {foreign}")
    else:
        standing = Standing(number, policy, kernels)
    reasons += [str(problem) for problem in journal.skipped]
    standing.decider.engine.prepare()
    return standing, reasons

"""Restrictions put to the test: taken anew from the log they are those that are stored, and each that a rule imposed
follows from the fact before it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tocsin.desk.holds import KINDS, Holds
from tocsin.desk.versions import Versions
from tocsin.engine.decide import Decision
from tocsin.facts import wire
from tocsin.facts.dealings import DEALINGS
from tocsin.facts.kinds import Fact
from tocsin.journal.journal import Journal, opened
from tocsin.journal.records import AGAIN, CAME, FACT, Entry, Group
from tocsin.values.problem import Problem

_HEADS = tuple(f'{{"kind":"{name}"'.encode() for name, kind in DEALINGS.items() if kind in KINDS)
_OFTEN = 1000
"""Statements that are kept together."""


class HoldsAgain:
    """Restrictions in force while a log is read again. Entered and left: it stands on a disk of its own."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.holds = journal, Holds()
        self.expected: list[bytes] = []
        """Restrictions that the next entries must impose."""

    def __enter__(self) -> HoldsAgain:
        self._folder = tempfile.TemporaryDirectory(prefix="tocsin-")
        self._again = opened(str(Path(self._folder.name) / "holds.db"))
        return self

    def __exit__(self, *exception: object) -> None:
        self._again.close()
        self._folder.cleanup()

    def entry(self, entry: Entry, versions: Versions) -> Iterator[Problem]:
        """An entry as far as it tells of a restriction; called for each, in their order, before `decided`."""
        imposes = entry.kind == CAME
        told = imposes or (entry.kind == FACT and entry.body.startswith(_HEADS))
        fact = wire.stored(entry.body) if told else None
        if self.expected or imposes:
            if not self.expected:
                yield self._wrong(entry, "it imposes a restriction that does not follow from the fact before it")
            elif not imposes or entry.body != self.expected.pop(0):
                yield self._wrong(entry, "the restriction that the fact before it brings about is missing or another")
                self.expected.clear()
        if fact is not None:
            self.holds.take(fact, entry.recorded_at, entry.seq)
            if len(self.holds.statements) >= _OFTEN:
                self._keep()

    def decided(self, entry: Entry, decision: Decision, versions: Versions) -> Decision:
        """What is said of a fact with the restrictions in force."""
        policy = versions.policy(entry.policy)
        if entry.kind == AGAIN:
            first = self.journal.entry(entry.ref)
            if first is not None and decision.fired:
                self._impose(entry, wire.stored(first.body), decision, versions)
            return decision
        if policy.watch == "account" and not self.holds.concern(entry.watched, decision):
            return decision
        return self._impose(entry, wire.stored(entry.body), decision, versions)

    def _impose(self, entry: Entry, fact: Fact, decision: Decision, versions: Versions) -> Decision:
        policy, counts = versions.policy(entry.policy), entry.kind == FACT
        if not self.holds.concern(getattr(fact, "account", None), decision):
            return decision
        held, imposed = self.holds.decided(policy, fact, entry.recorded_at, decision, entry.seq + 1, counts)
        self.expected += [wire.encode(one) for one in imposed]
        return held

    def compared(self, end: int) -> Iterator[Problem]:
        """Whether the table of restrictions says what the log does, up to an entry."""
        self._keep()
        for one in self.journal.every_restriction():
            if one.seq <= end and one != self._again.restriction(one.id):  # others moved on meanwhile
                yield Problem(f"the restriction {one.id} is not what the log says", self.journal.where)
        for known in self._again.every_restriction():
            if self.journal.restriction(known.id) is None:
                yield Problem(f"the restriction {known.id} is missing", self.journal.where)

    def _keep(self) -> None:
        self._again.write(Group(more=self.holds.puts()))
        self._again.commit()

    def _wrong(self, entry: Entry, what: str) -> Problem:
        return Problem(f"entry {entry.seq}: {what}", self.journal.where)

"""The log put to the test: is it what was written, and does everything stored follow from it?

`verified` follows the chain. `replayed` reads the log once, with a standing for each policy that ever
decided, and holds against it what the entries say, the tables beside them, the messages and the snapshots.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tocsin.desk import audit_books
from tocsin.desk.audit_holds import HoldsAgain
from tocsin.desk.houses import Lender
from tocsin.desk.messages import Messages, contacts
from tocsin.desk.settings import Destination
from tocsin.desk.standing import Standing, bodies_of
from tocsin.desk.versions import Versions, content
from tocsin.engine import state
from tocsin.engine.decide import Change as Moved
from tocsin.engine.decide import Decision, detailed, refusable, refused
from tocsin.facts import wire
from tocsin.journal import chain
from tocsin.journal.journal import Journal
from tocsin.journal.records import ACT, TICK, Change, Entry, Head, Order, Warned
from tocsin.journal.snapshots import Snapshot
from tocsin.links.sending import TYPES
from tocsin.links.webhooks import Endpoint
from tocsin.values.problem import Problem, Refused, shown

_BATCH = 4096
_CHUNK = 500_000
"""So many entries are held against the tables at once; each time the tables are read whole."""
_PAGE = 1000
_FIRST = -(2**63)
Progress = Callable[[str, int, int], None]
Tables = tuple[list[Warned], list[Change]]


def verified(
    journal: Journal, anchors: Iterable[Head] = (), progress: Progress = lambda stage, done, of: None
) -> Iterator[Problem]:
    """What is wrong with the chain of the log. `anchors`: heads that were noted earlier, and must still stand in it."""
    end = journal.head().seq
    for finding in chain.verify(journal, lambda seq: progress("verify", min(seq, end), end)):
        yield finding.problem
    for anchor in anchors:
        entry = journal.entry(anchor.seq)
        if anchor.seq > journal.head().seq:
            yield Problem(f"the log ends before entry {anchor.seq}, which was noted as its head", journal.where)
        elif anchor.seq and (entry is None or entry.chain != anchor.chain):
            yield Problem(f"entry {anchor.seq} is not the one that was noted as the head", journal.where)


def replayed(
    journal: Journal,
    kernels: Path,
    progress: Progress = lambda stage, done, of: None,
    lender: Lender = Lender(),  # noqa: B008 it is frozen
) -> Iterator[Problem]:
    """Everything that is stored and does not follow from the facts, by entry, and the books of persons."""
    replay = _Replay(journal, kernels, progress)
    if (yield from replay.begin()):
        with replay.holds:
            yield from replay.entries()
            yield from replay.holds.compared(replay.end)
        yield from replay.orders()
        yield from audit_books.replayed(journal, lender, progress)


class _Follower(Standing):
    """A standing that notes what time alone changed, by the entry at which it did."""

    def __init__(self, number: int, versions: Versions, kernels: Path) -> None:
        super().__init__(number, versions.policy(number), kernels)
        self.falls: dict[int, list[Change]] = {}
        self.snapshot: Snapshot | None = None
        self.until = 0
        """The last entry for which it is needed."""

    def settle(self, until: int) -> list[tuple[str, int, int, int]]:
        falls = super().settle(until)
        self.falls[self.seq] = [Change(self.seq, place, *fall, "quiet") for place, fall in enumerate(falls)]
        return falls


class _Replay:
    def __init__(self, journal: Journal, kernels: Path, progress: Progress) -> None:
        self.journal, self.kernels, self.progress, self.where = journal, kernels, progress, journal.where
        self.versions = Versions(journal)
        self.followers: dict[int, _Follower] = {}
        self.known = set[int]()
        """Policies that are as they were put in force."""
        self.falls: dict[int, list[Change]] = {}
        self.champion = self.end = self.recorded_at = 0
        self.last: dict[str, int] = {}
        """The last entry of each account."""
        self.holds = HoldsAgain(journal)

    # -- policies and snapshots ----------------------------------------------------------------

    def begin(self) -> Generator[Problem, None, bool]:
        """A follower for each policy that ever decided or runs beside; whether there is anything to begin with."""
        acts = []
        for entry in self.journal.acts():
            act = _content(entry)
            if act is None:
                yield self._unreadable(entry.seq)
                return False
            acts.append((entry, act))
        reigns = [(entry.seq, act["number"]) for entry, act in acts if act["act"] == "activate"]
        stamps = {act["number"]: act["policy"] for _, act in acts if "policy" in act}
        wanted = dict.fromkeys([*(number for _, number in reigns), *self.versions.in_force()[1]])
        self.progress("prepare", 0, len(wanted))
        for place, number in enumerate(wanted, 1):
            yield from self._follower(number, stamps.get(number, ""))
            self.progress("prepare", place, len(wanted))
        self.end = self.journal.head().seq
        ends = [seq - 1 for seq, _ in reigns[1:]] + [self.end]
        for (_, number), last in zip(reigns, ends, strict=True):
            if number in self.followers:
                self.followers[number].until = last
        for follower in self.followers.values():
            if follower.snapshot is not None and follower.snapshot.seq > self.end:
                yield Problem(f"the snapshot at entry {follower.snapshot.seq} is ahead of the log", self.where)
                follower.snapshot = None
            if follower.snapshot is not None:
                follower.until = max(follower.until, follower.snapshot.seq)
        return True

    def _follower(self, number: int, stamp: str) -> Iterator[Problem]:
        version = self.journal.policy(number)
        try:
            same = version is not None and self.versions.policy(number).digest == version.digest
        except (Refused, ValueError, KeyError, TypeError):
            same = False
        if not same or self.versions.policy(number).stamp != stamp:
            yield Problem(f"policy {number} is not the one that was put in force", self.where)
            return
        self.known.add(number)
        follower = self.followers[number] = _Follower(number, self.versions, self.kernels)
        follower.decider.engine.prepare()
        follower.snapshot = next(self.journal.snapshots(number, state.FORMAT), None)
        for skipped in self.journal.skipped:
            if ": it has form" not in skipped.what:  # one of an older program is no fault
                yield skipped

    def _snapshot(self, follower: _Follower) -> Iterator[Problem]:
        """Whether the snapshot at the entry where a follower stands is its state."""
        taken = follower.snapshot
        assert taken is not None
        follower.snapshot = None
        parts, now = taken.parts(), follower.dumped()
        first = next(parts, b"{}")
        program = follower.decider.engine.program
        if first != now[0] and json.loads(first).get("fingerprint") != state.fingerprint(program):
            return  # of an older program, which would be passed over
        same = first == now[0] and all(next(parts, None) == part for part in now[1:]) and next(parts, None) is None
        if not same:
            known = self.journal.snapshots(follower.number, state.FORMAT)
            if any(one.seq == taken.seq for one in known):  # a server may have removed it meanwhile
                yield Problem(f"the snapshot at entry {taken.seq} is not the state there", self.where)

    # -- entries -------------------------------------------------------------------------------

    def entries(self) -> Iterator[Problem]:
        """The log once: what each entry says, and the tables of what came of it."""
        came: dict[int, Tables] = {}
        after, last = _FIRST, 0
        for entries in self.journal.entries(0, self.end, _BATCH):
            for part in self._parts(entries):
                last = yield from self._part(part, last, came)
                if last < 0:
                    return
            self.progress("replay", last, self.end)
            if last - max(after, 0) >= _CHUNK:
                yield from self._tables(came, after, last)
                after = last
        if last < self.end:
            yield self._missing(last + 1, self.end)
        yield from self._tables(came, after, None)

    def _parts(self, entries: list[Entry]) -> Iterator[list[Entry]]:
        """Entries, parted where a snapshot was taken."""
        seqs = {one.snapshot.seq for one in self.followers.values() if one.snapshot is not None}
        begun = 0
        for place, entry in enumerate(entries, 1):
            if entry.seq in seqs or place == len(entries):
                yield entries[begun:place]
                begun = place

    def _part(self, entries: list[Entry], last: int, came: dict[int, Tables]) -> Generator[Problem, None, int]:
        """Let every follower take some entries, and compare; the last one, -1 where it could not go on."""
        for entry in entries:
            if entry.seq != last + 1:
                yield self._missing(last + 1, entry.seq - 1)
            last = entry.seq
            if entry.kind == ACT and (act := content(entry))["act"] == "activate":
                self.champion = act["number"]
            yield from self._placed(entry)
        ours: dict[int, Decision] = {}
        for number, follower in list(self.followers.items()):
            try:
                decided = follower.take(entries, bodies_of(self.journal, entries, number))
            except (ValueError, KeyError, TypeError, AttributeError):
                yield self._unreadable(follower.seq)
                return -1
            for entry, decision in decided:
                if entry.policy == number:
                    ours[entry.seq] = decision
                    tables = _tables_of(entry, decision, follower)
                    if tables != ([], []):
                        came[entry.seq] = tables
            for entry in entries:
                falls = follower.falls.pop(entry.seq, [])
                if falls and entry.kind == TICK and entry.policy == number:
                    came[entry.seq] = [], falls
                    self.falls[entry.seq] = falls
            if follower.snapshot is not None and follower.snapshot.seq == last:
                yield from self._snapshot(follower)
            if last >= follower.until:
                del self.followers[number]
        for entry in entries:
            yield from self.holds.entry(entry, self.versions)
            if entry.seq in ours:
                decision = self.holds.decided(entry, ours[entry.seq], self.versions)
                if refused(entry.detail) and refusable(wire.stored(entry.body), decision):
                    decision = replace(decision, refused=True)
                yield from self._compared(entry, decision)
        return last

    def _placed(self, entry: Entry) -> Iterator[Problem]:
        """Whether an entry stands under the policy in force, in its time, and behind the last one of its account."""
        told = {"policy": (entry.policy, self.champion)}
        if entry.recorded_at < self.recorded_at:
            told["recorded_at"] = entry.recorded_at, self.recorded_at
        self.recorded_at = max(self.recorded_at, entry.recorded_at)
        if entry.watched is not None:
            told["previous"] = entry.previous, self.last.get(entry.watched, 0)
            self.last[entry.watched] = entry.seq
        for name, (stored, again) in told.items():
            if stored != again:
                yield self._differs(entry.seq, name, stored, again)

    def _compared(self, entry: Entry, decision: Decision) -> Iterator[Problem]:
        for name, stored, again in (
            ("level_before", entry.level_before, decision.level_before),
            ("level", entry.level, decision.level),
            ("decision", entry.decision, decision.answer),
            ("score", entry.score, decision.score),
            ("detail", entry.detail, decision.detail()),
        ):
            if stored != again:
                yield self._differs(entry.seq, name, stored, again)

    def _tables(self, came: dict[int, Tables], after: int, until: int | None) -> Iterator[Problem]:
        """Whether the tables of warnings and level changes say of these entries what came of them."""
        warned, changes = self.journal.tables(after, until)
        end = self.journal.head().seq if until is None else until
        stored: dict[int, Tables] = {}
        for one in warned:
            stored.setdefault(one.seq, ([], []))[0].append(one)
        for change in changes:
            stored.setdefault(change.seq, ([], []))[1].append(change)
        for seq in sorted({*came, *stored}):
            if self.end < seq <= end:
                continue  # written since we began
            expected, found = came.get(seq, ([], [])), stored.get(seq, ([], []))
            for name, same in (
                ("warnings", sorted(expected[0]) == sorted(found[0])),
                ("levels", sorted(expected[1]) == sorted(found[1])),
            ):
                if not same:
                    yield Problem(f"entry {seq}: the table '{name}' does not say what came of it", self.where)
        came.clear()

    # -- messages ------------------------------------------------------------------------------

    def orders(self) -> Iterator[Problem]:
        """Whether every message, sent or not, says what came of its entry.

        Which destinations there were, and so which messages are missing, is written nowhere.
        """
        after = 0
        messages = [Messages(self.versions, [_all(types)]) for types in (TYPES, set(TYPES) - {"decision.created"})]
        while page := self.journal.orders(after, _PAGE):
            after = page[-1][0]
            entries = self.journal.some(sorted({order.seq for _, order in page}))
            said = {seq: self._said(one, messages) for seq, one in entries.items() if one.policy in self.known}
            for _, order in page:
                if order.seq in entries and entries[order.seq].policy not in self.known:
                    continue  # nobody can say it in words any more
                if _told(order) not in said.get(order.seq, ()):
                    message = f"m{order.seq}-{order.number}"
                    yield Problem(f"entry {order.seq}: the message {message} is not what came of it", self.where)

    def _said(self, entry: Entry, messages: list[Messages]) -> set[tuple[object, ...]]:
        """All that could be told of an entry. Messages are numbered among those that anybody wanted."""
        try:
            if entry.kind == TICK:
                changes = self.falls.get(entry.seq, [])
            else:
                changes = _changes(entry, detailed(entry.detail)[1])
            said = {_told(order) for one in messages for order in one.orders([entry], changes)}
            return said | set(map(_told, contacts([entry])))
        except (ValueError, KeyError, TypeError, IndexError):
            return set()

    # -- findings ------------------------------------------------------------------------------

    def _differs(self, seq: int, name: str, stored: object, again: object) -> Problem:
        texts = [
            shown(one.decode(errors="replace") if isinstance(one, bytes) else str(one), 160) for one in (stored, again)
        ]
        return Problem(f"entry {seq}: {name} is {texts[0]}, the replay comes to {texts[1]}", self.where)

    def _unreadable(self, seq: int) -> Problem:
        return Problem(f"entry {seq} cannot be read; nothing behind it was compared", self.where)

    def _missing(self, first: int, last: int) -> Problem:
        return Problem(
            f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing", self.where
        )


def _tables_of(entry: Entry, decision: Decision, follower: Standing) -> Tables:
    ranks, watched = follower.decider.ranks, entry.watched or ""
    warned = [
        Warned(entry.seq, rule, watched, ranks[rule], entry.recorded_at) for rule, told, _ in decision.fired if told
    ]
    return warned, _changes(entry, decision.changes)


def _changes(entry: Entry, moved: Iterable[Moved]) -> list[Change]:
    return [
        Change(entry.seq, place, entry.watched or "", at, before, after, "quiet" if quiet else entry.fact_id or "")
        for place, (at, before, after, quiet) in enumerate(moved)
    ]


def _content(entry: Entry) -> dict[str, Any] | None:
    """What an act says, None where it says nothing that can be used."""
    try:
        act = content(entry)
        known = isinstance(act["act"], str) and isinstance(act.get("number", 0), int)
    except (ValueError, KeyError, TypeError):
        return None
    return act if known and ("number" in act or act["act"] not in ("activate", "shadow", "unshadow")) else None


def _all(types: Iterable[str]) -> Destination:
    return Destination("", Endpoint("", ()), frozenset(types), None, "en", "")


def _told(order: Order) -> tuple[object, ...]:
    return order.number, order.type, order.watched, order.body

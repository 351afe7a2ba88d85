"""The clerk: takes facts one after another, decides each, and writes up what must be stored of it.

Everything here happens in memory, in one thread, in the order of the log. What a clerk wrote up since
the last `filed` is one group: it is stored whole, or the clerk and its standing are thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import msgspec
import numpy as np

from tocsin.desk.faults import Fault
from tocsin.desk.standing import Standing
from tocsin.engine.coding import Row
from tocsin.engine.decide import Decision, detailed
from tocsin.engine.trial import trial
from tocsin.facts import wire
from tocsin.facts.kinds import AnyFact
from tocsin.journal.ids import Ids, hash64
from tocsin.journal.journal import Journal
from tocsin.journal.records import ACT, AGAIN, FACT, TICK, Change, Entry, Group, Head, Warned, linked
from tocsin.values import duration, instant
from tocsin.values.problem import shown

AHEAD = 300_000_000
"""A source's clock may run ahead of ours by five minutes."""
MOST_AGAIN = 1000
"""So many later facts of an account are assessed again for one late fact."""
_KEPT = 20_000
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Given:
    """A fact as it was given: `body` is its canonical JSON, `key` the idempotency key."""

    fact: AnyFact
    body: bytes
    key: str | None = None


class Answer(NamedTuple):
    """`repeated`: the fact was here before, and this is the first answer."""

    entry: Entry
    repeated: bool


class _Noted(NamedTuple):
    """A fact that was let in and waits to be folded with those around it."""

    place: int
    given: Given
    row: Row
    recorded_at: int
    occurred_at: int


class Clerk:
    def __init__(self, journal: Journal, standing: Standing, ids: Ids, head: Head) -> None:
        self.journal, self.standing, self.ids, self.head = journal, standing, ids, head
        self.group = Group()
        self.recent: dict[int, Entry] = {}
        self.pairs: list[tuple[int, int]] = []

    # -- facts ---------------------------------------------------------------------------------

    def take(self, given: Sequence[Given], now: int) -> list[Answer | Fault]:
        """Decide facts in their order. What is wrong with one is its answer; the others go on."""
        answers: list[Answer | Fault | None] = [None] * len(given)
        noted: list[_Noted] = []
        here: dict[str, int] = {}
        before = self.held(given)
        for place, one in enumerate(given):
            first = before.get(place)
            if first is not None:
                answers[place] = _again_told(first, one)
                continue
            names = [one.fact.fact_id] if one.key is None else [one.fact.fact_id, _key(one.key)]
            twin = next((here[name] for name in names if name in here), None)
            if twin is not None:
                self._fold(noted, answers)
                told = answers[twin]
                answers[place] = told if isinstance(told, Fault) else _again_told(told.entry, one) if told else None
                continue
            try:
                recorded_at, occurred_at = self._admitted(one.fact, now)
            except Fault as fault:
                answers[place] = fault
                continue
            here.update(dict.fromkeys(names, place))
            self._note(
                _Noted(place, one, self.standing.decider.row(one.fact, recorded_at), recorded_at, occurred_at),
                noted,
                answers,
            )
        self._fold(noted, answers)
        return [answer for answer in answers if answer is not None]

    def tried(self, one: Given, now: int) -> Entry:
        """What would be decided about a fact; nothing is stored, nothing is changed. Raises Fault."""
        recorded_at, occurred_at = self._admitted(one.fact, now)
        standing = self.standing
        accounts = len(standing.last)
        with trial(standing.decider.engine) as on:
            row = standing.decider.row(one.fact, recorded_at)
            on.keep(standing.decider.coder.matrix([row]))
            decision = standing.decider.decide([one.fact], [row])[0]
        assert len(standing.last) == accounts
        watched = getattr(one.fact, standing.policy.watch, None)
        return _entry(
            self.head,
            0,
            FACT,
            recorded_at,
            occurred_at,
            one.fact.fact_id,
            watched,
            0,
            0,
            one.key,
            standing.number,
            decision,
            one.body,
        )

    def held(self, given: Sequence[Given]) -> dict[int, Entry]:
        """Entries of facts that were here before, by place."""
        result: dict[int, Entry] = {}
        found = self.ids.find_many(np.array([hash64(one.fact.fact_id) for one in given], np.int64))
        for place, one in enumerate(given):
            if found[place]:
                entry = self._held(one.fact.fact_id, one.fact.fact_id, None)
                if entry is not None:
                    result[place] = entry
            if one.key is not None and place not in result:
                entry = self._held(_key(one.key), None, one.key)
                if entry is not None:
                    result[place] = entry
        return result

    def _held(self, name: str, fact_id: str | None, key: str | None) -> Entry | None:
        for seq in self.ids.find(hash64(name)):
            entry = self.entry(seq)
            if (
                entry is not None
                and entry.kind == FACT
                and (entry.fact_id == fact_id if key is None else entry.key == key)
            ):
                return entry
        return None

    def entry(self, seq: int) -> Entry | None:
        return self.recent.get(seq) or self.journal.entry(seq)

    def _admitted(self, fact: AnyFact, now: int) -> tuple[int, int]:
        """(recorded_at, occurred_at) of a fact that may be counted."""
        policy = self.standing.policy
        occurred_at = instant.micros(fact.occurred_at)
        given = now if fact.recorded_at is None else instant.micros(fact.recorded_at)
        now = max(now, self.head.recorded_at)
        for name, at in (("occurred_at", occurred_at), ("recorded_at", given)):
            if at > now + AHEAD:
                raise Fault(
                    422,
                    f"{instant.written(at)} lies in the future",
                    "check the clock and the zone of the source",
                    name,
                    fact.fact_id,
                )
        recorded_at = max(given, self.head.recorded_at)
        if recorded_at - occurred_at > policy.lateness:
            late, waits = duration.spoken(recorded_at - occurred_at, "en"), duration.written(policy.lateness)
            remedy = "send history with its recorded_at, oldest first, before the first live fact; or raise 'lateness' in the policy"
            raise Fault(422, f"it came {late} late, the policy waits {waits}", remedy, "occurred_at", fact.fact_id)
        currency = getattr(fact, "currency", None)
        if currency is not None and currency != policy.currency:
            remedy = f"convert it to {policy.currency} and keep the original in original_amount and original_currency"
            raise Fault(
                422,
                f"the policy reckons in {policy.currency}, this is {shown(currency)}",
                remedy,
                "currency",
                fact.fact_id,
            )
        return recorded_at, occurred_at

    def _note(self, one: _Noted, noted: list[_Noted], answers: list[Answer | Fault | None]) -> None:
        standing = self.standing
        noted.append(one)
        self.head = self.head._replace(recorded_at=one.recorded_at)
        code = standing.account(one.row)
        if code >= 0 and one.occurred_at < standing.latest[code]:
            self._fold(noted, answers)
            self._again(code, one)
        elif code >= 0:
            standing.latest[code] = one.occurred_at

    def _fold(self, noted: list[_Noted], answers: list[Answer | Fault | None]) -> None:
        """Decide the facts noted so far and write them up."""
        if not noted:
            return
        standing = self.standing
        decisions = standing.decider.decide([one.given.fact for one in noted], [one.row for one in noted])
        for one, decision in zip(noted, decisions, strict=True):
            fact = one.given.fact
            code = standing.account(one.row)
            watched = getattr(fact, standing.policy.watch, None)
            previous = standing.last[code] if code >= 0 else 0
            entry = _entry(
                self.head, self.head.seq + 1, FACT, one.recorded_at, one.occurred_at, fact.fact_id, watched, previous, 0,
                one.given.key, standing.number, decision, one.given.body,
            )  # fmt: skip
            self._write(entry, decision)
            standing.note(code, entry.seq, one.occurred_at)
            answers[one.place] = Answer(entry, False)
        noted.clear()

    def _again(self, code: int, late: _Noted) -> None:
        """The later facts of the account, assessed again with the late one known; stored where something new fires."""
        standing, decider = self.standing, self.standing.decider
        fired: dict[int, list[str]] = {}
        later: list[Entry] = []
        entry = self.entry(standing.last[code])
        while entry is not None and entry.recorded_at > late.occurred_at and len(later) < MOST_AGAIN:
            if entry.kind == AGAIN:
                fired.setdefault(entry.ref, []).extend(rule for rule, *_ in detailed(entry.detail)[0])
            elif entry.kind == FACT and entry.occurred_at > late.occurred_at:
                fired.setdefault(entry.seq, []).extend(rule for rule, *_ in detailed(entry.detail)[0])
                later.append(entry)
            entry = self.entry(entry.previous) if entry.previous else None
        for first in reversed(later):
            fact = wire.stored(first.body)
            had = sorted(set(fired[first.seq]))
            row = decider.again(fact, late.recorded_at, had)
            with trial(decider.engine) as on:
                on.keep(decider.coder.matrix([row]))
                if not decider.decide([fact], [row])[0].fired:
                    continue
            decision = decider.decide([fact], [row])[0]
            entry = _entry(
                self.head, self.head.seq + 1, AGAIN, late.recorded_at, first.occurred_at, first.fact_id, first.watched,
                standing.last[code], first.seq, None, standing.number, decision, _encode(had),
            )  # fmt: skip
            self._write(entry, decision)
            standing.note(code, entry.seq, 0)

    # -- time and acts -------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        """Let quiet time lower levels; written up where it does."""
        now = max(now, self.head.recorded_at)
        falls = self.standing.settle(now)
        if not falls:
            return
        entry = _entry(
            self.head, self.head.seq + 1, TICK, now, now, None, None, 0, 0, None, self.standing.number, _NOTHING, b""
        )
        for number, (watched, at, before, after) in enumerate(falls):
            self.group.changes.append(Change(entry.seq, number, watched, at, before, after, "quiet"))
        self._write(entry, _NOTHING)

    def act(self, body: bytes, id: str, now: int, number: int) -> Entry:
        """Write up what a person did; `number` is the policy in force from then on."""
        now = max(now, self.head.recorded_at)
        entry = _entry(self.head, self.head.seq + 1, ACT, now, now, id, None, 0, 0, None, number, _NOTHING, body)
        self._write(entry, _NOTHING)
        return entry

    # -- the group -----------------------------------------------------------------------------

    def filed(self) -> list[Entry]:
        """The group is stored: its entries; a new one begins."""
        entries = self.group.entries
        self.know(entries)
        for seq in list(islice(self.recent, max(len(self.recent) - _KEPT, 0))):
            del self.recent[seq]
        self.group = Group()
        return entries

    def know(self, entries: Sequence[Entry]) -> None:
        """Remember the names under which stored facts may come again; `pairs` of them are not put away yet."""
        pairs = [(hash64(one.fact_id), one.seq) for one in entries if one.kind == FACT and one.fact_id is not None]
        pairs += [(hash64(_key(one.key)), one.seq) for one in entries if one.key is not None]
        if pairs:
            table = np.array(pairs, np.int64)
            self.ids.add(table[:, 0].copy(), table[:, 1].copy())
        self.pairs += pairs

    def _write(self, entry: Entry, decision: Decision) -> None:
        self.head = Head(entry.seq, entry.recorded_at, entry.chain)
        self.standing.seq = entry.seq
        self.group.entries.append(entry)
        self.recent[entry.seq] = entry
        watched = entry.watched or ""
        ranks = self.standing.decider.ranks
        for rule, warned, _ in decision.fired:
            if warned:
                self.group.warned.append(Warned(entry.seq, rule, watched, ranks[rule], entry.recorded_at))
        for number, (at, before, after, quiet) in enumerate(decision.changes):
            cause = "quiet" if quiet else entry.fact_id or ""
            self.group.changes.append(Change(entry.seq, number, watched, at, before, after, cause))


_NOTHING = Decision(0, 0, 0, 0, [], [])


def _key(key: str) -> str:
    """An idempotency key as a name among fact ids, of which none has a blank."""
    return f"key {key}"


def _again_told(first: Entry, one: Given) -> Answer | Fault:
    """The first answer to a fact that is told again; a conflict where it is another one."""
    if first.body == one.body:
        return Answer(first, True)
    if first.fact_id == one.fact.fact_id:
        what, remedy = f"another fact has the id {shown(one.fact.fact_id)}", "give each fact an id of its own"
        return Fault(409, what, remedy, "fact_id", one.fact.fact_id)
    what = f"this idempotency key was used for the fact {shown(first.fact_id or '')}"
    return Fault(409, what, "use a new key for each fact", "", one.fact.fact_id)


def _entry(
    head: Head, seq: int, kind: int, recorded_at: int, occurred_at: int, fact_id: str | None, watched: str | None,
    previous: int, ref: int, key: str | None, number: int, decision: Decision, body: bytes,
) -> Entry:  # fmt: skip
    columns = (
        seq, kind, recorded_at, occurred_at, fact_id, watched, previous, ref, key, number, decision.level_before,
        decision.level, decision.answer, decision.score, body, decision.detail(),
    )  # fmt: skip
    return Entry(*columns, linked(head.chain, *columns))

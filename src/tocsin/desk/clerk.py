"""The clerk: takes facts one after another, decides each, and writes up what must be stored of it.

Everything here happens in memory, in one thread, in the order of the log. What a clerk wrote up since
the last `filed` is one group: it is stored whole, or the clerk and its standing are thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import msgspec
import numpy as np

from tocsin.desk.admission import AHEAD, admitted, all_admitted
from tocsin.desk.faults import Fault
from tocsin.desk.holds import KINDS as HELD
from tocsin.desk.holds import Holds
from tocsin.desk.repeats import Repeats, name
from tocsin.desk.standing import Standing
from tocsin.engine.coding import FEW, Few, Lines
from tocsin.engine.decide import Decision, detailed, refusable
from tocsin.engine.trial import trial
from tocsin.facts import wire
from tocsin.facts.kinds import Fact
from tocsin.facts.measures import Restriction
from tocsin.journal.ids import Ids
from tocsin.journal.journal import Journal
from tocsin.journal.records import ACT, AGAIN, CAME, FACT, TICK, Change, Entry, Group, Head, Warned, sealed
from tocsin.values.problem import shown

MOST_AGAIN = 1000
"""So many later facts of an account are assessed again for one late fact."""
_KEPT = 20_000
_encode = msgspec.json.Encoder().encode


class Given(msgspec.Struct, frozen=True, gc=False):
    """A fact as it was given: `body` is its canonical JSON, `key` the idempotency key; `asked`: it happens if we say so."""

    fact: Fact
    body: bytes
    key: str | None = None
    asked: bool = False


class Answer(msgspec.Struct, frozen=True, gc=False):
    """`repeated`: the fact was here before, and this is the first answer."""

    entry: Entry
    repeated: bool = False


class Clerk:
    """`seq`, `recorded_at` and `chain` are those of the last entry, stored or not."""

    def __init__(self, journal: Journal, standing: Standing, ids: Ids, head: Head) -> None:
        self.journal, self.standing = journal, standing
        self.holds = Holds.of(journal)
        self.seq, self.recorded_at, self.chain = head
        self.repeats = Repeats(ids, self.entry)
        self.group = Group()
        self.recent: dict[int, Entry] = {}
        self.current = False
        """Whether the last fact was recorded about now; not so while history is being loaded."""

    def entry(self, seq: int) -> Entry | None:
        return self.recent.get(seq) or self.journal.entry(seq)

    # -- facts ---------------------------------------------------------------------------------

    def take(self, given: Sequence[Given], now: int) -> list[Answer | Fault]:
        """Decide facts in their order. What is wrong with one is its answer; the others go on."""
        answers: dict[int, Answer | Fault] = {}
        places: list[int] = []
        recorded_at: list[int] = []
        here: dict[str, int] = {}
        twins: list[tuple[int, int]] = []
        policy, last = self.standing.policy, self.recorded_at
        facts = [one.fact for one in given]
        lines = self.standing.decider.coder.read(facts, [one.body for one in given])
        ids, keys = [fact.fact_id for fact in facts], [one.key for one in given]
        before, hashes = self.repeats.first(ids, keys)
        repeats = bool(before) or len(set(ids)) < len(ids) or keys.count(None) < len(keys)
        if len(facts) > FEW and not repeats:
            recorded_at = all_admitted(facts, lines.occurred_at, lines.recorded_at, now, last, policy)
            places = list(range(len(recorded_at)))
        for place, fact in enumerate(() if recorded_at else facts):
            if repeats:
                if place in before:
                    answers[place] = _told(before[place], given[place])
                    continue
                names = [fact.fact_id, *(name(key) for key in keys[place : place + 1] if key is not None)]
                twin = next((here[one] for one in names if one in here), None)
                if twin is not None:
                    twins.append((place, twin))
                    continue
            try:
                last = admitted(fact, lines.occurred_at[place], lines.recorded_at[place], now, last, policy)
            except Fault as fault:
                answers[place] = fault
                continue
            if repeats:
                here |= dict.fromkeys(names, place)
            places.append(place)
            recorded_at.append(last)
        if places:
            self.recorded_at, self.current = recorded_at[-1], recorded_at[-1] > now - AHEAD
            entries = self._fold(given, lines, places, recorded_at)
            self.repeats.add(hashes[places], entries)
            if len(places) == len(given):
                return list(map(Answer, entries))
            answers.update(zip(places, map(Answer, entries), strict=True))
        for place, twin in twins:
            told = answers[twin]
            answers[place] = told if isinstance(told, Fault) else _told(told.entry, given[place])
        return [answers[place] for place in range(len(given))]

    def tried(self, one: Given, now: int) -> Entry:
        """What would be decided about a fact; nothing is stored, nothing is changed. Raises Fault."""
        standing = self.standing
        lines = standing.decider.coder.read([one.fact])
        [occurred_at], [known_at] = lines.occurred_at, lines.recorded_at
        recorded_at = admitted(one.fact, occurred_at, known_at, now, self.recorded_at, standing.policy)
        with trial(standing.decider.engine) as on:
            inputs = standing.decider.coder.matrix(lines, [0], [recorded_at])
            on.keep(inputs)
            decision = standing.decider.decide([one.fact], inputs)[0]
        decision, _ = self.holds.decided(standing.policy, one.fact, recorded_at, decision, self.seq + 2, counts=False)
        watched = getattr(one.fact, standing.policy.watch, None)
        said = (decision.level_before, decision.level, decision.answer, decision.score, one.body, decision.detail())
        return Entry(
            0, FACT, recorded_at, occurred_at, one.fact.fact_id, watched, 0, 0, one.key, standing.number, *said, b""
        )

    def _fold(
        self, all: Sequence[Given], lines: Lines | Few, places: Sequence[int], recorded_at: Sequence[int]
    ) -> list[Entry]:
        """Decide facts that were let in, write them up, and assess again what late ones among them concern."""
        standing, decider = self.standing, self.standing.decider
        given = [all[place] for place in places]
        facts = [one.fact for one in given]
        inputs = decider.coder.matrix(lines, places, recorded_at)
        occurred_at = inputs[0].tolist()
        accounts = standing.accounts(inputs)
        decisions = decider.decide(facts, inputs)
        words, number, last, latest = standing.words, standing.number, standing.last, standing.latest
        seq, chain, late, entries = self.seq, self.chain, dict[int, int](), list[Entry]()
        holds, own, by_account = self.holds, list[Entry](), standing.policy.watch == "account"
        for one, fact, at, known_at, code, judged in zip(
            given, facts, occurred_at, recorded_at, accounts, decisions, strict=True
        ):
            seq += 1
            watched, previous = None, 0
            if code >= 0:
                watched = words[code]
                previous, last[code] = last[code], seq
                if at < latest[code]:
                    late[code] = min(at, late.get(code, at))
                else:
                    latest[code] = at
            elif type(fact) in HELD:
                holds.take(fact, known_at, seq)
            decision, imposed = judged, list[Restriction]()
            if holds.concern(watched if by_account else getattr(fact, "account", None), judged):
                decision, imposed = holds.decided(standing.policy, fact, known_at, judged, seq + 1)
            if one.asked and refusable(fact, decision):
                decision = replace(decision, refused=True)
            loud = decision.fired or decision.changes or decision.held
            entry = sealed(
                chain, seq, FACT, known_at, at, fact.fact_id, watched, previous, 0, one.key, number,
                decision.level_before, decision.level, decision.answer, decision.score, one.body,
                decision.detail() if loud else b"",
            )  # fmt: skip
            chain = entry.chain
            entries.append(entry)
            if loud:
                self._come(entry, decision)
            for restriction in imposed:
                seq += 1
                own.append(_came(chain, seq, known_at, number, restriction))
                chain = own[-1].chain
                holds.take(restriction, known_at, seq)
        self.seq = standing.seq = seq
        self.chain = chain
        log = sorted((*entries, *own)) if own else entries
        self.recent.update(zip(range(seq - len(log) + 1, seq + 1), log, strict=True))
        self.group.entries += log
        if late:
            self._again(late)
        return entries

    def _again(self, late: dict[int, int]) -> None:
        """Assess the later facts of accounts again, now that late ones are known; stored where something new fires.

        `late`: by account the earliest time of its late facts.
        """
        standing, decider, now = self.standing, self.standing.decider, self.recorded_at
        later = [one for code, since in late.items() for one in self._later(standing.last[code], since)]
        if not later:
            return
        facts = [wire.stored(first.body) for first, _ in later]
        lines = decider.coder.read(facts, [first.body for first, _ in later])
        inputs = decider.coder.matrix(lines, range(len(facts)), [now] * len(facts))
        for place, (_, had) in enumerate(later):
            decider.again(inputs, place, had)
        with trial(decider.engine) as on:
            on.keep(inputs)
            tried = decider.decide(facts, inputs)
        new = [place for place, decision in enumerate(tried) if decision.fired]
        if not new:
            return
        decisions = decider.decide([facts[place] for place in new], np.ascontiguousarray(inputs[:, new]))
        for place, decision in zip(new, decisions, strict=True):
            first, had = later[place]
            code = standing.code(first.watched or "")
            self._write(
                decision,
                AGAIN,
                first.occurred_at,
                first.fact_id,
                first.watched,
                standing.last[code],
                first.seq,
                _encode(had),
            )
            standing.last[code] = self.seq
            fact = facts[place]
            for restriction in self.holds.decided(standing.policy, fact, now, decision, self.seq + 1, counts=False)[1]:
                self._write(_NOTHING, CAME, now, restriction.fact_id, None, 0, 0, wire.encode(restriction))
                self.holds.take(restriction, now, self.seq)

    def _later(self, seq: int, since: int) -> list[tuple[Entry, list[str]]]:
        """Facts of an account that happened after a moment, with the rules that have fired for each so far."""
        fired: dict[int, list[str]] = {}
        later: list[Entry] = []
        entry = self.entry(seq)
        while entry is not None and entry.recorded_at > since - AHEAD and len(later) < MOST_AGAIN:
            if entry.kind == AGAIN:
                fired.setdefault(entry.ref, []).extend(rule for rule, *_ in detailed(entry.detail)[0])
            elif entry.kind == FACT and entry.occurred_at > since:
                fired.setdefault(entry.seq, []).extend(rule for rule, *_ in detailed(entry.detail)[0])
                later.append(entry)
            entry = self.entry(entry.previous) if entry.previous else None
        return [(one, sorted(set(fired[one.seq]))) for one in reversed(later)]

    # -- time and acts -------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        """Let quiet time lower levels; written up where it does. Not while history is loaded: its time is not now."""
        if not self.current:
            return
        now = max(now, self.recorded_at)
        falls = self.standing.settle(now)
        if falls:
            self.recorded_at = now
            entry = self._write(_NOTHING, TICK, now, None, None, 0, 0, b"")
            for number, (watched, at, before, after) in enumerate(falls):
                self.group.changes.append(Change(entry.seq, number, watched, at, before, after, "quiet"))

    def act(self, body: bytes) -> Entry:
        """Write up what a person did, under the policy in force from then on.

        It stands at the time of the log, so that history can still follow; `body` says when it was done.
        """
        return self._write(_NOTHING, ACT, self.recorded_at, f"act-{self.seq + 1}", None, 0, 0, body)

    # -- the group -----------------------------------------------------------------------------

    def filed(self) -> Group:
        """The group as it was written up; a new one begins."""
        for seq in list(islice(self.recent, max(len(self.recent) - _KEPT, 0))):
            del self.recent[seq]
        self.group.more += self.holds.puts()
        group, self.group = self.group, Group()
        return group

    def _write(
        self,
        decision: Decision,
        kind: int,
        occurred_at: int,
        id: str | None,
        watched: str | None,
        previous: int,
        ref: int,
        body: bytes,
    ) -> Entry:
        entry = sealed(
            self.chain, self.seq + 1, kind, self.recorded_at, occurred_at, id, watched, previous, ref, None,
            self.standing.number, decision.level_before, decision.level, decision.answer, decision.score, body,
            decision.detail(),
        )  # fmt: skip
        self.chain = entry.chain
        self.seq = self.standing.seq = entry.seq
        self.recent[entry.seq] = entry
        self.group.entries.append(entry)
        self._come(entry, decision)
        return entry

    def _come(self, entry: Entry, decision: Decision) -> None:
        """Note warnings and changes of level that came of an entry."""
        watched, ranks = entry.watched or "", self.standing.decider.ranks
        for rule, warned, _ in decision.fired:
            if warned:
                self.group.warned.append(Warned(entry.seq, rule, watched, ranks[rule], entry.recorded_at))
        for number, (at, before, after, quiet) in enumerate(decision.changes):
            cause = "quiet" if quiet else entry.fact_id or ""
            self.group.changes.append(Change(entry.seq, number, watched, at, before, after, cause))


_NOTHING = Decision(0, 0, 0, 0)


def _came(chain: bytes, seq: int, at: int, policy: int, fact: Restriction) -> Entry:
    """The entry of a restriction that a fact brought about."""
    return sealed(
        chain, seq, CAME, at, at, fact.fact_id, None, 0, 0, None, policy, 0, 0, 0, 0, wire.encode(fact), b""
    )  # fmt: skip


def _told(first: Entry, again: Given) -> Answer | Fault:
    """The first answer to a fact that is told again; a conflict where it is another one."""
    fact = again.fact
    if first.body == again.body:
        return Answer(first, True)
    if first.fact_id == fact.fact_id:
        what, remedy = f"another fact has the id {shown(fact.fact_id)}", "give each fact an id of its own"
        return Fault(409, what, remedy, "fact_id", fact.fact_id)
    what = f"this idempotency key was used for the fact {shown(first.fact_id or '')}"
    return Fault(409, what, "use a new key for each fact", "", fact.fact_id)

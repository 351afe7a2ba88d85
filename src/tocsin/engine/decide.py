"""What is decided about each fact: answer, levels, score, and what every fired rule saw.

What a rule saw is kept as values by name (`{"amount": 520000, "spend_ratio": 7.25}`), in the units
of the assessments: money in minor units, instants and durations in microseconds, flags 1 or 0.
`explain` turns them into conditions and sentences with the policy that decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

from tocsin.engine.assess import Assessments, Engine
from tocsin.engine.coding import Coder
from tocsin.engine.inputs import Dictionary, Matrix
from tocsin.engine.program import Program, Read
from tocsin.engine.warnings import bits_of
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import CashAdvance, Fact, Payment, Purchase, Refund, Transfer
from tocsin.policy import tree, words
from tocsin.policy.policy import Policy
from tocsin.values.kernel import NULL

BLOCK = 2
_OPEN = (Payment, Refund)
"""Money that comes back to the account is never blocked."""
_REFUSABLE = (Purchase, CashAdvance, Transfer)
_REFUSED = b'"refused":true}'
_encode = msgspec.json.Encoder().encode


class Fired(NamedTuple):
    """A rule that fired at a fact; `warned` where it had not already while the level stood."""

    rule: str
    warned: bool
    values: dict[str, float | str | None]


class Change(NamedTuple):
    """The account's level went from rank to rank; `quiet` where time alone lowered it."""

    at: int
    before: int
    after: int
    quiet: bool


class HeldBack(NamedTuple):
    """What restrictions in force make of a fact: an answer, by which of them, and all there were, each as (id, hold,
    type, strength, stage)."""

    answer: int
    by: Sequence[str]
    standing: Sequence[tuple[str, str, str, str, int]]


@dataclass(slots=True)
class Decision:
    """What is said of one fact. Levels are ranks, 0 for none; `answer` a place in `policy.document.DECISIONS`.

    `refused`: it was asked about beforehand and blocked, so it did not happen.
    """

    level_before: int
    level: int
    answer: int
    score: int
    fired: Sequence[Fired] = ()
    changes: Sequence[Change] = ()
    held: HeldBack | None = None
    refused: bool = False

    def detail(self) -> bytes:
        """JSON of what came of the fact; empty where nothing did."""
        if not (self.fired or self.changes or self.held):
            return b""
        said: dict[str, object] = {"fired": self.fired, "changes": self.changes}
        if self.held is not None:
            said["held"] = self.held
        if self.refused:
            said["refused"] = True
        return _encode(said)


def detailed(detail: bytes) -> tuple[list[Fired], list[Change]]:
    """`Decision.detail` read back."""
    if not detail:
        return [], []
    known = msgspec.json.decode(detail)
    return [Fired(*row) for row in known["fired"]], [Change(*row) for row in known["changes"]]


def held_back(detail: bytes) -> HeldBack | None:
    """The restrictions that were in force, of `Decision.detail`."""
    if b'"held":[' not in detail:
        return None
    answer, by, standing = msgspec.json.decode(detail)["held"]
    return HeldBack(answer, by, [tuple(one) for one in standing])


def refusable(fact: Fact, decision: Decision) -> bool:
    """Whether a fact that is blocked before it happens does not happen; not so where its sender says that it went through."""
    return decision.answer >= BLOCK and isinstance(fact, _REFUSABLE) and fact.declined is not False


def refused(detail: bytes) -> bool:
    """Whether a fact did not happen because Tocsin said no, of `Decision.detail`."""
    return detail.endswith(_REFUSED)


def happened(fact: Fact, detail: bytes) -> Fact:
    """A fact as it came about: what Tocsin refused was declined. To signals it stays as told, an attempt."""
    return replace(fact, declined=True) if detail and refused(detail) else fact


class Decider:
    """One policy with its state, deciding facts in ingest order."""

    def __init__(self, policy: Policy, kernels: Path | None = None) -> None:
        self.policy = policy
        self.engine = Engine(policy, kernels)
        self.coder = Coder(self.engine.program.inputs, kernels)
        self.rules = [rule.name for rule in policy.rules]
        self.answers = [rule.decision for rule in policy.rules]
        self.ranks = {rule.name: rule.level for rule in policy.rules}
        self.bits = {rule: (index // 62, 1 << index % 62) for index, rule in enumerate(self.rules)}
        self.reads = reads(self.engine)
        self._quiet = [Decision(level, level, 0, 0) for level in range(len(policy.levels) + 1)]

    def again(self, inputs: Matrix, place: int, fired: Sequence[str]) -> None:
        """Mark a coded fact as one that was counted before and is to be assessed again; `fired` are the rules that fired then."""
        first, words = self.engine.program.again, self.engine.program.rule_words
        inputs[first : first + words, place] = 0
        for rule in fired:
            word, bit = self.bits.get(rule, (0, 0))
            inputs[first + word, place] |= bit

    def decide(self, facts: Sequence[Fact], inputs: Matrix) -> list[Decision]:
        """Fold coded facts and say what came of each. Facts at which nothing happened share one decision."""
        assessed = self.engine.fold(inputs)
        levels = assessed.level.tolist()
        decisions = [self._quiet[level] for level in levels]
        fired = np.flatnonzero(assessed.fired.any(axis=1)).tolist()
        for place in fired:
            decisions[place] = Decision(levels[place], levels[place], 0, int(assessed.score[place]))
        self._changes(assessed, decisions)
        if not fired:
            return decisions
        told = assessed.told[fired].tolist()
        whiches, rules = np.nonzero(bits_of(assessed.fired[fired], len(self.rules)))
        for which, rule in zip(whiches.tolist(), rules.tolist(), strict=True):
            place = fired[which]
            decision = decisions[place]
            warned = bool(told[which][rule // 62] >> (rule % 62) & 1)
            values = {
                name: _value((assessed.signals if signal else assessed.inputs)[row, place].item(), dictionary)
                for name, ((signal, row), dictionary) in self.reads[rule].items()
            }
            decision.fired = [*decision.fired, Fired(self.rules[rule], warned, values)]
            answer = self.answers[rule]
            if answer > decision.answer and (answer < BLOCK or not isinstance(facts[place], _OPEN)):
                decision.answer = answer
        return decisions

    def _changes(self, assessed: Assessments, decisions: list[Decision]) -> None:
        """Give each change to the fact at which it came to light."""
        if not len(assessed.changes):
            return
        accounts, known = assessed.inputs[self.engine.program.watch_slot].tolist(), assessed.inputs[1].tolist()
        place = 0
        for account, at, before, after, fact in assessed.changes.tolist():
            if fact >= 0:
                place = fact
            else:
                while accounts[place] != account or known[place] < at:
                    place += 1
            decision = decisions[place]
            if decision is self._quiet[decision.level]:
                decision = decisions[place] = Decision(decision.level_before, decision.level, 0, 0)
            if fact >= 0:
                decision.level_before = before
            decision.changes = [*decision.changes, Change(at, before, after, fact < 0)]


def _value(value: float, dictionary: Dictionary | None) -> float | str | None:
    if value != value or value == NULL:
        return None
    return value if dictionary is None else dictionary.words[int(value)]


Worded = tuple[Read, Dictionary | None]
"""Where a value is read, and the words behind its codes where it is a text."""


def reads(engine: Engine) -> list[dict[str, Worded]]:
    """For each rule the values that its condition and its sentences show, by name."""
    program = engine.program
    names = {(True, row): name for name, row in program.columns.items()}
    result = []
    for rule, condition in zip(program.policy.rules, program.reads, strict=True):
        shown = [said_of(program, name) for text in rule.say.values() for _, name, _ in words.placeholders(text)]
        wanted: dict[str, Worded] = {}
        for read in [*condition, *shown]:
            wanted[names.get(read) or _named(program, read)] = (read, _words(program, read))
        result.append(wanted)
    return result


def said_of(program: Program, name: str) -> Read:
    """Where a value that a sentence shows is read."""
    row = program.columns.get(name)
    if row is not None:
        return True, row
    return False, program.inputs.slot(tree.Field(name, program.policy.catalogue[name].type))


def _named(program: Program, read: Read) -> str:
    slot = program.inputs.slots[read[1]]
    assert isinstance(slot, tree.Field)
    return words.expression(slot, program.policy.currency)


def _words(program: Program, read: Read) -> Dictionary | None:
    signal, row = read
    if signal:
        name = next(name for name, place in program.columns.items() if place == row)
        kind = program.policy.catalogue[name].type
        return program.inputs.dictionaries[kind.domain] if kind.base == "text" else None
    slot = program.inputs.slots[row]
    assert isinstance(slot, tree.Field)
    text = FIELDS[slot.name].type == "text" and not slot.aspect
    return program.inputs.dictionary(slot.name) if text else None


def settled(engine: Engine, until: int) -> Matrix:
    """The falls by quiet time that have come due by `until` (µs): int64[m, 5] as in `Assessments.changes`."""
    watched = engine.watched
    state = watched.array[: watched.count]
    high = np.flatnonzero(state[:, 0])
    if not len(high):
        return np.empty((0, 5), np.int64)
    level = state[high, 0]
    kept = np.maximum(state[high, 1 + level], state[high, 1])
    if not (kept + engine.program.cool_off[level] <= until).any():
        return np.empty((0, 5), np.int64)
    return engine.settle(until)

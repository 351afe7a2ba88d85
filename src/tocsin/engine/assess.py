"""Assess facts against a policy: signals, fired rules, score and level, fact by fact in ingest order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.credit import watch
from tocsin.engine.inputs import Matrix, Value
from tocsin.engine.memory import Arena, Rows
from tocsin.engine.program import Program
from tocsin.policy.policy import Policy
from tocsin.signals.structures import initial
from tocsin.values.kernel import NULL

_SHARE = 4096
"""Facts that pass through all stages together, so that their signals are still in the cache."""
_SLICE = 65_536
"""Facts of a replay that share one frame."""


@dataclass
class Assessments:
    """What the engine says of n facts, in the order they were folded (`order[i]` is the fact's place).

    inputs: int64[slots, n], in the same order; signals: float64[signals, n], NaN for NULL, rows as in
    `Program.columns`; fired, told: int64[n, words], bit r % 62 of word r // 62 for rule r, told
    being the rules that warn at this fact; top: int8[n] the highest level among fired rules;
    score: int32[n]; level: int8[n] the account's level afterwards; changes: int64[m, 5] account,
    when, from, to, fact (-1 where time alone did it).
    """

    order: Matrix
    inputs: Matrix
    signals: NDArray[np.float64]
    fired: Matrix
    held: Matrix
    told: Matrix
    top: NDArray[np.int8]
    score: NDArray[np.int32]
    level: NDArray[np.int8]
    changes: Matrix


class Engine:
    """A policy with its state. Facts must come in ingest order (`recorded_at`, then sequence)."""

    def __init__(self, policy: Policy, kernels: Path | None = None) -> None:
        """`kernels`: the folder of compiled kernels; None runs in CPython, right for a few facts."""
        self.policy = policy
        self.program = Program(policy, kernels)
        self.rows = [Rows(initial(plan)) for plan in self.program.plans]
        self.arenas = [Arena() for _ in self.program.plans]
        self.watched = Rows([0] * watch.words(len(policy.levels), self.program.rule_words))
        self._single = self._frame(np.empty((len(self.program.inputs.slots), 1), np.int64), np.zeros(1, np.int64))

    def prepare(self) -> None:
        """Compile the kernel before the first fact, where it is to be compiled.

        One fact of which nothing is known has the array types of all that follow, and touches no state.
        """
        self.fold(np.full((len(self.program.inputs.slots), 1), NULL, np.int64))
        self.settle(NULL)

    def assess(self, facts: pa.RecordBatch) -> Assessments:
        """Assess a batch in its order."""
        return self.fold(self.program.inputs.encode(facts))

    def assess_one(self, fact: dict[str, Value]) -> Assessments:
        """Assess one fact, given by field name. The result is overwritten by the next call."""
        single = self._single
        self.program.inputs.encode_one(fact, single.inputs)
        self._fold(single)
        return single

    def fold(self, inputs: Matrix) -> Assessments:
        """The same as `assess` from coded inputs."""
        result = self._frame(inputs, np.arange(inputs.shape[1], dtype=np.int64))
        self._fold(result)
        return result

    def replay(self, inputs: Matrix) -> Iterator[Assessments]:
        """Assess coded inputs account by account, a slice at a time: fastest, where nobody needs their order.

        For policies that keep count by one key, the one they watch. `order` says which facts a
        slice holds; its arrays are overwritten by the next.
        """
        self._ensure()
        order = np.empty(inputs.shape[1], np.int64)
        self.program.kernel.grouping(inputs[self.program.watch_slot], self.watched.count, order)
        slots, frames = len(inputs), dict[int, Assessments]()
        for low in range(0, len(order), _SLICE):
            places = order[low : low + _SLICE]
            size = len(places)
            if size not in frames:
                frames[size] = self._frame(np.empty((slots, size), np.int64), np.arange(size))
            part = frames[size]
            part.order = np.arange(size)
            for row, column in zip(part.inputs, inputs, strict=True):
                np.take(column, places, out=row)
            self._fold(part)
            part.order = places
            part.changes[:, 4] = np.where(part.changes[:, 4] < 0, -1, places[part.changes[:, 4]])
            yield part

    def _fold(self, frame: Assessments) -> None:
        """Fold the inputs of a frame, in its order, and fill the frame."""
        self._ensure()
        program, states = self.program, list[Matrix]()
        for rows, arena in zip(self.rows, self.arenas, strict=True):
            arena.control[2] = 0
            states += [rows.array, arena.words, arena.control]
        n = len(frame.order)
        changes = np.empty((n * (len(self.policy.levels) + 1), 5), np.int64)
        progress = np.zeros(2, np.int64)
        results = (frame.signals, frame.fired, frame.held, frame.top, frame.score, frame.level, frame.told, changes)
        levels = (program.watch_slot, program.again, program.cool_off, program.ranks, self.watched.array)
        while (
            full := program.kernel.fold(progress, n, _SHARE, frame.order, frame.inputs, *results, *levels, *states)
        ) >= 0:
            self.arenas[full].grow()
            states[3 * full + 1] = self.arenas[full].words
        frame.changes = changes[: progress[1]]

    def settle(self, until: int) -> Matrix:
        """Let quiet time lower every level as far as it goes by `until` (microseconds); the changes."""
        program, keys = self.program, self.watched.count
        changes = np.empty((keys * len(self.policy.levels) + 1, 5), np.int64)
        count = program.kernel.settle_all(until, keys, program.cool_off, program.ranks, self.watched.array, changes)
        return changes[:count]

    def memory(self) -> int:
        """Bytes of state in use, dictionaries of texts aside."""
        rows = sum(rows.count * rows.array.shape[1] for rows in [*self.rows, self.watched])
        return 8 * (rows + sum(int(arena.control[0]) for arena in self.arenas))

    def _ensure(self) -> None:
        """A state row for every key that has been numbered."""
        inputs = self.program.inputs
        for plan, rows in zip(self.program.plans, self.rows, strict=True):
            rows.ensure(inputs.known_keys(plan.by))
        self.watched.ensure(inputs.known_keys((self.policy.watch,)))

    def _frame(self, inputs: Matrix, order: Matrix) -> Assessments:
        n, words = len(order), self.program.rule_words
        # Rows of signals must not lie a power of two apart: their lines would share a cache set.
        signals = np.empty((len(self.program.columns), n + 24))[:, :n]
        return Assessments(
            order=order,
            inputs=inputs,
            signals=signals,
            fired=np.empty((n, words), np.int64),
            held=np.empty((n, words), np.int64),
            told=np.empty((n, words), np.int64),
            top=np.empty(n, np.int8),
            score=np.empty(n, np.int32),
            level=np.empty(n, np.int8),
            changes=np.empty((len(self.policy.levels) + 1, 5), np.int64),
        )

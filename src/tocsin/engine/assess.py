"""Assess facts against a policy: signals, fired rules, score and level, fact by fact in ingest order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
from tocsin.signals.generate import initial

_SHARE = 4096
"""Facts that pass through all stages together, so that their signals are still in the cache."""
_PARALLEL = 20_000
"""From this many facts on, keys are folded side by side in threads."""


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
        self.compiled = kernels is not None
        self.rows = [Rows(initial(plan)) for plan in self.program.plans]
        self.arenas = [Arena() for _ in self.program.plans]
        self.watched = Rows([0] * watch.words(len(policy.levels), self.program.rule_words))
        self._single = self._frame(np.empty((len(self.program.inputs.slots), 1), np.int64), np.zeros(1, np.int64))
        self._pool = ThreadPoolExecutor(2) if self.compiled and len(self.program.plans) > 1 else None

    def assess(self, facts: pa.RecordBatch, grouped: bool = False) -> Assessments:
        """Assess a batch in its order. `grouped` folds it key by key: for replays that need no order."""
        return self.fold(self.program.inputs.encode(facts), grouped)

    def assess_one(self, fact: dict[str, Value]) -> Assessments:
        """Assess one fact, given by field name. The result is overwritten by the next call."""
        single = self._single
        self.program.inputs.encode_one(fact, single.inputs)
        self._ensure()
        self._stages(single, 0, 1, single.changes)
        return single

    def fold(self, inputs: Matrix, grouped: bool = False) -> Assessments:
        """The same as `assess` from coded inputs. Grouping needs a policy that counts by one key."""
        n = inputs.shape[1]
        self._ensure()
        came = np.arange(n, dtype=np.int64)
        if grouped:
            place = np.empty(n, np.int64)
            self.program.kernel.grouping(inputs[self.program.watch_slot], self.watched.count, place)
            inputs = np.stack([row[place] for row in inputs])
        result = self._frame(inputs, came)
        if self._pool is not None and n >= _PARALLEL:
            list(self._pool.map(lambda plan: self._signals(plan, result, 0, n), range(len(self.program.plans))))
        share = np.empty((_SHARE * (len(self.policy.levels) + 1), 5), np.int64)
        changes = []
        for low in range(0, n, _SHARE):
            count = self._stages(
                result, low, min(low + _SHARE, n), share, measured=self._pool is not None and n >= _PARALLEL
            )
            changes.append(share[:count].copy())
        result.changes = np.concatenate(changes) if changes else share[:0]
        if grouped:
            result.order = place
            result.changes[:, 4] = np.where(result.changes[:, 4] < 0, -1, place[result.changes[:, 4]])
        return result

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

    # -- stages --------------------------------------------------------------------------------

    def _stages(self, frame: Assessments, low: int, high: int, changes: Matrix, measured: bool = False) -> int:
        """Signals (unless measured already), rules and levels of facts order[low:high]; how many levels changed."""
        program, kernel = self.program, self.program.kernel
        if not measured:
            for plan in range(len(program.plans)):
                self._signals(plan, frame, low, high)
        kernel.rules(
            low, high, 0, frame.order, frame.inputs, frame.signals, frame.fired, frame.held, frame.top, frame.score
        )
        count: int = kernel.watch(
            low,
            high,
            0,
            frame.order,
            program.watch_slot,
            frame.inputs,
            frame.fired,
            frame.held,
            frame.top,
            program.cool_off,
            program.ranks,
            self.watched.array,
            frame.level,
            frame.told,
            changes,
            0,
        )
        return count

    def _signals(self, plan: int, frame: Assessments, low: int, high: int) -> None:
        function = getattr(self.program.kernel, f"signals_{plan}")
        arena = self.arenas[plan]
        while True:
            low = function(
                low,
                high,
                0,
                frame.order,
                frame.inputs,
                self.rows[plan].array,
                arena.words,
                arena.control,
                frame.signals,
            )
            if low >= high:
                return
            arena.grow()

    def _ensure(self) -> None:
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

"""A fact on trial: assessed as if it had happened, and every trace of it taken back.

What a fact can touch is known: its keys' rows, the ring and tables they point to, the first block
of each free list, the arenas' control words, and new words and keys. All of it is kept aside and
put back, so that the state is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tocsin.engine.assess import Engine
from tocsin.engine.inputs import Matrix
from tocsin.engine.memory import Arena

_TABLES, _RINGS = 8, 72
"""Where the heads of the free lists stand among an arena's control words, 64 of each."""


@contextmanager
def trial(engine: Engine) -> Iterator[Trial]:
    """Within it, `assess` facts at will; after it the engine is as it was."""
    tried = Trial(engine)
    try:
        yield tried
    finally:
        tried.take_back()


class Trial:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        inputs = engine.program.inputs
        self.words = {domain: len(dictionary.words) for domain, dictionary in inputs.dictionaries.items()}
        self.pairs = {by: len(pairs) for by, pairs in inputs.pairs.items()}
        self.tables = {field: len(table) for field, table in inputs.tables.items()}
        self.counts = [rows.count for rows in [*engine.rows, engine.watched]]
        self.controls = [arena.control.copy() for arena in engine.arenas]
        self.rows: list[dict[int, Matrix]] = [{} for _ in self.counts]
        self.blocks: list[dict[int, Matrix]] = [{} for _ in engine.arenas]

    def keep(self, inputs: Matrix) -> None:
        """Put aside what these facts (int64[slots, n]) may touch, before they are folded."""
        engine = self.engine
        slots = [engine.program.inputs.key_slot(plan.by) for plan in engine.program.plans]
        for number, (slot, rows) in enumerate(
            zip([*slots, engine.program.watch_slot], [*engine.rows, engine.watched], strict=True)
        ):
            for key in {int(key) for key in inputs[slot] if 0 <= key < self.counts[number]}:
                if key in self.rows[number]:
                    continue
                row = self.rows[number][key] = rows.array[key].copy()
                if number == len(slots):
                    continue
                plan, words = engine.program.plans[number], engine.arenas[number].words
                held = [(row[0], row[1] * plan.ring_words)]
                held += [(row[plan.at[table]], row[plan.at[table] + 1]) for table in plan.seen]
                for at, size in held:
                    if size:
                        self.blocks[number].setdefault(int(at), words[at : at + size].copy())
        for plan, arena, blocks in zip(engine.program.plans, engine.arenas, self.blocks, strict=True):
            for at, size in _free(arena, plan.ring_words, inputs.shape[1]):
                blocks.setdefault(at, arena.words[at : at + size].copy())

    def take_back(self) -> None:
        engine = self.engine
        for number, arena in enumerate(engine.arenas):
            arena.words[int(self.controls[number][0]) : int(arena.control[0])] = 0  # as if never handed out
            arena.control[:] = self.controls[number]
            for at, block in self.blocks[number].items():
                arena.words[at : at + len(block)] = block
        for number, rows in enumerate([*engine.rows, engine.watched]):
            for key, row in self.rows[number].items():
                rows.array[key] = row
            rows.count = self.counts[number]
        inputs = engine.program.inputs
        for domain, size in self.words.items():
            inputs.dictionaries[domain].forget(size)
        for by, size in self.pairs.items():
            codes = inputs.pairs[by].codes
            while len(codes) > size:
                codes.popitem()
        for field in list(inputs.tables):
            del inputs.tables[field][self.tables.get(field, 0) :]


def _free(arena: Arena, ring_words: int, count: int) -> Iterator[tuple[int, int]]:
    """(place, words) of the first `count` blocks of each free list."""
    for first, width in ((_TABLES, 1), (_RINGS, ring_words)):
        for bits in np.flatnonzero(arena.control[first : first + 64]).tolist():
            head = int(arena.control[first + bits])
            for _ in range(count):
                if head:
                    yield head - 1, width << bits
                    head = int(arena.words[head - 1])

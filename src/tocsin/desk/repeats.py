"""Facts that come again: found by their id or their idempotency key, wherever they stand in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tocsin.engine.inputs import Matrix
from tocsin.journal.ids import Ids, hash64, hashes64
from tocsin.journal.records import FACT, Entry


def name(key: str) -> str:
    """An idempotency key as a name among fact ids, of which none has a blank."""
    return f"key {key}"


class Repeats:
    """`entry` fetches one of the log. `pairs` int64[n, 2] (hash, seq), some at a time, were not put away yet."""

    def __init__(self, ids: Ids, entry: Callable[[int], Entry | None]) -> None:
        self.ids, self.entry = ids, entry
        self.pairs: list[Matrix] = []

    def first(self, fact_ids: Sequence[str], keys: Sequence[str | None]) -> tuple[dict[int, Entry], Matrix]:
        """By place, the entry of the first fact with that id or that key; and the hashes of the ids."""
        result: dict[int, Entry] = {}
        hashes = hashes64(fact_ids)
        for place in np.flatnonzero(self.ids.find_many(hashes)).tolist():
            for entry in self._all(int(hashes[place])):
                if entry.fact_id == fact_ids[place]:
                    result[place] = entry
        for place, key in enumerate(keys):
            if key is not None and place not in result:
                for entry in self._all(hash64(name(key))):
                    if entry.key == key:
                        result[place] = entry
        return result, hashes

    def _all(self, hash: int) -> list[Entry]:
        found = [self.entry(seq) for seq in self.ids.find(hash)]
        return [entry for entry in found if entry is not None]

    def know(self, entries: Sequence[Entry]) -> None:
        """Remember the names under which stored facts may come again."""
        facts = [one for one in entries if one.kind == FACT and one.fact_id is not None]
        self.add(hashes64([one.fact_id or "" for one in facts]), facts)

    def add(self, hashes: Matrix, facts: Sequence[Entry]) -> None:
        """Remember facts whose ids have these hashes, and their keys."""
        if not facts:
            return
        pairs = np.column_stack([hashes, np.array([one.seq for one in facts], np.int64)])
        keyed = [(hash64(name(one.key)), one.seq) for one in facts if one.key is not None]
        if keyed:
            pairs = np.concatenate([pairs, np.array(keyed, np.int64)])
        self.ids.add(pairs[:, 0].copy(), pairs[:, 1].copy())
        self.pairs.append(pairs)

    @property
    def count(self) -> int:
        """How many pairs were not put away yet."""
        return sum(map(len, self.pairs))

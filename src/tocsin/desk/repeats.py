"""Facts that come again: found by their id or their idempotency key, wherever they stand in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tocsin.journal.ids import Ids, hash64
from tocsin.journal.records import FACT, Entry


def name(key: str) -> str:
    """An idempotency key as a name among fact ids, of which none has a blank."""
    return f"key {key}"


class Repeats:
    """`entry` fetches one of the log. `pairs` (hash, seq) were not put away yet."""

    def __init__(self, ids: Ids, entry: Callable[[int], Entry | None]) -> None:
        self.ids, self.entry = ids, entry
        self.pairs: list[tuple[int, int]] = []
        self._hashes: dict[str, int] = {}

    def first(self, fact_ids: Sequence[str], keys: Sequence[str | None]) -> dict[int, Entry]:
        """By place, the entry of the first fact with that id or that key."""
        result: dict[int, Entry] = {}
        hashes = list(map(hash64, fact_ids))
        self._hashes.update(zip(fact_ids, hashes, strict=True))
        for place in np.flatnonzero(self.ids.find_many(np.array(hashes, np.int64))).tolist():
            for entry in self._all(hashes[place]):
                if entry.fact_id == fact_ids[place]:
                    result[place] = entry
        for place, key in enumerate(keys):
            if key is not None and place not in result:
                for entry in self._all(hash64(name(key))):
                    if entry.key == key:
                        result[place] = entry
        return result

    def _all(self, hash: int) -> list[Entry]:
        found = [self.entry(seq) for seq in self.ids.find(hash)]
        return [entry for entry in found if entry is not None]

    def know(self, entries: Sequence[Entry]) -> None:
        """Remember the names under which stored facts may come again."""
        known = self._hashes
        names = [(one.fact_id, one.seq) for one in entries if one.kind == FACT and one.fact_id is not None]
        pairs = [(known.get(fact_id) or hash64(fact_id), seq) for fact_id, seq in names]
        pairs += [(hash64(name(one.key)), one.seq) for one in entries if one.key is not None]
        known.clear()
        if pairs:
            table = np.array(pairs, np.int64)
            self.ids.add(table[:, 0].copy(), table[:, 1].copy())
            self.pairs += pairs

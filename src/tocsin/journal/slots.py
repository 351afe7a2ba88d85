"""The kernel of `Ids`: open addressing over int64 words, two a slot (hash, seq); hash 0 is an empty slot.

A table has a power of two of words. While it grows there is an `old` one as well, whose words before
`moved` are already in the new one.
"""

from __future__ import annotations

from typing import Any

from tocsin.values.kernel import compiled

# --- copied from here ---


@compiled
def home(table: Any, hash: int) -> int:
    """Where a hash is looked for first; it is random in every bit."""
    place: int = (hash & (table.shape[0] // 2 - 1)) * 2
    return place


@compiled
def put_one(table: Any, hash: int, seq: int) -> None:
    place = home(table, hash)
    while table[place] != 0:
        place = (place + 2) & (table.shape[0] - 1)
    table[place] = hash
    table[place + 1] = seq


@compiled
def put(table: Any, hashes: Any, seqs: Any) -> None:
    for i in range(hashes.shape[0]):
        put_one(table, hashes[i], seqs[i])


@compiled
def move(old: Any, table: Any, moved: int, words: int) -> int:
    """Take over so many words more of the old table; how many have moved then."""
    end: int = min(moved + words, old.shape[0])
    for place in range(moved, end, 2):
        if old[place] != 0:
            put_one(table, old[place], old[place + 1])
    return end


@compiled
def seek(table: Any, since: int, hash: int, seqs: Any, found: int) -> int:
    """Write the seqs of a hash that stand at `since` or later into `seqs`, as far as they fit; how many there are."""
    place = home(table, hash)
    while table[place] != 0:
        if table[place] == hash and place >= since:
            if found < seqs.shape[0]:
                seqs[found] = table[place + 1]
            found += 1
        place = (place + 2) & (table.shape[0] - 1)
    return found


@compiled
def get(table: Any, old: Any, moved: int, hash: int, seqs: Any) -> int:
    """Write the seqs of a hash into `seqs`, as far as they fit; how many there are."""
    found = seek(table, 0, hash, seqs, 0)
    if moved < old.shape[0]:
        found = seek(old, moved, hash, seqs, found)
    return found


@compiled
def least(table: Any, since: int, hash: int, best: int) -> int:
    """The least seq of a hash that stands at `since` or later, or `best` where that is less and not 0."""
    place = home(table, hash)
    while table[place] != 0:
        if table[place] == hash and place >= since and (best == 0 or table[place + 1] < best):
            best = table[place + 1]
        place = (place + 2) & (table.shape[0] - 1)
    return best


@compiled
def get_many(table: Any, old: Any, moved: int, hashes: Any, seqs: Any) -> None:
    """The least seq of each hash, or 0."""
    for i in range(hashes.shape[0]):
        seqs[i] = least(table, 0, hashes[i], 0)
        if moved < old.shape[0]:
            seqs[i] = least(old, moved, hashes[i], seqs[i])

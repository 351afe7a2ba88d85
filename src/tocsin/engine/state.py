"""An engine's state as bytes and back: what a restart begins from, to the bit.

A header (JSON) tells what follows: the kernel it belongs to, sizes, words; then come the combinations of
codes that have a number, the rows, the used part of each arena and its control words, as little-endian int64.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from tocsin.engine.assess import Engine
from tocsin.engine.inputs import Matrix
from tocsin.engine.memory import Arena
from tocsin.engine.program import Program

FORMAT = 2


class Foreign(ValueError):
    """A state of another program, or of none."""


def fingerprint(program: Program) -> str:
    """What a state must agree with: the policy and the code that folds it."""
    return hashlib.sha256(f"{FORMAT}\n{program.policy.digest}\n{program.source}".encode()).hexdigest()


def dumped(engine: Engine, **beside: Any) -> Iterator[bytes | memoryview]:
    """The state as parts, the header first; `beside` is kept in the header. The engine must rest meanwhile."""
    inputs = engine.program.inputs
    arrays = [pairs.keys(len(by)) for by, pairs in inputs.pairs.items()]
    arrays += [rows.array[: rows.count] for rows in [*engine.rows, engine.watched]]
    arrays += [arena.words[: int(arena.control[0])] for arena in engine.arenas]
    arrays += [_lasting(arena) for arena in engine.arenas]
    header = {
        "fingerprint": fingerprint(engine.program),
        "sizes": [len(array) for array in arrays],
        "words": {domain: dictionary.words for domain, dictionary in inputs.dictionaries.items()},
        "pairs": list(inputs.pairs),
        **beside,
    }
    yield msgspec.json.encode(header)
    for array in arrays:
        if len(array):
            yield np.ascontiguousarray(array).data.cast("B")


def loaded(engine: Engine, parts: Iterator[bytes | memoryview]) -> dict[str, Any]:
    """Fill a new engine from the parts of a state; its header. Foreign where it does not fit."""
    try:
        header: dict[str, Any] = msgspec.json.decode(next(parts), type=dict[str, Any])
    except (ValueError, StopIteration):
        raise Foreign("it has no header that can be read") from None
    if header.get("fingerprint") != fingerprint(engine.program):
        raise Foreign("it belongs to another policy or another version of the program")
    inputs, sizes = engine.program.inputs, header["sizes"]
    for domain, words in header.pop("words").items():
        inputs.dictionaries[domain].restore(words)
    pairs = [tuple(by) for by in header.pop("pairs")]
    blocks: list[tuple[int, ...]] = [(len(by),) for by in pairs]
    blocks += [rows.array.shape[1:] for rows in [*engine.rows, engine.watched]]
    blocks += [()] * (2 * len(engine.arenas))
    arrays = []
    for size, rest in zip(sizes, blocks, strict=True):
        whole = np.frombuffer(next(parts) if size else b"", "<i8")
        if len(whole) != size * int(np.prod(rest, dtype=np.int64)):
            raise Foreign("a part of it has the wrong size")
        arrays.append(whole.reshape(size, *rest))
    for by, array in zip(pairs, arrays, strict=False):
        inputs.pairs[by].learn(array)
    arrays = arrays[len(pairs) :]
    keys = len(engine.rows) + 1
    for rows, array in zip([*engine.rows, engine.watched], arrays, strict=False):
        rows.ensure(len(array))
        rows.array[: len(array)] = array
    for number, arena in enumerate(engine.arenas):
        _fill(arena, arrays[keys + number], arrays[keys + len(engine.arenas) + number])
    return header


def _lasting(arena: Arena) -> Matrix:
    """The control words without those that only say how far a fold has come."""
    control = arena.control.copy()
    control[1:8] = 0
    return control


def _fill(arena: Arena, words: Matrix, control: Matrix) -> None:
    while len(arena.words) < len(words) + (1 << 16):
        arena.grow()
    arena.words[: len(words)] = words
    arena.control[:] = control

"""Ingest order of a file: seen in a first pass over its times, restored while it streams.

Most files are in order, or nearly so (rows of one second shuffled, a day's late arrivals). For
those a small carry of rows, held back until nothing earlier can follow, is enough; only a file
that is out of order through and through needs sorting on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.facts.intake import SEQUENCE

Key = tuple[int, int]
"""(recorded_at, sequence): ingest order; rows of one key stay as they come."""

FIRST: Key = (-(2**63), -(2**63))
LAST: Key = (2**63 - 1, 2**63 - 1)
CARRY = 2_000_000
"""As many rows may be held back in memory."""


class Order:
    """What a first pass has seen, batch by batch."""

    def __init__(self) -> None:
        self.spans: list[tuple[Key, Key, int]] = []
        self.sorted = True

    def add(self, batch: pa.RecordBatch) -> None:
        """See one batch; it needs `recorded_at` and may have `_sequence`. Batches keep their size later."""
        if batch.num_rows == 0:
            self.spans.append((LAST, FIRST, 0))
            return
        times, numbers = keys(batch)
        order = _sorting(times, numbers)
        low, high = order[0], order[-1]
        smallest = (int(times[low]), int(numbers[low]))
        previous = max((span[1] for span in self.spans), default=FIRST)
        self.sorted = self.sorted and smallest >= previous and bool((np.diff(order) > 0).all())
        self.spans.append((smallest, (int(times[high]), int(numbers[high])), batch.num_rows))

    def later(self) -> list[Key]:
        """For each batch the smallest key of all batches after it."""
        result, least = [], LAST
        for low, _, _ in reversed(self.spans):
            result.append(least)
            least = min(least, low)
        return result[::-1]

    @property
    def near(self) -> bool:
        """Whether a carry of bounded size restores the order."""
        waiting: list[tuple[Key, int]] = []
        for (_, high, rows), least in zip(self.spans, self.later(), strict=True):
            waiting = [(h, r) for h, r in [*waiting, (high, rows)] if h > least]
            if sum(r for _, r in waiting) > CARRY:
                return False
        return True

    def restored(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches in ingest order; the n-th must hold rows of the n-th one seen, fewer perhaps."""
        if self.sorted:
            yield from batches
            return
        carry: pa.RecordBatch | None = None
        for batch, least in zip(batches, self.later(), strict=True):
            whole = batch if carry is None else _joined(carry, batch)
            times, numbers = keys(whole)
            order = _sorting(times, numbers)
            times, numbers = times[order], numbers[order]
            ready = (times < least[0]) | ((times == least[0]) & (numbers <= least[1]))
            count = int(ready.sum())
            whole = whole.take(pa.array(order))
            yield whole.slice(0, count)
            carry = whole.slice(count) if count < whole.num_rows else None


def keys(batch: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    times: NDArray[np.int64] = batch.column("recorded_at").view(pa.int64()).to_numpy(zero_copy_only=False)
    if SEQUENCE not in batch.schema.names:
        return times, np.zeros(len(times), np.int64)
    numbers: NDArray[np.int64] = batch.column(SEQUENCE).fill_null(0).to_numpy(zero_copy_only=False)
    return times, numbers


def _sorting(times: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.intp]:
    step = np.diff(times)
    if not ((step < 0) | ((step == 0) & (np.diff(numbers) < 0))).any():
        return np.arange(len(times))
    return np.lexsort((numbers, times))


def _joined(carry: pa.RecordBatch, batch: pa.RecordBatch) -> pa.RecordBatch:
    table = pa.Table.from_batches([carry, batch.select(carry.schema.names)]).unify_dictionaries().combine_chunks()
    return table.to_batches()[0] if table.num_rows else batch

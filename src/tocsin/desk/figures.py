"""What a running service counts of itself, in plain numbers: cheap to keep, read when somebody asks."""

from __future__ import annotations

import time
from bisect import bisect_left
from dataclasses import dataclass, field

SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
ENTRIES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0)


class Histogram:
    """Values by upper bound. `counts` has one place more than `bounds`, for what is beyond."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.counts, self.total = bounds, [0] * (len(bounds) + 1), 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass
class Figures:
    """What the live service tells of its work: kept by the desk, shown at /metrics."""

    decisions: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Facts that were asked about, by outcome (a place in `policy.document.DECISIONS`)."""
    facts: dict[str, int] = field(default_factory=lambda: {"recorded": 0, "repeated": 0, "refused": 0})
    """Facts that came in batches, by what came of them."""
    groups: Histogram = field(default_factory=lambda: Histogram(ENTRIES))
    """Entries a commit."""
    commits: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    """Seconds a commit."""
    queue: int = 0
    """Facts that wait for their commit."""
    outbox: dict[str, int] = field(default_factory=dict)
    """Orders not yet delivered, by destination."""
    snapshot_at: float | None = None
    """`time.monotonic()` of the newest snapshot."""

    def snapshot_age(self) -> float | None:
        """Seconds since the newest snapshot."""
        return None if self.snapshot_at is None else time.monotonic() - self.snapshot_at

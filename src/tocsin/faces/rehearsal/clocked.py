"""`tocsin`, with a clock that a rehearsal moves: `python -m tocsin.faces.rehearsal.clocked serve …`.

The desk has one clock, a function. Here another takes its place before anything has looked at it, so that all the
rest is as it always is: hours, lapses, receipts, days. It goes on by itself, ahead of or behind the real one by the
microseconds in a file that TOCSIN_REHEARSAL_CLOCK names. `tocsin` itself never reads that file.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

VARIABLE = "TOCSIN_REHEARSAL_CLOCK"
_OFFSET = struct.Struct("<q")


class Hands:
    """Moves the clocks of services that were started with this file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _OFFSET.size)
        self._moved = False

    def put(self, at: int) -> None:
        """It is `at` now, microseconds UTC; where it is later already, it stays so."""
        if not self._moved or at > self.now():
            self._moved = True
            _OFFSET.pack_into(self._map, 0, at - _real())

    def now(self) -> int:
        return _real() + int(_OFFSET.unpack_from(self._map)[0])


def clock(path: Path) -> Callable[[], int]:
    """The clock of such a file."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    return lambda: _real() + int(_OFFSET.unpack_from(mapped)[0])


def _real() -> int:
    return time.time_ns() // 1000


def main() -> None:
    """`tocsin` by the moved clock."""
    from tocsin.desk import ledger

    ledger.clock = clock(Path(os.environ[VARIABLE]))
    from tocsin.faces.cli import main as commands

    commands.main()


if __name__ == "__main__":
    main()

"""The pace of work that can wait: after each part the disk is left to decisions for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LEAVE = 8
"""Times as long as a part took, others have the disk to themselves."""


class Pace:
    """Called for each part, in any thread; `hurry` ends all waiting for good."""

    def __init__(self) -> None:
        self._hurry = threading.Event()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._hurry.wait(_LEAVE * (time.perf_counter() - began))

    def hurry(self) -> None:
        self._hurry.set()

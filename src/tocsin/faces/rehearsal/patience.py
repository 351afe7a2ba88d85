"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

from tocsin.values.problem import Problem, Refused

_STEP = 0.01


def until(done: Callable[[], bool], seconds: float, otherwise: Problem) -> None:
    """Ask again and again, for so many seconds between the answers. Refused where it never is."""
    for _ in range(int(seconds / _STEP)):
        if done():
            return
        time.sleep(_STEP)
    raise Refused(otherwise)

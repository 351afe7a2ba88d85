"""What the source that `code` writes leans on: SQL's functions over float64, with NaN for NULL.

This text is copied into kernel files, where numba compiles it; elsewhere it runs in Python as it stands.
"""

from __future__ import annotations

import math

from tocsin.values.kernel import compiled

# --- copied from here ---
NAN = math.nan


@compiled
def divide(a: float, b: float) -> float:
    """Division by zero is NULL."""
    return a / b if b != 0.0 else NAN


@compiled
def abs_(a: float) -> float:
    return -a if a < 0.0 else a


@compiled
def floor_(a: float) -> float:
    return NAN if a != a else float(math.floor(a))


@compiled
def ceil_(a: float) -> float:
    return NAN if a != a else float(math.ceil(a))


@compiled
def sqrt_(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else NAN


@compiled
def ln_(a: float) -> float:
    return math.log(a) if a > 0.0 else NAN


@compiled
def least_(a: float, b: float) -> float:
    """NULLs are passed over, as in PostgreSQL."""
    return b if (a != a) | (b < a) else a


@compiled
def greatest_(a: float, b: float) -> float:
    return b if (a != a) | (b > a) else a


@compiled
def coalesce_(a: float, b: float) -> float:
    return b if a != a else a


@compiled
def nullif_(a: float, b: float) -> float:
    return NAN if a == b else a

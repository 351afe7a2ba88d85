"""What every generated kernel leans on. This text is copied into each kernel file, so that one file
holds all that is compiled together (numba does not notice changes in callees of other files).

Layout. `A` is the arena, int64 words; `ctl[0]` its first free word, `ctl[8 + n]` the free list of
tables of 2^n words, `ctl[72 + n]` that of
rings of 2^n rows. `s` is the state row of one key.
A distinct table is three words of `s` (offset, capacity, live) and open addressing in the arena:
each entry is (code + 1) << 32 | count.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tocsin.values.kernel import compiled

# --- copied from here ---
NULL = -9223372036854775808
NAN = math.nan
SPREAD = 2654435769


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


@compiled
def known(value: int) -> float:
    """A stored field as a value: NULL becomes NaN."""
    return NAN if value == NULL else float(value)


@compiled
def whole(value: float) -> int:
    """A value to be stored or summed; NULL counts nothing."""
    return np.int64(0) if value != value else np.int64(value)


@compiled
def square_low(x: int) -> int:
    """Low 32 bits of x²; for |x| ≤ 10^12 it needs 80 bits."""
    low = (x if x >= 0 else -x) & 2147483647
    return (low * low) & 4294967295


@compiled
def square_high(x: int) -> int:
    """x² >> 32, exactly, also where x² does not fit 64 bits."""
    x = x if x >= 0 else -x
    high, low = x >> 31, x & 2147483647
    # x = high·2^31 + low, so x² = high²·2^62 + high·low·2^32 + low²
    return ((high * high) << 30) + high * low + ((low * low) >> 32)


@compiled
def deviation(n: int, high: int, low: int, total: int) -> float:
    """Sample standard deviation √((n·Σx² − (Σx)²) / (n·(n−1))), the numerator in exact integers."""
    if n < 2:
        return NAN
    if high < 262144 and n < 4096:
        spread = float(n * ((high << 32) + low) - total * total)
    else:
        spread = wide_spread(n, high, low, total)
    return math.sqrt(spread / float(n * (n - 1)))


@compiled
def wide_spread(n: int, high: int, low: int, total: int) -> float:
    """n·(high·2^32 + low) − total² in digits of 30 bits, then rounded from the top."""
    mask = 1073741823
    total = total if total >= 0 else -total
    t0, t1, t2 = total & mask, (total >> 30) & mask, total >> 60
    high += low >> 32
    low &= 4294967295
    rest = (low >> 30) + ((high & 1152921504606846975) << 2)
    d0 = n * (low & mask) - t0 * t0
    d1 = n * (rest & mask) - 2 * t0 * t1 + (d0 >> 30)
    d2 = n * ((rest >> 30) & mask) - 2 * t0 * t2 - t1 * t1 + (d1 >> 30)
    d3 = n * (rest >> 60) - 2 * t1 * t2 + (d2 >> 30)
    d4 = (d3 >> 30) - t2 * t2
    result = float(d4)
    result = result * 1073741824.0 + float(d3 & mask)
    result = result * 1073741824.0 + float(d2 & mask)
    result = result * 1073741824.0 + float(d1 & mask)
    return result * 1073741824.0 + float(d0 & mask)


@compiled
def log2(n: int) -> int:
    bits = 0
    while (1 << bits) < n:
        bits += 1
    return bits


@compiled
def take(A: Any, ctl: Any, base: int, bits: int, words: int) -> int:
    """A block of the arena: from its free list, else from the top."""
    head = ctl[base + bits]
    if head > 0:
        ctl[base + bits] = A[head - 1]
        return head - 1
    at = ctl[0]
    ctl[0] = at + words
    return at


@compiled
def give(A: Any, ctl: Any, base: int, bits: int, at: int) -> None:
    A[at] = ctl[base + bits]
    ctl[base + bits] = at + 1


@compiled
def home(code: int, mask: int) -> int:
    mixed = (code + 1) * SPREAD
    return (mixed ^ (mixed >> 17)) & mask


@compiled
def distinct_add(A: Any, ctl: Any, s: Any, j: int, code: int) -> None:
    """Count one more of a value; `s[j:j+3]` is the table."""
    cap = s[j + 1]
    if (s[j + 2] + 1) * 4 > cap * 3:
        distinct_grow(A, ctl, s, j)
        cap = s[j + 1]
    at, mask = s[j], cap - 1
    i = home(code, mask)
    while True:
        entry = A[at + i]
        if entry == 0:
            A[at + i] = ((code + 1) << 32) | 1
            s[j + 2] += 1
            return
        if entry >> 32 == code + 1:
            A[at + i] = entry + 1
            return
        i = (i + 1) & mask


@compiled
def distinct_remove(A: Any, ctl: Any, s: Any, j: int, code: int) -> None:
    """Count one less; the last one leaves by backward shift, so no tombstones gather."""
    at, mask = s[j], s[j + 1] - 1
    i = home(code, mask)
    while A[at + i] >> 32 != code + 1:
        i = (i + 1) & mask
    if A[at + i] & 4294967295 > 1:
        A[at + i] -= 1
        return
    s[j + 2] -= 1
    A[at + i] = 0
    k = i
    while True:
        k = (k + 1) & mask
        entry = A[at + k]
        if entry == 0:
            return
        h = home((entry >> 32) - 1, mask)
        if ((k - h) & mask) >= ((k - i) & mask):
            A[at + i] = entry
            A[at + k] = 0
            i = k


@compiled
def distinct_grow(A: Any, ctl: Any, s: Any, j: int) -> None:
    old, cap = s[j], s[j + 1]
    wider = 4 if cap == 0 else cap * 2
    at = take(A, ctl, 8, log2(wider), wider)
    for i in range(wider):
        A[at + i] = 0
    for i in range(cap):
        entry = A[old + i]
        if entry != 0:
            h = home((entry >> 32) - 1, wider - 1)
            while A[at + h] != 0:
                h = (h + 1) & (wider - 1)
            A[at + h] = entry
    if cap > 0:
        give(A, ctl, 8, log2(cap), old)
    s[j] = at
    s[j + 1] = wider


@compiled
def distinct_clear(A: Any, s: Any, j: int) -> None:
    for i in range(s[j + 1]):
        A[s[j] + i] = 0
    s[j + 2] = 0

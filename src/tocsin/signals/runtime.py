"""What every generated kernel leans on. This text is copied into each kernel file, so that one file
holds all that is compiled together (numba does not notice changes in callees of other files). `policy.arithmetic`
stands before it there.

Layout. `A` is the arena, int64 words; `ctl[0]` its first free word, `ctl[8 + n]` the free list of
tables of 2^n words, `ctl[72 + n]` that of
rings of 2^n rows. `s` is the state row of one key.
A table of values seen is three words of `s` (offset, capacity, used) and open addressing in the
arena: each entry is (code + 1) << 32 | the ring row in which the value was last seen.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tocsin.policy.arithmetic import NAN
from tocsin.values.kernel import compiled

# --- copied from here ---
NULL = -9223372036854775808
SPREAD = 2654435769


@compiled
def known(value: int) -> float:
    """A stored field as a value: NULL becomes NaN."""
    return NAN if value == NULL else float(value)


@compiled
def whole(value: float) -> Any:
    """A value to be stored or summed; NULL counts nothing."""
    return np.int64(0) if value != value else np.int64(value)


@compiled
def square_low(x: int) -> int:
    """Low 32 bits of x², which for |x| ≤ 10^12 needs 80 bits."""
    low = (x if x >= 0 else -x) & 2147483647
    return (low * low) & 4294967295


@compiled
def square_high(x: int) -> int:
    """x² >> 32, exactly, also where x² does not fit 64 bits."""
    if -2147483648 < x < 2147483648:
        return (x * x) >> 32
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
def grouping(keys: Any, count: int, order: Any) -> None:
    """The stable order that puts facts of one key together; those without a key come first."""
    starts = np.zeros(count + 2, np.int64)
    for i in range(keys.shape[0]):
        starts[max(keys[i], -1) + 2] += 1
    for k in range(count + 1):
        starts[k + 1] += starts[k]
    for i in range(keys.shape[0]):
        k = max(keys[i], -1) + 1
        order[starts[k]] = i
        starts[k] += 1


@compiled
def log2(n: int) -> int:
    bits = 0
    while (1 << bits) < n:
        bits += 1
    return bits


@compiled
def take(A: Any, ctl: Any, base: int, bits: int, words: int) -> Any:
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
    """Where a code begins to look for its entry."""
    mixed = ((code & 2147483647) + 1) * SPREAD
    return (mixed ^ (mixed >> 17)) & mask


@compiled
def seen_make_room(A: Any, ctl: Any, s: Any, j: int, tail: int) -> None:
    """A table at most half full, without the values last seen before row `tail`."""
    old, cap = s[j], s[j + 1]
    live = 0
    for i in range(cap):
        if A[old + i] != 0 and A[old + i] & 4294967295 >= tail:
            live += 1
    bits = log2(2 * (live + 4))
    wide = 1 << bits
    at = take(A, ctl, 8, bits, wide)
    for i in range(wide):
        A[at + i] = 0
    for i in range(cap):
        entry = A[old + i]
        if entry != 0 and entry & 4294967295 >= tail:
            h = home((entry >> 32) - 1, wide - 1)
            while A[at + h] != 0:
                h = (h + 1) & (wide - 1)
            A[at + h] = entry
    if cap > 0:
        give(A, ctl, 8, log2(cap), old)
    s[j] = at
    s[j + 1] = wide
    s[j + 2] = live


@compiled
def seen_clear(A: Any, s: Any, j: int) -> None:
    for i in range(s[j + 1]):
        A[s[j] + i] = 0
    s[j + 2] = 0

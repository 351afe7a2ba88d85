"""The warning level of an account: raised at once by a fired rule, lowered only by quiet time.

Levels have ranks 1..L, 0 is none. While facts keep a level up (a rule of that level or higher
fires, or, once fired, still holds) its quiet time starts anew. After `cool_off[level]` without,
the level falls by one step, and the next step's quiet time runs from there: a staircase, so that
nothing red turns white overnight. A rule warns once while its level stands; when the account has
fallen below it, the rule may warn again. Time here is when the lender knew (`recorded_at`).

State of an account, int64 words: 0 level, 1 when it got there, 2.. the last time each rank 1..L was
kept up, then the rules that hold (62 to a word), then the rules already told.

This text, too, is copied into the kernel file; it is Python that numba compiles.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tocsin.values.kernel import NULL, compiled


def words(levels: int, rule_words: int) -> int:
    """Words of state for one account."""
    return 2 + levels + 2 * rule_words


# --- copied from here ---
@compiled
def settle(w: Any, t: int, key: int, cool_off: Any, ranks: Any, changes: Any, count: int) -> int:
    """Let the level fall as far as quiet time until `t` allows; every fall is a change, dated."""
    top = cool_off.shape[0] - 1
    rule_words = ranks.shape[1]
    while w[0] > 0:
        level = w[0]
        kept = w[1 + level]
        due = (kept if kept > w[1] else w[1]) + cool_off[level]
        if due > t:
            break
        changes[count, 0] = key
        changes[count, 1] = due
        changes[count, 2] = level
        changes[count, 3] = level - 1
        changes[count, 4] = -1
        count += 1
        w[0] = level - 1
        w[1] = due
        for j in range(rule_words):
            w[2 + top + j] &= ~ranks[level, j]
            w[2 + top + rule_words + j] &= ~ranks[level, j]
    return count


@compiled
def watch(
    lo: int,
    hi: int,
    base: int,
    order: Any,
    slot: int,
    again: int,
    X: Any,
    fired: Any,
    held: Any,
    highest: Any,
    cool_off: Any,
    ranks: Any,
    W: Any,
    level: Any,
    told: Any,
    changes: Any,
    count: int,
) -> int:
    """Fold facts order[lo:hi] into the levels of their accounts.

    A fact counted before that is only assessed again has the rules that had fired in X[again + j]: what
    fires now and had not then is all that counts.

    `fired`, `held`, `told`: int64[n, words]; `highest`: int8[n] the highest rank fired; `ranks[l, j]`
    the rules of rank l; `level`: int8[n] the level after each fact; `told`: the rules that warn at it;
    `changes`: (account, when, from, to, fact or -1). Returns the number of changes written.
    """
    top = cool_off.shape[0] - 1
    rule_words = fired.shape[1]
    for i in range(lo, hi):
        o = i - base
        r = order[i]
        k = X[slot, r]
        support: Any = np.int64(highest[o])
        if X[again, r] != NULL:
            support = np.int64(0)
            for j in range(rule_words):
                fired[o, j] &= ~X[again + j, r]
                held[o, j] = -1
                for rank in range(1, top + 1):
                    if fired[o, j] & ranks[rank, j] != 0:
                        support = max(support, np.int64(rank))
            highest[o] = support
        level[o] = 0
        for j in range(rule_words):
            told[o, j] = 0
        if k < 0 or (support == 0 and W[k, 0] == 0):
            continue
        w = W[k]
        t = X[1, r]
        if w[0] > 0:
            count = settle(w, t, k, cool_off, ranks, changes, count)
        if X[again, r] != NULL and support == 0:
            level[o] = w[0]
            continue
        for j in range(rule_words):
            hit = fired[o, j]
            still = w[2 + top + j] & held[o, j]
            w[2 + top + j] = hit | still
            if still != 0:
                for rank in range(support + 1, top + 1):
                    if still & ranks[rank, j] != 0:
                        support = rank
            fresh = hit & ~w[2 + top + rule_words + j]
            told[o, j] = fresh
            w[2 + top + rule_words + j] |= fresh
        for rank in range(1, support + 1):
            w[1 + rank] = t
        if support > w[0]:
            changes[count, 0] = k
            changes[count, 1] = t
            changes[count, 2] = w[0]
            changes[count, 3] = support
            changes[count, 4] = r
            count += 1
            w[0] = support
            w[1] = t
        level[o] = w[0]
    return count


@compiled
def settle_all(until: int, keys: int, cool_off: Any, ranks: Any, W: Any, changes: Any) -> int:
    """Let every account's level fall as far as quiet time until `until` allows."""
    count = 0
    for k in range(keys):
        count = settle(W[k], until, k, cool_off, ranks, changes, count)
    return count

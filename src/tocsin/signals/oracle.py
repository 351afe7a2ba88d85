"""The slow, obviously right definition of every signal, for tests and for people who read it first.

A signal at fact i looks at the facts j that arrived no later than i (j ≤ i in ingest order), have
the same key, satisfy `where`, know the value, and happened in (t_i − delay − over, t_i − delay].
They are taken in order of (time, arrival). Nothing here is shared with the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.policy import tree
from tocsin.policy.policy import Measure

Fact = Mapping[str, Any]
"""Field values by name; instants in microseconds, absent or None for NULL; aspects are not supported."""


def signal(measure: Measure, facts: Sequence[Fact], i: int) -> Any:
    """One signal at facts[i], `facts` being everything in ingest order."""
    now = facts[i]
    key = tuple(now.get(name) for name in measure.by)
    if None in key:
        return None
    end = now["occurred_at"] - measure.delay
    start = -math.inf if measure.over is None else end - measure.over
    window: list[tuple[int, int, Any]] = []
    for j in range(i + 1):
        fact = facts[j]
        if tuple(fact.get(name) for name in measure.by) != key or not start < fact["occurred_at"] <= end:
            continue
        if measure.where is not None and condition(measure.where, fact) is not True:
            continue
        known = 1 if measure.value is None else value(measure.value, fact)
        if known is not None and not (measure.function == "elapsed" and j == i):
            window.append((fact["occurred_at"], j, known))
    window.sort(key=lambda row: row[:2])
    return _measured(measure, [known for _, _, known in window], [time for time, _, _ in window], now["occurred_at"])


def _measured(measure: Measure, known: list[Any], times: list[int], now: int) -> Any:
    n = len(known)
    match measure.function:
        case "count":
            return n
        case "sum":
            return sum(known)
        case "distinct":
            return len(set(known))
        case "mean" if n:
            return sum(known) / n
        case "std" if n > 1:
            spread = n * sum(x * x for x in known) - sum(known) ** 2
            return math.sqrt(spread / (n * (n - 1)))
        case "min" if n:
            return int(min(known))
        case "max" if n:
            return int(max(known))
        case "first" if n:
            return known[0] if isinstance(known[0], str) else int(known[0])
        case "last" if n:
            return known[-1] if isinstance(known[-1], str) else int(known[-1])
        case "elapsed" if n:
            return now - times[-1]
    return measure.empty


def value(expr: tree.Expr, fact: Fact) -> Any:
    """A value with None for NULL."""
    match expr:
        case tree.Number(number):
            return number if number != int(number) else int(number)
        case tree.Word(word):
            return word
        case tree.Field(name):
            return fact.get(name)
        case tree.Arithmetic(op, left, right):
            a, b = value(left, fact), value(right, fact)
            if a is None or b is None or (op == "/" and b == 0):
                return None
            return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[op]()
        case tree.Call("coalesce", arguments):
            return next((v for a in arguments if (v := value(a, fact)) is not None), None)
        case tree.Call("least" | "greatest" as name, arguments):
            known = [v for a in arguments if (v := value(a, fact)) is not None]
            return (min if name == "least" else max)(known) if known else None
        case tree.Choice(branches, otherwise):
            for when, then in branches:
                if condition(when, fact) is True:
                    return value(then, fact)
            return None if otherwise is None else value(otherwise, fact)
    raise NotImplementedError(f"the oracle does not know {expr}")


def condition(expr: tree.Expr, fact: Fact) -> bool | None:
    """Three-valued truth, None for unknown."""
    match expr:
        case tree.Compare(op, left, right):
            a, b = value(left, fact), value(right, fact)
            if a is None or b is None:
                return None
            return bool(
                {"=": a == b, "<>": a != b}[op]
                if op in ("=", "<>")
                else {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]
            )
        case tree.IsNull(operand, negated):
            return (value(operand, fact) is None) != negated
        case tree.Test(operand, expected):
            flag = value(operand, fact)
            return None if flag is None else bool(flag) == expected
        case tree.Logic(op, parts):
            truths = [condition(part, fact) for part in parts]
            decisive = op == "or"
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
    raise NotImplementedError(f"the oracle does not know {expr}")

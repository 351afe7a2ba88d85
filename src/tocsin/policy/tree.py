"""The checked expression: a small typed tree, NOT already pushed to the leaves.

NULL is NaN. With NOT gone, every comparison with NULL is false and AND/OR give exactly SQL's
"is true" (SQL:2016, 8.1: three-valued logic collapses where only truth is asked).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tocsin.policy.types import FLAG, Type

Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
NEGATED: dict[Comparison, Comparison] = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
FLIPPED: dict[Comparison, Comparison] = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, already in the unit it is used in (minor units, microseconds)."""

    value: Decimal
    type: Type


@dataclass(frozen=True, slots=True)
class Word:
    """A text literal."""

    value: str
    type: Type


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the fact, or something decided from it once per distinct value.

    `aspect`: '' the value itself; 'hour', 'weekday' (Monday 1), 'day', 'month' of an instant in
    the policy's zone; 'like' and 'in' a flag for a text (argument: the pattern, the words).
    """

    name: str
    type: Type
    aspect: Literal["", "hour", "weekday", "day", "month", "like", "in"] = ""
    argument: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic:
    op: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """abs, floor, ceil, sqrt, ln, least, greatest, coalesce, nullif."""

    function: str
    arguments: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Choice:
    """CASE WHEN … THEN … ELSE … END; `otherwise` None is NULL."""

    branches: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr | None
    type: Type


@dataclass(frozen=True, slots=True)
class Compare:
    op: Comparison
    left: Expr
    right: Expr
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: Expr
    negated: bool
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class Test:
    """A flag taken as a condition: true where it is `expected`."""

    operand: Expr
    expected: bool
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class Logic:
    op: Literal["and", "or"]
    parts: tuple[Expr, ...]
    type: Type = FLAG


Expr = Number | Word | Field | Signal | Arithmetic | Call | Choice | Compare | IsNull | Test | Logic
Condition = (Compare, IsNull, Test, Logic)


def negate(expr: Expr) -> Expr:
    """NOT, pushed to the leaves."""
    match expr:
        case Compare(op, left, right):
            return Compare(NEGATED[op], left, right)
        case IsNull(operand, negated):
            return IsNull(operand, not negated)
        case Test(operand, expected):
            return Test(operand, not expected)
        case Logic(op, parts):
            return Logic("or" if op == "and" else "and", tuple(negate(part) for part in parts))
    return Test(expr, False)


def children(expr: Expr) -> tuple[Expr, ...]:
    match expr:
        case Arithmetic(_, left, right) | Compare(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Choice(branches, otherwise):
            inner = tuple(part for branch in branches for part in branch)
            return inner if otherwise is None else (*inner, otherwise)
        case IsNull(operand) | Test(operand):
            return (operand,)
        case Logic(_, parts):
            return parts
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    yield expr
    for child in children(expr):
        yield from walk(child)


def fields(expr: Expr) -> set[Field]:
    return {node for node in walk(expr) if isinstance(node, Field)}


def signals(expr: Expr) -> set[str]:
    return {node.name for node in walk(expr) if isinstance(node, Signal)}


def leaves(expr: Expr) -> Iterator[Compare | IsNull | Test]:
    """The single conditions of a condition, in reading order."""
    if isinstance(expr, Logic):
        for part in expr.parts:
            yield from leaves(part)
    elif isinstance(expr, (Compare, IsNull, Test)):
        yield expr

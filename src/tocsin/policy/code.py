"""Checked trees to Python source that CPython and numba both run, to the same bit.

A value is a float64 with NaN for NULL; a condition is a bool that says "is true". The helper
functions named here (`divide`, `least_` …) stand in `arithmetic`.
"""

from __future__ import annotations

from typing import Protocol

from tocsin.policy import tree

_PYTHON = {"=": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Names(Protocol):
    """How the leaves of a tree are called in the source that is being written."""

    def field(self, field: tree.Field) -> str: ...

    def signal(self, name: str) -> str: ...

    def word(self, word: tree.Word) -> str: ...


def value(expr: tree.Expr, names: Names) -> str:
    """Source of a float64 value."""
    match expr:
        case tree.Number(number):
            return repr(float(number))
        case tree.Word():
            return names.word(expr)
        case tree.Field():
            return names.field(expr)
        case tree.Signal(name):
            return names.signal(name)
        case tree.Arithmetic("/", left, right):
            return f"divide({value(left, names)}, {value(right, names)})"
        case tree.Arithmetic(op, left, right):
            return f"({value(left, names)} {op} {value(right, names)})"
        case tree.Call(function, arguments):
            inner = [value(argument, names) for argument in arguments]
            if len(inner) == 1:
                return f"{function}_({inner[0]})"
            result = inner[-1]
            for argument in reversed(inner[:-1]):
                result = f"{function}_({argument}, {result})"
            return result
        case tree.Choice(branches, otherwise):
            result = "NAN" if otherwise is None else value(otherwise, names)
            for when, then in reversed(branches):
                result = f"({value(then, names)} if {condition(when, names)} else {result})"
            return result
    raise AssertionError(f"no value: {expr}")


def condition(expr: tree.Expr, names: Names) -> str:
    """Source of a bool, without jumps where it can be."""
    match expr:
        case tree.Compare("<>", left, right):
            one, other = value(left, names), value(right, names)
            return f"(({one} < {other}) | ({one} > {other}))"
        case tree.Compare(op, left, right):
            return f"({value(left, names)} {_PYTHON[op]} {value(right, names)})"
        case tree.IsNull(operand, negated):
            inner = value(operand, names)
            return f"({inner} == {inner})" if negated else f"({inner} != {inner})"
        case tree.Test(operand, expected):
            return f"({value(operand, names)} == {'1.0' if expected else '0.0'})"
        case tree.Logic(op, parts):
            return "(" + (" & " if op == "and" else " | ").join(condition(part, names) for part in parts) + ")"
    raise AssertionError(f"no condition: {expr}")

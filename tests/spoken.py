"""The sentences of the source: what each call that tells somebody something may say, read from the syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "tocsin"
SLOT = "\0"
TEXTS = {  # calls that tell somebody something, and which of their arguments do so
    "Problem": slice(0, 3, 2),
    "wrong": slice(1, 3),
    "reject": slice(-2, None),
    "set_aside": slice(-2, None),
    "Reject": slice(-2, None),
    "Fault": slice(1, 3),
    "Unfit": slice(0, 2),
    "Denied": slice(1, 3),
    "Unreadable": slice(0, 2),
    "Mistake": slice(0, 2),
    "ValueError": slice(0, 1),
    "Later": slice(0, 1),
    "Undeliverable": slice(0, 1),
    "Gone": slice(0, 1),
    "Delivered": slice(0, 1),
    "unready": slice(0, 1),
}
KEYWORDS = ("what", "remedy", "reason", "why")
Samples = set[str]
"""Texts that an expression of the source may become, SLOT where only a run knows."""


class Module:
    """The sentences of one file, found in its syntax tree alone: nothing is run."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.inside: dict[ast.AST, ast.AST] = {
            child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)
        }
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}

    def sentences(self) -> Iterator[tuple[int, str]]:
        """(line, sample) of every sentence."""
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or (where := TEXTS.get(_name(node.func))) is None:
                continue
            parts = [*node.args[where], *(word.value for word in node.keywords if word.arg in KEYWORDS)]
            for argument in parts:
                for sample in self.samples(argument, {}):
                    yield node.lineno, _numbered(sample)

    def samples(self, node: ast.AST, known: dict[str, Samples], depth: int = 0) -> Samples:
        def of(inner: ast.AST) -> Samples:
            return self.samples(inner, known, depth + 1)

        match node:
            case _ if depth > 12:
                return {SLOT}
            case ast.Constant(str(text)):
                return {text}
            case ast.JoinedStr(values):
                return _joined("", [of(value) for value in values])
            case ast.FormattedValue(inner, conversion):
                return {f"'{text}'" if conversion == ord("r") else text for text in of(inner)}
            case ast.BinOp(left, ast.Add(), right):
                return _joined("", [of(left), of(right)])
            case ast.IfExp(_, yes, no):
                return of(yes) | of(no)
            case ast.BoolOp(ast.Or(), values):
                return set().union(*map(of, values))
            case ast.Lambda(_, body):
                return of(body)
            case ast.Dict(_, values):
                return set().union(*map(of, values))
            case ast.Subscript(ast.Dict() | ast.Name() as table, key) if not isinstance(key, ast.Slice):
                return of(table)
            case ast.Name(name):
                return known[name] if name in known else self.assigned(name, node, known, depth)
            case ast.Call(ast.Name("did_you_mean")):
                return {f"did you mean '{SLOT}'?", f"use one of: {SLOT}, {SLOT}"}
            case ast.Call(ast.Name("shown" | "seen") | ast.Attribute(_, "shown" | "seen")):
                return {f"'{SLOT}'"}
            case ast.Call(ast.Attribute(ast.Constant(str(between)), "join"), [ast.GeneratorExp(_, [loop])]) if (
                isinstance(loop.iter, ast.Tuple)
            ):
                parts = [of(part) for part in loop.iter.elts]
                return _joined(between, parts).union(*parts)
            case ast.Call(ast.Attribute(ast.Dict() as table, "get"), [_, default]):
                return of(table) | of(default)
            case ast.Call(ast.Attribute(inner, "removesuffix" | "lower" | "strip")):
                return of(inner)
            case ast.Call(ast.Name(name), arguments) if name in self.functions:
                return self.returned(self.functions[name], [of(argument) for argument in arguments], depth)
        return {SLOT}

    def returned(self, function: ast.FunctionDef, arguments: list[Samples], depth: int) -> Samples:
        known = dict(zip((argument.arg for argument in function.args.args), arguments, strict=False))
        returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
        return set().union(*(self.samples(value, known, depth + 1) for value in returns))

    def assigned(self, name: str, at: ast.AST, known: dict[str, Samples], depth: int) -> Samples:
        """What a name is set to: by a loop around it, else in the function around it, in those around that, in the module."""
        while at in self.inside:
            at = self.inside[at]
            values = list(_looped(at, name)) if isinstance(at, ast.For) else []
            if isinstance(at, (ast.FunctionDef, ast.Module)):
                values = [value for node in _within(at) for value in _set_to(node, name)]
            if values:
                return set().union(*(self.samples(value, known, depth + 1) for value in values))
            if isinstance(at, ast.FunctionDef) and name in {argument.arg for argument in at.args.args}:
                break
        return {SLOT}


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function or a module, and not in a function inside it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield from _within(node)


def _set_to(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """The values that a statement gives to a name."""
    match node:
        case ast.Assign([target], value) | ast.AnnAssign(target, _, ast.expr() as value):
            yield from _given(target, value, name)


def _looped(loop: ast.For, name: str) -> Iterator[ast.expr]:
    """The values that a name takes in a loop over rows written out."""
    for row in loop.iter.elts if isinstance(loop.iter, ast.Tuple) else ():
        yield from _given(loop.target, row, name)


def _given(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=False):
            yield from _given(one, given, name)


def _joined(between: str, parts: list[Samples]) -> Samples:
    return {between.join(texts) for texts in product(*(sorted(part) for part in parts))}


def _says(sample: str) -> bool:
    """Whether a sample is a sentence with words of its own; others only pass on what another one says."""
    return sample == sample.strip() and re.search(r"[a-z]{2}", re.sub(r"X\d", "", sample)) is not None


def _numbered(sample: str) -> str:
    numbers = iter(range(1, 100))
    return re.sub(SLOT, lambda _: f"X{next(numbers)}", sample)


SENTENCES = {
    path.relative_to(SOURCE).as_posix(): sorted(
        {(line, text) for line, text in Module(path).sentences() if _says(text)}
    )
    for path in sorted(SOURCE.rglob("*.py"))
}
"""(line, sample) of every sentence, by the path of its module; X1, X2 … stand where only a run knows."""

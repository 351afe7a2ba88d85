"""A strategy's conditions and sums compiled to one function each, and on which rungs the conditions may turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from math import floor
from typing import NamedTuple

from tocsin.credit.collection.features import CATALOGUE, FEATURES, GROWING, WORDS
from tocsin.credit.collection.strategy import Values
from tocsin.policy import code, tree
from tocsin.policy.types import WHOLE, Catalogue
from tocsin.values.kernel import run

_HEAD = '''"""Generated. Do not edit: written from the conditions of a strategy."""
from tocsin.policy.arithmetic import NAN, abs_, ceil_, coalesce_, divide, floor_, greatest_, least_, ln_, nullif_, sqrt_


def number(value):
    return NAN if value is None else float(value)


def word(value, words):
    return NAN if value is None else words.get(value, -1.0)
'''
_CODES = {domain: {word: float(code) for code, word in enumerate(words)} for domain, words in WORDS.items()}
_ON_THE_LADDER = ("days_past_due", "days_to_due")


class Compiled(NamedTuple):
    truths: Callable[[Values], tuple[bool, ...]]
    hopes: Callable[[Values], tuple[bool, ...]]
    doors: Callable[[Values], tuple[bool, ...]]
    door_reads: frozenset[str]
    amounts: Callable[[Values], tuple[float, ...]]
    reads: frozenset[str]
    source: str


def compiled(
    conditions: Sequence[tree.Expr],
    sums: Sequence[tree.Expr],
    doors: Sequence[int] = (),
    catalogue: Catalogue = CATALOGUE,
) -> Compiled:
    """`truths` and `amounts` of all conditions and sums, by place; NULL amounts are NaN. `doors` are those conditions
    that everybody is asked about, and answered from what these read alone. `catalogue`: what they may read.

    `hopes` are truths that may come with time alone: what changes from day to day is taken to be as wished.
    """
    asked, hoped, entering, reckoned = (_Names(catalogue) for _ in range(4))
    truths = [code.condition(one, asked) for one in conditions]
    hopes = [code.condition(_hoped(one), hoped) for one in conditions]
    through = [code.condition(conditions[place], entering) for place in doors]
    amounts = [code.value(one, reckoned) for one in sums]
    tables = [f"\n{domain}_words = {codes!r}" for domain, codes in _CODES.items()]
    source = _HEAD + "\n".join(tables) + _function("truths", asked, truths)
    source += _function("hopes", hoped, hopes) + _function("doors", entering, through)
    source += _function("amounts", reckoned, amounts)
    module = run(source, "strategy")
    reads = frozenset(asked.reads | reckoned.reads)
    return Compiled(module.truths, module.hopes, module.doors, frozenset(entering.reads), module.amounts, reads, source)


def marks(conditions: Iterable[tree.Expr]) -> tuple[set[int], bool]:
    """The rungs on which conditions may turn, and whether some may also turn from day to day in other ways.

    Rungs are those of `views.rung`: days past due, or days to the due date below zero. Where such days are
    compared with a number the rung is known; where they are reckoned with, any day may be one.
    """
    found, daily = set[int](), False
    for root in conditions:
        plain = 0
        for node in tree.walk(root):
            match node:
                case tree.Compare(_, tree.Field("days_past_due"), tree.Number(value)):
                    found |= {floor(value), floor(value) + 1}
                    plain += 1
                case tree.Compare(_, tree.Field("days_to_due"), tree.Number(value)):
                    found |= {-floor(value), 1 - floor(value)}
                    plain += 1
                case tree.IsNull(tree.Field("days_past_due" | "days_to_due")):
                    plain += 1
                case tree.Field(name):
                    plain -= name in _ON_THE_LADDER
                    daily |= FEATURES[name].drifts
        daily |= plain < 0
    return found, daily


_TRUE = tree.Compare("=", tree.Number(Decimal(1), WHOLE), tree.Number(Decimal(1), WHOLE))


def _hoped(expr: tree.Expr) -> tree.Expr:
    """The condition with every part that time alone may change taken to be true; NOT stands at the leaves already."""
    if isinstance(expr, tree.Logic):
        return tree.Logic(expr.op, tuple(_hoped(part) for part in expr.parts))
    match expr:
        case tree.Compare("<" | "<=", tree.Field(name), tree.Number()) if name in GROWING:
            return expr
        case tree.Compare(_, tree.Field(name) as field, tree.Number()) if name in GROWING:
            return tree.IsNull(field, True)
    names = [node.name for node in tree.walk(expr) if isinstance(node, tree.Field)]
    return (
        _TRUE if any(name in _ON_THE_LADDER or (name in FEATURES and FEATURES[name].drifts) for name in names) else expr
    )


class _Names:
    """Features are locals; texts are numbers, by their place in the vocabulary."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.reads: set[str] = set()

    def field(self, field: tree.Field) -> str:
        self.reads.add(field.name)
        name = f"f_{field.name}"
        if field.aspect != "in":
            return name
        codes = _CODES[self.catalogue[field.name].type.domain]
        among = ", ".join(repr(codes[word]) for word in field.argument if word in codes)
        return f"(NAN if {name} != {name} else float({name} in ({among},)))"

    def signal(self, name: str) -> str:
        raise AssertionError(f"a strategy has no signals: {name}")

    def word(self, word: tree.Word) -> str:
        return repr(_CODES.get(word.type.domain, {}).get(word.value, -2.0))


def _function(name: str, names: _Names, results: Sequence[str]) -> str:
    lines = [f"\n\ndef {name}(values):"]
    for feature in sorted(names.reads):
        kind = names.catalogue[feature].type
        value = f"values[{feature!r}]"
        read = f"word({value}, {kind.domain}_words)" if kind.base == "text" else f"number({value})"
        lines.append(f"    f_{feature} = {read}")
    lines += ["    return (", *(f"        {result}," for result in results), "    )\n"]
    return "\n".join(lines)

"""Facts one by one as inputs of the kernel: the coding of `Inputs.encode`, for facts that come few at a time.

For each kind of fact a function is written that reads only what this kind has and the policy needs.
Words are numbered in the order of the facts, however these are grouped: the same facts give the
same codes, live and replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tocsin.engine.inputs import Inputs, Matrix
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, Fact, allowed
from tocsin.policy import tree
from tocsin.values import instant
from tocsin.values.kernel import NULL

Row = list[int]


class Coder:
    """Codes facts for one policy's inputs, once all its slots are given out."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.ways: dict[type[Fact], Callable[[Any, int], Row]] = {
            struct: self._way(kind) for kind, struct in KINDS.items()
        }

    def row(self, fact: Fact, recorded_at: int) -> Row:
        """One fact as a column of the matrix; `recorded_at` in microseconds stands for the fact's own."""
        return self.ways[type(fact)](fact, recorded_at)

    def matrix(self, rows: Iterable[Row]) -> Matrix:
        """int64[slots, n]."""
        return np.ascontiguousarray(np.array(list(rows), np.int64).reshape(-1, len(self.inputs.slots)).T)

    def _way(self, kind: str) -> Callable[[Any, int], Row]:
        names: dict[str, Any] = {"micros": instant.micros, "number": self.inputs.number, "NULL": NULL}
        lines, cells, read = [], [], set[str]()

        def known(name: str) -> bool:
            """Have the field in `v_<name>` and, for a text, its code in `c_<name>`."""
            if name not in allowed(kind):
                return False
            if name not in read:
                read.add(name)
                lines.append(f"v_{name} = {repr(kind) if name == 'kind' else 'fact.' + name}")
                if FIELDS[name].type == "text":
                    words = self.inputs.dictionary(name)
                    names[f"get_{name}"], names[f"code_{name}"] = words.codes.get, words.code
                    lines.append(f"c_{name} = get_{name}(v_{name})")
                    lines.append(f"if c_{name} is None:")
                    lines.append(f" c_{name} = NULL if v_{name} is None else code_{name}(v_{name})")
            return True

        for slot, wanted in enumerate(self.inputs.slots):
            if isinstance(wanted, tuple):
                names[f"pairs_{slot}"] = self.inputs.pairs[wanted].codes
                if all(known(name) for name in wanted):
                    codes = ", ".join(f"c_{name}" for name in wanted)
                    lines.append(f"p_{slot} = -1")
                    lines.append(f"if NULL not in ({codes},):")
                    lines.append(f" p_{slot} = pairs_{slot}.setdefault(({codes},), len(pairs_{slot}))")
                    cells.append(f"p_{slot}")
                else:
                    cells.append("-1")
            elif wanted.name == "recorded_at":
                cells.append("recorded_at")
            elif not known(wanted.name):
                cells.append("NULL")
            else:
                cells.append(self._cell(slot, wanted, names))
        text = "def way(fact, recorded_at):\n " + "\n ".join(lines) + f"\n return [{', '.join(cells)}]\n"
        exec(compile(text, f"<{kind}>", "exec"), names)  # noqa: S102 our own source, never a user's text
        way: Callable[[Any, int], Row] = names["way"]
        return way

    def _cell(self, slot: int, field: tree.Field, names: dict[str, Any]) -> str:
        value = f"v_{field.name}"
        if field.aspect:
            names[f"field_{slot}"] = field
            return f"(NULL if {value} is None else number(field_{slot}, {value}))"
        match FIELDS[field.name].type:
            case "text":
                return f"c_{field.name}"
            case "instant":
                return f"(NULL if {value} is None else micros({value}))"
            case _:
                return f"(NULL if {value} is None else +{value})"

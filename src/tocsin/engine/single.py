"""Facts one by one as inputs of the kernel: what `coding` does for many, quicker for a few.

For each kind of fact a function is written that reads only what this kind has and the policy needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.engine.inputs import Inputs
from tocsin.facts.dealings import DEALINGS
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, Fact, allowed
from tocsin.policy import tree
from tocsin.policy.types import Type
from tocsin.values import instant
from tocsin.values.kernel import NULL

Row = list[int]
_RECORDED = tree.Field("recorded_at", Type("instant"))
_WALL = {"hour": "{} // 3_600_000_000 % 24", "weekday": "({} // 86_400_000_000 + 3) % 7 + 1"}
"""Aspects of a time by wall-clock microseconds."""
_DEALT = ("kind", "fact_id", "occurred_at")
"""What is coded of a dealing: no key, so that no signal counts it."""


class Single:
    """Codes single facts for one policy's inputs, once all its slots are given out."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.ways: dict[type[Fact], Callable[[Any, int], Row]] = {
            struct: self._way(kind, allowed(kind)) for kind, struct in KINDS.items()
        }
        self.ways |= {struct: self._way(kind, _DEALT) for kind, struct in DEALINGS.items()}

    def row(self, fact: Fact, recorded_at: int) -> Row:
        """One fact as a column of the matrix; `recorded_at` in microseconds stands for the fact's own."""
        return self.ways[type(fact)](fact, recorded_at)

    def _way(self, kind: str, has: tuple[str, ...]) -> Callable[[Any, int], Row]:
        names: dict[str, Any] = {
            "micros": instant.micros,
            "time": instant.instant,
            "number": self.inputs.number,
            "NULL": NULL,
            "local": self._local,
        }
        lines, cells, made = list[str](), list[str](), set[str]()

        def have(name: str, source: str) -> str:
            """A local variable of the function, reckoned once."""
            if name not in made:
                made.add(name)
                lines.append(f"{name} = {source}")
            return name

        def value(field: str) -> str:
            if field == "recorded_at":
                return have("v_recorded_at", "time(recorded_at)")
            return have(f"v_{field}", repr(kind) if field == "kind" else f"fact.{field}")

        def coded(field: str) -> str:
            """The field as a number: a text by its code, a time in microseconds."""
            known = value(field)
            match FIELDS[field].type:
                case "text":
                    names[f"codes_{field}"] = self.inputs.dictionary(field).codes
                    way = f"codes_{field}[{known}]"
                case "instant":
                    way = f"micros({known})"
                case _:
                    way = known
            return have(f"c_{field}", f"NULL if {known} is None else {way}")

        def aspect(slot: int, field: tree.Field) -> str:
            known = value(field.name)
            if field.aspect == "in":
                names[f"words_{slot}"] = frozenset(field.argument)
                way = f"({known} in words_{slot})"
            elif field.aspect in _WALL:
                local = have(f"l_{field.name}", f"NULL if {known} is None else local({coded(field.name)})")
                way = _WALL[field.aspect].format(local)
            else:
                names[f"field_{slot}"] = field
                way = f"number(field_{slot}, {known})"
            return f"(NULL if {known} is None else {way})"

        for slot, wanted in enumerate(self.inputs.slots):
            fields = wanted if isinstance(wanted, tuple) else (wanted.name,)
            if wanted == _RECORDED:
                cells.append("recorded_at")
            elif not set(fields) <= set(has):
                cells.append("NULL" if len(fields) == 1 else "-1")
            elif isinstance(wanted, tuple):
                names[f"pairs_{slot}"] = self.inputs.pairs[wanted].codes
                key = f"({', '.join(coded(field) for field in fields)})"
                cells.append(f"(-1 if NULL in {key} else pairs_{slot}[{key}])")
            else:
                cells.append(aspect(slot, wanted) if wanted.aspect else coded(wanted.name))
        text = "def way(fact, recorded_at):\n " + "\n ".join([*lines, f"return [{', '.join(cells)}]"]) + "\n"
        exec(compile(text, f"<{kind}>", "exec"), names)  # noqa: S102 our own source, never a user's text
        way: Callable[[Any, int], Row] = names["way"]
        return way

    def _local(self, microseconds: int) -> int:
        return instant.local(microseconds, self.inputs.timezone)

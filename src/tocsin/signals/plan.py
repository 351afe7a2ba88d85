"""From the measures of one key to the layout of its kernel: windows, accumulators, state words.

All measures of one key share one ring of facts. A window is (t − delay − over, t − delay]; each
of its ends that is not "now" is an *edge*: a distance e back from t and, in the state, the number
of ring rows with time ≤ t − e. Crossing an edge enters or leaves the structures that use it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from tocsin.facts.kinds import KINDS, required
from tocsin.policy import tree
from tocsin.policy.policy import Measure

T = TypeVar("T")
Window = tuple[int, int | None]
"""(delay, over) in microseconds; over None is all history."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Which facts a structure counts: `where` holds and every one of `needs` is known."""

    where: tree.Expr | None
    needs: tree.Expr | None


@dataclass(frozen=True, slots=True)
class Structure:
    """One thing the state keeps. `role`: count, sum, square, min, max, last, first, previous; for
    different values `seen`, where each was last, and `distinct`, how many of them are in the window.

    `value` is the column of the ring row that is measured (an index of `Plan.values`), -1 for none.
    """

    role: str
    flag: int
    value: int
    window: Window


@dataclass
class Plan:
    """The layout for one key.

    State row: 0 ring offset, 1 ring capacity, 2 rows ever added, 3 latest time, 4 oldest row kept,
    then one word for each edge, then the structures. Ring row: time, flags, values, deque columns.
    """

    by: tuple[str, ...]
    lateness: int
    flags: list[Flag] = field(default_factory=list)
    values: list[tree.Expr] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    at: dict[Structure, int] = field(default_factory=dict)
    deques: list[Structure] = field(default_factory=list)
    seen: list[Structure] = field(default_factory=list)
    uses: list[tuple[Measure, dict[str, Structure]]] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    pointer: dict[int, int] = field(default_factory=dict)
    words: int = 5

    @property
    def flag_words(self) -> int:
        return (len(self.flags) + len(self.seen) + 61) // 62

    @property
    def ring_words(self) -> int:
        """A row of nearly a cache line takes the whole line: it is then one access to memory."""
        words = 1 + self.flag_words + len(self.values) + len(self.deques)
        return words + -words % 8 if -words % 8 <= 2 else words

    @property
    def retention(self) -> int:
        """How far back a ring row can still matter."""
        return max([*self.edges, 0]) + self.lateness

    def value_word(self, index: int) -> int:
        return 1 + self.flag_words + index

    def mark(self, structure: Structure) -> int:
        """The flag bit of a row whose value has been seen again since."""
        return len(self.flags) + self.seen.index(self.table(structure))

    def table(self, structure: Structure) -> Structure:
        """The table of values that a distinct count shares with others of the same flag, value and delay."""
        return Structure("seen", structure.flag, structure.value, (structure.window[0], None))

    def furthest(self, table: Structure) -> int:
        """The longest window end that a table serves."""
        return max(sum(s.window) for s in self.structures if s.role == "distinct" and self.table(s) == table)  # type: ignore[arg-type]

    def deque_word(self, structure: Structure) -> int:
        return 1 + self.flag_words + len(self.values) + self.deques.index(structure)


ROLES = {
    "count": ("count",),
    "sum": ("sum",),
    "mean": ("count", "sum"),
    "std": ("count", "sum", "square"),
    "min": ("min",),
    "max": ("max",),
    "distinct": ("distinct",),
    "elapsed": ("previous",),
    "first": ("first",),
    "last": ("last",),
}
_WORDS = {
    "count": 1,
    "sum": 1,
    "square": 2,
    "min": 1,
    "max": 1,
    "seen": 3,
    "distinct": 1,
    "last": 2,
    "first": 1,
    "previous": 1,
}


def plans(measures: tuple[Measure, ...], lateness: int) -> list[Plan]:
    """One plan for each key, in the order in which the policy first uses it."""
    by_key: dict[tuple[str, ...], Plan] = {}
    for measure in measures:
        plan = by_key.setdefault(measure.by, Plan(measure.by, lateness))
        plan.uses.append((measure, _structures(plan, measure)))
    for plan in by_key.values():
        _lay_out(plan)
    return list(by_key.values())


def _structures(plan: Plan, measure: Measure) -> dict[str, Structure]:
    certain = measure.value is None or _always_known(measure.where, measure.value)
    flag = _index(plan.flags, Flag(measure.where, None if certain else measure.value))
    value = -1 if measure.value is None else _index(plan.values, measure.value)
    result = {}
    for role in ROLES[measure.function]:
        column = -1 if role in ("count", "previous") else value
        structure = Structure(role, flag, column, (measure.delay, measure.over))
        if role == "previous":
            structure = Structure(role, flag, -1, (0, None))
        if role == "distinct":
            _index(plan.seen, plan.table(structure))
            _index(plan.structures, plan.table(structure))
        _index(plan.structures, structure)
        result[role] = structure
    return result


def _always_known(where: tree.Expr | None, value: tree.Expr) -> bool:
    """`kind = 'purchase'` already says that there is an amount; then one flag serves count and sum."""
    if not isinstance(value, tree.Field) or where is None:
        return False
    parts = where.parts if isinstance(where, tree.Logic) and where.op == "and" else (where,)
    for part in parts:
        if (
            isinstance(part, tree.Compare)
            and part.op == "="
            and isinstance(part.left, tree.Field)
            and part.left.name == "kind"
        ):
            return (
                isinstance(part.right, tree.Word)
                and part.right.value in KINDS
                and value.name in required(part.right.value)
            )
    return False


def _lay_out(plan: Plan) -> None:
    plan.deques = [s for s in plan.structures if s.role in ("min", "max") and s.window[1] is not None]
    ends = {s.window[0] for s in plan.structures}
    ends |= {s.window[0] + s.window[1] for s in plan.structures if s.window[1] is not None}
    plan.edges = sorted(ends - {0})
    for edge in plan.edges:
        plan.pointer[edge] = plan.words
        plan.words += 1
    for structure in plan.structures:
        plan.at[structure] = plan.words
        unbounded = structure.window[1] is None
        width = 2 if structure in plan.deques else _WORDS[structure.role]
        plan.words += width * (2 if unbounded and structure.role != "seen" else 1)
    plan.words = (plan.words + 7) // 8 * 8


def _index(items: list[T], item: T) -> int:
    if item not in items:
        items.append(item)
    return items.index(item)

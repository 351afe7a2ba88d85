"""How each structure of the state takes a fact in, lets it go, and is read.

Locals of the source: `s` the state row, `A` the arena, `at`, `mask` the ring's place and mask; `g`,
`v` flags and values of the fact at hand, `h`, `e` those of an older ring row.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.policy.policy import Measure
from tocsin.signals.plan import Plan, Structure
from tocsin.signals.source import Source


class Structures(Source):
    """Writes what happens to the structures of one key's plan."""

    def __init__(self, plan: Plan, first_output: int) -> None:
        super().__init__()
        self.plan, self.first = plan, first_output

    def load(self, row: str, structures: list[Structure], fresh: bool = True) -> None:
        """Flags and values of a ring row as locals: g, v where it is the row's own turn, else h, e."""
        flag, value = ("g", "v") if fresh else ("h", "e")
        words = {s.flag // 62 for s in structures} | {
            self.plan.mark(s) // 62 for s in structures if s.role == "distinct"
        }
        for word in sorted(words):
            self.put(f"{flag}{word} = A[{row} + {1 + word}]")
        for index in sorted({s.value for s in structures if s.value >= 0}):
            self.put(f"{value}{index} = A[{row} + {self.plan.value_word(index)}]")

    def by_flag(self, structures: Iterable[Structure], flag: str) -> Iterable[tuple[str, list[Structure]]]:
        groups: dict[int, list[Structure]] = {}
        for structure in structures:
            groups.setdefault(structure.flag, []).append(structure)
        for bit, group in groups.items():
            yield f"({flag}{bit // 62} >> {bit % 62}) & 1", group

    def leave(self, structures: list[Structure]) -> None:
        for bit, group in self.by_flag(structures, "h"):
            self.put(f"m = -({bit})")
            for s in group:
                at = self.plan.at[s]
                match s.role:
                    case "count":
                        self.put(f"s[{at}] += m")
                    case "sum":
                        self.put(f"s[{at}] -= e{s.value} & m")
                    case "square":
                        self.put(
                            f"s[{at}] -= square_high(e{s.value}) & m", f"s[{at + 1}] -= square_low(e{s.value}) & m"
                        )
                    case "distinct":
                        # The last row of a value takes the value with it; an earlier one changes nothing.
                        mark = self.plan.mark(s)
                        self.put(f"s[{at}] += m & ((h{mark // 62} >> {mark % 62} & 1) - 1)")

    def enter(self, row: str, structures: list[Structure], time: str, prefix: str = "v") -> None:
        plan = self.plan
        for bit, group in self.by_flag(structures, "h" if prefix == "e" else "g"):
            self.put(f"m = -({bit})")
            sums = [s for s in group if s.role in ("count", "sum", "square", "distinct")]
            for s in sums:
                at, value = plan.at[s], f"{prefix}{s.value}"
                match s.role:
                    case "count":
                        self.put(f"s[{at}] -= m")
                    case "sum":
                        self.put(f"s[{at}] += {value} & m")
                    case "square":
                        self.put(f"s[{at}] += square_high({value}) & m", f"s[{at + 1}] += square_low({value}) & m")
            others = [s for s in group if s not in sums and not (s.role == "first" and s.window[1] is not None)]
            if not others:
                continue
            with self.inside("if m != 0:"):
                for s in others:
                    self.note(s, row, f"{prefix}{s.value}", time)

    def note(self, s: Structure, row: str, value: str, time: str) -> None:
        at, width = self.plan.at[s], self.plan.ring_words
        match s.role:
            case "seen":
                self.see(s, row, value)
            case "last":
                self.put(f"s[{at}] = {time}", f"s[{at + 1}] = {value}")
            case "previous":
                self.put(f"s[{at}] = {time}")
            case "first":
                self.put(f"if s[{at}] == NULL:", f" s[{at}] = {value}")
            case "min" | "max" if s.window[1] is None:
                beats = "<" if s.role == "min" else ">"
                self.put(f"if s[{at}] == NULL or {value} {beats} s[{at}]:", f" s[{at}] = {value}")
            case "min" | "max":
                # A monotonic deque of ring rows; its entries live in a column of the ring.
                column, keeps = self.plan.deque_word(s), "<" if s.role == "min" else ">"
                tail = self.plan.pointer[s.window[0] + (s.window[1] or 0)]
                self.put(f"b = s[{at}]", f"c = s[{at + 1}]", f"d = s[{tail}]")
                self.put(f"while b < c and A[at + (b & mask) * {width} + {column}] < d:", " b += 1")
                word = self.plan.value_word(s.value)
                with self.inside("while c > b:"):
                    self.put(f"d = A[at + (A[at + ((c - 1) & mask) * {width} + {column}] & mask) * {width} + {word}]")
                    self.put(f"if d {keeps} {value}:", " break", "c -= 1")
                self.put(f"A[at + (c & mask) * {width} + {column}] = {row}", f"s[{at}] = b", f"s[{at + 1}] = c + 1")

    def see(self, table: Structure, row: str, value: str) -> None:
        """Find where the value was last; mark that row; count the value where it was not in the window."""
        plan, at = self.plan, self.plan.at[table]
        mark, tail = plan.mark(table), f"s[{plan.pointer[plan.furthest(table)]}]"
        self.put(f"if (s[{at + 2}] + 1) * 4 > s[{at + 1}] * 3:", f" seen_make_room(A, ctl, s, {at}, {tail})")
        self.put(f"b = s[{at}]", f"c = s[{at + 1}] - 1", f"d = home({value}, c)", "x = A[b + d]")
        with self.inside(f"while x != 0 and x >> 32 != {value} + 1:"):
            self.put("d = (d + 1) & c", "x = A[b + d]")
        self.put(f"A[b + d] = (({value} + 1) << 32) | {row}")
        with self.inside("if x == 0:"):
            self.put(f"s[{at + 2}] += 1", "x = np.int64(-1)")
        with self.inside("else:"):
            self.put("x &= 4294967295")
            self.put(
                f"if x >= {tail}:", f" A[at + (x & mask) * {plan.ring_words} + {1 + mark // 62}] |= 1 << {mark % 62}"
            )
        for s in plan.structures:
            if s.role == "distinct" and plan.table(s) == table:
                self.put(f"s[{plan.at[s]}] += np.int64(x < s[{plan.pointer[sum(s.window)]}])")  # type: ignore[arg-type]

    def reset(self, s: Structure) -> None:
        at = self.plan.at[s]
        if s in self.plan.deques:
            self.put(f"s[{at}] = 0", f"s[{at + 1}] = 0")
        elif s.role == "seen":
            self.put(f"seen_clear(A, s, {at})")
        elif s.window[1] is None:
            width = 2 if s.role in ("square", "last") else 1
            for word in range(width):
                self.put(f"s[{at + word}] = s[{at + width + word}]")
        elif s.role == "first":
            self.put(f"s[{at}] = low")
        else:
            for word in range(2 if s.role in ("square", "last") else 1):
                self.put(f"s[{at + word}] = {'NULL' if s.role == 'last' else 0}")

    def bank(self, s: Structure) -> None:
        """Fold a dropped row into the base from which a late fact's rebuild starts."""
        bit = f"(h{s.flag // 62} >> {s.flag % 62}) & 1"
        width = 2 if s.role in ("square", "last") else 1
        at = self.plan.at[s] + width
        value = f"e{s.value}"
        with self.inside(f"if {bit}:"):
            match s.role:
                case "count":
                    self.put(f"s[{at}] += 1")
                case "sum":
                    self.put(f"s[{at}] += {value}")
                case "square":
                    self.put(f"s[{at}] += square_high({value})", f"s[{at + 1}] += square_low({value})")
                case "last":
                    self.put(f"s[{at}] = x", f"s[{at + 1}] = {value}")
                case "previous":
                    self.put(f"s[{at}] = x")
                case "first":
                    self.put(f"if s[{at}] == NULL:", f" s[{at}] = {value}")
                case "min" | "max":
                    beats = "<" if s.role == "min" else ">"
                    self.put(f"if s[{at}] == NULL or {value} {beats} s[{at}]:", f" s[{at}] = {value}")

    def before(self) -> None:
        """Elapsed time looks at the fact before this one, so it is read before this one enters."""
        for structure in self.plan.structures:
            if structure.role == "previous":
                self.put(f"w{self.plan.at[structure]} = s[{self.plan.at[structure]}]")

    def emit(self, end: str, time: str) -> None:
        for index, (measure, structures) in enumerate(self.plan.uses):
            self.put(*self.shown(f"out[{self.first + index}, o]", measure, structures, end, time))

    def shown(self, target: str, measure: Measure, structures: dict[str, Structure], end: str, time: str) -> list[str]:
        plan = self.plan
        empty = "NAN" if measure.empty is None else repr(float(measure.empty))
        word = {role: f"s[{plan.at[s]}]" for role, s in structures.items()}
        match measure.function:
            case "count":
                return [f"{target} = float({word['count']})"]
            case "sum":
                return [f"{target} = float({word['sum']})"]
            case "mean":
                return [f"c = {word['count']}", f"{target} = float({word['sum']}) / float(c) if c > 0 else {empty}"]
            case "std":
                at = plan.at[structures["square"]]
                value = f"deviation({word['count']}, s[{at}], s[{at + 1}], {word['sum']})"
                return [
                    f"{target} = {value}"
                    + (f" if {word['count']} > 1 else {empty}" if measure.empty is not None else "")
                ]
            case "distinct":
                at = plan.at[structures["distinct"]]
                return [f"{target} = float(s[{at}])"]
            case "elapsed":
                past = f"w{plan.at[structures['previous']]}"
                within = f" and {past} > {time} - {measure.over}" if measure.over is not None else ""
                return [f"{target} = float({time} - {past}) if {past} != NULL{within} else {empty}"]
            case "last":
                at = plan.at[structures["last"]]
                within = f" and s[{at}] > {time} - {measure.delay + measure.over}" if measure.over is not None else ""
                return [f"{target} = float(s[{at + 1}]) if s[{at}] != NULL{within} else {empty}"]
            case "first" | "min" | "max" if measure.over is None:
                at = plan.at[structures[measure.function]]
                return [f"{target} = float(s[{at}]) if s[{at}] != NULL else {empty}"]
            case "first":
                return self.first_in_window(target, structures["first"], end, empty)
            case _:
                return self.front(target, structures[measure.function], empty)

    def first_in_window(self, target: str, s: Structure, end: str, empty: str) -> list[str]:
        plan, at, width = self.plan, self.plan.at[s], self.plan.ring_words
        tail = plan.pointer[s.window[0] + (s.window[1] or 0)]
        lead = f"s[{plan.pointer[s.window[0]]}]" if s.window[0] else end
        flag, word, value = 1 + s.flag // 62, s.flag % 62, plan.value_word(s.value)
        return [
            f"b = s[{at}]",
            f"if b < s[{tail}]:",
            f" b = s[{tail}]",
            f"while b < {lead} and (A[at + (b & mask) * {width} + {flag}] >> {word}) & 1 == 0:",
            " b += 1",
            f"s[{at}] = b",
            f"{target} = float(A[at + (b & mask) * {width} + {value}]) if b < {lead} else {empty}",
        ]

    def front(self, target: str, s: Structure, empty: str) -> list[str]:
        plan, at, width = self.plan, self.plan.at[s], self.plan.ring_words
        tail, column = plan.pointer[s.window[0] + (s.window[1] or 0)], plan.deque_word(s)
        return [
            f"b = s[{at}]",
            f"c = s[{at + 1}]",
            f"d = s[{tail}]",
            f"while b < c and A[at + (b & mask) * {width} + {column}] < d:",
            " b += 1",
            f"s[{at}] = b",
            "if b < c:",
            f" {target} = float(A[at + (A[at + (b & mask) * {width} + {column}] & mask) * {width} + {plan.value_word(s.value)}])",
            "else:",
            f" {target} = {empty}",
        ]


def initial(plan: Plan) -> list[int]:
    """The state row of a key never seen: zeros, and NULL where nothing is known yet."""
    null = -(2**63)
    row = [0] * plan.words
    row[3] = null
    for s in plan.structures:
        if s.role in ("last", "previous") or (s.role in ("first", "min", "max") and s.window[1] is None):
            width = (2 if s.role == "last" else 1) * (2 if s.window[1] is None else 1)
            for word in range(width):
                row[plan.at[s] + word] = null
    return row

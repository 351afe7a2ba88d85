"""A policy made ready to run: the source of its kernel, in CPython or compiled once and kept.

A kernel file holds everything that is compiled together: the runtime, the level machine, one
function for each key, and the rules. It is written to the kernel folder under the digest of its
text, and numba keeps the machine code beside it; an unchanged policy starts without compiling.
"""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tocsin.credit import watch
from tocsin.engine.inputs import Inputs
from tocsin.engine.kernels import written
from tocsin.policy import arithmetic, code, tree, words
from tocsin.policy.policy import Policy
from tocsin.policy.types import Type
from tocsin.signals import generate, runtime
from tocsin.signals.plan import Plan, plans
from tocsin.values.kernel import kernel_text, run

AGAIN = "again_"
"""Inputs of a fact counted before that is only assessed again: the rules that had fired; NULL otherwise."""
_COMPILED = '''"""Generated. Do not edit: written from a policy, under the digest of its text."""
import math
from typing import Any

import numpy as np
from numba import njit

from tocsin.signals.prefetch import prefetch

compiled = njit(cache=True, nogil=True, error_model="numpy")
'''
_PLAIN = """import math
from typing import Any

import numpy as np


def compiled(function):
    return function


def prefetch(array, index):
    return None
"""


class Program:
    """The kernel of one policy.

    `columns[name]` is the row of `out` for a signal. `kernel` has `signals_<n>` for each plan,
    `rules`, `watch`, `settle_all`, and, always in CPython, `trace_<n>` for each rule.
    """

    def __init__(self, policy: Policy, folder: Path | None) -> None:
        """`folder` keeps compiled kernels; None runs the same source in CPython, for a few facts."""
        self.policy = policy
        self.inputs = Inputs(policy.timezone)
        self.rule_words = max((len(policy.rules) + 61) // 62, 1)
        self.again = len(self.inputs.slots)
        self.inputs.slots += [tree.Field(f"{AGAIN}{word}", Type("whole")) for word in range(self.rule_words)]
        self.plans: list[Plan] = plans(policy.measures, policy.lateness)
        self.columns: dict[str, int] = {}
        for plan in self.plans:
            for measure, _ in plan.uses:
                self.columns[measure.name] = len(self.columns)
        for derived in policy.derived:
            self.columns[derived.name] = len(self.columns)
        self.watch_slot = self.inputs.key_slot((policy.watch,))
        for rule in policy.rules:
            for name in (
                name
                for text in rule.say.values()
                for _, name, _ in words.placeholders(text)
                if name not in self.columns
            ):
                self.inputs.slot(tree.Field(name, policy.catalogue[name].type))
        self.source = self._source()
        leant_on = kernel_text(arithmetic) + "\n\n" + kernel_text(runtime)
        self.traces = run(_PLAIN + leant_on + self._traces(), "traces")
        text = leant_on + kernel_text(watch) + self.source
        self.kernel: Any = run(_PLAIN + text, "plain") if folder is None else _compiled(_COMPILED + text, folder)
        self.cool_off = np.array([0, *(level.cool_off for level in policy.levels)], np.int64)
        self.ranks = np.zeros((len(policy.levels) + 1, self.rule_words), np.int64)
        for index, rule in enumerate(policy.rules):
            self.ranks[rule.level, index // 62] |= 1 << index % 62

    def _source(self) -> str:
        inputs = generate.Inputs(self.inputs.slot, self.inputs.key_slot, self.inputs.word, self.again)
        parts, first = [], 0
        for index, plan in enumerate(self.plans):
            parts.append(generate.kernel(str(index), plan, inputs, first))
            first += len(plan.uses)
        return "".join(parts) + self._rules() + self._fold()

    def _rules(self) -> str:
        """`rules(n, base, order, X, out, fired, held, top, score)`: derived signals, then every rule."""
        names = _Columns(self)
        lines: list[str] = []
        for derived in self.policy.derived:
            lines.append(f"s{self.columns[derived.name]} = {code.value(derived.value, names)}")
            lines.append(f"out[{self.columns[derived.name]}, o] = s{self.columns[derived.name]}")
            names.local.add(derived.name)
        for index, rule in enumerate(self.policy.rules):
            word, bit = divmod(index, 62)
            lines.append(f"b = np.int64({code.condition(rule.when, names)})")
            lines.append(f"w{word} |= b << {bit}")
            lines.append(f"points += b * {rule.points}")
            lines.append(f"level = max(level, b * {rule.level})")
            if rule.holds_while is not None:
                lines.append(f"h{word} |= np.int64({code.condition(rule.holds_while, names)}) << {bit}")
        loads = [f"f{slot} = known(X[{slot}, r])" for slot in sorted(names.slots)]
        loads += [f"s{row} = out[{row}, o]" for row in sorted(names.rows)]
        starts = [f"{mask}{word} = np.int64(0)" for word in range(self.rule_words) for mask in "wh"]
        ends = [f"fired[o, {word}] = w{word}" for word in range(self.rule_words)]
        ends += [f"held[o, {word}] = h{word}" for word in range(self.rule_words)]
        body = [
            "r = order[i]",
            "o = i - base",
            *loads,
            "points = np.int64(0)",
            "level = np.int64(0)",
            *starts,
            *lines,
            *ends,
        ]
        body += ["score[o] = points", "top[o] = level"]
        head = [
            "@compiled",
            "def rules(lo, hi, base, order, X, out, fired, held, top, score):",
            " for i in range(lo, hi):",
        ]
        return "\n".join([*head, *("  " + line for line in body)]) + "\n"

    def _fold(self) -> str:
        """`fold(…)`: all stages over a batch, a share of facts at a time, in one call.

        `progress` is where it stands: next fact, level changes so far. Returns -1 when done, else
        the number of the plan whose arena must grow before it is called again.
        """
        states = [f"S{i}, A{i}, ctl{i}" for i in range(len(self.plans))]
        arguments = "progress, n, share, order, X, out, fired, held, top, score, level, told, changes"
        lines = [
            f"def fold({', '.join([arguments, 'slot, again, cool_off, ranks, W', *states])}):",
            " while progress[0] < n:",
            "  lo = progress[0]",
            "  hi = min(lo + share, n)",
        ]
        for index in range(len(self.plans)):
            # ctl[2] is how far this key has come: another one may have stopped to grow.
            lines += [
                f"  ctl{index}[2] = signals_{index}(max(lo, ctl{index}[2]), hi, 0, order, X, {states[index]}, out)",
                f"  if ctl{index}[2] < hi:",
                f"   return {index}",
            ]
        lines += [
            "  rules(lo, hi, 0, order, X, out, fired, held, top, score)",
            "  progress[1] = watch(lo, hi, 0, order, slot, again, X, fired, held, top, cool_off, ranks, W, level, told, changes, progress[1])",
            "  progress[0] = hi",
            " return -1",
        ]
        return "\n\n\n@compiled\n" + "\n".join(lines) + "\n"

    def _traces(self) -> str:
        """`trace_<n>(…)`: for each single condition of rule n its two sides and whether it is true.

        It takes the values the rule reads, in the order of `reads[n]`.
        """
        parts = []
        self.reads: list[list[Read]] = []
        for index, rule in enumerate(self.policy.rules):
            names = _Arguments(self)
            rows = []
            for leaf in tree.leaves(rule.when):
                left, right = sides(leaf)
                truth = code.condition(leaf, names)
                shown = "NAN" if right is None else code.value(right, names)
                rows.append(f"({code.value(left, names)}, {shown}, {truth}),")
            arguments = ", ".join(names.reads)
            self.reads.append(list(names.reads.values()))
            parts.append(f"\n\ndef trace_{index}({arguments}):\n    return (" + " ".join(rows) + ")\n")
        return "".join(parts)


Read = tuple[bool, int]
"""A value of a fact: (is a signal, its row of the signals or of the inputs)."""


def sides(leaf: tree.Compare | tree.IsNull | tree.Test) -> tuple[tree.Expr, tree.Expr | None]:
    """What was observed, and what it was held against."""
    if isinstance(leaf, tree.Compare):
        return leaf.left, leaf.right
    return leaf.operand, None


class _Columns:
    """Leaves in the rules kernel: fields from X, signals from out or just reckoned."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.slots: set[int] = set()
        self.rows: set[int] = set()
        self.local: set[str] = set()

    def field(self, field: tree.Field) -> str:
        slot = self.program.inputs.slot(field)
        self.slots.add(slot)
        return f"f{slot}"

    def signal(self, name: str) -> str:
        row = self.program.columns[name]
        if name not in self.local:
            self.rows.add(row)
        return f"s{row}"

    def word(self, word: tree.Word) -> str:
        return f"{self.program.inputs.word(word)}.0"


class _Arguments:
    """Leaves in a trace: arguments, in the order in which they are first read."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.reads: dict[str, Read] = {}

    def field(self, field: tree.Field) -> str:
        slot = self.program.inputs.slot(field)
        self.reads[f"f{slot}"] = (False, slot)
        return f"f{slot}"

    def signal(self, name: str) -> str:
        row = self.program.columns[name]
        self.reads[f"s{row}"] = (True, row)
        return f"s{row}"

    def word(self, word: tree.Word) -> str:
        return f"{self.program.inputs.word(word)}.0"


def _compiled(text: str, folder: Path) -> ModuleType:
    """Under a digest that knows of what numba does not notice: a change in the one function of another file."""
    from tocsin.signals import prefetch

    return written("kernel", f"{text}# {hashlib.sha256(inspect.getsource(prefetch).encode()).hexdigest()}\n", folder)

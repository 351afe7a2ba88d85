"""Decisions in words: what a rule saw, against what, in which window, and its sentence.

The values were recorded when it happened; the policy version that decided gives them their words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tocsin.engine.assess import Engine
from tocsin.engine.decide import Fired, reads
from tocsin.engine.inputs import Dictionary
from tocsin.engine.program import sides
from tocsin.engine.warnings import Warner
from tocsin.policy import tree
from tocsin.policy.policy import Policy


class Explainer:
    """Explains what one policy version decided."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.engine = Engine(policy)
        self.warner = Warner(self.engine)
        self.places = {rule.name: place for place, rule in enumerate(policy.rules)}
        self.reads = reads(self.engine)
        self.texts = [[sides(leaf)[0].type.base == "text" for leaf in tree.leaves(rule.when)] for rule in policy.rules]
        self.known = {name: len(words.words) for name, words in self.engine.program.inputs.dictionaries.items()}

    def level(self, rank: int) -> str | None:
        return self.policy.levels[rank - 1].name if rank else None

    def explained(self, fired: Fired, languages: Sequence[str] = ("en", "zh")) -> dict[str, Any]:
        """A fired rule with its true conditions and its sentences in these languages.

        `observed` and `threshold` are numbers in the units of the assessments (None where they are
        texts or unknown), `…_text` the same for a person.
        """
        place = self.places[fired.rule]
        rule = self.policy.rules[place]
        values = fired.values
        codes = {read: self._code(values.get(name), words) for name, (read, words) in self.reads[place].items()}
        arguments = [codes[read] for read in self.engine.program.reads[place]]
        conditions = []
        traced = self.warner.traces[place](*arguments)
        for leaf, text, (left, right, true) in zip(self.warner.leaves[place], self.texts[place], traced, strict=True):
            if true:
                conditions.append(
                    {
                        "condition": leaf.condition,
                        "observed": None if text else _number(left),
                        "observed_text": leaf.left(left),
                        "threshold": None if text else _number(right),
                        "threshold_text": leaf.fixed or (leaf.right(right) if leaf.right is not None else None),
                        "window": leaf.window,
                    }
                )
        said = {
            language: "".join(
                part.text + (part.show(codes[part.read]) if part.show is not None else "")
                for part in self.warner.says[language][place]
            )
            for language in languages
        }
        if any(isinstance(value, str) for value in values.values()):
            for name, size in self.known.items():
                self.engine.program.inputs.dictionaries[name].forget(size)
        return {
            "rule": rule.name,
            "level": self.level(rule.level),
            "points": rule.points,
            "warned": fired.warned,
            "conditions": conditions,
            "say": said,
        }

    def _code(self, value: float | str | None, words: Dictionary | None) -> float:
        if value is None:
            return math.nan
        if isinstance(value, str):
            assert words is not None
            return float(words.code(value))
        return float(value)


def _number(value: float) -> float | int | None:
    if value != value:
        return None
    return int(value) if value.is_integer() else value

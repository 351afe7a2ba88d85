"""The ladder of a section: its rungs, in the order in which they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from tocsin.credit.arms import Experiment
from tocsin.credit.collection import document
from tocsin.credit.collection.strategy import Step
from tocsin.values.document import Path
from tocsin.values.problem import did_you_mean

if TYPE_CHECKING:
    from tocsin.credit.collection.section import Section


class Steps:
    def __init__(
        self, section: Section, treatments: Collection[str], segments: Sequence[str], experiments: Iterable[Experiment]
    ) -> None:
        self.section = section
        self.treatments = treatments
        self.segments = segments
        self.arms = {one.name: [arm for arm, _ in one.arms] for one in experiments}

    def read(self, given: Sequence[document.StepDocument | None]) -> tuple[Step, ...]:
        found = []
        for number, spec in enumerate(given):
            path: Path = ("ladder", number)
            if spec is not None:
                found.append(self.step(path, number, spec))
            elif self.section.source.data["ladder"][number] is None:
                self.section.wrong(path, "this step says nothing", "write {at: 1, do: reminder}")
        if not given and "ladder" in self.section.source.data:
            self.section.wrong(("ladder",), "the ladder has no step", "add one, as {at: 1, do: reminder}")
        return tuple(found)

    def step(self, path: Path, number: int, spec: document.StepDocument) -> Step:
        wrong = self.section.wrong
        if spec.do not in self.treatments:
            wrong((*path, "do"), f"unknown treatment '{spec.do}'", did_you_mean(spec.do, self.treatments))
        for place, name in enumerate(spec.segments):
            if name not in self.segments:
                wrong((*path, "segments", place), f"unknown segment '{name}'", did_you_mean(name, self.segments))
        if spec.every is not None and spec.every >= spec.lasting:
            what = f"every {spec.every} days does not come again within {spec.lasting} days"
            wrong((*path, "every"), what, "lengthen 'for', or leave 'every' out")
        arms = []
        for experiment, named in spec.arms.items():
            if experiment not in self.arms:
                remedy = did_you_mean(experiment, self.arms)
                wrong((*path, "arms", experiment, "\0key"), f"unknown experiment '{experiment}'", remedy)
                continue
            for arm in [named] if isinstance(named, str) else named:
                if arm not in self.arms[experiment]:
                    remedy = did_you_mean(arm, self.arms[experiment])
                    wrong((*path, "arms", experiment), f"unknown arm '{arm}'", remedy)
                arms.append((experiment, arm))
        return Step(
            number=number,
            at=spec.at,
            lasting=spec.lasting,
            treatment=spec.do,
            when=None if spec.when is None else self.section.condition((*path, "when"), spec.when),
            segments=tuple(spec.segments),
            arms=tuple(arms),
            every=spec.every or 0,
        )

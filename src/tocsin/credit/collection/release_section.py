"""The section `release` of a policy: how restrictions are assessed and end. Every mistake at once, with place and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.credit.collection.compiling import compiled
from tocsin.credit.collection.features import CATALOGUE, FEATURES
from tocsin.credit.collection.held import HELD_FEATURES
from tocsin.credit.collection.section import Section
from tocsin.credit.restriction.document import FactorDocument, ReleaseDocument, RequirementDocument
from tocsin.credit.restriction.terms import FACTORS, Factor, Line, Need, Release
from tocsin.policy.check import PLACEHOLDER, Setting
from tocsin.policy.reading import by_place
from tocsin.policy.types import FLAG, Catalogue, Entry
from tocsin.values.document import Path, Source
from tocsin.values.problem import Refused, did_you_mean

NAME = "release"
KNOWN: Catalogue = {**CATALOGUE, **{name: Entry(one.type, "fact") for name, one in HELD_FEATURES.items()}}
"""What a condition of release may read, beside whether requirements are met."""
_LEAST: dict[str, Any] = {"factors": {name: {"shows": "credit_score"} for name in FACTORS}}


def read(source: Source, setting: Setting) -> Release:
    """How restrictions are released, of the section's data with its places. Refused with every mistake."""
    names = source.data.get("requirements")
    needs = {str(name): Entry(FLAG, "fact") for name in names} if isinstance(names, dict) else {}
    return _Section(source, setting, needs).release()


class _Section(Section):
    def __init__(self, source: Source, setting: Setting, needs: Mapping[str, Entry]) -> None:
        super().__init__(source, setting.currency, {**needs, **KNOWN})
        self.setting, self.own = setting, needs

    def release(self) -> Release:
        parsed = self.parsed(self.source.data, ReleaseDocument, _LEAST)
        if "collection" not in self.setting.sections:
            remedy = "add 'collection:' to the policy: release rests on positions and ability"
            self.wrong((), "release needs the section 'collection'", remedy)
        for key in ("large", "anomalies"):
            for name in getattr(parsed, key):
                if name not in self.setting.rules:
                    self.wrong((key,), f"there is no rule '{name}'", did_you_mean(name, self.setting.rules))
        factors = tuple(self.factor(name, getattr(parsed.factors, name)) for name in FACTORS)
        needs = {name: self.need(name, given) for name, given in parsed.requirements.items()}
        refuse = None if parsed.refuse_when is None else self.condition(("refuse_when",), parsed.refuse_when)
        appeal = self.duration(("appeal",), parsed.appeal) or 0
        levels = list(self.setting.levels)
        if parsed.four_eyes is not None and parsed.four_eyes not in levels:
            self.wrong(
                ("four_eyes",), f"there is no level '{parsed.four_eyes}'", did_you_mean(parsed.four_eyes, levels)
            )
        if self.problems:
            raise Refused(*sorted(self.problems, key=by_place))
        made = compiled(self.conditions, (), catalogue=self.catalogue)
        return Release(
            factors=factors,
            needs=needs,
            truths=made.truths,
            reads=made.reads | {one.shows for one in factors},
            conditions=tuple(self.texts[0]),
            large=frozenset(parsed.large),
            anomalies=frozenset(parsed.anomalies),
            refuse_when=refuse,
            four_eyes=() if parsed.four_eyes is None else tuple(levels[levels.index(parsed.four_eyes) :]),
            appeal=appeal,
            enough=parsed.enough,
            daily=any(_drifts(name) for name in made.reads),
        )

    def factor(self, name: str, given: FactorDocument) -> Factor:
        path: Path = ("factors", name)
        if given.shows not in self.catalogue:
            remedy = did_you_mean(given.shows, self.catalogue)
            self.wrong((*path, "shows"), f"there is no feature '{given.shows}'", remedy)
        lines = []
        for place, line in enumerate(given.lines):
            here: Path = (*path, "lines", place)
            if (line.days != 0) + line.bars + line.ends > 1:
                self.wrong(here, "a line has one effect", "give one of 'days', 'bars' and 'ends'")
            when = -1 if line.when is None else self.condition((*here, "when"), line.when)
            for language, text in line.say.model_dump().items():
                for slot in PLACEHOLDER.findall(text):
                    if slot not in ("value", "value:percent"):
                        self.wrong(
                            (*here, "say", language), f"there is no {{{slot}}} here", "write {value} or {value:percent}"
                        )
            lines.append(Line(when, line.say.model_dump(), line.days, line.bars, line.ends))
        return Factor(name, given.shows, tuple(lines))

    def need(self, name: str, given: RequirementDocument) -> Need:
        path: Path = ("requirements", name)
        if name in KNOWN:
            self.wrong((*path, "\0key"), f"'{name}' is a feature already", "give the requirement another name")
        met = None if given.met_when is None else self.condition((*path, "met_when"), given.met_when)
        means = {key: self.worth((*path, "means", key), key, value) for key, value in given.means.items()}
        return Need(
            name, given.title.model_dump(), given.kind, given.within, given.needed, met, tuple(means.items())
        )  # fmt: skip

    def worth(self, path: Path, name: str, given: int | str | bool) -> float:
        """What a feature is worth, as conditions read it: money in minor units, flags 0 or 1."""
        entry = self.catalogue.get(name)
        if entry is None:
            self.wrong(path, f"there is no feature '{name}'", did_you_mean(name, self.catalogue))
            return 0.0
        if entry.type.base == "money":
            return float(self.amount(path, given))
        try:
            if entry.type.base == "text":
                raise ValueError
            return float(given)
        except ValueError:
            self.wrong(
                path, f"'{given}' is no value of '{name}', which is {entry.type}", "write a number, true or false"
            )
            return 0.0


def _drifts(name: str) -> bool:
    if name in FEATURES:
        return FEATURES[name].drifts
    return name in HELD_FEATURES and HELD_FEATURES[name].drifts

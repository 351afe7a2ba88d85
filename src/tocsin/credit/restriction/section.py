"""The section `restrictions` of a policy: every mistake at once, each with its place and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.credit.restriction.document import HoldDocument, RestrictionsDocument, ScopeDocument
from tocsin.credit.restriction.terms import Hold, Release, Restraints, Scope, Stage
from tocsin.policy.check import Setting
from tocsin.policy.reading import Reader, by_place
from tocsin.values import money
from tocsin.values.calendar import DAY
from tocsin.values.document import Path, Source
from tocsin.values.problem import Refused, did_you_mean

NAME = "restrictions"
_LEAST: dict[str, Any] = {"holds": {}}


def read(source: Source, setting: Setting) -> Restraints:
    """Restraints of the section's data with its places. Refused with every mistake."""
    return _Section(source, setting).restraints()


class _Section(Reader):
    def __init__(self, source: Source, setting: Setting) -> None:
        super().__init__(source, {}, setting.currency)
        self.setting = setting
        release = setting.sections.get("release")
        self.needs = list(release.needs) if isinstance(release, Release) else None

    def restraints(self) -> Restraints:
        parsed = self.parsed(self.source.data, RestrictionsDocument, _LEAST)
        for section in ("collection", "release"):
            if section not in self.setting.sections:
                self.wrong((), f"restrictions need the section '{section}'", f"add '{section}:' to the policy")
        holds = {name: self.hold(("holds", name), name, given) for name, given in parsed.holds.items()}
        acknowledge = self.duration(("acknowledge",), parsed.acknowledge) or 0
        if self.problems:
            raise Refused(*sorted(self.problems, key=by_place))
        return Restraints(holds, acknowledge)

    def hold(self, path: Path, name: str, given: HoldDocument) -> Hold:
        self.known((*path, "on"), given.on, self.setting.rules, "rule")
        if given.level is not None:
            self.known((*path, "level"), [given.level], self.setting.levels, "level")
        if self.needs is not None:
            self.known((*path, "requirements"), given.requirements, self.needs, "requirement")
        if not given.least <= given.days <= given.most:
            what = f"{given.days} days are not between {given.least} and {given.most}"
            self.wrong((*path, "days"), what, "give 'least' ≤ 'days' ≤ 'most'")
        if given.does == "limit_cut" and given.stages:
            self.wrong((*path, "stages"), "a limit cut has no stages", "leave 'stages' out")
        if given.does != "limit_cut" and given.keep is not None:
            self.wrong((*path, "keep"), f"'keep' belongs to a limit cut, this is a {given.does}", "leave it out")
        if given.strength == "hard" and given.held_out:
            self.wrong((*path, "held_out"), "nobody is held out from a hard hold", "leave 'held_out' out")
        at = [stage.at for stage in given.stages]
        if at != sorted(set(at)):
            self.wrong((*path, "stages"), "stages do not follow one another", "give each a higher 'at' than before")
        levels = list(self.setting.levels)
        review = self.duration((*path, "review"), given.review)
        expires = self.duration((*path, "expires"), given.expires)
        return Hold(
            name=name,
            title=given.title.model_dump(),
            say=given.say.model_dump(),
            type=given.does,
            strength=given.strength,
            rules=frozenset(given.on),
            level=levels.index(given.level) + 1 if given.level in levels else 0,
            days=given.days,
            least=given.least,
            most=given.most,
            needs=tuple(given.requirements),
            stages=tuple(
                Stage(
                    stage.at,
                    self.amount((*path, "stages", place, "up_to"), stage.up_to),
                    self.amount((*path, "stages", place, "a_day"), stage.a_day),
                )
                for place, stage in enumerate(given.stages)
            ),
            review=review,
            expires=max(given.most, 1) * DAY if review is None and expires is None else expires,
            automatic=given.automatic,
            held_out=given.held_out,
            keep=given.keep,
            scope=self.scope((*path, "scope"), given.scope),
        )

    def scope(self, path: Path, given: ScopeDocument) -> Scope:
        return Scope(
            tuple(given.merchants),
            tuple(given.countries),
            tuple(given.channels),
            tuple(given.devices),
            given.card_present,
            self.amount((*path, "above"), given.above),
        )

    def known(self, path: Path, names: Sequence[str], among: Any, what: str) -> None:
        for name in names:
            if name not in among:
                self.wrong(path, f"there is no {what} '{name}'", did_you_mean(name, among) or f"name a {what} there is")

    def amount(self, path: Path, given: int | str | None) -> int | None:
        """An amount in minor units."""
        if given is None:
            return None
        try:
            found = money.minor(str(given), self.currency)
            if not 0 < found <= money.MAX_MINOR:
                raise ValueError(f"{given!r} is not an amount")
        except ValueError as error:
            self.wrong(path, str(error), "write an amount as '500.00'")
            return None
        return found

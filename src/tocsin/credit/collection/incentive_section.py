"""The section `incentives` of a policy, read: every mistake at once, each with its place and remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tocsin.credit.arms import Experiment
from tocsin.credit.collection.compiling import compiled
from tocsin.credit.collection.features import CATALOGUE
from tocsin.credit.collection.section import DAY, Section, shared_out
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.incentive import document, occasion
from tocsin.credit.incentive.record import SIDES
from tocsin.credit.incentive.terms import MONEY, RATES, Budget, DueDays, Incentive, Incentives, Tell
from tocsin.credit.incentive.wording import PLACEHOLDERS
from tocsin.facts.incentives import Gives
from tocsin.policy.check import Setting
from tocsin.policy.document import Say
from tocsin.policy.reading import by_place
from tocsin.values.document import Path, Source
from tocsin.values.problem import Refused, did_you_mean

NAME = "incentives"
_PURPOSES: Mapping[Gives, str] = {
    **dict.fromkeys((one for one, side in SIDES.items() if side == "reward"), "plan_service"),
    "late_fee": "statutory_notice",
    "penalty_rate": "statutory_notice",
    "bureau_record": "bureau_notice",
    "blacklist": "statutory_notice",
}
_NOTICED = ("penalty_rate", "bureau_record")
"""What is in force only once the person was told."""


def read(source: Source, setting: Setting) -> Incentives:
    """Incentives of a section's data with its places. Refused with every mistake."""
    return _Section(source, setting.currency, {**CATALOGUE, **occasion.CATALOGUE}).incentives(setting)


class _Section(Section):
    def incentives(self, setting: Setting) -> Incentives:
        parsed = self.parsed(self.source.data, document.IncentivesDocument, {})
        if not isinstance(setting.sections.get("collection"), Strategy):
            self.wrong((), "incentives need the laws and terms of a section 'collection'", "add 'collection:'")
        experiments = shared_out(self, parsed.experiments)
        found: dict[str, Incentive] = {}
        sides: tuple[tuple[str, Mapping[str, document.RewardDocument] | Mapping[str, document.PenaltyDocument]], ...]
        sides = (("rewards", parsed.rewards), ("penalties", parsed.penalties))
        for side, given in sides:
            for name, spec in given.items():
                if name in found:
                    what = f"'{name}' is both a reward and a penalty"
                    self.wrong((side, name, "\0key"), what, "give each a name of its own")
                found[name] = self.incentive((side, name), name, spec, experiments)
        budget = self.budget(parsed.budget, found)
        due = parsed.due_days
        every = self.whole(("due_days", "every"), due.every, DAY, "days")
        if due.first > due.last:
            self.wrong(
                ("due_days", "first"), "the first due day lies behind the last", "write 'first: 1' and 'last: 28'"
            )
        if self.problems:
            raise Refused(*sorted(self.problems, key=by_place))
        made = compiled(self.conditions, self.sums, catalogue=self.catalogue)
        return Incentives(
            incentives=found,
            budget=budget,
            experiments=experiments,
            due_days=DueDays(every, due.first, due.last),
            truths=made.truths,
            amounts=made.amounts,
            reads=made.reads - set(occasion.CATALOGUE),
            conditions=tuple(self.texts[0]),
            sums=tuple(self.texts[1]),
        )

    def incentive(
        self,
        path: Path,
        name: str,
        spec: document.RewardDocument | document.PenaltyDocument,
        experiments: Sequence[Experiment],
    ) -> Incentive:
        gives = spec.gives
        self.fits(path, spec)
        return Incentive(
            name=name,
            title={"en": name, "zh": name} if spec.title is None else {"en": spec.title.en, "zh": spec.title.zh},
            gives=gives,
            when=self.condition((*path, "when"), spec.when),
            say=self.say((*path, "say"), spec.say),
            amount=None if spec.amount is None else self.sum((*path, "amount"), spec.amount),
            most=None if spec.most is None else self.amount((*path, "most"), spec.most),
            rate=None if spec.rate is None else self.points((*path, "rate"), spec.rate),
            lasting=None if spec.lasting is None else self.whole((*path, "for"), spec.lasting, DAY, "days"),
            every=0 if spec.every is None else self.whole((*path, "every"), spec.every, DAY, "days"),
            arms=self.arms(path, spec.arms, experiments),
            tell=None if spec.tell is None else Tell(tuple(spec.tell.by), spec.tell.template, _PURPOSES[gives]),
        )

    def fits(self, path: Path, spec: document.RewardDocument | document.PenaltyDocument) -> None:
        """Money has an amount, a rate has a rate, and a notice is given by a text."""
        gives = spec.gives
        for key, given, kinds in (("amount", spec.amount, MONEY), ("rate", spec.rate, RATES)):
            if (given is None) == (gives in kinds):
                what = f"'{gives}' needs '{key}'" if gives in kinds else f"'{gives}' has no '{key}'"
                self.wrong(
                    path if given is None else (*path, key),
                    what,
                    f"add '{key}:'" if given is None else f"leave '{key}' out",
                )
        if gives in _NOTICED and spec.tell is None:
            self.wrong(path, f"'{gives}' comes into force only once the person was told", "add 'tell:'")

    def say(self, path: Path, given: Say) -> dict[str, str]:
        found = {"en": given.en, "zh": given.zh}
        for language, text in found.items():
            for name in re.findall(r"\{([^{}]*)\}", text):
                if name not in PLACEHOLDERS:
                    self.wrong((*path, language), f"unknown placeholder '{name}'", did_you_mean(name, PLACEHOLDERS))
            if re.sub(r"\{[^{}]*\}", "", text).strip("{}") != re.sub(r"\{[^{}]*\}", "", text):
                self.wrong((*path, language), "a brace stands alone", "write a placeholder as '{amount}'")
        return found

    def arms(
        self, path: Path, given: Mapping[str, str | list[str]], experiments: Sequence[Experiment]
    ) -> tuple[tuple[str, str], ...]:
        known, found = {one.name: [arm for arm, _ in one.arms] for one in experiments}, []
        for experiment, named in given.items():
            if experiment not in known:
                remedy = did_you_mean(experiment, known)
                self.wrong((*path, "arms", experiment, "\0key"), f"unknown experiment '{experiment}'", remedy)
                continue
            for arm in [named] if isinstance(named, str) else named:
                if arm not in known[experiment]:
                    remedy = did_you_mean(arm, known[experiment])
                    self.wrong((*path, "arms", experiment), f"unknown arm '{arm}'", remedy)
                found.append((experiment, arm))
        return tuple(found)

    def budget(
        self, given: Mapping[str, document.BudgetDocument], incentives: Mapping[str, Incentive]
    ) -> dict[str, Budget]:
        found = {}
        for name, one in given.items():
            path: Path = ("budget", name)
            if name not in incentives:
                self.wrong((*path, "\0key"), f"unknown incentive '{name}'", did_you_mean(name, incentives))
            elif (one.money is None) == (one.count is None):
                self.wrong(
                    path, f"a budget is money or a count, '{name}' has not one of them", "write 'money: 5000.00'"
                )
            elif one.money is not None and incentives[name].gives not in MONEY:
                self.wrong((*path, "money"), f"'{incentives[name].gives}' is no amount of money", "write 'count: 100'")
            elif one.money is not None:
                found[name] = Budget("money", self.amount((*path, "money"), one.money))
            else:
                found[name] = Budget("count", one.count or 0)
        return found

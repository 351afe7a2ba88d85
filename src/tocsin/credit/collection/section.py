"""The section `collection` of a policy to a strategy: every mistake at once, each with its place and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from tocsin.credit import ability, position, promise
from tocsin.credit.arms import Experiment
from tocsin.credit.collection import document
from tocsin.credit.collection.compiling import compiled, marks
from tocsin.credit.collection.features import CATALOGUE, WORDS
from tocsin.credit.collection.steps import Steps
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.collection.treating import Treatments
from tocsin.credit.plan import Keeping, Level
from tocsin.credit.plan import Terms as PlanTerms
from tocsin.policy import tree
from tocsin.policy.check import Setting
from tocsin.policy.reading import Reader, by_place
from tocsin.policy.types import MONEY, Catalogue
from tocsin.values import money
from tocsin.values.document import Path, Source
from tocsin.values.problem import Refused, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NAME = "collection"
DAY, HOUR, MINUTE = 86_400_000_000, 3_600_000_000, 60_000_000
Terms = TypeVar("Terms", bound="DataclassInstance")
_LEAST: dict[str, Any] = {"profile": "CN", "treatments": {}, "ladder": []}


@dataclass(frozen=True, slots=True)
class _Place:
    """What differs from place to place where the lender says nothing. Years are to be confirmed by counsel."""

    language: str
    grace_days: int
    tolerance: str
    limitation_years: int


_PLACES = {
    "CN": _Place("zh", 3, "10.00", 3),  # 容时容差, 中国银行卡行业自律公约 (2013); 民法典 §188
    "US": _Place("en", 0, "0", 3),  # by state 3 to 10 years; the shortest that is common (N.Y. CPLR 214-i)
    "UK": _Place("en", 0, "0", 6),  # Limitation Act 1980 s 5; Scotland 5
}


def read(source: Source, setting: Setting) -> Strategy:
    """A strategy of a section's data with its places. Refused with every mistake."""
    return _Section(source, setting.currency, setting.timezone).strategy()


class Section(Reader):
    """What the parts of a section need to be read: expressions by place, amounts, shares."""

    def __init__(self, source: Source, currency: str, catalogue: Catalogue = CATALOGUE) -> None:
        super().__init__(source, WORDS, currency)
        self.catalogue = catalogue
        self.conditions: list[tree.Expr] = []
        self.sums: list[tree.Expr] = []
        self.texts: tuple[list[str], list[str]] = ([], [])

    def condition(self, path: Path, text: str) -> int:
        """The place of a condition."""
        self.conditions.append(self._read(path, text, True))
        self.texts[0].append(" ".join(text.split()))
        return len(self.conditions) - 1

    def sum(self, path: Path, text: str) -> int:
        """The place of an expression of money."""
        found = self._read(path, text, False)
        if isinstance(found, tree.Number) and found.type.numeric:
            found = tree.Number(Decimal(self.amount(path, str(found.value))), MONEY)
        elif found.type.base not in ("money", "error"):
            self.wrong(path, f"an amount of money is needed here, this is {found.type}", "write 'past_due * 0.10'")
        self.sums.append(found)
        self.texts[1].append(" ".join(text.split()))
        return len(self.sums) - 1

    def _read(self, path: Path, text: str, condition: bool) -> tree.Expr:
        found = self.read(path, text, self.catalogue, condition)
        if any(isinstance(node, tree.Field) and node.aspect == "like" for node in tree.walk(found)):
            self.wrong(path, "LIKE has no use here: every word is known", "write name IN ('a', 'b')")
        return found

    def amount(self, path: Path, given: int | str) -> int:
        """An amount in minor units."""
        try:
            found = money.minor(str(given), self.currency)
            if not 0 <= found <= money.MAX_MINOR:
                raise ValueError(f"{given!r} is not an amount")
        except ValueError as error:
            self.wrong(path, str(error), "write an amount as '5000.00'")
            return 0
        return found

    def points(self, path: Path, given: int | str) -> int:
        """Per cent as basis points."""
        try:
            found = Decimal(str(given)) * 100
            if found != found.to_integral_value() or not 0 <= found <= 100_000:
                raise InvalidOperation
        except InvalidOperation:
            self.wrong(path, f"{shown(str(given))} is not per cent", "write '18.25', with two places at most")
            return 0
        return int(found)

    def whole(self, path: Path, text: str, unit: int, name: str) -> int:
        """A duration in whole units."""
        found = self.duration(path, text) or 0
        if found % unit:
            self.wrong(path, f"{shown(text)} is not in whole {name}", f"write whole {name}")
        return found // unit


def shared_out(section: Section, given: Mapping[str, Mapping[str, int]]) -> tuple[Experiment, ...]:
    """Experiments, whose arms have all of their persons between them."""
    for name, arms in given.items():
        total = sum(arms.values())
        if total != 100 or len(arms) < 2:
            what = f"the shares of '{name}' add up to {total}" if total != 100 else f"'{name}' has one arm"
            section.wrong(("experiments", name), what, "give two arms or more shares that add up to 100")
    return tuple(Experiment(name, tuple(arms.items())) for name, arms in given.items())


class _Section(Section):
    def __init__(self, source: Source, currency: str, timezone: str) -> None:
        super().__init__(source, currency)
        self.timezone = timezone

    def strategy(self) -> Strategy:
        parsed = self.parsed(self.source.data, document.CollectionDocument, _LEAST)
        place = _PLACES[parsed.profile]
        opened = self.condition(("open_when",), parsed.open_when)
        closed = self.condition(("close_when",), parsed.close_when)
        segments = self.segments(parsed.segments)
        of_the_case = len(self.conditions)
        experiments = shared_out(self, parsed.experiments)
        capacity = {
            name: self.whole(("capacity", name), text, MINUTE, "minutes") for name, text in parsed.capacity.items()
        }
        treatments = Treatments(self, capacity).read(parsed.treatments)
        names = [name for name, _ in segments]
        ladder = Steps(self, parsed.treatments, names, experiments).read(parsed.ladder)
        terms = self.terms(parsed.terms, place)
        judged, back = self.ability(parsed.ability)
        plan, keeping = self.plan(parsed.plan, parsed.profile)
        hours = self.whole(("unanswered",), parsed.unanswered, HOUR, "hours")
        if self.problems:
            raise Refused(*sorted(self.problems, key=by_place))
        rungs, daily = marks(self.conditions[:of_the_case])
        made = compiled(self.conditions, self.sums, (opened, closed))
        return Strategy(
            profile=parsed.profile,
            language=parsed.language or place.language,
            segments=segments,
            experiments=experiments,
            treatments=treatments,
            ladder=ladder,
            open_when=opened,
            close_when=closed,
            capacity=capacity,
            truths=made.truths,
            amounts=made.amounts,
            hopes=made.hopes,
            doors=made.doors,
            door_reads=made.door_reads,
            reads=made.reads,
            position=terms,
            ability=judged,
            promise=promise.Terms(parsed.promise.tolerance, parsed.promise.days, self.timezone),
            plan=plan,
            keeping=keeping,
            charge_off=parsed.charges_off,
            unanswered_hours=hours,
            look_back_days=back,
            limitation_years=parsed.limitation_years or place.limitation_years,
            conditions=tuple(self.texts[0]),
            sums=tuple(self.texts[1]),
            marks=tuple(sorted(rungs)),
            daily=daily,
        )

    # -- who is in which segment, and on which arm ---------------------------------------------------------------------

    def segments(self, given: Mapping[str, str | None]) -> tuple[tuple[str, int], ...]:
        found = []
        for number, (name, text) in enumerate(given.items(), start=1):
            if (text is None) != (number == len(given)):
                last = text is not None
                what = f"the last segment, '{name}', has a condition" if last else f"'{name}' has no condition"
                remedy = "add one without a condition for everybody else" if last else "put it last, or add a condition"
                self.wrong(("segments", name), what, remedy)
            found.append((name, -1 if text is None else self.condition(("segments", name), text)))
        return tuple(found) or (("all", -1),)

    # -- terms ---------------------------------------------------------------------------------------------------------

    def terms(self, given: document.TermsDocument, place: _Place) -> position.Terms:
        tolerance = place.tolerance if given.tolerance is None else given.tolerance
        terms = position.Terms(
            currency=self.currency,
            zone=self.timezone,
            grace_days=place.grace_days if given.grace_days is None else given.grace_days,
            tolerance=self.amount(("terms", "tolerance"), tolerance),
        )
        return _with(
            terms,
            days_to_pay=given.days_to_pay,
            minimum_includes_past_due=given.minimum_includes_past_due,
            refunds_pay=given.refunds_pay,
            bucket_rule=given.buckets,
            charge_off_dpd=given.charge_off_days,
            stage_2_dpd=given.stage_2_days,
            stage_3_dpd=given.stage_3_days,
        )

    def ability(self, given: document.AbilityDocument) -> tuple[ability.Terms, int]:
        path: Path = ("ability",)
        costs: dict[str, Any] = {
            name: self.amount((*path, name), amount)
            for name in ("first_adult", "further_adult", "child")
            if (amount := getattr(given, name)) is not None
        }
        terms = _with(
            ability.Terms(**costs),
            reserve=given.reserve,
            able=given.able,
            willing=given.willing,
            sure=given.sure,
            stale=self.duration((*path, "stale"), given.stale),
        )
        return terms, self.whole((*path, "look_back"), given.look_back, DAY, "days")

    def plan(self, given: document.PlanDocument, profile: str) -> tuple[PlanTerms, Keeping]:
        path: Path = ("plan",)
        rates = {
            name: self.points((*path, name), rate)
            for name in ("rate", "bank_rate")
            if (rate := getattr(given, name)) is not None
        }
        levels = None if given.authority is None else self.levels(given.authority)
        terms = _with(
            PlanTerms(jurisdiction=profile),
            **rates,
            max_months=given.max_months,
            minimum=None if given.minimum is None else max(1, self.amount((*path, "minimum"), given.minimum)),
            floor=given.floor,
            comfort=given.comfort,
            parts=given.parts,
            first_after=given.first_after,
            late_fee=given.late_fee,
            valid_days=given.valid_days,
            levels=levels,
        )
        keeping = _with(
            Keeping(zone=self.timezone),
            missed_days=given.missed_days,
            grace_days=given.grace_days,
            missed_limit=given.missed_limit,
            tolerance=None if given.tolerance is None else self.amount((*path, "tolerance"), given.tolerance),
        )
        return terms, keeping

    def levels(self, given: Mapping[str, document.LevelDocument]) -> tuple[Level, ...] | None:
        if not given:
            self.wrong(("plan", "authority"), "there is no level of authority", "name one, or leave 'authority' out")
            return None
        return tuple(
            Level(
                name,
                one.fees,
                one.interest,
                one.principal,
                one.rate_cut,
                None if one.money is None else self.amount(("plan", "authority", name, "money"), one.money),
                one.approvals,
            )
            for name, one in given.items()
        )


def _with(terms: Terms, **given: Any) -> Terms:
    """Terms with what was given; the rest stays as it is."""
    return replace(terms, **{name: value for name, value in given.items() if value is not None})

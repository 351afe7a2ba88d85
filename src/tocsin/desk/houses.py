"""The house of each policy: what beside the book of a person a decision of collections rests on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.credit.collection.house import House
from tocsin.credit.collection.strategy import Bureau, ByHand, Contact, Legal, Offered, Strategy
from tocsin.credit.incentive.terms import Incentives
from tocsin.credit.restriction.terms import Release, Restraints
from tocsin.desk import laws
from tocsin.desk.versions import Versions, content
from tocsin.journal.records import Entry
from tocsin.policy.policy import Policy
from tocsin.values.problem import Problem, Refused, did_you_mean

_YEARS = 2015, 2045
"""Whose public holidays are known."""


@dataclass(frozen=True)
class Lender:
    """What a lender lays over the laws and texts that come with Tocsin: a file and a folder."""

    laws: Path | None = None
    texts: Path | None = None


def house_of(policy: Policy, lender: Lender) -> House | None:
    """The house of a policy; None where it has no section `collection`. Refused where the lender's own is not well."""
    strategy = policy.sections.get("collection")
    if not isinstance(strategy, Strategy):
        return None
    gate = laws.gate(strategy.profile, _YEARS, lender.laws)
    write = laws.writer(strategy.profile, lender.texts, lender.laws)
    restraints, release, earned = (policy.sections.get(name) for name in ("restrictions", "release", "incentives"))
    return House(
        strategy, gate, gate.calendar, write, policy.currency, policy.timezone, {},
        restraints if isinstance(restraints, Restraints) else None, release if isinstance(release, Release) else None,
        earned if isinstance(earned, Incentives) else None,
    )  # fmt: skip


def fits(policy: Policy, lender: Lender) -> None:
    """Refused where a policy cannot be lived by: the lender's own is not well, or a text that it sends is not written."""
    house = house_of(policy, lender)
    if house is None:
        return
    written = laws.texts(lender.texts).written
    problems = [
        Problem(f"there is no template '{template}'", where, did_you_mean(template, written))
        for where, template in _templates(house)
        if template not in written
    ]
    if problems:
        raise Refused(*problems)


def _templates(house: House) -> Iterator[tuple[str, str]]:
    """Every text that a policy sends, and where it says so."""
    for name, treatment in house.strategy.treatments.items():
        way = treatment.way.contact if isinstance(treatment.way, Legal | Bureau) else treatment.way
        if isinstance(way, Contact | ByHand | Offered):
            yield f"collection.treatments.{name}", way.template
    for name, incentive in house.incentives.incentives.items() if house.incentives else ():
        if incentive.tell is not None:
            yield f"incentives.{name}.tell", incentive.tell.template


class Houses:
    """By number of the policy. A fact goes into its book under the policy that was in force; where that knew no
    collections, under the first later one that does: so the log alone says what the books are."""

    def __init__(self, versions: Versions, lender: Lender) -> None:
        self.versions, self.lender = versions, lender
        self._made: dict[int, House | None] = {}
        self._reigns: tuple[list[int], list[House]] = [], []

    def of(self, number: int) -> House | None:
        """The house of a policy; None where it has no section `collection`."""
        if number not in self._made:
            self._made[number] = house_of(self.versions.policy(number), self.lender)
        return self._made[number]

    def at(self, entry: Entry) -> House | None:
        """Under which house a fact goes into its book; None where there is none yet."""
        house = self.of(entry.policy)
        if house is not None:
            return house
        place = bisect_right(self._reigns[0], entry.seq)
        if place == len(self._reigns[0]):
            self._reigns = self._read()
            place = bisect_right(self._reigns[0], entry.seq)
        return self._reigns[1][place] if place < len(self._reigns[0]) else None

    def _read(self) -> tuple[list[int], list[House]]:
        begun, houses = [], []
        for entry in self.versions.journal.acts():
            act = content(entry)
            if act["act"] == "activate" and (house := self.of(act["number"])) is not None:
                begun.append(entry.seq)
                houses.append(house)
        return begun, houses

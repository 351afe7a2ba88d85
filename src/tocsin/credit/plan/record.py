"""What the solver answers: offers, each whole and dated, and for what is not offered, why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tocsin.credit.plan.schedule import Schedule
from tocsin.credit.plan.terms import Debt, Level
from tocsin.values.said import Said


class Kind(StrEnum):
    """Plans in the order in which they are tried."""

    SHORTEST = "shortest"
    LIGHTEST = "lightest"
    RESCHEDULE = "reschedule"
    RELIEF = "relief"
    SETTLEMENT = "settlement"
    SETTLEMENT_IN_PARTS = "settlement_in_parts"

    @property
    def said(self) -> Said:
        return _KINDS[self]


_KINDS = {
    Kind.SHORTEST: Said("Shortest: free of debt as soon as can be afforded", "最短期限:在可承受范围内尽早结清"),
    Kind.LIGHTEST: Said("Lightest: the lowest instalment over the longest term", "最低月供:最长期限、最低每期金额"),
    Kind.RESCHEDULE: Said("Re-schedule: level instalments with room to spare, no large last one", "重新安排:等额分期并留有余地,末期无大额还款"),
    Kind.RELIEF: Said("Relief: no further interest, fees waived", "纾困分期:停计利息,减免费用"),
    Kind.SETTLEMENT: Said("Settlement at once: one payment closes the debt", "一次性结清:一笔还款了结债务"),
    Kind.SETTLEMENT_IN_PARTS: Said("Settlement in few parts", "分次结清:分少数几笔了结债务"),
}  # fmt: skip


class Why(StrEnum):
    """Why a plan is not offered."""

    CAN_PAY = "can_pay"
    UNWILLING = "unwilling"
    NO_SURPLUS = "no_surplus"
    BELOW_MINIMUM = "below_minimum"
    TOO_LONG = "too_long"
    BELOW_FLOOR = "below_floor"
    NO_AUTHORITY = "no_authority"
    UNLAWFUL = "unlawful"
    NOT_NEEDED = "not_needed"
    NOTHING_AT_HAND = "nothing_at_hand"

    @property
    def said(self) -> Said:
        return _WHYS[self]


_WHYS = {
    Why.CAN_PAY: Said("the debt can be paid now: it is no more than a month's surplus and the money at hand", "债务可立即还清:不超过当月结余与现有资金"),
    Why.UNWILLING: Said("the person is not willing to repay", "本人没有还款意愿"),
    Why.NO_SURPLUS: Said("nothing is left after living costs and obligations", "扣除生活费用与其他月供后没有结余"),
    Why.BELOW_MINIMUM: Said("what can be paid is less than the least instalment", "可还金额低于最低每期金额"),
    Why.TOO_LONG: Said("what can be paid does not clear the debt within the longest term", "按可还金额无法在最长期限内结清"),
    Why.BELOW_FLOOR: Said("its present value is below the floor of policy", "现值低于政策底线"),
    Why.NO_AUTHORITY: Said("no level of authority may concede as much", "没有任何权限级别可批准该减免幅度"),
    Why.UNLAWFUL: Said("a rule of law forbids it", "法规不允许"),
    Why.NOT_NEEDED: Said("another offer is the same", "与另一方案相同"),
    Why.NOTHING_AT_HAND: Said("no money at hand for it", "没有可用于结清的现有资金"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waived:
    """What is given up of each part of the debt, minor units."""

    principal: int = 0
    interest: int = 0
    fees: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fees


@dataclass(frozen=True, slots=True)
class Authority:
    """Which level must approve, and what the level below may not do."""

    level: Level
    why: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of law or contract put to an offer; `confirmed` is false where counsel should look again."""

    rule: str
    source: str
    confirmed: bool
    passed: bool
    inputs: tuple[tuple[str, int], ...]
    said: Said


@dataclass(frozen=True, slots=True)
class Offer:
    """One plan. `owed` is the debt less what is waived, `rate` basis points a year, `cut` per cent off the
    contract's rate, `apr` millionths, `present_value` at the bank's own rate."""

    kind: Kind
    start: date
    debt: Debt
    owed: Debt
    waived: Waived
    rate: int
    cut: int
    schedule: Schedule
    months: int
    apr: int
    present_value: int
    authority: Authority
    checks: tuple[Check, ...]

    @property
    def total(self) -> int:
        return sum(row.total for row in self.schedule)

    @property
    def interest(self) -> int:
        """What the plan costs beyond what is owed now."""
        return sum(row.interest for row in self.schedule)

    @property
    def concession(self) -> tuple[int, int, int]:
        """What orders offers: the least given up, then the least cut of the rate, then the soonest done."""
        return self.waived.total, self.cut, self.months


@dataclass(frozen=True, slots=True)
class Declined:
    """A plan that is not offered, or, with `kind` None, the reason why none is."""

    kind: Kind | None
    why: Why
    surplus_needed: int | None = None
    """The least monthly surplus with which a plan could be paid, where that is what is missing."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Offers in the order of their concession, and what is not offered."""

    offers: tuple[Offer, ...]
    declined: tuple[Declined, ...]

    @property
    def best(self) -> Offer | None:
        return self.offers[0] if self.offers else None

    @property
    def refused(self) -> Declined | None:
        """Why nothing is offered; None where something is."""
        return None if self.offers else next(one for one in self.declined if one.kind is None)

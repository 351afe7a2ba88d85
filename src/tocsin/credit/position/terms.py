"""Terms: what an agreement, a regulator or a lender's policy says about ageing, with defaults and their sources.

The defaults are those of a credit card in China. Days past due are counted from the due date, grace
or not; within the grace the account stands in bucket M0 and is classified as not overdue.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from tocsin.credit.position.days import BusinessDays

CLASSES = ("正常", "关注", "次级", "可疑", "损失")
TOP_BUCKET = 7


@dataclass(frozen=True, slots=True)
class Terms:
    """Days are whole days in `zone`, amounts minor units of `currency`."""

    currency: str = "CNY"
    zone: str = "Asia/Shanghai"
    days: Literal["calendar", "business"] = "calendar"
    """How days past due are counted; due dates and grace ends are dates either way."""
    holidays: frozenset[int] = frozenset()
    workdays: frozenset[int] = frozenset()
    """For business days, days since 1970-01-01: weekdays off, and weekend days that are worked."""
    days_to_pay: int = 21
    """Where a statement names no due date. 12 CFR 1026.5(b)(2)(ii): at least 21 days."""
    grace_days: int = 3
    """容时: 中国银行卡行业自律公约 (2013), at least three days."""
    tolerance: int = 1_000
    """容差: 中国银行卡行业自律公约 (2013), at least 10 yuan; so little is not late, it falls due with what comes next."""
    minimum_includes_past_due: bool = True
    """A statement's minimum asks again for what of earlier minimums is unpaid (else each asks for its own alone)."""
    refunds_pay: bool = False
    """A merchant's refund counts as a payment of the minimum."""
    bucket_rule: Literal["days", "cycles"] = "days"
    """M1 = 1-30 days past due … M6 = 151-180, M7 beyond; or the number of unpaid statements past their due date."""
    charge_off_dpd: int = 180
    """65 FR 36903 (FFIEC, 12 June 2000): open-end credit is charged off at 180 days past due."""
    stage_2_dpd: int = 31
    """IFRS 9 5.5.11: more than 30 days past due, credit risk has presumably risen."""
    stage_3_dpd: int = 90
    """IFRS 9 B5.5.37: default is presumably no later than 90 days past due."""
    class_dpd: tuple[int, int, int, int] = (1, 91, 121, 181)
    """关注 1-90, 次级 91-120, 可疑 121-180, 损失 > 180: 商业银行信用卡业务监督管理办法 (2011), 第九十二条.
    (1, 91, 271, 361) would be 商业银行金融资产风险分类办法 (2023)."""
    trend_statements: int = 6
    """Payment cycles that the trend of the payment ratio looks at."""
    re_age_min_age: int = 273
    re_age_payments: int = 3
    re_age_per_year: int = 1
    re_age_per_five_years: int = 2
    """65 FR 36903: open nine months, three minimum payments or their sum, once in 12 and twice in 60 months."""
    ladder: tuple[Rung, ...] = field(init=False, repr=False, compare=False)
    """By counted days past due; the last rung goes on for ever."""
    business: BusinessDays | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ladder", _ladder(self))
        counted = BusinessDays(self.holidays, self.workdays) if self.days == "business" else None
        object.__setattr__(self, "business", counted)


@dataclass(frozen=True, slots=True)
class Rung:
    """What so many days past due mean: for one unpaid amount, and for an account that has nothing older unpaid."""

    bucket: int
    grace: bool
    stage: int
    classification: str
    charge_off_due: bool
    next_own: int = 0
    """The next count of days at which the amount's bucket or its being past due changes; 0 where none does."""
    next_oldest: int = 0
    """The same, and for all else that is said of the account."""


def _ladder(terms: Terms) -> tuple[Rung, ...]:
    top = max(30 * (TOP_BUCKET - 1), terms.charge_off_dpd, terms.stage_3_dpd, *terms.class_dpd, terms.grace_days) + 1
    rungs: list[Rung] = []
    own = oldest = 0
    for days in range(top, -1, -1):
        late = days if days > terms.grace_days else 0
        rung = Rung(
            min((late + 29) // 30, TOP_BUCKET),
            days > late,
            1 + (late >= terms.stage_2_dpd) + (late >= terms.stage_3_dpd),
            CLASSES[sum(late >= step for step in terms.class_dpd)],
            days >= terms.charge_off_dpd,
        )
        if rungs:
            above = rungs[-1]
            own = days + 1 if above.bucket != rung.bucket or days == 0 else own
            same = (above.stage, above.classification, above.charge_off_due, above.grace)
            oldest = days + 1 if same != (rung.stage, rung.classification, rung.charge_off_due, rung.grace) else oldest
            oldest = days + 1 if own == days + 1 else oldest
        rungs.append(replace(rung, next_own=own, next_oldest=oldest))
    return tuple(reversed(rungs))

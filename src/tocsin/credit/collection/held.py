"""Features of a restriction: what conditions of release may read beside those of the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tocsin.credit.collection.evolve_held import FIRST_PARTY
from tocsin.credit.collection.features import Seen, Value
from tocsin.credit.position.days import day_of
from tocsin.credit.restriction.record import Held
from tocsin.policy.types import FLAG, WHOLE, Type
from tocsin.values.calendar import DAY

NORMAL_DAYS = 7
"""Large spending is normal where nothing unusual was seen for so many days before, nor since."""
YEAR = 365


class HeldFeature(NamedTuple):
    """`drifts`: changes from day to day by itself."""

    type: Type
    en: str
    zh: str
    of: Callable[[Seen, Held], Value | bool]
    drifts: bool = False


def _anomalies(seen: Seen, held: Held) -> list[int]:
    """When something unusual happened on the account after the fact that brought the restriction about."""
    release = seen.house.release
    names = release.anomalies if release else frozenset[str]()
    return [one.at for one in seen.book.signs if one.account == held.account and one.rule in names and one.at > held.at]


def _large_normal(seen: Seen, held: Held) -> bool:
    release = seen.house.release
    if release is None or not set(held.reasons) <= release.large:
        return False
    since = held.at - NORMAL_DAYS * DAY
    return not any(
        one.account == held.account and one.rule in release.anomalies and one.at > since for one in seen.book.signs
    )


def _clean_days(seen: Seen, held: Held) -> int:
    last = max([held.at, *_anomalies(seen, held)])
    return max(seen.today - day_of(last, seen.house.zone), 0)


def _fraud(seen: Seen, held: Held) -> str | None:
    """What was last told of fraud on the account."""
    told = [one for one in seen.book.frauds if one.account == held.account]
    return told[-1].state if told else None


def _first_party(seen: Seen, held: Held) -> bool:
    told = [one for one in seen.book.frauds if one.account == held.account]
    return bool(told) and told[-1].state == "confirmed" and told[-1].reason == FIRST_PARTY


def _withdrawn(seen: Seen, held: Held) -> bool:
    """Whether a report was withdrawn since the restriction was imposed, and none stands."""
    told = [one for one in seen.book.frauds if one.account == held.account]
    return bool(told) and told[-1].state == "withdrawn" and told[-1].at >= held.at


def _before(seen: Seen, held: Held) -> int:
    """Earlier restrictions of the person within a year, those that were lifted as wrong left out."""
    return sum(
        one.id != held.id
        and one.type != "override"
        and one.status != "held_out"
        and held.at - YEAR * DAY <= one.at < held.at
        and not any(change.reason in ("appeal_upheld", "report_withdrawn") for change in one.changes)
        and not any(appeal.state == "upheld" for appeal in one.appeals)
        for one in seen.book.restrictions.values()
    )


def _complete(seen: Seen, held: Held) -> int:
    profile = seen.book.profile
    known = (
        profile.name is not None,
        profile.income is not None,
        profile.obligations is not None,
        profile.employment is not None,
        any(one.role == "debtor" and not one.wrong for one in seen.book.points.values()),
    )
    return 100 * sum(known) // len(known)


def _contact_verified(seen: Seen, held: Held) -> bool:
    return any(one.role == "debtor" and one.verified and not one.wrong for one in seen.book.points.values())


HELD_FEATURES: dict[str, HeldFeature] = {
    "days_held": HeldFeature(WHOLE, "Days since the restriction was imposed", "已管控天数", lambda s, h: s.today - day_of(h.at, s.house.zone), True),
    "large_normal": HeldFeature(FLAG, "Large spending alone brought it about, and nothing unusual was seen seven days before or since", "仅因大额消费触发,且前7天及之后均无异常", _large_normal),
    "anomalies": HeldFeature(WHOLE, "Unusual facts on the account since then", "管控后异常事件数", lambda s, h: len(_anomalies(s, h))),
    "clean_days": HeldFeature(WHOLE, "Days without anything unusual since then", "管控后无异常天数", _clean_days, True),
    "fraud_reported": HeldFeature(FLAG, "Fraud is reported on the account", "账户有欺诈报告", lambda s, h: _fraud(s, h) in ("reported", "confirmed")),
    "fraud_confirmed": HeldFeature(FLAG, "Fraud is confirmed on the account", "账户欺诈已证实", lambda s, h: _fraud(s, h) == "confirmed"),
    "fraud_first_party": HeldFeature(FLAG, "Fraud by the customer is proven", "本人欺诈已证实", _first_party),
    "fraud_withdrawn": HeldFeature(FLAG, "A report of fraud was withdrawn since then", "管控后欺诈报告已撤回", _withdrawn),
    "restrictions_before": HeldFeature(WHOLE, "Earlier restrictions of the person within a year, wrong ones left out", "近一年内此前的管控次数(误管控除外)", _before),
    "information_complete": HeldFeature(WHOLE, "Of name, income, obligations, employment and contact point, per cent known", "姓名、收入、负债、就业与联系方式的完整度(%)", _complete),
    "income_verified": HeldFeature(FLAG, "Income was verified", "收入已核实", lambda s, h: s.book.profile.verified),
    "contact_verified": HeldFeature(FLAG, "A contact point was verified", "联系方式已核实", _contact_verified),
}  # fmt: skip

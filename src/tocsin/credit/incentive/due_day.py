"""Another due day on request: granted by rule, or refused with the reason."""

from __future__ import annotations

from tocsin.credit.incentive.record import Asked
from tocsin.credit.incentive.terms import DueDays
from tocsin.credit.position.days import day_of
from tocsin.values.calendar import DAY, dated
from tocsin.values.said import Said

_REASONS = {
    "payday": Said(
        "The due day becomes day {day} of the month: it suits your payday", "还款日改为每月{day}日,与您的发薪日相配"
    ),
    "asked": Said("The due day becomes day {day} of the month, as you asked", "按您的要求,还款日改为每月{day}日"),
    "late": Said("An account that is late keeps its due day", "账户逾期期间不能调整还款日"),
    "ended": Said("Nothing falls due on this account any more", "该账户已无应还款项"),
    "same": Said("Day {day} is the due day already", "每月{day}日已是当前还款日"),
    "days": Said("A due day lies between day {first} and day {last} of the month", "还款日须在每月{first}日至{last}日之间"),
    "too_soon": Said(
        "The due day was changed a short while ago; it may be again from {again} on",
        "还款日近期已调整过,{again}起可再次调整",
    ),
}  # fmt: skip
GRANTED = ("payday", "asked")


def answered(
    day: int, known: tuple[Asked, ...], terms: DueDays, now: int, *, payday: int | None, current: int | None,
    late: bool, ended: bool, zone: str,
) -> tuple[str, Said]:  # fmt: skip
    """The reason for which another due day is granted (one of GRANTED) or refused, and its sentence."""
    last = max((one.at for one in known if one.state == "granted"), default=None)
    again = None if last is None else dated(day_of(last + terms.every * DAY - 1, zone) + 1).isoformat()
    if ended:
        reason = "ended"
    elif late:
        reason = "late"
    elif not terms.first <= day <= terms.last:
        reason = "days"
    elif day == current:
        reason = "same"
    elif last is not None and now - last < terms.every * DAY:
        reason = "too_soon"
    else:
        reason = "payday" if payday is not None and 0 <= day - payday <= 5 else "asked"
    filled = {"day": day, "again": again, "first": terms.first, "last": terms.last}
    said = _REASONS[reason]
    return reason, Said(said.en.format(**filled), said.zh.format(**filled))

"""Authority: the lowest level that may give what an offer gives, and what the level below it may not."""

from __future__ import annotations

from tocsin.credit.plan.record import Authority, Waived
from tocsin.credit.plan.terms import Debt, Level
from tocsin.values.money import written
from tocsin.values.said import Said

NAMES = {"clerk": "经办", "supervisor": "主管", "committee": "委员会"}


def authority(debt: Debt, waived: Waived, cut: int, earlier: int, levels: tuple[Level, ...]) -> Authority | None:
    """The level that decides; None where even the highest may not.

    A person who had a plan within the watch period is never decided by the lowest level alone.
    """
    why: tuple[Said, ...] = (Said("within the limits of the lowest level", "在最低级别权限之内"),)
    for place, level in enumerate(levels):
        over = _exceeded(debt, waived, cut, level)
        if place == 0 and earlier and len(levels) > 1:
            over.append(
                Said(
                    f"{earlier} earlier plan(s) within the watch period, not for the {_name(level).en} alone",
                    f"观察期内已有{earlier}个方案,不能仅由{_name(level).zh}决定",
                )
            )
        if not over:
            return Authority(level, why)
        why = tuple(over)
    return None


def _exceeded(debt: Debt, waived: Waived, cut: int, level: Level) -> list[Said]:
    parts = (
        (Said("fees", "费用"), waived.fees, debt.fees, level.fees),
        (Said("accrued interest", "已计利息"), waived.interest, debt.interest, level.interest),
        (Said("principal", "本金"), waived.principal, debt.principal, level.principal),
    )
    name = _name(level)
    found = [
        Said(
            f"waives {-(-given * 100 // whole)} % of the {part.en}, more than the {limit} % of the {name.en}",
            f"减免{part.zh}{-(-given * 100 // whole)}%,超出{name.zh}的{limit}%",
        )
        for part, given, whole, limit in parts
        if given * 100 > whole * limit
    ]
    if cut > level.rate_cut:
        found.append(
            Said(
                f"cuts the rate by {cut} %, more than the {level.rate_cut} % of the {name.en}",
                f"利率下调{cut}%,超出{name.zh}的{level.rate_cut}%",
            )
        )
    if level.money is not None and waived.total > level.money:
        money, limit = (f"{written(one, debt.currency)} {debt.currency}" for one in (waived.total, level.money))
        found.append(
            Said(f"waives {money}, more than the {limit} of the {name.en}", f"减免{money},超出{name.zh}的{limit}")
        )
    return found


def _name(level: Level) -> Said:
    return Said(level.name, NAMES.get(level.name, level.name))

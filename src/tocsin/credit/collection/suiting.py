"""How and when paying suits a person: the way in which they mostly paid, and their payday before the due date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from tocsin.credit.collection.turn import Turn
from tocsin.credit.position import Position
from tocsin.values import spoken
from tocsin.values.calendar import dated
from tocsin.values.said import Said

_WAYS = {
    "bank_transfer": Said("by bank transfer", "以银行转账"),
    "direct_debit": Said("by direct debit", "以自动扣款"),
    "app": Said("in our app", "通过手机应用"),
    "card": Said("by debit card", "以借记卡"),
    "wallet": Said("by wallet", "以电子钱包"),
    "cash": Said("in cash at a branch", "到网点以现金"),
}
_USUAL = Said("{way}, as you mostly do, on {day}", "可照常{way}于{day}还款")
_FREE = Said("whichever way you like, on {day}", "可以任一方式于{day}还款")


def suits(turn: Turn, accounts: Mapping[str, Position], language: str) -> str:
    """The way and the day, as a text says them."""
    way = usual_way(turn, accounts)
    template = _in(_FREE if way is None else _USUAL, language)
    return template.format(
        way="" if way is None else _in(_WAYS[way], language),
        day=spoken.day(dated(best_day(turn, accounts)), language),
    )


def usual_way(turn: Turn, accounts: Mapping[str, Position]) -> str | None:
    """The way of most of the last payments, the latest where they are even; None where it is not known."""
    ways = [one for id in accounts for one in turn.book.accounts[id].earned.ways if one.method in _WAYS]
    counts, latest = Counter(one.method for one in ways), {one.method: one.at for one in ways}
    return max(counts, key=lambda method: (counts[method], latest[method], method), default=None)


def best_day(turn: Turn, accounts: Mapping[str, Position]) -> int:
    """The last payday before the first due date that is still to come, from today on; else that due date itself."""
    dues = [one.oldest_due for one in accounts.values() if one.oldest_due is not None and one.oldest_due >= turn.today]
    due, payday = min(dues, default=turn.today), turn.book.profile.payday
    for day in range(due, turn.today - 1, -1):
        if payday is not None and _paid_on(day, payday):
            return day
    return due


def _paid_on(day: int, payday: int) -> bool:
    """Whether income comes on this day: on the last of the month where it is shorter."""
    date = dated(day)
    return date.day == payday or (date.day < payday and (date + timedelta(days=1)).month != date.month)


def _in(said: Said, language: str) -> str:
    return said.zh if language == "zh" else said.en

"""Numbers, money and days as a reader of each language writes them. None is a dash."""

from __future__ import annotations

from datetime import date, timedelta

from babel.dates import format_date
from babel.numbers import format_compact_currency, format_currency

from tocsin.faces.report.markup import Both, same, say
from tocsin.values.money import major

DASH = same("–")


def number(value: float | None, places: int = 0) -> Both:
    return DASH if value is None else same(f"{value:,.{places}f}")


def count(value: int, one: str, many: str, zh: str) -> Both:
    """`count(2, "rule", "rules", "条规则")`: '2 rules', '2条规则'."""
    return Both(f"{value:,} {one if value == 1 else many}", f"{value:,}{zh}")


def share(value: float | None) -> Both:
    """0.0084 to '0.84%', 0.43 to '43%': two significant places, and never 0% or 100% by rounding alone."""
    if value is None:
        return DASH
    per_cent = value * 100
    places = 2 if per_cent < 1 else 1 if per_cent < 10 or per_cent > 99 else 0
    text = f"{per_cent:.{places}f}"
    if per_cent > 0 and float(text) == 0:
        return same("<0.01%")
    if per_cent < 100 and float(text) == 100:
        return same(">99.9%")
    return same(text.rstrip("0").rstrip(".") + "%" if "." in text else text + "%")


def times(value: float | None) -> Both:
    if value is None:
        return DASH
    text = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    return Both(f"{text}×", f"{text}倍")


def money(minor: int, currency: str) -> Both:
    """Exact: 123456 fen to 'CN¥1,234.56', '¥1,234.56'."""
    amount = major(minor, currency)
    return Both(format_currency(amount, currency, locale="en"), format_currency(amount, currency, locale="zh_Hans_CN"))


def about(minor: int, currency: str) -> Both:
    """Short: 'CN¥12.3M', '¥1234.6万'."""
    amount = major(minor, currency)
    en, zh = (
        format_compact_currency(amount, currency, locale=locale, fraction_digits=1) for locale in ("en", "zh_Hans_CN")
    )
    return Both(en.replace(".0", ""), zh.replace(".0", ""))


def day(value: date) -> Both:
    return Both(format_date(value, "d MMM yyyy", locale="en"), format_date(value, "yyyy年M月d日", locale="zh_Hans_CN"))


def accounts(value: int) -> Both:
    return count(value, "account", "accounts", "个账户")


def between(low: int, high: int | None, currency: str) -> Both:
    """A range of costs in minor units, from `low` up to, not including, `high`."""
    if high is None:
        return say("{low} or more", "{low}及以上", low=money(low, currency))
    if not low:
        return say("less than {high}", "低于{high}", high=money(high, currency))
    return say("{low} to {high}", "{low}至{high}", low=money(low, currency), high=money(high, currency))


def span(days: int) -> Both:
    return count(days, "day", "days", "天")


def calendar(first: date, last: date) -> list[tuple[date, Both]]:
    """At most about a dozen readable marks on an axis of days: days, weeks, months, quarters or years."""
    length = (last - first).days + 1
    if length <= 90:
        step = next(step for step in (1, 2, 7, 14) if length <= 12 * step)
        days = [first + timedelta(days=number) for number in range(0, length, step)]
        return [(at, Both(format_date(at, "d MMM", locale="en"), f"{at.month}月{at.day}日")) for at in days]
    step = next((step for step in (1, 3) if length <= 30 * 14 * step), 12)
    months = [date(first.year + index // 12, index % 12 + 1, 1) for index in range(length // 28 + 13)]
    marks = [at for at in months if first <= at <= last and (at.month - 1) % step == 0]
    return [(at, _month(at, at == marks[0] or at.month == 1)) for at in marks]


def _month(at: date, with_year: bool) -> Both:
    name = format_date(at, "MMM", locale="en")
    return Both(f"{name} {at.year}", f"{at.year}年{at.month}月") if with_year else Both(name, f"{at.month}月")

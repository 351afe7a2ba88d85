"""Money and dates as people write them in a language, `en` or `zh`."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from babel.numbers import get_currency_symbol

from tocsin.values import money

_LOCALES = {"en": "en_US", "zh": "zh_Hans_CN"}


def amount(minor: int, currency: str, language: str) -> str:
    """123456 CNY is '¥1,234.56' in both languages; USD is '$' in English and 'US$' in Chinese.

    ¥ is always the yuan; the yen is JP¥. A code stands before a space: 'KWD 1.234'.
    """
    if currency == "CNY":
        symbol = "¥"
    elif currency == "JPY":
        symbol = "JP¥"
    else:
        symbol = str(get_currency_symbol(currency, _LOCALES[language]))
    sign = "-" if minor < 0 else ""
    return f"{sign}{symbol}{' ' if symbol == currency else ''}{money.written(abs(minor), currency)}"


def day(given: date, language: str) -> str:
    """'5 March 2026', '2026年3月5日'."""
    if language == "zh":
        return f"{given.year}年{given.month}月{given.day}日"
    return str(format_date(given, "d MMMM y", locale="en_GB"))

"""Money: an integer of minor units with its currency; never a float.

Exponents (2 for CNY, 0 for JPY, 3 for KWD) are those of ISO 4217, read from CLDR.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cache

from babel import numbers
from babel.core import get_global

MAX_MINOR = 10**12
"""The largest amount of one fact, in minor units (ten thousand million CNY). Beyond it an amount is
surely a mistake, and the bound keeps windowed sums and sums of squares exact."""


@cache
def currencies() -> frozenset[str]:
    """The currency codes of ISO 4217 that are legal tender somewhere today."""
    current: set[str] = set()
    for territory in get_global("territory_currencies").values():
        current.update(code for code, _start, end, tender in territory if end is None and tender)
    return frozenset(current)


@cache
def exponent(currency: str) -> int:
    """How many decimal places a currency has (CNY 2, JPY 0, KWD 3)."""
    return int(numbers.get_currency_precision(currency))


def minor(amount: str | Decimal, currency: str) -> int:
    """'5000.00' CNY to 500000 (fen). ValueError where it is no number or has too many places."""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not a number") from None
    if not value.is_finite():
        raise ValueError(f"{amount!r} is not a finite amount")
    scaled = value.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        places = exponent(currency)
        raise ValueError(f"{amount} has more than the {places} decimal places of {currency}")
    return int(scaled)


def major(amount: int, currency: str) -> Decimal:
    """500000 (fen) to Decimal('5000.00') CNY."""
    return Decimal(amount).scaleb(-exponent(currency))


def written(amount: float | int, currency: str) -> str:
    """Money for a person, grouped: 1234567 CNY is '12,345.67'. A mean is rounded half to even."""
    places, whole = exponent(currency), round(amount)
    sign, units = ("-" if whole < 0 else ""), abs(whole)
    return f"{sign}{units // 10**places:,}.{units % 10**places:0{places}}" if places else f"{sign}{units:,}"

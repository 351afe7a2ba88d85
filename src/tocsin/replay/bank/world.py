"""The world the customers live in: what is sold and when, and the countries they may be in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tocsin.replay.bank.draws import Floats, Ints, whole


class Category(NamedTuple):
    """What a merchant sells."""

    mcc: str
    hours: str
    ticket: float
    """A typical one, in units of a person's own."""
    spread: float
    """Sigma of the ticket's logarithm."""
    in_town: float
    """Weight among the shops of a town, and among those online."""
    online: float


CATEGORIES = (
    Category("5411", "shop", 0.7, 0.6, 30, 4),
    Category("5812", "meal", 0.9, 0.5, 25, 0),
    Category("5814", "meal", 0.3, 0.4, 14, 14),
    Category("4111", "ride", 0.1, 0.5, 12, 4),
    Category("5541", "ride", 1.6, 0.3, 5, 0),
    Category("5651", "shop", 2.0, 0.6, 5, 16),
    Category("5732", "web", 6.0, 0.7, 1, 5),
    Category("5311", "shop", 1.5, 0.7, 4, 3),
    Category("5999", "web", 1.0, 0.8, 0, 34),
    Category("5815", "web", 0.3, 0.6, 0, 14),
    Category("4722", "web", 7.0, 0.6, 0, 2),
    Category("7011", "shop", 4.0, 0.5, 1, 1),
    Category("5912", "shop", 0.5, 0.5, 3, 3),
)
MCC_ATM = "6011"
TICKET, SPREAD, IN_TOWN, ONLINE = np.array([category[2:] for category in CATEGORIES], np.float64).T
"""The columns of CATEGORIES."""

HOURS = {  # how busy each hour of the day is, 0 to 9
    "shop": "000000135678766678887520",
    "meal": "100000254238952248975432",
    "ride": "110002798544455579864321",
    "web": "311000123456655556678986",
}


class Country(NamedTuple):
    currency: str
    per_dollar: float
    """Units of the currency in a dollar."""
    income: int
    """A typical monthly one, in units of the currency."""


COUNTRIES = {
    "CN": Country("CNY", 7.1, 9_000),
    "HK": Country("HKD", 7.8, 20_000),
    "JP": Country("JPY", 150, 330_000),
    "KR": Country("KRW", 1350, 3_600_000),
    "TH": Country("THB", 34, 16_000),
    "SG": Country("SGD", 1.34, 5_400),
    "MY": Country("MYR", 4.4, 3_500),
    "ID": Country("IDR", 16_000, 4_500_000),
    "AU": Country("AUD", 1.5, 6_800),
    "US": Country("USD", 1, 4_800),
    "GB": Country("GBP", 0.79, 2_900),
    "DE": Country("EUR", 0.92, 3_300),
    "IN": Country("INR", 84, 30_000),
    "BR": Country("BRL", 5.4, 3_200),
}
"""Nearer ones first, as seen from the first; elsewhere in the package a country is its place in this table."""
CURRENCIES = tuple(country.currency for country in COUNTRIES.values())


def other(home: int, u: Floats) -> Ints:
    """A country that is not home, nearer ones at smaller u."""
    index = whole(u * (len(COUNTRIES) - 1))
    return index + (index >= home)

"""The town: everything an ordinary day or a story needs to know, and how often things happen there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tocsin.replay.bank.draws import Flags, Ints, Keys, draw, keyed, named, whole
from tocsin.replay.bank.people import Course, People
from tocsin.replay.bank.places import COUNTRY, Places
from tocsin.replay.bank.rows import Rows, written


@dataclass(frozen=True)
class Rates:
    """How often things happen. Stories are starts per account and year, spread evenly over time."""

    card_theft: float = 0.10
    """A stolen card or number: a burst of about a dozen purchases that grow bolder."""
    account_takeover: float = 0.05
    """A stranger signs in, changes phone and password, and empties the line."""
    bust_out: float = 0.02
    """Weeks of model conduct, then everything is drawn and nothing is ever paid."""
    job_loss: float = 0.06
    """Income stops for months: honest hardship, never fraud."""
    trip: float = 0.50
    """Some days abroad: honest spending in strange places."""
    skimmed_merchants: float = 0.003
    """Share of merchants that are compromised at any time, each for two to four weeks."""
    skimmed_purchases: float = 0.40
    """Share of purchases there that are followed by a small fraudulent one."""
    reported: float = 0.75
    """Share of frauds that the victim reports."""
    mistaken: float = 0.0004
    """Share of good purchases that are disputed all the same."""
    refunded: float = 0.012
    """Share of good purchases that are wholly or partly refunded."""
    offline: float = 0.01
    """Share of purchases made in person that reach the issuer minutes to two days late."""
    bounced: float = 0.06
    """Share of a struggling customer's direct debits that bounce."""


@dataclass(frozen=True)
class Town:
    seed: Keys
    unit: float
    """Minor units of what one yuan is where the typical monthly income is 9,000."""
    rates: Rates
    places: Places
    people: People
    course: Course

    def keys(self, day: int) -> Keys:
        """One key for each account on a day."""
        return keyed(named(self.people.key, "days"), day)

    def device(self, account: Ints, key: Keys) -> Ints:
        """The device in hand: the newest is the favourite."""
        count = self.course.devices[account]
        return owned(account, count - 1 - whole(count * draw(key, "device") ** 2))

    def papers(self, first: dict[str, Any], income: Ints, verified: Flags, employment: str) -> Rows:
        """Customers tell the bank of their work; `first`: at least account and occurred_at."""
        country = COUNTRY[self.people.country[first["account"]]]
        fields = {"income": income, "home_country": country, "verified": verified, "employment": employment}
        return written("information_update", **first, **fields)


def owned(account: Ints, slot: Ints) -> Ints:
    """The number of one of an account's own devices or payees; those of thieves are below 2**20."""
    return 2**20 + account * 8 + slot


def scrap(keys: Keys) -> Ints:
    """A thief's device or payee."""
    return whole(keys >> np.uint64(44))

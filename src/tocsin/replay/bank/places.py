"""Places: every merchant and cash machine, in towns at home, in the countries people visit, and online."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.replay.bank.draws import Flags, Floats, Ints, Keys, between, draw, keyed, one_of, whole
from tocsin.replay.bank.rows import words
from tocsin.replay.bank.world import CATEGORIES, COUNTRIES, IN_TOWN, MCC_ATM, ONLINE, other

SITES, ABROAD, TOWN, ATMS, TOWNSFOLK = 300, 60, 150, 3, 250
"""Merchants online, in each foreign country, and in each town at home, of which the first are cash
machines; and the accounts that live in one town. More accounts are more towns, not larger ones."""
VISITED = SITES + ABROAD * len(COUNTRIES)

COUNTRY = words(*COUNTRIES)
_MCC = words(*(category.mcc for category in CATEGORIES), MCC_ATM)


@dataclass(frozen=True)
class Places:
    """Every merchant by number: first those online, then each country's, then each town's."""

    home: int
    """The bank's country."""
    key: Keys
    category: Ints
    """Place in CATEGORIES; -1 for a cash machine."""
    country: Ints

    @staticmethod
    def found(seed: Keys, home: int, accounts: int) -> Places:
        number = np.arange(VISITED + TOWN * (-(-accounts // TOWNSFOLK)))
        key = keyed(np.repeat(seed, len(number)), number)
        online, visited = number < SITES, number < VISITED
        slot = np.where(visited, (number - SITES) % ABROAD, (number - VISITED) % TOWN)
        u = draw(key, "category")
        sells = np.where(online, _weighed(ONLINE, u), _weighed(IN_TOWN, u))
        foreign = np.where(draw(key, "foreign") < 0.08, other(home, draw(key, "country")), home)
        country = np.where(online, foreign, np.where(visited, (number - SITES) // ABROAD, home))
        return Places(home, key, np.where(~online & (slot < ATMS), -1, sells), country)

    def _first(self, country: Ints, town: Ints) -> Ints:
        """The first merchant of a town, or of a foreign country."""
        return np.where(country == self.home, VISITED + town * TOWN, SITES + country * ABROAD)

    def shop(self, country: Ints, town: Ints, u: Floats) -> Ints:
        """A shop there; the smaller u, the more popular."""
        shops = np.where(country == self.home, TOWN, ABROAD) - ATMS
        return whole(self._first(country, town) + ATMS + shops * u**1.5)

    def machine(self, country: Ints, town: Ints, u: Floats) -> Ints:
        """A cash machine there."""
        return whole(self._first(country, town) + ATMS * u)

    def site(self, u: Floats) -> Ints:
        """A merchant online; the smaller u, the more popular."""
        return whole(SITES * u**1.5)

    def seen(self, merchant: Ints) -> dict[str, Ints]:
        """What a movement tells of its merchant."""
        return {"merchant": merchant, "mcc": _MCC[self.category[merchant]], "country": COUNTRY[self.country[merchant]]}

    def skimmed(self, day: int, share: float) -> Flags:
        """Which merchants are compromised on a day: in spells of two to four weeks."""
        spell, into = np.divmod(day + one_of(self.key, "phase", 28), 28)
        keys = keyed(self.key, spell)
        lasts = between(keys, "skimmed for", 14, 28)
        return np.asarray((draw(keys, "skimmed") < share * 28 / 21) & (into < lasts), np.bool_)


def _weighed(weights: Floats, u: Floats) -> Ints:
    """A place in the weights, each as likely as its weight."""
    upto = np.cumsum(weights)
    return whole(np.searchsorted(upto, u * upto[-1], "right"))

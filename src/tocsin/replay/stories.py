"""The lives behind the simulated bank: who its customers are, their ordinary days, and the stories told of some.

Every draw is a pure function of (seed, account, day, name), never of how many accounts or days there
are: account 7 lives the same life in a bank of ten as in a bank of a million, and a longer run begins
with the shorter one. Such counter-based numbers are those of Salmon et al., "Parallel random numbers:
as easy as 1, 2, 3" (SC 2011); the mixer is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS
from tocsin.values.duration import MICROS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Rows = NDArray[np.void]
"""Facts before they are written: one record each, texts as numbers, instants in microseconds."""

DAY, HOUR, MINUTE, SECOND = (MICROS[unit] for unit in ("day", "hour", "minute", "second"))
NEVER = 10**6
"""A day that does not come."""


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


# Rows -----------------------------------------------------------------------------------------------

MCC_ATM = "6011"
CATEGORIES = (
    # mcc, hours, typical ticket, its spread (sigma of the log), weight in town, weight online
    ("5411", "shop", 0.7, 0.6, 30, 4),
    ("5812", "meal", 0.9, 0.5, 25, 0),
    ("5814", "meal", 0.3, 0.4, 14, 14),
    ("4111", "ride", 0.1, 0.5, 12, 4),
    ("5541", "ride", 1.6, 0.3, 5, 0),
    ("5651", "shop", 2.0, 0.6, 5, 16),
    ("5732", "web", 6.0, 0.7, 1, 5),
    ("5311", "shop", 1.5, 0.7, 4, 3),
    ("5999", "web", 1.0, 0.8, 0, 34),
    ("5815", "web", 0.3, 0.6, 0, 14),
    ("4722", "web", 7.0, 0.6, 0, 2),
    ("7011", "shop", 4.0, 0.5, 1, 1),
    ("5912", "shop", 0.5, 0.5, 3, 3),
)
HOURS = {  # how busy each hour of the day is, 0 to 9
    "shop": "000000135678766678887520",
    "meal": "100000254238952248975432",
    "ride": "110002798544455579864321",
    "web": "311000123456655556678986",
}
COUNTRIES = {
    # currency, its units in a dollar, a typical monthly income
    "CN": ("CNY", 7.1, 9_000),
    "HK": ("HKD", 7.8, 20_000),
    "JP": ("JPY", 150, 330_000),
    "KR": ("KRW", 1350, 3_600_000),
    "TH": ("THB", 34, 16_000),
    "SG": ("SGD", 1.34, 5_400),
    "MY": ("MYR", 4.4, 3_500),
    "ID": ("IDR", 16_000, 4_500_000),
    "AU": ("AUD", 1.5, 6_800),
    "US": ("USD", 1, 4_800),
    "GB": ("GBP", 0.79, 2_900),
    "DE": ("EUR", 0.92, 3_300),
    "IN": ("INR", 84, 30_000),
    "BR": ("BRL", 5.4, 3_200),
}
CURRENCIES = tuple(currency for currency, _, _ in COUNTRIES.values())

WORDS = (
    *KINDS, *COUNTRIES, *CURRENCIES, *(category[0] for category in CATEGORIES), MCC_ATM,
    "chip", "contactless", "online", "atm", "app", "branch", "phone", "sms",
    "bank_transfer", "direct_debit", "cash", "late", "email", "address", "password",
    "employed", "unemployed", "good_conduct", "request", "risk", "insufficient_funds", "taken_back",
    "not_recognised", "unauthorised", "bust_out", "mistaken",
    "right_party", "no_answer", "wrong_number", "promise", "refused", "evaded",
)  # fmt: skip
WORD = {word: number for number, word in enumerate(dict.fromkeys(WORDS))}

ABSENT = {"text": -1, "flag": -1, "money": -(2**63), "whole": -(2**63), "instant": -(2**63)}
_STORED = {"text": np.int32, "flag": np.int8, "money": np.int64, "whole": np.int64, "instant": np.int64}
RECORD = np.dtype([(name, _STORED[field.type]) for name, field in FIELDS.items()])
_BLANK = np.array(tuple(ABSENT[field.type] for field in FIELDS.values()), RECORD)


def written(kind: str, **fields: Any) -> Rows:
    """Rows of one kind, a column or a single value for each field; known as they happen unless said."""
    rows = np.full(len(fields["account"]), _BLANK)
    rows["kind"] = WORD[kind]
    for name, value in fields.items():
        rows[name] = WORD[value] if isinstance(value, str) else value
    if "recorded_at" not in fields:
        rows["recorded_at"] = rows["occurred_at"]
    return rows


def words(*choices: str) -> Ints:
    return np.array([WORD[choice] for choice in choices], np.int64)


# Draws ----------------------------------------------------------------------------------------------

_GAMMA, _MASK = 0x9E3779B97F4A7C15, 2**64 - 1


def mix(keys: Keys) -> Keys:
    """SplitMix64's finaliser: a bijection of 64 bits."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


@cache
def _salt(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little"))


def keyed(keys: Keys, number: Ints | int) -> Keys:
    """New keys, one for each old key and number."""
    if isinstance(number, int):
        return mix(keys + np.uint64((number + 1) * _GAMMA & _MASK))
    return mix(keys + (number + 1).astype(np.uint64) * np.uint64(_GAMMA))


def named(keys: Keys, name: str) -> Keys:
    """New keys, for draws that must not repeat those of the old."""
    return mix(keys + _salt(name))


def draw(keys: Keys, name: str) -> Floats:
    """The draw of this name, uniform in [0, 1)."""
    return np.asarray((named(keys, name) >> np.uint64(11)) * 2.0**-53, np.float64)


def between(keys: Keys, name: str, low: Any, high: Any) -> Floats:
    return np.asarray(low + (high - low) * draw(keys, name), np.float64)


def whole(values: Any) -> Ints:
    return np.asarray(values).astype(np.int64)


def span(micros: Any) -> Ints:
    """Microseconds in whole milliseconds."""
    return whole(micros) // 1000 * 1000


def one_of(keys: Keys, name: str, count: Any) -> Ints:
    """A whole number from 0 to count − 1."""
    return whole(draw(keys, name) * count)


def normal(keys: Keys, name: str) -> Floats:
    """Standard normal (Box and Muller, 1958)."""
    radius = np.sqrt(-2 * np.log1p(-draw(keys, name)))
    return np.asarray(radius * np.cos(2 * np.pi * draw(keys, name + ", angle")), np.float64)


def poisson(keys: Keys, name: str, rate: Any) -> Ints:
    """Poisson by inversion; for rates up to about ten."""
    u = draw(keys, name)
    term = np.exp(-rate) + np.zeros(len(u))
    reached, count = term.copy(), np.zeros(len(u), np.int64)
    for k in range(1, 60):
        more = u > reached
        if not more.any():
            break
        count += more
        term *= rate / k
        reached += term
    return count


def several(keys: Keys, counts: Ints) -> tuple[Ints, Ints, Keys]:
    """`counts[i]` things for each key i: the owner i of each, its place among them, a key of its own."""
    owner = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owner, place, keyed(keys[owner], place)


def elapsed(owner: Ints, place: Ints, gaps: Ints) -> Ints:
    """Running sums of gaps within each owner, the first gap included."""
    total, first = np.cumsum(gaps), np.flatnonzero(place == 0)
    return whole(total - np.repeat((total - gaps)[first], np.diff(np.append(first, len(owner)))))


def rounded(amounts: Any) -> Ints:
    """Two significant digits, as limits and incomes are told."""
    step = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(amounts, 1))) - 1, 0)
    return whole(np.floor(amounts / step) * step)


# Places ---------------------------------------------------------------------------------------------

ONLINE, ABROAD, TOWN, ATMS, TOWNSFOLK = 300, 60, 150, 3, 250
"""Merchants online, in each foreign country, and in each town at home, of which the first are cash
machines; and the accounts that live in one town. More accounts are more towns, not larger ones."""
VISITED = ONLINE + ABROAD * len(COUNTRIES)


@dataclass(frozen=True)
class Places:
    """Every merchant by number: first those online, then each country's, then each town's."""

    home: int
    """The bank's country, as all countries an index into COUNTRIES."""
    key: Keys
    category: Ints
    """Index into CATEGORIES; −1 for a cash machine."""
    country: Ints

    @staticmethod
    def found(seed: Keys, home: int, accounts: int) -> Places:
        number = np.arange(VISITED + TOWN * (-(-accounts // TOWNSFOLK)))
        key = keyed(np.repeat(seed, len(number)), number)
        online, visited = number < ONLINE, number < VISITED
        slot = np.where(visited, (number - ONLINE) % ABROAD, (number - VISITED) % TOWN)
        in_town, on_web = (np.cumsum([category[k] for category in CATEGORIES]) for k in (4, 5))
        u = draw(key, "category")
        sells = np.where(
            online,
            np.searchsorted(on_web, u * on_web[-1], "right"),
            np.searchsorted(in_town, u * in_town[-1], "right"),
        )
        foreign = np.where(draw(key, "foreign") < 0.08, other(home, draw(key, "country")), home)
        country = np.where(online, foreign, np.where(visited, (number - ONLINE) // ABROAD, home))
        return Places(home, key, np.where(~online & (slot < ATMS), -1, sells), country)

    def shop(self, country: Ints, town: Ints, u: Floats) -> Ints:
        """A shop in a town, or in a foreign country; the smaller u, the more popular."""
        here = country == self.home
        first = np.where(here, VISITED + town * TOWN, ONLINE + country * ABROAD)
        return whole(first + ATMS + (np.where(here, TOWN, ABROAD) - ATMS) * u**1.5)

    def machine(self, country: Ints, town: Ints, u: Floats) -> Ints:
        """A cash machine there."""
        first = np.where(country == self.home, VISITED + town * TOWN, ONLINE + country * ABROAD)
        return whole(first + ATMS * u)

    def site(self, u: Floats) -> Ints:
        """A merchant online; the smaller u, the more popular."""
        return whole(ONLINE * u**1.5)

    def seen(self, merchant: Ints) -> dict[str, Ints]:
        """What a movement tells of its merchant."""
        return {"merchant": merchant, "mcc": _MCC[self.category[merchant]], "country": _COUNTRY[self.country[merchant]]}

    def skimmed(self, day: int, share: float) -> Flags:
        """Which merchants are compromised on a day: in spells of two to four weeks."""
        spell, into = np.divmod(day + one_of(self.key, "phase", 28), 28)
        keys = keyed(self.key, spell)
        lasts = between(keys, "skimmed for", 14, 28)
        return np.asarray((draw(keys, "skimmed") < share * 28 / 21) & (into < lasts), np.bool_)


def other(home: int, u: Floats) -> Ints:
    """A country that is not home, nearer ones at smaller u."""
    index = whole(u * (len(COUNTRIES) - 1))
    return index + (index >= home)


_MCC = words(*(category[0] for category in CATEGORIES), MCC_ATM)
_COUNTRY = words(*COUNTRIES)

# People ---------------------------------------------------------------------------------------------

TRANSACTOR, REVOLVER, MINIMUM_PAYER, DECLINING = range(4)
"""How people pay: in full; in part; the least asked for; and ever less, as their means slide away."""


@dataclass(frozen=True)
class People:
    """Habits, one value for each account. Amounts in minor units."""

    key: Keys
    temper: Ints
    town: Ints
    country: Ints
    income: Ints
    payday: Ints
    cut_day: Ints
    """Day of the month (1 to 28) on which the statement is cut."""
    credit_limit: Ints
    purchases: Floats
    """Purchases on an ordinary day."""
    ticket: Floats
    """Minor units for one unit of a category's typical ticket."""
    online: Floats
    tap: Floats
    weekend: Floats
    lateness: Floats
    """Hours by which this person's day runs behind others'."""
    devices: Ints
    autopay: Flags

    @staticmethod
    def met(seed: Keys, accounts: int, home: int, typical_income: int) -> People:
        number = np.arange(accounts)
        key = keyed(np.repeat(seed, accounts), number)
        temper = np.searchsorted(np.array([0.55, 0.80, 0.94]), draw(key, "temper"), "right")
        income = rounded(typical_income * np.exp(0.5 * normal(key, "income")))
        share = np.array([0.32, 0.26, 0.15, 0.30])[temper] * np.exp(0.3 * normal(key, "spend share"))
        purchases = np.clip(1.1 * np.exp(0.5 * normal(key, "purchases")), 0.15, 4)
        online = np.clip(0.35 + 0.18 * normal(key, "online"), 0.03, 0.9)
        mean = _TICKET * np.exp(_SPREAD**2 / 2)
        in_town, on_web = (np.average(mean, weights=[float(category[k]) for category in CATEGORIES]) for k in (4, 5))
        monthly = income * np.clip(share, 0.05, 0.8)
        return People(
            key=key,
            temper=temper,
            town=number // TOWNSFOLK,
            country=np.where(draw(key, "lives abroad") < 0.02, other(home, draw(key, "country") ** 2), home),
            income=income,
            payday=np.array([5, 10, 15, 20, 25, 28])[one_of(key, "payday", 6)],
            cut_day=1 + one_of(key, "cut day", 28),
            credit_limit=rounded(income * between(key, "limit", 1.5, 4)),
            purchases=purchases,
            ticket=monthly / (30 * purchases) / (in_town * (1 - online) + on_web * online),
            online=online,
            tap=between(key, "tap", 0.2, 0.95),
            weekend=np.exp(0.35 * normal(key, "weekend") + 0.15),
            lateness=1.2 * normal(key, "lateness"),
            devices=1 + one_of(key, "devices", 4),
            autopay=draw(key, "autopay") < np.array([0.6, 0.25, 0.2, 0.1])[temper],
        )


_TICKET, _SPREAD = (np.array([category[k] for category in CATEGORIES], np.float64) for k in (2, 3))


@dataclass
class Course:
    """What has befallen each account so far: day numbers, NEVER where nothing has."""

    busy_until: Ints
    """A story is under way until then."""
    model_until: Ints
    """A bust-out is being groomed: model conduct, until nothing is paid or bought any more."""
    poor_from: Ints
    poor_until: Ints
    away_from: Ints
    away_until: Ints
    away_in: Ints
    devices: Ints

    @staticmethod
    def fresh(people: People) -> Course:
        never = np.full(len(people.key), NEVER)
        return Course(
            busy_until=-never,
            model_until=never,
            poor_from=never.copy(),
            poor_until=never.copy(),
            away_from=never.copy(),
            away_until=never.copy(),
            away_in=people.country.copy(),
            devices=people.devices.copy(),
        )

    def gone(self, day: int) -> Flags:
        """Busted out: never seen again."""
        return self.model_until <= day

    def country(self, people: People, day: int) -> Ints:
        """Where each customer is."""
        return np.where((self.away_from <= day) & (day < self.away_until), self.away_in, people.country)

    def means(self, people: People, day: int) -> Floats:
        """Ability to pay, from 1 (as ever) down to 0.1."""
        lost = (self.poor_from <= day) & (day < self.poor_until)
        means = np.where(lost, 1 - (day - self.poor_from) / 60, 1.0)
        # a slow slide of 400 days, after which a family's or a lender's help lets it begin anew
        slide = 1 - (day + one_of(people.key, "slide", 400)) % 400 / 400
        return np.clip(np.where(people.temper == DECLINING, means * slide, means), 0.1, 1.0)


# Ordinary days --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    number: int
    date: date
    opens: int
    closes: int
    """The local midnights that bound it, microseconds UTC."""

    def at(self, share: Floats) -> Ints:
        """Instants at a share of the day."""
        return self.opens + span((self.closes - self.opens) * share)


NEW_YEAR = tuple(
    date.fromisoformat(day)
    for day in (
        *("2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13"),
        *("2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08"),
    )
)
"""Lunar New Year's days (Hong Kong Observatory, Gregorian-Lunar calendar conversion table)."""


def season(day: date) -> tuple[float, float]:
    """How much busier than usual: (in town, online)."""
    for feast in NEW_YEAR:
        if -16 <= (day - feast).days < 0:
            return 1.5, 1.3
        if 0 <= (day - feast).days < 7:
            return 0.7, 0.5
    if day.month == 11 and day.day <= 11:
        return 1.0, {10: 1.8, 11: 4.0}.get(day.day, 1.3)
    if (day.month, day.day) in ((6, 18), (12, 12)):
        return 1.0, 2.2
    return 1.0, 1.0


def _clock(hours: str) -> Floats:
    """Inverse of an hour pattern's distribution: share of the day at 0, 1/256 … 1 of the probability."""
    busy = np.cumsum([0, *map(int, hours)])
    return np.interp(np.linspace(0, busy[-1], 257), busy, np.arange(25) / 24)


_CLOCKS = np.array([_clock(hours) for hours in HOURS.values()])
_HOURS_OF = np.array([list(HOURS).index(str(category[1])) for category in CATEGORIES])
_WEB = list(HOURS).index("web")


def time_of_day(keys: Keys, hours: Any, lateness: Floats) -> Floats:
    """A share of the day, after an hour pattern (index into HOURS) and a person's habit."""
    place, part = np.divmod(draw(keys, "time of day") * 256, 1)
    low, high = _CLOCKS[hours, whole(place)], _CLOCKS[hours, whole(place) + 1]
    return np.asarray((low + (high - low) * part + lateness / 24) % 1, np.float64)


def owned(account: Ints, slot: Ints) -> Ints:
    """The number of one of an account's own devices or payees; those of thieves are below 2**20."""
    return 2**20 + account * 8 + slot


@dataclass(frozen=True)
class Town:
    """Everything an ordinary day or a story needs to know."""

    seed: Keys
    unit: float
    """Minor units of what one yuan is where the typical monthly income is 9,000."""
    rates: Rates
    places: Places
    people: People
    course: Course

    def shopping(self, day: Day, keys: Keys, appetite: Floats) -> Rows:
        """The day's honest purchases. `keys`: one for each account and day; `appetite`: 1 as ever."""
        people, places = self.people, self.places
        in_town, on_web = season(day.date)
        since_payday = (day.date.day - people.payday) % 30
        flush = np.where(since_payday < 4, 1.5 - 0.1 * since_payday, 0.95)
        week = np.clip(people.weekend if day.date.weekday() >= 5 else (7 - 2 * people.weekend) / 5, 0.3, 2)
        rate = people.purchases * appetite * flush * week
        remote, near = rate * people.online * on_web, rate * (1 - people.online) * in_town
        account, _, key = several(keys, poisson(keys, "purchases", remote + near))
        online = draw(key, "online") * (remote + near)[account] < remote[account]

        # a person returns to a handful of favourite places, and now and then tries another
        favourite = keyed(people.key[account], whole(6 * draw(key, "favourite") ** 2) * 2 + online)
        taste = draw(np.where(draw(key, "returns") < 0.75, favourite, key), "merchant")
        country = self.course.country(people, day.number)[account]
        merchant = np.where(online, places.site(taste), places.shop(country, people.town[account], taste))
        category = places.category[merchant]
        price = _TICKET[category] * np.exp(_SPREAD[category] * normal(key, "amount"))
        happened = day.at(time_of_day(key, _HOURS_OF[category], people.lateness[account]))
        late = ~online & (draw(key, "offline") < self.rates.offline)
        wait = np.where(late, 5 * MINUTE * 570 ** draw(key, "wait"), 3 * SECOND * draw(key, "wait") ** 2)
        tapped = draw(key, "tap") < people.tap[account]
        return written(
            "purchase",
            account=account,
            occurred_at=happened,
            recorded_at=happened + span(wait),
            amount=whole(np.maximum(people.ticket[account] * price, 1)),
            device=np.where(online, self.device(account, key), -1),
            channel=np.where(online, WORD["online"], np.where(tapped, WORD["contactless"], WORD["chip"])),
            card_present=~online,
            **places.seen(merchant),
        )

    def errands(self, day: Day, keys: Keys, means: Floats) -> list[Rows]:
        """Honest transfers, cash advances, log-ins, changes of contact data and of income."""
        people, course, limit = self.people, self.course, self.people.credit_limit
        country = course.country(people, day.number)
        upgraded = draw(keys, "new device") < 0.4 / 365
        course.devices[upgraded] = np.minimum(course.devices[upgraded] + 1, 5)

        def some(what: str, yearly: Any) -> tuple[Ints, Keys, dict[str, Any]]:
            """Who does it today: account, key and the first fields."""
            rate = np.where(course.gone(day.number), 0, yearly) / 365
            account, _, key = several(keys, poisson(keys, what, rate))
            happened = day.at(time_of_day(key, _WEB, people.lateness[account]))
            return account, keyed(key, 1), {"account": account, "occurred_at": happened}

        def in_app(account: Ints, key: Keys) -> dict[str, Any]:
            return {"device": self.device(account, key), "channel": "app", "country": _COUNTRY[country[account]]}

        account, key, first = some("transfers", 12)
        amount = rounded(limit[account] * between(key, "amount", 0.005, 0.05))
        payee = owned(account, one_of(key, "payee", 4))
        transfers = written("transfer", amount=amount, counterparty=payee, **first, **in_app(account, key))
        account, key, first = some("advances", np.array([0.5, 1.5, 4, 8])[people.temper] * np.where(means < 0.8, 2, 1))
        amount = rounded(limit[account] * between(key, "amount", 0.01, 0.06))
        machine = self.places.seen(self.places.machine(country[account], people.town[account], draw(key, "machine")))
        advances = written("cash_advance", amount=amount, channel="atm", card_present=1, **first, **machine)
        account, key, first = some("log-ins", 130)
        logins = written("login", succeeded=draw(key, "succeeded") > 0.04, **first, **in_app(account, key))
        account, key, first = some("changes", 0.5)
        changed = words("phone", "email", "address", "password")[one_of(key, "changed", 4)]
        changes = written("profile_change", changed=changed, **first, **in_app(account, key))
        account, key, first = some("raises", 0.4)
        income = rounded(people.income[account] * between(key, "raise", 0.95, 1.3))
        verified = draw(key, "verified") < 0.6
        return [transfers, advances, logins, changes, self.papers(first, income, verified, "employed")]

    def papers(self, first: dict[str, Any], income: Ints, verified: Flags, employment: str) -> Rows:
        country = _COUNTRY[self.people.country[first["account"]]]
        fields = {"income": income, "home_country": country, "verified": verified, "employment": employment}
        return written("information_update", **first, **fields)

    def device(self, account: Ints, key: Keys) -> Ints:
        """The device in hand: the newest is the favourite."""
        count = self.course.devices[account]
        return owned(account, count - 1 - whole(count * draw(key, "device") ** 2))


# Stories --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """The accounts for which a story begins today."""

    town: Town
    day: Day
    account: Ints
    key: Keys
    limit: Ints
    """The credit limit in force."""

    @property
    def ring(self) -> Ints:
        """The thieves' device, and the account they move money to: a ring works many victims for a week."""
        quarter = keyed(np.repeat(self.town.seed, len(self.account)), self.account // 1000)
        return _scrap(keyed(keyed(quarter, self.day.number // 7), one_of(self.key, "ring", 2)))

    @property
    def far(self) -> Ints:
        return other(self.town.places.home, draw(self.key, "far"))

    def lasts(self, days: Any) -> None:
        """No other story begins for these accounts until it is over."""
        self.town.course.busy_until[self.account] = self.day.number + days

    def written(self, kind: str, owner: Ints, **fields: Any) -> Rows:
        """Facts of the story; `owner` tells whose by their place in it."""
        return written(kind, account=self.account[owner], **fields)


def _scrap(keys: Keys) -> Ints:
    """A thief's device or account number, below 2**20."""
    return whole(keys >> np.uint64(44))


def card_theft(scene: Scene) -> list[Rows]:
    """A test purchase, then ever larger ones, at merchants abroad or online, within hours or days."""
    places, begins = scene.town.places, scene.day.at(draw(scene.key, "begins"))
    owner, place, key = several(scene.key, 4 + poisson(scene.key, "purchases", 8.0))
    online = draw(key, "online") < between(scene.key, "online", 0.1, 0.9)[owner]
    shop = places.shop(scene.far[owner], scene.town.people.town[scene.account[owner]], draw(key, "shop") ** 0.5)
    merchant = np.where(online, places.site(draw(key, "site") ** 0.5), shop)
    pace = np.where(draw(scene.key, "pace") < 0.6, 12 * MINUTE, 4 * HOUR)[owner]
    bold = 0.002 * 1.5 ** np.minimum(place, 10) * between(key, "bold", 0.5, 1.5)
    scene.lasts(20)
    theft = scene.written(
        "purchase",
        owner,
        occurred_at=begins[owner] + elapsed(owner, place, span(pace * between(key, "gap", 0.3, 1.7))),
        amount=whole(1 + scene.limit[owner] * bold),
        device=np.where(online, scene.ring[owner], -1),
        channel=np.where(online, WORD["online"], WORD["contactless"]),
        card_present=~online,
        confirmed_fraud=1,
        **places.seen(merchant),
    )
    return [theft]


def account_takeover(scene: Scene) -> list[Rows]:
    """Failed log-ins, one that succeeds, new phone and password, transfers in bursts, then cash."""
    from_abroad = draw(scene.key, "from abroad") < 0.5
    country = _COUNTRY[np.where(from_abroad, scene.far, scene.town.people.country[scene.account])]
    clock = scene.day.at(draw(scene.key, "begins"))

    def steps(what: str, counts: Ints, gap: int) -> tuple[Ints, Ints, Keys, dict[str, Any]]:
        """Further steps of the intruder, one after the other: owner, place, key and the first fields."""
        owner, place, key = several(named(scene.key, what), counts)
        happened = clock[owner] + elapsed(owner, place, span(gap * between(key, "gap", 0.3, 1.7)))
        np.maximum.at(clock, owner, happened)
        where = {"device": scene.ring[owner], "country": country[owner], "channel": "app"}
        return owner, place, key, {"occurred_at": happened, **where}

    one = np.ones(len(scene.account), np.int64)
    scene.lasts(30)
    owner, place, _, first = steps("guesses", 3 + one_of(scene.key, "guesses", 5), 50 * SECOND)
    last = np.append(np.diff(owner) > 0, True)
    logins = scene.written("login", owner, succeeded=last, **first)
    owner, place, _, first = steps("changes", 2 * one, 4 * MINUTE)
    changes = scene.written("profile_change", owner, changed=words("phone", "password")[place], **first)
    owner, _, key, first = steps("transfers", 4 + one_of(scene.key, "transfers", 6), 90 * SECOND)
    amount = rounded(scene.limit[owner] * between(key, "amount", 0.03, 0.10))
    mule = scene.ring[owner]
    transfers = scene.written("transfer", owner, amount=amount, counterparty=mule, confirmed_fraud=1, **first)
    owner, _, key, first = steps("cash", one_of(scene.key, "cash", 4), 40 * MINUTE)
    amount = rounded(scene.limit[owner] * between(key, "amount", 0.04, 0.10))
    cash = scene.written("cash_advance", owner, amount=amount, card_present=0, confirmed_fraud=1, **first)
    return [logins, changes, transfers, cash]


def bust_out(scene: Scene) -> list[Rows]:
    """Groomed for weeks; the limit rises; all is drawn, a bad payment frees the line, and it is drawn again."""
    places, people, every = scene.town.places, scene.town.people, np.arange(len(scene.account))
    lead = 45 + one_of(scene.key, "lead", 30)
    scene.lasts(NEVER)
    scene.town.course.model_until[scene.account] = scene.day.number + lead
    jump, raised = scene.day.opens + lead * DAY, rounded(scene.limit * 1.5)

    def spree(kind: str, least: int, first: int, last: int, low: float, high: float) -> Rows:
        """At least so many movements from the first to the last day after the jump, by share of the limit."""
        keys = named(scene.key, f"{kind} from day {first}")
        owner, _, key = several(keys, least + one_of(keys, "more", least))
        country, town = (value[scene.account[owner]] for value in (people.country, people.town))
        there = places.shop if kind == "purchase" else places.machine
        return scene.written(
            kind,
            owner,
            occurred_at=jump[owner] + span(between(key, "when", first, last) * DAY),
            amount=rounded(raised[owner] * between(key, "amount", low, high)),
            channel="chip" if kind == "purchase" else "atm",
            card_present=1,
            confirmed_fraud=1,
            **places.seen(there(country, town, draw(key, "where"))),
        )

    asked = jump - span(between(scene.key, "rise", 8, 25) * DAY)
    paid = jump + span(between(scene.key, "bad", 6, 7) * DAY)
    bad = {"occurred_at": paid, "amount": rounded(raised * 0.9), "method": "bank_transfer", "confirmed_fraud": 1}
    return [
        scene.written("limit_change", every, occurred_at=asked, credit_limit=raised, reason="request"),
        spree("cash_advance", 4, 0, 5, 0.06, 0.12),
        spree("purchase", 8, 0, 5, 0.03, 0.09),
        scene.written("payment", every, **bad),
        spree("cash_advance", 2, 7, 9, 0.06, 0.12),
        spree("purchase", 4, 7, 9, 0.06, 0.12),
    ]


def job_loss(scene: Scene) -> list[Rows]:
    """Income stops: spending and payments shrink, then payments are missed; some tell the bank."""
    course, number, account = scene.town.course, scene.day.number, scene.account
    days = whole(np.where(draw(scene.key, "recovers") < 0.6, between(scene.key, "days", 90, 270), 1000))
    scene.lasts(days + 60)
    course.poor_from[account], course.poor_until[account] = number, number + days
    tells = draw(scene.key, "tells") < 0.6
    key, account = scene.key[tells], account[tells]
    income = rounded(scene.town.people.income[account] * between(key, "benefit", 0.1, 0.4))
    first = {"account": account, "occurred_at": scene.day.opens + span(between(key, "when", 10, 40) * DAY)}
    return [scene.town.papers(first, income, draw(key, "proven") < 0.5, "unemployed")]


def trip(scene: Scene) -> list[Rows]:
    """Abroad for a while, from tomorrow on."""
    course, account, leaves = scene.town.course, scene.account, scene.day.number + 1
    days = 3 + one_of(scene.key, "days", 12)
    scene.lasts(days + 15)
    course.away_from[account], course.away_until[account] = leaves, leaves + days
    course.away_in[account] = other(scene.town.places.home, draw(scene.key, "where") ** 2)
    return []


STORIES: dict[str, Callable[[Scene], list[Rows]]] = {
    "card_theft": card_theft,
    "account_takeover": account_takeover,
    "bust_out": bust_out,
    "job_loss": job_loss,
    "trip": trip,
}
"""By the name of their rate. A story writes its facts when it begins, however far ahead they lie."""
LEAD_IN = 90
"""Days before the first in which stories may have begun: the bank was open before we looked."""


def begun(town: Town, day: Day, keys: Keys, limit: Ints) -> list[Rows]:
    """The facts, today's and later ones, of the stories that begin today among accounts that have none."""
    chances = np.cumsum([float(getattr(town.rates, name)) for name in STORIES]) / 365
    lot = np.searchsorted(chances, draw(keys, "story"), "right")
    lot[town.course.busy_until > day.number] = len(STORIES)
    rows: list[Rows] = []
    for number, tell in enumerate(STORIES.values()):
        account = np.flatnonzero(lot == number)
        if len(account):
            rows += tell(Scene(town, day, account, keyed(keys[account], number), limit[account]))
    return rows


def skimmed(town: Town, day: Day, bought: Rows, keys: Keys) -> Rows:
    """Small frauds that follow good purchases at merchants whose customers' cards are being copied."""
    copied = town.places.skimmed(day.number, town.rates.skimmed_merchants)[bought["merchant"]]
    copied &= draw(keys, "skimmed") < town.rates.skimmed_purchases
    cause, key = bought[copied], keys[copied]
    return written(
        "purchase",
        occurred_at=day.closes + span(between(key, "skimmed after", 0, 3) * DAY),
        amount=whole(town.unit * between(key, "skim", 5, 45)),
        device=np.where(cause["device"] >= 0, _scrap(key), -1),
        confirmed_fraud=1,
        **{name: cause[name] for name in ("account", "merchant", "mcc", "country", "channel", "card_present")},
    )

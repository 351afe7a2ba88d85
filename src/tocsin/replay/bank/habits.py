"""Ordinary days: honest shopping, transfers, cash, log-ins and changes of address."""

from __future__ import annotations

from typing import Any

import numpy as np

from tocsin.replay.bank.days import MINUTE, SECOND, Day, season, span, time_of_day
from tocsin.replay.bank.draws import (
    Floats,
    Ints,
    Keys,
    draw,
    keyed,
    named,
    normal,
    one_of,
    part,
    poisson,
    several,
    whole,
)
from tocsin.replay.bank.places import COUNTRY
from tocsin.replay.bank.rows import WORD, Rows, words, written
from tocsin.replay.bank.town import Town, owned
from tocsin.replay.bank.world import CATEGORIES, HOURS, SPREAD, TICKET

_PATTERN = np.array([list(HOURS).index(category.hours) for category in CATEGORIES])
_WEB = list(HOURS).index("web")


def shopping(town: Town, day: Day, keys: Keys, appetite: Floats) -> Rows:
    """The day's honest purchases. `keys`: one for each account and day; `appetite`: 1 as ever."""
    people, places = town.people, town.places
    in_town, on_web = season(day.date)
    since_payday = (day.date.day - people.payday) % 30
    flush = np.where(since_payday < 4, 1.5 - 0.1 * since_payday, 0.95)
    week = np.clip(people.weekend if day.date.weekday() >= 5 else (7 - 2 * people.weekend) / 5, 0.3, 2)
    rate = people.purchases * appetite * flush * week
    remote, near = rate * people.online * on_web, rate * (1 - people.online) * in_town
    account, _, key = several(named(keys, "purchases"), poisson(keys, "purchases", remote + near))
    online = draw(key, "online") * (remote + near)[account] < remote[account]

    # a person returns to a handful of favourite places, and now and then tries another
    favourite = keyed(named(people.key, "favourite")[account], whole(6 * draw(key, "favourite") ** 2) * 2 + online)
    taste = draw(np.where(draw(key, "returns") < 0.75, favourite, key), "merchant")
    country = town.course.country(day.number)[account]
    merchant = np.where(online, places.site(taste), places.shop(country, people.town[account], taste))
    category = places.category[merchant]
    price = TICKET[category] * np.exp(SPREAD[category] * normal(key, "amount"))
    happened = day.at(time_of_day(key, _PATTERN[category], people.lateness[account]))
    late = ~online & (draw(key, "offline") < town.rates.offline)
    wait = np.where(late, 5 * MINUTE * 570 ** draw(key, "wait"), 3 * SECOND * draw(key, "wait") ** 2)
    tapped = draw(key, "tap") < people.tap[account]
    return written(
        "purchase",
        account=account,
        occurred_at=happened,
        recorded_at=happened + span(wait),
        amount=whole(np.maximum(people.ticket[account] * price, 1)),
        device=np.where(online, town.device(account, key), -1),
        channel=np.where(online, WORD["online"], np.where(tapped, WORD["contactless"], WORD["chip"])),
        card_present=~online,
        **places.seen(merchant),
    )


def errands(town: Town, day: Day, keys: Keys, means: Floats) -> list[Rows]:
    """Honest transfers, cash advances, log-ins, changes of contact data and of income."""
    people, course, places, limit = town.people, town.course, town.places, town.people.credit_limit
    country, gone = course.country(day.number), course.gone(day.number)
    upgraded = draw(keys, "new device") < 0.4 / 365
    course.devices[upgraded] = np.minimum(course.devices[upgraded] + 1, 5)

    def some(what: str, yearly: Any) -> tuple[Ints, Keys, dict[str, Any]]:
        """Who does it today: account, key and the first fields."""
        account, _, key = several(named(keys, what), poisson(keys, what, np.where(gone, 0, yearly) / 365))
        happened = day.at(time_of_day(key, _WEB, people.lateness[account]))
        return account, key, {"account": account, "occurred_at": happened}

    def in_app(what: str, yearly: Any) -> tuple[Ints, Keys, dict[str, Any]]:
        """The same, in the bank's app."""
        account, key, first = some(what, yearly)
        where = {"device": town.device(account, key), "channel": "app", "country": COUNTRY[country[account]]}
        return account, key, first | where

    account, key, first = in_app("transfers", 12)
    amount, payee = part(limit[account], key, "amount", 0.005, 0.05), owned(account, one_of(key, "payee", 4))
    transfers = written("transfer", amount=amount, counterparty=payee, **first)
    account, key, first = some("advances", np.array([0.5, 1.5, 4, 8])[people.temper] * np.where(means < 0.8, 2, 1))
    amount = part(limit[account], key, "amount", 0.01, 0.06)
    machine = places.seen(places.machine(country[account], people.town[account], draw(key, "machine")))
    advances = written("cash_advance", amount=amount, channel="atm", card_present=1, **first, **machine)
    _, key, first = in_app("log-ins", 130)
    logins = written("login", succeeded=draw(key, "succeeded") > 0.04, **first)
    _, key, first = in_app("changes", 0.5)
    changed = words("phone", "email", "address", "password")[one_of(key, "changed", 4)]
    changes = written("profile_change", changed=changed, **first)
    account, key, first = some("raises", np.where(course.poor(day.number), 0, 0.4))
    income = part(people.income[account], key, "raise", 0.95, 1.3)
    raises = town.papers(first, income, draw(key, "verified") < 0.6, "employed")
    return [transfers, advances, logins, changes, raises]

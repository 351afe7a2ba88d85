"""Frauds: stolen cards, accounts taken over, lines busted out, cards copied at a merchant's."""

from __future__ import annotations

from typing import Any

import numpy as np

from tocsin.replay.bank.days import DAY, HOUR, MINUTE, NEVER, SECOND, Day, some_days
from tocsin.replay.bank.draws import Ints, Keys, between, draw, named, one_of, part, poisson, rounded, several, whole
from tocsin.replay.bank.places import COUNTRY
from tocsin.replay.bank.rows import WORD, Rows, words, written
from tocsin.replay.bank.scene import Scene
from tocsin.replay.bank.town import Town, scrap


def card_theft(scene: Scene) -> list[Rows]:
    """A test purchase, then ever larger ones, at merchants abroad or online, within hours or days."""
    places, begins = scene.town.places, scene.day.at(draw(scene.key, "begins"))
    pace = np.where(draw(scene.key, "pace") < 0.6, 12 * MINUTE, 4 * HOUR)
    owner, place, key, happened = scene.steps("theft", 4 + poisson(scene.key, "purchases", 8.0), begins, pace)
    online = draw(key, "online") < between(scene.key, "online", 0.1, 0.9)[owner]
    shop = places.shop(scene.far[owner], scene.town.people.town[scene.account[owner]], draw(key, "shop") ** 0.5)
    merchant = np.where(online, places.site(draw(key, "site") ** 0.5), shop)
    bold = 0.002 * 1.5 ** np.minimum(place, 10) * between(key, "bold", 0.5, 1.5)
    scene.lasts(20)
    theft = scene.written(
        "purchase",
        owner,
        occurred_at=happened,
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
    country = COUNTRY[np.where(from_abroad, scene.far, scene.town.people.country[scene.account])]
    clock, ring = scene.day.at(draw(scene.key, "begins")), scene.ring

    def steps(what: str, counts: Ints, gap: int) -> tuple[Ints, Ints, Keys, dict[str, Any]]:
        """The intruder's next steps: owner, place, key and the first fields."""
        owner, place, key, happened = scene.steps(what, counts, clock, gap)
        np.maximum.at(clock, owner, happened)
        where = {"device": ring[owner], "country": country[owner], "channel": "app"}
        return owner, place, key, {"occurred_at": happened, **where}

    scene.lasts(30)
    owner, _, _, first = steps("guesses", 3 + one_of(scene.key, "guesses", 5), 50 * SECOND)
    last = np.append(np.diff(owner) > 0, True)
    logins = scene.written("login", owner, succeeded=last, **first)
    owner, place, _, first = steps("changes", np.full(len(clock), 2), 4 * MINUTE)
    changes = scene.written("profile_change", owner, changed=words("phone", "password")[place], **first)
    owner, _, key, first = steps("transfers", 4 + one_of(scene.key, "transfers", 6), 90 * SECOND)
    amount = part(scene.limit[owner], key, "amount", 0.03, 0.10)
    transfers = scene.written("transfer", owner, amount=amount, counterparty=ring[owner], confirmed_fraud=1, **first)
    owner, _, key, first = steps("cash", one_of(scene.key, "cash", 4), 40 * MINUTE)
    amount = part(scene.limit[owner], key, "amount", 0.04, 0.10)
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
            occurred_at=jump[owner] + some_days(key, "when", first, last),
            amount=part(raised[owner], key, "amount", low, high),
            channel="chip" if kind == "purchase" else "atm",
            card_present=1,
            confirmed_fraud=1,
            **places.seen(there(country, town, draw(key, "where"))),
        )

    asked, paid = jump - some_days(scene.key, "rise", 8, 25), jump + some_days(scene.key, "bad", 6, 7)
    bad = {"occurred_at": paid, "amount": rounded(raised * 0.9), "method": "bank_transfer", "confirmed_fraud": 1}
    return [
        scene.written("limit_change", every, occurred_at=asked, credit_limit=raised, reason="request"),
        spree("cash_advance", 4, 0, 5, 0.06, 0.12),
        spree("purchase", 8, 0, 5, 0.03, 0.09),
        scene.written("payment", every, **bad),
        spree("cash_advance", 2, 7, 9, 0.06, 0.12),
        spree("purchase", 4, 7, 9, 0.06, 0.12),
    ]


def skimmed(town: Town, day: Day, bought: Rows, keys: Keys) -> Rows:
    """Small frauds that follow good purchases at merchants whose customers' cards are being copied."""
    copied = town.places.skimmed(day.number, town.rates.skimmed_merchants)[bought["merchant"]]
    copied &= draw(keys, "skimmed") < town.rates.skimmed_purchases
    cause, key = bought[copied], keys[copied]
    return written(
        "purchase",
        occurred_at=day.closes + some_days(key, "skimmed after", 0, 3),
        amount=whole(town.unit * between(key, "skim", 5, 45)),
        device=np.where(cause["device"] >= 0, scrap(key), -1),
        confirmed_fraud=1,
        **{name: cause[name] for name in ("account", "merchant", "mcc", "country", "channel", "card_present")},
    )

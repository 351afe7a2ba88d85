"""Posting: what happened goes through the books, or is refused."""

from __future__ import annotations

import numpy as np

from tocsin.facts.kinds import KINDS, allowed
from tocsin.replay.bank.draws import whole
from tocsin.replay.bank.ledger import Ledger
from tocsin.replay.bank.rows import ABSENT, WORD, Rows, words
from tocsin.replay.bank.world import COUNTRIES, CURRENCIES
from tocsin.values.money import exponent

RAISES = ("purchase", "cash_advance", "transfer", "fee", "interest", "payment_reversed")
LOWERS = ("payment", "refund")
_SIGN = np.array([(kind in RAISES) - (kind in LOWERS) for kind in KINDS])
"""By kind: what a movement does to the balance; 0 where the fact is no movement."""
_HAS_CURRENCY = np.array(["currency" in allowed(kind) for kind in KINDS])
_CURRENCY = words(*CURRENCIES)
_RATE = np.array([country.per_dollar * 10 ** exponent(country.currency) for country in COUNTRIES.values()])
"""By country: its currency, and minor units of it in a dollar."""


def post(ledger: Ledger, rows: Rows, home: int) -> Rows:
    """The day's facts in the order in which they became known, with balances, refusals and ids.

    A purchase beyond the limit is declined; cash and transfers end where the line does. One account's
    facts follow each other; so all first facts are posted together, then all second ones, and so on.
    """
    rows = rows[np.argsort(rows["recorded_at"], kind="stable")]
    order = np.argsort(rows["account"], kind="stable")
    account, kind, amount = (whole(rows[name][order]) for name in ("account", "kind", "amount"))
    new_limit = rows["credit_limit"][order]
    first = np.flatnonzero(np.diff(account, prepend=-1))
    count = np.diff(np.append(first, len(account)))
    sign, buys = _SIGN[kind], kind == WORD["purchase"]
    draws = (kind == WORD["cash_advance"]) | (kind == WORD["transfer"])
    relimits = kind == WORD["limit_change"]
    balance, limit, number = np.empty_like(amount), np.empty_like(amount), np.empty_like(amount)
    declined, dropped = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    for turn in range(count.max(initial=0)):
        at = first[count > turn] + turn
        who = account[at]
        room = ledger.limit[who] - ledger.balance[who]
        amount[at] = np.where(draws[at], np.minimum(amount[at], np.maximum(room, 0)), amount[at])
        # nobody bothers for less than half a per cent of the line
        dropped[at] = draws[at] & (amount[at] * 200 < ledger.limit[who])
        declined[at] = buys[at] & (amount[at] > room)
        ledger.balance[who] += np.where(dropped[at] | declined[at], 0, sign[at] * amount[at])
        ledger.limit[who] = np.where(relimits[at], new_limit[at], ledger.limit[who])
        balance[at], limit[at], number[at] = ledger.balance[who], ledger.limit[who], ledger.facts[who]
        ledger.facts[who] += ~dropped[at]

    moves, stands = sign != 0, (sign != 0) | (kind == WORD["statement"])
    columns = {
        "fact_id": number,
        "amount": np.where(moves | (kind == WORD["dispute"]), amount, ABSENT["money"]),
        "balance": np.where(stands, balance, ABSENT["money"]),
        "credit_limit": np.where(stands | relimits, limit, ABSENT["money"]),
        "declined": np.where(buys | draws, declined, ABSENT["flag"]),
        "confirmed_fraud": np.where(moves, np.maximum(rows["confirmed_fraud"][order], 0), ABSENT["flag"]),
        "customer": account,
        "currency": np.where(_HAS_CURRENCY[kind], _CURRENCY[home], ABSENT["text"]),
    }
    for name, column in columns.items():
        rows[name][order] = column
    kept = np.ones(len(rows), bool)
    kept[order] = ~dropped
    return _converted(rows[kept], home)


def _converted(rows: Rows, home: int) -> Rows:
    """What was bought or drawn abroad also has its amount in the currency there."""
    country = rows["country"] - WORD[next(iter(COUNTRIES))]
    abroad = np.isin(rows["kind"], words("purchase", "cash_advance", "refund")) & (country != home)
    country = country[abroad]
    rows["original_currency"][abroad] = _CURRENCY[country]
    rows["original_amount"][abroad] = np.maximum(rows["amount"][abroad] * (_RATE[country] / _RATE[home]), 1)
    return rows

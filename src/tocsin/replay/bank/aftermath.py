"""Aftermath: what posted facts lead to on later days: fees, refunds, bounced debits, disputes, fraud reports."""

from __future__ import annotations

from typing import Any

import numpy as np

from tocsin.replay.bank.days import Day, some_days
from tocsin.replay.bank.draws import Flags, between, draw, keyed, named, whole
from tocsin.replay.bank.frauds import skimmed
from tocsin.replay.bank.ledger import TERMS
from tocsin.replay.bank.rows import WORD, Rows, written
from tocsin.replay.bank.town import Town

_SHOP, _DISPUTED = ("merchant", "mcc", "country"), ("amount", "merchant", "reported_fact")
_REPORTED, _REVERSED = ("merchant", "reported_fact"), ("amount", "method", "reported_fact")
"""What a follower repeats of its cause."""


def aftermath(town: Town, day: Day, rows: Rows) -> list[Rows]:
    """Followers of the day's posted facts. None is known before tomorrow."""
    rates, account, kind = town.rates, rows["account"], rows["kind"]
    keys = keyed(named(town.people.key, "aftermath")[account], whole(rows["fact_id"]))

    def later(which: Flags, new: str, low: float, high: float, repeats: tuple[str, ...] = (), **fields: Any) -> Rows:
        """Followers of some facts, from `low` to `high` days after."""
        cause, key = rows[which], keys[which]
        repeated = {name: cause["fact_id" if name == "reported_fact" else name] for name in repeats}
        at = day.closes + some_days(key, new, low, high)
        return written(new, account=cause["account"], occurred_at=at, **repeated, **fields)

    fraud = rows["confirmed_fraud"] == 1
    bought = (kind == WORD["purchase"]) & (rows["declined"] == 0)
    good, taken = bought & ~fraud, fraud & (rows["declined"] == 0)
    cash, paid = kind == WORD["cash_advance"], kind == WORD["payment"]
    fee = TERMS.fee(rows["amount"][cash], TERMS.cash_fee, town.unit)

    back = good & (draw(keys, "refund") < rates.refunded)
    share = np.where(draw(keys, "whole") < 0.7, 1, between(keys, "share", 0.1, 0.9))[back]
    given = whole(np.maximum(rows["amount"][back] * share, 1))

    debit = paid & (rows["method"] == WORD["direct_debit"])
    strained = town.course.means(day.number)[account] < 0.9
    bounced = debit & strained & (draw(keys, "bounce") < rates.bounced)

    inside = town.course.gone(day.number)[account]
    victim = taken & ~inside & (draw(keys, "reported") < rates.reported)
    disputed = victim & bought & (draw(keys, "disputed") < 0.6)
    mistaken = good & (draw(keys, "mistaken") < rates.mistaken)
    return [
        later(cash, "fee", 0.01, 0.1, amount=fee, fee_type="cash_advance"),
        later(back, "refund", 1, 15, _SHOP, amount=given),
        later(bounced, "payment_reversed", 1, 3, _REVERSED, reason="insufficient_funds"),
        later(paid & fraud, "payment_reversed", 2, 4, _REVERSED, reason="taken_back"),
        later(disputed, "dispute", 1, 6, _DISPUTED, reason="not_recognised"),
        later(victim, "fraud_report", 6, 14, _REPORTED, reason="unauthorised", confirmed=1),
        later(taken & inside, "fraud_report", 40, 70, _REPORTED, reason="bust_out", confirmed=1),
        later(mistaken, "dispute", 1, 20, _DISPUTED, reason="not_recognised"),
        later(mistaken, "fraud_report", 21, 35, _REPORTED, reason="mistaken", confirmed=0),
        skimmed(town, day, rows[good], keys[good]),
    ]

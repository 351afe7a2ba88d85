"""Dunning: the bank tries to reach who is late."""

from __future__ import annotations

import numpy as np

from tocsin.replay.bank.days import DAY, Day
from tocsin.replay.bank.draws import Floats, Keys, between, draw, one_of
from tocsin.replay.bank.ledger import Ledger
from tocsin.replay.bank.rows import ABSENT, WORD, Rows, words, written
from tocsin.replay.bank.town import Town

_WILLING = words("no_answer", "no_answer", "right_party", "promise", "promise", "refused")
_HIDING = words("no_answer", "no_answer", "no_answer", "wrong_number", "evaded", "evaded")
"""What comes of a call, each as likely as the next; who busted out hides."""


def contacts(town: Town, ledger: Ledger, day: Day, keys: Keys, means: Floats) -> Rows:
    """Today's attempts; a promise is a new plan, kept or not."""
    who = np.flatnonzero(ledger.late & ledger.billed() & (draw(keys, "contact") < 0.2))
    keys, short, luck = keys[who], ledger.short(who), one_of(keys[who], "result", 6)
    result = np.where(town.course.gone(day.number)[who], _HIDING[luck], _WILLING[luck])
    promise = result == WORD["promise"]
    days = 2 + one_of(keys, "days", 6)
    kept = promise & (draw(keys, "kept") < 0.3 + 0.5 * means[who])
    ledger.plan[who[kept]] = (ledger.paid[who] + short)[kept]
    ledger.pay_day[who[kept]] = (day.number + days)[kept]
    return written(
        "contact_result",
        account=who,
        occurred_at=day.at(between(keys, "office hours", 0.38, 0.8)),
        channel=np.where(draw(keys, "by") < 0.7, WORD["phone"], WORD["sms"]),
        result=result,
        promised_amount=np.where(promise, short, ABSENT["money"]),
        promised_at=np.where(promise, day.closes + days * DAY, ABSENT["instant"]),
    )

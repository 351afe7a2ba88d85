"""Account review: limits raised and lowered, and reports from the credit bureau."""

from __future__ import annotations

import numpy as np

from tocsin.replay.bank.days import Day
from tocsin.replay.bank.draws import Floats, Ints, Keys, between, draw, normal, poisson, rounded, whole
from tocsin.replay.bank.ledger import Ledger
from tocsin.replay.bank.people import MINIMUM_PAYER
from tocsin.replay.bank.rows import WORD, Rows, written
from tocsin.replay.bank.town import Town


def limits(town: Town, ledger: Ledger, day: Day, cut: Ints, at: Ints, keys: Keys) -> Rows:
    """Reviews of the accounts `cut` today, at instants `at`: more for some who pay, less for most who do not."""
    luck, missed = draw(keys, "limit"), ledger.missed[cut]
    raised = (missed == 0) & (luck < 0.03) & (day.number > 60) & ~ledger.revolving[cut]
    changed = raised | ((missed == 2) & (luck < 0.7))
    share = np.where(raised, between(keys, "rise", 1.1, 1.4), 0.6)
    return written(
        "limit_change",
        account=cut[changed],
        occurred_at=at[changed],
        reason=np.where(raised, WORD["good_conduct"], WORD["risk"])[changed],
        credit_limit=np.maximum(rounded(ledger.limit[cut] * share), int(500 * town.unit))[changed],
    )


def reports(town: Town, ledger: Ledger, asked: Ints, at: Ints, keys: Keys, means: Floats) -> Rows:
    """A bureau's view: worse with use of the line, missed payments, shrinking means and hunger for credit."""
    people = town.people
    score = 780 + 45 * normal(people.key[asked], "score")
    score -= 150 * np.clip(ledger.used()[asked], 0, 1)
    score -= 70 * np.minimum(ledger.missed[asked], 4)
    score -= 80 * (1 - means)
    hungry = 0.6 + 2 * (people.temper[asked] >= MINIMUM_PAYER) + 3 * (means < 0.7) + 4 * town.course.groomed()[asked]
    debt = people.income[asked] * between(people.key[asked], "debt", 0, 12) * (2 - means)
    return written(
        "credit_report",
        account=asked,
        occurred_at=at,
        credit_score=whole(np.clip(score + 8 * normal(keys, "score"), 350, 950)),
        external_debt=rounded(debt),
        inquiries=poisson(keys, "inquiries", hungry),
    )

"""Invented lives of restrictions, for tests of what is reckoned from them."""

from __future__ import annotations

import numpy as np

from tocsin.insight.lives import Fraud, Life, Objection
from tocsin.values.calendar import DAY

NOW = 1_800_000_000_000_000
HOLDS = {
    "takeover_freeze": ("account_freeze", False, 0.55, 6.0),
    "spending_hold": ("transaction_block", False, 0.12, 4.0),
    "transfer_hold": ("transfer_hold", False, 0.25, 3.0),
    "limit_cut": ("limit_cut", True, 0.4, 25.0),
    "cash_hold": ("cash_advance_block", True, 0.3, 12.0),
}
"""Type, about credit, how often it is right, and how many days it lasts in the middle."""


def many(n: int, seed: int = 5, held_out: float = 0.1) -> list[Life]:
    """Restrictions of a year, of persons with one account each, as a lender may come to know them."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(n):
        hold = str(random.choice(list(HOLDS)))
        type, credit, right, middle = HOLDS[hold]
        person = f"p{int(random.integers(n))}"
        at = NOW - int(random.integers(1, 360 * DAY))
        out = not type.startswith("account") and hash_of(hold, person) < held_out
        bad = bool(random.random() < right)
        lasts = int(random.lognormal(np.log(middle), 0.7) * DAY)
        ended = at + lasts if at + lasts <= NOW and not (bad and random.random() < 0.1) else None
        frauds, late = [], []
        if bad and (not credit or random.random() < 0.2):
            frauds.append(Fraud(at + int(random.integers(1, 20 * DAY)), "confirmed"))
            if random.random() < 0.08:
                frauds.append(Fraud(frauds[0].at + int(random.integers(1, 20 * DAY)), "withdrawn"))
        elif bad:
            late.append((at + int(random.integers(1, 40 * DAY)), NOW))
        reasons = ("conditions_met", "reviewed", "appeal_upheld", "expired")
        reason = str(random.choice(reasons, p=(0.7, 0.2, 0.04, 0.06)))
        appeals: tuple[Objection, ...] = ()
        if random.random() < 0.08:
            filed = at + int(random.integers(1, 3 * DAY))
            decided = filed + int(random.integers(1, 9 * DAY)) if random.random() < 0.9 else None
            upheld = None if decided is None else bool(random.random() < 0.3)
            appeals = (Objection(filed, filed + 7 * DAY, decided, upheld),)
        lost = int(random.lognormal(12, 0.8)) if bad and random.random() < (0.7 if out else 0.25) else 0
        found.append(
            Life(
                f"r{number}", f"a-{person}", person, hold, type, at, credit=credit, held_out=out,
                by_policy=bool(random.random() < 0.95) or out,
                ended_at=None if out else ended, reason="" if ended is None or out else reason,
                refused=ended is None and bad and not out and bool(random.random() < 0.3),
                p50=None if random.random() < 0.2 else at + int(middle * DAY),
                p90=at + int(middle * 2.45 * DAY),
                blocked=0 if out else int(random.lognormal(11, 1)) * int(random.integers(0, 3)),
                blocked_facts=1, reviewed_at=at + int(random.integers(1, 2 * DAY)) if random.random() < 0.4 else None,
                review_due=at + 5 * DAY, appeals=appeals, unconfirmed=bool(random.random() < 0.01),
                frauds=frauds, late=late, losses=[(at + DAY, lost)] if lost else [],
            )
        )  # fmt: skip
    return found


def hash_of(hold: str, person: str) -> float:
    """Where chance puts a person."""
    return float(np.random.default_rng(list(f"{hold} {person}".encode())).random())

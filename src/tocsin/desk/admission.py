"""Whether a fact may be counted, and as of when it is known.

A fact is recorded when its sender says, else now; and never before the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tocsin.desk.faults import Fault
from tocsin.facts.kinds import Fact
from tocsin.policy.policy import Policy
from tocsin.values import duration, instant
from tocsin.values.kernel import NULL
from tocsin.values.problem import shown

AHEAD = 300_000_000
"""A source's clock may run ahead of ours by five minutes."""


def admitted(fact: Fact, occurred_at: int, given: int, now: int, last: int, policy: Policy) -> int:
    """The recorded_at of a fact that may be counted after one recorded at `last`; `given` is what it says. Raises Fault."""
    given = now if given == NULL else given
    recorded_at = max(min(given, now), last)  # a clock that runs ahead must not carry the log with it
    if occurred_at > max(now, last) + AHEAD or given > max(now, last) + AHEAD:
        field, at = ("occurred_at", occurred_at) if occurred_at > given else ("recorded_at", given)
        raise Fault(
            422,
            f"{instant.written(at)} lies in the future",
            "check the clock and the zone of the source",
            field,
            fact.fact_id,
        )
    if recorded_at - occurred_at > policy.lateness:
        late, waits = duration.spoken(recorded_at - occurred_at, "en"), duration.written(policy.lateness)
        remedy = "send history with its recorded_at, oldest first and before any live fact, or raise 'lateness' in the policy"
        raise Fault(422, f"it came {late} late, the policy waits {waits}", remedy, "occurred_at", fact.fact_id)
    currency = getattr(fact, "currency", None)
    if currency is not None and currency != policy.currency:
        remedy = f"convert it to {policy.currency} and keep the original in original_amount and original_currency"
        raise Fault(
            422, f"the policy reckons in {policy.currency}, this is {shown(currency)}", remedy, "currency", fact.fact_id
        )
    return recorded_at


def all_admitted(
    facts: Sequence[Fact], occurred_at: Sequence[int], given: Sequence[int], now: int, last: int, policy: Policy
) -> list[int]:
    """The same of many facts, one after another, at once; empty where one of them may not be counted."""
    at, known = np.array(occurred_at, np.int64), np.array(given, np.int64)
    known[known == NULL] = now
    recorded_at = np.maximum.accumulate(np.maximum(np.minimum(known, now), last))
    latest = max(now, last) + AHEAD  # what was recorded since is not later
    currencies = {getattr(fact, "currency", None) for fact in facts}
    fit = (at <= latest) & (known <= latest) & (recorded_at - at <= policy.lateness)
    return recorded_at.tolist() if fit.all() and currencies <= {None, policy.currency} else []

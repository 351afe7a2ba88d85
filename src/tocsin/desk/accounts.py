"""An account as it stands now: its level, its signals, the warnings that are open."""

from __future__ import annotations

import math
from typing import Any

from tocsin.desk.clerk import Clerk
from tocsin.desk.ledger import Ledger
from tocsin.engine.trial import trial
from tocsin.facts import wire
from tocsin.facts.kinds import Clock
from tocsin.journal.records import FACT, Warned
from tocsin.values import instant

_WARNINGS = 200


def account(ledger: Ledger, clerk: Clerk, watched: str, now: int) -> dict[str, Any] | None:
    """None for an account that was never seen. Signals in the units of the assessments, by name; None for NULL."""
    standing = clerk.standing
    decider, policy = standing.decider, standing.policy
    code = standing.code(watched)
    if code < 0:
        return None
    now = max(now, clerk.recorded_at)
    asked = Clock(
        fact_id="now", occurred_at=instant.instant(now), account=watched, customer=_customer(clerk, standing.last[code])
    )
    with trial(decider.engine) as on:
        inputs = decider.coder.matrix(decider.coder.read([asked]), [0], [now])
        decider.again(inputs, 0, decider.rules)  # not counted, and nothing fires for it
        on.keep(inputs)
        assessed = decider.engine.fold(inputs)
        signals = {name: float(assessed.signals[place, 0]) for name, place in decider.engine.program.columns.items()}
        state = decider.engine.watched.array[code].copy()
    levels, words = len(policy.levels), decider.engine.program.rule_words
    told = state[2 + levels + words : 2 + levels + 2 * words].tolist()
    still = [rule.name for index, rule in enumerate(policy.rules) if told[index // 62] >> (index % 62) & 1]
    raised: dict[str, Warned] = {}
    for one in ledger.journal.warned(watched, _WARNINGS):
        if one.rule in still:
            raised.setdefault(one.rule, one)
    explainer = ledger.versions.explainer(standing.number)
    return {
        "account": watched,
        "at": instant.written(now),
        "level": explainer.level(int(state[0])),
        "since": instant.written(int(state[1])) if state[0] else None,
        "policy": policy.stamp,
        "signals": {
            name: _shown(value, policy.catalogue[name].type.base, decider, name) for name, value in signals.items()
        },
        "warnings": [
            {
                "rule": one.rule,
                "level": explainer.level(one.level),
                "raised_at": instant.written(one.recorded_at),
                "decision": f"d{one.seq}",
            }
            for one in raised.values()
        ],
        "last_entry": f"d{standing.last[code]}",
    }


def _customer(clerk: Clerk, seq: int) -> str | None:
    """Who owes, as the account's last fact says."""
    entry = clerk.entry(seq)
    for _ in range(10):
        if entry is None:
            return None
        if entry.kind == FACT and (named := wire.stored(entry.body).customer):
            return named
        entry = clerk.entry(entry.previous) if entry.previous else None
    return None


def _shown(value: float, base: str, decider: Any, name: str) -> float | int | str | None:
    if math.isnan(value):
        return None
    if base == "text":
        kind = decider.policy.catalogue[name].type
        word: str = decider.engine.program.inputs.dictionaries[kind.domain].words[int(value)]
        return word
    return int(value) if value.is_integer() else value

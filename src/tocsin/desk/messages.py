"""What leaves the house because of an entry: one order for each message and each destination that wants it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tocsin.desk.settings import Destination
from tocsin.desk.versions import Versions
from tocsin.engine.decide import detailed
from tocsin.engine.explain import Explainer
from tocsin.journal.records import ACT, FACT, Change, Entry, Order
from tocsin.policy.document import DECISIONS
from tocsin.values import instant

_encode = msgspec.json.Encoder(order="deterministic").encode


class Messages:
    def __init__(self, versions: Versions, destinations: Sequence[Destination]) -> None:
        self.versions, self.destinations = versions, destinations
        self.wanted = frozenset[str]().union(*(one.types for one in destinations))

    def orders(self, entries: Iterable[Entry], changes: Iterable[Change]) -> list[Order]:
        """Orders of a group, in the order of the log."""
        if not self.wanted:
            return []
        orders: list[Order] = []
        moved: dict[int, list[Change]] = {}
        for change in changes:
            moved.setdefault(change.seq, []).append(change)
        for entry in entries:
            if entry.kind != ACT and (entry.detail or entry.seq in moved or "decision.created" in self.wanted):
                self._entry(entry, moved.get(entry.seq, []), orders)
        return orders

    def _entry(self, entry: Entry, changes: list[Change], orders: list[Order]) -> None:
        number = 0
        explainer = self.versions.explainer(entry.policy)
        about = {"decision": f"d{entry.seq}", "policy": explainer.policy.stamp, "fact": entry.fact_id}

        def put(type: str, watched: str, rank: int, data: dict[str, Any]) -> None:
            nonlocal number
            to = [one.name for one in self.destinations if self._wants(one, type, rank, explainer)]
            if to:
                said = {name: value for name, value in {**data, **about}.items() if value is not None}
                body = _encode({"type": type, "timestamp": instant.written(entry.recorded_at), "data": said})
                orders.extend(Order(entry.seq, number, name, type, watched, body, entry.recorded_at) for name in to)
            number += 1

        watched = entry.watched or ""
        fired = [(one, explainer.explained(one)) for one in detailed(entry.detail)[0]]
        if entry.kind == FACT and "decision.created" in self.wanted:
            said = {"account": entry.watched, "outcome": DECISIONS[entry.decision], "score": entry.score}
            levels = {"level": explainer.level(entry.level), "before": explainer.level(entry.level_before)}
            put(
                "decision.created",
                watched,
                entry.level,
                {**said, **levels, "at": instant.written(entry.occurred_at), "fired": [one for _, one in fired]},
            )
        for one, told in fired:
            if one.warned:
                rank = explainer.policy.rules[explainer.places[one.rule]].level
                put(
                    "warning.raised",
                    watched,
                    rank,
                    {"account": entry.watched, "at": instant.written(entry.occurred_at), "score": entry.score, **told},
                )
        for change in changes:
            said = {"account": change.watched, "at": instant.written(change.at), "cause": change.cause}
            levels = {"before": explainer.level(change.before), "after": explainer.level(change.after)}
            put("warning.level_changed", change.watched, max(change.before, change.after), {**said, **levels})

    def _wants(self, destination: Destination, type: str, rank: int, explainer: Explainer) -> bool:
        if type not in destination.types:
            return False
        ranks = {level.name: level.rank for level in explainer.policy.levels}
        return rank >= ranks.get(destination.level or "", 0)

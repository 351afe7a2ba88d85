"""What leaves the house because of an entry: one order for each message and each destination that wants it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from tocsin.desk.settings import Destination
from tocsin.desk.versions import Versions
from tocsin.engine.decide import detailed
from tocsin.engine.explain import Explainer
from tocsin.facts import wire
from tocsin.facts.dealings import ContactAttempt
from tocsin.journal.records import ACT, CAME, FACT, Change, Entry, Order
from tocsin.links import contact
from tocsin.links.contact import CHANNELS, DESTINATION, Channel, Contact
from tocsin.links.sending import EVENTS, event
from tocsin.policy.document import DECISIONS
from tocsin.values import instant

OWN = "t-"
"""Ids of the facts that Tocsin makes itself begin so."""
_ANY = 1 << 30
"""Above the rank of every level."""
_ATTEMPT = b'{"kind":"contact_attempt"'
_HEADS = tuple(f'{{"kind":"{kind}"'.encode() for kind in EVENTS)
"""How the canonical JSON of facts begins that messages tell of."""
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
        always = "decision.created" in self.wanted
        for entry in entries:
            if entry.kind != ACT and (entry.detail or entry.seq in moved or always or entry.body.startswith(_HEADS)):
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
        if entry.kind in (FACT, CAME) and (entry.fact_id or "").startswith(OWN) and entry.body.startswith(_HEADS):
            told_of = msgspec.json.decode(entry.body)
            type = event(told_of.pop("kind"), told_of)
            if type is not None:
                of = watched or told_of.get("customer", "")
                about_whom = told_of["account"] if "restriction" in told_of else of
                put(type, about_whom, _ANY, {**told_of, "fact": told_of.pop("fact_id")})

    def _wants(self, destination: Destination, type: str, rank: int, explainer: Explainer) -> bool:
        if type not in destination.types:
            return False
        ranks = {level.name: level.rank for level in explainer.policy.levels}
        return rank >= ranks.get(destination.level or "", 0)


def contacts(entries: Iterable[Entry]) -> list[Order]:
    """Orders of attempts to reach persons that Tocsin makes itself, each for the channel it goes by."""
    orders = []
    for entry in entries:
        if entry.kind != FACT or not entry.body.startswith(_ATTEMPT) or not (entry.fact_id or "").startswith(OWN):
            continue
        fact = wire.stored(entry.body)
        assert isinstance(fact, ContactAttempt)
        if fact.actor is not None or fact.channel not in CHANNELS or not (fact.address and fact.text):
            continue
        said = Contact(
            id=fact.attempt,
            timestamp=instant.written(entry.recorded_at),
            channel=cast(Channel, fact.channel),
            to=fact.address,
            text=fact.text,
            language=fact.language or "zh",
            subject=fact.subject or "",
            accounts=fact.accounts,
        )
        to, person, at = f"{DESTINATION}{fact.channel}", fact.customer or "", entry.recorded_at
        orders.append(Order(entry.seq, 0, to, f"contact.{fact.channel}", person, contact.written(said), at))
    return orders

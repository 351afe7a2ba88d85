"""What comes in from outside, as facts or as the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.desk.clerk import Given
from tocsin.desk.faults import Fault
from tocsin.facts import dealings, incentives, wire
from tocsin.facts.measures import MEASURES, RestrictionAcknowledged
from tocsin.facts.wire import Unreadable

_OWN = re.compile(r"t-[0-9a-f]{16}-[0-9]+")
_OURS = (
    dealings.ContactAttempt, dealings.ContactRefused, dealings.PromiseChanged, dealings.PlanOffered,
    dealings.PlanChanged, dealings.CaseChanged, dealings.Treatment, incentives.CycleJudged, incentives.Grant,
    incentives.DueDay,
)  # fmt: skip
"""What only Tocsin tells: a contact went by the gate, an offer by the solver."""
_RESTRAINTS = tuple(kind for kind in MEASURES if kind is not RestrictionAcknowledged)
_GUARDED = frozenset((*_OURS, *_RESTRAINTS, dealings.PlanAnswer))


def given(raw: bytes, key: str | None, asked: bool = False) -> Given:
    """One fact; `asked`: whether it may happen. Fault where it is none."""
    try:
        fact = wire.decode(raw)
    except Unreadable as error:
        raise _unreadable(error) from None
    return _let_in(Given(fact, wire.encode(fact), key, asked))


def _let_in(one: Given) -> Given:
    """Ids as Tocsin gives them to its own facts come from nobody else: what it does about a person went by the gate."""
    if one.fact.fact_id.startswith("t-") and _OWN.fullmatch(one.fact.fact_id):
        remedy = "give the fact an id of your own"
        raise Fault(422, "Tocsin gives ids like this to its own facts", remedy, "fact_id", one.fact.fact_id)
    if type(one.fact) not in _GUARDED:
        return one
    if isinstance(one.fact, _OURS):
        remedy = "ask at POST /v1/contacts or /v1/plans; a contact made elsewhere is a contact_result"
        raise Fault(422, "only Tocsin tells of this", remedy, "kind", one.fact.fact_id)
    if isinstance(one.fact, _RESTRAINTS):
        remedy = "POST /v1/accounts/{id}/restrictions, or /v1/restrictions/{id}/… with a key that may"
        raise Fault(422, "what is restricted is no fact from outside", remedy, "kind", one.fact.fact_id)
    if isinstance(one.fact, dealings.PlanAnswer) and one.fact.answer in ("approved", "rejected"):
        remedy = "POST /v1/plans/{id}/answers, with a key that has the authority"
        raise Fault(422, "an approval is no fact from outside", remedy, "answer", one.fact.fact_id)
    return one


def _unreadable(error: Unreadable) -> Fault:
    return Fault(422 if error.field else 400, error.reason, error.remedy, error.field, error.fact_id)


def pieces(raw: bytes, lines: bool) -> list[bytes]:
    """The single texts of a body. Fault where the body as a whole is not what it should be."""
    try:
        return wire.pieces(raw, lines)
    except Unreadable as error:
        raise _unreadable(error) from None


def read(texts: Sequence[bytes]) -> list[Given | Fault]:
    """Each text as a fact, or why it is none."""
    plain = wire.plainly(texts)
    if plain is None:
        return [_each(text) for text in texts]
    facts = plain[0]
    if _GUARDED.isdisjoint(map(type, facts)) and not any(fact.fact_id.startswith("t-") for fact in facts):
        return list(map(Given, *plain))
    return [_judged(Given(fact, body)) for fact, body in zip(*plain, strict=True)]


def _judged(one: Given) -> Given | Fault:
    try:
        return _let_in(one)
    except Fault as fault:
        return fault


def _each(text: bytes) -> Given | Fault:
    try:
        return given(text, None)
    except Fault as fault:
        return fault

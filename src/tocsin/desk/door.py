"""What comes in from outside, as facts or as the reason why it is none."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.desk.clerk import Given
from tocsin.desk.faults import Fault
from tocsin.facts import wire
from tocsin.facts.wire import Unreadable


def given(raw: bytes, key: str | None) -> Given:
    """One fact. Fault where it is none."""
    try:
        fact = wire.decode(raw)
    except Unreadable as error:
        raise _unreadable(error) from None
    return Given(fact, wire.encode(fact), key)


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
    if plain is not None:
        return list(map(Given, *plain))
    return [_each(text) for text in texts]


def _each(text: bytes) -> Given | Fault:
    try:
        return given(text, None)
    except Fault as fault:
        return fault

"""Facts on the wire: one JSON object each, plain or in a CloudEvents 1.0 envelope.

A fact in its plainest form is decoded at once. Anything else is judged by the intake, as a file of
one row, so that one fact and a million are read alike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from string import ascii_uppercase
from typing import Any, get_args

import msgspec
import numpy as np
from msgspec.structs import fields

from tocsin.facts.dealings import DEALINGS, AnyDealing
from tocsin.facts.fields import FIELDS
from tocsin.facts.intake import Intake, Terms
from tocsin.facts.kinds import KINDS, AnyFact, Currency, Fact, Id, Instant, allowed
from tocsin.values import instant, money
from tocsin.values.problem import shown


def _of(kind: type[Fact], wanted: Any) -> tuple[str, ...]:
    """The fields of a kind that have a type."""
    return tuple(one.name for one in fields(kind) if wanted in (one.type, *get_args(one.type)))


_ALL: dict[str, type[Fact]] = {**KINDS, **DEALINGS}
_DECODER: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(AnyFact | AnyDealing)
_OBJECTS = msgspec.json.Decoder()
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ENCODER = msgspec.json.Encoder()
_ONE = Intake([], Terms(instant.LATEST), fixed=False)
_CURRENCIES = money.currencies() | {None}
_CODES = {kind: _of(kind, Currency) for kind in _ALL.values()}
_COUNTRIES = {one + other for one in ascii_uppercase for other in ascii_uppercase} | {None}
_PLACES = {
    kind: tuple(n for n in allowed(name) if FIELDS[n].domain == "country") if name in KINDS else ()
    for name, kind in _ALL.items()
}
_NAMES = {kind: _of(kind, Id) for kind in _ALL.values()}
_TIMES = {
    kind: tuple(n for n in _of(kind, Instant) if n not in ("occurred_at", "recorded_at")) for kind in _ALL.values()
}
EVENT_TYPE = "tocsin.fact."
_TELL = "write one JSON object on each line"


class Unreadable(ValueError):
    """A text that holds no fact: which field is to blame where one is, why, and what to do."""

    def __init__(self, reason: str, remedy: str, field: str = "", fact_id: str | None = None) -> None:
        super().__init__(f"{field}: {reason}; {remedy}" if field else f"{reason}; {remedy}")
        self.reason, self.remedy, self.field, self.fact_id = reason, remedy, field, fact_id


def decode(data: bytes) -> Fact:
    """One JSON fact. Unreadable, a ValueError, where it is none."""
    fact, plain = _read(_DECODER.decode, data)
    if fact is not None and b"\\" not in data and data.count(b'"') == plain.count(b'"'):
        return fact
    value = opened(data)
    if str(value.get("kind")) in DEALINGS:
        return _dealing(value)
    if fact is None:
        fact, _ = _read(_convert, value)
    return fact if fact is not None else _judged(value)


def _read(read: Callable[[Any], Fact], data: Any) -> tuple[Fact | None, bytes]:
    """A fact that is plainly one, with its plain writing: no blanks or odd signs in texts, no odd times."""
    try:
        fact = read(data)
    except (ValueError, RecursionError):
        return None, b""
    plain = _ENCODER.encode(fact)
    if b"\\" in plain or b'" ' in plain or b' "' in plain or not _sound(fact) or not _named(fact, plain):
        return None, b""
    return fact, plain


def _named(fact: Fact, plain: bytes) -> bool:
    """No id has a blank in it; written plainly, a fact has none outside its texts."""
    if b" " not in plain and b"\x7f" not in plain:
        return True
    ids = (getattr(fact, name) for name in _NAMES[type(fact)])
    return all(id is None or (" " not in id and "\x7f" not in id) for id in ids)


def _sound(fact: Fact) -> bool:
    """Its currencies are known, its countries two capitals, its times within this age, and it was not known before it happened."""
    at, known, kind = fact.occurred_at, fact.recorded_at, type(fact)
    if not 1900 < at.year < 2099 or (known is not None and not (at <= known and known.year < 2099)):
        return False
    for name in _CODES[kind]:
        if getattr(fact, name) not in _CURRENCIES:
            return False
    for name in _PLACES[kind]:
        if getattr(fact, name) not in _COUNTRIES:
            return False
    for name in _TIMES[kind]:
        time = getattr(fact, name)
        if time is not None and not 1900 < time.year < 2099:
            return False
    return True


def pieces(data: bytes, lines: bool) -> list[bytes]:
    """The single JSON texts of NDJSON (`lines`; empty lines are passed over) or of a JSON array. Unreadable where it is none."""
    if lines:
        return list(filter(bytes.strip, data.split(b"\n")))
    try:
        return [bytes(one) for one in _ARRAY.decode(data)]
    except RecursionError:
        raise Unreadable("JSON nested too deeply", "a fact is one flat object") from None
    except ValueError as error:
        raise Unreadable(
            f"not a JSON array ({str(error).splitlines()[0][:100]})", "send a list of facts, or NDJSON"
        ) from None


def plainly(texts: Sequence[bytes]) -> tuple[list[Fact], list[bytes]] | None:
    """Facts that are all in their plainest form, as `_read` judges one, and what `encode` makes of them; else None."""
    data = b"\n".join(texts)
    try:
        facts: list[Fact] = _DECODER.decode_lines(data)
    except (ValueError, RecursionError):
        return None
    plain = _ENCODER.encode_lines(facts)
    written = plain.split(b"\n")[:-1]
    blank = b" " in plain
    odd = (
        len(facts) != len(texts)
        or b"\\" in data
        or b"\\" in plain
        or (blank and (b'" ' in plain or b' "' in plain))
        or _quotes(data) != _quotes(plain)
        or not all(map(_sound, facts))
        or not all(map(_named, facts, written) if blank or b"\x7f" in plain else ())
    )
    return None if odd else (facts, written)


def _quotes(data: bytes) -> int:
    """How many quotes are in a long text; `count` takes ten times as long where there are many."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord('"')))


def stored(body: bytes) -> Fact:
    """A fact from what `encode` wrote of it."""
    fact: Fact = _DECODER.decode(body)
    return fact


def _convert(value: dict[str, Any]) -> Fact:
    fact: Fact = msgspec.convert({name: given for name, given in value.items() if given is not None}, AnyFact)
    return fact


def _dealing(value: dict[str, Any]) -> Fact:
    """A dealing, whose texts may hold any sign. Unreadable where it is none."""
    try:
        fact = _DECODER.decode(_ENCODER.encode({name: given for name, given in value.items() if given is not None}))
    except (ValueError, RecursionError) as error:
        what, _, place = str(error).partition(" - at `$")
        field = place.strip(".`").split(".")[0].split("[")[0]
        reason = what[:1].lower() + what[1:]
        raise Unreadable(reason, "see `tocsin facts kinds`", field, _id(value)) from None
    if not _named(fact, b" "):
        raise Unreadable("an id holds a blank", "write 1 to 128 characters without spaces", "", fact.fact_id)
    if not _sound(fact):
        remedy = "write times of this age, recorded_at no earlier than occurred_at, and ISO 4217 codes"
        raise Unreadable("a time or a currency is none", remedy, "", fact.fact_id)
    return fact


def _judged(value: dict[str, Any]) -> Fact:
    """A fact as the intake reads it."""
    batch, rejects = _ONE.objects([value], np.ones(1, np.int64))
    for reject in rejects:
        raise Unreadable(reject.reason, reject.remedy, reject.field, reject.fact_id)
    row = batch.drop_columns(["_row"]).to_pylist()[0]
    if value.get("recorded_at") is None:
        row["recorded_at"] = None
    return _convert(row)


def opened(data: bytes) -> dict[str, Any]:
    """A JSON object with the fact's own names, out of its envelope where it has one. Unreadable where it is none."""
    try:
        value = _OBJECTS.decode(data)
        if b"\\" in data or not isinstance(value, dict) or _ENCODER.encode(value).count(b'"') != data.count(b'"'):
            json.loads(data, object_pairs_hook=_once)
    except Unreadable:
        raise
    except RecursionError:
        raise Unreadable("JSON nested too deeply", "a fact is one flat object") from None
    except ValueError as error:
        raise _why(data, error) from None
    if not isinstance(value, dict):
        text = data[:40].decode(errors="replace")
        raise Unreadable(f"a fact is a JSON object, this is {shown(text)}", _TELL)
    return unwrapped(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"'{twice}' stands twice in the object", "keep one of them", twice, _id(result))
    return result


def _why(data: bytes, error: Exception) -> Unreadable:
    """What is wrong with a text that is not JSON; NaN and numbers beyond all bounds are named by their field."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return Unreadable(f"not JSON ({str(error).splitlines()[0][:100]})", _TELL)
    fact = unwrapped(value) if isinstance(value, dict) else {}
    for name, number in fact.items():
        if isinstance(number, float) and not math.isfinite(number):
            return Unreadable(f"{number} is not a number", "leave it out where there is none", name, _id(fact))
    return Unreadable("half a character (a lone surrogate) stands in a text", "write the text whole")


def _id(value: dict[str, Any]) -> str | None:
    given = value.get("fact_id")
    return given if isinstance(given, str) else None


def encode(fact: Fact) -> bytes:
    """One fact as a line of NDJSON, without the newline."""
    return _ENCODER.encode(fact)


def unwrapped(event: dict[str, Any]) -> dict[str, Any]:
    """The fact in a CloudEvents envelope (CloudEvents 1.0, JSON format); a plain fact as it is.

    `type` is `tocsin.fact.<kind>`, `id` the fact's id, `time` when it happened, `recordedtime` when
    it was known, `subject` the account; `data` has the rest and wins where both say something.
    """
    if "specversion" not in event:
        return event
    fact: dict[str, Any] = {
        "fact_id": event.get("id"),
        "kind": str(event.get("type") or "").removeprefix(EVENT_TYPE),
        "occurred_at": event.get("time"),
        "recorded_at": event.get("recordedtime"),
        "account": event.get("subject"),
    }
    if event["specversion"] != "1.0":
        fact["specversion"] = event["specversion"]
    data = event.get("data", event.get("data_base64"))
    fact.update(
        {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else {"data": data}
    )
    return {name: value for name, value in fact.items() if value is not None}


def wrapped(fact: Fact, source: str) -> dict[str, Any]:
    """A fact as a CloudEvents 1.0 envelope."""
    data = msgspec.to_builtins(fact)
    event = {
        "specversion": "1.0",
        "id": data.pop("fact_id"),
        "source": source,
        "type": EVENT_TYPE + data.pop("kind"),
        "time": data.pop("occurred_at"),
        "subject": data.pop("account", None),
        "recordedtime": data.pop("recorded_at", None),
        "datacontenttype": "application/json",
        "data": data,
    }
    return {name: value for name, value in event.items() if value is not None}

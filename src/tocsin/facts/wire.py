"""Facts on the wire: one JSON object each, plain or in a CloudEvents 1.0 envelope."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.facts.kinds import AnyFact

_DECODER = msgspec.json.Decoder(AnyFact)
_ENCODER = msgspec.json.Encoder()
EVENT_TYPE = "tocsin.fact."


def decode(data: bytes) -> AnyFact:
    """One plain JSON fact. ValueError with the place and the reason where it is none."""
    try:
        return _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None


def encode(fact: AnyFact) -> bytes:
    """One fact as a line of NDJSON, without the newline."""
    return _ENCODER.encode(fact)


def unwrapped(event: dict[str, Any]) -> dict[str, Any]:
    """The fact in a CloudEvents envelope (CloudEvents 1.0, JSON format); a plain fact as it is.

    `type` is `tocsin.fact.<kind>`, `id` the fact's id, `time` when it happened, `recordedtime` when
    it was known, `subject` the account; `data` has the rest and wins where both say something.
    """
    if "specversion" not in event:
        return event
    data = event.get("data")
    fact: dict[str, Any] = {
        "fact_id": event.get("id"),
        "kind": str(event.get("type", "")).removeprefix(EVENT_TYPE),
        "occurred_at": event.get("time"),
        "recorded_at": event.get("recordedtime"),
        "account": event.get("subject"),
    }
    fact.update(data if isinstance(data, dict) else {"data": data})
    return {name: value for name, value in fact.items() if value is not None}


def wrapped(fact: AnyFact, source: str) -> dict[str, Any]:
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

"""Providers of calls, short messages, pushes and print: messages out over HTTP, receipts back.

Out: `POST {url}/messages` with a bearer token, JSON of a `Contact`, for letters with the PDF under `attachments`,
and `Idempotency-Key`, the id of the attempt: whoever answers twice to one key sends twice to one person.
Back: `{"id", "channel", "at", "status", "text"?}`, signed as our own webhooks are (Standard Webhooks 1.0).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta
from standardwebhooks import Webhook

from tocsin.links import contact
from tocsin.links.contact import Channel, Contact
from tocsin.links.posting import SECOND, Poster
from tocsin.links.sending import Contacted, Delivered, Later, Undeliverable
from tocsin.values import instant

Status = Literal[
    "delivered", "undeliverable", "no_answer", "left_message", "conversation", "not_connected", "reply"
]  # fmt: skip
"""delivered: on the device, in the mailbox. not_connected: busy, switched off. conversation: a person spoke."""
TOLERANCE = 300 * SECOND
"""A receipt is signed within five minutes of its arrival (Standard Webhooks, replay attacks)."""
_OF_THE_WAY = {401, 402, 403, 404, 405, 407, 408, 409, 410, 421, 425, 426, 429}
"""Answers 4xx that speak of the token, the address, the account or the moment; all others refuse this message for good."""


@dataclass(frozen=True)
class Provider:
    """Where messages of a channel are handed over. `secrets` sign its receipts, two while one takes the other's place."""

    url: str
    token: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


async def send(poster: Poster, provider: Provider, given: Contact, now: int, letter: bytes | None = None) -> Contacted:
    """One attempt at `now`, microseconds UTC. A 2xx says that the provider has taken it over, no more."""
    headers = {"authorization": f"Bearer {provider.token}", "idempotency-key": given.id}
    answer = await poster.post(f"{provider.url.rstrip('/')}/messages", _body(given, letter), headers, now)
    if isinstance(answer, Later):
        return answer
    if answer.well:
        return Delivered()
    if 400 <= answer.status < 500 and answer.status not in _OF_THE_WAY:
        return Undeliverable(f"the provider refused it ({answer.status})")
    return Later(f"the receiver answered {answer.status}", answer.after, own=answer.status == 409)


def _body(given: Contact, letter: bytes | None) -> bytes:
    if letter is None:
        return contact.written(given)
    said: dict[str, Any] = msgspec.to_builtins(given)
    file = {"name": f"{given.id}.pdf", "type": "application/pdf", "content": base64.b64encode(letter).decode()}
    return contact.written(said | {"attachments": [file]})


# -- what comes back ---------------------------------------------------------------------------------------------------


class ReceiptBody(msgspec.Struct, forbid_unknown_fields=True):
    """What became of a message. `id`: of the attempt; `at`: when; `text`: what a person answered, or left."""

    id: Annotated[str, Meta(min_length=1, max_length=128)]
    channel: Channel
    at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    status: Status
    text: Annotated[str, Meta(max_length=4000)] = ""


class Receipt(NamedTuple):
    """The same, checked. `at`: microseconds UTC."""

    attempt: str
    channel: str
    status: str
    at: int
    text: str


_decode = msgspec.json.Decoder(ReceiptBody).decode


def receipt(raw: bytes) -> Receipt:
    """ValueError (msgspec's, or ours) where it is none."""
    given = _decode(raw)
    return Receipt(given.id, given.channel, given.status, instant.parse(given.at), given.text)


def vouched(secrets: Iterable[str], raw: bytes, headers: Mapping[str, str], now: int) -> bool:
    """Whether one of the secrets signed this body, within the tolerance of `now`. Names of headers in small letters."""
    id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (id and at.isascii() and at.isdigit() and len(at) < 12 and abs(int(at) * SECOND - now) <= TOLERANCE):
        return False
    given = [one.encode() for one in headers.get("webhook-signature", "").split(" ")[:8]]
    try:
        signed = [Webhook(one).sign(id, instant.instant(int(at) * SECOND), raw.decode()).encode() for one in secrets]
    except UnicodeDecodeError:
        return False
    return any(hmac.compare_digest(one, other) for one in signed for other in given)

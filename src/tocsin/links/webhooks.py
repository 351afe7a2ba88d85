"""Messages to HTTP endpoints by the Standard Webhooks scheme (standardwebhooks.com, specification 1.0).

Headers `webhook-id`, `webhook-timestamp` (seconds, of this attempt) and `webhook-signature`: `v1,` and
HMAC-SHA256 over id.timestamp.body in base64, one for each live secret, divided by spaces.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
from standardwebhooks import Webhook

from tocsin.links.posting import SECOND, Answer, Poster
from tocsin.links.sending import Delivered, Gone, Later, Message, Outcome
from tocsin.values import instant

_OWN = {400, 406, 409, 411, 413, 414, 415, 422, 431}
"""Answers that refuse what was sent; all others speak of the receiver."""


@dataclass(frozen=True)
class Endpoint:
    """Where to, and the secrets that are live: two while one takes the place of the other."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)


class Webhooks(Poster):
    """A client for every endpoint; use as an async context."""

    async def send(self, endpoint: Endpoint, message: Message, now: int) -> Outcome:
        """One attempt at `now`, microseconds UTC. A 2xx is delivery, whatever the answer says besides."""
        response = await self.post(endpoint.url, message.body, signed(endpoint, message, now), now)
        return response if isinstance(response, Later) else _outcome(response)


def signed(endpoint: Endpoint, message: Message, now: int) -> dict[str, str]:
    """The three headers of the scheme."""
    at, text = instant.instant(now), message.body.decode()
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(now // SECOND),
        "webhook-signature": " ".join(Webhook(secret).sign(message.id, at, text) for secret in endpoint.secrets),
    }


def _outcome(answer: Answer) -> Outcome:
    if answer.well:
        return Delivered()
    if answer.status == httpx.codes.GONE:
        return Gone("the receiver answered 410: it wants no more messages")
    return Later(f"the receiver answered {answer.status}", answer.after, answer.status in _OWN)

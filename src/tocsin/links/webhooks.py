"""Messages to HTTP endpoints by the Standard Webhooks scheme (standardwebhooks.com, specification 1.0).

Headers `webhook-id`, `webhook-timestamp` (seconds, of this attempt) and `webhook-signature`: `v1,` and
HMAC-SHA256 over id.timestamp.body in base64, one for each live secret, divided by spaces. Certificates
are checked against the system's store; OpenSSL's SSL_CERT_FILE names another.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx
from standardwebhooks import Webhook

from tocsin import __version__
from tocsin.links.sending import Delivered, Gone, Later, Message, Outcome
from tocsin.values import instant

SECOND = 1_000_000
LONGEST_WAIT = 24 * 3600 * SECOND
"""A receiver may ask to be left alone for a day, not for good: that is what 410 says."""
_DRAINED = 4096
_OWN = {400, 406, 409, 411, 413, 414, 415, 422, 431}
"""Answers that refuse what was sent; all others speak of the receiver."""


@dataclass(frozen=True)
class Endpoint:
    """Where to, and the secrets that are live: two while one takes the place of the other."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)


class Webhooks:
    """A client for every endpoint; use as an async context. `patience`: seconds that one attempt may take."""

    def __init__(self, trust: ssl.SSLContext | None = None, patience: float = 20) -> None:
        self.patience = patience
        self.client = httpx.AsyncClient(
            verify=trust or ssl.create_default_context(),
            timeout=httpx.Timeout(patience, connect=min(patience, 5)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30),
            follow_redirects=False,
            headers={"user-agent": f"tocsin/{__version__}", "content-type": "application/json"},
        )

    async def __aenter__(self) -> Webhooks:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.client.aclose()

    async def send(self, endpoint: Endpoint, message: Message, now: int) -> Outcome:
        """One attempt at `now`, microseconds UTC. A 2xx is delivery, whatever the answer says besides."""
        headers = signed(endpoint, message, now)
        try:
            async with (
                asyncio.timeout(self.patience),
                self.client.stream("POST", endpoint.url, content=message.body, headers=headers) as response,
            ):
                outcome = _outcome(response, now)
                with suppress(httpx.HTTPError, TimeoutError):
                    await _drained(response)
                return outcome
        except (TimeoutError, httpx.TimeoutException):
            return Later(f"the receiver did not answer within {self.patience:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Later(f"the receiver cannot be reached ({type(error).__name__})")


def signed(endpoint: Endpoint, message: Message, now: int) -> dict[str, str]:
    """The three headers of the scheme."""
    at, text = instant.instant(now), message.body.decode()
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(now // SECOND),
        "webhook-signature": " ".join(Webhook(secret).sign(message.id, at, text) for secret in endpoint.secrets),
    }


def _outcome(response: httpx.Response, now: int) -> Outcome:
    status = response.status_code
    if response.is_success:
        return Delivered()
    if status == httpx.codes.GONE:
        return Gone("the receiver answered 410: it wants no more messages")
    after = _retry_after(response.headers.get("retry-after"), now)
    return Later(f"the receiver answered {status}", after, status in _OWN)


async def _drained(response: httpx.Response) -> None:
    """Read a short answer to its end, so that the connection can serve again; a long one is cut off."""
    seen = 0
    async with asyncio.timeout(1):
        async for piece in response.aiter_raw():
            seen += len(piece)
            if seen > _DRAINED:
                return


def _retry_after(text: str | None, now: int) -> int | None:
    """Retry-After (RFC 9110, 10.2.3): seconds or a date. None where it is neither."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        wait = int(text[:12]) * SECOND
    else:
        try:
            wait = instant.micros(parsedate_to_datetime(text)) - now
        except (ValueError, TypeError):
            return None
    return min(max(wait, 0), LONGEST_WAIT)

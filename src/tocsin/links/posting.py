"""One HTTP client for everything that is posted: many open connections, a bound on each attempt.

Certificates are checked against the system's store; OpenSSL's SSL_CERT_FILE names another.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Self

import httpx

from tocsin import __version__
from tocsin.links.sending import Later
from tocsin.values import instant

SECOND = 1_000_000
LONGEST_WAIT = 24 * 3600 * SECOND
"""A receiver may ask to be left alone for a day, not for good."""
_DRAINED = 4096


class Answer(NamedTuple):
    """What a receiver answered. `after`: microseconds it asks to be left alone, if it said so."""

    status: int
    after: int | None

    @property
    def well(self) -> bool:
        return 200 <= self.status < 300


class Poster:
    """Use as an async context. `patience`: seconds that one attempt may take."""

    def __init__(self, trust: ssl.SSLContext | None = None, patience: float = 20) -> None:
        self.patience = patience
        self.client = httpx.AsyncClient(
            verify=trust or ssl.create_default_context(),
            timeout=httpx.Timeout(patience, connect=min(patience, 5)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30),
            follow_redirects=False,
            headers={"user-agent": f"tocsin/{__version__}", "content-type": "application/json"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.client.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], now: int) -> Answer | Later:
        """One attempt at `now`, microseconds UTC; Later where no answer came."""
        try:
            async with (
                asyncio.timeout(self.patience),
                self.client.stream("POST", url, content=body, headers=dict(headers)) as response,
            ):
                answer = Answer(response.status_code, _retry_after(response.headers.get("retry-after"), now))
                with suppress(httpx.HTTPError, TimeoutError):
                    await _drained(response)
                return answer
        except (TimeoutError, httpx.TimeoutException):
            return Later(f"the receiver did not answer within {self.patience:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Later(f"the receiver cannot be reached ({type(error).__name__})")


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

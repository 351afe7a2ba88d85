"""Webhooks to a real receiver: signed by the scheme, and what its answers mean."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests import certificates
from tests.receiver import OK, Answer, Receiver, Request
from tocsin.links.sending import Delivered, Gone, Later, Message, Outcome
from tocsin.links.webhooks import SECOND, Endpoint, Webhooks

OLD, NEW, OTHER = (
    "whsec_" + base64.b64encode(text * 3).decode() for text in (b"old-secret", b"new-secret", b"not-known-")
)
BODY = json.dumps(
    {"type": "warning.raised", "timestamp": "2026-03-02T10:00:00Z", "data": {"说": "转账"}}, ensure_ascii=False
)
MESSAGE = Message("m7-0", "warning.raised", BODY.encode())


def now() -> int:
    return time.time_ns() // 1000


def sent(receiver: Receiver, *secrets: str, patience: float = 5, trust: ssl.SSLContext | None = None) -> Outcome:
    async def scene() -> Outcome:
        async with receiver, Webhooks(trust, patience) as webhooks:
            return await webhooks.send(Endpoint(receiver.url, secrets or (OLD,)), MESSAGE, now())

    return asyncio.run(scene())


def answering(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Receiver:
    async def answer(request: Request) -> Answer:
        return status, headers or {}, body

    return Receiver(answer)


@pytest.mark.parametrize("secrets", [(OLD,), (OLD, NEW)])
def test_a_receiver_checks_the_signature_with_either_secret(secrets: tuple[str, ...]) -> None:
    receiver = Receiver()
    assert sent(receiver, *secrets) == Delivered()
    (request,) = receiver.taken
    assert request.body == MESSAGE.body and request.id == "m7-0"
    assert request.headers["content-type"] == "application/json"
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 5
    assert len(request.headers["webhook-signature"].split(" ")) == len(secrets)
    for secret in secrets:
        assert Webhook(secret).verify(request.body, request.headers) == json.loads(BODY)
    for headers, body in ((request.headers, request.body + b" "), ({**request.headers, "webhook-id": "m8-0"}, BODY)):
        with pytest.raises(WebhookVerificationError):
            Webhook(OLD).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(request.body, request.headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_delivery(status: int) -> None:
    assert sent(answering(status)) == Delivered()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (500, Later("the receiver answered 500")),
        (404, Later("the receiver answered 404")),
        (401, Later("the receiver answered 401")),
        (422, Later("the receiver answered 422", own=True)),
        (410, Gone("the receiver answered 410: it wants no more messages")),
    ],
)
def test_other_answers(status: int, outcome: Outcome) -> None:
    assert sent(answering(status)) == outcome


def test_a_redirect_is_not_followed() -> None:
    receiver = answering(307, {"location": "http://localhost:1/elsewhere"})
    assert sent(receiver) == Later("the receiver answered 307")
    assert len(receiver.asked) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("0", 0), ("999999999999", 86_400), ("-5", None), ("soon", None), ("", None)],
)
def test_retry_after(text: str, seconds: int | None) -> None:
    outcome = sent(answering(503, {"retry-after": text}))
    assert outcome == Later("the receiver answered 503", None if seconds is None else seconds * SECOND)


def test_retry_after_as_a_date() -> None:
    outcome = sent(answering(429, {"retry-after": formatdate(time.time() + 90, usegmt=True)}))
    assert isinstance(outcome, Later) and outcome.after is not None and 85 <= outcome.after / SECOND <= 91


def test_a_long_answer_is_not_read() -> None:
    started = time.monotonic()
    assert sent(answering(200, body=b"x" * 50_000_000)) == Delivered()
    assert time.monotonic() - started < 5


def test_connections_serve_again() -> None:
    receiver = answering(200, body=b'{"ok":true}')

    async def scene() -> None:
        async with receiver, Webhooks() as webhooks:
            for _ in range(5):
                await webhooks.send(Endpoint(receiver.url, (OLD,)), MESSAGE, now())

    asyncio.run(scene())
    assert (len(receiver.taken), receiver.connections) == (5, 1)


def test_a_receiver_that_hangs_is_left_in_time() -> None:
    async def hang(request: Request) -> Answer:
        await asyncio.sleep(30)
        return OK

    assert sent(Receiver(hang), patience=0.3) == Later("the receiver did not answer within 0.3 seconds")


def test_a_receiver_that_is_away() -> None:
    async def scene() -> Outcome:
        async with Receiver() as receiver:
            pass
        async with Webhooks() as webhooks:
            return await webhooks.send(Endpoint(receiver.url, (OLD,)), MESSAGE, now())

    assert asyncio.run(scene()) == Later("the receiver cannot be reached (ConnectError)")


def test_certificates_are_checked(tmp_path: Path) -> None:
    server, client = certificates.made(tmp_path)
    receiver = Receiver(trust=server)
    assert sent(receiver) == Later("the receiver cannot be reached (ConnectError)") and not receiver.asked
    receiver.port = 0
    assert sent(receiver, trust=client) == Delivered()

"""The sandbox as an integrator meets it, and receipts as Tocsin takes them: real HTTP in both directions."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given as drawn
from hypothesis import settings as examples
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.sandboxed import OTHER, SECRET, TOKEN, now, sandbox, written
from tests.standin import Service
from tocsin.desk.receipts import Receipts
from tocsin.desk.settings import read
from tocsin.faces.sandbox.plan import course
from tocsin.faces.sandbox.shelf import Given, Shelf
from tocsin.links import contact
from tocsin.links.contact import CHANNELS, Contact
from tocsin.values import instant

CHANNELS_OF = "channels: {sms: {provider: 'https://x.example', token: T, secrets: [A, B]}, call: {provider: 'https://x.example', token: T, secrets: [B]}}"  # fmt: skip
SETTINGS = read(CHANNELS_OF, "t.yaml", {"T": "word", "A": OTHER, "B": SECRET})


class Heard:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, str, int, str]] = []

    async def __call__(self, attempt: str, channel: str, status: str, at: int, text: str) -> None:
        self.told.append((attempt, channel, status, at, text))

    def by_attempt(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for attempt, _, status, *_ in self.told:
            found.setdefault(attempt, []).append(status)
        return found


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def service(heard: Heard) -> Iterator[Service]:
    service = Service()
    service.desk.receipt = Receipts(SETTINGS, now, heard)
    with service.served():
        yield service


def until(true: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def post(client: httpx.Client, given: Contact, key: str | None = None) -> httpx.Response:
    return client.post("/messages", content=contact.written(given), headers={"idempotency-key": key or given.id})


# -- receipts ----------------------------------------------------------------------------------------------------------


def test_receipts_come_back_as_the_ending_asks(service: Service, heard: Heard) -> None:
    endings = {"1234": ["delivered"], "0002": ["undeliverable"], "0003": ["no_answer"], "0006": ["delivered", "reply"]}
    with sandbox(f"{service.url}/v1/receipts") as provider, provider.client as client:
        for ending in (*endings, "0005"):
            assert post(client, written(f"at-{ending}", f"+861000000{ending}")).status_code == 202
        calls = [written(f"call-{n}", "+8610000001234", "call") for n in range(40)]
        assert {post(client, call).status_code for call in calls} == {202}
        until(lambda: len(heard.told) == 45)
    said = heard.by_attempt()
    assert {id.removeprefix("at-"): what for id, what in said.items() if id.startswith("at-")} == endings
    assert [said[call.id] for call in calls] == [[course(call, 1).receipts[0][0]] for call in calls]
    assert 5 < sum(said[call.id] == ["conversation"] for call in calls) < 30
    assert [text for *_, status, _, text in heard.told if status == "reply"] == ["请不要再联系我"]


def test_a_simulation_says_itself_what_became_of_messages(service: Service, heard: Heard) -> None:
    with sandbox(f"{service.url}/v1/receipts", manual=True) as provider, provider.client as client:
        for id in ("a", "b"):
            post(client, written(id, "+8610000001234", "call"))
        outcomes = [
            {"id": "a", "status": "conversation", "at": "2026-03-01T08:00:00+08:00", "text": "明天付"},
            {"id": "b", "status": "left_message"},
            {"id": "a", "status": "reply", "text": "好"},
        ]
        assert client.post("/outcomes", json=outcomes).status_code == 202
        until(lambda: len(heard.told) == 3)
        unknown = client.post("/outcomes", json=[{"id": "c", "status": "delivered"}], headers={"accept-language": "zh"})
        assert unknown.status_code == 422 and "此处没有收到消息 'c'" in unknown.json()["detail"]
        assert client.post("/outcomes", json=[{"id": "a", "status": "dead"}]).status_code == 422
    assert heard.by_attempt() == {"a": ["conversation", "reply"], "b": ["left_message"]}
    assert ("a", "call", "conversation", instant.parse("2026-03-01T00:00:00Z"), "明天付") in heard.told


def test_receipts_are_repeated_until_they_are_taken(service: Service, heard: Heard) -> None:
    service.live.ready = False
    with sandbox(f"{service.url}/v1/receipts") as provider, provider.client as client:
        post(client, written("a", "+8610000001234"))
        time.sleep(0.3)
        assert heard.told == []
        service.live.ready = True
        until(lambda: heard.told)
    assert heard.by_attempt() == {"a": ["delivered"]}


def receipt(**fields: Any) -> bytes:
    said = {"id": "at-1", "channel": "sms", "at": instant.written(now()), "status": "delivered"} | fields
    return json.dumps(said, ensure_ascii=False).encode()


def signed(raw: bytes, secret: str = SECRET, shift: int = 0) -> dict[str, str]:
    at = now() // 1_000_000 + shift
    signature = Webhook(secret).sign("r-1", instant.instant(at * 1_000_000), raw.decode(errors="replace"))
    return {"webhook-id": "r-1", "webhook-timestamp": str(at), "webhook-signature": signature}


@pytest.mark.parametrize(
    ("raw", "headers", "status", "said"),
    [
        (receipt(), {}, 204, ""),
        (receipt(), {"secret": OTHER}, 204, ""),
        (receipt(text="不要再打"), {}, 204, ""),
        (receipt(channel="call"), {"secret": OTHER}, 401, "no secret of this channel signed it"),
        (receipt(channel="app"), {}, 401, "no secret of this channel signed it"),
        (receipt(), {"shift": -310}, 401, "within 5 minutes"),
        (receipt(), {"shift": 310}, 401, "within 5 minutes"),
        (receipt(status="gone"), {}, 422, "Invalid enum value 'gone'"),
        (receipt(extra=1), {}, 422, "unknown field `extra`"),
        (receipt(at="yesterday"), {}, 422, "'yesterday' is not an RFC 3339 time"),
        (receipt(at="2026-03-01T08:00:00"), {}, 422, "a time needs a zone"),
        (receipt(at="2099-03-01T08:00:00Z"), {}, 422, "lies in the future"),
        (b"{", {}, 400, "not JSON"),
        (b"[" * 100_000, {}, 413, "bytes"),
        (b"[" * 60_000, {}, 422, "Expected `object`"),
        (b'{"x":' + b"[" * 60_000, {}, 422, "unknown field `x`"),
        (b"\xff", {}, 400, "not JSON"),
    ],
)
def test_whose_word_is_taken(service: Service, heard: Heard, raw: bytes, headers: Any, status: int, said: str) -> None:
    with service.client(None) as client:
        sent = {"content-type": "application/json", **signed(raw, **headers)}
        response = client.post("/v1/receipts", content=raw, headers=sent)
        assert response.status_code == status and said in response.text
        assert ("www-authenticate" in response.headers) is (status == 401)
        assert [one[:3] for one in heard.told] == ([("at-1", "sms", "delivered")] if status == 204 else [])
        changed = client.post("/v1/receipts", content=raw + b" ", headers=sent)
        assert changed.status_code == (401 if status in (204, 401) or "future" in said else status)


def test_a_desk_without_channels_takes_nobodys_word() -> None:
    with Service().served() as service, service.client(None) as client:
        raw = receipt()
        answer = client.post("/v1/receipts", content=raw, headers={"content-type": "application/json", **signed(raw)})
    assert answer.status_code == 401


# -- the sandbox alone -------------------------------------------------------------------------------------------------


def test_one_key_is_one_message() -> None:
    one = written("a", "+8610000001234", accounts=("A-1",))
    with sandbox() as provider, provider.client as client:
        assert post(client, one).json() == {"id": "a", "repeated": False}
        assert post(client, one).json() == {"id": "a", "repeated": True}
        assert post(client, written("b", "+8610000001234"), "a").status_code == 409
        assert client.post("/messages", content=contact.written(one)).status_code == 400
        assert client.post("/messages", content=b"{}", headers={"idempotency-key": "x"}).status_code == 422
        assert client.get("/messages", headers={"authorization": "Bearer no"}).status_code == 401
        assert client.get("/other").status_code == 404 and client.delete("/messages").status_code == 405
        assert client.post("/outcomes", json=[]).status_code == 409
        third = written("c", "+8610000000004")
        codes = [post(client, third).status_code for _ in range(4)]
        assert codes == [500, 500, 202, 202]
        first = client.get("/messages?limit=1").json()
        rest = client.get(f"/messages?after={first['next']}").json()
    assert [one["message"]["id"] for one in (*first["messages"], *rest["messages"])] == ["a", "c"]
    assert rest["next"] == 2


def test_at_once_the_same_message_counts_once() -> None:
    async def scene(url: str) -> list[int]:
        async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {TOKEN}"}) as client:
            one, headers = contact.written(written("a", "+8610000001234")), {"idempotency-key": "a"}
            sent = await asyncio.gather(*(client.post("/messages", content=one, headers=headers) for _ in range(20)))
            return [response.status_code for response in sent]

    with sandbox() as provider:
        assert asyncio.run(scene(provider.url)) == [202] * 20 and len(provider.taken()) == 1


@drawn(st.lists(st.integers(0, 30), max_size=60), st.integers(0, 40), st.integers(1, 10))
@examples(max_examples=100, deadline=None)
def test_the_shelf_forgets_the_oldest_and_lists_the_rest(ids: list[int], after: int, limit: int) -> None:
    shelf = Shelf(most=8)
    put = [f"k{id}-{n}" for n, id in enumerate(ids)]
    for key in put:
        shelf.put(key, key.encode(), Given(key, "2026-01-01T00:00:00Z", "sms", "+861", "x"), "")
    kept = [(n, key) for n, key in enumerate(put, 1)][-8:]
    assert [(one.number, one.message["id"]) for one in shelf.after(after, limit)] == [
        one for one in kept if one[0] > after
    ][:limit]
    assert all((shelf.message(key) is not None) is ((n, key) in kept) for n, key in enumerate(put, 1))


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_becomes_of_a_message_depends_on_its_id_alone(channel: Any) -> None:
    some = [
        written(f"at-{n}", "someone@example.com" if channel == "email" else "+8610000001234", channel)
        for n in range(50)
    ]
    assert [course(one, 7) for one in some] == [course(one, 7) for one in some]
    assert all(len(course(one, 7).receipts) == 1 for one in some)
    assert course(written("a", "someone0001@example.com", "email"), 1).refused
    assert course(written("a", "示例路8号\n200002 邮政编码0002", "letter"), 1).receipts == (("undeliverable", ""),)


# -- the command -------------------------------------------------------------------------------------------------------


def run(*words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tocsin", "sandbox", *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("TOCSIN")}, "TOCSIN_LANG": "en", **environment},
    )  # fmt: skip


def test_the_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "kept.ndjson"
    process = run("--port", "0", "--keep", str(file), TOCSIN_SANDBOX_TOKEN=TOKEN)
    assert process.stdout is not None
    found = re.search(r"The sandbox listens on (http://\S+)", process.stdout.readline())
    assert found
    with httpx.Client(base_url=found[1], headers={"authorization": f"Bearer {TOKEN}"}) as client:
        assert post(client, written("a", "+8610000001234")).status_code == 202
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["message"]["id"] == "a"


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        ((), {}, "TOCSIN_SANDBOX_TOKEN: the sandbox has no token; set it to any text, and give Tocsin the same"),
        (("--secret", "S"), {"TOCSIN_SANDBOX_TOKEN": "t"}, "--receipts-to: receipts need an address and a secret; give both, or neither"),
        (("--secret", "S", "--receipts-to", "ftp://x"), {"TOCSIN_SANDBOX_TOKEN": "t"}, "--secret: the environment variable 'S' holds no webhook secret"),
        ((), {"TOCSIN_LANG": "zh"}, "TOCSIN_SANDBOX_TOKEN:沙箱没有令牌;请设为任意文本"),
    ],
)  # fmt: skip
def test_mistakes_on_the_command_line(words: tuple[str, ...], environment: dict[str, str], said: str) -> None:
    process = run(*words, **environment)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2 and said in errors

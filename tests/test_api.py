"""The decision API over HTTP, on a socket: every route, every refusal, in both languages, and bodies of any kind."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.standin import Service
from tests.test_chinese import english_in
from tocsin.desk import logs
from tocsin.desk.keys import Key, Keys, made
from tocsin.faces.api.headers import RequestIds, accepts, language, media_type
from tocsin.faces.api.problems import TYPES
from tocsin.faces.api.serve import bound
from tocsin.journal.records import ACT, Entry, Unavailable
from tocsin.values.problem import Problem, Refused

BATCH = 1_048_576
JSON, LINES = {"content-type": "application/json"}, {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(batch_bytes=BATCH).served() as served:
        yield served


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


def fact(number: object = 1, **fields: Any) -> dict[str, Any]:
    return {
        "fact_id": f"f{number}",
        "kind": "purchase",
        "occurred_at": "2026-03-01T08:00:00Z",
        "account": "A-1",
        "amount": 12_300,
        "currency": "CNY",
    } | fields


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer, judged as a document."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert said["status"] == status and said["type"] == f"/#{TYPES[status][0]}"
    assert said["title"] and said["detail"] and "\n" not in said["detail"]
    assert said["instance"] == f"urn:tocsin:request:{response.headers['x-request-id']}"
    return said


# -- decisions and facts -----------------------------------------------------------------------------------------------


def test_a_fact_is_decided_upon(client: httpx.Client) -> None:
    answer = client.post("/v1/decisions", json=fact("plain"), headers={"x-request-id": "call-17"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json" and answer.headers["content-language"] == "en"
    assert answer.headers["x-request-id"] == "call-17"
    said = answer.json()
    assert said["outcome"] == "approve" and not said["repeated"] and not said["dry_run"]
    found = client.get(f"/v1/decisions/{said['id']}")
    assert found.json()["fact_id"] == "fplain" and found.headers["cache-control"] == "no-store"


def test_sentences_are_in_the_language_of_the_caller(client: httpx.Client) -> None:
    large = fact("large", amount=5_000_000)
    english, chinese = (
        client.post("/v1/decisions", json=large, headers={"accept-language": tag}) for tag in ("de, en;q=0.5", "zh-CN")
    )
    assert english.json()["fired"][0]["say"] == "large" and english.json()["outcome"] == "review"
    assert chinese.json()["fired"][0]["say"] == "金额较大" and chinese.headers["content-language"] == "zh"


def test_a_repeat_gets_the_first_answer(client: httpx.Client) -> None:
    first, again = (client.post("/v1/decisions", json=fact("twice")).json() for _ in range(2))
    assert again == first | {"repeated": True}
    said = problem(client.post("/v1/decisions", json=fact("twice", amount=1)), 409)
    assert said["fact_id"] == "ftwice"
    headers = {"idempotency-key": '"k-1"'}
    first = client.post("/v1/decisions", json=fact("key"), headers=headers).json()
    again = client.post("/v1/decisions", json=fact("key"), headers={"idempotency-key": "k-1"}).json()
    assert again == first | {"repeated": True}
    problem(client.post("/v1/decisions", json=fact("other"), headers=headers), 409)


def test_a_dry_run_stores_nothing(service: Service, client: httpx.Client) -> None:
    before = len(service.live.log)
    said = client.post("/v1/decisions?dry_run=true", json=fact("dry"), headers={"idempotency-key": "dry"}).json()
    assert said["id"] is None and said["dry_run"] and len(service.live.log) == before
    assert not client.post("/v1/decisions?dry_run=false", json=fact("dry")).json()["repeated"]


@pytest.mark.parametrize("lines", [True, False])
def test_many_facts_each_with_its_result(client: httpx.Client, lines: bool) -> None:
    facts = [fact(f"{lines}1"), fact(f"{lines}2", amount="x"), fact(f"{lines}3", amount=2_000_000), fact(f"{lines}1")]
    body = "\n".join(map(json.dumps, facts)) if lines else json.dumps(facts)
    said = client.post("/v1/facts", content=body, headers=LINES if lines else JSON).json()
    assert (said["recorded"], said["repeated"], said["refused"]) == (2, 1, 1)
    good, bad, large, again = said["items"]
    assert good["status"] == "recorded" and again["status"] == "repeated" and again["id"] == good["id"]
    assert large["outcome"] == "review" and large["level"] == 1
    assert bad["status"] == "refused" and bad["problem"]["status"] == 422 and bad["problem"]["field"] == "amount"
    chinese = client.post("/v1/facts", content=body, headers=(LINES if lines else JSON) | {"accept-language": "zh"})
    assert not english_in(chinese.json()["items"][1]["problem"]["detail"])


def test_a_whole_body_that_is_no_array(client: httpx.Client) -> None:
    problem(client.post("/v1/facts", content="{", headers=JSON), 400)
    said = client.post("/v1/facts", content='{\n{}\n[]\n\xff"\n', headers=LINES).json()
    assert said["refused"] == 4 and all(item["problem"]["detail"] for item in said["items"])
    assert client.post("/v1/facts", content="", headers=LINES).json()["items"] == []


# -- accounts ----------------------------------------------------------------------------------------------------------


def test_an_account(client: httpx.Client) -> None:
    odd = "a/b?ü#1"
    path = "/v1/accounts/a%2Fb%3F%C3%BC%231"
    said = client.post("/v1/decisions", json=fact("odd", account=odd, amount=3_000_000)).json()
    assert client.get(path).json() == {"account": odd, "level": None, "last_entry": said["id"]}
    assert client.get(f"{path}/warnings").json() == {"warnings": [{"id": said["id"], "rule": "large"}]}
    assert client.get(f"{path}/warnings?limit=0").json() == {"warnings": []}
    assert client.get("/v1/accounts/nobody/warnings").json() == {"warnings": []}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/accounts/nobody", "/v1/accounts/%FF", "/v1/accounts/a%20b", "/v1/accounts/", "/v1/decisions/d0",
        "/v1/decisions/7", "/v1/decisions/d", "/v1/decisions/d999999999999999999999", "/v1/decisions/d%D9%A1",
        "/v2/decisions", "/v1", "/v1/decisions/", "/%00", "/v1/decisions/d1/x",
    ],
)  # fmt: skip
def test_nothing_there(client: httpx.Client, path: str) -> None:
    problem(client.get(path), 404)


def test_an_act_is_no_decision(service: Service, client: httpx.Client) -> None:
    service.live.log.append(
        Entry(len(service.live.log) + 1, ACT, 0, 0, None, None, 0, 0, None, 1, 0, 0, 0, 0, b"{}", b"", b"")
    )
    problem(client.get(f"/v1/decisions/d{len(service.live.log)}"), 404)


# -- those who run it --------------------------------------------------------------------------------------------------


def test_policies(service: Service, client: httpx.Client) -> None:
    assert client.get("/v1/policies").json() == {"policies": [{"act": "activate", "policy": "stand-in 1", "number": 1}]}
    act = {"act": "activate", "policy": "p.yaml", "files": {"p.yaml": "policy: p"}}
    assert client.post("/v1/policies", json=act).json() == {"act": "activate"}
    assert service.live.acts[-1][0] == "activate" and re.match(r"key [0-9a-f]{12}", service.live.acts[-1][2])
    said = problem(client.post("/v1/policies", json=act | {"files": {"p.yaml": "x"}}), 422)
    assert said["problems"] == ["p.yaml:1:1: this is not a document of names and values; check the path"]
    assert problem(client.post("/v1/policies", json={"act": "shadow", "policy": "p"}), 422)["field"] == "files"
    assert client.post("/v1/policies", json={"act": "unshadow", "policy": "p"}).status_code == 200
    assert problem(client.post("/v1/policies", json={"act": "drop", "policy": "p"}), 422)["field"] == "act"
    for body in ("", '{"act": "\\ud800', "\xff"):
        problem(client.post("/v1/policies", content=body, headers=JSON), 400)
    problem(client.post("/v1/policies", content="[]", headers=JSON), 422)


def test_differences(client: httpx.Client) -> None:
    assert client.get("/v1/differences?shadow=3").json() == {"differences": [{"decision": "d1", "shadow": "other 3"}]}
    assert client.get("/v1/differences?after=1&limit=10").json() == {"differences": []}


def test_keys_are_made_used_and_ended(service: Service, client: httpx.Client) -> None:
    answer = client.post("/v1/keys", json={"name": "core", "scopes": ["decide", "decide"]})
    said = answer.json()
    assert answer.status_code == 201 and answer.headers["location"] == f"/v1/keys/{said['id']}"
    assert re.fullmatch(rf"tk_{said['id']}_[-\w]{{43}}", said["key"]) and said["scopes"] == ["decide"]
    assert "key" not in service.live.acts[-1][1] and said["key"] not in str(service.live.acts)
    with service.client(None, **{"x-api-key": said["key"]}) as other:
        assert other.post("/v1/decisions?dry_run=true", json=fact()).status_code == 200
        assert "'read'" in problem(other.get("/v1/accounts/A-1"), 403)["detail"]
        assert {"id": said["id"], "name": "core"} in client.get("/v1/keys").json()["keys"]
        ended = client.delete(f"/v1/keys/{said['id']}")
        assert ended.status_code == 204 and ended.content == b"" and "content-type" not in ended.headers
        problem(other.post("/v1/decisions", json=fact()), 401)
    problem(client.delete(f"/v1/keys/{said['id']}"), 404)
    problem(client.post("/v1/keys", json={"name": "", "scopes": ["decide"]}), 422)
    problem(client.post("/v1/keys", json={"name": "x", "scopes": ["all"]}), 422)


def test_dead_letters(client: httpx.Client) -> None:
    assert client.get("/v1/letters").json()["letters"][0]["id"] == 7
    assert client.post("/v1/letters/7/revival").json() == {"act": "letter.revive"}
    problem(client.post("/v1/letters/8/revival"), 404)
    problem(client.post("/v1/letters/x/revival"), 404)


# -- who may ask -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"x-api-key": ""}, {"x-api-key": "tk_0_x"}, {"x-api-key": "x" * 10_000}, {"x-api-key": "tk__"},
        {"authorization": "Basic eA=="}, {"authorization": "Bearer"}, {"authorization": "Bearer tk_1_2"},
    ],
)  # fmt: skip
def test_without_a_key(service: Service, headers: dict[str, str]) -> None:
    with service.client(None, **headers) as stranger:
        answer = stranger.post("/v1/decisions", json=fact())
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_as_a_bearer_token(service: Service) -> None:
    with service.client(None, authorization=f"bearer {service.texts['read']}") as reader:
        problem(reader.get("/v1/decisions/d999"), 404)
        problem(reader.post("/v1/decisions", json=fact()), 403)
        problem(reader.get("/v1/keys"), 403)


def test_a_key_that_asks_too_often() -> None:
    with Service(rate=2).served() as slow, slow.client() as client:
        answers = [client.get("/v1/policies", headers={"accept-language": "zh"}) for _ in range(8)]
    assert [answer.status_code for answer in answers[:4]] == [200] * 4
    assert not english_in(problem(answers[-1], 429)["detail"]) and int(answers[-1].headers["retry-after"]) == 1


def test_a_bucket_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("tocsin.desk.keys.time.monotonic", lambda: now[0])
    key = Key("a", "a", "00" * 32, ("read",), 10)
    assert [key.wait() for _ in range(20)] == [0.0] * 20 and key.wait() == pytest.approx(0.1)
    now[0] += 0.25
    assert [key.wait() == 0 for _ in range(3)] == [True, True, False]
    now[0] += 1e9
    assert sum(key.wait() == 0 for _ in range(100)) == 20


def test_keys_are_kept_as_hashes() -> None:
    id, text, digest = made()
    keys = Keys(10)
    keys.add(id, "core", digest, ("decide",))
    known = keys.known(text.encode())
    assert known is not None and known.id == id and text not in repr(vars(keys)) and len(bytes.fromhex(digest)) == 32
    assert keys.known(text[:-1].encode()) is None and keys.known(b"") is None and keys.known(b"\xff_\xff_") is None
    assert keys.holds(id) and keys.end(id) and not keys.end(id) and keys.known(text.encode()) is None


# -- how it is asked ---------------------------------------------------------------------------------------------------

WRONG: list[tuple[str, str, dict[str, str], str, int]] = [
    ("GET", "/v1/decisions/d1?x=1", {}, "", 400),
    ("POST", "/v1/decisions?dry_run=yes", JSON, "{}", 400),
    ("POST", "/v1/decisions?dry_run=true&dry_run=true", JSON, "{}", 400),
    ("POST", "/v1/decisions?dry_ru=true", JSON, "{}", 400),
    ("GET", "/v1/policies?limit=1001", {}, "", 400),
    ("GET", "/v1/policies?limit=-1", {}, "", 400),
    ("GET", "/v1/policies?limit=%F0%9F", {}, "", 400),
    ("GET", "/v1/policies?" + "&".join("x" * 20), {}, "", 400),
    ("POST", "/v1/decisions", JSON | {"idempotency-key": "x" * 256}, "{}", 400),
    ("POST", "/v1/decisions", JSON | {"idempotency-key": '""'}, "{}", 400),
    ("POST", "/v1/decisions", JSON, "{", 400),
    ("POST", "/v1/decisions", JSON, "", 400),
    ("POST", "/v1/decisions", {"content-type": "text/plain"}, "{}", 415),
    ("POST", "/v1/decisions", {}, "{}", 415),
    ("POST", "/v1/decisions", {"content-type": "application/json; charset=gbk"}, "{}", 415),
    ("POST", "/v1/decisions", JSON | {"content-encoding": "gzip"}, "{}", 415),
    ("POST", "/v1/facts", {"content-type": "text/csv"}, "a,b", 415),
    ("POST", "/v1/decisions", JSON | {"accept": "text/html"}, "{}", 406),
    ("POST", "/v1/decisions", JSON | {"accept": "application/json;q=0, */*"}, "{}", 406),
    ("POST", "/v1/decisions", JSON, " " * 65_537, 413),
    ("POST", "/v1/facts", LINES, " " * (BATCH + 1), 413),
    ("POST", "/v1/decisions", JSON, '{"kind": "purchase"}', 422),
    ("POST", "/v1/decisions", JSON, "[]", 400),
    ("GET", "/v1/decisions", {}, "", 405),
    ("HEAD", "/v1/facts", {}, "", 405),
    ("PUT", "/v1/accounts/A-1", JSON, "{}", 405),
    ("TRACE", "/healthz", {}, "", 405),
]


@pytest.mark.parametrize(("method", "path", "headers", "body", "status"), WRONG)
def test_wrong_requests(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], body: str, status: int
) -> None:
    english, chinese = (
        client.request(method, path, headers=headers | {"accept-language": tag}, content=body) for tag in ("en", "zh")
    )
    if method == "HEAD":
        assert english.status_code == status and english.content == b"" and "allow" in english.headers
        return
    said, gesagt = problem(english, status), problem(chinese, status)
    assert said["remedy"] and said["detail"].endswith(said["remedy"]) and re.search(r"[\u4e00-\u9fff]", gesagt["title"])
    assert not english_in(re.sub(r"\(.*\)", "", gesagt["detail"])), gesagt
    if status == 405:
        assert "OPTIONS" in english.headers["allow"].split(", ")


def test_methods_that_ask_for_little(client: httpx.Client) -> None:
    options = client.options("/v1/decisions")
    assert options.status_code == 204 and options.headers["allow"] == "POST, OPTIONS" and not options.content
    assert client.options("/v1/accounts/x").headers["allow"] == "GET, HEAD, OPTIONS"
    head, got = client.head("/openapi.json"), client.get("/openapi.json")
    assert head.status_code == 200 and not head.content and head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("announced", [True, False])
def test_fifty_megabytes(service: Service, announced: bool) -> None:
    """Announced, it is refused before it is sent; else as soon as it is too much."""
    with service.client("decide", **JSON) as client:
        parts = (b" " * 1_000_000 for _ in range(50))
        body = b" " * 50_000_000
        problem(client.post("/v1/decisions", content=body if announced else parts), 413)
        problem(client.post("/v1/facts", content=body if announced else (b" " * 99_999 for _ in range(500))), 413)
        assert client.post("/v1/decisions?dry_run=true", json=fact()).status_code == 200


def raw(service: Service, *sent: bytes) -> bytes:
    """What comes back on a connection of its own."""
    with socket.create_connection(("127.0.0.1", service.port), 10) as connection:
        for part in sent:
            connection.sendall(part)
            time.sleep(0.02)
        received = b""
        try:
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                received += part
        except OSError:
            pass
        return received


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (b"POST /v1/facts HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST /v1/facts HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nhost: x\r\naccept-language: \xff;q=\x80,zh;q=nan\r\nx-request-id: a b\r\n\r\n", 200),
        (b"GET /v1/keys HTTP/1.1\r\nhost: x\r\nx-api-key: \xff\xfe_\x80_\r\n\r\n", 401),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
    ],
)  # fmt: skip
def test_nonsense_on_the_wire(service: Service, sent: bytes, status: int) -> None:
    answer = raw(service, sent)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    if status != 200:
        assert b"application/problem+json" in answer and b'"detail"' in answer


@pytest.mark.parametrize(("part", "count"), [(b"x" * 10_000, 7), (b"\r\nx: y" * 2_000, 6)])
def test_headers_without_end(service: Service, part: bytes, count: int) -> None:
    answer = raw(service, b"GET / HTTP/1.1\r\nhost: x\r\nx: x", *[part] * count)
    assert answer.startswith(b"HTTP/1.1 431 ") and b'"detail"' in answer


def test_a_body_in_many_pieces_and_callers_who_hang_up(service: Service, client: httpx.Client) -> None:
    key, body = service.texts["all"].encode(), json.dumps(fact("pieces")).encode()
    head = b"POST /v1/decisions HTTP/1.1\r\nhost: x\r\nx-api-key: %s\r\ncontent-type: application/json\r\n" % key
    length = b"content-length: %d\r\n\r\n" % len(body)
    assert b"200 OK" in raw(service, head + length, body[:9], body[9:30], body[30:])
    assert raw(service, head + length, body[:9]) == b""
    assert b"100 Continue" in raw(service, head + b"expect: 100-continue\r\n" + length, body)
    two = raw(service, (head + length + body) * 2)
    assert two.count(b"200 OK") == 2
    assert client.get("/healthz").status_code == 200


def test_a_body_that_never_comes(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.faces.api.request.PATIENCE", 0.2)
    head = b"POST /v1/decisions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n"
    with socket.create_connection(("127.0.0.1", service.port), 10) as connection:
        connection.sendall(head + b"x-api-key: %s\r\n\r\n{" % service.texts["all"].encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_headers_are_read_as_their_standards_say() -> None:
    assert [language(v) for v in (b"", b"zh", b"en, zh", b"en;q=0.1, zh-Hant;q=0.2", b"fr", b"*", b"zh;q=0", b"zh;q=x")] == [
        "en", "zh", "en", "zh", "en", "en", "en", "en",
    ]  # fmt: skip
    kind = "application/json"
    taken = [b"", b"*/*", b"application/*", b"text/html, application/json;q=0.1", b"text/*;q=0, */*", b"," * 99]
    refused = [b"text/html", b"*/*;q=0", b"application/*;q=0, */*", b"application/problem+json"]
    assert all(accepts(value, kind) for value in taken) and not any(accepts(value, kind) for value in refused)
    assert media_type(b'Application/JSON; charset="UTF-8"') == kind and media_type(b"text/plain;charset=gbk") == ""
    ids = RequestIds()
    assert ids.of(b"a-1_B.2:c") == b"a-1_B.2:c"
    ours = [ids.of(given) for given in (None, b"", b"a b", b"x" * 65, b"\xff", b"---")]
    assert len(set(ours)) == 6 and not {b"", b"a b", b"---"} & set(ours)


# -- how it is doing ---------------------------------------------------------------------------------------------------


def test_health_and_readiness(service: Service, client: httpx.Client) -> None:
    with service.client(None) as stranger:
        assert stranger.get("/healthz").json() == {"status": "alive"}
        assert stranger.get("/readyz").json() == {"status": "ready"}
        service.live.ready = False
        try:
            answers = [stranger.get("/readyz", headers={"accept-language": "zh"}), client.get("/v1/accounts/A-1")]
            answers.append(client.post("/v1/decisions", json=fact()))
            for answer in answers:
                assert problem(answer, 503) and int(answer.headers["retry-after"]) > 0
            assert answers[0].json()["detail"] == "Tocsin 正在启动;请稍后重试"
            assert stranger.get("/healthz").status_code == client.get("/v1/policies").status_code == 200
        finally:
            service.live.ready = True


def test_figures(service: Service, client: httpx.Client) -> None:
    figures = service.desk.figures
    figures.queue, figures.outbox, figures.snapshot_at = 3, {'co"re': 2}, time.monotonic()
    figures.groups.observe(12)
    client.post("/v1/decisions", json=fact("figures"))
    client.get("/v1/accounts/secret-account")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        r'tocsin_decisions_total\{outcome="approve"\} [1-9]',
        r'tocsin_facts_total\{result="refused"\} ',
        r'tocsin_requests_total\{method="POST",route="/v1/decisions",status="200"\} ',
        r'tocsin_request_seconds_bucket\{le="\+Inf",route="/v1/decisions"\} ',
        r'tocsin_group_entries_bucket\{le="16.0"\} 1.0',
        r"tocsin_commit_seconds_count 0.0",
        r"tocsin_queue_length 3.0",
        r'tocsin_outbox_pending\{destination="co\\"re"\} 2.0',
        r"tocsin_snapshot_age_seconds 0.",
    ):
        assert re.search(line, answer.text), line
    assert "secret-account" not in answer.text


def test_the_page_for_people(client: httpx.Client) -> None:
    english, chinese = (
        client.get("/", headers={"accept-language": tag, "accept": "text/html"}) for tag in ("en", "zh")
    )
    assert english.headers["content-type"] == "text/html; charset=utf-8"
    assert all('href="/openapi.json"' in page.text for page in (english, chinese))
    assert "What can be asked" in english.text and "可用请求" in chinese.text
    assert all(f'id="{name}"' in chinese.text for name, _, _ in TYPES.values())


def test_faults_of_ours_are_told_without_what_they_held(service: Service, client: httpx.Client) -> None:
    lines = io.StringIO()
    logs.configure(lines)
    failures: list[tuple[Exception, int]] = [
        (KeyError("secret-account"), 500),
        (Unavailable(Problem("the disk is full", "", "free space or choose another place")), 503),
        (Refused(Problem("check the unit")), 422),
    ]
    original = service.live.account
    try:
        for error, status in failures:

            async def fail(watched: str, error: Exception = error) -> None:
                raise error

            service.live.account = fail  # type: ignore[assignment, method-assign]
            answer = client.get("/v1/accounts/secret-account", headers={"x-request-id": f"r{status}"})
            assert "secret" not in problem(answer, status)["detail"]
            assert ("retry-after" in answer.headers) == (status == 503)
    finally:
        service.live.account = original  # type: ignore[method-assign]
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert "secret" not in lines.getvalue()
    fault, *requests = [line for line in written if line["request"].startswith("r")]
    assert fault["event"] == "fault" and "test_api.py" in fault["fault"] and fault["request"] == "r500"
    assert {line["request"]: line["status"] for line in requests} == {"r500": 500, "r503": 503, "r422": 422}
    assert all(line["route"] == "/v1/accounts/{id}" and line["milliseconds"] >= 0 for line in requests)


def test_a_library_that_logs_is_heard_without_what_it_filled_in() -> None:
    import logging

    lines = io.StringIO()
    logs.configure(lines)
    logging.getLogger("uvicorn.error").warning("account %s is odd", "secret")
    assert json.loads(lines.getvalue())["event"] == "account %s is odd"


# -- beginning and end -------------------------------------------------------------------------------------------------


def test_what_is_under_way_is_finished() -> None:
    with Service().served() as service:
        service.live.hold = asyncio.Event()
        head = b"POST /v1/decisions HTTP/1.1\r\nhost: x\r\nx-api-key: %s\r\ncontent-type: application/json\r\n"
        body = json.dumps(fact()).encode()
        with socket.create_connection(("127.0.0.1", service.port), 10) as connection:
            connection.sendall(head % service.texts["all"].encode() + b"content-length: %d\r\n\r\n" % len(body) + body)
            time.sleep(0.1)
            service.server.should_exit = True
            time.sleep(0.4)
            assert service.ended == []
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", service.port), 1)
            loop = service.live.hold._loop  # type: ignore[attr-defined]
            loop.call_soon_threadsafe(service.live.hold.set)
            answer = connection.recv(65_536)
            assert b"200 OK" in answer and b"connection: close" in answer
    assert service.ended == ["stopped"]


SERVED = """
import sys
from tests.standin import Service
from tocsin.faces.api.app import App
from tocsin.faces.api.serve import serve
async def start(): print("start", flush=True)
async def stop(): print("stop", flush=True)
serve(App(Service().desk), port=int(sys.argv[1]), start=start, stop=stop, stopping=lambda: print("stopping", flush=True))
print("left", flush=True)
"""


def test_a_signal_ends_it_in_order() -> None:
    with bound("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVED, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        for _ in range(200):
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
    assert said.split() == ["start", "stopping", "stop", "left"] and process.returncode == 0


def test_an_address_that_is_taken() -> None:
    with bound("127.0.0.1", 0) as held, pytest.raises(Refused, match="Address already in use"):
        bound("127.0.0.1", held.getsockname()[1])
    with pytest.raises(Refused):
        bound("127.0.0.1", 99_999)


# -- bodies of any kind ------------------------------------------------------------------------------------------------

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
BODIES = (
    st.binary(max_size=200)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(sorted(fact())), VALUES).map(lambda odd: json.dumps(fact("fuzz") | odd).encode())
    | st.integers(1, 60_000).map(lambda depth: b'{"a":' * (depth // 6) + b"[" * (depth // 6))
    | st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "gb18030"]).map(
        lambda coding: json.dumps(fact(), ensure_ascii=False).replace("A-1", "甲").encode(coding)
    )
    | st.sampled_from([b'{"fact_id": "\\ud800", "amount": NaN}', b'{"\\ud800": NaN}', b'{"\\ud800": 1, "\\ud800": 2}'])
    | st.sampled_from([b'{"amount": NaN}', b'{"amount": 1e999}', b'{"fact_id": "\\ud800"}', b"\x00", b'"\xed\xa0\x80"'])
)


@pytest.mark.parametrize("body", [b'{"fact_id": "\\ud800", "amount": NaN}', b'{"\\ud800": NaN}'])
def test_half_characters_in_what_is_told(client: httpx.Client, body: bytes) -> None:
    said = problem(client.post("/v1/decisions", content=body, headers=JSON), 422)
    assert "\\ud800" in said["field"] + said.get("fact_id", "")
    items = client.post("/v1/facts", content=body, headers=LINES).json()["items"]
    assert items[0]["problem"]["detail"] == said["detail"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, path=st.sampled_from(["/v1/decisions", "/v1/facts", "/v1/policies", "/v1/keys"]), zh=st.booleans())
def test_fuzzed_bodies(client: httpx.Client, body: bytes, path: str, zh: bool) -> None:
    headers = {"content-type": "application/json", "accept-language": "zh" if zh else "en"}
    answer = client.post(path, content=body, headers=headers)
    if answer.status_code != 200:
        said = problem(answer, answer.status_code)
        assert 400 <= answer.status_code < 500 and len(said["detail"]) < 500
        assert not zh or re.search(r"[\u4e00-\u9fff]", said["detail"])
    else:
        assert path != "/v1/keys"
    if path == "/v1/facts":
        answer = client.post(path, content=body, headers=headers | LINES)
        assert answer.status_code == 200
        assert all(item["status"] != "refused" or item["problem"]["detail"] for item in answer.json()["items"])

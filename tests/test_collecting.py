"""Collections on the live desk, over real HTTP: from a late person to a message, a payment and a closed case."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests import collecting
from tests.collecting import DAY, ENVIRONMENT, given, late, own, payment, phone, policy, send, settings, soon, statement
from tests.live import CACHE, Ask, Server, destination, now, receiving, whole
from tests.postgres import cluster, postgres, postgres_url  # noqa: F401 fixtures
from tests.sandboxed import SECRET, sandbox
from tocsin.values import instant


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def serve(folder: Path, url: str = "", text: str = "") -> Server:
    collecting.texts(folder)
    return Server(folder, url, policy(), text or settings(), ENVIRONMENT)


def receipt(server: Server, attempt: str, status: str, text: str = "") -> int:
    body = json.dumps({"id": attempt, "channel": "sms", "at": instant.written(now()), "status": status, "text": text})
    at = datetime.now(UTC)
    signed = {"webhook_id": f"r-{attempt}-{status}", "webhook_timestamp": str(int(at.timestamp()))}
    signature = Webhook(SECRET).sign(signed["webhook_id"], at, body)
    with server.clients(1) as clients:
        asked = Ask("/v1/receipts", body.encode(), headers={**signed, "webhook_signature": signature})
        answer = clients.each([_dashed(asked)])[0]
    assert answer is not None
    return answer.status


def _dashed(ask: Ask) -> Ask:
    return ask._replace(headers={name.replace("_", "-"): value for name, value in ask.headers.items()})


def test_from_late_to_paid(tmp_path: Path, url: str, kernels: Path) -> None:
    """A message to the one person, over both accounts; an order to the core system; paid, the case is closed."""
    with receiving() as (port, hooks), sandbox() as provider:
        told = destination("core", port, "case.changed", "treatment.ordered")
        with serve(tmp_path, url, settings(provider.url, told)) as server:
            at = late(server)
            send(server, statement("a2", at, customer="c1"))
            send(server, given("login", now(), account="a1"))
            [message] = soon(provider.taken)
            assert message["to"] == "+86 100 1111 2222" and set(message["accounts"]) == {"a1", "a2"}
            assert "200.00" in message["text"] and "示例银行" in message["text"]
            soon(lambda: own(server, "treatment"))
            person = server.ask("/v1/people/c1").said
            assert person["case"]["segment"] == "all" and person["contact_points"][0]["address"] == "…2222"
            assert {one["past_due"] for one in person["accounts"]} == {10_000} and person["days"] == 5
            assert server.ask("/v1/people/a2").said["customer"] == "c1"
            assert receipt(server, message["id"], "delivered") == 204 == receipt(server, message["id"], "delivered")
            assert (
                receipt(server, message["id"], "reply", "退订") == 204
                and receipt(server, "another", "delivered") == 404
            )
            assert [one["channel"] for one in server.ask("/v1/people/c1").said["opt_outs"]] == ["sms"]
            tasks = soon(lambda: server.ask("/v1/worklists/calls").said["tasks"])
            assert [(one["customer"], one["value"]) for one in tasks] == [("c1", 2400)]
            send(server, payment("a1", now(), customer="c1"), payment("a2", now(), customer="c1"))
            soon(lambda: [one for one in own(server, "case_changed") if one["change"] == "closed"])
            soon(lambda: not server.ask("/v1/worklists/calls").said["tasks"])
            assert server.ask("/v1/people/c1").said["case"] is None
            types = soon(lambda: len(hooks) >= 3 and [json.loads(body)["type"] for _, body in hooks])
            assert types.count("case.changed") == 2 and types.count("treatment.ordered") == 1
            assert len(provider.taken()) == 1
            assert server.stop() == 0
        whole(server, kernels)


def test_a_channel_that_is_not_there(tmp_path: Path) -> None:
    """Nothing is sent, nothing stays queued, and the address is not called wrong; the person has no customer id."""
    with serve(tmp_path) as server:
        late(server, customer=None)
        send(server, given("login", now(), account="a1"))
        barred = soon(lambda: [one for one in own(server, "treatment") if one["state"] == "barred"])
        assert barred[0]["treatment"] == "reminder"
        person = server.ask("/v1/people/a1").said
        assert person["customer"] == "account:a1" and person["contact_points"][0]["usable"]
        assert [one["outcome"] for one in person["contacts"]] == ["not_connected"]
        send(server, given("profile", now(), account="a1", customer="c9", language="en"))
        moved = server.ask("/v1/people/c9").said
        assert [one["account"] for one in moved["accounts"]] == ["a1"] and moved["case"] is not None
        assert server.ask("/v1/people/account:a1").said["customer"] == "c9"


def test_twelve_ask_at_once(tmp_path: Path) -> None:
    """The gate allows three calls a day, and two are made: of twelve who ask at one moment exactly one may."""
    with serve(tmp_path) as server:
        late(server)
        send(server, given("login", now(), account="a1"))
        asked = {"customer": "c1", "channel": "call", "purpose": "collection", "contact": "m1"}
        soon(lambda: own(server, "task"))
        assert all(server.ask("/v1/contacts", asked).said["allowed"] for _ in range(2))
        with server.clients(12) as clients:
            answers = clients.each([Ask("/v1/contacts", json.dumps(asked).encode()) for _ in range(12)])
        said = [answer.said for answer in answers if answer is not None and answer.status == 200]
        assert len(said) == 12 and [one["allowed"] for one in said].count(True) == 1
        refused = next(one for one in said if not one["allowed"])
        assert refused["rule"] and refused["sentence"] and refused["next_allowed"]
        chinese = server.ask("/v1/contacts", asked, accept_language="zh").said
        assert not chinese["allowed"] and any("一" <= sign <= "鿿" for sign in chinese["sentence"])
        assert server.ask("/v1/contacts", {**asked, "customer": "nobody"}).status == 404
        assert server.ask("/v1/contacts", {**asked, "purpose": "remind"}).status == 422


def test_work_by_hand(tmp_path: Path) -> None:
    """A task is taken and done; a plan is worked out, and one put down as offered; not every key may do that."""
    with serve(tmp_path) as server:
        at = late(server)
        means = {
            "currency": "CNY",
            "income": 300_000,
            "obligations": 50_000,
            "verified": True,
            "employment": "employed",
        }
        send(server, statement("a2", at, customer="c1") | {"statement_balance": 1_000_000})
        send(server, given("information_update", at + 1, customer="c1", **means))
        send(server, given("profile", at + 2, customer="c1", adults=1, payday=10))
        send(server, given("login", now(), account="a1"))
        [task] = soon(lambda: server.ask("/v1/worklists/calls").said["tasks"])
        path = f"/v1/tasks/{task['task']}"
        assert server.ask(path, {"state": "taken", "actor": "agent-7"}).said["actor"] == "agent-7"
        [taken] = server.ask("/v1/worklists/calls").said["tasks"]
        assert taken["state"] == "taken" and server.ask("/v1/worklists").said["worklists"][0]["tasks"] == 1
        assert server.ask(path, {"state": "done"}).status == 200 and server.ask(path, {"state": "done"}).status == 409
        assert server.ask("/v1/tasks/none", {"state": "done"}).status == 404
        assert server.ask("/v1/worklists/calls").said["tasks"] == []
        plans = server.ask("/v1/plans", {"customer": "c1"}).said
        assert plans["owed"] == 1_100_000 and plans["plan"] is None and plans["declined"][0]["say"]
        wanted = {"customer": "c1", "offer": plans["offers"][0]["kind"], "actor": "agent-7"}
        put = server.ask("/v1/plans", wanted).said["plan"]
        assert [(one["plan"], one["status"]) for one in server.ask("/v1/people/c1").said["plans"]] == [(put, "offered")]
        assert server.ask("/v1/plans", {**wanted, "offer": "settlement"}).status == 422
        approved(server, plans, wanted)
        key = server.ask("/v1/keys", {"name": "reader", "scopes": ["read"]}).said["key"]
        mine, server.key = server.key, key
        assert server.ask("/v1/people/c1").status == 403
        server.key = mine


def approved(server: Server, plans: dict[str, Any], wanted: dict[str, Any]) -> None:
    """What gives something up waits for somebody with the authority who did not propose it."""
    kind = next(one["kind"] for one in plans["offers"] if one["authority"]["level"] == "supervisor")
    plan = server.ask("/v1/plans", {**wanted, "offer": kind}).said["plan"]
    path, yes = f"/v1/plans/{plan}/answers", {"customer": "c1", "answer": "approved"}
    assert server.ask(path, yes).status == 403, "a key without authority"
    proposer, keys = server.key, {}
    for name in ("clerk", "supervisor"):
        scopes = ["collect", f"approve:{name}"]
        keys[name] = server.ask("/v1/keys", {"name": name, "scopes": scopes}).said["key"]
    server.key = keys["clerk"]
    assert server.ask(path, yes).status == 422, "below what it needs"
    assert server.ask(path, {**yes, "level": "supervisor"}).status == 403
    server.key = keys["supervisor"]
    said = server.ask(path, yes).said
    assert (said["status"], said["approvals"], said["needs"]) == ("offered", 1, "supervisor")
    assert server.ask(path, yes).status == 409, "nobody approves twice"
    assert server.ask(path, {**yes, "answer": "accepted", "how": "oral"}).status == 422, "without a recording"
    assert server.ask(path, {**yes, "answer": "accepted"}).said["status"] in ("accepted", "performing")
    assert server.ask("/v1/plans/none/answers", yes).status == 404
    server.key = proposer


def test_own_facts_are_not_taken_from_outside(tmp_path: Path) -> None:
    """Whoever may send facts cannot have messages sent past the gate."""
    with sandbox() as provider, serve(tmp_path, "", settings(provider.url)) as server:
        forged = given(
            "contact_attempt",
            now(),
            customer="c1",
            attempt="x",
            channel="sms",
            purpose="reminder",
            text="!",
            address="+86",
        ) | {"fact_id": "t-0123456789abcdef-0"}
        assert server.ask("/v1/facts", [forged]).said["refused"] == 1
        assert server.ask("/v1/facts", [forged | {"fact_id": "agency-1"}]).said["refused"] == 1
        approval = given("plan_answer", now(), customer="c1", plan="p", answer="approved", level="committee")
        assert server.ask("/v1/facts", [approval]).said["refused"] == 1
        send(server, given("login", now(), account="a1"))
        time.sleep(1.5)
        assert provider.taken() == []


# -- days --------------------------------------------------------------------------------------------------------------


def past(server: Server, persons: int, start: int) -> None:
    facts = []
    for n in range(persons):
        who = {"customer": f"c{n}"}
        facts += [
            statement(f"a{n}", start + n, **who),
            phone(start + n, **who),
            given("profile", start + n, name="某", **who),
        ]
    facts.sort(key=lambda fact: fact["recorded_at"])
    send(server, *facts)


def run(folder: Path, *words: str, more: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **ENVIRONMENT, "TOCSIN_CACHE": str(CACHE), "TOCSIN_LANG": "en", **more}
    command = [sys.executable, "-m", "tocsin", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_simulated_time_is_driven_by_days(tmp_path: Path, url: str, kernels: Path) -> None:
    """The log stands in the past and moves with the days; nothing leaves the house, and the books are the log's."""
    start = instant.micros(datetime(2026, 1, 5, 4, tzinfo=UTC))
    with serve(tmp_path, url) as server:
        past(server, 3, start)
        for day in range(1, 31, 3):
            at = instant.written(start + day * DAY)
            answer = server.ask("/v1/days", {"at": at, "close": True})
            assert answer.status == 200 and answer.said["state"] == "closed", answer
            if day == 22:
                send(server, payment("a1", start + day * DAY + 1, customer="c1"))
        assert own(server, "contact_attempt")
        again = server.ask("/v1/days", {"at": at, "close": True}).said
        assert again["already"] and again["facts"] == server.ask(f"/v1/days/{again['date']}").said["facts"]
        assert server.ask("/v1/days/latest").said == {name: one for name, one in again.items() if name != "already"}
        there = {"TOCSIN_SERVER": f"http://127.0.0.1:{server.port}", "TOCSIN_API_KEY": server.key}
        assert "was closed before" in (done := run(tmp_path, "day", "--at", at, "--close", more=there)).stdout, done
        assert server.ask("/v1/days", {"at": instant.written(start)}).status == 422
        assert server.ask("/v1/days", {"at": instant.written(now() + DAY)}).status == 422
        cases = {one["customer"]: one["change"] for one in own(server, "case_changed")}
        assert cases == {"c0": "opened", "c1": "closed", "c2": "opened"}
        assert server.ask("/v1/days/2026-01-01").status == 404
        with server.journal() as journal:
            assert journal.pending() == {}
        assert server.stop() == 0
    whole(server, kernels)


def broken_off(server: Server, at: dict[str, Any]) -> None:
    """Run a day whose answer never comes."""
    with server.clients(1) as clients:
        answer = clients.each([Ask("/v1/days", json.dumps(at).encode())])[0]
        assert answer is None or answer.status == 200, answer


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
def test_a_day_that_is_killed_goes_on(tmp_path: Path, url: str, kernels: Path, times: int) -> None:
    """kill -9 halfway, wherever that is: run again, each effect is there once, and the books are what the log says."""
    start = instant.micros(datetime(2026, 1, 5, 4, tzinfo=UTC))
    with serve(tmp_path, url) as server:
        past(server, 400, start)
        draw = Random(times)
        for number in range(times):
            at = {"at": instant.written(start + (23 + 2 * number) * DAY), "close": True}
            asking = threading.Thread(target=broken_off, args=(server, at))
            begun = len(server.entries())
            asking.start()
            if number == 0:
                soon(lambda begun=begun: len(server.entries()) > begun + 100)
            else:
                time.sleep(draw.uniform(0, 0.8))
            server.kill()
            asking.join()
            server.start()
            done = server.ask("/v1/days", at).said
            assert done["state"] == "closed" and done["facts"].get("position_changed", 0) <= 400
        made = own(server, "treatment")
        taken = [(one["customer"], one["step"], one["occurred_at"][:10]) for one in made]
        assert len(set(taken)) == len(taken)
        assert len(own(server, "case_changed")) == 400
        assert server.stop() == 0
    whole(server, kernels)


def test_the_commands(tmp_path: Path) -> None:
    """On the journal itself, and where a server holds it over HTTP, they say the same."""
    start = instant.micros(datetime(2026, 1, 5, 4, tzinfo=UTC))
    with serve(tmp_path) as server:
        past(server, 2, start)
        key = {"TOCSIN_API_KEY": server.key}
        assert server.stop() == 0
        (tmp_path / "tocsin.yaml").write_text(f"{settings()}journal: '{server.url}'\n")
        done = run(tmp_path, "day", "--at", instant.written(start + 27 * DAY), "--close")
        assert done.returncode == 0 and "is closed" in done.stdout and "case_changed" in done.stdout, done
        alone = [run(tmp_path, *words).stdout for words in (("worklist",), ("worklist", "calls"), ("person", "c0"))]
        assert "calls" in alone[0] and "no case" not in alone[2] and "a0" in alone[2] and "Lock" in alone[2]
        assert "open" in run(tmp_path, "worklist", "calls", "--limit", "1").stdout or "Nothing" in alone[1]
        server.start()
        (tmp_path / "tocsin.yaml").write_text(f"{settings()}journal: '{server.url}'\nlisten: {{port: {server.port}}}\n")
        beside = [
            run(tmp_path, *words, more=key).stdout for words in (("worklist",), ("worklist", "calls"), ("person", "c0"))
        ]
        assert beside == alone
        again = run(tmp_path, "day", "--at", instant.written(start + 27 * DAY), "--close", more=key)
        assert "before" in again.stdout, again
        assert run(tmp_path, "day", "--at", "soon", more=key).returncode == 2
        assert run(tmp_path, "audit", "replay").returncode == 0

"""Rewards over a real service: a grant reaches the core system, is taken back through the API, and the month's budget is
never overspent, whoever is decided together and however often the service is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import collecting
from tests.collecting import DAY, ENVIRONMENT, given, own, payment, policy, send, settings, soon, statement
from tests.live import Server, destination, now, receiving, whole
from tests.postgres import cluster, postgres, postgres_url  # noqa: F401 fixtures
from tocsin.desk import audit
from tocsin.journal.records import Group

INCENTIVES = """
incentives:
  budget: {thanks: {money: 70.00}}
  rewards:
    thanks: {gives: cashback, when: paid_full, amount: 10.00, title: {en: Cashback, zh: 返现}, say: {en: "Paid in full: cashback of {amount}.", zh: "全额还清,返现{amount}。"}}
  penalties:
    listed: {gives: blacklist, when: refuses, title: {en: No new credit, zh: 不予授信}, say: {en: "No new credit.", zh: "不予新增授信。"}}
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def serve(folder: Path, url: str, *destinations: str) -> Server:
    collecting.texts(folder)
    return Server(
        folder, url, policy().replace("2 hours", "60 days") + INCENTIVES, settings("", *destinations), ENVIRONMENT
    )


def payers(*names: str) -> list[dict[str, Any]]:
    """Statements whose last day is just over, paid in full: what is known of them in the order in which it was."""
    at = now() - 25 * DAY
    stated = [statement(f"a-{name}", at, customer=name) for name in names]
    return stated + [payment(f"a-{name}", at + 10 * DAY, customer=name) for name in names]


def awake(server: Server) -> None:
    send(server, given("login", now(), account="a-clock", customer="clock"))


def states(server: Server) -> dict[str, str]:
    """How each grant stands on the log."""
    return {one["grant"]: one["state"] for one in own(server, "grant")}


def spent(server: Server) -> int:
    facts, by_grant = own(server, "grant"), states(server)
    return sum({one["grant"]: one["amount"] for one in facts if by_grant[one["grant"]] == "granted"}.values())


def test_a_grant_arrives_is_taken_back_and_no_budget_is_overspent(tmp_path: Path, url: str, kernels: Path) -> None:
    with receiving() as (port, hooks):
        told = destination("core", port, "grant.changed", "due_day.changed")
        with serve(tmp_path, url, told) as server:
            send(server, *payers("p01"))
            awake(server)
            [grant] = soon(lambda: own(server, "grant"))
            assert (grant["state"], grant["amount"], grant["by"]) == ("granted", 1_000, "policy")
            [message] = soon(lambda: [json.loads(body) for _, body in hooks])
            assert message["type"] == "grant.changed" and message["data"]["grant"] == grant["grant"]
            shown = server.ask("/v1/people/p01", accept_language="zh").said["grants"]
            assert [one["say"] for one in shown] == ["全额还清,返现¥10.00。"]
            said = server.ask("/v1/people/p01/incentives").said
            assert said["cycles"][0]["outcome"] == "full" and said["grants"][0]["title"] == "Cashback"

            where = f"/v1/grants/{grant['grant']}"
            answer = server.ask(f"{where}/reversal", {"reason": "given in error"})
            assert (
                answer.status == 200 and answer.said["state"] == "reversed" and "given in error" in answer.said["say"]
            )
            assert soon(lambda: [one for _, one in hooks if json.loads(one)["data"].get("state") == "reversed"])
            assert server.ask(f"{where}/reversal", {"reason": "again"}).status == 409
            assert server.ask(f"{where}/confirmation", {"reason": "again"}).status == 409
            assert server.ask("/v1/grants/g-none/reversal", {"reason": "x"}).status == 404
            assert server.ask(f"{where}/reversal", {}).status == 422
            only = server.ask("/v1/facts", [{**grant, "fact_id": "own"}]).said["items"][0]
            assert only["status"] == "refused"

            send(server, *payers(*(f"q{number:02}" for number in range(5))))  # 50.00 of 70.00
            awake(server)
            soon(lambda: len(states(server)) == 6)
            server.kill()
            server.start()
            send(server, *payers(*(f"r{number:02}" for number in range(16))))  # together, and more than is left
            awake(server)
            soon(lambda: len(states(server)) == 22)
            assert spent(server) == 7_000
            declined = [one for one in own(server, "grant") if one["state"] == "declined"]
            assert len(declined) == 14 and all(one["reason"] == "budget" and "budget" in one["en"] for one in declined)
        whole(server, kernels)
        with server.journal() as journal:
            journal.write(Group(more=[("UPDATE grants SET amount = ? WHERE id = ?", [(1, grant["grant"])])]))
            journal.commit()
            [found] = audit.replayed(journal, kernels)
            assert f"the grant '{grant['grant']}' is not what the log says" in str(found)


def test_a_due_day_is_moved_once_and_a_person_confirms_what_no_rule_may(
    tmp_path: Path, url: str, kernels: Path
) -> None:
    with receiving() as (port, hooks):
        with serve(tmp_path, url, destination("core", port, "grant.changed", "due_day.changed")) as server:
            at = now() - 25 * DAY
            means = {
                "currency": "CNY",
                "income": 2_000_000,
                "obligations": 0,
                "employment": "employed",
                "verified": True,
            }
            send(
                server, given("information_update", at, customer="p02", **means),
                given("profile", at, customer="p02", payday=15, adults=1), statement("a-p02", at, customer="p02"),
                given("contact_result", at + 5 * DAY, customer="p02", channel="call", result="refused"),
            )  # fmt: skip
            send(server, *payers("p03"))
            awake(server)
            found = soon(
                lambda: {one["customer"]: one for one in own(server, "grant")} if len(states(server)) == 2 else None
            )
            listed = found["p02"]
            assert (listed["state"], listed["reason"], listed["rule"]) == ("announced", "review", "HOUSE-BLACKLIST")
            said = server.ask(f"/v1/grants/{listed['grant']}/confirmation", {"reason": "looked into"}).said
            assert said["state"] == "granted" and "looked into" in said["say"]

            assert server.ask("/v1/accounts/a-p02/due-day", {"day": 16}).said["reason"] == "late"
            answer = server.ask("/v1/accounts/a-p03/due-day", {"day": 16}, accept_language="zh")
            assert answer.said["state"] == "granted" and "16" in answer.said["say"] and "还款日" in answer.said["say"]
            assert server.ask("/v1/accounts/a-p03/due-day", {"day": 20}).said["reason"] == "too_soon"
            assert server.ask("/v1/accounts/a-p03/due-day", {"day": 31}).status == 422
            assert server.ask("/v1/accounts/none/due-day", {"day": 20}).status == 404
            told = soon(lambda: [one for _, one in hooks if json.loads(one)["type"] == "due_day.changed"])
            assert {json.loads(one)["data"]["account"] for one in told} <= {"a-p02", "a-p03"}

            def run(*words: str) -> str:
                where = {"TOCSIN_SERVER": f"http://127.0.0.1:{server.port}", "TOCSIN_API_KEY": server.key}
                done = subprocess.run(
                    [sys.executable, "-m", "tocsin", *words], cwd=tmp_path, capture_output=True, text=True,
                    env={**os.environ, **where, "TOCSIN_LANG": "en", "COLUMNS": "300"}, check=False,
                )  # fmt: skip
                return done.stdout + done.stderr

            assert "Cashback" in (shown := run("incentive", "list", "p03")) and "10.00" in shown
            assert "taken back" in run("incentive", "reverse", found["p03"]["grant"], "--reason", "asked for")
            assert "it may be again from 20" in run("due-day", "a-p03", "20")
        assert server.process is not None
        with server.journal() as journal:
            assert journal.granted_to(listed["grant"]) == "a-p02"
        whole(server, kernels)
        env = {**server.surroundings(), "COLUMNS": "300"}
        alone = subprocess.run(
            [sys.executable, "-m", "tocsin", "incentive", "list", "p03"], cwd=tmp_path, capture_output=True, text=True,
            env=env, check=True,
        )  # fmt: skip
        assert "taken back" in alone.stdout

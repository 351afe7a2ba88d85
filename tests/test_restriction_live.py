"""Restrictions at a real service: in force at once and for all, over batches, restarts and kill -9; orders; four eyes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collecting import late, own, soon
from tests.live import Answer, Server, destination, fact, many, now, one, orders, receiving, said, whole
from tocsin.desk import audit
from tocsin.engine.decide import held_back
from tocsin.journal.records import FACT

POLICY = """
policy: holding
version: "1"
currency: CNY
timezone: Asia/Shanghai
lateness: 2 hours
signals:
  transfers_1h: {count: , where: "kind = 'transfer'", over: 1 hour}
  spent_1h: {sum: amount, where: "kind = 'purchase'", over: 1 hour}
rules:
  burst: {when: "kind = 'transfer' and transfers_1h > 6", level: blue, say: {en: "{transfers_1h}", zh: "{transfers_1h}"}}
  large: {when: "kind = 'purchase' and spent_1h > 1000.00", level: yellow, say: {en: "{spent_1h}", zh: "{spent_1h}"}}
  taken: {when: "kind = 'login' and succeeded = false", level: red, say: {en: taken, zh: 盗用}}
collection:
  profile: CN
  open_when: past_due > 0
  close_when: past_due = 0
  treatments: {nothing: {nothing: true}}
  ladder: [{at: 1, do: nothing}]
release:
  large: [large]
  anomalies: [burst]
  four_eyes: red
  requirements:
    identity: {title: {en: Show who you are, zh: 身份核验}, kind: verification}
  factors:
    credit_score: {shows: credit_score, lines: [{when: credit_score > 700, days: -2, say: {en: good, zh: 良好}}]}
    transactions: {shows: anomalies, lines: [{when: anomalies > 0, days: 4, say: {en: odd, zh: 异常}}]}
    capacity: {shows: surplus}
    usage: {shows: utilisation}
    information: {shows: information_complete, lines: [{when: identity, days: -9, say: {en: shown, zh: 已核验}}]}
    record: {shows: restrictions_before}
restrictions:
  acknowledge: 1 hour
  holds:
    transfers: {title: {en: Transfers, zh: 转账}, say: {en: They wait, zh: 暂缓}, does: transfer_hold, on: [burst], days: 5, most: 30, requirements: [identity]}
    spending: {title: {en: Spending, zh: 消费}, say: {en: It waits, zh: 暂缓}, does: transaction_block, on: [large], days: 5, most: 30, stages: [{at: 50, up_to: 100.00}]}
    freeze: {title: {en: Freeze, zh: 冻结}, say: {en: All waits, zh: 全部暂缓}, does: account_freeze, strength: hard, level: red, days: 5, most: 30, review: 24 hours}
"""
WANTED = ("restriction.applied", "restriction.changed", "restriction.released", "restriction.ordered", "appeal.changed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, kernels: Path) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("holding"), policy=POLICY) as server:
        yield server
        assert server.stop() == 0
        whole(server, kernels)


def transfer(account: str, at: int | None = None, **more: Any) -> dict[str, Any]:
    return fact(account, at or now(), kind="transfer", **more)


def restrictions(server: Server, account: str) -> list[dict[str, Any]]:
    answer = server.ask(f"/v1/accounts/{account}/restrictions")
    assert answer.status == 200, (answer, server.tail())
    found: list[dict[str, Any]] = answer.said["restrictions"]
    return found


def restricted(server: Server, account: str) -> dict[str, Any]:
    """The one restriction of an account, once it was assessed."""
    return soon(lambda: next((each for each in restrictions(server, account) if each["estimate"]), None))


def test_twelve_at_once_restrict_once_and_from_the_seventh_on(server: Server) -> None:
    """Whatever the number of clients: six pass, the seventh brings the hold about, and it and all after it wait."""
    with server.clients(12) as clients:
        for trial in range(20):
            account = f"race-{trial}"
            answers = [said(each) for each in clients.each([one(transfer(account)) for _ in range(12)])]
            assert sorted(each["outcome"] for each in answers) == ["approve"] * 6 + ["block"] * 6
            holds = {hold["restriction"] for each in answers for hold in each["restrictions"]}
            assert len(holds) == 1 and all(
                bool(each["restrictions"]) == (each["outcome"] == "block") for each in answers
            )
            assert said(clients.each([one(fact(account, now(), kind="payment"))])[0])["outcome"] == "approve"
    imposed = [each for each in own(server, "restriction") if each["account"].startswith("race-")]
    assert len(imposed) == 20 and all(each["reasons"] == ["burst"] for each in imposed)


def test_a_batch_is_decided_as_its_facts_one_by_one(server: Server) -> None:
    at = now()
    singles = [transfer("single", at + n) for n in range(60)]
    batch = [{**each, "account": "batch", "fact_id": f"b-{each['fact_id']}"} for each in singles]
    one_by_one = [server.decide(each).said["outcome"] for each in singles]
    with server.clients(1) as clients:
        together = [each["outcome"] for each in said(clients.each([many(batch)])[0])["items"]]
    assert one_by_one == together == ["approve"] * 6 + ["block"] * 54


def test_what_was_refused_is_not_owed(server: Server) -> None:
    """Asked about beforehand and blocked, it did not happen; told afterwards, or said to have gone through, it did."""

    def owed(account: str) -> int:
        return int(soon(lambda: server.ask(f"/v1/people/{account}").said.get("accounts"), 10)[0]["balance"])

    limit = fact("retries", now(), kind="limit_change", credit_limit=100_000, amount=None, currency="CNY")
    server.decide({name: value for name, value in limit.items() if value is not None})
    answers = [server.decide(transfer("retries", amount=100_00)).said["outcome"] for _ in range(14)]
    assert answers == ["approve"] * 6 + ["block"] * 8
    assert soon(lambda: owed("retries") == 600_00, 10)
    server.decide(transfer("retries", amount=70_00, declined=False))
    assert soon(lambda: owed("retries") == 670_00, 10)
    with server.clients(1) as clients:
        told = said(clients.each([many([transfer("retries", amount=30_00)])])[0])["items"]
    assert [each["outcome"] for each in told] == ["block"]
    assert soon(lambda: owed("retries") == 700_00, 10)


def test_a_dry_run_says_what_would_be_and_restricts_nothing(server: Server) -> None:
    for _ in range(6):
        server.decide(transfer("dry"))
    would = server.ask("/v1/decisions?dry_run=true", transfer("dry")).said
    assert would["outcome"] == "block" and would["restrictions"][0]["hold"] == "transfers"
    assert restrictions(server, "dry") == []
    assert server.decide(transfer("dry")).said["outcome"] == "block"


def test_a_late_fact_restricts_too(server: Server) -> None:
    at = now() - 60_000_000
    for place in (1, 2, 3, 4, 5, 6):
        assert server.decide(transfer("late", at + place)).said["outcome"] == "approve"
    server.decide(transfer("late", at))
    assert server.decide(transfer("late")).said["outcome"] == "block"


def test_red_takes_two_keys_and_an_appeal_somebody_else(server: Server) -> None:
    login = {"fact_id": f"login-{now()}", "kind": "login", "account": "red", "customer": "c-red", "succeeded": False}
    decided = server.decide({**login, "occurred_at": fact("x", now())["occurred_at"]}).said
    assert decided["level"] == "red" and decided["restrictions"][0]["strength"] == "hard"
    id = restricted(server, "red")["restriction"]
    path = f"/v1/restrictions/{id}"
    override = server.ask(
        "/v1/accounts/red/restrictions",
        {"kind": "override", "reasons": ["trust"], "expires_at": "2099-01-01T00:00:00Z"},
    )
    assert override.status == 422 and "30 days" in override.said["detail"]
    made = [
        server.ask("/v1/keys", {"name": name, "scopes": ["restrict", "customer", "read"]}) for name in ("anna", "bert")
    ]
    assert all(each.status == 201 for each in made), made
    anna, bert = (each.said["key"] for each in made)
    release = {"decision": "release", "reason": "papers seen"}
    first = _as(server, anna, f"{path}/reviews", release)
    assert first.status == 200 and first.said["status"] == "active"
    assert _as(server, anna, f"{path}/reviews", release).status == 409
    appeal = _as(server, anna, f"{path}/appeals", {"reason": "it was me"}).said["appeals"][0]
    assert appeal["state"] == "filed" and appeal["decide_by"]
    done = _as(
        server, bert, f"{path}/appeal-decisions", {"appeal": appeal["appeal"], "upheld": True, "reason": "right"}
    )
    assert done.said["status"] == "released" and done.said["changes"][-1]["reason"] == "appeal_upheld"
    assert server.decide(fact("red", now())).said["outcome"] == "approve"
    by_hand = {"kind": "card_lock", "reasons": ["lost"], "expires_at": "2027-06-01T00:00:00Z"}
    locked = _as(server, anna, "/v1/accounts/red/restrictions", by_hand).said
    assert (locked["level"], locked["four_eyes"], locked["assessment"]["release_at"]) == ("red", True, None)
    again = f"/v1/restrictions/{locked['restriction']}/reviews"
    assert _as(server, anna, again, release).status == 422, "nobody releases at red what they imposed"
    assert _as(server, bert, again, release).said["status"] == "active", "it takes two"
    app = server.ask("/v1/keys", {"name": "app", "scopes": ["read", "customer"]}).said["key"]
    assert _as(server, app, f"{path}/reviews", release).status == 403


def test_a_hold_of_an_account_that_turns_red_takes_two_from_then_on(server: Server) -> None:
    for _ in range(7):
        server.decide(transfer("graver", customer="c-graver"))
    id = restricted(server, "graver")["restriction"]
    assert not restricted(server, "graver")["four_eyes"]
    login = {"fact_id": f"login-{now()}", "kind": "login", "account": "graver", "customer": "c-graver"}
    server.decide({**login, "succeeded": False, "occurred_at": fact("x", now())["occurred_at"]})
    held = soon(lambda: next(each for each in restrictions(server, "graver") if each["restriction"] == id))
    assert soon(lambda: server.ask(f"/v1/restrictions/{id}").said["four_eyes"])
    assert (held["hold"], server.ask(f"/v1/restrictions/{id}").said["risen"]) == ("transfers", ["red"])
    keys = [server.ask("/v1/keys", {"name": name, "scopes": ["restrict"]}).said["key"] for name in ("carl", "dora")]
    said = [
        _as(server, key, f"/v1/restrictions/{id}/reviews", {"decision": "release", "reason": "seen"}) for key in keys
    ]
    assert [each.said["status"] for each in said] == ["active", "released"]


def test_the_command_line_speaks_chinese_and_promises_no_end_that_no_time_brings(server: Server) -> None:
    login = {
        "fact_id": f"login-{now()}",
        "kind": "login",
        "account": "shown",
        "customer": "c-shown",
        "succeeded": False,
    }
    server.decide({**login, "occurred_at": fact("x", now())["occurred_at"]})
    id = restricted(server, "shown")["restriction"]
    told = _command(server, "restriction", "show", id)
    assert "不受影响:还款、退款" in told and "payment" not in told
    assert "须两人同意解除" in told and "Z解除" not in told
    assert "--until:" in _command(server, "restriction", "review", id, "keep", "--reason", "x", "--until", "tomorrow")


def _command(server: Server, *words: str) -> str:
    """What a command says in Chinese, as one line."""
    known = {"TOCSIN_SERVER": f"http://127.0.0.1:{server.port}", "TOCSIN_API_KEY": server.key, "TOCSIN_LANG": "zh"}
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", *words], cwd=server.folder, env={**server.surroundings(), **known, "COLUMNS": "200"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return (done.stdout + done.stderr).replace("\n", " ")


def _as(server: Server, key: str, path: str, content: object) -> Answer:
    before, server.key = server.key, key
    try:
        return server.ask(path, content)
    finally:
        server.key = before


def test_a_person_is_no_account(server: Server) -> None:
    server.decide(fact("owned", now(), customer="owner"))
    given = {"kind": "card_lock", "reasons": ["trust"], "review_at": "2030-01-01T00:00:00Z"}
    answer = server.ask("/v1/accounts/owner/restrictions", given)
    assert answer.status == 404 and "no such account" in answer.said["detail"]
    assert server.ask("/v1/accounts/owned/restrictions", given).status == 201


def test_what_is_asked_is_answered_in_one_sentence(server: Server) -> None:
    for _ in range(7):
        server.decide(transfer("asked"))
    for path, content, status, words in (
        ("/v1/restrictions/r0", None, 404, "no such restriction"),
        ("/v1/accounts/nobody/restrictions", {"hold": "transfers", "reasons": ["x"]}, 404, "nothing is known"),
        ("/v1/accounts/asked/restrictions", {"reasons": []}, 422, "reasons"),
        ("/v1/accounts/asked/restrictions", {"hold": "transfer", "reasons": ["x"]}, 422, "transfers"),
        ("/v1/accounts/asked/restrictions", {"hold": "transfers", "reasons": ["x"]}, 409, "in force already"),
        ("/v1/facts", [{"fact_id": "x1", "kind": "restriction_review", "account": "a", "occurred_at": "2026-01-01T00:00:00Z", "restriction": "r1", "decision": "release", "by": "me", "reason": "x"}], 200, "no fact from outside"),
    ):  # fmt: skip
        answer = server.ask(path, content)
        assert answer.status == status and words in json.dumps(answer.said), (path, answer)
    chinese = server.ask("/v1/restrictions/r0", accept_language="zh").said["detail"]
    assert not any("a" <= letter <= "z" for letter in chinese.replace("GET /v1/accounts/{id}/restrictions", "")), (
        chinese
    )


def test_what_the_customer_hands_in_is_verified_by_somebody_else(server: Server) -> None:
    for _ in range(7):
        server.decide(transfer("asks"))
    id = restricted(server, "asks")["restriction"]
    app = server.ask("/v1/keys", {"name": "customers", "scopes": ["read", "customer"]}).said["key"]
    path = f"/v1/restrictions/{id}"
    assert _as(server, app, f"{path}/requirements", {"requirement": "identity", "state": "met"}).status == 403
    handed = _as(server, app, f"{path}/submissions", {"requirement": "identity"}).said
    assert handed["status"] == "active" and handed["requirements"][0]["state"] == "pending_verification"
    assert handed["requirements"][0]["shortens_by"] > 0
    web = server.ask("/v1/keys", {"name": "web", "scopes": ["customer"]}).said["key"]
    shown = _as(server, web, path, None).said
    assert (shown["by"], shown["requirements"]) == ("policy", handed["requirements"])
    noted = {"kind": "step_up", "reasons": ["odd"], "note": "seen on TV", "expires_at": "2031-01-01T00:00:00Z"}
    assert server.ask("/v1/accounts/asks/restrictions", noted).said["note"]
    [odd] = [
        each
        for each in _as(server, web, "/v1/accounts/asks/restrictions", None).said["restrictions"]
        if each["hold"] == "manual"
    ]
    assert (odd["note"], odd["by"]) == (None, "lender")
    refused = {"number": 0, "applied": False, "reason": "blocked by unit 9"}
    assert server.ask(f"/v1/restrictions/{odd['restriction']}/acknowledgements", refused).status == 200
    clerk = server.ask("/v1/keys", {"name": "clerk", "scopes": ["restrict"]}).said["key"]
    waiting = {"requirement": "identity", "state": "pending_verification", "reason": "ask carl"}
    seen = _as(server, clerk, f"{path}/requirements", waiting)
    assert seen.status == 200 and "carl" in json.dumps(seen.said)
    for where in (path, "/v1/accounts/asks/restrictions"):
        told = json.dumps(_as(server, web, where, None).said)
        assert not any(word in told for word in ("carl", "unit 9", "seen on TV", "key "))
    done = server.ask(f"{path}/requirements", {"requirement": "identity", "state": "met"}).said
    assert (done["status"], done["changes"][-1]["reason"]) == ("released", "conditions_met")
    assert _as(server, app, f"{path}/submissions", {"requirement": "identity"}).status == 409


def test_the_core_system_confirms_and_is_reconciled(server: Server) -> None:
    for _ in range(7):
        server.decide(transfer("core"))
    id = restricted(server, "core")["restriction"]
    path = f"/v1/restrictions/{id}/acknowledgements"
    assert server.ask(path, {"number": 1, "applied": True}).status == 422
    objected = server.ask(path, {"number": 0, "applied": False, "reason": "no such card"}).said["core"]
    assert (objected["confirmed"], objected["objection"]) == (False, "no such card")
    assert server.ask(path, {"number": 0, "applied": True}).said["core"] == {
        "order": 0,
        "confirmed": True,
        "attempts": 1,
        "objection": None,
    }
    with server.journal() as journal:
        standing = {each.id for each in journal.standing()}
    theirs = [{"restriction": each} for each in sorted(standing - {id})] + [{"restriction": "x9"}]
    found = server.ask("/v1/reconciliations", {"in_force": theirs}).said
    assert found["ordered_again"] == [{"restriction": id, "account": "core", "why": "missing"}]
    assert found["unknown"] == ["x9"] and found["matched"] == len(standing) - 1
    assert server.ask(f"/v1/restrictions/{id}").said["core"]["confirmed"] is False, "what it lost it confirms again"
    found = server.ask("/v1/reconciliations", {"in_force": [*theirs, {"restriction": id}]}).said
    assert found["matched"] == len(standing) and server.ask(f"/v1/restrictions/{id}").said["core"]["confirmed"] is True


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_kill_between_release_and_order(tmp_path: Path, kernels: Path, seconds: float) -> None:
    """What was released stays released, and the core system is told of it once it can be reached, once and in order."""
    with receiving() as (port, taken):
        settings = f"destinations: [{destination('core', 1, *WANTED)}]\n"
        with Server(tmp_path, policy=POLICY, settings=settings) as server:
            for _ in range(7):
                server.decide(transfer("a1"))
            id = restricted(server, "a1")["restriction"]
            met = server.ask(f"/v1/restrictions/{id}/requirements", {"requirement": "identity", "state": "met"})
            assert (
                met.status == 200
                and met.said["status"] == "released"
                and met.said["changes"][-1]["reason"] == "conditions_met"
            )
            time.sleep(seconds)
            server.kill()
            before = orders(server)
            server.folder.joinpath("tocsin.yaml").write_text(f"destinations: [{destination('core', port, *WANTED)}]\n")
            server.start()
            assert restrictions(server, "a1")[0]["status"] == "released"
            assert server.decide(transfer("a1")).said["outcome"] != "block", (
                "it is not imposed again for the same reason"
            )
            told = soon(lambda: [json.loads(body) for _, body in taken] if len(taken) >= 2 else None, 30)
            assert [each["type"] for each in told] == ["restriction.applied", "restriction.released"]
            assert [each["data"]["restriction"] for each in told] == [id, id]
            assert {key: body for key, body in orders(server).items() if key in before} == before
            assert server.stop() == 0
            whole(server, kernels)


def test_what_collections_tell_restricts_too_and_is_assessed_at_once(tmp_path: Path, kernels: Path) -> None:
    """A position that Tocsin itself tells brings a restriction about, and the books know of it as the log does."""
    late_rule = '  late: {when: "kind = \'position_changed\' and days_past_due > 3", level: blue, say: {en: "{days_past_due}", zh: "{days_past_due}"}}\n'
    hold = "    cut: {title: {en: Cut, zh: 降额}, say: {en: Late, zh: 逾期}, does: limit_cut, on: [late], days: 9, most: 90}\n"
    policy = POLICY.replace("collection:\n", late_rule + "collection:\n").replace("  holds:\n", "  holds:\n" + hold)
    with Server(tmp_path, policy=policy.replace("lateness: 2 hours", "lateness: 60 days")) as server:
        late(server, 5)
        server.decide(fact("other", now()))
        found = restricted(server, "a1")
        assert (found["hold"], found["reasons"], found["assessment"]["days"]) == ("cut", ["late"], 9)
        assert server.decide(fact("a1", now())).said["outcome"] == "block"
        assert server.stop() == 0
        whole(server, kernels)


def test_restart_keeps_what_is_in_force(tmp_path: Path, kernels: Path) -> None:
    with Server(tmp_path, policy=POLICY) as server:
        server.decide(fact("a1", now(), amount=200_000))
        id = restricted(server, "a1")["restriction"]
        server.kill()
        server.start()
        decided = server.decide(fact("a1", now(), amount=1)).said
        assert decided["outcome"] == "block" and decided["restrictions"][0]["restriction"] == id
        assert server.decide(fact("a1", now(), kind="payment")).said["outcome"] == "approve"
        assert server.stop() == 0
        log = whole(server, kernels)
        told = [entry for entry in log if entry.kind == FACT and not (entry.fact_id or "").startswith("t-")]
        assert sum(held_back(entry.detail) is not None for entry in told) == 3


def test_the_audit_finds_a_restriction_that_was_tampered_with(tmp_path: Path, kernels: Path) -> None:
    with Server(tmp_path, policy=POLICY) as server:
        server.decide(fact("a1", now(), amount=200_000))
        restricted(server, "a1")
        assert server.stop() == 0
        whole(server, kernels)
        for change, words in (
            ("UPDATE restrictions SET status = 'released', ended_at = 1", "is not what the log says"),
            ("DELETE FROM restrictions", "is missing"),
        ):
            with server.journal() as journal:
                with journal.store.change() as run:
                    run(change)
                problems = [problem.what for problem in audit.replayed(journal, kernels)]
            assert any(words in what for what in problems), problems

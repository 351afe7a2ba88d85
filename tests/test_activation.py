"""Policies put in force and beside the one in force while facts stream in: nothing is lost, nothing waits, windows are full."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.live import POLICY, Ask, Server, fact, given, now, one, said, whole
from tests.support import policy_of
from tests.test_live_exact import as_fact, rules_of
from tocsin.desk.standing import Standing
from tocsin.journal.records import ACT, FACT, Entry
from tocsin.signals import oracle

MORE = POLICY.replace('version: "1"', 'version: "2"').replace(
    "rules:",
    """  largest_90m: {max: amount, over: 90 minutes}
rules:
  large: {when: "largest_90m >= 0", level: yellow, say: {en: "{largest_90m} {n_10m}", zh: "{largest_90m} {n_10m}"}}""",
    1,
)
"""The same with another signal, and a rule that always shows it."""
STRICT = POLICY.replace('version: "1"', 'version: "strict"').replace("n_10m > 6", "n_10m > 3")
"""The same, only sooner."""
BAD = POLICY.replace("over: 10 minutes", "over: 10 moons", 1).replace("level: orange", "level: purple")
MINUTE = 60_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("activation")) as server:
        yield server


def stream(draw: Random) -> Iterator[Ask]:
    """Facts without end, some of them late: half of accounts that have many, half of such that have eight."""
    for number in count():
        account = f"a{draw.randrange(30)}" if number % 2 else f"b{draw.random()}"
        for _ in range(1 if number % 2 else 8):
            late = draw.choice([0, 0, 0, draw.randrange(80 * MINUTE)])
            yield one(fact(account, now() - late, device=f"d{draw.randrange(999)}", amount=draw.randrange(10_000)))


def acted(server: Server, act: str, text: str, seed: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What came of an act, and of the facts that were sent before, meanwhile and after."""
    came: list[Any] = []
    ended = threading.Event()

    def put() -> None:
        body = {"act": act, "policy": "p.yaml", "files": {"p.yaml": text}}
        with server.clients(1) as other:
            other.spread(stream(Random(-seed)), until=iter([False] * 200 + [True]).__next__)
            came.append(other.each([Ask("/v1/policies", json.dumps(body).encode())])[0])
            other.spread(stream(Random(-seed)), until=iter([False] * 100 + [True]).__next__)
        ended.set()

    thread = threading.Thread(target=put)
    with server.clients(4) as clients:
        thread.start()
        answers = clients.spread(stream(Random(seed)), until=ended.is_set)
        thread.join()
    return said(came[0]), [said(answer) for _, answer in answers]


def champion(server: Server) -> dict[str, Any]:
    [found] = [known for known in history(server) if known["state"] == "champion"]
    return found


def history(server: Server) -> list[dict[str, Any]]:
    known: list[dict[str, Any]] = said(server.ask("/v1/policies"))["policies"]
    return known


def test_a_policy_is_put_in_force_under_load(server: Server) -> None:
    came, decisions = acted(server, "activate", MORE, 1)
    assert came["policy"].startswith("live 2") and came["act"] == "activate"
    decisions.sort(key=lambda known: int(known["id"][1:]))
    versions = [known["policy"].split(" ")[1] for known in decisions]
    turn = versions.index("2")
    assert 0 < turn < len(versions) and set(versions[:turn]) == {"1"} and set(versions[turn:]) == {"2"}
    log = server.entries()
    ids = [entry.fact_id for entry in log if entry.kind == FACT]
    assert len(set(ids)) == len(ids) and {known["fact_id"] for known in decisions} <= set(ids)
    act = next(entry for entry in log if entry.seq == came["entry"])
    assert act.kind == ACT and {entry.policy for entry in log if entry.seq > act.seq} == {came["number"]}
    _filled(log, came["number"])


def _filled(log: list[Entry], number: int) -> None:
    """The new signal knew all of history from its first decision on."""
    policy = policy_of(MORE)()
    measures = [measure for measure in policy.measures if measure.name in ("largest_90m", "n_10m")]
    facts = [entry for entry in log if entry.kind == FACT]
    known = [as_fact(entry) for entry in facts]
    own: dict[str, list[dict[str, Any]]] = {}
    checked = 0
    for entry, seen in zip(facts, known, strict=True):
        mine = own.setdefault(entry.watched or "", [])
        mine.append(seen)
        if entry.policy == number and checked < 400:
            checked += 1
            values = rules_of(entry)["large"].values
            assert {measure.name: oracle.signal(measure, mine, len(mine) - 1) for measure in measures} == values
    assert checked > 100


def test_a_shadow_says_where_it_differs(server: Server, kernels: Path) -> None:
    came, _ = acted(server, "shadow", STRICT, 2)
    number, since = came["number"], came["entry"]
    assert champion(server)["policy"].startswith("live 2")
    _differences_are(server, number, since, kernels)
    old = history(server)
    for way in (server.stop, server.kill):
        way()
        server.start()
        assert history(server) == old
        decisions = acted_again(server)
        assert {known["policy"].split(" ")[1] for known in decisions} == {"2"}
    _differences_are(server, number, since, kernels)


def acted_again(server: Server) -> list[dict[str, Any]]:
    draw = stream(Random(3))
    with server.clients(4) as clients:
        return [said(answer) for _, answer in clients.spread(ask for ask, _ in zip(draw, range(300), strict=False))]


def _differences_are(server: Server, number: int, since: int, kernels: Path) -> None:
    """Stored is what a separate run of the shadow's policy over the same log says otherwise, no more and no less."""
    said(server.ask("/v1/decisions", fact("last", now())))
    with server.journal() as journal:
        end = server.entries()[-1].seq - 1
        standing = Standing(number, policy_of(STRICT)(), kernels)
        standing.decider.engine.prepare()
        wanted = {}
        for decided in standing.follow(journal, end):
            for entry, decision in decided:
                if entry.seq > since and (decision.answer, decision.level) != (entry.decision, entry.level):
                    wanted[entry.seq] = (decision.answer, decision.level, ",".join(one.rule for one in decision.fired))
        found = {
            row.seq: (row.decision, row.level, row.fired)
            for row in journal.differences(number, 0, 10**6)
            if row.seq <= end
        }
    assert found == wanted and len(found) > 50
    shown = said(server.ask(f"/v1/differences?shadow={number}&limit=50"))["differences"]
    assert [known["decision"] for known in shown] == [f"d{seq}" for seq in sorted(wanted)][:50]


def test_what_is_wrong_with_a_policy_is_told_and_nothing_changes(server: Server) -> None:
    before, log = history(server), len(server.entries())
    for act in ("activate", "shadow"):
        answer = given(server.activate(BAD, act))
        assert answer.status == 422
        told = answer.said["problems"]
        assert len(told) == 2 and "moons" in told[0] and "purple" in told[1], told
    answer = given(
        server.activate(POLICY.replace("currency: CNY", "currency: CNY\nwatch: customer").replace("live", "other"))
    )
    assert answer.status == 422 and answer.said["detail"]
    assert history(server) == before and len(server.entries()) == log


def test_history_tells_every_act_and_what_is_in_force_stays(server: Server, kernels: Path) -> None:
    assert said(server.activate(STRICT, "shadow"))["already"]
    assert said(server.ask("/v1/policies", {"act": "unshadow", "policy": "live"}))["act"] == "unshadow"
    assert said(server.activate(POLICY))["policy"].startswith("live 1")
    assert server.decide(fact("last", now())).said["policy"].startswith("live 1")
    told = [(known["act"], known["policy"].split(" ")[1], known["state"]) for known in history(server)]
    assert told == [
        ("activate", "1", "champion"),
        ("unshadow", "strict", "past"),
        ("shadow", "strict", "past"),
        ("activate", "2", "past"),
        ("activate", "1", "champion"),
    ]
    assert server.stop() == 0
    whole(server, kernels)
    server.start()
    assert champion_of(server) == "1"
    assert server.decide(fact("last", now())).said["policy"].startswith("live 1")


def champion_of(server: Server) -> str:
    return str(next(known["policy"] for known in history(server) if known["state"] == "champion").split(" ")[1])

"""kill -9 at any moment, under load: what was acknowledged is there once, the same answers come again, nothing goes out changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.live import POLICY, Answer, Ask, Server, destination, fact, given, many, now, one, orders, receiving, whole
from tests.postgres import cluster, postgres, postgres_url
from tocsin.journal.records import FACT, Entry

__all__ = ["cluster", "postgres", "postgres_url"]

SETTINGS = "{{limits: {{snapshot_every: 1000}}, destinations: [{up}, {down}]}}"
HOUR = 3_600_000_000
SECOND_POLICY = POLICY.replace('version: "1"', 'version: "2"').replace(
    "rules:", "  spread_1h: {max: amount, over: 1 hour}\nrules:", 1
)


def asks(draw: Random) -> Iterator[Ask]:
    """Facts without end: of many accounts and some devices, single and in batches, with keys and without, some of them late."""
    for number in count():
        made = [
            fact(
                f"a{draw.randrange(400)}", now() - draw.choice([0, 0, 0, draw.randrange(HOUR)]),
                device=f"d{draw.randrange(50)}", amount=draw.randrange(100_000),
            )
            for _ in range(draw.choice([1, 1, 1, 1, 50]))
        ]  # fmt: skip
        if len(made) > 1:
            yield many(made, lines=draw.random() < 0.5)
        else:
            yield one(made[0], **({"idempotency_key": f"{made[0]['fact_id']}-{number}"} if draw.random() < 0.3 else {}))


def decisions(ask: Ask, answer: Answer) -> dict[str, dict[str, Any]]:
    """What was answered, by fact id, without whether it was answered before."""
    assert answer.status == 200, answer
    if "items" not in answer.said:
        return {answer.said["fact_id"]: {**answer.said, "repeated": None}}
    return {item["fact_id"]: {**item, "status": None} for item in answer.said["items"]}


def repeated(answer: Answer) -> bool:
    if "items" not in answer.said:
        return bool(answer.said["repeated"])
    return all(item["status"] == "repeated" for item in answer.said["items"])


class Crashes:
    """A server that is killed again and again under load, and what it had acknowledged."""

    def __init__(self, server: Server, draw: Random) -> None:
        self.server, self.draw = server, draw
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.orders: dict[tuple[str, str], bytes] = {}

    def once(self) -> None:
        """Load, kill, start, and ask everything again."""
        killer = threading.Timer(self.draw.uniform(0.05, 1.2), self.server.kill)
        with self.server.clients(6) as clients:
            killer.start()
            told = clients.spread(asks(self.draw), until=lambda: killer.finished.is_set() and self.server.ended)
        killer.join()
        for ask, answer in told:
            if answer is not None:
                self.acknowledged |= decisions(ask, answer)
        before = orders(self.server)
        assert all(before[name] == body for name, body in self.orders.items())
        self.server.start()
        after = orders(self.server)
        assert before == after
        self.orders = after
        with self.server.clients(6) as clients:
            again = {id(ask): given(answer) for ask, answer in clients.spread(ask for ask, _ in told)}
        for ask, answer in told:
            if answer is not None:
                assert repeated(again[id(ask)])
                assert decisions(ask, again[id(ask)]) == decisions(ask, answer)
            else:
                self.acknowledged |= decisions(ask, again[id(ask)])

    def all_there(self, log: list[Entry]) -> None:
        ids = [entry.fact_id for entry in log if entry.kind == FACT]
        assert len(set(ids)) == len(ids) and set(ids) >= set(self.acknowledged)
        places = {f"d{entry.seq}": entry.fact_id for entry in log if entry.kind == FACT}
        assert all(places[said["id"]] == fact_id for fact_id, said in self.acknowledged.items())


def crashed(folder: Path, url: str, kernels: Path, times: int) -> None:
    with receiving() as (port, taken):
        settings = SETTINGS.format(
            up=destination("up", port, "warning.raised", "warning.level_changed"),
            down=destination("down", 1, "decision.created", "warning.raised"),
        )
        with Server(folder, url, settings=settings) as server:
            crashes = Crashes(server, Random(times))
            for _ in range(times):
                crashes.once()
            assert server.stop() == 0
            crashes.all_there(whole(server, kernels))
            left = orders(server)
    assert all(left[name] == body for name, body in crashes.orders.items())
    assert taken and all(left["up", id] == body for id, body in taken)


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.long)])
def test_killed_under_load(tmp_path: Path, kernels: Path, times: int) -> None:
    crashed(tmp_path, "", kernels, times)


@pytest.mark.parametrize("times", [1, pytest.param(50, marks=pytest.mark.long)])
def test_killed_under_load_on_postgresql(tmp_path: Path, postgres_url: str, kernels: Path, times: int) -> None:
    crashed(tmp_path, postgres_url, kernels, times)


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)])
def test_killed_while_a_policy_is_put_in_force(tmp_path: Path, kernels: Path, times: int) -> None:
    """While it is built, and right after: either the one is in force or the other, and it can be put in force again."""
    draw = Random(times)
    with Server(tmp_path) as server:
        for number in range(times):
            policies = [text.replace("policy: live", f"policy: live{number}") for text in (POLICY, SECOND_POLICY)]
            assert server.activate(policies[0]).status == 200
            with server.clients(4) as clients:
                clients.spread(ask for ask, _ in zip(asks(draw), range(60), strict=False))
                killer = threading.Timer(draw.uniform(0, 3), server.kill)
                killer.start()
                body = {"act": "activate", "policy": "p", "files": {"p": policies[1]}}
                told = clients.spread([Ask("/v1/policies", json.dumps(body).encode())])[0][1]
                killer.join()
            server.start()
            history = given(server.ask("/v1/policies")).said["policies"]
            champion = next(known for known in history if known["state"] == "champion")
            assert champion["policy"].startswith(f"live{number} {1 if told is None else 2}") or told is None
            answer = given(server.activate(policies[1]))
            assert answer.status == 200 and answer.said["policy"].startswith(f"live{number} 2")
            assert server.decide(fact("after", now())).said["policy"] == answer.said["policy"]
        assert server.stop() == 0
        whole(server, kernels)

"""Many clients at once: what is counted is what would be counted one after another, in every trial."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.live import Answer, Ask, Clients, Server, fact, given, many, now, one, said, whole
from tocsin.engine.decide import detailed

SECOND = 1_000_000
TRIALS = 100
_names = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, kernels: Path) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("race"))
    with server:
        yield server
        assert server.stop() == 0
        whole(server, kernels)


@pytest.fixture(scope="module")
def clients(server: Server) -> Iterator[Clients]:
    with server.clients(20) as clients:
        yield clients


def name() -> str:
    return f"a{next(_names)}"


def decided(clients: Clients, facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [said(answer) for answer in clients.each([one(content) for content in facts])]


def outcomes(decisions: list[dict[str, Any]]) -> list[str]:
    return sorted(decision["outcome"] for decision in decisions)


def observed(decision: dict[str, Any], rule: str = "seen") -> Any:
    return next(fired["conditions"][0]["observed"] for fired in decision["fired"] if fired["rule"] == rule)


def fired(server: Server, after: str, account: str, rule: str) -> set[str | None]:
    """Ids of the facts of an account at which a rule fired after a decision, at once or when they were assessed again."""
    return {
        entry.fact_id
        for entry in server.entries(int(after[1:]))
        if entry.watched == account and rule in [one.rule for one in detailed(entry.detail)[0]]
    }


def test_twelve_facts_six_held(server: Server, clients: Clients) -> None:
    for _ in range(TRIALS):
        account, at = name(), now()
        assert outcomes(decided(clients, [fact(account, at) for _ in range(12)])) == ["approve"] * 6 + ["review"] * 6


def test_twelve_facts_of_six_accounts_on_one_device_six_held(clients: Clients) -> None:
    for _ in range(TRIALS):
        device, at = name(), now()
        accounts = [name() for _ in range(6)]
        found = decided(clients, [fact(account, at, device=device) for account in accounts * 2])
        assert outcomes(found) == ["approve"] * 6 + ["review"] * 6
        assert sorted(observed(decision) for decision in found) == [1] * 6 + [2] * 6


def test_twelve_facts_on_an_account_and_a_device_at_once(clients: Clients) -> None:
    """Six of the account alone, six on a device that others have used six times: held are those of either."""
    for _ in range(TRIALS):
        account, other, device, at = name(), name(), name(), now()
        said(clients.each([many([fact(other, at, device=device) for _ in range(6)])])[0])
        found = decided(clients, [fact(account, at, **({"device": device} if i % 2 else {})) for i in range(12)])
        held = [decision["outcome"] == "review" for decision in found]
        assert all(held[1::2]) and sum(held) >= 6
        assert sorted(observed(decision) for decision in found) == list(range(1, 13))
        assert all(held[i] == (observed(found[i]) > 6) for i in range(0, 12, 2))


def test_twelve_facts_two_seconds_late_six_held(server: Server, clients: Clients) -> None:
    for _ in range(TRIALS):
        account, at = name(), now()
        first = said(clients.each([one(fact(account, at))])[0])
        found = decided(clients, [fact(account, at - 2 * SECOND) for _ in range(12)])
        assert outcomes(found) == ["approve"] * 6 + ["review"] * 6
        assert said(clients.each([Ask(f"/v1/accounts/{account}", b"")])[0])["level"] == "orange"
        assert first["outcome"] == "approve"


def test_late_facts_at_different_times_in_any_order(server: Server, clients: Clients) -> None:
    """However they overtake each other, the rule fires for the last six of the twelve, and for the one before which they came."""
    draw = Random(7)
    for _ in range(TRIALS):
        account, at = name(), now()
        first = fact(account, at)
        before = said(clients.each([one(first)])[0])["id"]
        late = [fact(account, at - 2 * SECOND + number) for number in range(12)]
        decided(clients, draw.sample(late, 12))
        assert fired(server, before, account, "many") == {known["fact_id"] for known in [*late[6:], first]}


def test_twenty_facts_at_one_instant_are_twenty(clients: Clients) -> None:
    for _ in range(TRIALS):
        account, at = name(), now()
        found = decided(clients, [fact(account, at) for _ in range(20)])
        assert sorted(observed(decision) for decision in found) == list(range(1, 21))


def test_single_facts_and_batches_together(server: Server, clients: Clients) -> None:
    for trial in range(TRIALS):
        account, at = name(), now()
        facts = [fact(account, at) for _ in range(12)]
        asks = [
            *map(one, facts[:4]),
            many(facts[4:8]),
            many(facts[8:], lines=False),
            Ask(f"/v1/accounts/{account}", b""),
        ]
        asks.append(Ask("/v1/decisions?dry_run=true", asks[0].body.replace(b'"f', b'"dry')))
        Random(trial).shuffle(asks)
        answers = {id(ask): answer for ask, answer in zip(asks, clients.each(asks), strict=True)}
        found = []
        for ask in asks:
            answer = given(answers[id(ask)])
            if "items" in answer.said:
                found += [item["outcome"] for item in answer.said["items"]]
            elif ask.path == "/v1/decisions":
                found.append(answer.said["outcome"])
        assert sorted(found) == ["approve"] * 6 + ["review"] * 6


def test_one_fact_sent_by_twelve_is_recorded_once(server: Server, clients: Clients) -> None:
    for _ in range(TRIALS):
        account, at = name(), now()
        known = fact(account, at)
        asks = [one(known)] * 9 + [many([known, known]), many([known], lines=False)]
        answers = [said(answer) for answer in clients.each(asks)]
        singles, batches = answers[:9], answers[9:]
        items = [item for batch in batches for item in batch["items"]]
        assert (
            sum(not single["repeated"] for single in singles) + sum(item["status"] == "recorded" for item in items) == 1
        )
        assert len({json.dumps(single | {"repeated": None}) for single in singles}) == 1
        assert {item["id"] for item in items} == {singles[0]["id"]}
        assert observed(said(clients.each([one(fact(account, at))])[0])) == 2


def test_one_id_for_twelve_facts_is_a_conflict_for_eleven(clients: Clients) -> None:
    for _ in range(TRIALS):
        account, at, id = name(), now(), name()
        facts = [fact(account, at, fact_id=id, amount=number) for number in range(12)]
        answers = [given(answer) for answer in clients.each([one(content) for content in facts])]
        assert sorted(answer.status for answer in answers) == [200] + [409] * 11
        _conflicts(answers, id)
        again = [given(answer) for answer in clients.each([one(content) for content in facts])]
        assert [answer.status for answer in again] == [answer.status for answer in answers]


def test_one_idempotency_key_for_twelve_facts(clients: Clients) -> None:
    for _ in range(TRIALS):
        account, at, key = name(), now(), name()
        same = fact(account, at)
        answers = [said(answer) for answer in clients.each([one(same, idempotency_key=key)] * 12)]
        assert sum(not answer["repeated"] for answer in answers) == 1 and len({answer["id"] for answer in answers}) == 1
        others = [
            given(answer) for answer in clients.each([one(fact(account, at), idempotency_key=key) for _ in range(6)])
        ]
        assert [answer.status for answer in others] == [409] * 6
        key = name()
        raced = [
            given(answer) for answer in clients.each([one(fact(account, at), idempotency_key=key) for _ in range(12)])
        ]
        assert sorted(answer.status for answer in raced) == [200] + [409] * 11
        assert observed(said(clients.each([one(fact(account, at))])[0])) == 3


def _conflicts(answers: list[Answer], id: str) -> None:
    for answer in answers:
        if answer.status == 409:
            assert answer.said["fact_id"] == id and answer.said["detail"] and answer.said["remedy"]


def test_others_have_their_turn_while_thirty_never_stop(server: Server, clients: Clients) -> None:
    at, ended = now(), threading.Event()
    said(clients.each([one(fact("read", at))])[0])

    def load() -> None:
        asks = (many([fact(name(), at) for _ in range(50)]) if i % 8 == 0 else one(fact(name(), at)) for i in count())
        with server.clients(30) as others:
            others.spread(asks, until=ended.is_set)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        time.sleep(0.3)
        for _ in range(20):
            began = time.monotonic()
            assert said(clients.each([Ask("/v1/accounts/read", b"")])[0])["signals"]["n_10m"] == 1
            assert said(clients.each([Ask("/v1/decisions?dry_run=true", one(fact("read", at)).body)])[0])["dry_run"]
            assert time.monotonic() - began < 2
    finally:
        ended.set()
        thread.join()

"""Any stream of facts over any number of connections: what was counted is what the oracle counts over the log."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.live import POLICY, Ask, Clients, Server, fact, many, now, one, said, whole
from tests.live import given as answered
from tests.support import HOUR, MINUTE, policy_of
from tocsin.engine.decide import Fired, detailed
from tocsin.facts import wire
from tocsin.journal.records import AGAIN, FACT, Entry
from tocsin.policy.policy import Policy
from tocsin.signals import oracle
from tocsin.values import instant

POLICY_OF = policy_of(POLICY)()
BOUNDS = {"spent": ("spent_1h", 100_000), "many": ("n_10m", 6)}
"""Rules that look at the account alone, with the signal and the bound above which they fire."""
_streams = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, kernels: Path) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("exact")) as server:
        yield server
        assert server.stop() == 0
        whole(server, kernels)


BACK = [0, 0, 0, 1, 2, MINUTE, 10 * MINUTE - 1, 10 * MINUTE, HOUR - 1, HOUR, 110 * MINUTE, -MINUTE, -4 * MINUTE]
"""How long before the others a fact happened: on and beside the edges of windows, and ahead of the clock."""


@st.composite
def streams(draw: st.DrawFn, most: int = 30) -> list[list[dict[str, Any]]]:
    """Requests of one or more facts. `at` is relative; some facts come twice, some have a field that nobody knows."""
    asks: list[list[dict[str, Any]]] = []
    sent: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, most))):
        known = {
            "number": number,
            "kind": draw(st.sampled_from(["purchase", "purchase", "purchase", "payment", "transfer"])),
            "account": draw(st.sampled_from(["a", "a", "a", "b"])),
            "at": -draw(st.sampled_from(BACK) | st.integers(0, 30 * MINUTE)),
            "device": draw(st.sampled_from([None, "d", "e"])),
            "merchant": draw(st.sampled_from([None, "m", "n"])),
            "amount": draw(st.sampled_from([0, 1, 20_000, 50_000, 10**12])),
        }
        match draw(st.sampled_from(["new"] * 8 + ["again", "unknown"])):
            case "again" if sent:
                known = draw(st.sampled_from(sent))
            case "unknown":
                known["colour"] = "green"
        sent.append(known)
        if asks and draw(st.booleans()):
            asks[-1].append(known)
        else:
            asks.append([known])
    return asks


class Stream:
    """What was sent of a stream, and what the log says of it. Names are its own, so that one server serves many streams."""

    def __init__(self, server: Server, clients: Clients, asks: list[list[dict[str, Any]]]) -> None:
        self.name, self.base = f"s{next(_streams)}", now()
        seen = said(clients.each([one(fact(f"{self.name}-before", self.base))])[0])["id"]
        made: dict[int, dict[str, Any]] = {}
        wanted = []
        for group in asks:
            facts = [made.setdefault(known["number"], self._fact(known)) for known in group]
            wanted.append(one(facts[0]) if len(facts) == 1 else many(facts, lines=len(facts) % 2 == 0))
        self.good = {known["fact_id"] for known in made.values() if "colour" not in known}
        answers = clients.spread(wanted)
        self.items = [item for ask, answer in answers for item in _items(ask, answered(answer).said)]
        self.entries = [entry for entry in server.entries(int(seen[1:])) if entry.kind in (FACT, AGAIN)]
        self.facts = [entry for entry in self.entries if entry.kind == FACT]
        self.account = {
            name: answered(clients.each([Ask(f"/v1/accounts/{name}", b"")])[0])
            for name in {entry.watched for entry in self.facts}
        }

    def _fact(self, known: dict[str, Any]) -> dict[str, Any]:
        fields = {
            name: f"{self.name}-{value}" if name in ("device", "merchant") else value
            for name, value in known.items()
            if value is not None and name not in ("number", "account", "at")
        }
        return fact(f"{self.name}-{known['account']}", self.base + known["at"], **fields)


def _items(ask: Ask, told: dict[str, Any]) -> list[tuple[str, str | None]]:
    if "items" in told:
        return [(item["status"], item.get("id")) for item in told["items"]]
    if "id" not in told:
        return [("refused", None)]
    return [("repeated" if told["repeated"] else "recorded", told["id"])]


def as_fact(entry: Entry) -> dict[str, Any]:
    known: dict[str, Any] = msgspec.to_builtins(wire.stored(entry.body))
    return known | {"occurred_at": entry.occurred_at, "recorded_at": entry.recorded_at}


def check_each(policy: Policy, stream: Stream) -> None:
    """Every fact saw what the oracle sees over the log up to it."""
    facts = [as_fact(entry) for entry in stream.facts]
    for place, entry in enumerate(stream.facts):
        values = rules_of(entry)["seen"].values
        for measure in policy.measures:
            wanted = oracle.signal(measure, facts, place)
            assert values[measure.name] == wanted, (measure.name, entry)
        fired = set(rules_of(entry)) & set(BOUNDS)
        assert fired == {rule for rule, (signal, bound) in BOUNDS.items() if values[signal] > bound}, entry  # type: ignore[operator]


def rules_of(entry: Entry) -> dict[str, Fired]:
    return {one.rule: one for one in detailed(entry.detail)[0]}


def due(policy: Policy, facts: list[Entry], until: int, ties: bool) -> dict[int, dict[str, float]]:
    """By fact, the rules over the account alone that fire for it where all facts up to an entry came in time, with what they see.

    `ties`: it sees all facts of its instant, also those that came after it. One that is assessed again cannot be told from
    others of its instant with the same values, so what it sees lies between the two.
    """
    known = [(entry, as_fact(entry)) for entry in facts if entry.seq <= until]
    measures = {measure.name: measure for measure in policy.measures}
    result = {}
    for own, last in known:
        before = [
            seen
            for entry, seen in known
            if entry.seq != own.seq and (entry.occurred_at, 0 if ties else entry.seq) <= (own.occurred_at, own.seq)
        ]
        seen = {
            rule: oracle.signal(measures[signal], [*before, last], len(before)) for rule, (signal, _) in BOUNDS.items()
        }
        result[own.seq] = {rule: value for rule, value in seen.items() if value > BOUNDS[rule][1]}
    return result


def check_again(policy: Policy, stream: Stream) -> None:
    """Assessed again are facts for which something new fires now that a late one is known, and all of these."""
    fired: dict[int, set[str]] = {}
    for entry in stream.entries:
        if entry.kind == AGAIN:
            first = next(one for one in stream.facts if one.seq == entry.ref)
            assert (first.fact_id, first.watched, first.occurred_at) == (
                entry.fact_id,
                entry.watched,
                entry.occurred_at,
            )
            new = rules_of(entry)
            assert set(msgspec.json.decode(entry.body)) == fired[entry.ref], entry
            assert new and not set(new) & fired[entry.ref], entry
            least, most = (due(policy, stream.facts, entry.seq, ties)[entry.ref] for ties in (False, True))
            for rule in set(new) & set(BOUNDS):
                assert least.get(rule, 0) <= new[rule].values[BOUNDS[rule][0]] <= most.get(rule, 0), entry  # type: ignore[operator]
        fired.setdefault(entry.ref or entry.seq, set()).update(rules_of(entry))
    wanted = due(policy, stream.facts, stream.entries[-1].seq, ties=False) if stream.entries else {}
    for seq, rules in wanted.items():
        assert set(rules) <= fired[seq], (seq, rules, fired[seq])


def check_levels(stream: Stream) -> None:
    """An account stands where it would stand had all come in time, for its rules only ever rise."""
    for name, answer in stream.account.items():
        rules = {rule for entry in stream.entries if entry.watched == name for rule in rules_of(entry)}
        level = "orange" if "many" in rules else "yellow" if "spent" in rules else "blue"
        assert answer.said["level"] == level
        assert answer.said["last_entry"] == f"d{[entry.seq for entry in stream.entries if entry.watched == name][-1]}"


def check_answers(stream: Stream) -> None:
    recorded = [id for status, id in stream.items if status == "recorded"]
    assert sorted(recorded) == sorted(f"d{entry.seq}" for entry in stream.facts)
    assert {entry.fact_id for entry in stream.facts} == stream.good
    assert {id for status, id in stream.items if status == "repeated"} <= set(recorded)


def run(server: Server, connections: int, asks: list[list[dict[str, Any]]]) -> None:
    with server.clients(connections) as clients:
        stream = Stream(server, clients, asks)
    check_answers(stream)
    check_each(POLICY_OF, stream)
    check_again(POLICY_OF, stream)
    check_levels(stream)


def plain(*ats: int, **fields: Any) -> list[list[dict[str, Any]]]:
    made = {"kind": "purchase", "account": "a", "amount": 1, "device": None, "merchant": None}
    return [[made | {"number": number, "at": at} | fields] for number, at in enumerate(ats)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(connections=st.sampled_from([1, 1, 4]), asks=streams())
@example(connections=1, asks=plain(*[0] * 6, -1))
@example(connections=1, asks=plain(*[4 * MINUTE] * 6, MINUTE))
@example(connections=1, asks=plain(4 * MINUTE, *[0] * 6))
@example(connections=1, asks=plain(*range(0, -12, -1), amount=20_000))
def test_a_stream_is_counted_as_the_oracle_counts(
    server: Server, connections: int, asks: list[list[dict[str, Any]]]
) -> None:
    run(server, connections, asks)


@pytest.mark.long
@settings(
    max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(connections=st.sampled_from([1, 2, 8]), asks=streams(60))
def test_many_streams_are_counted_as_the_oracle_counts(
    server: Server, connections: int, asks: list[list[dict[str, Any]]]
) -> None:
    run(server, connections, asks)


def test_an_account_shows_its_signals_as_of_now(server: Server) -> None:
    at = now()
    for back in (20 * MINUTE, MINUTE, 0):
        server.decide(fact("shown", at - back, device=f"d{back}"))
    account = answered(server.ask("/v1/accounts/shown")).said
    assert account["signals"] | {"by_device": None, "by_merchant": None} == {
        "n_10m": 2, "spent_1h": 300, "devices_1h": 3, "by_device": None, "by_merchant": None
    }  # fmt: skip
    assert instant.micros(msgspec.convert(account["at"], type=__import__("datetime").datetime)) >= at

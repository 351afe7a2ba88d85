"""Facts assessed again, on trial, and states put away: each leaves the engine exactly as it was."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support import START
from tests.test_signals import check, histories, lateness, signals
from tocsin.engine import state
from tocsin.engine.assess import Engine
from tocsin.engine.coding import Coder
from tocsin.engine.memory import Room
from tocsin.engine.trial import trial
from tocsin.facts.kinds import AnyFact
from tocsin.policy.policy import Policy
from tocsin.signals import oracle
from tocsin.values import instant

LATE = lateness("2 hours")


def struct(fact: dict[str, Any]) -> AnyFact:
    at = instant.instant(fact["occurred_at"])
    known = {name: value for name, value in fact.items() if value is not None and name != "recorded_at"}
    made: AnyFact = msgspec.convert({**known, "occurred_at": at, "currency": "CNY"}, AnyFact)
    return made


class Live:
    """An engine fed fact by fact, as the service feeds it."""

    def __init__(self, policy: Policy, kernels: Path | None) -> None:
        self.engine = Engine(policy, kernels)
        self.coder = Coder(self.engine.program.inputs, kernels)

    def matrix(self, facts: list[dict[str, Any]]) -> Any:
        lines = self.coder.read([struct(fact) for fact in facts])
        return self.coder.matrix(lines, range(len(facts)), [fact["recorded_at"] for fact in facts])

    def fold(self, facts: list[dict[str, Any]]) -> dict[str, list[Any]]:
        return signals(self.engine, [self.engine.fold(self.matrix(facts))])

    def bytes(self) -> list[bytes]:
        return [bytes(part) for part in state.dumped(self.engine)]


@settings(max_examples=150, deadline=None)
@given(facts=histories(late=True), data=st.data())
def test_again_is_as_if_all_had_come_in_time(kernels: Path, facts: list[dict[str, Any]], data: st.DataObject) -> None:
    assume(len({fact["occurred_at"] for fact in facts}) == len(facts))
    live = Live(LATE, kernels)
    half = data.draw(st.integers(1, len(facts)))
    live.fold(facts[:half])
    in_time = sorted(facts[:half], key=lambda fact: fact["occurred_at"])
    latest = max(fact["occurred_at"] for fact in in_time)
    within = [i for i, fact in enumerate(in_time) if fact["occurred_at"] > latest - 2 * 3_600_000_000]
    for place in data.draw(st.lists(st.sampled_from(within), max_size=4)):
        inputs = live.matrix([in_time[place]])
        inputs[live.engine.program.again] = 0
        got = signals(live.engine, [live.engine.fold(inputs)])
        check(LATE, got, {m.name: [oracle.signal(m, in_time, place)] for m in LATE.measures})
    if half < len(facts):
        wanted = {m.name: [oracle.signal(m, facts, i) for i in range(half, len(facts))] for m in LATE.measures}
        check(LATE, live.fold(facts[half:]), wanted)


@settings(max_examples=60, deadline=None)
@given(facts=histories(late=True), tried=histories(late=True), late=st.booleans())
def test_a_trial_leaves_no_trace(
    kernels: Path, facts: list[dict[str, Any]], tried: list[dict[str, Any]], late: bool
) -> None:
    live = Live(LATE if late else lateness("0 seconds"), kernels)
    facts = facts if late else [{**fact, "occurred_at": fact["recorded_at"]} for fact in facts]
    live.fold(facts)
    before = live.bytes()
    with trial(live.engine) as on:
        moved = facts[-1]["recorded_at"] - START
        later = [{**fact, "device": f"new-{fact['device']}"} for fact in tried]
        inputs = live.matrix(
            [
                {**fact, "occurred_at": fact["occurred_at"] + moved, "recorded_at": fact["recorded_at"] + moved}
                for fact in (later if late else [{**fact, "occurred_at": fact["recorded_at"]} for fact in later])
            ]
        )
        on.keep(inputs)
        live.engine.fold(inputs)
    assert live.bytes() == before


@settings(max_examples=30, deadline=None)
@given(facts=histories(late=True), cut=st.integers(0, 40), share=st.sampled_from([0, 0.5, 2]))
def test_a_state_goes_on_where_it_was_left(kernels: Path, facts: list[dict[str, Any]], cut: int, share: float) -> None:
    """Whatever is folded after it was put away, and however much of it there was room for."""
    whole, first, second = Live(LATE, kernels), Live(LATE, kernels), Live(LATE, kernels)
    wanted = whole.fold(facts)
    first.fold(facts[:cut])
    room = Room(int(first.engine.memory() * share))
    left = [room.copied(part) for part in state.dumped(first.engine)]
    first.fold(facts[cut:] or facts[:1])
    header = state.loaded(second.engine, iter(left))
    assert "words" not in header
    if cut < len(facts):
        rest = second.fold(facts[cut:])
        assert all(x == y or (x != x and y != y) for n in rest for x, y in zip(rest[n], wanted[n][cut:], strict=True))
    assert second.bytes() == whole.bytes()


def test_a_state_of_another_policy_is_foreign(kernels: Path) -> None:
    one, other = Live(LATE, kernels), Live(lateness("1 hour"), kernels)
    with pytest.raises(state.Foreign, match="another policy"):
        state.loaded(other.engine, iter(one.bytes()))


def test_what_had_fired_does_not_warn_again(kernels: Path) -> None:
    live = Live(LATE, kernels)
    facts = [
        {
            "fact_id": f"f{i}",
            "kind": "purchase",
            "amount": 1,
            "account": "a",
            "occurred_at": START + i,
            "recorded_at": START + i,
        }
        for i in range(3)
    ]
    assert live.engine.fold(live.matrix(facts)).told.tolist() == [[0], [0], [1]]
    again = live.matrix([{**facts[2], "recorded_at": START + 10}])
    again[live.engine.program.again] = 1
    result = live.engine.fold(again)
    assert (result.told.tolist(), result.fired.tolist(), result.level.tolist()) == ([[0]], [[0]], [1])
    assert not math.isnan(result.signals[live.engine.program.columns["n_10m"], 0])

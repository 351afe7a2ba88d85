"""Facts to numbers: the kernel that reads canonical JSON, held against the facts themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import policy_of
from tocsin.engine.assess import Engine
from tocsin.engine.coding import Coder
from tocsin.engine.program import Program
from tocsin.engine.trial import trial
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, AnyFact, allowed
from tocsin.policy import tree
from tocsin.values import instant
from tocsin.values.kernel import NULL

POLICY = policy_of("""
policy: coding
version: "1"
currency: CNY
timezone: Asia/Shanghai
signals:
  a: {count: , over: 1 hour}
  b: {sum: amount, by: [account, merchant], over: 1 hour}
  c: {distinct: country, by: [customer, device, channel], over: 1 hour}
  d: {last: home_country, by: customer}
  e: {last: due_at}
  f: {last: balance}
rules:
  r:
    when: >-
      hour(occurred_at) < 5 or weekday(occurred_at) = 7 or day(due_at) = 1 or month(due_at) = 2 or merchant like '%"%'
      or mcc in ('5411', '57"1', '珠宝') or country in ('CN', 'HK') or declined = true or kind = 'login' or balance < 0
    level: blue
    say: {en: "{amount}", zh: "{amount}"}
""")
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Cc", "S")), min_size=1, max_size=8)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))])
TIMES = st.datetimes(datetime(1901, 1, 1), datetime(2098, 1, 1), timezones=ZONES)  # noqa: DTZ001 hypothesis wants it so
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "amount": st.integers(0, 10**15),
    "balance": st.integers(-(10**15), 10**15),
    "declined": st.booleans(),
    "country": st.sampled_from(["CN", "HK", "US"]),
    "home_country": st.sampled_from(["US", "DE", "CN"]),
    "due_at": TIMES,
    "occurred_at": TIMES,
    "recorded_at": TIMES,
    "currency": st.just("CNY"),
    "mcc": st.sampled_from(["5411", '57"1', "珠宝", "1"]),
}
NEEDED = {"statement_balance": 1, "minimum_due": 1, "amount": 5, "currency": "CNY", "changed": "x", "channel": "c"}


@st.composite
def facts(draw: st.DrawFn) -> AnyFact:
    kind = draw(st.sampled_from(["purchase", "payment", "statement", "login", "information_update", "profile_change"]))
    known: dict[str, Any] = {name: value for name, value in NEEDED.items() if name in allowed(kind)}
    for name in ("account", "customer", "merchant", "device", "channel", *VALUES):
        if name in allowed(kind) and (name in ("occurred_at", "account") or draw(st.booleans())):
            known[name] = draw(VALUES.get(name, WORDS))
    made: AnyFact = KINDS[kind](fact_id="f", **known)  # type: ignore[assignment]
    return made


def expected(slot: Any, fact: AnyFact, known_at: int, coder: Coder) -> object:
    """What a slot must hold, texts and combinations as themselves."""
    inputs = coder.inputs
    if isinstance(slot, tuple):
        key = tuple(getattr(fact, name, None) for name in slot)
        return -1 if None in key else key
    value = type(fact).__struct_config__.tag if slot.name == "kind" else getattr(fact, slot.name, None)
    if slot.name == "recorded_at":
        value = instant.instant(known_at)
    if value is None:
        return NULL
    if slot.aspect == "in":
        return int(value in slot.argument)
    if slot.aspect == "like":
        return int('"' in value)
    if slot.aspect:
        local = value.astimezone(instant.zone(inputs.timezone))
        return {"hour": local.hour, "weekday": local.isoweekday(), "day": local.day, "month": local.month}[slot.aspect]
    return instant.micros(value) if isinstance(value, datetime) else value


def held(slot: Any, code: int, coder: Coder) -> object:
    """A number of a slot, as what it stands for."""
    inputs = coder.inputs
    if code < 0 and code in (NULL, -1) and (isinstance(slot, tuple) or code == NULL):
        return code
    if isinstance(slot, tuple):
        codes = list(inputs.pairs[slot].codes)[code]
        return tuple(inputs.dictionary(name).words[one] for name, one in zip(slot, codes, strict=True))
    text = not slot.aspect and FIELDS[slot.name].type == "text"
    return inputs.dictionary(slot.name).words[code] if text else code


@settings(max_examples=120, deadline=None)
@given(some=st.lists(facts(), min_size=1, max_size=12), data=st.data())
def test_every_slot_holds_what_the_fact_says(kernels: Path, some: list[AnyFact], data: st.DataObject) -> None:
    made = POLICY()
    coders = [Coder(Program(made, None).inputs, folder) for folder in (kernels, kernels, None)]
    times = list(range(10**15, 10**15 + len(some)))
    cut = data.draw(st.integers(0, len(some)))
    whole = coders[0].matrix(coders[0].lines(some), range(len(some)), times)
    for row, slot in enumerate(coders[0].inputs.slots):
        for place, fact in enumerate(some):
            if isinstance(slot, tree.Field) and slot.name.startswith("again"):
                assert whole[row, place] == NULL
            else:
                assert held(slot, int(whole[row, place]), coders[0]) == expected(slot, fact, times[place], coders[0])
    parts = [coders[1].matrix(coders[1].read(one), range(len(one)), at) for one, at in ((some[:cut], times[:cut]), (some[cut:], times[cut:]))]  # fmt: skip
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    # the parts were coded one by one, the whole by the kernel
    plain = coders[2].matrix(coders[2].lines(some), range(len(some)), times)
    assert np.array_equal(plain, whole)


@settings(max_examples=60, deadline=None)
@given(
    first=st.lists(facts(), max_size=6),
    tried=st.lists(facts(), min_size=1, max_size=6),
    then=st.lists(facts(), min_size=1, max_size=6),
)
def test_words_of_a_trial_are_forgotten(
    kernels: Path, first: list[AnyFact], tried: list[AnyFact], then: list[AnyFact]
) -> None:
    made = POLICY()
    found = []
    for on_trial in (True, False):
        engine = Engine(made, None)
        coder = Coder(engine.program.inputs, kernels)
        coder.matrix(coder.read(first), range(len(first)), [0] * len(first))
        if on_trial:
            with trial(engine):
                coder.matrix(coder.lines(tried), range(len(tried)), [0] * len(tried))
        found.append(coder.matrix((coder.lines if on_trial else coder.read)(then), range(len(then)), [0] * len(then)))
    assert np.array_equal(*found)


def test_facts_that_are_left_out_leave_no_words(kernels: Path) -> None:
    coder = Coder(Program(POLICY(), None).inputs, kernels)
    made = KINDS["purchase"]
    some: Any = [
        made(fact_id="f", account=name, amount=1, currency="CNY", occurred_at=instant.instant(0))  # type: ignore[call-arg]
        for name in ("a", "b", "c")
    ]
    coder.matrix(coder.lines(some), [0, 2], [0, 0])
    assert coder.inputs.dictionary("account").words == ["a", "c"]


@pytest.mark.parametrize("count", [3_000])
def test_a_table_that_grows(kernels: Path, count: int) -> None:
    coder = Coder(Program(POLICY(), None).inputs, kernels)
    made = KINDS["purchase"]
    some: Any = [
        made(
            fact_id="f", account=f"a{n}", merchant=f"m{n % 7}", amount=1, currency="CNY", occurred_at=instant.instant(0)
        )  # type: ignore[call-arg]
        for n in range(count)
    ]
    slot = coder.inputs.slots.index(("account", "merchant"))
    for _ in range(2):
        inputs = coder.matrix(coder.read(some), range(count), [0] * count)
        assert inputs[
            coder.inputs.slots.index(
                next(s for s in coder.inputs.slots if isinstance(s, tree.Field) and s.name == "account")
            )
        ].tolist() == list(range(count))
        assert inputs[slot].tolist() == list(range(count))

"""The policies that ship: they check, their sentences hold, every rule has one, and a bank can bear them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tocsin.desk import policies, queries
from tocsin.engine.assess import Engine
from tocsin.facts.schema import SCHEMA
from tocsin.policy import words
from tocsin.replay import sentences
from tocsin.replay.bank import Bank, simulate
from tocsin.values import document

FOLDER = Path(__file__).parent.parent / "policies"
TESTS = sorted(FOLDER.glob("*.test.yaml"))
POLICIES = sorted(set(FOLDER.glob("*.yaml")) - set(TESTS))
CARD = FOLDER / "card.yaml"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def cases_of(path: Path) -> list[sentences.Case]:
    policy = policies.policy(path.with_suffix("").with_suffix(".yaml"))
    return sentences.read(path.read_text(encoding="utf-8"), str(path), policy)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_a_policy_checks_and_speaks_both_languages(path: Path) -> None:
    policy = policies.policy(path)
    for rule in policy.rules:
        english, chinese = (rule.say[language] for language in ("en", "zh"))
        assert not CHINESE.search(english) and CHINESE.search(chinese), rule.name
        shown = [{name for _, name, _ in words.placeholders(text)} for text in (english, chinese)]
        assert shown[0], f"{rule.name} shows nothing it observed"
        assert shown[0] == shown[1], rule.name
    for level in policy.levels:
        assert CHINESE.search(level.title["zh"])


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_the_sentences_of_a_policy_hold(path: Path) -> None:
    failures = [str(problem) for verdict in queries.policy_tests(path=path) for problem in verdict.failures]
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_every_rule_has_a_case_and_every_case_says_exactly_why(path: Path) -> None:
    cases = cases_of(path)
    silent = [case.name for case in cases if not any(e.because is not None for e in case.expectations)]
    assert not silent, f"these do not say because of what: {silent}"
    asked = {rule for case in cases for e in case.expectations for rule in e.because or ()}
    policy = policies.policy(path.with_suffix("").with_suffix(".yaml"))
    assert {rule.name for rule in policy.rules} == asked
    assert any(e.because == frozenset() for case in cases for e in case.expectations), "no case where nothing warns"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_a_missing_and_an_added_reason_are_both_told(path: Path) -> None:
    policy = policies.policy(path.with_suffix("").with_suffix(".yaml"))
    case = next(case for case in cases_of(path) if any(e.because for e in case.expectations))
    because = next(e.because for e in case.expectations if e.because)
    other = next(rule.name for rule in policy.rules if rule.name not in because)
    for wrong in (frozenset[str](), because | {other}):
        twisted = replace(case, expectations=tuple(replace(e, because=wrong) for e in case.expectations))
        assert sentences.run(policy, [twisted])[0].failures


def test_every_signal_of_the_card_policy_has_a_title() -> None:
    policy = policies.policy(CARD)
    for measure in policy.measures:
        assert CHINESE.search(measure.title["zh"]), measure.name
        assert measure.title["en"] != measure.name.replace("_", " "), measure.name


def test_every_signal_of_a_policy_is_read() -> None:
    source = document.read(CARD.read_text(encoding="utf-8"), str(CARD)).data
    texts = [text for text in source["signals"].values() if isinstance(text, str)]
    for rule in source["rules"].values():
        texts += [rule["when"], rule.get("holds_while", ""), rule["say"]["en"]]
    read = set(re.findall(r"[a-z][a-z0-9_]*", " ".join(texts)))
    assert not set(source["signals"]) - read


def test_a_bank_can_bear_the_card_policy(kernels: Path) -> None:
    """On the simulated bank: who is warned in a day at orange or above, and how often red is right."""
    facts = pa.Table.from_batches(simulate(Bank(seed=11, accounts=600, days=120)), SCHEMA).combine_chunks()
    engine = Engine(policies.policy(CARD), kernels)
    assessed = engine.assess(facts.to_batches()[0])
    day = facts.column("occurred_at").cast(pa.int64()).to_numpy() // 86_400_000_000
    key = assessed.inputs[engine.program.watch_slot]
    ranks = np.array([rule.level for rule in engine.policy.rules])
    told = np.stack([assessed.told[:, r // 62] >> (r % 62) & 1 for r in range(len(ranks))], axis=1).astype(bool)
    warned = told[:, ranks >= 3].any(axis=1)
    active = len(np.unique(np.stack([day, key]), axis=1).T)
    share = len(np.unique(np.stack([day[warned], key[warned]]), axis=1).T) / active
    assert 0.0005 < share < 0.015
    labels = facts.column("confirmed_fraud")
    labelled, bad = labels.is_valid().to_numpy(), labels.fill_null(False).to_numpy()
    red = (assessed.top == 4) & labelled
    assert red.sum() > 50
    assert bad[red].mean() > 0.9
    assert (assessed.top[bad] >= 2).mean() > 0.6

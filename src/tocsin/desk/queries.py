"""Queries: what only reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tocsin.credit.collection import telling
from tocsin.credit.collection.features import FEATURES
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.incentive.occasion import FEATURES as OCCASION
from tocsin.credit.incentive.telling import lines as incentive_lines
from tocsin.credit.restriction import telling as restrained
from tocsin.credit.restriction.terms import Release, Restraints
from tocsin.desk import policies
from tocsin.desk.houses import Lender, house_of
from tocsin.engine.catalogue import FACTS
from tocsin.engine.program import Program
from tocsin.facts.dealings import DEALINGS, given, needed
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, allowed, required
from tocsin.facts.meanings import meaning
from tocsin.policy import document, explain
from tocsin.policy.policy import Policy
from tocsin.replay import sentences
from tocsin.replay.sentences import Verdict
from tocsin.values.problem import Problem, Refused


def policy(*, path: Path) -> Policy:
    """A checked policy. Refused with every mistake."""
    return policies.policy(path)


def strategy(*, policy: Policy) -> Strategy | None:
    """How its collections are done; None where it says nothing of them."""
    return policies.strategy(policy)


def restraints(*, policy: Policy) -> Restraints | None:
    """What its accounts may not do for a time; None where it says nothing of that."""
    return policies.restraints(policy)


def policy_schema() -> dict[str, Any]:
    """JSON Schema of policy documents, for editors."""
    return document.json_schema(policies.SHAPES)


def policy_words(*, path: Path, language: str) -> list[str]:
    """A policy in words, with its collections, restrictions and incentives."""
    checked = policies.policy(path)
    said = explain.lines(checked, language)
    strategy, release = policies.strategy(checked), checked.sections.get("release")
    if strategy is not None:
        said += ["", *telling.lines(strategy, checked.currency, language)]
    if isinstance(release, Release):
        said += ["", *restrained.lines(policies.restraints(checked), release, checked.currency, language)]
    terms = policies.incentives_of(checked)
    if terms is not None:
        said += ["", *incentive_lines(terms, checked.currency, language)]
    return said


def policy_source(*, path: Path) -> str:
    """The kernel that is generated from a policy."""
    return Program(policies.policy(path), None).source


def policy_tests(*, path: Path) -> list[Verdict]:
    """Run the sentences of a test document, or of the `.test.yaml` beside a policy."""
    if not path.name.endswith(".test.yaml"):
        beside = path.with_suffix("").with_suffix(".test.yaml")
        if not beside.exists():
            raise Refused(Problem("there are no tests beside this policy", str(path), f"write {beside.name}"))
        path = beside
    text = policies.text_of(path)
    named = sentences.policy_of(text, str(path))
    if named is None:
        raise Refused(Problem("it does not say which policy it tests", f"{path}:1:1", "begin with 'policy: card.yaml'"))
    checked = policies.policy(path.parent / named)
    return sentences.run(checked, sentences.read(text, str(path), checked), house_of(checked, Lender()))


def kinds(*, language: str) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """(kind, what it is, [(field, meaning, needed)]) of every kind of fact, dealings last."""
    place = ("en", "zh").index(language)
    facts = [
        (
            kind,
            (KINDS[kind].__doc__ or "").split("\n")[0],
            [(name, getattr(FIELDS[name], language), name in required(kind)) for name in allowed(kind)],
        )
        for kind in KINDS
    ]
    return facts + [
        (
            kind,
            (DEALINGS[kind].__doc__ or "").split("\n")[0],
            [(name, meaning(kind, name)[place], name in needed(kind)) for name in given(kind)],
        )
        for kind in DEALINGS
    ]


def names() -> list[tuple[str, str, str, str]]:
    """(name, type, English, Chinese) of every field an expression may read."""
    return [(name, str(FACTS[name].type), field.en, field.zh) for name, field in FIELDS.items()]


def features() -> list[tuple[str, str, str, str]]:
    """(name, type, English, Chinese) of every feature a condition of collections may read."""
    return [(name, str(one.type), one.en, one.zh) for name, one in FEATURES.items()]


def occasion_features() -> list[tuple[str, str, str, str]]:
    """The same of what a condition of incentives may read beside them."""
    return [(name, str(one.type), one.en, one.zh) for name, one in OCCASION.items()]

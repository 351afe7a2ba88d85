"""Policy tests as sentences: given these facts, expect this level and these reasons.

    policy: card.yaml
    cases:
      - case: Transfers in a burst
        given:
          - 2026-03-02 10:00 transfer 2000.00, counterparty p1
          - +2 minutes transfer 2000.00, counterparty p2, 4 times every 1 minute
        expect: {level: orange, because: [transfer_burst]}

A line says when (a local time of the policy's zone, or a duration after the line before), the kind,
the amount if it has one, and further fields; amounts are in major units. `because` is the exact set
of rules that have warned so far. `expect` may be a list, with `after` for quiet time to pass.

Of a policy that restricts, `holds` is the exact set of restrictions in force on a1, and `days` how long some of them
are assessed to last: `{level: orange, holds: [transfer_hold], days: {transfer_hold: 4}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from tocsin.credit.collection.house import House
from tocsin.credit.restriction.record import Assessed
from tocsin.credit.restriction.terms import Restraints
from tocsin.engine.assess import Engine
from tocsin.engine.warnings import Warner, bits_of
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, AnyFact, allowed, required
from tocsin.policy.policy import Policy
from tocsin.replay.restrained import Restrained
from tocsin.values import document, duration, instant, money
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

_LINE = re.compile(
    r"(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?|\+ ?\d+ [a-z]+) (?P<kind>[a-z_]+)(?: (?P<amount>\d[\d.]*))?(?P<rest>(?:, .*)?)"
)
_REPEAT = re.compile(r"(\d+) times every (\d+ [a-z]+)")


@dataclass(frozen=True)
class Expectation:
    """`after`: quiet time in microseconds since the last fact; None leaves level or reasons open."""

    after: int
    level: str | None
    asks_level: bool
    because: frozenset[str] | None
    place: str
    holds: frozenset[str] | None = None
    days: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    name: str
    facts: tuple[dict[str, Any], ...]
    expectations: tuple[Expectation, ...]


@dataclass
class Verdict:
    """How a case went; `failures` are sentences, empty where it held."""

    name: str
    failures: list[Problem] = field(default_factory=list)


def policy_of(text: str, file: str) -> str | None:
    """The policy file that a test document names."""
    name = document.read(text, file).data.get("policy")
    return name if isinstance(name, str) else None


def read(text: str, file: str, policy: Policy) -> list[Case]:
    """The cases of a test document. Refused with every mistake."""
    source = document.read(text, file)
    problems: list[Problem] = []
    cases = []
    listed = source.data.get("cases")
    if not isinstance(listed, list) or not listed:
        raise Refused(Problem("there are no cases", str(source.place(("cases",))), "write 'cases:' and a list of them"))
    for number, given in enumerate(listed):
        path: document.Path = ("cases", number)
        if not isinstance(given, dict) or {"case", "given", "expect"} != set(given):
            problems.append(
                Problem("a case has 'case', 'given' and 'expect'", str(source.place(path)), "write these three")
            )
            continue
        facts = _facts(source, (*path, "given"), given["given"], policy, problems)
        expect = given["expect"] if isinstance(given["expect"], list) else [given["expect"]]
        expectations = [_expectation(source, (*path, "expect"), item, policy, problems) for item in expect]
        cases.append(Case(str(given["case"]), tuple(facts), tuple(e for e in expectations if e is not None)))
    if problems:
        raise Refused(*problems)
    return cases


def run(policy: Policy, cases: Iterable[Case], house: House | None = None) -> list[Verdict]:
    """Every case through the engine, each with an empty state; with a house, restrictions too."""
    return [_case(policy, case, house) for case in cases]


def _case(policy: Policy, case: Case, house: House | None) -> Verdict:
    engine = Engine(policy)
    warner = Warner(engine)
    told: dict[str, str] = {}
    watches = any(one.holds is not None or one.days for one in case.expectations)
    restrained = Restrained(policy, house) if house is not None and watches else None
    level_of = 0
    for fact in case.facts:
        assessed = engine.assess_one(fact)
        rows = warner.warnings(assessed, pa.array([fact["fact_id"]])).to_pylist()
        told.update({row["rule"]: row["say_en"] for row in rows})
        if restrained is not None:
            bits = bits_of(assessed.fired, len(policy.rules))[0]
            fired = [rule.name for rule, hit in zip(policy.rules, bits.tolist(), strict=True) if hit]
            reached = int(assessed.level[0])
            restrained.happens(msgspec.convert(fact, AnyFact), fired, level_of, reached)
            level_of = reached
    verdict = Verdict(case.name)
    names = [None, *(level.name for level in policy.levels)]
    for expected in case.expectations:
        until = instant.micros(case.facts[-1]["recorded_at"]) + expected.after
        engine.settle(until)
        level = names[int(engine.watched.array[0, 0])]
        if expected.asks_level and level != expected.level:
            later = f" after {duration.written(expected.after)}" if expected.after else ""
            what = f"expected level {expected.level or 'none'}{later}, got {level or 'none'}"
            verdict.failures.append(Problem(what, expected.place, "because " + (", ".join(told) or "no rule warned")))
        if expected.because is not None and expected.because != set(told):
            missing, extra = sorted(expected.because - set(told)), sorted(set(told) - expected.because)
            what = "; ".join(part for part in (_list("did not warn", missing), _list("warned too", extra)) if part)
            verdict.failures.append(Problem(what, expected.place, "correct the policy or the expectation"))
        if restrained is not None:
            restrained.look(until)
            verdict.failures += _restrictions(restrained, expected)
    return verdict


def _restrictions(restrained: Restrained, expected: Expectation) -> Iterator[Problem]:
    standing = restrained.standing
    if expected.holds is not None and expected.holds != set(standing):
        missing, extra = sorted(expected.holds - set(standing)), sorted(set(standing) - expected.holds)
        what = "; ".join(part for part in (_list("not in force", missing), _list("in force too", extra)) if part)
        yield Problem(what, expected.place, "correct the policy or the expectation")
    for hold, days in expected.days.items():
        told = standing[hold].told if hold in standing else None
        if told is None or told.days != days:
            got = f"{told.days}" if told else "none"
            yield Problem(f"expected {hold} to last {days} days, got {got}", expected.place, _why(told))


def _why(told: Assessed | None) -> str:
    if told is None:
        return "it is not in force"
    return "because " + ", ".join(f"{one['factor']} {one['days']:+d}" for one in msgspec.json.decode(told.factors))


def _list(what: str, names: list[str]) -> str:
    return f"{', '.join(names)} {what}" if names else ""


def _facts(
    source: document.Source, path: document.Path, lines: Any, policy: Policy, problems: list[Problem]
) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    now: int | None = None
    if not isinstance(lines, list) or not lines:
        problems.append(Problem("'given' is a list of facts", str(source.place(path)), "write one fact on each line"))
        return facts
    for number, line in enumerate(lines):
        place = str(source.place((*path, number)))
        match = _LINE.fullmatch(str(line))
        if match is None:
            problems.append(
                Problem(
                    f"{shown(str(line))} is not a fact",
                    place,
                    "write it as '2026-03-02 10:00 purchase 58.00, country CN'",
                )
            )
            continue
        try:
            now = _when(match["when"], now, policy.timezone)
            fact, times, every = _fields(match, policy)
        except ValueError as error:
            problems.append(Problem(str(error), place))
            continue
        for turn in range(times):
            if turn:
                now += every
            at = instant.instant(now)
            facts.append({"fact_id": f"f{len(facts) + 1}", **fact, "occurred_at": at, "recorded_at": at})
    return facts


def _when(text: str, now: int | None, zone: str) -> int:
    if text.startswith("+"):
        if now is None:
            raise ValueError("the first fact needs a time, as '2026-03-02 10:00'")
        return now + duration.parse(text[1:])
    return instant.micros(datetime.fromisoformat(text).replace(tzinfo=instant.zone(zone)))


def _fields(match: re.Match[str], policy: Policy) -> tuple[dict[str, Any], int, int]:
    kind, times, every = match["kind"], 1, 0
    if kind not in KINDS:
        raise ValueError(_with(f"unknown kind '{kind}'", did_you_mean(kind, KINDS)))
    fact: dict[str, Any] = {"kind": kind, "account": "a1", "customer": "c1", "currency": policy.currency}
    if match["amount"]:
        fact["amount"] = money.minor(match["amount"], policy.currency)
    for part in filter(None, match["rest"].split(", ")):
        if repeat := _REPEAT.fullmatch(part):
            times, every = int(repeat[1]), duration.parse(repeat[2])
            continue
        name, _, word = part.partition(" ")
        if name not in allowed(kind) or not word:
            raise ValueError(_with(f"a {kind} has no '{name}'", did_you_mean(name, allowed(kind))))
        fact[name] = _value(name, word, policy)
    missing = [name for name in required(kind) if name not in fact and name not in ("fact_id", "occurred_at")]
    if missing:
        raise ValueError(f"a {kind} needs {missing[0]}; give {FIELDS[missing[0]].en}")
    return {name: value for name, value in fact.items() if name in allowed(kind)}, times, every


def _with(what: str, remedy: str) -> str:
    return f"{what}; {remedy}" if remedy else what


def _value(name: str, word: str, policy: Policy) -> Any:
    match FIELDS[name].type:
        case "money":
            return money.minor(word, policy.currency)
        case "whole":
            return int(word)
        case "flag":
            if word not in ("true", "false"):
                raise ValueError(f"{name} is true or false, not '{word}'")
            return word == "true"
        case "instant":
            return datetime.fromisoformat(word).replace(tzinfo=instant.zone(policy.timezone))
    return word


def _expectation(
    source: document.Source, path: document.Path, given: Any, policy: Policy, problems: list[Problem]
) -> Expectation | None:
    place = str(source.place(path))
    if (
        not isinstance(given, dict)
        or not set(given) <= {"level", "because", "after", "holds", "days"}
        or not {"level", "because", "holds", "days"} & set(given)
    ):
        problems.append(
            Problem(
                "an expectation has 'level', 'because', 'holds', 'days' and, where time passes, 'after'",
                place,
                "write at least one of the first four",
            )
        )
        return None
    level, because = given.get("level"), given.get("because")
    levels = [known.name for known in policy.levels]
    if level not in (None, "none", *levels):
        problems.append(Problem(f"unknown level '{level}'", place, did_you_mean(str(level), [*levels, "none"])))
    names = [rule.name for rule in policy.rules]
    for name in because if isinstance(because, list) else []:
        if name not in names:
            problems.append(Problem(f"unknown rule '{name}'", place, did_you_mean(str(name), names)))
    known = policy.sections.get("restrictions")
    holds = known.holds if isinstance(known, Restraints) else {}
    wants = [*(given.get("holds") or []), *(given.get("days") or {})]
    for name in wants:
        if name not in holds:
            problems.append(Problem(f"unknown hold '{name}'", place, did_you_mean(str(name), holds)))
    try:
        after = duration.parse(str(given["after"])) if "after" in given else 0
    except ValueError as error:
        problems.append(Problem(str(error), place))
        return None
    wanted = None if level in (None, "none") else str(level)
    return Expectation(
        after,
        wanted,
        "level" in given,
        frozenset(because) if isinstance(because, list) else None,
        place,
        frozenset(given["holds"]) if isinstance(given.get("holds"), list) else None,
        given.get("days") or {},
    )

"""Check a policy before anything runs: every mistake at once, each with its place and remedy."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tocsin.policy import document, tree
from tocsin.policy.policy import Derived, Level, Measure, Policy, Rule, Text
from tocsin.policy.reading import Reader, by_place
from tocsin.policy.types import DURATION, ERROR, NUMBER, WHOLE, Catalogue, Entry, Type
from tocsin.values import instant, money
from tocsin.values.document import Path, Source, extended
from tocsin.values.problem import Refused, did_you_mean, shown

DEFAULT_LEVELS: dict[str, Any] = {
    "blue": {"title": {"en": "Blue", "zh": "蓝色"}, "cool_off": "3 days", "colour": "#2f6fd0"},
    "yellow": {"title": {"en": "Yellow", "zh": "黄色"}, "cool_off": "7 days", "colour": "#d8a200"},
    "orange": {
        "title": {"en": "Orange", "zh": "橙色"},
        "cool_off": "14 days",
        "colour": "#e0701a",
        "decision": "review",
    },
    "red": {"title": {"en": "Red", "zh": "红色"}, "cool_off": "30 days", "colour": "#c62828", "decision": "block"},
}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
MOST_RULES = 496
MOST_SIGNALS = 1000


@dataclass(frozen=True, slots=True)
class Setting:
    """What a section is read in: the policy's currency and time zone, its rules and levels (the lowest first) by name,
    and the sections before it."""

    currency: str
    timezone: str
    rules: Collection[str] = ()
    levels: Sequence[str] = ()
    sections: Mapping[str, object] = field(default_factory=dict)


Section = Callable[[Source, Setting], object]
"""A section with its places to what is made of it. Refused with every mistake."""
NO_SECTIONS: Mapping[str, Section] = {}
_LEAST: dict[str, Any] = {"policy": "unnamed", "version": "0", "currency": "USD"}


def check(
    text: str,
    file: str,
    facts: Catalogue,
    fetch: Callable[[str], str],
    words: Mapping[str, Iterable[str]] | None = None,
    sections: Mapping[str, Section] = NO_SECTIONS,
) -> Policy:
    """A policy text to a checked policy.

    `facts` are the fields an expression may read, `words` the closed vocabularies by domain (the
    kinds), `fetch` reads the file named by `extends`, `sections` read the further sections that other
    rooms work from. Refused with all mistakes found.
    """
    source = extended(text, file, fetch)
    checker = _Checker(source, facts, words or {})
    given = {key: part for key, part in source.data.items() if key not in sections}
    parsed = checker.parsed(given, document.PolicyDocument, _LEAST, sections)
    policy = checker.policy(parsed, sections)
    if checker.problems:
        raise Refused(*sorted(checker.problems, key=by_place))
    return policy


class _Checker(Reader):
    def __init__(self, source: Source, facts: Catalogue, words: Mapping[str, Iterable[str]]) -> None:
        super().__init__(source, words)
        self.facts = facts

    # -- meaning -------------------------------------------------------------------------------

    def policy(self, parsed: document.PolicyDocument, sections: Mapping[str, Section]) -> Policy:
        self.currency = parsed.currency
        if parsed.currency not in money.currencies():
            self.wrong(
                ("currency",),
                f"'{parsed.currency}' is not a currency in use",
                did_you_mean(parsed.currency, money.currencies()),
            )
            self.currency = "USD"
        try:
            instant.zone(parsed.timezone)
            zone = parsed.timezone
        except ValueError as error:
            self.wrong(("timezone",), str(error), "write one as 'Asia/Shanghai'")
            zone = "UTC"
        self.key(("watch",), parsed.watch)
        if not self.source.data.get("rules") and not self.source.data.get("signals"):
            self.wrong((), "a policy needs signals or rules", "add 'signals:' and 'rules:'")
        if len(parsed.rules) > MOST_RULES or len(parsed.signals) > MOST_SIGNALS:
            self.wrong((), f"at most {MOST_RULES} rules and {MOST_SIGNALS} signals fit one policy", "split it")
        measures = [
            measure
            for name, spec in parsed.signals.items()
            if isinstance(spec, document.SignalDocument) and (measure := self.measure(name, spec)) is not None
        ]
        derived = self.derived(
            {name: spec for name, spec in parsed.signals.items() if isinstance(spec, str)},
            measures,
            list(parsed.signals),
        )
        levels = self.levels(parsed.levels)
        catalogue: dict[str, Entry] = {**self.facts}
        catalogue.update({m.name: Entry(m.type, "signal") for m in measures})
        catalogue.update({d.name: Entry(d.type, "signal") for d in derived})
        for name in parsed.signals:
            catalogue.setdefault(name, Entry(ERROR, "signal"))
        rules = [self.rule(name, rule, catalogue, levels) for name, rule in parsed.rules.items()]
        parts: dict[str, object] = {}
        setting = Setting(self.currency, zone, list(parsed.rules), [one.name for one in levels], parts)
        for name, read in sections.items():
            if name in self.source.data:
                parts[name] = self.section(name, read, setting)
        content = json.dumps(self.source.data, sort_keys=True, ensure_ascii=False, default=str)
        return Policy(
            name=parsed.policy,
            version=parsed.version,
            digest=hashlib.sha256(content.encode()).hexdigest(),
            title=_texts(parsed.title, parsed.policy),
            currency=self.currency,
            timezone=parsed.timezone,
            lateness=self.duration(("lateness",), parsed.lateness) or 0,
            watch=parsed.watch,
            measures=tuple(measures),
            derived=tuple(derived),
            levels=tuple(levels),
            rules=tuple(rule for rule in rules if rule is not None),
            catalogue=catalogue,
            sections=parts,
        )

    def section(self, name: str, read: Section, setting: Setting) -> object:
        if not isinstance(self.source.data[name], dict):
            self.wrong((name,), f"'{name}' is not a section of names and values", "write 'name: value' below it")
            return None
        try:
            return read(self.source.part(name), setting)
        except Refused as refused:
            self.problems.extend(refused.problems)
            return None

    def measure(self, name: str, spec: document.SignalDocument) -> Measure | None:
        path: Path = ("signals", name)
        if name in self.facts:
            self.wrong((*path, "\0key"), f"'{name}' is a field of facts already", "give the signal another name")
        chosen = [f for f in document.FUNCTIONS if f in spec.model_fields_set]
        if len(chosen) != 1:
            what = f"'{name}' measures nothing" if not chosen else f"'{name}' measures {' and '.join(chosen)} at once"
            self.wrong(path, what, "give it exactly one of " + ", ".join(document.FUNCTIONS))
            return None
        function = chosen[0]
        over = self.duration((*path, "over"), spec.over)
        delay = self.duration((*path, "delay"), spec.delay) or 0
        if spec.over is not None and over == 0:
            self.wrong(
                (*path, "over"),
                f"'{name}' looks over a window of zero",
                "give a length, as '24 hours', or leave 'over' out for all history",
            )
        where = self.read((*path, "where"), spec.where, self.facts, True) if spec.where is not None else None
        given = getattr(spec, function)
        value = None
        if function not in ("count", "elapsed"):
            if given is None:
                self.wrong((*path, function), f"{function} needs a value", f"write '{function}: amount'")
                return None
            value = self.read((*path, function), given, self.facts, False)
            if not self.fits(function, value.type):
                remedy = (
                    "measure an amount, a count, a flag or a time; divide the signals afterwards"
                    if function != "distinct"
                    else "count the different values of a text field"
                )
                self.wrong((*path, function), f"{function} cannot measure {value.type}", remedy)
        if function == "elapsed" and delay:
            self.wrong((*path, "delay"), f"'{name}' is elapsed time with a delay", "leave the delay out")
        if function == "distinct" and over is None:
            self.wrong(path, f"'{name}' counts different values without a window", "add 'over: 90 days'")
        by = tuple(spec.by) if isinstance(spec.by, list) else (spec.by,) if spec.by else ("account",)
        for index, key in enumerate(by):
            self.key((*path, "by", index) if isinstance(spec.by, list) else (*path, "by"), key)
        if len(set(by)) != len(by) or not 1 <= len(by) <= 4:
            self.wrong((*path, "by"), "'by' takes one to four different fields")
        outcomes = [
            f.name for e in (value, where) if e is not None for f in tree.fields(e) if self.facts[f.name].outcome
        ]
        if outcomes and delay == 0:
            self.wrong(
                path,
                f"'{outcomes[0]}' is known only later, so '{name}' would see the future",
                "add a delay, as 'delay: 7 days'",
            )
        return Measure(
            name=name,
            function=function,
            value=value,
            where=where,
            by=by,
            over=over,
            delay=delay,
            empty=self.number((*path, "empty"), spec.empty, value.type if value is not None else WHOLE),
            type=_measured(function, value.type if value is not None else WHOLE),
            title=_texts(spec.title, name),
            value_text=given or "",
            where_text=" ".join((spec.where or "").split()),
        )

    def fits(self, function: str, kind: Type) -> bool:
        if kind == ERROR:
            return True
        if function == "distinct":
            return kind.base == "text"
        if function in ("first", "last"):
            return kind.base == "text" or kind.exact
        if function in ("sum", "mean", "std"):
            return kind.exact and kind.base != "instant"
        return kind.exact and kind.base != "flag"

    def derived(self, texts: dict[str, str], measures: list[Measure], names: list[str]) -> list[Derived]:
        """Derived signals in an order in which each stands after those it reads."""
        catalogue: dict[str, Entry] = {**self.facts, **{m.name: Entry(m.type, "signal") for m in measures}}
        for name in names:
            catalogue.setdefault(name, Entry(ERROR, "signal"))
        waiting, done, progress = dict(texts), list[Derived](), True
        for name in texts:
            if name in self.facts:
                self.wrong(
                    ("signals", name, "\0key"), f"'{name}' is a field of facts already", "give the signal another name"
                )
        reads = {name: {other for other in texts if re.search(rf"\b{other}\b", text)} for name, text in texts.items()}
        while waiting and progress:
            progress = False
            for name, text in list(waiting.items()):
                if reads[name] & set(waiting):
                    continue
                value = self.read(("signals", name), text, catalogue, False)
                if any(self.facts[f.name].outcome for f in tree.fields(value)):
                    self.wrong(("signals", name), f"'{name}' reads what is known only later", "measure it with a delay")
                done.append(Derived(name, value, value.type, " ".join(text.split())))
                catalogue[name] = Entry(value.type, "signal")
                del waiting[name]
                progress = True
        if waiting:
            ring = _ring(reads, waiting)
            self.wrong(
                ("signals", ring[0], "\0key"),
                "signals go in a circle: " + " → ".join(ring),
                "let one of them read facts only",
            )
        return done

    def levels(self, given: dict[str, document.LevelDocument] | None) -> list[Level]:
        defaults = {name: document.LevelDocument.model_validate(spec) for name, spec in DEFAULT_LEVELS.items()}
        specs = given or defaults
        if len(specs) > 16:
            self.wrong(("levels",), "at most 16 levels make sense")
        result = []
        for rank, (name, spec) in enumerate(specs.items(), start=1):
            default = defaults.get(name)
            colour = spec.colour or (default.colour if default else None) or _grey(rank, len(specs))
            cool_off = self.duration(("levels", name, "cool_off"), spec.cool_off) or 0
            title = spec.title or (default.title if default else None)
            decision = spec.decision or (default.decision if default else None) or "approve"
            result.append(Level(name, rank, _texts(title, name), cool_off, colour, document.DECISIONS.index(decision)))
        return result

    def rule(self, name: str, spec: document.RuleDocument, catalogue: Catalogue, levels: list[Level]) -> Rule | None:
        path: Path = ("rules", name)
        when = self.read((*path, "when"), spec.when, catalogue, True)
        holds = (
            self.read((*path, "holds_while"), spec.holds_while, catalogue, True)
            if spec.holds_while is not None
            else None
        )
        for key, part in (("when", when), ("holds_while", holds)):
            if part is not None and any(self.facts[f.name].outcome for f in tree.fields(part)):
                self.wrong(
                    (*path, key), f"'{name}' reads what is known only later", "measure it by a signal with a delay"
                )
        level = next((level for level in levels if level.name == spec.level), None)
        if level is None:
            self.wrong(
                (*path, "level"),
                f"unknown level '{spec.level}'",
                did_you_mean(spec.level, [known.name for known in levels]),
            )
            return None
        for language in ("en", "zh"):
            self.template((*path, "say", language), getattr(spec.say, language), catalogue)
        points = spec.points if spec.points is not None else 2 ** (level.rank - 1)
        decision = level.decision if spec.decision is None else document.DECISIONS.index(spec.decision)
        return Rule(
            name, when, holds, level.rank, points, decision, _texts(spec.say, name), " ".join(spec.when.split())
        )

    def template(self, path: Path, text: str, catalogue: Catalogue) -> None:
        for match in PLACEHOLDER.finditer(text):
            name, _, style = match[1].partition(":")
            entry = catalogue.get(name)
            if entry is None:
                self.wrong(
                    path,
                    f"unknown name '{{{name}}}' in the text",
                    did_you_mean(name, catalogue) or "name a field or a signal",
                )
            elif style and (style != "percent" or not entry.type.numeric):
                self.wrong(path, f"'{{{match[1]}}}' cannot be shown so", "write {name}, or {name:percent} for a ratio")
        if "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
            self.wrong(path, "a brace is not closed in the text", "write {name}")

    # -- pieces --------------------------------------------------------------------------------

    def key(self, path: Path, name: str) -> None:
        keys = [known for known, entry in self.facts.items() if entry.type.base == "text"]
        if name not in keys:
            self.wrong(
                path,
                f"'{name}' is not a field to keep count by",
                did_you_mean(name, keys) or "use account, customer, merchant or device",
            )

    def number(self, path: Path, given: int | str | None, kind: Type) -> float | None:
        if given is None:
            return None
        try:
            value = Decimal(str(given))
            if not value.is_finite() or abs(value) > money.MAX_MINOR:
                raise ValueError(given)
            return float(money.minor(value, self.currency) if kind.base == "money" else value)
        except (ValueError, InvalidOperation):
            self.wrong(path, f"{shown(str(given))} is not a number", "write 'empty: 0'")
            return None


def _measured(function: str, value: Type) -> Type:
    if function in ("count", "distinct"):
        return WHOLE
    if function == "elapsed":
        return DURATION
    if function == "sum":
        return WHOLE if value.base == "flag" else value
    if function in ("mean", "std"):
        return NUMBER if value.base in ("flag", "whole") else value
    return value


def _texts(say: document.Say | None, name: str) -> Text:
    return {"en": say.en, "zh": say.zh} if say else {"en": name.replace("_", " "), "zh": name}


def _ring(reads: dict[str, set[str]], waiting: dict[str, str]) -> list[str]:
    path = [next(iter(waiting))]
    while True:
        following = sorted(reads[path[-1]] & set(waiting))[0]
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _grey(rank: int, of: int) -> str:
    shade = 0xC0 - 0x90 * rank // of
    return f"#{shade:02x}{shade:02x}{shade:02x}"

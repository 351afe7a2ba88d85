"""Laws of contact as dated, cited data: read, and checked before anything is asked of them, all mistakes at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tocsin.credit.conduct import people
from tocsin.credit.conduct.vocabulary import CHECKS, JURISDICTIONS, KINDS, Param, Params, Value
from tocsin.values import instant
from tocsin.values.document import Path, Source, read
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

Text = Mapping[str, str]
APPLIES_TO: dict[str, Text] = {
    "collector": {"en": "third-party debt collectors", "zh": "第三方催收机构"},
    "caller": {"en": "whoever dials or texts by machine", "zh": "自动拨号与群发短信者"},
    "bank": {"en": "banks with retail credit", "zh": "零售信贷银行"},
    "issuer": {"en": "card issuers and their service providers", "zh": "发卡银行及其发卡业务服务机构"},
    "creditor": {"en": "creditors", "zh": "授信机构"},
    "firm": {"en": "consumer credit firms", "zh": "消费信贷公司"},
    "institution": {"en": "financial institutions and their collection agencies", "zh": "金融机构及第三方催收机构"},
    "provider": {"en": "those who report to a credit bureau", "zh": "信息提供者"},
    "bureau": {"en": "credit bureaus", "zh": "征信机构"},
    "processor": {"en": "whoever processes personal information", "zh": "个人信息处理者"},
    "reporter": {"en": "whoever reports under IFRS", "zh": "按国际财务报告准则报告的主体"},
    "house": {"en": "everyone who uses Tocsin", "zh": "使用本系统的各方"},
}
_FIELDS = (
    "kind", "applies_to", "binds", "adopted_by", "text", "source", "confidence", "valid_from", "valid_to", "checks",
    "elsewhere", "parameters",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    params: Params


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it demands, of whom, from when to when (microseconds; the end is not included)."""

    id: str
    jurisdiction: str
    kind: str
    applies_to: str
    binds: frozenset[str]
    adopted_by: frozenset[str]
    text: Text
    source: str
    confidence: str
    valid_from: int
    valid_to: int
    checks: tuple[Check, ...]
    elsewhere: Text | None = None
    """The place that enforces what is no question of contact."""
    parameters: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def confirmed(self) -> bool:
        """Whether no counsel needs to look at it. What is not confirmed is in force all the same."""
        return self.confidence in ("confirmed", "house")

    def marked(self, language: str) -> str:
        """The rule with its source, and the mark that counsel has still to confirm it."""
        mark = {"en": "; to be confirmed by counsel", "zh": ",待法律顾问确认"}[language]
        source = self.source + ("" if self.confirmed else mark)
        return f"{self.text[language]} ({source})" if language == "en" else f"{self.text[language]}({source})"


@dataclass(frozen=True, slots=True)
class Law:
    """All rules by id, in the order of the files."""

    rules: Mapping[str, Rule]


def read_laws(files: Mapping[str, str]) -> Law:
    """Texts of law files by name, to rules. Refused with every mistake of every file."""
    rules: dict[str, Rule] = {}
    places: dict[str, str] = {}
    problems: list[Problem] = []
    for file, text in files.items():
        try:
            reader = RuleReader(read(text, file))
        except Refused as refused:
            problems.extend(refused.problems)
            continue
        for rule in reader.law():
            if rule.id in rules:
                reader.wrong(
                    ("rules", rule.id, "\0key"), f"the rule '{rule.id}' stands in two files", "keep one of them"
                )
            rules[rule.id] = rule
            places[rule.id] = str(reader.source.place(("rules", rule.id, "\0key")))
        problems.extend(reader.problems)
    problems.extend(dangling(rules, places))
    if problems:
        raise Refused(*problems)
    return Law(rules)


def dangling(rules: Mapping[str, Rule], places: Mapping[str, str]) -> list[Problem]:
    """Checks that name a rule which is not there, or which says nothing of what does not count."""
    found = []
    for rule in rules.values():
        for name in (str(check.params.get("uncounted") or "") for check in rule.checks):
            named = rules[name].checks if name in rules else ()
            if name and not any(check.name == "uncounted" for check in named):
                what = f"'{rule.id}' leaves out what '{name}' says, and there is no such rule"
                found.append(Problem(what, places.get(rule.id, ""), "name a rule of 'uncounted'"))
    return found


class RuleReader:
    """Reads rules of one document and collects what is wrong with them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def wrong(self, path: Path, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(what, str(self.source.place(path)), remedy))

    def law(self) -> list[Rule]:
        data = self.source.data
        self.keys((), data, ("law", "rules"))
        jurisdiction = self.word(("law",), data.get("law"), tuple(JURISDICTIONS)) or "HOUSE"
        return self.rules(("rules",), data.get("rules"), jurisdiction)

    def rules(self, path: Path, given: Any, jurisdiction: str) -> list[Rule]:
        if not isinstance(given, dict):
            self.wrong(path, "there are no rules", "write 'rules:' and the rules by their ids")
            return []
        return [rule for id, spec in given.items() if (rule := self.rule((*path, id), id, spec, jurisdiction))]

    def rule(self, path: Path, id: str, spec: Any, jurisdiction: str) -> Rule | None:
        if not isinstance(spec, dict):
            self.wrong(path, f"'{id}' says nothing", "write kind, text, source, confidence and checks")
            return None
        before = len(self.problems)
        self.keys(path, spec, _FIELDS)
        checks = self.checks((*path, "checks"), spec.get("checks", []))
        elsewhere = self.text((*path, "elsewhere"), spec["elsewhere"]) if "elsewhere" in spec else None
        if not spec.get("checks") and elsewhere is None:
            self.wrong((*path, "\0key"), f"'{id}' is enforced nowhere", "add 'checks:', or 'elsewhere:' with the place")
        rule = Rule(
            id,
            jurisdiction,
            self.word((*path, "kind"), spec.get("kind"), KINDS),
            self.word((*path, "applies_to"), spec.get("applies_to"), tuple(APPLIES_TO)),
            self.words((*path, "binds"), spec.get("binds", list(people.BY)), people.BY),
            self.words((*path, "adopted_by"), spec.get("adopted_by", []), people.BY),
            self.text((*path, "text"), spec.get("text")),
            self.line((*path, "source"), spec.get("source")),
            self.line((*path, "confidence"), spec.get("confidence")),
            self.day((*path, "valid_from"), spec.get("valid_from"), jurisdiction, instant.EARLIEST),
            self.day((*path, "valid_to"), spec.get("valid_to"), jurisdiction, instant.LATEST),
            checks,
            elsewhere,
            self.parameters((*path, "parameters"), spec.get("parameters", {})),
        )
        return rule if len(self.problems) == before else None

    # -- pieces --------------------------------------------------------------------------------------------------------

    def checks(self, path: Path, given: Any) -> tuple[Check, ...]:
        if not isinstance(given, list):
            self.wrong(path, "'checks' is not a list", "write '- hours: {…}'")
            return ()
        found = []
        for index, one in enumerate(given):
            if not isinstance(one, dict) or len(one) != 1:
                self.wrong((*path, index), "a check is one name with its parameters", "write '- hours: {…}'")
                continue
            ((name, params),) = one.items()
            place = (*path, index, name)
            if name not in CHECKS:
                self.wrong((*place, "\0key"), f"unknown check '{name}'", did_you_mean(name, CHECKS))
            elif not isinstance(params, dict):
                self.wrong(place, f"'{name}' has no parameters", f"write '- {name}: {{…}}'")
            else:
                found.append(Check(name, self.params(place, params, CHECKS[name])))
        return tuple(found)

    def params(self, path: Path, given: dict[str, Any], shape: Mapping[str, Param]) -> Params:
        self.keys(path, given, tuple(shape))
        result: Params = {}
        for name, param in shape.items():
            if name in given:
                result[name] = self.value((*path, name), given[name], param)
            elif param.default is not None:
                result[name] = param.default
            else:
                self.wrong(path, f"'{name}' is missing", f"add '{name}:'")
        return result

    def value(self, path: Path, given: Any, param: Param) -> Value:
        name = str(path[-1])
        if param.shape == "words":
            words = self.words(path, given, param.words)
            return frozenset(one for word in words for one in people.GROUPS.get(word, (word,)))
        if param.shape == "texts":
            if isinstance(given, list) and given and all(isinstance(one, str) and one.strip() for one in given):
                return frozenset(given)
            self.wrong(path, f"'{name}' is not a list of words", "write '[STOP, END]'")
        elif param.shape == "count":
            if isinstance(given, int) and not isinstance(given, bool) and param.least <= given <= 400:
                return given
            self.wrong(path, f"'{name}' is not a whole number from {param.least} to 400", "write digits only")
        elif param.shape == "flag":
            if isinstance(given, bool):
                return given
            self.wrong(path, f"'{name}' is neither true nor false", "write true or false")
        elif param.shape == "time":
            return self.time(path, given)
        elif param.shape == "choice":
            return self.word(path, given, param.words)
        elif isinstance(given, str):
            return given
        else:
            self.wrong(path, f"{shown(given)} is not the id of a rule", "name a rule of 'uncounted'")
        return 0

    def time(self, path: Path, given: Any) -> int:
        hours, _, minutes = str(given).partition(":")
        if hours.isdecimal() and minutes.isdecimal() and len(str(given)) == 5:
            value = int(hours) * 60 + int(minutes)
            if value <= 1440 and int(minutes) < 60:
                return value * 60_000_000
        self.wrong(path, f"{shown(given)} is not a time of day", "write it as '08:00'")
        return 0

    def keys(self, path: Path, given: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in given:
            if key not in known:
                self.wrong((*path, key, "\0key"), f"unknown key '{key}'", did_you_mean(key, known))

    def word(self, path: Path, given: Any, known: tuple[str, ...]) -> str:
        if isinstance(given, str) and given in known:
            return given
        name = next(part for part in reversed(path) if isinstance(part, str))
        remedy = did_you_mean(str(given), known) or f"use one of: {', '.join(known)}"
        self.wrong(path, f"'{name}' cannot be {shown(given)}", remedy)
        return known[0]

    def words(self, path: Path, given: Any, known: tuple[str, ...]) -> frozenset[str]:
        if not isinstance(given, list):
            self.wrong(path, f"'{path[-1]}' is not a list of words", "write '[one, another]'")
            return frozenset()
        return frozenset(self.word((*path, index), one, known) for index, one in enumerate(given))

    def text(self, path: Path, given: Any) -> Text:
        if isinstance(given, dict) and all(
            isinstance(given.get(one), str) and given[one].strip() for one in ("en", "zh")
        ):
            self.keys(path, given, ("en", "zh"))
            return {"en": given["en"], "zh": given["zh"]}
        self.wrong(path, f"'{path[-1]}' is not said in both languages", "write '{en: …, zh: …}'")
        return {"en": "", "zh": ""}

    def line(self, path: Path, given: Any) -> str:
        if isinstance(given, str) and given.strip():
            return given
        self.wrong(path, f"'{path[-1]}' is missing", f"add '{path[-1]}:'")
        return ""

    def day(self, path: Path, given: Any, jurisdiction: str, absent: int) -> int:
        if given is None:
            return absent
        try:
            day = date.fromisoformat(str(given))
        except ValueError:
            self.wrong(path, f"{shown(str(given))} is not a date", "write it as 2026-01-01")
            return absent
        if not 1900 < day.year < 2099:
            self.wrong(path, f"{shown(str(given))} is not a date", "write it as 2026-01-01")
            return absent
        if path[-1] == "valid_to":
            day += timedelta(days=1)
        return instant.micros(datetime(day.year, day.month, day.day, tzinfo=instant.zone(JURISDICTIONS[jurisdiction])))

    def parameters(self, path: Path, given: Any) -> Mapping[str, int | str]:
        if isinstance(given, dict) and all(isinstance(one, int | str) for one in given.values()):
            return given
        self.wrong(path, "'parameters' are not names with numbers or words", "write '{days: 30}'")
        return {}

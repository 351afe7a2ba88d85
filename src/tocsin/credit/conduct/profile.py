"""Profiles: which rules a lender minds, and a lender's own changes, which may tighten and not loosen the law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tocsin.credit.conduct.clock import known
from tocsin.credit.conduct.law import Law, Rule, RuleReader, Text, dangling
from tocsin.credit.conduct.phrases import Words
from tocsin.credit.conduct.vocabulary import JURISDICTIONS, OPEN_KINDS, stricter
from tocsin.values.document import Path, read
from tocsin.values.problem import Refused, did_you_mean


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one place. `adopt`: the lender also minds what binds agencies only and lenders usually adopt.

    `zones`: in which a person may be of whom no zone is known.
    """

    name: str
    title: Text
    calendar: str
    zones: tuple[str, ...]
    adopt: bool
    rules: tuple[Rule, ...]
    words: Words

    def rule(self, id: str) -> Rule:
        return next(rule for rule in self.rules if rule.id == id)

    def binds(self, rule: Rule, by: str) -> bool:
        return by in rule.binds or (self.adopt and by in rule.adopted_by)


def read_profiles(law: Law, words: Words, text: str, file: str) -> dict[str, Profile]:
    """A text of profiles to profiles by name. Refused with every mistake."""
    reader = RuleReader(read(text, file))
    reader.keys((), reader.source.data, ("profiles",))
    given = reader.source.data.get("profiles")
    result: dict[str, Profile] = {}
    if not isinstance(given, dict):
        reader.wrong(("profiles",), "there are no profiles", "write 'profiles:' and each by its name")
        given = {}
    for name, spec in given.items():
        path: Path = ("profiles", name)
        if not isinstance(spec, dict):
            reader.wrong(path, f"'{name}' says nothing", "write laws, calendar, zones, adopt and title")
            continue
        reader.keys(path, spec, ("laws", "calendar", "zones", "adopt", "title"))
        laws = reader.words((*path, "laws"), spec.get("laws"), tuple(JURISDICTIONS))
        adopt = spec.get("adopt")
        if not isinstance(adopt, bool):
            reader.wrong((*path, "adopt"), "'adopt' is neither true nor false", "write true or false")
        rules = tuple(rule for rule in law.rules.values() if rule.jurisdiction in laws)
        calendar = reader.line((*path, "calendar"), spec.get("calendar"))
        zones = spec.get("zones")
        if not (isinstance(zones, list) and zones and all(isinstance(one, str) and known(one) for one in zones)):
            reader.wrong((*path, "zones"), "'zones' are not time zones", "write them as in 'zones: [Europe/London]'")
            zones = []
        title = reader.text((*path, "title"), spec.get("title"))
        result[name] = Profile(name, title, calendar, tuple(zones), adopt is True, rules, words)
    if reader.problems:
        raise Refused(*reader.problems)
    return result


def tightened(profiles: Mapping[str, Profile], text: str, file: str) -> Profile:
    """A lender's own profile: `profile`, `adopt`, `change` by rule id and `add` with rules of its own.

    A change gives the checks of a rule anew: each of its checks must come again in the same order and be at
    least as strict; others may follow. A rule that is the lender's choice may be changed at will or be `off`.
    Refused with every mistake.
    """
    reader = RuleReader(read(text, file))
    data = reader.source.data
    reader.keys((), data, ("profile", "adopt", "change", "add"))
    base = profiles[reader.word(("profile",), data.get("profile"), tuple(profiles))]
    adopt = data.get("adopt", base.adopt)
    if not isinstance(adopt, bool):
        reader.wrong(("adopt",), "'adopt' is neither true nor false", "write true or false")
    rules = {rule.id: rule for rule in base.rules}
    changes = data.get("change", {})
    if not isinstance(changes, dict):
        reader.wrong(("change",), "'change' names no rules", "write rules by their ids")
        changes = {}
    for id, change in changes.items():
        path: Path = ("change", id)
        if id not in rules:
            reader.wrong((*path, "\0key"), f"there is no rule '{id}' in this profile", did_you_mean(id, rules))
        elif (changed := _changed(reader, path, rules[id], change)) is None:
            rules = {other: _counting(rule, id) for other, rule in rules.items() if other != id}
        else:
            rules[id] = changed
    if "add" in data:
        for rule in reader.rules(("add",), data["add"], "HOUSE"):
            if rule.id in rules:
                reader.wrong(("add", rule.id, "\0key"), f"there is a rule '{rule.id}' already", "give it another id")
            elif rule.kind != "house" or any(check.name == "uncounted" for check in rule.checks):
                reader.wrong(
                    ("add", rule.id, "kind"),
                    f"'{rule.id}' is not a house rule",
                    "write 'kind: house', without 'uncounted'",
                )
            rules.setdefault(rule.id, rule)
    places = {id: str(reader.source.place(("change" if id in changes else "add", id, "\0key"))) for id in rules}
    problems = [*reader.problems, *dangling(rules, places)]
    if problems:
        raise Refused(*problems)
    return replace(base, adopt=adopt is True, rules=tuple(rules.values()))


def _counting(rule: Rule, id: str) -> Rule:
    """The rule without what an exclusion, now switched off, let it pass over."""
    checks = (
        replace(check, params={**check.params, "uncounted": ""}) if check.params.get("uncounted") == id else check
        for check in rule.checks
    )
    return replace(rule, checks=tuple(checks))


def _changed(reader: RuleReader, path: Path, rule: Rule, change: Any) -> Rule | None:
    """The rule as changed; None where it is switched off. What may not be is a problem, and nothing changes."""
    free = rule.kind in OPEN_KINDS
    if not isinstance(change, dict) or set(change) not in ({"off"}, {"checks"}):
        reader.wrong(path, "a change is either 'off: true' or 'checks:'", "write one of them")
        return rule
    if "off" in change:
        if change["off"] is not True:
            reader.wrong((*path, "off"), "'off' can only be true", "leave it out")
        elif not free and rule.kind != "exclusion":
            reader.wrong((*path, "off"), f"'{rule.id}' is law and cannot be switched off", "take the change out")
        else:
            return None
        return rule
    before = len(reader.problems)
    checks = reader.checks((*path, "checks"), change["checks"])
    if len(reader.problems) > before:
        return rule
    if not free:
        for index, old in enumerate(rule.checks):
            if index >= len(checks) or checks[index].name != old.name:
                reader.wrong(
                    (*path, "checks"),
                    f"'{old.name}' of '{rule.id}' is left out",
                    "give every check of the rule, in its order",
                )
                return rule
            looser = stricter(old.name, old.params, checks[index].params)
            if looser is not None:
                at = (*path, "checks", index, old.name, looser)
                reader.wrong(at, f"'{looser}' is looser than '{rule.id}' allows", "tighten it, or take the change out")
    return replace(rule, checks=checks)

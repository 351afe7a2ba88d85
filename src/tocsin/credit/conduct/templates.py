"""What is to be said, read before it is sent: what a text must contain and may not, by profile and channel."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.credit.conduct import people
from tocsin.credit.conduct.law import Check, Rule
from tocsin.credit.conduct.phrases import LANGUAGES, Entry, Words
from tocsin.credit.conduct.profile import Profile
from tocsin.values.problem import Problem, did_you_mean, shown

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A text in each language it is sent in, with {placeholders}; `purpose` is one of `people.PURPOSES`."""

    name: str
    purpose: str
    text: Mapping[str, str]


def template_problems(template: Template, profile: Profile, channel: str) -> list[Problem]:
    """Everything that is wrong with a template on a channel, in order of place. Empty: it may be sent."""
    words = profile.words
    if channel not in people.CHANNELS:
        return [Problem(f"unknown channel {shown(channel)}", template.name, did_you_mean(channel, people.CHANNELS))]
    if template.purpose not in people.PURPOSES:
        remedy = did_you_mean(template.purpose, people.PURPOSES)
        return [Problem(f"unknown purpose {shown(template.purpose)}", template.name, remedy)]
    found: list[Problem] = []
    if not template.text:
        found.append(Problem("the template says nothing", template.name, "write it in 'en', 'zh' or both"))
    for language, text in template.text.items():
        where = f"{template.name} {language}"
        if language not in LANGUAGES:
            found.append(Problem(f"unknown language {shown(language)}", where, did_you_mean(language, LANGUAGES)))
            continue
        plain = _plain(text)
        at: list[tuple[int, Problem]] = list(_misplaced(plain, text, where, words))
        for rule, check in _content(profile, channel, template.purpose):
            at.extend(_missing(plain, where, words, rule, check))
            at.extend(_forbidden(plain, text, where, words, rule, check))
        found.extend(problem for _, problem in sorted(dict.fromkeys(at), key=lambda one: one[0]))
    return found


def forbidden_in(text: str, where: str, profile: Profile, channel: str, purpose: str) -> list[Problem]:
    """What a text with all its values says and may not, in order of place."""
    plain = _plain(text)
    at: list[tuple[int, Problem]] = []
    for rule, check in _content(profile, channel, purpose):
        at.extend(_forbidden(plain, text, where, profile.words, rule, check))
    return [problem for _, problem in sorted(dict.fromkeys(at), key=lambda one: one[0])]


def _content(profile: Profile, channel: str, purpose: str) -> Iterator[tuple[Rule, Check]]:
    for rule in profile.rules:
        for check in rule.checks:
            if check.name == "content":
                channels, purposes = check.params["channels"], check.params["purposes"]
                assert isinstance(channels, frozenset) and isinstance(purposes, frozenset)
                if channel in channels and purpose in purposes:
                    yield rule, check


def _misplaced(plain: str, text: str, where: str, words: Words) -> Iterator[tuple[int, Problem]]:
    for match in _PLACEHOLDER.finditer(plain):
        if match[1] not in words.fields:
            place = _place(where, text, match.start())
            remedy = did_you_mean(match[1], words.fields) or "use a placeholder of the words"
            yield match.start(), Problem(f"unknown placeholder {shown(match[1])}", place, remedy)
    rest = _PLACEHOLDER.sub(lambda match: " " * len(match[0]), plain)
    for at, sign in enumerate(rest):
        if sign in "{}":
            yield at, Problem("a brace is not closed in the text", _place(where, text, at), "write {name}")
            return


def _missing(plain: str, where: str, words: Words, rule: Rule, check: Check) -> Iterator[tuple[int, Problem]]:
    required = check.params["require"]
    assert isinstance(required, frozenset)
    for element in sorted(required):
        entry = words.elements[element]
        if next(_hits(plain, entry), None) is None:
            example = " / ".join(
                ["{" + name + "}" for name in entry.fields] + [f"'{one}'" for one in entry.phrases[:2]]
            )
            yield len(plain), Problem(f"'{element}' is missing by {rule.id}", where, f"write {example}")


def _forbidden(
    plain: str, text: str, where: str, words: Words, rule: Rule, check: Check
) -> Iterator[tuple[int, Problem]]:
    forbidden, only = check.params["forbid"], check.params["only"]
    assert isinstance(forbidden, frozenset) and isinstance(only, frozenset)
    for kind in sorted(forbidden):
        for start, end in _hits(plain, words.phrases[kind]):
            what = f"{shown(text[start:end])} is forbidden as '{kind}' by {rule.id}"
            yield start, Problem(what, _place(where, text, start), "take it out")
    if only:
        allowed = {field for element in only for field in words.elements[element].fields}
        for match in _PLACEHOLDER.finditer(plain):
            if match[1] not in allowed:
                what = f"{shown(match[0])} may not stand here by {rule.id}"
                yield match.start(), Problem(what, _place(where, text, match.start()), "take it out")


def _hits(plain: str, entry: Entry) -> Iterator[tuple[int, int]]:
    for match in _PLACEHOLDER.finditer(plain):
        if match[1] in entry.fields:
            yield match.span()
    if entry.pattern is not None:
        outside = _PLACEHOLDER.sub(lambda match: "\0" * len(match[0]), plain)
        for match in entry.pattern.finditer(outside):
            yield match.span()


def _plain(text: str) -> str:
    """The text with signs of other widths and invisible ones made plain, character by character."""
    return "".join(map(_plain_sign, text))


def _plain_sign(sign: str) -> str:
    if unicodedata.category(sign) == "Cf":
        return " "
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def _place(where: str, text: str, at: int) -> str:
    return f"{where}:{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"

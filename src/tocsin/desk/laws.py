"""The laws of contact and the texts, as they come with Tocsin, and a lender's own over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from tocsin.credit.conduct import (
    Draft,
    Gate,
    Profile,
    Rendered,
    Texts,
    read_laws,
    read_profiles,
    read_texts,
    read_words,
    rendered,
    tightened,
)
from tocsin.credit.conduct.phrases import LANGUAGES
from tocsin.desk.policies import text_of
from tocsin.values.calendar import public
from tocsin.values.problem import Problem, Refused, did_you_mean

_LAWS = ("cn.yaml", "us.yaml", "uk.yaml", "international.yaml", "house.yaml")
_TEMPLATES = ("fields.yaml", "reminders.yaml", "collection.yaml", "plans.yaml", "notices.yaml", "incentives.yaml")


@cache
def profiles() -> dict[str, Profile]:
    """The profiles of places by name: CN, US, UK."""
    law = read_laws({name: _ours("laws", name) for name in _LAWS})
    words = read_words(_ours("laws", "words.yaml"), "words.yaml")
    return read_profiles(law, words, _ours("laws", "profiles.yaml"), "profiles.yaml")


def profile(name: str, own: Path | None = None) -> Profile:
    """A profile; with `own`, a lender's file of changes, as it tightens that. Refused with every mistake."""
    if name not in profiles():
        raise Refused(Problem(f"there is no profile '{name}'", remedy=did_you_mean(name, profiles())))
    if own is None:
        return profiles()[name]
    changed = tightened(profiles(), text_of(own), str(own))
    if changed.name != name:
        raise Refused(Problem(f"it tightens '{changed.name}', not '{name}'", str(own), "name the same profile in both"))
    return changed


def gate(name: str, years: tuple[int, int], own: Path | None = None) -> Gate:
    """The gate of a profile with the public holidays of its place, from the first year to the last."""
    asked = profile(name, own)
    return Gate(asked, public(asked.calendar, *years))


def texts(folder: Path | None = None) -> Texts:
    """Every text; with `folder`, a lender's own laid over those that come with Tocsin. Refused with every mistake."""
    if folder is None:
        return _texts()
    files = {str(path): text_of(path) for path in sorted(folder.glob("*.yaml"))}
    if not files:
        raise Refused(Problem("there are no templates in this folder", str(folder), "write files that end in .yaml"))
    return read_texts(files, profiles(), _texts())


@cache
def _texts() -> Texts:
    return read_texts({name: _ours("templates", name) for name in _TEMPLATES}, profiles())


def checked(folder: Path | None, names: Iterable[str], own: Path | None = None) -> Texts:
    """`texts`, judged under profiles, or under one as a lender tightens it. Refused with everything unlawful."""
    read = texts(folder)
    problems = read.problems([profile(name, own) for name in names])
    if problems:
        raise Refused(*problems)
    return read


def writer(
    name: str, folder: Path | None = None, own: Path | None = None
) -> Callable[[str, str, str, Mapping[str, str]], tuple[str | None, str]]:
    """What writes texts under a profile: (template, channel, language, values) to (subject, text), or Refused."""
    read = checked(folder, [name], own)
    law = profile(name, own)

    def write(template: str, channel: str, language: str, values: Mapping[str, str]) -> tuple[str | None, str]:
        said = rendered(read.text_for(template, channel, language, law), values)
        return said.subject or None, said.text

    return write


def example(name: str, channel: str, place: str, folder: Path | None = None) -> list[tuple[Draft, Rendered]]:
    """A text filled with examples, in each language it is written in. Refused where it is written in none."""
    read, law = texts(folder), profile(place)
    found: list[tuple[Draft, Rendered]] = []
    problems: list[Problem] = []
    for language in LANGUAGES:
        try:
            draft = read.text_for(name, channel, language, law)
            found.append((draft, rendered(draft, read.examples(language))))
        except Refused as refused:
            problems.extend(refused.problems)
    if not found:
        raise Refused(problems[0])
    return found


def _ours(folder: str, name: str) -> str:
    return resources.files("tocsin").joinpath(folder, name).read_text(encoding="utf-8")

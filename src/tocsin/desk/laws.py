"""The laws of contact and the texts, as they come with Tocsin, and a lender's own over them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from tocsin.credit.conduct import Gate, Profile, read_laws, read_profiles, read_words, tightened
from tocsin.desk.policies import text_of
from tocsin.values.calendar import public
from tocsin.values.problem import Problem, Refused, did_you_mean

_LAWS = ("cn.yaml", "us.yaml", "uk.yaml", "international.yaml", "house.yaml")


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


def _ours(folder: str, name: str) -> str:
    return resources.files("tocsin").joinpath(folder, name).read_text(encoding="utf-8")

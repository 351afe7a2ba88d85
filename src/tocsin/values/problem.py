"""A problem is a value: what is wrong, where, why, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence for a person: `where: what; remedy`.

    `where` is a place a person can go to: `card.yaml:12:7`, `facts.csv line 9, field amount`.
    """

    what: str
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.remedy}" if self.remedy else text


class Refused(Exception):
    """Work that cannot be done, with every problem found, not only the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known word, or lists them where they are few."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if 0 < len(known) <= 12:
        return "use one of: " + ", ".join(sorted(known))
    return ""


def shown(value: object, limit: int = 60) -> str:
    """A value quoted for a message, shortened so that one sentence stays one sentence."""
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return f"'{text[:limit]}…'" if len(text) > limit else f"'{text}'"

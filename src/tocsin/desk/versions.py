"""Policy versions of a journal: immutable, by number; which one decides and which ones shadow it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.desk import policies
from tocsin.desk.faults import Fault
from tocsin.engine.explain import Explainer
from tocsin.journal.journal import Journal
from tocsin.journal.records import Entry
from tocsin.policy.policy import Policy
from tocsin.values.problem import Problem, Refused


@dataclass(frozen=True)
class Files:
    """A policy document with those it extends: texts by file name; `main` is the one that is meant."""

    main: str
    texts: dict[str, str]

    def policy(self) -> Policy:
        """Checked. Refused with every mistake."""
        if self.main not in self.texts:
            raise Refused(Problem(f"the file '{self.main}' is not among those given", "", "send it too"))
        return policies.of(self.texts[self.main], self.main, self._read)

    def _read(self, name: str) -> str:
        if name not in self.texts:
            raise OSError(f"'{name}' was not given")
        return self.texts[name]


def files(path: Path) -> Files:
    """A policy file with all that it extends. Refused where it is not well."""
    texts = {path.name: policies.text_of(path)}

    def read(name: str) -> str:
        texts[name] = (path.parent / name).read_text(encoding="utf-8")
        return texts[name]

    policies.of(texts[path.name], str(path), read)
    return Files(path.name, texts)


class Versions:
    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._policies: dict[int, Policy] = {}
        self._explainers: dict[int, Explainer] = {}

    def add(self, given: Files, at: int) -> tuple[int, Policy]:
        """The number of a policy, new or known, and the policy. Refused with every mistake."""
        policy = given.policy()
        sources = json.dumps({"main": given.main, "texts": given.texts}, ensure_ascii=False)
        number = self.journal.add_policy(
            policy.digest, policy.name, policy.version, given.texts[given.main], sources, at
        )
        return number, policy

    def policy(self, number: int) -> Policy:
        known = self._policies.get(number)
        if known is None:
            version = self.journal.policy(number)
            if version is None:
                raise Fault(404, f"there is no policy with the number {number}", "list them")
            sources = json.loads(version.sources)
            known = self._policies[number] = Files(sources["main"], sources["texts"]).policy()
        return known

    def explainer(self, number: int) -> Explainer:
        known = self._explainers.get(number)
        if known is None:
            known = self._explainers[number] = Explainer(self.policy(number))
        return known

    def in_force(self) -> tuple[int, dict[int, int]]:
        """(number of the policy that decides, 0 for none; the entry from which on each of its shadows runs)."""
        champion, shadows = 0, dict[int, int]()
        for entry in self.journal.acts():
            act = content(entry)
            number = act.get("number", 0)
            match act["act"]:
                case "activate":
                    champion = number
                    shadows.pop(number, None)
                case "shadow" if number not in shadows:
                    shadows[number] = entry.seq
                case "unshadow":
                    shadows.pop(number, None)
        return champion, shadows


def content(entry: Entry) -> dict[str, Any]:
    """What an act's entry says: `act`, `actor` and what belongs to it."""
    said: dict[str, Any] = json.loads(entry.body)
    return said

"""Policies and mappings from files."""

from __future__ import annotations

from pathlib import Path

from tocsin.engine.catalogue import FACTS, WORDS
from tocsin.facts import mapping as mappings
from tocsin.facts.mapping import Mapping
from tocsin.policy.check import check
from tocsin.policy.policy import Policy
from tocsin.values.problem import Problem, Refused


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused(Problem("it is not UTF-8 text", str(path), "save it as UTF-8")) from None
    except OSError as error:
        raise Refused(Problem(f"it cannot be read ({error.strerror})", str(path), "check the path")) from None


def policy(path: Path) -> Policy:
    """A checked policy. Refused with every mistake in it."""
    return check(text_of(path), str(path), FACTS, lambda name: (path.parent / name).read_text(encoding="utf-8"), WORDS)


def mapping(path: Path | None) -> Mapping | None:
    return None if path is None else mappings.read(text_of(path), str(path))

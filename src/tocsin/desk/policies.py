"""Policies and mappings from files; the sections of a policy, and who reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

from tocsin.credit.collection import incentive_section as incentives
from tocsin.credit.collection import release_section as release
from tocsin.credit.collection import section as collection
from tocsin.credit.collection.document import CollectionDocument
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.incentive.document import IncentivesDocument
from tocsin.credit.incentive.terms import Incentives
from tocsin.credit.restriction import section as restrictions
from tocsin.credit.restriction.document import ReleaseDocument, RestrictionsDocument
from tocsin.credit.restriction.terms import Restraints
from tocsin.engine.catalogue import FACTS, WORDS
from tocsin.facts import mapping as mappings
from tocsin.facts.mapping import Mapping
from tocsin.policy.check import Section, check
from tocsin.policy.policy import Policy
from tocsin.values.problem import Problem, Refused

SECTIONS: dict[str, Section] = {
    collection.NAME: collection.read,
    release.NAME: release.read,
    restrictions.NAME: restrictions.read,
    incentives.NAME: incentives.read,
}
"""What a policy may have beside its signals, levels and rules; each may rest on those before it."""
SHAPES: dict[str, type[BaseModel]] = {
    collection.NAME: CollectionDocument,
    release.NAME: ReleaseDocument,
    restrictions.NAME: RestrictionsDocument,
    incentives.NAME: IncentivesDocument,
}


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused(Problem("it is not UTF-8 text", str(path), "save it as UTF-8")) from None
    except OSError as error:
        raise Refused(Problem(f"it cannot be read ({error.strerror})", str(path), "check the path")) from None


def policy(path: Path) -> Policy:
    """A checked policy. Refused with every mistake."""
    return of(text_of(path), str(path), lambda name: (path.parent / name).read_text(encoding="utf-8"))


def of(text: str, file: str, fetch: Callable[[str], str]) -> Policy:
    """A checked policy of a text, with its sections; `fetch` reads what it extends. Refused with every mistake."""
    return check(text, file, FACTS, fetch, WORDS, SECTIONS)


def strategy(policy: Policy) -> Strategy | None:
    """How its collections are done; None where a policy says nothing of them."""
    found = policy.sections.get(collection.NAME)
    return found if isinstance(found, Strategy) else None


def restraints(policy: Policy) -> Restraints | None:
    """What its accounts may not do for a time; None where a policy says nothing of that."""
    found = policy.sections.get(restrictions.NAME)
    return found if isinstance(found, Restraints) else None


def incentives_of(policy: Policy) -> Incentives | None:
    """Its rewards and penalties; None where it has none."""
    found = policy.sections.get(incentives.NAME)
    return found if isinstance(found, Incentives) else None


def mapping(path: Path | None) -> Mapping | None:
    return None if path is None else mappings.read(text_of(path), str(path))

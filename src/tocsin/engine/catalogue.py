"""The fields of facts as names of the policy language."""

from __future__ import annotations

from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS
from tocsin.policy.types import Entry, Type

FACTS: dict[str, Entry] = {
    name: Entry(Type(field.type, field.domain), "fact", field.outcome) for name, field in FIELDS.items()
}
"""What an expression may read of a fact."""

WORDS: dict[str, list[str]] = {"kind": list(KINDS)}
"""Vocabularies that are closed: a word outside is a mistake."""

"""What tests share: policies from text, facts from dicts."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from tocsin.engine.catalogue import FACTS, WORDS
from tocsin.facts.schema import SCHEMA
from tocsin.policy.check import check
from tocsin.policy.policy import Policy

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
START = 1_767_225_600_000_000
"""2026-01-01T00:00Z in microseconds."""


def policy_of(text: str) -> Callable[..., Policy]:
    """A policy text with places to fill in."""

    def filled(**words: str) -> Policy:
        whole = textwrap.dedent(text)
        for word, value in words.items():
            whole = whole.replace(word, value)
        return check(whole, "test.yaml", FACTS, _nothing, WORDS)

    return filled


def _nothing(name: str) -> str:
    raise OSError(name)


def batch(facts: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """Facts by field name to a batch of the canonical schema; instants in microseconds."""
    columns = []
    for field in SCHEMA:
        values = [fact.get(field.name) for fact in facts]
        if pa.types.is_timestamp(field.type):
            columns.append(pa.array(values, pa.int64()).view(field.type))
        else:
            columns.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)

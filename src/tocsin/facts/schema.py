"""The Arrow schema of facts: one wide table in which every kind has its columns, null elsewhere."""

from __future__ import annotations

import pyarrow as pa

from tocsin.facts.fields import FIELDS, FieldType

ARROW: dict[FieldType, pa.DataType] = {
    "text": pa.string(),
    "money": pa.int64(),
    "whole": pa.int64(),
    "flag": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
}

REQUIRED = ("fact_id", "kind", "occurred_at", "recorded_at")

SCHEMA: pa.Schema = pa.schema(
    pa.field(
        name,
        ARROW[field.type],
        nullable=name not in REQUIRED,
        metadata={
            "en": field.en,
            "zh": field.zh,
            **({"unit": "minor units of currency"} if field.type == "money" else {}),
        },
    )
    for name, field in FIELDS.items()
)
"""Column order, types and units of a canonical fact file."""

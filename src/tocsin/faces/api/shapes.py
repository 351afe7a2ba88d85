"""The pieces that schemas of answers are made of."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": "string", "format": "date"}
MAYBE: Schema = {"type": ["string", "null"]}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
MAYBE_DATE: Schema = {"type": ["string", "null"], "format": "date"}
OPEN: Schema = {"type": "object"}


def obj(required: str, properties: dict[str, Schema], description: str = "") -> Schema:
    """An object; `required` names, with blanks between them."""
    schema: Schema = {"type": "object", "required": required.split(), "properties": properties}
    return schema | ({"description": description} if description else {})


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def list_of(name: str, items: Schema) -> Schema:
    return obj(name, {name: array(items)})

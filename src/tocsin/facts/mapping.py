"""Foreign files: which column is which field, in which unit, and what every row has in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS
from tocsin.values import document, instant, money
from tocsin.values.problem import Problem, Refused, did_you_mean

Unit = Literal["minor", "major", "seconds", "milliseconds", "microseconds"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class Column(_Strict):
    """A column of the file. `unit`: money in minor (default) or major units; a numeric time since 1970.

    `zone`: the zone of times that carry none. `values`: the file's words for ours.
    """

    field: str
    unit: Unit | None = None
    zone: str | None = None
    values: dict[str, str] | None = None


class Mapping(_Strict):
    """A mapping file. `sequence` orders rows of one instant; `others` says what unnamed columns mean."""

    mapping: Annotated[str, StringConstraints(min_length=1)]
    columns: dict[str, Column | str]
    constants: dict[str, str] = {}
    label: str | None = None
    sequence: str | None = None
    others: Literal["refuse", "ignore"] = "refuse"

    def column(self, name: str) -> Column | None:
        given = self.columns.get(name)
        return Column(field=given) if isinstance(given, str) else given


def read(text: str, file: str) -> Mapping:
    """A mapping file, checked. Refused with every mistake."""
    source = document.read(text, file)
    try:
        mapping = Mapping.model_validate(source.data)
    except ValidationError as error:
        raise Refused(*(_shape(source, item) for item in error.errors(include_url=False))) from None
    problems: list[Problem] = []
    named = [mapping.column(name) for name in mapping.columns]
    for name, column in zip(mapping.columns, named, strict=True):
        assert column is not None
        place = str(source.place(("columns", name)))
        field = FIELDS.get(column.field)
        if field is None:
            problems.append(Problem(f"'{column.field}' is not a field of facts", place, did_you_mean(column.field, FIELDS)))
            continue
        fits = {"money": ("minor", "major"), "instant": ("seconds", "milliseconds", "microseconds")}.get(field.type, ())
        if column.unit is not None and column.unit not in fits:
            problems.append(Problem(f"'{column.field}' has no unit '{column.unit}'", place, "use " + " or ".join(fits) if fits else "leave it out"))
        if column.zone is not None:
            try:
                instant.zone(column.zone)
            except ValueError as error:
                problems.append(Problem(str(error), place, "write one as 'Asia/Shanghai'"))
    fields = [column.field for column in named if column is not None] + list(mapping.constants)
    for field in sorted({field for field in fields if fields.count(field) > 1}):
        problems.append(Problem(f"'{field}' comes from two places", str(source.place(("columns",))), "keep one of them"))
    for name, value in mapping.constants.items():
        place = str(source.place(("constants", name)))
        if name not in FIELDS or FIELDS[name].type != "text":
            problems.append(Problem(f"'{name}' cannot be a constant", place, did_you_mean(name, FIELDS) or "constants are texts"))
        elif name == "kind" and value not in KINDS:
            problems.append(Problem(f"unknown kind '{value}'", place, did_you_mean(value, KINDS)))
        elif name == "currency" and value not in money.currencies():
            problems.append(Problem(f"unknown currency '{value}'", place, did_you_mean(value, money.currencies())))
    for needed in ("fact_id", "kind", "occurred_at"):
        if needed not in fields:
            problems.append(Problem(f"nothing is mapped to '{needed}'", str(source.place(("columns",))), f"name the column that holds {FIELDS[needed].en}"))
    if problems:
        raise Refused(*problems)
    return mapping


def _shape(source: document.Source, item: object) -> Problem:
    assert isinstance(item, dict)
    path = tuple(part for part in item["loc"] if part != "Column" and not str(part).startswith("str"))
    last = str(path[-1]) if path else "the document"
    if item["type"] == "extra_forbidden":
        known = Column.model_fields if len(path) > 1 else Mapping.model_fields
        return Problem(f"unknown key '{last}'", str(source.place(path)), did_you_mean(last, known))
    if item["type"] == "missing":
        return Problem(f"'{last}' is missing", str(source.place(path[:-1])), f"add '{last}:'")
    return Problem(f"{last}: {str(item['msg']).lower()}", str(source.place(path)), "see the mapping reference")

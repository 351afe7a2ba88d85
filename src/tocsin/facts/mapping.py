"""Foreign files: which column is which field, in which unit, and what every row has in common."""

from __future__ import annotations

from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from tocsin.facts import columns
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS
from tocsin.values import document, instant
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

Unit = Literal["minor", "major", "seconds", "milliseconds", "microseconds"]


_UNITS: dict[str, tuple[Unit, ...]] = {
    "money": ("minor", "major"),
    "instant": ("seconds", "milliseconds", "microseconds"),
}


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
        raise Refused(*_shape(source, error)) from None
    problems: list[Problem] = []
    fields = list(mapping.constants)
    for name in mapping.columns:
        column = mapping.column(name)
        assert column is not None
        fields.append(column.field)
        problems += _column(column, source, ("columns", name))
    for field in sorted({field for field in fields if fields.count(field) > 1}):
        problems.append(
            Problem(f"'{field}' comes from two places", str(source.place(("columns",))), "keep one of them")
        )
    for name, value in mapping.constants.items():
        place = str(source.place(("constants", name)))
        if name not in FIELDS or FIELDS[name].type != "text" or name == "fact_id":
            remedy = did_you_mean(name, FIELDS) if name not in FIELDS else ""
            remedy = remedy or "constants are texts that all rows share"
            problems.append(Problem(f"'{name}' cannot be a constant", place, remedy))
        else:
            problems += _word(name, value, place)
    for needed in ("fact_id", "kind", "occurred_at"):
        if needed not in fields:
            remedy = f"name the column that holds {FIELDS[needed].en}"
            problems.append(Problem(f"nothing is mapped to '{needed}'", str(source.place(("columns",))), remedy))
    if problems:
        raise Refused(*problems)
    return mapping


def _column(column: Column, source: document.Source, path: document.Path) -> list[Problem]:
    """What is wrong with the reading of one column."""
    place = str(source.place(path))
    field = FIELDS.get(column.field)
    if field is None:
        remedy = did_you_mean(column.field, FIELDS) or "see `tocsin facts kinds` for every field"
        return [Problem(f"'{column.field}' is not a field of facts", place, remedy)]
    problems = []
    fits = _UNITS.get(field.type, ())
    if column.unit is not None and column.unit not in fits:
        remedy = "use " + " or ".join(fits) if fits else "leave it out"
        problems.append(Problem(f"'{column.field}' has no unit '{column.unit}'", place, remedy))
    if column.zone is not None and field.type != "instant":
        problems.append(Problem(f"'{column.field}' has no zone", place, "leave it out: only times have zones"))
    elif column.zone is not None:
        try:
            instant.zone(column.zone)
        except ValueError as error:
            problems.append(Problem(str(error), place, "write one as 'Asia/Shanghai'"))
    for word, value in (column.values or {}).items() if field.type == "text" else ():
        problems += _word(column.field, value, str(source.place((*path, "values", word))))
    return problems


def _word(field: str, value: str, place: str) -> list[Problem]:
    """Whether a fixed text fits its field, as it will be read."""
    if field == "kind" and value.strip() not in KINDS:
        remedy = did_you_mean(value, KINDS) or "the kinds are listed by `tocsin facts kinds`"
        return [Problem(f"unknown kind {shown(value)}", place, remedy)]
    if not value.strip():
        return [Problem(f"'{field}' is empty", place, "write a value, or leave it out")]
    _, faults = columns.text(field, pa.array([value]))
    return [Problem(f"{field}: {fault.why(0)}", place, fault.remedy) for fault in faults]


def _shape(source: document.Source, error: ValidationError) -> list[Problem]:
    """pydantic's findings in our sentences, one for each place. A column is a field's name or a map with one."""
    problems: dict[document.Path, Problem] = {}
    for item in error.errors(include_url=False):
        path = item["loc"]
        if len(path) > 2 and path[0] == "columns":
            plain, path = path[2] == "str", (*path[:2], *path[3:])
            if plain and any(known[:2] == path for known in problems):
                continue
        last, place = str(path[-1]), str(source.place(path))
        if len(path) == 2 and path[0] == "columns":
            problem = Problem(f"{shown(last)} is mapped to nothing", place, "write a field, or {field: …, unit: …}")
        elif item["type"] == "extra_forbidden":
            known_keys = Column.model_fields if len(path) > 1 else Mapping.model_fields
            problem = Problem(f"unknown key '{last}'", place, did_you_mean(last, known_keys) or "leave it out")
        elif item["type"] == "missing":
            problem = Problem(f"'{last}' is missing", str(source.place(path[:-1])), f"add '{last}:'")
        else:
            problem = Problem(f"{last}: {str(item['msg']).lower()}", place, "see the mapping reference")
        problems.setdefault(path, problem)
    return list(problems.values())

"""A document read with every mistake told: its shape in our sentences, its expressions, its durations.

What `check` does with a policy, and other rooms do with their sections of one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tocsin.policy import expression, tree
from tocsin.policy.types import Catalogue
from tocsin.values import duration
from tocsin.values.document import Path, Source
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

Model = TypeVar("Model", bound=BaseModel)


class Reader:
    """Collects `problems`, each with its place in `source`. `words`: the closed vocabularies by domain."""

    def __init__(self, source: Source, words: Mapping[str, Iterable[str]], currency: str = "XXX") -> None:
        self.source = source
        self.words = {domain: set(known) for domain, known in words.items()}
        self.currency = currency
        self.problems: list[Problem] = []
        self._keys = {part for path in source.places for part in path}

    def wrong(self, path: Path, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(what, str(self.source.place(path)), remedy))

    # -- shape -------------------------------------------------------------------------------------

    def parsed(
        self, data: Mapping[str, Any], model: type[Model], least: Mapping[str, Any], beside: Iterable[str] = ()
    ) -> Model:
        """The data as a model, without the parts of wrong shape: so that all mistakes show at once.

        `least` stands in for what a document must have, `beside` are keys that others read. Refused
        where too little is left to go on.
        """
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self._shape(error, model, list(beside))
            left: dict[str, Any] = {**least, **copy.deepcopy(dict(data))}
            for depth in (2, 1):
                self._prune(left, error, least, depth)
                try:
                    return model.model_validate(left)
                except ValidationError as again:
                    error = again
        raise Refused(*self.problems)

    def _shape(self, error: ValidationError, model: type[BaseModel], beside: list[str]) -> None:
        """pydantic's findings in our sentences, one for each place."""
        seen: set[Path] = set()
        for item in _items(error):
            path = self._path(item)
            kind = item["type"]
            if path in seen:
                continue
            seen.add(path)
            last = str(path[-1]) if path else ""
            if kind == "extra_forbidden":
                known = keys_at(model, path[:-1]) + (beside if len(path) == 1 else [])
                self.wrong((*path, "\0key"), f"unknown key '{last}'", did_you_mean(last, known))
            elif kind == "missing":
                inside = next((part for part in reversed(path[:-1]) if isinstance(part, str)), "")
                self.wrong(path[:-1], f"'{last}' is missing" + (f" in '{inside}'" if inside else ""), f"add '{last}:'")
            elif kind == "string_pattern_mismatch":
                self.wrong(
                    path,
                    f"{shown(str(item['input']))} is not a valid {last if last in ('currency', 'colour') else 'name'}",
                    _pattern_remedy(last),
                )
            elif kind == "literal_error":
                what = next(str(part) for part in reversed(path) if isinstance(part, str))
                known = re.findall(r"'([^']*)'", str(item["ctx"]["expected"]))
                remedy = did_you_mean(str(item["input"]), known) or "use one of: " + ", ".join(sorted(known))
                self.wrong(path, f"{shown(str(item['input']))} is no value of '{what}'", remedy)
            else:
                self.wrong(path, f"{last}: {item['msg'][:1].lower()}{item['msg'][1:]}", "see the policy reference")

    def _prune(self, data: dict[str, Any], error: ValidationError, least: Mapping[str, Any], depth: int) -> None:
        for item in _items(error):
            path = self._path(item)
            if item["type"] == "extra_forbidden" and depth > 1:
                _drop(data, path)
            elif len(path) >= depth > 1:
                _drop(data, path[:depth])
            elif path and path[0] in least:
                data[str(path[0])] = least[str(path[0])]
            elif path:
                data.pop(str(path[0]), None)

    def _path(self, item: Mapping[str, Any]) -> Path:
        """Where a finding is, without the names that pydantic gives to alternatives."""
        return tuple(
            part
            for part in item["loc"]
            if isinstance(part, int)
            or (
                not (part.endswith("Document") and part not in self._keys)
                and part != "[key]"
                and not part.startswith(("constrained-str", "function-", "list[", "literal["))
            )
        )

    # -- pieces --------------------------------------------------------------------------------

    def read(self, path: Path, text: str, catalogue: Catalogue, condition: bool) -> tree.Expr:
        """An expression as a checked tree."""
        expr, mistakes = expression.parse(text, catalogue, self.currency, condition)
        place = self.source.place(path)
        for mistake in mistakes:
            self.problems.append(Problem(mistake.what, str(place.inside(text, mistake.offset)), mistake.remedy))
        self._vocabulary(path, text, expr, catalogue)
        return expr

    def _vocabulary(self, path: Path, text: str, expr: tree.Expr, catalogue: Catalogue) -> None:
        used: list[tuple[str, str]] = []
        for node in tree.walk(expr):
            if isinstance(node, tree.Word):
                used.append((node.type.domain, node.value))
            elif isinstance(node, tree.Field) and node.aspect == "in":
                used.extend((catalogue[node.name].type.domain, word) for word in node.argument)
        for domain, word in used:
            if domain in self.words and word not in self.words[domain]:
                place = self.source.place(path).inside(text, max(text.find(word), 0))
                self.problems.append(
                    Problem(f"unknown {domain} '{word}'", str(place), did_you_mean(word, self.words[domain]))
                )

    def duration(self, path: Path, text: str | None) -> int | None:
        if text is None:
            return None
        try:
            return duration.parse(text)
        except ValueError as error:
            self.wrong(path, str(error))
            return None


def keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys a document may have at a path."""
    at: Any = model
    for part in path:
        at = _inner(at, part)
    found = _model(at)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def by_place(problem: Problem) -> tuple[str, int, int]:
    """The order of the file, for `sorted`."""
    file, line, column = [*problem.where.rsplit(":", 2), "0", "0"][:3]
    return file, int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0


def _items(error: ValidationError) -> list[Any]:
    """The findings, without those that only say which alternative was not meant."""
    found: list[Any] = list(error.errors(include_url=False))

    def alternative(item: Any) -> bool:
        return item["type"] == "string_type" and isinstance(item.get("input"), dict)

    return [item for item in found if not alternative(item) or all(alternative(other) for other in found)]


def _inner(annotation: Any, part: str | int) -> Any:
    """What stands under a key or a place of an annotated type."""
    model = _model(annotation)
    if model is not None:
        fields = {one.alias or name: one for name, one in model.model_fields.items()}
        field = fields.get(str(part))
        return field.annotation if field else None
    for one in _alternatives(annotation):
        if get_origin(one) is dict and isinstance(part, str):
            return get_args(one)[1]
        if get_origin(one) is list and isinstance(part, int):
            return get_args(one)[0]
    return None


def _model(annotation: Any) -> type[BaseModel] | None:
    return next(
        (one for one in _alternatives(annotation) if isinstance(one, type) and issubclass(one, BaseModel)), None
    )


def _alternatives(annotation: Any) -> list[Any]:
    if hasattr(annotation, "__metadata__"):
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [found for one in get_args(annotation) if one is not NoneType for found in _alternatives(one)]
    return [annotation]


def _pattern_remedy(key: str) -> str:
    return {
        "currency": "write three capitals, as CNY",
        "colour": "write '#c62828'",
    }.get(key, "use small letters, digits and underscores, a letter first")


def _drop(data: Any, path: Path) -> None:
    """Take out what stands at a path; an item of a list leaves None, so that the others keep their places."""
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict):
        data.pop(path[-1], None)
    elif isinstance(data, list) and isinstance(path[-1], int) and path[-1] < len(data):
        data[path[-1]] = None

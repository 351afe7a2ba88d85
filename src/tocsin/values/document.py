"""YAML with places: plain data, and for each path of it the file, line and column it came from.

A small, strict YAML: one document, no anchors or aliases, no repeated keys, and only the scalars
of YAML 1.2 (a country code NO stays a text).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from tocsin.values.problem import Problem, Refused, shown

LARGEST = 1_000_000
DEEPEST = 32
Path = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of the document stands. `raw` is its text in the file, `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    raw: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def inside(self, value: str, offset: int) -> Place:
        """The place of character `offset` of a scalar, also where YAML folded or quoted it."""
        at = 0
        for character in value[:offset].split():
            found = self.raw.find(character, at)
            at = found + len(character) if found >= 0 else at
        rest = value[offset:].split()
        found = self.raw.find(rest[0], at) if rest else -1
        at = found if found >= 0 else at
        above = self.raw[:at].count("\n")
        column = at - self.raw.rfind("\n", 0, at) if above else self.column + at
        return Place(self.file, self.line + above, column)


@dataclass
class Source:
    """The data of a document and the place of every path in it."""

    file: str
    data: dict[str, Any]
    places: dict[Path, Place] = field(default_factory=dict)

    def place(self, path: Path) -> Place:
        """The place of a path, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file, 1, 1))

    def part(self, key: str) -> Source:
        """What stands under a key, as a document of its own: the places stay those of the file."""
        places = {path[1:]: place for path, place in self.places.items() if path[:1] == (key,)}
        return Source(self.file, self.data[key], places)


class _Loader(yaml.SafeLoader):
    """Composes nodes as they are read, so that what is not allowed ends the reading where it stands."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text)
        self.file = file
        self.depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        place = f"{self.file}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise Refused(Problem("anchors and aliases are not allowed", place, "write the value out"))
        if event.tag is not None:
            raise Refused(Problem("tags are not allowed", place, "write the value without '!'"))
        if self.depth == DEEPEST:
            raise Refused(Problem("nested too deeply", place, f"a document has at most {DEEPEST} levels"))
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read(text: str, file: str) -> Source:
    """A YAML text to data with places. Refused with every mistake of form that can be told apart."""
    if len(text) > LARGEST:
        raise Refused(Problem(f"{len(text):,} characters is too large", file, f"a document has at most {LARGEST:,}"))
    try:
        node = _Loader(text, file).get_single_node()
        source = Source(file, {})
        mistakes: list[Problem] = []
        data = _value(node, (), source, text, mistakes) if node is not None else None
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        where = f"{file}:{at.line + 1}:{at.column + 1}" if at else file
        raise Refused(Problem(f"not YAML: {error.problem}", where, "check indentation, colons and quotes")) from None
    except yaml.YAMLError as error:
        raise Refused(Problem(f"not YAML: {str(error).splitlines()[0]}", file, "save it as UTF-8 text")) from None
    if mistakes:
        raise Refused(*mistakes)
    if not isinstance(data, dict):
        raise Refused(
            Problem("this is not a document of names and values", f"{file}:1:1", "write lines of 'name: value'")
        )
    source.data = data
    return source


def extended(text: str, file: str, fetch: Callable[[str], str], seen: tuple[str, ...] = ()) -> Source:
    """The same, with `extends: OTHER` laid under it: maps merge, values replace, null removes."""
    source = read(text, file)
    base_name = source.data.pop("extends", None)
    if base_name is None:
        return source
    where = str(source.place(("extends",)))
    if not isinstance(base_name, str):
        raise Refused(Problem(f"{shown(base_name)} is not the name of a file", where, "write 'extends: card.yaml'"))
    if base_name in seen or base_name == file:
        raise Refused(Problem(f"'extends: {base_name}' leads back to itself", where, "extend another policy"))
    try:
        base_text = fetch(base_name)
    except UnicodeDecodeError:
        raise Refused(Problem(f"{shown(base_name)} is not UTF-8 text", where, "save it as UTF-8")) from None
    except (OSError, ValueError):
        remedy = "give the path from this file's folder"
        raise Refused(Problem(f"{shown(base_name)} cannot be read", where, remedy)) from None
    base = extended(base_text, base_name, fetch, (*seen, file))
    return Source(file, _laid_over(base.data, source.data), {**base.places, **source.places})


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        if value is None and key in below:
            del result[key]
        elif isinstance(value, dict) and isinstance(below.get(key), dict):
            result[key] = _laid_over(below[key], value)
        else:
            result[key] = value
    return result


def _value(node: yaml.Node, path: Path, source: Source, text: str, mistakes: list[Problem]) -> Any:
    start, end = node.start_mark, node.end_mark
    raw = text[start.index : end.index] if isinstance(node, yaml.ScalarNode) else ""
    source.places[path] = Place(source.file, start.line + 1, start.column + 1, raw)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), source, text, mistakes) for index, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = f"{source.file}:{key_node.start_mark.line + 1}:{key_node.start_mark.column + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            mistakes.append(Problem("a name is needed before the colon", place, "write 'name: value'"))
            continue
        key = str(key_node.value)
        if key in result:
            mistakes.append(Problem(f"'{key}' is written twice", place, "keep one of them"))
        result[key] = _value(value_node, (*path, key), source, text, mistakes)
        source.places.setdefault(
            (*path, key), Place(source.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        )
        source.places[(*path, key, "\0key")] = Place(
            source.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1
        )
    return result


def _scalar(node: yaml.ScalarNode) -> str | int | bool | None:
    value = str(node.value)
    if node.style is not None:
        return value
    if value in ("", "~", "null"):
        return None
    if value in ("true", "false"):
        return value == "true"
    if _INTEGER.fullmatch(value) and len(value) < 19:
        return int(value)
    return value

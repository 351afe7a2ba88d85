"""The words that templates are read for: elements a text may need, phrases it may not hold, placeholders it may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.credit.conduct.law import RuleReader
from tocsin.credit.conduct.vocabulary import ELEMENTS, PHRASES
from tocsin.values.document import Path, read
from tocsin.values.problem import Refused

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Entry:
    """Placeholders and phrases that mean one thing. A phrase is found in texts of either language."""

    fields: tuple[str, ...]
    phrases: tuple[str, ...]
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Words:
    elements: Mapping[str, Entry]
    phrases: Mapping[str, Entry]
    fields: frozenset[str]


def read_words(text: str, file: str) -> Words:
    """A text of words to words. Refused with every mistake."""
    reader = RuleReader(read(text, file))
    data = reader.source.data
    reader.keys((), data, ("elements", "phrases", "other_fields"))
    elements = _entries(reader, "elements", ELEMENTS)
    phrases = _entries(reader, "phrases", PHRASES)
    others = _list(reader, ("other_fields",), data.get("other_fields", []))
    if reader.problems:
        raise Refused(*reader.problems)
    fields = {field for entry in (*elements.values(), *phrases.values()) for field in entry.fields}
    return Words(elements, phrases, frozenset(fields | set(others)))


def _entries(reader: RuleReader, name: str, known: tuple[str, ...]) -> dict[str, Entry]:
    given = reader.source.data.get(name)
    if not isinstance(given, dict):
        reader.wrong((name,), f"'{name}' is missing", f"add '{name}:'")
        return {}
    reader.keys((name,), given, known)
    for word in known:
        if word not in given:
            reader.wrong((name,), f"'{word}' is missing", f"add '{word}:'")
    return {word: _entry(reader, (name, word), spec) for word, spec in given.items()}


def _entry(reader: RuleReader, path: Path, spec: Any) -> Entry:
    if not isinstance(spec, dict) or not spec:
        reader.wrong(path, f"'{path[-1]}' says nothing", "write fields, en and zh")
        return Entry((), (), None)
    reader.keys(path, spec, ("fields", *LANGUAGES))
    fields, english, chinese = (_list(reader, (*path, key), spec.get(key, [])) for key in ("fields", *LANGUAGES))
    patterns = [r"(?<!\w)" + r"\s+".join(map(re.escape, one.split())) + r"(?!\w)" for one in english]
    patterns += [r"\s*".join(map(re.escape, "".join(one.split()))) for one in chinese]
    pattern = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None
    return Entry(tuple(fields), (*english, *chinese), pattern)


def _list(reader: RuleReader, path: Path, given: Any) -> list[str]:
    if isinstance(given, list) and all(isinstance(one, str) and one.strip() for one in given):
        return given
    reader.wrong(path, f"'{path[-1]}' is not a list of words", "write '[one, another]'")
    return []

"""Problems in Chinese: each English sentence is recognised by its template and said by the Chinese one beside it.

Each module of this folder is one table, `SENTENCES`; it says at its head whose sentences it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from string import Formatter

from tocsin.facts.fields import FIELDS
from tocsin.values.problem import Problem

_DEEPEST = 3
"""A sentence stands in a sentence in a sentence, no deeper: foreign words cannot make it recurse."""
_UNITS = {"second": "秒", "minute": "分钟", "hour": "小时", "day": "天"}
_UNITS |= {"s": "秒", "min": "分钟", "h": "小时", "d": "天"}
_WORDS = {"number": "数值", "money": "金额", "whole": "整数", "flag": "标志", "text": "文本", "instant": "时刻"}
_WORDS |= {"duration": "时长", "none": "无"}
_AND = {"and": "与", "or": "或"}
_SMALL = re.compile(
    rf"(?<=\d) ({'|'.join(_UNITS)})s?\b(?: (?=\d))?| ({'|'.join(_AND)}) |(?<!\()\b({'|'.join(_WORDS)})\b"
)
_TIGHT = re.compile(r"(?<=[\u4e00-\u9fff]) ([与或]) (?=[\u4e00-\u9fff])")


def told(problem: Problem, language: str) -> str:
    """A problem as one sentence in a language, `en` or `zh`."""
    if language != "zh":
        return str(problem)
    what, remedy = chinese(problem.what), chinese(problem.remedy)
    text = f"{problem.where}:{what}" if problem.where else what
    return f"{text};{remedy}" if remedy else text


def chinese(text: str) -> str:
    """An English sentence, or part of one, in Chinese; it stays English where no template is like it."""
    return _said(text, 0)


@dataclass(frozen=True)
class _Slot:
    """What stands in a slot. A Chinese template shows it as it is, or asks for `:zh`, a sentence of the
    tables, or for `:words`, its units, types and conjunctions."""

    text: str
    depth: int

    def __format__(self, how: str) -> str:
        if how == "zh":
            return _said(self.text, self.depth + 1)
        return _TIGHT.sub(r"\1", _SMALL.sub(_small, self.text)) if how == "words" else self.text


def _said(text: str, depth: int) -> str:
    whole, patterns = _templates()
    known = whole.get(text.casefold())
    if known is not None or depth > _DEEPEST:
        return known or text
    for pattern, template in patterns:
        if match := pattern.fullmatch(text):
            return template.format(**{name: _Slot(part, depth) for name, part in match.groupdict().items()})
    return text


def _small(match: re.Match[str]) -> str:
    unit, conjunction, word = match.groups()
    return _UNITS[unit] if unit else f" {_AND[conjunction]} " if conjunction else _WORDS[word]


@cache
def _templates() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Sentences without slots, by their text, and patterns for the others, the most specific first."""
    whole = {field.en.casefold(): field.zh for field in FIELDS.values()}
    slotted: list[tuple[int, re.Pattern[str], str]] = []
    tables = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    for english, template in (one for table in tables for one in table.SENTENCES.items()):
        texts, slots = _parts(english)
        if slots:
            slotted.append((sum(map(len, texts)), _pattern(texts, slots), template))
        else:
            whole[texts[0].casefold()] = template.format()
    slotted.sort(key=lambda one: -one[0])
    return whole, [(pattern, template) for _, pattern, template in slotted]


def _parts(english: str) -> tuple[list[str], list[tuple[str, str]]]:
    """A template as the texts around its slots, one more than there are slots, and (name, form) of each slot."""
    texts, slots = [""], []
    for text, slot, form, _ in Formatter().parse(english):
        texts[-1] += text
        if slot is not None:
            slots.append((slot, form or ""))
            texts.append("")
    return texts, slots


def _pattern(texts: list[str], slots: list[tuple[str, str]]) -> re.Pattern[str]:
    """A template as a regular expression; `{slot:w}` is one word, `{slot}` anything.

    A slot ends where the text behind it first stands, the last one at the end. It is never tried
    longer (the groups are atomic), so that a match takes linear time.
    """
    start, *behind = map(re.escape, texts)
    kinds = {"": ".*", "w": r"\w+"}
    *inner, last = [f"(?P<{name}>{kinds[form]})" for name, form in slots]
    head = "".join(f"(?>{slot.replace('.*', '.*?')}{text})" for slot, text in zip(inner, behind, strict=False))
    return re.compile(start + head + last + behind[-1], re.IGNORECASE | re.DOTALL)

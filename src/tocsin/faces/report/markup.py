"""HTML and SVG from Python: text is escaped by type, and every text is in two languages."""

from __future__ import annotations

from html import escape
from typing import NamedTuple, NewType

Html = NewType("Html", str)
"""Markup that is safe as it stands. Only `el` and `join` make it."""


class Both(NamedTuple):
    """One text in English and in Chinese, not yet escaped."""

    en: str
    zh: str


Child = Html | Both | None
Attribute = str | float | None


def el(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """An element, well-formed as XML too. `class_` is class, `stroke_width` is stroke-width; None is left out."""
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    inside = join(*children)
    return Html(f"<{tag}{named}>{inside}</{tag}>" if inside or tag not in VOID else f"<{tag}{named}/>")


VOID = frozenset(["meta", "input", "br", "path", "rect", "line", "circle", "polygon"])


def join(*children: Child) -> Html:
    return Html("".join(_both(child) if isinstance(child, Both) else child for child in children if child is not None))


def same(text: object) -> Both:
    """Text that reads the same in both languages: a name, a number."""
    return Both(str(text), str(text))


def pairs(*texts: str) -> list[Both]:
    """`pairs("Rule|规则", "Level|级别")`: the heads of a table."""
    return [Both(*text.split("|")) for text in texts]


def say(en: str, zh: str, **values: Both | str) -> Both:
    """A sentence with values in braces, each put in in the language of the sentence."""
    pairs = {name: same(value) if isinstance(value, str) else value for name, value in values.items()}
    return Both(
        en.format_map({name: pair.en for name, pair in pairs.items()}),
        zh.format_map({name: pair.zh for name, pair in pairs.items()}),
    )


def sentences(*parts: Both | None) -> Both:
    """Sentences in a row: English needs a space between two, Chinese none."""
    said = [part for part in parts if part is not None and part.en]
    return Both(" ".join(part.en for part in said), "".join(part.zh for part in said))


def _both(text: Both) -> str:
    if text.en == text.zh:
        return escape(text.en)
    return f'<span class="en" lang="en">{escape(text.en)}</span><span class="zh" lang="zh-CN">{escape(text.zh)}</span>'


def _value(value: str | float | None) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)

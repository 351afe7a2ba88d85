"""Expressions and values in words, for explanations in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tocsin.policy import tree
from tocsin.policy.check import PLACEHOLDER
from tocsin.policy.policy import Measure, Policy
from tocsin.policy.types import Type
from tocsin.values import duration, instant, money

NOTHING = "—"
_ASPECTS = {"hour": "hour({})", "weekday": "weekday({})", "day": "day({})", "month": "month({})"}


def expression(expr: tree.Expr, currency: str) -> str:
    """A checked tree as SQL, in the units its author wrote."""
    match expr:
        case tree.Number(value, kind):
            if kind.base == "money":
                return str(money.major(int(value), currency))
            if kind.base == "duration":
                return f"interval '{duration.written(int(value))}'"
            return ("true" if value else "false") if kind.base == "flag" else f"{value.normalize():f}"
        case tree.Word(word):
            return "'" + word.replace("'", "''") + "'"
        case tree.Field(name, _, "like", (pattern,)):
            return f"{name} like '{pattern}'"
        case tree.Field(name, _, "in", words):
            return f"{name} in (" + ", ".join(f"'{word}'" for word in words) + ")"
        case tree.Field(name, _, aspect):
            return _ASPECTS.get(aspect, "{}").format(name)
        case tree.Signal(name):
            return name
        case tree.Arithmetic(op, left, right):
            inner = f"{expression(left, currency)} {op} {expression(right, currency)}"
            return inner if op in "*/" else f"({inner})"
        case tree.Call(function, arguments):
            return f"{function}(" + ", ".join(expression(a, currency) for a in arguments) + ")"
        case tree.Choice(branches, otherwise):
            parts = [f"when {expression(w, currency)} then {expression(t, currency)}" for w, t in branches]
            tail = "" if otherwise is None else f" else {expression(otherwise, currency)}"
            return "case " + " ".join(parts) + tail + " end"
        case tree.Compare(op, left, right):
            return f"{expression(left, currency)} {op} {expression(right, currency)}"
        case tree.IsNull(operand, negated):
            return f"{expression(operand, currency)} is {'not ' if negated else ''}null"
        case tree.Test(operand, expected):
            inner = expression(operand, currency)
            return inner if expected else f"not {inner}"
        case tree.Logic(op, parts_):
            return f" {op} ".join(
                f"({expression(p, currency)})" if isinstance(p, tree.Logic) else expression(p, currency) for p in parts_
            )


def shower(
    kind: Type, policy: Policy, language: str, words: list[str] | None, style: str = ""
) -> Callable[[float], str]:
    """How observed values of a type are shown to a person. NaN is nothing; `words` are the texts behind codes."""
    currency = policy.currency

    def moment(number: float) -> str:
        local = instant.instant(int(number)).astimezone(instant.zone(policy.timezone))
        return f"{local - timedelta(microseconds=local.microsecond):%Y-%m-%d %H:%M:%S}"

    def ratio(number: float) -> str:
        return f"{number:,.2f}".rstrip("0").rstrip(".") if abs(number) < 1e6 else f"{number:,.0f}"

    flags = {"en": ("no", "yes"), "zh": ("否", "是")}[language]
    ways: dict[str, Callable[[float], str]] = {
        "money": lambda number: money.written(number, currency),
        "whole": lambda number: f"{int(number):,}",
        "duration": lambda number: duration.spoken(number, language),
        "instant": moment,
        "flag": lambda number: flags[int(number)],
        "text": lambda number: words[int(number)] if words is not None else NOTHING,
        "percent": lambda number: f"{number:.0%}" if number >= 0.1 else f"{number:.1%}",
    }
    way = ways.get(style or kind.base, ratio)
    return lambda number: way(number) if number == number else NOTHING


def placeholders(text: str) -> list[tuple[str, str, str]]:
    """(whole, name, style) of each {name} or {name:style} in a text."""
    return [(m[0], *m[1].partition(":")[::2]) for m in PLACEHOLDER.finditer(text)]


_FUNCTIONS = {
    "count": ("number of facts", "笔数"),
    "sum": ("sum of {}", "{}之和"),
    "mean": ("mean of {}", "{}的均值"),
    "min": ("least {}", "{}的最小值"),
    "max": ("greatest {}", "{}的最大值"),
    "std": ("standard deviation of {}", "{}的标准差"),
    "distinct": ("number of different {}", "不同{}的数量"),
    "elapsed": ("time since the last fact before this one", "距上一笔的时间"),
    "first": ("earliest {}", "最早的{}"),
    "last": ("latest {}", "最近的{}"),
}


def measure(m: Measure, language: str) -> str:
    """A windowed signal in a sentence."""
    english = language == "en"
    what = _FUNCTIONS[m.function][0 if english else 1].format(m.value_text)
    where = (f" where {m.where_text}" if english else f",限 {m.where_text}") if m.where_text else ""
    by = (" by " if english else ",按 ") + " + ".join(m.by)
    if m.over is None:
        over = " over all history" if english else ",全部历史"
    else:
        over = f" over the last {duration.written(m.over)}" if english else f",近{duration.written_zh(m.over)}"
    delay = ""
    if m.delay:
        delay = f", ending {duration.written(m.delay)} ago" if english else f",截至{duration.written_zh(m.delay)}前"
    return what + where + by + over + delay


def window(names: set[str], policy: Policy) -> str:
    """The windows behind the signals of a condition, as '24 hours' or '7 days, 7 days ago'."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    waiting = sorted(names)
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for m in policy.measures:
            if m.name == name:
                length = "all history" if m.over is None else duration.written(m.over)
                found[length + (f", {duration.written(m.delay)} ago" if m.delay else "")] = None
        for d in policy.derived:
            if d.name == name:
                waiting.extend(sorted(tree.signals(d.value)))
    return "; ".join(found)

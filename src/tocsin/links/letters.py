"""Messages as letters: a subject and a plain text, in English or Chinese.

What a letter shows of `data`, all of it optional: `account`, `at`, `decision`, `policy`, `outcome`,
`score`, `cause`, the levels `level`, `before` and `after`, and `fired`: rules with `level`, `say` and
`conditions` (`condition`, `observed_text`, `threshold_text`, `window`). A warning may have its rule's
parts beside the others. Texts in both languages are {"en": …, "zh": …}; levels may have a `title`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

_WORDS = {
    "warning.raised": {"en": "{level} warning, account {account}", "zh": "账户 {account} {level}预警"},
    "warning.level_changed": {
        "en": "Level {before} → {after}, account {account}",
        "zh": "账户 {account} 预警级别 {before} → {after}",
    },
    "decision.created": {"en": "Decision {outcome}, account {account}", "zh": "账户 {account} 决策:{outcome}"},
    "approve": {"en": "approve", "zh": "通过"},
    "review": {"en": "review", "zh": "人工审核"},
    "block": {"en": "block", "zh": "拒绝"},
    "none": {"en": "none", "zh": "无"},
    "quiet": {"en": "quiet since", "zh": "此后无异常"},
    "condition": {
        "en": "{condition}: observed {observed_text}, threshold {threshold_text}",
        "zh": "{condition}:观测值 {observed_text},阈值 {threshold_text}",
    },
    "window": {"en": " ({window})", "zh": "({window})"},
    "line": {"en": "{}: {}", "zh": "{}:{}"},
    "subject": {"en": "Tocsin: {}", "zh": "警钟:{}"},
    "footer": {"en": "Tocsin · message {} · {}", "zh": "警钟 · 消息 {} · {}"},
}
_LINES = {
    "at": {"en": "When", "zh": "时间"},
    "level": {"en": "Level", "zh": "级别"},
    "outcome": {"en": "Outcome", "zh": "决策"},
    "score": {"en": "Score", "zh": "评分"},
    "rule": {"en": "Rule", "zh": "规则"},
    "cause": {"en": "Cause", "zh": "起因"},
    "policy": {"en": "Policy", "zh": "策略"},
    "decision": {"en": "Decision", "zh": "决策编号"},
}
_MISSING = "–"


def written(id: str, body: bytes, language: str) -> tuple[str, str]:
    """(subject, text) of a message. `body` is JSON: {"type", "timestamp", "data"}."""
    message: dict[str, Any] = msgspec.json.decode(body)
    data: dict[str, Any] = message["data"]
    shown = {name: _shown(data.get(name), language) for name in ("account", "level", "before", "after", "outcome")}
    kind = str(message["type"])
    title = _WORDS[kind][language].format(**shown) if kind in _WORDS else kind
    title = title[:1].upper() + title[1:]
    lines = [title, ""]
    lines += [
        _WORDS["line"][language].format(_LINES[name][language], _shown(data[name], language))
        for name in _LINES
        if data.get(name) is not None
    ]
    for rule in [data] if "say" in data else data.get("fired") or []:
        lines += ["", *_reasons(rule, language)]
    lines += ["", _WORDS["footer"][language].format(id, message["timestamp"])]
    return _WORDS["subject"][language].format(title), "\n".join(lines) + "\n"


def _reasons(rule: dict[str, Any], language: str) -> Iterator[str]:
    """A rule that fired: its sentence, then each condition with what was observed."""
    yield _shown(rule.get("say"), language)
    for condition in rule.get("conditions") or []:
        parts = {
            name: _shown(condition.get(name), language) for name in ("condition", "observed_text", "threshold_text")
        }
        line = _WORDS["condition"][language].format(**parts)
        if condition.get("window"):
            line += _WORDS["window"][language].format(window=_shown(condition["window"], language))
        yield f"  · {line}"


def _shown(value: Any, language: str) -> str:
    """A value for a person: texts and levels in their language, words of ours translated, on one line."""
    if isinstance(value, dict):
        value = value.get(language) or value.get("title") or value.get("name")
        return _shown(value, language)
    if value is None or value == "":
        return _MISSING
    text = " ".join(str(value).split())
    return _WORDS[text][language] if text in ("approve", "review", "block", "none", "quiet") else text

"""The report page: well-formed, self-contained, in two languages throughout, and safe with hostile names."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.faces.report.page import html
from tocsin.faces.report.words import share
from tocsin.insight.backtest import Assessed, LevelCard, RuleCard, Tally, Warned

DAY = 86_400_000_000
HOSTILE = """</style><script>alert("1")</script>' onload='x' &amp; {0} %s"""
LEVELS = [
    LevelCard(name, {"en": name.title(), "zh": zh}, colour)
    for name, zh, colour in (
        ("blue", "蓝色", "#2f6fb5"), ("yellow", "黄色", "#e3b505"),
        ("orange", "橙色", "#e8792b"), ("red", "红色", "#c62f3a"),
    )
]  # fmt: skip
RULES = [
    RuleCard("large", 4, 9, {"en": "Large {amount}", "zh": "大额{amount}"}),
    RuleCard("twin", 4, 9, {"en": "The same as large", "zh": "与大额相同"}),
    RuleCard("noisy", 1, 1, {"en": "Fires at random", "zh": "随机命中"}),
    RuleCard("never", 3, 5, {"en": "Cannot fire", "zh": "不会命中"}),
]
META: dict[str, object] = {
    "title": {"en": "Half a year", "zh": "半年"}, "policy": "cards", "version": 2, "digest": "sha256:00",
    "currency": "CNY", "source": "facts.csv", "read": 4000, "rejected": 1, "duplicates": 2, "seconds": 0.5,
    "levels": LEVELS, "rules": RULES,
}  # fmt: skip


def summary(
    days: int = 200, facts: int = 4000, labelled: bool = True, bad: bool = True, rules: list[RuleCard] = RULES
) -> dict[str, Any]:
    random = np.random.default_rng(7)
    time = np.sort(random.integers(0, days * DAY, facts)) + 1_767_225_600_000_000
    large, noisy = random.random(facts) < 0.02, random.random(facts) < 0.1
    label = (large & (random.random(facts) < 0.8) | (random.random(facts) < 0.01)) & bad
    fired = (large * 3 + noisy * 4).astype(np.int64)[:, None]
    level = np.where(large, 4, noisy * 1).astype(np.int8)
    key = random.integers(0, 300, facts)
    amount = random.integers(100, 100_000, facts)
    tally = Tally(LEVELS, rules, "Asia/Shanghai", labelled)
    score = (large * 18 + noisy).astype(np.int32)
    tally.add(Assessed(time, key, amount, fired, level, score, level, label.astype(np.int8)))
    at = np.flatnonzero(level)
    tally.warn(Warned(time[at], np.where(large, 0, 2)[at].astype(np.int32), level[at], key[at]))
    return tally.summary()


def parsed(page: str) -> ElementTree.Element:
    assert page.startswith("<!DOCTYPE html>\n")
    return ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


CASES = {
    "half a year": summary(),
    "no labels": summary(labelled=False),
    "nothing bad": summary(bad=False),
    "one day": summary(days=1, facts=40),
    "two months": summary(days=60, facts=300),
    "three years": summary(days=1100),
    "nothing": summary(facts=0),
}


@pytest.mark.parametrize("case", CASES)
def test_the_page_is_whole_and_loads_nothing(case: str) -> None:
    page = html(CASES[case], META)
    root = parsed(page)
    names = {element.tag for element in root.iter()}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "use", "image"}
    attributes = [(name, value) for element in root.iter() for name, value in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("href", "src", "style", "action")]
    assert not re.search(r"https?:|//|@import|url\((?!#)|javascript:", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in [value for _, value in attributes]
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    referred = {value for name, joined in attributes if name in ("aria-labelledby", "for") for value in joined.split()}
    referred |= set(re.findall(r"url\(#([^)]+)\)", page))
    assert referred <= set(ids)
    assert "nan" not in re.findall(r"[a-z]+", page.lower())
    assert "None" not in page


@pytest.mark.parametrize("case", CASES)
def test_everything_is_said_in_both_languages_and_to_those_who_cannot_see(case: str) -> None:
    root = parsed(html(CASES[case], META))
    for parent in root.iter():
        said = [child for child in parent if set(child.get("class", "").split()) & {"en", "zh"}]
        for en, zh in zip(said[::2], said[1::2], strict=True):
            assert (en.get("lang"), zh.get("lang"), en.tag) == ("en", "zh-CN", zh.tag)
            assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", en.text or "")
            assert not re.search(r"[\u4e00-\u9fff][,;:]|[,;:][\u4e00-\u9fff]", zh.text or "")
            assert not re.search(r"\{\w*\}", (en.text or "").replace("{amount}", ""))
    for section in root.iter("section"):
        classes = {element.get("class", "").split(" ")[0] for element in section.iter()}
        assert {"en", "zh"} <= classes
    assert all(table.find("caption") is not None for table in root.iter("table"))
    pictures = [svg for svg in root.iter("svg") if svg.get("role") == "img"]
    assert all(svg.find("title") is not None and svg.find("desc") is not None for svg in pictures)
    assert all(svg.get("role") == "img" or svg.get("aria-hidden") == "true" for svg in root.iter("svg"))


def test_the_charts_and_the_advice_are_there() -> None:
    page = html(CASES["half a year"], META)
    for name in ("over-time", "workload", "by-level", "precision-recall", "card-days", "costs"):
        assert f'id="{name}-title"' in page
    assert "Never fired." in page
    assert "Fires on exactly the same facts as large" in page
    assert "与large命中的事件完全相同" in page
    without = html(CASES["no labels"], META)
    assert without.count("With labels") == 4
    assert "costs-title" not in without


@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=30))
@settings(max_examples=25, deadline=None)
def test_names_from_outside_stay_text(name: str) -> None:
    for text in (name, HOSTILE):
        rules = [RuleCard(text, 4, 9, {"en": text, "zh": text + "x"}), *RULES[1:]]
        levels = [LevelCard(text, {"en": text}, text), *LEVELS[1:]]
        named = {"policy": text, "source": text, "digest": text, "title": {"en": text, "zh": text}}
        root = parsed(html(summary(20, 200, rules=rules), META | named | {"rules": rules, "levels": levels}))
        assert [element.text for element in root.iter("h1")] == [text]
        assert text in [element.text for element in root.iter("code")]
        assert "script" not in {element.tag for element in root.iter()}
        (style,) = root.iter("style")
        assert "fill:#888888" in str(style.text)


def test_a_saved_summary_gives_the_same_page() -> None:
    saved = json.loads(json.dumps(CASES["half a year"]))
    cards = {"levels": [asdict(level) for level in LEVELS], "rules": [asdict(rule) for rule in RULES]}
    assert html(saved, META | cards) == html(CASES["half a year"], META)


def test_the_language_shown_first_can_be_chosen() -> None:
    root = parsed(html(CASES["one day"], META | {"language": "zh"}))
    assert root.get("lang") == "zh-CN"
    assert [radio.get("id") for radio in root.iter("input") if radio.get("checked")] == ["zh"]


def test_a_summary_that_is_not_one_is_refused_by_name() -> None:
    with pytest.raises(msgspec.ValidationError, match="totals"):
        html({"timezone": "UTC"}, META)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.0084, "0.84%"),
        (0.43, "43%"),
        (0.99999, ">99.9%"),
        (0.00001, "<0.01%"),
        (0.0999, "10%"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(value: float | None, text: str) -> None:
    assert share(value).en == text

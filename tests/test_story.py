"""docs/story.md and docs/story.zh.md are what the product says. `python -m tests.test_story --write` renews them."""

from __future__ import annotations

import sys

import pytest

from tests.storybook import PAGES, pages


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    return pages()


@pytest.mark.parametrize("language", PAGES)
def test_the_story_is_what_the_product_says(told: dict[str, str], language: str) -> None:
    page = PAGES[language]
    assert told[language].splitlines() == page.read_text("utf-8").splitlines(), (
        "if it should: python -m tests.test_story --write"
    )


if __name__ == "__main__":
    for language, text in pages().items():
        print(text) if sys.argv[1:] != ["--write"] else PAGES[language].write_text(text, "utf-8")

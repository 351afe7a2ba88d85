"""What a person reads, in both languages beside each other."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """One sentence or name, English and Chinese."""

    en: str
    zh: str

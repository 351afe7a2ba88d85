"""Types of the language, and the catalogue of names an expression may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Base = Literal["money", "number", "whole", "flag", "text", "instant", "duration", "error"]


@dataclass(frozen=True, slots=True)
class Type:
    """money: minor units. whole: an integer. number: a quotient. duration: microseconds."""

    base: Base
    domain: str = ""

    def __str__(self) -> str:
        return f"text ({self.domain})" if self.base == "text" and self.domain else self.base

    @property
    def numeric(self) -> bool:
        return self.base in ("number", "whole")

    @property
    def exact(self) -> bool:
        """Held as an integer, so that windows can sum it exactly."""
        return self.base in ("money", "whole", "flag", "duration", "instant")


MONEY = Type("money")
NUMBER = Type("number")
WHOLE = Type("whole")
FLAG = Type("flag")
TEXT = Type("text")
INSTANT = Type("instant")
DURATION = Type("duration")
ERROR = Type("error")


@dataclass(frozen=True, slots=True)
class Entry:
    """A name an expression may use: a field of the fact, or a signal."""

    type: Type
    source: Literal["fact", "signal"]
    outcome: bool = False
    """Known only after the event; a signal may read it only with a delay."""


Catalogue = Mapping[str, Entry]

"""Facts before they are tables: one record each, texts as numbers, instants in microseconds UTC."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS
from tocsin.replay.bank.draws import Ints
from tocsin.replay.bank.world import CATEGORIES, COUNTRIES, CURRENCIES, MCC_ATM

Rows = NDArray[np.void]
"""Records of dtype RECORD."""

WORDS = (
    *KINDS, *COUNTRIES, *CURRENCIES, *(category.mcc for category in CATEGORIES), MCC_ATM,
    "chip", "contactless", "online", "atm", "app", "branch", "phone", "sms",
    "bank_transfer", "direct_debit", "cash", "late", "email", "address", "password",
    "employed", "unemployed", "good_conduct", "request", "risk", "insufficient_funds", "taken_back",
    "not_recognised", "unauthorised", "bust_out", "mistaken",
    "right_party", "no_answer", "wrong_number", "promise", "refused", "evaded",
)  # fmt: skip
WORD = {word: number for number, word in enumerate(dict.fromkeys(WORDS))}

ABSENT = {"text": -1, "flag": -1, "money": -(2**63), "whole": -(2**63), "instant": -(2**63)}
_STORED = {"text": np.int32, "flag": np.int8, "money": np.int64, "whole": np.int64, "instant": np.int64}
RECORD = np.dtype([(name, _STORED[field.type]) for name, field in FIELDS.items()])
_BLANK = np.array(tuple(ABSENT[field.type] for field in FIELDS.values()), RECORD)


def words(*choices: str) -> Ints:
    return np.array([WORD[choice] for choice in choices], np.int64)


def written(kind: str, **fields: Any) -> Rows:
    """Rows of one kind, a column or a single value for each field; known as they happen unless said."""
    rows = np.full(len(fields["account"]), _BLANK)
    rows["kind"] = WORD[kind]
    for name, value in fields.items():
        rows[name] = WORD[value] if isinstance(value, str) else value
    if "recorded_at" not in fields:
        rows["recorded_at"] = rows["occurred_at"]
    return rows


def stacked(parts: list[Rows]) -> Rows:
    """As np.concatenate, which would compare the records field by field first."""
    ends = np.cumsum([len(rows) for rows in parts], dtype=np.int64)
    stack = np.empty(ends[-1] if parts else 0, RECORD)
    for rows, end in zip(parts, ends, strict=True):
        stack[end - len(rows) : end] = rows
    return stack

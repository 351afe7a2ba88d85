"""What is answered to a fact: by the rules that fire and their levels; money that comes back is never blocked."""

from __future__ import annotations

import pytest

from tests.support import START, policy_of
from tests.test_again import struct
from tocsin.engine.decide import Decider
from tocsin.policy.document import DECISIONS

POLICY = policy_of(
    """
    policy: answers
    version: 1
    currency: CNY
    rules:
      small: {when: "amount >= 1.00", level: blue, say: {en: a, zh: b}}
      middle: {when: "amount >= 10.00", level: orange, say: {en: a, zh: b}}
      large: {when: "amount >= 100.00", level: red, say: {en: a, zh: b}}
      quiet: {when: "amount >= 1000.00", level: red, decision: approve, say: {en: a, zh: b}}
      odd: {when: "amount = 5.00", level: blue, decision: block, say: {en: a, zh: b}}
    """
)()
ANSWERS = [
    # kind, amount in fen, answer
    ("purchase", 99, "approve"),
    ("purchase", 100, "approve"),
    ("purchase", 500, "block"),
    ("purchase", 1_000, "review"),
    ("purchase", 10_000, "block"),
    ("purchase", 100_000, "block"),
    ("transfer", 10_000, "block"),
    ("payment", 1_000, "review"),
    ("payment", 10_000, "review"),
    ("refund", 500, "approve"),
    ("refund", 100_000, "review"),
]


@pytest.mark.parametrize(("kind", "amount", "answer"), ANSWERS)
def test_the_answer_to_a_fact(kind: str, amount: int, answer: str) -> None:
    decider = Decider(POLICY)
    fact = struct({"fact_id": "f", "kind": kind, "account": "a", "amount": amount, "occurred_at": START})
    (decision,) = decider.decide([fact], decider.coder.matrix(decider.coder.read([fact]), [0], [START]))
    assert DECISIONS[decision.answer] == answer

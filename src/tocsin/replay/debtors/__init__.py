"""A simulated bank's debtors, for rehearsing collections: they pay, miss, answer, promise, refuse, fall ill and die.

    debtors = Debtors(seed=1, accounts=5_000, profile="CN", start=date(2025, 10, 1))
    debtors.morning(day)            # what the bank books and is told before eight: statements, fees, addresses, stops
    debtors.told(messages)          # what reached people, and what they answer
    debtors.called(call)            # a collector's call, and what came of it
    debtors.evening(day)            # what people do of themselves: pay, miss, keep promises, perform plans

Everything is a pure function of the seed and of what people are told; nothing reads a clock. How each kind of
person answers each treatment is a table that is known (`truths`), so that what is measured can be held against
what is true. Read in this order: `draws`, `truths`, `places`, `people`,
`accounts`, `pen`, `lives`, `town` (who and what there is); `core` (the bank), `replies`, `habits` (the people); `debtors`.
"""

from tocsin.replay.debtors.debtors import Debtors
from tocsin.replay.debtors.replies import Call, Message, Offer, Outcome
from tocsin.replay.debtors.truths import RESPONSES, Response

__all__ = ["RESPONSES", "Call", "Debtors", "Message", "Offer", "Outcome", "Response"]

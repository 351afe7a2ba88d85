"""A message that was decided and has not left: may it still? Much may come to be known within a quarter of an hour."""

from __future__ import annotations

from tocsin.credit.collection.book import Book
from tocsin.credit.collection.contact import UNSEEN
from tocsin.credit.collection.house import House
from tocsin.credit.collection.turn import Turn
from tocsin.credit.conduct import Contact, Refused

_ASKING = frozenset((
    "reminder", "collection", "offer", "visit_notice", "bureau_notice", "remedy_notice", "legal_warning",
))  # fmt: skip
"""Purposes of messages that have no point once nothing is due, a promise is open or a plan is kept."""


def objection(book: Book, attempt: str, now: int, house: House) -> str:
    """What speaks against sending a message now that was reserved as an attempt: a rule's id, or a word; empty where
    nothing does."""
    under = book.under_way.get(attempt)
    known = next((one for one in reversed(book.attempts) if one.id == attempt), None)
    if under is None or known is None or under.outcome != "under_way":
        return "over"
    turn = Turn(book, now, house)
    if known.purpose in _ASKING:
        here = [turn.positions[debt] for debt in known.debts if debt in turn.positions]
        if not any(one.past_due or one.minimum_due for one in here):
            return "paid"
        if turn.quiet:
            return "quiet"
    asked = Contact(
        known.person, known.role, under.point, known.channel, known.purpose, known.debts, "lender",
        discloses=known.channel not in UNSEEN, attempt=attempt,
    )  # fmt: skip
    answer = house.gate.ask(asked, turn.person, turn.history, now)
    return answer.rule if isinstance(answer, Refused) else ""

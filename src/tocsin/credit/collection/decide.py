"""What is to be done now about a person, as facts: from the book, a moment and the house's strategy.

Each fact is evolved into the book at once, so what comes after it knows of it; the steps are gone through again
until nothing is left to do. So deciding again at the same moment, on the book with these facts, gives none.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.credit.collection import account, case, incentives, offer, recover, release, task, treat
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.contact import UNSEEN, points
from tocsin.credit.collection.house import NOTHING, Beside, House
from tocsin.credit.collection.turn import Turn
from tocsin.credit.conduct import Allowed, Contact, Refused, people
from tocsin.credit.conduct.unknown import UNKNOWN
from tocsin.facts.dealings import ContactAttempt, ContactRefused
from tocsin.facts.kinds import Fact
from tocsin.values import instant

ROUNDS = 8
"""More than any strategy needs that does not contradict itself."""


def decide(book: Book, now: int, house: House, beside: Beside = NOTHING) -> list[Fact]:
    """The facts that are to come of a person's book at a moment (µs UTC); none where nothing is to be done."""
    turn = Turn(book, now, house, beside)
    for _ in range(ROUNDS):
        before = len(turn.facts)
        case.positions(turn)
        release.restrictions(turn)
        case.silent(turn)
        case.promises(turn)
        offer.changed(turn)
        case.case(turn)
        account.charged_off(turn)
        incentives.judged(turn)
        task.tidied(turn)
        treat.climb(turn)
        recover.due(turn)
        if len(turn.facts) == before:
            break
    return turn.facts


@dataclass(frozen=True, slots=True)
class Request:
    """A contact that somebody wants to make. `contact`: the contact point, the surest where absent; `accounts`: all
    that are due where empty. `attempt`: a call under way in which more is to be said; `verified`: who listens has
    shown who they are, and only then the debt may be spoken of."""

    channel: str
    purpose: str
    contact: str | None = None
    role: str = "debtor"
    accounts: tuple[str, ...] = ()
    task: str | None = None
    verified: bool = False
    actor: str | None = None
    attempt: str | None = None
    by: str = "lender"
    consented_at: int | None = None


def ask(book: Book, request: Request, now: int, house: House) -> tuple[list[Fact], Allowed | Refused]:
    """Ask the gate for a contact: reserved where it is allowed, noted where it is refused.

    A call under way is reserved already: who is found to be the right party in it is asked about, nothing is told.
    """
    turn = Turn(book, now, house)
    running = next(
        (one for one in turn.history.attempts if one.id == request.attempt and one.channel == request.channel), None
    )
    under_way = running is not None and running.outcome == "under_way"
    asked = _asked(turn, request, request.attempt or "" if under_way else "")
    strange = _not_placed(turn, asked)
    answer = house.gate.ask(asked, turn.person, turn.history, now) if strange is None else strange
    if isinstance(answer, Refused):
        turn.tell(
            ContactRefused,
            channel=request.channel,
            purpose=request.purpose,
            rule=answer.rule,
            role=request.role,
            next_allowed=None if answer.next_allowed is None else instant.instant(answer.next_allowed),
            why=answer.sentence("en")[:500],
            actor=request.actor,
        )
    elif not under_way:
        work = book.tasks.get(request.task or "")
        point = book.points.get(asked.address)
        turn.tell(
            ContactAttempt,
            attempt=f"a-{turn.mark}-{turn.book.made}",
            channel=asked.channel,
            purpose=asked.purpose,
            contact=asked.address or None,
            address=None if point is None else point.address,
            person=None if asked.person == book.person else asked.person,
            role=asked.role,
            accounts=asked.debts,
            by=asked.by,
            discloses=asked.discloses,
            consented_at=None if asked.consented_at is None else instant.instant(asked.consented_at),
            treatment=None if work is None else work.treatment,
            step=None if work is None or work.step < 0 else work.step,
            rules=answer.rules,
            actor=request.actor,
        )
    return turn.facts, answer


def _with_agency(turn: Turn, request: Request) -> tuple[str, ...]:
    """What an agency that names no debts asks about: what is late of those it has."""
    placed = turn.book.placed
    if request.by != "agency" or placed is None:
        return ()
    return tuple(debt for debt in placed.accounts if debt in turn.late) or placed.accounts


def _not_placed(turn: Turn, asked: Contact) -> Refused | None:
    """An agency contacts nobody about debts that it does not have, or no more."""
    placed = () if turn.book.placed is None else turn.book.placed.accounts
    strange = [debt for debt in asked.debts if debt not in placed]
    if asked.by != "agency" or (asked.debts and not strange):
        return None
    text = UNKNOWN["placed"]
    return Refused(text.id, text.source, {"value": ", ".join(strange)}, None, (), text)


def _asked(turn: Turn, request: Request, attempt: str) -> Contact:
    """The contact as the gate is asked for it. Nothing is told of the debt to who is not known, nor to a contact person."""
    address = request.contact or ""
    if not address and request.channel not in people.WITHOUT_ADDRESS and request.role == "debtor":
        address = next((one.id for one in points(turn, request.channel)), "")
    point = turn.book.points.get(address)
    other = point.person if point is not None else None
    return Contact(
        turn.book.person if request.role == "debtor" else other or "",
        request.role,
        address,
        request.channel,
        request.purpose,
        request.accounts or _with_agency(turn, request) or turn.scope or tuple(turn.book.accounts),
        request.by,
        request.role != "contact" and (request.verified or request.channel not in UNSEEN),
        request.verified,
        request.consented_at,
        attempt,
    )

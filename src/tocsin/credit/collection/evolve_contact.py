"""Evolving contact: attempts as they were reserved, what came of them, and what the person had to say.

What may have been a conversation counts as one. Outcomes only rise (`RANKS`), so receipts that come twice, late or
in another order leave the same outcome.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left

from msgspec.structs import replace

from tocsin.credit.collection.book import Book, Heard, Under
from tocsin.credit.collection.entry import Entry, accounts_of, micros, person_of
from tocsin.credit.collection.evolve_plan import promised
from tocsin.credit.conduct.history import Attempt
from tocsin.credit.conduct.people import SENT
from tocsin.facts import dealings, kinds
from tocsin.values.calendar import DAY

EARLIER_DAYS = 90
"""So long attempts are waited for, and late bounces and answers put to their contact point."""
MESSAGES = frozenset(("voicemail", "sms", "email", "app", "letter", "bureau", "court"))
"""On any other channel, also one not known here, somebody may have been on the line."""
WRITTEN_BACK = frozenset(("sms", "email", "app"))
FAILED = frozenset(("not_connected", "no_answer", "undeliverable"))
RANKS = {
    outcome: rank
    for rank, outcome in enumerate((
        "under_way", "sent", "not_connected", "no_answer", "delivered", "undeliverable", "left_message", "conversation",
    ))
}  # fmt: skip
"""What is told later replaces only what is lower: a notice that bounced was not delivered, a conversation stays one."""
RESULTS: dict[str, tuple[str | None, str | None]] = {
    # result: outcome where somebody may have been on the line, outcome of a message; None says nothing of it
    "sent": (None, "sent"),
    "delivered": ("conversation", "delivered"),
    "undeliverable": ("undeliverable", "undeliverable"),
    "not_connected": ("not_connected", "not_connected"),
    "no_answer": ("no_answer", None),
    "left_message": ("left_message", "left_message"),
    "right_party": ("conversation", "conversation"),
    "promise": ("conversation", "conversation"),
    "refused": ("conversation", "conversation"),
    "answered": ("conversation", "conversation"),
    "inbound": ("conversation", "conversation"),
    "evaded": ("conversation", "delivered"),
    "wrong_number": ("conversation", "undeliverable"),
}
HEARD = frozenset(("answered", "inbound", "right_party", "promise", "refused", "evaded"))
INBOUND = frozenset(("answered", "inbound"))
WRONG = frozenset(("undeliverable", "wrong_number"))
_UNTELLING = frozenset(("locate", "opt_out_confirmation"))
_OUTSIDERS = frozenset(("contact", "third"))


def attempted(book: Book, fact: dealings.ContactAttempt, entry: Entry) -> Book:
    """A contact that was reserved: it counts from now on. One whose result came before keeps its outcome."""
    known = _attempt(book, fact.attempt)
    if known is not None and known.purpose:
        return book
    made = Attempt(
        fact.attempt,
        entry.at,
        book.person if fact.role == "debtor" else person_of(book, fact.person, fact.contact),
        fact.role,
        fact.channel,
        fact.purpose,
        accounts_of(fact, fact.accounts),
        consented_at=micros(fact.consented_at),
    )
    treatment, step = fact.treatment or "", -1 if fact.step is None else fact.step
    under = Under(fact.attempt, treatment, step, fact.channel, fact.contact or "", entry.at)
    earlier = _recent(book.earlier, entry)
    if known is not None:
        made = dataclasses.replace(made, outcome=known.outcome, at=max(made.at, known.at))
        earlier[fact.attempt] = replace(under, outcome=known.outcome)
        return _with(replace(book, earlier=earlier), made, entry)
    waiting = {fact.attempt: under}
    for id, one in _recent(book.under_way, entry).items():
        followed = treatment and (one.treatment, one.step) == (treatment, step)
        (earlier if followed else waiting)[id] = one
    refused = {name: until for name, until in book.refused_until.items() if name != treatment}
    return _with(replace(book, under_way=waiting, earlier=earlier, refused_until=refused), made, entry)


def answered(book: Book, fact: kinds.ContactResult, entry: Entry) -> Book:
    """What came of an attempt, or of a contact that Tocsin did not reserve: that is an attempt of its own."""
    known = _attempt(book, fact.attempt) if fact.attempt is not None else None
    live, message = RESULTS.get(fact.result, (None, None))
    if known is None:
        outcome = message if fact.channel in MESSAGES else live
        if outcome is None:
            outcome = "sent" if fact.channel in MESSAGES and fact.result in RESULTS else "conversation"
        told = Attempt(
            fact.attempt or fact.fact_id,
            entry.at,
            book.person,
            "debtor",
            fact.channel,
            "",
            accounts_of(fact),
            outcome,
            inbound=fact.result in INBOUND,
        )
        book = _settled(_with(book, told, entry), None, told)
    else:
        reached = message if known.channel in MESSAGES else live
        if reached is not None and RANKS[reached] > RANKS[known.outcome]:
            at = max(known.at, entry.at) if reached == "conversation" else known.at
            told = dataclasses.replace(known, outcome=reached, at=at)
            book = _settled(_with(book, told, entry), known, told)
    book = _shown(book, fact, entry)
    again = fact.attempt is not None and any(
        (one.attempt, one.result) == (fact.attempt, fact.result) for one in book.heard
    )
    if fact.result in HEARD and not again:
        heard = [one for one in book.heard if one.at >= entry.horizon]
        heard.append(Heard(entry.at, fact.channel, fact.result, fact.attempt))
        heard.sort(key=lambda one: one.at)
        book = replace(book, heard=tuple(heard))
    return promised(book, fact, entry) if fact.result == "promise" else book


def refused(book: Book, fact: dealings.ContactRefused, entry: Entry) -> Book:
    """A treatment whose contact the gate refused waits until it may be allowed."""
    if fact.treatment is None:
        return book
    return replace(book, refused_until={**book.refused_until, fact.treatment: micros(fact.next_allowed) or 0})


def _attempt(book: Book, id: str) -> Attempt | None:
    return next((one for one in reversed(book.attempts) if one.id == id), None)


def _with(book: Book, made: Attempt, entry: Entry) -> Book:
    """The book with an attempt, in order of time, in place of what was known of it; without very old ones."""
    attempts = book.attempts
    if attempts and attempts[0].at < entry.horizon:
        attempts = attempts[bisect_left(attempts, entry.horizon, key=_at) :]
    if not attempts or (attempts[-1].at <= made.at and all(one.id != made.id for one in attempts)):
        return replace(book, attempts=(*attempts, made))
    others = [one for one in attempts if one.id != made.id]
    return replace(book, attempts=tuple(sorted((*others, made), key=_at)))


def _at(attempt: Attempt) -> int:
    return attempt.at


def _recent(attempts: dict[str, Under], entry: Entry) -> dict[str, Under]:
    since = entry.recorded_at - EARLIER_DAYS * DAY
    return {id: one for id, one in attempts.items() if one.at >= since}


def _settled(book: Book, before: Attempt | None, after: Attempt) -> Book:
    """What is waited for after an attempt's outcome changed, and what accounts it told of."""
    waiting, earlier = book.under_way, book.earlier
    one = waiting.get(after.id) or earlier.get(after.id)
    if one is not None:
        bounced = after.id in earlier and one.outcome in ("sent", "delivered") and not _followed(book, one)
        waits = after.outcome in FAILED and (after.id in waiting or bounced)
        waiting = {id: other for id, other in waiting.items() if id != after.id}
        earlier = {id: other for id, other in earlier.items() if id != after.id}
        (waiting if waits else earlier)[after.id] = replace(one, outcome=after.outcome)
        book = replace(book, under_way=waiting, earlier=earlier)
    if (before is not None and before.outcome in SENT) != (after.outcome in SENT):
        book = _told(book, after if before is None else before, after.outcome in SENT)
    return book


def _followed(book: Book, one: Under) -> bool:
    others = (*book.under_way.values(), *book.earlier.values())
    return any((x.treatment, x.step) == (one.treatment, one.step) and x.at > one.at for x in others)


def _told(book: Book, one: Attempt, sent: bool) -> Book:
    """Accounts of which an attempt told, or gave the validation notice; or did not, where it bounced."""
    if one.purpose in _UNTELLING or one.role in _OUTSIDERS:
        return book
    accounts = dict(book.accounts)
    for name in one.debts or accounts:
        account = accounts.get(name)
        if account is None:
            continue
        times = [x.at for x in book.attempts if _tells(x, name)] + [one.at] * sent
        notices = [x.at for x in book.attempts if _tells(x, name) and _notice(x, name)]
        notices += [one.at] * (sent and _notice(one, name))
        first = account.first_told if sent or account.first_told != one.at else None
        notice = account.validated_at if sent or account.validated_at != one.at else None
        accounts[name] = replace(
            account,
            first_told=min([*times, *([] if first is None else [first])], default=None),
            validated_at=min([*notices, *([] if notice is None else [notice])], default=None),
        )
    return replace(book, accounts=accounts)


def _tells(one: Attempt, account: str) -> bool:
    """Whether an attempt surely reached somebody about an account."""
    return (
        one.outcome in SENT
        and one.purpose not in _UNTELLING
        and one.role not in _OUTSIDERS
        and (not one.debts or account in one.debts)
    )


def _notice(one: Attempt, account: str) -> bool:
    return one.purpose == "validation_notice" and account in one.debts


def _shown(book: Book, fact: kinds.ContactResult, entry: Entry) -> Book:
    """What a result shows of the contact point: that it is wrong, or, written back from, that it is theirs."""
    if fact.attempt is None:
        return book
    one = book.under_way.get(fact.attempt) or book.earlier.get(fact.attempt)
    point = None if one is None else book.points.get(one.point)
    if one is None or point is None or point.at > one.at:
        return book
    if fact.result in WRONG and not point.wrong:
        point = replace(point, wrong=True)
    elif fact.result == "answered" and one.channel in WRITTEN_BACK and entry.at > (point.fresh_at or 0):
        point = replace(point, fresh_at=entry.at)
    else:
        return book
    return replace(book, points={**book.points, one.point: point})

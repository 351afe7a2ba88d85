"""Views of a book at a moment: where accounts, promises, plans and the person stand. Derived, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from tocsin.credit.ability import Accounts, Answers, Assessment, Household, Means, Person, assessed
from tocsin.credit.collection.book import Book, Plan
from tocsin.credit.collection.house import House
from tocsin.credit.conduct import Address, Consent, ContactHistory, Debt, Stop
from tocsin.credit.conduct import Person as Debtor
from tocsin.credit.conduct.people import GROUPS
from tocsin.credit.plan import Standing, standing
from tocsin.credit.plan.event import Event
from tocsin.credit.position import Position, at
from tocsin.credit.position.days import day_of, start_of
from tocsin.credit.position.standing import PAYMENT
from tocsin.credit.position.view import ENDED
from tocsin.credit.promise import Paid, Reversed, State, Status, posted
from tocsin.values.calendar import dated, number

DAY = 86_400_000_000
GONE = frozenset(ENDED)
"""States of accounts on which nothing is owed any more."""
_MESSAGES = frozenset((*GROUPS["electronic"], "letter"))
_CALLS = frozenset((*GROUPS["voice"], "visit"))
_SILENCE = frozenset(
    ("wrong_number", "no_answer", "not_connected", "undeliverable", "left_message", "sent", "delivered")
)
_REACHED = frozenset(("right_party", "promise", "refused", "evaded"))
_MARKS = frozenset(("hardship",))
"""Flags that are no stop of contact: strategy reads them, the gate does not."""
_FOR_EVER = -(1 << 62)


def positions(book: Book, now: int, house: House) -> dict[str, Position]:
    """Where every account stands, by its id."""
    terms = house.strategy.position
    return {id: at(account.history, now, terms) for id, account in book.accounts.items()}


def to_due(position: Position, today: int) -> int | None:
    """Days until the date at which something of an account's minimum falls due; None where it is late or nothing is."""
    if position.days_past_due or position.minimum_due <= 0 or position.oldest_due is None:
        return None
    days = position.oldest_due - today
    return days if days >= 0 else None


def rung(found: Mapping[str, Position], now: int, zone: str) -> int | None:
    """Where the person stands on the ladder: the most days past due, or minus the days until something falls due.

    None where nothing is late and nothing of a minimum is to come.
    """
    live = [one for one in found.values() if one.state not in GONE]
    late = max((one.days_past_due for one in live), default=0)
    if late:
        return late
    today = day_of(now, zone)
    return max((-days for one in live if (days := to_due(one, today)) is not None), default=None)


def promise_state(book: Book, now: int, house: House) -> State:
    """All promises, and what was paid for each."""
    empty = State(house.strategy.promise, now)
    if not book.promises:
        return empty
    paid: list[Paid | Reversed] = []
    for one in book.payments:
        if one.amount > 0:
            paid.append(Paid(one.fact, one.amount, one.currency, one.at, one.account))
            paid += [Reversed(id, one.fact, amount, when) for id, amount, when in one.reversed if amount > 0]
    made = [promise.made for promise in book.promises.values() if promise.made.amount > 0]
    return posted(empty, now, *made, *paid)[0]


def plan_standing(plan: Plan, now: int, house: House) -> Standing:
    events: tuple[Event, ...] = (*plan.approved, *plan.rejected, *plan.accepted, *plan.paid, *plan.reversed)
    return standing(plan.proposed, house.strategy.keeping, events, now)


# -- the person, as ability and willingness are assessed -----------------------------------------------------------------


def assessment(
    book: Book,
    now: int,
    house: House,
    found: Mapping[str, Position] | None = None,
    promises: State | None = None,
) -> Assessment:
    """Can they pay, will they: from means, statements, and the answers of the time that policy looks back."""
    found = positions(book, now, house) if found is None else found
    profile = book.profile
    means = Means(
        income=profile.income,
        obligations=profile.obligations,
        living=profile.living_costs,
        household=None if profile.adults is None else Household(profile.adults, profile.children or 0),
        employment=profile.employment,
        verified=profile.verified,
        told_at=profile.means_at,
    )
    promises = promise_state(book, now, house) if promises is None else promises
    person = Person(house.currency, means, _accounts(book, found), _answers(book, now, house, promises))
    return assessed(person, house.strategy.ability, now)


def _accounts(book: Book, found: Mapping[str, Position]) -> Accounts:
    live = [id for id, one in found.items() if one.state not in GONE]
    limits = [limit for id in live if (limit := found[id].credit_limit) is not None]
    cycles = [book.accounts[id].history.standing.cycles for id in live]
    balances = _summed([one.balance for one in of] for of in cycles)
    full, paid = balances[:-1], _summed([max(one.paid, 0) for one in of] for of in cycles)[:-1]
    return Accounts(
        credit_limit=sum(limits) if limits else None,
        minimum_due=sum(found[id].minimum_due for id in live) if live else None,
        balances=balances,
        ratios=tuple(part * 100 // whole for part, whole in zip(paid, full, strict=True) if whole > 0),
        payments=paid,
    )


def _summed(series: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """Series of several accounts as one: their newest values are of the same month."""
    return tuple(sum(month) for month in zip_longest(*(list(reversed(one)) for one in series), fillvalue=0))[::-1]


def _answers(book: Book, now: int, house: House, promises: State) -> Answers:
    since = now - house.strategy.look_back_days * DAY
    sent = [one.channel for one in book.attempts if since < one.at <= now and not one.inbound]
    heard = [one for one in book.heard if since < one.at <= now]
    replies = [one for one in heard if one.channel in _MESSAGES and one.result not in _SILENCE]
    kept = [one.status for one in promises.standings if one.made.at > since]
    late = [account.late_since for account in book.accounts.values() if account.late_since is not None]
    late_since = min(late, default=None)
    messages, calls = sum(one in _MESSAGES for one in sent), sum(one in _CALLS for one in sent)
    return Answers(
        messages=messages,
        responses=min(len(replies), messages),
        calls=calls,
        right_party=min(sum(one.channel in _CALLS and one.result in _REACHED for one in heard), calls),
        refused=sum(one.result == "refused" for one in heard),
        evaded=sum(one.result == "evaded" for one in heard),
        kept=sum(one is Status.KEPT for one in kept),
        partial=sum(one is Status.PARTIAL for one in kept),
        broken=sum(one is Status.BROKEN for one in kept),
        late_since=late_since,
        first_paid_at=None if late_since is None else _first_payment(book, late_since),
    )


def _first_payment(book: Book, since: int) -> int | None:
    paid = (
        next((event.at for event in one.history.events if event.kind == PAYMENT and event.at >= since), None)
        for one in book.accounts.values()
    )
    return min((at for at in paid if at is not None), default=None)


# -- the person, as the gate asks ----------------------------------------------------------------------------------------


def conduct_person(
    book: Book,
    now: int,
    house: House,
    found: Mapping[str, Position] | None = None,
    plans: Mapping[str, Standing] | None = None,
) -> Debtor:
    """Addresses go by the ids of their points; what a plan that is kept covers is left alone. Of whom nobody has told
    where they are, all zones of the law's place are minded."""
    found = positions(book, now, house) if found is None else found
    if plans is None:
        plans = {id: plan_standing(plan, now, house) for id, plan in book.plans.items()}
    quiet = [
        Stop("plan_performing", plans[id].course[-1].at, debts=plan.accounts)
        for id, plan in book.plans.items()
        if plans[id].stops_contact
    ]
    return Debtor(
        id=book.person,
        zones=book.profile.zones or house.gate.profile.zones,
        stops=(*(one for one in book.stops if one.flag not in _MARKS), *quiet),
        opt_outs=book.opt_outs,
        addresses={
            one.id: Address(
                person=one.person or book.person,
                channels=one.channels,
                consent=None if one.consent is None else Consent(*one.consent),
                verified=one.verified,
                work=one.work,
                inconvenient=one.inconvenient,
                fresh_at=one.fresh_at,
            )
            for one in book.points.values()
            if not one.wrong
        },
        debts={
            id: Debt(limitation(book, id, found[id], house), account.first_told, account.validated_at)
            for id, account in book.accounts.items()
        },
        times=book.times,
        work_allowed=book.profile.work_allowed,
    )


def contact_history(book: Book) -> ContactHistory:
    """Complete from the beginning: nobody else contacts the person, but for what we were told."""
    return ContactHistory(book.person, _FOR_EVER, book.attempts)


def limitation(book: Book, id: str, position: Position, house: House) -> int | None:
    """From when a debt may no longer be sued for: as somebody said, or so many years after its oldest unpaid due date
    or the last payment, whichever is later. None where nothing of it is due."""
    account = book.accounts[id]
    if account.bars_at is not None or position.oldest_due is None:
        return account.bars_at
    zone = house.strategy.position.zone
    paid = next((event.at for event in reversed(account.history.events) if event.kind == PAYMENT), None)
    last = position.oldest_due if paid is None else max(position.oldest_due, day_of(paid, zone))
    began = dated(last)
    year = began.year + house.strategy.limitation_years
    leap = began.month == 2 and began.day == 29
    return start_of(number(began.replace(year=year, day=28) if leap else began.replace(year=year)), zone)

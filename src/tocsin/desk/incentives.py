"""What people ask about rewards and penalties, and decide: what was granted, taking it back, another due day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from tocsin.credit.collection.book import Account, Book
from tocsin.credit.collection.house import House
from tocsin.credit.collection.incentives import changed, protection
from tocsin.credit.collection.turn import Turn
from tocsin.credit.collection.views import GONE
from tocsin.credit.incentive import wording
from tocsin.credit.incentive.due_day import GRANTED, answered
from tocsin.credit.incentive.record import Asked, Granted
from tocsin.credit.incentive.terms import DueDays
from tocsin.desk.faults import Fault
from tocsin.facts.incentives import DueDay
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.calendar import dated
from tocsin.values.deadline import over
from tocsin.values.said import Said as Sentence

Said = dict[str, Any]
Made = tuple[Said, list[Fact]]


def shown(book: Book, now: int, house: House, language: str) -> Said:
    """Every grant of a person, newest first, with how their statements were judged and which due days were asked for."""
    return {
        "customer": book.person,
        "at": instant.written(now),
        "currency": house.currency,
        "grants": grants(book, house, language),
        "cycles": [
            {
                "account": id,
                "occasion": one.occasion,
                "outcome": one.outcome,
                "say": _in(wording.OUTCOMES[one.outcome], language),
                "due_at": instant.written(one.until),
            }
            for id, account in book.accounts.items()
            for one in reversed(account.earned.judged)
        ],
        "due_days": [
            _asked(id, one, language) for id, account in book.accounts.items() for one in reversed(account.earned.asked)
        ],
    }


def grants(book: Book, house: House, language: str) -> list[Said]:
    """Grants over all accounts, newest first."""
    found = [(one.at, id, one) for id, account in book.accounts.items() for one in account.earned.grants]
    return [_grant(id, one, house, language) for _, id, one in sorted(found, key=lambda each: each[0], reverse=True)]


def _grant(account: str, one: Granted, house: House, language: str) -> Said:
    incentive = None if house.incentives is None else house.incentives.incentives.get(one.incentive)
    return {
        "grant": one.id,
        "account": account,
        "incentive": one.incentive,
        "title": one.incentive if incentive is None else incentive.title[language],
        "side": one.side,
        "gives": one.gives,
        "state": one.state,
        "occasion": one.occasion,
        "amount": one.amount,
        "rate": one.rate,
        "at": instant.written(one.at),
        "effective_at": _moment(one.effective_at),
        "until": _moment(one.until),
        "arm": one.arm,
        "by": one.by,
        "rule": one.rule,
        "reason": one.reason,
        "say": one.zh if language == "zh" else one.en,
    }


@dataclass(frozen=True, slots=True)
class Decision:
    """A person takes a grant back (`reverse`), or confirms one that awaits a person."""

    actor: str
    reason: str
    reverse: bool = True


def decided(book: Book, now: int, house: House, id: str, decision: Decision, language: str) -> Made:
    """A grant as it stands once a person has decided. Fault where there is nothing to decide."""
    account, one = _found(book, id)
    turn = Turn(book, now, house)
    state = "reversed" if decision.reverse else "granted"
    if decision.reverse:
        if not one.counts:
            raise Fault(409, f"this grant is {one.state} already", "it cannot be taken back")
    else:
        if one.state != "announced" or one.reason != "review":
            raise Fault(409, "this grant does not await a person", "only what a rule may not decide alone is confirmed")
        if flag := protection(turn, account):
            raise Fault(409, f"the person is protected ({flag})", "take the grant back")
        incentive = None if house.incentives is None else house.incentives.incentives.get(one.incentive)
        lasting = None if incentive is None else incentive.lasting
        until = None if lasting is None else over(dated(turn.today), house.zone, lasting)
        one = replace(one, effective_at=now, until=until)
    said = wording.said(wording.BECAUSE["person"], {"by": decision.actor, "reason": decision.reason})
    changed(turn, account, one, state, "person", said, by=decision.actor)
    after = turn.book.accounts[account].earned.grant(one.id)
    assert after is not None
    return _grant(account, after, house, language), turn.facts


def due_day(book: Book, now: int, house: House, account: str, day: int, actor: str, language: str) -> Made:
    """Another due day is asked for: granted by rule, or refused with the reason."""
    known = book.accounts.get(account)
    if known is None:
        raise Fault(404, "there is no such account", "check the id")
    turn = Turn(book, now, house)
    position = turn.positions[account]
    terms = DueDays() if house.incentives is None else house.incentives.due_days
    reason, said = answered(
        day, known.earned.asked, terms, now,
        payday=book.profile.payday,
        current=_current(known),
        late=position.past_due > 0,
        ended=position.state in GONE or position.charged_off is not None,
        zone=house.zone,
    )  # fmt: skip
    request = f"d-{turn.mark}-{book.made}"
    state = "granted" if reason in GRANTED else "refused"
    for step, why in (("requested", "asked"), (state, reason)):
        by = actor if step == "requested" else "policy"
        turn.tell(
            DueDay, account=account, request=request, day=day, state=step, by=by, reason=why, en=said.en, zh=said.zh
        )
    return _asked(account, Asked(request, day, state, now, reason, said.en, said.zh), language), turn.facts


def _current(account: Account) -> int | None:
    """The day of the month on which the latest statement falls due."""
    stated = account.history.stated
    return None if stated is None or stated.due < 0 else dated(stated.due).day


def _asked(account: str, one: Asked, language: str) -> Said:
    return {
        "request": one.id,
        "account": account,
        "day": one.day,
        "state": one.state,
        "reason": one.reason,
        "say": one.zh if language == "zh" else one.en,
        "at": instant.written(one.at),
    }


def _found(book: Book, id: str) -> tuple[str, Granted]:
    for account, known in book.accounts.items():
        if (one := known.earned.grant(id)) is not None:
            return account, one
    raise unknown()


def unknown() -> Fault:
    return Fault(404, "there is no such grant", "GET /v1/people/{id}/incentives lists those of a person")


def _moment(moment: int | None) -> str | None:
    return None if moment is None else instant.written(moment)


def _in(said: Sentence, language: str) -> str:
    return said.zh if language == "zh" else said.en

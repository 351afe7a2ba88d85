"""What the book of a person says to who asks: where they stand, why, what was done and what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tocsin.credit.ability import Score
from tocsin.credit.collection import views
from tocsin.credit.collection.book import Book, Case, Plan, Point
from tocsin.credit.collection.house import House
from tocsin.credit.collection.treat import presses
from tocsin.credit.collection.turn import Turn
from tocsin.credit.collection.waking import wake_at
from tocsin.desk import incentives
from tocsin.journal.books import Job
from tocsin.journal.journal import Journal
from tocsin.values import instant
from tocsin.values.calendar import dated
from tocsin.values.said import Said as Text

Said = dict[str, Any]
_LAST = 20
"""So many contacts are told."""
_SHOWN = 4
"""The last signs of an address that are shown."""


def person(book: Book, now: int, house: House, language: str) -> Said:
    """Everything, in the caller's language; addresses masked."""
    turn, strategy = Turn(book, now, house), house.strategy
    assessed = turn.assessment
    return {
        "customer": book.person,
        "at": instant.written(now),
        "case": None if book.case is None else _case(book.case, house, language),
        "cases": book.cases,
        "days": turn.days,
        "currency": house.currency,
        "accounts": [_account(id, turn) for id in book.accounts],
        "quadrant": assessed.quadrant.value,
        "ability": _score(assessed.ability, language),
        "willingness": _score(assessed.willingness, language),
        "surplus": assessed.surplus.amount,
        "sure": assessed.sure,
        "promises": [
            {
                "promise": one.made.promise,
                "status": one.status.value,
                "amount": one.made.amount,
                "paid": one.paid,
                "until": instant.written(one.until),
            }
            for one in turn.promises.standings
        ],
        "plans": [_plan(id, one, turn, language) for id, one in book.plans.items()],
        "tasks": [
            {
                "task": one.id,
                "treatment": one.treatment,
                "queue": one.queue,
                "value": one.value,
                **_when(due_at=one.due_at),
            }
            for one in book.tasks.values()
        ],
        "contact_points": [_point(one) for one in book.points.values()],
        "stops": [
            {"flag": one.flag, **_when(since=one.since, until=one.until), "accounts": list(one.debts)}
            for one in turn.person.stops or ()
        ],
        "opt_outs": [
            {"channel": one.channel, "contact": one.address, **_when(at=one.at)}
            for one in book.opt_outs
            if one.ended is None
        ],
        "contacts": [
            {
                "attempt": one.id,
                **_when(at=one.at),
                "channel": one.channel,
                "purpose": one.purpose,
                "outcome": one.outcome,
            }
            for one in book.attempts[-_LAST:]
        ],
        "grants": incentives.grants(book, house, language)[:_LAST],
        "agency": None if book.placed is None else book.placed.agency,
        "next": _next(turn, language),
        "wake_at": _moment(wake_at(book, now, house)),
        "language": book.profile.language or strategy.language,
    }


def _case(case: Case, house: House, language: str) -> Said:
    titles = house.strategy.treatments
    return {
        "case": case.id,
        "opened_at": instant.written(case.opened_at),
        "segment": case.segment or None,
        "arms": case.arms,
        "taken": [
            {
                "treatment": one.treatment,
                "title": titles[one.treatment].title[language] if one.treatment in titles else one.treatment,
                "state": one.state,
                "days_past_due": one.days_past_due,
                **_when(at=one.at),
            }
            for one in case.taken
        ],
    }


def _account(id: str, turn: Turn) -> Said:
    one = turn.positions[id]
    return {
        "account": id,
        "state": one.state,
        "bucket": one.bucket,
        "days_past_due": one.days_past_due,
        "past_due": one.past_due,
        "minimum_due": one.minimum_due,
        "balance": one.balance,
        "credit_limit": one.credit_limit,
        "due_on": None if one.oldest_due is None else dated(one.oldest_due).isoformat(),
        "stage": one.stage,
        "classification": one.classification,
        "paused": one.paused or None,
        "recovered": one.recovered,
        "limitation": _moment(views.limitation(turn.book, id, one, turn.house)),
    }


def _score(score: Score, language: str) -> Said:
    reasons = [{"factor": one.factor, "points": one.points, "say": _said(one.said, language)} for one in score.reasons]
    return {"score": score.score, "confidence": score.confidence, "reasons": reasons}


def _plan(id: str, plan: Plan, turn: Turn, language: str) -> Said:
    standing, offer = turn.plans[id], plan.proposed.offer
    due = standing.next_due
    return {
        "plan": id,
        "kind": offer.kind.value,
        "status": standing.status.value,
        "say": _said(standing.course[-1].why, language),
        "accounts": list(plan.accounts),
        "total": offer.total,
        "paid": standing.paid,
        "overdue": standing.overdue,
        "next_due": None if due is None else due[0].isoformat(),
        "needs": offer.authority.level.name,
        "approvals": offer.authority.level.approvals,
    }


def _point(one: Point) -> Said:
    return {
        "contact": one.id,
        "channels": list(one.channels),
        "address": masked(one.address),
        "role": one.role,
        "verified": one.verified,
        "consent": one.consent is not None,
        "usable": not one.wrong,
    }


def _next(turn: Turn, language: str) -> list[Said]:
    """The treatments of the ladder that are still to come, if nothing changes but the time."""
    case, strategy = turn.book.case, turn.house.strategy
    day = views.rung(turn.positions, turn.now, turn.house.zone)
    if day is None:
        return []
    arms = {} if case is None else case.arms
    hopes = None if strategy.hopes is None else strategy.hopes(turn.values)
    coming = [
        step
        for step in strategy.ladder
        if step.at > day
        and (not step.segments or case is None or case.segment in step.segments)
        and (not step.arms or any(arms.get(experiment) == arm for experiment, arm in step.arms))
        and (step.when is None or hopes is None or hopes[step.when])
        and not (turn.quiet and presses(strategy.treatments[step.treatment]))
    ]
    return [
        {
            "treatment": step.treatment,
            "title": turn.house.strategy.treatments[step.treatment].title[language],
            "on": (dated(turn.today) + timedelta(days=step.at - day)).isoformat(),
        }
        for step in sorted(coming, key=lambda step: (step.at, step.number))[:_LAST]
    ]


def masked(address: str) -> str:
    """An address of which so much is shown that who knows it knows it again; of a mailbox its first sign and its domain."""
    name, at, domain = address.rpartition("@")
    if at and name and "\n" not in address:
        return f"{name[0]}…@{domain}"
    return f"…{address[-_SHOWN:]}" if len(address) > 2 * _SHOWN else "…"


# -- worklists -------------------------------------------------------------------------------------


def worklists(journal: Journal, house: House) -> list[Said]:
    """Every queue with what is open in it, and the minutes that a day has for it; None where nobody said."""
    known = {one.queue: one for one in journal.queues()}
    return [
        {
            "queue": queue,
            "tasks": known[queue].tasks if queue in known else 0,
            "minutes": known[queue].minutes if queue in known else 0,
            "value": known[queue].value if queue in known else 0,
            "capacity": house.strategy.capacity.get(queue),
        }
        for queue in sorted({*known, *house.strategy.capacity})
    ]


def worklist(journal: Journal, house: House, queue: str, limit: int, language: str) -> list[Said]:
    """Open tasks, the most valuable first, as many as the day has minutes for; those that somebody has taken count."""
    left = house.strategy.capacity.get(queue)
    found = []
    for job in journal.jobs(queue, limit):
        if left is not None:
            left -= job.minutes
            if left < 0:
                break
        found.append(task(job, house, language))
    return found


def task(job: Job, house: House, language: str) -> Said:
    treatment = house.strategy.treatments.get(job.treatment)
    return {
        "task": job.id,
        "customer": job.person,
        "queue": job.queue,
        "treatment": job.treatment,
        "title": job.treatment if treatment is None else treatment.title[language],
        "value": job.value,
        "currency": house.currency,
        "minutes": job.minutes,
        "state": job.state,
        "actor": job.actor,
        **_when(at=job.at, due_at=job.due_at),
    }


def _when(**moments: int | None) -> Said:
    return {name: _moment(moment) for name, moment in moments.items()}


def _moment(moment: int | None) -> str | None:
    return None if moment is None or not -(1 << 61) < moment < instant.LATEST else instant.written(moment)


def _said(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en

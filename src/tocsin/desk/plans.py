"""Repayment plans for a person who is on the line: what the solver offers now, and one of it put down as offered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from tocsin.credit import plan
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.house import House
from tocsin.credit.collection.offer import debt, means
from tocsin.credit.collection.turn import Turn
from tocsin.credit.collection.views import plan_standing
from tocsin.credit.plan import Accepted, Approved, Offer, Status
from tocsin.credit.plan.event import checked
from tocsin.desk.faults import Fault
from tocsin.facts import dealings
from tocsin.facts.dealings import PlanOffered
from tocsin.facts.kinds import Fact
from tocsin.values.calendar import dated
from tocsin.values.problem import Refused
from tocsin.values.said import Said as Text

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """What somebody answers to an offered plan. `levels`: the authority of who answers; `level`: which of it is used."""

    answer: Literal["accepted", "declined", "approved", "rejected"]
    actor: str
    how: Literal["signed", "oral"] = "signed"
    recording: str | None = None
    level: str | None = None
    levels: frozenset[str] = frozenset()


def answered(book: Book, now: int, house: House, id: str, given: PlanAnswer, language: str) -> tuple[Said, list[Fact]]:
    """An answer put down, and where the plan stands then. Raises Fault where it may not be given."""
    if id not in book.plans:
        raise Fault(404, "no such plan was offered to this person", "GET /v1/people lists their plans")
    before, turn = book.plans[id], Turn(book, now, house)
    status = plan_standing(before, now, house).status
    if status is not Status.OFFERED:
        raise Fault(409, f"this plan is {status.value}", "offer another one")
    ranks = before.proposed.ranks
    level = given.level or max(given.levels & set(ranks), key=ranks.index, default=None)
    fact = f"{id}:{given.answer}:{len(before.approved)}"
    try:
        if given.answer == "approved":
            checked(before.proposed, Approved(fact, given.actor, level or "", now))
        elif given.answer == "accepted":
            checked(before.proposed, Accepted(fact, now, given.how, given.recording))
    except Refused as refused:
        problem = refused.problems[0]
        raise Fault(422, problem.what, problem.remedy) from None
    if given.answer == "approved" and before.proposed.by.endswith(given.actor):
        raise Fault(422, "nobody approves what she proposed", "ask somebody else to approve it")
    if given.answer == "approved" and any(one.by == given.actor for one in before.approved):
        raise Fault(409, "the same person approved it before", "ask somebody else to approve it too")
    turn.tell(
        dealings.PlanAnswer,
        plan=id,
        answer=given.answer,
        how=given.how,
        recording=given.recording,
        by=given.actor,
        level=level,
    )
    plan, stands = turn.book.plans[id], plan_standing(turn.book.plans[id], now, house)
    said = {
        "plan": id,
        "status": stands.status.value,
        "say": _said(stands.course[-1].why, language),
        "approvals": len(plan.approved),
        "needs": plan.proposed.offer.authority.level.name,
        "next_due": None if stands.next_due is None else stands.next_due[0].isoformat(),
    }
    return said, turn.facts


def plans(
    book: Book, now: int, house: House, language: str, at_hand: int | None, offer: str | None, actor: str
) -> tuple[Said, list[Fact]]:
    """What is offered, each whole, and what is not and why; with `offer`, a kind, the fact that it was offered.

    `at_hand`: money that could be paid at once, in minor units, where it was told just now. Raises Fault.
    """
    turn, terms = Turn(book, now, house), house.strategy.plan
    accounts = tuple(id for id in turn.late if id in turn.scope) or turn.late
    owed = debt(turn, accounts)
    if owed is None:
        raise Fault(422, "nothing of this person is late", "plans are for what is late")
    able = means(turn) if at_hand is None else replace(means(turn), at_hand=at_hand)
    solution = plan.solve(owed, able, terms, dated(turn.today), house.calendar)
    said: Said = {
        "customer": book.person,
        "accounts": list(accounts),
        "currency": house.currency,
        "owed": owed.total,
        "offers": [_offer(one, language) for one in solution.offers],
        "declined": [
            {
                "kind": None if one.kind is None else one.kind.value,
                "why": one.why.value,
                "say": _said(one.why.said, language),
                "surplus_needed": one.surplus_needed,
            }
            for one in solution.declined
        ],
        "plan": None,
    }
    if offer is not None:
        chosen = next((one for one in solution.offers if one.kind.value == offer), None)
        if chosen is None:
            raise Fault(422, "no plan of this kind is offered", "ask without 'offer' for those that are", "offer")
        id = f"p-{turn.mark}-{book.made}"
        made = plan.proposed(id, chosen, terms, actor, now, house.zone)
        if made.until <= now:
            raise Fault(422, "its first instalment is due before it could be accepted", "offer another one", "offer")
        turn.tell(PlanOffered, plan=id, accounts=accounts, offer=msgspec.Raw(msgspec.json.encode(made)), by=actor)
        said["plan"] = id
    return said, turn.facts


def _offer(one: Offer, language: str) -> Said:
    return {
        "kind": one.kind.value,
        "say": _said(one.kind.said, language),
        "total": one.total,
        "interest": one.interest,
        "waived": {"principal": one.waived.principal, "interest": one.waived.interest, "fees": one.waived.fees},
        "rate": one.rate,
        "apr": one.apr,
        "months": one.months,
        "present_value": one.present_value,
        "schedule": [{"due": row.due.isoformat(), "total": row.total} for row in one.schedule],
        "authority": {
            "level": one.authority.level.name,
            "approvals": one.authority.level.approvals,
            "why": [_said(text, language) for text in one.authority.why],
        },
        "checks": [
            {"rule": check.rule, "source": check.source, "passed": check.passed, "confirmed": check.confirmed, "say": _said(check.said, language)}
            for check in one.checks
        ],
    }  # fmt: skip


def _said(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en

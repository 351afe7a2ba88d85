"""Plans: worked out for what the person can afford, offered, and followed as they live.

One that needs approval is told to nobody before it is given. What a plan's person is written to because of it
(confirmed, missed) is service, not collection, and goes out once for each time the plan comes to stand so, where the
strategy has no treatment of its own with that text.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from tocsin.credit import plan
from tocsin.credit.collection.ahead import day
from tocsin.credit.collection.book import Plan
from tocsin.credit.collection.contact import Message, reach
from tocsin.credit.collection.strategy import Contact, Offered, Step
from tocsin.credit.collection.turn import Fate, Turn
from tocsin.credit.collection.wording import language_of, of_offer
from tocsin.credit.plan import Debt, Kind, Means, Monthly, Standing, Status
from tocsin.facts.dealings import PlanChanged, PlanOffered
from tocsin.facts.kinds import Settlement, Waiver
from tocsin.values import instant
from tocsin.values.calendar import DAY, dated
from tocsin.values.deadline import over

SERVICE = ("app", "sms", "email", "letter")
"""Channels on which a plan's person is told how it stands."""
NOTICE_DAYS = 2
"""So long a notice of how a plan stands is still worth sending."""
_SETTLEMENTS = frozenset((Kind.SETTLEMENT, Kind.SETTLEMENT_IN_PARTS))
_ENDED = (Status.LAPSED, Status.BROKEN, Status.COMPLETED)
_NOTICES = {Status.ACCEPTED: "plan_confirmed", Status.MISSED: "plan_missed"}


def offered(turn: Turn, key: str, step: Step, way: Offered, more: bool) -> Fate | None:
    """Offer a plan and tell the person of it, or see what came of it."""
    id = f"{key}.plan"
    if id not in turn.book.plans:
        if not more or any(one.status not in _ENDED for one in turn.plans.values()):
            return None
        fate = _proposed(turn, id, way)
        if fate is not None or id not in turn.book.plans:
            return fate
    one, stands = turn.book.plans[id], turn.plans[id]
    if stands.status is Status.LAPSED:
        return Fate("barred", reason=f"the offer came to nothing: {stands.course[-1].why.en}")
    if stands.status is not Status.OFFERED:
        return Fate("done")
    if not _approved(one):
        return None
    language = language_of(turn)
    until = day(dated(turn.day(one.proposed.until - 1)), language)
    message = Message(
        key,
        step.treatment,
        "offer",
        way.template,
        way.by,
        one.accounts,
        step=step.number,
        fields=of_offer(turn, one.proposed.offer, language) | {"date": until, "until": until},
    )
    return reach(turn, message, more or not turn.quiet)


def means(turn: Turn) -> Means:
    """What the person can pay and when, and how many plans they had within the watch period.

    Who is not known to be unwilling is willing: taking the offer shows it.
    """
    profile, assessed, ability = turn.book.profile, turn.assessment, turn.house.strategy.ability
    unwilling = assessed.willingness.score < ability.willing and assessed.willingness.confidence >= ability.sure
    earlier = sum(one.watch_until is not None and one.watch_until > turn.now for one in turn.plans.values())
    return Means(
        assessed.surplus.amount,
        profile.at_hand or 0,
        Monthly(profile.payday or Monthly().day),
        not unwilling,
        earlier,
    )


def debt(turn: Turn, accounts: tuple[str, ...]) -> Debt | None:
    """What is owed on some accounts: principal, and the interest and fees that were charged and not paid."""
    interest = fees = principal = 0
    for id in accounts:
        one, balance = turn.book.accounts[id], max(turn.positions[id].balance, 0)
        charged = min(one.fees, balance)
        accrued = min(one.interest, balance - charged)
        fees, interest, principal = fees + charged, interest + accrued, principal + balance - charged - accrued
    if principal + interest + fees <= 0:
        return None
    return Debt(turn.house.currency, principal, interest, fees)


def changed(turn: Turn) -> None:
    """Plans that came to stand otherwise than was told, and the notice that goes with it."""
    for id, one in tuple(turn.book.plans.items()):
        stands, told = turn.plans[id], one.told or Status.OFFERED.value
        fresh = stands.status.value != told
        if fresh:
            why = stands.course[-1].why.en[:500]
            turn.tell(PlanChanged, plan=id, before=told, status=stands.status.value, reason=why)
            if stands.status is Status.ACCEPTED:
                _settled_by(turn, one)
            if stands.status is Status.COMPLETED:
                _waived_by(turn, one, stands)
        if stands.status in _NOTICES and (fresh or stands.course[-1].at > turn.now - NOTICE_DAYS * DAY):
            _tell_person(turn, id, one, turn.plans[id])


# -- offering ----------------------------------------------------------------------------------------------------------


def _proposed(turn: Turn, id: str, way: Offered) -> Fate | None:
    accounts = tuple(one for one in turn.late if one in turn.scope)
    owed = debt(turn, accounts)
    if owed is None:
        return Fate("barred", reason="nothing is late")
    terms, able = turn.house.strategy.plan, means(turn)
    if way.kinds and {*way.kinds} <= _SETTLEMENTS:
        able = replace(able, willing=True)  # a settlement is for those who will not go on paying
    solution = plan.solve(owed, able, terms, dated(turn.today), turn.house.calendar)
    wanted = [one for one in solution.offers if not way.kinds or one.kind.value in way.kinds]
    best = next((one for one in wanted if not one.authority.level.approvals), wanted[0] if wanted else None)
    if best is None:
        whys = [
            one.why for one in solution.declined if one.kind is None or not way.kinds or one.kind.value in way.kinds
        ]
        return Fate("barred", reason=(whys[-1].said.en if whys else "no plan of these kinds"))
    made = plan.proposed(id, best, terms, "tocsin", turn.now, turn.house.zone)
    if made.until > turn.now:
        offer = msgspec.Raw(msgspec.json.encode(made))
        turn.tell(PlanOffered, plan=id, accounts=accounts, offer=offer, by=made.by)
    return None


def _approved(one: Plan) -> bool:
    return len({approval.by for approval in one.approved}) >= one.proposed.offer.authority.level.approvals


# -- a plan that lives -------------------------------------------------------------------------------------------------


def _settled_by(turn: Turn, one: Plan) -> None:
    """A settlement that was agreed settles the accounts when it is paid, at the latest when the plan would break: each
    its part, by what it owes."""
    offer = one.proposed.offer
    if offer.kind not in _SETTLEMENTS:
        return
    owed = {id: max(turn.positions[id].balance, 0) for id in one.accounts if id in turn.positions}
    left, rest = offer.total, sum(owed.values())
    keeping = turn.house.strategy.keeping
    last = over(offer.schedule[-1].due, turn.house.zone, keeping.missed_days + keeping.grace_days)
    for id, balance in owed.items():
        part = left * balance // rest if rest else 0
        left, rest = left - part, rest - balance
        if part:
            turn.tell(
                Settlement,
                account=id,
                amount=part,
                currency=turn.house.currency,
                due_at=instant.instant(last - 1),
                reason="settlement_plan",
            )


def _waived_by(turn: Turn, one: Plan, stands: Standing) -> None:
    """A plan that was kept to its end frees of what it waived, as far as the bank has not given that up meanwhile."""
    offer = one.proposed.offer
    if offer.kind in _SETTLEMENTS:
        return
    agreed = min(step.at for step in stands.course if step.status is Status.ACCEPTED)
    accounts = {id: turn.book.accounts[id] for id in one.accounts if id in turn.positions}
    left = offer.waived.total - sum(
        amount for account in accounts.values() for at, amount in account.waived if at >= agreed
    )
    for id in accounts:
        part = min(left, max(turn.positions[id].balance, 0))
        if part > 0:
            left -= part
            turn.tell(Waiver, account=id, amount=part, currency=turn.house.currency, reason="plan_completed")


def _tell_person(turn: Turn, id: str, one: Plan, stands: Standing) -> None:
    times = sum(step.status is stands.status for step in stands.course)
    notice = _NOTICES[stands.status]
    ways = (treatment.way for treatment in turn.house.strategy.treatments.values())
    if any(isinstance(way, Contact) and way.template == notice for way in ways):
        return
    message = Message(
        f"{id}.{stands.status.value}{times}",
        notice,
        "plan_service",
        notice,
        SERVICE,
        one.accounts,
        service=True,
        fields=of_offer(turn, one.proposed.offer, language_of(turn)),
    )
    reach(turn, message)

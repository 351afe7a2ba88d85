"""What a text may say of a person: money, dates and terms from the book of this person alone, in their language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tocsin.credit.collection.ahead import announced, day, in_days
from tocsin.credit.collection.suiting import suits
from tocsin.credit.collection.turn import Turn
from tocsin.credit.plan import Offer, Status
from tocsin.values import spoken
from tocsin.values.calendar import dated
from tocsin.values.said import Said

Fields = dict[str, str]


def language_of(turn: Turn) -> str:
    return turn.book.profile.language or turn.house.strategy.language


def fields(turn: Turn, accounts: Iterable[str], language: str) -> Fields:
    """The lender's own fields, and those of the debts in scope. What is not known is left out."""
    head = f"{language}."
    found = announced(turn, language)
    found |= {name[len(head) :]: value for name, value in turn.house.fields.items() if name.startswith(head)}
    here = {id: turn.positions[id] for id in accounts if id in turn.positions}
    if turn.book.profile.name:
        found["name"] = turn.book.profile.name
    if turn.book.case is not None:
        found["case"] = turn.book.case.id
    found["date"] = in_days(turn, 0, language)
    found |= _of_promise(turn, language) | _of_plan(turn, language)
    if not here:
        return found
    oldest = max(here, key=lambda id: (here[id].days_past_due, here[id].past_due, here[id].minimum_due, id))
    past_due = sum(one.past_due for one in here.values())
    minimum = sum(one.minimum_due for one in here.values())
    found["account_tail"] = oldest[-4:]
    found["balance"] = money(turn, sum(max(one.balance, 0) for one in here.values()), language)
    found["minimum_due"] = money(turn, minimum, language)
    found["past_due"] = money(turn, past_due, language)
    found["amount"] = found["past_due"] if past_due else found["minimum_due"]
    found["suits"] = suits(turn, here, language)
    found["days_past_due"] = str(max(one.days_past_due for one in here.values()))
    due = [one.oldest_due for one in here.values() if one.oldest_due is not None]
    if due:
        found["due_date"] = day(dated(min(due)), language)
        why = Said(
            f"{found['amount']} due on {found['due_date']} has not arrived",
            f"{found['due_date']}到期的{found['amount']}尚未到账",
        )
        found["reason"] = found["breach"] = said(why, language)
    charge = max((one.charge for id in here if (one := turn.book.accounts[id]).charge and one.fees), default=None)
    if charge is not None:
        found |= {"charge": money(turn, charge[1], language), "charge_date": day(dated(turn.day(charge[0])), language)}
    return found | _itemised(turn, tuple(here), language)


def of_offer(turn: Turn, offer: Offer, language: str) -> Fields:
    """What a plan comes to: its payments, and what is given up."""
    first, last, count = offer.schedule[0], offer.schedule[-1], len(offer.schedule)
    begins, ends = day(first.due, language), day(last.due, language)
    one, other = money(turn, first.total, language), money(turn, last.total, language)
    schedule = (
        Said(f"one payment of {one} on {begins}", f"{begins}一次还{one}")
        if count == 1
        else Said(
            f"{count} payments, the first of {one} on {begins}, the last of {other} on {ends}",
            f"共{count}期，首期{begins}还{one}，末期{ends}还{other}",
        )
    )
    waived = money(turn, offer.waived.total, language)
    given_up = Said(f"; {waived} is waived", f"；减免{waived}") if offer.waived.total else Said("", "")
    rate = f"{offer.rate // 100}.{offer.rate % 100:02d}"
    interest = (
        Said(f"interest at {rate} % a year on principal alone", f"仅对本金按年利率{rate}%计息")
        if offer.rate
        else Said("no interest while the plan is kept", "履约期间不计利息")
    )
    return {
        "schedule": said(schedule, language),
        "terms": said(schedule, language) + said(given_up, language),
        "fee_treatment": said(interest, language) + said(given_up, language),
        "waived": waived,
    }


def _of_promise(turn: Turn, language: str) -> Fields:
    """The promise that was made last."""
    made = [one.made for one in turn.book.promises.values()]
    if not made:
        return {}
    last = max(made, key=lambda one: (one.at, one.promise))
    return {"promised": money(turn, last.amount, language), "promised_for": day(last.due, language)}


def _of_plan(turn: Turn, language: str) -> Fields:
    """The first instalment that is not met of the plan that was offered last, what of it is missing, and until when
    it may still be paid as if nothing had happened."""
    newest = max(turn.book.plans.values(), key=lambda one: one.proposed.at, default=None)
    if newest is None:
        return {}
    stands, keeping = turn.plans[newest.proposed.plan], turn.house.strategy.keeping
    paid, total = stands.paid + keeping.tolerance, 0
    for row in newest.proposed.offer.schedule:
        total += row.total
        if total > paid:
            missing = stands.overdue if stands.status in (Status.MISSED, Status.GRACE) else row.total
            cure = row.due + timedelta(days=keeping.missed_days + keeping.grace_days)
            return {
                "instalment": money(turn, missing, language),
                "instalment_due": day(row.due, language),
                "cure_by": day(cure, language),
            }
    return {}


def _itemised(turn: Turn, accounts: tuple[str, ...], language: str) -> Fields:
    """What a validation notice says of how the debt came to be (12 CFR 1006.34(c)(2)), from the latest statements on."""
    owed = [turn.book.accounts[id] for id in accounts]
    stated = [one.history.stated for one in owed if one.history.stated is not None]
    if len(stated) < len(owed):
        return {}
    shown = sum(one.amount for one in stated)
    interest, fees = sum(one.interest for one in owed), sum(one.fees for one in owed)
    then, charged, late, now = (money(turn, one, language) for one in (shown, interest, fees, turn.balance(accounts)))
    return {
        "itemisation_date": day(dated(turn.day(max(one.at for one in stated))), language),
        "itemisation": said(
            Said(
                f"balance on that date {then}; balance now {now}; of which interest {charged}, fees {late}",
                f"当日余额{then}；目前余额{now}；其中利息{charged}，费用{late}",
            ),
            language,
        ),
    }


def money(turn: Turn, amount: int, language: str) -> str:
    return spoken.amount(amount, turn.house.currency, language)


def said(one: Said, language: str) -> str:
    return one.zh if language == "zh" else one.en

"""Incentives of a person: each statement is judged once its due date is over, and earns rewards or bears penalties.

What the log learns later may judge it otherwise: then what was given wrongly is taken back, by a fact that says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tocsin.credit.ability import Quadrant
from tocsin.credit.arms import arm_of
from tocsin.credit.collection import views
from tocsin.credit.collection.ahead import whole
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.contact import Message, reach
from tocsin.credit.collection.features import features, stands
from tocsin.credit.collection.house import House
from tocsin.credit.collection.turn import Turn
from tocsin.credit.conduct import people
from tocsin.credit.incentive import wording
from tocsin.credit.incentive.lawful import Asked, Unlawful, asked, cured_after
from tocsin.credit.incentive.occasion import RANKS, Occasion, deadlines, occasions, values
from tocsin.credit.incentive.record import PAID, Granted
from tocsin.credit.incentive.terms import Incentive, Incentives
from tocsin.credit.plan import QUIET
from tocsin.credit.position.days import day_of
from tocsin.facts.dealings import BureauStep
from tocsin.facts.incentives import CycleJudged, Grant
from tocsin.policy.policy import Text
from tocsin.values import instant
from tocsin.values.calendar import DAY, dated
from tocsin.values.deadline import over
from tocsin.values.said import Said

FRESH = 28
"""Days after its due date in which a statement may still earn something; later it is only judged."""
WAITS = 30
"""Days for which a penalty waits for its notice to reach the person."""
TELLS = 5
"""Days in which the person is told of a grant."""
REFUSED = 90
"""So many days back a refusal to pay, or an evasion, counts."""
FIRST = ("earned", "announced", "review")
"""Reasons of a grant that is told for the first time and takes from its budget."""
_PROTECTED = (
    "deceased", "hardship", "disputed", "fraud", "bankrupt", "incapacitated", "minor", "disaster", "vulnerable",
)  # fmt: skip
_UNREWARDED = frozenset(("deceased", "disputed", "fraud"))
_AT_BUREAU = {"announced": "notice", "granted": "furnished"}
"""What a record at the credit bureau comes to there; otherwise it is taken down."""
_FREE = ("override", "step_up")
"""Restrictions that take nothing from the person."""
_RESTRICTING = ("limit_freeze", "limit_cut", "card_lock")


@dataclass(frozen=True, slots=True)
class Due:
    """An occasion among those of its account."""

    account: str
    known: Sequence[Occasion]
    place: int

    @property
    def one(self) -> Occasion:
        return self.known[self.place]


def judged(turn: Turn) -> None:
    """Everything that is due of incentives."""
    terms = turn.house.incentives
    if terms is None:
        return
    for id, account in tuple(turn.book.accounts.items()):
        if turn.positions[id].state in views.GONE or turn.positions[id].charged_off is not None:
            continue
        known = occasions(account.history, turn.house.strategy.position)
        for place, one in enumerate(known):
            if one.until <= turn.now:
                _judged(turn, terms, Due(id, known, place))
        for grant in account.earned.grants:
            _moved_on(turn, terms, id, grant, known)
        _told(turn, terms, id)


def moments(book: Book, now: int, house: House) -> Iterator[int]:
    """When time alone gives something to do."""
    if house.incentives is None:
        return
    for account in book.accounts.values():
        yield from deadlines(account.history, house.strategy.position, now)
        for grant in account.earned.grants:
            if grant.state == "announced" and grant.effective_at is not None:
                yield from (grant.effective_at, grant.effective_at + WAITS * DAY)
            if grant.state == "granted" and grant.until is not None:
                yield grant.until


# -- judging -----------------------------------------------------------------------------------------------------------


def _judged(turn: Turn, terms: Incentives, due: Due) -> None:
    one, earned = due.one, turn.book.accounts[due.account].earned
    before = next((known for known in earned.judged if known.occasion == one.id), None)
    if before is not None and before.outcome == one.outcome:
        return
    fresh = one.until > turn.now - FRESH * DAY
    if before is None and not fresh:
        return  # the past is not judged when a policy begins
    turn.tell(
        CycleJudged,
        account=due.account,
        occasion=one.id,
        outcome=one.outcome,
        before=None if before is None else before.outcome,
        paid=one.paid,
        minimum_due=one.minimum,
        statement_balance=one.balance,
        currency=turn.house.currency,
        due_at=instant.instant(one.until),
    )
    if before is not None:
        _taken_back(turn, terms, due, before.outcome)
    if fresh:
        _given(turn, terms, due)


def _taken_back(turn: Turn, terms: Incentives, due: Due, before: str) -> None:
    """Rewards for what was paid after all not in time, penalties for what was: here, and in a row that rests on it."""
    one = due.one
    wrong = "reward" if one.rank < RANKS.index(before) else "penalty"
    outcomes = {"before": wording.OUTCOMES[before], "after": wording.OUTCOMES[one.outcome]}
    for place in range(due.place, len(due.known)):
        here = Due(due.account, due.known, place)
        for grant in turn.book.accounts[due.account].earned.of(here.one.id):
            if grant.side != wrong or not grant.counts:
                continue
            other_side = here.one.met == (wrong == "penalty")
            if other_side or not _meant(turn, terms, here, grant):
                changed(turn, due.account, grant, "reversed", "judged_anew", _say("judged_anew", **outcomes))


def _meant(turn: Turn, terms: Incentives, due: Due, grant: Granted) -> bool:
    incentive = terms.incentives.get(grant.incentive)
    return incentive is not None and terms.truths(_values(turn, terms, due))[incentive.when]


def _values(turn: Turn, terms: Incentives, due: Due) -> dict[str, float | str | None]:
    of_person = features(
        turn.book, turn.now, turn.house, turn.positions, turn.assessment, turn.promises, turn.plans, terms.reads
    )
    return {**of_person, **values(due.known, due.place, refuses(turn))}


def _given(turn: Turn, terms: Incentives, due: Due) -> None:
    """Rewards where the minimum was paid in time, else penalties: never both. Of each sort one at most."""
    side = "reward" if due.one.met else "penalty"
    if (side == "reward" and not _rewarded(turn)) or (
        side == "penalty" and (protection(turn, due.account) or not refuses(turn))
    ):
        return
    found = _values(turn, terms, due)
    truths, amounts = terms.truths(found), terms.amounts(found)
    for incentive in terms.incentives.values():
        earned = turn.book.accounts[due.account].earned
        if incentive.side != side or not truths[incentive.when]:
            continue
        if any(one.gives == incentive.gives and one.state != "reversed" for one in earned.of(due.one.id)):
            continue
        if any(
            one.incentive == incentive.name and one.counts and turn.now - one.at < incentive.every * DAY
            for one in earned.grants
        ):
            continue
        if incentive.side == "penalty" and any(
            one.gives == incentive.gives and one.live and incentive.gives != "late_fee" for one in earned.grants
        ):
            continue  # it is in force already
        arm = _arm(turn, terms, incentive)
        if not incentive.arms or arm is not None:
            amount = None if incentive.amount is None else max(0, whole(amounts[incentive.amount]))
            _granted(turn, terms, due, incentive, amount, arm)


def _arm(turn: Turn, terms: Incentives, incentive: Incentive) -> str | None:
    arms = {one.name: arm_of(one, turn.book.person) for one in terms.experiments}
    return next((f"{name}.{arm}" for name, arm in incentive.arms if arms.get(name) == arm), None)


def _granted(
    turn: Turn, terms: Incentives, due: Due, incentive: Incentive, amount: int | None, arm: str | None
) -> None:
    """Give it as far as the laws and the budget let it, or say why not."""
    if amount is not None and incentive.most is not None:
        amount = min(amount, incentive.most)
    if amount is not None and incentive.gives == "fee_waiver":
        amount = min(amount, turn.book.accounts[due.account].fees)
    if amount == 0:
        return
    draft = Granted(
        f"g-{turn.mark}-{turn.book.made}", incentive.name, incentive.gives, "declined", due.one.id, turn.now, turn.now,
        "law", "", "", amount=amount, rate=incentive.rate, arm=arm,
    )  # fmt: skip
    verdict = asked(turn.house.gate.profile.rules, _asked(turn, due, incentive, amount))
    if isinstance(verdict, Unlawful):
        changed(
            turn, due.account, draft, "declined", "law", _say("law", law=wording.law(verdict.rule)), verdict.rule.id
        )
        return
    starts = over(dated(turn.today), turn.house.zone, verdict.notice_days) if verdict.notice_days else None
    lasts = None if incentive.lasting is None else over(dated(turn.today), turn.house.zone, incentive.lasting)
    waits = starts is not None or verdict.told_first
    if verdict.by_person:
        state, reason, starts, lasts = "announced", "review", None, None
    elif waits:
        state, reason, starts, lasts = "announced", "announced", starts or turn.now, None
    else:
        state, reason, starts = "granted", "earned", turn.now
    one = replace(draft, amount=verdict.amount, rate=verdict.rate, effective_at=starts, until=lasts)
    if not _afforded(turn, terms, one):
        title = Said(incentive.title["en"], incentive.title["zh"])
        changed(turn, due.account, one, "declined", "budget", _say("budget", title=title))
        return
    said = _sentence(turn, incentive.say, one, due)
    if verdict.rule is not None and (verdict.by_person or (verdict.amount, verdict.rate) != (amount, incentive.rate)):
        said = _say("review" if verdict.by_person else "bounded", say=said, law=wording.law(verdict.rule))
    changed(turn, due.account, one, state, reason, said, None if verdict.rule is None else verdict.rule.id)


def _asked(turn: Turn, due: Due, incentive: Incentive, amount: int | None) -> Asked:
    position, places = turn.positions[due.account], {one.id: place for place, one in enumerate(due.known)}
    given = tuple(
        due.place - places[one.occasion]
        for one in turn.book.accounts[due.account].earned.grants
        if one.gives == incentive.gives and one.counts and one.occasion in places
    )
    return Asked(
        incentive.gives,
        turn.now,
        amount,
        incentive.rate,
        minimum=due.one.minimum,
        unpaid=max(due.one.minimum - due.one.paid, 0),
        days_past_due=position.days_past_due,
        given=given,
        contract_rate=turn.house.strategy.plan.rate,
        surplus=turn.assessment.surplus.amount,
        credit_limit=position.credit_limit or 0,
    )


def _afforded(turn: Turn, terms: Incentives, one: Granted) -> bool:
    """Whether the budget of the month bears it, with what was given in this turn already."""
    left = turn.beside.left.get(one.incentive)
    if left is None or one.incentive not in terms.budget:
        return True
    taken = [fact for fact in turn.facts if isinstance(fact, Grant) and fact.incentive == one.incentive]
    mine = sum(terms.cost(one.incentive, fact.amount) for fact in taken if fact.reason in FIRST)
    return mine + terms.cost(one.incentive, one.amount) <= left


# -- who may be rewarded, or penalised ---------------------------------------------------------------------------------


def refuses(turn: Turn) -> bool:
    """Whether the person could pay, and refused to or evaded contact lately."""
    since = turn.now - REFUSED * DAY
    if not any(one.result in ("refused", "evaded") and since < one.at <= turn.now for one in turn.book.heard):
        return False
    return turn.assessment.quadrant in (Quadrant.ABLE_WILLING, Quadrant.ABLE_UNWILLING)


def protection(turn: Turn, account: str) -> str:
    """What protects an account from penalties; empty where nothing does."""
    flags = {one.flag for one in turn.book.stops if stands(one, turn.now) and (not one.debts or account in one.debts)}
    if turn.positions[account].paused:
        flags.add("paused")
    if any(turn.plans[id].status in QUIET and account in plan.accounts for id, plan in turn.book.plans.items()):
        flags.add("plan")
    return next((flag for flag in (*_PROTECTED, "paused", "plan") if flag in flags), "")


def _rewarded(turn: Turn) -> bool:
    """Nobody is rewarded who is late on any account, or restricted."""
    case = turn.book.case
    ways = turn.house.strategy.treatments
    restricted = case is not None and any(
        one.state == "done" and getattr(ways[one.treatment].way, "order", "") in _RESTRICTING
        for one in case.taken
        if one.treatment in ways
    )
    held = any(one.stands and one.type not in _FREE for one in turn.book.restrictions.values())
    flags = {one.flag for one in turn.book.stops if stands(one, turn.now)}
    return not (turn.late or restricted or held or flags & _UNREWARDED)


# -- what was announced comes into force, what is in force ends --------------------------------------------------------


def _moved_on(turn: Turn, terms: Incentives, account: str, grant: Granted, known: Sequence[Occasion]) -> None:
    if grant.state == "announced" and grant.effective_at is not None and grant.effective_at <= turn.now:
        _comes_into_force(turn, terms, account, grant, known)
    elif grant.state == "granted" and grant.side == "penalty" and grant.gives == "penalty_rate":
        _penalty_rate(turn, account, grant)
    if grant.state == "granted" and grant.until is not None and grant.until <= turn.now:
        current = turn.book.accounts[account].earned.grant(grant.id)
        if current is not None and current.state == "granted":
            changed(turn, account, grant, "ended", "over", _say("over"))


def _comes_into_force(turn: Turn, terms: Incentives, account: str, grant: Granted, known: Sequence[Occasion]) -> None:
    """A penalty of which notice was given: unless it was paid since, the person is protected, or a law objects now."""
    flag = protection(turn, account)
    if flag:
        changed(turn, account, grant, "declined", "protected", _say("protected", flag=wording.FLAGS[flag]))
    elif turn.positions[account].past_due <= 0:
        changed(turn, account, grant, "declined", "paid", _say("paid"))
    elif (told := _notified(turn, grant)) is None:
        if turn.now >= (grant.effective_at or 0) + WAITS * DAY:
            changed(turn, account, grant, "declined", "notice", _say("notice"))
        return
    else:
        incentive, place = terms.incentives.get(grant.incentive), _place(known, grant.occasion)
        if incentive is not None and place is not None:
            verdict = asked(
                turn.house.gate.profile.rules, _asked(turn, Due(account, known, place), incentive, grant.amount)
            )
            if isinstance(verdict, Unlawful):
                said = _say("law", law=wording.law(verdict.rule))
                changed(turn, account, grant, "declined", "law", said, verdict.rule.id)
                return
            starts = over(dated(day_of(told, turn.house.zone)), turn.house.zone, verdict.notice_days)
            if verdict.notice_days and starts > turn.now:
                one = replace(grant, effective_at=starts)
                said = _say("later", say=Said(grant.en, grant.zh), effective=_shown(turn, one)["effective"])
                changed(turn, account, one, "announced", "notice", said)
                return
        lasting = None if incentive is None else incentive.lasting
        until = None if lasting is None else over(dated(turn.today), turn.house.zone, lasting)
        one = replace(grant, effective_at=turn.now, until=until)
        changed(turn, account, one, "granted", "in_force", Said(grant.en, grant.zh))


def _penalty_rate(turn: Turn, account: str, grant: Granted) -> None:
    """A penalty rate ends with its law after so many paid statements in a row, and at once where the person is protected."""
    flag = protection(turn, account)
    if flag:
        changed(turn, account, grant, "ended", "protected", _say("protected", flag=wording.FLAGS[flag]))
        return
    cure = cured_after(turn.house.gate.profile.rules, "penalty_rate", turn.now)
    since = grant.effective_at or grant.at
    judged = [one for one in turn.book.accounts[account].earned.judged if one.until > since]
    if cure is not None and len(judged) >= cure[0] and all(one.outcome in PAID for one in judged[-cure[0] :]):
        said = _say("cured", count=cure[0], law=wording.law(cure[1]))
        changed(turn, account, grant, "ended", "cured", said, cure[1].id)


def _place(known: Sequence[Occasion], occasion: str) -> int | None:
    return next((place for place, one in enumerate(known) if one.id == occasion), None)


# -- telling -----------------------------------------------------------------------------------------------------------


def changed(
    turn: Turn, account: str, one: Granted, state: str, reason: str, said: Said, rule: str | None = None,
    by: str = "policy",
) -> None:  # fmt: skip
    """Put down how a grant stands now, and why."""
    turn.tell(
        Grant,
        account=account,
        grant=one.id,
        incentive=one.incentive,
        gives=one.gives,
        state=state,
        occasion=one.occasion,
        amount=one.amount,
        currency=None if one.amount is None else turn.house.currency,
        rate=one.rate,
        effective_at=None if one.effective_at is None else instant.instant(one.effective_at),
        until=None if one.until is None else instant.instant(one.until),
        arm=one.arm,
        by=by,
        rule=rule or one.rule,
        reason=reason,
        en=said.en,
        zh=said.zh,
    )
    step = _AT_BUREAU.get(state, "ended")
    if one.gives == "bureau_record" and (step != "ended" or one.id in turn.book.records):
        turn.tell(
            BureauStep,
            record=one.id,
            step=step,
            accounts=(account,),
            days_past_due=turn.positions[account].days_past_due,
            amount=turn.positions[account].past_due,
            currency=turn.house.currency,
        )


def _told(turn: Turn, terms: Incentives, account: str) -> None:
    """Tell the person of what was announced or granted in the last days."""
    for grant in turn.book.accounts[account].earned.grants:
        incentive = terms.incentives.get(grant.incentive)
        if incentive is None or incentive.tell is None or not grant.live:
            continue
        last = TELLS if grant.state == "granted" else TELLS + WAITS
        if turn.now - grant.changed_at < last * DAY and (grant.effective_at is not None or grant.state == "granted"):
            reach(turn, _message(turn, grant, incentive, account))


def _key(grant: Granted) -> str:
    """Of the message about what it is now: a notice that was given is told again only once it is in force."""
    return f"{grant.id}.{'granted' if grant.reason == 'in_force' else 'told'}"


def _notified(turn: Turn, grant: Granted) -> int | None:
    """When the notice got out, where the policy has one to give: its days count from then."""
    incentive = None if turn.house.incentives is None else turn.house.incentives.incentives.get(grant.incentive)
    if incentive is None or incentive.tell is None:
        return None
    return min((one.at for one in turn.tries.get(_key(grant), ()) if one.outcome in people.SENT), default=None)


def _message(turn: Turn, grant: Granted, incentive: Incentive, account: str) -> Message:
    tell = incentive.tell
    assert tell is not None
    language = turn.book.profile.language or turn.house.strategy.language
    what = wording.said(wording.WHAT[grant.gives], _shown(turn, grant))
    starts = day_of(grant.effective_at or turn.now, turn.house.zone)
    if grant.state == "announced":  # as many days from now as there were from the announcement
        starts += turn.today - day_of(grant.at, turn.house.zone)
    told = {
        "reward": what, "penalty": what, "charge": _amount(turn, grant), "waived": _amount(turn, grant),
        "charge_date": wording.day(dated(turn.today)), "start": wording.day(dated(starts)),
    }  # fmt: skip
    fields = {name: one.zh if language == "zh" else one.en for name, one in told.items()}
    return Message(
        _key(grant), incentive.name, tell.purpose, tell.template, tell.by, (account,), service=True, fields=fields
    )


def _sentence(turn: Turn, say: Text, one: Granted, due: Due) -> Said:
    currency, occasion = turn.house.currency, due.one
    found = values(due.known, due.place, False)
    return wording.said(
        say,
        {
            **_shown(turn, one),
            "paid": wording.money(occasion.paid, currency),
            "asked": wording.money(occasion.minimum, currency),
            "unpaid": wording.money(max(occasion.minimum - occasion.paid, 0), currency),
            "streak": str(found["on_time_streak"] or found["missed_streak"]),
        },
    )


def _shown(turn: Turn, one: Granted) -> dict[str, Said | str | int]:
    zone = turn.house.zone
    return {
        "amount": _amount(turn, one),
        "rate": wording.points(one.rate or 0),
        "until": Said("", "") if one.until is None else wording.day(dated(day_of(one.until - 1, zone))),
        "effective": wording.day(dated(day_of(one.effective_at or turn.now, zone))),
    }


def _amount(turn: Turn, one: Granted) -> Said:
    return wording.money(one.amount or 0, turn.house.currency)


def _say(key: str, **each: Said | str | int) -> Said:
    return wording.said(wording.BECAUSE[key], each)

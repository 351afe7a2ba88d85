"""The ladder: which steps are due, each way of treating, and what became of it.

A step's fate is told once, by a `treatment`: for a message when it got out, for a task when it is in its worklist,
for anything else when it is done. A message that comes back later has its next channel, but no second fate.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.credit.collection import account, offer, recover, task
from tocsin.credit.collection.ahead import granted
from tocsin.credit.collection.book import Case, Taken
from tocsin.credit.collection.contact import FAILED, Message, objection, reach
from tocsin.credit.collection.strategy import (
    Bureau,
    ByHand,
    Contact,
    Legal,
    Nothing,
    Offered,
    OnAccount,
    Order,
    Place,
    Step,
    Treatment,
)
from tocsin.credit.collection.turn import Fate, Turn
from tocsin.facts import dealings


@dataclass(frozen=True, slots=True)
class Rung:
    """A step as it stands for a person. `key`: case, step and round; `more`: whether anything new may be begun."""

    step: Step
    treatment: Treatment
    key: str
    more: bool


def climb(turn: Turn) -> None:
    """Every step of the ladder that is due, in its order."""
    if turn.book.case is None:
        return
    for step in turn.house.strategy.ladder:
        case = turn.book.case
        treatment = turn.house.strategy.treatments[step.treatment]
        taken = [one for one in case.taken if one.step == step.number]
        key = f"{case.id}.{step.number}.{len(taken)}"
        due = _due(turn, step, taken)
        begun = key in turn.tries or f"{key}.plan" in turn.book.plans
        if due or begun:
            more = due and _meant(turn, step, case) and not (turn.quiet and presses(treatment))
            if not (more or begun):
                continue
            fate = _treated(turn, Rung(step, treatment, key, more))
            if fate is not None and not _waits(turn, step, fate, begun and not more):
                _note(turn, step, treatment, fate)
        elif taken and isinstance(treatment.way, Contact):
            _came_back(turn, step, treatment, treatment.way, taken)
        elif not taken and treatment.name in turn.book.refused_until:
            _passed(turn, step, treatment)


def message(turn: Turn, rung: Rung, contact: Contact) -> Message:
    return Message(
        rung.key,
        rung.treatment.name,
        contact.purpose,
        contact.template,
        contact.by,
        turn.scope,
        contact.by_preference,
        rung.step.number,
    )


# -- what is due -------------------------------------------------------------------------------------------------------


def _window(turn: Turn, step: Step) -> bool:
    return turn.days is not None and step.at <= turn.days < step.at + step.lasting


def _due(turn: Turn, step: Step, taken: list[Taken]) -> bool:
    """Within its days, and not taken in this case, or so long ago that it comes again."""
    if not _window(turn, step):
        return False
    return not taken or (step.every > 0 and turn.today - turn.day(taken[-1].at) >= step.every)


def _waits(turn: Turn, step: Step, fate: Fate, held: bool) -> bool:
    """Whether this is not its fate yet: it is only held up, and its days are not over."""
    if fate.state == "early":
        return turn.days != step.at + step.lasting - 1
    return held and fate.state == "barred" and _window(turn, step)


def _meant(turn: Turn, step: Step, case: Case) -> bool:
    return (
        (not step.segments or case.segment in step.segments)
        and (not step.arms or any(case.arms.get(experiment) == arm for experiment, arm in step.arms))
        and (step.when is None or turn.truths[step.when])
    )


def presses(treatment: Treatment) -> bool:
    """Whether it asks the person for something, or gives the debt away; then it rests while a promise is open or a
    plan is kept."""
    way = treatment.way
    match way:
        case Contact():
            return way.purpose not in ("plan_service", "reply")
        case OnAccount():
            return way.fact == "closure"
        case Place():
            return not way.recall
    return not isinstance(way, Order | Nothing)


def _treated(turn: Turn, rung: Rung) -> Fate | None:
    """Treat, or see what came of it. None: it goes on, or waits."""
    match rung.treatment.way:
        case Contact() as way:
            return reach(turn, message(turn, rung, way), rung.more)
        case ByHand() as way:
            return task.given(turn, rung.key, rung.step, rung.treatment, way)
        case Order() as way:
            return account.ordered(turn, way)
        case OnAccount() as way:
            return account.on_accounts(turn, way)
        case Offered() as way:
            return offer.offered(turn, rung.key, rung.step, way, rung.more)
        case Place() as way:
            return recover.placed(turn, rung.key, way)
        case Legal() as way:
            letter = None if way.contact is None else message(turn, rung, way.contact)
            return recover.in_law(turn, rung.treatment, way, letter, rung.more)
        case Bureau() as way:
            notice = None if way.contact is None else message(turn, rung, way.contact)
            return recover.at_bureau(turn, rung.treatment, way, notice, rung.more)
        case Nothing():
            return Fate("done")


# -- what became of it -------------------------------------------------------------------------------------------------


def _note(turn: Turn, step: Step, treatment: Treatment, fate: Fate) -> None:
    case, way = turn.book.case, treatment.way
    assert case is not None
    amount = granted(turn, way) if isinstance(way, Order) and fate.state == "done" else None
    turn.tell(
        dealings.Treatment,
        treatment=treatment.name,
        case=case.id,
        step=step.number,
        state="barred" if fate.state == "early" else fate.state,
        rule=fate.rule,
        order=way.order if isinstance(way, Order) and fate.state == "done" else None,
        amount=amount,
        currency=None if amount is None else turn.house.currency,
        reason=fate.reason,
    )


def _came_back(turn: Turn, step: Step, treatment: Treatment, way: Contact, taken: list[Taken]) -> None:
    """A message that got out and came back: the next channel has its turn while the days of the step last."""
    case = turn.book.case
    assert case is not None
    key = f"{case.id}.{step.number}.{len(taken) - 1}"
    tried = turn.tries.get(key, ())
    if taken[-1].state == "done" and tried and all(one.outcome in FAILED for one in tried):
        rung = Rung(step, treatment, key, True)
        if _window(turn, step) and _meant(turn, step, case) and not (turn.quiet and presses(treatment)):
            reach(turn, message(turn, rung, way))


def _passed(turn: Turn, step: Step, treatment: Treatment) -> None:
    """The gate refused a step until its days were over: it is barred, by the rule that objects still."""
    ladder = turn.house.strategy.ladder
    same = [one for one in ladder if one.treatment == step.treatment]
    over = [one for one in same if turn.days is None or one.at + one.lasting <= turn.days]
    if step not in over or any(_window(turn, one) for one in same):
        return
    if step.number != max(over, key=lambda one: (one.at + one.lasting, one.number)).number:
        return
    case, way = turn.book.case, treatment.way
    assert case is not None
    contact = way if isinstance(way, Contact) else getattr(way, "contact", None)
    rung = Rung(step, treatment, f"{case.id}.{step.number}.0", False)
    rule = objection(turn, message(turn, rung, contact)) if isinstance(contact, Contact) else None
    _note(turn, step, treatment, Fate("barred", rule, "refused until its days were over"))

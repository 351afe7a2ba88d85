"""Worklists: tasks for people, worth what they are expected to bring, less what they cost."""

from __future__ import annotations

from tocsin.credit.collection.ahead import whole
from tocsin.credit.collection.book import OpenTask
from tocsin.credit.collection.contact import UNSEEN, points, refused, waits
from tocsin.credit.collection.strategy import ByHand, Step, Treatment
from tocsin.credit.collection.turn import Fate, Turn
from tocsin.credit.conduct import Contact, Refused
from tocsin.facts.dealings import Task
from tocsin.values import instant
from tocsin.values.calendar import dated
from tocsin.values.deadline import over


def of(turn: Turn, key: str) -> OpenTask | None:
    """The open task of a step."""
    return next((one for id, one in turn.book.tasks.items() if id.rpartition(".")[0] == key), None)


def given(turn: Turn, key: str, step: Step, treatment: Treatment, way: ByHand) -> Fate | None:
    """Put a task into its worklist, where the person may be contacted so at all. What comes of it, the task tells."""
    if waits(turn, treatment.name):
        return None
    value = whole(turn.amounts[way.value]) - treatment.cost
    if value <= 0:
        return Fate("skipped", reason="it would cost more than it is expected to bring")
    asked = _asked(turn, way)
    if asked is None:
        return Fate("barred", reason="no contact point")
    answer = turn.house.gate.ask(asked, turn.person, turn.history, turn.now)
    if isinstance(answer, Refused) and answer.next_allowed is None:
        refused(turn, treatment.name, asked, answer)
        return None
    due_at = over(dated(turn.today), turn.house.zone, way.days - 1)  # today is the first of its days
    opened(turn, f"{key}.{turn.book.made}", treatment.name, way.queue, value, step.number, due_at)
    return Fate("done")


def _asked(turn: Turn, way: ByHand) -> Contact | None:
    """The contact that is to come of a task; None where the person has no contact point for it."""
    at = points(turn, way.channel)
    if not at:
        return None
    return Contact(
        turn.book.person, "debtor", at[0].id, way.channel, way.purpose, turn.scope, "lender",
        discloses=way.channel not in UNSEEN,
    )  # fmt: skip


def _never(turn: Turn, one: OpenTask) -> str:
    """Why time alone will not let a task be done; empty where it will."""
    treatment = turn.house.strategy.treatments.get(one.treatment)
    if treatment is None or not isinstance(treatment.way, ByHand):
        return ""
    asked = _asked(turn, treatment.way)
    if asked is None:
        return "no contact point"
    answer = turn.house.gate.ask(asked, turn.person, turn.history, turn.now)
    return f"refused by {answer.rule}" if isinstance(answer, Refused) and answer.next_allowed is None else ""


def opened(
    turn: Turn, id: str, treatment: str, queue: str, value: int = 0, step: int | None = None, due_at: int | None = None
) -> None:
    """`due_at`: a task of the ladder is withdrawn then, any other is overdue."""
    turn.tell(
        Task,
        task=id,
        state="open",
        treatment=treatment,
        queue=queue,
        step=step,
        value=value,
        currency=turn.house.currency,
        due_at=None if due_at is None else instant.instant(due_at),
    )


def tidied(turn: Turn) -> None:
    """Withdraw what is overdue or has lost its point."""
    for one in tuple(turn.book.tasks.values()):
        if one.step >= 0 and one.due_at is not None and one.due_at <= turn.now:
            withdrawn(turn, one, "nobody had the time for it")
        elif one.step >= 0 and turn.quiet:
            withdrawn(turn, one, "a promise is open, or a plan is kept")
        elif one.step >= 0 and turn.book.case is None:
            withdrawn(turn, one, "the case is closed")
        elif one.step >= 0 and (why := _never(turn, one)):
            withdrawn(turn, one, why)


def withdrawn(turn: Turn, one: OpenTask, reason: str) -> None:
    turn.tell(
        Task,
        task=one.id,
        state="withdrawn",
        treatment=one.treatment,
        queue=one.queue,
        step=one.step if one.step >= 0 else None,
        reason=reason,
    )

"""The case of a person: opened, moved from segment to segment and closed by policy; and what the log must be told first."""

from __future__ import annotations

from tocsin.credit.arms import arm_of
from tocsin.credit.collection import task
from tocsin.credit.collection.turn import Turn
from tocsin.credit.conduct import people
from tocsin.facts.dealings import CaseChanged, PromiseChanged
from tocsin.facts.kinds import ContactResult, PositionChanged

HOUR = 3_600_000_000
_SPOKEN = people.LIVE


def positions(turn: Turn) -> None:
    """Tell each account's position where its state, bucket or what is due is not what the log was told last."""
    for id, one in turn.positions.items():
        account = turn.book.accounts.get(id)
        told = None if account is None else account.told
        if told is None or (told.state, told.bucket, told.past_due, told.minimum_due) != (
            one.state, one.bucket, one.past_due, one.minimum_due,
        ):  # fmt: skip
            turn.tell(
                PositionChanged,
                account=id,
                currency=turn.house.currency,
                balance=one.balance,
                credit_limit=one.credit_limit,
                minimum_due=one.minimum_due,
                past_due=one.past_due,
                days_past_due=one.days_past_due,
                bucket=one.bucket,
                state=one.state.value,
            )


def silent(turn: Turn) -> None:
    """Attempts of which nothing was heard for too long have failed; the next channel has its turn.

    A message that never left says nothing against the address: it was not connected.
    """
    hours = turn.house.strategy.unanswered_hours
    waiting = {one.attempt: (one.channel, one.at) for one in turn.book.under_way.values() if one.outcome == "under_way"}
    waiting |= {one.id: (one.channel, one.at) for one in turn.book.attempts if one.outcome == "under_way"}
    for id, (channel, at) in sorted(waiting.items()):
        if at + hours * HOUR <= turn.now:
            turn.tell(
                ContactResult,
                attempt=id,
                channel=channel,
                result="no_answer" if channel in _SPOKEN else "not_connected",
            )


def promises(turn: Turn) -> None:
    """Promises that came to stand otherwise than was told."""
    for one in turn.promises.standings:
        promise = turn.book.promises.get(one.made.promise)
        if promise is not None and one.status.value != (promise.told or "open"):
            turn.tell(
                PromiseChanged,
                promise=one.made.promise,
                status=one.status.value,
                amount=one.made.amount,
                paid=one.paid,
                currency=one.made.currency,
                account=one.made.account,
            )


def case(turn: Turn) -> None:
    """Open, move or close. Who owes nothing any more is left alone at once."""
    strategy, known = turn.house.strategy, turn.book.case
    opens, closes = turn.doors
    if known is None:
        if opens and not closes:
            arms = [f"{one.name}.{arm_of(one, turn.book.person)}" for one in strategy.experiments]
            turn.tell(
                CaseChanged,
                case=f"c-{turn.mark}-{turn.book.cases + 1}",
                change="opened",
                segment=_segment(turn),
                arm=" ".join(arms) or None,
            )
    elif closes:
        for one in tuple(turn.book.tasks.values()):
            if one.step >= 0:
                task.withdrawn(turn, one, "the case is closed")
        turn.tell(CaseChanged, case=known.id, change="closed", segment=known.segment or None, reason="nothing_due")
    elif (segment := _segment(turn)) != known.segment:
        turn.tell(CaseChanged, case=known.id, change="moved", segment=segment)


def _segment(turn: Turn) -> str:
    return next(name for name, condition in turn.house.strategy.segments if condition < 0 or turn.truths[condition])

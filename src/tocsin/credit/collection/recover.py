"""Agency, court and credit bureau: debts are placed and recalled, pursued in law, reported after a notice, taken down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.credit.collection import task
from tocsin.credit.collection.ahead import days_to_report, in_days, notice_days
from tocsin.credit.collection.book import Furnished, Matter
from tocsin.credit.collection.contact import Message, permitted, reach, refused, waits
from tocsin.credit.collection.strategy import Bureau, Legal, Place, Treatment
from tocsin.credit.collection.turn import Fate, Turn
from tocsin.credit.collection.wording import language_of
from tocsin.credit.conduct import Contact, Refused
from tocsin.credit.plan import QUIET
from tocsin.facts.dealings import BureauStep, LegalStep, Placement
from tocsin.values import instant
from tocsin.values.calendar import dated
from tocsin.values.deadline import over

KEPT_YEARS = 5
"""Adverse information, from the end of what it tells of, where no law says otherwise (征信业管理条例 §16)."""
_CLOSED = ("paid", "withdrawn", "closed")
_BEFORE = {"filed": "letter", "served": "filed", "judgment": "filed", "enforcement": "judgment"}
"""What must have gone before a step in law."""
_SHOWN = ("furnished", "disputed", "corrected")


# -- agency ------------------------------------------------------------------------------------------------------------


def placed(turn: Turn, key: str, way: Place) -> Fate:
    one = turn.book.placed
    if way.recall:
        if one is None:
            return Fate("skipped", reason="nothing is placed")
        _recalled(turn, "policy")
        return Fate("done")
    if one is not None:
        return Fate("skipped", reason=f"placed with {one.agency} already"[:500])
    amount = turn.balance(turn.late)
    stop = turn.stopped(turn.late)
    if not amount or stop:
        return Fate("barred", reason=stop or "nothing is late")
    turn.tell(
        Placement,
        placement=f"{key}.{turn.book.made}",
        agency=way.agency,
        state="placed",
        accounts=turn.late,
        amount=amount,
        currency=turn.house.currency,
        rate=way.rate,
        until=_in_days(turn, way.days),
    )
    return Fate("done")


def _recalled(turn: Turn, reason: str) -> None:
    one = turn.book.placed
    assert one is not None
    turn.tell(
        Placement,
        placement=one.id,
        agency=one.agency,
        state="recalled",
        accounts=one.accounts,
        amount=turn.balance(one.accounts),
        currency=turn.house.currency,
        reason=reason,
    )


# -- law ---------------------------------------------------------------------------------------------------------------


def in_law(turn: Turn, treatment: Treatment, way: Legal, letter: Message | None, more: bool) -> Fate | None:
    """A step in law, where its time has not run out; the letter comes first, and counts when it got out."""
    matter = _pursued(turn)
    before = _BEFORE.get(way.step)
    done = set() if matter is None else {step for step, _ in matter.steps}
    if before is not None and before not in done:
        return Fate("early", reason=f"there is no {before} yet")
    accounts = turn.scope if matter is None else matter.accounts
    if not accounts:
        return Fate("barred", reason="nothing is late") if more else None
    if way.step == "enforcement" and more and (stop := turn.stopped(accounts)):
        return Fate("barred", reason=stop)
    if way.step != "enforcement" and more:
        rule = _time_barred(turn, accounts)
        if rule is not None:
            return Fate("barred", rule, "it may no longer be sued for")
    if letter is not None:
        fate = reach(turn, _dated(turn, letter, way.days), more)
        if fate is None or fate.state != "done":
            return fate
    elif not more or (way.step != "enforcement" and not _asked(turn, treatment, "suit", accounts)):
        return None
    turn.tell(
        LegalStep,
        matter=matter.id if matter is not None else f"m-{turn.mark}-{len(turn.book.matters) + 1}",
        step=way.step,
        accounts=accounts,
        amount=turn.balance(accounts),
        cost=way.cost,
        currency=turn.house.currency,
        deadline=_in_days(turn, way.days),
    )
    return Fate("done")


def _pursued(turn: Turn) -> Matter | None:
    return next((one for one in turn.book.matters.values() if one.steps and one.steps[-1][0] not in _CLOSED), None)


def _time_barred(turn: Turn, accounts: tuple[str, ...]) -> str | None:
    """The rule by which time alone will never let these debts be sued for."""
    answer = turn.house.gate.ask(_furnishing(turn, "suit", accounts), turn.person, turn.history, turn.now)
    return answer.rule if isinstance(answer, Refused) and answer.next_allowed is None else None


# -- bureau ------------------------------------------------------------------------------------------------------------


def at_bureau(turn: Turn, treatment: Treatment, way: Bureau, notice: Message | None, more: bool) -> Fate | None:
    """The notice, then, when the gate says that it was long enough ago, the report; or taking it down."""
    record = _recorded(turn)
    if way.step == "notice":
        if record is not None:
            return Fate("skipped", reason="notice was given already")
        days = max(notice_days(turn, "bureau") + 1, days_to_report(turn))
        fate = Fate("done") if notice is None else reach(turn, _dated(turn, notice, days), more)
        if fate is not None and fate.state == "done":
            _step(turn, Furnished(f"b-{turn.mark}-{len(turn.book.records) + 1}", turn.scope), "notice")
        return fate
    if record is None:
        return Fate("early", reason="no notice was given yet")
    if way.step == "furnished":
        if record.steps[-1][0] != "notice":
            return Fate("skipped", reason="it is reported already")
        if not more:
            return None
        accounts = tuple(id for id in record.accounts if id in turn.late)
        if not accounts or turn.stopped(accounts):
            return Fate("barred", reason=turn.stopped(accounts) or "nothing is late")
        if not _asked(turn, treatment, "furnish", accounts):
            return None
    _step(turn, record, way.step)
    return Fate("done")


def _recorded(turn: Turn) -> Furnished | None:
    """The record that is not taken down yet, of debts that are late still."""
    return next(
        (one for one in turn.book.records.values() if one.steps and one.steps[-1][0] != "ended" and one.until is None),
        None,
    )


def _step(turn: Turn, one: Furnished, step: str, until: int | None = None, reason: str | None = None) -> None:
    turn.tell(
        BureauStep,
        record=one.id,
        step=step,
        accounts=one.accounts,
        days_past_due=max(turn.days or 0, 0),
        amount=turn.past_due(one.accounts),
        currency=turn.house.currency,
        until=None if until is None else instant.instant(until),
        reason=reason,
    )


def _kept_years(turn: Turn) -> int:
    return max(
        (
            years
            for rule in turn.house.gate.profile.rules
            if rule.applies_to == "bureau" and isinstance(years := rule.parameters.get("years"), int)
        ),
        default=KEPT_YEARS,
    )


# -- what has its time -------------------------------------------------------------------------------------------------


def due(turn: Turn) -> None:
    """Recall what is to come back, ask for somebody where a deadline is over, and take down what has had its years."""
    one = turn.book.placed
    if one is not None and (reason := _why_back(turn, one.accounts, one.until)):
        _recalled(turn, reason)
    for matter in tuple(turn.book.matters.values()):
        _pressed(turn, matter)
    for record in tuple(turn.book.records.values()):
        _minded(turn, record)


def _pressed(turn: Turn, matter: Matter) -> None:
    """Somebody sees to a deadline that is over, until the matter goes on."""
    passed = matter.deadline is not None and matter.deadline <= turn.now and matter.steps[-1][0] not in _CLOSED
    key = f"{matter.id}.{len(matter.steps)}"
    known = [one for one in turn.book.tasks.values() if one.id.startswith(f"{matter.id}.")]
    for one in known:
        if not (passed and one.id.startswith(f"{key}.")):
            task.withdrawn(turn, one, "the matter went on")
    if passed and task.of(turn, key) is None:
        task.opened(turn, f"{key}.{turn.book.made}", "legal_deadline", "legal")


def _why_back(turn: Turn, accounts: tuple[str, ...], until: int | None) -> str:
    if until is not None and until <= turn.now:
        return "term_over"
    if not turn.past_due(accounts):
        return "paid"
    kept = any(
        turn.plans[id].status in QUIET and {*plan.accounts} & {*accounts} for id, plan in turn.book.plans.items()
    )
    return "plan_kept" if kept else turn.stopped(accounts)


def _minded(turn: Turn, one: Furnished) -> None:
    """A record follows the debt: disputed while it is, corrected when it is not or is paid, ended after its years."""
    last = one.steps[-1][0] if one.steps else ""
    if last == "notice" and not turn.past_due(one.accounts):
        _step(turn, one, "ended", reason="paid before it was reported")
    elif last not in _SHOWN:
        return
    elif one.until is not None and one.until <= turn.now:
        _step(turn, one, "ended", reason="its years are over")
    elif (disputed := bool(turn.stopped(one.accounts, frozenset(("disputed",))))) and last != "disputed":
        _step(turn, one, "disputed", one.until)
    elif one.until is None and not turn.past_due(one.accounts):
        day = dated(turn.today)
        years = _kept_years(turn)
        last_day = day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)
        _step(turn, one, "corrected", over(last_day, turn.house.zone), "paid")
    elif last == "disputed" and not disputed:
        _step(turn, one, "corrected", one.until, "verified")


# -- pieces ------------------------------------------------------------------------------------------------------------


def _asked(turn: Turn, treatment: Treatment, purpose: str, accounts: tuple[str, ...]) -> bool:
    """Whether the gate lets something go to court or bureau now; where not, the refusal is noted and waited for."""
    if waits(turn, treatment.name):
        return False
    asked = _furnishing(turn, purpose, accounts)
    answer = permitted(turn, asked, turn.now)
    if isinstance(answer, Refused):
        refused(turn, treatment.name, asked, answer)
        return False
    return True


def _furnishing(turn: Turn, purpose: str, accounts: tuple[str, ...]) -> Contact:
    channel = "bureau" if purpose == "furnish" else "court"
    return Contact(turn.book.person, "debtor", "", channel, purpose, accounts, "lender")


def _dated(turn: Turn, message: Message, days: int) -> Message:
    """A message that says by when."""
    by = {"until": in_days(turn, days, language_of(turn))}
    return replace(message, fields={**message.fields, **by})


def _in_days(turn: Turn, days: int) -> datetime:
    return instant.instant(over(dated(turn.today), turn.house.zone, days))

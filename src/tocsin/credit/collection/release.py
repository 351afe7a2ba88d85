"""Restrictions of a person, moved on: what is asked, assessed, staged, released, refused, and ordered of the core system.

Everything comes of the book at a moment. A release, by whom ever, has an assessment of the same moment before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from tocsin.credit.collection import task
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.features import Seen
from tocsin.credit.collection.held import HELD_FEATURES
from tocsin.credit.collection.house import House
from tocsin.credit.collection.turn import Turn
from tocsin.credit.position.days import day_of, start_of
from tocsin.credit.restriction.assess import Assessment, assess, done, shortens
from tocsin.credit.restriction.record import ENDED, WAITS, Held, Ordered
from tocsin.credit.restriction.terms import Hold, Release, Restraints, Stage, Values
from tocsin.facts import measures
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.calendar import DAY

POLICY = "policy"
_NOTHING = (0, "", "", "")
MET = ("met", "waived")
REVIEWS, APPEALS, OVERDUE, CORE = "restrictions", "appeals", "appeals_overdue", "core"
"""Worklists."""
REVIEW, APPEAL = "review", "appeal"
"""Worklists: restrictions to be looked at, appeals to be decided, orders that the core system does not confirm."""
PATIENCE = 5
"""After so many attempts somebody looks into it."""
AHEAD = DAY
"""A restriction that may not end is extended so long before it would lapse."""
TITLES = {
    "transaction_block": {"en": "Transaction block", "zh": "交易冻结"},
    "transfer_hold": {"en": "Transfer hold", "zh": "转账暂停"},
    "cash_advance_block": {"en": "Cash-advance block", "zh": "取现限制"},
    "card_lock": {"en": "Card lock", "zh": "锁卡"},
    "limit_cut": {"en": "Limit cut", "zh": "降额"},
    "account_freeze": {"en": "Account freeze", "zh": "账户冻结"},
    "step_up": {"en": "Step-up verification", "zh": "加强验证"},
    "override": {"en": "Override", "zh": "临时放行"},
}
REPAYMENT = {
    "en": "Repayment, refunds and statements are not affected.",
    "zh": "还款、退款与账单不受影响。",
}


@dataclass
class View:
    """A restriction with everything that is derived of it, each thing once."""

    turn: Turn
    held: Held
    release: Release

    def renewed(self) -> View:
        """The same after facts were told; what nothing told changes is not derived again."""
        held = self.turn.book.restrictions[self.held.id]
        if (held.needs, held.expires_at, held.reviews) != (self.held.needs, self.held.expires_at, self.held.reviews):
            return View(self.turn, held, self.release)
        self.held = held
        return self

    @cached_property
    def hold(self) -> Hold:
        return hold_of(self.held, self.turn.house.restraints)

    @cached_property
    def values(self) -> Values:
        return values_of(self.turn, self.held, self.release)

    @cached_property
    def truths(self) -> tuple[bool, ...]:
        return self.release.truths(self.values)

    @cached_property
    def assessment(self) -> Assessment:
        return assess(self.hold, self.values, self.release, self.truths)

    @cached_property
    def factors(self) -> bytes:
        """Those of the assessment, as JSON."""
        return self.assessment.written()

    @cached_property
    def release_at(self) -> int | None:
        """When it may end as things stand, by the assessment and by who keeps it; None while it is barred."""
        found = self.assessment.release_at(self.held.at, self.turn.now)
        return found if found is None or self.assessment.ends else max(found, self.kept_until or found)

    @property
    def kept_until(self) -> int | None:
        """Until when a person decided to keep it."""
        last = self.held.reviews[-1] if self.held.reviews else None
        return self.held.review_at if last is not None and last.decision == "keep" else None

    @cached_property
    def open_needs(self) -> tuple[str, ...]:
        """Requirements that are not met."""
        needs = self.held.needs
        return tuple(name for name in self.hold.needs if name not in needs or needs[name].state not in MET)

    @cached_property
    def waits_for(self) -> tuple[str, ...]:
        """Those without which there is no release."""
        return tuple(name for name in self.open_needs if self.release.needs[name].needed)

    @property
    def four_eyes(self) -> bool:
        return self.release.takes_two(self.held.levels)

    def earliest(self) -> int | None:
        """When it could end, were everything done at once that the customer can do."""
        if not self.open_needs:
            return None if self.release_at is None else max(self.release_at, self.turn.now)
        best = assess(self.hold, done(self.values, self.release.needs, self.open_needs), self.release)
        found = best.release_at(self.held.at, self.turn.now)
        return None if found is None else max(found, self.turn.now)

    def shortens(self, name: str) -> int:
        """Days by which meeting a requirement would shorten the wait."""
        names = (name,)
        return shortens(self.hold, self.values, self.release, names, self.held.at, self.turn.now)

    def refused(self) -> bool:
        """Whether it is proven that there is nothing to release."""
        return self.release.refuse_when is not None and self.truths[self.release.refuse_when]


def hold_of(held: Held, restraints: Restraints | None) -> Hold:
    """The hold of the policy; of one that a person chose freely, or that the policy knows no more, what the restriction
    itself says."""
    known = restraints.holds.get(held.hold) if restraints else None
    if known is not None:
        return known
    days = 30 if held.expires_at is None else max(-(-(held.expires_at - held.at) // DAY), 1)
    say = {language: f"{title} · {REPAYMENT[language]}" for language, title in TITLES[held.type].items()}
    return Hold(
        held.hold, TITLES[held.type], say, held.type, held.strength, frozenset(), 0, days, 0, days, automatic=False
    )  # fmt: skip


def values_of(turn: Turn, held: Held, release: Release) -> Values:
    """Everything that conditions of release read."""
    seen = Seen(turn.book, turn.now, turn.house, turn.positions)
    own = {name: HELD_FEATURES[name].of(seen, held) for name in release.reads & HELD_FEATURES.keys()}
    met = {name: name in held.needs and held.needs[name].state in MET for name in release.reads & release.needs.keys()}
    return {**turn.release_values, **own, **met}


# -- a turn ------------------------------------------------------------------------------------------------------------


def restrictions(turn: Turn) -> None:
    """Everything that is to be done about the restrictions of a person now.

    An override is not assessed, nor is anything under a policy that says nothing of release: people and time end those.
    """
    release = turn.house.release
    for id in tuple(turn.book.restrictions):
        held = turn.book.restrictions[id]
        _, by, said, word = _said(held)[-1]
        if held.stands and (release is None or held.type == "override") and said == "release":
            _change(turn, held, "released", word, by)
        elif held.stands and held.type != "override" and release is not None:
            view = turn.views.get(id) or View(turn, held, release)
            for step in (_asked, _assessed, _moved):
                step(turn, view := view.renewed())
            turn.views[id] = view
        elif held.ended_at is None and held.expires_at is not None and held.expires_at <= turn.now:
            _change(turn, held, "lapsed", "held_out" if held.status == "held_out" else "expired")
        _appealed(turn, turn.book.restrictions[id])
        _confirmed(turn, turn.book.restrictions[id])


def _said(held: Held) -> list[tuple[int, str, str, str]]:
    """What people said about it, in their order: when, who, release, keep or refuse, and the word for it."""
    said = [(one.at, one.by, one.decision, "reviewed") for one in held.reviews]
    said += [
        (one.decided_at or 0, one.by, "release" if one.state == "upheld" else "keep", "appeal_upheld")
        for one in held.appeals
        if one.state not in WAITS
    ]
    return sorted(said) or [_NOTHING]


def _tell(turn: Turn, kind: type[Fact], held: Held, **fields: Any) -> None:
    turn.tell(kind, restriction=held.id, account=held.account, **fields)


def _change(turn: Turn, held: Held, change: str, reason: str, by: str = POLICY, **fields: Any) -> None:
    orders = change in (*ENDED, "staged") or (change == "refused" and held.stage > 0)
    number = held.order.number + 1 if orders and held.status != "held_out" else None
    _tell(turn, measures.RestrictionChanged, held, change=change, number=number, reason=reason, by=by, **fields)
    if change in ENDED:
        worked_off(turn, f"{held.id}.{REVIEW}.", "the restriction has ended")


def worked_off(turn: Turn, head: str, reason: str) -> None:
    """Withdraw the tasks about it, whose ids begin so."""
    for one in tuple(turn.book.tasks.values()):
        if one.id.startswith(head):
            task.withdrawn(turn, one, reason)


def _asked(turn: Turn, view: View) -> None:
    """What the customer can do is asked for, and is met where the book says so."""
    for name in view.hold.needs:
        need, known = view.release.needs[name], view.held.needs.get(name)
        if need.met_when is not None and view.truths[need.met_when]:
            if known is None or known.state not in MET:
                _tell(turn, measures.Requirement, view.held, requirement=name, state="met", by=POLICY)
        elif known is None or (need.met_when is not None and known.state == "met" and known.by == POLICY):
            due = instant.instant(turn.now + need.within * DAY)
            _tell(turn, measures.Requirement, view.held, requirement=name, state="due", due_by=due, by=POLICY)


def _assessed(turn: Turn, view: View) -> None:
    """An assessment is told where it is another than was told last."""
    now, told = view.assessment, view.held.told
    factors = view.factors
    release_at = told.release_at if told is not None and now.ends else view.release_at
    if told is not None and (told.days, told.barred, told.factors, told.release_at) == (
        now.days, now.barred, factors, release_at,
    ):  # fmt: skip
        return
    pace = view.held.first.days if view.held.first else now.days
    begun = (turn.now - view.held.at) / (pace * DAY) if pace else 0.0
    known = turn.beside.experience.quantiles(view.hold.name, view.release.enough, begun)
    p50, p90 = (None if one is None or not pace else view.held.at + int(one * pace * DAY) for one in known[:2])
    _tell(
        turn,
        measures.RestrictionAssessed,
        view.held,
        days=now.days,
        release_at=_instant(view.release_at),
        barred=now.barred,
        factors=msgspec.Raw(factors),
        earliest=_instant(view.earliest()),
        p50=_instant(p50),
        p90=_instant(p90),
        n=known[2],
        basis=POLICY if p50 is None else "history",
        because="imposed" if told is None else _because(told.factors, factors),
    )


def _because(before: bytes, after: bytes) -> str:
    """The first factor that has another effect now, or another value."""
    old, new = msgspec.json.decode(before), msgspec.json.decode(after)
    moved = [one["factor"] for was, one in zip(old, new, strict=False) if _effect(was) != _effect(one)]
    shown = [one["factor"] for was, one in zip(old, new, strict=False) if was != one]
    return str(next(iter([*moved, *shown]), "policy"))


def _effect(one: dict[str, Any]) -> tuple[Any, ...]:
    return one["days"], one["bars"], one.get("ends")


def _moved(turn: Turn, view: View) -> None:
    """Released, refused, extended, lapsed, or another stage."""
    held = view.held
    by, reason = _people(view, "release")
    if reason:
        _change(turn, held, "released", reason, by)
        return
    if held.status == "refused":
        last = next(one for one in reversed(held.changes) if one.change == "refused")
        if last.by == POLICY and not view.refused():
            _change(turn, held, "extended", "report_withdrawn", **_until(held))
        return
    by, reason = _people(view, "refuse")
    if view.refused() or reason:
        _change(turn, held, "refused", reason or "proven_fraud", by or POLICY)
        return
    may = view.hold.automatic and (view.assessment.ends or not (view.four_eyes or view.waits_for))
    if may and view.release_at is not None and view.release_at <= turn.now:
        _change(turn, held, "released", "report_withdrawn" if view.assessment.ends else "conditions_met")
        return
    kept = view.kept_until is not None and view.kept_until > turn.now
    if held.expires_at is not None and (view.assessment.barred or view.four_eyes or kept or view.waits_for):
        if held.expires_at - AHEAD <= turn.now:
            expires = instant.instant(max(held.expires_at, turn.now) + max(view.hold.most, 7) * DAY)
            whys = ((view.assessment.barred, "barred"), (kept, "kept"), (bool(view.waits_for), "not_met"))
            reason = next((why for so, why in whys if so), "not_reviewed")
            _change(turn, held, "extended", reason, review_at=_instant(held.review_at), expires_at=expires)
    elif held.expires_at is not None and held.expires_at <= turn.now:
        _change(turn, held, "lapsed", "expired")
        return
    if not kept:
        _stage(turn, view, may)
    if held.review_at is not None and held.review_at <= turn.now:
        _task(turn, held, REVIEW, REVIEWS)


def _until(held: Held) -> dict[str, Any]:
    return {"review_at": _instant(held.review_at), "expires_at": _instant(held.expires_at)}


def _people(view: View, decision: str) -> tuple[str, str]:
    """Who decided so, and the word for it; empty where too few did. At the highest levels it takes two."""
    if not (view.held.reviews or view.held.appeals):
        return "", ""
    agreed = dict[str, str]()
    for _, by, what, word in _said(view.held):
        agreed = {**agreed, by: word} if what == decision else {}
    if len(agreed) < (2 if view.four_eyes else 1):
        return "", ""
    return ", ".join(agreed), "appeal_upheld" if "appeal_upheld" in agreed.values() else "reviewed"


def _stage(turn: Turn, view: View, may: bool) -> None:
    """Small amounts first, once enough of the days are over; everything again where they have become more."""
    reached = [
        number
        for number, stage in enumerate(view.hold.stages, start=1)
        if may and view.release_at is not None and stage_at(view.held, stage, view.assessment.days) <= turn.now
    ]
    wanted = max(reached, default=0)
    if wanted == view.held.stage:
        return
    stage = view.hold.stages[wanted - 1] if wanted else None
    _change(
        turn,
        view.held,
        "staged",
        "days_passed" if wanted > view.held.stage else "lengthened",
        **staged(turn, wanted, stage),
    )


def staged(turn: Turn, number: int, stage: Stage | None) -> dict[str, Any]:
    """The fields of a stage."""
    up_to, a_day = (stage.up_to, stage.a_day) if stage else (None, None)
    currency = None if up_to is None and a_day is None else turn.house.currency
    return {"stage": number, "up_to": up_to, "a_day": a_day, "currency": currency}


def stage_at(held: Held, stage: Stage, days: int) -> int:
    return held.at + days * DAY * stage.at // 100


def _appealed(turn: Turn, held: Held) -> None:
    """An appeal is decided by a person, whatever became of the restriction meanwhile; by another one, where nobody has
    decided it in time."""
    one = held.appeal
    if one is None:
        return
    overdue = one.decide_by is not None and one.decide_by <= turn.now
    if overdue and one.state == "filed":
        reason = "nobody has decided it in time"
        _tell(turn, measures.Appeal, held, appeal=one.id, state="overdue", by=POLICY, reason=reason)
        worked_off(turn, f"{held.id}.{APPEAL}.", reason)
    _task(turn, held, APPEAL, OVERDUE if overdue else APPEALS, None if overdue else one.decide_by)


def _task(turn: Turn, held: Held, what: str, queue: str, due_at: int | None = None) -> None:
    head = f"{held.id}.{what}."
    if not any(one.id.startswith(head) for one in turn.book.tasks.values()):
        task.opened(turn, f"{head}{turn.book.made}", held.hold, queue, due_at=due_at)


def _confirmed(turn: Turn, held: Held) -> None:
    """An order that the core system has not confirmed is given again, less and less often, never given up."""
    due = order_due(held, turn.house.restraints)
    if due is None:
        worked_off(turn, f"{held.id}.{CORE}.", "the core system has confirmed it")
        return
    if due > turn.now:
        return
    order_again(turn, held)
    if held.order.attempts >= PATIENCE or held.order.objection:
        _task(turn, held, CORE, CORE)


def order_again(turn: Turn, held: Held) -> None:
    """Ask the core system again for what stands here, as it was ordered: a policy may have other stages by now."""
    money = (held.limit, held.up_to, held.a_day) != (None, None, None)
    _tell(
        turn,
        measures.RestrictionOrdered,
        held,
        number=held.order.number,
        attempt=held.order.attempts + 1,
        state="ended" if held.ended_at is not None else "staged" if held.stage else "in_force",
        type=held.type,
        limit=held.limit,
        up_to=held.up_to,
        a_day=held.a_day,
        currency=turn.house.currency if money else None,
    )


def order_due(held: Held, restraints: Restraints | None) -> int | None:
    """When an order is to be given again; None where there is nothing to wait for."""
    if restraints is None or not restraints.acknowledge or held.status == "held_out":
        return None
    order: Ordered = held.order
    if order.confirmed >= order.number:
        return None
    return order.at + min(restraints.acknowledge << min(order.attempts - 1, 16), DAY)


# -- when to look again ------------------------------------------------------------------------------------------------


def moments(book: Book, now: int, house: House) -> Iterator[int]:
    """When time alone changes something about the restrictions of a person."""
    release = house.release
    for held in book.restrictions.values():
        due = order_due(held, house.restraints)
        if due is not None:
            yield due
        if (appeal := held.appeal) is not None and appeal.decide_by is not None:
            yield appeal.decide_by
        if held.ended_at is None:
            yield from _moments_of(held, hold_of(held, house.restraints), release, now, house.zone)


def _moments_of(held: Held, hold: Hold, release: Release | None, now: int, zone: str) -> Iterator[int]:
    if held.expires_at is not None:
        yield from (held.expires_at, held.expires_at - AHEAD)
    if held.type == "override" or held.status == "held_out" or release is None:
        return
    if held.review_at is not None:
        yield held.review_at
    yield from (one.due_by for one in held.needs.values() if one.due_by is not None)
    if held.told is not None:
        if held.told.release_at is not None:
            yield held.told.release_at
        yield from (stage_at(held, stage, held.told.days) for stage in hold.stages)
    if release.daily:
        yield start_of(day_of(now, zone) + 1, zone)


def _instant(moment: int | None) -> Any:
    return None if moment is None else instant.instant(moment)

"""Restrictions for people and other systems: how each stands and why, and what may be done about it.

Whoever acts has the turn, and is answered with what came of it: a review that releases has released when it returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from tocsin.credit.collection import release as releasing
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.house import House
from tocsin.credit.collection.release import MET, View, hold_of, stage_at
from tocsin.credit.collection.turn import Turn
from tocsin.credit.restriction.force import TOUCHES
from tocsin.credit.restriction.record import Held
from tocsin.credit.restriction.terms import Release, Stage
from tocsin.desk.faults import Fault
from tocsin.desk.restriction_words import ESTIMATES, FACTORS
from tocsin.facts import measures
from tocsin.facts.kinds import Fact
from tocsin.facts.measures import Kind
from tocsin.values import instant
from tocsin.values.calendar import DAY
from tocsin.values.problem import did_you_mean, shown

Said = dict[str, Any]
Made = tuple[Said, list[Fact]]
_ALWAYS = ("payment", "refund")
_NEW = ("purchase", "cash_advance", "transfer")
_LONGEST_OVERRIDE = 30 * DAY
_LONGEST = 3_650 * DAY
"""As a policy may say at most."""


@dataclass(frozen=True, slots=True)
class Imposed:
    """A restriction that a person imposes: `hold` of the policy, or a `kind` freely chosen; instants in µs UTC."""

    reasons: tuple[str, ...]
    actor: str
    hold: str | None = None
    kind: str | None = None
    strength: str = "soft"
    note: str | None = None
    limit: int | None = None
    review_at: int | None = None
    expires_at: int | None = None
    merchants: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    card_present: bool | None = None
    above: int | None = None


# -- looking -----------------------------------------------------------------------------------------------------------


def all_of(book: Book, account: str, now: int, house: House, language: str) -> Said:
    """Every restriction of an account, open ones first, then the latest."""
    turn = Turn(book, now, house)
    found = [one for one in book.restrictions.values() if one.account == account and one.status != "held_out"]
    ordered = sorted(found, key=lambda one: (one.ended_at is not None, -one.at, one.id))
    return {"account": account, "restrictions": [said(turn, one, language) for one in ordered]}


def said(turn: Turn, held: Held, language: str) -> Said:
    """A restriction as it stands now, with its reasons, its assessment, what can be done, and when it ends."""
    release, hold = turn.house.release, hold_of(held, turn.house.restraints)
    judged = held.type != "override" and held.stands and release is not None
    view = View(turn, held, release) if judged and release is not None else None
    return {
        "restriction": held.id,
        "account": held.account,
        "hold": held.hold,
        "kind": held.type,
        "title": hold.title[language],
        "say": hold.say[language],
        "strength": held.strength,
        "status": held.status,
        "imposed_at": instant.written(held.at),
        "by": held.by,
        "reasons": list(held.reasons),
        "note": held.note,
        "level": held.level,
        "risen": list(held.risen),
        "cause": held.cause,
        "policy": held.policy,
        "scope": {name: list(one) if isinstance(one, tuple) else one for name, one in _scope(held).items()},
        "limit": held.limit,
        "allowed": allowed(held),
        "stages": [_stage(held, number, one) for number, one in enumerate(hold.stages, 1)],
        "review_at": _moment(held.review_at),
        "expires_at": _moment(held.expires_at),
        "ended_at": _moment(held.ended_at),
        "requirements": [] if view is None else [_requirement(view, name, language) for name in hold.needs],
        "assessment": _assessment(held, view, language),
        "estimate": _estimate(turn, held, release, language),
        "four_eyes": view is not None and view.four_eyes,
        "reviews": [
            {"decision": one.decision, "by": one.by, "at": instant.written(one.at), "reason": one.reason}
            for one in held.reviews
        ],
        "appeals": [
            {
                "appeal": one.id,
                "state": one.state,
                "filed_at": instant.written(one.at),
                "reason": one.reason,
                "decide_by": _moment(one.decide_by),
                "decided_at": _moment(one.decided_at),
                "by": one.by or None,
                "answer": one.answer,
            }
            for one in held.appeals
        ],
        "changes": [
            {"change": one.change, "at": instant.written(one.at), "by": one.by, "reason": one.reason, "stage": one.stage}
            for one in held.changes
        ],
        "core": {
            "order": held.order.number,
            "confirmed": held.order.confirmed >= held.order.number,
            "attempts": held.order.attempts,
            "objection": held.order.objection,
        },
    }  # fmt: skip


def allowed(held: Held) -> list[str]:
    """What is not touched by a restriction, whatever its scope: repayment first, always."""
    touched = {str(kind.__struct_config__.tag) for kind in TOUCHES[held.type]}
    if held.type in ("override", "step_up") or not held.stands:
        touched = set()
    return [*_ALWAYS, *(kind for kind in _NEW if kind not in touched)]


def _scope(held: Held) -> Said:
    scope = held.scope
    given = {
        name: getattr(scope, name)
        for name in ("merchants", "countries", "channels", "devices", "card_present", "above")
    }
    return {name: one for name, one in given.items() if one not in (None, ())}


def _stage(held: Held, number: int, stage: Stage) -> Said:
    at = None if held.told is None else stage_at(held, stage, held.told.days)
    return {
        "stage": number,
        "up_to": stage.up_to,
        "a_day": stage.a_day,
        "from": _moment(at),
        "reached": held.stage >= number,
    }


def _requirement(view: View, name: str, language: str) -> Said:
    need, known = view.release.needs[name], view.held.needs.get(name)
    state = known.state if known else "due"
    due_by = known.due_by if known else None
    return {
        "code": name,
        "title": need.title[language],
        "kind": need.kind,
        "state": state,
        "needed": need.needed,
        "due_by": _moment(due_by),
        "overdue": state == "due" and due_by is not None and due_by <= view.turn.now,
        "reason": known.reason if known else None,
        "shortens_by": 0 if state in MET else view.shortens(name),
    }


def _assessment(held: Held, view: View | None, language: str) -> Said | None:
    """As it was told last; of an open one as it is now."""
    told = held.told
    if told is None and view is None:
        return None
    if view is not None:
        found = view.assessment
        promised = view.release_at if found.ends or not view.four_eyes else None  # no time releases what two people do
        days, barred, factors, release_at = found.days, found.barred, view.factors, promised
    else:
        assert told is not None
        days, barred, factors, release_at = told.days, told.barred, told.factors, told.release_at
    return {
        "days": days,
        "barred": barred,
        "release_at": _moment(release_at),
        "waits_for": list(view.waits_for) if view else [],
        "factors": [
            {
                "factor": one["factor"],
                "title": FACTORS[one["factor"]][language],
                "value": one["value"],
                "days": one["days"],
                "bars": one["bars"],
                "ends": one.get("ends", False),
                "why": one[language],
            }
            for one in msgspec.json.decode(factors)
        ],
    }


def _estimate(turn: Turn, held: Held, release: Release | None, language: str) -> Said | None:
    told = held.told
    if told is None or release is None:
        return None
    say = ESTIMATES[told.basis][language].format(n=told.n, enough=release.enough)
    return {
        "earliest": _moment(told.earliest),
        "p50": _moment(told.p50),
        "p90": _moment(told.p90),
        "n": told.n,
        "as_of": instant.written(told.at),
        "basis": told.basis,
        "say": say,
    }


def _moment(moment: int | None) -> str | None:
    return None if moment is None else instant.written(moment)


# -- doing -------------------------------------------------------------------------------------------------------------


def imposed(
    book: Book,
    account: str,
    now: int,
    house: House,
    policy: str,
    given: Imposed,
    language: str,
    level: str | None = None,
) -> Made:
    """A person imposes a restriction, or lets something pass for a time; `level`: the account's. Raises Fault."""
    known, turn = house.restraints, Turn(book, now, house)
    if account == book.person and account not in book.accounts:
        raise Fault(404, "there is no such account", "check the id")  # it is that of a person
    hold = known.holds.get(given.hold) if known and given.hold else None
    if given.hold is not None and hold is None:
        names = list(known.holds) if known else []
        raise Fault(422, f"the policy knows no hold {shown(given.hold)}", did_you_mean(given.hold, names), "hold")
    kind = hold.type if hold else given.kind
    if hold is not None and given.kind not in (None, hold.type):
        raise Fault(422, f"the hold {shown(hold.name)} is a {hold.type}", "give one of 'hold' and 'kind'", "kind")
    if kind is None:
        raise Fault(422, "it is not said what is restricted", "give a 'hold' of the policy, or a 'kind'", "kind")
    if kind not in get_args(Kind):
        raise Fault(422, f"there is no kind {shown(kind)}", did_you_mean(kind, get_args(Kind)), "kind")
    expires, review = given.expires_at, given.review_at
    if hold is not None:
        expires = expires or (None if hold.expires is None else now + hold.expires)
        review = review or (None if hold.review is None else now + hold.review)
    if expires is None and review is None:
        raise Fault(422, "it has no end and nobody looks at it", "give 'expires_at' or 'review_at'", "expires_at")
    if any(moment is not None and moment <= now for moment in (expires, review)):
        raise Fault(422, "its end or its review lies in the past", "give a later moment", "expires_at")
    if kind == "override" and (expires is None or expires - now > _LONGEST_OVERRIDE):
        raise Fault(422, "an override ends within 30 days", "give 'expires_at' within 30 days", "expires_at")
    if any(moment is not None and moment > now + _LONGEST for moment in (expires, review)):
        raise Fault(422, "its end or its review lies more than ten years ahead", "give an earlier moment", "expires_at")
    limit = given.limit
    if limit is None and hold is not None and hold.keep is not None:
        position = turn.positions.get(account)
        whole = position.credit_limit if position else None
        limit = None if whole is None else whole * hold.keep // 100
    if kind == "limit_cut" and limit is None and (hold is None or hold.keep is not None):
        raise Fault(422, "a limit cut needs a limit", "give 'limit' in minor units", "limit")
    name = hold.name if hold else "manual"
    for one in book.restrictions.values():
        if hold and one.account == account and one.stands and one.hold == name:
            raise Fault(409, f"{shown(one.id)} is in force already", "review that one instead")
    id = f"m{turn.mark}-{book.made}"
    scope = hold.scope if hold else None
    above = given.above if given.above is not None or scope is None else scope.above
    turn.tell(
        measures.Restriction,
        account=account,
        restriction=id,
        hold=name,
        type=kind,
        strength=hold.strength if hold else given.strength,
        reasons=given.reasons,
        level=level,
        by=given.actor,
        note=given.note,
        policy=policy,
        limit=limit,
        currency=house.currency if limit is not None or above is not None else None,
        review_at=None if review is None else instant.instant(review),
        expires_at=None if expires is None else instant.instant(expires),
        merchants=given.merchants or (scope.merchants if scope else ()),
        countries=given.countries or (scope.countries if scope else ()),
        channels=given.channels or (scope.channels if scope else ()),
        devices=given.devices or (scope.devices if scope else ()),
        card_present=given.card_present if given.card_present is not None or scope is None else scope.card_present,
        above=above,
    )
    return _come(turn, id, language)


def reviewed(book: Book, id: str, now: int, house: House, given: Said, actor: str, language: str) -> Made:
    """A person releases, keeps or refuses: `decision`, `reason`, `until` (µs UTC). Raises Fault."""
    turn, held = Turn(book, now, house), _open(book, id)
    decision, until = given["decision"], given.get("until")
    if decision == "keep" and (until is None or until <= now):
        raise Fault(422, "it is not said until when it is kept", "give 'until', when it is looked at again", "until")
    if until is not None and until > now + _LONGEST:
        raise Fault(422, "its end or its review lies more than ten years ahead", "give an earlier moment", "until")
    four = house.release is not None and house.release.takes_two(held.levels)
    if four and decision == "release" and held.by == actor:
        raise Fault(422, "nobody releases at this level what they imposed", "ask somebody else to review it")
    said_before = held.reviews[-1] if held.reviews else None
    if said_before and (said_before.decision, said_before.by) == (decision, actor) and decision != "keep":
        raise Fault(409, "the same person decided so before", "ask somebody else to review it too")
    turn.tell(
        measures.RestrictionReview,
        account=held.account,
        restriction=id,
        decision=decision,
        by=actor,
        reason=given["reason"],
        until=None if until is None else instant.instant(until),
    )
    releasing.worked_off(turn, f"{id}.review.", "it was reviewed")
    return _come(turn, id, language)


def appealed(book: Book, id: str, now: int, house: House, given: Said, actor: str, language: str) -> Made:
    """The customer objects: `reason`. Raises Fault."""
    turn, held = Turn(book, now, house), _open(book, id)
    if held.type == "override":
        raise Fault(422, "an override restricts nothing", "appeal against what is restricted")
    if held.appeal is not None:
        raise Fault(409, f"the appeal {held.appeal.id} waits for its decision", "wait for that decision")
    days = house.release.appeal if house.release else 7 * DAY
    turn.tell(
        measures.Appeal,
        account=held.account,
        restriction=id,
        appeal=f"{id}.a{len(held.appeals) + 1}",
        state="filed",
        by=actor,
        reason=given["reason"],
        decide_by=instant.instant(now + days),
    )
    return _come(turn, id, language)


def decided(book: Book, id: str, now: int, house: House, given: Said, actor: str, language: str) -> Made:
    """A person decides an appeal, who had no part in what it is about: `appeal`, `upheld`, `reason`. Raises Fault."""
    turn, held = Turn(book, now, house), _known(book, id)
    waits = held.appeal
    if waits is None or waits.id != given["appeal"]:
        raise Fault(409, "this appeal does not wait for a decision", "GET the restriction for its appeals")
    if actor in (held.by, waits.filed_by) or any(one.by == actor and one.decision != "release" for one in held.reviews):
        raise Fault(422, "nobody decides about what they decided themselves", "ask somebody else to decide it")
    turn.tell(
        measures.Appeal,
        account=held.account,
        restriction=id,
        appeal=waits.id,
        state="upheld" if given["upheld"] else "rejected",
        by=actor,
        reason=given["reason"],
    )
    releasing.worked_off(turn, f"{id}.appeal.", "it was decided")
    return _come(turn, id, language)


def required(book: Book, id: str, now: int, house: House, given: Said, actor: str, language: str) -> Made:
    """A requirement came to stand otherwise: something was handed in, verified, found wanting, or waived: `requirement`,
    `state`, `reason`. Raises Fault."""
    turn, held = Turn(book, now, house), _open(book, id)
    name = given["requirement"]
    needs = hold_of(held, house.restraints).needs
    if name not in needs:
        raise Fault(
            404, f"{shown(name)} is not asked for", did_you_mean(name, needs) or "GET the restriction for what is"
        )
    known = held.needs.get(name)
    if given["state"] in MET and known is not None and actor in known.handed:
        raise Fault(422, "nobody verifies what they handed in", "ask somebody else to verify it", "state")
    turn.tell(
        measures.Requirement,
        account=held.account,
        restriction=id,
        requirement=name,
        state=given["state"],
        by=actor,
        reason=given.get("reason"),
    )
    return _come(turn, id, language)


def submitted(book: Book, id: str, now: int, house: House, given: Said, actor: str, language: str) -> Made:
    """The customer handed in what was asked: `requirement`, `reason`. Raises Fault."""
    known = _open(book, id).needs.get(given["requirement"])
    if known is not None and known.state in MET:
        raise Fault(
            409, "what was asked is met or waived already", "nothing is left to be done about it", "requirement"
        )
    return required(book, id, now, house, {**given, "state": "pending_verification"}, actor, language)


def acknowledged(book: Book, id: str, now: int, house: House, given: Said, actor: str, language: str) -> Made:
    """The core system says that an order is carried out, or why not: `number`, `applied`,
    `reason`. Raises Fault."""
    turn, held = Turn(book, now, house), _known(book, id)
    number = given["number"]
    if number > held.order.number:
        what = f"there was no order {number} about it"
        raise Fault(422, what, f"the latest is {held.order.number}", "number")
    turn.tell(
        measures.RestrictionAcknowledged,
        account=held.account,
        restriction=id,
        number=number,
        applied=given["applied"],
        reason=given.get("reason"),
    )
    return _come(turn, id, language)


ACTS: dict[str, Callable[..., Made]] = {
    "reviews": reviewed,
    "appeals": appealed,
    "appeal-decisions": decided,
    "requirements": required,
    "submissions": submitted,
    "acknowledgements": acknowledged,
}
"""By the last word of their path: what is done about a restriction."""


def shown_of(book: Book, id: str, now: int, house: House, language: str) -> Made:
    return said(Turn(book, now, house), _known(book, id), language), []


def _come(turn: Turn, id: str, language: str) -> Made:
    """What came of it, at once."""
    releasing.restrictions(turn)
    return said(turn, turn.book.restrictions[id], language), turn.facts


def _known(book: Book, id: str) -> Held:
    held = book.restrictions.get(id)
    if held is None or held.status == "held_out":
        raise Fault(404, "there is no such restriction", "GET /v1/accounts/{id}/restrictions lists them")
    return held


def _open(book: Book, id: str) -> Held:
    held = _known(book, id)
    if not held.stands:
        raise Fault(
            409,
            f"this restriction has {held.status}" if held.status == "lapsed" else "this restriction was released",
            "nothing is left to be done about it",
        )
    return held

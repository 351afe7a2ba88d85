"""Restrictions: what is restricted and why, what the customer can do, reviews, appeals, and what the core system confirms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tocsin.credit.restriction.imposing import POLICY
from tocsin.desk.day import off
from tocsin.desk.restrictions import Imposed
from tocsin.faces.api.live import Desk, Restraining
from tocsin.faces.api.request import Reply, Request, actor, asked, reply
from tocsin.facts.kinds import Id, Ids, Money, Text, Word
from tocsin.facts.measures import Countries, Kind, Reasons, Words
from tocsin.values import instant

Said = dict[str, Any]
_LENDER = "lender"
_SHOWN = (
    "restriction", "account", "hold", "kind", "title", "say", "strength", "status", "imposed_at", "reasons", "policy", "scope",
    "limit", "allowed", "stages", "review_at", "expires_at", "ended_at", "assessment", "estimate", "four_eyes",
)  # fmt: skip
"""What a customer reads as it is."""
Moment = Annotated[datetime, Meta(tz=True)]


class RestrictionAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A restriction that a person imposes: a `hold` of the policy, or a `kind` freely chosen; with its reason, and its
    end or the moment at which it is looked at. An `override` lets pass what soft restrictions would stop."""

    reasons: Reasons
    hold: Word | None = None
    kind: Kind | None = None
    strength: Literal["hard", "soft"] = "soft"
    note: Text | None = None
    limit: Money | None = None
    review_at: Moment | None = None
    expires_at: Moment | None = None
    merchants: Ids = ()
    countries: Countries = ()
    channels: Words = ()
    devices: Ids = ()
    card_present: bool | None = None
    above: Money | None = None


class ReviewAsked(msgspec.Struct, forbid_unknown_fields=True):
    """What a person decides about a restriction: the key that asks. `until`: to keep it, when it is looked at again."""

    decision: Literal["release", "keep", "refuse"]
    reason: Text
    until: Moment | None = None


class AppealAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The customer objects."""

    reason: Text


class AppealDecided(msgspec.Struct, forbid_unknown_fields=True):
    """A person decides an appeal: the key that asks, whose had no part in what it is about."""

    appeal: Id
    upheld: bool
    reason: Text


class RequirementAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Something asked of the customer came to stand otherwise."""

    requirement: Word
    state: Literal["due", "pending_verification", "met", "waived", "errors"]
    reason: Text | None = None


class SubmissionAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The customer handed in what was asked."""

    requirement: Word
    reason: Text | None = None


class AcknowledgementAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The core system carried out order `number` (0: as imposed; then each change counts one), or says why not."""

    number: Annotated[int, Meta(ge=0, le=1_000_000)]
    applied: bool
    reason: Text | None = None


class InForce(msgspec.Struct, forbid_unknown_fields=True):
    """A restriction that the core system has in force."""

    restriction: Id
    state: Literal["in_force", "staged"] = "in_force"


class ReconciliationAsked(msgspec.Struct, forbid_unknown_fields=True):
    """All restrictions that the core system has in force."""

    in_force: Annotated[tuple[InForce, ...], Meta(max_length=1_000_000)]


ASKED = (
    RestrictionAsked, ReviewAsked, AppealAsked, AppealDecided, RequirementAsked, SubmissionAsked, AcknowledgementAsked,
    ReconciliationAsked,
)  # fmt: skip


def _restraining(desk: Desk) -> Restraining:
    if desk.restraining is None:
        raise off()
    return desk.restraining


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else instant.micros(moment)


def _for(request: Request, said: Said) -> Said:
    """What the holder of the key may see: who acts for customers reads nothing that staff wrote for each other, nor who; what
    was wrong with something handed in, and the answer to an appeal, are for the customer."""
    assert request.key is not None
    if request.key.scopes & {"read", "restrict", "decide"}:
        return said
    return {name: said[name] for name in _SHOWN} | {
        "by": _office(said["by"]),
        "note": None, "level": None, "cause": None, "risen": [], "reviews": [],
        "requirements": [{**one, "reason": one["reason"] if one["state"] == "errors" else None} for one in said["requirements"]],
        "appeals": [{**one, "by": one["by"] and _LENDER} for one in said["appeals"]],
        "changes": [{**one, "by": _office(one["by"])} for one in said["changes"]],
        "core": {**said["core"], "objection": None},
    }  # fmt: skip


def _office(by: str) -> str:
    return by if by == POLICY else _LENDER


async def of_account(desk: Desk, request: Request) -> Reply:
    said = await _restraining(desk).all_of(request.item, request.language)
    return reply({**said, "restrictions": [_for(request, each) for each in said["restrictions"]]})


async def one(desk: Desk, request: Request) -> Reply:
    return reply(_for(request, await _restraining(desk).one(request.item, request.language)))


async def impose(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, RestrictionAsked)
    imposed = Imposed(
        given.reasons, actor(request), given.hold, given.kind, given.strength, given.note, given.limit,
        _micros(given.review_at), _micros(given.expires_at), given.merchants, given.countries, given.channels,
        given.devices, given.card_present, given.above,
    )  # fmt: skip
    return reply(await _restraining(desk).impose(request.item, imposed, request.language), 201)


async def _acted(desk: Desk, request: Request, act: str, kind: type[msgspec.Struct], status: int = 200) -> Reply:
    given = msgspec.structs.asdict(asked(request.body, kind))
    if isinstance(until := given.get("until"), datetime):
        given["until"] = instant.micros(until)
    said = await _restraining(desk).act(request.item, act, given, actor(request), request.language)
    return reply(_for(request, said), status)


async def review(desk: Desk, request: Request) -> Reply:
    return await _acted(desk, request, "reviews", ReviewAsked)


async def appeal(desk: Desk, request: Request) -> Reply:
    return await _acted(desk, request, "appeals", AppealAsked, 201)


async def appeal_decided(desk: Desk, request: Request) -> Reply:
    return await _acted(desk, request, "appeal-decisions", AppealDecided)


async def requirement(desk: Desk, request: Request) -> Reply:
    return await _acted(desk, request, "requirements", RequirementAsked)


async def submission(desk: Desk, request: Request) -> Reply:
    return await _acted(desk, request, "submissions", SubmissionAsked)


async def acknowledge(desk: Desk, request: Request) -> Reply:
    return await _acted(desk, request, "acknowledgements", AcknowledgementAsked)


async def reconcile(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, ReconciliationAsked)
    return reply(await _restraining(desk).reconcile({one.restriction: one.state for one in given.in_force}))

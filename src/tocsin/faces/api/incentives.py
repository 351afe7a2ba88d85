"""Rewards and penalties: what was granted, taking it back or confirming it, and another due day."""

from __future__ import annotations

import msgspec

from tocsin.desk.incentives import Decision
from tocsin.faces.api.cases import enquiries
from tocsin.faces.api.live import Desk
from tocsin.faces.api.request import Reply, Request, actor, asked, reply
from tocsin.facts.incentives import Day
from tocsin.facts.kinds import Text, Word


class GrantDecision(msgspec.Struct, forbid_unknown_fields=True):
    """Why a person takes a grant back, or confirms it."""

    reason: Text
    actor: Word | None = None


class DueDayRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The day of the month on which the person wants their payments to fall due."""

    day: Day
    actor: Word | None = None


ASKED = (GrantDecision, DueDayRequest)


async def incentives(desk: Desk, request: Request) -> Reply:
    return reply(await enquiries(desk).incentives(request.item, request.language))


async def reversal(desk: Desk, request: Request) -> Reply:
    return await _decided(desk, request, True)


async def confirmation(desk: Desk, request: Request) -> Reply:
    return await _decided(desk, request, False)


async def due_day(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, DueDayRequest)
    who = given.actor or actor(request)
    return reply(await enquiries(desk).due_day(request.item, given.day, who, request.language))


async def _decided(desk: Desk, request: Request, reverse: bool) -> Reply:
    given = asked(request.body, GrantDecision)
    decision = Decision(given.actor or actor(request), given.reason, reverse)
    return reply(await enquiries(desk).grant(request.item, decision, request.language))

"""Collections: business days, persons, contacts that the gate allows, worklists and repayment plans."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tocsin.credit.collection.decide import Request as ContactRequest
from tocsin.credit.conduct.people import PURPOSES
from tocsin.desk.day import off
from tocsin.desk.keys import levels
from tocsin.desk.plans import PlanAnswer
from tocsin.faces.api.live import Desk, Enquiries
from tocsin.faces.api.problems import Denied
from tocsin.faces.api.request import Reply, Request, actor, asked, reply
from tocsin.facts.dealings import Channel, Role
from tocsin.facts.kinds import Id, Ids, Money, Word
from tocsin.values import instant
from tocsin.values.problem import did_you_mean, shown

Kind = Literal["shortest", "lightest", "reschedule", "relief", "settlement", "settlement_in_parts"]


class DayRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A business day to be run: everything that is due `at` (absent: now), and `close`: nothing due is left of it."""

    at: Annotated[datetime, Meta(tz=True)] | None = None
    close: bool = False


class ContactAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A contact that somebody wants to make. `contact`: the contact point, the surest if absent; `accounts`: what it is
    about, all that is due if absent. `attempt`: a call under way in which more is to be said; `verified`: who listens
    has shown who they are. `consented_at`: when the person asked for just this contact."""

    customer: Id
    channel: Channel
    purpose: Word
    contact: Id | None = None
    role: Role = "debtor"
    accounts: Ids = ()
    task: Id | None = None
    verified: bool = False
    actor: Word | None = None
    attempt: Id | None = None
    by: Literal["lender", "agency"] = "lender"
    consented_at: Annotated[datetime, Meta(tz=True)] | None = None


class TaskRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What became of work in a worklist."""

    state: Literal["taken", "done", "withdrawn"]
    actor: Word | None = None


class PlanRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Repayment plans for a person. `at_hand`: money that could be paid at once, in minor units; `offer`: put down that
    this kind was offered."""

    customer: Id
    at_hand: Money | None = None
    offer: Kind | None = None
    actor: Word | None = None


class PlanAnswered(msgspec.Struct, forbid_unknown_fields=True):
    """An answer to an offered plan: the person's, told by who spoke with them, or the bank's. Whoever approves or
    rejects is the key that asks; `level`: its authority, the highest it has if absent."""

    customer: Id
    answer: Literal["accepted", "declined", "approved", "rejected"]
    how: Literal["signed", "oral"] = "signed"
    recording: Id | None = None
    level: Word | None = None


ASKED = (DayRequest, ContactAsked, TaskRequest, PlanRequest, PlanAnswered)


def enquiries(desk: Desk) -> Enquiries:
    if desk.enquiries is None:
        raise off()
    return desk.enquiries


async def day_run(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, DayRequest)
    if desk.rounds is None:
        raise off()
    at = None if given.at is None else instant.micros(given.at)
    return reply(await desk.rounds.day(at, given.close, actor(request)))


async def day(desk: Desk, request: Request) -> Reply:
    return reply(await enquiries(desk).day(request.item))


async def person(desk: Desk, request: Request) -> Reply:
    return reply(await enquiries(desk).person(request.item, request.language))


async def contact(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, ContactAsked)
    if given.purpose not in PURPOSES:
        remedy = did_you_mean(given.purpose, PURPOSES) or "see /openapi.json"
        raise Denied(422, f"there is no purpose {shown(given.purpose)}", remedy, field="purpose")
    who = given.actor or actor(request)
    consented = None if given.consented_at is None else instant.micros(given.consented_at)
    wanted = ContactRequest(
        given.channel, given.purpose, given.contact, given.role, given.accounts, given.task, given.verified, who,
        given.attempt, given.by, consented,
    )  # fmt: skip
    return reply(await enquiries(desk).contact(given.customer, wanted, request.language))


async def worklists(desk: Desk, request: Request) -> Reply:
    return reply({"worklists": await enquiries(desk).worklists()})


async def worklist(desk: Desk, request: Request) -> Reply:
    found = await enquiries(desk).worklist(request.item, request.query["limit"], request.language)
    return reply({"tasks": found})


async def task(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, TaskRequest)
    who = given.actor or actor(request)
    return reply(await enquiries(desk).task(request.item, given.state, who, request.language))


async def plans(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, PlanRequest)
    who = actor(request) if given.actor is None else f"{given.actor} by {actor(request)}"
    return reply(await enquiries(desk).plans(given.customer, given.at_hand, given.offer, who, request.language))


async def plan_answer(desk: Desk, request: Request) -> Reply:
    given = asked(request.body, PlanAnswered)
    assert request.key is not None
    has = levels(request.key.scopes)
    if given.answer in ("approved", "rejected") and (not has or (given.level is not None and given.level not in has)):
        scope = f"approve:{given.level or '…'}"
        raise Denied(403, f"this key has not the scope '{scope}'", "use a key that has it")
    answer = PlanAnswer(given.answer, actor(request), given.how, given.recording, given.level, has)
    return reply(await enquiries(desk).answer(given.customer, request.item, answer, request.language))

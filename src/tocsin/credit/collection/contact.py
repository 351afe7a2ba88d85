"""Contact: whom to reach by which channel and where, with the gate's leave, and what is to be said.

A message has one life: channel after channel is tried, point after point, until one of them got it.
The gate must agree at the moment and a quarter of an hour later, for so long delivery may take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.credit.collection.book import Point
from tocsin.credit.collection.turn import Fate, Turn
from tocsin.credit.collection.wording import fields, language_of
from tocsin.credit.conduct import Allowed, Refused, people
from tocsin.credit.conduct import Contact as Asked
from tocsin.credit.conduct.clock import day_of, next_open
from tocsin.facts.dealings import ContactAttempt, ContactRefused
from tocsin.values import instant
from tocsin.values.problem import Refused as NotWritten

DELIVERY = 15 * 60_000_000
HOUR = 3_600_000_000
FAILED = people.SILENT - people.SENT
"""Outcomes after which the next channel has its turn."""
UNSEEN = (*people.LIVE, "voicemail")
"""Channels on which nothing is told of the debt before it is known who listens."""
PREFERRED_HOUR = "PREFERRED-HOUR"


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be said to the debtor. `key`: what it is for, the head of its attempts' ids."""

    key: str
    treatment: str
    purpose: str
    template: str
    by: tuple[str, ...]
    accounts: tuple[str, ...]
    by_preference: bool = True
    step: int | None = None
    """Place in the ladder."""
    service: bool = False
    """It follows an agreement: not counted as the contact of a day."""
    fields: Mapping[str, str] = field(default_factory=dict)


def reach(turn: Turn, message: Message, more: bool = True) -> Fate | None:
    """Try, or see what came of it. None: it is under way or waits. `more`: whether anything new may be tried."""
    tried = turn.tries.get(message.key, [])
    if any(one.outcome in people.SENT for one in tried):
        return Fate("done")
    if any(one.outcome not in FAILED for one in tried):
        return None
    if not more:
        return Fate("barred", reason="nobody was reached") if tried else None
    if waits(turn, message.treatment) or not (message.service or _free(turn, message.key)):
        return None
    before = {(one.channel, one.point) for one in tried}
    untried = [(channel, point) for channel, point in _ways(turn, message) if (channel, point.id) not in before]
    if not untried:
        return Fate("barred", reason="nobody was reached" if tried else "no contact point")
    return _attempted(turn, message, untried)


def waits(turn: Turn, treatment: str) -> bool:
    """Whether the gate refused it, and has not been said to agree by now."""
    until = turn.book.refused_until.get(treatment)
    return until is not None and (until == 0 or until > turn.now)


def refused(turn: Turn, treatment: str, asked: Asked, answer: Refused) -> None:
    """Note a refusal; the treatment waits until the gate may agree."""
    _wait(turn, treatment, asked, answer.rule, answer.next_allowed, answer.sentence("en"))


def contact_with(turn: Turn, message: Message, channel: str, point: Point) -> Asked:
    return Asked(
        turn.book.person, "debtor", point.id, channel, message.purpose, message.accounts, "lender",
        discloses=channel not in UNSEEN,
    )  # fmt: skip


def permitted(turn: Turn, asked: Asked, at: int) -> Allowed | Refused:
    """The gate's leave for a contact that is made at a moment or a little later."""
    gate = turn.house.gate
    answer = gate.ask(asked, turn.person, turn.history, at)
    if isinstance(answer, Refused):
        return answer
    later = gate.ask(asked, turn.person, turn.history, at + DELIVERY)
    return later if isinstance(later, Refused) else answer


def objection(turn: Turn, message: Message) -> str | None:
    """The rule that objects to a message now, on the channel of its first choice; None where none does."""
    for channel, point in _ways(turn, message):
        answer = permitted(turn, contact_with(turn, message, channel, point), turn.now)
        return answer.rule if isinstance(answer, Refused) else None
    return None


def points(turn: Turn, channel: str) -> list[Point]:
    """The debtor's own contact points on a channel, the surest first."""
    found = [
        one
        for one in turn.book.points.values()
        if channel in one.channels and one.role == "debtor" and one.person in (None, turn.book.person) and not one.wrong
    ]
    return sorted(found, key=lambda one: (one.consent is None, not one.verified, -(one.fresh_at or one.at), one.id))


# -- one message after another -----------------------------------------------------------------------------------------


def _free(turn: Turn, key: str) -> bool:
    """Whether nobody spoke or wrote to the person today, or tries to, but for this."""
    return not any(
        turn.day(one.at) == turn.today
        and not one.inbound
        and one.outcome not in FAILED
        and one.purpose not in ("plan_service", "reply")
        and one.id.rpartition(".")[0] != key
        for one in turn.book.attempts
    )


def _ways(turn: Turn, message: Message) -> Iterator[tuple[str, Point]]:
    preferred = turn.book.profile.preferred
    channels = sorted(message.by, key=lambda one: one != preferred) if message.by_preference else message.by
    for channel in channels:
        for point in points(turn, channel):
            yield channel, point


def _attempted(turn: Turn, message: Message, ways: list[tuple[str, Point]]) -> Fate | None:
    """Reserve the first contact that is allowed; where none is, wait for the first that may be."""
    refusals: list[tuple[Asked, Refused]] = []
    unwritten = ""
    for channel, point in ways:
        asked = contact_with(turn, message, channel, point)
        answer = permitted(turn, asked, turn.now)
        if isinstance(answer, Refused):
            refusals.append((asked, answer))
            continue
        hour = _preferred_hour(turn)
        if hour is not None and permitted(turn, asked, hour):
            _wait(
                turn,
                message.treatment,
                asked,
                PREFERRED_HOUR,
                hour,
                "the hour that the person prefers is still to come",
            )
            return None
        try:
            _reserve(turn, message, channel, point, answer)
            return None
        except (ValueError, NotWritten) as error:
            unwritten = str(error)
    if not refusals:
        return Fate("barred", reason=f"nothing to send: {unwritten}".replace("\n", "; ")[:500])
    soonest = min(refusals, key=lambda one: (one[1].next_allowed is None, one[1].next_allowed or 0))
    refused(turn, message.treatment, *soonest)
    return None


def _reserve(turn: Turn, message: Message, channel: str, point: Point, answer: Allowed) -> None:
    language = language_of(turn)
    filled = {**fields(turn, message.accounts, language), **message.fields}
    subject, text = turn.house.write(message.template, channel, language, filled)
    turn.tell(
        ContactAttempt,
        attempt=f"{message.key}.{turn.book.made}",
        channel=channel,
        purpose=message.purpose,
        contact=point.id,
        address=point.address,
        accounts=message.accounts,
        discloses=channel not in UNSEEN,
        treatment=message.treatment,
        step=message.step,
        template=message.template,
        language=language,
        subject=subject,
        text=text,
        rules=answer.rules,
    )


def _wait(turn: Turn, treatment: str, asked: Asked, rule: str, until: int | None, why: str) -> None:
    turn.tell(
        ContactRefused,
        channel=asked.channel,
        purpose=asked.purpose,
        rule=rule,
        treatment=treatment,
        next_allowed=None if until is None else instant.instant(until),
        why=why[:500],
    )


def _preferred_hour(turn: Turn) -> int | None:
    """When the hour that the person prefers begins, where that is later today."""
    hour = turn.book.profile.hour
    if hour is None:
        return None
    zone = (turn.book.profile.zones or (turn.house.zone,))[0]
    today = day_of(turn.now, zone)
    span = ((hour * HOUR, (hour + 1) * HOUR),)
    found = next_open(turn.now, zone, lambda day: span if day == today else ())
    return found if found is not None and found > turn.now else None

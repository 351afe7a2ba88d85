"""Messages to persons on their way out: what lapsed is not sent any more, and what came of each is told before it is noted.

A contact was lawful at its moment only. What cannot be handed over soon after is undeliverable, so that the next channel
has its turn at a time that is judged anew; so is what may not be sent any more because of what came to be known meanwhile.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import msgspec

from tocsin.desk.settings import Channel
from tocsin.journal.records import Waiting
from tocsin.links import contact, folder, mail, post, provider
from tocsin.links.contact import Contact
from tocsin.links.folder import Folder
from tocsin.links.mail import Mailbox
from tocsin.links.posting import SECOND, Poster
from tocsin.links.provider import Provider
from tocsin.links.sending import Contacted, Delivered, Message, Undeliverable

LAPSE = 15 * 60 * SECOND
"""Quiet hours, counts of a day and stops are judged when a contact is decided. Within a quarter of an hour little of that
changes, and a gate that leaves so much room before quiet hours keeps them; a retry of an hour would not."""
SENT, UNDELIVERABLE = "sent", "undeliverable"


class Told(Protocol):
    """Takes what became of an attempt: `result` is `sent` or `undeliverable`, `at` microseconds UTC.

    `why`: empty where it was sent, else the reason of `Undeliverable`; `refused` speaks of this person's number or address,
    the others do not. The same attempt and result may come twice.
    """

    async def __call__(self, attempt: str, person: str, channel: str, result: str, at: int, why: str) -> None: ...


async def untold(attempt: str, person: str, channel: str, result: str, at: int, why: str) -> None:
    """For a desk that keeps no contacts."""


class Asked(Protocol):
    """Says why a message that is about to leave may not, by a rule or a word; empty where it may."""

    async def __call__(self, attempt: str, person: str) -> str: ...


async def allowed(attempt: str, person: str) -> str:
    """For a desk that keeps no contacts."""
    return ""


@dataclass
class Contacts:
    """How contacts leave. `letterhead`: of letters, and of mails with a table, which bear it as PDF."""

    letterhead: post.Letterhead | None = None
    told: Told = untold
    asked: Asked = allowed
    trust: ssl.SSLContext | None = None
    patience: float = 20

    async def send(self, channel: Channel, poster: Poster, message: Message, person: str, now: int) -> Contacted:
        """One attempt to hand a contact over."""
        try:
            given = contact.read(message.body)
        except msgspec.MsgspecError:
            return _UNREADABLE
        if objection := await self.asked(given.id, person):
            return Undeliverable(f"it may not be sent any more ({objection})", "withdrawn")
        letter = await self._letter(given)
        match channel.to:
            case Provider() as to:
                return await provider.send(poster, to, given, now, letter if given.channel == "letter" else None)
            case Mailbox() as to:
                return await mail.send_to_person(to, given, letter, self.trust, self.patience)
            case Folder() as to:
                assert letter is not None
                return await asyncio.to_thread(folder.put, to, given.id, letter)
        return _UNSET

    async def _letter(self, given: Contact) -> bytes | None:
        if self.letterhead is None or not (given.channel == "letter" or given.table):
            return None
        return await asyncio.to_thread(post.pdf, self.letterhead, given)

    async def tell(self, channel: Channel, row: Waiting, outcome: Delivered | Undeliverable, at: int) -> None:
        """Tell what came of a contact, before it is noted: it may be told again, but never noted untold."""
        with suppress(msgspec.MsgspecError):
            attempt = contact.read(row.order.body).id
            result, why = (SENT, "") if isinstance(outcome, Delivered) else (UNDELIVERABLE, outcome.reason)
            await self.told(attempt, row.order.watched, channel.channel, result, at, why)


_UNREADABLE = Undeliverable("this is no message to a person")
_UNSET = Undeliverable("this channel is not set up", "unset")


def lapsed(channel: Channel, message: Message, now: int, why: str = "") -> Undeliverable | None:
    """Why a contact that waits is not sent any more. Its own timestamp counts: the outbox moves when an order is due."""
    if channel.to is None:
        return _UNSET
    try:
        if now - message.at < LAPSE:
            return None
    except (msgspec.MsgspecError, ValueError):
        return _UNREADABLE
    return Undeliverable(f"it could not be handed over within 15 minutes{f' ({why})' if why else ''}", "expired")

"""A message to a person, as it stands in the outbox and as a provider gets it."""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

Channel = Literal["call", "ai_call", "voicemail", "sms", "email", "app", "letter"]
CHANNELS: tuple[str, ...] = get_args(Channel)
CALLS = ("call", "ai_call")
DESTINATION = "channel:"
"""Orders for a channel go to the destination `channel:<name>`."""
MAILBOX = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[a-z0-9.-]+", re.ASCII | re.IGNORECASE)
"""One mail address, and nothing else beside it."""


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attempt to reach one person. A repeat has the same id and the same bytes.

    `id`: of the attempt. `timestamp`: RFC 3339, when it was decided; it was lawful then, and lapses soon after.
    `to`: a number, a mailbox, a device, or the lines of a postal address. `table`: rows of cells, the first
    are titles, as a schedule of instalments; letters show it.
    """

    id: str
    timestamp: str
    channel: Channel
    to: str
    text: str
    language: Literal["en", "zh"] = "zh"
    name: str = ""
    subject: str = ""
    accounts: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()

    def __repr__(self) -> str:
        """Without what is personal, so that it may stand in a log."""
        return f"Contact({self.id!r}, {self.channel!r})"


written = msgspec.json.Encoder(order="deterministic").encode
read = msgspec.json.Decoder(Contact).decode

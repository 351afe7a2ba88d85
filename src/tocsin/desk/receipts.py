"""What providers tell of messages to persons: whose word it is, what it says, handed on to whoever keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from tocsin.desk.faults import Fault
from tocsin.desk.settings import Settings
from tocsin.links.provider import TOLERANCE, Provider, receipt, vouched
from tocsin.values import instant

Heard = Callable[[str, str, str, int, str], Awaitable[None]]
"""(attempt, channel, status, at in microseconds UTC, text): what became of an attempt. The same may come again."""


class Receipts:
    """Takes signed receipts. `clock`: microseconds UTC."""

    def __init__(self, settings: Settings, clock: Callable[[], int], heard: Heard) -> None:
        self.clock, self.heard = clock, heard
        self.secrets = {one.channel: one.to.secrets for one in settings.channels if isinstance(one.to, Provider)}

    async def __call__(self, raw: bytes, headers: Mapping[str, str]) -> None:
        """A Fault where it is not taken: 401 where no secret of its channel signed it. Names of headers in small letters."""
        try:
            given = receipt(raw)
        except msgspec.ValidationError as error:
            why, _, path = str(error).partition(" - at ")
            where = path.strip("`").removeprefix("$.")
            raise Fault(422, f"not what is asked for ({why})", "see /openapi.json", where) from None
        except msgspec.DecodeError as error:
            raise Fault(400, f"not JSON ({str(error)[:100]})", "write one JSON object in UTF-8") from None
        except ValueError as error:
            raise Fault(422, str(error), "write it as 2026-01-31T08:00:00+08:00", "at") from None
        now = self.clock()
        if not vouched(self.secrets.get(given.channel, ()), raw, headers, now):
            raise unsigned()
        if given.at > now + TOLERANCE:
            raise Fault(422, f"{instant.written(given.at)} lies in the future", "check the clock of the sender", "at")
        await self.heard(given.attempt, given.channel, given.status, given.at, given.text)


def unsigned() -> Fault:
    remedy = "sign it by Standard Webhooks, within 5 minutes, with a secret of its channel"
    return Fault(401, "no secret of this channel signed it", remedy, "webhook-signature")


async def unheard(raw: bytes, headers: Mapping[str, str]) -> None:
    """For a desk without channels: nobody's word is taken."""
    raise unsigned()

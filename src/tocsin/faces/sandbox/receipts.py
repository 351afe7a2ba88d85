"""Receipts on their way back, signed, over real HTTP, again and again until they are taken or nobody takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from tocsin.desk.logs import log
from tocsin.links.provider import ReceiptBody
from tocsin.links.sending import Delivered, Message
from tocsin.links.webhooks import Endpoint, Webhooks

_AT_ONCE, _TRIES = 8, 12
_FIRST, _LONGEST = 0.1, 30.0
"""Seconds between attempts: doubled each time."""
_encode = msgspec.json.Encoder().encode


@dataclass
class Receipts:
    """Sends receipts to one place. Those of one message go in their order. `clock`: microseconds UTC."""

    endpoint: Endpoint
    clock: Callable[[], int]
    waiting: asyncio.Queue[Sequence[ReceiptBody]] = field(default_factory=asyncio.Queue)
    sent: int = 0
    lost: int = 0

    def put(self, receipts: Sequence[ReceiptBody]) -> None:
        self.waiting.put_nowait(receipts)

    async def run(self) -> None:
        """Until cancelled."""
        async with Webhooks() as webhooks, asyncio.TaskGroup() as workers:
            for _ in range(_AT_ONCE):
                workers.create_task(self._work(webhooks))

    async def _work(self, webhooks: Webhooks) -> None:
        while True:
            for number, one in enumerate(await self.waiting.get()):
                await self._send(webhooks, Message(f"{one.id}.{one.status}.{number}", "receipt", _encode(one)))

    async def _send(self, webhooks: Webhooks, message: Message) -> None:
        for tries in range(_TRIES):
            outcome = await webhooks.send(self.endpoint, message, self.clock())
            if isinstance(outcome, Delivered):
                self.sent += 1
                return
            log.info("a receipt waits", receipt=message.id, why=outcome.why)
            await asyncio.sleep(min(_FIRST * 2**tries, _LONGEST))
        self.lost += 1
        log.warning("a receipt was not taken", receipt=message.id)

"""The sandbox of a provider on a real socket, in a thread, and contacts to put into an outbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import httpx

from tocsin.faces.api.serve import Server, bound
from tocsin.faces.sandbox.app import Sandbox
from tocsin.faces.sandbox.receipts import Receipts
from tocsin.faces.sandbox.shelf import Shelf
from tocsin.journal.journal import Journal
from tocsin.journal.records import Group, Order
from tocsin.links import contact
from tocsin.links.contact import Contact
from tocsin.links.webhooks import Endpoint
from tocsin.values import instant

TOKEN = "a-token"
SECRET, OTHER = "whsec_" + "c2VjcmV0" * 6, "whsec_" + "b3RoZXJz" * 6


def now() -> int:
    return time.time_ns() // 1000


@dataclass
class Provider:
    url: str
    app: Sandbox

    @property
    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=10)

    def taken(self) -> list[dict[str, Any]]:
        """Messages it has, as it lists them."""
        with self.client as client:
            return [one["message"] for one in client.get("/messages?limit=1000").json()["messages"]]


@contextmanager
def sandbox(
    receipts_to: str = "",
    secret: str = SECRET,
    manual: bool = False,
    seed: int = 1,
    clock: Callable[[], int] = now,
    keep: IO[bytes] | None = None,
) -> Iterator[Provider]:
    receipts = Receipts(Endpoint(receipts_to, (secret,)), clock) if receipts_to else None
    app = Sandbox(TOKEN, clock, shelf=Shelf(keep), receipts=receipts, manual=manual, seed=seed)
    listening = bound("127.0.0.1", 0)
    server = Server(app, app.start, app.stop)
    thread = threading.Thread(target=server.hold, args=(listening,), daemon=True)
    thread.start()
    try:
        yield Provider(f"http://127.0.0.1:{listening.getsockname()[1]}", app)
    finally:
        server.should_exit = True
        thread.join(30)


def written(id: str, to: str, channel: Any = "sms", at: int | None = None, **fields: Any) -> Contact:
    text = fields.pop("text", "您有一笔款项即将到期。")
    return Contact(id, instant.written(now() if at is None else at), channel, to, text, **fields)


def ordered(journal: Journal, *contacts: Contact, person: str = "") -> None:
    """Orders for their channels, each of a person of its own where none is named."""
    first = len(journal.orders(0, 10_000)) + 1
    orders = [
        Order(
            first + n, 0, f"channel:{one.channel}", f"contact.{one.channel}", person or f"P{first + n}",
            contact.written(one), instant.parse(one.timestamp),
        )
        for n, one in enumerate(contacts)
    ]  # fmt: skip
    journal.write(Group(orders=orders))
    journal.commit()

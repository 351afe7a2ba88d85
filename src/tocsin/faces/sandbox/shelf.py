"""What the sandbox was given: the last messages in memory, every one in a file where that is asked for."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import IO, Any

import msgspec

from tocsin.links.contact import Contact

MOST = 20_000
"""Messages that are kept in memory; older ones are forgotten, with their keys."""


class Attachment(msgspec.Struct, frozen=True):
    name: str
    type: str
    content: bytes
    """Base64 on the wire."""


class Given(Contact, frozen=True):
    """A message as Tocsin posts it."""

    attachments: tuple[Attachment, ...] = ()


class Kept(msgspec.Struct):
    """A message as it is listed: attachments by their size and digest."""

    number: int
    received_at: str
    message: dict[str, Any]


class Shelf:
    """Messages by the key of their request. `file`: where each is written too, as a line of JSON with all it had."""

    def __init__(self, file: IO[bytes] | None = None, most: int = MOST) -> None:
        self.file, self.most, self.count = file, most, 0
        self._kept: OrderedDict[str, tuple[bytes, Kept]] = OrderedDict()
        self.tries: OrderedDict[str, int] = OrderedDict()
        self._keys: dict[str, str] = {}

    def digest(self, key: str) -> bytes | None:
        """Of the body that came with a key before."""
        known = self._kept.get(key)
        return known and known[0]

    def tried(self, key: str) -> int:
        """How often a key has come that was answered with a fault, this time included."""
        self.tries[key] = self.tries.get(key, 0) + 1
        if len(self.tries) > self.most:
            self.tries.popitem(last=False)
        return self.tries[key]

    def put(self, key: str, body: bytes, given: Given, at: str) -> None:
        self.count += 1
        said = msgspec.to_builtins(given)
        said.pop("attachments", None)
        if given.attachments:
            said["attachments"] = [_described(one) for one in given.attachments]
        if self.file is not None:
            self.file.write(msgspec.json.encode(Kept(self.count, at, msgspec.json.decode(body))) + b"\n")
            self.file.flush()
        self._kept[key] = sha256(body).digest(), Kept(self.count, at, said)
        self._keys[given.id] = key
        if len(self._kept) > self.most:
            _, (_, old) = self._kept.popitem(last=False)
            self._keys.pop(old.message["id"], None)

    def message(self, id: str) -> dict[str, Any] | None:
        """The message of an attempt."""
        return self._kept[self._keys[id]][1].message if id in self._keys else None

    def after(self, number: int, limit: int) -> list[Kept]:
        """Messages from behind a number, oldest first."""
        found = [kept for _, kept in self._kept.values()]
        start = max(0, number - self.count + len(found))
        return found[start : start + limit]


def _described(one: Attachment) -> dict[str, Any]:
    digest = sha256(one.content).hexdigest()
    return {"name": one.name, "type": one.type, "bytes": len(one.content), "sha256": digest}

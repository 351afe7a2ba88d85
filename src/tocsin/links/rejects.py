"""Rows that were set aside: on disk as they come, however many they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator

import msgspec

from tocsin.facts.intake import Reject

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Reject).decode


class Rejects:
    """A list of rejects that can be added to, counted and read; its temporary file goes with it."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile(prefix="tocsin-")  # noqa: SIM115 lives as long as the list
        self.count = 0

    def extend(self, rejects: Iterable[Reject]) -> None:
        lines = [_encode(reject) + b"\n" for reject in rejects]
        self.file.seek(0, 2)
        self.file.write(b"".join(lines))
        self.count += len(lines)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Reject]:
        self.file.seek(0)
        for line in self.file:
            yield _decode(line)

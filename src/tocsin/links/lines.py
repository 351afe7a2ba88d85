"""Text files by the block: whole lines, numbered, however long the file or a line may be."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tocsin.facts.intake import Reject
from tocsin.values.problem import Problem, Refused, shown

BLOCK = 8_000_000
BATCH = 131_072
"""As many rows are held at once."""
LONGEST = 1_000_000


@dataclass
class Lines:
    """Lines of a block that may be facts, their numbers from 1, and those that cannot be."""

    texts: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    read: int = 0
    """Bytes of the file behind this block, compressed where the file is."""

    def add(self, text: bytes, number: int) -> None:
        text = text.rstrip(b"\r")
        if not text.strip():
            return
        if len(text) > LONGEST:
            self.too_long(number, len(text))
            return
        try:
            text.decode()
        except UnicodeDecodeError as error:
            self.reject(number, f"byte {error.start + 1} of the line is not UTF-8", "save the file as UTF-8")
            return
        self.texts.append(text)
        self.numbers.append(number)

    def too_long(self, number: int, length: int) -> None:
        self.reject(number, f"the line has {length:,} bytes", f"a line has at most {LONGEST:,}")

    def reject(self, number: int, reason: str, remedy: str) -> None:
        self.rejects.append(Reject(number, None, "", reason, remedy))


def opened(path: Path) -> tuple[IO[bytes], IO[bytes]]:
    """The bytes of a file, unpacked where it is gzip, and the file they come from."""
    try:
        raw = path.open("rb")
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        return (gzip.GzipFile(fileobj=raw) if packed else raw), raw  # type: ignore[return-value]
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise Refused(Problem(what, str(path), "check the path and the permissions")) from None


def head(path: Path) -> tuple[bytes, bool]:
    """The first bytes of a file, unpacked, and whether it is gzip."""
    file, raw = opened(path)
    with raw, file:
        try:
            start = file.read(4096)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _damaged(path, 0, error) from None
    if not start:
        raise Refused(Problem("the file is empty", str(path), "give a file of facts: Parquet, CSV or NDJSON"))
    return start, file is not raw


def blocks(path: Path) -> Iterator[Lines]:
    """The lines of a file. A line without end is passed over to its end and rejected, never held."""
    number, rest, skipping = 0, b"", 0
    file, raw = opened(path)
    with raw, file:
        while True:
            try:
                chunk = file.read(BLOCK)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise _damaged(path, number, error) from None
            block = Lines(read=raw.tell())
            pieces = chunk.removeprefix(codecs.BOM_UTF8 if number == 0 and not rest else b"").split(b"\n")
            if skipping:
                skipping += len(pieces[0])
                if len(pieces) > 1 or not chunk:
                    block.too_long(number, skipping)
                    skipping = 0
                pieces[0] = b""
                number -= 1 if len(pieces) > 1 else 0
            pieces[0] = rest + pieces[0]
            rest = pieces.pop() if chunk else b""
            for text in pieces:
                number += 1
                block.add(text, number)
                if len(block.texts) + len(block.rejects) == BATCH:
                    yield block
                    block = Lines(read=raw.tell())
            if len(rest) > LONGEST:
                number, skipping, rest = number + 1, len(rest), b""
            yield block
            if not chunk:
                return


def _damaged(path: Path, lines: int, error: Exception) -> Refused:
    place = f" after line {lines:,}" if lines else ""
    what = f"the gzip file is damaged or cut short{place} ({shown(str(error), 100)})"
    return Refused(Problem(what, str(path), "fetch it again"))

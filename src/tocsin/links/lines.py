"""Text files by the block: whole lines, numbered, however long the file or a line may be."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tocsin.facts.intake import Reject
from tocsin.values.problem import Problem, Refused, shown

BLOCK = 8_000_000
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
            self.reject(number, f"the line has {len(text):,} characters", f"a fact has at most {LONGEST:,}")
            return
        try:
            text.decode()
        except UnicodeDecodeError as error:
            self.reject(number, f"byte {error.start + 1} is not UTF-8", "save the file as UTF-8")
            return
        self.texts.append(text)
        self.numbers.append(number)

    def reject(self, number: int, reason: str, remedy: str) -> None:
        self.rejects.append(Reject(number, None, "", reason, remedy))


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where it is gzip."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise Refused(Problem(f"it cannot be read ({error.strerror})", str(path), "check the path and the permissions")) from None


def blocks(path: Path) -> Iterator[Lines]:
    """The lines of a file. A line without end is passed over to its end and rejected, never held."""
    number, rest, skipping = 0, b"", 0
    try:
        with opened(path) as file, path.open("rb") as raw:
            while chunk := file.read(BLOCK):
                result = Lines()
                pieces = (rest + chunk).split(b"\n") if not skipping else chunk.split(b"\n")
                if skipping:
                    skipping += len(pieces[0])
                    if len(pieces) > 1:
                        result.reject(number, f"the line has {skipping:,} characters", f"a fact has at most {LONGEST:,}")
                        skipping = 0
                    pieces = pieces[1:]
                rest = pieces.pop() if pieces else b""
                for text in pieces:
                    number += 1
                    result.add(text, number)
                if len(rest) > LONGEST:
                    number, skipping, rest = number + 1, len(rest), b""
                result.read = _position(file, raw)
                yield result
            last = Lines()
            if skipping:
                last.reject(number, f"the line has {skipping:,} characters", f"a fact has at most {LONGEST:,}")
            elif rest:
                last.add(rest, number + 1)
            last.read = path.stat().st_size
            yield last
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        what = f"the gzip file is damaged or cut short after line {number:,} ({shown(str(error))})"
        raise Refused(Problem(what, str(path), "fetch it again")) from None


def _position(file: IO[bytes], raw: IO[bytes]) -> int:
    inner = getattr(file, "fileobj", None) or getattr(getattr(file, "buffer", None), "fileobj", None)
    return int(inner.tell() if inner is not None else file.tell())

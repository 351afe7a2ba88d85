"""Sheets: small CSV files that partners exchange, UTF-8 with a header, closed by total lines that must agree.

A sheet is read whole or not at all, with every mistake and its line; written, it appears whole or not at all.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tocsin.values import instant, money
from tocsin.values.problem import Problem, shown

LARGEST = 64 << 20
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_MOST = 100
"""So many mistakes are told."""
Cells = dict[str, str]


class Sheet:
    """A file while it is read. `line` is where the reader stands, `problems` what is wrong so far."""

    def __init__(self, file: str, columns: tuple[str, ...]) -> None:
        self.file, self.columns, self.line = file, columns, 1
        self.problems: list[Problem] = []

    def wrong(self, what: str, remedy: str = "") -> None:
        if len(self.problems) < _MOST:
            self.problems.append(Problem(what, f"{self.file}:{self.line}", remedy))

    def rows(self, data: bytes) -> Iterator[Cells]:
        """Each row that has its cells; nothing where the file cannot be read."""
        if len(data) > LARGEST:
            self.wrong(f"the file is larger than {LARGEST >> 20} MiB", "send it in parts")
            return
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.wrong("it is not UTF-8 text", "save it as UTF-8")
            return
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        try:
            header = tuple(rows.fieldnames or ())
            missing = [name for name in self.columns if name not in header]
            if missing:
                self.wrong(f"the column '{missing[0]}' is missing", f"write the header {','.join(self.columns)}")
                return
            for row in rows:
                self.line = rows.line_num
                if None in row or any(value is None for value in row.values()):
                    self.wrong("the line has more or fewer cells than the header", "give each column its cell")
                else:
                    yield {name: value.strip() for name, value in row.items()}
        except csv.Error as error:
            self.line = rows.line_num
            self.wrong(f"it is not CSV ({error})", "write one record on each line, quoted where it holds a comma")

    # -- cells ---------------------------------------------------------------------------------------------------------

    def at(self, text: str) -> int | None:
        try:
            return instant.parse(text)
        except ValueError as error:
            self.wrong(f"at: {error}", "write it as 2026-03-05T14:00:00+08:00")
            return None

    def money(self, amount: str, currency: str) -> int | None:
        """Minor units of a currency in use."""
        if currency not in money.currencies():
            self.wrong(f"{shown(currency)} is no currency in use", "write an ISO 4217 code, as CNY")
            return None
        if not _AMOUNT.fullmatch(amount):
            self.wrong(f"{shown(amount)} is no amount", "write it as 1234.56")
            return None
        try:
            return money.minor(amount, currency)
        except ValueError as error:
            self.wrong(f"amount: {error}", "write it as 1234.56")
            return None

    def count(self, text: str, column: str) -> int | None:
        """How many records a total line speaks of."""
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.wrong(
                "the total does not say how many records there are", f"write their number in the column '{column}'"
            )
            return None
        return int(text)


def written(columns: tuple[str, ...], rows: Iterable[Mapping[str, object]]) -> bytes:
    """The same rows give the same bytes. A cell that is not given is empty."""
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    lines.writeheader()
    lines.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def plain(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def put(path: Path, content: bytes) -> None:
    """Durable before its name appears: whoever looks finds the whole file, or the one before it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

"""Letters to persons as PDF: A4, with the address in the window, Chinese and English in one document.

A letter is always the same bytes where the same font is found. Lengths are points, 1/72 inch, from the lower left corner.
The address stands in the window of a DL or C5/6 envelope (DIN 5008, form B: 45 to 90 mm from the top, 25 from the left).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from threading import Lock

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from tocsin.links import fonts
from tocsin.links.contact import Contact
from tocsin.links.typesetting import lines
from tocsin.values import instant

_WIDE, _HIGH = A4
_LEFT, _RIGHT, _TOP, _BOTTOM = 25 * mm, _WIDE - 20 * mm, _HIGH - 20 * mm, 25 * mm
_BODY, _SMALL, _TITLE = 10.5, 8.5, 13.0
_SIGN = r"(?:[A-Z]{3}|[¥¥$€£])\s?"
_AMOUNT = re.compile(rf"(?:{_SIGN})?-?[\d,]+\.\d+%?|{_SIGN}-?[\d,]+")
_WORDS = {
    "en": {"page": "Page {} of {}", "reference": "Our reference: {}", "seal": "(seal)"},
    "zh": {"page": "第 {} 页,共 {} 页", "reference": "编号:{}", "seal": "(盖章)"},
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_BETWEEN = " · "
_PLAIN = str.maketrans("‘’“”", "''\"\"")
"""Fonts with Chinese characters set these as wide as one; English words look torn apart."""

_one_at_a_time = Lock()
"""Letters are made in threads; reportlab's fonts are not."""


@dataclass(frozen=True)
class Letterhead:
    """Who writes: by language, the lines of the sender, name first, and who signs. `timezone`: of the date.

    `font`: a file; without it one that is found on the machine.
    """

    sender: Mapping[str, Sequence[str]]
    signature: Mapping[str, str]
    timezone: str = "Asia/Shanghai"
    font: Path | None = None


@dataclass
class _Page:
    texts: list[tuple[float, float, float, str]] = field(default_factory=list)
    """x, y, size, text."""
    rules: list[tuple[float, float, float]] = field(default_factory=list)
    """x, y, length."""


class _Sheets:
    """Pages that fill from the top."""

    def __init__(self, font: str, language: str) -> None:
        self.font, self.language = font, language
        self.pages = [_Page()]
        self.y = _TOP

    def width(self, text: str, size: float) -> float:
        return float(pdfmetrics.stringWidth(text, self.font, size))

    def put(self, x: float, y: float, size: float, text: str) -> None:
        if text:
            self.pages[-1].texts.append((x, y, size, text.translate(_PLAIN) if self.language == "en" else text))

    def right(self, x: float, y: float, size: float, text: str) -> None:
        self.put(x - self.width(text, size), y, size, text)

    def room(self, height: float) -> bool:
        """Go down so far, onto a new page where this one ends before; whether it is a new one."""
        self.y -= height
        if self.y >= _BOTTOM:
            return False
        self.pages.append(_Page())
        self.y = _TOP - height
        return True

    def paragraph(self, text: str, size: float = _BODY, gap: float = 0.5) -> None:
        """Its lines, and behind it `gap` of one."""
        for line in lines(text, _RIGHT - _LEFT, lambda one: self.width(one, size)):
            self.room(size * 1.6)
            self.put(_LEFT, self.y, size, line)
        self.y -= size * 1.6 * gap

    def rule(self, x: float, y: float, length: float) -> None:
        self.pages[-1].rules.append((x, y, length))


def pdf(head: Letterhead, given: Contact) -> bytes:
    """A contact as a letter. ValueError where its font cannot be used."""
    with _one_at_a_time:
        return _pdf(head, given)


def _pdf(head: Letterhead, given: Contact) -> bytes:
    words = _WORDS[given.language]
    day = _date(datetime.fromisoformat(given.timestamp).astimezone(instant.zone(head.timezone)), given.language)
    sheets = _Sheets(fonts.chosen("".join([*_said(head, given), day]), head.font), given.language)
    _first(sheets, head, given, day)
    sheets.y = _HIGH - 105 * mm
    if given.subject:
        sheets.paragraph(given.subject, _TITLE, 0.6)
    for paragraph in given.text.split("\n"):
        sheets.paragraph(paragraph) if paragraph.strip() else sheets.room(_BODY * 0.6)
    if given.table:
        _table(sheets, given.table)
    _signed(sheets, head.signature.get(given.language, ""), words["seal"], day)
    return _written(sheets, given, words["page"])


def _said(head: Letterhead, given: Contact) -> list[str]:
    """Everything that the letter may show."""
    cells = [cell for row in given.table for cell in row]
    own = [
        *head.sender.get(given.language, ()),
        head.signature.get(given.language, ""),
        *_WORDS[given.language].values(),
        _BETWEEN,
    ]
    return [given.name, given.to, given.subject, given.text, *cells, *own]


def _date(day: datetime, language: str) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _first(sheets: _Sheets, head: Letterhead, given: Contact, day: str) -> None:
    """What stands above the subject: the sender, the address, date and reference."""
    sender = list(head.sender.get(given.language, ()))
    y = _TOP
    for number, line in enumerate(sender):
        size = _TITLE if number == 0 else _SMALL
        sheets.put(_LEFT, y - size, size, line)
        y -= size * 1.6
    sheets.rule(_LEFT, y - 4, _RIGHT - _LEFT)
    sheets.put(_LEFT, _HIGH - 49 * mm, 6.5, _BETWEEN.join(sender[:2]))
    address = [one.strip() for one in given.to.split("\n") if one.strip()]
    if given.name and given.name not in address:
        address.insert(0, given.name)
    y = _HIGH - 56 * mm
    for line in address:
        for piece in lines(line, 80 * mm, lambda one: sheets.width(one, _BODY)):
            sheets.put(_LEFT, y, _BODY, piece)
            y -= _BODY * 1.45
    sheets.right(_RIGHT, _HIGH - 56 * mm, _BODY, day)
    reference = _WORDS[given.language]["reference"].format(given.id)
    for number, piece in enumerate(lines(reference, 75 * mm, lambda one: sheets.width(one, _SMALL))):
        sheets.right(_RIGHT, _HIGH - 62 * mm - number * _SMALL * 1.4, _SMALL, piece)


def _table(sheets: _Sheets, rows: Sequence[Sequence[str]]) -> None:
    """Rows of cells under their titles, which each page repeats; amounts stand at the right of their column."""
    count, pad, size = max(map(len, rows)), 4.0, 9.5
    rows = [[*row, *[""] * (count - len(row))] for row in rows]
    widest = [max(sheets.width(row[n], size) for row in rows) + 2 * pad for n in range(count)]
    stretch = (_RIGHT - _LEFT) / sum(widest)
    starts = [_LEFT + sum(widest[:n]) * stretch for n in range(count + 1)]
    amounts = [len(rows) > 1 and all(_AMOUNT.fullmatch(row[n]) for row in rows[1:] if row[n]) for n in range(count)]

    def put(row: Sequence[str]) -> None:
        cells = [
            lines(cell, starts[n + 1] - starts[n] - 2 * pad + 0.01, lambda one: sheets.width(one, size))
            for n, cell in enumerate(row)
        ]
        height = max(map(len, cells)) * size * 1.4 + pad
        if sheets.room(height) and row is not rows[0]:
            sheets.y += height
            put(rows[0])
            sheets.y -= height
        for n, cell in enumerate(cells):
            for number, line in enumerate(cell):
                y = sheets.y + height - (number + 1) * size * 1.4
                if amounts[n]:
                    sheets.right(starts[n + 1] - pad, y, size, line)
                else:
                    sheets.put(starts[n] + pad, y, size, line)
        sheets.rule(_LEFT, sheets.y, _RIGHT - _LEFT)

    sheets.y -= 4
    for row in rows:
        put(row)
    sheets.y -= _BODY


def _signed(sheets: _Sheets, who: str, seal: str, day: str) -> None:
    """The line for seal or signature, who signs, and the day: on one page together."""
    wide = 70 * mm
    said = [*lines(f"{who} {seal}".strip(), wide, lambda one: sheets.width(one, _BODY)), day]
    sheets.room(18 * mm + len(said) * _BODY * 1.5)
    y = sheets.y + len(said) * _BODY * 1.5
    sheets.rule(_RIGHT - wide, y, wide)
    for line in said:
        y -= _BODY * 1.5
        sheets.put(_RIGHT - wide, y, _BODY, line)


def _written(sheets: _Sheets, given: Contact, foot: str) -> bytes:
    """The pages, each with its number. The clock and the machine leave nothing in them."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1, lang={"zh": "zh-CN"}.get(given.language, "en"))
    canvas.setTitle(given.subject or given.id)
    canvas.setLineWidth(0.4)
    for number, page in enumerate(sheets.pages, 1):
        for x, y, length in page.rules:
            canvas.line(x, y, x + length, y)
        for x, y, size, text in page.texts:
            canvas.setFont(sheets.font, size)
            canvas.drawString(x, y, text)
        canvas.setFont(sheets.font, _SMALL)
        canvas.drawRightString(_RIGHT, 12 * mm, foot.format(number, len(sheets.pages)))
        canvas.showPage()
    canvas.save()
    return out.getvalue()

"""Files for a credit bureau and from it: sheets, one record on each line.

Out goes what was furnished, corrected and taken down in a period; back comes what the bureau says of each record.
Amounts are in major units with the places of their currency, instants in ISO 8601 with a zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from tocsin.links.sheet import Cells, Sheet, plain, written
from tocsin.values import instant, money
from tocsin.values.problem import Refused, did_you_mean, shown

OUT = (
    "line", "record", "step", "at", "customer", "name", "accounts", "amount", "currency", "days_past_due", "until", "reason",
)  # fmt: skip
BACK = ("line", "record", "at", "answer", "reason")
LINES = ("answer", "total")
ANSWERS = ("accepted", "rejected", "disputed")
LONGEST = 500
"""Signs of a reason."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A step of a record that the bureau is told; `amount` in minor units is what was past due then."""

    record: str
    step: str
    at: int
    customer: str
    name: str
    accounts: tuple[str, ...]
    amount: int
    currency: str
    days_past_due: int
    until: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bureau says of a record. `line` of its file."""

    line: int
    record: str
    at: int
    answer: Literal["accepted", "rejected", "disputed"]
    reason: str


def furnished(steps: Iterable[Reported]) -> bytes:
    """The furnishing file; the same steps give the same bytes."""
    rows: list[dict[str, object]] = []
    totals: dict[str, int] = {}
    for one in steps:
        totals[one.currency] = totals.get(one.currency, 0) + one.amount
        rows.append({
            "line": "record", "record": one.record, "step": one.step, "at": instant.written(one.at),
            "customer": one.customer, "name": plain(one.name), "accounts": " ".join(one.accounts),
            "amount": money.major(one.amount, one.currency), "currency": one.currency,
            "days_past_due": one.days_past_due, "until": "" if one.until is None else instant.written(one.until),
            "reason": plain(one.reason),
        })  # fmt: skip
    count = len(rows)
    for currency, total in sorted(totals.items()) or [("", 0)]:
        amount = money.major(total, currency) if currency else 0
        rows.append({"line": "total", "record": count, "amount": amount, "currency": currency})
    return written(OUT, rows)


def answers(data: bytes, file: str) -> list[Answer]:
    """What the bureau says. Refused with every mistake; nothing of such a file counts."""
    sheet, found, totals, count = Sheet(file, BACK), list[Answer](), list[int](), 0
    known: set[str] = set()
    for cells in sheet.rows(data):
        if cells["line"] == "total":
            total = sheet.count(cells["record"], "record")
            totals += [] if total is None else [total]
            continue
        count += 1
        one = _answer(sheet, cells)
        if one is not None and one.record in known:
            sheet.wrong(f"the record {shown(one.record)} is answered twice", "answer each once")
        elif one is not None:
            known.add(one.record)
            found.append(one)
    if not sheet.problems and not totals:
        sheet.wrong("the file has no total, so it may be cut off", "end it with a total line")
    for total in totals if not sheet.problems else ():
        if total != count:
            sheet.wrong(f"the total speaks of {total} records, there are {count}", "send the whole file")
    if sheet.problems:
        raise Refused(*sheet.problems)
    return found


def _answer(sheet: Sheet, cells: Cells) -> Answer | None:
    for name, known in (("line", LINES), ("answer", ANSWERS)):
        if cells[name] not in known:
            value = cells[name]
            sheet.wrong(f"unknown {name} {shown(value)}", did_you_mean(value, known) or "write " + ", ".join(known))
            return None
    if len(cells["reason"]) > LONGEST:
        sheet.wrong(f"the reason is longer than {LONGEST} signs", "shorten it")
        return None
    at = sheet.at(cells["at"])
    if at is None:
        return None
    answer = cast(Literal["accepted", "rejected", "disputed"], cells["answer"])
    return Answer(sheet.line, cells["record"], at, answer, cells["reason"])

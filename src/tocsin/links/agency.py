"""Files for agencies and from them: CSV in UTF-8 with a header, closed by a `total` line that must agree.

Out go the debts placed and no more of a person than is needed to reach them; back come payments, contacts,
complaints and returns. Amounts are in major units with the places of their currency, instants in ISO 8601
with a zone. A file that is wrong anywhere is refused whole, with every mistake.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.credit.agency import Complaint, Contacted, Debt, Paid, Report, Returned
from tocsin.credit.conduct.people import CHANNELS, ROLES
from tocsin.values import instant, money
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

OUT = (
    "record", "placement", "agency", "account", "customer", "name", "language", "phone", "email", "address",
    "amount", "currency", "days_past_due", "placed_at", "until", "rate_bp",
)  # fmt: skip
BACK = (
    "record", "agency", "account", "at", "reference", "amount", "currency", "channel", "role", "result", "attempt", "reason",
)  # fmt: skip
RECORDS = ("payment", "contact", "complaint", "return", "total")
RESULTS = (
    "right_party", "no_answer", "wrong_number", "promise", "refused", "evaded", "answered", "left_message", "sent",
    "delivered", "undeliverable", "not_connected",
)  # fmt: skip
LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Reach:
    """How the debtor may be reached: only points with consent."""

    name: str = ""
    language: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""


def placed(debts: Iterable[Debt], reach: Mapping[str, Reach], days_past_due: Mapping[str, int]) -> bytes:
    """The file of debts placed; the same debts give the same bytes. `reach` by customer, days by account."""
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, OUT, restval="", lineterminator="\r\n")
    lines.writeheader()
    count, totals = 0, dict[str, int]()
    for debt in sorted(debts, key=lambda one: (one.placement, one.account)):
        count += 1
        totals[debt.currency] = totals.get(debt.currency, 0) + debt.amount
        how = reach.get(debt.customer, Reach())
        lines.writerow({
            "record": "debt", "placement": debt.placement, "agency": debt.agency, "account": debt.account,
            "customer": debt.customer, "name": how.name, "language": how.language, "phone": how.phone,
            "email": how.email, "address": how.address, "amount": str(money.major(debt.amount, debt.currency)),
            "currency": debt.currency, "days_past_due": days_past_due.get(debt.account, ""),
            "placed_at": instant.written(debt.at), "until": "" if debt.until is None else instant.written(debt.until),
            "rate_bp": debt.rate,
        } | {name: _plain(value) for name, value in (("name", how.name), ("address", how.address))})  # fmt: skip
    for currency, total in sorted(totals.items()) or [("", 0)]:
        amount = str(money.major(total, currency)) if currency else "0"
        lines.writerow({"record": "total", "placement": count, "amount": amount, "currency": currency})
    return text.getvalue().encode("utf-8-sig")


def _plain(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def report(data: bytes, file: str) -> Report:
    """What an agency reports. Refused with every mistake; nothing of such a file counts."""
    reader = _Reader(file)
    reader.read(data)
    if reader.problems:
        raise Refused(*reader.problems)
    agency = next(iter(reader.agencies), "")
    return Report(
        agency, tuple(reader.payments), tuple(reader.contacts), tuple(reader.complaints), tuple(reader.returns)
    )


class _Reader:
    def __init__(self, file: str) -> None:
        self.file, self.line = file, 1
        self.problems: list[Problem] = []
        self.agencies: dict[str, None] = {}
        self.payments: list[Paid] = []
        self.contacts: list[Contacted] = []
        self.complaints: list[Complaint] = []
        self.returns: list[Returned] = []
        self.references: set[str] = set()
        self.sums: dict[str, int] = {}
        self.totals: dict[str, tuple[int, int]] = {}
        self.rows = 0

    def wrong(self, what: str, remedy: str = "") -> None:
        if len(self.problems) < 100:
            self.problems.append(Problem(what, f"{self.file}:{self.line}", remedy))

    def read(self, data: bytes) -> None:
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
            missing = [name for name in BACK if name not in header]
            if missing:
                self.wrong(f"the column '{missing[0]}' is missing", f"write the header {','.join(BACK)}")
                return
            for row in rows:
                self.line = rows.line_num
                self._row(row)
        except csv.Error as error:
            self.line = rows.line_num
            self.wrong(f"it is not CSV ({error})", "write one record on each line, quoted where it holds a comma")
            return
        self._totals()

    def _row(self, row: dict[str | Any, str | Any]) -> None:
        if None in row or any(value is None for value in row.values()):
            self.wrong("the line has more or fewer cells than the header", "give each column its cell")
            return
        cells: dict[str, str] = {name: str(value).strip() for name, value in row.items()}
        record = cells["record"]
        if record == "total":
            self._total(cells)
            return
        self.rows += 1
        if record not in RECORDS:
            self.wrong(
                f"unknown record {shown(record)}", did_you_mean(record, RECORDS) or "write " + ", ".join(RECORDS)
            )
            return
        if not cells["agency"] or not cells["account"]:
            self.wrong("'agency' or 'account' is missing", "give both in every record")
            return
        self.agencies[cells["agency"]] = None
        if len(self.agencies) > 1:
            self.wrong(f"the file is of several agencies, also {shown(cells['agency'])}", "send one file for each")
            return
        at = self._at(cells["at"])
        if at is not None:
            _TAKEN[record](self, cells, at)

    def _at(self, text: str) -> int | None:
        try:
            return instant.parse(text)
        except ValueError as error:
            self.wrong(f"at: {error}", "write it as 2026-03-05T14:00:00+08:00")
            return None

    def _amount(self, cells: dict[str, str]) -> int | None:
        if cells["currency"] not in money.currencies():
            self.wrong(f"{shown(cells['currency'])} is no currency in use", "write an ISO 4217 code, as CNY")
            return None
        try:
            amount = money.minor(cells["amount"], cells["currency"])
        except ValueError as error:
            self.wrong(f"amount: {error}", "write it as 1234.56")
            return None
        if amount <= 0:
            self.wrong("an amount is more than nothing", "correct the amount")
            return None
        return amount

    def _payment(self, cells: dict[str, str], at: int) -> None:
        amount = self._amount(cells)
        if not cells["reference"] or cells["reference"] in self.references:
            self.wrong(
                f"the reference {shown(cells['reference'])} is missing or stands twice", "give each payment its own"
            )
        elif amount is not None:
            self.references.add(cells["reference"])
            self.sums[cells["currency"]] = self.sums.get(cells["currency"], 0) + amount
            self.payments.append(Paid(cells["reference"], cells["account"], amount, cells["currency"], at))

    def _contact(self, cells: dict[str, str], at: int) -> None:
        for name, known in (("channel", CHANNELS), ("result", RESULTS), ("role", ROLES)):
            value = cells[name] or ("debtor" if name == "role" else "")
            if value not in known:
                self.wrong(f"unknown {name} {shown(value)}", did_you_mean(value, known) or "write " + ", ".join(known))
                return
        role = cells["role"] or "debtor"
        self.contacts.append(
            Contacted(cells["account"], at, cells["channel"], cells["result"], role, cells["attempt"] or None)
        )

    def _complaint(self, cells: dict[str, str], at: int) -> None:
        self.complaints.append(Complaint(cells["account"], at, cells["reason"], cells["result"] != "rejected"))

    def _return(self, cells: dict[str, str], at: int) -> None:
        self.returns.append(Returned(cells["account"], at, cells["reason"]))

    # -- totals --------------------------------------------------------------------------------------------------------

    def _total(self, cells: dict[str, str]) -> None:
        currency, count = cells["currency"], cells["reference"]
        if not count.isdigit():
            self.wrong(
                "the total does not say how many records there are", "write their number in the column 'reference'"
            )
            return
        try:
            amount = money.minor(cells["amount"], currency) if currency in money.currencies() else 0
        except ValueError as error:
            self.wrong(f"amount: {error}", "write it as 1234.56")
            return
        self.totals[currency if currency in money.currencies() else ""] = (int(count), amount)

    def _totals(self) -> None:
        if not self.totals:
            self.wrong("the file has no total, so it may be cut off", "end it with a total line for each currency")
            return
        for currency, (count, amount) in self.totals.items():
            if count != self.rows:
                self.wrong(f"the total speaks of {count} records, there are {self.rows}", "send the whole file")
            if currency and amount != self.sums.get(currency, 0):
                found = money.written(self.sums.get(currency, 0), currency)
                said = money.written(amount, currency)
                self.wrong(f"the total speaks of {said}, the payments add up to {found}", "send the whole file")
        for currency in self.sums:
            if currency not in self.totals:
                self.wrong(f"there is no total for {currency}", "end it with a total line for each currency")


_TAKEN: dict[str, Callable[[_Reader, dict[str, str], int], None]] = {
    "payment": _Reader._payment,
    "contact": _Reader._contact,
    "complaint": _Reader._complaint,
    "return": _Reader._return,
}

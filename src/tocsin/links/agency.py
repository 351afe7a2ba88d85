"""Files for agencies and from them: sheets, one record on each line.

Out go the debts placed and no more of a person than is needed to reach them; back come payments, contacts,
complaints and returns. Amounts are in major units with the places of their currency, instants in ISO 8601
with a zone. A file that is wrong anywhere is refused whole, with every mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tocsin.credit.agency import Complaint, Contacted, Debt, Paid, Report, Returned
from tocsin.credit.conduct.people import CHANNELS, ROLES
from tocsin.links.sheet import Cells, Sheet, plain, written
from tocsin.values import instant, money
from tocsin.values.problem import Refused, did_you_mean, shown

OUT = (
    "record", "placement", "agency", "accounts", "customer", "name", "language", "phone", "email", "address",
    "amount", "owed", "currency", "days_past_due", "placed_at", "until", "rate_bp",
)  # fmt: skip
BACK = (
    "record", "agency", "account", "at", "reference", "amount", "currency", "channel", "role", "result", "attempt", "reason",
)  # fmt: skip
RECORDS = ("payment", "contact", "complaint", "return", "total")
RESULTS = (
    "right_party", "no_answer", "wrong_number", "promise", "refused", "evaded", "answered", "left_message", "sent",
    "delivered", "undeliverable", "not_connected",
)  # fmt: skip
DECIDED = {"upheld": True, "rejected": False, "": None}
"""What was decided of a complaint."""
LONGEST = 500
"""Signs of a reason."""


class Stand(NamedTuple):
    """A placement as it stands now, and how the debtor may be reached: only points with consent."""

    owed: int
    days_past_due: int
    name: str = ""
    language: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""


def placed(debts: Iterable[Debt], stands: Mapping[str, Stand]) -> bytes:
    """The file of debts placed; the same debts give the same bytes. `stands` by placement."""
    rows: list[dict[str, object]] = []
    totals: dict[str, int] = {}
    for debt in sorted(debts, key=lambda one: one.placement):
        how = stands[debt.placement]
        totals[debt.currency] = totals.get(debt.currency, 0) + debt.amount
        rows.append({
            "record": "debt", "placement": debt.placement, "agency": debt.agency, "accounts": " ".join(debt.accounts),
            "customer": debt.customer, "name": plain(how.name), "language": how.language, "phone": how.phone,
            "email": plain(how.email), "address": plain(how.address),
            "amount": money.major(debt.amount, debt.currency), "owed": money.major(how.owed, debt.currency),
            "currency": debt.currency, "days_past_due": how.days_past_due, "placed_at": instant.written(debt.at),
            "until": "" if debt.until is None else instant.written(debt.until), "rate_bp": debt.rate,
        })  # fmt: skip
    count = len(rows)
    for currency, total in sorted(totals.items()) or [("", 0)]:
        amount = money.major(total, currency) if currency else 0
        rows.append({"record": "total", "placement": count, "amount": amount, "currency": currency})
    return written(OUT, rows)


def report(data: bytes, file: str) -> Report:
    """What an agency reports. Refused with every mistake; nothing of such a file counts."""
    reader = _Reader(file)
    for cells in reader.rows(data):
        reader.take(cells)
    if not reader.problems:
        reader.check()
    if reader.problems:
        raise Refused(*reader.problems)
    return Report(
        next(iter(reader.agencies)),
        tuple(reader.payments),
        tuple(reader.contacts),
        tuple(reader.complaints),
        tuple(reader.returns),
    )


class _Reader(Sheet):
    def __init__(self, file: str) -> None:
        super().__init__(file, BACK)
        self.agencies: dict[str, None] = {}
        self.payments: list[Paid] = []
        self.contacts: list[Contacted] = []
        self.complaints: list[Complaint] = []
        self.returns: list[Returned] = []
        self.references: set[str] = set()
        self.sums: dict[str, int] = {}
        self.totals: dict[str, tuple[int, int]] = {}
        self.count_of = 0

    def take(self, cells: Cells) -> None:
        record = cells["record"]
        if record == "total":
            self._total(cells)
            return
        self.count_of += 1
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
        if len(cells["reason"]) > LONGEST:
            self.wrong(f"the reason is longer than {LONGEST} signs", "shorten it")
            return
        at = self.at(cells["at"])
        if at is not None:
            _TAKEN[record](self, cells, at)

    def _payment(self, cells: Cells, at: int) -> None:
        amount = self.money(cells["amount"], cells["currency"])
        if amount is None:
            return
        if amount <= 0:
            self.wrong("an amount is more than nothing", "correct the amount")
        elif not cells["reference"] or cells["reference"] in self.references:
            self.wrong(
                f"the reference {shown(cells['reference'])} is missing or stands twice", "give each payment its own"
            )
        else:
            self.references.add(cells["reference"])
            self.sums[cells["currency"]] = self.sums.get(cells["currency"], 0) + amount
            self.payments.append(Paid(cells["reference"], cells["account"], amount, cells["currency"], at))

    def _contact(self, cells: Cells, at: int) -> None:
        role = cells["role"] or "debtor"
        told = cells | {"role": role}
        if all(self._known(name, told[name], of) for name, of in _CONTACT):
            attempt = cells["attempt"] or None
            self.contacts.append(Contacted(cells["account"], at, cells["channel"], cells["result"], role, attempt))

    def _complaint(self, cells: Cells, at: int) -> None:
        if not cells["reason"]:
            self.wrong("a complaint says what it is about", "write it in the column 'reason'")
        elif self._known("result", cells["result"], tuple(DECIDED)) and (
            not cells["channel"] or self._known("channel", cells["channel"], CHANNELS)
        ):
            upheld, channel = DECIDED[cells["result"]], cells["channel"] or None
            self.complaints.append(Complaint(cells["account"], at, cells["reason"], upheld, channel))

    def _return(self, cells: Cells, at: int) -> None:
        self.returns.append(Returned(cells["account"], at, cells["reason"]))

    def _known(self, name: str, value: str, known: tuple[str, ...]) -> bool:
        if value not in known:
            names = [one for one in known if one]
            self.wrong(f"unknown {name} {shown(value)}", did_you_mean(value, names) or "write " + ", ".join(names))
        return value in known

    # -- totals --------------------------------------------------------------------------------------------------------

    def _total(self, cells: Cells) -> None:
        currency, count = cells["currency"], self.count(cells["reference"], "reference")
        if count is None:
            return
        amount = self.money(cells["amount"], currency) if currency else 0
        if amount is not None:
            self.totals[currency] = count, amount

    def check(self) -> None:
        """Hold the totals against what was read."""
        if not self.totals:
            self.wrong("the file has no total, so it may be cut off", "end it with a total line for each currency")
            return
        for currency, (count, amount) in self.totals.items():
            if count != self.count_of:
                self.wrong(f"the total speaks of {count} records, there are {self.count_of}", "send the whole file")
            if currency and amount != self.sums.get(currency, 0):
                found = money.written(self.sums.get(currency, 0), currency)
                said = money.written(amount, currency)
                self.wrong(f"the total speaks of {said}, the payments add up to {found}", "send the whole file")
        for currency in self.sums:
            if currency not in self.totals:
                self.wrong(f"there is no total for {currency}", "end it with a total line for each currency")
        if not self.agencies:
            self.wrong("the file has no records", "send one when there is something to tell")


_CONTACT = (("channel", CHANNELS), ("result", RESULTS), ("role", ROLES))
_TAKEN: dict[str, Callable[[_Reader, Cells, int], None]] = {
    "payment": _Reader._payment,
    "contact": _Reader._contact,
    "complaint": _Reader._complaint,
    "return": _Reader._return,
}

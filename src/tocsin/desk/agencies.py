"""What the log says of an agency: its placements, what was paid on them, its contacts, complaints about it.

One pass over the log, which is only read; in memory is what the agency had, not the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from tocsin.credit.agency import Complaint, Contacted, Debt, Paid, Reversed
from tocsin.desk.versions import Versions
from tocsin.facts import dealings, kinds, wire
from tocsin.facts.kinds import Fact
from tocsin.journal.journal import Journal
from tocsin.journal.records import FACT
from tocsin.policy.policy import Policy
from tocsin.values import instant
from tocsin.values.calendar import DAY
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

T = TypeVar("T")
_HEADS = tuple(
    f'{{"kind":"{kind}"'.encode()
    for kind in ("placement", "payment", "payment_reversed", "contact_attempt", "contact_result", "complaint")
)


def in_force(journal: Journal) -> Policy:
    """The policy in force in a journal."""
    versions = Versions(journal)
    champion, _ = versions.in_force()
    if not champion:
        raise Refused(Problem("no policy is in force in this journal", journal.where, "activate one first"))
    return versions.policy(champion)


def digest(*parts: object) -> str:
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=12).hexdigest()


def mark(agency: str) -> str:
    """How the ids of facts begin that come of an agency's files."""
    return f"agency-{digest(agency)}-"


class Asked(NamedTuple):
    """A contact that an agency asked for and was allowed, of one of its placements."""

    placement: str
    account: str
    at: int
    channel: str
    role: str


@dataclass(slots=True)
class Known:
    """Of one agency. Placements and payments whenever they were; contacts and complaints of the period."""

    agency: str
    currency: str
    since: int
    until: int
    agencies: set[str] = field(default_factory=set)
    """Every one that ever had a debt."""
    debts: list[Debt] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)
    """By attempt, from a day before the period on."""
    contacted: dict[str, Contacted] = field(default_factory=dict)
    complained: dict[tuple[str, int], Complaint] = field(default_factory=dict)
    _paid: dict[str, list[Paid]] = field(default_factory=dict)
    _reversals: list[Reversed] = field(default_factory=list)
    _taken: dict[str, int] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)
    """In `debts`, by placement."""
    _by_account: dict[str, list[int]] = field(default_factory=dict)
    _mark: str = ""

    def __post_init__(self) -> None:
        self._mark = mark(self.agency)

    # -- what is known -------------------------------------------------------------------------

    @property
    def payments(self) -> list[Paid]:
        """On the accounts of its placements, since each was placed first."""
        return [one for paid in self._paid.values() for one in paid]

    @property
    def reversals(self) -> list[Reversed]:
        return self._reversals

    @property
    def contacts(self) -> list[Contacted]:
        """Of the period: with `attempt` where it was allowed first."""
        return list(self.contacted.values())

    @property
    def complaints(self) -> list[Complaint]:
        return list(self.complained.values())

    def held(self, since: int, until: int) -> list[Debt]:
        """Placements that it had at some time of a period."""
        return [one for one in self.debts if one.at < until and (one.ended is None or one.ended > since)
                and (one.until is None or one.until > since)]  # fmt: skip

    def last(self, account: str, at: int) -> Debt | None:
        """The latest placement of an account up to a moment, also where it is over by then."""
        found = [self.debts[place] for place in self._by_account.get(account, ()) if self.debts[place].at <= at]
        return max(found, key=lambda one: one.at, default=None)

    # -- reading -------------------------------------------------------------------------------

    def take(self, fact: Fact) -> None:
        at = instant.micros(fact.occurred_at)
        match fact:
            case dealings.Placement():
                self.agencies.add(fact.agency)
                if fact.agency == self.agency:
                    self._place(fact, at)
            case kinds.Payment() if fact.account in self._by_account and not fact.declined:
                first = min(self.debts[place].at for place in self._by_account[fact.account])
                if first <= at:
                    paid = Paid(fact.fact_id, fact.account, fact.amount, fact.currency, at)
                    self._paid.setdefault(fact.account, []).append(paid)
            case kinds.PaymentReversed() if fact.account in self._paid:
                self._reverse(fact, at)
            case dealings.ContactAttempt() if fact.by == "agency" and self.since - DAY <= at < self.until:
                self._ask(fact, at)
            case kinds.ContactResult() if self.since <= at < self.until:
                self._contact(fact, at)
            case dealings.Complaint() if fact.about == self.agency and self.since <= at < self.until:
                account, channel = fact.account or "", fact.channel
                told = Complaint(account, at, fact.reason, fact.upheld, channel)
                self.complained[account or fact.customer or "", at] = told

    def _place(self, fact: dealings.Placement, at: int) -> None:
        place = self._places.get(fact.placement)
        known = None if place is None or self.debts[place].ended is not None else self.debts[place]
        if fact.state != "placed":
            if place is not None and known is not None:
                self.debts[place] = replace(known, ended=at)
            return
        accounts = fact.accounts or ((fact.account,) if fact.account else ())
        until = None if fact.until is None else instant.micros(fact.until)
        amount = fact.amount if fact.amount is not None and fact.currency in (None, self.currency) else 0
        debt = Debt(fact.placement, self.agency, accounts, fact.customer or "", amount, self.currency, fact.rate or 0, at, until)  # fmt: skip
        if place is not None and known is not None:  # told again
            self.debts[place] = replace(debt, accounts=known.accounts, at=known.at)
            return
        self._places[fact.placement] = len(self.debts)
        for account in accounts:
            self._by_account.setdefault(account, []).append(len(self.debts))
        self.debts.append(debt)

    def _reverse(self, fact: kinds.PaymentReversed, at: int) -> None:
        """Of the payment it names, else of the newest ones (as the book does)."""
        if fact.reported_fact is not None:
            self._reversals.append(Reversed(fact.reported_fact, fact.amount, at))
            return
        left = fact.amount
        for one in sorted(self._paid[fact.account], key=lambda one: one.at, reverse=True):
            part = min(one.amount - self._taken.get(one.reference, 0), left) if one.at <= at else 0
            if part > 0:
                self._taken[one.reference] = self._taken.get(one.reference, 0) + part
                self._reversals.append(Reversed(one.reference, part, at))
                left -= part

    def _ask(self, fact: dealings.ContactAttempt, at: int) -> None:
        for account in fact.accounts or ((fact.account,) if fact.account else ()):
            debt = self.last(account, at)
            if debt is not None and debt.holds(at):
                self.asked[fact.attempt] = Asked(debt.placement, account, at, fact.channel, fact.role)
                return

    def _contact(self, fact: kinds.ContactResult, at: int) -> None:
        asked = self.asked.get(fact.attempt or "")
        if asked is not None:
            told = Contacted(asked.account, at, asked.channel, fact.result, asked.role, fact.attempt)
            self.contacted[fact.attempt or ""] = told
        elif fact.fact_id.startswith(self._mark):
            self.contacted[fact.fact_id] = Contacted(fact.account or "", at, fact.channel, fact.result)


def known(journal: Journal, agency: str, currency: str, since: int, until: int) -> Known:
    """Everything about an agency, with contacts and complaints of a period. Refused where nothing was placed with it."""
    found = Known(agency, currency, since, until)
    for entries in journal.entries():
        for entry in entries:
            if entry.kind == FACT and entry.body.startswith(_HEADS):
                found.take(wire.stored(entry.body))
    if agency not in found.agencies:
        remedy = did_you_mean(agency, sorted(found.agencies)) or "check its name"
        raise Refused(Problem(f"nothing was ever placed with {shown(agency)}", journal.where, remedy))
    return found


def parts(wanted: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Lists of which one question can ask."""
    return (wanted[start : start + size] for start in range(0, len(wanted), size))

"""Evolving debts: postings on an account, charges outstanding, and what the log was told of its position."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from msgspec.structs import replace

from tocsin.credit.collection.book import Account, Book, Met, Told
from tocsin.credit.collection.counting import recounted, replayed_payments, takings
from tocsin.credit.collection.entry import Beyond, Entry
from tocsin.credit.collection.house import House
from tocsin.credit.position import fold, replayed
from tocsin.facts import dealings, kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.calendar import DAY
from tocsin.values.problem import Problem

POSTINGS = (
    kinds.Purchase, kinds.CashAdvance, kinds.Transfer, kinds.Payment, kinds.PaymentReversed, kinds.Refund, kinds.Fee,
    kinds.Interest, kinds.Statement, kinds.LimitChange, kinds.ReAge, kinds.Pause, kinds.PauseEnded, kinds.ChargeOff,
    kinds.Settlement, kinds.Closure, kinds.Waiver,
)  # fmt: skip
Posting = (
    kinds.Purchase | kinds.CashAdvance | kinds.Transfer | kinds.Payment | kinds.PaymentReversed | kinds.Refund
    | kinds.Fee | kinds.Interest | kinds.Statement | kinds.LimitChange | kinds.ReAge | kinds.Pause
    | kinds.PauseEnded | kinds.ChargeOff | kinds.Settlement | kinds.Closure | kinds.Waiver
)  # fmt: skip
_MOVES_PAYMENTS = (kinds.Payment, kinds.PaymentReversed, kinds.Refund)
F = TypeVar("F", bound=Fact)
AGREED_FEES = ("annual", "cash_advance")
"""Types of fees that come without a breach; all others are default sums."""
PAYMENTS_MET = 12
"""So many latest payments that met charges are known by what they met, in case they are reversed."""


def posted(book: Book, fact: Posting, entry: Entry) -> Book:
    """A posting: the account's history, its charges, and what promises and plans count."""
    account = book.accounts.get(fact.account) or Account()
    house = entry.house
    history = fold(account.history, _known(fact, entry.recorded_at), house.strategy.position)
    if isinstance(history, Problem):
        rest = _charged(account, account, fact, house)
        raise Beyond(fact.account, replace(book, accounts={**book.accounts, fact.account: rest}))
    after = _charged(account, replace(account, history=history), fact, house)
    book = replace(book, accounts={**book.accounts, fact.account: after})
    return recounted(book, entry, fact.account) if isinstance(fact, _MOVES_PAYMENTS) else book


def rebuilt(book: Book, name: str, facts: Iterable[tuple[Fact, int]], house: House) -> Book:
    """An account replayed from all its facts: its history, and the payments that promises and plans count."""
    known = [_known(fact, recorded_at) for fact, recorded_at in facts if isinstance(fact, POSTINGS)]
    terms = house.strategy.position
    account = book.accounts.get(name) or Account()
    account = _bounded(replace(account, history=replayed(known, terms)))
    book = replace(book, accounts={**book.accounts, name: account})
    return replayed_payments(book, name, known, terms)


def told(book: Book, fact: kinds.PositionChanged, entry: Entry) -> Book:
    """What the log now says of an account's position; what the fact leaves out is as it was."""
    if fact.currency not in (None, entry.house.currency):
        return book
    account = book.accounts.get(fact.account) or Account()
    was = account.told or Told("", 0, 0, 0, 0)
    now = Told(
        was.state if fact.state is None else fact.state,
        was.bucket if fact.bucket is None else fact.bucket,
        was.days_past_due if fact.days_past_due is None else fact.days_past_due,
        was.past_due if fact.past_due is None else fact.past_due,
        was.minimum_due if fact.minimum_due is None else fact.minimum_due,
    )
    since = account.late_since
    if now.days_past_due <= 0:
        since = None
    elif since is None:
        since = entry.at - now.days_past_due * DAY
    account = replace(account, told=now, late_since=since)
    return replace(book, accounts={**book.accounts, fact.account: account})


def limited(book: Book, fact: dealings.Limitation, entry: Entry) -> Book:
    """From when an account may no longer be sued for."""
    account = replace(book.accounts.get(fact.account) or Account(), bars_at=instant.micros(fact.bars_at))
    return replace(book, accounts={**book.accounts, fact.account: account})


def _known(fact: F, recorded_at: int) -> F:
    """The fact as known from when the log took it."""
    moment = instant.instant(recorded_at)
    return fact if fact.recorded_at == moment else replace(fact, recorded_at=moment)


def _charged(before: Account, account: Account, fact: Posting, house: House) -> Account:
    """Fees and interest outstanding after a posting, in the order of the log.

    A payment, or what is waived, meets fees, then interest, then principal; where the plan's terms say principal first and the
    account is more than 90 days past due, a payment meets principal before both (商业银行信用卡业务监督管理办法 §57). What a
    reversed payment met is outstanding again. No more is outstanding than is owed.
    """
    terms = house.strategy.position
    if not isinstance(fact, kinds.Movement) or fact.declined or fact.currency != terms.currency:
        return _bounded(account)
    fees, interest = account.fees, account.interest
    match fact:
        case kinds.Fee():
            account = replace(account, fees=fees + fact.amount)
            if fact.amount and fact.fee_type not in AGREED_FEES:
                charge = (instant.micros(fact.occurred_at), fact.amount)
                account = replace(account, charge=max(charge, account.charge or charge))
        case kinds.Interest():
            account = replace(account, interest=interest + fact.amount)
        case kinds.Waiver():
            met = _met(fact.fact_id, fact.amount, 0, fees, interest)
            waived = (*account.waived, (instant.micros(fact.occurred_at), fact.amount))[-PAYMENTS_MET:]
            account = replace(account, fees=fees - met.fees, interest=interest - met.interest, waived=waived)
        case kinds.Payment() if fees or interest:
            late = account.told.days_past_due if account.told else 0
            first = house.strategy.plan.principal_first and late >= terms.class_dpd[1]
            ahead = max(before.history.balance - fees - interest, 0) if first else 0
            met = _met(fact.fact_id, fact.amount, ahead, fees, interest)
            if met.fees or met.interest:
                latest = (*account.met, met)[-PAYMENTS_MET:]
                account = replace(account, fees=fees - met.fees, interest=interest - met.interest, met=latest)
        case kinds.PaymentReversed() if account.met:
            account = _taken_back(account, fact.fact_id)
    return _bounded(account)


def _met(fact: str, left: int, ahead: int, fees: int, interest: int) -> Met:
    """What so much of a payment meets of charges that are no more than these."""
    rest = max(left - ahead, 0)
    fees = min(fees, rest)
    return Met(fact, left, ahead, fees, min(interest, rest - fees))


def _taken_back(account: Account, reversal: str) -> Account:
    """Charges outstanding again after a reversal; what it left of a payment still meets charges first."""
    takes = {
        payment: sum(part for _, _, part, by in parts if by == reversal)
        for payment, parts in takings(account.history).items()
    }
    fees, interest, met = account.fees, account.interest, list[Met]()
    for one in account.met:
        left = _met(one.fact, max(one.left - takes.get(one.fact, 0), 0), one.ahead, one.fees, one.interest)
        fees, interest = fees + one.fees - left.fees, interest + one.interest - left.interest
        met += [left] if left.fees or left.interest else []
    return replace(account, fees=fees, interest=interest, met=tuple(met))


def _bounded(account: Account) -> Account:
    owed = max(account.history.balance, 0)
    fees = min(account.fees, owed)
    interest = min(account.interest, owed - fees)
    if fees == account.fees and interest == account.interest:
        return account
    return replace(account, fees=fees, interest=interest)

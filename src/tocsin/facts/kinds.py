"""Facts: frozen records of what happened, one class for each kind.

Amounts are whole minor units (fen, cents) of `currency`; instants are aware. The kind carries the
direction, so an amount is never negative. An absent field is None, never a default. What each
field means is said once, in `fields`.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated

import msgspec
from msgspec import Meta

from tocsin.values.money import MAX_MINOR

ID_PATTERN = r"^[^\x00-\x20\x7f]{1,128}$"
COUNTRY_PATTERN = r"^[A-Z]{2}$"
WHOLE_LIMIT = 2**31

# Patterns are in the schema for readers; `wire` and `intake` check them, three times as fast as the decoder would.
Id = Annotated[str, Meta(min_length=1, max_length=128, extra_json_schema={"pattern": ID_PATTERN})]
Word = Annotated[str, Meta(min_length=1, max_length=128)]
Country = Annotated[str, Meta(min_length=2, max_length=2, extra_json_schema={"pattern": COUNTRY_PATTERN})]
Currency = Annotated[str, Meta(min_length=3, max_length=3, extra_json_schema={"pattern": "^[A-Z]{3}$"})]
Money = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
Balance = Annotated[int, Meta(ge=-MAX_MINOR, le=MAX_MINOR)]
Whole = Annotated[int, Meta(ge=-WHOLE_LIMIT, le=WHOLE_LIMIT)]
Instant = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Ids = Annotated[tuple[Id, ...], Meta(max_length=100)]


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """What every fact carries. `recorded_at` is when the issuer knew; absent, it knew at once."""

    fact_id: Id
    occurred_at: Instant
    recorded_at: Instant | None = None
    customer: Id | None = None


class AccountFact(Fact, frozen=True, kw_only=True):
    """A fact of one credit account."""

    account: Id


class PersonFact(Fact, frozen=True, kw_only=True):
    """A fact of a person, who may hold several accounts; the account is named where one is meant."""

    account: Id | None = None


class Movement(AccountFact, frozen=True, kw_only=True):
    """Money that moves on an account, perhaps at a merchant, terminal or paying agent."""

    amount: Money
    currency: Currency
    merchant: Id | None = None
    mcc: Word | None = None
    card_present: bool | None = None
    country: Country | None = None
    device: Id | None = None
    channel: Word | None = None
    declined: bool | None = None
    original_amount: Money | None = None
    original_currency: Currency | None = None
    balance: Balance | None = None
    credit_limit: Money | None = None
    confirmed_fraud: bool | None = None


class Purchase(Movement, frozen=True, kw_only=True, tag="purchase"):
    """Goods or services paid by card or pay-later."""


class CashAdvance(Movement, frozen=True, kw_only=True, tag="cash_advance"):
    """Cash drawn on the credit line."""


class Transfer(Movement, frozen=True, kw_only=True, tag="transfer"):
    """Credit moved to another account or wallet."""

    counterparty: Id | None = None


class Payment(Movement, frozen=True, kw_only=True, tag="payment"):
    """The customer repays."""

    method: Word | None = None


class PaymentReversed(Movement, frozen=True, kw_only=True, tag="payment_reversed"):
    """A payment that bounced or was taken back."""

    method: Word | None = None
    reported_fact: Id | None = None
    reason: Word | None = None


class Refund(Movement, frozen=True, kw_only=True, tag="refund"):
    """A merchant gives money back."""


class Fee(Movement, frozen=True, kw_only=True, tag="fee"):
    """A fee charged by the issuer."""

    fee_type: Word | None = None


class Interest(Movement, frozen=True, kw_only=True, tag="interest"):
    """Interest charged by the issuer."""


class Waiver(Movement, frozen=True, kw_only=True, tag="waiver"):
    """The issuer gives up what is owed: fees first, then interest, then all else. Nobody paid it."""

    reason: Word | None = None


class Statement(AccountFact, frozen=True, kw_only=True, tag="statement"):
    """A statement was cut."""

    currency: Currency
    statement_balance: Balance
    minimum_due: Money
    due_at: Instant | None = None
    balance: Balance | None = None
    credit_limit: Money | None = None


class LimitChange(AccountFact, frozen=True, kw_only=True, tag="limit_change"):
    """The credit limit was changed."""

    currency: Currency
    credit_limit: Money
    reason: Word | None = None


class PositionChanged(AccountFact, frozen=True, kw_only=True, tag="position_changed"):
    """Where the account stands after a posting or after time alone."""

    currency: Currency | None = None
    balance: Balance | None = None
    credit_limit: Money | None = None
    minimum_due: Money | None = None
    past_due: Money | None = None
    days_past_due: Whole | None = None
    bucket: Whole | None = None
    state: Word | None = None


class Clock(AccountFact, frozen=True, kw_only=True, tag="clock"):
    """A moment was reached. Time is a fact too: nothing below the desk reads a clock."""


class Login(PersonFact, frozen=True, kw_only=True, tag="login"):
    """Somebody signed in, or tried to."""

    device: Id | None = None
    country: Country | None = None
    channel: Word | None = None
    succeeded: bool | None = None


class ProfileChange(PersonFact, frozen=True, kw_only=True, tag="profile_change"):
    """Contact data or credentials were changed."""

    changed: Word
    device: Id | None = None
    country: Country | None = None
    channel: Word | None = None


class InformationUpdate(PersonFact, frozen=True, kw_only=True, tag="information_update"):
    """What the lender knows of the person's means."""

    currency: Currency | None = None
    income: Money | None = None
    obligations: Money | None = None
    employment: Word | None = None
    home_country: Country | None = None
    verified: bool | None = None


class CreditReport(PersonFact, frozen=True, kw_only=True, tag="credit_report"):
    """A bureau's or a model's view of the person."""

    currency: Currency | None = None
    credit_score: Whole | None = None
    external_debt: Money | None = None
    inquiries: Whole | None = None


class Dispute(AccountFact, frozen=True, kw_only=True, tag="dispute"):
    """The customer disputes a transaction or a debt."""

    currency: Currency | None = None
    amount: Money | None = None
    merchant: Id | None = None
    reported_fact: Id | None = None
    reason: Word | None = None


class FraudReport(AccountFact, frozen=True, kw_only=True, tag="fraud_report"):
    """Fraud was reported, confirmed or withdrawn."""

    reported_fact: Id | None = None
    merchant: Id | None = None
    confirmed: bool | None = None
    reason: Word | None = None


class ContactResult(PersonFact, frozen=True, kw_only=True, tag="contact_result"):
    """What came of an attempt to reach the person."""

    channel: Word
    result: Word
    attempt: Id | None = None
    currency: Currency | None = None
    promised_amount: Money | None = None
    promised_at: Instant | None = None


class ReAge(AccountFact, frozen=True, kw_only=True, tag="re_age"):
    """What is past due was made current by agreement; the balance stays owed."""

    reason: Word | None = None


class Pause(AccountFact, frozen=True, kw_only=True, tag="pause"):
    """The account's ageing is paused, from now until an end or until it is ended."""

    mode: Word
    ends_at: Instant | None = None
    reason: Word | None = None


class PauseEnded(AccountFact, frozen=True, kw_only=True, tag="pause_ended"):
    """The pause in force was ended."""

    reason: Word | None = None


class ChargeOff(AccountFact, frozen=True, kw_only=True, tag="charge_off"):
    """The debt was written off; what is paid from now on is recovery."""

    amount: Money
    currency: Currency
    reason: Word | None = None


class Settlement(AccountFact, frozen=True, kw_only=True, tag="settlement"):
    """It was agreed that paying this amount in time settles the debt."""

    amount: Money
    currency: Currency
    due_at: Instant | None = None
    reason: Word | None = None


class Closure(AccountFact, frozen=True, kw_only=True, tag="closure"):
    """The debt was sold, or given up as uncollectible."""

    reason: Word


KINDS: dict[str, type[Fact]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Purchase,
        CashAdvance,
        Transfer,
        Payment,
        PaymentReversed,
        Refund,
        Fee,
        Interest,
        Statement,
        LimitChange,
        PositionChanged,
        Clock,
        Login,
        ProfileChange,
        InformationUpdate,
        CreditReport,
        Dispute,
        FraudReport,
        ContactResult,
        ReAge,
        Pause,
        PauseEnded,
        ChargeOff,
        Settlement,
        Closure,
        Waiver,
    )
}

AnyFact = (
    Purchase
    | CashAdvance
    | Transfer
    | Payment
    | PaymentReversed
    | Refund
    | Fee
    | Interest
    | Statement
    | LimitChange
    | PositionChanged
    | Clock
    | Login
    | ProfileChange
    | InformationUpdate
    | CreditReport
    | Dispute
    | FraudReport
    | ContactResult
    | ReAge
    | Pause
    | PauseEnded
    | ChargeOff
    | Settlement
    | Closure
    | Waiver
)


@cache
def required(kind: str) -> tuple[str, ...]:
    """The fields without which a fact of this kind cannot be read."""
    return tuple(f.name for f in msgspec.structs.fields(KINDS[kind]) if f.required)


@cache
def allowed(kind: str) -> tuple[str, ...]:
    """Every field a fact of this kind may carry."""
    return ("kind", *(f.name for f in msgspec.structs.fields(KINDS[kind])))

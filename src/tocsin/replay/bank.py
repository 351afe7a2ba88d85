"""A simulated card issuer, for the demo, for load tests and for policies that want labelled frauds.

Customers live their days (`stories`); the bank posts what they do, bills it, is paid or not, chases and
learns of frauds. It goes day by day for all accounts at once, so that memory is a day's, whatever the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, allowed
from tocsin.facts.schema import SCHEMA
from tocsin.replay.stories import (
    ABSENT,
    COUNTRIES,
    CURRENCIES,
    DAY,
    HOUR,
    LEAD_IN,
    MINIMUM_PAYER,
    NEVER,
    RECORD,
    REVOLVER,
    SECOND,
    WORD,
    Course,
    Day,
    Flags,
    Floats,
    Ints,
    Keys,
    People,
    Places,
    Rates,
    Rows,
    Town,
    begun,
    between,
    draw,
    keyed,
    mix,
    named,
    normal,
    one_of,
    poisson,
    rounded,
    skimmed,
    span,
    whole,
    words,
    written,
)
from tocsin.values import instant
from tocsin.values.money import exponent
from tocsin.values.problem import Problem, Refused, did_you_mean


@dataclass(frozen=True)
class Bank:
    """What to simulate: so many accounts for so many days, billed in one currency and living in one zone."""

    seed: int = 1
    accounts: int = 2_000
    start: date = date(2026, 1, 1)
    days: int = 180
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        problems = []
        if not 1 <= self.accounts <= 10**8:
            problems.append(Problem(f"a bank of {self.accounts} accounts", remedy="give from 1 to 100,000,000"))
        if not 1 <= self.days <= 10_000:
            problems.append(Problem(f"a run of {self.days} days", remedy="give from 1 to 10,000"))
        if self.currency not in CURRENCIES:
            remedy = did_you_mean(self.currency, CURRENCIES) or "use one of: " + ", ".join(sorted(CURRENCIES))
            problems.append(Problem(f"no simulated customers earn '{self.currency}'", remedy=remedy))
        try:
            instant.zone(self.timezone)
        except ValueError as error:
            problems.append(Problem(str(error), remedy="write it as 'Asia/Shanghai'"))
        if problems:
            raise Refused(*problems)

    def day(self, number: int) -> Day:
        today = self.start + timedelta(days=number)
        opens, closes = (
            instant.micros(datetime.combine(day, time(), instant.zone(self.timezone)))
            for day in (today, today + timedelta(days=1))
        )
        return Day(number, today, opens, closes)


@dataclass(frozen=True)
class Terms:
    """The card's terms, those usual in mainland China; amounts in units of one yuan."""

    minimum_share: int = 10
    """Per cent of the statement that is the minimum."""
    minimum_floor: int = 50
    due_after: int = 20
    """Days from statement to due date."""
    grace: int = 3
    """Days after the due date that count as on time (China Banking Association, 2013)."""
    late_fee: float = 0.05
    """Of the unpaid part of the minimum."""
    cash_fee: float = 0.01
    fee_floor: int = 10
    daily_interest: float = 0.0005
    """Where the last statement was not paid in full (PBC notice 2016/111: at most this)."""
    abandoned: int = 6
    """Statements missed in a row after which the account is charged off and billed no more."""


TERMS = Terms()


@dataclass
class Ledger:
    """Where each account stands. Money in minor units, days by number."""

    balance: Ints
    limit: Ints
    statement: Ints
    minimum: Ints
    due: Ints
    paid: Ints
    """Since the last statement."""
    plan: Ints
    """How much of the statement the customer means to pay, and on which day."""
    pay_day: Ints
    missed: Ints
    """Minimums missed in a row."""
    late: Flags
    revolving: Flags
    lent: Ints
    """Sum of the daily closing balances since the last statement: interest is charged on it."""
    facts: Ints
    """How many facts the account has so far."""

    @staticmethod
    def opened(people: People) -> Ledger:
        """As if the bank had been there before: with balances, all paid up."""
        least, most = np.array([[0.02, 0.1, 0.4, 0.2], [0.25, 0.5, 0.85, 0.6]])[:, people.temper]
        zero = np.zeros(len(people.key), np.int64)
        return Ledger(
            balance=whole(people.credit_limit * between(people.key, "used", least, most)),
            limit=people.credit_limit.copy(),
            statement=zero.copy(),
            minimum=zero.copy(),
            due=zero + NEVER,
            paid=zero.copy(),
            plan=zero.copy(),
            pay_day=zero + NEVER,
            missed=zero.copy(),
            late=zero > 0,
            revolving=people.temper >= REVOLVER,
            lent=zero.copy(),
            facts=zero.copy(),
        )


def simulate(bank: Bank, progress: Callable[[int, int], None] | None = None) -> Iterator[pa.RecordBatch]:
    """The bank's facts in the canonical schema, a batch a day, in order of `recorded_at`.

    `progress` is told the days done and the days in all. A fact that becomes known after the last day is
    not told.
    """
    town = _town(bank)
    issuer = Issuer(town, Ledger.opened(town.people))
    ahead = [
        row
        for number in range(-LEAD_IN, 0)
        for row in begun(town, bank.day(number), keyed(town.people.key, number), issuer.ledger.limit)
    ]
    waiting = _stacked(ahead)
    waiting = waiting[waiting["recorded_at"] >= bank.day(0).opens]
    for number in range(bank.days):
        day = bank.day(number)
        rows = _stacked([waiting, *issuer.events(day)])
        known = rows["recorded_at"] < day.closes
        today, waiting = rows[known], rows[~known]
        posted = issuer.post(today[np.argsort(today["recorded_at"], kind="stable")])
        issuer.bill(day, posted)
        waiting = _stacked([waiting, *issuer.aftermath(day, posted)])
        if len(posted):
            yield as_batch(posted)
        if progress is not None:
            progress(number + 1, bank.days)


def _town(bank: Bank) -> Town:
    seed = mix(np.array([bank.seed % 2**64], np.uint64))
    home = CURRENCIES.index(bank.currency)
    income = tuple(COUNTRIES.values())[home][2] * 10 ** exponent(bank.currency)
    places = Places.found(named(seed, "places"), home, bank.accounts)
    people = People.met(named(seed, "people"), bank.accounts, home, income)
    return Town(seed, income / 9_000, Rates(), places, people, Course.fresh(people))


def _stacked(parts: list[Rows]) -> Rows:
    """As np.concatenate, which would compare the records field by field first."""
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    rows = np.empty(ends[-1] if parts else 0, RECORD)
    for part, end in zip(parts, ends, strict=True):
        rows[end - len(part) : end] = part
    return rows


# Posting --------------------------------------------------------------------------------------------

SIGN = np.array([
    {"purchase": 1, "cash_advance": 1, "transfer": 1, "fee": 1, "interest": 1, "payment_reversed": 1,
     "payment": -1, "refund": -1}.get(kind, 0) for kind in KINDS
])  # fmt: skip
"""By kind: what a movement does to the balance; 0 where the fact is no movement."""
_RATE = np.array([rate * 10 ** exponent(currency) for currency, rate, _ in COUNTRIES.values()])
"""By country: minor units of its currency in a dollar."""
_HAS_CURRENCY = np.array(["currency" in allowed(kind) for kind in KINDS])


@dataclass(frozen=True)
class Issuer:
    """The bank at work on its ledger."""

    town: Town
    ledger: Ledger

    def events(self, day: Day) -> list[Rows]:
        """What happens on a day, told in rows that are not yet posted."""
        town, ledger = self.town, self.ledger
        keys = keyed(town.people.key, day.number)
        means = town.course.means(town.people, day.number)
        model = town.course.model_until < NEVER
        spared = np.clip((1 - ledger.balance / ledger.limit) / 0.15, 0.02, 1)
        poor = town.course.poor_from <= day.number
        appetite = spared * np.where(poor, means, 1) * np.where(model, 1.2, 1)
        appetite[town.course.gone(day.number)] = 0
        arrivals = [self.arrivals(day)] if day.number == 0 else []
        return [
            *arrivals,
            *self.night(day, keys),
            self.payments(day, keys, means),
            *self.contacts(day, keys, means),
            town.shopping(day, keys, appetite),
            *town.errands(day, keys, means),
            *begun(town, day, keys, ledger.limit),
        ]

    def arrivals(self, day: Day) -> Rows:
        people = self.town.people
        first = {"account": np.arange(len(people.key)), "occurred_at": day.opens}
        return self.town.papers(first, people.income, draw(people.key, "verified") < 0.8, "employed")

    def night(self, day: Day, keys: Keys) -> list[Rows]:
        """The bank's own work before dawn: interest, statements, late fees, limits, bureau reports."""
        town, ledger, people = self.town, self.ledger, self.town.people
        at = day.at(between(keys, "night", 0.01, 0.1))
        billed = ledger.missed < TERMS.abandoned

        judged = np.flatnonzero(ledger.due + TERMS.grace == day.number)
        ledger.revolving[judged] = ledger.paid[judged] < ledger.statement[judged]
        ledger.late[judged] = ledger.paid[judged] < ledger.minimum[judged]
        ledger.missed[judged] = np.where(ledger.late[judged], ledger.missed[judged] + 1, 0)
        tardy = judged[ledger.late[judged]]
        short = ledger.minimum[tardy] - ledger.paid[tardy]
        charge = whole(np.maximum(short * TERMS.late_fee, TERMS.fee_floor * town.unit))
        fees = written("fee", account=tardy, occurred_at=at[tardy], amount=charge, fee_type="late")

        cut = np.flatnonzero((people.cut_day == day.date.day) & billed)
        cost = whole(ledger.lent[cut] * TERMS.daily_interest)
        owing = ledger.revolving[cut] & (cost > 0)
        interest = written("interest", account=cut[owing], occurred_at=at[cut[owing]], amount=cost[owing])
        ledger.lent[cut] = 0
        statements = written("statement", account=cut, occurred_at=at[cut] + HOUR)

        luck, missed = draw(keys[cut], "limit"), ledger.missed[cut]
        raised = (missed == 0) & (luck < 0.03) & (day.number > 60) & ~ledger.revolving[cut]
        lowered = (missed == 2) & (luck < 0.7)
        changed = cut[raised | lowered]
        share = np.where(raised, between(keys[cut], "rise", 1.1, 1.4), 0.6)[raised | lowered]
        limits = written(
            "limit_change", account=changed, occurred_at=at[changed] + 2 * HOUR,
            reason=np.where(raised, WORD["good_conduct"], WORD["risk"])[raised | lowered],
            credit_limit=np.maximum(rounded(ledger.limit[changed] * share), int(500 * town.unit)),
        )  # fmt: skip

        asked = np.flatnonzero((day.number + one_of(people.key, "bureau day", 30)) % 30 == 0)
        return [fees, interest, statements, limits, self.reports(asked, at[asked], keys[asked], day)]

    def reports(self, asked: Ints, at: Ints, keys: Keys, day: Day) -> Rows:
        """A bureau's view: worse with use of the line, missed payments, shrinking means and hunger for credit."""
        ledger, people, course = self.ledger, self.town.people, self.town.course
        used = np.clip(ledger.balance[asked] / ledger.limit[asked], 0, 1)
        means = course.means(people, day.number)[asked]
        score = 780 + 45 * normal(people.key[asked], "score") - 150 * used - 70 * np.minimum(ledger.missed[asked], 4)
        score -= 80 * (1 - means)
        grooming = course.model_until[asked] < NEVER
        hungry = 0.6 + 2 * (people.temper[asked] >= MINIMUM_PAYER) + 3 * (means < 0.7) + 4 * grooming
        debt = people.income[asked] * between(people.key[asked], "debt", 0, 12) * (2 - means)
        return written(
            "credit_report", account=asked, occurred_at=at, external_debt=rounded(debt),
            inquiries=poisson(keys, "inquiries", hungry),
            credit_score=whole(np.clip(score + 8 * normal(keys, "score"), 350, 950)),
        )  # fmt: skip

    def payments(self, day: Day, keys: Keys, means: Floats) -> Rows:
        """Payments that were planned for today: what of the plan is still open and still owed."""
        ledger, people = self.ledger, self.town.people
        open_part = np.minimum(ledger.plan - ledger.paid, ledger.balance)
        who = np.flatnonzero((ledger.pay_day == day.number) & (open_part > 0) & ~self.town.course.gone(day.number))
        strained = ((people.temper[who] >= MINIMUM_PAYER) | (means[who] < 0.7)) & (draw(keys[who], "strained") < 0.2)
        by_hand = np.where(draw(keys[who], "method") < 0.92, WORD["bank_transfer"], WORD["cash"])
        method = np.where(people.autopay[who], WORD["direct_debit"], np.where(strained, WORD["cash_advance"], by_hand))
        at = day.at(np.where(people.autopay[who], 0.2, between(keys[who], "pay hour", 0.36, 0.95)))
        return written("payment", account=who, occurred_at=at, amount=open_part[who], method=method)

    def contacts(self, day: Day, keys: Keys, means: Floats) -> list[Rows]:
        """The bank tries to reach who is late; a promise is a new plan, kept or not."""
        ledger, course = self.ledger, self.town.course
        who = np.flatnonzero(ledger.late & (ledger.missed < TERMS.abandoned) & (draw(keys, "contact") < 0.2))
        keys, short = keys[who], np.maximum(ledger.minimum[who] - ledger.paid[who], 0)
        willing = words("no_answer", "no_answer", "right_party", "promise", "promise", "refused")
        hiding = words("no_answer", "no_answer", "no_answer", "wrong_number", "evaded", "evaded")
        luck = one_of(keys, "result", 6)
        result = np.where(course.gone(day.number)[who], hiding[luck], willing[luck])
        promise = result == WORD["promise"]
        days = 2 + one_of(keys, "days", 6)
        kept = promise & (draw(keys, "kept") < 0.3 + 0.5 * means[who])
        ledger.plan[who[kept]] = (ledger.paid[who] + short)[kept]
        ledger.pay_day[who[kept]] = (day.number + days)[kept]
        return [written(
            "contact_result", account=who, occurred_at=day.at(between(keys, "office hours", 0.38, 0.8)), result=result,
            channel=np.where(draw(keys, "by") < 0.7, WORD["phone"], WORD["sms"]),
            promised_amount=np.where(promise, short, ABSENT["money"]),
            promised_at=np.where(promise, day.closes + days * DAY, ABSENT["instant"]),
        )]  # fmt: skip

    def post(self, rows: Rows) -> Rows:
        """The day's facts in the order in which they became known, with balances, refusals and ids.

        A purchase beyond the limit is declined; cash and transfers end where the line does. One account's
        facts follow each other; so all first facts are posted together, then all second ones, and so on.
        """
        ledger = self.ledger
        order = np.argsort(rows["account"], kind="stable")
        account, kind, amount = (whole(rows[name][order]) for name in ("account", "kind", "amount"))
        new_limit = rows["credit_limit"][order]
        first = np.flatnonzero(np.diff(account, prepend=-1))
        count = np.diff(np.append(first, len(account)))
        sign, buys = SIGN[kind], kind == WORD["purchase"]
        draws = (kind == WORD["cash_advance"]) | (kind == WORD["transfer"])
        relimits = kind == WORD["limit_change"]
        balance, limit, number = np.empty_like(amount), np.empty_like(amount), np.empty_like(amount)
        declined, dropped = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        for turn in range(count.max(initial=0)):
            at = first[count > turn] + turn
            who = account[at]
            room = ledger.limit[who] - ledger.balance[who]
            amount[at] = np.where(draws[at], np.minimum(amount[at], np.maximum(room, 0)), amount[at])
            # nobody bothers for less than half a per cent of the line
            dropped[at] = draws[at] & (amount[at] * 200 < ledger.limit[who])
            declined[at] = buys[at] & (amount[at] > room)
            ledger.balance[who] += np.where(dropped[at] | declined[at], 0, sign[at] * amount[at])
            ledger.limit[who] = np.where(relimits[at], new_limit[at], ledger.limit[who])
            balance[at], limit[at], number[at] = ledger.balance[who], ledger.limit[who], ledger.facts[who]
            ledger.facts[who] += ~dropped[at]

        moves, stands = sign != 0, (sign != 0) | (kind == WORD["statement"])
        columns = {
            "fact_id": number,
            "amount": np.where(moves | (kind == WORD["dispute"]), amount, ABSENT["money"]),
            "balance": np.where(stands, balance, ABSENT["money"]),
            "credit_limit": np.where(stands | relimits, limit, ABSENT["money"]),
            "declined": np.where(buys | draws, declined, ABSENT["flag"]),
            "confirmed_fraud": np.where(moves, np.maximum(rows["confirmed_fraud"][order], 0), ABSENT["flag"]),
            "customer": account,
            "currency": np.where(_HAS_CURRENCY[kind], WORD[CURRENCIES[self.town.places.home]], ABSENT["text"]),
        }
        for name, column in columns.items():
            rows[name][order] = column
        kept = np.ones(len(rows), bool)
        kept[order] = ~dropped
        return _converted(rows[kept], self.town.places.home)

    def bill(self, day: Day, rows: Rows) -> None:
        """After posting: today's statements ask for a minimum and are planned for; payments count."""
        ledger, people, course = self.ledger, self.town.people, self.town.course
        cut = np.flatnonzero(rows["kind"] == WORD["statement"])
        who, owed = rows["account"][cut], np.maximum(rows["balance"][cut], 0)
        unpaid = np.where(ledger.missed[who] > 0, np.maximum(ledger.minimum[who] - ledger.paid[who], 0), 0)
        least = np.maximum(owed * TERMS.minimum_share // 100, int(TERMS.minimum_floor * self.town.unit))
        minimum = np.minimum(owed, least + unpaid)
        rows["statement_balance"][cut], rows["minimum_due"][cut] = rows["balance"][cut], minimum
        rows["due_at"][cut] = day.closes + TERMS.due_after * DAY - SECOND
        ledger.statement[who], ledger.minimum[who], ledger.paid[who] = owed, minimum, 0
        ledger.due[who] = day.number + TERMS.due_after

        # a habit is a row: chance of paying in full, at least in part, at least the minimum
        habits = np.array([[0.955, 0.985, 0.99], [0.12, 0.86, 0.97], [0.02, 0.14, 0.95], [0.05, 0.45, 0.92]])
        keys = keyed(people.key[who], day.number)
        luck = draw(keys, "plan") + 1 - course.means(people, day.number)[who]
        choice = np.where(course.model_until[who] < NEVER, 0, (luck[:, None] >= habits[people.temper[who]]).sum(axis=1))
        part = np.maximum(minimum, rounded(owed * between(keys, "part", 0.15, 0.6)))
        ledger.plan[who] = np.choose(choice, [owed, part, minimum, owed * 0])
        soon = np.where(people.autopay[who], TERMS.due_after, 4 + one_of(keys, "pay day", 16))
        forgets = ~people.autopay[who] & (draw(keys, "forgets") < 0.04)
        ledger.pay_day[who] = day.number + np.where(forgets, TERMS.due_after + 1 + one_of(keys, "days late", 7), soon)

        repaid = (rows["kind"] == WORD["payment"]) * 1 - (rows["kind"] == WORD["payment_reversed"])
        np.add.at(ledger.paid, rows["account"], np.where(repaid != 0, repaid * rows["amount"], 0))
        ledger.late &= ledger.paid < ledger.minimum
        ledger.lent += np.maximum(ledger.balance, 0)

    # What follows -----------------------------------------------------------------------------------

    def aftermath(self, day: Day, rows: Rows) -> list[Rows]:
        """What today's posted facts lead to on later days. No follower is known before tomorrow."""
        town, course, rates = self.town, self.town.course, self.town.rates
        keys = keyed(named(town.people.key, "aftermath")[rows["account"]], whole(rows["fact_id"]))
        kind, fraud = rows["kind"], rows["confirmed_fraud"] == 1
        bought = (kind == WORD["purchase"]) & (rows["declined"] == 0)
        taken = fraud & (rows["declined"] == 0)
        inside = course.model_until[rows["account"]] < NEVER

        source = {"reported_fact": "fact_id"}

        def later(which: Flags, new: str, low: float, high: float, **fields: object) -> Rows:
            """A follower, some days after; a named field is copied from its cause where it is `...`."""
            cause, key = rows[which], keys[which]
            at = day.closes + span(between(key, new, low, high) * DAY)
            values = {name: cause[source.get(name, name)] if value is ... else value for name, value in fields.items()}
            return written(new, account=cause["account"], occurred_at=at, **values)

        cash = kind == WORD["cash_advance"]
        charge = whole(np.maximum(rows["amount"][cash] * TERMS.cash_fee, TERMS.fee_floor * town.unit))
        back = bought & ~fraud & (draw(keys, "refund") < rates.refunded)
        share = np.where(draw(keys, "whole") < 0.7, 1, between(keys, "share", 0.1, 0.9))[back]
        given = whole(np.maximum(rows["amount"][back] * share, 1))
        debit = (kind == WORD["payment"]) & (rows["method"] == WORD["direct_debit"])
        short = course.means(town.people, day.number)[rows["account"]] < 0.9
        bounced = debit & short & (draw(keys, "bounce") < rates.bounced)
        paid_badly = fraud & (kind == WORD["payment"])
        victim = taken & ~inside & (draw(keys, "reported") < rates.reported)
        disputed = victim & bought & (draw(keys, "disputed") < 0.6)
        mistaken = bought & ~fraud & (draw(keys, "mistaken") < rates.mistaken)
        money: dict[str, object] = {"amount": ..., "merchant": ..., "reported_fact": ...}
        undone: dict[str, object] = {"amount": ..., "method": ..., "reported_fact": ...}
        report: dict[str, object] = {"merchant": ..., "reported_fact": ...}
        good = bought & ~fraud
        return [
            later(cash, "fee", 0.01, 0.1, amount=charge, fee_type="cash_advance"),
            later(back, "refund", 1, 15, amount=given, merchant=..., mcc=..., country=...),
            later(bounced, "payment_reversed", 1, 3, reason="insufficient_funds", **undone),
            later(paid_badly, "payment_reversed", 2, 4, reason="taken_back", **undone),
            later(disputed, "dispute", 1, 6, reason="not_recognised", **money),
            later(victim, "fraud_report", 6, 14, confirmed=1, reason="unauthorised", **report),
            later(taken & inside, "fraud_report", 40, 70, confirmed=1, reason="bust_out", **report),
            later(mistaken, "dispute", 1, 20, reason="not_recognised", **money),
            later(mistaken, "fraud_report", 21, 35, confirmed=0, reason="mistaken", **report),
            skimmed(town, day, rows[good], keys[good]),
        ]


def _converted(rows: Rows, home: int) -> Rows:
    """What was bought or drawn abroad also has its amount in the currency there."""
    country = rows["country"] - WORD["CN"]
    abroad = np.isin(rows["kind"], words("purchase", "cash_advance", "refund")) & (country != home)
    country = country[abroad]
    rows["original_currency"][abroad] = words(*CURRENCIES)[country]
    rows["original_amount"][abroad] = np.maximum(rows["amount"][abroad] * (_RATE[country] / _RATE[home]), 1)
    return rows


# Writing --------------------------------------------------------------------------------------------

_QUADS = np.array([list(f"{n:04d}".encode()) for n in range(10_000)], np.uint8)
_HEX = np.array([list(f"{n:02x}".encode()) for n in range(256)], np.uint8)
_WORDS = pa.array(list(WORD), pa.string())


def as_batch(rows: Rows) -> pa.RecordBatch:
    """Rows in the canonical schema."""
    return pa.record_batch([_column(rows, field) for field in SCHEMA], schema=SCHEMA)


def _column(rows: Rows, field: pa.Field) -> pa.Array:
    name, type_ = field.name, FIELDS[field.name].type
    column = np.ascontiguousarray(rows[name])
    absent = column == ABSENT[type_]
    if absent.all():
        return pa.nulls(len(rows), field.type)
    if name in _SPELT:
        return _spelt(_SPELT[name](rows[~absent], column[~absent]), absent)
    mask = absent if absent.any() else None
    if type_ == "text":
        return _WORDS.take(pa.array(column, mask=mask))
    if type_ == "flag":
        return pa.array(column == 1, mask=mask)
    return pa.array(column, mask=mask).cast(field.type)


def _spelt(letters: NDArray[np.uint8], absent: Flags) -> pa.Array:
    """Texts of equal length, one for each row that is not absent."""
    ends = np.cumsum(np.where(absent, 0, letters.shape[1]), dtype=np.int32)
    offsets = np.concatenate([np.zeros(1, np.int32), ends])
    valid = pa.py_buffer(np.packbits(~absent, bitorder="little")) if absent.any() else None
    parts = [valid, pa.py_buffer(offsets), pa.py_buffer(letters.tobytes())]
    return pa.Array.from_buffers(pa.string(), len(absent), parts)


def _digits(initial: str, numbers: Ints) -> NDArray[np.uint8]:
    """'a' and 42 to 'a00000042'."""
    first = np.full((len(numbers), 1), ord(initial), np.uint8)
    return np.hstack([first, _QUADS[numbers // 10_000], _QUADS[numbers % 10_000]])


def _fact(rows: Rows, numbers: Ints) -> NDArray[np.uint8]:
    """The account's digits and the fact's number within it."""
    return np.hstack([_digits("f", rows["account"]), _digits("-", numbers)])


def _opaque(_: Rows, numbers: Ints) -> NDArray[np.uint8]:
    """Sixteen hexadecimal digits that tell nothing of the number: whose a device is must be found out."""
    scrambled = mix(keyed(numbers.astype(np.uint64), 0)).astype("<u8")
    return _HEX[scrambled.view(np.uint8)].reshape(len(numbers), 16)


_SPELT: dict[str, Callable[[Rows, Ints], NDArray[np.uint8]]] = {
    "fact_id": _fact,
    "reported_fact": _fact,
    "account": lambda _, numbers: _digits("a", numbers),
    "customer": lambda _, numbers: _digits("c", numbers),
    "merchant": lambda _, numbers: _digits("m", numbers),
    "device": _opaque,
    "counterparty": _opaque,
}

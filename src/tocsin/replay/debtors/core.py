"""The bank's core system: statements, interest, fees, direct debits, and what is bought on credit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tocsin.facts import dealings, kinds
from tocsin.facts.kinds import Fact
from tocsin.replay.debtors.accounts import Account
from tocsin.replay.debtors.town import Town
from tocsin.replay.debtors.truths import BOUNCES, COURT_DAYS, TIME_BARRED
from tocsin.values import instant


class Core:
    def __init__(self, town: Town) -> None:
        self.town, self.place, self.clock, self.dice = town, town.place, town.clock, town.dice
        self._debits: dict[str, kinds.Payment] = {}
        """The direct debit of an account that will bounce."""

    def opened(self, day: int) -> Iterator[Fact]:
        """What there is on the first day: people, limits, and the statement that was cut last."""
        town, today = self.town, self.clock.date(day)
        for person in town.people.values():
            yield from town.lives.introduced(person, day)
        for account in town.accounts.values():
            at = self.clock.at(day, 0.7)
            yield town.fact(kinds.LimitChange, account, at, currency=town.currency, credit_limit=account.limit)
            if self.dice.chance(TIME_BARRED, account.id, "time-barred"):
                bars_at = self.clock.at(day + self.dice.whole(-100, 300, account.id, "bars on"), 0)
                yield town.fact(dealings.Limitation, account, at, bars_at=instant.instant(bars_at))
            last = today.replace(day=account.cut_day)
            if last > today:
                last = (today.replace(day=1) - timedelta(days=1)).replace(day=account.cut_day)
            due = self.clock.day(last) + self.place.days_to_pay
            yield from self._stated(account, day, due if due > day else None)

    def morning(self, day: int) -> Iterator[Fact]:
        for what, id, amount in self.town.mornings.pop(day, ()):
            if what == "judged":
                yield from self._judged(id, day)
            elif what == "waives":
                yield from self._waived(self.town.accounts[id], amount, day)
            elif id in self.town.people:
                yield from self.town.lives.today(self.town.people[id], what, day)
            else:
                yield from self._arrives(self.town.accounts[id], what, day)
        if day:
            for account in self.town.cuts[self.clock.date(day).day]:
                yield from self._cut(account, day)

    def _arrives(self, account: Account, what: str, day: int) -> Iterator[Fact]:
        match what:
            case "buys":
                yield from self._buys(account, day)
            case "debit":
                yield from self._debited(account, day)
            case "bounces":
                yield from self._bounced(account, day)
            case "past" if account.late(day) and account.id not in self._debits:
                yield from self._fell_late(account, day)
            case "fee":
                yield from self._charged(account, day)
            case "resolved":
                yield self.town.fact(kinds.Dispute, account, self.clock.at(day, 7.3), reason="resolved")

    def _cut(self, account: Account, day: int) -> Iterator[Fact]:
        if account.closed or account.late(day) > 180:
            account.closed = True
            return
        if account.asked > 0 and not account.on_plan:
            interest = int(account.balance * self.place.monthly)
            account.balance += interest
            yield self.town.money(kinds.Interest, account, self.clock.at(day, 1.0), interest)
        yield from self._stated(account, day, day + self.place.days_to_pay)
        self._ahead(day + self.dice.whole(3, 9, account.id, day, "buys on"), "buys", account)

    def _stated(self, account: Account, day: int, due: int | None) -> Iterator[Fact]:
        """A statement, and what will be done about it. No `due`: it asks for nothing new."""
        carried = sum(amount for _, amount in account.unpaid)
        owed = max(account.balance, 0)
        fresh = 0 if due is None or account.on_plan else max(int(owed * self.place.least), self.place.floor)
        minimum = min(carried + fresh, owed)
        account.stated(minimum, day if due is None else due)
        yield self.town.fact(
            kinds.Statement,
            account,
            self.clock.at(day, 1.2),
            currency=self.town.currency,
            statement_balance=account.balance,
            minimum_due=minimum,
            due_at=instant.instant(self.clock.at(day if due is None else due, 22.0)),
            balance=account.balance,
            credit_limit=account.limit,
        )
        if due is None or minimum <= carried:
            return
        self._ahead(due + 1, "past", account)
        self._ahead(due + 4, "fee", account)
        if self.town.owner[account.id].kind == "full" and self.dice.chance(0.5, account.id, "debit"):
            self._ahead(due, "debit", account)
        else:
            decides = max(due - self.dice.whole(0, 6, account.id, day, "decides"), day)
            self.town.later(decides, "due", account.id, due)

    def _buys(self, account: Account, day: int) -> Iterator[Fact]:
        """A month's purchases, added up. Not by who is late, locked or gone."""
        person = self.town.owner[account.id]
        if account.locked or account.closed or account.late(day) or person.is_now(day) in ("gone", "shocked"):
            return
        spent = int(person.income * self.dice.between(0.08, 0.4, account.id, day, "spends"))
        spent = min(spent, account.limit - account.balance)
        if spent > 0:
            account.balance += spent
            shop: dict[str, Any] = {
                "merchant": "m-all",
                "mcc": "5411",
                "card_present": True,
                "country": self.place.country,
            }
            yield self.town.money(kinds.Purchase, account, self.clock.at(day, 4.0), spent, **shop)

    def _debited(self, account: Account, day: int) -> Iterator[Fact]:
        """A direct debit of the whole statement; one of a hundred bounces two days later."""
        amount = min(account.asked, account.balance)
        if amount <= 0 or self.town.owner[account.id].is_now(day) == "gone":
            return
        paid = self.town.money(kinds.Payment, account, self.clock.at(day, 5.5), amount, method="direct_debit")
        if self.dice.chance(BOUNCES, account.id, day, "bounces"):
            self._debits[account.id] = paid
            self._ahead(day + 2, "bounces", account)
            account.balance -= amount
        else:
            account.paid(amount)
        yield paid

    def _bounced(self, account: Account, day: int) -> Iterator[Fact]:
        paid = self._debits.pop(account.id)
        account.balance += paid.amount
        why: dict[str, Any] = {"method": "direct_debit", "reported_fact": paid.fact_id, "reason": "insufficient_funds"}
        yield self.town.money(kinds.PaymentReversed, account, self.clock.at(day, 5.0), paid.amount, **why)
        self._ahead(day + 1, "past", account)

    def _fell_late(self, account: Account, day: int) -> Iterator[Fact]:
        """The bank looks up whose number it is; a disputer disputes."""
        town, person = self.town, self.town.owner[account.id]
        town.late.add(person.id)
        if self.dice.chance(0.75, account.id, day, "is looked up"):
            yield town.lives.reached(person, person.points[0], self.clock.at(day, 3.5), 0)
        if person.is_now(day) == "disputer":
            at = self.clock.at(day, 7.2)
            yield town.fact(kinds.Dispute, account, at, currency=town.currency, amount=account.due)
            self._ahead(max(person.until, day + 5), "resolved", account)

    def _charged(self, account: Account, day: int) -> Iterator[Fact]:
        if account.closed or account.on_plan or account.past_due(day) <= 0:
            return
        fee = self.place.fee or account.past_due(day) // 20
        account.balance += fee
        account.fees += fee
        yield self.town.money(kinds.Fee, account, self.clock.at(day, 2.0), fee, fee_type="late")

    def ordered(self, day: int, customer: str, order: str, account: str | None, amount: int, matter: str) -> None:
        """What it was asked to do, or told of. Fees are waived the next morning; a court takes its time."""
        owned = self.town.owned.get(customer, ())
        if order == "fee_waiver":
            for one in owned:
                part = min(amount, one.fees)
                amount -= part
                self.town.mornings[day + 1].append(("waives", one.id, part))
        elif order == "filed":
            self.town.matters[customer] = matter
            self.town.mornings[day + self.dice.whole(*COURT_DAYS, customer, day, "court")].append(
                ("judged", customer, 0)
            )
        for one in owned:
            if order in ("card_lock", "limit_freeze", "limit_cut"):
                one.locked = True
            elif order == "charge_off" and account in (None, one.id):
                one.closed = True
            elif order == "waiver" and account == one.id:
                one.waived(amount)

    def _waived(self, account: Account, amount: int, day: int) -> Iterator[Fact]:
        amount = min(amount, max(account.balance, 0))
        if amount:
            account.waived(amount)
            yield self.town.money(kinds.Waiver, account, self.clock.at(day, 2.5), amount, reason="ordered")

    def _judged(self, customer: str, day: int) -> Iterator[Fact]:
        """The court finds for the bank, where there is still something to be found."""
        person = self.town.people[customer]
        if person.is_now(day) != "gone" and self.town.past_due(person, day):
            at = self.clock.at(day, 7.4)
            yield self.town.pen.write(
                dealings.LegalStep, customer, at, matter=self.town.matters[customer], step="judgment"
            )

    def _ahead(self, day: int, what: str, account: Account) -> None:
        self.town.mornings[day].append((what, account.id, 0))

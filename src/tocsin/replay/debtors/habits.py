"""What people do of themselves: remember to pay or forget, keep promises, perform plans."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.facts import kinds
from tocsin.facts.kinds import Fact
from tocsin.replay.debtors.accounts import Account
from tocsin.replay.debtors.people import Person
from tocsin.replay.debtors.replies import Mind, Replies
from tocsin.replay.debtors.town import Town
from tocsin.replay.debtors.truths import LATE_TOLD


class Habits:
    def __init__(self, town: Town, replies: Replies) -> None:
        self.town, self.replies, self.clock, self.dice = town, replies, town.clock, town.dice

    def evening(self, day: int) -> Iterator[Fact]:
        for what, id, number in self.town.evenings.pop(day, ()):
            yield from self._does(day, what, id, number)
        for id in sorted(self.town.late):
            yield from self._owes(self.town.people[id], day)

    def _does(self, day: int, what: str, id: str, number: int) -> Iterator[Fact]:
        match what:
            case "due":
                yield from self._due(self.town.accounts[id], day, number)
            case "pays":
                yield from self._pays_up(self.town.people[id], day, 1.0)
            case "promise":
                yield from self._promised(self.town.people[id], day, number)
            case "instalment" | "late instalment":
                yield from self._instalment(self.town.people[id], day, number, what == "instalment")

    def _due(self, account: Account, day: int, due: int) -> Iterator[Fact]:
        """Before a due date, some remember to pay."""
        person = self.town.owner[account.id]
        response, mind = person.response(day), self.replies.mind(person)
        chance = response.nudged if mind.nudged_until >= day else response.on_time
        if account.due <= 0 or account.on_plan or not self.dice.chance(chance, account.id, due, "on time"):
            return
        more = 1 + 0.3 * self.dice.draw(account.id, due, "more")
        yield from self._pays(account, day, account.asked if response.full else int(account.due * more))

    def _owes(self, person: Person, day: int) -> Iterator[Fact]:
        """A day on which something is past due."""
        owned, mind = self.town.owned[person.id], self.replies.mind(person)
        if not any(one.late(day) for one in owned):
            self.town.late.discard(person.id)
            mind.contacts = 0
            mind.pressed.clear()
            return
        response = person.response(day)
        if any(one.on_plan for one in owned):
            return
        if response.on_payday and (self.clock.date(day).day - person.payday) % 30 >= 3:
            return
        chance = max(
            response.self_cure,
            response.reminded if mind.prompted_until >= day else 0,
            response.locked if any(one.locked for one in owned) else 0,
        )
        if self.dice.chance(chance, person.id, day, "pays"):
            yield from self._pays_up(person, day, 1.0)

    def _promised(self, person: Person, day: int, number: int) -> Iterator[Fact]:
        words = (person.id, number, day)
        if self.dice.chance(person.response(day).keeps, *words, "keeps"):
            yield from self._pays_up(person, day, 1.0)
        elif self.dice.chance(0.5, *words, "a part"):
            yield from self._pays_up(person, day, 0.4)

    def _pays_up(self, person: Person, day: int, share: float) -> Iterator[Fact]:
        """All that is past due, or a share of it."""
        for account in self.town.owned[person.id]:
            if account.late(day):
                yield from self._pays(account, day, int(account.past_due(day) * share))

    def _instalment(self, person: Person, day: int, number: int, first: bool) -> Iterator[Fact]:
        mind = self.replies.mind(person)
        offer = mind.plan
        if offer is None or number >= len(offer.instalments) or person.is_now(day) == "gone":
            return
        words = (person.id, offer.plan, number)
        if first and not self.dice.chance(person.response(day).performs, *words, "performs"):
            if self.dice.chance(0.5, *words, "later"):
                self.town.later(day + self.dice.whole(1, 5, *words, "days"), "late instalment", person.id, number)
            else:
                self._missed(person, mind)
            return
        left = offer.instalments[number][1]
        accounts = [self.town.accounts[id] for id in offer.accounts if id in self.town.accounts]
        interest = left - sum(max(account.balance, 0) for account in accounts)
        if accounts and interest > 0:  # the plan's own, which no statement asked for
            accounts[0].balance += interest
            yield self.town.money(kinds.Interest, accounts[0], self.clock.at(day, 10.9), interest)
        for account in accounts:
            part = min(left, max(account.balance, 0))
            left -= part
            yield from self._pays(account, day, part)
        if number == len(offer.instalments) - 1:
            mind.plan = None
            for account in accounts:
                account.on_plan = False
                if offer.settles:
                    account.settled()

    def _missed(self, person: Person, mind: Mind) -> None:
        """The second instalment that is never paid ends the plan."""
        mind.missed += 1
        if mind.missed >= 2:
            mind.plan = None
            for account in self.town.owned[person.id]:
                account.on_plan = False

    def _pays(self, account: Account, day: int, amount: int) -> Iterator[Fact]:
        amount = min(amount, max(account.balance, 0))
        if amount <= 0:
            return
        account.paid(amount)
        words = (account.id, day, account.balance)
        at = self.clock.at(day, self.dice.between(11.0, 22.5, *words, "at"))
        known = None
        if self.clock.date(day + 1).day != account.cut_day and self.dice.chance(LATE_TOLD, *words, "late"):
            known = self.clock.at(day + 1, 3.0)
        how = self.dice.one_of((("bank_transfer", 0.5), ("app", 0.45), ("cash", 0.05)), *words, "how")
        yield self.town.money(kinds.Payment, account, at, amount, known, method=how)

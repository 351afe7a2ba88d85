"""Treatments of a section: each with exactly one way to do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tocsin.credit.collection import document
from tocsin.credit.collection.strategy import (
    Bureau,
    ByHand,
    Contact,
    Legal,
    Nothing,
    Offered,
    OnAccount,
    Order,
    Place,
    Treatment,
    Way,
)
from tocsin.values.document import Path
from tocsin.values.problem import did_you_mean

if TYPE_CHECKING:
    from tocsin.credit.collection.section import Section


class Treatments:
    def __init__(self, section: Section, capacity: Mapping[str, int]) -> None:
        self.section = section
        self.capacity = capacity

    def read(self, given: Mapping[str, document.TreatmentDocument]) -> dict[str, Treatment]:
        if not given and "treatments" in self.section.source.data:
            self.section.wrong(("treatments",), "there is no treatment", "add one, as 'no_action: {nothing: true}'")
        found = {}
        for name, spec in given.items():
            path: Path = ("treatments", name)
            title = spec.title
            texts = {"en": title.en, "zh": title.zh} if title else {"en": name.replace("_", " "), "zh": name}
            way = self.way(path, spec, name)
            if way is not None:
                found[name] = Treatment(name, texts, way, self.section.amount((*path, "cost"), spec.cost))
        return found

    def way(self, path: Path, spec: document.TreatmentDocument, name: str) -> Way | None:
        wrong = self.section.wrong
        ways = [one for one in document.WAYS if getattr(spec, one) is not None]
        if len(ways) != 1:
            what = f"'{name}' does nothing" if not ways else f"'{name}' does {' and '.join(ways)} at once"
            wrong(path, what, "give it exactly one of " + ", ".join(document.WAYS))
            return None
        if spec.amount is not None and spec.order is None:
            wrong((*path, "amount"), "only an order has an amount", "leave 'amount' out")
        if spec.contact is not None:
            return contact(spec.contact)
        if spec.task is not None:
            return self.task((*path, "task"), spec.task)
        if spec.order is not None:
            amount = None if spec.amount is None else self.section.sum((*path, "amount"), spec.amount)
            return Order(spec.order, amount)
        if spec.account is not None:
            return self.account((*path, "account"), spec.account)
        if spec.offer is not None:
            return Offered(tuple(spec.offer.kinds), tuple(spec.offer.by), spec.offer.template)
        if spec.place is not None:
            rate = self.section.points((*path, "place", "rate"), spec.place.rate)
            if rate > 10_000:
                wrong((*path, "place", "rate"), "a commission is at most 100 per cent", "lower the rate")
            if not spec.place.recall and spec.place.days == 0:
                wrong((*path, "place"), "it is not said for how many days debts are placed", "add 'days: 180'")
            return Place(spec.place.agency, rate, spec.place.days, spec.place.recall)
        if spec.legal is not None:
            cost = self.section.amount((*path, "legal", "cost"), spec.legal.cost)
            letter = spec.legal.contact
            return Legal(spec.legal.step, cost, spec.legal.days, None if letter is None else contact(letter))
        if spec.bureau is not None:
            letter = spec.bureau.contact
            if spec.bureau.step == "notice" and letter is None:
                wrong((*path, "bureau"), "a notice needs its letter", "add 'contact:'")
            return Bureau(spec.bureau.step, None if letter is None else contact(letter))
        if spec.nothing is not True:
            wrong((*path, "nothing"), "'nothing' can only be true", "write 'nothing: true'")
        return Nothing()

    def task(self, path: Path, spec: document.TaskDocument) -> ByHand:
        if spec.queue not in self.capacity:
            remedy = did_you_mean(spec.queue, self.capacity) or f"add '{spec.queue}: 8 hours' to 'capacity'"
            self.section.wrong((*path, "queue"), f"the queue '{spec.queue}' has no capacity", remedy)
        value = self.section.sum((*path, "value"), spec.value)
        return ByHand(spec.queue, spec.channel, spec.purpose, spec.template, spec.minutes, value, spec.days)

    def account(self, path: Path, spec: document.AccountDocument) -> OnAccount:
        wrong = self.section.wrong
        if (spec.fact == "pause") != (spec.mode is not None):
            what = "a pause needs its mode" if spec.fact == "pause" else "only a pause has a mode"
            wrong(path, what, "write 'fact: pause' with 'mode: freeze' or 'mode: shift'")
        if (spec.fact == "pause") != (spec.days is not None):
            what = "it is not said how many days the pause lasts" if spec.fact == "pause" else "only a pause has days"
            wrong(path, what, "write 'fact: pause' with 'days: 90'")
        if (spec.fact == "closure") != (spec.reason is not None):
            what = "a closure needs its reason" if spec.fact == "closure" else "only a closure has a reason"
            wrong(path, what, "write 'fact: closure' with 'reason: sold' or 'reason: uncollectible'")
        return OnAccount(spec.fact, spec.mode or "", spec.days or 0, spec.reason or "")


def contact(spec: document.ContactDocument) -> Contact:
    return Contact(tuple(dict.fromkeys(spec.by)), spec.purpose, spec.template, spec.by_preference)

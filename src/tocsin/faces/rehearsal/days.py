"""The days of a rehearsal: the bank books, Tocsin decides, messages go out, people answer, collectors call, the day closes.

At a quarter to eight, at ten, at seven in the evening and half past eleven the clock is put there; what has come to be
known is told, everything that is due is run, and what went out is answered. Collectors call after ten; at the end the
day is closed.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

import yaml

from tocsin.faces.rehearsal.asking import Box, Said, Service
from tocsin.faces.rehearsal.clocked import Hands
from tocsin.faces.rehearsal.core import Told
from tocsin.faces.rehearsal.patience import until
from tocsin.facts.kinds import ContactResult, Fact
from tocsin.replay.debtors import Call, Debtors, Message, Offer, Outcome
from tocsin.values import instant
from tocsin.values.calendar import number, public
from tocsin.values.problem import Problem

MORNING, FORENOON, EVENING, NIGHT = 7.75, 10.0, 19.0, 23.5
_PATIENCE = 120.0
_UNTAKEN = Problem("receipts are not taken", "", "look into the logs of the rehearsal")
_UNSENT = Problem("messages do not leave", "", "look into the logs of the rehearsal")
_AMOUNT = r"[^\d\s]*\s?([\d,]+\.\d\d)"
_ONE = re.compile(rf"one payment of {_AMOUNT} on (\d+ \w+ \d+)|(\d+年\d+月\d+日)(?:一次)?还{_AMOUNT}")
_MANY = re.compile(
    rf"(\d+) payments, the first of {_AMOUNT} on (\d+ \w+ \d+), the last of {_AMOUNT} on (\d+ \w+ \d+)"
    rf"|共(\d+)期，首期(\d+年\d+月\d+日)还{_AMOUNT}，末期(\d+年\d+月\d+日)还{_AMOUNT}"
)


class Days:
    def __init__(
        self,
        debtors: Debtors,
        service: Service,
        box: Box,
        hands: Hands,
        waiting: Callable[[], int],
        core: Callable[[], list[Told]],
        policy: str,
    ) -> None:
        self.debtors, self.service, self.box, self.hands = debtors, service, box, hands
        self.waiting, self.core = waiting, core
        self.clock, self.country = debtors.town.clock, debtors.town.place.country
        section = yaml.safe_load(policy)["collection"]
        self.treatments = [(step["do"], section["treatments"][step["do"]]) for step in section["ladder"]]
        self._ahead: list[tuple[int, int, Fact | Outcome]] = []
        self._noted = self._receipts = 0

    def day(self, on: date) -> None:
        """One day, from its morning until it is closed."""
        day = self.clock.day(on)
        self._note(self.debtors.morning(on))
        self._stand(day, MORNING)
        self._stand(day, FORENOON)
        if self._worked(on):
            self._work("calls", "call")
            self._work("visits", "visit")
        self._note(self.debtors.evening(on))
        self._stand(day, EVENING)
        self._stand(day, NIGHT)
        self.service.day(close=True)

    # -- time ----------------------------------------------------------------------------------

    def _note(self, answers: Iterable[Fact | Outcome]) -> None:
        """Keep what people do until it is known."""
        for one in answers:
            at = one.at if isinstance(one, Outcome) else instant.micros(one.recorded_at or one.occurred_at)
            self._noted += 1
            heapq.heappush(self._ahead, (at, self._noted, one))

    def _stand(self, day: int, hour: float) -> None:
        """It is so late now: tell everything that has come to be known, have done what is due, hear what people say."""
        at = self.clock.at(day, hour)
        self.hands.put(at)
        facts: list[Fact] = []
        outcomes: list[Outcome] = []
        while self._ahead and self._ahead[0][0] <= at:
            one = heapq.heappop(self._ahead)[2]
            if isinstance(one, Outcome):
                outcomes.append(one)
            else:
                facts.append(one)
        self.service.take(facts)
        if outcomes:
            self.box.tell(outcomes)
            self._receipts += len(outcomes)
            until(lambda: self.service.receipts() >= self._receipts, _PATIENCE, _UNTAKEN)
        contacts = -1
        while (said := self.service.day())["contacts"] > contacts:
            contacts = said["contacts"]
            until(lambda: self.waiting() == 0, _PATIENCE, _UNSENT)
        for order in self.core():
            self.debtors.ordered(
                self.clock.date(day), order.customer, order.what, order.account, order.amount, order.matter
            )
        self._note(self.debtors.told(self._message(one) for one in self.box.messages()))

    def _worked(self, on: date) -> bool:
        return public(self.country, on.year, on.year + 1).kind(number(on)) in ("workday", "unknown")

    # -- messages ------------------------------------------------------------------------------

    def _message(self, given: Said) -> Message:
        parts = given["id"].split(".")
        at = instant.parse(given["timestamp"])
        if "plan" in parts or len(parts) < 4:
            return Message(given["id"], given["to"], given["channel"], at, "plan_service")
        _, treatment = self.treatments[int(parts[-3])]
        offer = None
        if "offer" in treatment:
            plan = ".".join(parts[:-1]) + ".plan"
            kinds = set(treatment["offer"].get("kinds", ()))
            offer = self._offer(plan, given, bool(kinds) and kinds <= {"settlement", "settlement_in_parts"})
        return Message(given["id"], given["to"], given["channel"], at, _purpose(treatment), offer)

    def _offer(self, plan: str, given: Said, settles: bool) -> Offer | None:
        """The plan as its text tells it: every instalment like the first, on its day of the month, but for the last."""
        accounts = tuple(given["accounts"])
        if many := _MANY.search(given["text"]):
            g = many.groups()
            count, one, begins, other, ends = g[:5] if g[0] else (g[5], g[7], g[6], g[9], g[8])
            first, last = self._day(begins), self._day(ends)
            days = [self._day_after(begins, month) for month in range(int(count) - 1)]
            rows = [(max(day, first), _minor(one)) for day in days]
            return Offer(plan, accounts, (*rows, (last, _minor(other))), settles)
        if single := _ONE.search(given["text"]):
            amount, on = single[1] or single[4], single[2] or single[3]
            return Offer(plan, accounts, ((self._day(on), _minor(amount)),), settles)
        return None

    def _day(self, text: str) -> int:
        return self.clock.day(_date(text))

    def _day_after(self, text: str, months: int) -> int:
        on = _date(text)
        year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
        return self.clock.day(date(year, month + 1, min(on.day, 28)))

    # -- collectors ----------------------------------------------------------------------------

    def _work(self, queue: str, channel: str) -> None:
        """Work a worklist, within its capacity."""
        for task in self.service.worklist(queue):
            asked = {"customer": task["customer"], "channel": channel, "purpose": "collection", "task": task["task"]}
            said = self.service.contact(**asked, actor="collector")
            if said["allowed"]:
                points = self.debtors.town.people[task["customer"]].points
                shown = str(said["address"]).lstrip("…")  # the last signs of the number that is dialled
                contact = next((one.id for one in points if one.address.endswith(shown)), "")
                answers = self.debtors.called(
                    Call(said["attempt"], task["customer"], self.hands.now(), contact, channel)
                )
                self._note(answers)
                result = answers[0]
                assert isinstance(result, ContactResult)
                if result.result in ("no_answer", "wrong_number"):
                    continue
            self.service.task(task["task"], "done" if said["allowed"] else "withdrawn")


def _purpose(treatment: dict[str, Any]) -> str:
    for way in (treatment, treatment.get("legal", {}), treatment.get("bureau", {})):
        if "contact" in way:
            return str(way["contact"]["purpose"])
    return "offer" if "offer" in treatment else ""


def _minor(amount: str) -> int:
    return int(amount.replace(",", "").replace(".", ""))


def _date(text: str) -> date:
    """'5 March 2026' or '2026年3月5日'."""
    if "年" in text:
        year, month, day = (int(one) for one in re.findall(r"\d+", text))
        return date(year, month, day)
    return datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007 a date has no zone

"""What people answer to messages, offers and calls, and what it does to them for the days after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tocsin.facts import dealings, kinds
from tocsin.facts.kinds import Fact
from tocsin.replay.debtors.people import Person, Point
from tocsin.replay.debtors.town import Town
from tocsin.replay.debtors.truths import CEASES_AFTER, OPTS_OUT, PROMPTED_DAYS, READ, SAYS_HARDSHIP
from tocsin.values import instant

MINUTE = 60_000_000
PRESSING = ("legal_warning", "remedy_notice", "statutory_notice", "suit", "bureau_notice")
"""Purposes of what presses harder than a reminder, once each."""
ELECTRONIC = ("sms", "email", "app")


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan that was offered: (day of the start, amount) of each instalment. `settles`: what is left is given up."""

    plan: str
    accounts: tuple[str, ...]
    instalments: tuple[tuple[int, int], ...]
    settles: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was delivered at an instant, microseconds UTC. `purpose`: where it is known."""

    attempt: str
    to: str
    channel: str
    at: int
    purpose: str = ""
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider tells of a message, as its receipts do."""

    attempt: str
    status: str
    at: int
    text: str = ""


Answer = list[Fact | Outcome]


@dataclass(frozen=True, slots=True)
class Call:
    """A collector's call under an attempt that the gate allowed."""

    attempt: str
    customer: str
    at: int
    contact: str = ""
    channel: str = "call"
    """Or a visit."""


@dataclass(slots=True)
class Mind:
    """What a person was told lately, and holds to. Days from the start; -1 for never."""

    prompted_until: int = -1
    nudged_until: int = -1
    contacts: int = 0
    """Since they were last free of arrears."""
    pressed: set[str] = field(default_factory=set)
    opted: set[str] = field(default_factory=set)
    ceased: bool = False
    plan: Offer | None = None
    missed: int = 0
    """Instalments of the plan that were never paid."""


class Replies:
    def __init__(self, town: Town) -> None:
        self.town, self.dice, self.clock, self.pen = town, town.dice, town.clock, town.pen
        self._minds: dict[str, Mind] = {}
        self._addresses: dict[str, tuple[Person, Point]] = {
            point.address: (person, point) for person in town.people.values() for point in person.points
        }

    def mind(self, person: Person) -> Mind:
        return self._minds.setdefault(person.id, Mind())

    # -- messages ------------------------------------------------------------------------------

    def told(self, message: Message) -> Answer:
        """What a person does on a message at once. Strangers, the dead and the bankrupt do nothing."""
        found, day = self._addresses.get(message.to), self.clock.of(message.at)
        if found is None or found[1].stranger or found[0].is_now(day) == "gone":
            return [_outcome(message, False)]
        person, mind = found[0], self.mind(found[0])
        mind.contacts += 1
        words = (person.id, day, message.channel, mind.contacts)
        if not self.dice.chance(READ.get(message.channel, 0.5), *words, "reads"):
            return [_outcome(message, False)]
        at = message.at + int(self.dice.between(5, 150, *words, "after") * MINUTE)
        answers: Answer = [_outcome(message, True)]
        if message.offer is not None:
            answers += self._offered(person, mind, message.offer, day, at)
        elif message.purpose in PRESSING:
            self._pressed(person, mind, message.purpose, day)
        elif self.town.past_due(person, day):
            mind.prompted_until = day + PROMPTED_DAYS - 1
        else:
            mind.nudged_until = day + 10
        return answers + self._unwilling(person, mind, message, day, at, words)

    def _pressed(self, person: Person, mind: Mind, purpose: str, day: int) -> None:
        if purpose in mind.pressed:
            return
        mind.pressed.add(purpose)
        if self.dice.chance(person.response(day).pressed, person.id, day, purpose):
            self.town.later(day + self.dice.whole(1, 10, person.id, day, purpose, "after"), "pays", person.id, 0)

    def _unwilling(
        self, person: Person, mind: Mind, message: Message, day: int, at: int, words: tuple[object, ...]
    ) -> Answer:
        """STOP in reply to a text, a click elsewhere, or a letter that asks to be left alone."""
        channel = message.channel
        if (
            channel in ELECTRONIC
            and channel not in mind.opted
            and self.dice.chance(OPTS_OUT[person.wary], *words, "opts out")
        ):
            mind.opted.add(channel)
            if channel == "sms":
                return [Outcome(message.attempt, "reply", at, "T" if self.town.profile == "CN" else "STOP")]
            return [self.pen.write(dealings.OptOut, person.id, at, channel=channel)]
        tired = person.wary and not mind.ceased and mind.contacts >= CEASES_AFTER and self.town.past_due(person, day)
        if tired and self.dice.chance(1 / 3, *words, "ceases"):
            mind.ceased = True
            return [self.pen.write(dealings.Stop, person.id, at, flag="ceased", reason="asked in writing")]
        return []

    def _offered(self, person: Person, mind: Mind, offer: Offer, day: int, at: int) -> list[Fact]:
        """The answer to a plan. Who accepts keeps its days, or does not."""
        if mind.plan is not None:
            return []
        accepts = self.dice.chance(person.response(day).accepts, person.id, day, "accepts")
        if not accepts and self.dice.chance(0.5, person.id, day, "is silent"):
            return []
        answer = "accepted" if accepts else "declined"
        if accepts:
            mind.plan, mind.missed = offer, 0
            for account in self.town.owned[person.id]:
                account.on_plan = account.id in offer.accounts
            for number, (due, _) in enumerate(offer.instalments):
                self.town.later(max(self._payday(person, due), day + 1), "instalment", person.id, number)
        return [self.pen.write(dealings.PlanAnswer, person.id, at, plan=offer.plan, answer=answer, how="signed")]

    # -- calls ---------------------------------------------------------------------------------

    def called(self, call: Call) -> list[Fact]:
        """What came of a collector's call: its result first, then what the person told."""
        person, at, day = self.town.people[call.customer], call.at + 3 * MINUTE, self.clock.of(call.at)
        response, mind = person.response(day), self.mind(person)
        mind.contacts += 1
        words = (person.id, day, "call", mind.contacts)
        stranger = any(point.stranger for point in person.points if point.id == (call.contact or f"{person.id}-phone"))
        if not self.dice.chance(0.5 if stranger else response.answers, *words, "answers"):
            return [self._result(call, at, "no_answer")]
        if stranger:
            return [self._result(call, at, "wrong_number")]
        owed = self.town.past_due(person, day)
        told: list[Fact] = []
        if person.is_now(day) == "shocked" and self.dice.chance(SAYS_HARDSHIP, *words, "tells"):
            told = self.town.lives.hardship(person, at + MINUTE)
        if owed and self.dice.chance(response.promises, *words, "promises"):
            due = self._next_payday(person, day)
            self.town.later(due - self.dice.whole(0, 1, *words, "days before"), "promise", person.id, mind.contacts)
            result = self._result(call, at, "promise", owed, self.clock.at(due, 23.5))
        elif owed and person.is_now(day) == "refuser":
            result = self._result(call, at, "refused")
        elif owed and person.is_now(day) == "evader":
            result = self._result(call, at, "evaded")
        else:
            result = self._result(call, at, "right_party")
        return [result, *told]

    def _payday(self, person: Person, due: int) -> int:
        """The payday of the month before an instalment is due, where that is near; else its day."""
        near = [one for one in range(due - 9, due + 1) if self.clock.date(one).day == person.payday]
        return near[0] if near else due

    def _next_payday(self, person: Person, day: int) -> int:
        """The next payday within ten days, else five days on."""
        ahead = [one for one in range(day + 1, day + 11) if self.clock.date(one).day == person.payday]
        return ahead[0] if ahead else day + 5

    def _result(self, call: Call, at: int, result: str, amount: int = 0, until: int = 0) -> Fact:
        promised: dict[str, Any] = {}
        if amount:
            until_at = instant.instant(until)
            promised = {"currency": self.town.currency, "promised_amount": amount, "promised_at": until_at}
        at_phone: dict[str, Any] = {"channel": call.channel, "result": result, "attempt": call.attempt}
        return self.pen.write(kinds.ContactResult, call.customer, at, **at_phone, **promised)


def _outcome(message: Message, taken: bool) -> Outcome:
    """As the provider sees it: machines that speak reach somebody or nobody, all else is delivered."""
    if message.channel == "ai_call":
        return Outcome(message.attempt, "conversation" if taken else "no_answer", message.at + MINUTE)
    status = "left_message" if message.channel == "voicemail" else "delivered"
    return Outcome(message.attempt, status, message.at + MINUTE)

"""One customer's story, lived on a stage day by day: what the bank tells, what Tocsin writes on its log, what is read.

It is lived twice side by side, by a customer who reads English and one who reads Chinese; but for that they are alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.cast import Cast, Person
from tests.collecting import DAY
from tests.stage import Said, Stage, at
from tocsin.values import instant

BEGAN, ENDED, DUE = date(2026, 2, 26), date(2026, 5, 9), date(2026, 3, 2)
MINIMUM, BALANCE, LIMIT, INSTALMENT = 125_000, 1_250_000, 2_000_000, 70_684
NAMES = {"en": "Alex Example", "zh": "示例客户"}
AGENT = "agent-7"


@dataclass
class Scene:
    """What happened on a day: facts told, contacts asked for and the answers, facts that Tocsin wrote, texts that were
    read by their attempt, and what `GET /v1/people` says in the evening."""

    told: list[Said] = field(default_factory=list)
    asked: list[tuple[Said, Said]] = field(default_factory=list)
    made: list[Said] = field(default_factory=list)
    texts: list[Said] = field(default_factory=list)
    person: Said = field(default_factory=dict)


@dataclass
class Life:
    """One of the two, and their days."""

    language: str
    person: Person
    scenes: dict[date, Scene] = field(default_factory=dict)
    today: Scene = field(default_factory=Scene)

    def tell(self, kind: str, moment: int, **fields: Any) -> None:
        self.person.tell(kind, moment, **fields)
        self.today.told.append(self.person.told[-1])

    def pays(self, moment: int, amount: int) -> None:
        self.tell("payment", moment, account=self.person.account, currency="CNY", amount=amount)

    def billed(self, moment: int, balance: int, minimum: int, due: date) -> None:
        owed = {
            "statement_balance": balance,
            "minimum_due": minimum,
            "due_at": instant.written(at(due.isoformat(), 12)),
        }
        self.tell("statement", moment, account=self.person.account, currency="CNY", credit_limit=LIMIT, **owed)


class Story:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cast = Cast(at(DUE.isoformat(), 12))
        self.lives = [Life(language, self._person(language)) for language in NAMES]

    def _person(self, language: str) -> Person:
        return self.cast.add(
            f"alex-{language}", 0, minimum=MINIMUM, balance=BALANCE, months=10, limit=LIMIT,
            language=language, name=NAMES[language], preferred="app", payday=8,
        )  # fmt: skip

    def lived(self) -> list[Life]:
        day = BEGAN
        while day <= ENDED:
            for life in self.lives:
                life.today = life.scenes[day] = Scene()
            self._day(day, at(day.isoformat(), 0))
            self._evening()
            day += timedelta(days=1)
        return self.lives

    def _day(self, day: date, midnight: int) -> None:
        """What the bank and its agents do on a day; after ten, everything that is due is done.

        Some seconds later each day, so that so many days after something are always over by then.
        """
        nine, ten = (midnight + hour * DAY // 24 for hour in (9, 10))
        ten += (day - BEGAN).days * 10_000_000
        for life in self.lives:
            match (day.month, day.day):
                case (3, 7):
                    before = life.scenes[day - timedelta(days=1)]
                    life.tell("contact_result", nine, channel="app", attempt=before.texts[0]["id"], result="answered")
                case (3, 10):
                    life.billed(nine, 1_268_000, 2 * MINIMUM, date(2026, 3, 30))
                case (3, 21):
                    [plan] = self.stage.ask(f"/v1/people/{life.person.id}").said["plans"]
                    life.tell("plan_answer", nine, plan=plan["plan"], answer="accepted")
                case (4, 8) | (5, 8):
                    life.pays(nine, INSTALMENT)
                case (4, 10):
                    life.billed(nine, 1_215_000, INSTALMENT, date(2026, 4, 30))
        if day == date(2026, 3, 11):
            self._called(midnight + 15 * DAY // 48)
        self._stand(ten)
        if day == date(2026, 3, 11):
            self._called(midnight + 11 * DAY // 24, instant.written(at("2026-03-14", 12)))

    def _called(self, moment: int, until: str = "") -> None:
        """An agent asks whether the call may be made; where it may, Alex promises and says what comes in and goes out."""
        self.stage.hands.put(moment)
        tasks = {one["customer"]: one["task"] for one in self.stage.ask("/v1/worklists/calls").said["tasks"]}
        for life in self.lives:
            id, account = life.person.id, life.person.account
            asked = {"customer": id, "channel": "call", "purpose": "collection", "task": tasks[id], "actor": AGENT}
            said = self.stage.ask("/v1/contacts", asked, life.language).said
            life.today.asked.append((asked, said))
            if until:
                now, yuan = self.stage.hands.now(), {"currency": "CNY"}
                promise = {"promised_amount": MINIMUM, "promised_at": until, "attempt": said["attempt"]}
                means = {"income": 460_000, "obligations": 180_000, "verified": True}
                life.tell("contact_result", now, channel="call", result="promise", **promise, **yuan)
                life.tell("information_update", now + 1, account=account, **means, **yuan)
                self.stage.ask(f"/v1/tasks/{tasks[id]}", {"state": "done", "actor": AGENT})
        self._stand(self.stage.hands.now())

    def _stand(self, moment: int) -> None:
        self.stage.stand(moment, *self.cast.fresh())
        self.stage.confirm()

    def _evening(self) -> None:
        fresh, messages = self.stage.new_facts(), {one["id"]: one for one in self.stage.messages()}
        for life in self.lives:
            mine = [one for one in fresh if one.get("customer") == life.person.id]
            life.today.made = [one for one in mine if one["fact_id"].startswith("t-")]
            texts = [one for one in life.today.made if one["kind"] == "contact_attempt" and "text" in one]
            life.today.texts = [messages[one["attempt"]] for one in texts]
            life.today.person = self.stage.ask(f"/v1/people/{life.person.id}", language=life.language).said

"""A lender in small for the tests of cases: laws, a strategy written by hand, and a person who lives through days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.credit import ability, plan, position, promise
from tocsin.credit.collection import views
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.decide import decide
from tocsin.credit.collection.evolve import Beyond, evolve, rebuilt
from tocsin.credit.collection.house import House
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
    Step,
    Strategy,
    Treatment,
    Values,
    Way,
)
from tocsin.credit.conduct import Gate
from tocsin.desk.laws import profile, writer
from tocsin.facts import dealings, kinds, wire
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.calendar import public

ZONE = {"CN": "Asia/Shanghai", "US": "America/New_York", "UK": "Europe/London"}
CURRENCY = {"CN": "CNY", "US": "USD", "UK": "GBP"}
COUNTRY = {"CN": "CN", "US": "US", "UK": "GB"}
DAY, HOUR, MINUTE = 86_400_000_000, 3_600_000_000, 60_000_000
READS = frozenset((
    "days_past_due", "days_to_due", "past_due", "minimum_due", "balance", "fees", "quadrant", "placed", "charged_off",
))  # fmt: skip
SAYS = (
    "sender", "phone", "link", "account_link", "callback", "contact", "address", "seal", "query_channel", "creditor",
    "dispute_channel", "law", "bureau", "court", "agency", "time",
)  # fmt: skip
WRITTEN = ("app", "sms", "email")

WAYS: dict[str, Way] = {
    "pre_due_reminder": Contact(WRITTEN, "reminder", "pre_due_reminder"),
    "reminder": Contact(WRITTEN, "collection", "reminder"),
    "second_reminder": Contact(WRITTEN, "collection", "second_reminder"),
    "self_service": Contact(WRITTEN, "collection", "self_service"),
    "voice_reminder": Contact(("ai_call",), "collection", "voice_reminder"),
    "letter": Contact(("letter",), "collection", "dunning_letter"),
    "validation": Contact(("email", "letter"), "validation_notice", "validation_notice"),
    "human_call": ByHand("calls", "call", "collection", "call_script", 6, 0),
    "field_visit": ByHand("visits", "visit", "collection", "call_script", 60, 0, 7),
    "limit_freeze": Order("limit_freeze"),
    "card_lock": Order("card_lock"),
    "fee_waiver": Order("fee_waiver", 1),
    "hardship": OnAccount("pause", "freeze", 30),
    "resume": OnAccount("pause_ended"),
    "re_age": OnAccount("re_age"),
    "write_off": OnAccount("charge_off"),
    "sale": OnAccount("closure", reason="sold"),
    "plan_offer": Offered((), WRITTEN, "plan_offer"),
    "settlement": Offered(("settlement",), WRITTEN, "settlement_offer"),
    "agency": Place("north", 2_000, 90),
    "recall": Place("north", 0, 0, recall=True),
    "lawyers_letter": Legal("letter", 20_000, 30, Contact(("letter",), "legal_warning", "lawyers_letter")),
    "suit": Legal("filed", 100_000, 60),
    "enforcement": Legal("enforcement", 50_000, 90),
    "bureau_notice": Bureau("notice", Contact((*WRITTEN, "letter"), "bureau_notice", "bureau_notice")),
    "furnish": Bureau("furnished"),
    "no_action": Nothing(),
}


def opens(values: Values) -> bool:
    days = values["days_to_due"]
    return bool(values["past_due"]) or (days is not None and days <= 3 and bool(values["minimum_due"]))  # type: ignore[operator]


def closes(values: Values) -> bool:
    return not opens(values)


@cache
def gate(law: str) -> Gate:
    return Gate(profile(law), public(COUNTRY[law], 2023, 2027))


@cache
def write(law: str) -> Callable[[str, str, str, Mapping[str, str]], tuple[str | None, str]]:
    return writer(law)


def step(number: int, at: int, do: str, lasting: int = 3, **more: Any) -> Step:
    return Step(number, at, lasting, do, **more)


def house(
    law: str = "CN",
    ladder: Iterable[tuple[Any, ...]] = (),
    conditions: Iterable[Callable[[Values], bool]] = (),
    zone: str = "",
    ways: Mapping[str, Way] | None = None,
    **changes: Any,
) -> House:
    """`ladder`: (at, treatment) or (at, treatment, lasting) or with a dictionary of the rest; conditions from place 2 on."""
    zone, currency = zone or ZONE[law], CURRENCY[law]
    asked = (opens, closes, *conditions)
    steps = [
        step(number, *one[:3]) if len(one) < 4 else step(number, *one[:3], **one[3])
        for number, one in enumerate(ladder)
    ]
    treatments = {
        name: Treatment(name, {"en": name, "zh": name}, way, 800 if isinstance(way, ByHand) else 0)
        for name, way in {**WAYS, **(ways or {})}.items()
    }
    strategy = Strategy(
        profile=law,
        language="zh" if law == "CN" else "en",
        segments=(("standard", -1),),
        experiments=(),
        treatments=treatments,
        ladder=tuple(steps),
        open_when=0,
        close_when=1,
        capacity={"calls": 480},
        truths=lambda values: tuple(bool(one(values)) for one in asked),
        amounts=lambda values: (float(values["past_due"] or 0) * 0.2, float(values["fees"] or 0)),
        hopes=lambda values: tuple(bool(one(values)) for one in asked),
        reads=READS,
        position=position.Terms(currency=currency, zone=zone),
        ability=ability.Terms(first_adult=100_000),
        promise=promise.Terms(zone=zone),
        plan=plan.Terms(jurisdiction=law, minimum=1_000),
        keeping=plan.Keeping(zone=zone),
    )
    fields = {f"{language}.{name}": name for language in ("en", "zh") for name in SAYS}
    return House(
        replace(strategy, **changes), gate(law), public(COUNTRY[law], 2023, 2027), write(law), currency, zone, fields
    )


def at(day: str, hour: float = 10, zone: str = "Asia/Shanghai") -> int:
    """An instant by its local date and hour."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) + timedelta(hours=hour)
    return instant.micros(start)


class Life:
    """A person's log and book. Whatever is decided is taken at once, and deciding again must give nothing."""

    def __init__(self, house: House, person: str = "P-1", account: str = "A-0001") -> None:
        self.house, self.book, self.account = house, Book(person), account
        self.log: list[tuple[Fact, int]] = []

    def take(self, fact: Fact, recorded_at: int) -> None:
        self.log.append((fact, recorded_at))
        try:
            self.book = evolve(self.book, fact, self.house, len(self.log), recorded_at)
        except Beyond as beyond:
            facts = [one for one in self.log if getattr(one[0], "account", None) == beyond.account]
            self.book = rebuilt(beyond.book, beyond.account, facts, self.house)

    def tell(self, kind: type[Fact], now: int, **fields: Any) -> None:
        fact = kind(
            fact_id=fields.pop("id", f"f-{len(self.log)}"),
            occurred_at=instant.instant(fields.pop("happened", now)),
            customer=self.book.person,
            **fields,
        )
        self.take(fact, now)

    def look(self, now: int) -> list[Fact]:
        facts = decide(self.book, now, self.house)
        for fact in facts:
            assert isinstance(fact, dealings.PlanOffered) or wire.stored(wire.encode(fact)) == fact
            self.take(fact, now)
        again = decide(self.book, now, self.house)
        assert again == [], again
        return facts

    # -- what happens to people ----------------------------------------------------------------------------------------

    def known(self, now: int, **profile: Any) -> None:
        """Name, zone, and a contact point for each channel; they agree to all of them."""
        given = {"name": "Alex Example", "zones": (self.house.zone,), "work_allowed": True, **profile}
        self.tell(dealings.Profile, now, **given)
        for name, channels in (
            ("phone", ("call", "ai_call", "sms")),
            ("mail", ("email",)),
            ("device", ("app",)),
            ("home", ("letter", "visit")),
        ):
            self.point(now, name, channels)

    def point(self, now: int, name: str, channels: tuple[str, ...], **more: Any) -> None:
        given = {
            "address": f"{name}@example.com",
            "consent_since": instant.instant(now - DAY),
            "verified": True,
            "work": False,
            "fresh_at": instant.instant(now),
            **more,
        }
        self.tell(dealings.ContactPoint, now, contact=name, channels=channels, **given)

    def billed(self, now: int, minimum: int, due: int, balance: int | None = None, account: str = "") -> None:
        self.tell(
            kinds.Statement,
            now,
            account=account or self.account,
            currency=self.house.currency,
            statement_balance=minimum * 10 if balance is None else balance,
            minimum_due=minimum,
            due_at=instant.instant(due),
        )

    def pays(self, now: int, amount: int, account: str = "", **more: Any) -> None:
        self.tell(
            kinds.Payment, now, account=account or self.account, amount=amount, currency=self.house.currency, **more
        )

    def results(self, facts: Iterable[Fact], now: int, result: str = "sent") -> None:
        """Every contact among these facts comes to this."""
        for fact in facts:
            if isinstance(fact, dealings.ContactAttempt):
                self.tell(kinds.ContactResult, now, channel=fact.channel, result=result, attempt=fact.attempt)

    def promises(self, now: int, amount: int, due: int) -> None:
        self.tell(
            kinds.ContactResult,
            now,
            channel="call",
            result="promise",
            currency=self.house.currency,
            promised_amount=amount,
            promised_at=instant.instant(due),
        )


def short(fact: Fact) -> str:
    """What a fact says, in few words."""
    match fact:
        case kinds.PositionChanged():
            return f"{fact.state} {fact.past_due}"
        case dealings.CaseChanged():
            return f"case {fact.change}" + (f" {fact.arm}" if fact.arm else "")
        case dealings.ContactAttempt():
            return f"{fact.channel}: {fact.template or fact.purpose}"
        case dealings.ContactRefused():
            until = "" if fact.next_allowed is None else " until then"
            return f"{fact.channel} refused by {fact.rule}{until}"
        case kinds.ContactResult():
            return f"{fact.channel}: {fact.result}"
        case dealings.Treatment():
            why = fact.rule or fact.reason
            return f"{fact.treatment} {fact.state}" + (f" ({why})" if why else "")
        case dealings.Task():
            return f"task {fact.state}" + (f" worth {fact.value}" if fact.state == "open" else "")
        case dealings.PromiseChanged():
            return f"promise {fact.status}"
        case dealings.PlanOffered():
            return "plan offered"
        case dealings.PlanChanged():
            return f"plan {fact.before} > {fact.status}"
        case dealings.Placement():
            return f"{fact.state} {fact.reason or fact.agency}"
        case dealings.LegalStep() | dealings.BureauStep():
            return fact.step
        case _:
            return str(type(fact).__struct_config__.tag)


def story(life: Life, first: str, days: int, events: Mapping[int, Callable[[int], Any]], result: str = "sent") -> str:
    """A table of days: the day, days past due, and what came of it; contacts get out a minute later, unless said.

    An event is what happens at nine on its day; the person is looked at then, at ten, and after each contact.
    """
    lines = []
    for day in range(days):
        facts: list[Fact] = []
        for hour, event in ((9, events.get(day)), (10, None)):
            now = at(first, hour, life.house.zone) + day * DAY
            if event is not None:
                event(now)
            new = life.look(now) if event is not None or hour == 10 else []
            while new:
                facts += new
                now += MINUTE
                life.results(new, now, result)
                new = life.look(now)
        if facts:
            late = max(one.days_past_due for one in views.positions(life.book, now, life.house).values())
            lines.append(f"{day:3} | {late:3} | {'; '.join(map(short, facts))}")
    return "\n".join(lines)

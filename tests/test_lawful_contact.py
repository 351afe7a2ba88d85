"""Whatever a book holds and whenever it is looked at, no contact is decided that the law forbids.

The law is told here once more, plainly, over the facts of the log alone: it shares no code with gate, views or books.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.casework import DAY, HOUR, MINUTE, ZONE, Life, house
from tocsin.credit.collection.decide import Request, ask, decide
from tocsin.facts import dealings, kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant

VOICE, WRITTEN = {"call", "ai_call", "voicemail"}, {"sms", "email", "app"}
FAILED = {"undeliverable", "not_connected", "no_answer"}
SILENT = FAILED | {"sent", "delivered", "left_message"}
PRESSING = {"collection", "reminder", "offer"}
LADDER = (
    (-3, "self_service", 200, {"every": 1}),
    (1, "voice_reminder", 200, {"every": 1}),
    (1, "letter", 200, {"every": 3}),
    (2, "plan_offer", 200, {"every": 4}),
    (2, "human_call", 200, {"every": 2}),
    (3, "hardship", 200, {"every": 60}),
    (20, "bureau_notice", 200, {"every": 30}),
    (21, "furnish", 200, {"every": 30}),
    (25, "lawyers_letter", 200, {"every": 30}),
    (30, "agency", 200, {"every": 20}),
)
HOUSES = {law: house(law, LADDER) for law in ZONE}
STARTS = ("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-24", "2026-10-31", "2026-12-23", "2026-06-10")
"""Nights on which clocks change in New York, London and Auckland, bank holidays, and a plain week."""
ZONES = ("Asia/Shanghai", "America/New_York", "Europe/London", "Pacific/Auckland")


# -- the law, plainly --------------------------------------------------------------------------------------------------


class Log:
    """The facts before a moment, as a lawyer reads them."""

    def __init__(self, law: str, facts: list[tuple[Fact, int]]) -> None:
        self.law, self.facts = law, facts

    def all(self, kind: type[Any]) -> Iterator[Any]:
        return (fact for fact, _ in self.facts if isinstance(fact, kind))

    @property
    def zones(self) -> tuple[str, ...]:
        return next((one.zones for one in reversed([*self.all(dealings.Profile)]) if one.zones), (ZONE[self.law],))

    def point(self, name: str | None) -> Any:
        told = [one for one in self.all(dealings.ContactPoint) if one.contact == name]
        return max(enumerate(told), key=lambda one: (one[1].occurred_at, one[0]))[1] if told else None

    def results(self, attempt: str) -> set[str]:
        return {one.result for one in self.all(kinds.ContactResult) if one.attempt == attempt}

    def flags(self, now: datetime, accounts: tuple[str, ...]) -> set[str]:
        """Stops begun by now that nothing has ended, for all debts or one of these; ends are told for all debts."""
        found = set()
        for place, (one, _) in enumerate(self.facts):
            if not isinstance(one, dealings.Stop) or one.ended or one.occurred_at > now:
                continue
            over = any(
                isinstance(other, dealings.Stop) and other.ended and other.flag == one.flag
                and one.occurred_at <= other.occurred_at <= now
                for other, _ in self.facts[place:]
            )  # fmt: skip
            until = one.until is not None and one.until <= now
            if not over and not until and (not one.accounts or {*one.accounts} & {*accounts}):
                found.add(one.flag)
        return found

    def opted_out(self, now: datetime, channel: str, contact: str | None) -> bool:
        return any(
            one.channel in (None, channel) and one.contact in (None, contact) for one in self.all(dealings.OptOut)
        )

    def days_ago(self, one: Any, now: datetime, zone: str) -> int:
        there = ZoneInfo(zone)
        return (now.astimezone(there).date() - one.occurred_at.astimezone(there).date()).days


def forbidden(log: Log, one: dealings.ContactAttempt, now: datetime) -> Iterator[str]:
    """What the law, and the house beyond it, say against a contact at a moment."""
    point, timed = log.point(one.contact), one.channel != "letter"
    if point is None or point.ended or one.channel not in point.channels or point.address != one.address:
        yield "no such contact point"
        return
    for zone in log.zones:
        local = now.astimezone(ZoneInfo(zone))
        opens, closes = (8, 22) if log.law == "CN" else (8, 21)
        if log.law == "UK" and local.weekday() > 4:
            opens, closes = 9, 19
        if timed and not opens <= local.hour + local.minute / 60 < closes:
            yield f"at {local:%H:%M} in {zone}"
        if log.law == "UK" and (local.month, local.day) == (12, 25) and one.channel in VOICE:
            yield "on Christmas Day"
        for times in log.all(dealings.ContactTimes):
            minute = local.hour * 60 + local.minute
            inside = local.weekday() in times.weekdays and times.start <= minute < times.end
            if inside and timed and times.occurred_at <= now:
                yield "at an inconvenient time"
        before = [other for other in log.all(dealings.ContactAttempt) if other.attempt != one.attempt]
        today = [other for other in before if log.days_ago(other, now, zone) <= 0]
        talks = [other for other in before if other.channel in VOICE and not log.results(other.attempt) & SILENT]
        if len(today) >= 10:
            yield "more than ten attempts a day"
        talked = sum(log.days_ago(other, now, zone) <= 0 for other in talks)
        if log.law == "CN" and one.channel in VOICE and talked >= 3:
            yield "more than three talks a day"
        if log.law == "US" and one.channel in VOICE:
            calls = [other for other in before if other.channel in VOICE and {*other.accounts} & {*one.accounts}]
            week = [other for other in calls if log.days_ago(other, now, zone) < 7]
            counted = [other for other in week if "not_connected" not in log.results(other.attempt)]
            if len(counted) >= 7:
                yield "more than seven calls in seven days"
            if any(other in talks for other in week):
                yield "a call within seven days of a talk"
    if one.channel in VOICE | WRITTEN:
        since, until = point.consent_since, point.consent_until
        if since is None or since > now or (until is not None and until <= now):
            yield "without consent"
    if log.opted_out(now, one.channel, one.contact):
        yield "opted out"
    flags = log.flags(now, one.accounts)
    if one.purpose in PRESSING and flags & {"ceased", "disputed", "bankrupt", "fraud", "disaster"}:
        yield f"in spite of {flags}"
    if flags & {"deceased", "minor", "incapacitated", "attorney"}:
        yield f"to somebody else's client, or the dead: {flags}"
    if "vulnerable" in flags and one.channel in ("ai_call", "voicemail", "visit"):
        yield "by a machine to the vulnerable"
    if log.law == "US" and point.work is not False:
        yield "at work"
    if log.law == "US" and one.channel == "sms" and (point.fresh_at is None or now - point.fresh_at > timedelta(60)):
        yield "to a number that may be another's"
    if log.law == "UK" and one.discloses and (one.channel in VOICE or not point.verified):
        yield "before who it is was shown"
    for plan in log.all(dealings.PlanOffered):
        told = [change.status for change in log.all(dealings.PlanChanged) if change.plan == plan.plan]
        first = min(row["due"] for row in json.loads(bytes(plan.offer))["offer"]["schedule"])
        due = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(ZONE[log.law]))
        if told[-1:] == ["accepted"] and now < due and one.purpose in PRESSING and {*plan.accounts} & {*one.accounts}:
            yield "while a plan is kept"


def unwanted(log: Log, one: dealings.ContactAttempt, now: datetime) -> Iterator[str]:
    """What more holds for contacts without hands."""
    zone = ZoneInfo(ZONE[log.law])
    if one.purpose == "plan_service":
        return
    paid = [fact.occurred_at for fact in log.all(kinds.Payment)]
    for promise in log.all(kinds.ContactResult):
        if promise.result == "promise" and promise.occurred_at <= now and not any(
            at >= promise.occurred_at for at in paid
        ):  # fmt: skip
            last = promise.promised_at.astimezone(zone).date() + timedelta(3)
            made = promise.occurred_at.astimezone(zone).date()
            if made <= promise.promised_at.astimezone(zone).date() and now.astimezone(zone).date() <= last:
                yield "while a promise is open"
    key = one.attempt.rpartition(".")[0]
    for other in log.all(dealings.ContactAttempt):
        same_day = other.occurred_at.astimezone(zone).date() == now.astimezone(zone).date()
        another = other.purpose != "plan_service" and other.attempt.rpartition(".")[0] != key
        if same_day and another and not log.results(other.attempt) & FAILED:
            yield "a second message on one day"


# -- lives that nobody would invent ------------------------------------------------------------------------------------

FLAGS = ("ceased", "disputed", "deceased", "bankrupt", "attorney", "vulnerable", "fraud", "minor", "disaster")
RESULTS = ("sent", "delivered", "undeliverable", "not_connected", "no_answer", "right_party", "promise", "answered")
hours = st.integers(0, 70)
EVENTS = st.one_of(
    st.tuples(st.just("look"), hours),
    st.tuples(st.just("look"), hours),
    st.tuples(st.just("result"), hours, st.sampled_from(RESULTS), st.integers(0, 3)),
    st.tuples(st.just("result"), st.just(1), st.sampled_from(RESULTS), st.just(0)),
    st.tuples(st.just("dial"), hours, st.integers(1, 4), st.booleans()),
    st.tuples(st.just("stop"), hours, st.sampled_from(FLAGS), st.booleans(), st.booleans()),
    st.tuples(st.just("opt_out"), hours, st.sampled_from((None, "app", "sms", "call"))),
    st.tuples(st.just("times"), hours, st.integers(0, 6), st.integers(0, 1_300)),
    st.tuples(st.just("pay"), hours, st.integers(1, 12_000), st.integers(0, 900)),
    st.tuples(st.just("bill"), hours, st.integers(0, 900), st.booleans()),
    st.tuples(st.just("promise"), hours, st.integers(-30, 200)),
    st.tuples(st.just("answer"), hours, st.sampled_from(("accepted", "declined", "approved"))),
    st.tuples(st.just("point"), hours, st.sampled_from(("phone", "mail", "device")), st.integers(0, 5)),
    st.tuples(st.just("move"), hours, st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True)),
)


def live(law: str, start: str, zones: list[str], means: int, events: list[Any]) -> Life:
    """A life of such events; every contact decided or asked for in it is held against the law."""
    one = Life(HOUSES[law])
    now = instant.micros(datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zones[0]))) - 3 * DAY
    one.known(now, zones=tuple(zones), work_allowed=None)
    one.tell(kinds.InformationUpdate, now, income=means, currency=one.house.currency, verified=True)
    one.billed(now - 20 * DAY, 10_000, now - 5 * DAY, 200_000)
    for name, hours, *rest in events:
        now += hours * HOUR + 7 * MINUTE
        happens(one, name, now, rest)
        look(one, now)
    return one


def look(one: Life, now: int) -> None:
    law, before = one.house.strategy.profile, len(one.log)
    assert decide(one.book, now, one.house) == decide(one.book, now, one.house)
    one.look(now)
    for place, (fact, _) in enumerate(one.log[before:], before):
        if isinstance(fact, dealings.ContactAttempt):
            held(Log(law, one.log[:place]), fact, now, alone=True)


def held(log: Log, fact: dealings.ContactAttempt, now: int, alone: bool) -> None:
    at, later = instant.instant(now), instant.instant(now + 15 * MINUTE)
    assert fact.attempt not in {one.attempt for one in log.all(dealings.ContactAttempt)}
    against = [*forbidden(log, fact, at)]
    against += [*unwanted(log, fact, at), *forbidden(log, fact, later)] if alone else []
    assert not against, (log.law, fact.channel, fact.purpose, at, against)


def happens(one: Life, name: str, now: int, rest: list[Any]) -> None:
    match name, rest:
        case "result", [result, back]:
            made = [fact for fact, _ in one.log if isinstance(fact, dealings.ContactAttempt)]
            if made:
                told = made[-1 - back % len(made)]
                more = {"promised_amount": 5_000, "promised_at": instant.instant(now + 3 * DAY)}
                more = more if result == "promise" else {}
                one.tell(kinds.ContactResult, now, channel=told.channel, result=result, attempt=told.attempt, **more)
        case "dial", [times, verified]:
            for dial in range(times):
                facts, _ = ask(one.book, Request("call", "collection", verified=verified), now + dial, one.house)
                for fact in facts:
                    if isinstance(fact, dealings.ContactAttempt):
                        # `verified` is who was shown to listen; then the debt may be told
                        held(
                            Log(one.house.strategy.profile, [*one.log]), fact, now, alone=False
                        ) if not verified else None
                    one.take(fact, now + dial)
        case "stop", [flag, ended, narrow]:
            accounts = (one.account,) if narrow and not ended else ()
            one.tell(dealings.Stop, now, flag=flag, ended=ended, accounts=accounts)
        case "opt_out", [channel]:
            one.tell(dealings.OptOut, now, channel=channel)
        case "times", [weekday, start]:
            one.tell(dealings.ContactTimes, now, agreed=False, weekdays=(weekday,), start=start, end=start + 120)
        case "pay", [amount, back]:
            one.pays(now, amount, happened=now - back * HOUR)
        case "bill", [back, other]:
            one.billed(now - back * HOUR, 9_000, now - back * HOUR + 20 * DAY, 90_000, "A-0002" if other else "")
        case "promise", [ahead]:
            one.promises(now, 4_000, now + ahead * HOUR)
        case "answer", [answer]:
            for plan in list(one.book.plans)[-1:]:
                one.tell(dealings.PlanAnswer, now, plan=plan, answer=answer, by="ann", level="committee")
        case "point", [point, kind]:
            known = one.book.points[point]
            changes: list[dict[str, Any]] = [
                {"consent_since": None}, {"consent_until": instant.instant(now + 5 * HOUR)}, {"work": None},
                {"verified": False}, {"fresh_at": instant.instant(now - 61 * DAY)}, {"ended": True},
            ]  # fmt: skip
            one.point(now, point, known.channels, **changes[kind])
        case "move", [zones]:
            one.tell(dealings.Profile, now, zones=tuple(zones))


LIVES: dict[str, Any] = {
    "start": st.sampled_from(STARTS),
    "zones": st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True),
    "means": st.sampled_from((0, 150_000, 400_000)),
    "events": st.lists(EVENTS, min_size=3, max_size=25),
}


@pytest.mark.parametrize("law", ["CN", "US", "UK"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(**LIVES)
def test_no_unlawful_contact(law: str, start: str, zones: list[str], means: int, events: list[Any]) -> None:
    live(law, start, zones, means, events)


@pytest.mark.long
@pytest.mark.parametrize("law", ["CN", "US", "UK"])
@settings(max_examples=3_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(**LIVES)
def test_no_unlawful_contact_in_many_lives(
    law: str, start: str, zones: list[str], means: int, events: list[Any]
) -> None:
    live(law, start, zones, means, events)


@pytest.mark.parametrize("law", ["CN", "US", "UK"])
def test_the_check_has_something_to_check(law: str) -> None:
    """A plain life has contacts on several channels, and the law told here finds what is wrong with others."""
    events: list[Any] = [x for _ in range(12) for x in (("look", 11), ("result", 1, "undeliverable", 0), ("look", 12))]
    one = live(law, "2026-06-10", [ZONE[law]], 150_000, events)
    made = [fact for fact, _ in one.log if isinstance(fact, dealings.ContactAttempt)]
    assert len({fact.channel for fact in made}) >= 3
    log = Log(law, one.log[: one.log.index(next(x for x in one.log if x[0] is made[0]))])
    night = made[0].occurred_at.astimezone(ZoneInfo(ZONE[law])).replace(hour=3)
    assert [*forbidden(log, made[0], night)]

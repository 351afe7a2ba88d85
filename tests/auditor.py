"""An audit of collections that reads only the journal: it shares no line with what it judges.

Every contact is held against the law's numbers, written down here from the rules themselves, and against what the log knew
of the person before it; every text against whose it is; every account against its own plain reckoning (`reckoner`), day by day.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.dossier import Person
from tests.reckoner import Account, Fact, Terms, at_of, may_follow

VOICE = ("call", "ai_call", "voicemail")
ELECTRONIC = ("sms", "email", "app")
WRITTEN = (*ELECTRONIC, "letter")
TIMED = (*VOICE, *ELECTRONIC, "visit")
DIRECT = (*TIMED, "letter")
TALKS = ("answered", "conversation", "right_party", "promise", "refused", "evaded")
NOTICES = ("reply", "statutory_notice", "opt_out_confirmation")
ANYWAY = ("reply", "validation_notice", "statutory_notice", "end_of_efforts", "remedy_notice", "bureau_notice", "opt_out_confirmation")  # fmt: skip
ANYWHERE: dict[str, tuple[str, ...]] = {
    "CN": ("Asia/Shanghai",), "UK": ("Europe/London",),
    "US": ("America/New_York", "America/Los_Angeles", "America/Phoenix", "America/Anchorage", "Pacific/Honolulu"),
}  # fmt: skip
"""Where somebody may be of whom nobody has told it."""
STOPS: dict[str, tuple[str, ...]] = {
    "ceased": ANYWAY, "disputed": ANYWAY, "bankrupt": ANYWAY, "fraud": ANYWAY, "disaster": ANYWAY,
    "attorney": NOTICES, "deceased": (), "minor": (), "incapacitated": (),
    "adviser": ("reply", "plan_service", "statutory_notice", "opt_out_confirmation"),
}  # fmt: skip
"""Purposes that a stop does not bar. Of the last five, the first four are about the debtor's own person."""
OWN_PERSON = ("attorney", "deceased", "minor", "incapacitated")
THREATS = ("legal_warning", "suit", "remedy_notice")
QUIET = ("accepted", "performing")


class Law(NamedTuple):
    """Numbers of a place: local hours; `talks` a day; `calls` in seven days a debt, `rest` days after a talk."""

    terms: Terms
    opens: int
    closes: int
    talks: int = 99
    calls: int = 999
    rest: int = 0
    fresh: int = 0
    verified: bool = False
    workplace: bool = False
    ceased: tuple[str, ...] = ANYWAY
    time_barred: bool = True


LAWS = {
    # CN-GBT45251-TIME, -FREQ; 银行卡自律公约 on grace
    "CN": Law(Terms("Asia/Shanghai", 3, 1_000), 8, 22, talks=3, time_barred=False),
    # US-REGF-6b1i, -14b2iA, -14b2iB, -6d5, -6b3, -6c1, -26b
    "US": Law(
        Terms("America/New_York", 0, 0), 8, 21, calls=7, rest=7, fresh=60, workplace=True,
        ceased=("end_of_efforts", "remedy_notice"),
    ),
    # UK-CONC-7.9.4 (our reading), -7.9.10
    "UK": Law(Terms("Europe/London", 0, 0), 8, 21, verified=True),
}  # fmt: skip


class Violation(NamedTuple):
    rule: str
    seq: int
    customer: str
    what: str


def read(journal: Path) -> list[tuple[int, int, Fact]]:
    """(seq, recorded_at in µs, fact) of every fact of an SQLite journal, in the order of the log."""
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT seq, recorded_at, body FROM entries WHERE kind = 0 ORDER BY seq")
        return [(seq, at, json.loads(body)) for seq, at, body in rows]


def messages_of(file: Path) -> list[Fact]:
    """What the sandbox was given, in order."""
    return [json.loads(line)["message"] for line in file.read_text("utf-8").splitlines()]


def overheard(messages: Iterable[Fact], log: Iterable[tuple[int, int, Fact]]) -> list[str]:
    """What came to the provider otherwise than it was decided: another text, another address, twice, or never decided."""
    decided = {fact["attempt"]: fact for _, _, fact in log if fact["kind"] == "contact_attempt"}
    seen: set[str] = set()
    found = []
    for one in messages:
        fact = decided.get(one["id"])
        if fact is None:
            found.append(f"{one['id']}: nobody decided it")
        elif one["id"] in seen:
            found.append(f"{one['id']}: it came twice")
        elif (one["to"], one["text"], one["channel"]) != (fact["address"], fact["text"], fact["channel"]):
            found.append(f"{one['id']}: it is not as it was decided")
        elif not set(one.get("accounts", ())) <= set(fact.get("accounts", ())):
            found.append(f"{one['id']}: it is about other accounts")
        seen.add(one["id"])
    return found


def audited(log: Iterable[tuple[int, int, Fact]], profile: str, until: date | None = None) -> list[Violation]:
    """Everything that should not be. `until`: the last day that was closed; no life is followed where it is None."""
    audit = Audit(list(log), LAWS[profile], profile)
    return [*audit.contacts(), *(audit.lives(until) if until else ())]


class Audit:
    def __init__(self, log: list[tuple[int, int, Fact]], law: Law, profile: str) -> None:
        self.log, self.law, self.profile = log, law, profile
        self.people: dict[str, Person] = defaultdict(Person)
        self.owner: dict[str, str] = {}
        self.address: dict[str, str] = {}
        self.results: dict[str, str] = {}
        self.seen: set[str] = set()
        self.accounts: dict[str, Account] = {}
        for _, _, fact in log:
            if fact["kind"] == "contact_result" and fact.get("attempt") and fact["result"] != "sent":
                self.results[fact["attempt"]] = fact["result"]
            if fact["kind"] == "contact_point":
                self.address.setdefault(fact["address"], fact["customer"])

    # -- contacts ------------------------------------------------------------------------------

    def contacts(self) -> Iterator[Violation]:
        for seq, at, fact in self.log:
            if fact["kind"] == "contact_attempt":
                now = datetime.fromtimestamp(at / 1e6, UTC)
                person = self.people[fact["customer"]]
                for rule, what in (*self._lawful(person, fact, now), *self._private(person, fact, now)):
                    yield Violation(rule, seq, fact["customer"], what)
                person.attempts.append({**fact, "at": now})
            else:
                self._learn(fact)

    def _learn(self, fact: Fact) -> None:
        customer, account = fact.get("customer"), fact.get("account")
        if customer is None:
            return
        person = self.people[customer]
        if account is not None:
            self.accounts.setdefault(account, Account(self.law.terms)).add(fact)
            self.owner[account] = customer
        person.learn(fact)

    def _lawful(self, person: Person, fact: Fact, now: datetime) -> Iterator[tuple[str, str]]:
        law, channel, purpose = self.law, fact["channel"], fact["purpose"]
        debts = set(fact.get("accounts", ()))
        if fact["attempt"] in self.seen:
            yield "id", f"the attempt {fact['attempt']} was made before"
        self.seen.add(fact["attempt"])
        if channel not in DIRECT:
            return
        if channel in TIMED:
            for zone in person.zones or ANYWHERE[self.profile]:
                local = now.astimezone(ZoneInfo(zone))
                if not law.opens <= local.hour < law.closes:
                    yield "hours", f"{channel} at {local:%H:%M} in {zone}"
        for stop in person.stops:
            yield from self._stopped(stop, fact, now, debts)
        for plan, status in person.quiet.items():
            if status in QUIET and debts & person.plans.get(plan, set()) and purpose not in (*ANYWAY, "plan_service"):
                yield "plan", f"{purpose} while the plan {plan} is {status}"
        for one in person.opt_outs:
            here = one.get("channel") in (None, channel) and one.get("contact") in (None, fact.get("contact"))
            if here and purpose != "opt_out_confirmation":
                yield "opt_out", f"{channel} after an opt-out"
        if law.time_barred and purpose in THREATS:
            for debt in debts:
                if debt in person.barred and person.barred[debt] <= now:
                    yield "time_barred", f"{purpose} about {debt}"
        yield from self._point(person, fact, now)
        if channel in VOICE:
            yield from self._often(person, fact, now, debts)

    def _stopped(self, stop: Fact, fact: Fact, now: datetime, debts: set[str]) -> Iterator[tuple[str, str]]:
        flag, but = stop["flag"], STOPS.get(stop["flag"])
        if flag == "ceased":
            but = self.law.ceased
        if (stop.get("until") and at_of(stop["until"]) <= now) or at_of(stop["occurred_at"]) > now:
            return
        if stop.get("accounts") and not debts & set(stop["accounts"]):
            return
        if flag in OWN_PERSON and fact.get("role", "debtor") != "debtor":
            return
        if flag == "vulnerable" and fact["channel"] in ("ai_call", "voicemail", "visit") and fact["purpose"] != "reply":
            yield "stop", "a machine or a visit to a vulnerable person"
        if flag == "adviser" and (self.profile != "UK" or now - at_of(stop["occurred_at"]) > timedelta(days=30)):
            return
        if but is not None and fact["purpose"] not in but:
            yield "stop", f"{fact['purpose']} by {fact['channel']} after {flag}"

    def _point(self, person: Person, fact: Fact, now: datetime) -> Iterator[tuple[str, str]]:
        channel, point = fact["channel"], person.points.get(fact.get("contact", ""))
        if point is None or point.get("ended") or channel not in point["channels"]:
            yield "address", f"no contact point {fact.get('contact')} for {channel}"
            return
        if point["address"] != fact.get("address") or self.address[point["address"]] != fact["customer"]:
            yield "address", "it goes to an address that is not this person's"
        if channel in (*VOICE, *ELECTRONIC):
            since, until = point.get("consent_since"), point.get("consent_until")
            if since is None or at_of(since) > now or (until and at_of(until) <= now):
                yield "consent", f"{channel} without consent"
        if self.law.fresh and channel == "sms":
            fresh = point.get("fresh_at")
            if fresh is None or now - at_of(fresh) > timedelta(days=self.law.fresh):
                yield "fresh", "a text to a number that was not checked"
        if self.law.verified and channel in WRITTEN and not point.get("verified"):
            yield "identity", f"{channel} to an address that is not verified"
        places = DIRECT if self.law.workplace else ("visit", "letter") if self.law.verified else ()
        if channel in places and point.get("work") is not False and not person.work_allowed:
            yield "workplace", f"{channel} to an address that is or may be at work"

    def _often(self, person: Person, fact: Fact, now: datetime, debts: set[str]) -> Iterator[tuple[str, str]]:
        zone = ZoneInfo((person.zones or (self.law.terms.zone,))[0])
        today = now.astimezone(zone).date()
        calls = talks = 0
        for one in person.attempts:
            if one["channel"] not in VOICE:
                continue
            ago = (today - one["at"].astimezone(zone).date()).days
            talked = self.results.get(one["attempt"], "") in TALKS
            talks += ago == 0 and talked
            if (
                ago < 7
                and debts & set(one.get("accounts", debts))
                and self.results.get(one["attempt"]) != "not_connected"
            ):
                calls += 1
                if self.law.rest and talked:
                    yield "rest", f"a call {ago} days after a talk about the same debt"
        if talks >= self.law.talks:
            yield "often", f"a call after {talks} talks on one day"
        if calls >= self.law.calls:
            yield "often", f"a call after {calls} calls within seven days"

    # -- whose it is ---------------------------------------------------------------------------

    def _private(self, person: Person, fact: Fact, now: datetime) -> Iterator[tuple[str, str]]:
        """Nothing of another in it: no name, no account, no mailbox, no amount."""
        for debt in fact.get("accounts", ()):
            if self.owner.get(debt, fact["customer"]) != fact["customer"]:
                yield "privacy", f"it is about {debt}, which is another's"
        text = f"{fact.get('subject', '')} {fact.get('text', '')}"
        for name in re.findall(r"Customer \d{5}|客户\d{5}", text):
            if name != person.name:
                yield "privacy", f"it names {name}"
        for id in re.findall(r"\bc\d{5}\b", text):
            if id != fact["customer"]:
                yield "privacy", f"it names {id}"
        tails = {account[-4:] for account in person.accounts}
        for tail in re.findall(r"(?:ending|ending in|尾号)\s*(\w{4})\b", text):
            if tail not in tails:
                yield "privacy", f"it names an account ending {tail}"
        for account in re.findall(r"\ba\d{7}\b", text):
            if account not in person.accounts:
                yield "privacy", f"it names {account}"
        yield from self._amounts(person, text, now)

    def _amounts(self, person: Person, text: str, now: datetime) -> Iterator[tuple[str, str]]:
        """Each amount is one that the log tells of this person, or that plain reckoning finds, of one account or of all."""
        day = now.astimezone(ZoneInfo(self.law.terms.zone)).date().toordinal()
        owned = [self.accounts[id] for id in sorted(person.accounts) if id in self.accounts]
        each = [
            (stand.balance, stand.past_due, stand.due, one.fees, one.interest, one.stated)
            for one in owned
            for stand in [one.on(day)]
        ]
        own = {amount for one in each for amount in one} | {sum(column) for column in zip(*each, strict=True)}
        today = date.fromordinal(day).isoformat()
        own |= {person.overdue(plan, today) for plan in person.rows}
        for whole in re.findall(r"[¥$£]([\d,]+\.\d\d)", text):
            amount = int(whole.replace(",", "").replace(".", ""))
            if amount not in own and amount not in person.amounts:
                yield "privacy", f"the amount {whole} is none of theirs"

    # -- lives ---------------------------------------------------------------------------------

    def lives(self, until: date) -> Iterator[Violation]:
        """Every account is in one state at the end of every day: the one that plain reckoning finds, reached step by step."""
        zone = ZoneInfo(self.law.terms.zone)
        accounts: dict[str, Account] = {}
        told: dict[str, tuple[int, str, Fact]] = {}
        anew: set[str] = set()
        day: date | None = None
        for seq, at, fact in self.log:
            on = datetime.fromtimestamp(at / 1e6, zone).date()
            while day is not None and on > day:
                if day <= until:
                    yield from self._day(day, accounts, told)
                anew.clear()
                day += timedelta(days=1)
            day = day or on
            id = fact.get("account")
            if id is None:
                continue
            if fact["kind"] == "position_changed":
                before = told[id][1] if id in told else "CURRENT"
                if not may_follow(before, fact["state"], id in anew):
                    yield Violation("life", seq, id, f"from {before} to {fact['state']}")
                told[id] = (seq, fact["state"], fact)
            else:
                account = accounts.setdefault(id, Account(self.law.terms))
                account.add(fact)
                if fact["kind"] in ("payment_reversed", "pause_ended") or fact["occurred_at"] != fact.get(
                    "recorded_at"
                ):
                    anew.add(id)
        if day is not None and day <= until:
            yield from self._day(day, accounts, told)

    def _day(
        self, day: date, accounts: dict[str, Account], told: dict[str, tuple[int, str, Fact]]
    ) -> Iterator[Violation]:
        for id, account in accounts.items():
            stand = account.on(day.toordinal())
            seq, state, fact = told.get(id, (0, "CURRENT", {}))
            if stand.state != state:
                yield Violation(
                    "state", seq, id, f"on {day} it is {stand.state} ({stand.days} days), the log says {state}"
                )
            elif stand.past_due != fact.get("past_due", 0):
                yield Violation(
                    "past_due",
                    seq,
                    id,
                    f"on {day} {stand.past_due} is past due, the log says {fact.get('past_due', 0)}",
                )

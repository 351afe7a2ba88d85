"""The contact gate: every rule, exact next moments, no unlawful contact over zones, DST nights and concurrent dials."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.lawful import unlawful
from tocsin.credit.conduct import (
    Address,
    Allowed,
    Attempt,
    Consent,
    Contact,
    ContactHistory,
    Debt,
    Gate,
    OptOut,
    Person,
    Profile,
    Refused,
    Stop,
    Template,
    Times,
    read_laws,
    read_profiles,
    read_words,
    template_problems,
    tightened,
)
from tocsin.credit.conduct.gate import AT_CONTACT
from tocsin.credit.conduct.people import CHANNELS, OUTCOMES, PURPOSES, ROLES
from tocsin.faces.chinese import chinese
from tocsin.values import instant
from tocsin.values import problem as problems
from tocsin.values.calendar import Calendar, dated, number, public

LAWS = Path(__file__).parent.parent / "src" / "tocsin" / "laws"
FILES = ("cn.yaml", "us.yaml", "uk.yaml", "international.yaml", "house.yaml")
ZONE = {"CN": "Asia/Shanghai", "US": "America/New_York", "UK": "Europe/London"}
DAY = 86_400_000_000
HOUR = 3_600_000_000

WRITTEN_IDS = """
US-REGF-14b2iA US-REGF-14b2iB US-REGF-14b3 US-REGF-6b1i US-REGF-6b1ii US-REGF-6b2 US-REGF-6b3 US-REGF-6c1 US-REGF-6d1
US-REGF-6d5 US-REGF-6e US-REGF-14h US-REGF-2j US-REGF-26b US-REGF-30a US-REGF-34 US-REGF-100 US-TCPA-REV US-FFIEC-CHGOFF
US-FFIEC-SUBSTD US-FFIEC-REAGE US-REGZ-55b4 US-REGZ-52b US-REGB-2c UK-CONC-7.9.4 UK-CONC-7.9.7 UK-CONC-7.9.10
UK-CONC-7.9.12 UK-CONC-7.3 UK-CONC-7.3.11 UK-CONC-7.11.6 CN-CARD-56 CN-CARD-66 CN-CARD-67 CN-CARD-68 CN-CARD-69
CN-CARD-70-TERM CN-CARD-70-CONTENT CN-CARD-70-STOP CN-GBT45251-WHO CN-GBT45251-TIME CN-GBT45251-FREQ CN-GBT45251-AGENCY
CN-PBC-111-FEE CN-FEE-5PCT CN-CREDIT-15 CN-CREDIT-16 CN-CREDIT-REPAIR CN-5CLASS CN-PIPL-24 CN-13-INSTAL IFRS9-5.5.11
IFRS9-B5.5.37
CN-PBC-111-RATE CN-PBC-251 CN-CREDIT-15-DAYS US-REGZ-51a US-FCRA-623a7 UK-OFT-842 UK-CONC-6.7.16 UK-SCOR-28
"""
ELSEWHERE_IDS = """
US-FFIEC-CHGOFF US-FFIEC-SUBSTD US-FFIEC-REAGE US-REGZ-55b4 US-REGZ-52b US-REGB-2c CN-CARD-56 CN-CARD-66 CN-CARD-67
CN-CARD-70-TERM CN-GBT45251-AGENCY CN-PBC-111-FEE CN-FEE-5PCT CN-CREDIT-16 CN-CREDIT-REPAIR CN-5CLASS CN-PIPL-24
CN-13-INSTAL IFRS9-5.5.11 IFRS9-B5.5.37
CN-PBC-111-RATE CN-PBC-251 CN-CREDIT-15-DAYS US-REGZ-51a US-FCRA-623a7 UK-OFT-842 UK-CONC-6.7.16 UK-SCOR-28
"""
"""No questions of contact: the data names the place that enforces each."""
IDS, ELSEWHERE = WRITTEN_IDS.split(), ELSEWHERE_IDS.split()


def text(name: str) -> str:
    return (LAWS / name).read_text(encoding="utf-8")


@cache
def profiles() -> dict[str, Profile]:
    law = read_laws({name: text(name) for name in FILES})
    return read_profiles(law, read_words(text("words.yaml"), "words.yaml"), text("profiles.yaml"), "profiles.yaml")


@cache
def gate(place: str) -> Gate:
    profile = profiles()[place]
    return Gate(profile, public(profile.calendar, 2020, 2027))


def at(local: str, zone: str, fold: int = 0) -> int:
    return instant.micros(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold))


def person(place: str, **changes: Any) -> Person:
    """Wang: one debt, addresses of their own on every channel, all of it known and in order."""
    mine = Address("wang", CHANNELS, Consent(0), verified=True, work=False, fresh_at=at("2026-07-01 12:00", "UTC"))
    addresses = {
        "mine": mine,
        "office": replace(mine, work=True),
        "cafe": replace(mine, inconvenient=True),
        "stale": replace(mine, fresh_at=at("2026-05-01 12:00", "UTC")),
        "unverified": replace(mine, verified=False),
        "li": replace(mine, person="li"),
        "lawyer": replace(mine, person="lawyer"),
    }
    debt = Debt(limitation=at("2028-01-01 00:00", "UTC"), validated_at=at("2026-01-05 00:00", "UTC"))
    base = Person("wang", (ZONE[place],), (), (), addresses, {"card": debt, "loan": debt})
    return replace(base, **changes)


def contact(**changes: Any) -> Contact:
    base = Contact("wang", "debtor", "mine", "call", "collection", ("card",), "agency", verified=True)
    return replace(base, **changes)


def history(*attempts: Attempt, since: int = 0) -> ContactHistory:
    return ContactHistory("wang", since, attempts)


def tried(local: str, place: str, outcome: str = "no_answer", **changes: Any) -> Attempt:
    name = changes.pop("id", local)
    base = Attempt(name, at(local, ZONE[place]), "wang", "debtor", "call", "collection", ("card",), outcome)
    return replace(base, **changes)


def stops(*flags: str, **more: Any) -> dict[str, Any]:
    return {"stops": tuple(Stop(flag, 0, **more) for flag in flags)}


SEVEN = tuple(tried(f"2026-07-{day:02} {hour}", "US") for day, hour in ((6, "09:00"), (6, "10:00"), (7, "09:00"), (7, "18:00"), (8, "09:00"), (9, "09:00"), (10, "09:00")))  # fmt: skip
TALK = tried("2026-07-08 20:00", "US", "conversation")
TALKS = tuple(tried(f"2026-07-10 {hour}", "CN", "conversation", person=who, debts=(debt,)) for hour, who, debt in (("08:30", "wang", "card"), ("09:00", "li", "loan"), ("09:30", "wang", "loan")))  # fmt: skip
NOTICE = tried("2026-07-01 10:00", "US", "sent", purpose="bureau_notice", channel="letter")
FURNISH = {"channel": "bureau", "purpose": "furnish", "address": ""}
LI = {"person": "li", "role": "contact", "address": "li", "purpose": "locate", "discloses": False}

ROWS: list[tuple[str, str, str, dict[str, Any], dict[str, Any], tuple[Attempt, ...], str | None]] = [
    # rule             place  local time          contact                                  person                           history   next allowed, local
    ("CN-GBT45251-TIME", "CN", "2026-07-10 22:00", {}, {}, (), "2026-07-11 08:00"),
    ("CN-GBT45251-TIME", "CN", "2026-07-10 07:59", {"channel": "sms"}, {}, (), "2026-07-10 08:00"),
    ("CN-GBT45251-FREQ", "CN", "2026-07-10 12:00", {"channel": "ai_call"}, {}, TALKS, "2026-07-11 08:00"),
    ("CN-GBT45251-WHO", "CN", "2026-07-10 12:00", LI, {}, (), None),
    ("CN-GBT45251-WHO", "CN", "2026-07-10 12:00", LI, {"stops": (Stop("unreachable", 0), Stop("refused", 0, person="li"))}, (), None),
    ("CN-GBT45251-WHO", "CN", "2026-07-10 12:00", {**LI, "discloses": True}, stops("unreachable"), (), None),
    ("CN-CARD-68", "CN", "2026-07-10 12:00", {**LI, "purpose": "collection"}, stops("unreachable"), (), None),
    ("CN-CARD-69", "CN", "2026-07-10 12:00", {}, stops("disputed", debts=("card",)), (), None),
    ("CN-CARD-70-STOP", "CN", "2026-07-10 12:00", {}, stops("plan_performing"), (), None),
    ("CN-CARD-70-STOP", "CN", "2026-07-10 12:00", {}, stops("plan_performing", until=at("2026-07-12 23:00", "Asia/Shanghai")), (), "2026-07-13 08:00"),
    ("CN-CREDIT-15", "CN", "2026-07-10 12:00", FURNISH, {}, (), None),
    ("CN-CREDIT-15", "CN", "2026-07-10 12:00", FURNISH, {}, (tried("2026-07-10 11:00", "CN", "delivered", purpose="bureau_notice", channel="sms"),), "2026-07-11 00:00"),
    ("US-REGF-6b1i", "US", "2026-07-10 21:01", {}, {}, (), "2026-07-11 08:00"),
    ("US-REGF-6b1i", "US", "2026-07-10 09:00", {"channel": "sms"}, {"zones": ("America/New_York", "America/Los_Angeles")}, (), "2026-07-10 11:00"),
    ("US-REGF-6b1ii", "US", "2026-07-10 12:00", {}, {"times": (Times("wang", False, frozenset({4}), 9 * HOUR, 17 * HOUR),)}, (), "2026-07-10 17:00"),
    ("US-REGF-6b1ii", "US", "2026-07-10 12:00", {"address": "cafe"}, {}, (), None),
    ("US-REGF-6b2", "US", "2026-07-10 12:00", {}, stops("attorney"), (), None),
    ("US-REGF-6b3", "US", "2026-07-10 12:00", {"address": "office"}, {}, (), None),
    ("US-REGF-6c1", "US", "2026-07-10 12:00", {"channel": "letter"}, stops("ceased"), (), None),
    ("US-REGF-6d1", "US", "2026-07-10 12:00", {**LI, "discloses": True}, {}, (), None),
    ("US-REGF-6d1", "US", "2026-07-10 12:00", {**LI, "role": "third"}, {}, (), None),
    ("US-REGF-6d5", "US", "2026-07-10 12:00", {"channel": "sms", "address": "stale"}, {}, (), None),
    ("US-REGF-6e", "US", "2026-07-10 12:00", {"channel": "email"}, {"opt_outs": (OptOut("wang", 0, "email", "mine"),)}, (), None),
    ("US-REGF-14h", "US", "2026-07-10 12:00", {}, {"opt_outs": (OptOut("wang", 0, "call"),)}, (), None),
    ("US-TCPA-REV", "US", "2026-07-10 12:00", {"channel": "sms", "purpose": "opt_out_confirmation"}, {"opt_outs": (OptOut("wang", 0, "sms"),)},
        (tried("2026-07-09 12:00", "US", "delivered", channel="sms", purpose="opt_out_confirmation"),), None),
    ("US-REGF-14b2iA", "US", "2026-07-10 12:00", {}, {}, SEVEN, "2026-07-13 08:00"),
    ("US-REGF-14b2iB", "US", "2026-07-10 12:00", {}, {}, (TALK,), "2026-07-15 08:00"),
    ("US-REGF-14b2iB", "US", "2026-07-10 12:00", {}, {}, (replace(TALK, inbound=True),), "2026-07-15 08:00"),
    ("US-REGF-2j", "US", "2026-07-10 12:00", {"channel": "voicemail"}, {}, (), None),
    ("US-REGF-26b", "US", "2026-07-10 12:00", {"channel": "court", "purpose": "suit", "address": ""}, {"debts": {"card": Debt(at("2026-07-01 00:00", "UTC"), None, 0)}}, (), None),
    ("US-REGF-30a", "US", "2026-07-10 12:00", FURNISH, {}, (NOTICE,), "2026-07-16 00:00"),
    ("US-REGF-30a", "US", "2026-07-10 12:00", FURNISH, {}, (replace(NOTICE, outcome="undeliverable"),), None),
    ("US-REGF-34", "US", "2026-07-10 12:00", {}, {"debts": {"card": Debt(None, at("2026-07-04 12:00", "America/New_York"))}}, (), None),
    ("UK-CONC-7.9.4", "UK", "2026-07-10 21:30", {}, {}, (), "2026-07-11 09:00"),
    ("UK-CONC-7.9.4", "UK", "2026-12-25 12:00", {}, {}, (), "2026-12-27 09:00"),
    ("UK-CONC-7.9.7", "UK", "2026-07-10 12:00", {"channel": "letter", "address": "office"}, {}, (), None),
    ("UK-CONC-7.9.10", "UK", "2026-07-10 12:00", {"verified": False}, {}, (), None),
    ("UK-CONC-7.9.10", "UK", "2026-07-10 12:00", {"channel": "email", "address": "unverified"}, {}, (), None),
    ("UK-CONC-7.9.12", "UK", "2026-07-10 12:00", {"channel": "visit"}, {}, (), None),
    ("UK-CONC-7.9.12", "UK", "2026-07-10 12:00", {"channel": "visit"}, {}, (tried("2026-07-08 09:00", "UK", "sent", channel="letter", purpose="visit_notice"),), "2026-07-16 08:00"),
    ("UK-CONC-7.3.11", "UK", "2026-07-10 12:00", {}, {"stops": (Stop("adviser", at("2026-07-01 12:00", "Europe/London")),)}, (), "2026-08-01 09:00"),
    ("UK-CONC-7.11.6", "UK", "2026-07-10 12:00", {"channel": "letter", "purpose": "legal_warning"}, {"debts": {"card": Debt(None)}}, (), None),
]  # fmt: skip

LAWFUL: list[tuple[str, str, str, dict[str, Any], dict[str, Any], tuple[Attempt, ...]]] = [
    # what the laws themselves except
    ("CN-GBT45251-TIME", "CN", "2026-07-10 23:00", {}, {"times": (Times("wang", True, frozenset(range(7)), 22 * HOUR, DAY),)}, ()),
    ("CN-GBT45251-WHO", "CN", "2026-07-10 12:00", LI, stops("unreachable"), ()),
    ("CN-GBT45251-FREQ", "CN", "2026-07-10 12:00", {}, {}, (*TALKS[:2], tried("2026-07-10 09:30", "CN"))),
    ("CN-CARD-70-STOP", "CN", "2026-07-10 12:00", {"purpose": "plan_service"}, stops("plan_performing"), ()),
    ("CN-CARD-69", "CN", "2026-07-10 12:00", {}, stops("disputed", debts=("loan",)), ()),
    ("US-REGF-6c1", "US", "2026-07-10 12:00", {"channel": "letter", "purpose": "end_of_efforts"}, stops("ceased"), ()),
    ("US-REGF-6b2", "US", "2026-07-10 12:00", {"person": "lawyer", "role": "attorney", "address": "lawyer"}, stops("attorney"), ()),
    ("US-REGF-14b3", "US", "2026-07-10 12:00", {}, {}, (*SEVEN[:6], replace(SEVEN[6], outcome="not_connected"))),
    ("US-REGF-14b3", "US", "2026-07-10 12:00", {"consented_at": at("2026-07-09 12:00", "UTC")}, {}, (TALK, *SEVEN)),
    ("US-REGF-14b3", "US", "2026-07-10 12:00", {}, {}, (*SEVEN[:6], replace(SEVEN[6], consented_at=SEVEN[6].at - DAY))),
    ("US-REGF-14b2iA", "US", "2026-07-10 12:00", {"debts": ("loan",)}, {}, SEVEN),
    ("US-REGF-30a", "US", "2026-07-10 12:00", FURNISH, {}, (TALK,)),
    ("US-REGF-34", "US", "2026-07-10 12:00", {}, {"debts": {"card": Debt(None, at("2026-07-05 12:00", "America/New_York"))}}, ()),
    ("US-TCPA-REV", "US", "2026-07-10 12:00", {"channel": "sms", "purpose": "opt_out_confirmation"}, {"opt_outs": (OptOut("wang", 0, "sms"),)}, ()),
    ("US-REGF-6b3", "US", "2026-07-10 12:00", {"address": "office"}, {"work_allowed": True}, ()),
    ("UK-CONC-7.9.12", "UK", "2026-07-16 12:00", {"channel": "visit"}, {}, (tried("2026-07-08 09:00", "UK", "sent", channel="letter", purpose="visit_notice"),)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "place", "local", "changes", "standing", "past", "then"), ROWS)
def test_each_rule_refuses(
    rule: str, place: str, local: str, changes: Any, standing: Any, past: Any, then: Any
) -> None:
    asked, who, now = contact(**changes), person(place, **standing), at(local, ZONE[place])
    answer = gate(place).ask(asked, who, history(*past), now)
    assert isinstance(answer, Refused), answer
    assert rule in (answer.rule, *answer.also)
    assert answer.next_allowed == (None if then is None else at(then, ZONE[place])), answer
    english, other = answer.sentence("en"), answer.sentence("zh")
    assert answer.source in english and answer.source in other and "{" not in english + other
    assert unlawful(place, asked, who, list(past), now), "the slow reading sees nothing wrong"


@pytest.mark.parametrize(("rule", "place", "local", "changes", "standing", "past"), LAWFUL)
def test_each_exception_is_kept(rule: str, place: str, local: str, changes: Any, standing: Any, past: Any) -> None:
    answer = gate(place).ask(contact(**changes), person(place, **standing), history(*past), at(local, ZONE[place]))
    assert isinstance(answer, Allowed), answer


TEXTS = [  # rule, place, channel, purpose, language, text, what is wrong
    ("US-REGF-6e", "US", "email", "collection", "en", "{sender}: {name}, please call {phone}.", "'opt_out' is missing"),
    ("US-REGF-2j", "US", "voicemail", "collection", "en", "{sender}. Call {callback} about {balance}.", "may not stand here"),
    ("US-REGF-2j", "US", "voicemail", "collection", "en", "{sender}. Call {callback} about your debt.", "'debt' is forbidden"),
    ("US-REGF-26b", "US", "letter", "collection", "en", "{sender}: we will sue you.", "'sue you' is forbidden"),
    ("US-REGF-34", "US", "letter", "validation_notice", "en", "{sender}: {name} owes {balance}.", "'rights' is missing"),
    ("US-REGF-6d1", "US", "letter", "collection", "en", "{sender}: we will tell your employer.", "forbidden as 'disclosure'"),
    ("CN-CARD-68", "CN", "sms", "collection", "zh", "{sender}:再不处理,后果自负。退订回T", "'后果自负' is forbidden"),
    ("CN-CARD-68", "CN", "sms", "collection", "zh", "{sender}:你这个老 赖。退订回T", "'老 赖' is forbidden"),
    ("CN-CARD-69", "CN", "letter", "collection", "zh", "{sender}致{name}:欠款{balance}元,{reason}。{phone}", "'seal' is missing"),
    ("CN-CARD-70-CONTENT", "CN", "letter", "offer", "zh", "{sender}致{name}:余额{balance},安排{schedule}。{phone}", "'no_new_card' is missing"),
    ("CN-GBT45251-WHO", "CN", "sms", "locate", "zh", "{sender}:请转告{name}其信用卡事宜。", "'信用卡' is forbidden"),
    ("UK-CONC-7.3", "UK", "letter", "collection", "en", "{sender} {name} {balance} {phone}", "'debt_advice' is missing"),
    ("UK-CONC-7.3", "UK", "sms", "collection", "en", "{sender}: borrow from a friend. Reply STOP", "forbidden as 'pressure'"),
    ("UK-CONC-7.11.6", "UK", "letter", "collection", "en", "{sender}: a bailiff comes.", "forbidden as 'legal_threat'"),
    ("UK-CONC-7.9.12", "UK", "letter", "visit_notice", "en", "{sender}: {name}, we come on {date}. {phone}", "'reason' is missing"),
    ("UK-CONC-7.9.7", "UK", "letter", "collection", "en", "{sender}: we publish your name", "no such words"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "place", "channel", "purpose", "language", "said", "wrong"), TEXTS)
def test_each_rule_of_content(
    rule: str, place: str, channel: str, purpose: str, language: str, said: str, wrong: str
) -> None:
    found = template_problems(Template("t", purpose, {language: said}), profiles()[place], channel)
    mine = [str(one) for one in found if rule in one.what]
    if wrong != "no such words":
        assert any(wrong in one for one in mine), found
    assert all(chinese(one.what) != one.what for one in found)


def test_good_texts_pass_and_places_are_told() -> None:
    good = {
        "en": "{sender}: {name}, {minimum_due} is due on {due_date}. Pay at {link}. Reply STOP to opt out.",
        "zh": "{sender}:{name}您好,本期最低应还{minimum_due},请于{due_date}前还款。退订回T",
    }
    for place in ZONE:
        assert template_problems(Template("due", "reminder", good), profiles()[place], "sms") == []
    message = {"en": "This is {sender} for {name}. Please call {callback}."}
    assert template_problems(Template("vm", "collection", message), profiles()["US"], "voicemail") == []
    bad = Template("due", "reminder", {"zh": "{sender}:您好\n请还款,否则起诉{nmae}。退订回T"})
    assert [one.where for one in template_problems(bad, profiles()["CN"], "sms")] == ["due zh:2:7", "due zh:2:9"]
    assert template_problems(Template("x", "reminder", {"fr": "a"}), profiles()["CN"], "sms")[0].where == "x fr"
    assert template_problems(Template("x", "reminder", {}), profiles()["CN"], "sms")
    assert template_problems(Template("x", "remind", {"en": "a"}), profiles()["CN"], "sms")[0].remedy
    assert template_problems(Template("x", "reminder", {"en": "a {b"}), profiles()["CN"], "pigeon")


def test_every_rule_is_exercised_or_has_its_place() -> None:
    rules = {rule.id: rule for profile in profiles().values() for rule in profile.rules}
    assert set(IDS) == {id for id, rule in rules.items() if rule.jurisdiction != "HOUSE"} and len(IDS) == 61
    tested = {row[0] for row in ROWS} | {row[0] for row in LAWFUL} | {row[0] for row in TEXTS} | {"US-REGF-100"}
    for id in IDS:
        assert (id in tested) != (id in ELSEWHERE), id
        if id in ELSEWHERE:
            place = rules[id].elsewhere
            assert place and place["en"] and place["zh"] and not any(one.name in AT_CONTACT for one in rules[id].checks)
        else:
            assert rules[id].checks


def test_what_is_not_confirmed_is_in_force_and_marked() -> None:
    answer = gate("CN").ask(contact(), person("CN"), history(), at("2026-07-10 23:00", ZONE["CN"]))
    assert isinstance(answer, Refused)
    assert "to be confirmed by counsel" in answer.sentence("en") and "待法律顾问确认" in answer.sentence("zh")
    allowed = gate("US").ask(contact(), person("US"), history(), at("2026-07-10 12:00", ZONE["US"]))
    assert (
        isinstance(allowed, Allowed)
        and "US-REGF-6d1" in allowed.unconfirmed
        and "US-REGF-6b1i" not in allowed.unconfirmed
    )


def test_records_are_kept_and_answers_revoke() -> None:
    assert (
        gate("US").keep_until("recordings", 0) >= 3 * 365 * DAY and gate("CN").keep_until("records", 0) >= 2 * 365 * DAY
    )
    assert gate("US").revokes(" Stop! ") and gate("US").revokes("opt-out") and gate("CN").revokes("退订。")
    assert not gate("US").revokes("do not stop by today")


# -- fails closed ------------------------------------------------------------------------------------------------------

UNKNOWN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("GATE-CHANNEL", {"channel": "pigeon"}, {}),
    ("GATE-PURPOSE", {"purpose": "chat"}, {}),
    ("GATE-PURPOSE", {"purpose": "furnish"}, {}),
    ("GATE-PURPOSE", {"channel": "court"}, {}),
    ("GATE-ROLE", {"role": "boss"}, {}),
    ("GATE-BY", {"by": "nobody"}, {}),
    ("GATE-PERSON", {"role": "guarantor"}, {}),
    ("GATE-PERSON", {"person": "li", "address": "li"}, {}),
    ("GATE-ZONE", {}, {"zones": ()}),
    ("GATE-ZONE", {}, {"zones": ("Asia/Shanghai", "Mars/Olympus")}),
    ("GATE-ZONE", {}, {"zones": ("",)}),
    ("GATE-STANDING", {}, {"stops": None}),
    ("GATE-STANDING", {}, {"opt_outs": None}),
    ("GATE-FLAG", {}, {"stops": (Stop("something new", 0),)}),
    ("GATE-DEBT", {"debts": ()}, {}),
    ("GATE-DEBT", {"debts": ("card", "another's")}, {}),
    ("GATE-ADDRESS", {"address": "nowhere"}, {}),
    ("GATE-ADDRESS", {"address": "li"}, {}),
    ("HOUSE-CONSENT", {"address": "x"}, {"addresses": {"x": Address("wang", CHANNELS, None, True, False)}}),
]


@pytest.mark.parametrize(("rule", "changes", "standing"), UNKNOWN)
def test_what_is_not_known_refuses(rule: str, changes: Any, standing: Any) -> None:
    for place, zone in ZONE.items():
        asked, who = contact(**changes), person(place, **standing)
        answer = gate(place).ask(asked, who, history(), at("2026-07-10 12:00", zone))
        assert isinstance(answer, Refused) and rule in (answer.rule, *answer.also) and answer.next_allowed is None
        assert answer.sentence("en") and answer.sentence("zh")


def test_a_history_that_begins_too_late_refuses_until_it_reaches_back() -> None:
    now = at("2026-07-10 12:00", ZONE["US"])
    answer = gate("US").ask(contact(), person("US"), history(since=now - DAY), now)
    assert isinstance(answer, Refused) and answer.rule == "GATE-HISTORY" and answer.next_allowed is not None
    exact(gate("US"), contact(), person("US"), history(since=now - DAY), now)
    other = gate("US").ask(contact(), person("US"), ContactHistory("li", 0), now)
    assert isinstance(other, Refused) and other.rule == "GATE-HISTORY" and other.next_allowed is None


# -- properties --------------------------------------------------------------------------------------------------------

ZONES = (
    "Asia/Shanghai", "America/New_York", "Europe/London", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/St_Johns", "America/Havana", "Asia/Beirut", "Africa/Casablanca", "Pacific/Apia", "Pacific/Chatham",
    "America/Scoresbysund", "Africa/Cairo", "America/Santiago", "Pacific/Kiritimati", "America/Phoenix", "Asia/Tehran",
)  # fmt: skip
NIGHTS = (
    "2026-03-08",
    "2026-11-01",
    "2026-03-29",
    "2026-10-25",
    "2025-04-06",
    "2025-10-05",
    "2026-12-25",
    "2025-10-26",
)
BEGIN, END = at("2025-05-01 00:00", "UTC"), at("2027-06-01 00:00", "UTC")


@st.composite
def moments(draw: st.DrawFn) -> int:
    if draw(st.booleans()):
        return draw(st.integers(BEGIN, END))
    night = at(draw(st.sampled_from(NIGHTS)) + " 00:00", "UTC")
    return night + draw(st.integers(-14, 40)) * HOUR + draw(st.sampled_from((-1, 0, 1, 17 * 60_000_000)))


@st.composite
def scenes(draw: st.DrawFn) -> tuple[str, Contact, Person, list[Attempt], int]:
    place, now = draw(st.sampled_from(sorted(ZONE))), draw(moments())
    zones = tuple(draw(st.lists(st.sampled_from((ZONE[place], *ZONES)), min_size=1, max_size=2, unique=True)))
    channel = draw(st.sampled_from(("call", "call", "ai_call", *CHANNELS)))
    purposes = {"bureau": ("furnish",), "court": ("suit",)}.get(channel, ("collection", "collection", *PURPOSES))
    asked = contact(
        channel=channel,
        purpose=draw(st.sampled_from(purposes)),
        debts=draw(st.sampled_from((("card",), ("card", "loan")))),
        by=draw(st.sampled_from(("lender", "agency"))),
        discloses=draw(st.booleans()),
        verified=draw(st.booleans()),
        address=draw(st.sampled_from(("mine", "mine", "mine", "office", "cafe", "stale", "unverified"))),
        consented_at=draw(st.none() | st.integers(-9 * DAY, DAY).map(lambda ago: now + ago)),
    )
    role = draw(st.sampled_from(("debtor", "debtor", "debtor", *ROLES)))
    if role != "debtor":
        asked = replace(asked, person="li", role=role, address="li")
    near = st.integers(-35 * DAY, 2 * DAY).map(lambda ago: now + ago)
    later = st.none() | st.integers(0, 40 * DAY).map(lambda ahead: now + ahead)
    flag = st.sampled_from(
        ("ceased", "attorney", "adviser", "disputed", "deceased", "plan_performing", "vulnerable", "unreachable")
    )
    window = st.builds(
        lambda agreed, days, start, size, since: Times("wang", agreed, days, start, start + size, since=since),
        st.booleans(), st.frozensets(st.integers(0, 6), min_size=1), st.integers(0, 20).map(lambda one: one * HOUR),
        st.integers(1, 4).map(lambda one: one * HOUR), st.none() | near,
    )  # fmt: skip
    who = person(
        place,
        zones=zones,
        stops=tuple(draw(st.lists(st.builds(Stop, flag, near, later), max_size=1))),
        opt_outs=tuple(draw(st.lists(st.builds(OptOut, st.just("wang"), near, st.sampled_from(CHANNELS), ended=later), max_size=1))),
        times=tuple(draw(st.lists(window, max_size=2))),
    )  # fmt: skip
    one = st.builds(
        Attempt,
        id=st.uuids().map(str),
        at=st.integers(-9 * DAY, DAY // 2).map(lambda ago: now + ago) | near,
        person=st.sampled_from(("wang", "wang", "li")),
        role=st.just("debtor"),
        channel=st.sampled_from(("call", "call", "ai_call", "sms", "letter")),
        purpose=st.sampled_from(("collection", "collection", "bureau_notice", "visit_notice")),
        debts=st.sampled_from((("card",), ("loan",), ("card", "loan"), ())),
        outcome=st.sampled_from((*OUTCOMES, "no_answer", "no_answer")),
        inbound=st.booleans() if draw(st.booleans()) else st.just(False),
    )
    return place, asked, who, draw(st.lists(one, max_size=draw(st.sampled_from((2, 12))))), now


def exact(of: Gate, asked: Contact, who: Person, past: ContactHistory, now: int) -> int | None:
    """The next allowed moment, shown to be the first: allowed then, and not a microsecond before."""
    then = of.next_allowed(asked, who, past, now)
    if then is not None and then > now:
        assert isinstance(of.ask(asked, who, past, then), Allowed)
        assert isinstance(of.ask(asked, who, past, then - 1), Refused)
    return then


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenes())
def test_nothing_unlawful_is_allowed_and_next_is_exact(scene: tuple[str, Contact, Person, list[Attempt], int]) -> None:
    place, asked, who, past, now = scene
    then = exact(gate(place), asked, who, history(*past), now)
    if then is not None:
        assert unlawful(place, asked, who, past, then) == []
    for hours in (1, 5, 11, 26, 24 * 5, 24 * 9):  # and at no time before it, looked at coarsely
        probe = now + hours * HOUR
        if then is None or probe < then:
            assert isinstance(gate(place).ask(asked, who, history(*past), probe), Refused)
        elif isinstance(gate(place).ask(asked, who, history(*past), probe), Allowed):
            assert unlawful(place, asked, who, past, probe) == []


@settings(max_examples=150, deadline=None)
@given(scenes(), st.data())
def test_back_dated_attempts_and_orders_do_not_matter(scene: Any, data: st.DataObject) -> None:
    place, asked, who, past, now = scene
    shuffled = data.draw(st.permutations(past))
    grown = ContactHistory("wang", 0)
    for one in shuffled:
        grown = grown.with_attempt(one)
    first = gate(place).ask(asked, who, history(*past), now)
    assert bool(gate(place).ask(asked, who, grown, now)) == bool(first)
    assert gate(place).next_allowed(asked, who, grown, now) == gate(place).next_allowed(asked, who, history(*past), now)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(ZONE)), st.sampled_from(ZONES), moments(), st.lists(st.tuples(st.integers(0, 30 * HOUR), st.sampled_from((*OUTCOMES, "")), st.sampled_from(("wang", "li"))), min_size=5, max_size=40))  # fmt: skip
@example("US", "America/New_York", at("2026-10-30 08:00", ZONE["US"]), [(9 * HOUR, "no_answer", "wang")] * 30)
@example("US", "America/Havana", at("2026-10-30 08:00", ZONE["US"]), [(7 * HOUR, "", "wang")] * 30)
def test_a_dialler_that_asks_first_never_breaks_the_law(place: str, zone: str, now: int, dials: list[Any]) -> None:
    """Dials one after another, some still under way, some settled later and at another time: each is lawful."""
    who, past = person(place, zones=(zone,), **stops("unreachable")), history()
    for number_, (pause, outcome, whom) in enumerate(dials):
        now += pause
        asked = contact(discloses=False) if whom == "wang" else contact(**LI)
        if gate(place).ask(asked, who, past, now):
            assert unlawful(place, asked, who, list(past.attempts), now) == []
            past = past.reserve(asked, now, str(number_))
            past = past.settle(str(number_), outcome) if outcome else past


@pytest.mark.parametrize(("place", "most"), [("CN", 3), ("US", 1), ("UK", 10)])
def test_concurrent_dials_cannot_all_pass(place: str, most: int) -> None:
    """Forty dialers at once; the caller serialises ask and reserve per customer, as it has to."""
    who, now, lock = person(place), at("2026-07-10 12:00", ZONE[place]), threading.Lock()
    kept, passed = [history()], list[int]()

    def dial(number_: int) -> None:
        with lock:
            if gate(place).ask(contact(discloses=False), who, kept[0], now + number_):
                kept[0] = kept[0].reserve(contact(), now + number_, str(number_))
                passed.append(number_)

    threads = [threading.Thread(target=dial, args=(number_,)) for number_ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == most
    with pytest.raises(ValueError, match="reserved already"):
        kept[0].reserve(contact(), now, str(passed[0]))


def test_a_call_goes_on_under_its_own_reservation() -> None:
    now = at("2026-07-10 12:00", ZONE["US"])
    past = history().reserve(contact(), now, "a1")
    assert not gate("US").ask(contact(), person("US"), past, now + 1)
    assert gate("US").ask(contact(attempt="a1"), person("US"), past, now + 1)
    assert not gate("US").ask(contact(attempt="a1"), person("US"), past.settle("a1", "conversation"), now + 1)
    with pytest.raises(ValueError, match="not an outcome"):
        past.settle("a1", "who knows")


# -- calendars ---------------------------------------------------------------------------------------------------------


def test_shifted_workdays_of_china_are_right() -> None:
    """By the State Council's notices for 2025 and 2026."""
    known = public("CN", 2025, 2027)
    for day, kind in (
        ("2025-01-26", "workday"), ("2025-01-28", "holiday"), ("2025-09-28", "workday"), ("2025-10-08", "holiday"),
        ("2026-01-04", "workday"), ("2026-02-14", "workday"), ("2026-02-17", "holiday"), ("2026-02-28", "workday"),
        ("2026-05-09", "workday"), ("2026-09-20", "workday"), ("2026-10-10", "workday"), ("2026-10-11", "weekend"),
    ):  # fmt: skip
        assert known.kind(number(datetime.fromisoformat(day).date())) == kind, day
    unannounced = known.last + 1
    assert known.kind(unannounced) == "unknown" and dated(unannounced).year in (2027, 2028)
    with pytest.raises(ValueError, match="no public holidays"):
        public("XX", 2026, 2026)


def test_holidays_narrow_the_day_and_unknown_days_count_as_holidays() -> None:
    shanghai = ZONE["CN"]
    answer = gate("CN").next_allowed(contact(), person("CN"), history(), at("2026-10-01 08:30", shanghai))
    assert answer == at("2026-10-01 10:00", shanghai)
    assert gate("CN").ask(contact(), person("CN"), history(), at("2026-10-10 08:30", shanghai))
    blind = Gate(profiles()["CN"], Calendar("CN", 0, -1))
    answer = blind.next_allowed(contact(), person("CN"), history(), at("2026-07-10 08:30", shanghai))
    assert answer == at("2026-07-10 10:00", shanghai)


def test_dst_nights_to_the_microsecond() -> None:
    """Clocks that jump over the opening, or strike it twice."""
    night = Times("wang", True, frozenset(range(7)), 2 * HOUR, 3 * HOUR)
    eve = at("2026-03-07 22:00", ZONE["US"])
    who = person("US", times=(night,))
    assert exact(gate("US"), contact(), who, history(), eve) == at("2026-03-08 08:00", ZONE["US"])
    autumn = Times("wang", True, frozenset(range(7)), HOUR, HOUR + HOUR // 2)
    who = person("US", times=(autumn,))
    first = exact(gate("US"), contact(), who, history(), at("2026-10-31 22:00", ZONE["US"]))
    assert first == at("2026-11-01 01:00", ZONE["US"])
    assert first is not None
    again = exact(gate("US"), contact(), who, history(), first + HOUR // 2)
    assert again == at("2026-11-01 01:00", ZONE["US"], fold=1) == first + HOUR


# -- data: what may be wrong with it -----------------------------------------------------------------------------------


def test_all_mistakes_of_a_law_at_once_with_places() -> None:
    wrong = """law: CN
rules:
  A:
    kind: soft
    applies_to: bank
    text: {en: x}
    source: s
    confidence: c
    checks:
    - hours: {channels: [phone], open: "8", close: "22:00"}
    - frequncy: {}
    - frequency: {channels: [call], counts: attempts, max: 0, days: 1, uncounted: Z}
  B: {kind: hard, applies_to: bank, text: {en: x, zh: 文}, source: s, confidence: c, valid_from: soon}
"""
    with pytest.raises(problems.Refused) as refused:
        read_laws({"a.yaml": wrong})
    told = sorted(str(one) for one in refused.value.problems)
    assert [one.split(": ")[0] for one in told] == [
        "a.yaml:10:26", "a.yaml:10:40", "a.yaml:11:7", "a.yaml:12:60", "a.yaml:13:3", "a.yaml:13:97", "a.yaml:4:11",
        "a.yaml:6:11",
    ]  # fmt: skip
    assert "did you mean 'frequency'?" in told[2]
    assert all(
        chinese(one.what) != one.what and chinese(one.remedy) != one.remedy
        for one in refused.value.problems
        if one.remedy
    )
    with pytest.raises(problems.Refused, match="two files"):
        read_laws({"a": text("cn.yaml"), "b": text("cn.yaml")})
    with pytest.raises(problems.Refused, match="no such rule"):
        read_laws({"us.yaml": text("us.yaml").replace("- uncounted:", "- revocation: {words: [x]}\n    - uncounted:").replace("uncounted: US-REGF-14b3", "uncounted: NONE")})  # fmt: skip


def test_a_lender_may_tighten_and_not_loosen() -> None:
    hours = "change: {CN-GBT45251-TIME: {checks: [{hours: {channels: [timed], open: '%s', close: '%s', agreed: %s}}]}}"
    tighter = tightened(profiles(), "profile: CN\n" + hours % ("09:00", "20:00", "false"), "own.yaml")
    own = Gate(tighter, gate("CN").calendar)
    now = at("2026-07-10 20:30", ZONE["CN"])
    assert gate("CN").ask(contact(), person("CN"), history(), now)
    assert exact(own, contact(), person("CN"), history(), now) == at("2026-07-11 09:00", ZONE["CN"])
    for change, place in (
        (hours % ("07:00", "22:00", "true"), "own.yaml:2:72"),
        (hours % ("08:00", "23:00", "true"), "own.yaml:2:88"),
        ("change: {CN-GBT45251-TIME: {off: true}}", "own.yaml:2:34"),
        ("change: {CN-GBT45251-FREQ: {checks: []}}", "own.yaml:2:37"),
        ("change: {CN-GBT45251-FREQ: {checks: [{frequency: {channels: [voice], counts: conversations, max: 4, days: 1}}]}}", "own.yaml:2:98"),
        ("change: {NOPE: {off: true}}", "own.yaml:2:10"),
        ("add: {X: {kind: hard, applies_to: house, text: {en: x, zh: 文}, source: s, confidence: c, elsewhere: {en: a, zh: 乙}}}", "own.yaml:2:17"),
    ):  # fmt: skip
        with pytest.raises(problems.Refused) as refused:
            tightened(profiles(), "profile: CN\n" + change, "own.yaml")
        assert [one.where for one in refused.value.problems] == [place]
    free = tightened(profiles(), "profile: CN\nchange: {HOUSE-DAILY: {off: true}}", "own.yaml")
    assert not any(rule.id == "HOUSE-DAILY" for rule in free.rules)
    counted = tightened(profiles(), "profile: US\nchange: {US-REGF-14b3: {off: true}}", "own.yaml")
    loud = (*SEVEN[:6], replace(SEVEN[6], outcome="not_connected"))
    noon = at("2026-07-10 12:00", ZONE["US"])
    assert gate("US").ask(contact(), person("US"), history(*loud), noon)
    assert not Gate(counted, gate("US").calendar).ask(contact(), person("US"), history(*loud), noon)
    alone = tightened(profiles(), "profile: US\nadopt: false", "own.yaml")
    mine = Gate(alone, gate("US").calendar)
    assert mine.ask(contact(by="lender"), person("US"), history(TALK), at("2026-07-10 12:00", ZONE["US"]))
    assert not mine.ask(contact(by="agency"), person("US"), history(TALK), at("2026-07-10 12:00", ZONE["US"]))


def test_rules_have_their_days() -> None:
    """A rule that ends lets go at that midnight; one that has not begun says nothing."""
    ended = text("cn.yaml").replace("confidence: confirmed (secondary)\n    checks:\n    - frequency", "confidence: confirmed\n    valid_from: 2026-07-01\n    valid_to: 2026-07-10\n    checks:\n    - frequency")  # fmt: skip
    law = read_laws({**{name: text(name) for name in FILES}, "cn.yaml": ended})
    words = read_words(text("words.yaml"), "words.yaml")
    dated_gate = Gate(read_profiles(law, words, text("profiles.yaml"), "p")["CN"], gate("CN").calendar)
    night = person("CN", times=(Times("wang", True, frozenset(range(7)), 0, DAY),))
    then = exact(dated_gate, contact(), night, history(*TALKS), at("2026-07-10 12:00", ZONE["CN"]))
    assert then == at("2026-07-11 00:00", ZONE["CN"])
    june = [replace(one, at=one.at - timedelta(days=20) // timedelta(microseconds=1)) for one in TALKS]
    assert dated_gate.ask(contact(), night, history(*june), at("2026-06-20 12:00", ZONE["CN"]))

"""What the law says of one contact, slowly and from the rules' texts: shares no code with the gate.

It knows dates and clocks from the standard library alone. It says which rules a contact would break; it
knows nothing of when it might be made instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.credit.conduct import Attempt, Contact, Person, Stop, Times

VOICE = {"call", "ai_call", "voicemail"}
WRITTEN = {"sms", "email", "app"}
TIMED = VOICE | WRITTEN | {"visit"}
QUIET = {"not_connected", "no_answer", "left_message", "sent", "delivered", "undeliverable"}
SENT = {"conversation", "left_message", "sent", "delivered"}


def when(t: int, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=t)).astimezone(ZoneInfo(zone))


def hour(t: int, zone: str) -> float:
    local = when(t, zone)
    return local.hour + local.minute / 60 + (local.second + local.microsecond / 1e6) / 3600


def days_apart(earlier: int, later: int, zone: str) -> int:
    return (when(later, zone).date() - when(earlier, zone).date()).days


def unlawful(place: str, contact: Contact, person: Person, past: list[Attempt], now: int) -> list[str]:
    """The rules that a contact made now would break, in a place 'CN', 'US' or 'UK'."""
    everywhere = _everywhere(contact, person, past, now)
    return [*{"CN": _cn, "US": _us, "UK": _uk}[place](contact, person, past, now), *everywhere]


def _everywhere(contact: Contact, person: Person, past: list[Attempt], now: int) -> Iterator[str]:
    assert person.stops is not None and person.opt_outs is not None
    address = person.addresses.get(contact.address)
    if contact.channel not in ("bureau", "court") and (address is None or address.person != contact.person):
        yield "another's address"
    if contact.purpose != "opt_out_confirmation" and contact.channel not in ("bureau", "court"):
        for out in person.opt_outs:
            ended = out.ended is not None and out.ended <= now
            if out.person == contact.person and out.channel in (None, contact.channel) and out.address in (None, contact.address) and not ended:  # fmt: skip
                yield "opted out"
    flags = {stop.flag for stop in person.stops if _stands(stop, contact, now)}
    if contact.role == "debtor" and contact.channel not in ("bureau", "court"):
        if flags & {"deceased", "minor"}:
            yield "contacts the dead or a child"
        if contact.purpose == "collection" and flags & {"ceased", "disputed", "bankrupt", "disaster", "plan_performing", "attorney"}:  # fmt: skip
            yield "collects in spite of a stop"
    if contact.role == "contact" and contact.discloses:
        yield "tells another"


def _cn(contact: Contact, person: Person, past: list[Attempt], now: int) -> Iterator[str]:
    agreed = [one for one in person.times if one.agreed]
    for zone in person.zones:
        if contact.channel in TIMED and not 8 <= hour(now, zone) < 22 and not any(_within(one, contact, now, zone) for one in agreed):  # fmt: skip
            yield "CN-GBT45251-TIME"
        talks = [one for one in past if one.channel in VOICE and not one.inbound and one.outcome not in QUIET]
        if contact.channel in VOICE and sum(days_apart(one.at, now, zone) <= 0 for one in talks) >= 3:
            yield "CN-GBT45251-FREQ"
    flags = {stop.flag for stop in person.stops or () if stop.since <= now and (stop.until is None or now < stop.until)}
    if contact.role == "contact" and not flags & {"unreachable", "deceased", "incapacitated"}:
        yield "CN-GBT45251-WHO"
    refused = any(stop.flag == "refused" and stop.person == contact.person for stop in person.stops or ())
    if contact.role == "contact" and refused:
        yield "CN-GBT45251-WHO"
    if contact.role == "third" or (contact.role == "contact" and contact.purpose != "locate"):
        yield "CN-CARD-68"
    if contact.purpose == "furnish" and not all(
        any(
            one.purpose == "bureau_notice"
            and debt in one.debts
            and one.outcome in SENT
            and all(days_apart(one.at, now, zone) > 0 for zone in person.zones)
            for one in past
        )
        for debt in contact.debts
    ):
        yield "CN-CREDIT-15"


def _us(contact: Contact, person: Person, past: list[Attempt], now: int) -> Iterator[str]:
    assert person.stops is not None
    address = person.addresses.get(contact.address)
    agreed = [one for one in person.times if one.agreed]
    flags = {stop.flag for stop in person.stops if _stands(stop, contact, now)}
    week = timedelta(days=7) // timedelta(microseconds=1)
    asked = contact.consented_at is not None and contact.consented_at <= now <= contact.consented_at + week
    for zone in person.zones:
        if contact.channel in TIMED and not 8 <= hour(now, zone) <= 21 and not any(_within(one, contact, now, zone) for one in agreed):  # fmt: skip
            yield "US-REGF-6b1i"
        if contact.channel in TIMED and any(
            not one.agreed and _within(one, contact, now, zone) for one in person.times
        ):
            yield "US-REGF-6b1ii"
        for debt in contact.debts:
            calls = [
                one
                for one in past
                if one.channel in VOICE
                and one.person == contact.person
                and debt in (one.debts or (debt,))
                and one.outcome != "not_connected"
                and one.role != "attorney"
                and not (one.consented_at is not None and one.consented_at <= one.at <= one.consented_at + week)
            ]
            out = [one for one in calls if not one.inbound and days_apart(one.at, now, zone) < 7]
            if contact.channel in VOICE and contact.role != "attorney" and not asked and len(out) >= 7:
                yield "US-REGF-14b2iA"
            spoke = [one for one in calls if one.outcome not in QUIET and days_apart(one.at, now, zone) < 7]
            if contact.channel in VOICE and contact.role != "attorney" and not asked and spoke:
                yield "US-REGF-14b2iB"
            furnished = [
                one
                for one in past
                if one.person == contact.person and debt in one.debts and not one.inbound
                and (one.outcome == "conversation" or (one.purpose in ("bureau_notice", "validation_notice") and one.outcome in SENT and days_apart(one.at, now, zone) >= 14))
            ]  # fmt: skip
            if contact.purpose == "furnish" and not furnished:
                yield "US-REGF-30a"
            told = person.debts[debt].first_told
            sent = person.debts[debt].validated_at
            if told is not None and days_apart(told, now, zone) > 5 and contact.purpose != "validation_notice" and (sent is None or sent > now) and not any(one.purpose == "validation_notice" for one in past):  # fmt: skip
                yield "US-REGF-34"
    if "attorney" in flags and contact.role != "attorney" and contact.channel not in ("bureau", "court"):
        yield "US-REGF-6b2"
    if "ceased" in flags and contact.purpose not in ("end_of_efforts", "remedy_notice") and contact.channel not in ("bureau", "court"):  # fmt: skip
        yield "US-REGF-6c1"
    if contact.role == "third" or (contact.role == "contact" and contact.purpose != "locate"):
        yield "US-REGF-6d1"
    if address is not None and contact.channel not in ("bureau", "court"):
        if address.work is not False and person.work_allowed is not True:
            yield "US-REGF-6b3"
        if address.inconvenient:
            yield "US-REGF-6b1ii"
        if contact.channel == "sms" and (address.fresh_at is None or now - address.fresh_at > 60 * week // 7):
            yield "US-REGF-6d5"
    if contact.channel == "voicemail" and contact.discloses:
        yield "US-REGF-2j"
    for out in person.opt_outs or ():
        again = [one for one in past if one.purpose == "opt_out_confirmation" and one.at >= out.at]
        if out.channel == contact.channel and contact.purpose == "opt_out_confirmation" and again and out.ended is None:
            yield "US-TCPA-REV"
    yield from _barred("US-REGF-26b", contact, person, now)


def _uk(contact: Contact, person: Person, past: list[Attempt], now: int) -> Iterator[str]:
    assert person.stops is not None
    address = person.addresses.get(contact.address)
    agreed = [one for one in person.times if one.agreed]
    for zone in person.zones:
        local = when(now, zone)
        opens, closes = (9, 19) if local.weekday() > 4 else (8, 21)
        announced = _bank_holiday(local)
        if contact.channel in TIMED and not announced and not opens <= hour(now, zone) < closes and not any(_within(one, contact, now, zone) for one in agreed):  # fmt: skip
            yield "UK-CONC-7.9.4"
        if (
            contact.channel in VOICE | {"visit"}
            and announced
            and not any(_within(one, contact, now, zone) for one in agreed)
        ):
            yield "UK-CONC-7.9.4"
        if contact.channel in TIMED and any(
            not one.agreed and _within(one, contact, now, zone) for one in person.times
        ):
            yield "UK-CONC-7.9.4"
        told = [
            one
            for one in past
            if one.purpose == "visit_notice" and one.outcome in SENT and days_apart(one.at, now, zone) >= 7
        ]
        if contact.channel == "visit" and not told:
            yield "UK-CONC-7.9.12"
        for stop in person.stops:
            if stop.flag == "adviser" and _stands(stop, contact, now) and contact.purpose == "collection" and contact.role == "debtor" and days_apart(stop.since, now, zone) <= 30:  # fmt: skip
                yield "UK-CONC-7.3.11"
    if contact.role == "third" or (contact.role == "contact" and contact.purpose != "locate"):
        yield "UK-CONC-7.9.7"
    if contact.channel in ("letter", "visit") and address is not None and address.work is not False and person.work_allowed is not True:  # fmt: skip
        yield "UK-CONC-7.9.7"
    live = contact.channel in ("call", "ai_call", "visit")
    if (
        contact.discloses
        and contact.channel not in ("bureau", "court")
        and address is not None
        and not (contact.verified if live else address.verified)
    ):
        yield "UK-CONC-7.9.10"
    yield from _barred("UK-CONC-7.11.6", contact, person, now)


def _bank_holiday(local: datetime) -> bool:
    return (local.month, local.day) in {(12, 25), (1, 1)}


def _barred(rule: str, contact: Contact, person: Person, now: int) -> Iterator[str]:
    for debt in contact.debts:
        limit = person.debts[debt].limitation
        if contact.purpose in ("suit", "legal_warning") and (limit is None or limit <= now):
            yield rule


def _stands(stop: Stop, contact: Contact, now: int) -> bool:
    if stop.since > now or (stop.until is not None and stop.until <= now):
        return False
    return stop.person in (None, contact.person) and (not stop.debts or bool(set(stop.debts) & set(contact.debts)))


def _within(times: Times, contact: Contact, now: int, zone: str) -> bool:
    local = when(now, zone)
    since_midnight = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond
    return (
        times.person == contact.person
        and (not times.channels or contact.channel in times.channels)
        and local.weekday() in times.weekdays
        and times.start <= since_midnight < times.end
        and (times.since is None or times.since <= now)
        and (times.until is None or now < times.until)
    )

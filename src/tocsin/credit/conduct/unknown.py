"""The gate fails closed: what is not known, or not of the vocabulary, refuses before any law is asked."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.credit.conduct import people
from tocsin.credit.conduct.clock import known
from tocsin.credit.conduct.history import ContactHistory
from tocsin.credit.conduct.law import Text
from tocsin.credit.conduct.people import Contact, Person
from tocsin.credit.conduct.question import Denial, moment
from tocsin.values import instant
from tocsin.values.problem import shown


@dataclass(frozen=True, slots=True)
class Unknown:
    """A refusal that no law is needed for."""

    id: str
    text: Text
    source: str = "fails closed"


def _unknown(id: str, en: str, zh: str) -> Unknown:
    return Unknown(id, {"en": en, "zh": zh})


UNKNOWN: dict[str, Unknown] = {
    "now": _unknown("GATE-NOW", "The time asked about is out of range", "所询时刻超出范围"),
    "channel": _unknown("GATE-CHANNEL", "The channel {value} is not known", "未知渠道{value}"),
    "purpose": _unknown("GATE-PURPOSE", "The purpose is not known, or not on this channel: {value}", "目的未知,或不适用于该渠道:{value}"),
    "role": _unknown("GATE-ROLE", "The role {value} is not known", "未知角色{value}"),
    "by": _unknown("GATE-BY", "It is not known whether lender or agency makes contact: {value}", "不清楚由机构还是受托方联系:{value}"),
    "person": _unknown("GATE-PERSON", "Person and role do not fit: {value}", "联系对象与角色不符:{value}"),
    "zone": _unknown("GATE-ZONE", "The customer's time zone is not known: {value}", "客户所在时区未知:{value}"),
    "standing": _unknown("GATE-STANDING", "It is not known whether contact is stopped or opted out of", "不清楚是否已停止联系或退订"),
    "flag": _unknown("GATE-FLAG", "A stop of an unknown kind is in force: {value}", "存在未知类型的停止事项:{value}"),
    "debt": _unknown("GATE-DEBT", "No debt is named, or one that is not this customer's: {value}", "未指明债务,或并非该客户的债务:{value}"),
    "placed": _unknown("GATE-PLACED", "This debt is not with an agency: {value}", "该债务未委外:{value}"),
    "address": _unknown("GATE-ADDRESS", "{value} is not known as an address of this person on this channel", "{value}并非此人在该渠道的已知联系方式"),
    "history": _unknown("GATE-HISTORY", "The history is not this customer's, or is known from {value} only", "联系历史不属于该客户,或仅自{value}起已知"),
}  # fmt: skip


def unknown(contact: Contact, person: Person, history: ContactHistory, now: int, lookback: int) -> Denial | None:
    """The first thing that is not known; `lookback` is the history needed, in microseconds."""
    said, value = _vocabulary(contact) or _about(contact, person, now) or ("", "")
    if said:
        return Denial(said, {"value": shown(value)})
    if not instant.EARLIEST <= now < instant.LATEST:
        return Denial("now", {})
    if history.debtor != person.id:
        return Denial("history", {"value": shown(history.debtor)})
    if now - lookback < history.since:
        return Denial("history", {"value": moment(history.since)}, history.since + lookback)
    waits: int | None = None
    for stop in person.stops or ():
        if stop.flag not in people.FLAGS and (stop.until is None or now < stop.until):
            if stop.until is None:
                return Denial("flag", {"value": shown(stop.flag)})
            waits = stop.until if waits is None else max(waits, stop.until)
    return None if waits is None else Denial("flag", {"value": moment(waits)}, waits)


def _vocabulary(contact: Contact) -> tuple[str, str] | None:
    if contact.channel not in people.CHANNELS:
        return "channel", contact.channel
    if contact.purpose not in people.PURPOSES:
        return "purpose", contact.purpose
    if people.ONLY_ON.get(contact.purpose, "") != (
        contact.channel if contact.channel in people.WITHOUT_ADDRESS else ""
    ):
        return "purpose", f"{contact.purpose}, {contact.channel}"
    if contact.role not in people.ROLES:
        return "role", contact.role
    if contact.by not in people.BY:
        return "by", contact.by
    return None


def _about(contact: Contact, person: Person, now: int) -> tuple[str, str] | None:
    if (contact.role == "debtor") != (contact.person == person.id) or not contact.person:
        return "person", contact.person
    if not person.zones:
        return "zone", ""
    for zone in person.zones:
        if not known(zone):
            return "zone", zone
    if person.stops is None or person.opt_outs is None:
        return "standing", ""
    if not contact.debts:
        return "debt", ""
    for debt in contact.debts:
        if debt not in person.debts:
            return "debt", debt
    if contact.channel in people.WITHOUT_ADDRESS:
        return None if contact.role == "debtor" else ("person", contact.person)
    address = person.addresses.get(contact.address)
    if address is None or address.person != contact.person or contact.channel not in address.channels:
        return "address", contact.address
    return None

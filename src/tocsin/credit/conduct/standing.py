"""Checks of facts: who may be reached, stops, opt-outs, addresses, notices that come first, debts that are too old."""

from __future__ import annotations

from tocsin.credit.conduct.clock import first_of_day, reached
from tocsin.credit.conduct.people import LIVE, SENT, OptOut, Stop
from tocsin.credit.conduct.question import Check, Denial, Inputs, Question, moment
from tocsin.credit.conduct.vocabulary import Params, Value
from tocsin.values.calendar import DAY

_UNTOLD = ("not_connected", "no_answer", "undeliverable")


def stop(params: Params) -> Check:
    """No contact while an overlay stands for the person and one of the debts."""
    flags, but, days = _words(params["flags"]), _words(params["but"]), params["ends_after"]
    assert isinstance(days, int)

    def check(question: Question, t: int) -> Denial | None:
        stops, contact = question.person.stops, question.contact
        if not stops or contact.purpose in but:
            return None
        worst: Denial | None = None
        for one in stops:
            if one.flag not in flags or not stands(one, question, t):
                continue
            until = one.until
            if until is None and days:
                until = _days_after(one.since, days, question)
                if until <= t:
                    continue
            if worst is None or until is None or (worst.until is not None and until > worst.until):
                worst = Denial("stop", {"flag": one.flag, "since": moment(one.since)}, until)
                if until is None:
                    return worst
        return worst

    return check


def stands(one: Stop, question: Question, t: int) -> bool:
    """Whether an overlay is in force, and for this contact."""
    contact = question.contact
    return (
        one.since <= t
        and (one.until is None or t < one.until)
        and (one.person is None or one.person == contact.person)
        and (not one.debts or any(debt in one.debts for debt in contact.debts))
    )


def parties(params: Params) -> Check:
    """Only these roles; some others only to ask where the debtor is, without a word of the debt."""
    roles, locate = _words(params["roles"]), _words(params["locate"])

    def check(question: Question, t: int) -> Denial | None:
        contact = question.contact
        if contact.role in roles:
            return None
        if contact.role not in locate or contact.purpose != "locate":
            return Denial("parties", {"role": contact.role, "purpose": contact.purpose})
        return Denial("told", {}) if contact.discloses else None

    return check


def contact_person(params: Params) -> Check:
    """A contact person only while the debtor cannot be reached, and not after a refusal."""
    only_if = _words(params["only_if"])

    def check(question: Question, t: int) -> Denial | None:
        contact = question.contact
        if contact.discloses:
            return Denial("told", {})
        coming: list[int] = []
        stops = question.person.stops or ()
        for one in stops:
            if one.flag == "refused" and one.person == contact.person and stands(one, question, t):
                return Denial("stop", {"flag": "refused", "since": moment(one.since)}, one.until)
        for one in stops:
            if one.flag in only_if and one.person in (None, question.person.id):
                if one.since <= t and (one.until is None or t < one.until):
                    return None
                if one.since > t and (one.until is None or one.since < one.until):
                    coming.append(one.since)
        return Denial("reachable", {}, min(coming, default=None))

    return check


def opt_out(params: Params) -> Check:
    """An opt-out holds from the moment it is known, whatever its date. One message may confirm it."""
    but = _words(params["but"])

    def check(question: Question, t: int) -> Denial | None:
        contact = question.contact
        worst: Denial | None = None
        for one in question.person.opt_outs or ():
            if not _opted(one, question, t) or (contact.purpose in but and not _confirmed(one, question)):
                continue
            if worst is None or one.ended is None or (worst.until is not None and one.ended > worst.until):
                worst = Denial("opt_out", {"channel": contact.channel, "at": moment(one.at)}, one.ended)
                if one.ended is None:
                    return worst
        return worst

    return check


def workplace(question: Question, t: int) -> Denial | None:
    address = question.address
    if address is None or address.work is False or question.person.work_allowed:
        return None
    return Denial("workplace", {"address": question.contact.address})


def consent(question: Question, t: int) -> Denial | None:
    if question.address is None:
        return None
    given = question.address.consent
    if given is None or (given.until is not None and t >= given.until):
        return Denial("consent", {"address": question.contact.address})
    if t < given.since:
        until = given.since if given.until is None or given.since < given.until else None
        return Denial("consent", {"address": question.contact.address}, until)
    return None


def fresh_address(params: Params) -> Check:
    days = params["days"]
    assert isinstance(days, int)

    def check(question: Question, t: int) -> Denial | None:
        fresh = question.address.fresh_at if question.address is not None else None
        if fresh is not None and 0 <= t - fresh <= days * DAY:
            return None
        inputs: Inputs = {"address": question.contact.address, "at": moment(fresh)}
        return Denial("fresh_address", inputs, fresh if fresh is not None and fresh > t else None)

    return check


def identity(question: Question, t: int) -> Denial | None:
    """What is written goes to a verified address; on the line, and at the door, people show who they are."""
    contact, address = question.contact, question.address
    if not contact.discloses or address is None:
        return None
    shown = contact.verified if contact.channel in LIVE else address.verified and contact.channel != "voicemail"
    return None if shown else Denial("identity", {"address": contact.address})


def time_barred(question: Question, t: int) -> Denial | None:
    for debt in question.contact.debts:
        limitation = question.person.debts[debt].limitation
        if limitation is None or t >= limitation:
            return Denial("time_barred", {"debt": debt})
    return None


def notice_first(params: Params) -> Check:
    """A notice to the debtor about each debt, with `days` full local days after its own; or, where it does, a talk."""
    notice, spoken, days = _words(params["notice"]), params["spoken"], params["days"]
    assert isinstance(days, int)

    def check(question: Question, t: int) -> Denial | None:
        contact, until = question.contact, t
        for debt in contact.debts:
            found: int | None = None
            for one in question.history.attempts:
                if one.person != contact.person or debt not in one.debts or one.inbound:
                    continue
                if spoken and one.outcome == "conversation":
                    ready = max(one.at, t)
                elif one.purpose in notice and one.outcome in SENT:
                    ready = _days_after(one.at, days, question)
                else:
                    continue
                found = ready if found is None else min(found, ready)
            if found is None:
                return Denial("notice_first", {"debt": debt})
            until = max(until, found)
        return Denial("notice_first", {"debt": ", ".join(contact.debts)}, until) if until > t else None

    return check


def validation(params: Params) -> Check:
    """Once the days after the first communication are over, nothing but the notice itself, until it is sent."""
    days = params["days"]
    assert isinstance(days, int)

    def check(question: Question, t: int) -> Denial | None:
        contact = question.contact
        if contact.purpose == "validation_notice":
            return None
        for debt in contact.debts:
            known = question.person.debts[debt]
            if known.validated_at is not None and known.validated_at <= t:
                continue
            firsts = [known.first_told] if known.first_told is not None else []
            sent = [known.validated_at] if known.validated_at is not None else []
            for one in question.history.attempts:
                if one.purpose == "validation_notice" and one.outcome in SENT and debt in one.debts:
                    sent.append(one.at)
                if one.outcome not in _UNTOLD and (not one.debts or debt in one.debts):
                    firsts.append(one.at)
            notice = min(sent, default=None)
            if firsts and (notice is None or t < notice) and _days_after(min(firsts), days, question) <= t:
                return Denial("validation", {"debt": debt, "at": moment(min(firsts))}, notice)
        return None

    return check


def _days_after(t: int, days: int, question: Question) -> int:
    """When so many full local days have passed after the one of an instant, in every zone."""
    return max(first_of_day(reached(t, zone) + days + 1, zone) for zone in question.person.zones)


def _opted(one: OptOut, question: Question, t: int) -> bool:
    contact = question.contact
    return (
        one.person == contact.person
        and (one.ended is None or t < one.ended)
        and (one.channel is None or one.channel == contact.channel)
        and (one.address is None or one.address == contact.address)
    )


def _confirmed(one: OptOut, question: Question) -> bool:
    """Whether the opt-out was confirmed already, or is being."""
    return any(
        attempt.purpose == "opt_out_confirmation" and attempt.person == one.person and attempt.at >= one.at
        for attempt in question.history.attempts
    )


def _words(value: Value) -> frozenset[str]:
    assert isinstance(value, frozenset)
    return value

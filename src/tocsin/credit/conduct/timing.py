"""Checks of time: hours of the local day, inconvenient times, how often, and rest after a conversation.

Each returns the earliest instant at which it may agree. It never names one that is too late, so the
greatest of all, asked again, leads to the first instant at which everything agrees.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.credit.conduct.clock import WHOLE, Spans, day_of, first_of_day, local, next_day, next_open, reached
from tocsin.credit.conduct.history import Attempt
from tocsin.credit.conduct.people import CHANNELS, SILENT, Contact, Times
from tocsin.credit.conduct.question import Check, Denial, Question, moment, wall
from tocsin.credit.conduct.vocabulary import DAY_KINDS, Params
from tocsin.values.calendar import DAY, Calendar, weekday


@dataclass(frozen=True, slots=True)
class Uncounted:
    """What a frequency or a cool-down passes over, by a rule in force from and to."""

    outcomes: frozenset[str]
    roles: frozenset[str]
    within: int
    valid_from: int
    valid_to: int

    def attempt(self, one: Attempt, t: int) -> bool:
        if not self.valid_from <= t < self.valid_to:
            return False
        return one.outcome in self.outcomes or one.role in self.roles or self.asked(one.consented_at, one.at)

    def contact(self, contact: Contact, t: int) -> bool:
        """Whether the contact itself would not count: then it is not held back either."""
        if not self.valid_from <= t < self.valid_to:
            return False
        return contact.role in self.roles or self.asked(contact.consented_at, t)

    def asked(self, consented_at: int | None, at: int) -> bool:
        return consented_at is not None and 0 <= at - consented_at <= self.within

    def begins(self, contact: Contact, t: int, until: int) -> int:
        """No later than `until`, and no later than the rule or the person's asking for the contact begins."""
        later = [one for one in (self.valid_from, contact.consented_at) if one is not None and one > t]
        return min([until, *later])


def hours(params: Params, calendar: Calendar) -> Check:
    """Open in [open, close) of the local day, on the kinds of day named; agreed times are open too.

    A day that the calendar does not know counts as every kind.
    """
    opens, closes, days, agreed = params["open"], params["close"], params["days"], params["agreed"]
    assert isinstance(opens, int) and isinstance(closes, int) and isinstance(days, frozenset)
    span = ((opens, closes),) if opens < closes else ()
    every = days >= set(DAY_KINDS)

    def spans(day: int) -> tuple[tuple[int, int], ...]:
        if every:
            return span
        kind = calendar.kind(day)
        return span if kind in days or kind == "unknown" else WHOLE

    def check(question: Question, t: int) -> Denial | None:
        for zone in question.person.zones:
            day, hour = divmod(local(t, zone), DAY)
            if every:
                if opens <= hour < closes:
                    continue
            elif any(start <= hour < end for start, end in spans(day)):
                continue
            found = next_open(t, zone, spans)
            for times in question.person.times if agreed else ():
                if times.agreed and _meant(times, question):
                    found = _sooner(found, _next_in(t, zone, times))
            if found != t:
                return Denial("hours", {"local": wall(t, zone), "zone": zone}, found)
        return None

    return check


def inconvenient(question: Question, t: int) -> Denial | None:
    address = question.address
    if address is not None and address.inconvenient:
        return Denial("inconvenient_place", {"address": question.contact.address})
    for times in question.person.times:
        if times.agreed or not _meant(times, question):
            continue
        if (times.since is not None and t < times.since) or (times.until is not None and t >= times.until):
            continue
        for zone in question.person.zones:
            found = next_open(t, zone, _outside(times))
            if found != t:
                if times.until is not None:
                    found = times.until if found is None else min(found, times.until)
                return Denial("inconvenient_time", {"local": wall(t, zone), "zone": zone}, found)
    return None


def frequency(params: Params, uncounted: Uncounted | None) -> Check:
    """Fewer than `max` in the `days` local days that end with today; what is dated later counts as well."""
    most, days, talks = params["max"], params["days"], params["counts"] == "conversations"
    assert isinstance(most, int) and isinstance(days, int)
    others, by_person, by_debt = _scope(params)

    def check(question: Question, t: int) -> Denial | None:
        contact, history = question.contact, question.history
        times, attempts = history.times, history.attempts
        if not times or (uncounted is not None and uncounted.contact(contact, t)):
            return None
        for zone in question.person.zones:
            since = first_of_day(day_of(t, zone) - days + 1, zone)
            if times[-1] < since:
                continue
            for debt in contact.debts if by_debt else ("",):
                count, at = 0, len(times) - 1
                while at >= 0 and times[at] >= since:
                    one = attempts[at]
                    if (
                        one.channel not in others
                        and not one.inbound
                        and not (talks and one.outcome in SILENT)
                        and not (by_person and one.person != contact.person)
                        and not (debt and one.debts and debt not in one.debts)
                        and not (uncounted is not None and uncounted.attempt(one, t))
                        and not (one.outcome == "under_way" and one.id == contact.attempt)
                    ):
                        count += 1
                        if count == most:
                            until = next_day(t, zone, reached(one.at, zone) + days)
                            until = until if uncounted is None else uncounted.begins(contact, t, until)
                            inputs: dict[str, str | int] = {"count": count, "since": wall(since, zone), "max": most}
                            return Denial("frequency", inputs, until)
                    at -= 1
        return None

    return check


def cool_down(params: Params, uncounted: Uncounted | None) -> Check:
    """No contact for `days` local days from a conversation on, its own day being the first; whoever began it."""
    days = params["days"]
    assert isinstance(days, int)
    others, by_person, by_debt = _scope(params)

    def check(question: Question, t: int) -> Denial | None:
        contact, history = question.contact, question.history
        if not history.times or (uncounted is not None and uncounted.contact(contact, t)):
            return None
        oldest = t - (days + 2) * DAY
        for at in range(len(history.times) - 1, -1, -1):
            if history.times[at] < oldest:
                break
            one = history.attempts[at]
            if (
                one.channel in others
                or one.outcome in SILENT
                or (by_person and one.person != contact.person)
                or (by_debt and one.debts and not set(one.debts).intersection(contact.debts))
                or (uncounted is not None and uncounted.attempt(one, t))
                or (one.outcome == "under_way" and one.id == contact.attempt)
            ):
                continue
            for zone in question.person.zones:
                until = next_day(t, zone, reached(one.at, zone) + days)
                if until != t:
                    until = until if uncounted is None else uncounted.begins(contact, t, until)
                    return Denial("cool_down", {"at": moment(one.at)}, until)
        return None

    return check


def _scope(params: Params) -> tuple[frozenset[str], bool, bool]:
    """The channels that do not count (a channel not known here does), and whether people and debts are apart."""
    channels, per = params["channels"], params["per"]
    assert isinstance(channels, frozenset) and isinstance(per, frozenset)
    return frozenset(CHANNELS) - channels, "person" in per, "debt" in per


def _meant(times: Times, question: Question) -> bool:
    contact = question.contact
    return times.person == contact.person and (not times.channels or contact.channel in times.channels)


def _next_in(t: int, zone: str, times: Times) -> int | None:
    start = t if times.since is None else max(t, times.since)
    inside = ((times.start, times.end),)
    found = next_open(start, zone, lambda day: inside if weekday(day) in times.weekdays else ())
    return found if found is not None and (times.until is None or found < times.until) else None


def _outside(times: Times) -> Spans:
    around = tuple(span for span in ((0, times.start), (times.end, DAY)) if span[0] < span[1])
    return lambda day: around if weekday(day) in times.weekdays else WHOLE


def _sooner(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)

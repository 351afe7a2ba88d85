"""The contact gate: every contact asks first. May it be made now, and if not, when?

The answer is a function of contact, person, history and the instant alone. Each check that does not
agree names the earliest instant at which it may; the gate asks again at the latest of them until
nothing is left to object. So `next_allowed` is the first instant at which everything agrees, to the
microsecond, and None where time alone changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.credit.conduct import people, standing, timing
from tocsin.credit.conduct.history import ContactHistory
from tocsin.credit.conduct.law import Check as Demand
from tocsin.credit.conduct.law import Rule
from tocsin.credit.conduct.people import Contact, Person
from tocsin.credit.conduct.profile import Profile
from tocsin.credit.conduct.question import OBSERVED, Check, Denial, Inputs, Question
from tocsin.credit.conduct.unknown import UNKNOWN, Unknown, unknown
from tocsin.credit.conduct.words import NAMES
from tocsin.values import instant
from tocsin.values.calendar import DAY, Calendar

_STEPS = 1000
"""Times that a gate asks itself before it takes two rules never to agree: more than a year of days."""
_PLAIN: dict[str, Check] = {
    "inconvenient": timing.inconvenient,
    "workplace": standing.workplace,
    "consent": standing.consent,
    "identity": standing.identity,
    "time_barred": standing.time_barred,
}
_MADE: dict[str, Callable[..., Check]] = {
    "stop": standing.stop,
    "parties": standing.parties,
    "contact_person": standing.contact_person,
    "opt_out": standing.opt_out,
    "fresh_address": standing.fresh_address,
    "notice_first": standing.notice_first,
    "validation": standing.validation,
}
AT_CONTACT = frozenset((*_PLAIN, *_MADE, "hours", "frequency", "cool_down"))
"""The checks that are asked when a contact is; the others bear on templates, the archive or answers."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Nothing objects. `rules`: what was asked, in order; `unconfirmed`: those that counsel has still to confirm."""

    rules: tuple[str, ...]
    unconfirmed: tuple[str, ...]

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, by the rule that binds longest; `also` are the others that object now."""

    rule: str
    source: str
    inputs: Inputs
    next_allowed: int | None
    also: tuple[str, ...]
    because: Rule | Unknown = field(repr=False)
    said: str = field(repr=False, default="")

    def __bool__(self) -> bool:
        return False

    def sentence(self, language: str) -> str:
        """One sentence in 'en' or 'zh': the rule, its source, and what it saw."""
        inputs = {name: _named(value, language) for name, value in self.inputs.items()}
        if isinstance(self.because, Unknown):
            return self.because.text[language].format(**inputs)
        saw = OBSERVED[self.said][language].format(**inputs)
        between = ": " if language == "en" else ":"
        return self.because.marked(language) + between + saw


@dataclass(frozen=True, slots=True)
class _Step:
    rule: Rule
    check: Check


@dataclass(frozen=True, slots=True)
class _Plan:
    steps: tuple[_Step, ...]
    allowed: Allowed


class Gate:
    """A profile's rules, made ready to be asked. Immutable but for what it remembers of kinds of contact."""

    def __init__(self, profile: Profile, calendar: Calendar) -> None:
        self.profile = profile
        self.calendar = calendar
        self.lookback = max(
            (
                int(check.params["days"]) + 2
                for rule in profile.rules
                for check in rule.checks
                if check.name in ("frequency", "cool_down") and isinstance(check.params["days"], int)
            ),
            default=0,
        )
        """Days of history without which nothing can be answered."""
        self._made = {
            (rule.id, index): self._check(check)
            for rule in profile.rules
            for index, check in enumerate(rule.checks)
            if check.name in AT_CONTACT
        }
        self._plans: dict[tuple[str, str, str, str], _Plan] = {}

    def ask(self, contact: Contact, person: Person, history: ContactHistory, now: int) -> Allowed | Refused:
        """May this contact be made at `now`, microseconds UTC? Whatever is not known refuses."""
        missing = unknown(contact, person, history, now, self.lookback * DAY)
        if missing is not None:
            until = None if missing.until is None else self.next_allowed(contact, person, history, missing.until)
            text = UNKNOWN[missing.said]
            return Refused(text.id, text.source, missing.inputs, until, (), text)
        plan = self._plan(contact)
        question = Question(contact, person, history, person.addresses.get(contact.address))
        found = _denials(plan, question, now)
        if not found:
            return plan.allowed
        rule, denial = max(found, key=lambda one: instant.LATEST if one[1].until is None else one[1].until)
        also = tuple(dict.fromkeys(other.id for other, _ in found if other is not rule))
        until = self._after(plan, question, now, found)
        return Refused(rule.id, rule.source, denial.inputs, until, also, rule, denial.said)

    def next_allowed(self, contact: Contact, person: Person, history: ContactHistory, now: int) -> int | None:
        """The first instant from `now` on at which the contact is allowed; None where time alone does not do it."""
        answer = self.ask(contact, person, history, now)
        return now if isinstance(answer, Allowed) else answer.next_allowed

    def keep_until(self, records: str, at: int) -> int:
        """Until when 'records' (from the last activity `at`) or 'recordings' (of a call at `at`) are kept; 365.25-day years, rounded up."""
        years = [
            int(check.params["years"])
            for rule in self.profile.rules
            for check in rule.checks
            if check.name == "retention"
            and check.params["records"] in (records, "records")
            and isinstance(check.params["years"], int)
        ]
        return at + max(years, default=0) * 366 * DAY

    def revokes(self, text: str) -> bool:
        """Whether an answer withdraws consent: one of the words of the profile, alone but for signs and spaces."""
        plain = " ".join("".join(sign if sign.isalnum() else " " for sign in text).split()).casefold()
        return any(
            plain == word.casefold()
            for rule in self.profile.rules
            for check in rule.checks
            if check.name == "revocation" and isinstance(words := check.params["words"], frozenset)
            for word in words
        )

    # -- making ready --------------------------------------------------------------------------------------------------

    def _plan(self, contact: Contact) -> _Plan:
        key = (contact.channel, contact.purpose, contact.role, contact.by)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._planned(contact)
        return plan

    def _planned(self, contact: Contact) -> _Plan:
        steps = tuple(
            _Step(rule, self._made[rule.id, index])
            for rule in self.profile.rules
            if self.profile.binds(rule, contact.by)
            for index, check in enumerate(rule.checks)
            if check.name in AT_CONTACT and _concerns(check, contact)
        )
        rules = tuple(dict.fromkeys(step.rule.id for step in steps))
        unconfirmed = {step.rule.id for step in steps if not step.rule.confirmed}
        return _Plan(steps, Allowed(rules, tuple(id for id in rules if id in unconfirmed)))

    def _check(self, demand: Demand) -> Check:
        name, params = demand.name, demand.params
        if name in _PLAIN:
            return _PLAIN[name]
        if name == "hours":
            return timing.hours(params, self.calendar)
        if name in ("frequency", "cool_down"):
            make = timing.frequency if name == "frequency" else timing.cool_down
            return make(params, self._uncounted(str(params["uncounted"])))
        return _MADE[name](params)

    def _uncounted(self, id: str) -> timing.Uncounted | None:
        if not id:
            return None
        rule = self.profile.rule(id)
        params = next(check.params for check in rule.checks if check.name == "uncounted")
        outcomes, roles, days = params["outcomes"], params["roles"], params["consented_days"]
        assert isinstance(outcomes, frozenset) and isinstance(roles, frozenset) and isinstance(days, int)
        return timing.Uncounted(outcomes, roles, days * DAY, rule.valid_from, rule.valid_to)

    # -- looking ahead -------------------------------------------------------------------------------------------------

    def _after(self, plan: _Plan, question: Question, t: int, found: list[tuple[Rule, Denial]]) -> int | None:
        for _ in range(_STEPS):
            untils = [denial.until for _, denial in found]
            if any(until is None for until in untils):
                return None
            t = max(until for until in untils if until is not None)
            if t >= instant.LATEST:
                return None
            found = _denials(plan, question, t)
            if not found:
                return t
        return None


def _denials(plan: _Plan, question: Question, t: int) -> list[tuple[Rule, Denial]]:
    """What objects at an instant, each no longer than its rule is in force."""
    found = []
    for step in plan.steps:
        rule = step.rule
        if rule.valid_from <= t < rule.valid_to:
            denial = step.check(question, t)
            if denial is not None:
                if rule.valid_to < instant.LATEST and (denial.until is None or denial.until > rule.valid_to):
                    denial = Denial(denial.said, denial.inputs, rule.valid_to)
                found.append((rule, denial))
    return found


def _concerns(check: Demand, contact: Contact) -> bool:
    """Whether a check is ever about such a contact."""
    params = check.params
    if check.name == "contact_person":
        return contact.role == "contact"
    return all(
        not isinstance(words := params.get(name), frozenset) or value in words
        for name, value in (("channels", contact.channel), ("purposes", contact.purpose))
    ) and (check.name != "stop" or contact.role in _roles(params["roles"]))


def _roles(value: object) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset(people.ROLES)


def _named(value: str | int, language: str) -> str:
    return NAMES[value][language] if isinstance(value, str) and value in NAMES else str(value)

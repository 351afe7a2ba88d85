"""The book of a person: everything collections knows of them, over all their accounts. Evolved from facts alone.

Instants are microseconds UTC, money minor units of the house's currency.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.credit.conduct.history import Attempt
from tocsin.credit.conduct.people import OptOut, Stop, Times
from tocsin.credit.incentive.record import Earned
from tocsin.credit.plan.event import Accepted, Approved, Proposed, Rejected
from tocsin.credit.plan.event import Paid as PlanPaid
from tocsin.credit.plan.event import Reversed as PlanReversed
from tocsin.credit.position import History
from tocsin.credit.promise.record import Made
from tocsin.credit.restriction.record import Held
from tocsin.facts.dealings import Channel, Language, Role


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a book."""


class Told(Record, frozen=True):
    """An account's position as the log was last told it."""

    state: str
    bucket: int
    days_past_due: int
    past_due: int
    minimum_due: int


class Met(Record, frozen=True):
    """What a payment paid of charges: `left` of it is not reversed, `ahead` of that went to principal before them."""

    fact: str
    left: int
    ahead: int
    fees: int
    interest: int


class Account(Record, frozen=True):
    """A debt. `interest` and `fees`: charged and not yet paid; `met`: by which payments others were, the latest."""

    history: History = History()
    interest: int = 0
    fees: int = 0
    met: tuple[Met, ...] = ()
    charge: tuple[int, int] | None = None
    """(at, amount) of the latest fee for a breach."""
    waived: tuple[tuple[int, int], ...] = ()
    """(at, amount) of what was given up, the latest."""
    told: Told | None = None
    late_since: int | None = None
    """Since when it has been late without a break."""
    bars_at: int | None = None
    """From when it may no longer be sued for, where somebody said so."""
    first_told: int | None = None
    """When it was first spoken or written of for collection."""
    validated_at: int | None = None
    """When the validation notice was sent (12 CFR 1006.34)."""
    earned: Earned = Earned()
    """Its cycles as they were judged, and what was granted for them."""


class Profile(Record, frozen=True):
    """What the lender was told of the person; None is not known."""

    name: str | None = None
    language: Language | None = None
    zones: tuple[str, ...] | None = None
    preferred: Channel | None = None
    hour: int | None = None
    payday: int | None = None
    adults: int | None = None
    children: int | None = None
    living_costs: int | None = None
    at_hand: int | None = None
    work_allowed: bool | None = None
    income: int | None = None
    obligations: int | None = None
    employment: str | None = None
    verified: bool = False
    means_at: int | None = None
    """When means were last told."""
    credit_score: int | None = None


class Point(Record, frozen=True):
    """A contact point; `consent` (since, until) None: not known to agree."""

    id: str
    channels: tuple[Channel, ...]
    address: str
    at: int
    person: str | None = None
    role: Role = "debtor"
    consent: tuple[int, int | None] | None = None
    verified: bool = False
    work: bool | None = None
    inconvenient: bool = False
    fresh_at: int | None = None
    wrong: bool = False
    """Somebody else answered there, it does not exist, or it was ended: not used until it is told anew."""


class Heard(Record, frozen=True):
    """What came of a contact, as far as the person had a part in it: answered, right_party, promise, refused, evaded …"""

    at: int
    channel: str
    result: str
    attempt: str | None = None


class Payment(Record, frozen=True):
    """A payment that a promise or a plan may count; `reversed` (id, amount, at) takes from it.

    The id is the reversal's, or `reversal/payment` where one takes from several payments.
    """

    fact: str
    account: str
    amount: int
    currency: str
    at: int
    reversed: tuple[tuple[str, int, int], ...] = ()


class Promise(Record, frozen=True):
    """A promise, and the status the log was last told."""

    made: Made
    told: str = ""


class Plan(Record, frozen=True):
    """An offered plan and everything posted to it, and the status the log was last told."""

    proposed: Proposed
    accounts: tuple[str, ...]
    approved: tuple[Approved, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    paid: tuple[PlanPaid, ...] = ()
    reversed: tuple[PlanReversed, ...] = ()
    told: str = ""


class Taken(Record, frozen=True):
    """A step of the ladder that was taken in this case, barred or skipped."""

    step: int
    treatment: str
    at: int
    state: Literal["done", "barred", "skipped"]
    days_past_due: int = 0


class Case(Record, frozen=True):
    """One case of a person, from the first lateness (or the reminder before it) until nothing is due."""

    id: str
    opened_at: int
    segment: str = ""
    arms: dict[str, str] = {}
    """Arm by experiment: sticky, by a hash of the person."""
    taken: tuple[Taken, ...] = ()


class OpenTask(Record, frozen=True):
    """Work in a worklist that is not done yet."""

    id: str
    treatment: str
    step: int
    queue: str
    value: int
    at: int
    due_at: int | None = None
    actor: str | None = None


class Placed(Record, frozen=True):
    """Debts with an agency."""

    id: str
    agency: str
    at: int
    amount: int
    rate: int
    accounts: tuple[str, ...] = ()
    until: int | None = None


class Matter(Record, frozen=True):
    """A matter of law: its steps (step, at), costs in all, the next deadline."""

    id: str
    accounts: tuple[str, ...]
    steps: tuple[tuple[str, int], ...] = ()
    cost: int = 0
    deadline: int | None = None


class Furnished(Record, frozen=True):
    """Adverse information about a debt: its steps (step, at) and when it must be taken down."""

    id: str
    accounts: tuple[str, ...]
    steps: tuple[tuple[str, int], ...] = ()
    until: int | None = None


class Under(Record, frozen=True):
    """An attempt: what is needed to see it through, when it was begun, what is known of it (conduct.people.OUTCOMES)."""

    attempt: str
    treatment: str
    step: int
    """-1 for none."""
    channel: str
    point: str
    at: int
    outcome: str = "under_way"


class Sign(Record, frozen=True):
    """A rule that the policy calls large or anomalous fired at a fact of an account."""

    rule: str
    account: str
    at: int


class FraudTold(Record, frozen=True):
    """Fraud on an account: reported, confirmed or withdrawn. `reason`: `first_party` where the customer is behind it."""

    account: str
    at: int
    state: Literal["reported", "confirmed", "withdrawn"]
    reason: str | None = None


class Book(Record, frozen=True):
    """A person's. `seq`: the entry of the log it was last evolved by; `made`: how many facts Tocsin made of them."""

    person: str
    seq: int = 0
    made: int = 0
    accounts: dict[str, Account] = {}
    profile: Profile = Profile()
    points: dict[str, Point] = {}
    stops: tuple[Stop, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    times: tuple[Times, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    """As far back as the gate looks, oldest first."""
    under_way: dict[str, Under] = {}
    """Nothing is heard of it yet, or it failed (not_connected, no_answer, undeliverable) and nothing followed."""
    earlier: dict[str, Under] = {}
    """Sent, arrived or followed by another: no longer waited for, but a bounce or an answer may still come."""
    heard: tuple[Heard, ...] = ()
    payments: tuple[Payment, ...] = ()
    """Since the oldest promise or plan that still counts, in order of time."""
    promises: dict[str, Promise] = {}
    plans: dict[str, Plan] = {}
    case: Case | None = None
    cases: int = 0
    """How many there have been."""
    last_closed: int | None = None
    tasks: dict[str, OpenTask] = {}
    placed: Placed | None = None
    matters: dict[str, Matter] = {}
    records: dict[str, Furnished] = {}
    restrictions: dict[str, Held] = {}
    """Open ones, and those that ended as far back as a book remembers."""
    signs: tuple[Sign, ...] = ()
    """The latest, oldest first."""
    frauds: tuple[FraudTold, ...] = ()
    refused_until: dict[str, int] = {}
    """By treatment: a contact was refused by the gate, and may be asked again then (0: only when something changes)."""

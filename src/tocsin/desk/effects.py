"""What became of restrictions, gathered from a journal: read once from its first entry, beside a service that runs.

Kept in memory are the restrictions, what is told of fraud, and where accounts stand that a hold about credit touches;
never the facts. Where fraud is confirmed of certain transactions, the log is read once more for their amounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from tocsin.credit import position
from tocsin.credit.collection.evolve_debt import POSTINGS
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.position.days import start_of
from tocsin.credit.restriction import record
from tocsin.credit.restriction.record import Held
from tocsin.credit.restriction.terms import Release, Restraints
from tocsin.desk.versions import Versions
from tocsin.engine.decide import BLOCK, detailed, happened, held_back, refused
from tocsin.facts import kinds, measures, wire
from tocsin.facts.kinds import Fact
from tocsin.facts.measures import MEASURES
from tocsin.insight.lives import Fraud, Life, Objection
from tocsin.insight.restrictions import Report, report
from tocsin.journal.journal import Journal
from tocsin.journal.records import CAME, FACT, Entry
from tocsin.links.results import Folder
from tocsin.policy.policy import Policy
from tocsin.values import instant
from tocsin.values.calendar import DAY, number
from tocsin.values.problem import Problem, Refused

Progress = Callable[[str, int, int], None]
LATE = 30
"""Days past due from which late payment speaks for a hold about credit."""
MANUAL = "manual"


def _heads(found: Iterable[type[Fact]]) -> tuple[bytes, ...]:
    return tuple(f'{{"kind":"{kind.__struct_config__.tag}"'.encode() for kind in found)


_TOLD = _heads([*MEASURES, kinds.FraudReport, kinds.ChargeOff])
_CHARGES = (kinds.Purchase, kinds.CashAdvance, kinds.Transfer, kinds.Fee, kinds.Interest)
"""What is late stays as late."""
_DEBTS = _heads([*POSTINGS, kinds.PositionChanged])


@dataclass(slots=True)
class _Account:
    """What is known of an account. `written`: when it was charged off, and what of."""

    frauds: list[Fraud] = field(default_factory=list)
    late: list[tuple[int, int]] = field(default_factory=list)
    written: tuple[int, int] | None = None
    history: position.History | None = None


@dataclass(slots=True)
class _Stopped:
    amount: int = 0
    facts: int = 0


Page = Callable[[Report, Policy], str]


def effects(
    journal: Journal, since: date | None = None, progress: Progress = lambda stage, done, of: None
) -> tuple[Report, Policy]:
    """The figures of every restriction imposed from a local day on, and the policy in force."""
    versions = Versions(journal)
    champion, _ = versions.in_force()
    if not champion:
        what = "no policy is in force in this journal"
        raise Refused(Problem(what, journal.where, "activate one first"))
    policy = versions.policy(champion)
    gathered = Gathered(journal, versions, policy)
    gathered.read(progress)
    start = None if since is None else start_of(number(since), policy.timezone)
    shares = {name: hold.held_out for name, hold in _restraints(policy).holds.items()}
    return report(gathered.lives(), gathered.now, policy.currency, start, held_out=shares), policy


def written(
    journal: Journal,
    out: Path,
    page: Page,
    since: date | None = None,
    progress: Progress = lambda stage, done, of: None,
) -> Report:
    """`restrictions.json` and `restrictions.html` (made by `page`) in a folder."""
    with Folder(out) as folder:
        found, policy = effects(journal, since, progress)
        known = msgspec.to_builtins(found)
        now, since_when = (None if one is None else instant.written(one) for one in (found.now, found.since))
        titles = {name: dict(hold.title) for name, hold in _restraints(policy).holds.items()}
        folder.json(
            "restrictions.json", {**known, "now": now, "since": since_when, "policy": policy.stamp, "titles": titles}
        )
        folder.text("restrictions.html", page(found, policy))
    return found


def _restraints(policy: Policy) -> Restraints:
    found = policy.sections.get("restrictions")
    return found if isinstance(found, Restraints) else Restraints({})


def about_credit(policy: Policy) -> frozenset[str]:
    """Holds about credit, not about fraud alone: they cut a limit, or ask for a payment."""
    release = policy.sections.get("release")
    needs = release.needs if isinstance(release, Release) else {}
    return frozenset(
        name
        for name, hold in _restraints(policy).holds.items()
        if hold.type == "limit_cut" or any(needs[need].kind == "payment" for need in hold.needs if need in needs)
    )


class Gathered:
    """`read`, then `lives`."""

    def __init__(self, journal: Journal, versions: Versions, policy: Policy) -> None:
        self.journal, self.versions = journal, versions
        self.credit = about_credit(policy)
        self.acknowledges = _restraints(policy).acknowledge > 0
        strategy = policy.sections.get("collection")
        self.terms = strategy.position if isinstance(strategy, Strategy) else position.Terms()
        self.held: dict[str, Held] = {}
        self.people: dict[str, str] = {}
        self.stopped: dict[str, _Stopped] = {}
        self.accounts: dict[str, _Account] = {}
        self.losses: dict[str, list[tuple[int, int]]] = {}
        self.blocks: dict[int, frozenset[str]] = {}
        """By number of the policy, the rules that block by themselves."""
        self.owing = {one.account for one in journal.every_restriction() if one.hold in self.credit}
        """Accounts that a hold about credit has touched."""
        self.end, self.now = journal.head()[:2]

    def read(self, progress: Progress = lambda stage, done, of: None) -> None:
        for entry in self._entries("read", progress):
            if refused(entry.detail):
                self._stop(entry)
            if entry.body.startswith(_TOLD):
                self._take(wire.stored(entry.body), entry.recorded_at)
            if self.owing and entry.body.startswith(_DEBTS):
                self._owe(happened(wire.stored(entry.body), entry.detail), entry.recorded_at)
        for account in self.accounts.values():
            if account.history is not None:
                self._looked(account, self.now)
                account.history = None
        self._lost(progress)

    def _entries(self, stage: str, progress: Progress) -> Iterator[Entry]:
        """Facts of the log, and restrictions that came of them, in their order."""
        done = 0
        progress(stage, done, self.end)
        for entries in self.journal.entries(0, self.end):
            yield from (one for one in entries if one.kind in (FACT, CAME))
            done += len(entries)
            progress(stage, done, self.end)

    # -- what restrictions stopped -------------------------------------------------------------

    def _stop(self, entry: Entry) -> None:
        """A fact that rules alone would have let pass counts once, for the restriction that was imposed first of those
        that stopped it."""
        held = held_back(entry.detail)
        if held is None or held.answer < BLOCK or not held.by:
            return
        fired, _ = detailed(entry.detail)
        if any(one.rule in self._blocking(entry.policy) for one in fired):
            return
        fact = wire.stored(entry.body)
        if isinstance(fact, kinds.Movement) and not fact.declined:
            known = self.stopped.setdefault(held.by[0], _Stopped())
            known.amount, known.facts = known.amount + fact.amount, known.facts + 1

    def _blocking(self, number: int) -> frozenset[str]:
        if number not in self.blocks:
            rules = self.versions.policy(number).rules
            self.blocks[number] = frozenset(rule.name for rule in rules if rule.decision >= BLOCK)
        return self.blocks[number]

    # -- what is told --------------------------------------------------------------------------

    def _take(self, fact: Fact, at: int) -> None:
        match fact:
            case measures.Restriction():
                if fact.type != "override" and fact.restriction not in self.held:
                    self.held[fact.restriction] = record.imposed(fact, at)
                    self.people[fact.restriction] = fact.customer or fact.account
            case measures.Measure():
                known = self.held.get(fact.restriction)
                if known is not None:
                    self.held[known.id] = _lean(record.after(known, fact, at))
            case kinds.FraudReport():
                self._account(fact.account).frauds.append(Fraud(at, _state(fact), fact.reported_fact))
            case kinds.ChargeOff():
                account = self._account(fact.account)
                account.written = account.written or (at, fact.amount)

    def _account(self, id: str) -> _Account:
        return self.accounts.setdefault(id, _Account())

    # -- late payment --------------------------------------------------------------------------

    def _owe(self, fact: Any, at: int) -> None:
        """Where an account stood until this fact, then the fact."""
        if fact.account not in self.owing:
            return
        account = self._account(fact.account)
        if isinstance(fact, kinds.PositionChanged):
            if fact.days_past_due is not None and fact.days_past_due >= LATE:
                _spell(account, at - (fact.days_past_due - LATE) * DAY, at)
            return
        if not isinstance(fact, _CHARGES):
            self._looked(account, at)
        history = position.fold(account.history or position.History(), fact, self.terms)
        if isinstance(history, position.History):  # else it lies before what is kept, a year back
            account.history = history

    def _looked(self, account: _Account, at: int) -> None:
        if account.history is None:
            return
        days = position.at(account.history, at, self.terms).days_past_due
        if days >= LATE:
            _spell(account, at - (days - LATE) * DAY, at)

    # -- losses --------------------------------------------------------------------------------

    def _lost(self, progress: Progress) -> None:
        """Fraud that passed, by the transactions that reports name; and what was charged off."""
        concerned = {one.account for one in self.held.values()}
        named = {
            one.fact: id
            for id, account in self.accounts.items()
            if id in concerned
            for one in account.frauds
            if one.state == "confirmed" and one.fact is not None and not _taken_back(account, one)
        }
        for id, account in self.accounts.items():
            if account.written is not None and id in concerned:
                self.losses.setdefault(id, []).append(account.written)
        if not named:
            return
        for entry in self._entries("losses", progress):
            if entry.fact_id in named and not refused(entry.detail):
                fact = wire.stored(entry.body)
                if isinstance(fact, kinds.Movement) and not fact.declined and fact.account == named[entry.fact_id]:
                    self.losses.setdefault(fact.account, []).append((entry.recorded_at, fact.amount))

    # -- all of it -----------------------------------------------------------------------------

    def lives(self) -> Iterator[Life]:
        nothing, none = _Stopped(), _Account()
        for held in self.held.values():
            account, stopped = self.accounts.get(held.account, none), self.stopped.get(held.id, nothing)
            first = held.first
            yield Life(
                id=held.id,
                account=held.account,
                person=self.people[held.id],
                hold=held.hold,
                type=held.type,
                at=held.at,
                by_policy=held.by == "policy",
                credit=held.hold in self.credit or (held.hold == MANUAL and held.type == "limit_cut"),
                held_out=held.status == "held_out",
                ended_at=held.ended_at,
                reason=held.changes[-1].reason if held.ended_at is not None else "",
                refused=held.status == "refused",
                p50=first.p50 if first else None,
                p90=first.p90 if first else None,
                blocked=stopped.amount,
                blocked_facts=stopped.facts,
                reviewed_at=held.reviews[0].at if held.reviews else None,
                review_due=held.review_at,
                appeals=tuple(
                    Objection(
                        one.at,
                        one.decide_by,
                        one.decided_at,
                        None if one.state in record.WAITS else one.state == "upheld",
                    )
                    for one in held.appeals
                ),
                unconfirmed=self.acknowledges and held.order.confirmed < held.order.number,
                frauds=account.frauds,
                late=account.late,
                written_off=account.written[0] if account.written else None,
                losses=self.losses.get(held.account, ()),
            )


def _lean(held: Held) -> Held:
    """Without what no figure is made of: the factors of its assessments."""
    first = None if held.first is None or not held.first.factors else replace(held.first, factors=b"")
    return replace(held, told=None, first=first or held.first, needs={})


def _state(fact: kinds.FraudReport) -> str:
    if fact.reason == "withdrawn" or fact.confirmed is False:
        return "withdrawn"
    return "confirmed" if fact.confirmed else "reported"


def _taken_back(account: _Account, told: Fraud) -> bool:
    return any(
        one.state == "withdrawn" and one.at >= told.at and one.fact in (None, told.fact) for one in account.frauds
    )


def _spell(account: _Account, start: int, end: int) -> None:
    """One more time that the account was late; one that touches the last goes on."""
    if account.late and start <= account.late[-1][1]:
        before, until = account.late[-1]
        account.late[-1] = (min(before, start), max(until, end))
    else:
        account.late.append((start, end))

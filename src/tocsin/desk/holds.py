"""Restrictions in force, at the moment a fact is decided: what they make of it, and which its rules impose.

A restriction that a rule imposes is a fact of its own, the entry right behind the one that brought it about, in the same
group: it is in force for that fact already. This is memory over a table of the journal, and a view of the log; where a
group is not stored, it is read anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
from msgspec.structs import replace as put

from tocsin.credit.position.days import day_of
from tocsin.credit.restriction import force
from tocsin.credit.restriction.force import Standing, standing_of
from tocsin.credit.restriction.imposing import Imposing
from tocsin.credit.restriction.record import ENDED
from tocsin.credit.restriction.terms import Restraints
from tocsin.engine.decide import BLOCK, Decision, HeldBack
from tocsin.facts import measures
from tocsin.facts.kinds import Fact
from tocsin.facts.measures import MEASURES, Restriction
from tocsin.journal import restrictions
from tocsin.journal.journal import Journal
from tocsin.journal.restrictions import Kept, Statement
from tocsin.policy.policy import Policy
from tocsin.values import instant
from tocsin.values.calendar import DAY

_NONE: dict[str, Standing] = {}
SPARE = DAY
"""For so long after its release a hold is not imposed again for the same reasons: they were looked at."""
_MOST_SPARED = 100_000
KINDS = frozenset(MEASURES)
"""Facts that tell of restrictions."""
_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(Standing).decode


class Spared(NamedTuple):
    """Until when, and what spoke for it."""

    until: int
    reasons: tuple[str, ...]


class Holds:
    """By account, those that stand. `statements` keep in the table what was taken since they were last handed out."""

    def __init__(self, kept: Iterable[Kept] = ()) -> None:
        self.accounts: dict[str, dict[str, Standing]] = {}
        self.spared: dict[tuple[str, str], Spared] = {}
        """By account and hold, those that were released not long ago."""
        self.numbers: dict[str, int] = {}
        """How many orders went to the core system about each that stands, the first is 0."""
        self.statements: list[Statement] = []
        self._policies: dict[str, Imposing | None] = {}
        for one in kept:
            if one.ended_at is None:
                self.accounts.setdefault(one.account, {})[one.id] = _decode(one.body)
                self.numbers[one.id] = one.number
            elif one.status == "released":
                self._spare(_decode(one.body), one.ended_at)

    @classmethod
    def of(cls, journal: Journal) -> Holds:
        return cls(journal.standing(journal.head().recorded_at - SPARE))

    # -- at a fact -----------------------------------------------------------------------------

    def concern(self, account: str | None, decision: Decision) -> bool:
        """Whether a fact need be looked at: almost none need."""
        return account in self.accounts or bool(decision.fired)

    def decided(
        self, policy: Policy, fact: Fact, now: int, decision: Decision, seq: int, counts: bool = True
    ) -> tuple[Decision, list[Restriction]]:
        """What is said of a fact with the restrictions in force, and those that it brings about: the entries from `seq`
        on. `counts`: whether it uses up what a stage lets pass."""
        account: str | None = getattr(fact, "account", None)
        if account is None:
            return decision, []
        loud = decision.fired or decision.changes
        imposed = self._imposed(policy, fact, account, now, decision, seq) if loud else []
        before = [one for one in self.accounts.get(account, _NONE).values() if force.in_force(one, now)]
        if not (before or imposed):
            return decision, imposed
        known = [*before, *(standing_of(one, now) for one in imposed)]
        staged = [one for one in before if one.stage]
        day = day_of(now, policy.timezone) if staged else 0  # nothing else asks for it
        effect = force.effect(fact, known, now, day)
        if effect.standing:
            standing = [(one.id, one.hold, one.type, one.strength, one.stage) for one in effect.standing]
            decision = Decision(
                decision.level_before, decision.level, max(decision.answer, effect.answer), decision.score, decision.fired,
                decision.changes, HeldBack(effect.answer, effect.by, standing),
            )  # fmt: skip
        if counts and decision.answer < BLOCK:
            for one in staged:
                after = force.passed(one, fact, day)
                if after is not one:
                    self._keep(after, seq - 1)
        return decision, imposed

    def _imposed(
        self, policy: Policy, fact: Fact, account: str, now: int, decision: Decision, seq: int
    ) -> list[Restriction]:
        imposing = self._imposing(policy)
        if imposing is None:
            return []
        fired = [rule for rule, *_ in decision.fired]
        risen = [after for _, before, after, quiet in decision.changes if not quiet and after > before]
        standing = {one.hold for one in self.accounts.get(account, {}).values()}
        new = [
            (hold, reasons)
            for hold, reasons in imposing.wanted(fired, risen)
            if hold.name not in standing and not self._spares(account, hold.name, now, reasons)
        ]
        level = policy.levels[decision.level - 1].name if decision.level else None
        return [
            imposing.restriction(hold, reasons, fact, account, now, level, seq + place)
            for place, (hold, reasons) in enumerate(new)
        ]

    def _imposing(self, policy: Policy) -> Imposing | None:
        """What a policy imposes; None where it says nothing of restrictions."""
        if policy.digest not in self._policies:
            found = policy.sections.get("restrictions")
            made = Imposing(found, policy.stamp, policy.currency) if isinstance(found, Restraints) else None
            self._policies[policy.digest] = made
        return self._policies[policy.digest]

    def _spares(self, account: str, hold: str, now: int, reasons: Sequence[str]) -> bool:
        """Whether it was released a short while ago, and nothing speaks for it but what did so then."""
        known = self.spared.get((account, hold))
        if known is None:
            return False
        if known.until <= now:
            del self.spared[account, hold]
            return False
        return set(reasons) <= set(known.reasons)

    # -- following -----------------------------------------------------------------------------

    def take(self, fact: Fact, now: int, seq: int) -> None:
        """What a fact tells of a restriction: the entry `seq`, recorded `now`."""
        match fact:
            case measures.Restriction():
                self._add(standing_of(fact, now), fact.held_out, seq)
            case measures.RestrictionChanged():
                self._change(fact, now, seq)
            case measures.RestrictionAssessed():
                p50, p90 = (None if one is None else instant.micros(one) for one in (fact.p50, fact.p90))
                self.statements.append(restrictions.assessed(fact.restriction, fact.days, p50, p90, seq))
            case measures.RestrictionOrdered():
                self.statements.append(restrictions.ordered_again(fact.restriction, fact.number, seq))
            case measures.RestrictionAcknowledged() if fact.applied:
                self.statements.append(restrictions.confirmed(fact.restriction, fact.number, seq))

    def _add(self, one: Standing, held_out: bool, seq: int) -> None:
        if one.id in self.numbers:
            return
        self.accounts.setdefault(one.account, {})[one.id] = one
        self.numbers[one.id] = 0
        status = "held_out" if held_out else "active"
        kept = Kept(
            one.id, one.account, one.hold, one.type, status, one.at, None, None, None, None, None, 0, -1, seq, _encode(one)
        )  # fmt: skip
        self.statements.append(restrictions.added(kept))

    def _change(self, fact: measures.RestrictionChanged, now: int, seq: int) -> None:
        known = self.accounts.get(fact.account, {}).get(fact.restriction)
        if known is None:
            return
        number = self.numbers[known.id]
        if fact.change in ENDED:
            status: str = "held_out" if known.held_out else fact.change
            ordered = number if known.held_out else number + 1
            self.statements.append(
                restrictions.changed(known.id, status, now, fact.reason, ordered, seq, _encode(known))
            )
            if fact.change == "released":
                self._spare(known, now)
            del self.accounts[known.account][known.id], self.numbers[known.id]
            if not self.accounts[known.account]:
                del self.accounts[known.account]
            return
        match fact.change:
            case "staged":
                known = put(known, stage=fact.stage, up_to=fact.up_to, a_day=fact.a_day, day=0, used=0)
                number, status = number + 1, "staged" if fact.stage else "active"
            case "extended":
                known = put(known, ends=None if fact.expires_at is None else instant.micros(fact.expires_at))
                status = "staged" if known.stage else "active"
            case _:
                number += known.stage > 0
                known, status = put(known, stage=0, up_to=None, a_day=None, ends=None), "refused"
        self.accounts[known.account][known.id] = known
        self.numbers[known.id] = number
        self.statements.append(restrictions.changed(known.id, status, None, fact.reason, number, seq, _encode(known)))

    def _spare(self, one: Standing, ended_at: int) -> None:
        if len(self.spared) >= _MOST_SPARED:
            self.spared = {key: one for key, one in self.spared.items() if one.until > ended_at}
        self.spared[one.account, one.hold] = Spared(ended_at + SPARE, one.reasons)

    def _keep(self, one: Standing, seq: int) -> None:
        """What a stage has let pass of a day."""
        self.accounts[one.account][one.id] = one
        self.statements.append(restrictions.used(one.id, seq, _encode(one)))

    def puts(self) -> list[Statement]:
        """The statements that keep what was taken since the last ones; those alike and in a row are one."""
        asked, self.statements = self.statements, []
        runs = [(sql, list(run)) for sql, run in groupby(asked, key=lambda one: one[0])]
        return [(sql, [row for _, rows in run for row in rows]) for sql, run in runs]

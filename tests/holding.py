"""A lender who restricts: one account under the card policy, its restrictions in force and the book of its person.

What rules see is told by the test; everything else, from the imposition to the last confirmation, is the product's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.casework import Life
from tocsin.credit.collection.decide import decide
from tocsin.credit.collection.evolve import Beyond, evolve, rebuilt
from tocsin.credit.collection.house import Beside, House
from tocsin.credit.collection.waking import wake_at
from tocsin.credit.restriction.record import Held
from tocsin.desk import policies, restrictions
from tocsin.desk.faults import Fault
from tocsin.desk.holds import Holds
from tocsin.desk.houses import Lender as Texts
from tocsin.desk.houses import house_of
from tocsin.engine.decide import Change, Decision, Fired, refusable
from tocsin.facts import kinds, wire
from tocsin.facts.kinds import Fact
from tocsin.policy.policy import Policy
from tocsin.values import instant

POLICY = Path(__file__).parent.parent / "policies" / "card.yaml"
BLOCK = 2


@cache
def policy() -> Policy:
    return policies.policy(POLICY)


@cache
def card() -> House:
    found = house_of(policy(), Texts())
    assert found is not None
    return found


class Lender(Life):
    """`happens` tells a fact and the rules that fire at it; `look` has done what is due; `act` is what a person does."""

    def __init__(self, person: str = "P-1", account: str = "A-0001") -> None:
        super().__init__(card(), person, account)
        self.holds, self.beside, self.level = Holds(), Beside(), 0

    def take(self, fact: Fact, recorded_at: int, fired: tuple[str, ...] = (), risen: str | None = None) -> None:
        self.log.append((fact, recorded_at))
        self.holds.take(fact, recorded_at, len(self.log))
        try:
            self.book = evolve(self.book, fact, self.house, len(self.log), recorded_at, fired, risen)
        except Beyond as beyond:
            facts = [one for one in self.log if getattr(one[0], "account", None) == beyond.account]
            self.book = rebuilt(beyond.book, beyond.account, facts, self.house)

    def happens(
        self, kind: type[Fact], now: int, fired: Sequence[str] = (), level: int | None = None, **fields: Any
    ) -> Decision:
        """What is said of a fact at which these rules fire, and the account comes to this level."""
        given = {"amount": 10_000, "currency": "CNY"} if issubclass(kind, kinds.Movement) else {}
        fact = kind(
            fact_id=f"f-{len(self.log)}", occurred_at=instant.instant(now), customer=self.book.person, account=self.account,
            **{**given, **fields},
        )  # fmt: skip
        before, self.level = self.level, self.level if level is None else level
        changes = [Change(now, before, self.level, False)] if self.level != before else []
        seen = [Fired(rule, True, {}) for rule in fired]
        judged = Decision(before, self.level, 0, 0, seen, changes)
        decision, imposed = self.holds.decided(policy(), fact, now, judged, len(self.log) + 2)
        risen = policy().levels[self.level - 1].name if self.level > before else None
        self.take(replace(fact, declined=True) if refusable(fact, decision) else fact, now, tuple(fired), risen)
        for one in imposed:
            self.take(one, now)
        return decision

    def look(self, now: int) -> list[Fact]:
        facts = decide(self.book, now, self.house, self.beside)
        for fact in facts:
            assert wire.stored(wire.encode(fact)) == fact or type(fact).__name__ == "PlanOffered"
            self.take(fact, now)
        assert decide(self.book, now, self.house, self.beside) == []
        return facts

    def act(self, id: str, act: str, now: int, actor: str = "anna", **given: Any) -> Fault | None:
        """What a person does about a restriction; what was wrong with it, if anything was."""
        try:
            _, facts = restrictions.ACTS[act](self.book, id, now, self.house, given, actor, "en")
        except Fault as fault:
            return fault
        for fact in facts:
            self.take(fact, now)
        return None

    def impose(self, now: int, actor: str = "anna", **given: Any) -> Fault | str:
        """A restriction that a person imposes: its id, or what was wrong."""
        asked = restrictions.Imposed(**{"reasons": ("suspicion",), "actor": actor, **given})
        try:
            said, facts = restrictions.imposed(self.book, self.account, now, self.house, policy().stamp, asked, "en")
        except Fault as fault:
            return fault
        for fact in facts:
            self.take(fact, now)
        return str(said["restriction"])

    def wakes(self, now: int) -> int | None:
        return wake_at(self.book, now, self.house)

    @property
    def held(self) -> Held:
        """The latest restriction that was imposed."""
        return list(self.book.restrictions.values())[-1]

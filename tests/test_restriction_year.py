"""A year of a lender's restrictions: customers with planted truths meet what is asked of them, or do not, in their own
time. What is estimated when a restriction is imposed is held against when it ended."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

import pytest

from tests.casework import DAY, HOUR, at
from tests.holding import BLOCK, Lender
from tocsin.credit.collection.house import Beside
from tocsin.credit.restriction.estimate import Lasted, learned
from tocsin.facts import kinds, measures
from tocsin.values import instant

BEGIN = at("2026-01-05")
DAYS = 365
MATURE = 75
"""Days before the end of the year after which nothing imposed is judged: it had no time to end."""
RULES = ("large_purchase", "spending_spree", "transfer_burst", "cash_run", "new_device_purchase", "strange_burst")


@dataclass
class Year:
    """`lives`: of each restriction its hold, when it was imposed, days first assessed, the estimate then, when it ended."""

    draw: Random
    now: int = BEGIN
    beside: Beside = field(default_factory=Beside)
    learned_at: int = 0
    queue: list[tuple[int, int, Lender, Callable[[], None] | None]] = field(default_factory=list)
    number: count[int] = field(default_factory=count)
    lives: dict[tuple[str, str], list[int | str | None]] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)

    def put(self, moment: float, who: Lender, what: Callable[[], None] | None) -> None:
        if moment < BEGIN + DAYS * DAY:
            heapq.heappush(self.queue, (int(moment), next(self.number), who, what))

    def run(self) -> None:
        while self.queue:
            self.now, _, who, what = heapq.heappop(self.queue)
            if self.now - self.learned_at >= DAY:
                self.learned_at = self.now
                self.beside = Beside(experience=learned(self._lasted(), DAY))
            if what is not None:
                what()
            elif (due := who.wakes(self.now - 1)) is None or due > self.now:
                continue  # it was seen to meanwhile
            who.beside = self.beside
            self._note(who, who.look(self.now))
            if (wakes := who.wakes(self.now)) is not None:
                self.put(wakes, who, None)

    def _lasted(self) -> list[Lasted]:
        return [
            Lasted(str(hold), int(ended or self.now) - int(begun), int(days), ended is not None)  # type: ignore[arg-type]
            for hold, begun, days, _, _, ended in self.lives.values()
        ]

    def _note(self, who: Lender, facts: list[object]) -> None:
        for one in facts:
            if isinstance(one, measures.RestrictionAssessed) and one.because == "imposed":
                held = who.book.restrictions[one.restriction]
                p50, p90 = (None if each is None else instant.micros(each) for each in (one.p50, one.p90))
                self.lives[who.account, held.id] = [held.hold, held.at, one.days, p50, p90, None]
            elif isinstance(one, measures.RestrictionChanged) and one.change in ("released", "lapsed"):
                life = self.lives.get((who.account, one.restriction))
                if life is None:
                    continue  # held out: it was never in force
                life[-1] = self.now
                self.told[one.reason] += 1
            elif isinstance(one, measures.RestrictionOrdered):
                self.told["ordered again"] += 1

    # -- what customers do -------------------------------------------------------------------------------------------------

    def customer(self, n: int) -> None:
        """Somebody whose account is restricted on some day: a genuine spender, a victim, or a fraud."""
        draw, who = self.draw, Lender(f"P-{n}", f"A-{n:05d}")
        begins = BEGIN + draw.random() * (DAYS - 1) * DAY
        rule, truth = draw.choice(RULES), draw.choices(("genuine", "victim", "fraud"), (85, 12, 3))[0]
        score, diligence = draw.randint(480, 820), draw.expovariate(1 / 3)
        kind = {"transfer_burst": kinds.Transfer, "cash_run": kinds.CashAdvance}.get(rule, kinds.Purchase)
        if draw.random() < 0.8:
            self.put(begins - DAY, who, lambda: who.tell(kinds.CreditReport, self.now, credit_score=score))
        if draw.random() < 0.6:
            income = draw.randint(400_000, 3_000_000)
            self.put(begins - DAY, who, lambda: who.tell(kinds.InformationUpdate, self.now, currency="CNY", income=income, obligations=income // 5, employment="employed", verified=draw.random() < 0.5))  # fmt: skip
        self.put(begins, who, lambda: self._strikes(who, kind, rule))
        for need in ("identity", "transactions"):
            if draw.random() < 0.75:
                self.put(
                    begins + draw.expovariate(1 / (1 + diligence)) * DAY, who, lambda need=need: self._meets(who, need)
                )  # type: ignore[misc]
        if draw.random() < 0.25:
            self.put(begins + draw.random() * 8 * DAY, who, lambda: self._strikes(who, kind, rule))
        for again in range(draw.choice((0, 0, 1, 3))):  # who is refused tries again, at once or later
            self.put(begins + (again + draw.random()) * HOUR, who, lambda: self._tries_again(who, kind))
        if draw.random() < 0.2:
            better = score + draw.randint(20, 120)
            self.put(
                begins + draw.random() * 6 * DAY,
                who,
                lambda: who.tell(kinds.CreditReport, self.now, credit_score=better),
            )
        if truth == "victim":
            reported = begins + draw.random() * 2 * DAY
            self.put(reported, who, lambda: who.tell(kinds.FraudReport, self.now, account=who.account, confirmed=True))
            self.put(reported + draw.expovariate(1 / 9) * DAY, who, lambda: who.tell(kinds.FraudReport, self.now, account=who.account, reason="withdrawn"))  # fmt: skip
        if truth == "fraud":
            self.put(begins + 3 * DAY, who, lambda: who.tell(kinds.FraudReport, self.now, account=who.account, confirmed=True, reason="first_party"))  # fmt: skip
        self.put(begins + HOUR / 60, who, lambda: self._confirms(who))
        if draw.random() < 0.1:
            self.put(begins + draw.random() * 3 * DAY, who, lambda: self._appeals(who))

    def _strikes(self, who: Lender, kind: type[kinds.Movement], rule: str) -> None:
        who.happens(kind, self.now, [rule], 2, amount=self.draw.randint(10_000, 400_000), credit_limit=2_000_000, balance=self.draw.randint(0, 1_900_000))  # fmt: skip

    def _tries_again(self, who: Lender, kind: type[kinds.Movement]) -> None:
        owed = who.book.accounts[who.account].history.balance
        decision = who.happens(kind, self.now, amount=self.draw.randint(10_000, 400_000))
        assert decision.answer < BLOCK or who.book.accounts[who.account].history.balance == owed

    def _meets(self, who: Lender, need: str) -> None:
        for held in [one for one in who.book.restrictions.values() if one.stands and need in one.needs]:
            facts = len(who.log)
            assert who.act(held.id, "requirements", self.now, requirement=need, state="met") is None
            self._note(who, [fact for fact, _ in who.log[facts:]])

    def _confirms(self, who: Lender) -> None:
        for held in who.book.restrictions.values():
            if held.status != "held_out" and held.order.confirmed < held.order.number:
                assert who.act(held.id, "acknowledgements", self.now, number=held.order.number, applied=True) is None
        self.put(self.now + 5 * DAY, who, lambda: self._confirms(who))

    def _appeals(self, who: Lender) -> None:
        for held in [one for one in who.book.restrictions.values() if one.stands and one.appeal is None]:
            assert who.act(held.id, "appeals", self.now, reason="it was me") is None
            id, right = who.book.restrictions[held.id].appeals[-1].id, self.draw.random() < 0.4
            self.put(self.now + self.draw.random() * 5 * DAY, who, lambda held=held, id=id, right=right: self._decides(who, held.id, id, right))  # type: ignore[misc]  # fmt: skip

    def _decides(self, who: Lender, id: str, appeal: str, right: bool) -> None:
        if who.book.restrictions[id].stands:
            facts = len(who.log)
            assert (
                who.act(id, "appeal-decisions", self.now, "bert", appeal=appeal, upheld=right, reason="looked at")
                is None
            )
            self._note(who, [fact for fact, _ in who.log[facts:]])


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_estimated_when_it_is_imposed_is_what_comes(seed: int) -> None:
    year = Year(Random(seed))
    for n in range(3_500):
        year.customer(n)
    year.run()
    judged = [
        (int(p50), int(p90), ended)  # type: ignore[arg-type]
        for _, begun, _, p50, p90, ended in year.lives.values()
        if p50 is not None and p90 is not None and int(begun) < BEGIN + (DAYS - MATURE) * DAY  # type: ignore[arg-type]
    ]
    within = [
        sum(ended is not None and int(ended) <= one[place] for *one, ended in judged) / len(judged) for place in (0, 1)
    ]
    print(
        f"\n{len(year.lives)} restrictions, {len(judged)} judged: {within[0]:.3f} by p50, {within[1]:.3f} by p90; {year.told}"
    )
    assert len(judged) > 1_500
    assert abs(within[0] - 0.5) <= 0.05 and abs(within[1] - 0.9) <= 0.05
    assert {"conditions_met", "appeal_upheld", "report_withdrawn"} <= year.told.keys()

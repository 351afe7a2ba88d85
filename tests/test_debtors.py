"""The simulated debtors: lives that are the same for a seed, money that adds up, and planted truths that can be measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import msgspec
import pytest

from tests.reckoner import Account, Terms
from tocsin.facts import wire
from tocsin.facts.dealings import LegalStep
from tocsin.facts.kinds import Fact, Payment, Waiver
from tocsin.replay.debtors import RESPONSES, Call, Debtors, Message
from tocsin.replay.debtors.truths import READ
from tocsin.values import instant
from tocsin.values.problem import Refused

START = date(2025, 10, 1)
Treat = Callable[[Debtors, int], None]


def lived(debtors: Debtors, days: int, treat: Treat = lambda debtors, day: None) -> list[Fact]:
    """All facts of some days, in the order in which they became known; `treat` comes at noon."""
    facts: list[Fact] = []
    for day in range(days):
        on = START + timedelta(days=day)
        facts += debtors.morning(on)
        treat(debtors, day)
        facts += debtors.evening(on)
    return sorted(facts, key=lambda fact: fact.recorded_at or fact.occurred_at)


def written_to(channel: str, ending: str) -> Treat:
    """Everybody late gets a message each day."""

    def treat(debtors: Debtors, day: int) -> None:
        at = debtors.town.clock.at(day, 10.5)
        for id in sorted(debtors.town.late):
            to = next((one.address for one in debtors.town.people[id].points if one.id == f"{id}-{ending}"), "")
            debtors.told([Message(f"{id}.{day}", to, channel, at)])

    return treat


# -- lives -------------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_lives_however_many_others_there_are() -> None:
    facts = lived(Debtors(7, 40, "CN", START), 70)
    assert facts == lived(Debtors(7, 40, "CN", START), 70)
    longer = [fact for fact in lived(Debtors(7, 40, "CN", START), 75) if fact.recorded_at < _end(70)]  # type: ignore[operator]
    assert [fact for fact in facts if fact.recorded_at < _end(70)] == longer  # type: ignore[operator]
    some = {fact.customer for fact in facts} - {max(str(fact.customer) for fact in facts)}
    more = lived(Debtors(7, 200, "CN", START), 70)
    assert [one for one in facts if one.customer in some] == [one for one in more if one.customer in some]
    assert facts != lived(Debtors(8, 40, "CN", START), 70)


def _end(day: int) -> object:
    return instant.instant(Debtors(7, 1, "CN", START).town.clock.at(day, 0))


@pytest.mark.parametrize(("profile", "currency"), [("CN", "CNY"), ("US", "USD"), ("UK", "GBP")])
def test_facts_are_such_as_the_service_takes(profile: str, currency: str) -> None:
    debtors = Debtors(3, 150, profile, START)
    facts = lived(debtors, 180)
    assert len({fact.fact_id for fact in facts}) == len(facts)
    for fact in facts:
        assert wire.decode(wire.encode(fact)) == fact
        assert fact.customer in debtors.town.people and fact.recorded_at is not None
        assert fact.occurred_at <= fact.recorded_at < fact.occurred_at + timedelta(days=2)
        account = getattr(fact, "account", None)
        assert account is None or debtors.town.owner[account].id == fact.customer
        assert getattr(fact, "currency", None) in (None, currency)
    kinds = Counter(type(fact).__name__ for fact in facts)
    assert set(kinds) >= {"Statement", "Payment", "Purchase", "Interest", "Fee", "Profile", "ContactPoint", "Stop"}
    addresses = [point.address for one in debtors.town.people.values() for point in one.points]
    assert len(set(addresses)) == len(addresses)


def test_what_people_owe_is_what_their_facts_say() -> None:
    """The reckoner of the auditor and the core system of the simulation come to the same, day by day."""
    debtors, day = Debtors(5, 120, "US", START), 0
    accounts: dict[str, Account] = defaultdict(lambda: Account(Terms("America/New_York", 0, 0)))
    waiting: list[Fact] = []
    for day in range(150):
        on = START + timedelta(days=day)
        waiting += [*debtors.morning(on), *debtors.evening(on)]
        end = instant.instant(debtors.town.clock.at(day, 23.9))
        known = [fact for fact in waiting if fact.recorded_at is not None and fact.recorded_at <= end]
        waiting = [fact for fact in waiting if fact not in known]
        for fact in known:
            if (id := getattr(fact, "account", None)) is not None:
                accounts[id].add(msgspec.to_builtins(fact))
        unsure = {getattr(fact, "account", None) for fact in waiting} | set(debtors._core._debits)
        for id, account in debtors.town.accounts.items():
            if id not in unsure:
                stand = accounts[id].on(on.toordinal())
                assert (stand.balance, stand.past_due) == (account.balance, account.past_due(day)), (on, id)


def test_the_bank_waives_what_it_is_asked_to_and_a_court_judges() -> None:
    debtors = Debtors(5, 300, "US", START)
    lived(debtors, 60)
    late = (id for id in sorted(debtors.town.late) if any(one.fees > 1_000 for one in debtors.town.owned[id]))
    id = next(id for id in late if debtors.town.people[id].is_now(125) in ("refuser", "evader", "disputer"))
    on, owned = START + timedelta(days=60), debtors.town.owned[id]
    before = sum(one.balance for one in owned)
    debtors.ordered(on - timedelta(days=1), id, "fee_waiver", amount=1_000)
    debtors.ordered(on - timedelta(days=1), id, "filed", matter="m-1")
    assert [fact.amount for fact in debtors.morning(on) if isinstance(fact, Waiver)] == [1_000]
    debtors.ordered(on, id, "waiver", account=owned[0].id, amount=300)
    assert sum(one.balance for one in owned) == before - 1_300
    steps = [
        fact
        for day in range(61, 125)
        for fact in debtors.morning(START + timedelta(days=day))
        if isinstance(fact, LegalStep)
    ]
    assert [(fact.customer, fact.matter, fact.step) for fact in steps] == [(id, "m-1", "judgment")]


def test_statements_come_monthly_and_late_ones_are_a_few() -> None:
    debtors = Debtors(2, 400, "CN", START)
    by_account: dict[str, list[Fact]] = defaultdict(list)
    for fact in lived(debtors, 200):
        if type(fact).__name__ == "Statement":
            by_account[fact.account].append(fact)  # type: ignore[attr-defined]
    gaps = {(b.occurred_at - a.occurred_at).days for facts in by_account.values() for a, b in pairwise(facts[1:])}
    assert gaps <= {28, 29, 30, 31}
    late = sum(any(one.late(199) > 3 for one in owned) for owned in debtors.town.owned.values())
    assert 0.05 < late / len(debtors.town.people) < 0.25


def test_nonsense_is_refused() -> None:
    with pytest.raises(Refused, match="unknown profile 'CX'; use one of: CN, UK, US"):
        Debtors(1, 10, "CX", START)
    with pytest.raises(Refused, match="a bank of 9000 accounts"):
        Debtors(1, 9_000, "CN", START)


# -- planted truths ----------------------------------------------------------------------------------------------------


def cures(treat: Treat, days: int = 130, accounts: int = 1_800) -> dict[str, tuple[int, int]]:
    """By kind: days on which people were late, and how many of them brought a payment of all that was past due."""
    debtors, paid, asked = Debtors(11, accounts, "CN", START), Counter[str](), Counter[str]()
    for day in range(days):
        on = START + timedelta(days=day)
        debtors.morning(on)
        treat(debtors, day)
        late = {one.id for id in debtors.town.late for one in debtors.town.owned[id] if one.late(day)}
        owed = {debtors.town.owner[id].id for id in late}
        kinds = {id: debtors.kind(id, on) for id in owed}
        payers = {
            str(fact.customer) for fact in debtors.evening(on) if isinstance(fact, Payment) and fact.account in late
        }
        asked.update(kinds.values())
        paid.update(kinds[id] for id in owed & payers)
    return {kind: (asked[kind], paid[kind]) for kind in asked}


def near(found: tuple[int, int], hazard: float) -> bool:
    """Whether a rate is the hazard that was planted: within four standard deviations."""
    days, paid = found
    return abs(paid - days * hazard) <= 4 * (days * hazard * (1 - hazard)) ** 0.5 + 2


@pytest.fixture(scope="module")
def untreated() -> dict[str, tuple[int, int]]:
    return cures(lambda debtors, day: None)


@pytest.fixture(scope="module")
def reminded() -> dict[str, tuple[int, int]]:
    return cures(written_to("sms", "phone"))


@pytest.mark.parametrize("kind", ["forgetful", "minimum", "shocked", "refuser", "evader"])
def test_people_cure_by_themselves_as_planted(kind: str, untreated: dict[str, tuple[int, int]]) -> None:
    assert near(untreated[kind], RESPONSES[kind].self_cure), untreated[kind]


def test_reminders_move_the_forgetful_and_not_those_who_will_not_or_cannot(
    untreated: dict[str, tuple[int, int]], reminded: dict[str, tuple[int, int]]
) -> None:
    days, paid = reminded["forgetful"]
    sure = (
        1 - 0.07 - 0.04
    )  # who did not consent, and whose number is another's, is another matter: they were written to
    assert days and paid / days > 4 * untreated["forgetful"][1] / untreated["forgetful"][0]
    assert RESPONSES["forgetful"].reminded * sure * READ["sms"] < paid / days < RESPONSES["forgetful"].reminded
    for kind in ("shocked", "refuser", "evader"):
        assert near(reminded[kind], RESPONSES[kind].reminded), kind


def test_strangers_and_the_dead_answer_nothing() -> None:
    debtors = Debtors(1, 1_500, "CN", START)
    lived(debtors, 1)
    at = debtors.town.clock.at(360, 12)
    on = START + timedelta(days=360)
    for person in debtors.town.people.values():
        point = person.points[0]
        if point.stranger or debtors.kind(person.id, on) == "gone":
            answers = debtors.told([Message(f"{person.id}.1", point.address, "sms", at)])
            assert [type(one).__name__ for one in answers] == ["Outcome"]
            [result, *_] = debtors.called(Call(f"{person.id}.2", person.id, at))
            assert result.result in (("no_answer", "wrong_number") if point.stranger else ("no_answer",))  # type: ignore[attr-defined]


def test_promises_are_kept_as_planted() -> None:
    debtors = Debtors(4, 3_000, "CN", START)
    due: dict[str, tuple[int, str, int]] = {}
    kept, made = Counter[str](), Counter[str]()
    for day in range(120):
        on = START + timedelta(days=day)
        debtors.morning(on)
        for id in sorted(debtors.town.late - set(due)):
            result = debtors.called(Call(f"{id}.{day}", id, debtors.town.clock.at(day, 11)))[0]
            if getattr(result, "result", "") == "promise":
                until = instant.micros(result.promised_at)  # type: ignore[attr-defined]
                due[id] = debtors.town.clock.of(until), debtors.kind(id, on), result.promised_amount  # type: ignore[attr-defined]
        paid = Counter[str]()
        for fact in debtors.evening(on):
            if isinstance(fact, Payment):
                paid[str(fact.customer)] += fact.amount
        for id, (until, kind, amount) in tuple(due.items()):
            if paid[id] >= amount or until < day:
                made[kind] += 1
                kept[kind] += paid[id] >= amount
                del due[id]
    for kind in ("forgetful", "tight", "shocked"):
        share = kept[kind] / made[kind]
        assert share >= RESPONSES[kind].keeps - 4 * (0.25 / made[kind]) ** 0.5, kind
    assert kept["shocked"] / made["shocked"] < 0.5 < kept["forgetful"] / made["forgetful"]

"""Where an account stands: tables in the trade's words, and the laws of the fold.

The cast: 李薇 pays in full; 王强 pays late, and in parts; 张敏 lost her job; 陈涛 bounces; Ana lives in São Paulo.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.credit.position import BEYOND, History, Position, State, Terms, at, derived, fold, replayed
from tocsin.credit.position.days import DAY, day_of, start_of
from tocsin.facts import kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.problem import Problem

CN = Terms(tolerance=0)
ZONE = instant.zone("Asia/Shanghai")
EPOCH = instant.EPOCH.date()


def moment(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """'01-05', or '01-05 23:00', of 2026; '2027-01-05' where the year is another."""
    day, _, hour = text.partition(" ")
    day = day if day.count("-") == 2 else f"2026-{day}"
    return datetime.fromisoformat(f"{day}T{hour or '12:00'}").replace(tzinfo=instant.zone(zone))


def day(text: str) -> int:
    return (moment(text).date() - EPOCH).days


def facts_of(table: str) -> list[Fact]:
    """One fact a line: `name when kind words…`, amounts in yuan; `known=` is when it became known."""
    return [_fact(number, line.split()) for number, line in enumerate(table.strip().splitlines())]


def _fact(number: int, words: list[str]) -> Fact:
    when, kind, *rest = words
    given = dict(word.partition("=")[::2] for word in rest if "=" in word)
    numbers = [int(float(word) * 100) for word in rest if "=" not in word]
    fields: dict[str, Any] = {
        "fact_id": given.get("id", f"f{number:02}"),
        "account": "a1",
        "occurred_at": moment(when.replace("T", " ")),
    }
    if "known" in given:
        fields["recorded_at"] = moment(given["known"])
    struct = kinds.KINDS[kind]
    names = kinds.allowed(kind)
    if "currency" in names:
        fields["currency"] = given.get("in", "CNY")
    if kind == "statement":
        fields |= {"statement_balance": numbers[0], "minimum_due": numbers[1], "due_at": moment(given["due"])}
    elif kind == "limit_change":
        fields["credit_limit"] = numbers[0]
    elif numbers:
        fields["amount"] = numbers[0]
    if kind == "settlement" and "due" in given:
        fields["due_at"] = moment(given["due"])
    for word, name in (("of", "reported_fact"), ("mode", "mode"), ("reason", "reason")):
        if word in given:
            fields[name] = given[word]
    if "until" in given:
        fields["ends_at"] = moment(given["until"])
    return struct(**fields)


def stands(facts: list[Fact] | str, when: str, terms: Terms = CN) -> Position:
    facts = facts_of(facts) if isinstance(facts, str) else facts
    return derived(facts, terms, instant.micros(moment(when)))


def said(position: Position) -> str:
    """As the tables write it: state, days past due, past due in yuan."""
    return f"{position.state} {position.days_past_due} {position.past_due / 100:g}"


LI_WEI = """
    01-05 limit_change 10000
    01-05 statement 3000 300 due=01-25
    01-20 payment 3000
    02-05 statement 2000 200 due=02-25
    02-24 payment 2000
"""
WANG_QIANG = """
    01-05 statement 5000 500 due=01-25
    02-05 statement 6000 1100 due=02-25
    03-05 statement 7000 1800 due=03-25
    04-10 payment 500
    04-12 payment 600
    04-14 payment 700
"""
ZHANG_MIN = "01-05 statement 9000 900 due=01-25"
CHEN_TAO = """
    01-05 statement 5000 500 due=01-25
    01-20 payment 500 id=p1
    02-05 statement 4600 400 due=02-25
    02-20 payment 400 id=p2
    02-26 payment_reversed 500 of=p1
"""


@pytest.mark.parametrize(
    ("story", "when", "expected"),
    [
        # 李薇 pays in full: nothing is ever late
        (LI_WEI, "01-10", "CURRENT 0 0"),
        (LI_WEI, "01-30", "CURRENT 0 0"),
        (LI_WEI, "03-30", "CURRENT 0 0"),
        # 王强: each minimum asks again for what is unpaid; payments go to the oldest due date
        (WANG_QIANG, "01-25 23:59", "CURRENT 0 0"),
        (WANG_QIANG, "01-26 00:00", "GRACE 1 500"),
        (WANG_QIANG, "01-28 23:59", "GRACE 3 500"),
        (WANG_QIANG, "01-29", "M1 4 500"),
        (WANG_QIANG, "02-24", "M1 30 500"),
        (WANG_QIANG, "02-25", "M2 31 500"),
        (WANG_QIANG, "02-26", "M2 32 1100"),
        (WANG_QIANG, "04-09", "M3 74 1800"),
        (WANG_QIANG, "04-10", "M2 44 1300"),  # the oldest is paid: one bucket down
        (WANG_QIANG, "04-12", "M1 18 700"),
        (WANG_QIANG, "04-14", "CURRENT 0 0"),  # cured
        # 张敏 pays nothing any more
        (ZHANG_MIN, "07-24", "M6 180 900"),
        (ZHANG_MIN, "07-25", "M7 181 900"),
        # 陈涛: the first payment bounces, the second one then goes to the first due date
        (CHEN_TAO, "02-25", "CURRENT 0 0"),
        (CHEN_TAO, "02-26", "M2 32 500"),
        (CHEN_TAO.replace("payment 400", "payment 500"), "02-26", "GRACE 1 400"),
        (CHEN_TAO.replace("payment 400", "payment 500"), "03-01", "M1 4 400"),
        # what was paid beyond a minimum does not meet the next
        ("01-05 statement 900 100 due=01-25\n01-20 payment 800\n02-05 statement 900 90 due=02-25", "02-28", "GRACE 3 90"),
        # a payment made in time that became known late cures as if it had been known
        ("01-05 statement 900 100 due=01-25\n01-24 payment 100 known=01-30", "01-29", "M1 4 100"),
        ("01-05 statement 900 100 due=01-25\n01-24 payment 100 known=01-30", "01-30", "CURRENT 0 0"),
        # ... also where the next statement did not know it: its minimum asks 100 for January again
        ("01-05 statement 900 100 due=01-25\n01-24 payment 100 known=02-10\n02-05 statement 900 190 due=02-25", "02-26", "GRACE 1 90"),
        # a statement that asks for less forgives the oldest
        ("01-05 statement 900 100 due=01-25\n02-05 statement 300 30 due=02-25", "02-20", "M1 26 30"),
        ("01-05 statement 900 100 due=01-25\n01-28 refund 900\n02-05 statement 0 0 due=02-25", "02-20", "CURRENT 0 0"),
        # nobody is late with more than is owed
        ("01-05 statement 900 100 due=01-25\n01-28 refund 850", "01-30", "M1 5 50"),
    ],
)  # fmt: skip
def test_days_past_due_and_state(story: str, when: str, expected: str) -> None:
    assert said(stands(story, when)) == expected


def test_little_is_not_late_and_falls_due_with_the_next() -> None:
    story = "01-05 statement 900 100 due=01-25\n01-20 payment 92\n02-05 statement 900 98 due=02-25"
    terms = Terms(tolerance=1_000)
    assert said(stands(story, "02-20", terms)) == "CURRENT 0 0"
    assert said(stands(story, "03-01", terms)) == "M1 4 98"
    assert stands(story, "03-01", terms).oldest_due == day("02-25")


def test_minimums_that_ask_for_their_own_alone() -> None:
    story = "01-05 statement 900 100 due=01-25\n02-05 statement 900 90 due=02-25\n03-01 payment 120"
    position = stands(story, "03-02", Terms(tolerance=0, minimum_includes_past_due=False))
    assert said(position) == "M1 5 70" and position.allocated == 12_000


def test_bucket_by_missed_cycles_and_ages() -> None:
    position = stands(WANG_QIANG, "03-29", Terms(tolerance=0, bucket_rule="cycles"))
    assert (position.bucket, position.cycles_delinquent, position.state) == (3, 3, "M3")
    assert position.by_bucket == (0, 70_000, 60_000, 50_000, 0, 0, 0, 0)
    assert sum(position.by_bucket) == position.past_due == 180_000
    assert stands(WANG_QIANG, "02-26", Terms(tolerance=0, bucket_rule="cycles")).bucket == 1


def test_business_days() -> None:
    terms = Terms(tolerance=0, days="business", holidays=frozenset({day("02-02")}), workdays=frozenset({day("01-31")}))
    story = "01-05 statement 900 100 due=01-29"  # a Thursday; Saturday is worked, Monday is a holiday
    days = [stands(story, when, terms).days_past_due for when in ("01-29", "01-30", "01-31", "02-01", "02-02", "02-03")]
    assert days == [0, 1, 2, 2, 2, 3]
    assert stands(story, "01-31", terms).wake_at == instant.micros(moment("02-04 00:00"))


@pytest.mark.parametrize(
    ("days", "stage", "classification", "due"),
    [(0, 1, "正常", False), (3, 1, "正常", False), (4, 1, "关注", False), (30, 1, "关注", False), (31, 2, "关注", False),
     (89, 2, "关注", False), (90, 3, "关注", False), (91, 3, "次级", False), (121, 3, "可疑", False), (180, 3, "可疑", True),
     (181, 3, "损失", True)],
)  # fmt: skip
def test_classifications(days: int, stage: int, classification: str, due: bool) -> None:
    when = (moment("01-25") + timedelta(days=days)).strftime("%m-%d")
    position = stands(ZHANG_MIN, when)
    assert (position.stage, position.classification, position.charge_off_due) == (stage, classification, due)


def test_balance_utilisation_and_payment_ratio() -> None:
    story = (
        LI_WEI + "    02-27 purchase 250\n    03-01 refund 50\n    03-02 fee 20\n    03-05 statement 220 22 due=03-25"
    )
    before, after = stands(story, "03-03"), stands(story, "03-06")
    assert (before.balance, before.credit_limit, before.utilisation) == (22_000, 1_000_000, 0.022)
    assert (after.payment_ratio, after.payment_trend) == (1.0, 0.0)
    worse = stands(WANG_QIANG, "04-01")
    assert (worse.payment_ratio, worse.payment_trend) == (0.0, 0.0)
    falling = "01-05 statement 100 10 due=01-25\n01-20 payment 100\n02-05 statement 100 10 due=02-25\n02-20 payment 50\n03-05 statement 100 10 due=03-25"
    assert (stands(falling, "03-06").payment_ratio, stands(falling, "03-06").payment_trend) == (0.5, -0.5)


def test_a_statement_does_not_know_what_became_known_later() -> None:
    story = "01-02 purchase 30 known=01-06\n01-05 statement 100 10 due=01-25\n01-06 purchase 5"
    assert stands(story, "01-07").balance == 13_500


CHARGED_OFF = ZHANG_MIN + "\n07-24 charge_off 9000 in=CNY"


@pytest.mark.parametrize(
    ("story", "when", "state", "recovered"),
    [
        (CHARGED_OFF, "07-24", "CHARGED_OFF", 0),
        (CHARGED_OFF + "\n08-01 payment 1000", "08-02", "IN_RECOVERY", 1000),
        (CHARGED_OFF + "\n08-01 payment 1000 id=p\n08-04 payment_reversed 1000 of=p", "08-05", "CHARGED_OFF", 0),
        (CHARGED_OFF + "\n08-01 payment 9000", "08-02", "RECOVERED", 9000),
        (CHARGED_OFF + "\n08-01 settlement 4000 due=09-30\n09-30 payment 4000", "10-05", "SETTLED", 4000),
        (CHARGED_OFF + "\n08-01 settlement 4000 due=09-30\n10-01 payment 4000", "10-05", "IN_RECOVERY", 4000),
        (CHARGED_OFF + "\n08-01 closure reason=sold", "08-02", "SOLD", 0),
        (CHARGED_OFF + "\n08-01 closure reason=uncollectible", "08-02", "CLOSED_UNCOLLECTIBLE", 0),
        (ZHANG_MIN + "\n03-01 settlement 4000\n03-05 payment 4000", "12-05", "SETTLED", 0),
    ],
)
def test_after_charge_off(story: str, when: str, state: str, recovered: int) -> None:
    position = stands(story, when)
    assert (position.state, position.recovered) == (state, recovered * 100)


def test_a_settlement_lapses_at_its_end() -> None:
    story = ZHANG_MIN + "\n02-01 settlement 4000 due=02-10\n02-05 payment 1000"
    assert stands(story, "02-10 23:59").settlement_left == 300_000
    assert stands(story, "02-06").wake_at == instant.micros(moment("02-11 00:00"))
    assert stands(story, "02-11 00:00").settlement_left is None


# --- re-ageing: 65 FR 36903

YEAR = "\n".join(
    f"2025-{month:02}-05 statement 5000 500 due=2025-{month:02}-25\n2025-{month:02}-20 payment 500"
    for month in range(1, 10)
)


def test_a_re_age_makes_current_what_is_past_due() -> None:
    story = YEAR + "".join(
        f"\n2025-{month}-05 statement 5000 {minimum} due=2025-{month}-25"
        for month, minimum in ((10, 500), (11, 1000), (12, 1500))
    )
    story += "\n2026-01-05 statement 5000 2000 due=01-25\n01-20 payment {}\n01-27 re_age id=r1"
    refused = stands(story.format(1400), "01-28")
    assert said(refused) == "M2 34 600"
    assert refused.refused[0][0] == "r1" and "minimums of the last 3 statements" in str(refused.refused[0][1])
    granted = stands(story.format(1500), "01-28")
    assert said(granted) == "CURRENT 0 0" and not granted.refused and granted.balance == 350_000


def test_the_re_age_guard_counts() -> None:
    story = YEAR + "\n2025-10-06 re_age id=r1\n2025-10-07 re_age id=r2"
    first = replayed(facts_of(story), CN)
    assert [fact for fact, _ in first.standing.refused] == ["r2"]
    assert "re-aged 1 times within 365 days" in str(first.standing.refused[0][1])
    young = stands(ZHANG_MIN + "\n03-01 re_age id=r", "03-02")
    assert "younger than 273 days" in str(young.refused[0][1]) and young.state == "M2"


# --- pauses


@pytest.mark.parametrize(
    ("mode", "when", "expected"),
    [
        ("freeze", "02-04", "M1 10 900"), ("freeze", "02-20", "M1 10 900"), ("freeze", "03-06", "M1 10 900"), ("freeze", "03-07", "M1 11 900"),
        ("shift", "02-20", "M1 10 900"), ("shift", "03-07", "M1 11 900"),
    ],
)  # fmt: skip
def test_a_pause_stops_the_count(mode: str, when: str, expected: str) -> None:
    story = ZHANG_MIN + f"\n02-04 pause mode={mode} until=03-06"
    assert said(stands(story, when)) == expected
    assert stands(story, when).paused == ("" if when == "03-07" else mode)


def test_a_shift_moves_what_falls_due_inside_and_a_freeze_does_not() -> None:
    story = ZHANG_MIN + "\n01-20 pause mode={} until=02-19"
    assert said(stands(story.format("freeze"), "02-20")) == "GRACE 1 900"
    assert said(stands(story.format("shift"), "02-24")) == "CURRENT 0 0"
    assert stands(story.format("shift"), "02-20").oldest_due == day("02-24")
    assert said(stands(story.format("shift"), "02-25")) == "GRACE 1 900"


def test_an_open_pause_lasts_until_it_is_ended() -> None:
    story = ZHANG_MIN + "\n01-20 pause mode=shift"
    assert stands(story, "2027-01-01").state == "CURRENT" and stands(story, "2027-01-01").wake_at is None
    assert said(stands(story + "\n01-30 pause_ended", "02-06")) == "GRACE 2 900"


def test_a_pause_that_contains_another_is_refused() -> None:
    """apache/fineract #5100 and around: begin inside is checked, containing is not."""
    story = (
        ZHANG_MIN + "\n02-10 pause mode=freeze until=02-20 id=inner\n{} pause mode=freeze until={} id=outer known=02-12"
    )
    for begins, ends, why in (
        ("02-05", "02-25", "it contains the pause 'inner'; pause before and after it, or end it"),
        ("02-12", "02-15", "it overlaps the pause 'inner'; begin when that one has ended"),
        ("02-05", "02-15", "it overlaps the pause 'inner'; begin when that one has ended"),
    ):
        facts = facts_of(story.format(begins, ends))
        position = stands(facts, "03-05")
        assert [(fact, str(problem)) for fact, problem in position.refused] == [("outer", why)]
        assert position.days_past_due == day("03-05") - day("01-25") - 10
    assert not stands(story.format("02-20", "02-25"), "03-05").refused


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("02-10 payment 5 in=USD id=x", "'USD' is not the account's currency; the terms are in CNY"),
        ("02-10 limit_change 5 in=USD id=x", "'USD' is not the account's currency; the terms are in CNY"),
        ("02-10 pause mode=stop id=x", "'stop' is no way to pause; write freeze or shift"),
        ("02-10 pause mode=shift until=02-09 id=x", "the pause ends before it begins; correct 'ends_at'"),
        ("02-10 pause_ended id=x", "no pause is in force then; check when it ended"),
        ("02-10 closure reason=lost id=x", "'lost' is no way to close an account; write sold or uncollectible"),
        ("02-10 payment_reversed 5 id=x", "more is taken back than was paid; check 'reported_fact' and 'amount'"),
    ],
)
def test_what_counts_for_nothing_says_why(line: str, why: str) -> None:
    position = stands(ZHANG_MIN + "\n" + line, "02-11")
    assert [(fact, str(problem)) for fact, problem in position.refused] == [("x", why)]
    assert said(position) == "M1 17 900"


# --- waking


def test_killbill_2297_the_wake_up_moves_with_the_oldest_unpaid_date() -> None:
    """Two statements unpaid, the older one is paid on 03-10: the newer one's buckets come at its own dates, none is skipped."""
    story = "01-05 statement 900 100 due=01-25\n02-05 statement 900 200 due=02-25\n03-10 payment 100"
    history, seen = replayed(facts_of(story), CN), []
    now = history.newest
    while (position := at(history, now, CN)).wake_at is not None and len(seen) < 8:
        now = position.wake_at
        seen.append((instant.instant(now).astimezone(ZONE).strftime("%m-%d %H:%M"), str(at(history, now, CN).state)))
    assert at(history, 0, CN).state == "M1"
    assert seen[:6] == [
        ("03-28 00:00", "M2"), ("04-27 00:00", "M3"), ("05-26 00:00", "M3"), ("05-27 00:00", "M4"), ("06-26 00:00", "M5"), ("07-26 00:00", "M6"),
    ]  # fmt: skip


def told(position: Position) -> tuple[Any, ...]:
    """All that must not change without a wake-up."""
    return tuple(getattr(position, name) for name in position.__struct_fields__[2:] if name != "wake_at")


@pytest.mark.parametrize(
    ("zone", "date"),
    [("America/Sao_Paulo", "2018-11-04"), ("Asia/Beirut", "2026-03-29"), ("America/Havana", "2026-11-01")],
)
def test_days_begin_once_also_where_midnight_is_skipped_or_comes_twice(zone: str, date: str) -> None:
    number = (datetime.fromisoformat(date).date() - EPOCH).days
    start = start_of(number, zone)
    assert day_of(start, zone) == number and day_of(start - 1, zone) == number - 1
    days = [day_of(start + minutes * 60_000_000, zone) for minutes in range(-1500, 1500)]
    assert days == sorted(days) and set(days) <= {number - 2, number - 1, number, number + 1}
    wall = instant.instant(start).astimezone(instant.zone(zone))
    assert wall.date().isoformat() == date


# --- laws

START = instant.micros(moment("2025-01-05"))
TIMES = st.integers(0, 500).flatmap(
    lambda d: st.sampled_from([0, 1, DAY // 3, DAY // 2]).map(lambda part: START + d * DAY + part)
)
DELAYS = st.sampled_from([0, 0, 0, 0, DAY // 2, 3 * DAY, 40 * DAY])
TERMS = st.sampled_from(
    [
        CN,
        Terms(tolerance=500, bucket_rule="cycles", grace_days=0),
        Terms(zone="America/New_York", minimum_includes_past_due=False, refunds_pay=True, re_age_min_age=60, re_age_per_year=3),
        Terms(days="business", holidays=frozenset(range(20_100, 20_104)), re_age_min_age=30, re_age_payments=1),
    ]
)  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> list[Fact]:
    """An account's facts in the order of their time: statements each month or more often, the rest anywhere."""
    facts: list[Fact] = []

    def add(kind: str, when: int, **fields: Any) -> None:
        known = instant.instant(when + draw(DELAYS))
        name = f"f{len(facts):03}"
        if "currency" in kinds.allowed(kind):
            fields["currency"] = "CNY"
        common = {"fact_id": name, "account": "a1", "occurred_at": instant.instant(when), "recorded_at": known}
        facts.append(kinds.KINDS[kind](**common, **fields))

    when = START
    for _ in range(draw(st.integers(0, 18))):
        when += draw(st.sampled_from([30, 30, 30, 5, 1])) * DAY
        minimum = draw(st.sampled_from([0, 100, 500, 1_000, 2_000]))
        due = instant.instant(when + 20 * DAY) if draw(st.booleans()) else None
        add(
            "statement",
            when,
            statement_balance=minimum * draw(st.sampled_from([1, 3, 10])),
            minimum_due=minimum,
            due_at=due,
        )
    paid: list[str] = []
    for _ in range(draw(st.integers(0, 14))):
        amount = draw(st.sampled_from([50, 100, 500, 700, 3_000]))
        kind = draw(
            st.sampled_from(
                ["payment"] * 4 + ["payment_reversed", "payment_reversed", "purchase", "refund", "fee", "waiver"]
            )
        )
        fields: dict[str, Any] = {"amount": amount}
        if kind == "payment":
            paid.append(f"f{len(facts):03}")
        if kind == "payment_reversed" and draw(st.integers(0, 3)):
            fields["reported_fact"] = draw(st.sampled_from([*paid, "unknown"]))
        add(kind, draw(TIMES), **fields)
    for _ in range(draw(st.integers(0, 3))):
        moment_ = draw(TIMES)
        later = instant.instant(moment_ + draw(st.integers(1, 60)) * DAY)
        kind, fields = draw(
            st.sampled_from(
                [("re_age", {}), ("pause", {"mode": "freeze", "ends_at": later}), ("pause", {"mode": "shift", "ends_at": later}),
                 ("pause", {"mode": "shift"}), ("pause_ended", {}), ("charge_off", {"amount": 1_500}),
                 ("settlement", {"amount": 700, "due_at": later}), ("settlement", {"amount": 700}), ("limit_change", {"credit_limit": 9_000}),
                 ("closure", {"reason": "sold"})]
            )
        )  # fmt: skip
        add(kind, moment_, **fields)
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.fact_id))


def folded(facts: list[Fact], terms: Terms) -> tuple[History, int]:
    """One by one, replaying in full only where the fold says so; and how often it did."""
    history, beyond = History(), 0
    for number, fact in enumerate(facts):
        after = fold(history, fact, terms)
        if isinstance(after, Problem):
            assert after is BEYOND
            beyond += 1
            after = replayed(facts[: number + 1], terms)
        history = after
    return history, beyond


@settings(max_examples=300, deadline=None)
@given(lives(), TERMS, st.randoms(use_true_random=False))
def test_incremental_is_full_replay_in_any_order_of_arrival(
    facts: list[Fact], terms: Terms, rng: random.Random
) -> None:
    whole = replayed(facts, terms)
    by_time, _ = folded(facts, terms)
    assert by_time == whole
    by_knowledge, _ = folded(sorted(facts, key=lambda fact: fact.recorded_at or fact.occurred_at), terms)
    assert by_knowledge == whole
    arrived = facts[:]
    rng.shuffle(arrived)
    shuffled, _ = folded(arrived, terms)
    assert shuffled == whole
    now = whole.newest + DAY
    assert at(shuffled, now, terms) == at(by_time, now, terms) == derived(arrived, terms, now)


@settings(max_examples=100, deadline=None)
@given(lives(), TERMS)
def test_allocation_is_payments_less_reversals(facts: list[Fact], terms: Terms) -> None:
    position = at(replayed(facts, terms), 0, terms)
    excess = any("taken back" in problem.what for _, problem in position.refused)
    pays = (kinds.Payment, kinds.Refund) if terms.refunds_pay else (kinds.Payment,)
    paid = sum(fact.amount for fact in facts if isinstance(fact, pays))
    back = sum(fact.amount for fact in facts if isinstance(fact, kinds.PaymentReversed))
    total = position.allocated + position.beyond
    assert total == paid - back if not excess else paid - back <= total <= paid
    assert position.allocated >= 0 and position.beyond >= 0


@settings(max_examples=100, deadline=None)
@given(lives(), TERMS)
def test_a_year_without_facts(facts: list[Fact], terms: Terms) -> None:
    """Days past due never fall, the state is one of those there are, and each change has its wake-up, to the microsecond."""
    history = replayed(facts, terms)
    now = max(history.newest, START)
    last = at(history, now, terms)
    for number in range(1, 260):
        moment_ = start_of(day_of(now, terms.zone) + number, terms.zone)
        position = at(history, moment_, terms)
        assert position.days_past_due >= last.days_past_due and position.state in State
        if last.wake_at == moment_:
            assert told(position) != told(last)
            assert told(at(history, moment_ - 1, terms)) == told(last)
        else:
            assert told(position) == told(last) and position.wake_at == last.wake_at
        last = position


@settings(max_examples=100, deadline=None)
@given(lives(), TERMS)
@example([], CN)
def test_ages_add_up(facts: list[Fact], terms: Terms) -> None:
    position = at(replayed(facts, terms), 0, terms)
    assert sum(position.by_bucket) == position.past_due <= max(position.minimum_due, 0) <= max(position.balance, 0)
    assert (position.days_past_due > 0) == (position.past_due > 0) or position.paused or terms.days == "business"


def test_a_fold_reaches_thirteen_statements_back() -> None:
    first = moment("2024-01-05")
    facts: list[Fact] = []
    for month in range(20):
        when = first + timedelta(days=30 * month)
        due, common = when + timedelta(days=20), {"account": "a1", "currency": "CNY"}
        facts.append(
            kinds.Statement(
                fact_id=f"s{month:02}", occurred_at=when, statement_balance=5_000, minimum_due=500, due_at=due, **common
            )
        )
        facts.append(kinds.Payment(fact_id=f"p{month:02}", occurred_at=due, amount=500, **common))
    history, beyond = folded(facts, CN)
    assert beyond == 0 and len(history.events) == 25 and history.start is not None and history.start.fact == "s07"
    late = kinds.PaymentReversed(
        fact_id="r", account="a1", occurred_at=due, currency="CNY", amount=500, reported_fact="p08"
    )
    after = fold(history, late, CN)
    assert isinstance(after, History) and after == replayed([*facts, late], CN)
    assert (
        fold(
            history,
            kinds.PaymentReversed(
                fact_id="r", account="a1", occurred_at=due, currency="CNY", amount=500, reported_fact="p02"
            ),
            CN,
        )
        is BEYOND
    )

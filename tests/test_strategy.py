"""The section on collections: what it says, what it says when something is wrong, and when people are woken for it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.casework import DAY, HOUR, SAYS, Life, at, gate, write
from tocsin.credit.collection import document as shape
from tocsin.credit.collection import section, views
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.decide import decide
from tocsin.credit.collection.features import FEATURES, WORDS, Seen, features
from tocsin.credit.collection.house import House
from tocsin.credit.collection.strategy import ByHand, Contact, Offered, Strategy
from tocsin.credit.collection.waking import wake_at
from tocsin.credit.incentive import document as incentive_shape
from tocsin.credit.incentive.occasion import FEATURES as OCCASION
from tocsin.desk import laws, policies, queries
from tocsin.desk.versions import Files
from tocsin.facts import dealings, kinds
from tocsin.policy.check import Setting
from tocsin.values import document, instant
from tocsin.values.calendar import public
from tocsin.values.problem import Refused

SETTING = Setting("CNY", "Asia/Shanghai")
POLICIES = Path(__file__).parent.parent / "policies"
PLACES = {"card": "CN", "card-us": "US", "card-uk": "UK"}
SECTION = """profile: CN
open_when: past_due > 0 or days_to_due <= 3 and minimum_due > 0
close_when: past_due = 0 and (days_to_due > 3 or minimum_due = 0)
segments: {hard: "quadrant = 'unable_willing' and sure", rest: }
experiments: {early: {champion: 80, none: 20}}
capacity: {calls: 8 hours}
treatments:
  r: {contact: {by: [app, sms], purpose: reminder, template: reminder}, cost: 0.05}
  c: {task: {queue: calls, channel: call, template: call_script, minutes: 6, value: past_due * 0.12}, cost: 8}
  w: {order: fee_waiver, amount: "least(fees, 100.00)"}
ladder:
- {at: -3, do: r}
- {at: 1, do: c, when: "state in ('M1', 'M2')", for: 20, every: 7, arms: {early: champion}}
"""


def read(text: str) -> Strategy:
    return section.read(document.read(text, "s.yaml"), SETTING)


@cache
def strategy(name: str) -> Strategy:
    found = policies.strategy(policies.policy(POLICIES / f"{name}.yaml"))
    assert found is not None
    return found


@cache
def house(name: str = "card") -> House:
    fields = {f"{language}.{one}": one for language in ("en", "zh") for one in SAYS}
    law = PLACES[name]
    return House(strategy(name), gate(law), public(law, 2023, 2027), write(law), "CNY", "Asia/Shanghai", fields)


# -- the document ------------------------------------------------------------------------------------------------------

MISTAKES = [  # what stands in the section, what instead, where, what is said, what to do
    ("profile: CN", "profile: CM", "1:10", "'CM' is no value of 'profile'", "use one of: CN, UK, US"),
    ("past_due > 0 or", "pastdue > 0 or", "2:12", "unknown name 'pastdue'", "did you mean 'past_due'?"),
    ("'unable_willing'", "'unable_wiling'", "4:31", "unknown quadrant 'unable_wiling'", "did you mean 'unable_willing'?"),
    ("rest: }", "rest: balance > 0}", "4:64", "the last segment, 'rest', has a condition", "everybody else"),
    ('"quadrant = \'unable_willing\' and sure"', "", "4:17", "'hard' has no condition", "put it last"),
    ("champion: 80", "champion: 81", "5:22", "the shares of 'early' add up to 101", "add up to 100"),
    ("8 hours", "90 seconds", "6:19", "'90 seconds' is not in whole minutes", "write whole minutes"),
    ("[app, sms]", "[ap, sms]", "8:22", "'ap' is no value of 'by'", "did you mean 'app'?"),
    ("cost: 0.05", "cost: 0.055", "8:79", "more than the 2 decimal places of CNY", "'5000.00'"),
    ("queue: calls", "queue: cals", "9:21", "the queue 'cals' has no capacity", "did you mean 'calls'?"),
    ("past_due * 0.12", "past_due / balance", "9:85", "an amount of money is needed here, this is number", "past_due"),
    ("{order: fee_waiver, amount", "{nothing: true, amount", "10:30", "only an order has an amount", "leave 'amount' out"),
    ("{order: fee_waiver,", "{order: x, nothing: true,", "10:6", "'w' does order and nothing at once", "exactly one of contact"),
    ("{at: -3, do: r}", "{att: -3, do: r}", "12:4", "unknown key 'att'", "did you mean 'at'?"),
    ("{at: -3, do: r}", "{do: r}", "12:3", "'at' is missing in 'ladder'", "add 'at:'"),
    ("{at: -3, do: r}", "", "12:2", "this step says nothing", "do: reminder"),
    ("do: c", "do: d", "13:15", "unknown treatment 'd'", "use one of: c, r, w"),
    ("state in ('M1', 'M2')", "state like 'M%'", "13:24", "LIKE has no use here", "IN"),
    ("every: 7", "every: 20", "13:65", "every 20 days does not come again within 20 days", "lengthen 'for'"),
    ("{early: champion}", "{early: champ}", "13:82", "unknown arm 'champ'", "did you mean 'champion'?"),
    ("{early: champion}", "{eary: champion}", "13:75", "unknown experiment 'eary'", "did you mean 'early'?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "what", "remedy"), MISTAKES)
def test_a_mistake_is_one_sentence_with_place_and_remedy(
    old: str, new: str, place: str, what: str, remedy: str
) -> None:
    assert old in SECTION
    with pytest.raises(Refused) as caught:
        read(SECTION.replace(old, new, 1))
    said = [str(problem) for problem in caught.value.problems]
    assert any(line.startswith(f"s.yaml:{place}: ") and what in line and remedy in line for line in said), said


WRONG = st.sampled_from([None, "", "x", "-1", "1e400", 3, -1, 10**9, True, [], ["a"], {}, {"a": "b"}, [None], "nan"])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_section_is_read_or_refused(data: st.DataObject) -> None:
    source = document.read(SECTION, "s.yaml")
    path = data.draw(st.sampled_from([one for one in source.places if one and one[-1] != "\0key"]))
    inside: Any = source.data
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = data.draw(WRONG)
    try:
        section.read(source, SETTING)
    except Refused as refused:
        assert refused.problems and all(str(one.where).startswith("s.yaml:") for one in refused.problems)


def test_mistakes_of_policy_and_section_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "policy: p\nversion: 1\ncurrency: CNX\nrules: {r: {when: amout > 1, level: red, say: {en: a, zh: b}}}\n"
    text += (
        "collection:\n  " + SECTION.replace("do: c", "do: d").replace("\n", "\n  ").rstrip() + "\nrestrictoins: {}\n"
    )
    with pytest.raises(Refused) as caught:
        Files("p.yaml", {"p.yaml": text}).policy()
    places = [str(problem.where) for problem in caught.value.problems]
    assert places == ["p.yaml:3:11", "p.yaml:4:19", "p.yaml:18:17", "p.yaml:19:1"], caught.value
    with pytest.raises(Refused, match="did you mean 'collection'"):
        Files("p.yaml", {"p.yaml": text.replace("collection:", "colection:")}).policy()


def test_a_section_is_part_of_what_a_policy_is() -> None:
    head = "policy: p\nversion: 1\ncurrency: CNY\nsignals: {n: {count: , over: 1 day}}\ncollection:\n  "
    base = head + SECTION.replace("\n", "\n  ").rstrip() + "\n"
    change = (
        "policy: q\nversion: 2\nextends: p.yaml\ncurrency: JPY\ncollection:\n  treatments: {r: {cost: 5}, w: null}\n"
    )
    change += "  ladder: [{at: 2, do: r}]\n  terms: {tolerance: 3}\n"
    texts = {"p.yaml": base, "q.yaml": change}
    p, q = (Files(name, texts).policy() for name in ("p.yaml", "q.yaml"))
    changed = policies.strategy(q)
    assert changed is not None and p.digest != q.digest
    assert [step.treatment for step in changed.ladder] == ["r"] and set(changed.treatments) == {"r", "c"}
    assert (changed.treatments["r"].cost, changed.position.tolerance, changed.position.currency) == (5, 3, "JPY")
    assert policies.strategy(policies.policy(POLICIES / "handbook.yaml")) is None
    schema = queries.policy_schema()
    assert schema["additionalProperties"] is False and "collection" in schema["properties"]
    assert "for" in schema["$defs"]["StepDocument"]["properties"]


@pytest.mark.parametrize("name", PLACES)
def test_what_a_shipped_ladder_sends_is_written_for_its_place(name: str) -> None:
    texts, law = laws.texts(), laws.profile(PLACES[name])
    assert strategy(name).profile == law.name
    for treatment in strategy(name).treatments.values():
        way = treatment.way
        one = way if isinstance(way, Contact | Offered) else getattr(way, "contact", None)
        sent = [] if one is None else [(one.template, channel, getattr(one, "purpose", "offer")) for channel in one.by]
        if isinstance(way, ByHand):
            sent = [(way.template, way.channel, way.purpose)]
        for template, channel, purpose in sent:
            for language in ("en", "zh"):
                assert texts.text_for(template, channel, language, law).purpose == purpose, treatment.name


def test_the_ladder_is_told_in_both_languages() -> None:
    english, chinese = (queries.policy_words(path=POLICIES / "card.yaml", language=one) for one in ("en", "zh"))
    assert "  3 days before the due date, within 3 days: pre_due_reminder (Reminder before the due date)" in english
    assert "  还款日前3天,3天内:pre_due_reminder (还款日前提醒)" in chinese
    assert len(english) == len(chinese)


def test_the_reference_explains_every_key_feature_and_word() -> None:
    reference = (POLICIES.parent / "docs" / "policy-reference.md").read_text()
    models = [
        one
        for part in (shape, incentive_shape)
        for one in vars(part).values()
        if isinstance(one, type) and one.__module__ == part.__name__
    ]
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    missing = sorted(word for word in keys if f"`{word}" not in reference)
    missing += [name for name, one in FEATURES.items() if f"| `{name}` | {one.type.base} | {one.en} |" not in reference]
    missing += [name for name, one in OCCASION.items() if f"| `{name}` | {one.type.base} | {one.en} |" not in reference]
    missing += [word for words in WORDS.values() for word in words if word not in reference]
    assert not missing
    assert all(one.en and one.zh for one in FEATURES.values())


# -- conditions, held against DuckDB -----------------------------------------------------------------------------------

MONEYS, COUNTS = ("past_due", "balance", "fees"), ("days_past_due", "days_to_due", "bucket")
TEXTS = {"quadrant": WORDS["quadrant"], "plan": WORDS["plan"]}


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> str:
    kind, compare = draw(st.integers(0, 9 if depth else 6)), st.sampled_from(["<", "<=", ">", ">=", "=", "<>"])
    if kind == 0:
        return f"{draw(st.sampled_from(MONEYS))} {draw(compare)} {draw(st.sampled_from([*MONEYS, '50.00', 'least(fees, balance) * 2']))}"
    if kind == 1:
        return f"{draw(st.sampled_from(COUNTS))} {draw(compare)} {draw(st.integers(-2, 9))}"
    if kind == 2:
        return f"past_due / balance {draw(compare)} {draw(st.sampled_from(['0.5', '1', 'utilisation']))}"
    if kind == 3:
        name = draw(st.sampled_from(sorted(TEXTS)))
        words = draw(st.lists(st.sampled_from(TEXTS[name]), min_size=1, max_size=6))
        inside = ", ".join(f"'{word}'" for word in words)
        return f"{name} {draw(st.sampled_from(['', 'not ']))}in ({inside})"
    if kind == 4:
        return f"quadrant {draw(st.sampled_from(['=', '<>']))} '{draw(st.sampled_from(TEXTS['quadrant']))}'"
    if kind == 5:
        return draw(st.sampled_from(["sure", "not placed", "sure is not true", "coalesce(placed, sure)"]))
    if kind == 6:
        return f"{draw(st.sampled_from(['plan', 'fees', 'sure', 'days_to_due']))} is {draw(st.sampled_from(['', 'not ']))}null"
    if kind == 7:
        return f"not ({draw(conditions(depth - 1))})"
    joined = " and " if kind == 8 else " or "
    return "(" + joined.join(draw(conditions(depth - 1)) for _ in range(draw(st.integers(2, 3)))) + ")"


def values() -> st.SearchStrategy[dict[str, Any]]:
    shown: dict[str, st.SearchStrategy[Any]] = {
        name: st.sampled_from([None, 0, 2_500, 5_000, 10_000]) for name in MONEYS
    }
    shown |= {name: st.sampled_from([None, 0, 1, 3, 8]) for name in COUNTS}
    shown |= {name: st.sampled_from([None, *words]) for name, words in TEXTS.items()}
    shown |= {name: st.sampled_from([None, True, False]) for name in ("sure", "placed")}
    return st.fixed_dictionaries({**shown, "utilisation": st.sampled_from([None, 0.0, 0.5, 1.25])})


@settings(max_examples=120, deadline=None)
@given(asked=st.lists(conditions(), min_size=1, max_size=3), row=values())
def test_a_condition_means_what_duckdb_says_is_true(asked: list[str], row: dict[str, Any]) -> None:
    steps = "".join(f'- {{at: 1, do: r, when: "{one}"}}\n' for one in asked)
    made = read(SECTION[: SECTION.index("ladder:")] + "ladder:\n" + steps)
    types = {**dict.fromkeys(MONEYS, "DOUBLE"), **dict.fromkeys(COUNTS, "BIGINT"), "utilisation": "DOUBLE"}
    types |= {**dict.fromkeys(TEXTS, "VARCHAR"), "sure": "BOOLEAN", "placed": "BOOLEAN"}
    shown = {name: value / 100 if name in MONEYS and value is not None else value for name, value in row.items()}
    source = ", ".join(f"?::{types[name]} AS {name}" for name in shown)
    wanted = ", ".join(f"coalesce(({one.replace('/ balance', '/ nullif(balance, 0)')}), false)" for one in asked)
    (truths,) = duckdb.execute(f"SELECT {wanted} FROM (SELECT {source})", list(shown.values())).fetchall()
    every = dict.fromkeys(made.reads) | row
    places = [step.when for step in made.ladder]
    assert [made.truths(every)[place] for place in places if place is not None] == list(truths)
    assert made.hopes is not None
    assert all(hope or not truth for truth, hope in zip(made.truths(every), made.hopes(every), strict=True))


def test_amounts_are_minor_units_and_null_is_nan() -> None:
    made = read(SECTION)
    nothing = dict.fromkeys(made.reads)
    assert made.amounts({**nothing, "past_due": 10_000, "fees": 3_000}) == (1_200.0, 3_000.0)
    value, amount = made.amounts(nothing)
    assert value != value and amount == 10_000.0
    with pytest.raises(KeyError):
        made.truths({})


# -- views, features ---------------------------------------------------------------------------------------------------

START, DUE = at("2025-03-01", 8), at("2025-03-21", 12)


def billed(account: str = "A-1", life: Life | None = None, minimum: int = 10_000, due: int = DUE) -> Life:
    one = life or Life(house(), account=account)
    one.billed(START, minimum, due, 400_000, account)
    return one


def test_features_of_a_person_with_two_accounts_and_of_one_with_none() -> None:
    one = billed("A-2", billed(), minimum=20_000, due=DUE + 10 * DAY)
    one.known(START)
    one.tell(kinds.InformationUpdate, START, income=900_000, currency="CNY", employment="astronaut", verified=True)
    one.tell(dealings.Stop, START, flag="hardship", until=instant.instant(DUE + 5 * DAY + HOUR))
    found = features(one.book, DUE + 5 * DAY, house(), names=FEATURES)
    wanted = {
        "days_past_due": 5, "days_to_due": 5, "past_due": 10_000, "minimum_due": 30_000, "balance": 800_000,
        "accounts": 2, "late_accounts": 1, "state": "M1", "hardship": True, "employment": "other", "reachable": True,
        "plan": None, "legal": None, "days_since_contact": None, "cases": 0, "time_barred": False, "promises": 0,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted
    assert features(one.book, DUE + 6 * DAY, house(), names=["hardship"]) == {"hardship": False}
    empty = features(Book("P"), START, house(), names=FEATURES)
    assert (empty["days_past_due"], empty["days_to_due"], empty["past_due"], empty["state"]) == (0, None, 0, None)
    for name, value in {**found, **empty}.items():
        kind = FEATURES[name].type
        assert value is None or isinstance(value, str) == (kind.base == "text"), name
        assert kind.base != "text" or value is None or value in WORDS[kind.domain], name
    assert set(strategy("card").reads) <= set(FEATURES)


def test_a_debt_bars_three_years_after_the_last_payment_or_the_oldest_due_date_or_as_was_said() -> None:
    one = billed()
    now = DUE + 40 * DAY

    def bars() -> int | None:
        return views.conduct_person(one.book, now, house()).debts["A-1"].limitation

    assert bars() == at("2028-03-21", 0)
    one.pays(at("2025-04-02", 15), 2_000, "A-1")
    assert bars() == at("2028-04-02", 0)
    one.tell(dealings.Limitation, now, account="A-1", bars_at=instant.instant(at("2030-01-01")))
    assert bars() == at("2030-01-01")
    one.pays(now, 400_000, "A-1")
    assert bars() == at("2030-01-01") and Seen(one.book, now, house()).live[0].past_due == 0


# -- waking ------------------------------------------------------------------------------------------------------------


def test_who_owes_nothing_that_is_due_sleeps_and_wakes_for_the_reminder() -> None:
    one = Life(house(), account="A-1")
    one.known(START)
    assert wake_at(one.book, START, house()) is None
    one.billed(START, 0, DUE, 0, "A-1")
    assert wake_at(one.book, START, house()) is None
    one.billed(START + HOUR, 10_000, DUE, 400_000, "A-1")
    one.look(START + HOUR)
    assert wake_at(one.book, START + HOUR, house()) == at("2025-03-18", 0)
    one.pays(START + DAY, 10_000, "A-1")
    one.look(START + DAY)
    assert wake_at(one.book, START + DAY, house()) is None


def happens(one: Life, now: int, random: Random) -> None:
    """Something in a life: a payment, a promise, a stop that ends, news of means."""
    match random.randrange(5):
        case 0 | 1:
            one.pays(now, random.choice([5_000, 10_000, 30_000, 400_000]))
        case 2:
            one.promises(now, 10_000, now + random.randrange(1, 9) * DAY)
        case 3:
            flag = random.choice(["hardship", "disputed", "ceased", "vulnerable"])
            one.tell(dealings.Stop, now, flag=flag, until=instant.instant(now + random.randrange(1, 30) * DAY))
        case 4:
            income = random.choice([200_000, 900_000, 2_000_000])
            one.tell(kinds.InformationUpdate, now, income=income, currency="CNY", employment="employed", verified=True)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), days=st.sampled_from([45, 120, 250]))
def test_nobody_wakes_too_late(seed: int, days: int) -> None:
    """Between a look and the next waking nothing is to be done, whatever moment is tried."""
    random = Random(seed)
    one, now = Life(house(), f"P-{seed}"), START
    one.known(now, payday=20)
    bill, event, end = now, now + random.randrange(1, 20) * DAY, now + days * DAY
    while now < end:
        if now == bill:
            one.billed(now, 10_000, now + 20 * DAY, 400_000)
            bill += 30 * DAY
        new = one.look(now)
        if new and random.random() < 0.6:
            one.results(new, now, random.choice(["sent", "sent", "undeliverable"]))
            one.look(now)
        wake = wake_at(one.book, now, house())
        following = min(moment for moment in (wake, bill, event, end) if moment is not None)
        for _ in range(3):
            tried = now + int((following - now) * random.random())
            assert tried == now or decide(one.book, tried, house()) == [], (seed, instant.instant(tried))
        now = following
        if now == event:
            happens(one, now, random)
            event += random.randrange(1, 40) * DAY + random.randrange(0, 20) * HOUR


def test_days_of_the_ladder() -> None:
    one = billed()
    local = date(2025, 3, 1)
    for day in range(0, 60, 3):
        found = views.positions(one.book, START + day * DAY, house())
        assert (
            views.rung(found, START + day * DAY, house().zone) == (local + timedelta(days=day) - date(2025, 3, 21)).days
        )

"""Agencies: files that agree or are refused, payments matched once, commission by conduct, the yearly review."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.credit.agency import Complaint as Complained
from tocsin.credit.agency import (
    Contacted,
    Contract,
    Debt,
    Grade,
    Paid,
    Reversed,
    commission,
    reconciled,
    review_due,
    scorecard,
)
from tocsin.links import agency as files
from tocsin.links import bureau
from tocsin.values.instant import micros
from tocsin.values.problem import Refused

DAY = 86_400_000_000
START = micros(datetime(2026, 3, 2, tzinfo=UTC))


def at(day: float) -> int:
    return START + round(day * DAY)


def debt(*accounts: str, amount: int = 100_000, rate: int = 2_000, **more: int) -> Debt:
    accounts = accounts or ("a1",)
    return Debt(f"p-{accounts[0]}", "north", accounts, f"c-{accounts[0]}", amount, "CNY", rate, at(0), **more)


def paid(name: str, day: float, amount: int, account: str = "a1") -> Paid:
    return Paid(name, account, amount, "CNY", at(day))


# -- reconciliation --------------------------------------------------------------------------------------------------

DAYS = st.lists(st.integers(0, 30), max_size=5)


@given(theirs=DAYS, ours=DAYS)
@settings(max_examples=150)
def test_as_many_payments_are_matched_as_can_be(theirs: list[int], ours: list[int]) -> None:
    told = [paid(f"t{n}", day, 500) for n, day in enumerate(theirs)]
    known = [paid(f"o{n}", day, 500) for n, day in enumerate(ours)]
    found = reconciled([debt()], told, known, days=5)
    small, large = sorted((theirs, ours), key=len)
    best = max(
        sum(abs(one - other) <= 5 for one, other in zip(small, order, strict=False)) for order in permutations(large)
    )
    assert len(found.matched) == best
    assert all(abs(one.at - other.at) <= 5 * DAY for one, other in found.matched)
    assert {o.reference for _, o in found.matched} | {o.reference for o in found.only_ours} == {
        o.reference for o in known
    }
    assert found.difference == 500 * (len(theirs) - len(ours))


def test_what_does_not_agree_is_told_apart() -> None:
    held = [debt(), debt("a2", ended=at(10))]
    theirs = [paid("r1", 3, 5_000), paid("r2", 4, 700), paid("r3", 5, 900, "a9")]
    ours = [paid("f1", 2, 5_000), paid("f2", 8, 701), paid("f3", 11, 300, "a2")]
    found = reconciled(held, theirs, ours)
    assert [(one.reference, other.reference) for one, other in found.matched] == [("r1", "f1")]
    assert [one.reference for one in found.only_theirs] == ["r2"]
    assert [one.reference for one in found.only_ours] == ["f2"], "what came after the recall is not the agency's"
    assert [one.reference for one in found.strange] == ["r3"]
    assert not found.agrees
    both = reconciled([debt("a1", "a2")], theirs[:2], [*ours, paid("f4", 5, 700, "a2")])
    assert [one.reference for one in both.only_ours] == ["f4", "f2", "f3"], (
        "a payment is of its account, not of the other"
    )


@pytest.mark.parametrize(
    ("case", "theirs", "ours", "told"),
    [
        ("inside alone",                 [12],     [12],     (1, 0, 0)),
        ("ours came before the period",  [10],     [8],      (1, 0, 0)),
        ("theirs is told after it",      [22],     [19],     (1, 0, 0)),
        ("outside is not told of",       [],       [8, 22],  (0, 0, 0)),
        ("inside goes with inside",      [11],     [8, 13],  (1, 0, 0)),
        ("nobody knows of it",           [12],     [],       (0, 1, 0)),
        ("they do not tell of it",       [],       [12],     (0, 0, 1)),
    ],
)  # fmt: skip
def test_a_period_is_reconciled_by_what_lies_near(
    case: str, theirs: list[int], ours: list[int], told: tuple[int, int, int]
) -> None:
    said = [paid(f"t{day}", day, 500) for day in theirs]
    known = [paid(f"o{day}", day, 500) for day in ours]
    found = reconciled([debt()], said, known, 5, at(10), at(20))
    assert (len(found.matched), len(found.only_theirs), len(found.only_ours)) == told


# -- commission and conduct ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "payments", "back", "factor", "recovered", "due"),
    [
        ("a fifth of what came in",       [("x", 1, 10_001)],                   [],              100, 10_001, 2_000),
        ("half a fen is rounded up",      [("x", 1, 10_003)],                   [],              100, 10_003, 2_001),
        ("what bounced is no recovery",   [("x", 1, 10_000), ("y", 2, 5_000)],  [("x", 10_000)], 100, 5_000,  1_000),
        ("before the placing",            [("x", -1, 10_000)],                  [],              100, 0,      0),
        ("after its end",                 [("x", 31, 10_000)],                  [],              100, 0,      0),
        ("no more than was placed",       [("x", 1, 150_000)],                  [],              100, 100_000, 20_000),
        ("poor conduct takes its part",   [("x", 1, 10_000)],                   [],              70,  10_000, 1_400),
    ],
)  # fmt: skip
def test_commission(
    case: str,
    payments: list[tuple[str, float, int]],
    back: list[tuple[str, int]],
    factor: int,
    recovered: int,
    due: int,
) -> None:
    held = [debt(until=at(30))]
    found = commission(held, [paid(*one) for one in payments], [Reversed(*one, at(20)) for one in back], factor)
    assert (found.recovered, found.due) == (recovered, due)


MOVES = st.lists(st.tuples(st.integers(-5, 40), st.integers(1, 70_000), st.sampled_from(["a1", "a2"])), max_size=6)


@given(
    moves=MOVES,
    gone=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 70_000), st.integers(0, 40))),
    cut=st.integers(0, 40),
)
@settings(max_examples=150)
def test_periods_add_up_and_a_closed_one_stays(
    moves: list[tuple[int, int, str]], gone: list[tuple[int, int, int]], cut: int
) -> None:
    held = [debt("a1", "a2", until=at(30))]
    payments = [paid(f"f{n}", *move) for n, move in enumerate(moves)]
    back = [Reversed(f"f{of}", amount, at(day)) for of, amount, day in gone]
    whole = commission(held, payments, back, 100, None, at(41))
    before, after = (commission(held, payments, back, 100, *two) for two in ((None, at(cut)), (at(cut), at(41))))
    assert (before.recovered + after.recovered, before.earned + after.earned) == (whole.recovered, whole.earned)
    known = commission(
        held, [one for one in payments if one.at < at(cut)], [one for one in back if one.at < at(cut)], 100
    )
    assert (known.recovered, known.earned) == (before.recovered, before.earned)
    assert 0 <= whole.recovered <= 100_000


def contacts(asked: int, unasked: int = 0) -> list[Contacted]:
    made = [Contacted("a1", at(1), "call", "no_answer", attempt=f"t{n}") for n in range(asked)]
    return made + [Contacted("a1", at(1), "call", "no_answer") for _ in range(unasked)]


@pytest.mark.parametrize(
    ("case", "made", "complaints", "grade", "renew"),
    [
        ("asked first, always",         contacts(1000),      0, Grade.A, True),
        ("one in a thousand unasked",   contacts(999, 1),    0, Grade.A, True),
        ("five in a thousand",          contacts(995, 5),    0, Grade.C, True),
        ("one in a hundred",            contacts(990, 10),   0, Grade.D, False),
        ("never asked",                 contacts(0, 20),     0, Grade.D, False),
        ("complaints alone",            contacts(1000),      5, Grade.B, True),
    ],
)  # fmt: skip
def test_conduct_outweighs_money(case: str, made: list[Contacted], complaints: int, grade: Grade, renew: bool) -> None:
    recovery = commission([debt()], [paid("x", 1, 60_000)], [], 100)
    books = reconciled([debt()], [], [])
    said = [Complained("a1", at(2), "threat", True) for _ in range(complaints)]
    said += [Complained("a1", at(3), "tone", upheld) for upheld in (False, None)]
    card = scorecard(100_000, recovery, made, said, books)
    assert (card.conduct, card.renew) == (grade, renew)
    assert sum(mark.weight for mark in card.marks) == 100
    assert all(0 <= mark.points <= mark.weight for mark in card.marks)


def test_a_review_is_due_each_year_and_before_the_end() -> None:
    contract = Contract("north", at(0), at(600))
    assert review_due(contract, None) == at(365)
    assert review_due(contract, at(365)) == at(570)
    assert review_due(contract, at(575)) == at(575 + 365)
    assert review_due(Contract("north", at(0)), at(100)) == at(465)


# -- files -----------------------------------------------------------------------------------------------------------

HEADER = "record,agency,account,at,reference,amount,currency,channel,role,result,attempt,reason"
GOOD = f"""{HEADER}
payment,north,a1,2026-03-05T14:00:00+08:00,r1,1234.56,CNY,,,,,
contact,north,a1,2026-03-04T10:00:00+08:00,,,,call,debtor,promise,t-1,
complaint,north,a2,2026-03-06T10:00:00+08:00,,,,,,rejected,,rude
return,north,a2,2026-03-07T10:00:00+08:00,,,,,,,,moved abroad
total,,,,4,1234.56,CNY,,,,,
"""


def test_a_report_is_read() -> None:
    told = files.report(GOOD.encode(), "north.csv")
    assert told.agency == "north"
    assert [(one.reference, one.amount) for one in told.payments] == [("r1", 123_456)]
    assert [(one.attempt, one.result) for one in told.contacts] == [("t-1", "promise")]
    assert [one.upheld for one in told.complaints] == [False]
    assert [one.reason for one in told.returns] == ["moved abroad"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("total,,,,4,1234.56", "total,,,,5,1234.56", "north.csv:6: the total speaks of 5 records, there are 4"),
        ("total,,,,4,1234.56", "total,,,,4,1234.55", "the total speaks of 1,234.55, the payments add up to 1,234.56"),
        ("total,,,,4,1234.56,CNY,,,,,\n", "", "the file has no total, so it may be cut off"),
        ("r1,1234.56,CNY", "r1,1234.567,CNY", "1234.567 has more than the 2 decimal places of CNY"),
        ("r1,1234.56,CNY", "r1,-1,CNY", "an amount is more than nothing"),
        ("call,debtor", "cal,debtor", "north.csv:3: unknown channel 'cal'; did you mean 'call'"),
        ("complaint,north", "complaint,south", "the file is of several agencies, also 'south'"),
        ("2026-03-05T14:00:00+08:00", "2026-03-05", "north.csv:2: at: "),
        ("r1,1234.56,CNY", "r1,1e5,CNY", "north.csv:2: '1e5' is no amount"),
        ("r1,1234.56,CNY", "r1,1234.56,CNX", "'CNX' is no currency in use"),
        (",rejected,,rude", ",rejected,,", "a complaint says what it is about"),
        (",rejected,,rude", ",reject,,rude", "unknown result 'reject'; did you mean 'rejected'"),
        ("moved abroad", "x" * 501, "the reason is longer than 500 signs"),
        ("return,north,a2,", "return,north,a2,,", "the line has more or fewer cells than the header"),
        ("record,agency", "record,agent", "the column 'agency' is missing"),
        ("return,north", "retrun,north", "unknown record 'retrun'; did you mean 'return'"),
    ],
)
def test_a_report_that_is_wrong_anywhere_is_refused_whole(old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(Refused) as refused:
        files.report(GOOD.replace(old, new).encode(), "north.csv")
    assert told in str(refused.value)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"", b'record,"', b"\x00\x00", b"a" * 100])
def test_nonsense_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(Refused):
        files.report(data, "x.csv")


def test_the_file_of_placings_is_closed_by_its_total() -> None:
    reach = ("=Customer 1", "zh", "+8610055500001", "c1@example.com", "1 Invented Road")
    stands = {"p-a1": files.Stand(90_000, 95, *reach), "p-a2": files.Stand(0, 0)}
    text = files.placed([debt("a2"), debt("a1", "a3")], stands).decode("utf-8-sig")
    lines = text.splitlines()
    assert [line.split(",")[0] for line in lines] == ["record", "debt", "debt", "total"]
    assert (
        ",a1 a3,c-a1,'=Customer 1,zh,+8610055500001,c1@example.com,1 Invented Road,1000.00,900.00,CNY,95," in lines[1]
    )
    assert lines[-1].startswith("total,2,") and ",2000.00,,CNY," in lines[-1]
    assert text == files.placed([debt("a1", "a3"), debt("a2")], stands).decode("utf-8-sig")


# -- the credit bureau -------------------------------------------------------------------------------------------------

ANSWERS = """line,record,at,answer,reason
answer,b-1,2026-03-05T14:00:00+08:00,accepted,
answer,b-2,2026-03-05T14:00:00+08:00,disputed,not mine
total,2,,,
"""


def test_answers_of_the_bureau_are_read() -> None:
    found = bureau.answers(ANSWERS.encode(), "b.csv")
    assert [(one.record, one.answer, one.reason) for one in found] == [
        ("b-1", "accepted", ""),
        ("b-2", "disputed", "not mine"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("total,2", "total,3", "b.csv:4: the total speaks of 3 records, there are 2"),
        ("total,2,,,\n", "", "the file has no total, so it may be cut off"),
        ("total,2", "total,x", "write their number in the column 'record'"),
        ("b-2", "b-1", "b.csv:3: the record 'b-1' is answered twice"),
        ("disputed", "dispute", "unknown answer 'dispute'; did you mean 'disputed'"),
        ("answer,b-1,2026-03-05T14:00:00+08:00", "answer,b-1,soon", "b.csv:2: at: "),
        ("line,record", "line,id", "the column 'record' is missing"),
    ],
)
def test_answers_that_are_wrong_anywhere_are_refused_whole(old: str, new: str, told: str) -> None:
    assert old in ANSWERS
    with pytest.raises(Refused) as refused:
        bureau.answers(ANSWERS.replace(old, new).encode(), "b.csv")
    assert told in str(refused.value)

"""The simulated bank: the same for a seed, in order, valid, coherent to the fen, and full of stories."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tocsin.facts.kinds import KINDS, AnyFact, allowed, required
from tocsin.facts.schema import SCHEMA
from tocsin.replay.bank import Bank, simulate
from tocsin.values.problem import Refused

BANK = Bank(seed=7, accounts=2_000, days=150)
SIGNS = {"purchase": 1, "cash_advance": 1, "transfer": 1, "fee": 1, "interest": 1, "payment_reversed": 1}
SIGNS |= {"payment": -1, "refund": -1}


def table(bank: Bank) -> pa.Table:
    return pa.Table.from_batches(simulate(bank), SCHEMA)


@pytest.fixture(scope="module")
def facts() -> pa.Table:
    return table(BANK)


def ask(facts: pa.Table, question: str) -> list[Any]:
    """Rows of a query over `facts`."""
    with duckdb.connect() as base:
        base.execute("set timezone = 'Asia/Shanghai'")
        base.register("facts", facts)
        return base.execute(question).fetchall()


def digest(bank: Bank) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as stream:
        for batch in simulate(bank):
            stream.write_batch(batch)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def test_a_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    bank = Bank(accounts=300, days=30)
    first = digest(bank)
    assert digest(bank) == first
    assert digest(replace(bank, seed=2)) != first


def test_more_accounts_and_more_days_leave_every_account_and_day_as_they_were() -> None:
    small, large = table(Bank(accounts=260, days=40)), table(Bank(accounts=800, days=60))
    same = pc.less(large["account"], "a00000260")
    known = pc.less_equal(large["recorded_at"], pc.max(small["recorded_at"]))
    assert large.filter(pc.and_(same, known)).equals(small)


def test_order_identity_and_lateness(facts: pa.Table) -> None:
    known, happened = (facts[name].cast(pa.int64()).to_numpy() for name in ("recorded_at", "occurred_at"))
    assert (np.diff(known) >= 0).all() and (known >= happened).all()
    assert pc.count_distinct(facts["fact_id"]).as_py() == len(facts)
    late = known - happened > 60_000_000
    assert set(facts.filter(late)["kind"].to_pylist()) == {"purchase"}
    assert set(facts.filter(late)["card_present"].to_pylist()) == {True}
    in_person = pc.sum(facts["card_present"]).as_py()
    assert 0.007 < late.sum() / in_person < 0.013
    assert (known - happened).max() <= 2 * 86_400_000_000


def test_every_kind_is_valid(facts: pa.Table) -> None:
    kinds = facts["kind"].to_numpy(zero_copy_only=False)
    collectors = {"re_age", "pause", "pause_ended", "charge_off", "settlement", "closure", "waiver"}
    assert set(kinds) == set(KINDS) - {"clock", "position_changed"} - collectors
    for kind in set(kinds):
        some = facts.take(np.flatnonzero(kinds == kind)[:: max(1, (kinds == kind).sum() // 400)])
        whole = facts.filter(kinds == kind)
        used = {name for name in SCHEMA.names if whole[name].null_count < len(whole)}
        assert used <= set(allowed(kind))
        for row in some.to_pylist():
            fact = {name: value for name, value in row.items() if value is not None}
            assert set(required(kind)) <= set(fact)
            assert type(msgspec.convert(fact, type=AnyFact)) is KINDS[kind]


def test_balances_follow_from_movements_and_limits_hold(facts: pa.Table) -> None:
    stands = facts.filter(pc.is_valid(facts["balance"]))
    order = np.argsort(stands["account"].to_numpy(zero_copy_only=False), kind="stable")
    stands = stands.take(order)
    account = stands["account"].dictionary_encode().combine_chunks().indices.to_numpy()
    sign = np.array([SIGNS.get(kind, 0) for kind in stands["kind"].to_pylist()])
    declined = stands["declined"].fill_null(False).to_numpy()
    moved = np.where(declined, 0, sign * stands["amount"].fill_null(0).to_numpy())
    balance, limit = stands["balance"].to_numpy(), stands["credit_limit"].to_numpy()
    amount = stands["amount"].fill_null(0).to_numpy()
    within = np.diff(account) == 0
    assert (np.diff(balance)[within] == moved[1:][within]).all()
    kind = stands["kind"].to_numpy(zero_copy_only=False)
    drawn = np.isin(kind, ["purchase", "cash_advance", "transfer"])
    assert (balance <= limit)[drawn & ~declined].all()
    assert (balance + amount > limit)[declined].all() and set(kind[declined]) == {"purchase"}
    assert amount[kind != "statement"].min() > 0 and amount.max() <= 10**13


def test_statements_come_monthly_and_ask_for_a_minimum(facts: pa.Table) -> None:
    gaps = ask(facts, """select date_diff('day', lag(recorded_at) over (partition by account order by recorded_at),
        recorded_at) gap from facts where kind = 'statement' qualify gap is not null""")  # fmt: skip
    assert {gap for (gap,) in gaps} <= {28, 29, 30, 31}
    assert len(gaps) >= BANK.accounts * 3.9
    wrong = ask(facts, """select * from facts where kind = 'statement' and (statement_balance <> balance
        or minimum_due > greatest(balance, 0) or minimum_due < least(greatest(balance, 0), balance // 10)
        or date_diff('day', recorded_at, due_at) <> 20)""")  # fmt: skip
    assert not wrong
    paid = ask(facts, """select count(*) filter (paid >= owed), count(*) filter (paid >= least and paid < owed),
        count(*) filter (paid < least) from (select s.statement_balance owed, s.minimum_due least, (select
        coalesce(sum(amount), 0) from facts p where p.kind = 'payment' and p.account = s.account
        and p.recorded_at between s.recorded_at and s.due_at + interval 3 days) paid
        from facts s where s.kind = 'statement' and s.minimum_due > 0 and s.recorded_at < '2026-05-01')""")  # fmt: skip
    full, part, missed = np.array(paid[0]) / sum(paid[0])
    assert 0.45 < full < 0.7 and 0.25 < part < 0.5 and 0.02 < missed < 0.12


def test_labels_are_rare_and_only_on_movements(facts: pa.Table) -> None:
    moves = np.isin(facts["kind"].to_numpy(zero_copy_only=False), list(SIGNS))
    assert (facts["confirmed_fraud"].is_valid().to_numpy() == moves).all()
    assert 0.003 < pc.mean(facts["confirmed_fraud"]).as_py() < 0.01
    reports = ask(facts, """select date_diff('day', f.recorded_at, r.recorded_at), f.confirmed_fraud = r.confirmed
        from facts r join facts f on f.fact_id = r.reported_fact where r.kind = 'fraud_report'""")  # fmt: skip
    assert len(reports) > 300 and all(days >= 2 and told for days, told in reports)


def test_takeovers_begin_with_guesses_and_a_new_phone(facts: pa.Table) -> None:
    before = ask(facts, """with takeover as (select account, min(recorded_at) t from facts where kind = 'transfer'
        and confirmed_fraud group by account having t > '2026-01-03')
        select count(*) filter (kind = 'login' and not succeeded and recorded_at < t),
        count(*) filter (changed in ('phone', 'password') and recorded_at < t),
        count(*) filter (kind = 'transfer' and confirmed_fraud)
        from takeover join facts using (account)
        where recorded_at between t - interval 1 day and t + interval 1 hour group by account""")  # fmt: skip
    assert len(before) > 10
    guesses, changes, burst = np.array(before).T
    assert (guesses >= 2).all() and (changes >= 2).all() and burst.mean() > 4


def test_thefts_grow_bolder_in_strange_places(facts: pa.Table) -> None:
    thefts = ask(facts, """with bad as (select *, row_number() over (partition by account order by occurred_at) place
        from facts where kind = 'purchase' and confirmed_fraud and account not in
        (select account from facts where kind in ('payment', 'transfer') and confirmed_fraud))
        select count(*), avg(amount) filter (place <= 3), avg(amount) filter (place > 5), avg((country <> 'CN')::int),
        date_diff('hour', min(occurred_at), max(occurred_at)) from bad group by account
        having count(*) >= 8""")  # fmt: skip
    counts, first, later, abroad, hours = np.array(thefts, float).T
    assert len(thefts) > 30 and np.median(counts) >= 9
    assert (later > first).mean() > 0.9 and abroad.mean() > 0.3 and np.median(hours) < 72


def test_bust_outs_end_in_a_reversed_payment_and_silence(facts: pa.Table) -> None:
    ends = ask(facts, """with bad as (select account, fact_id, recorded_at t from facts where kind = 'payment'
        and confirmed_fraud and recorded_at between '2026-02-10' and '2026-05-20')
        select count(*) filter (kind = 'payment_reversed' and reported_fact = bad.fact_id),
        count(*) filter (kind in ('payment', 'login') and recorded_at > t),
        count(*) filter (kind = 'limit_change' and reason = 'request' and recorded_at < t),
        count(*) filter (kind = 'cash_advance' and confirmed_fraud),
        max(balance / credit_limit) filter (recorded_at < t), count(*) filter (confirmed_fraud)
        from bad join facts using (account) group by account""")  # fmt: skip
    assert len(ends) >= 4
    for reversed_, signs_of_life, raised, cash, used, frauds in ends:
        assert (reversed_, signs_of_life, raised) == (1, 0, 1) and cash >= 3 and used > 0.85 and frauds >= 12


def test_compromised_merchants_copy_cards_for_weeks(facts: pa.Table) -> None:
    sites = ask(facts, """select count(distinct account), date_diff('day', min(recorded_at), max(recorded_at)),
        max(amount) from facts where kind = 'purchase' and confirmed_fraud and amount < 5000
        group by merchant having count(distinct account) >= 8""")  # fmt: skip
    assert len(sites) >= 3
    assert any(8 <= days <= 31 for _, days, _ in sites)


def test_the_loss_of_a_job_is_hardship_and_not_fraud(facts: pa.Table) -> None:
    lives = ask(facts, """with lost as (select account, min(recorded_at) t from facts where employment = 'unemployed'
        and recorded_at between '2026-02-15' and '2026-04-01' group by account)
        select
        count(*) filter (kind = 'purchase' and recorded_at between t - interval 45 days and t - interval 15 days),
        count(*) filter (kind = 'purchase' and recorded_at between t + interval 15 days and t + interval 45 days),
        sum(amount) filter (kind = 'payment' and recorded_at < t),
        sum(amount) filter (kind = 'payment' and recorded_at between t + interval 15 days and t + interval 60 days),
        avg(confirmed_fraud::int) from lost join facts using (account)""")  # fmt: skip
    before, after, paid_before, paid_after, fraud = lives[0]
    assert after < 0.75 * before and paid_after < 0.75 * paid_before and fraud < 0.01


def test_seasons_and_paydays() -> None:
    november = table(Bank(accounts=300, days=14, start=date(2026, 11, 4)))
    days = dict(ask(november, """select day(occurred_at), count(*) filter (channel = 'online') from facts
        where kind = 'purchase' group by 1"""))  # fmt: skip
    assert days[11] > 2 * days[4] and days[11] > 2 * days[13]


def test_another_currency_in_a_zone_that_changes_its_clocks() -> None:
    facts = table(Bank(accounts=100, days=10, start=date(2026, 3, 5), currency="USD", timezone="America/New_York"))
    assert set(facts["currency"].to_pylist()) == {"USD", None}
    assert (np.diff(facts["recorded_at"].cast(pa.int64()).to_numpy()) >= 0).all()
    foreign = facts.filter(pc.is_valid(facts["original_currency"]))
    assert len(foreign) and "USD" not in foreign["original_currency"].to_pylist()


def test_progress_is_told_and_nonsense_refused() -> None:
    told: list[tuple[int, int]] = []
    assert sum(len(batch) for batch in simulate(Bank(accounts=1, days=3), lambda done, of: told.append((done, of))))
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(Refused) as refused:
        Bank(accounts=0, currency="CNX", timezone="Asia/Shangai")
    assert len(refused.value.problems) == 3 and "did you mean 'CNY'?" in str(refused.value)

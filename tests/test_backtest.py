"""The main job through the command line on a small simulated bank, whole and in pieces."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.support import policy_of
from tocsin.engine.assess import Engine
from tocsin.faces.cli.main import app
from tocsin.links import files, order, raw
from tocsin.replay.bank import Bank, simulate
from tocsin.signals import oracle

ROOT = Path(__file__).parent.parent
HANDBOOK = Path(os.environ.get("TOCSIN_HANDBOOK") or ROOT.parent / "shared" / "data" / "handbook_transactions.parquet")

POLICY = """
policy: small
version: 1
currency: CNY
timezone: Asia/Shanghai
lateness: 3 days
signals:
  spend_7d: {sum: amount, where: "kind = 'purchase' and not declined", over: 7 days}
  usual: {mean: amount, where: "kind = 'purchase'", over: 30 days}
  spread: {std: amount, where: "kind = 'purchase'", over: 30 days}
  countries: {distinct: country, over: 2 days}
  limit_now: {last: credit_limit}
  gap: {elapsed: , where: "kind = 'purchase'"}
  at_merchant: {count: , by: merchant, over: 1 day}
  on_device: {count: , by: [account, device], over: 30 days}
  ratio: amount / usual
rules:
  big: {when: "kind = 'purchase' and ratio > 4", level: yellow, say: {en: "{amount} is {ratio} times the usual {usual}", zh: "{amount}为平时{usual}的{ratio}倍"}}
  abroad: {when: "countries >= 3", level: orange, say: {en: "{countries} countries", zh: "{countries}个国家"}}
  new_device: {when: "kind = 'transfer' and on_device = 1 and amount > 3000", level: red, say: {en: "New device", zh: "新设备"}}
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bank") / "facts.parquet"
    table = pa.Table.from_batches(simulate(Bank(seed=5, accounts=60, days=45)))
    pq.write_table(table, path)
    path.with_name("small.yaml").write_text(POLICY)
    return path


def backtest(monkeypatch: pytest.MonkeyPatch, kernels: Path, facts: Path, out: Path, *more: str) -> dict[str, Any]:
    monkeypatch.setenv("TOCSIN_CACHE", str(kernels.parent))
    policy = facts.with_name("small.yaml")
    result = CliRunner().invoke(app, ["backtest", str(facts), "--policy", str(policy), "--out", str(out), *more])
    assert result.exit_code == 0, result.output
    return json.loads((out / "summary.json").read_text())  # type: ignore[no-any-return]


def test_a_backtest_writes_what_it_promises(
    bank: Path, kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = backtest(monkeypatch, kernels, bank, tmp_path, "--label", "confirmed_fraud")
    facts = pq.read_table(bank).to_pylist()
    assessed = pq.read_table(tmp_path / "assessments.parquet")
    warned = pq.read_table(tmp_path / "warnings.parquet").to_pylist()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "assessments.parquet", "levels.parquet", "report.html", "summary.json", "warnings.parquet",
    ]  # fmt: skip
    assert assessed.column("fact_id").to_pylist() == [fact["fact_id"] for fact in facts]
    assert summary["read"] == summary["totals"]["facts"] == len(facts)
    assert summary["totals"]["warnings"] == len(warned) > 0
    fired = {row["fact_id"]: set(row["fired"]) for row in assessed.select(["fact_id", "fired"]).to_pylist()}
    for row in warned:
        assert row["rule"] in fired[row["fact_id"]] and row["trace"] and row["say_en"] and row["say_zh"]
        assert row["policy"].startswith("small 1 (")
    assert assessed.schema.field("spend_7d").metadata[b"unit"] == b"minor units of CNY"
    assert assessed.column("label").to_pylist() == [fact["confirmed_fraud"] for fact in facts]
    page = (tmp_path / "report.html").read_text()
    assert "预警" in page and "Warnings" in page and "<script" not in page


def test_every_signal_of_a_bank_equals_the_oracle(
    bank: Path, kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late facts of the bank included; a sample of facts, for the oracle is slow."""
    backtest(monkeypatch, kernels, bank, tmp_path)
    assessed = pq.read_table(tmp_path / "assessments.parquet")
    times = pq.read_table(bank)
    facts = [
        {**row, "occurred_at": micros}
        for row, micros in zip(times.to_pylist(), times.column("occurred_at").cast(pa.int64()).to_pylist(), strict=True)
    ]
    late = [i for i, fact in enumerate(times.to_pylist()) if fact["recorded_at"] > fact["occurred_at"]]
    policy = policy_of(POLICY)()
    for i in sorted({*late[:40], *range(0, len(facts), max(len(facts) // 120, 1))}):
        for measure in policy.measures:
            wanted = oracle.signal(measure, facts, i)
            got = assessed.column(measure.name)[i].as_py()
            assert got == wanted or (measure.function == "std" and got == pytest.approx(wanted, rel=4e-16)), (
                i,
                measure.name,
            )


def test_pieces_and_the_whole_agree_to_the_byte(
    bank: Path, kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = backtest(monkeypatch, kernels, bank, tmp_path / "whole")
    monkeypatch.setattr(raw, "BATCH", 777)
    monkeypatch.setattr(files, "BATCH", 777)
    pieces = backtest(monkeypatch, kernels, bank, tmp_path / "pieces")
    assert {**whole, "seconds": 0} == {**pieces, "seconds": 0}
    for name in ("assessments.parquet", "warnings.parquet", "levels.parquet"):
        one, two = (pq.read_table(tmp_path / part / name).to_pylist() for part in ("whole", "pieces"))
        key = (lambda row: (row["key"], row["time"], row["level"] or "")) if name == "levels.parquet" else None
        assert (sorted(one, key=key) if key else one) == (sorted(two, key=key) if key else two)


def test_any_order_of_rows_gives_the_same_result(
    bank: Path, kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = backtest(monkeypatch, kernels, bank, tmp_path / "whole")
    table = pq.read_table(bank)
    # Facts of one instant keep the order of the file, so that each order below is one file's own.
    instants = np.unique(table.column("recorded_at").cast(pa.int64()).to_numpy(), return_inverse=True)[1]
    shuffled = np.argsort(np.random.default_rng(2).random(instants.max() + 1)[instants], kind="stable")
    path = bank.with_name("shuffled.parquet")
    pq.write_table(table.take(pa.array(shuffled)), path)
    for carry in (order.CARRY, 0):
        monkeypatch.setattr(order, "CARRY", carry)
        again = backtest(monkeypatch, kernels, path, tmp_path / f"carry{carry}")
        assert {**whole, "seconds": 0, "source": ""} == {**again, "seconds": 0, "source": ""}


def test_replay_account_by_account_equals_arrival_order(kernels: Path) -> None:
    text = "\n".join(line for line in POLICY.splitlines() if "by:" not in line and "on_device" not in line)
    policy = policy_of(text)()
    facts = pa.Table.from_batches(simulate(Bank(seed=9, accounts=40, days=30))).combine_chunks().to_batches()[0]
    one, two = Engine(policy, kernels), Engine(policy, kernels)
    wanted = one.assess(facts)
    seen = 0
    for part in two.replay(two.program.inputs.encode(facts)):
        seen += len(part.order)
        for name in ("fired", "told", "top", "score", "level"):
            assert (getattr(part, name) == getattr(wanted, name)[part.order]).all(), name
        assert np.array_equal(part.signals, wanted.signals[:, part.order], equal_nan=True)
    assert seen == facts.num_rows


@pytest.mark.skipif(
    not HANDBOOK.exists(), reason="the Fraud Detection Handbook's transactions are not beside this checkout"
)
def test_the_handbook_windows_equal_an_independent_computation(
    kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_CACHE", str(kernels.parent))
    arguments = [
        "backtest",
        str(HANDBOOK),
        "--policy",
        str(ROOT / "policies/handbook.yaml"),
        "--map",
        str(ROOT / "mappings/handbook.yaml"),
    ]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    table = pq.read_table(HANDBOOK)
    number = table.column("TRANSACTION_ID").to_numpy()
    time = table.column("TX_DATETIME").cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    places = np.lexsort((number, time))
    time, amount = time[places], np.rint(table.column("TX_AMOUNT").to_numpy()[places] * 100).astype(np.int64)
    fraud = table.column("TX_FRAUD").to_numpy()[places].astype(np.int64)
    got = pq.read_table(tmp_path / "assessments.parquet")
    assert got.column("fact_id").to_pylist() == [str(x) for x in number[places].tolist()]
    for column, value, delay, count, share in (
        ("CUSTOMER_ID", amount, 0, "customer_count_{}d", "customer_mean_{}d"),
        ("TERMINAL_ID", fraud, 7, "terminal_count_{}d", "terminal_fraud_share_{}d"),
    ):
        key = table.column(column).to_numpy()[places]
        groups = np.split(np.argsort(key, kind="stable"), np.flatnonzero(np.diff(np.sort(key))) + 1)
        for days in (1, 7, 30):
            counts, means = np.zeros(len(time), np.int64), np.zeros(len(time))
            for group in groups:
                t, sums = time[group], np.concatenate([[0], np.cumsum(value[group])])
                day = 86_400_000_000
                high = np.searchsorted(t, t - delay * day, "right") if delay else np.arange(1, len(t) + 1)
                low = np.searchsorted(t, t - (delay + days) * day, "right")
                counts[group] = high - low
                means[group] = np.divide(sums[high] - sums[low], high - low, out=np.zeros(len(t)), where=high > low)
            assert np.array_equal(got.column(count.format(days)).to_numpy(), counts)
            assert np.array_equal(got.column(share.format(days)).to_numpy(), means)


def test_a_single_labelled_fact_makes_a_report(
    kernels: Path, bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pq.read_table(bank)
    place = table.schema.get_field_index("confirmed_fraud")
    labelled = table.filter(table.column(place).is_valid()).slice(0, 1)
    for value in (True, False):
        path = bank.with_name(f"one-{value}.parquet")
        pq.write_table(labelled.set_column(place, "confirmed_fraud", pa.array([value])), path)
        summary = backtest(monkeypatch, kernels, path, tmp_path / str(value), "--label", "confirmed_fraud")
        assert summary["totals"]["facts"] == 1

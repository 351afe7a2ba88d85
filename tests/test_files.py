"""Files in any order, in pieces of any size, in bounded memory: the same facts in the same order, each once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import DAY, HOUR, START, policy_of
from tocsin.engine.assess import Engine
from tocsin.facts import mapping
from tocsin.facts.intake import Terms
from tocsin.facts.mapping import Mapping
from tocsin.links import files, lines, order, raw
from tocsin.links.files import FactFile
from tocsin.links.results import Folder, ahead
from tocsin.links.writing import FactWriter
from tocsin.values import instant
from tocsin.values.problem import Refused

Row = dict[str, Any]
TERMS = Terms(instant.LATEST)
MAPPING = mapping.read(
    """
    mapping: ordered
    columns:
      {columns}
    sequence: place
    """.replace(
        "{columns}",
        "{" + ", ".join(f"{n}: {n}" for n in ("fact_id", "occurred_at", "recorded_at", "account", "amount", "merchant", "reason")) + "}",
    ).replace("sequence:", "constants: {kind: dispute, currency: CNY}\n    sequence:"),
    "map.yaml",
)  # fmt: skip
POLICY = policy_of(
    """
    policy: order
    version: 1
    currency: CNY
    lateness: 30 days
    signals:
      n: {count: , over: 3 hours}
      before: {last: amount, over: 1 day}
      largest: {max: amount}
      shops: {distinct: merchant, over: 1 day}
    rules:
      many: {when: n >= 3, level: blue, say: {en: a, zh: b}}
      large: {when: amount >= largest and n > 1, level: red, say: {en: a, zh: b}}
    """
)()


def written(path: Path, rows: list[Row]) -> Path:
    """Rows of our mapping as a file, in the form its name asks for."""
    if path.suffix == ".ndjson":
        stored = [
            {**row, **{name: instant.written(row[name]) for name in ("occurred_at", "recorded_at")}} for row in rows
        ]
        path.write_text("".join(json.dumps({k: v for k, v in row.items() if v is not None}) + "\n" for row in stored))
        return path
    times = pa.timestamp("us", tz="UTC")
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    columns |= {name: columns[name].view(times) for name in ("occurred_at", "recorded_at")}
    table = pa.table(
        {**columns, "reason": columns["reason"].cast(pa.string()), "merchant": columns["merchant"].cast(pa.string())}
    )
    pa.csv.write_csv(table, path) if path.suffix == ".csv" else pq.write_table(table, path)
    return path


def read(path: Path, with_mapping: Mapping | None = MAPPING) -> tuple[list[pa.RecordBatch], FactFile]:
    with FactFile(path, TERMS, with_mapping) as file:
        return list(file.batches()), file


def content(batches: list[pa.RecordBatch]) -> list[Row]:
    """Facts as rows, without their places in the file and what they do not have."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    return [{name: value for name, value in row.items() if name != "_row" and value is not None} for row in rows]


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Facts in ingest order: ties of an instant in the order of `place`, some late, long gaps now and then."""
    rows, recorded = [], START
    for number in range(draw(st.integers(2, 40))):
        recorded += draw(st.sampled_from([0, 0, 0, 1, HOUR, 3 * HOUR, 2 * DAY]))
        rows.append({
            "fact_id": f"f{number}",
            "occurred_at": recorded - draw(st.sampled_from([0, 0, 1, HOUR, DAY])),
            "recorded_at": recorded,
            "account": draw(st.sampled_from(["a", "b", "c"])),
            "amount": draw(st.integers(0, 5)),
            "merchant": draw(st.sampled_from([None, None, "m1", "m2"])),
            "reason": draw(st.sampled_from([None] * 9 + ["late in the file"])),
            "place": number,
        })  # fmt: skip
    return rows


@pytest.fixture(params=[7, 131_072], ids=["pieces", "whole"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Batches of a few rows, so that every border is crossed, or of the usual size."""
    for module in (lines, raw, files):
        monkeypatch.setattr(module, "BATCH", request.param)
    monkeypatch.setattr(lines, "BLOCK", 400 if request.param == 7 else lines.BLOCK)
    return int(request.param)


@pytest.fixture(params=[0, 5, 2_000_000], ids=["sorted on disk", "some carried", "carried"])
def carry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows may be held back before a file is sorted on disk."""
    monkeypatch.setattr(order, "CARRY", request.param)
    return int(request.param)


@pytest.mark.parametrize("form", ["parquet", "ndjson", "csv"])
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=histories(), data=st.data())
def test_any_order_of_rows_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, pieces: int, carry: int, form: str, rows: list[Row], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("order")
    shuffled = data.draw(st.permutations(rows))
    sorted_batches, _ = read(written(folder / f"sorted.{form}", rows))
    batches, file = read(written(folder / f"shuffled.{form}", shuffled))
    assert content(batches) == content(sorted_batches)
    assert [row["fact_id"] for row in content(batches)] == [row["fact_id"] for row in rows]
    assert file.reading.facts == file.reading.rows == len(rows) and not len(file.reading.rejects)
    places = {
        shuffled[row["_row"] - (2 if form == "csv" else 1)]["fact_id"]: row["fact_id"]
        for b in batches
        for row in b.to_pylist()
    }
    assert all(here == there for here, there in places.items())


@pytest.mark.parametrize("carry_rows", [0, 2_000_000], ids=["sorted on disk", "carried"])
def test_any_order_of_rows_is_assessed_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, carry_rows: int
) -> None:
    monkeypatch.setattr(order, "CARRY", carry_rows)
    for module in (lines, raw, files):
        monkeypatch.setattr(module, "BATCH", 100)
    random = np.random.default_rng(3)
    recorded = START + np.cumsum(random.choice([0, 0, 1, HOUR, 5 * HOUR], 1000))
    rows = [
        {
            "fact_id": f"f{i}", "occurred_at": int(recorded[i] - random.choice([0, HOUR, DAY])), "recorded_at": int(recorded[i]),
            "account": f"a{random.integers(5)}", "amount": int(random.integers(9)), "merchant": f"m{random.integers(9)}",
            "reason": None, "place": i,
        }
        for i in range(1000)
    ]  # fmt: skip

    def assessed(given: list[Row]) -> list[tuple[Any, ...]]:
        fresh, result = Engine(POLICY), list[tuple[Any, ...]]()
        for batch in read(written(tmp_path / "facts.parquet", given))[0]:
            done = fresh.assess(batch)
            parts = (batch.column("fact_id").to_pylist(), done.level.tolist(), done.score.tolist(), done.fired.tolist())
            result += zip(*parts, strict=True)
        return result

    expected = assessed(rows)
    shuffled = [rows[i] for i in random.permutation(1000)]
    assert assessed(shuffled) == expected
    assert len({level for _, level, *_ in expected}) > 1


@pytest.mark.parametrize("form", ["parquet", "ndjson", "csv"])
def test_ids_that_come_again_in_another_batch(tmp_path: Path, pieces: int, carry: int, form: str) -> None:
    rows = [
        {
            "fact_id": f"f{i % 30}", "occurred_at": START + i % 30, "recorded_at": START + i % 30 + (i >= 60), "account": "a",
            "amount": 7 if i in (40, 75) else 5, "merchant": None, "reason": None, "place": i,
        }
        for i in range(90)
    ]  # fmt: skip
    batches, file = read(written(tmp_path / f"facts.{form}", rows))
    assert [row["fact_id"] for row in content(batches)] == [f"f{i}" for i in range(30)]
    assert all(row["amount"] == 5 for row in content(batches))
    assert (file.reading.rows, file.reading.facts, file.reading.repeated) == (90, 30, 58)
    above = 2 if form == "csv" else 1
    told = [(reject.row, reject.fact_id, reject.field, reject.reason) for reject in file.reading.rejects]
    assert told == [
        (place + above, name, "amount", f"the id came before in row {first + above} with other content: amount 5 and 7")
        for place, first, name in ((40, 10, "f10"), (75, 15, "f15"))
    ]


@pytest.mark.parametrize("again", [0, 6, 7, 19])
def test_one_id_among_rising_ones_comes_again(tmp_path: Path, pieces: int, again: int) -> None:
    rows = [
        {
            "fact_id": f"f{i:02}", "occurred_at": START + i, "recorded_at": START + i, "account": "a", "amount": 1,
            "merchant": None, "reason": None, "place": 0,
        }
        for i in sorted([*range(20), again])
    ]  # fmt: skip
    batches, file = read(written(tmp_path / "facts.parquet", rows))
    assert [row["fact_id"] for row in content(batches)] == [f"f{i:02}" for i in range(20)]
    assert (file.reading.repeated, len(file.reading.rejects)) == (1, 0)


def test_ids_that_rise_are_not_remembered(tmp_path: Path, pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FactFile, "_duckdb", lambda *words: pytest.fail("ids were gathered"))
    ids = [None if i == 9 else f"f{i:02}" for i in range(20)]
    columns = {"kind": ["clock"] * 20, "occurred_at": ["2026-01-01T00:00:00Z"] * 20, "account": ["a"] * 20}
    pq.write_table(pa.table({"fact_id": ids, **columns}), tmp_path / "facts.parquet")
    assert len(content(read(tmp_path / "facts.parquet", None)[0])) == 19


def test_the_first_in_ingest_order_counts_not_the_first_in_the_file(tmp_path: Path) -> None:
    base = {"fact_id": "f", "occurred_at": START, "account": "a", "merchant": None, "reason": None, "place": 0}
    rows = [{**base, "recorded_at": START + 5, "amount": 2}, {**base, "recorded_at": START, "amount": 1}]
    batches, file = read(written(tmp_path / "facts.parquet", rows))
    assert [row["amount"] for row in content(batches)] == [1]
    assert [(reject.row, reject.fact_id) for reject in file.reading.rejects] == [(1, "f")]


@pytest.mark.parametrize(
    "ids", [[1.0, 2.0, 1.0], [" a", "b", "a "], pa.array(["a", "b", "a"]).dictionary_encode(), [1, 2, 1]]
)
def test_ids_are_compared_as_they_are_read(tmp_path: Path, ids: Any) -> None:
    path = tmp_path / "odd [name]*.parquet"
    columns = {"kind": ["clock"] * 3, "occurred_at": ["2026-01-01T00:00:00Z"] * 3, "account": [1.0] * 3}
    pq.write_table(pa.table({"fact_id": ids, **columns}), path)
    batches, file = read(path, None)
    assert (file.reading.facts, file.reading.repeated) == (2, 1)
    assert {row["account"] for row in content(batches)} == {"1"}
    assert {row["fact_id"] for row in content(batches)} in ({"1", "2"}, {"a", "b"})


def test_ordered_parquet_streams_without_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FactFile, "_spooled", lambda *words: pytest.fail("a copy was made"))
    rows = [
        {
            "fact_id": f"f{i}", "occurred_at": START + i // 3, "recorded_at": START + i // 3, "account": "a", "amount": 1,
            "merchant": None, "reason": None, "place": -i,
        }
        for i in range(50)
    ]  # fmt: skip
    batches, _ = read(written(tmp_path / "facts.parquet", rows))
    assert len(content(batches)) == 50


@pytest.mark.parametrize("group", [1, 30, 100, 250, 1000])
def test_row_groups_of_any_size_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    """Coded columns end where a row group ends; the order must be seen and restored in the same pieces."""
    for module in (lines, raw, files):
        monkeypatch.setattr(module, "BATCH", 100)
    random = np.random.default_rng(4)
    rows = [
        {
            "fact_id": f"f{i}", "occurred_at": START + i, "recorded_at": START + i, "account": "a", "amount": 1,
            "merchant": f"m{i % 3}", "reason": None, "place": i,
        }
        for i in range(1000)
    ]  # fmt: skip
    near = [rows[i] for i in np.argsort(np.arange(1000) + random.integers(0, 40, 1000), kind="stable")]
    table = pq.read_table(written(tmp_path / "facts.parquet", near))
    pq.write_table(table, tmp_path / "facts.parquet", row_group_size=group)
    monkeypatch.setattr(FactFile, "_spooled", lambda *words: pytest.fail("a copy was made"))
    batches, _ = read(tmp_path / "facts.parquet")
    assert [row["fact_id"] for row in content(batches)] == [row["fact_id"] for row in rows]
    assert len(batches) <= 12 and {row["merchant"] for row in content(batches)} == {"m0", "m1", "m2"}


def test_rows_that_are_set_aside_do_not_disturb_the_order(tmp_path: Path, pieces: int, carry: int) -> None:
    random = np.random.default_rng(5)
    rows = [
        {
            "fact_id": f"f{i}", "occurred_at": START + i, "recorded_at": START + i, "account": None if i % 4 == 1 else "a", "amount": 1,
            "merchant": None, "reason": None, "place": i,
        }
        for i in range(60)
    ]  # fmt: skip
    shuffled = [rows[i] for i in random.permutation(60)]
    for form in ("parquet", "ndjson"):
        batches, file = read(written(tmp_path / f"facts.{form}", shuffled))
        assert [row["fact_id"] for row in content(batches)] == [f"f{i}" for i in range(60) if i % 4 != 1]
        assert len(file.reading.rejects) == 15 and file.reading.facts == 45
        assert {shuffled[reject.row - 1]["fact_id"] for reject in file.reading.rejects} == {
            r.fact_id for r in file.reading.rejects
        }


def test_a_file_in_small_blocks_loses_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks end anywhere: in a line, in a character, in a quoted line end, at a line feed."""
    path = tmp_path / "facts.csv"
    names = [f"店{i}" for i in range(16)]
    rows = [f'{name},clock,2026-01-01T00:00:00Z,a,"x\n""{name}\r\n"' for name in names]
    path.write_text("fact_id,kind,occurred_at,account,note\n" + "\n".join(rows), encoding="utf-8", newline="")
    ignoring = mapping.read(
        "mapping: m\nothers: ignore\ncolumns: {fact_id: fact_id, kind: kind, occurred_at: occurred_at, account: account}",
        "m",
    )
    for block in (1, 7, 50, 999):
        monkeypatch.setattr(lines, "BLOCK", block)
        batches, file = read(path, ignoring)
        assert [row["fact_id"] for row in content(batches)] == names
        assert [row["_row"] for batch in batches for row in batch.to_pylist()] == [2 + 3 * i for i in range(16)]
        assert len(file.reading.rejects) == 0


def test_temporary_files_are_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "it's temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "it's temporary"))
    monkeypatch.setattr(order, "CARRY", 0)
    rows = [
        {
            "fact_id": f"f{i}", "occurred_at": START - i, "recorded_at": START - i, "account": "a", "amount": 1, "merchant": None,
            "reason": None, "place": i,
        }
        for i in range(9)
    ]  # fmt: skip
    for module in (lines, raw, files):
        monkeypatch.setattr(module, "BATCH", 2)
    batches, _ = read(written(tmp_path / "facts.ndjson", rows))
    assert [row["fact_id"] for row in content(batches)] == [f"f{8 - i}" for i in range(9)]
    assert list((tmp_path / "it's temporary").iterdir()) == []


def test_a_progress_bar_reaches_its_end(tmp_path: Path, pieces: int) -> None:
    rows = [
        {
            "fact_id": f"f{i}", "occurred_at": START + i, "recorded_at": START + i, "account": "a", "amount": 1, "merchant": None,
            "reason": None, "place": i,
        }
        for i in range(30)
    ]  # fmt: skip
    for form in ("parquet", "ndjson", "csv"):
        seen: dict[str, tuple[int, int]] = {}
        with FactFile(written(tmp_path / f"facts.{form}", rows), TERMS, MAPPING) as file:
            for _ in file.batches(lambda stage, done, of, seen=seen: seen.__setitem__(stage, (done, of))):  # type: ignore[misc]
                pass
        assert seen and all(done == of > 0 for done, of in seen.values())


# -- results -------------------------------------------------------------------------------------------------------------


def test_ahead_gives_the_same_items_in_order() -> None:
    assert list(ahead(range(100))) == list(range(100)) == list(ahead(ahead(range(100))))


def test_ahead_is_only_a_little_ahead() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for i in range(50):
            made.append(i)
            yield i

    for i in ahead(items(), depth=2):
        time.sleep(0.001)
        assert len(made) <= i + 5


def alive() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.is_alive()}


@pytest.mark.parametrize("error", [Refused(), ValueError("x"), MemoryError(), KeyboardInterrupt()])
def test_ahead_passes_errors_on_and_ends_its_thread(error: BaseException) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise error

    before, taken = alive(), []
    with pytest.raises(type(error)):
        for item in ahead(ahead(items())):
            taken.append(item)
    assert taken == [1] and alive() == before


def test_ahead_ends_its_thread_when_it_is_left() -> None:
    closed: list[bool] = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    before, items = alive(), ahead(ahead(endless()))
    assert next(items) == 1
    items.close()  # type: ignore[attr-defined]
    assert alive() == before
    del items
    assert closed == [True]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x"), Folder(tmp_path / "a" / "b") as folder:
        folder.text("one.txt", "1")
        raise ValueError("x")
    assert list(tmp_path.iterdir()) == []
    with Folder(tmp_path / "a" / "b") as folder:
        folder.text("one.txt", "1")
        assert not (tmp_path / "a" / "b" / "one.txt").exists()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["one.txt"]
    with pytest.raises(ValueError, match="x"), Folder(tmp_path / "a" / "b") as folder:
        folder.text("one.txt", "2")
        raise ValueError("x")
    assert (tmp_path / "a" / "b" / "one.txt").read_text() == "1"


@pytest.mark.parametrize("form", ["parquet", "ndjson", "csv"])
def test_a_fact_file_appears_whole_or_not_at_all(tmp_path: Path, form: str) -> None:
    with pytest.raises(ValueError, match="x"), FactWriter(tmp_path / f"facts.{form}"):
        raise ValueError("x")
    assert list(tmp_path.iterdir()) == []

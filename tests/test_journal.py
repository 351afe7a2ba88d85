"""The journal, the same on SQLite and PostgreSQL: whole groups, an unbroken chain, orders in turn, faults that leave nothing half done."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import sqlite3
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.postgres import Cluster, cluster, postgres, postgres_url  # noqa: F401 fixtures
from tocsin.journal import schema, snapshots
from tocsin.journal.chain import verify
from tocsin.journal.ids import Ids, hash64, hashes64
from tocsin.journal.journal import Journal, opened
from tocsin.journal.postgres import PostgresStore
from tocsin.journal.records import (
    FACT,
    START,
    Change,
    Difference,
    Entry,
    Group,
    Head,
    Order,
    Pending,
    Said,
    Unavailable,
    Warned,
    linked,
)
from tocsin.journal.sqlite import SqliteStore
from tocsin.values.problem import Refused


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "j.db") if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    journal = opened(url)
    yield journal
    journal.close()


def group(head: Head, count: int, **fields: Any) -> Group:
    """The next entries of a log."""
    made, chain = Group(), head.chain
    for seq in range(head.seq + 1, head.seq + 1 + count):
        columns = Entry(
            seq, FACT, 1_000_000 + seq, 999_000 + seq, f"事{seq}", f"a{seq % 3}", max(seq - 3, 0), 0, None, 1, 0, 1, 2,
            -7, b'{"n": %d}' % seq, b"" if seq % 2 else b"{}", b"",
        )._replace(**fields)[:-1]  # fmt: skip
        chain = linked(chain, *columns)
        made.entries.append(Entry(*columns, chain))
    return made


def grown(journal: Journal, count: int, **fields: Any) -> list[Entry]:
    made = group(journal.head(), count, **fields)
    journal.write(made)
    journal.commit()
    return made.entries


def everything(journal: Journal) -> list[Entry]:
    return [entry for entries in journal.entries() for entry in entries]


def order(seq: int, number: int, watched: str, destination: str = "core", due_at: int = 0) -> Order:
    return Order(seq, number, destination, "warning.raised", watched, b"{}", due_at)


def ordered(journal: Journal, *orders: Order) -> None:
    made = group(journal.head(), 1)
    made.orders = list(orders)
    journal.write(made)
    journal.commit()


def run(journal: Journal, sql: str, *values: object) -> None:
    """Raw SQL, as one who tampers would."""
    with journal.store.change() as execute:
        execute(sql, *values)


# -- the log -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 7, 8, 63, 65, 511, 512, 1097])
def test_groups_of_any_size_are_written_whole(journal: Journal, count: int) -> None:
    assert grown(journal, count) == everything(journal)
    assert journal.head().seq == count and list(verify(journal)) == []


def test_what_is_written_is_read_back(journal: Journal, url: str) -> None:
    assert journal.head() == Head(0, 0, START) and everything(journal) == [] and list(verify(journal)) == []
    first = group(journal.head(), 4)
    first.entries[3:] = group(
        Head(3, 0, first.entries[2].chain), 1, fact_id=None, watched=None, key="k", kind=3
    ).entries
    first.warned = [Warned(1, "r1", "a1", 2, 7), Warned(2, "r1", "a1", 1, 8)]
    first.changes = [
        Change(1, 0, "a1", 5, 0, 2, "f1"),
        Change(1, 1, "a1", 6, 2, 1, "quiet"),
        Change(2, 0, "a2", 6, 0, 1, "f2"),
    ]
    first.differences = [Difference(2, 9, 1, 2, "r1 r2"), Difference(3, 9, 1, 2, ""), Difference(3, 8, 0, 0, "")]
    second = group(Head(4, 0, first.entries[-1].chain), 6)
    journal.write(first)
    journal.write(second)
    journal.commit()
    written = first.entries + second.entries
    reopened = opened(url)
    for each in (journal, reopened):
        assert each.head() == Head(10, written[-1].recorded_at, written[-1].chain)
        assert everything(each) == written
        assert [len(some) for some in each.entries(2, 9, 3)] == [3, 3, 1]
        assert each.entry(4) == written[3] and each.entry(11) is None
        assert each.some(range(0, 2000, 5)) == {5: written[4], 10: written[9]}
        assert each.warned("a1", 5) == first.warned[::-1] and each.warned("a1", 1) == first.warned[1:]
        assert each.changes("a1", 5) == [first.changes[1], first.changes[0]]
        assert (
            each.differences(9, 0, 5) == first.differences[:2] and each.differences(9, 2, 5) == first.differences[1:2]
        )
        assert each.said(9) == [Said(2, 1, 1, 2, 2)]
        assert list(verify(each)) == []
    reopened.close()


def test_a_group_is_written_whole_or_not_at_all(journal: Journal) -> None:
    grown(journal, 3)
    good = group(journal.head(), 3)
    good.warned = [Warned(4, "r", "a", 1, 1)]
    journal.write(good)
    journal.rollback()
    assert journal.head().seq == 3 and journal.warned("a", 5) == []
    twice = group(journal.head(), 3)
    twice.warned = good.warned
    twice.entries[2] = twice.entries[0]._replace(seq=2)  # a number that is taken
    with pytest.raises(Unavailable, match="another process has written"):
        journal.write(twice)
        journal.commit()
    assert journal.head().seq == 3 and len(everything(journal)) == 3 and journal.warned("a", 5) == []
    grown(journal, 2)
    assert journal.head().seq == 5 and list(verify(journal)) == []


def test_a_log_that_moved_on_is_not_written(journal: Journal, url: str) -> None:
    other, stale = opened(url), group(journal.head(), 2)
    grown(other, 1)
    with pytest.raises(Unavailable, match="another process has written"):
        journal.write(stale)
        journal.commit()
    assert [len(list(verify(each))) for each in (journal, other)] == [0, 0]
    other.close()


def test_commits_in_one_thread_while_others_read_and_change(journal: Journal) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def busy(work: Callable[[], object]) -> None:
        try:
            while not done.is_set():
                work()
        except BaseException as failure:
            failures.append(failure)

    works = (
        journal.tend,
        lambda: everything(journal),
        lambda: journal.failed(1, 1, 1, ""),
        lambda: list(verify(journal)),
    )
    threads = [threading.Thread(target=busy, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for _ in range(40):
        journal.write(group(journal.head(), 20))
        committing = threading.Thread(target=journal.commit)
        committing.start()
        committing.join()
    done.set()
    for thread in threads:
        thread.join()
    assert not failures and journal.head().seq == 800 and list(verify(journal)) == []


def _second(url: str, queue: Any) -> None:
    second = opened(url)
    try:
        second.hold()
        queue.put("held")
    except Refused as refused:
        queue.put(str(refused))
    second.close()


def test_a_second_server_is_refused(journal: Journal, url: str) -> None:
    spawn = multiprocessing.get_context("spawn")

    def tried() -> str:
        queue = spawn.Queue()
        process = spawn.Process(target=_second, args=(url, queue))
        process.start()
        told = queue.get(timeout=60)
        process.join()
        return str(told)

    journal.hold()
    journal.hold()
    assert "already serves this journal; stop it first" in tried()
    grown(journal, 1)
    journal.close()
    assert tried() == "held"


def test_the_write_ahead_log_is_taken_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(str(tmp_path / "j.db"))
    grown(journal, 2000)
    log = tmp_path / "j.db-wal"
    size = log.stat().st_size
    journal.tend()
    grown(journal, 10)
    assert log.stat().st_size == size  # begun anew from its start
    monkeypatch.setattr("tocsin.journal.sqlite._LONGEST", 1000)
    journal.tend()
    assert log.stat().st_size == 0 and len(everything(journal)) == 2010
    journal.close()


# -- the chain ---------------------------------------------------------------------------------------------------------

TAMPER = st.tuples(
    st.sampled_from(["change", "reseal", "unseal", "remove", "swap", "cut", "insert", "lift"]), st.integers(1, 20), st.integers(1, 20)
)  # fmt: skip
COLUMNS = {
    "occurred_at": 5,
    "fact_id": "x",
    "watched": None,
    "score": 1,
    "body": b"?",
    "detail": b"?",
    "recorded_at": 9,
    "policy": 4,
}


def tampered(journal: Journal, how: str, a: int, b: int) -> set[int]:
    """One change to a whole log of 20 entries by raw SQL; the places that must be named."""
    written = {entry.seq: entry for entry in everything(journal)}
    if how in ("change", "reseal"):
        column, value = list(COLUMNS.items())[b % len(COLUMNS)]
        entry = written[a]._replace(**{column: value})
        chain = linked(written[a - 1].chain if a > 1 else START, *entry[:-1]) if how == "reseal" else entry.chain
        run(journal, f"UPDATE entries SET {column} = ?, chain = ? WHERE seq = ?", value, chain, a)
        return {a}
    if how == "unseal":
        run(journal, "UPDATE entries SET chain = ? WHERE seq = ?", bytes(32), a)
        return {a}
    if how in ("remove", "cut", "lift"):
        last = 20 if how == "cut" else min(a + b % 3, 20)
        run(journal, "DELETE FROM entries WHERE seq BETWEEN ? AND ?", a, last)
        if how == "lift":
            shift(journal, last, a - last - 1)
        return set(range(a, last + 1))
    if how == "swap":
        if a != b:
            for source, target in ((a, 100), (b, a), (100, b)):
                run(journal, "UPDATE entries SET seq = ? WHERE seq = ?", target, source)
        return {a, b} if a != b else set()
    if b % 2:
        shift(journal, a - 1, 1)
    place = a if b % 2 else (21 if b % 4 else -b)
    columns = written[a]._replace(seq=place, score=99, chain=b"\1" * 32)
    run(journal, f"INSERT INTO entries VALUES ({', '.join('?' * len(columns))})", *columns)
    return {place}


def shift(journal: Journal, behind: int, by: int) -> None:
    """Renumber what stands behind an entry."""
    run(journal, "UPDATE entries SET seq = -seq - 1000 WHERE seq > ?", behind)
    run(journal, "UPDATE entries SET seq = -seq - 1000 + ? WHERE seq < -1000", by)


KINDS = {"change": "changed", "reseal": "changed", "unseal": "changed", "swap": "reordered", "insert": "inserted"}


def named(findings: list[Any]) -> set[int]:
    """All places that the sentences name."""
    places: set[int] = set()
    for finding in findings:
        places |= set(range(finding.first, finding.last + 1))
        places |= {int(number) for number in re.findall(r"\d+", finding.problem.what)}
    return places


def restored(journal: Journal, written: list[Entry]) -> None:
    run(journal, "DELETE FROM entries")
    run(journal, "DELETE FROM head")
    made = Group(written)
    journal.write(made)
    journal.commit()


@pytest.fixture
def sealed(journal: Journal) -> tuple[Journal, list[Entry]]:
    return journal, grown(journal, 20)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tamper=TAMPER)
def test_every_tampering_is_found_and_named(sealed: tuple[Journal, list[Entry]], tamper: tuple[str, int, int]) -> None:
    journal, written = sealed
    restored(journal, written)
    places = tampered(journal, *tamper)
    findings = list(verify(journal))
    kinds = {finding.kind for finding in findings}
    assert places <= named(findings), findings
    assert all(str(finding.first) in str(finding.problem) for finding in findings)
    how, a, b = tamper
    if not places:
        assert not findings
    elif how in KINDS:
        assert KINDS[how] in kinds and kinds <= {KINDS[how], "reordered"}, findings
        if how != "insert" or not b % 2:
            wrong = [one for one in findings if not set(range(one.first, one.last + 1)) & {*places, a + 1}]
            assert not wrong, findings
    else:
        assert kinds & {"removed", "cut"} and kinds <= {"removed", "cut", "reordered"}, findings


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tampers=st.lists(TAMPER.filter(lambda one: one[0] in ("change", "remove", "swap", "cut")), min_size=2, max_size=4)
)
def test_several_tamperings_are_found(sealed: tuple[Journal, list[Entry]], tampers: list[tuple[str, int, int]]) -> None:
    journal, written = sealed
    restored(journal, written)
    for how, a, b in tampers:
        if {a, b} <= {entry.seq for entry in everything(journal)}:
            tampered(journal, how, a, b)
    left = {entry.seq: entry for entry in everything(journal)}
    other = {entry.seq for entry in written if left.get(entry.seq) != entry}
    findings = list(verify(journal))
    told = named(findings)
    assert other <= told, (other - told, findings)


def test_a_head_that_was_removed_or_changed_is_noticed(journal: Journal) -> None:
    grown(journal, 5)
    run(journal, "UPDATE head SET chain = ?", bytes(32))
    assert [(one.kind, one.first) for one in verify(journal)] == [("changed", 5)]
    run(journal, "DELETE FROM head")
    [finding] = verify(journal)
    assert finding.kind == "removed" and "note of the last entry" in finding.problem.what


def test_a_chain_with_more_damage_than_is_pieced_together(journal: Journal) -> None:
    grown(journal, 1000)
    run(journal, "UPDATE entries SET score = 3 WHERE seq > 100")
    findings = list(verify(journal))
    assert named(findings) >= set(range(101, 1001)) and {one.kind for one in findings} == {"changed"}


def test_no_two_entries_are_sealed_alike() -> None:
    entry = group(Head(0, 0, START), 1).entries[0]
    others = [entry._replace(**change) for change in (
        {"fact_id": None}, {"fact_id": ""}, {"fact_id": "a", "watched": "bc"}, {"fact_id": "ab", "watched": "c"},
        {"body": b"x", "detail": b""}, {"body": b"", "detail": b"x"}, {"key": ""}, {"key": None}, {"ref": 1}, {"previous": 1},
    )]  # fmt: skip
    assert len({linked(START, *one[:-1]) for one in others}) == len(others)


# -- snapshots, policies, keys, ids ------------------------------------------------------------------------------------


def test_snapshots_come_back_as_they_were_saved(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "PIECE", 1000)
    parts = [b"", os.urandom(10), os.urandom(5000), b"", os.urandom(999), os.urandom(1000), b"x"]
    assert list(journal.snapshots(1)) == []
    for seq in (10, 20, 30):
        journal.save_snapshot(1, seq, iter([b"%d" % seq, *parts]))
    journal.save_snapshot(2, 25, [])
    found = list(journal.snapshots(1))
    assert [one.seq for one in found] == [30, 20] and journal.skipped == []
    assert list(found[1].parts()) == [b"20", *parts]
    assert [(one.seq, list(one.parts())) for one in journal.snapshots(2)] == [(25, [])]
    pieces = {row[0] for row in journal.store.rows("SELECT DISTINCT snapshot FROM snapshot_pieces")}
    assert len(pieces) == 2


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DELETE FROM snapshot_pieces WHERE snapshot = 2 AND piece = 1", "torn, 1500 of 2500 bytes"),
        ("UPDATE snapshot_pieces SET body = (SELECT body FROM snapshot_pieces WHERE snapshot = 1 AND piece = 1) "
         "WHERE snapshot = 2 AND piece = 1", "not what was saved"),
        ("UPDATE snapshots SET seq = 21 WHERE snapshot = 2", "not what was saved"),
        ("UPDATE snapshots SET policy = 1 WHERE policy = 2", "not what was saved"),
        ("UPDATE snapshots SET format = 0 WHERE snapshot = 2", "it has form 0, this Tocsin reads form 1"),
    ],
)  # fmt: skip
def test_snapshots_that_cannot_be_trusted_are_passed_over(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, sql: str, why: str
) -> None:
    monkeypatch.setattr(snapshots, "PIECE", 1000)
    for seq in (10, 20):
        journal.save_snapshot(1, seq, [os.urandom(2500)])
    journal.save_snapshot(2, 30, [os.urandom(100)])
    run(journal, sql)
    good = [one.seq for one in journal.snapshots(1)]
    assert good in ([10], [20, 10]) and len(journal.skipped) == 1
    assert why in journal.skipped[0].what


def test_a_snapshot_that_was_never_finished_does_not_count(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "PIECE", 1000)

    def torn() -> Iterator[bytes]:
        yield bytes(3000)
        raise KeyboardInterrupt

    journal.save_snapshot(1, 10, [b"a"])
    with pytest.raises(KeyboardInterrupt):
        journal.save_snapshot(1, 20, torn())
    assert [one.seq for one in journal.snapshots(1)] == [10]
    journal.save_snapshot(1, 30, [b"b"])
    assert [(one.seq, list(one.parts())) for one in journal.snapshots(1)] == [(30, [b"b"]), (10, [b"a"])]
    assert journal.store.rows("SELECT count(*) FROM snapshot_pieces") == [(2,)]


def test_policies_keys_and_pairs(journal: Journal) -> None:
    assert journal.add_policy("d1", "card", "1", "policy: card", "{}", 5) == 1
    assert journal.add_policy("d2", "card", "2", "policy: 卡", '{"a": 1}', 6) == 2
    assert journal.add_policy("d1", "card", "1", "policy: card", "{}", 7) == 1
    assert [one.digest for one in journal.policies()] == ["d1", "d2"]
    assert journal.policy(2) == journal.policies()[1] and journal.policy(3) is None
    journal.add_key("k1", "core", b"\0hash", ("decide", "read"), 1)
    journal.add_key("k2", "desk", b"other", (), 2)
    assert journal.end_key("k1", 9) and not journal.end_key("k1", 10) and not journal.end_key("k3", 10)
    assert [(key.id, key.hash, key.scopes, key.ended_at) for key in journal.keys()] == [  # noqa: SIM118 no dict
        ("k1", b"\0hash", ("decide", "read"), 9),
        ("k2", b"other", (), None),
    ]
    for until in (30, 10, 20):
        journal.save_ids(until, b"%d" % until)
    assert list(journal.id_segments()) == [(10, b"10"), (20, b"20"), (30, b"30")]


# -- the outbox --------------------------------------------------------------------------------------------------------


def turn(journal: Journal, now: int, destination: str = "core") -> list[tuple[int, int]]:
    return [(one.order.seq, one.order.number) for one in journal.waiting(now, 10, destination)]


def test_orders_leave_in_turn(journal: Journal) -> None:
    ordered(
        journal,
        order(1, 0, "a"),
        order(1, 1, "a"),
        order(1, 2, "b"),
        order(1, 3, "a", "desk"),
        order(1, 4, "c", due_at=50),
    )
    assert turn(journal, 10) == [(1, 0), (1, 2)] and turn(journal, 10, "desk") == [(1, 3)]
    assert turn(journal, 50) == [(1, 0), (1, 2), (1, 4)] and len(journal.waiting(50, 2, "core")) == 2
    assert journal.pending() == {"core": Pending(4, 0), "desk": Pending(1, 0)}
    first, second = journal.waiting(10, 10, "core")
    assert first.attempts == 0 and first.order == order(1, 0, "a")
    journal.failed(first.id, 1, 100, "connection refused")
    assert turn(journal, 99) == [(1, 2), (1, 4)]  # what is behind waits
    ordered(journal, order(2, 0, "a"))
    assert turn(journal, 99) == [(1, 2), (1, 4)]
    assert journal.waiting(100, 10, "core")[-1].attempts == 1
    journal.delivered([first.id, second.id], 101)
    assert turn(journal, 101) == [(1, 4), (1, 1)]
    journal.delivered([one.id for one in journal.waiting(101, 10, "core")], 102)
    assert turn(journal, 102) == [(2, 0)] and journal.pending()["core"] == Pending(1, 0)


def test_dead_letters_do_not_block_and_can_be_revived(journal: Journal) -> None:
    ordered(journal, order(1, 0, "a"), order(1, 1, "a"))
    [first] = journal.waiting(0, 10, "core")
    journal.failed(first.id, 1, 1000, "500")
    journal.buried(first.id, 20, "gone")
    assert turn(journal, 20) == [(1, 1)]
    [letter] = journal.dead_letters(10)
    assert (letter.id, letter.attempts, letter.error, letter.at, letter.order.number) == (first.id, 1, "gone", 20, 0)
    assert journal.pending() == {"core": Pending(1, 1)}
    assert journal.revived(first.id, 30) and not journal.revived(first.id, 30)
    assert journal.dead_letters(10) == [] and turn(journal, 30) == [(1, 0)]  # first come, first again
    journal.delivered([first.id], 31)
    assert turn(journal, 31) == [(1, 1)]


# -- forms -------------------------------------------------------------------------------------------------------------


def test_an_older_form_is_brought_forward_and_a_newer_one_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, steps = opened(url), schema.STEPS
    grown(journal, 2)
    journal.close()
    monkeypatch.setattr(
        schema, "STEPS", (*steps, "CREATE TABLE later (n {integer}){strict}; CREATE INDEX l ON later (n)")
    )
    newer = opened(url)
    assert newer.head().seq == 2 and newer.store.rows("SELECT * FROM later") == []
    rows = newer.store.rows("SELECT number, at FROM migrations ORDER BY number")
    assert [number for number, _ in rows] == [*range(1, len(steps) + 2)] and rows[0][1] > 1_700_000_000_000_000
    newer.close()
    monkeypatch.setattr(schema, "STEPS", steps[:1])
    with pytest.raises(Refused, match=rf"has form {len(steps) + 1}, this Tocsin knows forms up to 1; run the newer"):
        opened(url)


def test_a_step_that_fails_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = schema.STEPS
    monkeypatch.setattr(schema, "STEPS", (*steps, "CREATE TABLE later (n {integer}); CREATE NONSENSE"))
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        opened(url)
    monkeypatch.setattr(schema, "STEPS", steps)
    journal = opened(url)
    grown(journal, 1)
    journal.close()


def test_both_stores_have_the_same_tables(postgres_url: str, tmp_path: Path) -> None:  # noqa: F811
    names = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    one, other = opened(str(tmp_path / "j.db")), opened(postgres_url)
    tables = one.store.rows(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
    )
    assert sorted(tables) == sorted(other.store.rows(names))
    one.close()
    other.close()


# -- what cannot be opened ---------------------------------------------------------------------------------------------


def test_files_that_are_no_journal_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database" * 1000)
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE accounts (a)")
    other.commit()
    other.close()
    for name, said in {
        "text": "this is no SQLite database; name another file",
        "other": "this is a database of another program; name another file",
        "no/where": "the folder of the journal does not exist; create it",
        ".": "this is a folder; name a file",
    }.items():
        with pytest.raises(Refused, match=said):
            opened(str(tmp_path / name))
    for address in ("mysql://u:hidden@h/d", "", "postgresql+psycopg://u:hidden@h/d"):
        with pytest.raises(Refused, match="no kind of journal; name an SQLite file") as refused:
            opened(address)
        assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:hidden@127.0.0.1:1/db",
        "postgresql://u:hid/den@127.0.0.1:1/db",
        "postgresql://u:12/hidden@127.0.0.1:1/db",
        "postgresql://u:hidden@127.0.0.1:1/db?nonsense=1",
        "postgresql://127.0.0.1:1/db?user=u&password=hidden",
        "postgresql://u:hidden@[bad/db",
        "postgresql://u:hidden@@127.0.0.1:1/db",
    ],
)
def test_a_password_is_never_shown(address: str) -> None:
    with pytest.raises(Refused) as refused:
        opened(address)
    assert "hid" not in str(refused.value) and "den" not in str(refused.value)
    assert "cannot be reached" in str(refused.value) or "this is no PostgreSQL URL" in str(refused.value)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    opened(str(tmp_path / "j.db")).close()
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(0o755)
    for name in ("j.db", "new.db"):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            try:
                opened(str(tmp_path / name))
            except BaseException as failed:
                os.write(writer, f"{type(failed).__name__} {failed}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        said = os.read(reader, 1000).decode()
        assert said.startswith("Unavailable") and "give this user the right" in said


# -- a store that fails ------------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    journal = opened(str(tmp_path / "j.db"))
    assert isinstance(journal.store, SqliteStore)
    written = grown(journal, 100)
    [(pages,)] = journal.store._writer.execute("PRAGMA page_count").fetchall()
    journal.store._writer.execute(f"PRAGMA max_page_count = {pages + 20}")
    journal.write(group(journal.head(), 10))
    with pytest.raises(Unavailable, match="the disk is full; make room"):
        journal.write(group(Head(110, 0, START), 100, body=bytes(10_000)))
    assert everything(journal) == written and list(verify(journal)) == []
    journal.store._writer.execute("PRAGMA max_page_count = 1000000")
    assert everything(journal)[:100] == written and len(grown(journal, 1000)) == 1000
    assert list(verify(journal)) == []
    journal.close()


def _filled(path: str, queue: Any) -> None:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    journal = opened(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    told: list[str] = []
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    for _ in range(2):
        try:
            for _ in range(1000):
                grown(journal, 20)
        except Unavailable as failed:
            told.append(failed.problem.what)
        count = len(everything(journal))
        told.append(f"{count == journal.head().seq} {count > 0} {list(verify(journal))}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    grown(journal, 5000)
    told.append(f"{list(verify(journal))}")
    journal.close()
    queue.put(told)


def test_a_file_that_cannot_grow(tmp_path: Path) -> None:
    """A write that the system refuses in earnest, in the middle of groups and of commits."""
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    process = spawn.Process(target=_filled, args=(str(tmp_path / "j.db"), queue))
    process.start()
    told = queue.get(timeout=120)
    process.join()
    faults, states = told[0:4:2], told[1:4:2]
    assert set(faults) <= {"the disk is full", "the disk cannot be read or written"}
    assert states == ["True True []"] * 2 and told[4] == "[]"


def test_a_locked_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.journal.sqlite._PATIENCE", 0.05)
    journal = opened(str(tmp_path / "j.db"))
    other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="another process is writing to it; end that process"):
        grown(journal, 1)
    with pytest.raises(Unavailable, match="another process is writing to it"):
        journal.delivered([1], 1)
    other.execute("ROLLBACK")
    grown(journal, 1)
    journal.write(group(journal.head(), 1))
    with pytest.raises(Unavailable, match="another task does not end its writing"):
        journal.delivered([1], 1)
    journal.commit()
    other.close()
    journal.close()


def _killed(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND application_name = current_setting('application_name')"
        )


def test_a_backend_killed_in_the_middle_of_a_group(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    journal = opened(postgres_url)
    journal.hold()
    written = grown(journal, 10)
    for count in (10, 15):
        journal.write(group(journal.head(), 5))
        _killed(postgres_url)
        with pytest.raises(Unavailable, match="the database failed"):
            journal.commit()
        assert everything(journal) == written and len(written) == count
        written += grown(journal, 5)
    copy = PostgresStore._copy

    def half(self: PostgresStore, cursor: Any, some: Group) -> None:
        copy(self, cursor, some)
        monkeypatch.undo()
        _killed(postgres_url)

    monkeypatch.setattr(PostgresStore, "_copy", half)
    journal.write(group(journal.head(), 5))
    with pytest.raises(Unavailable):
        journal.commit()
    assert journal.head().seq == 20 and len(grown(journal, 5)) == 5
    _killed(postgres_url)
    with pytest.raises(Unavailable, match="the database failed"):
        journal.head()
    assert journal.head().seq == 25 and list(verify(journal)) == []
    with pytest.raises(Unavailable):
        grown(journal, 1)
    second = opened(postgres_url)
    with pytest.raises(Refused, match="already serves"):
        second.hold()  # the lock was taken again after each death
    second.close()
    journal.close()


def test_a_commit_whose_answer_was_lost_counts(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    journal = opened(postgres_url)
    journal.hold()
    grown(journal, 1)
    commit = psycopg.Transaction.__exit__

    def lost(self: Any, *words: Any) -> Any:
        commit(self, *words)
        monkeypatch.undo()
        self.connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Transaction, "__exit__", lost)
    grown(journal, 3)
    assert journal.head().seq == 4 and list(verify(journal)) == []
    journal.close()


def test_a_database_that_was_restarted(cluster: Cluster) -> None:  # noqa: F811
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS restarted")
    url = f"{cluster.url}&options=-csearch_path%3Drestarted"
    journal = opened(url)
    journal.hold()
    written = grown(journal, 10)
    journal.write(group(journal.head(), 5))
    cluster.stop("immediate")
    with pytest.raises(Unavailable):
        journal.commit()
    with pytest.raises(Unavailable, match="cannot be reached"):
        journal.head()
    with pytest.raises(Unavailable, match="cannot be reached"):
        grown(journal, 1)
    cluster.start()
    assert everything(journal) == written
    grown(journal, 5)
    assert list(verify(journal)) == [] and journal.head().seq == 15
    journal.close()


# -- fact ids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_ids_are_found_as_in_a_dict(kernels: Path, compiled: bool) -> None:
    rng = np.random.default_rng(5)
    ids, oracle = Ids(kernels if compiled else None), defaultdict[int, list[int]](list)
    seq = 0
    for size in rng.choice([1, 2, 7, 100, 3000], 60 if compiled else 12):
        hashes = rng.integers(-(2**63), 2**63 - 1, size)
        hashes[rng.random(size) < 0.3] %= 50  # many alike, near to each other
        hashes[hashes == 0] = 1
        seqs = np.arange(seq + 1, seq + 1 + size)
        seq += int(size)
        if size == 7:
            ids.add_pairs(np.stack([hashes, seqs], 1).tobytes())
        else:
            ids.add(hashes, seqs)
        for hash, one in zip(hashes.tolist(), seqs.tolist(), strict=True):
            oracle[hash].append(one)
        asked = np.array([*rng.choice(list(oracle), 50), *range(1, 60), *rng.integers(1, 2**60, 20)], np.int64)
        expected = [oracle.get(int(hash), []) for hash in asked]
        assert [sorted(ids.find(hash)) for hash in asked.tolist()] == expected
        assert ids.find_many(asked).tolist() == [min(seqs, default=0) for seqs in expected]
        assert len(ids) == seq
    known = np.array(list(oracle), np.int64)
    assert ids.find_many(known).tolist() == [seqs[0] for seqs in oracle.values()]


def test_the_kernel_of_the_ids_is_kept(tmp_path: Path) -> None:
    """Where the package may not be written; a second process need not compile."""
    code = (
        "import sys, numpy as np; from pathlib import Path; from tocsin.journal.ids import Ids, hash64\n"
        "ids = Ids(Path(sys.argv[1])); one = np.array([hash64('a')])\n"
        "ids.add(one, one); print(ids.find(hash64('a')) == one.tolist(), ids.find(3))"
    )
    kept = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
        assert done.stdout == "True []\n"
        kept.append({path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")})
    assert kept[0] and kept[0] == kept[1]


def test_hashes_are_spread_and_never_zero() -> None:
    names = [f"{n}" for n in range(10_000)]
    hashes = {hash64(name) for name in names}
    assert hashes64(names).tolist() == [hash64(name) for name in names] and not len(hashes64([]))
    assert len(hashes) == 10_000 and 0 not in hashes and max(hashes) < 2**63 and min(hashes) >= -(2**63)

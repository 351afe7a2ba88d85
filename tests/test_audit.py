"""Whatever is changed in a journal, by whoever can write its tables, the audit finds, and names the entry."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support import DAY, HOUR, MINUTE, START
from tocsin.desk import audit
from tocsin.desk.clerk import Given
from tocsin.desk.ledger import Ledger
from tocsin.desk.offline import Offline
from tocsin.desk.settings import read
from tocsin.desk.versions import Files
from tocsin.engine import state
from tocsin.facts import wire
from tocsin.facts.kinds import AnyFact
from tocsin.journal.journal import opened
from tocsin.journal.records import ACT, AGAIN, FACT, TICK, Entry, Head, linked
from tocsin.values import instant

POLICY = """
policy: small
version: "VERSION"
currency: CNY
lateness: 3 days
signals:
  spent_24h: {sum: amount, where: "kind = 'purchase'", over: 24 hours, empty: 0}
  count_1h: {count: , where: "kind = 'purchase'", over: 1 hour}
levels:
  yellow: {colour: "#ffd000", cool_off: 1 day}
  red: {colour: "#ff0000", cool_off: 3 days, decision: review}
rules:
  busy: {when: count_1h >= COUNT, level: yellow, points: 10, say: {en: "{count_1h} purchases", zh: "{count_1h}笔消费"}}
  spent: {when: "spent_24h > LIMIT", level: red, points: 40, decision: block, say: {en: "spent", zh: "消费"}}
"""
SETTINGS = """
destinations:
- {name: core, webhook: "http://127.0.0.1:1/", secrets: [TOCSIN_SECRET], types: TYPES}
"""
SECRET = {"TOCSIN_SECRET": "whsec_" + "A" * 40}
TYPES = "[decision.created, warning.raised, warning.level_changed]"


def files(version: str, count: int, limit: str) -> Files:
    text = POLICY.replace("VERSION", version).replace("COUNT", str(count)).replace("LIMIT", limit)
    return Files("small.yaml", {"small.yaml": text})


def purchase(number: int, account: str, at: int, amount: int, known: int | None = None) -> Given:
    said = {"fact_id": f"f{number}", "kind": "purchase", "account": account, "amount": amount, "currency": "CNY"}
    said |= {"occurred_at": instant.written(at), "recorded_at": instant.written(known or at)}
    fact: AnyFact = msgspec.convert(said, AnyFact)
    return Given(fact, wire.encode(fact))


def history(first: int, start: int) -> list[Given]:
    """Thirty facts an hour for three accounts; every tenth comes an hour late."""
    facts = []
    for n in range(90):
        at = start + n * 2 * MINUTE
        late = HOUR if n % 10 == 9 else 0
        facts.append(purchase(first + n, f"a{n % 3}", at - late, 4_000 + 500 * (n % 7), at))
    return facts


def lived(ledger: Ledger, facts: list[Given], now: int, quiet: int = 0) -> None:
    """Take facts in groups, then let time pass."""
    ledger.open()
    assert ledger.clerk is not None
    for start in range(0, len(facts), 20):
        ledger.clerk.take(facts[start : start + 20], now)
        _stored(ledger)
    ledger.clerk.tick(now + quiet)
    _stored(ledger)
    for task in ledger.snapshots():
        task()


def _stored(ledger: Ledger) -> None:
    while ledger.waiting:
        ledger.store()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, kernels: Path) -> Path:
    """A journal with everything in it: late facts, quiet time, two policies in turn, a shadow, messages, snapshots."""
    folder = tmp_path_factory.mktemp("journal")

    def life(types: str, facts: list[Given], now: int, quiet: int, *acts: tuple[str, Files]) -> None:
        settings = read(SETTINGS.replace("TYPES", types), "tocsin.yaml", SECRET, folder)
        with closing(Offline(settings, kernels, "user test", new=True)) as offline:
            for act, given in acts:
                offline.install(act, given)
            lived(offline.ledger, facts, now, quiet)

    hours = 3 * HOUR
    life(TYPES, history(0, START), START + hours, 4 * DAY, ("activate", files("1", 9, "900.00")))
    second, start = files("2", 7, "700.00"), START + 6 * DAY
    shadow = files("3", 5, "500.00")
    life("[warning.raised]", history(1000, start), start + hours, 5 * DAY, ("activate", second), ("shadow", shadow))
    with closing(Offline(read("listen: {}", "t", {}, folder), kernels, "user test")) as offline:
        offline.key_add("someone", ["decide"])
    return folder / "tocsin.db"


@pytest.fixture
def journal(made: Path, tmp_path: Path) -> Path:
    for file in made.parent.glob("tocsin.db*"):
        shutil.copy(file, tmp_path)
    return tmp_path / made.name


def verified(path: Path, *anchors: Head) -> list[str]:
    with closing(opened(str(path))) as journal:
        return [problem.what for problem in audit.verified(journal, anchors)]


def replayed(path: Path, kernels: Path) -> list[str]:
    with closing(opened(str(path))) as journal:
        return [problem.what for problem in audit.replayed(journal, kernels)]


def changed(path: Path, *steps: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for step in steps:
            assert connection.execute(step).rowcount != 0


def asked(path: Path, sql: str) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchone()[0]


def log(path: Path) -> Iterator[Entry]:
    with closing(opened(str(path))) as journal:
        for entries in journal.entries():
            yield from entries


def one(path: Path, wanted: Callable[[Entry], bool]) -> int:
    """An entry in the middle of the log."""
    found = [entry.seq for entry in log(path) if wanted(entry)]
    return found[len(found) // 2]


def test_a_journal_that_nobody_touched(journal: Path, kernels: Path) -> None:
    kinds = [entry.kind for entry in log(journal)]
    assert [kinds.count(kind) > 0 for kind in (FACT, AGAIN, ACT, TICK)] == [True] * 4
    for table in ("warnings", "levels", "outbox", "differences", "snapshots"):
        assert asked(journal, f"SELECT count(*) FROM {table}") > 0
    assert asked(journal, "SELECT count(DISTINCT policy) FROM entries") == 2
    assert asked(journal, "SELECT count(*) FROM outbox o JOIN entries e ON e.seq = o.seq AND e.kind = 3") > 0
    stages: list[tuple[str, int, int]] = []
    with closing(opened(str(journal))) as whole:
        head = whole.head()
        assert not list(audit.verified(whole, [head, Head(0, 0, b"")], lambda *told: stages.append(told)))
        assert not list(audit.replayed(whole, kernels, lambda *told: stages.append(told)))
    assert ("verify", head.seq, head.seq) in stages and ("replay", head.seq, head.seq) in stages


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("level_before", "9"),
        ("level", "9"),
        ("decision", "(decision + 1) % 3"),
        ("score", "score + 1"),
        ("detail", "x''"),
    ],
)
def test_a_changed_decision(journal: Path, kernels: Path, column: str, value: str) -> None:
    seq = one(journal, lambda entry: entry.kind == FACT and entry.detail != b"")
    changed(journal, f"UPDATE entries SET {column} = {value} WHERE seq = {seq}")
    assert verified(journal) == [f"entry {seq} was changed, or entry {seq - 1} together with its seal"]
    found = replayed(journal, kernels)
    assert found[0].startswith(f"entry {seq}: {column} is '"), found
    assert all(text.startswith(f"entry {seq}:") for text in found), found


def test_a_changed_decision_about_a_fact_that_was_assessed_again(journal: Path, kernels: Path) -> None:
    seq = one(journal, lambda entry: entry.kind == AGAIN)
    changed(journal, f"UPDATE entries SET score = score + 1 WHERE seq = {seq}")
    assert any(text.startswith(f"entry {seq}: score is") for text in replayed(journal, kernels))


def test_a_changed_fact(journal: Path, kernels: Path) -> None:
    seq = one(journal, lambda entry: entry.kind == FACT)
    more = """CAST(replace(body, '"amount":', '"amount":9') AS BLOB)"""
    changed(journal, f"UPDATE entries SET body = {more} WHERE seq = {seq}")
    assert verified(journal) == [f"entry {seq} was changed, or entry {seq - 1} together with its seal"]
    assert any(text.startswith(f"entry {seq}:") for text in replayed(journal, kernels))


@pytest.mark.parametrize("kind", [FACT, ACT, AGAIN])
def test_a_body_that_cannot_be_read(journal: Path, kernels: Path, kind: int) -> None:
    seq = one(journal, lambda entry: entry.kind == kind)
    changed(journal, f"UPDATE entries SET body = x'00ff' WHERE seq = {seq}")
    assert verified(journal) == [f"entry {seq} was changed, or entry {seq - 1} together with its seal"]
    assert f"entry {seq} cannot be read; nothing behind it was compared" in replayed(journal, kernels)


def test_removed_entries(journal: Path, kernels: Path) -> None:
    seq = one(journal, lambda entry: entry.kind == FACT)
    changed(journal, f"DELETE FROM entries WHERE seq IN ({seq}, {seq + 1})")
    assert verified(journal)[0].startswith(f"entries {seq} to {seq + 1} were removed")
    assert f"entries {seq} to {seq + 1} are missing" in replayed(journal, kernels)


def test_entries_that_changed_places(journal: Path, kernels: Path) -> None:
    seq = one(journal, lambda entry: entry.kind == FACT)
    places = (seq, seq + 3)
    changed(
        journal,
        f"UPDATE entries SET seq = -1 WHERE seq = {places[0]}",
        f"UPDATE entries SET seq = {places[0]} WHERE seq = {places[1]}",
        f"UPDATE entries SET seq = {places[1]} WHERE seq = -1",
    )
    told = verified(journal)
    assert [f"entry {a} was moved: written first as entry {b}" in told for a, b in (places, places[::-1])] == [True] * 2
    assert replayed(journal, kernels)


def test_an_inserted_entry(journal: Path, kernels: Path) -> None:
    last = asked(journal, "SELECT max(seq) FROM entries")
    changed(
        journal,
        f"CREATE TEMP TABLE extra AS SELECT * FROM entries WHERE seq = {last}",
        f"UPDATE extra SET seq = {last + 1}, chain = randomblob(32)",
        "INSERT INTO entries SELECT * FROM extra",
    )
    assert verified(journal) == [f"entry {last + 1} was inserted"]


def test_a_tail_that_was_cut_off(journal: Path, kernels: Path) -> None:
    last = asked(journal, "SELECT max(seq) FROM entries")
    changed(journal, f"DELETE FROM entries WHERE seq > {last - 5}")
    assert verified(journal) == [f"entries {last - 4} to {last} were cut off from the end of the log"]
    assert f"entries {last - 4} to {last} are missing" in replayed(journal, kernels)


def test_a_tail_that_was_cut_off_with_the_note_of_the_end(journal: Path) -> None:
    with closing(opened(str(journal))) as whole:
        noted = whole.head()
    last = noted.seq
    changed(
        journal,
        f"DELETE FROM entries WHERE seq > {last - 5}",
        "UPDATE head SET (seq, chain) = (SELECT seq, chain FROM entries ORDER BY seq DESC LIMIT 1)",
    )
    assert verified(journal) == []
    assert verified(journal, noted) == [f"the log ends before entry {last}, which was noted as its head"]


def test_a_log_that_was_written_anew(journal: Path, kernels: Path) -> None:
    """Every seal is right again: only a head noted elsewhere, and the replay, show it."""
    with closing(opened(str(journal))) as whole:
        noted = whole.head()
    seq = one(journal, lambda entry: entry.kind == FACT and entry.detail != b"")
    before, rows = bytes(32), []
    for entry in list(log(journal)):
        columns = list(entry[:-1])
        if entry.seq == seq:
            columns[13] = 0
        before = linked(before, *columns)
        rows.append((columns[13], before, entry.seq))
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.executemany("UPDATE entries SET score = ?, chain = ? WHERE seq = ?", rows)
        connection.execute("UPDATE head SET chain = ?", (before,))
    assert verified(journal) == []
    assert verified(journal, noted) == [f"entry {noted.seq} is not the one that was noted as the head"]
    assert [text.partition(" is ")[0] for text in replayed(journal, kernels)] == [f"entry {seq}: score"]


@pytest.mark.parametrize(
    ("table", "how"),
    [
        ("warnings", "DELETE FROM warnings WHERE seq = {}"),
        ("warnings", "UPDATE warnings SET level = level + 1 WHERE seq = {}"),
        ("warnings", "UPDATE warnings SET watched = 'nobody' WHERE seq = {}"),
        ("warnings", "INSERT INTO warnings SELECT * FROM warnings WHERE seq = {}"),
        ("levels", "DELETE FROM levels WHERE seq = {}"),
        ("levels", "UPDATE levels SET after = after + 1 WHERE seq = {}"),
        ("levels", "UPDATE levels SET cause = 'nothing' WHERE seq = {}"),
    ],
)
def test_tables_beside_the_log(journal: Path, kernels: Path, table: str, how: str) -> None:
    seq = asked(journal, f"SELECT seq FROM {table} ORDER BY seq LIMIT 1 OFFSET 3")
    changed(journal, how.format(seq))
    assert verified(journal) == []
    assert replayed(journal, kernels) == [f"entry {seq}: the table '{table}' does not say what came of it"]


def test_the_level_changes_of_quiet_time(journal: Path, kernels: Path) -> None:
    seq = asked(journal, "SELECT l.seq FROM levels l JOIN entries e ON e.seq = l.seq AND e.kind = 3")
    changed(journal, f"UPDATE levels SET at = at + 1 WHERE seq = {seq}")
    assert replayed(journal, kernels) == [f"entry {seq}: the table 'levels' does not say what came of it"]


@pytest.mark.parametrize("seq", [-4, 1_000_000])
def test_rows_of_entries_that_do_not_exist(journal: Path, kernels: Path, seq: int) -> None:
    changed(journal, f"INSERT INTO warnings VALUES ({seq}, 'busy', 'a1', 1, 0)")
    assert replayed(journal, kernels) == [f"entry {seq}: the table 'warnings' does not say what came of it"]


@pytest.mark.parametrize(
    "how",
    [
        "body = CAST(body || ' ' AS BLOB)",
        "watched = 'nobody'",
        "type = 'warning.lowered'",
        "number = number + 9",
        "seq = 999999",
    ],
)
def test_messages(journal: Path, kernels: Path, how: str) -> None:
    id, seq, number = (
        asked(journal, f"SELECT {name} FROM outbox ORDER BY id LIMIT 1 OFFSET 20") for name in ("id", "seq", "number")
    )
    changed(journal, f"UPDATE outbox SET {how} WHERE id = {id}")
    seq, number = (asked(journal, f"SELECT {name} FROM outbox WHERE id = {id}") for name in ("seq", "number"))
    assert replayed(journal, kernels) == [f"entry {seq}: the message m{seq}-{number} is not what came of it"]


def test_messages_that_were_sent_or_given_up_are_the_same(journal: Path, kernels: Path) -> None:
    changed(journal, "UPDATE outbox SET state = id % 3, attempts = 4, due_at = due_at + 60000000, error = 'x'")
    assert replayed(journal, kernels) == []


def test_a_snapshot_that_is_another_state(journal: Path, kernels: Path) -> None:
    with closing(opened(str(journal))) as open:
        snapshot = next(open.snapshots(2, state.FORMAT))
        *parts, last = snapshot.parts()
        open.save_snapshot(2, snapshot.seq, [*parts, last[:-1] + b"\1"], state.FORMAT)
    assert replayed(journal, kernels) == [f"the snapshot at entry {snapshot.seq} is not the state there"]
    changed(
        journal,
        "UPDATE snapshot_pieces SET body = CAST(body || 'x' AS BLOB) WHERE snapshot = (SELECT max(snapshot) FROM snapshots)",
    )
    assert re.match(f"the snapshot at entry {snapshot.seq} is not used: it is torn", replayed(journal, kernels)[0])


def test_a_snapshot_ahead_of_the_log(journal: Path, kernels: Path) -> None:
    with closing(opened(str(journal))) as open:
        open.save_snapshot(2, 100_000, [b"{}"], state.FORMAT)
    assert replayed(journal, kernels) == ["the snapshot at entry 100000 is ahead of the log"]


def test_a_policy_that_was_rewritten(journal: Path, kernels: Path) -> None:
    changed(journal, "UPDATE policies SET sources = replace(sources, '700.00', '800.00') WHERE number = 2")
    assert replayed(journal, kernels)[0] == "policy 2 is not the one that was put in force"
    changed(journal, "DELETE FROM policies WHERE number = 2")
    assert replayed(journal, kernels)[0] == "policy 2 is not the one that was put in force"


def test_an_entry_under_a_policy_that_was_not_in_force(journal: Path, kernels: Path) -> None:
    seq = one(journal, lambda entry: entry.kind == FACT and entry.policy == 1)
    changed(journal, f"UPDATE entries SET policy = 2 WHERE seq = {seq}")
    assert replayed(journal, kernels)[0] == f"entry {seq}: policy is '2', the replay comes to '1'"

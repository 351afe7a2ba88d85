"""A full disk, a database that goes away, a clock set back, two servers, a stop under load, a snapshot that is not right."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.live import POLICY, Answer, Server, fact, given, now, said, whole
from tests.postgres import Cluster, cluster, postgres, postgres_url
from tests.support import policy_of
from tests.test_crash import SECOND_POLICY, asks, decisions, repeated
from tocsin.desk import door
from tocsin.desk.clerk import Answer as Recorded
from tocsin.desk.clerk import Given
from tocsin.desk.ledger import Ledger, clock
from tocsin.desk.standing import Standing, restored
from tocsin.desk.versions import Files
from tocsin.engine import state
from tocsin.journal.journal import opened
from tocsin.journal.records import FACT, Unavailable
from tocsin.policy.policy import Policy
from tocsin.values import instant
from tocsin.values.problem import Problem

__all__ = ["cluster", "postgres", "postgres_url"]

MINUTE, HOUR = 60_000_000, 3_600_000_000


def counted(answer: Answer) -> int:
    """How many facts of the account the decision saw within ten minutes."""
    assert answer.status == 200, answer
    return int(next(fired["conditions"][0]["observed"] for fired in answer.said["fired"] if fired["rule"] == "seen"))


# -- no room -----------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("only root can mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def filled(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


def refused_while_full(server: Server) -> list[dict[str, Any]]:
    """Send until there is no room; the facts that were refused then."""
    refused, reasons = [], []
    for number in range(2000):
        facts = [fact("full", now()) for _ in range(1 if number % 3 else 50)]
        answer = server.ask("/v1/facts", facts)
        if answer.status == 503:
            assert answer.said["detail"] and answer.said["remedy"], answer
            refused += facts
            reasons.append(answer.said["detail"])
            if len(refused) > 60:
                assert any("make room" in reason or "check the disk" in reason for reason in reasons), reasons
                return refused
        else:
            assert answer.status == 200, answer
    raise AssertionError("there was always room")


def works_again(server: Server, refused: list[dict[str, Any]], kernels: Path) -> None:
    server.ready()
    acknowledged = {entry.fact_id for entry in server.entries() if entry.kind == FACT}
    assert not acknowledged & {known["fact_id"] for known in refused}
    items = said(server.ask("/v1/facts", refused))["items"]
    assert [item["status"] for item in items] == ["recorded"] * len(refused)
    assert counted(server.decide(fact("full", now()))) == len(acknowledged) + len(refused) + 1
    assert server.stop() == 0
    whole(server, kernels)


def test_the_disk_is_full(tmp_path: Path, kernels: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk), Server(tmp_path, str(disk / "tocsin.db")) as server:
        filled(disk / "ballast")
        refused = refused_while_full(server)
        (disk / "ballast").unlink()
        works_again(server, refused, kernels)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can limit the files of another process")
def test_the_journal_may_not_grow(tmp_path: Path, kernels: Path) -> None:
    with Server(tmp_path) as server:
        assert server.process is not None
        for _ in range(3):
            assert counted(server.decide(fact("full", now())))
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
        refused = refused_while_full(server)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        works_again(server, refused, kernels)


# -- no database -------------------------------------------------------------------------------------------------------


def test_the_database_is_restarted_under_load(
    cluster: Cluster, postgres_url: str, tmp_path: Path, kernels: Path
) -> None:
    draw = Random(5)
    with Server(tmp_path, postgres_url) as server:
        ended = threading.Event()

        def restart() -> None:
            time.sleep(0.5)
            cluster.stop("immediate")
            time.sleep(1.5)
            cluster.start()
            server.ready()
            time.sleep(0.5)
            ended.set()

        thread = threading.Thread(target=restart)
        with server.clients(6) as clients:
            thread.start()
            told = [(ask, given(answer)) for ask, answer in clients.spread(asks(draw), until=ended.is_set)]
            thread.join()
            away = [answer for _, answer in told if answer.status != 200]
            assert away and all(answer.status == 503 and answer.said["detail"] for answer in away)
            well = {
                id: known
                for ask, answer in told
                if answer.status == 200
                for id, known in decisions(ask, answer).items()
            }
            sent = [ask for ask, _ in told]
            sent = sent[:40] + [ask for ask, answer in told if answer.status != 200][:400] + sent[-40:]
            again = {
                id: known for ask, answer in clients.spread(sent) for id, known in decisions(ask, given(answer)).items()
            }
        assert all(well[id] == known for id, known in again.items() if id in well)
        assert server.stop() == 0
        log = whole(server, kernels)
    ids = [entry.fact_id for entry in log if entry.kind == FACT]
    assert set(ids) >= set(well) | set(again)


def test_stopped_while_the_database_is_away(cluster: Cluster, postgres_url: str, tmp_path: Path) -> None:
    with Server(tmp_path, postgres_url) as server:
        known = fact("away", now())
        first = said(server.decide(known))
        cluster.stop("immediate")
        try:
            assert server.decide(fact("away", now())).status == 503
            assert server.stop() == 0
        finally:
            cluster.start()
        server.start()
        assert said(server.decide(known)) == first | {"repeated": True}


# -- time --------------------------------------------------------------------------------------------------------------

SHIFTED = """
from pathlib import Path
import tocsin.desk.ledger as ledger
true = ledger.clock
ledger.clock = lambda: true() + int(Path({file!r}).read_text())
"""


def test_the_clock_is_set_back(tmp_path: Path, kernels: Path) -> None:
    """By an hour, under the server's feet: the time of the log stands still until the clock has caught up, and everything counts."""
    (tmp_path / "site").mkdir()
    shift = tmp_path / "shift"
    shift.write_text("0")
    (tmp_path / "site" / "sitecustomize.py").write_text(SHIFTED.format(file=str(shift)))
    path = f"{tmp_path / 'site'}:{':'.join(place for place in sys.path if place.endswith('src'))}"
    with Server(tmp_path, environment={"PYTHONPATH": path}) as server:
        at, seen = now(), []
        for number, moved in enumerate([0, -HOUR, 0, -2 * HOUR, HOUR // 60, -HOUR, -HOUR, 0]):
            shift.write_text(str(moved))
            if number == 5:
                server.kill()
                server.start()
            seen.append(counted(server.decide(fact("back", at + number))))
        assert seen == list(range(1, 9))
        times = [entry.recorded_at for entry in server.entries()]
        assert times == sorted(times)
        assert server.stop() == 0
        whole(server, kernels)


def test_a_clock_ahead_does_not_carry_the_log_away(tmp_path: Path) -> None:
    """Facts a few minutes ahead of us, each a little more than the one before, as a replay faster than time would send them."""
    with Server(tmp_path) as server:
        at = now()
        times = [instant.written(at + number * 4 * MINUTE) for number in range(40)]
        facts = [fact("ahead", at, occurred_at=time, recorded_at=time) for time in times]
        assert {server.decide(known).status for known in facts} == {200, 422}
        assert server.decide(fact("right", now())).status == 200
        assert server.entries()[-1].recorded_at <= now()


# -- two servers, and a stop -------------------------------------------------------------------------------------------


def second(server: Server, journal: str) -> None:
    other = server.launched()
    assert other.wait(30) == 2
    last = server.tail().splitlines()[-1]
    assert "already serves this journal" in last and "stop it first" in last and journal in last
    assert server.decide(fact("two", now())).status == 200


def test_two_servers_on_one_file(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        second(server, "tocsin.db")
        assert f"process {server.process.pid if server.process else ''} " in server.tail().splitlines()[-1]


def test_two_servers_on_one_database(tmp_path: Path, postgres_url: str) -> None:
    with Server(tmp_path, postgres_url) as server:
        second(server, "postgresql://")


def test_stopped_under_load(tmp_path: Path, kernels: Path) -> None:
    draw = Random(9)
    with Server(tmp_path, settings="limits: {snapshot_every: 100000}") as server:
        codes: list[int] = []
        stopper = threading.Timer(1, lambda: codes.append(server.stop()))
        with server.clients(6) as clients:
            stopper.start()
            told = clients.spread(asks(draw), until=lambda: server.ended)
        stopper.join()
        assert codes == [0]
        good = [(ask, answer) for ask, answer in told if answer is not None and answer.status == 200]
        assert all(answer is None or answer.status in (200, 503) for _, answer in told)
        log = whole(server, kernels)
        acknowledged = {id for ask, answer in good for id in decisions(ask, answer)}
        assert {entry.fact_id for entry in log if entry.kind == FACT} >= acknowledged
        with server.journal() as journal:
            assert next(journal.snapshots(1, state.FORMAT)).seq == len(log)
        server.start()
        standing = [line for line in server.log() if line["event"] == "standing"][-1]
        assert standing["entry"] == len(log) and standing["seconds"] < 2
        with server.clients(1) as clients:
            for _, answer in clients.spread(ask for ask, _ in good[-20:]):
                assert repeated(given(answer))


# -- snapshots ---------------------------------------------------------------------------------------------------------


def account(server: Server, name: str) -> dict[str, Any]:
    return {**said(server.ask(f"/v1/accounts/{name}")), "at": None}


def flipped(server: Server) -> str:
    with server.journal() as journal, journal.store.change() as run:
        for snapshot, piece, body in run("SELECT snapshot, piece, body FROM snapshot_pieces"):
            middle = len(body) // 2
            turned = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :] if body else b""
            run("UPDATE snapshot_pieces SET body = ? WHERE snapshot = ? AND piece = ?", turned, snapshot, piece)
    return "its content is not what was saved"


def torn(server: Server) -> str:
    with server.journal() as journal, journal.store.change() as run:
        run("DELETE FROM snapshot_pieces WHERE piece = 1")
    return "it is torn"


def ahead(server: Server) -> str:
    with server.journal() as journal:
        parts = list(next(journal.snapshots(1, state.FORMAT)).parts())
        for _ in range(2):
            journal.save_snapshot(1, journal.head().seq + 1, parts, state.FORMAT)
    return "is ahead of the log"


def foreign(server: Server, policy: Policy, kernels: Path) -> str:
    with server.journal() as journal:
        for _ in range(2):
            journal.save_snapshot(1, 5, Standing(1, policy, kernels).dumped(), state.FORMAT)
    return "it belongs to another policy"


def rubbish(server: Server) -> str:
    with server.journal() as journal:
        for parts in ([], [b"rubbish", b"\0" * 80]):
            journal.save_snapshot(1, 5, parts, state.FORMAT)
    return "it has no header that can be read"


def test_a_snapshot_that_is_not_right_is_made_anew(tmp_path: Path, kernels: Path) -> None:
    with Server(tmp_path) as server:
        at = now()
        facts = [
            fact(f"a{number % 5}", at - number, device=f"d{number % 3}", amount=number * 1000) for number in range(60)
        ]
        said(server.ask("/v1/facts", facts))
        wanted = {name: account(server, name) for name in ("a0", "a1", "a2", "a3", "a4")}
        assert server.stop() == 0
        policy, other = policy_of(POLICY)(), policy_of(SECOND_POLICY)()
        for spoil in (ahead, rubbish, lambda one: foreign(one, other, kernels), flipped, torn):
            why = spoil(server)
            with server.journal() as journal:
                standing, reasons = restored(journal, 1, policy, kernels)
            assert standing.seq == 0 and len(reasons) == 2 and all(why in reason for reason in reasons), reasons
        server.start()
        assert [line["event"] for line in server.log()].count("snapshot passed over") == 2
        assert {name: account(server, name) for name in wanted} == wanted
        assert said(server.ask("/v1/facts", facts))["repeated"] == len(facts)
        assert counted(server.decide(fact("a0", at + 1))) == 13
        assert server.stop() == 0
        whole(server, kernels)


# -- fact ids ----------------------------------------------------------------------------------------------------------


def test_ids_that_could_not_be_put_away_are_not_lost(
    tmp_path: Path, kernels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = opened(str(tmp_path / "tocsin.db"))
    ledger = Ledger(journal, kernels)
    ledger.begin(ledger.versions.add(Files("p", {"p": POLICY}), clock())[0], "test", {"policy": "live"})
    first, second = (door.given(json.dumps(fact("a", now())).encode(), None) for _ in range(2))

    def recorded(given: Given) -> None:
        assert ledger.clerk is not None
        ledger.clerk.take([given], clock())
        ledger.store()

    recorded(first)
    with monkeypatch.context() as patch, pytest.raises(Unavailable):
        patch.setattr(journal, "save_ids", _no_room)
        save = ledger.segment(1)
        assert save is not None
        save()
    recorded(second)
    save = ledger.segment(1)
    assert save is not None
    save()
    again = Ledger(journal, kernels)
    again.open()
    assert again.clerk is not None
    answers = again.clerk.take([first, second], clock())
    assert all(isinstance(answer, Recorded) and answer.repeated for answer in answers)
    journal.close()


def _no_room(until: int, pairs: bytes) -> None:
    raise Unavailable(Problem("the disk is full", "", "make room"))

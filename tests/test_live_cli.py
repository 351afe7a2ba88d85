"""The commands of the live service as a person runs them: real processes, a journal in a folder, a server or none."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import MINUTE, START
from tests.test_audit import POLICY
from tocsin.faces.cli import main
from tocsin.values import instant

ROOT = Path(__file__).parent.parent


class Folder:
    """A folder with policies, settings and perhaps a journal, in which commands are run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        (path / "tocsin.yaml").write_text(f"listen: {{port: {self.port}}}\n")
        for version, count, limit in (("1", 9, "900.00"), ("2", 7, "700.00"), ("3", 5, "500.00")):
            text = POLICY.replace("VERSION", version).replace("COUNT", str(count)).replace("LIMIT", limit)
            (path / f"p{version}.yaml").write_text(text)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(path),
            "PYTHONPATH": str(ROOT / "src"),
            "TOCSIN_CACHE": os.environ.get("TOCSIN_CACHE", str(ROOT / ".cache")),
        }

    def run(self, *words: str, code: int = 0, given: bytes = b"", **environment: str) -> str:
        """What a command says; it must leave with `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            cwd=self.path, input=given, capture_output=True, env=self.environment | environment, check=False, timeout=120,
        )  # fmt: skip
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == code, said
        assert "Traceback" not in said and "nanobind" not in said, said
        return said

    def say(self, *words: str, code: int = 0, **environment: str) -> str:
        """The same for a command that is over at once, in this process, which saves the start of one."""
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            for name in [name for name in os.environ if name.startswith(("TOCSIN_", "LANG", "LC_"))]:
                patch.delenv(name)
            for name, value in (self.environment | environment).items():
                patch.setenv(name, value)
            patch.chdir(self.path)
            patch.setattr("sys.argv", ["tocsin", *words])
            with pytest.raises(SystemExit) as left:
                main.main()
        assert int(left.value.code or 0) == code, said.getvalue()
        return said.getvalue()

    def begun(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tocsin", *words], cwd=self.path, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @contextmanager
    def served(self, *words: str) -> Iterator[str]:
        """A server that is ready; the text of the first key where it makes one."""
        process, key = self.begun("serve", *words), ""
        try:
            assert process.stdout is not None
            while (line := process.stdout.readline().decode()) and "listens" not in line:
                key = line.split()[-1]
            for _ in range(600):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False).status_code == 200:
                    break
                time.sleep(0.1)
            yield key
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0

    def facts(self, name: str, count: int, first: int = 0) -> str:
        lines = [json.dumps(fact(first + n)) for n in range(count)]
        (self.path / name).write_text("\n".join(lines) + "\n")
        return name

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path / "tocsin.db")) as connection:
            return connection.execute(sql).fetchall()

    def count(self) -> int:
        return int(self.rows("SELECT count(DISTINCT fact_id) FROM entries WHERE kind = 0")[0][0])


def fact(number: int) -> dict[str, object]:
    at = instant.written(START + number * MINUTE)
    said = {
        "fact_id": f"f{number}",
        "kind": "purchase",
        "account": f"a{number % 8}",
        "merchant": "m",
        "currency": "CNY",
    }
    return said | {"amount": 100 + 20 * (number % 7), "occurred_at": at, "recorded_at": at}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_journal_that_nobody_serves(folder: Folder) -> None:
    assert "there is no journal here" in folder.say("policy", "history", code=2)
    assert not (folder.path / "tocsin.db").exists()
    assert "in force from entry 1" in folder.run("policy", "activate", "p1.yaml")
    assert "already does" in folder.run("policy", "activate", "p1.yaml")
    assert "Facts recorded: 600" in folder.run("ingest", folder.facts("facts.ndjson", 600))
    again = folder.run("ingest", "facts.ndjson")
    assert "Facts recorded: 0" in again and "counted once: 600" in again
    assert folder.count() == 600

    assert "runs as a shadow" in folder.run("policy", "shadow", "p3.yaml")
    assert "says the same" in folder.say("policy", "differences")
    assert "Facts recorded: 200" in folder.run("ingest", folder.facts("more.ndjson", 200, 600))
    said = folder.say("policy", "differences", "--last", "3")
    assert "small 3" in said and len(re.findall(r"\bd\d+\b", said)) == 3
    assert folder.rows("SELECT count(*) FROM differences") > [(0,)]
    assert "No such policy".casefold() in folder.say("policy", "shadow", "p2.yaml", "--end", code=2).casefold()
    assert "no longer runs" in folder.say("policy", "shadow", "p3.yaml", "--end")
    assert "没有策略在影子运行" in folder.say("policy", "differences", code=2, TOCSIN_LANG="zh")
    assert "never ran" in folder.say("policy", "differences", "--shadow", "1", code=2)
    assert "in force from entry" in folder.run("policy", "activate", "p2.yaml")
    said = folder.say("policy", "history")
    assert re.findall(r"│ (activate|shadow|unshadow) ", said) == ["activate", "unshadow", "shadow", "activate"]
    assert "champion" in said and re.search(r"user \w+", said)

    made = folder.run("key", "add", "core", "--scope", "decide", "--scope", "read")
    text = made.split()[-1]
    assert text.startswith("tk_") and "shown only now" in made
    id = text.split("_")[1]
    assert id in (said := folder.say("key", "list")) and "decide read" in said and text not in said
    assert "has ended" in folder.say("key", "end", id)
    assert "no such key" in folder.say("key", "end", id, code=2)
    assert "did you mean 'decide'" in folder.say("key", "add", "x", "--scope", "decid", code=2)
    assert "no dead letters" in folder.say("letters")
    assert "no such dead letter" in folder.say("letters", "revive", "7", code=2)

    head = re.search(r"anchor: (\d+:[0-9a-f]{64})", folder.say("audit", "verify"))
    assert head is not None
    assert "follows from the facts" in folder.run("audit", "replay")
    folder.say("audit", "verify", "--anchor", head[1])
    assert "is not the one" in folder.say("audit", "verify", "--anchor", head[1][:-2] + "00", code=1)
    assert "no head of a log" in folder.say("audit", "verify", "--anchor", "x", code=2)


def test_letters_that_are_sent_again(folder: Folder) -> None:
    folder.run("policy", "activate", "p1.yaml")
    folder.rows("SELECT 1")
    with closing(sqlite3.connect(folder.path / "tocsin.db")) as connection, connection:
        for id in (1, 2, 3):
            connection.execute(
                "INSERT INTO outbox (seq, number, destination, type, watched, body, due_at, state, attempts, error) "
                "VALUES (1, ?, 'core', 'warning.raised', 'a1', x'7b7d', 0, 2, 9, 'the receiver answered 500')",
                (id,),
            )
    said = folder.say("letters")
    assert said.count("the receiver answered 500") == 3 and "m1-2" in said
    assert "Sent again: 1" in folder.say("letters", "revive", "2")
    assert "Sent again: 2" in folder.say("letters", "revive", "--all")
    assert folder.rows("SELECT state FROM outbox") == [(0,)] * 3
    assert "names no letter" in folder.say("letters", "revive", code=2)
    assert len(folder.rows("SELECT 1 FROM entries WHERE kind = 2")) == 4


def test_a_journal_that_is_served(folder: Folder) -> None:
    with folder.served("--policy", "p1.yaml") as key:
        assert "there is no API key" in folder.say("policy", "history", code=2)
        wrong = {"TOCSIN_API_KEY": "tk_no_such"}
        assert "is not known" in folder.say("policy", "history", code=2, **wrong)
        assert "密钥未知" in folder.say("policy", "history", code=2, TOCSIN_LANG="zh", **wrong)
        mine = {"TOCSIN_API_KEY": key}
        assert "Facts recorded: 600" in folder.run("ingest", folder.facts("facts.ndjson", 600), **mine)
        again = folder.run("ingest", "facts.ndjson", **mine)
        assert "Facts recorded: 0" in again and "counted once: 600" in again
        assert "runs as a shadow" in folder.run("policy", "shadow", "p3.yaml", **mine)
        folder.run("ingest", folder.facts("more.ndjson", 200, 600), **mine)
        said = folder.say("policy", "differences", "--last", "2", **mine)
        assert "small 3" in said and len(re.findall(r"\bd\d+\b", said)) == 2
        assert "in force from entry" in folder.run("policy", "activate", "p2.yaml", **mine)
        assert "no longer runs" in folder.say("policy", "shadow", "small", "--end", **mine)
        (folder.path / "bad.yaml").write_text("policy: x\nversion: '1'\ncurrency: CNX\n")
        assert "CNX" in folder.say("policy", "activate", "bad.yaml", code=2, **mine)
        address = f"http://127.0.0.1:{folder.port}"
        assert "key" in folder.say("policy", "history", "--server", address, **mine)

        text = folder.run("key", "add", "reader", "--scope", "read", TOCSIN_SERVER=address, **mine).split()[-1]
        assert "has not the scope" in folder.say("key", "list", code=2, TOCSIN_API_KEY=text)
        assert "has ended" in folder.say("key", "end", text.split("_")[1], **mine)
        assert "reader" in folder.say("key", "list", **mine)
        assert "no such dead letter" in folder.say("letters", "revive", "7", code=2, **mine)
        assert "as they were written" in folder.say("audit", "verify")
        assert "follows from the facts" in folder.run("audit", "replay")
    assert "no Tocsin answers here" in folder.say("policy", "history", "--server", address, code=2, **mine)
    assert "is no address" in folder.say("policy", "history", "--server", "nowhere", code=2, **mine)
    assert "follows from the facts" in folder.run("audit", "replay")


def test_both_ways_come_to_the_same(tmp_path: Path) -> None:
    said = "SELECT fact_id, watched, recorded_at, level_before, level, decision, score, body, detail FROM entries WHERE kind = 0 ORDER BY seq"
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = Folder(tmp_path / "one"), Folder(tmp_path / "two")
    one.run("ingest", one.facts("facts.ndjson", 5_000), "--policy", "p1.yaml")
    with two.served("--policy", "p1.yaml") as key:
        two.run("ingest", two.facts("facts.ndjson", 5_000), TOCSIN_API_KEY=key)
    assert one.rows(said) == two.rows(said)


def test_rows_that_are_set_aside(folder: Folder) -> None:
    facts = [fact(1), {**fact(2), "amount": -1}, {**fact(3), "currency": "EUR"}, fact(4), {**fact(1), "amount": 5}]
    lines = "\n".join(map(json.dumps, facts)).encode() + b"\n{"
    (folder.path / "facts.ndjson").write_bytes(lines)
    assert "there is no journal here" in folder.say("ingest", "facts.ndjson", code=2)
    said = folder.run("ingest", "facts.ndjson", "--policy", "p1.yaml", code=3)
    assert "Facts recorded: 2" in said and "Rows set aside: 4" in said and "facts.ndjson.rejects.ndjson" in said
    rejects = [json.loads(line) for line in (folder.path / "facts.ndjson.rejects.ndjson").read_text().splitlines()]
    assert [(reject["row"], reject["field"]) for reject in rejects[:2]] == [(2, "amount"), (3, "currency")]
    folder.run("ingest", "facts.ndjson", "--accept-rejects")
    said = folder.run("ingest", "-", "--accept-rejects", given=lines)
    assert "counted once: 2" in said and (folder.path / "stdin.rejects.ndjson").exists()
    assert "未记录的行:4" in folder.run("ingest", "-", code=3, given=lines, TOCSIN_LANG="zh")
    assert "there is no such file" in folder.say("ingest", "nowhere.csv", code=2)


def test_an_ingest_that_was_killed_goes_on(folder: Folder) -> None:
    folder.run("policy", "activate", "p1.yaml")
    folder.facts("facts.ndjson", 60_000)
    process = folder.begun("ingest", "facts.ndjson")
    while process.poll() is None and folder.count() < 10_000:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert 10_000 <= folder.count() < 60_000
    said = folder.run("ingest", "facts.ndjson")
    recorded, repeated = (int(number.replace(",", "")) for number in re.findall(r": ([\d,]+)", said))
    assert recorded + repeated == 60_000 and repeated >= 10_000
    assert folder.rows("SELECT count(*) FROM entries WHERE kind = 0") == [(60_000,)]
    assert "follows from the facts" in folder.run("audit", "replay")

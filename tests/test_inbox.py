"""The watched folder: whole files are taken once, laid aside with what came of them, and never lost."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.desk import inbox
from tocsin.desk.inbox import Inbox, Taken
from tocsin.faces.chinese import told
from tocsin.facts.intake import Terms
from tocsin.journal.records import Unavailable
from tocsin.links.files import FactFile
from tocsin.values.problem import Problem, Refused

HEADER = "fact_id,kind,account,occurred_at,amount,currency\n"
ROW = "f{0},purchase,a1,2026-03-02T10:00:{0:02}Z,100,CNY\n"
EVERY = 0.02


def rows(*numbers: int) -> str:
    return HEADER + "".join(ROW.format(number) for number in numbers)


class Recorder:
    """Reads files as the service does, and remembers which facts it has."""

    def __init__(self, folder: Path) -> None:
        self.rejects = folder / "rejects"
        self.facts: list[str] = []
        self.files: list[str] = []

    async def take(self, path: Path) -> Taken:
        return await asyncio.to_thread(self.read, path)

    def read(self, path: Path) -> Taken:
        self.files.append(path.name)
        with FactFile(path, Terms(4_000_000_000_000_000, "CNY", 0, None)) as file:
            found = [id for batch in file.batches() for id in batch.column("fact_id").to_pylist()]
            new = [id for id in found if id not in self.facts]
            self.facts += new
            rejects = list(file.reading.rejects)
            if rejects:
                self.rejects.write_text("\n".join(f"{one.row}: {one.reason}" for one in rejects))
            return Taken(len(new), len(found) - len(new), len(rejects), self.rejects if rejects else None)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def watched(folder: Path, take: inbox.Take, scene: Callable[[Inbox], object], seconds: float = 5) -> Inbox:
    """Watch a folder until `scene` is true of it."""
    one = Inbox(folder, take, told, every=EVERY)

    async def run() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(one.run(stop))
        async with asyncio.timeout(seconds):
            while not scene(one):
                await asyncio.sleep(0.005)
        stop.set()
        await running

    asyncio.run(run())
    return one


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_files_are_taken_and_laid_aside(tmp_path: Path, recorder: Recorder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "b.csv").write_text(rows(3, 4))
    (folder / "a.CSV").write_text(rows(1, 2))
    (folder / "c.csv.gz").write_bytes(gzip.compress(rows(5).encode()))
    for other in (".hidden.csv", "note.txt", "a.csv.part"):
        (folder / other).write_text(rows(9))
    one = watched(folder, recorder.take, lambda one: one.done == 3)
    assert recorder.files == ["a.CSV", "b.csv", "c.csv.gz"] and recorder.facts == ["f1", "f2", "f3", "f4", "f5"]
    assert names(folder) == [".hidden.csv", "a.csv.part", "done/a.CSV", "done/b.csv", "done/c.csv.gz", "note.txt"]
    assert (one.done, one.failed) == (3, 0)


def test_rejects_stand_beside_the_file_and_names_are_kept_apart(tmp_path: Path, recorder: Recorder) -> None:
    folder = tmp_path / "in"
    for number in (1, 2):
        folder.mkdir(exist_ok=True)
        (folder / "a.csv").write_text(rows(number) + "f9,purchas,a1,2026-03-02T10:00:00Z,1,CNY\n")
        watched(folder, recorder.take, lambda one: one.done == 1)
    assert names(folder) == [
        "done/a.2.csv", "done/a.2.csv.rejects.ndjson", "done/a.csv", "done/a.csv.rejects.ndjson",
    ]  # fmt: skip
    assert "unknown kind" in (folder / "done" / "a.csv.rejects.ndjson").read_text()
    assert "f2" in (folder / "done" / "a.2.csv").read_text()


def test_a_file_that_cannot_be_read_fails_with_a_reason_in_both_languages(tmp_path: Path, recorder: Recorder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("wrong,columns\n1,2\n")
    (folder / "b.csv").write_text(rows(1))
    one = watched(folder, recorder.take, lambda one: one.failed and one.done)
    assert names(folder) == ["done/b.csv", "failed/a.csv", "failed/a.csv.reason.txt"]
    reason = (folder / "failed" / "a.csv.reason.txt").read_text()
    assert "unknown column 'wrong'" in reason and "未知的列 'wrong'" in reason
    assert (one.done, one.failed) == (1, 1)


def test_a_file_that_grows_is_left_until_it_is_whole(tmp_path: Path, recorder: Recorder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "a.csv"
    path.write_text(HEADER)
    number = 0

    def scene(one: Inbox) -> bool:
        nonlocal number
        if number < 60:
            number += 1
            with path.open("a") as file:
                file.write(ROW.format(number % 60))
        return one.done == 1

    watched(folder, recorder.take, scene)
    assert recorder.files == ["a.csv"] and len(recorder.facts) == 60


def test_a_file_that_changed_while_it_was_taken_is_taken_again(tmp_path: Path, recorder: Recorder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "a.csv"
    path.write_text(rows(1, 2))

    async def take(path: Path) -> Taken:
        taken = await recorder.take(path)
        if len(recorder.files) == 1:
            with path.open("a") as file:
                file.write(ROW.format(3))
        return taken

    watched(folder, take, lambda one: one.done == 1)
    assert recorder.files == ["a.csv", "a.csv"] and recorder.facts == ["f1", "f2", "f3"]


def test_a_crash_between_taking_and_laying_aside_does_no_harm(tmp_path: Path, recorder: Recorder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(rows(1, 2))
    recorder.read(folder / "a.csv")
    one = watched(folder, recorder.take, lambda one: one.done == 1)
    assert recorder.facts == ["f1", "f2"] and names(folder) == ["done/a.csv"] and one.done == 1


@pytest.mark.parametrize("fault", [Unavailable(Problem("the disk is full")), OSError(5, "Input/output error")])
def test_a_store_that_is_away_keeps_the_file_waiting(tmp_path: Path, recorder: Recorder, fault: Exception) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(rows(1))
    tries = 0

    async def take(path: Path) -> Taken:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise fault
        return await recorder.take(path)

    one = watched(folder, take, lambda one: one.done == 1)
    assert (tries, one.failed) == (4, 0) and names(folder) == ["done/a.csv"]


def test_a_fault_of_ours_is_told_and_the_file_kept(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(rows(1))

    async def take(path: Path) -> Taken:
        raise KeyError("a customer's name")

    watched(folder, take, lambda one: one.failed == 1)
    reason = (folder / "failed" / "a.csv.reason.txt").read_text()
    assert "a fault in Tocsin (KeyError)" in reason and "Tocsin 内部故障(KeyError)" in reason and "name" not in reason


def test_stopping_leaves_what_is_under_way(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(rows(1))
    begun: list[Path] = []

    async def take(path: Path) -> Taken:
        begun.append(path)
        await asyncio.sleep(60)
        raise AssertionError

    one = watched(folder, take, lambda one: begun)
    assert names(folder) == ["a.csv"] and one.done == one.failed == 0


def test_an_empty_file_is_given_time(tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").touch()
    looks = 0

    def scene(one: Inbox) -> bool:
        nonlocal looks
        looks += 1
        return looks > 40

    watched(folder, recorder.take, scene)
    assert names(folder) == ["a.csv"] and not recorder.files
    monkeypatch.setattr(inbox, "LONGEST_WAIT", 0.05)
    watched(folder, recorder.take, lambda one: one.failed == 1)
    assert "文件为空" in (folder / "failed" / "a.csv.reason.txt").read_text()


def test_an_empty_file_that_is_filled_is_taken_at_once(tmp_path: Path, recorder: Recorder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").touch()
    looks = 0

    def scene(one: Inbox) -> bool:
        nonlocal looks
        looks += 1
        if looks == 30:
            (folder / "a.csv").write_text(rows(1))
        return one.done == 1

    watched(folder, recorder.take, scene)
    assert recorder.facts == ["f1"]


def test_a_folder_that_is_away_for_a_while(tmp_path: Path, recorder: Recorder) -> None:
    folder, aside = tmp_path / "in", tmp_path / "aside"
    looks = 0

    def scene(one: Inbox) -> bool:
        nonlocal looks
        looks += 1
        if looks == 10:
            folder.rename(aside)
        if looks == 30:
            aside.rename(folder)
            (folder / "a.csv").write_text(rows(1))
        return one.done == 1

    watched(folder, recorder.take, scene)
    assert recorder.facts == ["f1"]


def test_progress_and_reasons(tmp_path: Path) -> None:
    folder, seen = tmp_path / "in", list[tuple[str, int, int]]()
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(rows(1))
        os.utime(folder / name, (1, 1))

    async def take(path: Path) -> Taken:
        if path.name == "a.csv":
            raise Refused(Problem("the file is empty", path.name, "name a file"))
        return Taken(1)

    one = Inbox(folder, take, told, progress=lambda *where: seen.append(where))
    (folder / "done").mkdir()
    (folder / "failed").mkdir()

    async def looks() -> None:
        await one.look()
        await one.look()

    asyncio.run(looks())
    assert seen == [("a.csv", 0, 2), ("a.csv", 1, 2), ("b.csv", 1, 2), ("b.csv", 2, 2)]
    assert (folder / "failed" / "a.csv.reason.txt").read_text() == (
        "a.csv: the file is empty; name a file\na.csv:文件为空;请给出文件\n"
    )

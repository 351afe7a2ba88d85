"""The watched folder: files of facts are taken in once they are whole, and laid aside with what came of them.

A file goes to `done/`, with its rejects beside it if it had any, or to `failed/`, with a `.reason.txt`. Whatever
ends the process in between does no harm: the file is taken again, and its facts count once. Who writes
slowly writes under a name with a dot before it and renames the file when it is whole.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tocsin.desk.logs import log, place
from tocsin.journal.records import Unavailable
from tocsin.values.problem import Problem, Refused

_NAME = re.compile(r"(?!\.).+?(\.(ndjson|csv|parquet)(\.gz)?)", re.IGNORECASE)
LONGEST_WAIT = 60.0
"""Seconds until a file that cannot be taken now, or is still empty, is looked at again, at most."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file: facts recorded, rows whose facts had come before, rows set aside and the file they are in."""

    facts: int
    repeated: int = 0
    rejected: int = 0
    rejects: Path | None = None


class _Seen(NamedTuple):
    """A file at one look: the same at two looks, it is whole."""

    size: int
    changed: int


Take = Callable[[Path], Awaitable[Taken]]
Told = Callable[[Problem, str], str]
"""A problem as a sentence, in `en` or `zh`."""
Progress = Callable[[str, int, int], None]
"""(name of the file, files done, files known)."""


class Inbox:
    """Looks into a folder each `every` seconds. `take` may raise Refused; `told` says why in both languages."""

    def __init__(
        self,
        folder: Path,
        take: Take,
        told: Told,
        progress: Progress = lambda name, done, of: None,
        every: float = 1.0,
    ) -> None:
        self.folder, self.take, self.told, self.progress, self.every = folder, take, told, progress, every
        self.done, self.failed = 0, 0
        self._seen: dict[Path, _Seen] = {}
        self._waits: dict[Path, tuple[float, float]] = {}
        """Of a file that could not be taken: when it is its turn again (loop time), and how long it waited last."""

    async def run(self, stop: asyncio.Event) -> None:
        """Take files until told to stop. A file that is under way then is left for the next start."""
        for name in ("done", "failed"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        looking, stopping = asyncio.create_task(self._look_on()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            looking.cancel()
            stopping.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    async def _look_on(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self.every)

    async def look(self) -> None:
        """Take every file that is the same as at the look before."""
        try:
            files = await asyncio.to_thread(self._files)
        except OSError as error:
            log.warning("the inbox cannot be read", fault=place(error))
            return
        now = asyncio.get_running_loop().time()
        same = [path for path, seen in files.items() if self._seen.get(path) == seen]
        self._seen = files
        self._waits = {path: self._waits[path] for path in same if path in self._waits}
        whole = [path for path in same if self._turn(path, files[path], now)]
        for number, path in enumerate(whole):
            self.progress(path.name, number, len(whole))
            await self._one(path, files[path])
            self.progress(path.name, number + 1, len(whole))

    def _files(self) -> dict[Path, _Seen]:
        """Files of facts in the folder, by name."""
        with os.scandir(self.folder) as entries:
            found = sorted(one.name for one in entries if _NAME.fullmatch(one.name) and one.is_file())
        seen = {}
        for name in found:
            with suppress(FileNotFoundError):
                stat = (self.folder / name).stat()
                seen[self.folder / name] = _Seen(stat.st_size, stat.st_mtime_ns)
        return seen

    def _turn(self, path: Path, seen: _Seen, now: float) -> bool:
        """Whether a whole file may be taken; an empty one may be about to be written, and waits first."""
        if seen.size == 0 and path not in self._waits:
            self._waits[path] = now + LONGEST_WAIT, LONGEST_WAIT
        return now >= self._waits.get(path, (now, 0))[0]

    async def _one(self, path: Path, seen: _Seen) -> None:
        try:
            taken = await self.take(path)
        except (Unavailable, OSError) as error:
            self._later(path, error)
            return
        except Refused as refused:
            await self._laid_aside(path, seen, None, refused.problems)
        except Exception as error:
            log.error("a file could not be taken in", fault=place(error))
            problem = Problem(f"a fault in Tocsin ({type(error).__name__})", remedy="move the file back to try again")
            await self._laid_aside(path, seen, None, (problem,))
        else:
            await self._laid_aside(path, seen, taken, ())

    def _later(self, path: Path, error: BaseException) -> None:
        """Nothing is wrong with the file: try again, less and less often."""
        _, waited = self._waits.get(path, (0.0, self.every / 2))
        wait = min(waited * 2, LONGEST_WAIT)
        self._waits[path] = asyncio.get_running_loop().time() + wait, wait
        log.warning("a file waits in the inbox", fault=place(error))

    async def _laid_aside(self, path: Path, seen: _Seen, taken: Taken | None, problems: tuple[Problem, ...]) -> None:
        try:
            moved = await asyncio.to_thread(self._moved, path, seen, taken, problems)
        except OSError as error:
            self._later(path, error)
            return
        self._waits.pop(path, None)
        if moved and taken is None:
            self.failed += 1
            log.error("a file was refused", file=path.name)
        elif moved and taken is not None:
            self.done += 1
            log.info("a file was taken in", file=path.name, facts=taken.facts, rejected=taken.rejected)

    def _moved(self, path: Path, seen: _Seen, taken: Taken | None, problems: tuple[Problem, ...]) -> bool:
        """Lay a file aside, under a name that is free; not if it has grown meanwhile: then it is taken again."""
        stat = path.stat()
        if _Seen(stat.st_size, stat.st_mtime_ns) != seen:
            return False
        target = next(_names(self.folder / ("failed" if taken is None else "done"), path.name))
        if taken is None:
            reasons = [self.told(problem, language) for language in ("en", "zh") for problem in problems]
            Path(f"{target}.reason.txt").write_text("\n".join(reasons) + "\n", encoding="utf-8")
        elif taken.rejects is not None and taken.rejects.exists():
            shutil.move(taken.rejects, f"{target}.rejects.ndjson")
        path.replace(target)
        return True


def _names(folder: Path, name: str) -> Iterator[Path]:
    """facts.csv.gz, facts.2.csv.gz, facts.3.csv.gz …, as far as they are free."""
    match = _NAME.fullmatch(name)
    ending = match[1] if match else ""
    stem = name.removesuffix(ending)
    for number in count(1):
        path = folder / (name if number == 1 else f"{stem}.{number}{ending}")
        if not path.exists():
            yield path

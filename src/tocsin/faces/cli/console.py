"""What the commands share: languages, problems as sentences, progress, exit codes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tocsin.values.problem import Refused

DONE, FAILED, REFUSED, REJECTS, BROKEN = 0, 1, 2, 3, 70
"""Exit codes: all well; a test failed; nothing was done; done, but rows were set aside; a fault of ours."""

output = Console()
errors = Console(stderr=True)

_STAGES = {
    "read": {"en": "Reading", "zh": "读取"},
    "assess": {"en": "Assessing", "zh": "评估"},
    "simulate": {"en": "Simulating", "zh": "模拟"},
}


def language() -> str:
    """zh where TOCSIN_LANG or the locale says so, else en."""
    given = (
        os.environ.get("TOCSIN_LANG")
        or os.environ.get("LC_ALL")
        or os.environ.get("LC_MESSAGES")
        or os.environ.get("LANG")
        or ""
    )
    return "zh" if given.lower().startswith("zh") else "en"


def kernels() -> Path:
    """Where compiled kernels are kept: TOCSIN_CACHE, else the user's cache, else a temporary folder."""
    base = os.environ.get("TOCSIN_CACHE")
    if base is None:
        home = os.environ.get("XDG_CACHE_HOME")
        base = str((Path(home) if home else Path.home() / ".cache") / "tocsin")
    folder = Path(base) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.gettempdir()) / f"tocsin-{os.getuid()}" / "kernels"


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each stage, on standard error where it is a terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=errors,
        disable=not errors.is_terminal,
    )
    tasks = {}

    def advance(stage: str, done: int, of: int) -> None:
        if stage not in tasks:
            tasks[stage] = bar.add_task(_STAGES[stage][language()], total=of)
        bar.update(tasks[stage], completed=done, total=of)

    with bar:
        yield advance


def guarded(command: Callable[[], None]) -> int:
    """Run a command line; whatever goes wrong is said in sentences, never in a traceback."""
    try:
        command()
    except Refused as refused:
        for problem in refused.problems:
            print(problem, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("stopped; nothing was written" if language() == "en" else "已中止,未写出任何结果", file=sys.stderr)
        return 130
    except MemoryError:
        print("memory ran out; use a machine with more, or a policy with shorter windows", file=sys.stderr)
        return BROKEN
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}; free space or choose another place", file=sys.stderr)
        return REFUSED
    except Exception as error:
        if os.environ.get("TOCSIN_DEBUG"):
            raise
        print(
            f"a fault in Tocsin ({type(error).__name__}: {error}); run again with TOCSIN_DEBUG=1 and report what it prints",
            file=sys.stderr,
        )
        return BROKEN
    return DONE

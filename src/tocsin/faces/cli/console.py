"""What the commands share: languages, problems as sentences, progress, exit codes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from tocsin.faces.chinese import told
from tocsin.values.problem import Problem, Refused

DONE, FAILED, REFUSED, REJECTS, BROKEN, STOPPED = 0, 1, 2, 3, 70, 130
"""Exit codes: all well; a test failed; nothing was done; done, but rows were set aside; a fault of ours; Ctrl-C."""

_Usage: Any = typer.BadParameter.__mro__[1]
"""A mistake on the command line. typer makes public only what is below it."""

output = Console()
errors = Console(stderr=True)

_STAGES = {
    "read": {"en": "Reading", "zh": "读取"},
    "prepare": {"en": "Preparing the policy", "zh": "准备策略"},
    "assess": {"en": "Assessing", "zh": "评估"},
    "simulate": {"en": "Simulating", "zh": "模拟"},
    "fill": {"en": "Filling from the journal", "zh": "以日志填充"},
    "wait": {"en": "Compiling and filling", "zh": "编译并填充"},
    "open": {"en": "Opening the journal", "zh": "打开日志库"},
    "record": {"en": "Recording", "zh": "记录"},
    "losses": {"en": "Looking up losses", "zh": "查找损失"},
    "verify": {"en": "Following the chain", "zh": "核对链条"},
    "replay": {"en": "Replaying", "zh": "重放"},
    "books": {"en": "Replaying the books", "zh": "重放台账"},
    "day": {"en": "Running the day", "zh": "处理营业日"},
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
    """A bar for each stage, on standard error where it is a terminal; it swings where nobody knows how much there is."""
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
            tasks[stage] = bar.add_task(_STAGES[stage][language()], total=of or None)
        bar.update(tasks[stage], completed=done, total=of or None)

    with bar:
        yield advance


class Stopped(Refused):
    """Ctrl-C came, and something was done before it: the problem says what."""


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; lines are not broken where no person looks at them."""
    made = Table(*(Column(title, overflow="fold") for title in titles))
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    (output if output.is_terminal else Console(width=240)).print(made)


def guarded(command: Callable[[], object]) -> int:
    """Run a command line; whatever goes wrong is said in sentences, never in a traceback."""
    try:
        code = command()
    except Stopped as stopped:
        return _left(STOPPED, *stopped.problems)
    except Refused as refused:
        return _left(REFUSED, *refused.problems)
    except _Usage as error:
        return _mistyped(error)
    except (KeyboardInterrupt, typer.Abort):
        code = STOPPED
    except MemoryError:
        return _left(
            BROKEN, Problem("memory ran out", remedy="use a machine with more, or a policy with shorter windows")
        )
    except OSError as error:
        where = str(error.filename or "")
        return _left(REFUSED, Problem(error.strerror or str(error), where, "free space or choose another place"))
    except Exception as error:
        if os.environ.get("TOCSIN_DEBUG"):
            raise
        what = f"a fault in Tocsin ({type(error).__name__}: {error})"
        return _left(BROKEN, Problem(what, remedy="run again with TOCSIN_DEBUG=1 and report what it prints"))
    if code == STOPPED:
        return _left(STOPPED, Problem("stopped", remedy="nothing was written"))
    return code if isinstance(code, int) else DONE


def _left(code: int, *problems: Problem) -> int:
    for problem in problems:
        print(told(problem, language()), file=sys.stderr)
    return code


def _mistyped(error: Any) -> int:
    """A command line that typer does not take; where it is a command without its rest, its help page."""
    message = error.format_message().rstrip(".")
    if message.startswith("Usage"):
        print(message, file=sys.stderr)
        return REFUSED
    what, asks, names = message.partition(". Did you mean ")
    remedy = f"did you mean {names.rstrip('?')}?" if asks else ""
    if not asks and error.ctx is not None:
        remedy = f"see `{error.ctx.command_path} --help`"
    return _left(REFUSED, Problem(what[:1].lower() + what[1:], remedy=remedy))


# -- help pages in both languages ----------------------------------------------------------------

_HEADINGS = (
    ("Usage:", "Usage 用法:"),
    ("\nArguments:", "\nArguments 参数:"),
    ("\nOptions:", "\nOptions 选项:"),
    ("\nCommands:", "\nCommands 命令:"),
    ("[required]", "[required 必填]"),
    ("Show this message and exit.", "Show this message and exit. 显示本说明。"),
)


def _both(page: str) -> str:
    for english, both in _HEADINGS:
        page = page.replace(english, both)
    return page


class Command(TyperCommand):
    """A command whose help page is in both languages; in the list of commands its help stands whole."""

    def get_help(self, ctx: Any) -> str:
        return _both(super().get_help(ctx))

    def get_short_help_str(self, limit: int = 45) -> str:
        return " ".join((self.help or "").split())


class Group(TyperGroup):
    """The same for a group of commands."""

    def get_help(self, ctx: Any) -> str:
        return _both(super().get_help(ctx))

    def get_short_help_str(self, limit: int = 45) -> str:
        return " ".join((self.help or "").split())

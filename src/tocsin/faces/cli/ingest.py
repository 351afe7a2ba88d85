"""tocsin ingest: files of facts into a live service, or into a journal that nobody serves."""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.faces.cli import console
from tocsin.faces.cli.office import Office, Server, SettingsFile, office
from tocsin.values.problem import Problem, Refused

if TYPE_CHECKING:
    from tocsin.desk.inbox import Taken
    from tocsin.desk.ingest import Progress
    from tocsin.desk.offline import Offline

_WORDS = {
    "recorded": {"en": "Facts recorded: {:,}", "zh": "已记录的事件:{:,}"},
    "repeated": {"en": "Recorded before, counted once: {:,}", "zh": "此前已记录(只计一次):{:,}"},
    "rejected": {"en": "Rows set aside: {:,}; each with its reason in {}", "zh": "未记录的行:{:,},原因见 {}"},
}
_SENT = 2_000
"""Facts in one request. The next request waits for the answer: `recorded_at` never falls in the log, so that one
batch that overtook another would change when facts count as known."""


def ingest(
    file: Annotated[
        str,
        typer.Argument(
            help="File of facts: Parquet, CSV or NDJSON, plain or gzip; - reads NDJSON from standard input. 事件文件:Parquet、CSV 或 NDJSON,可用 gzip 压缩;- 表示由标准输入读取 NDJSON。"
        ),
    ],
    map: Annotated[Path | None, typer.Option(help="Mapping file, for a foreign file. 外来文件的映射文件。")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy to begin with, for a new journal. 新日志启用的首个策略。")
    ] = None,
    accept_rejects: Annotated[
        bool,
        typer.Option(
            "--accept-rejects", help="Exit with 0 also where rows were set aside. 有未记录的行时也以 0 退出。"
        ),
    ] = False,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Record every fact of a file; run again, it goes on where it stopped. 记录文件中的全部事件;重新运行即从中断处继续。"""
    try:
        with _named(file) as (path, beside), office(settings, server, new=policy is not None) as at:
            taken = _ingested(at, path, map, policy, beside)
    except KeyboardInterrupt:
        remedy = "what was recorded stays; run it again to go on"
        raise console.Stopped(Problem("stopped", remedy=remedy)) from None
    print(_say("recorded", taken.facts))
    if taken.repeated:
        print(_say("repeated", taken.repeated))
    if taken.rejected:
        print(_say("rejected", taken.rejected, taken.rejects), file=sys.stderr)
        if not accept_rejects:
            raise typer.Exit(console.REJECTS)


def _say(word: str, *values: object) -> str:
    return _WORDS[word][console.language()].format(*values)


@contextmanager
def _named(file: str) -> Iterator[tuple[Path, Path | None]]:
    """The file, and where its rejects go if not beside it. Standard input is read to its end first."""
    if file != "-":
        yield Path(file), None
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        path = Path(folder) / "stdin.ndjson"
        with path.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield path, Path("stdin.rejects.ndjson")


def _ingested(at: Office, path: Path, mapping: Path | None, policy: Path | None, beside: Path | None) -> Taken:
    from tocsin.desk.ingest import Source, load
    from tocsin.faces.cli.remote import Remote
    from tocsin.links.results import ahead

    with console.progress() as progress:

        def told(stage: str, done: int, of: int) -> None:
            progress("record" if stage == "assess" else stage, done, of)

        if isinstance(at, Remote):
            with Source(path, None, mapping) as source:
                for rows, given in ahead(source.parts(_SENT, told)):
                    source.came(rows, at.take(given))
                return source.taken(beside)
        currency = _opened(at, policy, progress)
        gc.set_threshold(100_000, 50, 50)  # facts hold no cycles: looking for them would cost a third of the time
        with Source(path, currency, mapping) as source:
            load(at.ledger, source, told)
            return source.taken(beside)


def _opened(at: Offline, policy: Path | None, progress: Progress) -> str:
    """Make the journal ready for facts; the currency of its policy."""
    from tocsin.desk.versions import files

    if not at.versions.in_force()[0]:
        if policy is None:
            what = "no policy is in force in this journal"
            raise Refused(Problem(what, at.journal.where, "name one with --policy"))
        at.install("activate", files(policy), progress)
    at.ledger.open(lambda done, of: progress("open", done, of))
    assert at.ledger.clerk is not None
    return at.ledger.clerk.standing.policy.currency

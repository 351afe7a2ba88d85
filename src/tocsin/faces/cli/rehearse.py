"""tocsin rehearse: collections rehearsed with simulated debtors, against a real service."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.faces.cli import console
from tocsin.values.problem import Problem, Refused

if TYPE_CHECKING:
    from tocsin.faces.rehearsal.processes import Stage

_TITLES = {"en": ("{} accounts in {}, {} days", "Count"), "zh": ("{}个账户 · {} · {}天", "数量")}
_KEPT = {"en": "Journal and messages: {}", "zh": "日志与消息:{}"}


def rehearse(
    accounts: Annotated[int, typer.Option(min=1, max=8_000, help="How many accounts. 账户数。")] = 500,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How many days. 天数。")] = 120,
    profile: Annotated[str, typer.Option(help="Whose laws: CN, US or UK. 适用法域:CN、US 或 UK。")] = "CN",
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed gives the same people. 随机种子,相同则人群相同。")
    ] = 1,
    start: Annotated[str, typer.Option(help="First day, as 2025-10-01. 起始日期,如 2025-10-01。")] = "2025-10-01",
    out: Annotated[
        Path | None, typer.Option(help="Folder that keeps journal and messages. 保存日志与消息的文件夹。")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy with a section collection. 含催收部分的策略文件。")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            help="A service started with tocsin.faces.rehearsal.clocked; none: one is started. 已启动的演练服务;不填则自行启动。"
        ),
    ] = None,
    sandbox: Annotated[str | None, typer.Option(help="The sandbox it sends to. 该服务所用的沙箱。")] = None,
    clock: Annotated[Path | None, typer.Option(help="The file of its clock. 该服务的时钟文件。")] = None,
) -> None:
    """Months of collections in minutes: people who pay, miss, answer and refuse, against a service and a sandbox of
    providers over HTTP. 以模拟客户演练催收:还款、逾期、应答与拒绝,经由真实服务与沙箱,数月只需数分钟。
    """
    from tocsin.faces.rehearsal.asking import Box, Service
    from tocsin.faces.rehearsal.days import Days
    from tocsin.replay.debtors import Debtors

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # its processes end with it
    began = _day(start)
    debtors = Debtors(seed, accounts, profile, began)
    with (
        _folder(out) as folder,
        _stage(folder, debtors.town.clock.at(0, 1.0), profile, policy, server, sandbox, clock) as stage,
    ):
        run = Days(
            debtors, Service(stage.server, stage.key), Box(stage.sandbox, stage.token), stage.hands, stage.waiting,
            stage.core, stage.policy.read_text("utf-8"),
        )  # fmt: skip
        with console.progress() as progress:
            for number in range(days):
                run.day(began + timedelta(days=number))
                progress("simulate", number + 1, days)
        if server is None:
            _show(folder, accounts, profile, days, debtors.town.currency)
    if out is not None:
        print(_KEPT[console.language()].format(out.resolve()))


def _show(folder: Path, accounts: int, profile: str, days: int, currency: str) -> None:
    from tocsin.faces.rehearsal.figures import counted, told
    from tocsin.faces.rehearsal.processes import JOURNAL
    from tocsin.journal.journal import opened

    journal = opened(str(folder / JOURNAL))
    try:
        counts = counted(entry for entries in journal.entries() for entry in entries)
    finally:
        journal.close()
    title, count = _TITLES[console.language()]
    console.table([title.format(f"{accounts:,}", profile, days), count], told(counts, console.language(), currency))


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is None:
        with tempfile.TemporaryDirectory(prefix="tocsin-rehearsal-") as folder:
            yield Path(folder)
        return
    if out.exists() and any(out.iterdir()):
        raise Refused(Problem("this folder is not empty", str(out), "name another one with --out"))
    out.mkdir(parents=True, exist_ok=True)
    yield out


@contextmanager
def _stage(
    folder: Path,
    began: int,
    profile: str,
    policy: Path | None,
    server: str | None,
    sandbox: str | None,
    clock: Path | None,
) -> Iterator[Stage]:
    from tocsin.faces.rehearsal.asking import Service
    from tocsin.faces.rehearsal.clocked import Hands
    from tocsin.faces.rehearsal.processes import TOKEN, Stage, staged

    if server is None:
        with staged(folder, profile, began, policy) as stage:
            yield stage
        return
    key, token = os.environ.get("TOCSIN_API_KEY", ""), os.environ.get(TOKEN, "")
    if sandbox is None or clock is None or policy is None or not (key and token):
        what = "a service of your own needs its sandbox, its clock, its policy and both keys"
        remedy = f"give --sandbox, --clock and --policy, and set TOCSIN_API_KEY and {TOKEN}"
        raise Refused(Problem(what, "--server", remedy))
    waiting: Callable[[], int] = Service(server, key).waiting
    yield Stage(server, key, sandbox, token, Hands(clock), waiting, list, policy)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(Problem(f"'{text}' is not a day", "--start", "write it as 2026-01-31")) from None

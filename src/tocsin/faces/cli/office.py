"""Where commands about a live service are done: over HTTP where it runs, else on the journal itself."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from tocsin.desk import logs
from tocsin.desk.offline import Offline, existing
from tocsin.desk.settings import Settings, load
from tocsin.faces.cli import console
from tocsin.faces.cli.remote import Remote
from tocsin.journal.journal import Journal
from tocsin.journal.records import Held
from tocsin.values.problem import Problem, Refused

SERVER = "TOCSIN_SERVER"
_LOOK, _LOOKS = 0.1, 100
"""Seconds between looks at whether the books of a server know the log, and how many."""
Office = Offline | Remote
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings; tocsin.yaml of this folder if there is one. 设置文件,默认为当前目录的 tocsin.yaml。"),
]  # fmt: skip
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        help="Address of a running service; TOCSIN_SERVER or the settings if absent. Its key is in TOCSIN_API_KEY. "
        "正在运行的服务的地址,默认取 TOCSIN_SERVER 或设置;密钥取自 TOCSIN_API_KEY。",
    ),
]


@contextmanager
def office(settings: Path | None, server: str | None, new: bool = False) -> Iterator[Office]:
    """The service at an address; else the one that serves the journal of the settings; else that journal.

    `new`: a journal may be made.
    """
    _quiet()
    found = _office(settings, server or os.environ.get(SERVER), new)
    with closing(found):
        yield found


def _office(settings: Path | None, server: str | None, new: bool) -> Office:
    if server:
        return Remote(server, console.language())
    given = load(settings, os.environ)
    try:
        return Offline(given, console.kernels(), _actor(), new)
    except Held:
        return Remote(address(given), console.language())


@contextmanager
def reading(settings: Path | None) -> Iterator[Journal]:
    """The journal, only to be read: a server may go on beside."""
    _quiet()
    with closing(existing(load(settings, os.environ))) as journal:
        yield journal


@contextmanager
def books(settings: Path | None) -> Iterator[Journal]:
    """The journal, only to be read, once its books know the log: a server that runs sees to that, else it is done now."""
    _quiet()
    given = load(settings, os.environ)
    try:
        alone = Offline(given, console.kernels(), _actor())
    except Held:
        with closing(existing(given)) as journal:
            until = journal.head().seq
            for _ in range(_LOOKS):
                if journal.followed() >= until:
                    break
                time.sleep(_LOOK)
            else:
                raise Refused(Problem("the books are behind the log", journal.where, "try again in a moment")) from None
            yield journal
        return
    with closing(alone):
        alone.follow()
        yield alone.journal


def address(settings: Settings) -> str:
    """Where the service of these settings listens, as seen from this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.listen.host, settings.listen.host)  # noqa: S104
    return f"http://[{host}]:{settings.listen.port}" if ":" in host else f"http://{host}:{settings.listen.port}"


def _quiet() -> None:
    """Log lines are for services; a command tells what it did itself."""
    logs.configure(None if os.environ.get("TOCSIN_DEBUG") else Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 as long as the process


def _actor() -> str:
    name = str(os.getuid()) if hasattr(os, "getuid") else ""
    with suppress(Exception):  # a user without a name
        name = getpass.getuser()
    return f"user {name}"

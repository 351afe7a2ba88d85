"""A service and a sandbox of providers, started for a rehearsal in a folder of their own."""

from __future__ import annotations

import base64
import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tocsin.faces.rehearsal import lender
from tocsin.faces.rehearsal.clocked import VARIABLE, Hands
from tocsin.faces.rehearsal.core import Told, listening
from tocsin.faces.rehearsal.patience import until
from tocsin.journal.journal import opened
from tocsin.values.problem import Problem, Refused

JOURNAL, MESSAGES = "tocsin.db", "messages.ndjson"
TOKEN, SECRET = "TOCSIN_SANDBOX_TOKEN", "TOCSIN_SANDBOX_SECRET"
"""Names of variables."""
_PATIENCE = 120


@dataclass(frozen=True)
class Stage:
    """Where a rehearsal takes place. `waiting`: how many messages have not left yet; `core`: what
    the core system was told since it was last asked."""

    server: str
    key: str
    sandbox: str
    token: str
    hands: Hands
    waiting: Callable[[], int]
    core: Callable[[], list[Told]]
    policy: Path


@contextmanager
def staged(folder: Path, profile: str, began: int, policy: Path | None = None) -> Iterator[Stage]:
    """Both processes, ready; they end with the context. `began`: microseconds UTC at which their clock stands."""
    token = secrets.token_hex(16)
    script = folder / "policy.yaml"
    script.write_text(lender.policy(profile) if policy is None else policy.read_text("utf-8"), "utf-8")
    (folder / "texts").mkdir(exist_ok=True)
    (folder / "texts" / "fields.yaml").write_text(lender.texts(), "utf-8")
    hands = Hands(folder / "clock")
    hands.put(began)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    environment = {**os.environ, TOKEN: token, SECRET: secret, VARIABLE: str(folder / "clock"), "TOCSIN_LANG": "en"}
    environment.pop("TOCSIN_DATABASE_URL", None)
    port = str(_free())
    receipts = ("--receipts-to", f"http://127.0.0.1:{port}/v1/receipts", "--secret", SECRET)
    with (
        listening(secret, hands.now) as core,
        _running(folder, environment, "sandbox", "--port", "0", "--keep", MESSAGES, "--manual", *receipts) as lines,
    ):
        sandbox = _found(lines, r"http://\S+")
        (folder / "tocsin.yaml").write_text(lender.settings(profile, sandbox, core.url, TOKEN, SECRET), "utf-8")
        with _running(folder, environment, "serve", "--port", port, "--policy", script.name) as said:
            key, server = _found(said, r"tk_\S+"), _found(said, r"http://\S+")
            _ready(server)
            journal = opened(str(folder / JOURNAL))
            try:
                yield Stage(
                    server, key, sandbox, token, hands,
                    lambda: sum(one.waiting for one in journal.pending().values()), core.told, script,
                )  # fmt: skip
            finally:
                journal.close()


@contextmanager
def _running(folder: Path, environment: dict[str, str], *words: str) -> Iterator[Iterator[str]]:
    """One process with the moved clock; the lines it says. What it logs is in a file of its name."""
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tocsin.faces.rehearsal.clocked", *words],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _found(lines: Iterator[str], pattern: str) -> str:
    for line in lines:
        if found := re.search(pattern, line):
            return found[0]
    raise Refused(Problem("a process of the rehearsal did not start", "", "its log is in the folder of the rehearsal"))


def _free() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _ready(server: str) -> None:
    def asked() -> bool:
        with suppress(httpx.HTTPError):
            return client.get("/readyz").status_code == 200
        return False

    with httpx.Client(base_url=server, trust_env=False, timeout=5) as client:
        problem = Problem("the service is not ready", server, "its log is in the folder of the rehearsal")
        until(asked, _PATIENCE, problem)

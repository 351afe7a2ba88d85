"""A stage on which collections are played to the end: a real service whose clock is moved, the sandbox of a provider,
a mail server, the core system's receiver of webhooks, each behind a socket of its own."""

from __future__ import annotations

import base64
import email
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.collecting import ENVIRONMENT, soon
from tests.live import Answer, Server, destination, receiving
from tests.sandboxed import Provider, sandbox
from tests.test_mail import free_port
from tests.test_post import read
from tocsin.faces.rehearsal import lender
from tocsin.faces.rehearsal.clocked import VARIABLE, Hands
from tocsin.journal.journal import Journal, opened
from tocsin.journal.records import FACT
from tocsin.links.sending import EVENTS, RELEASED
from tocsin.values import instant

ZONE = "Asia/Shanghai"
PROVIDED = ("ai_call", "voicemail", "sms", "app", "letter")
"""Channels behind the sandbox; e-mail has a server of its own."""
Said = dict[str, Any]


def at(day: str, hour: float = 10) -> int:
    """Microseconds UTC of a local date and hour."""
    hours, minutes = divmod(round(hour * 60), 60)
    local = datetime.fromisoformat(f"{day}T{hours:02d}:{minutes:02d}:00")
    return instant.micros(local.replace(tzinfo=ZoneInfo(ZONE)))


class Clocked(Server):
    """The service on a port that is known before, by the clock of the stage."""

    def launched(self) -> subprocess.Popen[str]:
        words = ["-m", "tocsin.faces.rehearsal.clocked", "serve", "--port", str(self.port), "--policy", "policy.yaml"]
        return subprocess.Popen(
            [sys.executable, *words], cwd=self.folder, stdout=subprocess.PIPE, text=True,
            stderr=(self.folder / "log").open("ab"), env=self.surroundings(),
        )  # fmt: skip


class Office:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.letters.append(email.message_from_bytes(cast(bytes, envelope.content), policy=default))
        return "250 OK"


@dataclass
class Stage:
    server: Clocked
    hands: Hands
    provider: Provider
    kept: io.BytesIO
    """Every message the sandbox was given, a line of JSON each, with its attachments."""
    office: Office
    hooks: list[tuple[str, bytes]]
    journal: Journal
    answered: int = 0
    """So many messages were answered."""
    confirmed: int = 0
    """So many webhooks were looked through for orders about restrictions."""
    seen: int = 0
    """The last entry of the log that was asked for."""

    def stand(self, moment: int, *facts: Said) -> None:
        """It is so late now: tell facts, have done what is due, until messages have left and were heard of."""
        self.hands.put(moment)
        if facts:
            answer = self.server.ask("/v1/facts", sorted(facts, key=lambda one: one["recorded_at"]))
            assert answer.status == 200 and answer.said["recorded"] == len(facts), answer
        contacts = -1
        while (said := self.ask("/v1/days", {}).said)["contacts"] > contacts:
            contacts = said["contacts"]
            self._delivered()
            self._answered()
        self._delivered()

    def _delivered(self) -> None:
        soon(lambda: not any(one.waiting for one in self.journal.pending().values()), 60)

    def confirm(self) -> None:
        """The core system carries out what it was told of restrictions, and says so."""
        self._delivered()
        came, known = self.hooks[self.confirmed :], {id for id, _ in self.hooks[: self.confirmed]}
        for id, body in came:
            told = json.loads(body)
            if id not in known and told["type"].startswith("restriction."):
                data = told["data"]
                path = f"/v1/restrictions/{data['restriction']}/acknowledgements"
                self.ask(path, {"number": data.get("number", 0), "applied": True})
            known.add(id)
        self.confirmed += len(came)

    def ask(self, path: str, content: object = None, language: str = "en") -> Answer:
        answer = self.server.ask(path, content, accept_language=language)
        assert answer.status in (200, 201), answer
        return answer

    def _answered(self) -> None:
        """Whoever is called talks, everything else is delivered."""
        lines = self.kept.getvalue().splitlines()
        fresh, self.answered = lines[self.answered :], len(lines)
        said = [
            {"id": one["id"], "status": "conversation" if one["channel"] == "ai_call" else "delivered"}
            for one in (json.loads(line)["message"] for line in fresh)
        ]
        if said:
            receipts = self.provider.app.receipts
            assert receipts is not None
            until = receipts.sent + len(said)
            with self.provider.client as client:
                assert client.post("/outcomes", json=said).status_code == 202
            soon(lambda: receipts.sent >= until)

    # -- the far ends --------------------------------------------------------------------------------------------------

    def messages(self) -> list[Said]:
        """What the sandbox was given; letters with the text of their PDF as `pages`."""
        found = [json.loads(line)["message"] for line in self.kept.getvalue().splitlines()]
        for one in found:
            for pdf in one.get("attachments", ()):
                one["pages"] = read(base64.b64decode(pdf["content"]))
        return found

    def told(self) -> list[Said]:
        """What the core system was told: type and data."""
        return [json.loads(body) for _, body in self.hooks]

    def new_facts(self) -> list[Said]:
        """Facts of the log since it was last asked."""
        found = self.server.entries(self.seen)
        self.seen = found[-1].seq if found else self.seen
        return [json.loads(one.body) for one in found if one.kind == FACT]

    def log(self) -> list[Said]:
        """All facts of the log, in its order."""
        return [json.loads(one.body) for one in self.server.entries() if one.kind == FACT]


@contextmanager
def staged(folder: Path, policy: str, began: int) -> Iterator[Stage]:
    """The stage, ready, its clock at a moment (µs UTC)."""
    hands = Hands(folder / "clock")
    hands.put(began)
    (folder / "texts").mkdir()
    (folder / "texts" / "own.yaml").write_text(lender.texts(), "utf-8")
    office, kept, port = Office(), io.BytesIO(), free_port()
    post = Controller(office, hostname="127.0.0.1", port=free_port())
    post.start()
    environment = {**ENVIRONMENT, VARIABLE: str(folder / "clock"), "TZ": "UTC"}
    try:
        with (
            receiving() as (core, hooks),
            sandbox(f"http://127.0.0.1:{port}/v1/receipts", manual=True, clock=hands.now, keep=kept) as provider,
        ):
            settings = _settings(provider.url, post.port, destination("core", core, *EVENTS.values(), RELEASED))
            server = Clocked(folder, "", policy, settings, environment)
            server.port = port
            with server:
                journal = opened(server.url)
                try:
                    yield Stage(server, hands, provider, kept, office, hooks, journal)
                finally:
                    journal.close()
    finally:
        post.stop()


def _settings(sandbox: str, post: int, core: str) -> str:
    provided = "".join(f"  {name}: {{provider: '{sandbox}', token: TOKEN, secrets: [SECRET]}}\n" for name in PROVIDED)
    mail = f"{{from: service@bank.example, host: 127.0.0.1, port: {post}, starttls: false}}"
    return (
        f"texts: texts\ndestinations: [{core}]\nchannels:\n{provided}  email: {{mail: {mail}}}\n"
        "letterhead: {zh: [样例信贷, 样例市样例路1号], en: [Sample Credit, 1 Sample Street], timezone: Asia/Shanghai}\n"
    )

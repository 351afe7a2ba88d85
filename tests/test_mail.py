"""Letters over a real mail server on this machine: STARTTLS, login, both languages, repeats."""

from __future__ import annotations

import asyncio
import email
import json
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests import certificates
from tocsin.desk.deliveries import Deliveries
from tocsin.desk.settings import Destination, read
from tocsin.journal.journal import opened
from tocsin.journal.records import Group, Order
from tocsin.links import mail
from tocsin.links.mail import Mailbox
from tocsin.links.sending import Delivered, Later, Message

WARNING = {
    "type": "warning.raised",
    "timestamp": "2026-03-02T10:00:00Z",
    "data": {
        "account": "A-1001",
        "level": {"name": "orange", "title": {"en": "orange", "zh": "橙色"}},
        "rule": "transfer_burst",
        "at": "2026-03-02T09:59:58Z",
        "say": {"en": "6 transfers within 10 minutes", "zh": "10分钟内转账6笔"},
        "conditions": [
            {"condition": "transfers_10m > 5", "observed_text": "6", "threshold_text": "5", "window": "10 minutes"}
        ],
        "policy": "card 1.0",
        "decision": "d1024",
    },
}
CHANGED = {
    "type": "warning.level_changed",
    "timestamp": "2026-03-09T10:00:00Z",
    "data": {"account": "A-1001", "before": {"en": "orange", "zh": "橙色"}, "after": "none", "cause": "quiet"},
}
DECISION = {
    "type": "decision.created",
    "timestamp": "2026-03-02T10:00:00Z",
    "data": {
        "account": "A-1001",
        "outcome": "review",
        "score": 8,
        "decision": "d1024",
        "fired": [{"rule": "transfer_burst", "say": {"en": "6 transfers", "zh": "转账6笔"}, "conditions": []}],
    },
}


def message(content: dict[str, Any], id: str = "m1024-0") -> Message:
    return Message(id, content["type"], json.dumps(content, ensure_ascii=False).encode())


class Office:
    """A mail server that keeps what it gets, asks for STARTTLS and a login, and may refuse."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.answer = "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"tocsin", b"word")
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: Any) -> str:
        if to in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            assert (
                server.transport and server.transport.get_extra_info("ssl_object") is not None and session.authenticated
            )
            content = cast(bytes, envelope.content)
            self.letters.append(email.message_from_bytes(content, policy=default))
        return self.answer


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificates.made(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def mailbox(office: Office, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[Mailbox]:
    controller = Controller(
        office, hostname="127.0.0.1", port=free_port(), tls_context=contexts[0], require_starttls=True,
        authenticator=office.authenticate, auth_required=True, auth_require_tls=True,
    )  # fmt: skip
    controller.start()
    yield Mailbox(
        ("risk@bank.example", "night@bank.example"), "tocsin@bank.example", "127.0.0.1", controller.port,
        True, "tocsin", "word",
    )  # fmt: skip
    controller.stop()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


Trust = tuple[ssl.SSLContext, ssl.SSLContext]


def sent(mailbox: Mailbox, content: dict[str, Any], language: str, contexts: Trust) -> object:
    return asyncio.run(mail.send(mailbox, message(content), language, contexts[1], patience=5))


def test_a_warning_in_english(mailbox: Mailbox, office: Office, contexts: Trust) -> None:
    assert sent(mailbox, WARNING, "en", contexts) == Delivered()
    (letter,) = office.letters
    assert letter["Subject"] == "Tocsin: Orange warning, account A-1001"
    assert letter["From"] == "tocsin@bank.example" and letter["To"] == "risk@bank.example, night@bank.example"
    assert letter["Message-ID"] == "<m1024-0.1772445600000000@bank.example>"
    assert letter["Auto-Submitted"] == "auto-generated" and letter["Content-Language"] == "en"
    assert letter.get_content_type() == "text/plain" and letter.get_content_charset() == "utf-8"
    assert letter.get_content().replace("\r\n", "\n") == (
        "Orange warning, account A-1001\n\n"
        "When: 2026-03-02T09:59:58Z\nLevel: orange\nRule: transfer_burst\nPolicy: card 1.0\nDecision: d1024\n\n"
        "6 transfers within 10 minutes\n"
        "  · transfers_10m > 5: observed 6, threshold 5 (10 minutes)\n\n"
        "Tocsin · message m1024-0 · 2026-03-02T10:00:00Z\n"
    )


def test_a_warning_in_chinese(mailbox: Mailbox, office: Office, contexts: Trust) -> None:
    assert sent(mailbox, WARNING, "zh", contexts) == Delivered()
    (letter,) = office.letters
    assert letter["Subject"] == "警钟:账户 A-1001 橙色预警" and letter["Content-Language"] == "zh-CN"
    assert letter.get_content().replace("\r\n", "\n") == (
        "账户 A-1001 橙色预警\n\n"
        "时间:2026-03-02T09:59:58Z\n级别:橙色\n规则:transfer_burst\n策略:card 1.0\n决策编号:d1024\n\n"
        "10分钟内转账6笔\n"
        "  · transfers_10m > 5:观测值 6,阈值 5(10 minutes)\n\n"
        "警钟 · 消息 m1024-0 · 2026-03-02T10:00:00Z\n"
    )


@pytest.mark.parametrize(
    ("content", "language", "subject", "line"),
    [
        (CHANGED, "en", "Tocsin: Level orange → none, account A-1001", "Cause: quiet since"),
        (CHANGED, "zh", "警钟:账户 A-1001 预警级别 橙色 → 无", "起因:此后无异常"),
        (DECISION, "en", "Tocsin: Decision review, account A-1001", "6 transfers"),
        (DECISION, "zh", "警钟:账户 A-1001 决策:人工审核", "转账6笔"),
    ],
)
def test_the_other_messages(content: dict[str, Any], language: str, subject: str, line: str) -> None:
    letter = mail.letter(Mailbox(("a@b.example",), "c@d.example", "h"), message(content), language)
    assert letter["Subject"] == subject
    assert line in letter.get_content().splitlines()


def test_a_repeat_is_the_same_letter_and_another_message_is_not() -> None:
    mailbox = Mailbox(("a@b.example",), "c@d.example", "h")
    first = mail.letter(mailbox, message(WARNING), "zh")
    assert bytes(mail.letter(mailbox, message(WARNING), "zh")) == bytes(first)
    assert mail.letter(mailbox, message(WARNING, "m1025-0"), "zh")["Message-ID"] != first["Message-ID"]
    assert max(map(len, bytes(first).split(b"\r\n"))) < 100 and bytes(first).isascii()
    assert bytes(mail.letter(mailbox, message(WARNING), "en")).isascii()


def test_what_an_account_is_called_cannot_add_a_header() -> None:
    content = {**WARNING, "data": {**cast(dict[str, Any], WARNING["data"]), "account": "a\r\nBcc: x@y.example\u2028z"}}
    letter = mail.letter(Mailbox(("a@b.example",), "c@d.example", "h"), message(content), "en")
    assert letter["Bcc"] is None and b"\nBcc" not in bytes(letter)


def test_a_wrong_password_waits(mailbox: Mailbox, office: Office, contexts: Trust) -> None:
    outcome = sent(replace(mailbox, password="guess"), WARNING, "en", contexts)
    assert outcome == Later("the mail server does not take this user and password (535)") and not office.letters


def test_a_certificate_nobody_vouches_for_gets_no_password(mailbox: Mailbox, office: Office) -> None:
    outcome = asyncio.run(mail.send(mailbox, message(WARNING), "en", patience=5))
    assert outcome == Later("the mail server cannot be trusted (CERTIFICATE_VERIFY_FAILED)") and not office.letters


def test_a_server_without_encryption_gets_no_password(office: Office, contexts: Trust) -> None:
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    controller.start()
    mailbox = Mailbox(("a@b.example",), "c@d.example", "127.0.0.1", controller.port, True, "tocsin", "word")
    try:
        outcome = sent(mailbox, WARNING, "en", contexts)
        assert isinstance(outcome, Later) and "no STARTTLS" in outcome.why
    finally:
        controller.stop()


def test_a_server_that_is_away_waits(contexts: Trust) -> None:
    mailbox = Mailbox(("a@b.example",), "c@d.example", "127.0.0.1", free_port())
    assert sent(mailbox, WARNING, "en", contexts) == Later("the mail server cannot be reached (ConnectionRefusedError)")


def test_refusals(mailbox: Mailbox, office: Office, contexts: Trust) -> None:
    office.refused = {"night@bank.example"}
    assert sent(mailbox, WARNING, "en", contexts) == Delivered("the mail server refused 1 of 2 recipients")
    office.refused.add("risk@bank.example")
    assert sent(mailbox, WARNING, "en", contexts) == Later("the mail server refused every recipient")
    office.refused, office.answer = set(), "451 too busy"
    assert sent(mailbox, WARNING, "en", contexts) == Later("the mail server answered 451", own=True)
    assert len(office.letters) == 1


def test_a_hanging_server_is_left_in_time(contexts: Trust) -> None:
    async def scene() -> object:
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        mailbox = Mailbox(("a@b.example",), "c@d.example", "127.0.0.1", server.sockets[0].getsockname()[1])
        async with server:
            return await mail.send(mailbox, message(WARNING), "en", contexts[1], patience=0.3)

    assert asyncio.run(scene()) == Later("the mail server cannot be reached (SMTPServerDisconnected)")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_encryption_from_the_start_on_port_465(
    office: Office, contexts: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS from the start, on the port that stands for it here."""
    controller = Controller(
        office, hostname="127.0.0.1", port=free_port(), auth_require_tls=False, ssl_context=contexts[0],
        authenticator=office.authenticate, auth_required=True,
    )  # fmt: skip
    assert mail.IMPLICIT_TLS == smtplib.SMTP_SSL_PORT == 465
    monkeypatch.setattr(mail, "IMPLICIT_TLS", controller.port)
    controller.start()
    mailbox = Mailbox(("a@b.example",), "c@d.example", "127.0.0.1", controller.port, True, "tocsin", "word")
    try:
        assert sent(mailbox, WARNING, "zh", contexts) == Delivered()
    finally:
        controller.stop()


def test_orders_for_a_mailbox_leave_the_outbox(
    mailbox: Mailbox, office: Office, contexts: Trust, tmp_path: Path
) -> None:
    base = read("listen: {}", "tocsin.yaml", {})
    desk = Destination("desk", mailbox, frozenset({"warning.raised"}), None, "zh", "")
    journal = opened(str(tmp_path / "tocsin.db"))
    orders = [Order(1, n, "desk", "warning.raised", f"A{n}", message(WARNING).body, 0) for n in range(5)]
    journal.write(Group(orders=orders))
    journal.commit()

    async def scene() -> None:
        worker = Deliveries(journal, replace(base, destinations=(desk,)), lambda: 1, trust=contexts[1])
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        async with asyncio.timeout(10):
            while journal.pending():
                await asyncio.sleep(0.01)
        stop.set()
        await running

    asyncio.run(scene())
    journal.close()
    assert sorted(letter["Message-ID"].partition(".")[0] for letter in office.letters) == [f"<m1-{n}" for n in range(5)]
    assert {letter["Subject"] for letter in office.letters} == {"警钟:账户 A-1001 橙色预警"}

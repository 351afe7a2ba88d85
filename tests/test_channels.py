"""Messages to persons: handed over once, in time or not at all, told before they are marked, and to nobody else."""

from __future__ import annotations

import asyncio
import email
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec import structs

from tests.receiver import OK, Answer, Receiver, Request
from tests.sandboxed import TOKEN, now, ordered, sandbox, written
from tests.test_mail import free_port
from tocsin.desk import settings
from tocsin.desk.contacts import LAPSE, Asked, allowed
from tocsin.desk.deliveries import Deliveries
from tocsin.desk.lanes import SECOND, Pace
from tocsin.desk.settings import Channel, Settings
from tocsin.journal.journal import Journal, opened
from tocsin.journal.records import Group, Order, Unavailable
from tocsin.links import mail
from tocsin.links.folder import Folder
from tocsin.links.mail import Mailbox
from tocsin.links.post import Letterhead
from tocsin.links.provider import Provider
from tocsin.links.sending import Delivered, Later, Undeliverable
from tocsin.values.problem import Problem

FAST = Pace(first=10_000, longest=50_000, poll=20_000, pause=2_000)
HEAD = Letterhead({"zh": ["示例银行"], "en": ["Example Bank"]}, {"zh": "示例银行", "en": "Example Bank"})
BASE = settings.read("listen: {}", "tocsin.yaml", {})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    one = opened(str(tmp_path / "tocsin.db"))
    yield one
    one.close()


def channels(**ways: Any) -> Settings:
    return replace(BASE, channels=tuple(Channel(name, to) for name, to in ways.items()), letterhead=HEAD)


class Book:
    """Takes what is told, and whether its order was marked by then."""

    def __init__(self, journal: Journal, failures: int = 0) -> None:
        self.journal, self.failures = journal, failures
        self.told: list[tuple[str, ...]] = []
        self.early = True

    async def __call__(self, attempt: str, person: str, channel: str, result: str, at: int, why: str) -> None:
        self.early = self.early and waiting(self.journal, channel) > 0
        if self.failures:
            self.failures -= 1
            raise Unavailable(Problem("the disk is full"))
        self.told.append((attempt, person, channel, result, why))


@asynccontextmanager
async def delivering(
    journal: Any,
    given: Settings,
    book: Book,
    clock: Callable[[], int] = now,
    patience: float = 5,
    asked: Asked = allowed,
) -> AsyncIterator[Deliveries]:
    worker = Deliveries(journal, given, clock, pace=FAST, draw=Random(7), patience=patience, told=book, asked=asked)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await running


def waiting(journal: Journal, channel: str = "") -> int:
    found = journal.pending()
    return sum(one.waiting for name, one in found.items() if name.endswith(channel))


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


def delivered(journal: Journal, given: Settings, book: Book, clock: Callable[[], int] = now) -> None:
    """Deliver until nothing waits."""

    async def scene() -> None:
        async with delivering(journal, given, book, clock):
            await until(lambda: not waiting(journal))

    asyncio.run(scene())


# -- providers ---------------------------------------------------------------------------------------------------------

TABLE = [  # ending, result told, why, at the provider
    ("1234", "sent", "", 1),
    ("0001", "undeliverable", "refused", 0),
    ("0002", "sent", "", 1),
    ("0004", "sent", "", 1),
    ("0005", "sent", "", 1),
]


def test_what_comes_of_each_message_is_told_and_nothing_stays_queued(journal: Journal) -> None:
    contacts = [written(f"at-{ending}", f"+861000000{ending}", accounts=("A-1",)) for ending, *_ in TABLE]
    ordered(journal, *contacts)
    book = Book(journal)
    with sandbox() as provider:
        delivered(journal, channels(sms=Provider(provider.url, TOKEN)), book)
        taken = provider.taken()
    assert sorted((id, result, why) for id, _, _, result, why in book.told) == sorted(
        (f"at-{ending}", result, why) for ending, result, why, _ in TABLE
    )
    assert {person for _, person, *_ in book.told} == {f"P{n}" for n in range(1, 6)} and book.early
    assert sorted(one["id"] for one in taken) == sorted(f"at-{ending}" for ending, *_, count in TABLE if count)
    assert next(one for one in taken if one["id"] == "at-1234") == json.loads(journal.orders(0, 1)[0][1].body)
    assert [letter.error for letter in journal.dead_letters(9)] == ["the provider refused it (422)"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, "refused"), (413, "refused"), (422, "refused"), (401, ""), (403, ""), (404, ""), (409, ""), (429, ""), (500, "")],
)  # fmt: skip
def test_only_answers_about_the_message_refuse_it_for_good(journal: Journal, status: int, expected: str) -> None:
    ordered(journal, written("at-1", "+8610000001234"))
    book, seen = Book(journal), []

    async def answer(request: Request) -> Answer:
        seen.append(request)
        return (status, {}, b"") if len(seen) == 1 else OK

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, channels(sms=Provider(receiver.url, TOKEN)), book):
            await until(lambda: not waiting(journal))

    asyncio.run(scene(Receiver(answer)))
    assert [one[3:] for one in book.told] == [("undeliverable", "refused") if expected else ("sent", "")]
    assert len(seen) == (1 if expected else 2) and {one.headers["idempotency-key"] for one in seen} == {"at-1"}
    assert {one.body for one in seen} == {seen[0].body} and seen[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_what_may_not_be_sent_any_more_when_it_leaves_is_not(journal: Journal) -> None:
    """A provider that is away; meanwhile one of two opts out; then it is back."""
    ordered(journal, *(written(f"at-{n}", f"+861000000123{n}") for n in (1, 2)))
    book, gone = Book(journal), set[str]()

    async def asked(attempt: str, person: str) -> str:
        return "HOUSE-OPT-OUT" if person in gone else ""

    async def scene() -> list[bytes]:
        receiver = Receiver()
        async with receiver:
            await receiver.down()
            given = channels(sms=Provider(receiver.url, TOKEN))
            async with delivering(journal, given, book, asked=asked) as worker:
                lane = worker.lanes["channel:sms"]
                await until(lambda: lane.failed and not lane.flying)
                gone.add("P2")
                await receiver.up()
                await until(lambda: not waiting(journal))
            return [one.body for one in receiver.taken]

    assert {json.loads(body)["id"] for body in asyncio.run(scene())} == {"at-1"}
    told = {(attempt, result, why) for attempt, _, _, result, why in book.told}
    assert told == {("at-1", "sent", ""), ("at-2", "undeliverable", "withdrawn")}
    assert [letter.error for letter in journal.dead_letters(9)] == ["it may not be sent any more (HOUSE-OPT-OUT)"]


def test_what_was_not_handed_over_in_time_is_not_sent_any_more(journal: Journal) -> None:
    """A provider that is away; then time passes; then it is back: the person is left alone, and the next one is reached."""
    start = now()
    ordered(journal, *(written(f"at-{n}", f"+861000000123{n}", at=start) for n in range(9)), person="P")
    time = [start]
    book = Book(journal)

    async def scene() -> None:
        receiver = Receiver()
        async with receiver:
            await receiver.down()
            to = Provider(receiver.url, TOKEN)
            async with delivering(journal, channels(sms=to), book, lambda: time[0]) as worker:
                await until(lambda: worker.lanes["channel:sms"].failed)
                assert waiting(journal) == 9 and not book.told
                time[0] = start + LAPSE
                await until(lambda: not waiting(journal))
                await receiver.up()
                ordered(journal, written("at-new", "+8610000001234", at=time[0]), person="P")
                worker.lanes["channel:sms"].quiet_until = 0
                await until(lambda: not waiting(journal))
        assert [request.headers["idempotency-key"] for request in receiver.asked] == ["at-new"]

    asyncio.run(scene())
    assert book.told == [
        *((f"at-{n}", "P", "sms", "undeliverable", "expired") for n in range(9)),
        ("at-new", "P", "sms", "sent", ""),
    ]
    assert all(one.error.startswith("it could not be handed over within 15 minutes") for one in journal.dead_letters(9))


def test_a_retry_that_would_come_too_late_is_not_waited_for(journal: Journal) -> None:
    ordered(journal, written("at-1", "+8610000001234"))
    book = Book(journal)

    async def answer(request: Request) -> Answer:
        return 429, {"retry-after": "901"}, b""

    async def scene() -> None:
        async with Receiver(answer) as receiver:
            async with delivering(journal, channels(sms=Provider(receiver.url, TOKEN)), book):
                await until(lambda: not waiting(journal))
            assert len(receiver.asked) == 1

    asyncio.run(scene())
    assert book.told == [("at-1", "P1", "sms", "undeliverable", "expired")]
    (letter,) = journal.dead_letters(9)
    assert letter.error == "it could not be handed over within 15 minutes (the receiver answered 429)"


def test_an_old_one_a_revived_one_and_one_without_a_channel_are_not_sent(journal: Journal) -> None:
    ordered(journal, written("at-old", "+8610000001234", at=now() - LAPSE - SECOND), written("at-app", "device", "app"))
    book = Book(journal)
    with sandbox() as provider:
        given = channels(sms=Provider(provider.url, TOKEN))
        delivered(journal, given, book)
        for letter in journal.dead_letters(9):
            assert journal.revived(letter.id, now())
        delivered(journal, given, book)
        assert provider.taken() == []
    journal.write(Group(orders=[Order(99, 0, "channel:sms", "contact.sms", "P9", b'{"timestamp": 3}', now())]))
    journal.commit()
    delivered(journal, channels(sms=Folder(Path())), book)
    assert journal.dead_letters(1)[0].error == "this is no message to a person"
    expired, unset = (
        ("at-old", "P1", "sms", "undeliverable", "expired"),
        ("at-app", "P2", "app", "undeliverable", "unset"),
    )
    assert sorted(book.told) == sorted([expired, unset] * 2)


def test_telling_is_tried_until_it_is_taken_and_only_then_marked(journal: Journal) -> None:
    ordered(journal, written("at-1", "+8610000001234"))
    book = Book(journal, failures=3)
    with sandbox() as provider:
        delivered(journal, channels(sms=Provider(provider.url, TOKEN)), book)
        assert len(provider.taken()) == 1
    assert book.told == [("at-1", "P1", "sms", "sent", "")] and book.early


class Torn:
    """A journal whose process ends before anything is marked."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.marks = journal, 0

    def __getattr__(self, name: str) -> Any:
        if name in ("delivered", "buried"):
            self.marks += 1
            raise Unavailable(Problem("killed"))
        return getattr(self.journal, name)


def test_a_kill_between_telling_and_marking_repeats_both_harmlessly(journal: Journal) -> None:
    ordered(journal, written("at-1", "+8610000001234"), written("at-2", "+8610000000001"))
    book, torn = Book(journal), Torn(journal)

    async def scene(given: Settings) -> None:
        async with delivering(torn, given, book):
            await until(lambda: torn.marks > 3)

    with sandbox() as provider:
        given = channels(sms=Provider(provider.url, TOKEN))
        asyncio.run(scene(given))
        assert len(book.told) == waiting(journal) == 2
        delivered(journal, given, book)
        assert [one["id"] for one in provider.taken()] == ["at-1"]
    assert sorted(book.told) == sorted(
        [("at-1", "P1", "sms", "sent", ""), ("at-2", "P2", "sms", "undeliverable", "refused")] * 2
    )


# -- letters -----------------------------------------------------------------------------------------------------------


def test_letters_go_to_a_folder_or_with_the_pdf_to_a_provider(journal: Journal, tmp_path: Path) -> None:
    letter = written("at-1", "示例市样本路8弄6号\n200000", "letter", name="张样本", subject="通知")
    odd = structs.replace(letter, id="../at 2")
    ordered(journal, letter, odd)
    delivered(journal, channels(letter=Folder(tmp_path / "post")), Book(journal))
    files = sorted((tmp_path / "post").iterdir())
    assert len(files) == 2 and (tmp_path / "post" / "at-1.pdf") in files
    pdf = (tmp_path / "post" / "at-1.pdf").read_bytes()
    ordered(journal, letter)
    with sandbox() as provider:
        delivered(journal, channels(letter=Provider(provider.url, TOKEN)), Book(journal))
        (taken,) = provider.taken()
    (attached,) = taken["attachments"]
    assert (attached["name"], attached["type"], attached["bytes"]) == ("at-1.pdf", "application/pdf", len(pdf))


# -- mail --------------------------------------------------------------------------------------------------------------


class Office:
    """A mail server that keeps who was written to and what."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: Any) -> str:
        if to in self.answers:
            return self.answers[to]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = email.message_from_bytes(cast(bytes, envelope.content), policy=default)
        self.taken.append((envelope.rcpt_tos, content))
        return "250 OK"


@pytest.fixture
def office() -> Iterator[tuple[Office, Mailbox]]:
    office = Office()
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield office, Mailbox((), "service@bank.example", "127.0.0.1", controller.port, False, reply_to="help@bank.example")
    controller.stop()


def test_a_mail_goes_to_one_person_alone(journal: Journal, office: tuple[Office, Mailbox]) -> None:
    kept, mailbox = office
    table = (("期次", "金额"), ("1", "¥10.00"))
    ordered(
        journal,
        written("at-1", "one@example.com", "email", subject="提醒\r\nBcc: x@example.com", name="张样本"),
        written("at-2", "two@example.com", "email", language="en", text="Dear Ms Zhang", table=table),
        written("at-3", "three@example.com, four@example.com", "email"),
        written("at-4", "gone@example.com", "email"),
    )
    kept.answers["gone@example.com"] = "550 no such mailbox"
    book = Book(journal)
    delivered(journal, channels(email=mailbox), book)
    assert {one[0]: one[3:] for one in book.told} == {
        "at-1": ("sent", ""),
        "at-2": ("sent", ""),
        "at-3": ("undeliverable", "refused"),
        "at-4": ("undeliverable", "refused"),
    }
    letters = {to[0]: (to, letter) for to, letter in kept.taken}
    assert set(letters) == {"one@example.com", "two@example.com"} and all(len(to) == 1 for to, _ in letters.values())
    one, two = letters["one@example.com"][1], letters["two@example.com"][1]
    assert one["To"] == "张样本 <one@example.com>" and one["Bcc"] is None and one["Cc"] is None
    assert one["From"] == "service@bank.example" and one["Reply-To"] == "help@bank.example"
    assert one.get_content().strip() == "您有一笔款项即将到期。" and one["Content-Language"] == "zh-CN"
    body, pdf = two.iter_parts()
    assert body.get_content().strip() == "Dear Ms Zhang" and pdf.get_content().startswith(b"%PDF")


def test_a_repeated_mail_is_the_same_mail() -> None:
    mailbox, given = Mailbox((), "service@bank.example", "h"), written("at-1", "one@example.com", "email")
    first = mail.personal(mailbox, given, b"%PDF")
    assert bytes(mail.personal(mailbox, given, b"%PDF")) == bytes(first)
    assert mail.personal(mailbox, structs.replace(given, id="at-2"))["Message-ID"] != first["Message-ID"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 no such mailbox", Undeliverable("the mail server refused the recipient")),
        ("450 busy", Later("the mail server refused every recipient")),
        ("", Delivered()),
    ],
)
def test_what_a_mail_server_says_of_a_recipient(office: tuple[Office, Mailbox], answer: str, expected: object) -> None:
    kept, mailbox = office
    if answer:
        kept.answers["one@example.com"] = answer
    given = written("at-1", "one@example.com", "email")
    assert asyncio.run(mail.send_to_person(mailbox, given, patience=5)) == expected

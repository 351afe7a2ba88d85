"""Messages by mail (SMTP, RFC 5321): one letter in plain text to the people of a destination, or to one person.

The connection is secured by STARTTLS, on port 465 from its start (RFC 8314), and the certificate is
checked against the system's store. A repeat has the same Message-ID and the same content.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from tocsin.links import letters
from tocsin.links.contact import MAILBOX, Contact
from tocsin.links.sending import Contacted, Delivered, Later, Message, Outcome, Undeliverable
from tocsin.values import instant

IMPLICIT_TLS = 465


@dataclass(frozen=True)
class Mailbox:
    """A mail server and who is written to through it: nobody in particular where each letter names its person.

    Without `user` it is not logged in to.
    """

    to: tuple[str, ...]
    sender: str
    host: str
    port: int = 587
    starttls: bool = True
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    reply_to: str | None = None


async def send(
    mailbox: Mailbox, message: Message, language: str, trust: ssl.SSLContext | None = None, patience: float = 20
) -> Outcome:
    """One attempt, in a thread of its own. `patience`: seconds that each step of it may take."""
    return await asyncio.to_thread(_send, mailbox, letter(mailbox, message, language), trust, patience)


def letter(mailbox: Mailbox, message: Message, language: str) -> EmailMessage:
    """The mail that a message becomes: always the same one."""
    subject, text = letters.written(message.id, message.body, language)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mailbox.sender
    mail["To"] = ", ".join(mailbox.to)
    _fill(mail, mailbox, subject, text, f"{message.id}.{message.at}", message.at, language)
    return mail


async def send_to_person(
    mailbox: Mailbox,
    given: Contact,
    pdf: bytes | None = None,
    trust: ssl.SSLContext | None = None,
    patience: float = 20,
) -> Contacted:
    """One attempt to hand a mail to one person's mailbox; nobody else ever gets it."""
    if not (MAILBOX.fullmatch(given.to) and given.to.isascii()):
        return Undeliverable("this is not one mail address")
    one = replace(mailbox, to=(given.to,))
    return await asyncio.to_thread(_send_to_person, one, personal(mailbox, given, pdf), trust, patience)


def personal(mailbox: Mailbox, given: Contact, pdf: bytes | None = None) -> EmailMessage:
    """The mail that a contact becomes: always the same one."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mailbox.sender
    mail["To"] = Address(" ".join(given.name.split()), addr_spec=given.to)
    if mailbox.reply_to:
        mail["Reply-To"] = mailbox.reply_to
    subject = " ".join((given.subject or given.text[:40]).split())
    id = f"{sha256(given.id.encode()).hexdigest()[:32]}.contact"
    _fill(mail, mailbox, subject, given.text + "\n", id, instant.parse(given.timestamp), given.language)
    if pdf is not None:
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="letter.pdf")
        mail.set_boundary(f"=_{id}")
    return mail


def _fill(mail: EmailMessage, mailbox: Mailbox, subject: str, text: str, id: str, at: int, language: str) -> None:
    """What both kinds of mail have, so that a repeat is the same mail."""
    mail["Subject"] = subject
    mail["Date"] = format_datetime(instant.instant(at))
    mail["Message-ID"] = f"<{id}@{mailbox.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="base64" if language == "zh" else "quoted-printable")
    mail["Content-Language"] = {"zh": "zh-CN"}.get(language, language)


def _send(mailbox: Mailbox, mail: EmailMessage, trust: ssl.SSLContext | None, patience: float) -> Outcome:
    try:
        refused = _hand_over(mailbox, mail, trust, patience)
    except (smtplib.SMTPException, OSError) as error:
        return _later(error)
    return Delivered(f"the mail server refused {refused} of {len(mailbox.to)} recipients" if refused else "")


def _send_to_person(mailbox: Mailbox, mail: EmailMessage, trust: ssl.SSLContext | None, patience: float) -> Contacted:
    """5xx about the recipient or the mail is for good (RFC 5321, 4.2.1)."""
    try:
        _hand_over(mailbox, mail, trust, patience)
    except smtplib.SMTPRecipientsRefused as error:
        if all(code >= 500 for code, _ in error.recipients.values()):
            return Undeliverable("the mail server refused the recipient")
        return _later(error)
    except smtplib.SMTPDataError as error:
        return Undeliverable("the mail server refused the mail") if error.smtp_code >= 500 else _later(error)
    except (smtplib.SMTPException, OSError) as error:
        return _later(error)
    return Delivered()


def _hand_over(mailbox: Mailbox, mail: EmailMessage, trust: ssl.SSLContext | None, patience: float) -> int:
    """How many recipients were refused, where some were taken."""
    trust = trust or ssl.create_default_context()
    with closing(_server(mailbox, trust, patience)) as server:
        if mailbox.starttls and mailbox.port != IMPLICIT_TLS:
            server.starttls(context=trust)
        if mailbox.user is not None:
            server.login(mailbox.user, mailbox.password or "")
        refused = server.send_message(mail, mailbox.sender, mailbox.to)
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    return len(refused)


def _later(error: smtplib.SMTPException | OSError) -> Later:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return Later("the mail server refused every recipient")
        case smtplib.SMTPAuthenticationError():
            return Later(f"the mail server does not take this user and password ({error.smtp_code})")
        case smtplib.SMTPResponseException():
            return Later(f"the mail server answered {error.smtp_code}", own=isinstance(error, smtplib.SMTPDataError))
        case smtplib.SMTPNotSupportedError():
            return Later("the mail server has no STARTTLS, or no login that is known here")
        case ssl.SSLError():
            return Later(f"the mail server cannot be trusted ({error.reason or type(error).__name__})")
    return Later(f"the mail server cannot be reached ({type(error).__name__})")


def _server(mailbox: Mailbox, trust: ssl.SSLContext, patience: float) -> smtplib.SMTP:
    if mailbox.port == IMPLICIT_TLS:
        return smtplib.SMTP_SSL(mailbox.host, mailbox.port, timeout=patience, context=trust)
    return smtplib.SMTP(mailbox.host, mailbox.port, timeout=patience)

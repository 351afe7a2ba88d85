"""Messages by mail (SMTP, RFC 5321): one letter in plain text to the people of a destination.

The connection is secured by STARTTLS, on port 465 from its start (RFC 8314), and the certificate is
checked against the system's store. A repeat has the same Message-ID and the same content.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tocsin.links import letters
from tocsin.links.sending import Delivered, Later, Message, Outcome
from tocsin.values import instant

IMPLICIT_TLS = 465


@dataclass(frozen=True)
class Mailbox:
    """A mail server and who is written to through it. Without `user` it is not logged in to."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int = 587
    starttls: bool = True
    user: str | None = None
    password: str | None = field(default=None, repr=False)


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
    mail["Subject"] = subject
    mail["Date"] = format_datetime(instant.instant(message.at))
    mail["Message-ID"] = f"<{message.id}.{message.at}@{mailbox.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="base64" if language == "zh" else "quoted-printable")
    mail["Content-Language"] = {"zh": "zh-CN"}.get(language, language)
    return mail


def _send(mailbox: Mailbox, mail: EmailMessage, trust: ssl.SSLContext | None, patience: float) -> Outcome:
    trust = trust or ssl.create_default_context()
    try:
        with closing(_server(mailbox, trust, patience)) as server:
            if mailbox.starttls and mailbox.port != IMPLICIT_TLS:
                server.starttls(context=trust)
            if mailbox.user is not None:
                server.login(mailbox.user, mailbox.password or "")
            refused = server.send_message(mail, mailbox.sender, mailbox.to)
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
    except smtplib.SMTPRecipientsRefused:
        return Later("the mail server refused every recipient")
    except smtplib.SMTPAuthenticationError as error:
        return Later(f"the mail server does not take this user and password ({error.smtp_code})")
    except smtplib.SMTPResponseException as error:
        return Later(f"the mail server answered {error.smtp_code}", own=isinstance(error, smtplib.SMTPDataError))
    except smtplib.SMTPNotSupportedError:
        return Later("the mail server has no STARTTLS, or no login that is known here")
    except ssl.SSLError as error:
        return Later(f"the mail server cannot be trusted ({error.reason or type(error).__name__})")
    except (smtplib.SMTPException, OSError) as error:
        return Later(f"the mail server cannot be reached ({type(error).__name__})")
    return Delivered(f"the mail server refused {len(refused)} of {len(mailbox.to)} recipients" if refused else "")


def _server(mailbox: Mailbox, trust: ssl.SSLContext, patience: float) -> smtplib.SMTP:
    if mailbox.port == IMPLICIT_TLS:
        return smtplib.SMTP_SSL(mailbox.host, mailbox.port, timeout=patience, context=trust)
    return smtplib.SMTP(mailbox.host, mailbox.port, timeout=patience)

"""The part of `tocsin.yaml` about what is sent and to whom: mail servers, channels to persons, the letterhead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from tocsin.desk.settings_values import LOOPBACK, Address, Mistake, ProviderUrl, Secret, Strict, Variable, Zone
from tocsin.links.contact import CHANNELS
from tocsin.links.mail import IMPLICIT_TLS
from tocsin.values.document import Path, Source
from tocsin.values.problem import Problem

Lines = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=8)]


class MailServerDocument(Strict):
    """A mail server, and in whose name it is used."""

    sender: Address = Field(alias="from")
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    starttls: bool = True
    user_env: Variable | None = None
    password_env: Variable | None = None

    @model_validator(mode="after")
    def _secure(self) -> Self:
        if (self.user_env is None) != (self.password_env is None):
            raise Mistake("'user_env' and 'password_env' belong together", "give both, or neither")
        if self.password_env and not self.starttls and self.port != IMPLICIT_TLS and self.host not in LOOPBACK:
            remedy = "write 'starttls: true', or use port 465"
            raise Mistake("the password would be sent for everybody on the way to read", remedy)
        return self


class MailDocument(MailServerDocument):
    """The same, and who is written to through it."""

    to: Annotated[list[Address], Field(min_length=1, max_length=50)]


class PersonMailDocument(MailServerDocument):
    """The same, for mail to persons: each goes to one mailbox, that of its order."""

    reply_to: Address | None = None


class ChannelDocument(Strict):
    """One way to persons: a provider over HTTP, a mail server, or a folder that something else empties."""

    provider: ProviderUrl | None = None
    token: Variable | None = None
    secrets: list[Secret] = []
    mail: PersonMailDocument | None = None
    folder: Annotated[str, Field(min_length=1)] | None = None


class ChannelsDocument(Strict):
    """Ways to persons by their names. One that is left out takes nothing: what was meant for it is undeliverable."""

    call: ChannelDocument | None = None
    ai_call: ChannelDocument | None = None
    voicemail: ChannelDocument | None = None
    sms: ChannelDocument | None = None
    email: ChannelDocument | None = None
    app: ChannelDocument | None = None
    letter: ChannelDocument | None = None


class SignatureDocument(Strict):
    zh: str = ""
    en: str = ""


class LetterheadDocument(Strict):
    """Who writes letters: lines of the sender by language, name first; who signs; the zone of their dates; a font."""

    zh: Lines
    en: Lines
    signature: SignatureDocument = SignatureDocument()
    timezone: Zone = "Asia/Shanghai"
    font: Annotated[str, Field(min_length=1)] | None = None


def combined(source: Source) -> Iterator[Problem]:
    """What is wrong between keys of channels that may each be right."""
    given = source.data.get("channels")
    for name, one in given.items() if isinstance(given, dict) else ():
        if name in CHANNELS and isinstance(one, dict):
            yield from _channel(source, name, one)
    if isinstance(given, dict) and "letter" in given and "letterhead" not in source.data:
        remedy = "add 'letterhead:' with the lines of the sender in 'zh' and 'en'"
        yield Problem("letters need a letterhead", str(source.place(("channels", "letter"))), remedy)


def _channel(source: Source, name: str, one: dict[str, Any]) -> Iterator[Problem]:
    path: Path = ("channels", name)
    place = str(source.place(path))
    ways = [way for way in ("provider", "mail", "folder") if way in one]
    if len(ways) != 1:
        what = "a channel is a provider, a mail server or a folder"
        yield Problem(what, place, "give it one of 'provider:', 'mail:' and 'folder:'")
        return
    if ways == ["mail"] and name != "email":
        yield Problem("only e-mail goes by a mail server", place, "give it a 'provider:'")
    if ways == ["folder"] and name != "letter":
        yield Problem("only letters go to a folder", place, "give it a 'provider:'")
    if ways == ["provider"] and "token" not in one:
        remedy = "add 'token:' with the name of an environment variable"
        yield Problem("a provider needs a token", place, remedy)
    for key in ("token", "secrets"):
        if key in one and ways != ["provider"]:
            where = str(source.place((*path, key, "\0key")))
            yield Problem(f"only a provider has '{key}'", where, f"leave '{key}' out")

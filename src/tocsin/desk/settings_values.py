"""The values of `tocsin.yaml`, each as it is checked, with a sentence for what is wrong with one."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from tocsin.links.contact import MAILBOX
from tocsin.links.sending import TYPES
from tocsin.values import duration, instant
from tocsin.values.problem import did_you_mean, shown

LOOPBACK = ("localhost", "127.0.0.1", "::1")
POSTGRESQL = ("postgresql://", "postgres://")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, frozen=True)


class Mistake(ValueError):
    """What a value is not, and what to write instead. pydantic collects them."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise Mistake(f"{shown(text)} is not a valid name", "use small letters, digits, '-' and '_', a letter first")
    return text


def _type(text: str) -> str:
    if text not in TYPES:
        raise Mistake(f"unknown type of message {shown(text)}", did_you_mean(text, TYPES))
    return text


def _address(text: str) -> str:
    if not (MAILBOX.fullmatch(text) and text.isascii()):
        raise Mistake(f"{shown(text)} is not a mail address", "write one as 'risk@bank.example'")
    return text


def _variable(name: str, info: ValidationInfo) -> str:
    """The name of a variable that is set. Anything else may be a secret, and is not shown."""
    if not _VARIABLE.fullmatch(name):
        remedy = "write a name in capitals, as TOCSIN_CORE_SECRET, and put the secret into that variable"
        raise Mistake("this is not the name of an environment variable", remedy)
    if not _environment(info).get(name):
        raise Mistake(f"the environment variable '{name}' is not set", "set it before the start")
    return name


def _environment(info: ValidationInfo) -> Mapping[str, str]:
    return info.context or {}


def _secret(name: str, info: ValidationInfo) -> str:
    return signs(_variable(name, info), _environment(info))


def signs(name: str, environment: Mapping[str, str]) -> str:
    """The name of a variable that holds a secret of Standard Webhooks."""
    try:
        text = environment.get(name, "").removeprefix("whsec_").rstrip("=")
        size = len(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not 24 <= size <= 64:
        remedy = "set it to 24 to 64 random bytes in base64, as `openssl rand -base64 32` makes them"
        raise Mistake(f"the environment variable '{name}' holds no webhook secret", remedy)
    return name


def webhook_address(text: str) -> str:
    odd = Mistake("this is not the address of a webhook", "write it as 'https://core.bank.example/warnings'")
    return _safe(text, odd, Mistake("a password stands in the address", "take it out: messages are signed instead"))


def _provider(text: str) -> str:
    odd = Mistake("this is not the address of a provider", "write it as 'https://sms.example.com/v1'")
    remedy = "take it out: 'token' names the variable that holds it"
    return _safe(text, odd, Mistake("a password stands in the address", remedy))


def _safe(text: str, odd: Mistake, password: Mistake) -> str:
    """An address that is safe to send to. It is not shown: addresses may hold keys."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or not text.isascii() or not text.isprintable() or " " in text:
        raise odd
    if url.username or url.password:
        raise password
    if url.scheme != "https" and not (url.scheme == "http" and host in LOOPBACK):
        raise Mistake("the address does not begin with 'https://'", "'http://' is for this machine alone")
    return text


def journal_address(text: str) -> str:
    """postgresql://…, or the path of a file."""
    if not text.strip() or ("://" in text and not text.startswith(POSTGRESQL)):
        remedy = "write 'postgresql://host/database', or the path of a file, as 'tocsin.db'"
        raise Mistake("this names neither a database nor a file", remedy)
    return text


def _journal(text: str) -> str:
    if "://" in text and "@" in text and ":" in text.split("://", 1)[1].rpartition("@")[0]:
        raise Mistake("a password stands in the address", "give the whole address in TOCSIN_DATABASE_URL instead")
    return journal_address(text)


def _zone(text: str) -> str:
    try:
        instant.zone(text)
    except ValueError:
        raise Mistake(f"{shown(text)} is no time zone", "write a name of the IANA, as 'Asia/Shanghai'") from None
    return text


def _duration(given: object) -> int:
    try:
        micros = duration.parse(str(given))
    except ValueError as error:
        raise Mistake(str(error)) from None
    if micros < duration.MICROS["minute"]:
        raise Mistake(f"'{given}' is too short", "give at least '1 minute'")
    return micros


Name = Annotated[str, AfterValidator(_name)]
Address = Annotated[str, AfterValidator(_address)]
Variable = Annotated[str, AfterValidator(_variable)]
Secret = Annotated[str, AfterValidator(_secret)]
Webhook = Annotated[str, AfterValidator(webhook_address)]
ProviderUrl = Annotated[str, AfterValidator(_provider)]
Journal = Annotated[str, AfterValidator(_journal)]
MessageType = Annotated[str, AfterValidator(_type)]
Zone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[int, BeforeValidator(_duration)]

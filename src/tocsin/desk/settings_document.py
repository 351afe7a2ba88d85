"""The shape of `tocsin.yaml`, and what is wrong with one in sentences."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from tocsin.links.mail import IMPLICIT_TLS
from tocsin.links.sending import TYPES
from tocsin.values import duration
from tocsin.values.document import Path, Source
from tocsin.values.problem import Problem, did_you_mean, shown

LOOPBACK = ("localhost", "127.0.0.1", "::1")
POSTGRESQL = ("postgresql://", "postgres://")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_ADDRESS = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[a-z0-9.-]+", re.ASCII | re.IGNORECASE)


class Mistake(ValueError):
    """What a value is not, and what to write instead. pydantic collects them."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


# -- values: each as it is checked -------------------------------------------------------------------------------------


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise Mistake(f"{shown(text)} is not a valid name", "use small letters, digits, '-' and '_', a letter first")
    return text


def _type(text: str) -> str:
    if text not in TYPES:
        raise Mistake(f"unknown type of message {shown(text)}", did_you_mean(text, TYPES))
    return text


def _address(text: str) -> str:
    if not (_ADDRESS.fullmatch(text) and text.isascii()):
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
    name = _variable(name, info)
    try:
        text = _environment(info)[name].removeprefix("whsec_").rstrip("=")
        size = len(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not 24 <= size <= 64:
        remedy = "set it to 24 to 64 random bytes in base64, as `openssl rand -base64 32` makes them"
        raise Mistake(f"the environment variable '{name}' holds no webhook secret", remedy)
    return name


def _webhook(text: str) -> str:
    """An address that is safe to send to. It is not shown: addresses may hold keys."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or not text.isascii() or not text.isprintable() or " " in text:
        raise Mistake("this is not the address of a webhook", "write it as 'https://core.bank.example/warnings'")
    if url.username or url.password:
        raise Mistake("a password stands in the address", "take it out: messages are signed instead")
    if url.scheme != "https" and not (url.scheme == "http" and host in LOOPBACK):
        raise Mistake("the address does not begin with 'https://'", "'http://' is for this machine alone")
    return text


def journal(text: str) -> str:
    """postgresql://…, or the path of a file."""
    if not text.strip() or ("://" in text and not text.startswith(POSTGRESQL)):
        remedy = "write 'postgresql://host/database', or the path of a file, as 'tocsin.db'"
        raise Mistake("this names neither a database nor a file", remedy)
    return text


def _journal(text: str) -> str:
    if "://" in text and "@" in text and ":" in text.split("://", 1)[1].rpartition("@")[0]:
        raise Mistake("a password stands in the address", "give the whole address in TOCSIN_DATABASE_URL instead")
    return journal(text)


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


# -- the document ------------------------------------------------------------------------------------------------------


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, frozen=True)


class ListenDocument(_Strict):
    """Where the service listens. Port 0 is any free one."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000


class LimitsDocument(_Strict):
    """`requests_per_second` of one key, twice as many in a burst; `snapshot_every` so many entries."""

    decision_bytes: Annotated[int, Field(ge=1_024, le=16_777_216)] = 65_536
    batch_bytes: Annotated[int, Field(ge=65_536, le=1_073_741_824)] = 16_777_216
    requests_per_second: Annotated[int, Field(ge=1)] = 10_000
    snapshot_every: Annotated[int, Field(ge=1_000)] = 200_000


class MailDocument(_Strict):
    """A mail server, and who is written to through it."""

    to: Annotated[list[Address], Field(min_length=1, max_length=50)]
    sender: Address = Field(alias="from")
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    starttls: bool = True
    user_env: Variable | None = None
    password_env: Variable | None = None

    @model_validator(mode="after")
    def _secure(self) -> MailDocument:
        if (self.user_env is None) != (self.password_env is None):
            raise Mistake("'user_env' and 'password_env' belong together", "give both, or neither")
        if self.password_env and not self.starttls and self.port != IMPLICIT_TLS and self.host not in LOOPBACK:
            remedy = "write 'starttls: true', or use port 465"
            raise Mistake("the password would be sent for everybody on the way to read", remedy)
        return self


class DestinationDocument(_Strict):
    """Where messages go: a webhook or a mailbox. `level` is the least level that is told."""

    name: Name
    webhook: Annotated[str, AfterValidator(_webhook)] | None = None
    secrets: list[Annotated[str, AfterValidator(_secret)]] = []
    mail: MailDocument | None = None
    types: Annotated[list[Annotated[str, AfterValidator(_type)]], Field(min_length=1)] = [
        "warning.raised",
        "warning.level_changed",
    ]
    level: Name | None = None
    language: Literal["en", "zh"] = "en"


class SettingsDocument(_Strict):
    """The settings of a live service. Validated with the environment as context."""

    listen: ListenDocument = ListenDocument()
    limits: LimitsDocument = LimitsDocument()
    journal: Annotated[str, AfterValidator(_journal)] = "tocsin.db"
    inbox: Annotated[str, Field(min_length=1)] | None = None
    destinations: list[DestinationDocument] = []
    give_up: Annotated[int, BeforeValidator(_duration)] = 72 * duration.MICROS["hour"]


# -- what is wrong -----------------------------------------------------------------------------------------------------


def shape(source: Source, error: ValidationError) -> list[Problem]:
    """pydantic's findings in our sentences, one for each place."""
    problems: dict[Path, Problem] = {}
    for item in error.errors(include_url=False):
        path: Path = item["loc"]
        last, place, mistake = str(path[-1]), str(source.place(path)), item.get("ctx", {}).get("error")
        if isinstance(mistake, Mistake):
            problem = Problem(mistake.what, place, mistake.remedy)
        elif item["type"] == "extra_forbidden":
            problem = Problem(
                f"unknown key '{last}'", str(source.place((*path, "\0key"))), did_you_mean(last, _keys(path))
            )
        elif item["type"] == "missing":
            problem = Problem(f"'{last}' is missing", str(source.place(path[:-1])), f"add '{last}:'")
        elif item["type"] == "model_type":
            problem = Problem("this is not a document of names and values", place, "write lines of 'name: value'")
        else:
            field = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
            problem = Problem(f"{field}: {item['msg'][:1].lower()}{item['msg'][1:]}", place)
        problems.setdefault(path, problem)
    return list(problems.values())


def combined(source: Source) -> list[Problem]:
    """What is wrong between keys that may each be right."""
    problems: list[Problem] = []
    given = source.data.get("destinations")
    names: list[object] = []
    for index, one in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(one, dict):
            continue
        path: Path = ("destinations", index)
        place = str(source.place(path))
        if ("webhook" in one) == ("mail" in one):
            what = "a destination is a webhook or a mailbox"
            problems.append(Problem(what, place, "give it one of 'webhook:' and 'mail:'"))
        elif "webhook" in one and not one.get("secrets"):
            remedy = "add 'secrets:' with the names of environment variables"
            problems.append(Problem("a webhook needs a secret to sign with", place, remedy))
        elif "mail" in one and "secrets" in one:
            where = str(source.place((*path, "secrets", "\0key")))
            problems.append(Problem("only webhooks are signed", where, "leave 'secrets' out"))
        name: Any = one.get("name")
        if name is not None and name in names:
            where = str(source.place((*path, "name")))
            problems.append(Problem(f"two destinations are called {shown(str(name))}", where, "rename one of them"))
        names.append(name)
    return problems


def _keys(path: Path) -> list[str]:
    models: dict[object, type[BaseModel]] = {
        "listen": ListenDocument,
        "limits": LimitsDocument,
        "destinations": DestinationDocument,
        "mail": MailDocument,
    }
    around = next((part for part in reversed(path[:-1]) if part in models), None)
    return [field.alias or name for name, field in models.get(around, SettingsDocument).model_fields.items()]

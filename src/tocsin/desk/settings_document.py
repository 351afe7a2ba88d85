"""The shape of `tocsin.yaml`, and what is wrong with one in sentences."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from tocsin.desk import channels_document
from tocsin.desk.channels_document import (
    ChannelDocument,
    ChannelsDocument,
    LetterheadDocument,
    MailDocument,
    PersonMailDocument,
    SignatureDocument,
)
from tocsin.desk.settings_values import Duration, Journal, MessageType, Mistake, Name, Secret, Strict, Webhook
from tocsin.links.contact import CHANNELS
from tocsin.values import duration
from tocsin.values.document import Path, Source
from tocsin.values.problem import Problem, did_you_mean, shown


class ListenDocument(Strict):
    """Where the service listens. Port 0 is any free one."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000


class LimitsDocument(Strict):
    """`requests_per_second` of one key, twice as many in a burst; `snapshot_every` so many entries."""

    decision_bytes: Annotated[int, Field(ge=1_024, le=16_777_216)] = 65_536
    batch_bytes: Annotated[int, Field(ge=65_536, le=1_073_741_824)] = 16_777_216
    requests_per_second: Annotated[int, Field(ge=1)] = 10_000
    snapshot_every: Annotated[int, Field(ge=1_000)] = 200_000


class DestinationDocument(Strict):
    """Where messages go: a webhook or a mailbox. `level` is the least level that is told."""

    name: Name
    webhook: Webhook | None = None
    secrets: list[Secret] = []
    mail: MailDocument | None = None
    types: Annotated[list[MessageType], Field(min_length=1)] = [
        "warning.raised",
        "warning.level_changed",
    ]
    level: Name | None = None
    language: Literal["en", "zh"] = "en"


class SettingsDocument(Strict):
    """The settings of a live service. Validated with the environment as context."""

    listen: ListenDocument = ListenDocument()
    limits: LimitsDocument = LimitsDocument()
    journal: Journal = "tocsin.db"
    inbox: Annotated[str, Field(min_length=1)] | None = None
    destinations: list[DestinationDocument] = []
    give_up: Duration = 72 * duration.MICROS["hour"]
    channels: ChannelsDocument = ChannelsDocument()
    letterhead: LetterheadDocument | None = None
    laws: Annotated[str, Field(min_length=1)] | None = None
    texts: Annotated[str, Field(min_length=1)] | None = None


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
    problems = list(channels_document.combined(source))
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
    """The keys that may stand where one is unknown."""
    models: dict[object, type[BaseModel]] = {
        "listen": ListenDocument,
        "limits": LimitsDocument,
        "destinations": DestinationDocument,
        "mail": MailDocument,
        "letterhead": LetterheadDocument,
        "signature": SignatureDocument,
    }
    if path[0] == "channels":
        models = dict.fromkeys(CHANNELS, ChannelDocument)
        models |= {"channels": ChannelsDocument, "mail": PersonMailDocument}
    around = next((part for part in reversed(path[:-1]) if part in models), None)
    return [field.alias or name for name, field in models.get(around, SettingsDocument).model_fields.items()]

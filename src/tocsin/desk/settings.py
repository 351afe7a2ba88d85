"""Settings of the live service: the document `tocsin.yaml`, checked, with what the environment adds to it.

Secrets never stand in the document: it names environment variables. Every mistake is told at once,
each with its place. Paths are meant from the folder of the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from tocsin.desk import settings_document as documents
from tocsin.desk.channels_document import ChannelDocument, LetterheadDocument, MailServerDocument
from tocsin.desk.policies import text_of
from tocsin.desk.settings_document import DestinationDocument, LimitsDocument, ListenDocument, SettingsDocument
from tocsin.desk.settings_values import Mistake, journal_address
from tocsin.links.contact import CHANNELS, DESTINATION
from tocsin.links.folder import Folder
from tocsin.links.mail import Mailbox
from tocsin.links.post import Letterhead
from tocsin.links.provider import Provider
from tocsin.links.webhooks import Endpoint
from tocsin.values import document
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

FILE = "tocsin.yaml"
DATABASE_URL = "TOCSIN_DATABASE_URL"


@dataclass(frozen=True)
class Destination:
    """Where messages of some types go, from a level on. `where` is the place of the level, or of the whole."""

    name: str
    to: Endpoint | Mailbox
    types: frozenset[str]
    level: str | None
    language: str
    where: str


@dataclass(frozen=True)
class Channel:
    """A way to persons: `call`, `sms` … `to` is None where none is set up: what is meant for it is undeliverable."""

    channel: str
    to: Provider | Mailbox | Folder | None

    @property
    def name(self) -> str:
        """The destination of its orders."""
        return DESTINATION + self.channel


@dataclass(frozen=True)
class Settings:
    """`journal`: postgresql://… or the path of an SQLite file. `give_up`: microseconds. `channels`: those set up.

    `laws`: a file by which the lender tightens the laws that come with Tocsin; `texts`: a folder of its own texts.
    """

    listen: ListenDocument
    limits: LimitsDocument
    journal: str
    inbox: Path | None
    destinations: tuple[Destination, ...]
    give_up: int
    channels: tuple[Channel, ...] = ()
    letterhead: Letterhead | None = None
    laws: Path | None = None
    texts: Path | None = None

    def channel(self, name: str) -> Channel:
        """The way to persons of that name, set up or not."""
        return next((one for one in self.channels if one.channel == name), Channel(name, None))

    def destination(self, name: str) -> Destination | None:
        return next((one for one in self.destinations if one.name == name), None)


def load(path: Path | None, environment: Mapping[str, str], folder: Path = Path()) -> Settings:
    """The settings in a file; without one those in `tocsin.yaml` of the folder, else the defaults."""
    if path is None and not (folder / FILE).exists():
        return read("listen: {}", FILE, environment, folder)
    path = path or folder / FILE
    return read(text_of(path), str(path), environment, path.parent)


def read(text: str, file: str, environment: Mapping[str, str], folder: Path = Path()) -> Settings:
    """A settings text, checked. Refused with every mistake, variables that are not set among them."""
    source = document.read(text, file)
    problems = documents.combined(source)
    parsed = SettingsDocument()
    try:
        parsed = SettingsDocument.model_validate(source.data, context=environment)
    except ValidationError as error:
        problems += documents.shape(source, error)
    given = environment.get(DATABASE_URL)
    try:
        journal = journal_address(given) if given else _beside(folder, parsed.journal)
    except Mistake as mistake:
        problems.append(Problem(mistake.what, DATABASE_URL, mistake.remedy))
    font = parsed.letterhead.font if parsed.letterhead else None
    if font and not (folder / font).is_file():
        where = str(source.place(("letterhead", "font")))
        problems.append(Problem(f"there is no font {shown(font)}", where, "name a TrueType or OpenType file"))
    if problems:
        raise Refused(*sorted(problems, key=_by_place))
    return Settings(
        listen=parsed.listen,
        limits=parsed.limits,
        journal=journal,
        inbox=folder / parsed.inbox if parsed.inbox else None,
        destinations=tuple(
            _destination(one, environment, _where(source, index)) for index, one in enumerate(parsed.destinations)
        ),
        give_up=parsed.give_up,
        channels=tuple(
            Channel(name, _way(given, environment, folder))
            for name in CHANNELS
            if (given := getattr(parsed.channels, name)) is not None
        ),
        letterhead=_letterhead(parsed.letterhead, folder),
        laws=folder / parsed.laws if parsed.laws else None,
        texts=folder / parsed.texts if parsed.texts else None,
    )


def check_levels(settings: Settings, levels: Iterable[str]) -> None:
    """Refused where a destination asks for a level that a policy does not have."""
    levels = list(levels)
    problems = [
        Problem(f"unknown level '{one.level}'", one.where, did_you_mean(one.level, levels))
        for one in settings.destinations
        if one.level is not None and one.level not in levels
    ]
    if problems:
        raise Refused(*problems)


def _destination(given: DestinationDocument, environment: Mapping[str, str], where: str) -> Destination:
    to: Endpoint | Mailbox
    if given.mail is None:
        to = Endpoint(given.webhook or "", tuple(environment[name] for name in given.secrets))
    else:
        to = _mailbox(given.mail, environment, tuple(given.mail.to))
    return Destination(given.name, to, frozenset(given.types), given.level, given.language, where)


def _way(given: ChannelDocument, environment: Mapping[str, str], folder: Path) -> Provider | Mailbox | Folder:
    if given.mail is not None:
        return replace(_mailbox(given.mail, environment), reply_to=given.mail.reply_to)
    if given.folder is not None:
        return Folder(folder / given.folder)
    assert given.provider is not None and given.token is not None
    return Provider(given.provider, environment[given.token], tuple(environment[name] for name in given.secrets))


def _mailbox(mail: MailServerDocument, environment: Mapping[str, str], to: tuple[str, ...] = ()) -> Mailbox:
    return Mailbox(
        to=to,
        sender=mail.sender,
        host=mail.host,
        port=mail.port,
        starttls=mail.starttls,
        user=environment[mail.user_env] if mail.user_env else None,
        password=environment[mail.password_env] if mail.password_env else None,
    )


def _letterhead(given: LetterheadDocument | None, folder: Path) -> Letterhead | None:
    if given is None:
        return None
    signs = {"zh": given.signature.zh or given.zh[0], "en": given.signature.en or given.en[0]}
    font = folder / given.font if given.font else None
    return Letterhead({"zh": given.zh, "en": given.en}, signs, given.timezone, font)


def _beside(folder: Path, journal: str) -> str:
    return journal if "://" in journal else str(folder / journal)


def _where(source: document.Source, index: int) -> str:
    return str(source.place(("destinations", index, "level")))


def _by_place(problem: Problem) -> tuple[int, int]:
    line, column = [*problem.where.rsplit(":", 2), "0", "0"][1:3]
    return int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0

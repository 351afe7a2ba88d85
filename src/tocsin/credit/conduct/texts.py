"""Every text that is sent: chosen by name, channel, language and profile, and filled, never with a hole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tocsin.credit.conduct.law import Text
from tocsin.credit.conduct.phrases import LANGUAGES
from tocsin.credit.conduct.profile import Profile
from tocsin.credit.conduct.sms import segments
from tocsin.credit.conduct.templates import Template, forbidden_in, template_problems
from tocsin.values.problem import Problem, Refused, did_you_mean

WITH_SUBJECT = ("email", "letter")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CALLED = ("name", "contact", "address")
_LONGEST_SIGN = {"en": "x", "zh": "汉"}


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording, by language, for some channels and profiles; without profiles for each that has none of its own."""

    channels: frozenset[str]
    profiles: frozenset[str]
    subject: Mapping[str, str]
    text: Mapping[str, str]
    segments: int
    """The most parts that it may take as a text message."""
    place: str

    def fits(self, channel: str, profile: str) -> bool:
        return channel in self.channels and (not self.profiles or profile in self.profiles)


@dataclass(frozen=True, slots=True)
class Written:
    """A template by name: its purpose (of `people.PURPOSES`), what it is for, and its wordings, the first fit first."""

    name: str
    purpose: str
    about: Text
    wordings: tuple[Wording, ...]

    def chosen(self, channel: str, profile: str) -> Wording | None:
        return next((one for one in self.wordings if one.fits(channel, profile)), None)


@dataclass(frozen=True, slots=True)
class Field:
    """What stands in a placeholder: what it always `says`, or an example and the most signs it is expected to have."""

    says: tuple[Wording, ...]
    example: Text
    longest: int

    def said(self, channel: str, profile: str, language: str) -> str | None:
        fit = next((one for one in self.says if one.fits(channel, profile)), None)
        return None if fit is None else fit.text.get(language)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text with its placeholders still open. `says` fills those that are always the same."""

    name: str
    purpose: str
    channel: str
    language: str
    profile: Profile
    subject: str
    text: str
    says: Mapping[str, str]

    @property
    def asks(self) -> tuple[str, ...]:
        """The placeholders that a value is needed for, in the order they stand."""
        found = _PLACEHOLDER.findall(self.subject + self.text)
        return tuple(dict.fromkeys(name for name in found if name not in self.says))


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is sent. `subject` is empty where the channel has none; `segments` is 0 where it is no text message."""

    subject: str
    text: str
    segments: int


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts by name, and the fields that stand in them."""

    written: Mapping[str, Written]
    fields: Mapping[str, Field]

    def text_for(self, name: str, channel: str, language: str, profile: Profile) -> Draft:
        """The text of a name on a channel. Refused where there is none."""
        written = self.written.get(name)
        if written is None:
            raise Refused(Problem(f"there is no template '{name}'", remedy=did_you_mean(name, self.written)))
        wording = written.chosen(channel, profile.name)
        if wording is None or language not in wording.text:
            what = f"no text on the channel '{channel}' in the language '{language}' under {profile.name}"
            raise Refused(Problem(what, name, "write one in the lender's own templates"))
        return self._draft(written, wording, channel, language, profile)

    def examples(self, language: str) -> dict[str, str]:
        """An example of every field, to show a text with."""
        return {name: field.example[language] for name, field in self.fields.items() if field.example}

    def problems(self, profiles: Iterable[Profile]) -> list[Problem]:
        """Everything that is wrong under these profiles. Empty: each text may be sent where it is meant for."""
        profiles = list(profiles)
        found: dict[Problem, None] = {}
        for written in self.written.values():
            for wording in written.wordings:
                found.update(dict.fromkeys(self._shape(written, wording)))
                for profile in profiles:
                    for channel in sorted(wording.channels):
                        if written.chosen(channel, profile.name) is wording:
                            found.update(dict.fromkeys(self._wrong(written, wording, channel, profile)))
        return list(found)

    def _shape(self, written: Written, wording: Wording) -> Iterator[Problem]:
        where = f"{wording.place} {written.name}"
        for language, text in wording.text.items():
            for channel in WITH_SUBJECT:
                if channel in wording.channels and language not in wording.subject:
                    yield Problem(f"'subject' is missing on '{channel}'", f"{where} {language}", "add 'subject:'")
            for name in _PLACEHOLDER.findall(wording.subject.get(language, "") + text):
                if name not in self.fields:
                    what = f"nobody says what stands in '{name}'"
                    yield Problem(what, f"{where} {language}", "add it to 'fields' with 'longest' and 'example'")

    def _wrong(self, written: Written, wording: Wording, channel: str, profile: Profile) -> Iterator[Problem]:
        where = f"{wording.place} {written.name} {channel}"
        text = {
            language: f"{wording.subject[language]}\n{text}" if language in wording.subject else text
            for language, text in wording.text.items()
        }
        yield from template_problems(Template(where, written.purpose, text), profile, channel)
        for language in wording.text:
            draft = self._draft(written, wording, channel, language, profile)
            for name in draft.asks:
                if name in self.fields and self.fields[name].says:
                    silent = f"'{name}' says nothing on '{channel}' in '{language}' under {profile.name}"
                    yield Problem(silent, where, "write what it says there, or leave it out")
            if channel == "sms" and (parts := self._parts(draft)) > wording.segments:
                what = f"it takes up to {parts} text messages, and {wording.segments} are allowed"
                yield Problem(what, f"{where} {language}", "shorten it, or allow more as 'segments'")

    def _parts(self, draft: Draft) -> int:
        sign = _LONGEST_SIGN[draft.language]
        longest = {name: sign * self.fields[name].longest for name in draft.asks if name in self.fields}
        return segments(_filled(draft.text, {**longest, **draft.says}))

    def _draft(self, written: Written, wording: Wording, channel: str, language: str, profile: Profile) -> Draft:
        subject = wording.subject.get(language, "") if channel in WITH_SUBJECT else ""
        said = {name: field.said(channel, profile.name, language) for name, field in self.fields.items()}
        says = {name: value for name, value in said.items() if value is not None}
        return Draft(written.name, written.purpose, channel, language, profile, subject, wording.text[language], says)


def rendered(draft: Draft, values: Mapping[str, str]) -> Rendered:
    """A draft with a value in each placeholder, inserted as it is.

    Refused with every placeholder that has none, and where values make it say what its profile forbids; what people
    and places are called is not judged.
    """
    given = {name: _literal(value) for name, value in {**draft.says, **values}.items()}
    where = f"{draft.name} {draft.channel} {draft.language}"
    empty = [name for name in dict.fromkeys(_PLACEHOLDER.findall(draft.subject + draft.text)) if not given.get(name)]
    if empty:
        raise Refused(*(Problem(f"'{name}' has no value", where, "a text is not sent with a hole") for name in empty))
    judged = _filled(f"{draft.subject}\n{draft.text}", {**given, **dict.fromkeys(_CALLED, "-")})
    if problems := forbidden_in(judged, where, draft.profile, draft.channel, draft.purpose):
        raise Refused(*problems)
    text = _filled(draft.text, given)
    return Rendered(_filled(draft.subject, given), text, segments(text) if draft.channel == "sms" else 0)


def overlaid(below: Texts, above: Texts) -> Texts:
    """A lender's texts over others: its wordings are taken before theirs, its fields instead of theirs."""
    written = dict(below.written)
    for name, own in above.written.items():
        if name in written:
            other = written[name]
            own = replace(other, about=own.about or other.about, wordings=(*own.wordings, *other.wordings))  # noqa: PLW2901
        written[name] = own
    return Texts(written, {**below.fields, **above.fields})


def _filled(text: str, values: Mapping[str, str]) -> str:
    """One pass: a value that looks like a placeholder stays as it is."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def _literal(value: str) -> str:
    """One line of signs that are seen: no control, no mark that turns the direction, no half of a pair."""
    signs = (
        " " if (kind := unicodedata.category(sign)) in ("Cc", "Zl", "Zp") else "" if kind[0] == "C" else sign
        for sign in value
    )
    return " ".join("".join(signs).split())


assert set(_LONGEST_SIGN) == set(LANGUAGES)

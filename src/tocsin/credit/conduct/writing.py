"""Files of texts, read: templates with their wordings, and fields; all mistakes at once, with places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tocsin.credit.conduct import people
from tocsin.credit.conduct.law import RuleReader, Text
from tocsin.credit.conduct.phrases import LANGUAGES
from tocsin.credit.conduct.texts import Field, Texts, Wording, Written, overlaid
from tocsin.values.document import Path, read
from tocsin.values.problem import Problem, Refused

_WORDING = ("channels", "profiles", "subject", "segments", *LANGUAGES)
_CHANNELS = (*people.GROUPS["direct"], "voice", "electronic", "direct")
_SEGMENTS = 3
"""The most parts of a text message where nothing else is said."""


def read_texts(files: Mapping[str, str], profiles: Collection[str], below: Texts | None = None) -> Texts:
    """Files of texts by name, laid over others where given. Refused with every mistake of every file.

    A text is chosen by channel and profile: one that names the profile before one that names none.
    """
    templates: dict[str, Written] = {}
    fields: dict[str, Field] = {}
    problems: list[Problem] = []
    for file, text in files.items():
        try:
            reader = _Reader(read(text, file), tuple(profiles))
        except Refused as refused:
            problems.extend(refused.problems)
            continue
        for place, name, given in reader.named("templates"):
            if name in templates:
                reader.wrong(place, f"the template '{name}' stands in two files", "keep one of them")
            templates[name] = reader.written(place, name, given, None if below is None else below.written.get(name))
        for place, name, given in reader.named("fields"):
            if name in fields:
                reader.wrong(place, f"the field '{name}' stands in two files", "keep one of them")
            fields[name] = reader.field(place, given)
        problems.extend(reader.problems)
    if problems:
        raise Refused(*problems)
    texts = Texts(templates, fields)
    return texts if below is None else overlaid(below, texts)


class _Reader(RuleReader):
    def __init__(self, source: Any, profiles: tuple[str, ...]) -> None:
        super().__init__(source)
        self.profiles = profiles
        self.keys((), source.data, ("templates", "fields"))

    def named(self, key: str) -> list[tuple[Path, str, dict[str, Any]]]:
        given = self.source.data.get(key, {})
        if not isinstance(given, dict):
            self.wrong((key,), f"'{key}' names nothing", "write each by its name")
            return []
        for name, spec in given.items():
            if not isinstance(spec, dict):
                self.wrong((key, name), f"'{name}' says nothing", "write its texts")
        return [((key, name), name, spec) for name, spec in given.items() if isinstance(spec, dict)]

    def written(self, path: Path, name: str, spec: dict[str, Any], below: Written | None) -> Written:
        self.keys(path, spec, ("purpose", "about", "texts"))
        purpose = self.word((*path, "purpose"), spec.get("purpose"), people.PURPOSES)
        if below is not None and purpose != below.purpose:
            what = f"the purpose of '{name}' is '{below.purpose}', not '{purpose}'"
            self.wrong((*path, "purpose"), what, "give the text another name")
        about: Text = (
            {} if below is not None and "about" not in spec else self.text((*path, "about"), spec.get("about"))
        )
        return Written(name, purpose, about, self.wordings((*path, "texts"), spec.get("texts"), None))

    def field(self, path: Path, spec: dict[str, Any]) -> Field:
        self.keys(path, spec, ("says", "longest", "example"))
        if "says" in spec:
            says = self.wordings((*path, "says"), spec["says"], people.GROUPS["direct"])
            return Field(says, {}, max((len(text) for one in says for text in one.text.values()), default=0))
        longest = spec.get("longest")
        if not isinstance(longest, int) or isinstance(longest, bool) or not 1 <= longest <= 2_000:
            self.wrong((*path, "longest"), "'longest' is not a whole number from 1 to 2000", "write digits only")
            longest = 1
        return Field((), self.text((*path, "example"), spec.get("example")), longest)

    def wordings(self, path: Path, given: Any, channels: tuple[str, ...] | None) -> tuple[Wording, ...]:
        """The wordings of a list, those for named profiles first. `channels`: where none are named."""
        if not isinstance(given, list) or not given:
            self.wrong(path, f"'{path[-1]}' is not a list of texts", "write '- {channels: […], en: …, zh: …}'")
            return ()
        found: list[Wording] = []
        for index, spec in enumerate(given):
            if not isinstance(spec, dict):
                self.wrong((*path, index), "a text is not written as names with values", "write channels, en and zh")
                continue
            wording = self.wording((*path, index), spec, channels)
            for other in found:
                shared = wording.channels & other.channels
                if shared and (wording.profiles & other.profiles or not (wording.profiles or other.profiles)):
                    what = f"there is another text for '{min(shared)}' already"
                    self.wrong((*path, index), what, "name other channels or profiles")
            found.append(wording)
        return tuple(sorted(found, key=lambda one: not one.profiles))

    def wording(self, path: Path, spec: dict[str, Any], channels: tuple[str, ...] | None) -> Wording:
        self.keys(path, spec, _WORDING)
        named = self.words(
            (*path, "channels"), spec.get("channels", [] if channels is None else [*channels]), _CHANNELS
        )
        if not named:
            self.wrong(path, "it is for no channel", "add 'channels: [sms]'")
        profiles = self.words((*path, "profiles"), spec.get("profiles", []), self.profiles)
        segments = spec.get("segments", _SEGMENTS)
        if not isinstance(segments, int) or isinstance(segments, bool) or not 1 <= segments <= 10:
            self.wrong((*path, "segments"), "'segments' is not a whole number from 1 to 10", "write digits only")
            segments = _SEGMENTS
        subject = spec.get("subject", {})
        if not isinstance(subject, dict):
            self.wrong((*path, "subject"), "'subject' is not said by language", "write '{en: …, zh: …}'")
            subject = {}
        self.keys((*path, "subject"), subject, LANGUAGES)
        text = {one: self.said((*path, one), spec[one]) for one in LANGUAGES if one in spec}
        if not text:
            self.wrong(path, "the template says nothing", "write it in 'en', 'zh' or both")
        return Wording(
            frozenset(one for word in named for one in people.GROUPS.get(word, (word,))),
            profiles,
            {
                one: " ".join(self.said((*path, "subject", one), subject[one]).split())
                for one in LANGUAGES
                if one in subject
            },
            text,
            segments,
            str(self.source.place((*path, "channels"))),
        )

    def said(self, path: Path, given: Any) -> str:
        return self.line(path, given).strip()

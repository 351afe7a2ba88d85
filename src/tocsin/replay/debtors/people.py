"""People: who they are, what they live on, how they can be reached. All of it drawn once."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.facts.dealings import Channel, Language, Role
from tocsin.replay.debtors.draws import Dice
from tocsin.replay.debtors.places import PLACES, Place, home, phone
from tocsin.replay.debtors.truths import EVENTS, KINDS, LASTS, RECOVERS, RESPONSES, WARY, Response

VOICE: tuple[Channel, ...] = ("call", "ai_call", "voicemail", "sms")
FOR_GOOD = 1 << 30


@dataclass(frozen=True, slots=True)
class Point:
    """A way to reach somebody. `stranger`: the lender thinks it the person's, and it is another's."""

    id: str
    channels: tuple[Channel, ...]
    address: str
    consent: bool = True
    verified: bool = True
    work: bool = False
    stranger: bool = False
    role: Role = "debtor"


@dataclass(frozen=True, slots=True)
class Person:
    """Amounts are minor units a month; days are counted from the start. `kind` from `since` until `until`."""

    number: int
    id: str
    name: str
    language: Language
    zones: tuple[str, ...]
    kind: str
    since: int
    until: int
    wary: bool
    income: int
    living: int
    obligations: int
    at_hand: int
    payday: int
    adults: int
    children: int
    hour: int | None
    preferred: Channel | None
    work_allowed: bool | None
    points: tuple[Point, ...]
    befalls: tuple[tuple[str, int], ...]
    """(what, on which day)."""

    def is_now(self, day: int) -> str:
        """The kind of person they are on a day."""
        if any(what in ("deceased", "bankrupt") and since <= day for what, since in self.befalls):
            return "gone"
        return self.kind if self.since <= day < self.until else "minimum"

    def response(self, day: int) -> Response:
        return RESPONSES[self.is_now(day)]

    @property
    def surplus(self) -> int:
        """What they can pay a month in good times."""
        return max(self.income - self.living - self.obligations, 0)


def born(dice: Dice, profile: str, number: int) -> Person:
    place, id = PLACES[profile], f"c{number:05d}"
    kind = dice.one_of(KINDS, id, "kind")
    since, until = _when(dice, id, kind)
    income = round(place.income * dice.between(0.6, 1.9, id, "income") ** 1.3, -3)
    income = int(income)
    adults, children = dice.whole(1, 2, id, "adults"), dice.one_of(((0, 0.6), (1, 0.25), (2, 0.15)), id, "children")
    language: Language = "zh" if dice.chance(place.chinese, id, "language") else "en"
    befalls = tuple(
        (what, dice.whole(5, 360, id, what, "day"))
        for what, share in EVENTS.items()
        if dice.chance(share, id, what) and (what != "adviser" or profile == "UK")
    )
    preferred: Channel | None = dice.one_of(
        (("sms", 0.25), ("app", 0.15), ("email", 0.2), (None, 0.4)), id, "preferred"
    )
    return Person(
        number=number,
        id=id,
        name=f"客户{number:05d}" if language == "zh" else f"Customer {number:05d}",
        language=language,
        zones=dice.one_of(place.zones, id, "zones"),
        kind=kind,
        since=since,
        until=until,
        wary=dice.chance(WARY, id, "wary"),
        income=income,
        living=int(income * dice.between(0.3, 0.5, id, "living")),
        obligations=int(income * dice.between(0.0, 0.15, id, "obligations")),
        at_hand=int(income * dice.between(0.0, 1.5, id, "at hand")),
        payday=dice.whole(1, 28, id, "payday"),
        adults=adults,
        children=children,
        hour=dice.whole(9, 18, id, "hour") if dice.chance(0.3, id, "has an hour") else None,
        preferred=preferred,
        work_allowed=dice.one_of(((None, 0.8), (True, 0.1), (False, 0.1)), id, "work allowed"),
        points=_points(dice, profile, place, number, id),
        befalls=befalls,
    )


def _when(dice: Dice, id: str, kind: str) -> tuple[int, int]:
    if kind not in RECOVERS:
        return 0, FOR_GOOD
    since = dice.whole(0, 300, id, "since")
    if not dice.chance(RECOVERS[kind], id, "recovers"):
        return since, FOR_GOOD
    return since, since + dice.whole(*LASTS[kind], id, "lasts")


def _points(dice: Dice, profile: str, place: Place, number: int, id: str) -> tuple[Point, ...]:
    """A telephone, a mailbox, the app and a home; for some a telephone at work."""
    wrong = dice.chance(0.04, id, "wrong number")
    points = [
        Point(
            f"{id}-phone",
            VOICE,
            phone(profile, number),
            consent=not dice.chance(0.07, id, "no consent"),
            verified=not wrong and not dice.chance(0.03, id, "not verified"),
            stranger=wrong,
        ),
        Point(f"{id}-home", ("letter", "visit"), home(profile, number)),
    ]
    if dice.chance(0.85, id, "mailbox"):
        consent = not dice.chance(0.06, id, "no consent to mail")
        points.append(Point(f"{id}-mail", ("email",), f"{id}@example.com", consent=consent))
    if dice.chance(0.6, id, "app"):
        points.append(Point(f"{id}-app", ("app",), f"device-{id}", consent=not dice.chance(0.1, id, "no push")))
    if dice.chance(0.08, id, "work"):
        points.append(Point(f"{id}-work", ("call",), phone(profile, 7_000 + number), work=True))
    return tuple(points)

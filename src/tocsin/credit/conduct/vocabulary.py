"""What a rule can demand: a closed vocabulary of checks, each with its parameters and which way is stricter.

The stricter way lets a lender's change of a rule be compared with the rule: it may tighten, not loosen.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.credit.conduct import people

Value = frozenset[str] | int | bool | str
Params = dict[str, Value]
KINDS = (
    "hard", "presumption", "exclusion", "safe-harbor", "content", "retention", "classify", "notice", "control",
    "governance", "default", "right", "temporary", "house",
)  # fmt: skip
OPEN_KINDS = ("house", "default", "safe-harbor")
"""Kinds that are the lender's own choice: they may be loosened and switched off."""
JURISDICTIONS = {
    "CN": "Asia/Shanghai",
    "US": "America/New_York",
    "UK": "Europe/London",
    "INT": "UTC",
    "HOUSE": "UTC",
}
"""The zone in which the dates of a law begin and end."""
DAY_KINDS = ("workday", "weekend", "holiday")
ELEMENTS = (
    "sender", "name", "balance", "reason", "rights", "query", "dispute", "contact", "seal", "opt_out", "debt_advice",
    "terms", "no_new_card", "callback",
)  # fmt: skip
"""What a text may have to say."""
PHRASES = ("threat", "abuse", "disclosure", "legal_threat", "impersonation", "pressure", "debt_word")
"""What a text may not say."""
MORE, FEWER, HIGHER, LOWER, SAME = "more", "fewer", "higher", "lower", "same"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: a set of words, a whole number, a time of day, a flag or a name; `stricter` is the lawful change."""

    shape: str
    stricter: str
    words: tuple[str, ...] = ()
    default: Value | None = None
    """Where it may be left out; None where it must be given."""
    least: int = 0


def _words(words: tuple[str, ...], stricter: str, default: tuple[str, ...] | None = None) -> Param:
    return Param("words", stricter, words, None if default is None else frozenset(default))


def _count(stricter: str, least: int, default: int | None = None) -> Param:
    return Param("count", stricter, default=default, least=least)


def _channels(default: tuple[str, ...] | None = None) -> Param:
    return _words((*people.CHANNELS, *people.GROUPS), MORE, default)


_ALL_PURPOSES = _words(people.PURPOSES, MORE, people.PURPOSES)
_BUT = _words(people.PURPOSES, FEWER, ())
_PER = _words(("person", "debt"), FEWER, ())
_UNCOUNTED = Param("rule", SAME, default="")

CHECKS: dict[str, dict[str, Param]] = {
    "hours": {  # contact only while the local time of the customer is in [open, close)
        "channels": _channels(),
        "open": Param("time", HIGHER),
        "close": Param("time", LOWER),
        "days": _words(DAY_KINDS, MORE, DAY_KINDS),
        "agreed": Param("flag", LOWER, default=False),
    },
    "inconvenient": {"channels": _channels()},  # not at times and places the person called inconvenient
    "frequency": {  # fewer than `max` within `days` local days, today being the last
        "channels": _channels(),
        "counts": Param("choice", SAME, ("attempts", "conversations")),
        "max": _count(LOWER, 1),
        "days": _count(HIGHER, 1),
        "per": _PER,
        "uncounted": _UNCOUNTED,
    },
    "cool_down": {"channels": _channels(), "days": _count(HIGHER, 1), "per": _PER, "uncounted": _UNCOUNTED},
    "uncounted": {  # which attempts a frequency or cool-down passes over
        "outcomes": _words(people.OUTCOMES, FEWER),
        "roles": _words(people.ROLES, FEWER),
        "consented_days": _count(LOWER, 0),
    },
    "stop": {  # no contact while an overlay stands; an open one ends after so many days, with 0 never
        "flags": _words(people.FLAGS, MORE),
        "roles": _words(people.ROLES, MORE, people.ROLES),
        "channels": _channels(people.GROUPS["direct"]),
        "but": _BUT,
        "ends_after": _count(HIGHER, 0, 0),
    },
    "parties": {"roles": _words(people.ROLES, FEWER), "locate": _words(people.ROLES, FEWER, ())},
    "contact_person": {"only_if": _words(people.FLAGS, FEWER)},
    "opt_out": {"channels": _channels(), "but": _BUT},
    "workplace": {"channels": _channels()},
    "consent": {"channels": _channels()},
    "fresh_address": {"channels": _channels(), "days": _count(LOWER, 1)},
    "identity": {"channels": _channels()},
    "time_barred": {"purposes": _words(people.PURPOSES, MORE)},
    "notice_first": {  # only after a notice, from the day after `days` full days
        "channels": _channels(people.CHANNELS),
        "purposes": _ALL_PURPOSES,
        "notice": _words(people.PURPOSES, FEWER),
        "spoken": Param("flag", LOWER, default=False),
        "days": _count(HIGHER, 0),
    },
    "validation": {"days": _count(LOWER, 0)},
    "revocation": {"words": Param("texts", MORE)},
    "retention": {"records": Param("choice", SAME, ("records", "recordings")), "years": _count(HIGHER, 1)},
    "content": {
        "channels": _channels(people.GROUPS["direct"]),
        "purposes": _ALL_PURPOSES,
        "require": _words(ELEMENTS, MORE, ()),
        "forbid": _words(PHRASES, MORE, ()),
        "only": _words(ELEMENTS, FEWER, ()),
    },
}


def stricter(check: str, base: Params, other: Params) -> str | None:
    """The first parameter in which `other` is looser than `base`; None where it is as strict everywhere."""
    for name, param in CHECKS[check].items():
        if not _as_strict(param.stricter, base[name], other[name], name):
            return name
    return None


def _as_strict(way: str, base: Value, other: Value, name: str) -> bool:
    if isinstance(base, frozenset) and isinstance(other, frozenset):
        if name == "only":
            return not base or (bool(other) and other <= base)
        return base <= other if way == MORE else other <= base
    if name == "uncounted":
        return other in ("", base)
    if isinstance(base, int) and isinstance(other, int) and way in (HIGHER, LOWER):
        if name == "ends_after":
            return other == 0 or 0 < base <= other
        return other >= base if way == HIGHER else other <= base
    return base == other

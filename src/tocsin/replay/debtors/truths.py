"""The planted truths: what people of each kind do, and what each treatment changes about it.

A person is of one kind at a time. Whoever falls on hard times, refuses, evades or disputes does so from a day
on, for some or for good, and is `minimum` before and after. Where a number is the same with and without a
treatment, that treatment does nothing for them, and a measurement should find so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Response:
    """Probabilities; hazards are those of a day on which something is past due."""

    on_time: float
    """Of paying by a due date, unprompted."""
    nudged: float
    """The same, once a reminder before the due date was read."""
    self_cure: float
    """Hazard of paying all that is past due, unprompted."""
    reminded: float
    """The same on the day a message about it is read and the two days after."""
    locked: float
    """The same while the card is locked or its limit frozen."""
    pressed: float
    """Of paying within ten days of the first lawyer's letter, suit or notice of furnishing."""
    answers: float
    """Of picking up a call."""
    promises: float
    """Of promising a payment, once spoken to."""
    keeps: float
    """Of keeping a promise in full; half of the others pay a part."""
    accepts: float
    """Of accepting a plan whose instalments can be paid."""
    performs: float
    """Of paying each instalment in time; half of what is missed is paid within five days."""
    full: bool = False
    """Pays the statement's balance rather than its minimum."""
    on_payday: bool = False
    """Pays nothing but from the payday on, for three days."""


RESPONSES: dict[str, Response] = {
    #                    on_time nudged self_cure reminded locked pressed answers promises keeps accepts performs
    "full":       Response(0.985, 0.995, 0.30,     0.60,    0.30,  0.95,   0.60,   0.70,    0.95, 0.05,   0.98, full=True),
    "minimum":    Response(0.960, 0.980, 0.15,     0.45,    0.20,  0.90,   0.55,   0.65,    0.90, 0.15,   0.96),
    "forgetful":  Response(0.550, 0.920, 0.05,     0.40,    0.10,  0.80,   0.50,   0.75,    0.85, 0.10,   0.93),
    "tight":      Response(0.500, 0.500, 0.60,     0.60,    0.60,  0.60,   0.50,   0.60,    0.80, 0.45,   0.88, on_payday=True),
    "shocked":    Response(0.000, 0.000, 0.002,    0.002,   0.002, 0.02,   0.45,   0.45,    0.20, 0.75,   0.92),
    "refuser":    Response(0.000, 0.000, 0.001,    0.001,   0.010, 0.35,   0.50,   0.05,    0.10, 0.02,   0.50),
    "evader":     Response(0.000, 0.000, 0.003,    0.003,   0.010, 0.12,   0.03,   0.30,    0.10, 0.05,   0.50),
    "disputer":   Response(0.000, 0.000, 0.000,    0.000,   0.000, 0.00,   0.60,   0.00,    0.00, 0.00,   0.00),
    "gone":       Response(0.000, 0.000, 0.000,    0.000,   0.000, 0.00,   0.00,   0.00,    0.00, 0.00,   0.00),
}  # fmt: skip
"""By kind. `gone`: dead or bankrupt."""

KINDS: tuple[tuple[str, float], ...] = (
    ("full", 0.44), ("minimum", 0.19), ("forgetful", 0.14), ("tight", 0.10), ("shocked", 0.06), ("refuser", 0.03),
    ("evader", 0.02), ("disputer", 0.02),
)  # fmt: skip
"""Shares of the people. The last four are so from a day on."""
RECOVERS = {"shocked": 0.6, "refuser": 0.1, "evader": 0.1, "disputer": 1.0}
"""Of how many of them it ends."""
LASTS = {"shocked": (45, 240), "refuser": (90, 300), "evader": (60, 240), "disputer": (25, 45)}
"""For how many days, where it ends."""

EVENTS: dict[str, float] = {
    "attorney": 0.008, "deceased": 0.006, "bankrupt": 0.006, "vulnerable": 0.015, "disaster": 0.010, "adviser": 0.006,
}  # fmt: skip
"""What befalls a person within a year, and bars or bounds contact. The dead and the bankrupt pay nothing more."""

READ = {"sms": 0.90, "app": 0.70, "email": 0.60, "letter": 0.80, "ai_call": 0.45, "voicemail": 0.30}
"""Of how many messages that reach a person is taken notice."""
PROMPTED_DAYS = 3
WARY = 0.12
"""Share of people who do not want to be written to."""
OPTS_OUT = {True: 0.20, False: 0.01}
"""Of answering an electronic message with STOP, by whether they are wary."""
CEASES_AFTER = 4
"""Contacts within a case after which a wary person asks in writing to be left alone, one in three times."""
SAYS_HARDSHIP = 0.7
"""Of telling a collector of hard times, where there are such."""
BOUNCES = 0.01
"""Of direct debits."""
COURT_DAYS = (30, 60)
"""From a suit to the judgment."""
TIME_BARRED = 0.02
"""Of accounts, those that may no longer be sued for from a day on."""
LATE_TOLD = 0.03
"""Of payments that become known the day after."""

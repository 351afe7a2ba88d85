"""The way to one destination: how much is on it at once, and when a receiver that fails is left alone.

Waits grow from `first` to `longest` by doubling, each drawn evenly between nothing and that (full jitter,
Marc Brooker, Exponential Backoff And Jitter, 2015), so that what failed together does not come back together.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from tocsin.desk.settings import Channel, Destination
from tocsin.journal.records import Waiting
from tocsin.links.provider import Provider
from tocsin.links.sending import Later
from tocsin.links.webhooks import Endpoint

SECOND = 1_000_000
BROKEN = 5
"""So many failures in a row say that the receiver is down."""
REFUSED = 20
"""So many different messages refused, and none taken, say the same."""
TRIES = 8
"""Nothing is given up before so many, however old it is: a service that was itself away asks in earnest."""


@dataclass(frozen=True)
class Pace:
    """Times in microseconds, and how many messages are on one lane at once."""

    first: int = 5 * SECOND
    longest: int = 600 * SECOND
    poll: int = SECOND
    pause: int = SECOND // 50
    """The least time between two looks into the outbox: what came of messages meanwhile is noted together."""
    webhooks: int = 8
    mailboxes: int = 2


@dataclass
class Lane:
    """One destination, or one channel to persons, and how it fares."""

    destination: Destination | Channel
    pace: Pace
    draw: Random
    ready: deque[Waiting] = field(default_factory=deque)
    flying: int = 0
    failures: int = 0
    """Of the receiver, in a row."""
    refused: set[int] = field(default_factory=set)
    """Orders refused for their own sake since the last one was delivered."""
    quiet_until: int = 0
    swept: int = 0
    gone: bool = False
    last_error: str = ""
    delivered: int = 0
    failed: int = 0
    buried: int = 0
    slots: int = field(init=False)

    def __post_init__(self) -> None:
        self.slots = self.most

    @property
    def most(self) -> int:
        return self.pace.webhooks if isinstance(self.destination.to, Endpoint | Provider) else self.pace.mailboxes

    @property
    def held(self) -> int:
        return self.flying + len(self.ready)

    @property
    def down(self) -> bool:
        return self.failures >= BROKEN

    def room(self, now: int) -> int:
        """How many messages may set out now. One alone asks a receiver that was down whether it is back."""
        if self.gone or now < self.quiet_until or self.destination.to is None:
            return 0
        return max(self.slots - self.flying, 0)

    def sweeps(self, now: int) -> bool:
        """Whether to look for what lapsed while nothing may set out, now and then: messages to persons do."""
        if not isinstance(self.destination, Channel) or now < self.swept + self.pace.poll:
            return False
        self.swept = now
        return True

    def wait(self, attempts: int) -> int:
        """Microseconds until the next attempt after so many failed ones, at least one."""
        return round(self.draw.uniform(0, min(self.pace.longest, self.pace.first << min(attempts - 1, 40))))

    def arrived(self) -> None:
        """A message was delivered."""
        self.delivered += 1
        self.answered()

    def answered(self) -> None:
        """The receiver is well, whatever it says of one message. After a failure the lane widens step by step."""
        self.failures, self.last_error = 0, ""
        self.refused.clear()
        self.slots = min(self.most, self.slots * 2)

    def missed(self, now: int, id: int, outcome: Later) -> None:
        """A message did not arrive. A few that are refused for their own sake do not make the receiver fail."""
        self.last_error = outcome.why
        if outcome.own:
            self.refused.add(id)
        if not outcome.own or len(self.refused) >= REFUSED:
            self.failures += 1
        if self.down:
            self.slots = 1
            self.quiet_until = max(self.quiet_until, now + self.wait(self.failures - BROKEN + 1))
        if outcome.after is not None:
            self.quiet_until = max(self.quiet_until, now + outcome.after)

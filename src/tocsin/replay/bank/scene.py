"""A scene: where a story begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tocsin.replay.bank.days import Day, span
from tocsin.replay.bank.draws import Ints, Keys, between, draw, keyed, named, one_of, several, whole
from tocsin.replay.bank.rows import Rows, written
from tocsin.replay.bank.town import Town, scrap
from tocsin.replay.bank.world import other


@dataclass(frozen=True)
class Scene:
    """The accounts for which a story begins today."""

    town: Town
    day: Day
    account: Ints
    key: Keys
    limit: Ints
    """The credit limit in force."""

    @property
    def ring(self) -> Ints:
        """The thieves' device, and the account they move money to: a ring works many victims for a week."""
        quarter = keyed(np.repeat(self.town.seed, len(self.account)), self.account // 1000)
        return scrap(keyed(keyed(quarter, self.day.number // 7), one_of(self.key, "ring", 2)))

    @property
    def far(self) -> Ints:
        return other(self.town.places.home, draw(self.key, "far"))

    def lasts(self, days: Any) -> None:
        """No other story begins for these accounts until it is over."""
        self.town.course.busy_until[self.account] = self.day.number + days

    def steps(self, what: str, counts: Ints, after: Ints, gap: Ints | int) -> tuple[Ints, Ints, Keys, Ints]:
        """Steps one after the other, some 0.3 to 1.7 gaps apart, the first as long after `after`.

        `counts`, `after` and `gap` (microseconds): for each account. Whose a step is, its place among
        theirs, its key, its instant.
        """
        owner, place, key = several(named(self.key, what), counts)
        gaps = span(np.broadcast_to(gap, len(counts))[owner] * between(key, "gap", 0.3, 1.7))
        total, first = np.cumsum(gaps), np.flatnonzero(place == 0)
        before = np.repeat((total - gaps)[first], np.diff(np.append(first, len(owner))))
        return owner, place, key, whole(after[owner] + total - before)

    def written(self, kind: str, owner: Ints, **fields: Any) -> Rows:
        """Facts of the story; `owner` tells whose by their place in it."""
        return written(kind, account=self.account[owner], **fields)

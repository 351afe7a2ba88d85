"""Stories: which ones there are, and for whom one begins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tocsin.replay.bank.days import Day
from tocsin.replay.bank.draws import Ints, draw, named
from tocsin.replay.bank.frauds import account_takeover, bust_out, card_theft
from tocsin.replay.bank.honest import job_loss, trip
from tocsin.replay.bank.rows import Rows
from tocsin.replay.bank.scene import Scene
from tocsin.replay.bank.town import Town

STORIES: dict[str, Callable[[Scene], list[Rows]]] = {
    "card_theft": card_theft,
    "account_takeover": account_takeover,
    "bust_out": bust_out,
    "job_loss": job_loss,
    "trip": trip,
}
"""By the name of their rate. A story writes its facts when it begins, however far ahead they lie."""
LEAD_IN = 90
"""Days before the first in which stories may have begun: the bank was open before we looked."""


def begun(town: Town, day: Day, limit: Ints) -> list[Rows]:
    """The facts, today's and later ones, of the stories that begin today among accounts that have none."""
    keys = named(town.keys(day.number), "stories")
    chances = np.cumsum([float(getattr(town.rates, name)) for name in STORIES]) / 365
    lot = np.searchsorted(chances, draw(keys, "story"), "right")
    lot[town.course.busy_until > day.number] = len(STORIES)
    rows: list[Rows] = []
    for number, (name, tell) in enumerate(STORIES.items()):
        account = np.flatnonzero(lot == number)
        if len(account):
            rows += tell(Scene(town, day, account, named(keys[account], name), limit[account]))
    return rows

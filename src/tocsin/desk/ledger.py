"""The ledger: a journal with the standing of its policies, opened, moved on group by group, put away.

`take …, closed, put, stored` is the life of a group; facts of the next may be taken before it
is stored. If storing fails the ledger is reopened: what is in the journal is the truth, and memory is
made to agree with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tocsin.desk.clerk import Clerk
from tocsin.desk.faults import Fault
from tocsin.desk.logs import log
from tocsin.desk.messages import Messages, contacts
from tocsin.desk.settings import Destination
from tocsin.desk.standing import Standing, Told, restored
from tocsin.desk.versions import Versions
from tocsin.engine import state
from tocsin.engine.decide import Decision, held_back
from tocsin.engine.memory import Room
from tocsin.journal.ids import Ids
from tocsin.journal.journal import Journal
from tocsin.journal.records import Difference, Entry, Group
from tocsin.values import instant
from tocsin.values.problem import did_you_mean

_SEGMENT = 65_536
_encode = msgspec.json.Encoder().encode


def clock() -> int:
    """Microseconds UTC, now."""
    return instant.micros(datetime.now(UTC))


class Ledger:
    """`clerk` is there once a policy is in force."""

    def __init__(self, journal: Journal, kernels: Path, destinations: Sequence[Destination] = ()) -> None:
        self.journal, self.kernels = journal, kernels
        self.versions = Versions(journal)
        self.messages = Messages(self.versions, destinations)
        self.clerk: Clerk | None = None
        self.shadows: list[Standing] = []
        self.notes: list[Difference] = []
        self.saved = 0
        """The entry of the newest snapshot."""

    def open(self, told: Told = lambda done, of: None) -> None:
        """Make memory agree with the journal: newest snapshot, then the entries after it."""
        champion, shadows = self.versions.in_force()
        self.clerk, self.shadows, self.notes = None, [], []
        if not champion:
            return
        standing = self.standing(champion, told)
        for number, since in shadows.items():
            self.shadow(self.standing(number, told, since))
        ids, last = Ids(self.kernels), 0
        for until, pairs in self.journal.id_segments():
            ids.add_pairs(pairs)
            last = until
        self.clerk, self.saved = Clerk(self.journal, standing, ids, self.journal.head()), standing.restored
        for entries in self.journal.entries(last):
            self.clerk.repeats.know(entries)

    def standing(self, number: int, told: Told = lambda done, of: None, since: int | None = None) -> Standing:
        """The standing of a policy at the end of the log; of a shadow's, what it says otherwise from `since` on."""
        began = time.monotonic()
        standing, reasons = restored(self.journal, number, self.versions.policy(number), self.kernels)
        for reason in reasons:
            log.warning("snapshot passed over", reason=reason)
        if since is not None:
            self.journal.forget_differences(number, max(standing.seq, since))
        for decided in standing.follow(self.journal, told=told):
            if since is not None:
                self._note(number, [one for one in decided if one[0].seq > since])
        log.info("standing", policy=number, entry=standing.seq, seconds=round(time.monotonic() - began, 3))
        return standing

    def shadow(self, standing: Standing) -> None:
        """Let a policy run beside the one in force."""
        self.shadows.append(standing)

    # -- a group -------------------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        """Whether there is anything to write."""
        group = None if self.clerk is None else self.clerk.group
        return bool(self.notes) or (group is not None and bool(group.entries or group.more))

    def closed(self) -> Group:
        """The group as it is to be stored, with its orders; a new one begins."""
        assert self.clerk is not None
        group = self.clerk.filed()
        group.orders += self.messages.orders(group.entries, group.changes)
        if self.clerk.current:  # what is of the past is not sent any more
            group.orders += contacts(group.entries)
        group.differences, self.notes = self.notes, []
        return group

    def put(self, group: Group) -> None:
        """Make a group durable; in any thread, one after another."""
        self.journal.write(group)
        self.journal.commit()

    def stored(self, group: Group) -> None:
        """A group is durable. The shadows take its facts too."""
        for shadow in self.shadows:
            self._note(shadow.number, shadow.take(group.entries, {}))

    def store(self) -> None:
        """Make what was written up durable, if there is anything, and wait for it."""
        if self.waiting:
            group = self.closed()
            self.put(group)
            self.stored(group)

    def _note(self, shadow: int, decided: Sequence[tuple[Entry, Decision]]) -> None:
        for entry, decision in decided:
            held = held_back(entry.detail)
            answer = decision.answer if held is None else max(decision.answer, held.answer)
            if (answer, decision.level) != (entry.decision, entry.level):
                fired = ",".join(rule for rule, *_ in decision.fired)
                self.notes.append(Difference(entry.seq, shadow, answer, decision.level, fired))

    def due(self, every: int) -> bool:
        """Whether so many entries were added since the last snapshot."""
        return self.clerk is not None and self.clerk.seq - self.saved >= every

    # -- putting away --------------------------------------------------------------------------

    @property
    def _standings(self) -> list[Standing]:
        return [] if self.clerk is None else [self.clerk.standing, *self.shadows]

    def rooms(self) -> dict[int, Room]:
        """Room for the snapshots, by number of the policy; in any thread, beforehand."""
        return {standing.number: standing.room() for standing in self._standings}

    def snapshots(self, rooms: Mapping[int, Room] | None = None) -> list[Callable[[], None]]:
        """What must be done, in any thread, to keep the present standing of every policy."""
        if self.clerk is None:
            return []
        tasks: list[Callable[[], None]] = []
        for standing in self._standings:
            save, parts = self.journal.save_snapshot, standing.dumped((rooms or {}).get(standing.number))
            tasks.append(partial(save, standing.number, standing.seq, parts, state.FORMAT))
        self.saved = self.clerk.seq
        return tasks

    def segment(self, least: int = _SEGMENT) -> Callable[[], None] | None:
        """What must be done to keep the ids of stored facts, once there are enough of them."""
        clerk = self.clerk
        if clerk is None or clerk.repeats.count < least or clerk.group.entries:
            return None
        until, pairs = clerk.seq, clerk.repeats.pairs
        clerk.repeats.pairs = []

        def save() -> None:
            try:
                self.journal.save_ids(until, np.concatenate(pairs).astype("<i8").tobytes())
            except BaseException:
                clerk.repeats.pairs[:0] = pairs  # the next segment must have them, or they would never be found again
                raise

        return save

    # -- acts ----------------------------------------------------------------------------------

    def act(self, act: str, actor: str, said: dict[str, object]) -> Entry:
        """Write up what a person did."""
        assert self.clerk is not None
        body = _encode({"act": act, "actor": actor, "at": instant.written(clock()), **said})
        return self.clerk.act(body)

    def done(self, act: str, content: dict[str, Any]) -> dict[str, Any]:
        """Do in the journal what an act asks; what is to be written up of it. Fault where it cannot be done."""
        now = clock()
        match act:
            case "key.add":
                self.journal.add_key(
                    content["id"], content["name"], bytes.fromhex(content["hash"]), content["scopes"], now
                )
                return {"id": content["id"], "name": content["name"], "scopes": content["scopes"]}
            case "key.end":
                if not self.journal.end_key(content["id"], now):
                    raise Fault(404, "there is no such key in force", "list them")
                return {"id": content["id"]}
            case "letter.revive":
                if not self.journal.revived(int(content["id"]), now):
                    raise Fault(404, "there is no such dead letter", "list them")
                return {"id": int(content["id"])}
            case "unshadow":
                named = [
                    one
                    for one in self.shadows
                    if content["policy"] in (one.policy.name, one.policy.stamp, str(one.number))
                ]
                if not named:
                    shadows = [one.policy.stamp for one in self.shadows]
                    raise Fault(
                        404, "no such policy runs as a shadow", did_you_mean(content["policy"], shadows) or "none does"
                    )
                return {"number": named[0].number, "policy": named[0].policy.stamp}
        raise AssertionError(act)

    def begin(self, number: int, actor: str, said: dict[str, object]) -> None:
        """Put the first policy of an empty journal in force."""
        standing = Standing(number, self.versions.policy(number), self.kernels)
        standing.decider.engine.prepare()
        self.clerk = Clerk(self.journal, standing, Ids(self.kernels), self.journal.head())
        self.act("activate", actor, {"number": number, **said})

    def put_in_force(self, standing: Standing, actor: str, said: dict[str, object]) -> Entry:
        """A standing built beside takes over, between two facts."""
        assert self.clerk is not None and standing.seq == self.clerk.seq
        self.clerk.standing = standing
        self.shadows = [shadow for shadow in self.shadows if shadow.number != standing.number]
        return self.act("activate", actor, {"number": standing.number, **said})

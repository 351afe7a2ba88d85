"""A journal that nobody serves, held for a moment: what people do to it is written up as the live service does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tocsin.credit.collection.book import Book
from tocsin.credit.collection.house import House
from tocsin.desk import incentives, keys, people, restrictions
from tocsin.desk.books import UNNAMED
from tocsin.desk.clerk import Given
from tocsin.desk.collecting import Collecting
from tocsin.desk.day import BusinessDay, off
from tocsin.desk.faults import Fault
from tocsin.desk.houses import Houses, Lender, fits
from tocsin.desk.ledger import Ledger, clock
from tocsin.desk.reading import Reading
from tocsin.desk.restrictions import Imposed
from tocsin.desk.settings import Settings, check_levels
from tocsin.desk.versions import Files
from tocsin.engine import state
from tocsin.facts import wire
from tocsin.facts.kinds import Fact
from tocsin.journal.journal import Journal, opened
from tocsin.journal.records import ACT, Entry, Group, sealed
from tocsin.values import instant
from tocsin.values.problem import Problem, Refused, did_you_mean

Said = dict[str, Any]
Progress = Callable[[str, int, int], None]
_encode = msgspec.json.Encoder().encode
_STEP = 0.25
"""Seconds of work in one group of a business day."""


def existing(settings: Settings) -> Journal:
    """The journal of some settings, to be read. Refused where there is none: looking must not make one."""
    if "://" not in settings.journal and not Path(settings.journal).exists():
        raise Refused(Problem("there is no journal here", settings.journal, "see 'journal' and TOCSIN_DATABASE_URL"))
    return opened(settings.journal)


class Offline:
    """Refused as `Held` where a server runs. `actor` is who is written down as having acted."""

    def __init__(self, settings: Settings, kernels: Path, actor: str, new: bool = False) -> None:
        """`new`: the journal may be made."""
        self.settings, self.actor = settings, actor
        self.journal = opened(settings.journal) if new else existing(settings)
        try:
            self.journal.hold()
        except BaseException:
            self.journal.close()
            raise
        self.ledger = Ledger(self.journal, kernels, settings.destinations)
        self.versions = self.ledger.versions
        self.reading = Reading(self.journal, self.versions)
        self._houses = Houses(self.versions, Lender(settings.laws, settings.texts))

    def close(self) -> None:
        self.journal.close()

    # -- policies ------------------------------------------------------------------------------

    def install(self, act: str, files: Files, progress: Progress = lambda stage, done, of: None) -> Said:
        """Put a policy in force ('activate') or beside the one in force ('shadow'), filled from the journal."""
        policy = files.policy()
        champion, shadows = self.versions.in_force()
        self._check(act, policy.watch, champion)
        check_levels(self.settings, [level.name for level in policy.levels])
        fits(policy, self._houses.lender)
        number, policy = self.versions.add(files, clock())
        said: Said = {"number": number, "policy": policy.stamp}
        if number == champion or (act == "shadow" and number in shadows):
            return {"act": act, **said, "already": True}
        progress("prepare", 0, 1)
        standing = self.ledger.standing(number, lambda done, of: progress("fill", done, of))
        progress("prepare", 1, 1)
        entry = self._written(act, said, number if act == "activate" else champion)
        standing.take([entry], {})
        self.journal.save_snapshot(number, standing.seq, standing.dumped(), state.FORMAT)
        return {"act": act, "entry": entry.seq, **said}

    def _check(self, act: str, watch: str, champion: int) -> None:
        if champion:
            before = self.versions.policy(champion).watch
            if watch != before:
                what = f"the journal watches each {before}, this policy each {watch}"
                raise Refused(Problem(what, self.journal.where, "begin another journal for it"))
        elif act == "shadow":
            what = "no policy is in force in this journal"
            raise Refused(Problem(what, self.journal.where, "activate one first"))

    def unshadow(self, name: str) -> Said:
        """Take a shadow out, by its policy's name, stamp or number."""
        champion, shadows = self.versions.in_force()
        policies = {number: self.versions.policy(number) for number in shadows}
        for number, policy in policies.items():
            if name in (policy.name, policy.stamp, str(number)):
                return self._done("unshadow", {"number": number, "policy": policy.stamp}, champion)
        remedy = did_you_mean(name, [policy.name for policy in policies.values()]) or "none does"
        raise Refused(Problem("no such policy runs as a shadow", self.journal.where, remedy))

    # -- keys and letters ----------------------------------------------------------------------

    def key_add(self, name: str, scopes: list[str]) -> Said:
        """A new key; its text is in the answer and nowhere else."""
        id, text, digest = keys.made()
        self._act("key.add", {"id": id, "name": name, "hash": digest, "scopes": scopes})
        return {"id": id, "key": text, "name": name, "scopes": scopes}

    def key_end(self, id: str) -> None:
        self._act("key.end", {"id": id})

    def letter_revive(self, id: int) -> None:
        self._act("letter.revive", {"id": id})

    def _act(self, act: str, content: Said) -> None:
        try:
            said = self.ledger.done(act, content)
        except Fault as fault:
            raise Refused(Problem(fault.reason, self.journal.where, fault.remedy)) from None
        self._done(act, said, self.versions.in_force()[0])

    # -- the log -------------------------------------------------------------------------------

    def _done(self, act: str, said: Said, champion: int) -> Said:
        return {"act": act, "entry": self._written(act, said, champion).seq, **said}

    def _written(self, act: str, said: Said, number: int) -> Entry:
        """An act in the log, durable; `number` is the policy in force from then on. It stands at the time of the log."""
        head = self.journal.head()
        body = _encode({"act": act, "actor": self.actor, "at": instant.written(clock()), **said})
        at, seq = head.recorded_at, head.seq + 1
        id = f"act-{seq}"
        entry = sealed(head.chain, seq, ACT, at, at, id, None, 0, 0, None, number, 0, 0, 0, 0, body, b"")
        self.journal.write(Group([entry]))
        self.journal.commit()
        return entry

    # -- facts ---------------------------------------------------------------------------------

    def take(self, given: Sequence[Given]) -> list[Fault | bool]:
        """Record facts; for each whether it was there before, or why it was refused."""
        self._opened()
        assert self.ledger.clerk is not None
        answers = self.ledger.clerk.take(given, clock())
        self.ledger.store()
        return [one if isinstance(one, Fault) else one.repeated for one in answers]

    # -- collections ---------------------------------------------------------------------------

    def day(self, at: int | None, close: bool, progress: Progress = lambda stage, done, of: None) -> Said:
        """Run everything that is due at a moment, now if none is given, and close its business day if so asked."""
        collecting = self.collecting(progress)
        try:
            day = BusinessDay(collecting, at, clock)
        except Fault as fault:
            raise Refused(Problem(fault.reason, fault.field, fault.remedy)) from None
        if day.over:
            return day.said()
        most, counted = 0, 0.0
        for _ in day.steps(close, self.actor, _STEP):
            self.ledger.store()
            if time.monotonic() - counted > 1:
                left, counted = day.left(), time.monotonic()
                most = max(most, left)
                progress("day", most - left, most)
        self._put_away()
        return day.said()

    def person(self, id: str, language: str) -> Said:
        """What the book of a person says, after everything that is on the log."""
        return self._made(id, lambda book, now, house: (people.person(book, now, house, language), []))

    def incentives(self, id: str, language: str) -> Said:
        return self._made(id, lambda book, now, house: (incentives.shown(book, now, house, language), []))

    def grant(self, id: str, reason: str, reverse: bool, language: str) -> Said:
        """A person takes a grant back, or confirms one that awaits a person."""
        account = self.journal.granted_to(id)
        if account is None:
            raise Refused(Problem(incentives.unknown().reason, id, "`tocsin incentive list` lists those of a person"))
        decision = incentives.Decision(self.actor, reason, reverse)
        return self._made(
            UNNAMED + account, lambda book, now, house: incentives.decided(book, now, house, id, decision, language)
        )

    def due_day(self, account: str, day: int, language: str) -> Said:
        return self._made(
            UNNAMED + account,
            lambda book, now, house: incentives.due_day(book, now, house, account, day, self.actor, language),
        )

    # -- restrictions --------------------------------------------------------------------------

    def restrictions(self, account: str, language: str) -> Said:
        return self._made(
            account, lambda book, now, house: (restrictions.all_of(book, account, now, house, language), [])
        )

    def restriction(self, id: str, language: str) -> Said:
        return self._of(id, partial(restrictions.shown_of, language=language))

    def restrain(self, account: str, given: Said, language: str) -> Said:
        def make(book: Book, now: int, house: House) -> tuple[Said, list[Fact]]:
            assert self.ledger.clerk is not None
            standing, asked = self.ledger.clerk.standing, Imposed(actor=self.actor, **given)
            level, stamp = standing.level(account), standing.policy.stamp
            return restrictions.imposed(book, account, now, house, stamp, asked, language, level)

        return self._made(account, make)

    def restriction_act(self, id: str, act: str, given: Said, language: str) -> Said:
        """What a person does about a restriction: one of `restrictions.ACTS`."""
        return self._of(id, partial(restrictions.ACTS[act], given=given, actor=self.actor, language=language))

    def _of(self, id: str, make: Callable[..., tuple[Said, list[Fact]]]) -> Said:
        kept = self.journal.restriction(id)
        if kept is None or kept.status == "held_out":
            raise Refused(Problem("there is no such restriction", id, "list those of its account"))
        return self._made(kept.account, lambda book, now, house: make(book, id, now, house))

    def _made(self, id: str, make: Callable[[Book, int, House], tuple[Said, list[Fact]]]) -> Said:
        """What is made of a person's book, and put down."""
        collecting = self.collecting()
        self._followed(collecting)
        book, house = collecting.shelf.person(id), collecting.house
        assert house is not None
        if book is None:
            raise Refused(Problem("nothing is known of this person", id.removeprefix(UNNAMED), "check the id"))
        now = max(clock(), collecting.clerk.recorded_at)
        try:
            said, facts = make(book, now, house)
        except Fault as fault:
            raise Refused(Problem(fault.reason, fault.field, fault.remedy)) from None
        if facts:
            collecting.take([wire.stored(wire.encode(fact)) for fact in facts], now)
            collecting.file()
            self.ledger.store()
        return said

    # -- worklists -----------------------------------------------------------------------------

    def worklists(self) -> list[Said]:
        return people.worklists(self.journal, self._house())

    def worklist(self, queue: str, limit: int, language: str) -> list[Said]:
        return people.worklist(self.journal, self._house(), queue, limit, language)

    def _house(self) -> House:
        champion, _ = self.versions.in_force()
        house = self._houses.of(champion) if champion else None
        if house is None:
            raise Refused(Problem(off().reason, self.journal.where, off().remedy))
        return house

    def collecting(self, progress: Progress = lambda stage, done, of: None) -> Collecting:
        self._house()
        self._opened(progress)
        channels = (one.channel for one in self.settings.channels)
        return Collecting(self.ledger, channels, self._houses)

    def _opened(self, progress: Progress = lambda stage, done, of: None) -> None:
        """Have a clerk who takes facts. Refused where no policy is in force."""
        if not self.versions.in_force()[0]:
            what = "no policy is in force in this journal"
            raise Refused(Problem(what, self.journal.where, "activate one first"))
        if self.ledger.clerk is None:
            self.ledger.open(lambda done, of: progress("open", done, of))

    def follow(self) -> None:
        """Let the books know everything that is on the log."""
        self._followed(self.collecting())

    def _followed(self, collecting: Collecting) -> None:
        while collecting.behind:
            collecting.follow(time.perf_counter() + _STEP)
            collecting.file()
            self.ledger.store()

    def _put_away(self) -> None:
        for task in self.ledger.snapshots():
            task()
        if (rest := self.ledger.segment(1)) is not None:
            rest()

    # -- what only reads -----------------------------------------------------------------------

    def policies(self, limit: int) -> list[Said]:
        return self.reading.policies(limit)

    def differences(self, shadow: int, after: int, limit: int) -> list[Said]:
        return self.reading.differences(shadow, after, limit)

    def keys(self) -> list[Said]:
        return self.reading.keys()

    def letters(self, limit: int) -> list[Said]:
        return self.reading.letters(limit)

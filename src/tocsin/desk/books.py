"""Books of persons in memory, over those of the journal: they follow the log, fact by fact.

What changed is handed out as statements (`puts`) for the group that makes it durable. Where that fails the shelf is
thrown away: what is in the journal is the truth. Between `puts` and the commit nothing is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Any

import msgspec

from tocsin.credit.collection.book import Book, OpenTask
from tocsin.credit.collection.evolve import Beyond, evolve, moved, rebuilt, resigned
from tocsin.credit.collection.house import House
from tocsin.credit.collection.strategy import ByHand
from tocsin.credit.collection.waking import wake_at
from tocsin.desk.budgets import given
from tocsin.desk.houses import Houses
from tocsin.desk.logs import log, place
from tocsin.desk.versions import content
from tocsin.engine.decide import detailed, happened
from tocsin.facts import wire
from tocsin.facts.dealings import DEALINGS, ContactAttempt
from tocsin.facts.incentives import Grant
from tocsin.facts.kinds import KINDS, Fact
from tocsin.journal.books import Given as GivenOut
from tocsin.journal.books import Job, Kept, puts, roused
from tocsin.journal.journal import Journal
from tocsin.journal.records import ACT, AGAIN, CAME, FACT, Entry

OWN = "t-"
"""Ids of the facts that Tocsin makes itself begin so."""
UNNAMED = "account:"
"""Who holds an account is not known yet: a person of that name, so that no customer's id can be mistaken for it."""
_TOLD = "position_changed"
"""Concerns a book only where Tocsin told it itself."""
_CONCERNS = frozenset((*KINDS, *DEALINGS)) - {_TOLD, "login", "profile_change", "clock"}
_SILENT = frozenset(("purchase", "cash_advance", "transfer", "refund", "fee", "interest", "limit_change"))
"""They move what is owed, not what is due: nothing is to be decided because of them."""
_KEPT = 20_000
_ROUSED = 1_000
"""Persons who are made due at once, where everybody is to be."""
encoded = msgspec.msgpack.Encoder(order="deterministic").encode
decoded: Callable[[bytes], Book] = msgspec.msgpack.Decoder(Book).decode


@dataclass(slots=True)
class _Page:
    """`wake`: when the person is to be looked at; `stale`: that is to be reckoned as of then, before it is stored."""

    book: Book
    wake: int | None = None
    stale: int | None = None


class Shelf:
    """`log` has the facts, `store` the books: the same journal, but when they are replayed.

    `followed`: the last entry that the books know.
    """

    def __init__(self, log: Journal, houses: Houses, store: Journal | None = None) -> None:
        self.log, self.houses, self.store = log, houses, store or log
        self.followed = self.store.followed()
        self._pages: dict[str, _Page] = {}
        self._holders: dict[str, str | None] = {}
        self._changed: dict[str, _Page] = {}
        self._held: dict[str, str] = {}
        self._attempts: dict[str, str] = {}
        self._jobs: dict[str, tuple[str, OpenTask] | None] = {}
        self._rousing = self.store.rousing()
        self._grants: dict[str, GivenOut] = {}
        self._spent: dict[str, dict[str, tuple[int, int]]] = {}

    # -- looking -------------------------------------------------------------------------------

    def book(self, person: str) -> Book:
        """Of a person who was met, in `person`, `due` or a fact."""
        return self._pages[person].book

    def person(self, id: str) -> Book | None:
        """The book of a customer, or of who holds the account of this id."""
        self._meet([(id, None)])
        self._meet([(None, id.removeprefix(UNNAMED))])
        for person in (self._named(id, None), self._named(None, id.removeprefix(UNNAMED))):
            if person is not None and person in self._pages and (book := self._pages[person].book).seq:
                return book
        return None

    def due(self, at: int, limit: int) -> list[str]:
        """Persons who are to be looked at, the longest due first."""
        persons = self.store.due(at, limit)
        self._fetch(persons)
        return persons

    # -- following -----------------------------------------------------------------------------

    def follow(self, entries: Sequence[Entry]) -> None:
        """Take the entries of the log that come next."""
        facts = [(entry, happened(wire.stored(body), entry.detail)) for entry in entries if (body := self._body(entry))]
        self._meet((fact.customer, getattr(fact, "account", None)) for _, fact in facts)
        for entry, fact in facts:
            self.take(entry, fact)
        for entry in entries:
            if entry.kind == ACT and content(entry)["act"] == "activate":
                self._rousing = entry.recorded_at, ""  # another strategy may find something to do at any time
        if entries:
            self.followed = entries[-1].seq

    def _body(self, entry: Entry) -> bytes:
        """The fact that an entry tells a book of; empty for none. Rules may fire at any fact, and once more where a late
        one comes."""
        if _concerns(entry) or (entry.kind == FACT and entry.detail):
            return entry.body
        again = self.log.entry(entry.ref) if entry.kind == AGAIN and entry.detail else None
        return again.body if again is not None else b""

    def take(self, entry: Entry, fact: Fact) -> None:
        """One fact into the book it belongs to; its person was met."""
        account: str | None = getattr(fact, "account", None)
        person, house = self._named(fact.customer, account), self.houses.at(entry)
        if person is None or house is None:
            return
        if account is not None and (before := self._holders.get(account)) != person:
            self._holders[account] = self._held[account] = person
            if before is not None:
                old, new = moved(self._pages[before].book, account, self._pages[person].book)
                self._put(old, entry, True)
                self._put(new, entry, True)
        if isinstance(fact, ContactAttempt):
            self._attempts[fact.attempt] = person
        known = self._pages[person].book
        book = self._evolved(person, fact, house, entry)
        self._put(book, entry, _held(book) or (entry.kind != AGAIN and _kind(entry.body) not in _SILENT))
        if isinstance(fact, Grant):
            self._grant(fact, known, book, house)

    def _evolved(self, person: str, fact: Fact, house: House, entry: Entry) -> Book:
        book = self._pages[person].book
        fired = tuple(rule for rule, *_ in detailed(entry.detail)[0]) if entry.detail and house.release else ()
        risen = None
        if entry.level > entry.level_before:
            risen = self.houses.versions.policy(entry.policy).levels[entry.level - 1].name
        try:
            if entry.kind == AGAIN or not _concerns(entry):
                return resigned(book, fact, house, entry.seq, entry.recorded_at, fired, risen)
            return evolve(book, fact, house, entry.seq, entry.recorded_at, fired, risen)
        except Beyond as beyond:
            return rebuilt(beyond.book, beyond.account, self._postings(beyond.account, entry), house)
        except Exception as error:  # a fact stays on the log, and those after it must go on
            log.error("a fact changed no book", entry=entry.seq, fault=place(error))
            return book

    def _postings(self, account: str, last: Entry) -> list[tuple[Fact, int]]:
        """The facts of an account up to an entry, each with when it was recorded, in the order of the log."""
        if self.houses.versions.policy(last.policy).watch != "account":  # the log is chained by something else
            entries = (one for part in self.log.entries(0, last.seq) for one in part)
            return [given for one in entries if (given := _of(account, one)) is not None]
        found, entry = list[tuple[Fact, int]](), last
        while True:
            if (one := _of(account, entry)) is not None:
                found.append(one)
            before = self.log.entry(entry.previous) if entry.previous else None
            if before is None:
                return found[::-1]
            entry = before

    def _put(self, book: Book, entry: Entry, touched: bool) -> None:
        page = self._pages[book.person]
        if book is page.book:
            return
        if book.tasks is not page.book.tasks:
            self._jobs.update(dict.fromkeys(page.book.tasks))
            self._jobs.update({id: (book.person, task) for id, task in book.tasks.items()})
        page.book = book
        self._changed[book.person] = page
        if page.stale is None and page.wake is not None and page.wake <= entry.recorded_at:
            return  # who is due stays due until it was decided
        page.stale = None if touched else entry.recorded_at
        if touched:
            page.wake = entry.recorded_at

    def decided(self, person: str, now: int, house: House) -> None:
        """What was to be done for a person now is done: they are due again when time alone makes it worth asking."""
        page = self._pages[person]
        page.wake, page.stale = wake_at(page.book, now, house), None
        self._changed[person] = page

    # -- who is meant --------------------------------------------------------------------------

    def _named(self, customer: str | None, account: str | None) -> str | None:
        if customer is None:
            return None if account is None else self._holders.get(account) or unnamed(account)
        if customer.startswith(UNNAMED):
            return self._holders.get(customer.removeprefix(UNNAMED)) or customer
        return customer

    def _meet(self, whom: Iterable[tuple[str | None, str | None]]) -> None:
        """Have at hand everything that facts of these customers and accounts may concern."""
        wanted = set(whom)
        accounts = {account for _, account in wanted if account is not None}
        accounts |= {one.removeprefix(UNNAMED) for one, _ in wanted if one is not None and one.startswith(UNNAMED)}
        unknown = [account for account in accounts if account not in self._holders]
        self._holders.update(dict.fromkeys(unknown))
        self._holders.update(self.store.holders(unknown))
        persons = {customer for customer, _ in wanted if customer is not None}
        persons |= {self._holders[account] or unnamed(account) for account in accounts}
        self._fetch(persons)

    def _fetch(self, persons: Iterable[str]) -> None:
        missing = [person for person in dict.fromkeys(persons) if person not in self._pages]
        if missing:
            kept = self.store.books(missing)
            for person in missing:
                one = kept.get(person)
                self._pages[person] = _Page(Book(person)) if one is None else _Page(decoded(one.body), one.wake_at)

    # -- budgets -------------------------------------------------------------------------------

    def spent(self, month: str) -> dict[str, tuple[int, int]]:
        """Of each incentive in a month: how many were granted, and how much in all."""
        if month not in self._spent:
            self._spent[month] = self.store.spent(month)
        return self._spent[month]

    def _grant(self, fact: Grant, before: Book, after: Book, house: House) -> None:
        """Count a grant in the month in which it was first told, as it stands now."""
        was, now = (given(book, fact, house.zone) for book in (before, after))
        if now is None:
            return
        spent = self.spent(now.month)
        count, amount = spent.get(now.incentive, (0, 0))
        less = (0, 0) if was is None else (was.given, was.amount)
        spent[now.incentive] = (count + now.given - less[0], amount + now.amount - less[1])
        self._grants[now.id] = now

    # -- keeping -------------------------------------------------------------------------------

    @property
    def changed(self) -> bool:
        """Whether anything is to be kept."""
        return bool(self._changed or self._held or self._rousing is not None)

    def puts(self, house: House | None) -> list[tuple[str, Sequence[tuple[Any, ...]]]]:
        """The statements that keep everything that changed since the last ones, and `followed`.

        Without a house nobody is woken and there are no worklists.
        """
        for page in self._changed.values():
            if page.stale is not None:
                page.wake = None if house is None else wake_at(page.book, page.stale, house)
                page.stale = None
        kept = [_kept(page) for page in self._changed.values()]
        jobs = [_job(id, *known, house) for id, known in self._jobs.items() if known is not None and house is not None]
        done = [id for id, known in self._jobs.items() if known is None]
        woken = self._roused()
        grants = list(self._grants.values())
        asked = puts(
            kept, self._held.items(), self._attempts.items(), jobs, done, self.followed, self._rousing, grants=grants
        )
        asked += woken
        self._changed, self._held, self._attempts, self._jobs, self._grants = {}, {}, {}, {}, {}
        self._pages, self._holders = _newest(self._pages), _newest(self._holders)
        return asked

    def _roused(self) -> list[tuple[str, Sequence[tuple[Any, ...]]]]:
        """Make some more persons due, where everybody is to be."""
        if self._rousing is None:
            return []
        at, after = self._rousing
        persons = self.store.persons(after, _ROUSED)
        for person in persons:
            page = self._pages.get(person)
            if page is not None and (page.wake is None or page.wake > at):
                page.wake = at
        self._rousing = (at, persons[-1]) if len(persons) == _ROUSED else None
        return [roused(persons, at)] if persons else []


def unnamed(account: str) -> str:
    """The person who holds an account of which nobody has said whose it is. An id has 128 signs at most."""
    if len(account) > 128 - len(UNNAMED):
        account = blake2b(account.encode(), digest_size=16).hexdigest()
    return UNNAMED + account


def _concerns(entry: Entry) -> bool:
    if entry.kind not in (FACT, CAME):
        return False
    kind = _kind(entry.body)
    return kind in _CONCERNS or (kind == _TOLD and (entry.fact_id or "").startswith(OWN))


def _held(book: Book) -> bool:
    """Whether a restriction is open: then whatever happens may change when it ends."""
    return any(one.stands for one in book.restrictions.values())


def _kind(body: bytes) -> str:
    """The kind of a fact from its canonical JSON, where it stands first."""
    return body[9 : body.index(b'"', 9)].decode()


def _of(account: str, entry: Entry) -> tuple[Fact, int] | None:
    if not _concerns(entry):
        return None
    fact = happened(wire.stored(entry.body), entry.detail)
    return (fact, entry.recorded_at) if getattr(fact, "account", None) == account else None


def _newest(known: dict[str, Any]) -> dict[str, Any]:
    return known if len(known) <= _KEPT else dict(islice(known.items(), len(known) // 2, None))


def _kept(page: _Page) -> Kept:
    book, case = page.book, page.book.case
    told = [one.told for one in book.accounts.values() if one.told is not None]
    return Kept(
        book.person, page.wake, book.seq, case.id if case else None, case.segment if case else None,
        max((one.bucket for one in told), default=0), sum(one.past_due for one in told), encoded(book),
    )  # fmt: skip


def _job(id: str, person: str, task: OpenTask, house: House) -> Job:
    treatment = house.strategy.treatments.get(task.treatment)
    minutes = treatment.way.minutes if treatment is not None and isinstance(treatment.way, ByHand) else 0
    return job(id, person, task, minutes)


def job(id: str, person: str, task: OpenTask, minutes: int) -> Job:
    """An open task as it stands in a worklist."""
    state = "open" if task.actor is None else "taken"
    return Job(id, person, task.queue, task.treatment, task.value, minutes, task.at, task.due_at, state, task.actor)

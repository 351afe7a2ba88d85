"""Books put to the test: evolved anew over the whole log, into a journal of their own, they are those that are stored;
so are who holds an account, whom an attempt was made for, and the tasks of the worklists.

Memory stays bounded however many persons there are: both stand on disk, and are compared a page at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tocsin.desk.books import Shelf, decoded, job
from tocsin.desk.houses import Houses, Lender
from tocsin.desk.versions import Versions
from tocsin.journal.books import Kept, Whose
from tocsin.journal.journal import Journal, opened
from tocsin.journal.records import Group
from tocsin.values.problem import Problem, shown

_PART = 4096
_PAGE = 500
Progress = Callable[[str, int, int], None]


def replayed(journal: Journal, lender: Lender, progress: Progress = lambda stage, done, of: None) -> Iterator[Problem]:
    """Each person whose stored book is not what the log says."""
    end = journal.followed()
    if not end:
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        again = opened(str(Path(folder) / "books.db"))
        try:
            try:
                _evolved(Shelf(journal, Houses(Versions(journal), lender), again), end, progress)
            except (ValueError, KeyError, TypeError, AttributeError):
                yield Problem("an entry cannot be read; the books were not compared", journal.where)
                return
            yield from _compared(journal, again, end)
        finally:
            again.close()


def _evolved(shelf: Shelf, end: int, progress: Progress) -> None:
    for entries in shelf.log.entries(0, end, _PART):
        shelf.follow(entries)
        shelf.store.write(Group(more=shelf.puts(None)))
        shelf.store.commit()
        progress("books", entries[-1].seq, end)


def _compared(journal: Journal, again: Journal, end: int) -> Iterator[Problem]:
    for stored, expected in _pairs(journal, again):
        if stored.seq <= end and (expected is None or stored.body != expected.body):  # others moved on meanwhile
            yield Problem(f"the book of {shown(stored.person)} is not what the log says", journal.where)
    for known, found in _pairs(again, journal):
        if found is None:
            yield Problem(f"the book of {shown(known.person)} is missing", journal.where)
    yield from _whose(journal, again, "holders", "account", end)
    yield from _whose(journal, again, "attempts", "attempt", end)
    yield from _grants(journal, again, end)
    yield from _tasks(journal, again, end)


def _whose(journal: Journal, again: Journal, table: Whose, name: str, end: int) -> Iterator[Problem]:
    """Accounts or attempts that are put to another person than the log does, or to none."""
    for one, other in ((journal, again), (again, journal)):
        after = ""
        while page := one.every_person(table, after, _PAGE):
            beside = other.some_persons(table, (id for id, _ in page))
            for id, person in page:
                wrong = beside.get(id) != person and (one is journal or id not in beside)
                if wrong and not _moved_on(journal, {person, beside.get(id, person)}, end):
                    yield Problem(f"whose the {name} {shown(id)} is, is not what the log says", journal.where)
            after = page[-1][0]


def _grants(journal: Journal, again: Journal, end: int) -> Iterator[Problem]:
    """What budgets count that the books do not, or the other way about."""
    for one, other in ((journal, again), (again, journal)):
        after = ""
        while page := one.every_grant(after, _PAGE):
            beside = other.some_grants(grant.id for grant in page)
            for grant in page:
                wrong = beside.get(grant.id) != grant and (one is journal or grant.id not in beside)
                if wrong and not _moved_on(journal, again.some_persons("holders", [grant.account]).values(), end):
                    yield Problem(f"the grant {shown(grant.id)} is not what the log says", journal.where)
            after = page[-1].id


def _tasks(journal: Journal, again: Journal, end: int) -> Iterator[Problem]:
    """Tasks of worklists that are not those of the books. The minutes are those of the policy, which may have changed."""
    after = ""
    while page := journal.every_job(after, _PAGE):
        books = again.books({one.person for one in page})
        for one in page:
            task = None if one.person not in books else decoded(books[one.person].body).tasks.get(one.id)
            told = None if task is None else job(one.id, one.person, task, one.minutes)
            if told != one and not _moved_on(journal, {one.person}, end):
                yield Problem(f"the task {shown(one.id)} is not what the log says", journal.where)
        after = page[-1].id
    after = ""
    while kept := again.every_book(after, _PAGE):
        tasks = {id: one.person for one in kept for id in decoded(one.body).tasks}
        there = journal.some_jobs(tasks)
        for id, person in tasks.items():
            if (id not in there or there[id].state == "done") and not _moved_on(journal, {person}, end):
                yield Problem(f"the task {shown(id)} is missing", journal.where)
        after = kept[-1].person


def _moved_on(journal: Journal, persons: Iterable[str], end: int) -> bool:
    """Whether facts of any of these persons came after the entry up to which all is compared."""
    return any(one.seq > end for one in journal.books(persons).values())


def _pairs(of: Journal, other: Journal) -> Iterator[tuple[Kept, Kept | None]]:
    after = ""
    while page := of.every_book(after, _PAGE):
        beside = other.books(one.person for one in page)
        yield from ((one, beside.get(one.person)) for one in page)
        after = page[-1].person

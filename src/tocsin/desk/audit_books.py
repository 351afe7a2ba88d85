"""Books put to the test: evolved anew over the whole log, into a journal of their own, they are those that are stored.

Memory stays bounded however many persons there are: both stand on disk, and are compared a page at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tocsin.desk.books import Shelf
from tocsin.desk.houses import Houses, Lender
from tocsin.desk.versions import Versions
from tocsin.journal.books import Kept
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


def _pairs(of: Journal, other: Journal) -> Iterator[tuple[Kept, Kept | None]]:
    after = ""
    while page := of.every_book(after, _PAGE):
        beside = other.books(one.person for one in page)
        yield from ((one, beside.get(one.person)) for one in page)
        after = page[-1].person

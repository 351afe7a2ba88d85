"""Books beside the log, the same on SQLite and PostgreSQL: kept with the facts they come of, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import cluster, postgres, postgres_url  # noqa: F401 fixtures
from tests.test_journal import group, journal, url  # noqa: F401 fixtures
from tocsin.journal.books import Day, Job, Kept, Queue, puts
from tocsin.journal.journal import Journal
from tocsin.journal.records import Unavailable


def kept(person: str, wake_at: int | None, seq: int = 1) -> Kept:
    return Kept(person, wake_at, seq, None, "early", 1, 500, person.encode())


def job(id: str, value: int, state: str = "open") -> Job:
    return Job(id, "p1", "calls", "human_call", value, 6, 10, None, state, None)


def store(journal: Journal, entries: int, **more: object) -> None:  # noqa: F811
    made = group(journal.head(), entries)
    made.more += puts(**more)  # type: ignore[arg-type]
    journal.write(made)
    journal.commit()


def test_books_are_kept_with_their_facts(journal: Journal) -> None:  # noqa: F811
    assert journal.followed() == 0 and journal.books(["p1"]) == {} and journal.day("2026-01-01") is None
    many = [kept(f"p{n:04}", None if n % 2 else n) for n in range(1200)]
    store(journal, 3, books=many, holders=[("a", "p1"), ("b", "p2")], followed=3)
    assert journal.followed() == 3 and journal.holders(["a", "b", "c"]) == {"a": "p1", "b": "p2"}
    assert journal.books(one.person for one in many) == {one.person: one for one in many}
    assert journal.due(6, 3) == ["p0000", "p0002", "p0004"] and journal.due_count(6) == 4
    assert [one.person for one in journal.every_book("p0002", 2)] == ["p0003", "p0004"]
    store(journal, 0, books=[kept("p0000", None, 2), kept("p0001", 4, 2)], holders=[("a", "p9")], followed=5)
    assert journal.due(6, 9) == ["p0002", "p0001", "p0004", "p0006"] and journal.followed() == 5
    assert journal.holders(["a"]) == {"a": "p9"} and journal.books(["p0001"])["p0001"].seq == 2


def test_worklists_go_by_value(journal: Journal) -> None:  # noqa: F811
    store(journal, 0, jobs=[job("t1", 5), job("t2", 9), job("t3", 7, "taken")])
    assert [one.id for one in journal.jobs("calls", 2)] == ["t2", "t3"]
    store(journal, 0, jobs=[job("t1", 50)], done=["t2"])
    assert [one.id for one in journal.jobs("calls", 9)] == ["t1", "t3"]
    assert journal.queues() == [Queue("calls", 2, 12, 57)]
    found = journal.job("t2")
    assert found is not None and found.state == "done" and journal.job("t9") is None


def test_nothing_is_kept_of_a_group_that_fails(journal: Journal) -> None:  # noqa: F811
    store(journal, 2, books=[kept("p1", 1)], followed=2, day=Day("2026-01-01", 1, "begun", "{}"))
    wrong = group(journal.head()._replace(seq=7), 1)
    wrong.more += puts([kept("p1", 9)], followed=8, day=Day("2026-01-01", 1, "closed", "{}"))
    with pytest.raises(Unavailable):
        journal.write(wrong)
        journal.commit()
    journal.rollback()
    day = journal.day("2026-01-01")
    assert journal.followed() == 2 and journal.due(5, 5) == ["p1"] and day is not None and day.state == "begun"


def test_an_older_journal_has_no_books(tmp_path: Path) -> None:
    """Opened by this Tocsin it gets the tables, and its log is as it was."""
    from tocsin.journal import schema
    from tocsin.journal.journal import opened

    steps = schema.STEPS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "STEPS", steps[:1])
        old = opened(str(tmp_path / "j.db"))
        old.write(group(old.head(), 2))
        old.commit()
        old.close()
    new = opened(str(tmp_path / "j.db"))
    assert new.head().seq == 2 and new.followed() == 0 and new.due(9, 9) == []
    new.close()

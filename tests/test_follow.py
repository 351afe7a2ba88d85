"""Books follow the log, in process: whatever the facts and however they are parted, they are what a replay makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.collecting import DAY, HOUR, given, payment, phone, policy, settings, statement, texts
from tests.support import START
from tocsin.credit import position
from tocsin.credit.position import replayed
from tocsin.desk import audit_books
from tocsin.desk.books import Shelf, decoded
from tocsin.desk.clerk import Given
from tocsin.desk.houses import Lender
from tocsin.desk.ledger import clock
from tocsin.desk.offline import Offline
from tocsin.desk.settings import read
from tocsin.desk.versions import Files
from tocsin.facts import wire
from tocsin.journal.records import Group
from tocsin.values import instant

Desk = Callable[..., Offline]
LONG_AGO = START - 600 * DAY


@pytest.fixture
def desk(tmp_path: Path, kernels: Path) -> Desk:
    """A journal that nobody serves, with a policy of collections in force."""
    texts(tmp_path)

    def made(**changes: str) -> Offline:
        text = policy("Asia/Shanghai")
        for old, new in changes.items():
            text = text.replace(old, new)
        given = read(settings() + "journal: j.db\n", str(tmp_path / "tocsin.yaml"), {}, tmp_path)
        one = Offline(given, kernels, "test", new=True)
        one.install("activate", Files("p.yaml", {"p.yaml": text}))
        one.ledger.open()
        return one

    return made


def taken(desk: Offline, *facts: dict[str, Any]) -> None:
    read = [wire.decode(json.dumps(fact).encode()) for fact in facts]
    clerk = desk.ledger.clerk
    assert clerk is not None
    answers = clerk.take([Given(fact, wire.encode(fact)) for fact in read], clock())
    assert all(hasattr(answer, "entry") for answer in answers), answers
    desk.ledger.store()


def same(desk: Offline) -> None:
    lender = Lender(desk.settings.laws, desk.settings.texts)
    assert [str(problem) for problem in audit_books.replayed(desk.journal, lender)] == []


@pytest.mark.parametrize("watch", ["account", "customer"])
def test_what_lies_before_the_book_is_replayed(desk: Desk, watch: str) -> None:
    """A payment of two years ago bounces: the account is replayed from the log, by its chain or by reading it all."""
    one = desk(**{"lateness: 2 hours": f"lateness: 1500 days\nwatch: {watch}"})
    months = [LONG_AGO + 30 * DAY * month for month in range(20)]
    facts = [payment("a", LONG_AGO + DAY, 10_000, customer="c")]
    facts += [statement("a", at, **({"customer": "c"} if number else {})) for number, at in enumerate(months)]
    taken(one, *sorted(facts, key=lambda fact: str(fact["recorded_at"])))
    one.day(months[-1] + 5 * DAY, True)
    paid = facts[0]["fact_id"]
    late = given("payment_reversed", LONG_AGO + DAY, account="a", amount=10_000, currency="CNY", reported_fact=paid)
    known = months[-1] + 6 * DAY
    taken(one, late | {"occurred_at": instant.written(LONG_AGO + 3 * DAY), "recorded_at": instant.written(known)})
    one.day(known + DAY, True)
    log = [wire.stored(entry.body) for part in one.journal.entries() for entry in part if entry.kind == 0]
    book = decoded(one.journal.books(["c"])["c"].body)
    terms = position.Terms(currency="CNY", zone="Asia/Shanghai", grace_days=3, tolerance=1_000)
    mine = [fact for fact in log if getattr(fact, "account", None) == "a"]
    assert book.accounts["a"].history == replayed(mine, terms)
    same(one)
    one.close()


def test_however_the_log_is_parted(desk: Desk) -> None:
    """Read one by one or all at once, with persons put away between, the books are the same; a damaged one is named."""
    one = desk()
    facts = []
    for n in range(30):
        who = {} if n % 3 == 0 else {"customer": f"c{n % 7}"}
        facts += [statement(f"a{n}", START + n, **who), phone(START + n, contact=f"m{n}", account=f"a{n}", **who)]
        facts.append(payment(f"a{n}", START + 25 * DAY + n, 4_000, customer=f"c{n % 7}"))
    taken(one, *sorted(facts, key=lambda fact: str(fact["recorded_at"])))
    one.day(START + 27 * DAY, True)
    same(one)
    stored = {kept.person: kept.body for kept in one.journal.every_book("", 1000)}
    assert len([person for person in stored if not person.startswith("account:")]) == 7
    shelf = Shelf(one.journal, one._houses)
    assert shelf.person("a0") is not None and shelf.person("account:a0") == shelf.person("c0") == shelf.person("a0")
    one.journal.write(Group(more=[("UPDATE books SET body = ? WHERE person = 'c1'", [(stored["c2"],)])]))
    one.journal.commit()
    [problem] = audit_books.replayed(one.journal, Lender(one.settings.laws, one.settings.texts))
    assert "the book of 'c1' is not what the log says" in str(problem)
    one.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE tasks SET value = value + 1", "the task '{task}' is not what the log says"),
        ("UPDATE tasks SET person = 'c2'", "the task '{task}' is not what the log says"),
        ("UPDATE tasks SET state = 'done'", "the task '{task}' is missing"),
        (
            "UPDATE holders SET person = 'c2' WHERE account = 'a1'",
            "whose the account 'a1' is, is not what the log says",
        ),
        ("DELETE FROM holders WHERE account = 'a1'", "whose the account 'a1' is, is not what the log says"),
        ("UPDATE attempts SET person = 'c2'", "whose the attempt '{attempt}' is, is not what the log says"),
    ],
)
def test_a_table_beside_the_books_that_was_changed_is_named(desk: Desk, change: str, said: str) -> None:
    one = desk()
    facts = [statement(f"a{n}", START + n, customer=f"c{n}") for n in (1, 2)]
    taken(one, *facts, phone(START + 3, account="a1"), given("profile", START + 4, account="a1", name="某"))
    one.day(START + 25 * DAY + 11 * HOUR, True)
    same(one)
    [task] = [known.id for known in one.journal.every_job("", 9)]
    [(attempt, person)] = one.journal.every_person("attempts", "", 9)
    assert person == "c1"
    one.journal.write(Group(more=[(change, [()])]))
    one.journal.commit()
    [problem] = audit_books.replayed(one.journal, Lender(one.settings.laws, one.settings.texts))
    assert said.format(task=task, attempt=attempt) in str(problem)
    one.close()


def test_another_strategy_is_asked_of_everybody(desk: Desk) -> None:
    """Once another policy is in force everybody is looked at, also who had nothing to wait for."""
    one = desk()
    taken(one, *(fact for n in range(5) for fact in (statement(f"a{n}", START + n, customer=f"c{n}"),)))
    one.day(START + 40 * DAY, True)
    assert one.day(START + 41 * DAY, True)["persons"] == 0
    text = (
        policy("Asia/Shanghai")
        .replace('version: "1"', 'version: "2"')
        .replace("at: 3, do: card_lock", "at: 12, do: card_lock")
    )
    one.install("activate", Files("p.yaml", {"p.yaml": text}))
    one.ledger.open()
    said = one.day(START + 41 * DAY + 1, False) | one.day(START + 42 * DAY, True)
    assert said["persons"] == 5 and one.journal.rousing() is None
    same(one)
    one.close()


def test_a_store_that_fails_leaves_no_trace(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts, books and how far they know the log come together or not at all."""
    one = desk()
    taken(one, statement("a", START, customer="c"), phone(START, customer="c"))
    before = one.journal.head().seq
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(one.journal.store, "commit", _fails)
        one.day(START + 25 * DAY, True)
    one.journal.rollback()
    assert one.journal.head().seq == before and one.journal.followed() == 0 and one.journal.books(["c"]) == {}
    one.ledger.open()
    said = one.day(START + 25 * DAY, True)
    assert said["state"] == "closed" and said["facts"]["contact_attempt"] == 1
    same(one)
    one.close()


def _fails() -> None:
    raise RuntimeError("the disk is gone")

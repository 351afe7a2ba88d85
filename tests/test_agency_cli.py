"""Agencies and the bureau on a real journal: placed by the policy, out, a report in (twice), reviewed; both languages."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.collecting import (
    DAY,
    ENVIRONMENT,
    given,
    late,
    payment,
    phone,
    policy,
    send,
    settings,
    soon,
    statement,
    texts,
)
from tests.live import Server, now
from tests.test_chinese import english_in
from tests.test_live_cli import Folder
from tocsin.desk.clerk import Given
from tocsin.desk.offline import Offline
from tocsin.desk.settings import read
from tocsin.desk.versions import Files
from tocsin.faces.cli import main
from tocsin.facts import wire
from tocsin.values import instant

HEADER = "record,agency,account,at,reference,amount,currency,channel,role,result,attempt,reason"
PLACING = (
    "    agency: {title: {en: Agency, zh: 委外}, place: {agency: north, rate: 20, days: 180}}\n  ladder:\n"
    "  - {at: 2, do: agency, for: 30}\n"
)
Row = dict[str, str]


def placing(zone: str = "") -> str:
    return policy(zone).replace("  ladder:\n", PLACING).replace("lateness: 2 hours", "lateness: 60 days")


class Desk(Folder):
    """A folder with a journal in which debts are placed; moments are days ago."""

    def __init__(self, path: Path, kernels: Path) -> None:
        super().__init__(path)
        texts(path)
        (path / "tocsin.yaml").write_text(f"{settings()}journal: tocsin.db\n")
        self.kernels, self.now = kernels, now()
        with self.open(True) as desk:
            desk.install("activate", Files("p.yaml", {"p.yaml": placing("Asia/Shanghai")}))
        self.take(*(statement(f"a{n}", self.ago(60), customer=f"c{2 if n == 3 else 1}") for n in (1, 2, 3)),
                  *(phone(self.ago(60), "+86 100 1111 2222", customer=f"c{n}") for n in (1, 2)),
                  phone(self.ago(60), "c1@example.com", customer="c1", contact="e1", channels=["email"], consent_since=None),
                  given("opt_out", self.ago(60), customer="c2"), given("profile", self.ago(60), customer="c1", name="某甲"))  # fmt: skip
        with self.open() as desk:
            desk.day(self.ago(35), True)

    def ago(self, days: float) -> int:
        return self.now - round(days * DAY)

    def at(self, days: float) -> str:
        return instant.written(self.ago(days))

    def date(self, days: float) -> str:
        return (datetime.now(UTC) + timedelta(hours=8) - timedelta(days=days)).date().isoformat()

    def open(self, new: bool = False) -> _Open:
        path = self.path / "tocsin.yaml"
        return _Open(Offline(read(path.read_text(), str(path), {}, self.path), self.kernels, "test", new))

    def take(self, *facts: dict[str, Any]) -> None:
        bare = [{name: value for name, value in fact.items() if value is not None} for fact in facts]
        known = [wire.decode(json.dumps(fact).encode()) for fact in bare]
        with self.open() as desk:
            assert desk.take([Given(one, wire.encode(one)) for one in known]) == [False] * len(known)

    def report(self, *rows: str, name: str = "report.csv", amount: str = "0.00") -> str:
        total = f"total,,,,{len(rows)},{amount},CNY,,,,,"
        (self.path / name).write_text("\n".join((HEADER, *rows, total)) + "\n")
        return name

    def facts(self, kind: str) -> list[dict[str, Any]]:  # type: ignore[override]
        rows = self.rows("SELECT body FROM entries WHERE kind = 0 ORDER BY seq")
        return [fact for (body,) in rows if (fact := json.loads(body))["kind"] == kind]


class _Open:
    def __init__(self, desk: Offline) -> None:
        self.desk = desk

    def __enter__(self) -> Offline:
        return self.desk

    def __exit__(self, *exception: object) -> None:
        self.desk.close()


@pytest.fixture
def desk(tmp_path: Path, kernels: Path) -> Desk:
    return Desk(tmp_path, kernels)


def table(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def rows(said: str) -> list[tuple[str, ...]]:
    """The cells of what is a table on the screen."""
    return [tuple(cell.strip() for cell in line.strip("│").split("│")) for line in said.splitlines() if "│" in line]


def worked(desk: Desk) -> Sequence[str]:
    """What north did with its debts, and the rows by which it tells of it."""
    asked = given("contact_attempt", desk.ago(30), customer="c1", attempt="at-1", channel="call", purpose="collection")
    back = given("payment_reversed", desk.ago(26), account="a2", amount=1_000, currency="CNY")
    desk.take(
        asked | {"by": "agency", "accounts": ["a1", "a2"]},
        payment("a1", desk.ago(29), 5_000, customer="c1"), payment("a2", desk.ago(28), 3_000, customer="c1"), back,
    )  # fmt: skip
    return (
        f"payment,north,a1,{desk.at(28.5)},r1,50.00,CNY,,,,,",
        f"payment,north,a1,{desk.at(28)},r2,7.00,CNY,,,,,",
        f"payment,north,a9,{desk.at(28)},r3,9.00,CNY,,,,,",
        f"contact,north,a1,{desk.at(29.9)},,,,call,debtor,right_party,at-1,",
        f"contact,north,a1,{desk.at(22)},,,,call,debtor,no_answer,at-1,",
        f"contact,north,a2,{desk.at(21)},,,,sms,,delivered,,",
        f"complaint,north,a2,{desk.at(20)},,,,call,,upheld,,rude",
        f"return,north,a3,{desk.at(27)},,,,,,,,moved abroad",
    )


def test_placed_out_in_twice_and_reviewed(desk: Desk) -> None:
    assert "Records in out.csv: 2" in desk.say("agency", "out", "north", "--out", "out.csv")
    assert not [one for one in desk.path.iterdir() if one.name.startswith(".out")]
    one, other, total = table((desk.path / "out.csv").read_text())
    assert {one["accounts"], other["accounts"]} == {"a1 a2", "a3"}
    one, other = sorted((one, other), key=lambda row: row["customer"])
    assert (one["name"], one["phone"], one["email"], one["language"]) == ("某甲", "+86 100 1111 2222", "", "zh")
    assert (other["phone"], other["name"]) == ("", ""), "who opted out is not handed on"
    assert (one["amount"], one["owed"], one["rate_bp"]) == ("2000.00", "2000.00", "2000") and one["until"]
    assert int(one["days_past_due"]) in (39, 40) and (total["placement"], total["amount"]) == ("2", "3000.00")

    file = desk.report(*worked(desk), amount="66.00")
    said = desk.say("agency", "in", file)
    assert "Facts recorded: 5" in said and "The books do not agree" in said
    assert rows(said)[:5] == [
        ("Matched", "1", "50.00"),
        ("Only theirs: never arrived", "1", "7.00"),
        ("Only ours: not reported", "1", "30.00"),
        ("Strange: not their accounts", "1", "9.00"),
        ("Difference", "", "-14.00"),
    ]
    results = {fact["result"]: fact for fact in desk.facts("contact_result")}
    assert results["right_party"]["attempt"] == "at-1" and "attempt" not in results["no_answer"]
    assert [fact["about"] for fact in desk.facts("complaint")] == ["north"]
    [gone] = [fact for fact in desk.facts("placement") if fact["state"] == "returned"]
    assert (gone["customer"], gone["reason"]) == ("c2", "moved abroad")

    before = desk.count()
    said = desk.say("agency", "in", file, TOCSIN_LANG="zh")
    assert desk.count() == before and "只计一次):5" in said and "对账不符" in said and "仅机构有" in said
    assert [row["accounts"] for row in table(desk.say("agency", "out", "north"))[:-1]] == ["a1 a2"]
    with desk.open() as at:
        at.follow()
        book = at.collecting().shelf.person("c1")
        assert book is not None and len([one for one in book.attempts if one.id.startswith(("at-", "agency-"))]) == 3
        assert at.collecting().shelf.person("c2").placed is None  # type: ignore[union-attr]

    said = desk.say("agency", "review", "north", "--from", desk.date(35), "--to", desk.date(1), file)
    assert rows(said)[:7] == [
        ("Placements", "2"), ("Placed", "3,000.00"), ("Recovered", "70.00"), ("Liquidation", "2.3 %"),
        ("Commission earned", "14.00"), ("Conduct factor", "0 %"), ("Commission due", "0.00"),
    ]  # fmt: skip
    assert "2 of 3 contacts were not allowed by the gate first" in said and "Grade of conduct: D" in said
    assert "1 of 1 complaints were upheld" in said and "do not renew north" in said
    assert f"Next review: {desk.date(-365)}" in said
    said = desk.say("agency", "review", "north", "--from", desk.date(35), "--to", desk.date(1), "--ends", desk.date(-60), file, TOCSIN_LANG="zh")  # fmt: skip
    assert "不再与 north 续约" in said and "3次联系中有2次未事先获准" in said and "下次评估" in said
    assert not set(english_in(said)) - {"north"}, said
    assert "follows from the facts" in desk.say("audit", "replay")


def test_wrong_files_change_nothing(desk: Desk) -> None:
    before = desk.count()
    assert "did you mean 'north'" in desk.say("agency", "out", "nort", "--out", "x.csv", code=2)
    assert not (desk.path / "x.csv").exists()
    contact = f"contact,north,a7,{desk.at(3)},,,,call,,no_answer,,"
    early = f"return,north,a1,{desk.at(50)},,,,,,,,"
    future = f"payment,north,a1,{desk.at(-2)},r1,1.00,CNY,,,,,"
    said = desk.say("agency", "in", desk.report(contact, early, future, amount="1.00"), code=2)
    assert said.count("was not placed with 'north' by") == 2 and "lies in the future" in said
    said = desk.say("agency", "in", desk.report(contact.replace("call,", "cal,")), code=2, TOCSIN_LANG="zh")
    assert "report.csv:2:未知渠道 'cal';是否指 'call'?" in said
    assert "从未向 'south' 委案" in desk.say(
        "agency", "in", desk.report(contact.replace("north", "south")), code=2, TOCSIN_LANG="zh"
    )
    assert "it cannot be read" in desk.say("agency", "in", "nowhere.csv", code=2)
    desk.report(contact.replace("north", "south"), name="south.csv")
    period = ("--from", desk.date(30), "--to", desk.date(1))
    assert "it is of 'south'" in desk.say("agency", "review", "north", *period, "south.csv", code=2)
    assert "is not a day" in desk.say("agency", "review", "north", "--from", "soon", "--to", desk.date(1), code=2)
    assert "期间的截止早于起始" in desk.say(
        "bureau", "out", "--from", desk.date(1), "--to", desk.date(9), code=2, TOCSIN_LANG="zh"
    )
    assert desk.count() == before


def test_a_contact_that_comes_too_late_is_set_aside_loudly(desk: Desk) -> None:
    with desk.open() as at:
        at.install("activate", Files("p.yaml", {"p.yaml": placing("Asia/Shanghai").replace("60 days", "3 days")}))
    told = [f"contact,north,a1,{desk.at(days)},,,,call,,no_answer,," for days in (1, 9)]
    said = desk.say("agency", "in", desk.report(*told), code=3)
    assert "Facts recorded: 1" in said and "late, the policy waits 3 days" in said
    assert "counted once: 1" in desk.say("agency", "in", desk.report(*told), code=3)


def step(desk: Desk, record: str, name: str, days: float, **fields: Any) -> dict[str, Any]:
    said = {"customer": "c1", "accounts": ["a1"], "currency": "CNY", "days_past_due": 33, "amount": 10_000}
    return given("bureau_step", desk.ago(days), **{**said, **fields}, record=record, step=name) | {
        "fact_id": f"{record}-{name}"
    }


def test_the_bureau_is_told_after_a_notice_and_answers(desk: Desk) -> None:
    desk.take(
        step(desk, "b1", "notice", 34), step(desk, "b2", "notice", 33), step(desk, "b1", "furnished", 12),
        step(desk, "b2", "ended", 11, reason="paid before it was reported"),
        step(desk, "b1", "corrected", 9, amount=0, until=desk.at(-1826), reason="paid"),
    )  # fmt: skip
    period = ("--from", desk.date(20), "--to", desk.date(1))
    assert "Records in b.csv: 2" in desk.say("bureau", "out", *period, "--out", "b.csv")
    first, second, total = table((desk.path / "b.csv").read_text())
    assert [first["record"], first["step"], first["amount"], first["days_past_due"], first["name"]] == ["b1", "furnished", "100.00", "33", "某甲"]  # fmt: skip
    assert (second["step"], second["until"], second["reason"]) == ("corrected", desk.at(-1826), "paid")
    assert (total["record"], total["amount"]) == ("2", "100.00")

    answers = f"line,record,at,answer,reason\nanswer,b1,{desk.at(5)},disputed,not mine\ntotal,1,,,\n"
    (desk.path / "answers.csv").write_text(answers)
    assert "Facts recorded: 2" in desk.say("bureau", "in", "answers.csv")
    said = desk.say("bureau", "in", "answers.csv", TOCSIN_LANG="zh")
    assert "只计一次):2" in said and "有异议" in said
    with desk.open() as at:
        at.day(None, False)
        book = at.collecting().shelf.person("c1")
        assert book is not None and book.records["b1"].steps[-1][0] == "disputed" and book.placed is None
    (desk.path / "answers.csv").write_text(answers.replace("b1", "b2"))
    assert "answers.csv:2: record 'b2' was never furnished" in desk.say("bureau", "in", "answers.csv", code=2)

    desk.take(step(desk, "b3", "furnished", 0.01), step(desk, "b3", "notice", 0.005))
    said = desk.say("bureau", "out", "--from", desk.date(20), "--to", desk.date(0), "--out", "b.csv", code=2)
    assert "record 'b3' was furnished on" in said and "without an earlier notice" in said
    assert len(table((desk.path / "b.csv").read_text())) == 3, "the file of before stays"


@pytest.mark.parametrize(
    "page", ["agency", "agency out", "agency in", "agency review", "bureau", "bureau out", "bureau in"]
)
def test_help_is_in_both_languages(page: str) -> None:
    result = CliRunner().invoke(main.app, [*page.split(), "--help"], terminal_width=10_000)
    assert result.exit_code == 0
    for line in filter(None, result.output.splitlines()):
        assert re.search(r"[A-Za-z].*[\u4e00-\u9fff]", line) or line.startswith("Usage 用法:"), line


def test_beside_a_server(tmp_path: Path) -> None:
    texts(tmp_path)
    with Server(tmp_path, "", placing(), settings(), ENVIRONMENT) as server:
        late(server)
        send(server, given("login", now(), account="a1"))
        mine = {"TOCSIN_DATABASE_URL": server.url, "TOCSIN_API_KEY": server.key}
        folder = Folder(tmp_path)
        (tmp_path / "tocsin.yaml").write_text(settings())
        soon(lambda: server.ask("/v1/people/c1").said["agency"] == "north")
        [debt, _] = table(folder.say("agency", "out", "north", **mine))
        assert (debt["accounts"], debt["customer"], debt["owed"]) == ("a1", "c1", "1000.00")
        at = instant.written(now())
        told = (f"contact,north,a1,{at},,,,call,,no_answer,,", f"return,north,a1,{at},,,,,,,,gone")
        (tmp_path / "r.csv").write_text("\n".join((HEADER, *told, "total,,,,2,,,,,,,")) + "\n")
        address = f"http://127.0.0.1:{server.port}"
        assert "Facts recorded: 2" in folder.say("agency", "in", "r.csv", "--server", address, **mine)
        assert "counted once: 2" in folder.say("agency", "in", "r.csv", "--server", address, **mine)
        soon(lambda: server.ask("/v1/people/c1").said["agency"] is None)
        assert server.stop() == 0

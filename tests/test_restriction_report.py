"""The report on restrictions: from a journal that the desk wrote, in a year that it lived through, to the page."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.collecting import given as told
from tests.collecting import soon, statement
from tests.live import CACHE, Server, fact, now
from tests.lives import HOLDS, NOW, many
from tests.test_report import parsed
from tocsin.credit.collection.held import HELD_FEATURES
from tocsin.credit.restriction.document import (
    FactorDocument,
    FactorsDocument,
    HoldDocument,
    LineDocument,
    ReleaseDocument,
    RequirementDocument,
    RestrictionsDocument,
    ScopeDocument,
    StageDocument,
)
from tocsin.credit.restriction.force import TOUCHES
from tocsin.credit.restriction.imposing import place
from tocsin.desk import effects
from tocsin.desk.clerk import Given
from tocsin.desk.offline import Offline
from tocsin.desk.settings import load
from tocsin.desk.versions import files
from tocsin.faces.cli import main
from tocsin.faces.report.held import About, html
from tocsin.facts import wire
from tocsin.insight.lives import Life, Periods
from tocsin.insight.restrictions import Figures, Report, report
from tocsin.journal.journal import opened
from tocsin.values import instant
from tocsin.values.calendar import DAY
from tocsin.values.problem import Refused

POLICY = """
policy: held
version: "1"
currency: CNY
timezone: Asia/Shanghai
lateness: 2 hours
rules:
  large: {when: "kind = 'purchase' and amount > 1000.00", level: yellow, say: {en: "{amount}", zh: "{amount}"}}
  stolen: {when: "kind = 'purchase' and amount > 9000.00", level: red, decision: block, say: {en: "{amount}", zh: "{amount}"}}
  owing: {when: "days_past_due > 0", level: blue, say: {en: "late", zh: "逾期"}}
restrictions:
  acknowledge: 15 minutes
  holds:
    spending:
      title: {en: "Spending is suspended", zh: "暂停消费"}
      say: {en: "You can repay as always.", zh: "还款不受影响。"}
      does: transaction_block
      on: [large]
      days: 5
      most: 30
      expires: 45 days
      held_out: 20
    cut:
      title: {en: "The limit is cut", zh: "降低额度"}
      say: {en: "You can repay as always.", zh: "还款不受影响。"}
      does: limit_cut
      keep: 50
      on: [owing]
      days: 30
      most: 180
release:
  large: [large]
  four_eyes: red
  refuse_when: fraud_first_party
  factors:
    credit_score: {shows: credit_score}
    transactions:
      shows: anomalies
      lines: [{when: fraud_withdrawn, ends: true, say: {en: "Withdrawn", zh: "已撤回"}}]
    capacity: {shows: surplus}
    usage: {shows: utilisation}
    information: {shows: information_complete}
    record: {shows: restrictions_before}
collection:
  profile: CN
  open_when: past_due > 100000.00
  close_when: past_due = 0
  treatments:
    human_call: {title: {en: Call, zh: 电话}, task: {queue: calls, channel: call, template: call_script, minutes: 6, value: "past_due"}}
  capacity: {calls: 1 hours}
  ladder: [{at: 1, do: human_call}]
"""
BEGAN = instant.parse("2026-03-02T02:00:00Z")
HOUR = DAY // 24


def people() -> tuple[list[str], str]:
    """Customers who are not held out from `spending`, and one who is."""
    names = [f"c{number}" for number in range(60)]
    return [name for name in names if place("spending", name) >= 20][:6], next(
        name for name in names if place("spending", name) < 20
    )


def bought(who: str, at: int, amount: int) -> dict[str, Any]:
    return told("purchase", at, customer=who, account=f"a-{who}", amount=amount, currency="CNY")


def fraud(who: str, at: int, **fields: Any) -> dict[str, Any]:
    return told("fraud_report", at, customer=who, account=f"a-{who}", **fields)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """A folder whose journal knows: one right, one withdrawn, one that was nothing, one appealed, one late, one held out."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "tocsin.yaml").write_text("listen: {}")
    (right, back, nothing, appeals, late, blocked), out = people()
    at = [BEGAN + number * DAY for number in range(200)]
    days = {
        0: [bought(who, at[0], 200_000) for who in (right, back, nothing, appeals, blocked, out)]
        + [statement(f"a-{late}", at[0] - 20 * DAY, customer=late)],
        1: [bought(who, at[1], 7_000 + place) for place, who in enumerate((right, back, nothing, out))]
        + [bought(right, at[1] + HOUR, 950_000), bought(blocked, at[1], 950_000)],
        2: [fraud(right, at[2], confirmed=True), fraud(back, at[2]), fraud(out, at[2], confirmed=True, reported_fact=f"purchase-a-{out}-{out}--{at[1]}")],
        4: [fraud(back, at[4], reason="withdrawn"), told("position_changed", at[4], customer=late, account=f"a-{late}", days_past_due=4, past_due=10_000)],
    }  # fmt: skip
    offline = Offline(load(folder / "tocsin.yaml", {}), CACHE, "anna", new=True)
    try:
        offline.install("activate", files(folder / "policy.yaml"))
        for day in range(0, 130):
            known = sorted(days.get(day, ()), key=lambda one: str(one["recorded_at"]))
            facts = [wire.decode(json.dumps(one).encode()) for one in known]
            if facts:
                assert offline.take([Given(one, wire.encode(one), asked=True) for one in facts]) == [False] * len(facts)
                offline.follow()
            if day < 12 or day % 10 == 0:
                offline.day(at[day] + 12 * HOUR, close=False)
    finally:
        offline.close()
    return folder, [right, back, nothing, appeals, late, blocked], out


def test_a_journal_tells_what_became_of_its_restrictions(journal: tuple[Path, list[str], str]) -> None:
    folder, (right, back, nothing, appeals, late, blocked), out = journal
    offline = Offline(load(folder / "tocsin.yaml", {}), CACHE, "anna")
    try:
        versions = offline.versions
        gathered = effects.Gathered(offline.journal, versions, versions.policy(versions.in_force()[0]))
        gathered.read()
        lives = {one.person: one for one in gathered.lives()}
        found, _ = effects.effects(offline.journal)
    finally:
        offline.close()
    assert set(lives) == {right, back, nothing, appeals, late, blocked, out}
    assert {name for name, one in lives.items() if one.held_out} == {out}
    assert {name for name, one in lives.items() if one.credit} == {late}
    assert (lives[right].blocked, lives[right].blocked_facts) == (207_000, 2), (
        "what its rule blocks anyway is not counted"
    )
    assert (lives[back].blocked, lives[nothing].blocked) == (207_001, 207_002), (
        "the fact that brought it about counts too"
    )
    assert (lives[blocked].blocked, lives[blocked].blocked_facts) == (200_000, 1)
    assert lives[back].reason == "report_withdrawn" and lives[nothing].reason == "conditions_met"
    assert lives[nothing].ended_at == BEGAN + 5 * DAY + 12 * HOUR
    assert [amount for _, amount in lives[out].losses] == [7_003]
    assert lives[right].losses == ()
    (spell,) = lives[late].late
    assert spell[0] < BEGAN + 40 * DAY < spell[1]
    assert all(one.unconfirmed for name, one in lives.items() if name != out), "no core system says anything here"
    spending, cut = found.holds["spending"], found.holds["cut"]
    assert spending.verdicts == {"confirmed": 1, "false": 3, "undecided": 1}, "who turned red waits for two people"
    assert cut.verdicts == {"confirmed": 2, "false": 0, "undecided": 0}, "cut again: still late when the first was over"
    assert (spending.saved.confirmed, spending.saved.all) == (207_000, 5 * 200_000 + 7_000 + 7_001 + 7_002)
    assert spending.compared is not None and spending.compared.held_out.loss == 7_003


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_writes_both_files(
    journal: tuple[Path, list[str], str], language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(journal[0])
    monkeypatch.setenv("TOCSIN_LANG", language)
    out = tmp_path / "out"

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["tocsin", "restriction", "report", "--out", str(out), *words])
        with pytest.raises(SystemExit) as left:
            main.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out + said.err

    code, said = run()
    assert code == 0 and ("confirmed 3, false 3" in said if language == "en" else "属实3,误伤3" in said), said
    figures = json.loads((out / "restrictions.json").read_text())
    assert figures["total"]["n"] == 7 and figures["total"]["held_out"] == 1
    assert figures["titles"]["cut"] == {"en": "The limit is cut", "zh": "降低额度"}
    root = parsed((out / "restrictions.html").read_text())
    assert [one.get("id") for one in root.iter("input") if one.get("checked")] == [language]
    code, said = run("--since", "2026-03-03")
    assert code == 0 and json.loads((out / "restrictions.json").read_text())["total"]["n"] == 2
    code, said = run("--since", "soon")
    assert code == 2 and ("is not a day" in said if language == "en" else "不是日期" in said), said


def test_it_is_read_beside_a_service_that_goes_on(tmp_path: Path) -> None:
    (right, *_), out = people()
    with Server(tmp_path, policy=POLICY) as server, closing(opened(server.url)) as journal:
        for who, answer in ((right, "block"), (out, "approve")):
            said = server.decide(fact(f"a-{who}", now(), customer=who, amount=200_000))
            assert said.said["outcome"] == answer, said
        soon(lambda: any(one.days is not None for one in journal.every_restriction()))
        found, policy = effects.effects(journal)
        assert (found.total.n, found.total.standing, found.total.held_out, policy.name) == (1, 1, 1, "held")
        assert (found.total.saved.all, found.total.saved.facts) == (200_000, 1)
        again = server.decide(fact(f"a-{right}", now(), customer=right, amount=5_000))
        assert again.said["outcome"] == "block"
        assert effects.effects(journal)[0].total.saved.all == 205_000


def test_a_journal_without_a_policy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("listen: {}")
    offline = Offline(load(tmp_path / "tocsin.yaml", {}), CACHE, "anna", new=True)
    with pytest.raises(Refused, match="no policy is in force"):
        effects.effects(offline.journal)
    offline.close()


# -- the page ----------------------------------------------------------------------------------------------------------

ABOUT = About(
    "card 1", {hold: {"en": f"{hold} <b>&", "zh": f"管控{place}"} for place, hold in enumerate(HOLDS)}, "Asia/Shanghai"
)
STANDS = Life("r1", "a", "p", "spending_hold", "transaction_block", NOW - DAY)
CASES: dict[str, Report] = {
    "a year": report(many(3000), NOW, "CNY"),
    "few": report(many(9), NOW, "JPY", NOW - 300 * DAY),
    "one that stands": report([STANDS], NOW, "CNY"),
    "held out alone": report(
        [many(300, held_out=1)[0], *[one for one in many(300, held_out=1) if one.held_out]], NOW, "CNY"
    ),
    "none": report([], NOW, "CNY"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_page_is_whole_loads_nothing_and_speaks_both_languages(case: str) -> None:
    page = html(CASES[case], ABOUT)
    root = parsed(page)
    names = {element.tag for element in root.iter()}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "use", "image", "b"}
    attributes = [(name, value) for element in root.iter() for name, value in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("href", "src", "style", "action")]
    assert not re.search(r"https?:|//|@import|url\((?!#)|javascript:", page)
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert "default-src 'none'; style-src 'unsafe-inline'" in [value for _, value in attributes]
    assert (
        "nan" not in re.findall(r"[a-z]+", page.lower())
        and "None" not in page
        and not re.search(r"\{\w*\}", page.split("</style>")[1])
    )
    for parent in root.iter():
        said = [child for child in parent if set(child.get("class", "").split()) & {"en", "zh"}]
        for en, zh in zip(said[::2], said[1::2], strict=True):
            assert (en.get("lang"), zh.get("lang"), en.tag) == ("en", "zh-CN", zh.tag)
            assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", en.text or "")
            assert not re.search(r"[\u4e00-\u9fff][,;:]|[,;:][\u4e00-\u9fff]", zh.text or "")
    for picture in root.iter("svg"):
        assert picture.get("aria-hidden") == "true" or picture.find("desc") is not None


def test_every_chart_is_there() -> None:
    page = html(CASES["a year"], ABOUT)
    for name in ("verdicts", "lasting", "estimates", "compared"):
        assert f'id="{name}-title"' in page


# -- the documents -----------------------------------------------------------------------------------------------------


def test_documents_name_every_key_and_feature() -> None:
    text = (Path(__file__).parent.parent / "docs" / "policy-reference.md").read_text()
    models = (
        RestrictionsDocument,
        HoldDocument,
        StageDocument,
        ScopeDocument,
        ReleaseDocument,
        FactorsDocument,
        FactorDocument,
        LineDocument,
        RequirementDocument,
    )
    words = {key for model in models for key in model.model_fields} | set(HELD_FEATURES) | set(TOUCHES) - {"override"}
    assert not [word for word in sorted(words) if f"`{word}`" not in text]


def test_documents_name_every_figure() -> None:
    text = (Path(__file__).parent.parent / "docs" / "restrictions.md").read_text()
    plain = {"n", "standing", "held_out", "verdicts"}
    named = {one.name for one in fields(Figures)} - plain
    assert not [name for name in sorted(named) if f"`{name}`" not in text]
    periods = Periods()
    for days in (periods.before, periods.after, periods.quiet, periods.again):
        assert f"{days} days" in text

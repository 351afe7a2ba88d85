"""Collections rehearsed with simulated debtors through real processes, and audited from the journal alone."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.auditor import Violation, audited, messages_of, overheard, read
from tests.live import CACHE
from tests.reckoner import Fact, at_of
from tocsin.desk import audit
from tocsin.journal.journal import opened

START = date(2025, 10, 1)
HOUR = 3_600_000_000
Log = list[tuple[int, int, Fact]]


def rehearsed(folder: Path, profile: str, accounts: int, days: int) -> Log:
    """The log of a rehearsal, run to its end."""
    words = ["--accounts", accounts, "--days", days, "--profile", profile, "--out", folder, "--start", START]
    run = subprocess.run(
        [sys.executable, "-m", "tocsin", "rehearse", *map(str, words)],
        check=False, capture_output=True, text=True, env={**os.environ, "TOCSIN_CACHE": str(CACHE), "TOCSIN_LANG": "en"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    return read(folder / "tocsin.db")


def last(days: int) -> date:
    return START + timedelta(days=days - 1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Log]:
    folder = tmp_path_factory.mktemp("rehearsal") / "cn"
    return folder, rehearsed(folder, "CN", 60, 45)


def test_six_weeks_of_a_few_are_lawful_and_every_account_is_in_one_state(small: tuple[Path, Log]) -> None:
    folder, log = small
    assert audited(log, "CN", last(45)) == []
    kinds = {fact["kind"] for _, _, fact in log}
    assert kinds >= {"contact_attempt", "contact_result", "case_changed", "position_changed", "treatment"}
    assert overheard(messages_of(folder / "messages.ndjson"), log) == []


def test_the_books_are_the_replay_of_the_log(small: tuple[Path, Log]) -> None:
    replayed(small[0])


def replayed(folder: Path) -> None:
    """Entries, books and messages follow from the facts."""
    journal = opened(str(folder / "tocsin.db"))
    try:
        assert list(audit.verified(journal)) == []
        assert list(audit.replayed(journal, CACHE / "kernels")) == []
    finally:
        journal.close()


@pytest.mark.long
@pytest.mark.parametrize("profile", ["CN", "US", "UK"])
def test_a_year_of_5000_accounts(profile: str, tmp_path: Path) -> None:
    log = rehearsed(tmp_path / "year", profile, 5_000, 365)
    violations = audited(log, profile, last(365))
    assert violations == [], (len(violations), violations[:20])
    assert overheard(messages_of(tmp_path / "year" / "messages.ndjson"), log) == []
    kinds = {fact["kind"] for _, _, fact in log}
    replayed(tmp_path / "year")
    assert kinds >= {"plan_offered", "promise_changed", "task", "legal_step", "bureau_step", "charge_off", "placement"}
    assert kinds >= {"waiver", "pause", "closure"}
    assert "visit" in {fact["channel"] for _, _, fact in log if fact["kind"] == "contact_attempt"}
    assert "enforcement" in {fact["step"] for _, _, fact in log if fact["kind"] == "legal_step"}


# -- the auditor himself -----------------------------------------------------------------------------------------------


def changed(log: Log, seq: int, change: Callable[[Fact], None], at: int | None = None) -> list[Violation]:
    """What the audit finds once one fact is another."""
    place = next(place for place, (one, _, _) in enumerate(log) if one == seq)
    _, recorded_at, fact = log[place]
    other = copy.deepcopy(fact)
    change(other)
    entry = (seq, recorded_at if at is None else at, other)
    return audited([*log[:place], entry, *log[place + 1 :]], "CN", last(45))


def attempts(log: Log) -> list[tuple[int, int, Fact]]:
    """Messages to people who were written to more than once, the last of each."""
    found = [one for one in log if one[2]["kind"] == "contact_attempt" and one[2].get("text")]
    assert len(found) > 20
    return found[len(found) // 2 :]


def test_a_contact_at_night_is_found(small: tuple[Path, Log]) -> None:
    seq, at, _ = attempts(small[1])[0]
    day = 24 * HOUR
    found = changed(small[1], seq, lambda fact: None, (at + 8 * HOUR) // day * day + (23 - 8) * HOUR)
    assert {one.rule for one in found} >= {"hours"}


def test_a_text_with_anothers_name_account_or_amount_is_found(small: tuple[Path, Log]) -> None:
    for seq, _, fact in attempts(small[1])[:3]:
        for words in ("客户99999", "Customer 99999", "尾号9999", "¥98,765.43", "a9999999"):
            found = changed(small[1], seq, lambda fact, words=words: fact.update(text=f"{fact['text']} {words}"))  # type: ignore[misc]
            assert [(one.rule, one.customer) for one in found] == [("privacy", fact["customer"])], words


def test_a_message_to_anothers_address_is_found(small: tuple[Path, Log]) -> None:
    (seq, _, fact), *others = attempts(small[1])
    other = next(
        one for _, _, one in others if one["customer"] != fact["customer"] and one["channel"] == fact["channel"]
    )
    assert "address" in {one.rule for one in changed(small[1], seq, lambda one: one.update(address=other["address"]))}
    assert "address" in {one.rule for one in changed(small[1], seq, lambda one: one.update(contact=other["contact"]))}
    assert "privacy" in {one.rule for one in changed(small[1], seq, lambda one: one.update(accounts=other["accounts"]))}


@pytest.mark.parametrize("flag", ["ceased", "deceased", "bankrupt", "attorney", "disputed"])
def test_a_contact_after_a_stop_is_found(small: tuple[Path, Log], flag: str) -> None:
    log = small[1]
    seq, at, fact = next(one for one in attempts(log) if one[2]["purpose"] == "collection")
    stop = {
        "kind": "stop",
        "fact_id": "x",
        "customer": fact["customer"],
        "occurred_at": "2025-10-01T00:00:00Z",
        "flag": flag,
    }
    place = next(place for place, one in enumerate(log) if one[0] == seq)
    found = audited([*log[:place], (seq, at, stop), *log[place:]], "CN")
    assert "stop" in {one.rule for one in found} and {one.customer for one in found} == {fact["customer"]}


def test_an_opt_out_and_a_withdrawn_consent_are_found(small: tuple[Path, Log]) -> None:
    log = small[1]
    seq, at, fact = next(one for one in attempts(log) if one[2]["channel"] in ("sms", "app", "email"))
    place = next(place for place, one in enumerate(log) if one[0] == seq)
    known = {"fact_id": "x", "customer": fact["customer"], "occurred_at": fact["occurred_at"]}
    out = {"kind": "opt_out", "channel": fact["channel"], **known}
    point = {
        "kind": "contact_point", "contact": fact["contact"], "channels": [fact["channel"]], "address": fact["address"], **known
    }  # fmt: skip
    for rule, one in (("opt_out", out), ("consent", point)):
        found = audited([*log[:place], (seq, at, one), *log[place:]], "CN")
        assert found and rule in {violation.rule for violation in found}


def test_a_fourth_talk_on_one_day_is_found(small: tuple[Path, Log]) -> None:
    log = small[1]
    seq, at, fact = next(one for one in log if one[2].get("channel") == "sms" and one[2]["kind"] == "contact_attempt")
    phone = {**fact, "channel": "call"}
    calls: Log = []
    for number in range(4):
        calls.append((seq, at + number, {**phone, "attempt": f"x{number}", "fact_id": f"x{number}"}))
        result = {"kind": "contact_result", "attempt": f"x{number}", "result": "right_party", "channel": "call"}
        calls.append((seq, at + number, {**result, "fact_id": f"y{number}", "customer": fact["customer"], "occurred_at": fact["occurred_at"]}))  # fmt: skip
    place = next(place for place, one in enumerate(log) if one[0] == seq)
    found = audited([*log[:place], *calls, *log[place + 1 :]], "CN")
    assert [one.rule for one in found] == ["often"]


def test_a_wrong_state_and_a_step_that_was_left_out_are_found(small: tuple[Path, Log]) -> None:
    log = small[1]
    late = next(seq for seq, _, fact in log if fact["kind"] == "position_changed" and fact["state"] == "M1")
    assert {one.rule for one in changed(log, late, lambda fact: fact.update(state="M3"))} >= {"life", "state"}
    left_out = audited([one for one in log if one[0] != late], "CN", last(45))
    assert {one.rule for one in left_out} == {"state"}
    moved = changed(log, late, lambda fact: fact.update(past_due=fact["past_due"] + 1))
    assert {one.rule for one in moved} == {"past_due"}


def test_a_message_that_no_attempt_stands_behind_is_found(small: tuple[Path, Log]) -> None:
    folder, log = small
    messages = messages_of(folder / "messages.ndjson")
    assert len(messages) > 20
    first = messages[0]
    assert overheard([*messages, {**first, "id": "other"}], log) == ["other: nobody decided it"]
    assert overheard([{**first, "to": "+8610099999999"}], log) == [f"{first['id']}: it is not as it was decided"]
    assert overheard([first, first], log) == [f"{first['id']}: it came twice"]
    assert at_of(first["timestamp"]).year == 2025

"""Whatever is handed in: one sentence that says what, where and what to do; never a traceback, nothing half done."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import io
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tocsin.faces.cli import main

ROOT = Path(__file__).parent.parent
POLICY = """\
policy: tiny
version: 1
currency: CNY
timezone: Asia/Shanghai
lateness: 1 day
signals:
  n_1d: {count: , over: 1 day}
  ratio: amount / n_1d
rules:
  large: {when: amount > 5000.00, level: red, say: {en: "{amount}", zh: "{amount}"}}
"""
MAPPING = """\
mapping: foreign
columns:
  id: fact_id
  what: {field: kind, values: {P: purchase}}
  at: {field: occurred_at, zone: America/New_York}
  who: account
  cost: {field: amount, unit: major}
constants: {currency: CNY}
"""
NOON = "2026-01-01T12:00:00+08:00"
Row = dict[str, Any]


@dataclass
class Ran:
    """What a command line left behind."""

    code: int
    said: list[str]
    rejects: list[Row]
    files: list[str] | None
    facts: int | None


def tocsin(*words: object, cache: Path) -> tuple[int, list[str]]:
    """The real command line in this process: its exit code and the lines on standard error."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr("sys.argv", ["tocsin", *map(str, words)])
        patch.setenv("TOCSIN_LANG", "en")
        patch.setenv("TOCSIN_CACHE", str(cache))
        patch.delenv("TOCSIN_DEBUG", raising=False)
        with pytest.raises(SystemExit) as left:
            main.main()
    code = int(left.value.code or 0)
    said = err.getvalue().splitlines()
    assert "Traceback" not in out.getvalue() + err.getvalue()
    assert code in (0, 1, 2, 3), said
    assert all(len(line) < 600 for line in said)
    return code, said


def backtest(folder: Path, cache: Path, content: object, name: str, mapping: str | None, *more: str) -> Ran:
    """Hand a file to the main job in a folder of its own."""
    facts = folder / name
    if isinstance(content, pa.Table):
        pq.write_table(content, facts)
    elif isinstance(content, (str, bytes)):
        facts.write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "policy.yaml").write_text(POLICY)
    if mapping is not None:
        (folder / "map.yaml").write_text(mapping)
        more = ("--map", str(folder / "map.yaml"), *more)
    out = folder / "out"
    code, said = tocsin("backtest", facts, "--policy", folder / "policy.yaml", "--out", out, *more, cache=cache)
    files = sorted(path.name for path in out.iterdir()) if out.exists() else None
    rejects = (out / "rejects.ndjson").read_text().splitlines() if files and "rejects.ndjson" in files else []
    summary = json.loads((out / "summary.json").read_text()) if files else {}
    said = [line.replace(f"{folder}/", "") for line in said]
    return Ran(code, said, list(map(json.loads, rejects)), files, summary.get("totals", {}).get("facts"))


Hand = Callable[..., Ran]


@pytest.fixture
def hand(tmp_path: Path, kernels: Path) -> Hand:
    """hand(content, name, mapping, *options) to the main job."""

    def run(content: object, name: str = "facts.csv", mapping: str | None = None, *more: str) -> Ran:
        return backtest(tmp_path, kernels.parent, content, name, mapping, *more)

    return run


def refused(ran: Ran, *sentences: str) -> None:
    """Nothing was done, and exactly these sentences say why."""
    assert ran.said == list(sentences)
    assert ran.code == 2 and ran.files is None


def set_aside(ran: Ran, *rejects: tuple[int, str | None, str, str, str], facts: int) -> None:
    """These rows were set aside and told, and no other."""
    assert [tuple(reject.values()) for reject in ran.rejects] == list(rejects)
    assert [list(reject) for reject in ran.rejects] == [["row", "fact_id", "field", "reason", "remedy"]] * len(rejects)
    assert ran.facts == facts
    assert ran.code == 3 and len(ran.said) == 1 and ran.said[0].startswith(f"{len(rejects)} row")


# -- rows, in every form -----------------------------------------------------------------------------------------------

GOOD: Row = {"kind": "purchase", "occurred_at": NOON, "account": "a1", "amount": 100, "currency": "CNY"}
ID, PLAIN, ZONE = (
    "write 1 to 128 characters without spaces",
    "as a plain number",
    "write it as 2026-01-31T08:00:00+08:00",
)
SIGN = "the kind carries the direction: give the amount without sign (refund, payment_reversed …)"
BAD: list[tuple[str, Row, str, str, str]] = [  # id, what is wrong, field, part of the reason, part of the remedy
    ("negative", {"amount": -5}, "amount", "'-5' is negative", SIGN),
    ("words", {"amount": "abc"}, "amount", "'abc' is not an amount", PLAIN),
    ("grouped", {"amount": "1,234.56"}, "amount", "'1,234.56' is not an amount", PLAIN),
    ("hexadecimal", {"amount": "0x10"}, "amount", "'0x10' is not an amount", PLAIN),
    ("full-width", {"amount": "１２"}, "amount", "'１２' is not an amount", PLAIN),
    ("fraction", {"amount": 1.5}, "amount", "'1.5' is not whole", "map the column with unit: major"),
    ("huge", {"amount": 2**70}, "amount", "is beyond any account (1000000000000 minor units)", "check the unit"),
    ("huge-int64", {"amount": 2**62}, "amount", "is beyond any account", "check the unit"),
    ("flag-as-amount", {"amount": "true"}, "amount", "'true' is not an amount", PLAIN),
    ("no-amount", {"amount": None}, "amount", "a purchase needs amount", "give amount (the amount in"),
    ("empty-amount", {"amount": " "}, "amount", "a purchase needs amount", "give amount (the amount in"),
    ("kind", {"kind": "purchse"}, "kind", "unknown kind 'purchse'", "did you mean 'purchase'?"),
    ("strange-kind", {"kind": "42"}, "kind", "unknown kind '42'", "the kinds are listed by `tocsin facts kinds`"),
    ("no-kind", {"kind": ""}, "kind", "the kind is missing", "the kinds are listed by `tocsin facts kinds`"),
    ("currency", {"currency": "XYZ"}, "currency", "'XYZ' is no currency in use", "write an ISO 4217 code, as CNY"),
    ("old-currency", {"currency": "DEM"}, "currency", "'DEM' is no currency in use", "write an ISO 4217 code, as CNY"),
    ("small-currency", {"currency": "cny"}, "currency", "'cny' is no currency in use", "write an ISO 4217 code, as CNY"),
    ("other-currency", {"currency": "USD"}, "currency", "the policy reckons in CNY, this is USD", "convert it to CNY"),
    ("no-zone", {"occurred_at": "2026-01-01T12:00:00"}, "occurred_at", "'2026-01-01T12:00:00' has no zone", ZONE),
    ("day", {"occurred_at": "2026-01-01"}, "occurred_at", "'2026-01-01' has no zone", "or map the column with zone:"),
    ("future", {"occurred_at": "2098-01-01T00:00:00Z"}, "occurred_at", "lies in the future", "check the clock"),
    ("recorded-future", {"recorded_at": "2098-01-01T00:00:00Z"}, "recorded_at", "lies in the future", "check the clock"),
    ("far-future", {"occurred_at": "2200-01-01T00:00:00Z"}, "occurred_at", "is not between 1900 and 2100", "check the year"),
    ("long-ago", {"occurred_at": "1899-12-31T23:59:59Z"}, "occurred_at", "is not between 1900 and 2100", "check the year"),
    ("leap", {"occurred_at": "2016-12-31T23:59:60Z"}, "occurred_at", "or a leap second, which cannot be held", ZONE),
    ("february", {"occurred_at": "2026-02-30T00:00:00Z"}, "occurred_at", "is not an RFC 3339 time", ZONE),
    ("hour-24", {"occurred_at": "2026-01-01T24:00:00Z"}, "occurred_at", "is not an RFC 3339 time", ZONE),
    ("junk", {"occurred_at": "yesterday"}, "occurred_at", "'yesterday' is not an RFC 3339 time", ZONE),
    ("number", {"occurred_at": "1767225600"}, "occurred_at", "is a number without a unit", "map the column with unit:"),
    ("no-time", {"occurred_at": None}, "occurred_at", "a purchase needs occurred_at", "give occurred_at (when it"),
    ("late", {"recorded_at": "2026-01-03T13:00:00+08:00"}, "recorded_at", "it came 2 d 1 h late, the policy waits 24 hours", "raise 'lateness' in the policy"),
    ("no-account", {"account": None}, "account", "a purchase needs account", "give account (the credit account)"),
    ("blank-in-account", {"account": "a b"}, "account", "'a b' is no id", ID),
    ("long-account", {"account": "a" * 129}, "account", "is no id", ID),
    ("zero-byte", {"merchant": "m\0"}, "merchant", "'m\\x00' is no id", ID),
    ("escape", {"mcc": "\x1b[31m"}, "mcc", "'\\x1b[31m' is no plain text", "write 1 to 128 printable characters"),
    ("country", {"country": "China"}, "country", "'China' is no country", "write two capitals, as CN"),
    ("flag", {"declined": "maybe"}, "declined", "'maybe' is neither true nor false", "give true or false, 1 or 0"),
    ("flag-2", {"declined": 2}, "declined", "'2' is neither true nor false", "give true or false, 1 or 0"),
    ("not-of-kind", {"days_past_due": 3}, "days_past_due", "a purchase has no days_past_due", "leave it out"),
    ("score", {"kind": "credit_report", "amount": None, "credit_score": 7.5}, "credit_score", "'7.5' is not whole", "as a whole number"),
    ("scores", {"kind": "credit_report", "amount": None, "credit_score": 2**40}, "credit_score", "is not within", "as a whole number"),
]  # fmt: skip
FINE: list[tuple[str, Row]] = [
    ("plain", {}),
    ("blanks", {"kind": " purchase ", "account": " a1", "amount": " 100 ", "occurred_at": f" {NOON} "}),
    ("plus", {"amount": "+100", "declined": "TRUE"}),
    ("zero", {"amount": "-0", "declined": "0"}),
    ("whole-number", {"amount": "100.0"}),
    ("small-letters", {"occurred_at": "2026-01-01t04:00:00z"}),
    ("no-seconds", {"occurred_at": "2026-01-01 12:00+0800"}),
    ("nanoseconds", {"occurred_at": "2026-01-01T04:00:00.000000499Z"}),
    ("empty", {"merchant": "", "declined": "", "balance": ""}),
    ("number-as-id", {"account": 1, "merchant": 7, "mcc": 5411}),
    ("earlier-recorded", {"recorded_at": "2025-12-31T12:00:00+08:00"}),
    ("a-day-late", {"recorded_at": "2026-01-02T12:00:00+08:00"}),
    ("chinese", {"merchant": "商户", "mcc": "餐饮 咖啡"}),
]
JSON_ONLY: list[tuple[str, Row, str, str, str]] = [
    ("nan", {"amount": float("nan")}, "amount", "nan is not a number", "leave it out where there is none"),
    ("infinity", {"amount": float("-inf")}, "amount", "-inf is not a number", "leave it out"),
    ("list", {"amount": [100]}, "amount", "a list or an object stands where one value belongs", "give one value"),
    ("object", {"account": {"id": "a1"}}, "account", "a list or an object stands where", "give one value"),
    ("true", {"amount": True}, "amount", "'true' is not an amount", PLAIN),
    ("epoch", {"occurred_at": 1767225600}, "occurred_at", "is a number without a unit", "map the column with unit:"),
    ("unknown", {"amonut": 5}, "amonut", "unknown field 'amonut'", "did you mean 'amount'?"),
    ("unknown-far", {"zzz": 5}, "zzz", "unknown field 'zzz'", "remove it"),
]
OTHERS: list[tuple[str, Row, str, str, str]] = [
    ("nan", {"amount": "NaN"}, "amount", "'NaN' is not an amount", PLAIN),
    ("infinity", {"amount": "-inf"}, "amount", "'-inf' is not an amount", PLAIN),
    ("exponent", {"amount": "1e400"}, "amount", "'1e400' is not an amount", PLAIN),
]
FORMS = ("facts.csv", "facts.csv.gz", "facts.ndjson", "facts.ndjson.gz", "events.ndjson", "facts.parquet")


def table_of(form: str) -> list[tuple[str, Row, str, str, str]]:
    return BAD + (JSON_ONLY if "ndjson" in form else OTHERS)


def rows_of(form: str) -> list[Row]:
    """Fine and bad rows mixed, so that each stands among strangers."""
    named = [(name, change) for name, change, *_ in table_of(form)]
    mixed = [pair for i, bad in enumerate(named) for pair in (FINE[i % len(FINE)], bad)]
    rows = [{"fact_id": name, **GOOD, **change} for name, change in mixed]
    return [{**row, "fact_id": f"{row['fact_id']}-{i}" if i % 2 == 0 else row["fact_id"]} for i, row in enumerate(rows)]


def written(form: str, rows: list[Row]) -> object:
    """Rows as a file: texts in CSV and Parquet, JSON as it is, CloudEvents around it."""
    if "ndjson" in form:
        events = [event(row) if form.startswith("events") else row for row in rows]
        text = "".join(json.dumps(one, ensure_ascii=i % 2 == 0) + "\n" for i, one in enumerate(events)).encode()
        return gzip.compress(text) if form.endswith("gz") else text
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: pa.array([as_text(row.get(name)) for row in rows], pa.string()) for name in names}
    if form.endswith("parquet"):
        return pa.table(columns)
    sink = io.BytesIO()
    pa.csv.write_csv(pa.table(columns), sink)
    return gzip.compress(sink.getvalue()) if form.endswith("gz") else sink.getvalue()


def as_text(value: object) -> str | None:
    return None if value is None else str(value)


def event(row: Row) -> Row:
    rest = {name: value for name, value in row.items() if name not in ("fact_id", "kind", "occurred_at", "account")}
    return {
        "specversion": "1.0", "source": "/bank", "id": row["fact_id"], "type": f"tocsin.fact.{row['kind']}",
        "time": row["occurred_at"], "subject": row["account"], "data": rest,
    }  # fmt: skip


@pytest.fixture(scope="module")
def ran_forms(tmp_path_factory: pytest.TempPathFactory, kernels: Path) -> dict[str, Ran]:
    """One run for each form, over all rows at once."""
    return {
        form: backtest(tmp_path_factory.mktemp("rows"), kernels.parent, written(form, rows_of(form)), form, None)
        for form in FORMS
    }


@pytest.mark.parametrize(
    ("form", "name"), [(form, row[0]) for form in FORMS for row in table_of(form)], ids=lambda value: value
)
def test_a_row_that_cannot_be_read_is_set_aside_with_its_reason(
    ran_forms: dict[str, Ran], form: str, name: str
) -> None:
    ((_, _, field, reason, remedy),) = [row for row in table_of(form) if row[0] == name]
    told = [reject for reject in ran_forms[form].rejects if reject["fact_id"] == name]
    assert len(told) == 1
    assert (told[0]["field"], reason in told[0]["reason"], remedy in told[0]["remedy"]) == (field, True, True), told
    place = [row["fact_id"] for row in rows_of(form)].index(name) + (2 if "csv" in form else 1)
    assert told[0]["row"] == place


@pytest.mark.parametrize("form", FORMS)
def test_no_row_is_dropped_in_silence(ran_forms: dict[str, Ran], form: str) -> None:
    ran, rows = ran_forms[form], rows_of(form)
    assert len(ran.rejects) == len(table_of(form)) and ran.facts == len(rows) - len(ran.rejects)
    assert ran.code == 3 and len(ran.said) == 1
    assert ran.said[0].startswith(f"{len(ran.rejects)} rows could not be read") and "out/rejects.ndjson" in ran.said[0]
    assert [reject["row"] for reject in ran.rejects] == sorted(reject["row"] for reject in ran.rejects)
    assert set(ran.files or ()) == {
        "assessments.parquet", "levels.parquet", "rejects.ndjson", "report.html", "summary.json", "warnings.parquet",
    }  # fmt: skip


def line(**change: object) -> str:
    """One fact as a line of NDJSON."""
    return json.dumps({"fact_id": "f1", **GOOD, **change}) + "\n"


def csv_line(fact_id: object, amount: object = 100, time: str = NOON) -> str:
    return f"{fact_id},purchase,{time},a1,{amount},CNY\n"


HEADER = "fact_id,kind,occurred_at,account,amount,currency\n"
TWO = HEADER + csv_line(1) + csv_line(2)


# -- lines that are no rows --------------------------------------------------------------------------------------------

OBJECT = "write one JSON object on each line"


@pytest.mark.parametrize(
    ("text", "fact_id", "field", "reason", "remedy"),
    [
        (b"{", None, "", "not JSON (Input data was truncated)", OBJECT),
        (b"[1, 2]", None, "", "a fact is a JSON object, this is '[1, 2]'", OBJECT),
        (b"null", None, "", "a fact is a JSON object, this is 'null'", OBJECT),
        (b"5", None, "", "a fact is a JSON object, this is '5'", OBJECT),
        (b"{}", None, "kind", "the kind is missing", "the kinds are listed by `tocsin facts kinds`"),
        (b"fact_id,kind", None, "", "not JSON (JSON is malformed: invalid character (byte 5))", OBJECT),
        (b"\0\0", None, "", "not JSON (JSON is malformed: invalid character (byte 0))", OBJECT),
        (b'{"a":' * 100_000, None, "", "JSON nested too deeply", "a fact is one flat object"),
        (b'{"fact_id":"x","amount":1,"amount" : 2}', "x", "amount", "'amount' stands twice in the object", "keep one of them"),
        (b'{"fact_id":"x","am\\u006funt":1,"amount":2}', "x", "amount", "'amount' stands twice in the object", "keep one of them"),
        (b'{"fact_id":"x","amount":1e400}', "x", "amount", "inf is not a number", "leave it out where there is none"),
        (b'{"fact_id":"x","merchant":"\\ud800"}', None, "", "half a character (a lone surrogate) stands in a text", "write the text whole"),
        (b'{"fact_id":"x","merchant":"\xe9"}', None, "", "byte 28 of the line is not UTF-8", "save the file as UTF-8"),
        (b"x" * 1_000_001, None, "", "the line has 1,000,001 bytes", "a line has at most 1,000,000"),
        (b'{"specversion":"2.0","id":"x","type":"tocsin.fact.clock"}', "x", "specversion", "unknown field 'specversion'", "remove it"),
        (b'{"specversion":"1.0","id":"x","type":"tocsin.fact.clock","data":5}', "x", "data", "unknown field 'data'", "did you mean 'due_at'?"),
        (b'{"specversion":"1.0","id":"x","type":"order.created"}', "x", "kind", "unknown kind 'order.created'", "the kinds are listed by `tocsin facts kinds`"),
    ],
)  # fmt: skip
def test_lines_that_are_no_json_facts(
    hand: Hand, text: bytes, fact_id: str | None, field: str, reason: str, remedy: str
) -> None:
    ran = hand(line().encode() + text + b"\r\n\n" + line(fact_id="f2").encode(), "facts.ndjson")
    set_aside(ran, (2, fact_id, field, reason, remedy), facts=2)


QUOTES = ("its quotes or its line ends are broken", 'write "" for a quote in a quoted value')
COMMAS = "check its commas and quotes"


@pytest.mark.parametrize(
    ("text", "reason", "remedy", "facts"),
    [
        (b"2,purchase\n", "the line has 2 columns, the header has 6", COMMAS, 2),
        (csv_line("2,2").encode(), "the line has 7 columns, the header has 6", COMMAS, 2),
        (csv_line(2, "1,234.56").encode(), "the line has 7 columns, the header has 6", COMMAS, 2),
        (csv_line('"2').encode(), *QUOTES, 2),
        (csv_line('"2').encode() + csv_line(4).encode() * 3, *QUOTES, 3),
        (csv_line('2"x').replace("CNY", '"CNY').encode(), *QUOTES, 2),
        (csv_line("2\r3,x").encode(), *QUOTES, 2),
        (csv_line("caf\xe9").encode("latin-1"), "byte 4 of the line is not UTF-8", "save the file as UTF-8", 2),
        (csv_line("x" * 1_000_000).encode(), "the line has 1,000,046 bytes", "a line has at most 1,000,000", 2),
    ],
)
def test_lines_that_are_no_csv_rows(hand: Hand, text: bytes, reason: str, remedy: str, facts: int) -> None:
    ran = hand(HEADER.encode() + csv_line(1).encode() + text + csv_line(3).encode())
    set_aside(ran, (3, None, "", reason, remedy), facts=facts)


def test_quoted_commas_and_line_ends_stay_in_their_value(hand: Hand) -> None:
    columns = "fact_id,kind,occurred_at,account,amount,currency,note\n"
    mapping = (
        "mapping: m\nothers: ignore\ncolumns: {" + ", ".join(f"{n}: {n}" for n in HEADER.strip().split(",")) + "}\n"
    )
    notes = ('"a, b"', '"two\nlines"', '"three\r\n\r\nlines"', '"a ""quote"""', '5" wide')
    text = (
        columns
        + "".join(csv_line(i).strip() + f",{note}\n" for i, note in enumerate(notes))
        + csv_line(9, -1)[:-1]
        + ",x\n"
    )
    set_aside(hand(text, "facts.csv", mapping), (10, "9", "amount", "'-1' is negative", SIGN), facts=5)


def test_a_quoted_line_end_in_a_field_is_set_aside(hand: Hand) -> None:
    ran = hand(TWO.replace("2,purchase", '"2\n2",purchase') + csv_line(3))
    set_aside(ran, (3, "2\n2", "fact_id", "'2\\n2' is no id", ID), facts=2)


@pytest.mark.parametrize("form", ["facts.csv", "facts.ndjson"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\n\n \n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: b"\n\n" + text,
        lambda text: gzip.compress(text[:50]) + gzip.compress(text[50:]),
    ],
    ids=["byte order mark", "crlf", "blank lines", "no line end", "blank first lines", "two gzip members"],
)
def test_texts_that_are_well(hand: Hand, form: str, change: Callable[[bytes], bytes]) -> None:
    text = TWO if form == "facts.csv" else line() + line(fact_id="f2")
    ran = hand(change(text.encode()), form)
    assert (ran.code, ran.said, ran.facts, ran.rejects) == (0, [], 2, [])


# -- files that are refused --------------------------------------------------------------------------------------------

FORM = "give Parquet, CSV or NDJSON, plain or gzip"
PACKED = gzip.compress(TWO.encode())
RANDOM = np.random.default_rng(1).integers(0, 10**9, 300_000).tolist()
BIG = gzip.compress((HEADER + "".join(csv_line(i, amount) for i, amount in enumerate(RANDOM))).encode(), 1)
ENDED = "Compressed file ended before the end-of-stream marker was reached"


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        ("", "facts.csv", "facts.csv: the file is empty; give a file of facts: Parquet, CSV or NDJSON"),
        ("\n \n", "facts.csv", "facts.csv: the file is empty; give a file of facts: Parquet, CSV or NDJSON"),
        (gzip.compress(b""), "facts.csv.gz", "facts.csv.gz: the file is empty; give a file of facts: Parquet, CSV or NDJSON"),
        (HEADER, "facts.csv", "facts.csv: the file holds no facts; give a file with at least one row"),
        (HEADER.replace("kind,", ""), "facts.csv", "facts.csv: there is no column 'kind' (what happened); add it, or say with --map which column it is"),
        (HEADER.replace("fact_id,", "factid,"), "facts.csv", "facts.csv: unknown column 'factid'; did you mean 'fact_id'? or use --map"),
        (HEADER.strip() + ",foo\n" + csv_line(1).strip() + ",1\n", "facts.csv", "facts.csv: unknown column 'foo'; rename or remove it or use --map"),
        (HEADER.strip() + ", kind\n", "facts.csv", "facts.csv: column 'kind' stands twice in the file; rename one of them"),
        (HEADER.replace(",", ";"), "facts.csv", "facts.csv:1: the columns are divided by ';'; divide them by commas"),
        (HEADER.replace(",", "\t"), "facts.csv", "facts.csv:1: the columns are divided by '\\t'; divide them by commas"),
        (TWO.replace("\n", "\r"), "facts.csv", "facts.csv:1: the quotes or line ends of the header are broken; write one line of column names, ended by a line feed"),
        ("a" * 2_000_000, "facts.csv", "facts.csv:1: the header cannot be read: the line has 2,000,000 bytes; a line has at most 1,000,000"),
        ("größe,kind\n".encode("latin-1"), "facts.csv", "facts.csv:1: the header cannot be read: byte 3 of the line is not UTF-8; save the file as UTF-8"),
        (TWO.encode("utf-16"), "facts.csv", "facts.csv: this is UTF-16; save the file as UTF-8"),
        (line().encode("utf-16"), "facts.ndjson", "facts.ndjson: this is UTF-16; save the file as UTF-8"),
        (TWO.encode("utf-16-be"), "facts.csv", f"facts.csv: this is neither Parquet nor text; {FORM}"),
        (b"PK\x03\x04" + bytes(50), "facts.xlsx", f"facts.xlsx: this is neither Parquet nor text; {FORM}"),
        (zlib.compress(TWO.encode()), "facts.z", f"facts.z: this is neither Parquet nor text; {FORM}"),
        ("[" + line().strip() + "]", "facts.json", "facts.json: this is a JSON array; write one object on each line (NDJSON)"),
        (PACKED[:-9], "facts.csv.gz", f"facts.csv.gz: the gzip file is damaged or cut short ('{ENDED}'); fetch it again"),
        (gzip.compress(line().encode())[:-9], "facts.ndjson.gz", f"facts.ndjson.gz: the gzip file is damaged or cut short ('{ENDED}'); fetch it again"),
        (PACKED[:12], "facts.csv.gz", f"facts.csv.gz: the gzip file is damaged or cut short ('{ENDED}'); fetch it again"),
        (PACKED[:10] + b"\xff" + PACKED[11:], "facts.csv.gz", "facts.csv.gz: the gzip file is damaged or cut short ('Error -3 while decompressing data: invalid block type'); fetch it again"),
        (PACKED + b"more", "facts.csv.gz", "facts.csv.gz: the gzip file is damaged or cut short ('Not a gzipped file (b'mo')'); fetch it again"),
        (gzip.compress(b"PAR1" + bytes(9)), "facts.parquet.gz", "facts.parquet.gz: this is Parquet inside gzip; unpack it first"),
        (Path("nowhere"), "nowhere", "nowhere: there is no such file; check the path"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(hand: Hand, content: object, name: str, sentence: str) -> None:
    refused(hand(content, name), *([sentence] if "factid" not in sentence else [
        sentence, "facts.csv: there is no column 'fact_id' (the issuer's stable id of this fact); add it, or say with --map which column it is",
    ]))  # fmt: skip


def test_a_gzip_file_cut_in_the_middle_leaves_nothing(hand: Hand) -> None:
    ran = hand(BIG[: len(BIG) * 3 // 4], "facts.csv.gz")
    assert (
        ran.said[0].startswith("facts.csv.gz: the gzip file is damaged or cut short")
        and "fetch it again" in ran.said[0]
    )
    refused(ran, *ran.said[:1])


def test_folders_and_devices_are_no_files(hand: Hand, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    refused(hand(None, "folder"), "folder: this is a folder; name a file")
    os.mkfifo(tmp_path / "pipe")
    refused(hand(None, "pipe"), "pipe: this is not a file that can be read twice; name a file")


def test_a_file_that_may_not_be_read(hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Path.open

    def opened(path: Path, *words: Any, **more: Any) -> Any:
        if path.name == "facts.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path, *words, **more)

    (tmp_path / "facts.csv").write_text(TWO)
    monkeypatch.setattr(Path, "open", opened)
    refused(hand(None), "facts.csv: it cannot be read (Permission denied); check the path and the permissions")


def test_an_out_folder_that_cannot_be_written(hand: Hand, tmp_path: Path, kernels: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    ran = hand(TWO, "facts.csv", None, "--out", str(tmp_path / "taken" / "out"))
    refused(ran, "taken/out: the folder cannot be written (Not a directory); name another with --out")
    assert (tmp_path / "taken").read_text() == "a file"


def test_a_failed_run_leaves_the_results_of_the_last_one(hand: Hand) -> None:
    well = hand(TWO)
    assert well.code == 0 and well.facts == 2
    failed = hand(BIG[: len(BIG) * 3 // 4], "facts.csv.gz")
    assert failed.code == 2 and (failed.files, failed.facts) == (well.files, 2)


# -- Parquet -----------------------------------------------------------------------------------------------------------

UTC = pa.timestamp("us", tz="UTC")
NOONS = [dt.datetime(2026, 1, 1, hour, tzinfo=dt.UTC) for hour in (1, 2, 3)]


def typed(**change: object) -> pa.Table:
    """Three facts in the types they should have, but for the changed columns."""
    columns: dict[str, Any] = {
        "fact_id": ["f1", "f2", "f3"], "kind": ["purchase"] * 3, "occurred_at": pa.array(NOONS, UTC),
        "account": ["a", "b", "a"], "amount": [100, 200, 300], "currency": ["CNY"] * 3,
    }  # fmt: skip
    return pa.table({**columns, **change})


def stored(table: pa.Table, **more: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **more)
    return sink.getvalue()


INVALID = pa.Array.from_buffers(
    pa.string(), 3, [None, pa.py_buffer(np.arange(4, dtype=np.int32)), pa.py_buffer(b"a\xffb")]
)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"amount": [[1], [2], [3]]}, "column 'amount' holds values of type list<element: int64>; write it as text, whole numbers, decimals or times"),
        ({"account": [{"id": 1}] * 3}, "column 'account' holds values of type struct<id: int64>; write it as text, whole numbers, decimals or times"),
        ({"amount": pa.array([1, 2, 3], pa.duration("s"))}, "column 'amount' holds values of type duration[s]; write it as text, whole numbers, decimals or times"),
        ({"amount": pa.array([1, 2, 3], pa.float32())}, "column 'amount' holds money as float, too coarse; write it as double, decimal or whole minor units"),
        ({"occurred_at": pa.array([1, 2, 3], pa.timestamp("us"))}, "column 'occurred_at' has times without a zone; map it with 'zone: UTC', or the zone they are in"),
        ({"occurred_at": [1767225600] * 3}, "column 'occurred_at' has numbers for times; map it with 'unit: seconds', milliseconds or microseconds"),
        ({"account": [b"a", b"\xff", b"c"]}, "column 'account' holds bytes that are not UTF-8; write it as UTF-8 text"),
        ({"fact_id": INVALID}, "column 'fact_id' holds bytes that are not UTF-8; write it as UTF-8 text"),
        ({"foo": [1, 2, 3]}, "unknown column 'foo'; rename or remove it or use --map"),
    ],
)  # fmt: skip
def test_a_parquet_column_of_a_wrong_type_is_refused(hand: Hand, change: Row, sentence: str) -> None:
    refused(hand(typed(**change), "facts.parquet"), f"facts.parquet: {sentence}")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": pa.array(["purchase"] * 3).dictionary_encode(), "fact_id": pa.array(["x", "y", "z"]).dictionary_encode()},
        {"kind": pa.array(["purchase"] * 3, pa.large_string()), "account": pa.array(["a", "b", "c"], pa.string_view())},
        {"account": [b"a", b"b", b"c"], "amount": pa.array([1, 2, 3], pa.uint8())},
        {"amount": pa.array([1, 2, 3], pa.decimal128(12, 2))},
        {"amount": [1.0, 2.0, 3.0], "fact_id": [1.0, 2.0, 3.0]},
        {"amount": pa.array([1, 2, 1]).dictionary_encode(), "account": pa.array([7, 8, 7]).dictionary_encode()},
        {"fact_id": [1, 2, 3], "account": pa.array([1, 2, 3], pa.uint64())},
        {"occurred_at": pa.array(NOONS, pa.timestamp("ns", tz="Asia/Shanghai"))},
        {"occurred_at": pa.array([1767225600] * 3, pa.timestamp("s", tz="UTC"))},
        {"merchant": pa.nulls(3), "balance": pa.nulls(3), "declined": pa.nulls(3), "recorded_at": pa.nulls(3)},
        {"declined": [1, 0, None], "card_present": ["true", "FALSE", " "]},
        {"occurred_at": pa.array(NOONS[::-1], UTC)},
    ],
)  # fmt: skip
def test_parquet_types_that_are_well(hand: Hand, change: Row) -> None:
    ran = hand(typed(**change), "facts.parquet")
    assert (ran.code, ran.said, ran.facts) == (0, [], 3)


HUGE = [2**60, -(2**60), 2**44]


@pytest.mark.parametrize(
    ("change", "field", "reasons"),
    [
        ({"amount": [1.0, float("nan"), float("-inf")]}, "amount", ["'nan' is not an amount", "'-inf' is not an amount"]),
        ({"amount": pa.array([1, 2**63, 2**64 - 1], pa.uint64())}, "amount", ["is beyond any account", "is beyond any account"]),
        ({"amount": [True, False, None]}, "amount", ["'true' is not an", "'false' is not an", "a purchase needs amount"]),
        ({"amount": pa.array(NOONS, UTC)}, "amount", ["is not an amount"] * 3),
        ({"account": [1.0, float("nan"), float("inf")]}, "account", ["a purchase needs account"] * 2),
        ({"account": pa.nulls(3)}, "account", ["a purchase needs account"] * 3),
        ({"fact_id": pa.nulls(3)}, "fact_id", ["a purchase needs fact_id"] * 3),
        ({"occurred_at": pa.array([dt.date(2026, 1, 1)] * 3)}, "occurred_at", ["'2026-01-01' has no zone"] * 3),
        ({"occurred_at": pa.array(HUGE, pa.timestamp("ms", tz="UTC"))}, "occurred_at", ["is not between 1900 and 2100"] * 3),
        ({"occurred_at": pa.array([2**63 - 1, -(2**62), 5], pa.timestamp("ns", tz="UTC"))}, "occurred_at", ["is not between"] * 2),
        ({"declined": ["Y", "N", None]}, "declined", ["'Y' is neither true nor false", "'N' is neither true nor false"]),
    ],
)  # fmt: skip
def test_parquet_rows_that_are_set_aside(hand: Hand, change: Row, field: str, reasons: list[str]) -> None:
    ran = hand(typed(**change), "facts.parquet")
    assert ran.code == 3 and ran.facts == 3 - len(reasons) and len(ran.rejects) == len(reasons)
    for reject, reason in zip(ran.rejects, reasons, strict=True):
        assert reject["field"] == field and reason in reject["reason"] and reject["remedy"]


@pytest.mark.parametrize("rows", [typed().slice(0, 0), pa.Table.from_batches([], typed().schema)])
def test_a_parquet_file_without_rows(hand: Hand, rows: pa.Table) -> None:
    refused(hand(rows, "facts.parquet"), "facts.parquet: the file holds no facts; give a file with at least one row")


@pytest.mark.parametrize("part", [0.99, 0.5, 0.02])
def test_truncated_parquet(hand: Hand, part: float) -> None:
    whole = stored(typed())
    ran = hand(whole[: int(len(whole) * part)], "facts.parquet")
    assert (
        ran.said[0].startswith("facts.parquet: the Parquet file is damaged or cut short (")
        and "fetch it" in ran.said[0]
    )
    refused(ran, *ran.said[:1])


def test_damaged_parquet_is_never_a_fault_of_ours(tmp_path: Path, kernels: Path) -> None:
    """Bytes are changed at random: the file is read, refused, or rows of it are set aside."""
    whole, random = stored(typed(), compression="none"), np.random.default_rng(7)
    for run in range(60):
        content = bytearray(whole)
        for place in random.integers(4, len(content), random.choice([1, 2, 9])):
            content[place] = random.integers(0, 256)
        (tmp_path / str(run)).mkdir()
        ran = backtest(tmp_path / str(run), kernels.parent, bytes(content), "facts.parquet", None)
        assert ran.code == 0 or len(ran.said) >= 1


# -- ids that come again, rows out of order ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_an_id_that_comes_again(hand: Hand, form: str) -> None:
    rows = [{"fact_id": name, **GOOD, "amount": amount} for name, amount in (("x", 1), ("y", 1), ("x", 1), ("x", 2))]
    ran = hand(written(form, [*rows, {**rows[0], "recorded_at": "2026-01-01T13:00:00+08:00"}]), form)
    place = 5 if "csv" in form else 4
    reason = f"the id came before in row {place - 3} with other content: amount 1 and 2"
    set_aside(ran, (place, "x", "amount", reason, "correct it at the source, under an id of its own"), facts=2)


def test_a_file_given_twice_counts_once(hand: Hand) -> None:
    ran = hand(TWO + TWO.removeprefix(HEADER))
    assert (ran.code, ran.said, ran.facts, ran.rejects) == (0, [], 2, [])


def test_out_of_order_rows_are_no_mistake(hand: Hand) -> None:
    rows = [csv_line(hour, 100, f"2026-01-01T{hour:02}:00:00Z") for hour in (5, 1, 9, 3)]
    ran = hand(HEADER + "".join(rows))
    assert (ran.code, ran.said, ran.facts) == (0, [], 4)


# -- mappings ----------------------------------------------------------------------------------------------------------

FOREIGN = "id,what,at,who,cost\n"


def test_clocks_that_go_forward_and_back(hand: Hand) -> None:
    rows = [
        "1,P,2026-03-08 01:59:59,a,1.00", "2,P,2026-03-08 02:30:00,a,1.00", "3,P,2025-11-02 01:30:00,a,1.00",
        "4,P,2025-11-02T01:30:00-05:00,a,1.00", "5,P,2025-12-01,a,1.00", "6,P,2025-12-01 25:00:00,a,1.00",
    ]  # fmt: skip
    ran = hand(FOREIGN + "\n".join(rows), "facts.csv", MAPPING)
    tell = f"{ZONE}, or map the column with unit: where it is a number"
    set_aside(
        ran,
        (3, "2", "occurred_at", "'2026-03-08 02:30:00' never was in America/New_York, where clocks went forward", "check the zone"),
        (7, "6", "occurred_at", "'2025-12-01 25:00:00' is not an RFC 3339 time", tell),
        facts=4,
    )  # fmt: skip


def test_money_in_major_units(hand: Hand) -> None:
    rows = [
        f"{i},P,2025-12-01 08:00:00,a,{cost}"
        for i, cost in enumerate(["0.1", "19.99", "9999999999.99", "1.005", "1e2", ".5"])
    ]
    ran = hand(FOREIGN + "\n".join(rows), "facts.csv", MAPPING)
    reason = "'1.005' has more places than its currency"
    set_aside(
        ran,
        (5, "3", "amount", reason, "round it to the currency's smallest unit"),
        (6, "4", "amount", "'1e2' is not an amount", "give amount (the amount in the account's billing currency) as a plain number"),
        facts=4,
    )  # fmt: skip


def test_numbers_with_a_unit_are_times(hand: Hand) -> None:
    rows = ["1,P,1764576000,a,1", "2,P,1764576000.5,a,1", "3,P,2025-12-01T08:00:00Z,a,1", "4,P,1764576000000,a,1"]
    ran = hand(FOREIGN + "\n".join(rows), "facts.csv", MAPPING.replace("zone: America/New_York", "unit: seconds"))
    reason = "'1764576000000' is not between 1900 and 2100"
    set_aside(ran, (5, "4", "occurred_at", reason, "check the year, or the unit"), facts=3)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("id: fact_id\n", "id: factid\n", "map.yaml:3:7: 'factid' is not a field of facts; did you mean 'fact_id'?"),
        ("unit: major", "unit: cents", "map.yaml:7:31: unit: input should be 'minor', 'major', 'seconds', 'milliseconds' or 'microseconds'; see the mapping reference"),
        ("unit: major", "unit: seconds", "map.yaml:7:9: 'amount' has no unit 'seconds'; use minor or major"),
        ("unit: major", "zone: UTC", "map.yaml:7:9: 'amount' has no zone; leave it out: only times have zones"),
        ("America/New_York", "Mars/Base", "map.yaml:5:7: 'Mars/Base' is not an IANA time zone; write one as 'Asia/Shanghai'"),
        ("who: account", "who: ", "map.yaml:6:7: 'who' is mapped to nothing; write a field, or {field: …, unit: …}"),
        ("who: account", "who: {field: account, foo: 1}", "map.yaml:6:30: unknown key 'foo'; use one of: field, unit, values, zone"),
        ("who: account", "who: kind", "map.yaml:3:3: 'kind' comes from two places; keep one of them"),
        ("{currency: CNY}", "{currency: XQX}", "map.yaml:8:23: currency: 'XQX' is no currency in use; write an ISO 4217 code, as CNY"),
        ("{currency: CNY}", "{currency: CNY, device: a b}", "map.yaml:8:36: device: 'a b' is no id; write 1 to 128 characters without spaces"),
        ("P: purchase", "P: purchaze", "map.yaml:4:35: unknown kind 'purchaze'; did you mean 'purchase'?"),
        ("mapping: foreign\n", "", "map.yaml:1:1: 'mapping' is missing; add 'mapping:'"),
        ("who: account", "who: &x account", "map.yaml:6:8: anchors and aliases are not allowed; write the value out"),
        ("who: account", "who: {field: account, field: device}", "map.yaml:6:25: 'field' is written twice; keep one of them"),
        ("who: account\n", "who: account\n  owner: customer\n", "facts.csv: the mapped column 'owner' is not in the file; use one of: at, cost, id, what, who"),
        ("  who: account\n", "", "facts.csv: column 'who' is not mapped; map it, or write 'others: ignore'"),
        ("constants:", "sequence: row\nconstants:", "facts.csv: there is no sequence column 'row'; use one of: at, cost, id, what, who"),
        ("constants:", "label: bad\nconstants:", "facts.csv: there is no label column 'bad'; use one of: at, cost, id, what, who"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_refused(hand: Hand, old: str, new: str, sentence: str) -> None:
    assert MAPPING.count(old) == 1
    ran = hand(FOREIGN + "1,P,2025-12-01 08:00:00,a,1\n", "facts.csv", MAPPING.replace(old, new))
    missing = (
        "map.yaml:3:3: nothing is mapped to 'fact_id'; name the column that holds the issuer's stable id of this fact"
    )
    refused(ran, sentence, *([missing] if "factid" in sentence else []))


def test_a_label_that_no_row_has(hand: Hand) -> None:
    ran = hand(line(), "facts.ndjson", None, "--label", "confirmed_frau")
    refused(ran, "facts.ndjson: no row has a value in 'confirmed_frau' to judge by; did you mean 'confirmed_fraud'?")


# -- policies ----------------------------------------------------------------------------------------------------------

WHEN, OVER, RATIO = "amount > 5000.00", "over: 1 day", "amount / n_1d"
BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "remedy"),
    [
        ("ratio: amount / n_1d", "a: b + 1\n  b: a + 1", "8:3", "signals go in a circle: a → b → a", "let one of them read facts only"),
        (RATIO, "ratio + 1", "8:3", "signals go in a circle: ratio → ratio", "let one of them read facts only"),
        (OVER, "over: 0 days", "7:25", "'n_1d' looks over a window of zero", "give a length, as '24 hours'"),
        (OVER, "over: -1 day", "7:25", "'-1 day' is not a duration", "write a number and a unit"),
        (OVER, "over: 1 month", "7:25", "a month has no fixed length", "write it in days, as '30 days'"),
        (WHEN, "n_2d > 3", "10:17", "unknown name 'n_2d'", "did you mean 'n_1d'?"),
        ('en: "{amount}"', 'en: "{amonut}"', "10:57", "unknown name '{amonut}' in the text", "did you mean 'amount'?"),
        (WHEN, "'amount > 1; drop table facts'", "10:28", "one expression is needed, not statements", "remove the ';'"),
        (WHEN, "'; drop table facts'", "10:18", "one expression is needed, not statements", "remove the ';'"),
        (WHEN, "'drop table facts'", "10:29", "DROP is not part of the language", "use comparisons"),
        (WHEN, "'amount > (select max(amount) from facts)'", "10:39", "a query is not part of the language", "use comparisons"),
        (WHEN, "'account in (select account from facts)'", "10:18", "IN takes a list of values, not a query", "write name IN ('a', 'b')"),
        (WHEN, "'exists (select 1)'", "10:33", "a query is not part of the language", "use comparisons"),
        (WHEN, "'pg_sleep(10) > 1'", "10:18", "unknown function 'pg_sleep'", "the functions are"),
        (WHEN, "'random() > 0.5'", "10:18", "rand() is not part of the language", "use comparisons"),
        (WHEN, '"read_csv(\'/etc/passwd\') = 1"', "10:18", "read_csv() is not part of the language", "use comparisons"),
        (WHEN, "'amount.__class__ > 1'", "10:18", "'amount.__class__' is not a name", "write a field or a signal by its plain name"),
        (WHEN, "'sum(amount) over () > 1'", "10:18", "WINDOW is not part of the language", "use comparisons"),
        (WHEN, '"amount > \'x\'"', "10:18", "money cannot be compared with text", "put texts, and only texts, in single quotes"),
        (WHEN, "'((amount > 1'", "10:29", "not a SQL expression near '1'", "check the operators and parentheses"),
        (WHEN, "'" + "(" * 300 + "amount > 1" + ")" * 300 + "'", "10:18", "the expression is nested too deeply", "split it into signals"),
        ("policy: tiny", "policy: &x tiny", "1:9", "anchors and aliases are not allowed", "write the value out"),
        ("policy: tiny", "policy: !!python/object:os.system tiny", "1:9", "tags are not allowed", "write the value without '!'"),
        (POLICY, BOMB, "1:4", "anchors and aliases are not allowed", "write the value out"),
        ("policy: tiny", "policy: " + "[" * 100_000, "1:40", "nested too deeply", "a document has at most 32 levels"),
        ("policy: tiny", "policy: {", "3:9", "not YAML: ", "check indentation, colons and quotes"),
        ("version: 1", "version: 1\npolicy: two", "3:1", "'policy' is written twice", "keep one of them"),
        ("version: 1", "version: 1\nextends: policy.yaml", "3:10", "'extends: policy.yaml' leads back to itself", "extend another policy"),
        ("version: 1", "version: 1\nextends: other.yaml", "3:10", "'other.yaml' cannot be read", "give the path from this file's folder"),
        ("version: 1", 'version: 1\nextends: "a\\0b"', "3:10", "'a\\x00b' cannot be read", "give the path from this file's folder"),
        ("version: 1", "version: 1\nextends: latin.yaml", "3:10", "'latin.yaml' is not UTF-8 text", "save it as UTF-8"),
        ("version: 1", "version: 1\nextends: [a]", "3:10", "is not the name of a file", "write 'extends: card.yaml'"),
        (POLICY, "", "1:1", "this is not a document of names and values", "write lines of 'name: value'"),
    ],
)  # fmt: skip
def test_a_policy_with_a_mistake_is_refused(
    hand: Hand, tmp_path: Path, kernels: Path, old: str, new: str, where: str, what: str, remedy: str
) -> None:
    assert POLICY.count(old) == 1
    (tmp_path / "policy.yaml").write_text(POLICY.replace(old, new))
    (tmp_path / "latin.yaml").write_bytes("# größe\n".encode("latin-1"))
    code, said = tocsin("policy", "check", tmp_path / "policy.yaml", cache=kernels.parent)
    assert code == 2 and len(said) == 1
    sentence = said[0].replace(f"{tmp_path}/", "")
    assert sentence.startswith(f"policy.yaml:{where}: ") and what in sentence and remedy in sentence.partition("; ")[2]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (POLICY.encode("utf-16"), "it is not UTF-8 text; save it as UTF-8"),
        (POLICY.encode() + b"# \xe9", "it is not UTF-8 text; save it as UTF-8"),
        (POLICY.encode() + b"\0", "not YAML: unacceptable character #x0000: special characters are not allowed; save it as UTF-8 text"),
        (POLICY.encode() + b"#" * 1_000_000, f"{1_000_000 + len(POLICY):,} characters is too large; a document has at most 1,000,000"),
    ],
)  # fmt: skip
def test_a_policy_that_is_no_text(tmp_path: Path, kernels: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "policy.yaml").write_bytes(content)
    code, said = tocsin("policy", "check", tmp_path / "policy.yaml", cache=kernels.parent)
    assert (code, said) == (2, [f"{tmp_path}/policy.yaml: {sentence}"])


def test_every_mistake_of_a_policy_is_told_at_once(tmp_path: Path, kernels: Path) -> None:
    text = POLICY.replace(OVER, "over: 0 days").replace(WHEN, "n_2d > 3").replace("level: red", "level: pink")
    (tmp_path / "policy.yaml").write_text(text)
    code, said = tocsin("policy", "check", tmp_path / "policy.yaml", cache=kernels.parent)
    assert code == 2 and [sentence.split(": ")[0].rsplit("/", 1)[-1] for sentence in said] == [
        "policy.yaml:7:25", "policy.yaml:10:17", "policy.yaml:10:34",
    ]  # fmt: skip


def test_division_by_zero_is_null_and_never_fires(tmp_path: Path, kernels: Path) -> None:
    (tmp_path / "policy.yaml").write_text("""\
policy: zero
version: 1
currency: CNY
signals:
  refunds: {count: , where: "kind = 'refund'", over: 1 day}
  each: amount / refunds
  never: amount / 0
  nothing: (amount - amount) / refunds
rules:
  above: {when: never > 1, level: red, say: {en: a, zh: a}}
  below: {when: never <= 1, level: red, say: {en: a, zh: a}}
  other: {when: never <> 1 or not (never = 1), level: red, say: {en: a, zh: a}}
  unknown: {when: never is null and each is null, level: blue, say: {en: a, zh: a}}
  share: {when: each > 0.33 and each < 0.34, level: blue, say: {en: a, zh: a}}
""")
    rows = [
        line(),
        *(line(fact_id=f"r{i}", kind="refund", occurred_at=f"2026-01-01T12:0{i}:00+08:00") for i in (1, 2, 3)),
    ]
    (tmp_path / "facts.ndjson").write_text("".join(rows))
    words = ("backtest", tmp_path / "facts.ndjson", "--policy", tmp_path / "policy.yaml", "--out", tmp_path / "out")
    assert tocsin(*words, cache=kernels.parent) == (0, [])
    assessed = pq.read_table(tmp_path / "out" / "assessments.parquet").to_pylist()
    assert [row["each"] for row in assessed] == [None, 100.0, 50.0, 100 / 3]
    assert [row["nothing"] for row in assessed] == [None, 0.0, 0.0, 0.0]
    assert [row["never"] for row in assessed] == [None] * 4
    assert [row["fired"] for row in assessed] == [["unknown"], [], [], ["share"]]


# -- the real command line in a process of its own -----------------------------------------------------------------------


def process(folder: Path, kernels: Path, name: str) -> tuple[int, str, int]:
    """(exit code, standard error, most memory in kilobytes) of a backtest."""
    words = ["backtest", name, "--policy", "policy.yaml", "--out", "out"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "TOCSIN_CACHE": str(kernels.parent),
        "TOCSIN_LANG": "en",
    }
    with (folder / "said").open("w+") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "tocsin", *words],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=environment,
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return child.returncode, said.read(), usage.ru_maxrss


def test_a_line_without_end_is_never_held(tmp_path: Path, kernels: Path) -> None:
    """A gigabyte between two line feeds costs its own row, and no memory."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "small.ndjson").write_text(line() + line(fact_id="f2"))
    code, said, usual = process(tmp_path, kernels, "small.ndjson")
    assert (code, said) == (0, "")
    with (tmp_path / "long.ndjson").open("wb") as file:
        file.write(line().encode() + b'{"fact_id":"')
        file.seek(1_000_000_000, os.SEEK_CUR)
        file.write(b'"}\n' + line(fact_id="f2").encode())
    code, said, most = process(tmp_path, kernels, "long.ndjson")
    assert code == 3 and said.startswith("1 row") and "Traceback" not in said
    (reject,) = map(json.loads, (tmp_path / "out" / "rejects.ndjson").read_text().splitlines())
    assert reject == {
        "row": 2, "fact_id": None, "field": "", "reason": "the line has 1,000,000,014 bytes", "remedy": "a line has at most 1,000,000",
    }  # fmt: skip
    assert most - usual < 100_000
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["totals"]["facts"] == 2


def test_a_refusal_in_a_process_of_its_own(tmp_path: Path, kernels: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "facts.parquet").write_bytes(stored(typed())[:-20])
    code, said, _ = process(tmp_path, kernels, "facts.parquet")
    assert code == 2 and said.count("\n") == 1 and said.startswith("facts.parquet: the Parquet file is damaged")
    assert not (tmp_path / "out").exists()

"""Facts read the same in whichever form they come, one by one or by the million."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.faces.cli import main
from tocsin.facts import wire
from tocsin.facts.fields import FIELDS
from tocsin.facts.intake import Intake, Terms
from tocsin.facts.kinds import KINDS, AnyFact, allowed, required
from tocsin.facts.schema import SCHEMA
from tocsin.links.files import FactFile
from tocsin.links.writing import FactWriter
from tocsin.values import instant, money

TERMS = Terms(instant.LATEST)
Row = dict[str, Any]

# -- every form --------------------------------------------------------------------------------------------------------

IDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=128)
WORDS = st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=128).filter(
    lambda word: word == word.strip()
)
TIMES = st.integers(instant.EARLIEST, instant.LATEST).map(instant.instant)
BY_DOMAIN = {
    "country": st.sampled_from(["CN", "US", "NO", "ZZ"]),
    "currency": st.sampled_from(sorted(money.currencies())),
}


def values(name: str) -> st.SearchStrategy[Any]:
    """What a field may hold."""
    field = FIELDS[name]
    if field.type == "text":
        ids = name in ("fact_id", "account", "customer", "merchant", "device", "counterparty", "reported_fact")
        return BY_DOMAIN.get(field.domain, IDS if ids else WORDS)
    return {
        "money": st.integers(-money.MAX_MINOR if field.signed else 0, money.MAX_MINOR),
        "whole": st.integers(-(2**31), 2**31),
        "flag": st.booleans(),
        "instant": TIMES,
    }[field.type]


@st.composite
def facts(draw: st.DrawFn) -> AnyFact:
    """Any fact there may be; what is known is known no earlier than it happens."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    row: Row = {"kind": kind}
    for name in allowed(kind)[1:]:
        if name in required(kind) or draw(st.booleans()):
            row[name] = draw(values(name))
    if "recorded_at" in row:
        row["recorded_at"] = min(
            row["occurred_at"] + timedelta(days=draw(st.integers(0, 9))), instant.instant(instant.LATEST)
        )
    return msgspec.convert(row, AnyFact)  # type: ignore[no-any-return]


def canonical(fact: AnyFact) -> Row:
    """All fields of a fact; it is known when it happens where it does not say."""
    row = {name: getattr(fact, name, None) for name in FIELDS if name != "kind"}
    row["kind"] = fact.__struct_config__.tag
    row["recorded_at"] = row["recorded_at"] or row["occurred_at"]
    return {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in row.items()}


def batch_of(rows: list[Row]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([row[f.name] for row in rows], f.type) for f in SCHEMA], schema=SCHEMA)


def read(path: Path, **more: Any) -> tuple[list[Row], FactFile]:
    """A file's facts in ingest order, every field of them."""
    with FactFile(path, TERMS, **more) as file:
        rows = [row for batch in file.batches() for row in batch.to_pylist()]
    assert len(file.reading.rejects) == 0, list(file.reading.rejects)
    return [{name: row.get(name) for name in FIELDS} for row in rows], file


@settings(max_examples=12, deadline=None)
@given(st.lists(facts(), min_size=1, max_size=12, unique_by=lambda fact: fact.fact_id))
def test_every_form_reads_back_equal(tmp_path_factory: pytest.TempPathFactory, given_facts: list[AnyFact]) -> None:
    folder = tmp_path_factory.mktemp("forms")
    rows = [canonical(fact) for fact in given_facts]
    expected = sorted(rows, key=lambda row: row["recorded_at"])
    for form in ("parquet", "ndjson", "csv"):
        with FactWriter(folder / f"facts.{form}") as writer:
            writer.write(batch_of(rows))
        assert read(folder / f"facts.{form}")[0] == expected, form
    events = [msgspec.json.encode(wire.wrapped(fact, "/bank")) for fact in given_facts]
    (folder / "events.ndjson").write_bytes(b"\n".join(events))
    assert read(folder / "events.ndjson")[0] == expected
    (folder / "wire.ndjson").write_bytes(b"\n".join(map(wire.encode, given_facts)))
    assert read(folder / "wire.ndjson")[0] == expected
    assert [canonical(wire.decode(wire.encode(fact))) for fact in given_facts] == rows
    assert [canonical(wire.decode(event)) for event in events] == rows


# -- one fact and a million ----------------------------------------------------------------------------------------------

ODD = [
    None, True, False, 0, 1, -1, -0.0, 1.0, 1.5, 100, 2**31, 2**53 + 1, 2**63, -(2**63), 2**70, 1e22, 1e-7, 1e300,
    "", " ", "x", " x ", "a b", "1", "1.0", "+1", "1e3", "NaN", "true", "FALSE", "0", "2", "CN", "cn", "CNY", "XYZ",
    "purchase", "buy", "x" * 128, "x" * 129, "商户", "a\n", "a\nb", "a\tb", "\x7f", "\u3000", "\u00a0x", 'a"b', "a\\b", "\x00",
    [], [1], {}, {"a": 1}, "2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", "2026-01-01t08:00:00z", "2026-01-01 08:00Z",
    "2026-01-01T08:00:00", "2026-01-01", "2026-01-01T08:00:00.1234565Z", "2026-01-01T08:00:00.9999999Z", "1767225600",
    "2026-01-01T08:00:00,5Z", "2026-01-01T08:00:00+0800", "2026-01-01T08:00:00+08:60", "2016-12-31T23:59:60Z",
    "1900-01-01T00:00:00Z", "1899-12-31T23:59:59.999999Z", "2100-01-01T00:00:00Z", "2100-01-01T00:00:00.000001Z",
    "2100-01-01T07:00:00+08:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "20260101T080000Z",
]  # fmt: skip
BASE: Row = {
    "fact_id": "f", "kind": "purchase", "occurred_at": "2026-01-01T00:00:00Z", "account": "a", "amount": 1, "currency": "CNY",
}  # fmt: skip
STRANGE = [*FIELDS, "foo", "specversion", "data", "_row", "label"]


def judged(objects: list[bytes]) -> list[Row | None]:
    """What the columnar intake makes of each line of a file: a fact, or None where it is set aside."""
    opened: list[Row] = []
    places: list[int] = []
    for place, line in enumerate(objects):
        with contextlib.suppress(wire.Unreadable):
            opened.append(wire.opened(line))
            places.append(place)
    batch, rejects = Intake([], TERMS, fixed=False).objects(opened, np.array(places, np.int64))
    facts_: list[Row | None] = [None] * len(objects)
    for row in batch.to_pylist():
        facts_[row["_row"]] = {name: row.get(name) for name in FIELDS}
    assert all(facts_[reject.row] is None and reject.reason and reject.remedy for reject in rejects)
    return facts_


def decoded(line: bytes) -> Row | None:
    try:
        return canonical(wire.decode(line))
    except wire.Unreadable as error:
        assert error.reason and error.remedy and str(error)
        return None


def spelled(row: Row, style: int) -> bytes:
    """JSON in one of the ways people write it."""
    if style == 0:
        return msgspec.json.encode(row)
    text = json.dumps(row, ensure_ascii=style == 1, separators=(",", ":") if style == 2 else None)
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from(STRANGE), st.sampled_from(ODD), max_size=3), st.integers(0, 3)),
        min_size=1,
        max_size=6,
    )
)
@example(
    [({name: value}, style) for name in ("account", "amount", "mcc", "declined") for value in ODD for style in (0, 1)]
)
@example(
    [({name: value}, style) for name in ("occurred_at", "recorded_at", "merchant") for value in ODD for style in (0, 2)]
)
@example(
    [({"kind": "clock", "amount": None, "currency": None}, 0), ({"kind": "credit_report", "credit_score": 1.0}, 3)]
)
def test_one_fact_is_judged_as_in_a_file_of_many(changes: list[tuple[Row, int]]) -> None:
    """On the wire, alone in a file, and among strangers in a file: accepted with the same content, or refused."""
    lines = [spelled({**BASE, **change}, style) for change, style in changes]
    together = judged(lines)
    for line, among in zip(lines, together, strict=True):
        assert decoded(line) == judged([line])[0] == among, line


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_of_every_kind_is_judged_alike(kind: str) -> None:
    """Each field of a kind takes odd values, each kind others."""
    whole: Row = {"account": "a", "changed": "phone", "channel": "sms", "result": "refused", "statement_balance": 1}
    whole.update({"minimum_due": 1, "credit_limit": 1, "currency": "CNY", "amount": 1})
    base = {**BASE, **whole, "kind": kind}
    base = {name: value for name, value in base.items() if name in allowed(kind)}
    fields = enumerate([*allowed(kind), "foo"], start=sorted(KINDS).index(kind))
    lines = [spelled({**base, name: value}, 0) for i, name in fields for value in [*ODD[i % 11 :: 11], base.get(name)]]
    alone = [decoded(line) for line in lines]
    assert judged(lines) == alone and any(alone) and not all(alone)


@pytest.mark.parametrize(
    "line",
    [
        b"", b" ", b"{", b"}", b"null", b"[]", b"\xff", b'"x"', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1e999}',
        b"[" * 200_000, b'{"a":' * 200_000, b'{"a":"\\ud800"}', b'{"a":"\xed\xa0\x80"}', b'{"a":1,"a":1}', b"{'a':1}", b"\xef\xbb\xbf{}",
        b'{"a":' + b"9" * 10_000 + b"}", b'{"kind":"purchase"}{"kind":"purchase"}', b'{"a":01}', b'{"a":"\t"}',
        spelled(BASE, 0)[:-1] + b',"amount" : 1}', spelled(BASE, 0)[:-1] + b',"am\\u006funt":1}', spelled(BASE, 0) + b"x",
        b'{"specversion":"1.0","data":{"a":1,"a":2}}',
    ],
)  # fmt: skip
def test_a_text_that_is_no_fact_is_refused_in_a_sentence(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+; [^\n]+$"):
        wire.decode(line)
    assert judged([line]) == [None]


def test_events_say_what_their_envelope_says() -> None:
    event: Row = {
        "specversion": "1.0", "id": "f", "source": "/bank", "type": "tocsin.fact.purchase", "time": "2026-01-01T00:00:00Z",
        "subject": "a", "traceparent": "00-1", "data": {"amount": 5, "currency": "CNY", "account": None},
    }  # fmt: skip
    fact = wire.decode(json.dumps(event).encode())
    assert (fact.fact_id, fact.account, getattr(fact, "amount", None)) == ("f", "a", 5)
    event["data"]["account"] = "b"
    assert wire.decode(json.dumps(event).encode()).account == "b"


# -- the vocabulary ------------------------------------------------------------------------------------------------------


def chinese(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None


def test_every_field_is_documented_in_both_languages() -> None:
    for name, field in FIELDS.items():
        assert field.en.isascii() or "…" in field.en, name
        assert chinese(field.zh), name
    assert len({field.zh for field in FIELDS.values()}) == len(FIELDS)


@pytest.fixture(params=["en", "zh"])
def told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[str, str]]:
    """The language and what `tocsin facts kinds` prints in it."""
    monkeypatch.setenv("TOCSIN_LANG", request.param)
    monkeypatch.setattr("sys.argv", ["tocsin", "facts", "kinds"])
    with pytest.raises(SystemExit):
        main.main()
    yield request.param, capsys.readouterr().out


def test_every_kind_is_documented_in_both_languages(told: tuple[str, str]) -> None:
    language, text = told
    for kind in KINDS:
        head, _, rest = text[text.index(f"\n{kind}") + 1 if not text.startswith(kind) else 0 :].partition("\n")
        assert chinese(head) == (language == "zh"), head
        for name in allowed(kind):
            assert f"{name}" in rest and getattr(FIELDS[name], language) in rest


def test_kinds_and_fields_agree() -> None:
    assert set().union(*(allowed(kind) for kind in KINDS)) == set(FIELDS)
    assert all({"fact_id", "occurred_at"} <= set(required(kind)) for kind in KINDS)


def test_the_arrow_schema_says_types_units_and_words() -> None:
    assert SCHEMA.names == list(FIELDS)
    for field in SCHEMA:
        told_ = {key.decode(): value.decode() for key, value in field.metadata.items()}
        assert (told_["en"], told_["zh"]) == (FIELDS[field.name].en, FIELDS[field.name].zh)
        kind = FIELDS[field.name].type
        assert told_.get("unit") == ("minor units of currency" if kind == "money" else None)
        assert field.type == {"text": pa.string(), "flag": pa.bool_(), "instant": pa.timestamp("us", tz="UTC")}.get(
            kind, pa.int64()
        )
        assert field.nullable == (field.name not in ("fact_id", "kind", "occurred_at", "recorded_at"))

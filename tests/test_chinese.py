"""Every sentence a person is told has a Chinese one: no message of the source is without a template."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.spoken import SENTENCES, SOURCE
from tocsin.faces.chinese import (
    api,
    chinese,
    conduct,
    credit,
    dealings,
    deciding,
    documents,
    files,
    journal,
    links,
    live,
    others,
    plans,
    restrictions,
    told,
)
from tocsin.faces.cli import main
from tocsin.facts.dealings import DEALINGS
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS
from tocsin.policy.document import FUNCTIONS
from tocsin.policy.expression import FUNCTIONS as CALLS
from tocsin.policy.expression import PARTS
from tocsin.values.problem import Problem

CODE = {*FIELDS, *KINDS, *FUNCTIONS, *CALLS, *PARTS, "true", "false", "gzip", "Parquet", "Tocsin"}
"""Words that are the same in every language."""
Screen = Callable[..., tuple[int, str]]


def english_in(text: str) -> list[str]:
    plain = re.sub(r"'[^']*'|`[^`]*`|\{[^}]*\}|^\S*?:(\d+:)*", "", text, flags=re.M)
    return [word for word in re.findall(r"(?<![-./\w])[A-Za-z]\w*[a-z]\w*(?![./])", plain) if word not in CODE]


def wrong(english: str) -> str:
    """What is wrong with the Chinese of a sentence; empty where it is well."""
    text = chinese(english)
    lost = [slot for slot in re.findall(r"X\d", english) if slot not in text]
    left = english_in(re.sub(r"X\d", "", text))
    if not re.search(r"[\u4e00-\u9fff]", text):
        return f"no Chinese for: {english}"
    return f"{english} → {text}: " + (f"{lost} lost" if lost else f"English: {left}") if lost or left else ""


@pytest.mark.parametrize("module", [module for module, sentences in SENTENCES.items() if sentences])
def test_every_sentence_has_a_chinese_one(module: str) -> None:
    missing = [f"{module}:{line}: {fault}" for line, text in SENTENCES[module] if (fault := wrong(text))]
    assert not missing, "add to faces/chinese:\n" + "\n".join(missing)


def test_no_sentence_is_translated_that_nobody_says() -> None:
    said = [text for sentences in SENTENCES.values() for _, text in sentences] + [_meaning(kind) for kind in KINDS]
    unsaid = []
    for english in (
        one
        for table in (documents, files, journal, links, api, conduct, credit, deciding, live, plans)
        for one in table.SENTENCES
    ):
        pattern = re.sub(r"\\{\w+(:w)?\\}", ".*", re.escape(english)).replace(r"\{\{", "{").replace(r"\}\}", "}")
        if " " in english and not any(re.search(pattern, text) for text in said):
            unsaid.append(english)
    assert not unsaid, "remove from faces/chinese what nobody says:\n" + "\n".join(unsaid)


def test_no_sentence_stands_in_two_tables() -> None:
    tables = [
        table.SENTENCES
        for table in (
            documents,
            files,
            journal,
            links,
            api,
            conduct,
            credit,
            dealings,
            deciding,
            live,
            others,
            plans,
            restrictions,
        )
    ]
    assert len({english for table in tables for english in table}) == sum(map(len, tables))


def _meaning(kind: str) -> str:
    return ({**KINDS, **DEALINGS}[kind].__doc__ or "").split("\n")[0]


def test_kinds_and_fields_have_chinese_meanings() -> None:
    assert not [fault for kind in {**KINDS, **DEALINGS} if (fault := wrong(_meaning(kind)))]
    assert all(chinese(field.en) == field.zh for field in FIELDS.values())


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("column 'a' is not mapped", "列 'a' 没有映射"),
        ("column 'a' has times without a zone", "列 'a' 的时间没有时区"),
        ("did you mean 'amount'? or use --map", "是否指 'amount'?或使用 --map"),
        ("text (currency) + money has no meaning", "文本 (currency) + 金额没有意义"),
        ("least() mixes money and number", "least() 混用了金额与数值"),
        ("it came 1 d 2 h late, the policy waits 90 days", "迟到1天2小时,策略最多等待90天"),
        ("expected level none after 8 days, got red", "8天后预期级别为“无”,实际为“red”"),
        ("merchant: 'a b' is no id", "'merchant':'a b' 不是编号"),
        ("use minor or major", "可用 minor 或 major"),
        ("it cannot be read (Permission denied)", "无法读取(没有权限)"),
        ("'{a} {0} {b!r}' is not a name", "'{a} {0} {b!r}' 不是名称"),
        ("what nobody foresaw: a comet", "what nobody foresaw: a comet"),
        ("", ""),
    ],
)
def test_sentences(english: str, expected: str) -> None:
    assert chinese(english) == expected


def test_foreign_words_of_any_length_are_matched_at_once() -> None:
    for piece in ("a: ", "and ", " is not ", "; did you mean ", "{", "'"):
        assert chinese(piece * 50_000)


def test_a_problem_is_told_with_the_signs_of_its_language() -> None:
    problem = Problem("the file is empty", "a.csv:1", "check the path")
    assert told(problem, "en") == str(problem) == "a.csv:1: the file is empty; check the path"
    assert told(problem, "zh") == "a.csv:1:文件为空;请检查路径"
    assert told(Problem("the file is empty"), "zh") == "文件为空"


# -- on the screen -----------------------------------------------------------------------------------------------------

POLICY = """
policy: bad
version: "1"
currency: CNY
lateness: 1 month
signals:
  a: {sum: merchant, over: [1], bye: account}
  b: {mean: amount, where: "kindd = 'x'", over: 0 days}
  c: b + c
rules:
  R: {when: "a > ", level: blue, say: {en: "x", zh: "x"}}
  s: {when: "amount > 'x' and amount + kind > 1", level: pink, points: -3, say: {en: "{z}", zh: ""}}
levels: {pink: {colour: red, cool_off: 3}}
"""


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Screen:
    """Run a command line in Chinese, in a folder of its own: its exit code and what it says."""
    monkeypatch.setenv("TOCSIN_LANG", "zh")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["tocsin", *words])
        with pytest.raises(SystemExit) as left:
            main.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out + said.err

    return run


@pytest.mark.parametrize(
    "text",
    [
        POLICY,
        "policy: [\n",
        "a: b: c",
        "policy: x\n policy: y",
        "- 1",
        "a: 1\na: 2",
        "a: &x 1",
        "a: '",
        "a: \t@",
        "a: *x",
        "a: [1, {]",
        "--- 1\n--- 2",
        'a: "\\q"',
        "a\x01b",
    ],
)
def test_mistakes_in_a_policy(screen: Screen, tmp_path: Path, text: str) -> None:
    (tmp_path / "p.yaml").write_text(text)
    code, said = screen("policy", "check", str(tmp_path / "p.yaml"))
    assert code == 2 and "p.yaml:" in said
    assert not english_in(said), said


def test_mistakes_of_expressions(screen: Screen, tmp_path: Path) -> None:
    wrongs = [
        "amount > 'x'", "amount + kind > 1", "kind > 'a'", "nope(1) = 1", "sqrt(amount) > 1", "least(amount, mcc) > 1",
        "a.b > 1", "amount = null", "amount in (select 1)", "amount like 'x'", "hour(1) = 1", "case amount when 1 then 2 end > 1",
        "amount is true", "amount between 1 and 'x'", "interval '1 month' > interval '1 day'", "1e40 > 1", "amount", "(amount > 1) > 2",
        "case when amount > 1 then amount else 1.5 * occurred_at end > 1", "amount > 1; drop x", "amount >", "'", "1.234 > amount",
        "kind = 'purchas'", "confirmed_fraud", "exists(select 1)", "sum(amount) over () > 1", "abs(amount, 1) > 2", "amount is distinct from 1",
    ]  # fmt: skip
    rules = "".join(
        f"  r{n}: {{when: {json.dumps(text)}, level: red, say: {{en: x, zh: x}}}}\n" for n, text in enumerate(wrongs)
    )
    (tmp_path / "p.yaml").write_text(f"policy: p\nversion: '1'\ncurrency: CNY\nrules:\n{rules}")
    code, said = screen("policy", "check", str(tmp_path / "p.yaml"))
    assert code == 2
    assert len({line.split(":")[1] for line in said.splitlines()}) == len(wrongs), said
    assert not english_in(said), said


def test_failing_tests_of_a_policy(screen: Screen, tmp_path: Path) -> None:
    shutil.copy(SOURCE.parents[1] / "policies" / "card.yaml", tmp_path)
    (tmp_path / "card.test.yaml").write_text(
        "policy: card.yaml\ncases:\n- case: 空\n  given: [2026-03-02 10:00 purchase 58.00]\n"
        "  expect: [{level: red, because: [transfer_burst]}, {level: red, after: 3 days}]\n"
    )
    code, said = screen("policy", "test", str(tmp_path / "card.yaml"))
    assert code == 1 and "预期级别为“red”,实际为“无”;没有规则预警" in said and "3天后预期级别" in said
    assert "transfer_burst 没有预警;请更正策略或预期" in said and "0 通过,1 未通过" in said


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        ("backtest", 2, "缺少"),
        ("polic", 2, "没有命令 'polic';是否指 'policy'?"),
        ("simulate --out a.csv --days many", 2, "'--days' 的值无效:须是整数;请参阅 `"),
        ("simulate --out a.xyz", 2, "a.xyz:'.xyz' 不是事件文件的格式"),
        ("simulate --out a.csv --start soon", 2, "--start:'soon' 不是日期;请写成 2026-01-01"),
        ("simulate --out a.csv --currency CNX", 2, "是否指 'CNY'?"),
        ("policy check /nowhere/card.yaml", 2, "/nowhere/card.yaml:无法读取(没有这个文件或文件夹);请检查路径"),
        ("policy check p.yaml --schema /nowhere/s.json", 2, "/nowhere/s.json:没有这个文件或文件夹;请腾出空间"),
        ("facts kinds", 0, "purchase: 以信用卡或先享后付支付的商品或服务。"),
        ("policy words", 0, "金额"),
    ],
)  # fmt: skip
def test_commands(screen: Screen, words: str, code: int, expected: str) -> None:
    left, said = screen(*words.split())
    assert left == code and expected in said, said


@pytest.mark.parametrize(
    ("fault", "code", "expected"),
    [
        (KeyboardInterrupt(), 130, "已中止;未写出任何结果"),
        (MemoryError(), 70, "内存不足;请换用内存更大的机器"),
        (OSError(28, "No space left on device", "out"), 2, "out:磁盘空间不足;请腾出空间或另选位置"),
        (KeyError("x"), 70, "Tocsin 内部故障(KeyError: 'x');请设置 TOCSIN_DEBUG=1"),
    ],
)
def test_faults(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, fault: BaseException, code: int, expected: str
) -> None:
    def fail(**_: object) -> None:
        raise fault

    monkeypatch.setattr("tocsin.desk.queries.kinds", fail)
    left, said = screen("facts", "kinds")
    assert left == code and expected in said, said


def test_every_help_page_is_in_both_languages() -> None:
    pages = ["", "backtest", "simulate", "policy", "facts", "facts kinds", "serve", "ingest"]
    pages += [f"policy {command}" for command in ("check", "explain", "test", "schema", "words")]
    pages += [f"policy {command}" for command in ("activate", "shadow", "history", "differences")]
    pages += [
        "key",
        "key add",
        "key list",
        "key end",
        "letters",
        "letters revive",
        "audit",
        "audit verify",
        "audit replay",
        "templates",
        "templates check",
        "templates show",
    ]
    for page in pages:
        result = CliRunner().invoke(main.app, [*page.split(), "--help"], terminal_width=10_000)
        assert result.exit_code == 0
        for line in filter(None, result.output.splitlines()):
            assert re.search(r"[A-Za-z].*[\u4e00-\u9fff]", line) or line.startswith("Usage 用法:"), line

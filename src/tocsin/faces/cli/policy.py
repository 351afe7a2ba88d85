"""tocsin policy: check, explain, test, schema, words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tocsin.desk import queries
from tocsin.faces.chinese import chinese, told
from tocsin.faces.cli import console

app = typer.Typer(
    cls=console.Group,
    help="Check, explain and test policies. 策略的检查、说明与测试。",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_File = Annotated[Path, typer.Argument(help="Policy file. 策略文件。")]
_WORDS = {
    "well": {"en": "{} is well: {} signals, {} rules, {} levels", "zh": "{} 无误:{}个信号,{}条规则,{}个级别"},
    "kernel": {"en": "Generated code", "zh": "生成的代码"},
    "passed": {"en": "{} passed, {} failed", "zh": "{} 通过,{} 未通过"},
    "name": {"en": "Name", "zh": "名称"},
    "type": {"en": "Type", "zh": "类型"},
    "meaning": {"en": "Meaning", "zh": "含义"},
}


def _say(key: str, *values: object) -> str:
    return _WORDS[key][console.language()].format(*values)


@app.command(cls=console.Command)
def check(
    file: _File,
    schema: Annotated[
        Path | None,
        typer.Option(help="Also write the JSON Schema for editors here. 同时将供编辑器使用的 JSON Schema 写到此处。"),
    ] = None,
) -> None:
    """Find every mistake in a policy. 找出策略中的全部错误。"""
    if schema is not None:
        schema.write_text(_schema(), encoding="utf-8")
    policy = queries.policy(path=file)
    console.output.print(
        _say("well", policy.stamp, len(policy.signals), len(policy.rules), len(policy.levels)),
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


@app.command(cls=console.Command)
def explain(
    file: _File,
    code: Annotated[bool, typer.Option(help="Show the generated code too. 同时显示生成的代码。")] = True,
) -> None:
    """A policy in words, and the code generated from it. 用文字说明策略,并显示由其生成的代码。"""
    for line in queries.policy_words(path=file, language=console.language()):
        print(line)
    if code:
        print(f"\n{_say('kernel')}\n")
        print(queries.policy_source(path=file))


@app.command(cls=console.Command)
def test(
    file: Annotated[Path, typer.Argument(help="Policy file, or its .test.yaml. 策略文件或其 .test.yaml。")],
) -> None:
    """Run a policy's sentences. 运行策略的测试语句。"""
    verdicts = queries.policy_tests(path=file)
    for verdict in verdicts:
        print(("✓ " if not verdict.failures else "✗ ") + verdict.name)
        for failure in verdict.failures:
            print(f"    {told(failure, console.language())}", file=sys.stderr)
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    print(_say("passed", len(verdicts) - failed, failed))
    if failed:
        raise typer.Exit(console.FAILED)


@app.command(cls=console.Command)
def schema() -> None:
    """Print the JSON Schema of policies, for editors. 输出供编辑器使用的策略 JSON Schema。"""
    print(_schema(), end="")


@app.command(cls=console.Command)
def words() -> None:
    """List every field an expression may read. 列出表达式可用的全部字段。"""
    table = Table(_say("name"), _say("type"), _say("meaning"))
    for name, kind, english, zh in queries.names():
        table.add_row(name, *((kind, english) if console.language() == "en" else (chinese(kind), zh)))
    console.output.print(table)


def _schema() -> str:
    return json.dumps(queries.policy_schema(), ensure_ascii=False, indent=1) + "\n"

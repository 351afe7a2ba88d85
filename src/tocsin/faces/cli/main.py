"""tocsin: early warning for card and pay-later accounts."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tocsin import __version__
from tocsin.faces.cli import (
    agency,
    audit,
    bureau,
    collect,
    console,
    facts,
    incentive,
    ingest,
    keys,
    policy,
    rehearse,
    restriction,
    sandbox,
    service,
    templates,
)
from tocsin.values.problem import Problem, Refused

app = typer.Typer(
    cls=console.Group,
    help="Early warning for card and pay-later accounts. 信用账户动态监测与预警。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(policy.app, name="policy")
app.add_typer(facts.app, name="facts")
app.add_typer(keys.app, name="key")
app.add_typer(keys.letters_app, name="letters")
app.add_typer(audit.app, name="audit")
app.add_typer(templates.app, name="templates")
app.add_typer(agency.app, name="agency")
app.add_typer(bureau.app, name="bureau")
app.add_typer(incentive.app, name="incentive")
app.add_typer(restriction.app, name="restriction")
app.command(cls=console.Command)(service.serve)
app.command(cls=console.Command)(ingest.ingest)
app.command(cls=console.Command)(collect.day)
app.command(cls=console.Command)(collect.worklist)
app.command(cls=console.Command)(collect.person)
app.command("due-day", cls=console.Command)(incentive.due_day)
app.command(cls=console.Command)(sandbox.sandbox)
app.command(cls=console.Command)(rehearse.rehearse)

_WORDS = {
    "title": {"en": "{policy} on {source}", "zh": "{policy} · {source}"},
    "facts": {"en": "Facts assessed", "zh": "评估事件"},
    "accounts": {"en": "Accounts", "zh": "账户"},
    "rejected": {"en": "Rows set aside", "zh": "未读取的行"},
    "repeated": {"en": "Repeated rows, counted once", "zh": "重复行(只计一次)"},
    "warnings": {"en": "Warnings", "zh": "预警"},
    "bad": {"en": "Labelled bad", "zh": "标记为不良"},
    "precision": {"en": "precision", "zh": "精确率"},
    "recall": {"en": "recall", "zh": "召回率"},
    "ap": {"en": "Average precision", "zh": "平均精确率"},
    "card": {"en": "Card precision@100", "zh": "卡精确率@100"},
    "seconds": {"en": "Seconds", "zh": "用时(秒)"},
    "report": {"en": "Report: {}", "zh": "报告:{}"},
    "rejects": {"en": "{} rows could not be read; each with its reason in {}", "zh": "{}行无法读取,原因见 {}"},
    "simulated": {"en": "{:,} facts in {}", "zh": "{:,}条事件写入 {}"},
}


def _say(key: str, *values: object, **names: object) -> str:
    return _WORDS[key][console.language()].format(*values, **names)


def _version(wanted: bool) -> None:
    if wanted:
        console.output.print(f"tocsin {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version. 显示版本。")
    ] = False,
) -> None:
    """Early warning for card and pay-later accounts. 信用账户动态监测与预警。"""


@app.command(cls=console.Command)
def backtest(
    facts: Annotated[
        Path,
        typer.Argument(
            help="File of facts: Parquet, CSV or NDJSON, plain or gzip. 事件文件:Parquet、CSV 或 NDJSON,可用 gzip 压缩。"
        ),
    ],
    policy: Annotated[Path, typer.Option(help="Policy file. 策略文件。")],
    out: Annotated[Path, typer.Option(help="Folder for the results. 结果文件夹。")],
    map: Annotated[Path | None, typer.Option(help="Mapping file, for a foreign file. 外来文件的映射文件。")] = None,
    label: Annotated[str | None, typer.Option(help="Column that says what was bad. 标明不良的列。")] = None,
    accept_rejects: Annotated[
        bool,
        typer.Option(
            "--accept-rejects", help="Exit with 0 also where rows were set aside. 有未读取的行时也以 0 退出。"
        ),
    ] = False,
) -> None:
    """Run a policy over a file: assessments, warnings, summary and report. 回测策略:评估、预警、汇总与报告。"""
    from tocsin.desk import operations
    from tocsin.faces.report.page import html

    with console.progress() as progress:
        summary = operations.backtest(
            facts=facts,
            policy=policy,
            out=out,
            kernels=console.kernels(),
            page=lambda summary, heading: html(summary, {**heading, "language": console.language()}),
            mapping=map,
            label=label,
            progress=progress,
        )
    _show(summary)
    console.output.print(_say("report", (out / "report.html").resolve()), soft_wrap=True, highlight=False)
    if summary["rejected"]:
        console.errors.print(
            _say("rejects", f"{summary['rejected']:,}", out / "rejects.ndjson"), soft_wrap=True, highlight=False
        )
        if not accept_rejects:
            raise typer.Exit(console.REJECTS)


@app.command(cls=console.Command)
def simulate(
    out: Annotated[
        Path, typer.Option(help="File to write: .parquet, .ndjson or .csv. 输出文件:.parquet、.ndjson 或 .csv。")
    ],
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts. 账户数。")] = 2_000,
    days: Annotated[int, typer.Option(min=1, help="How many days. 天数。")] = 180,
    start: Annotated[str, typer.Option(help="First day, as 2026-01-01. 起始日期,如 2026-01-01。")] = "2026-01-01",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same facts. 随机种子,相同则数据相同。")] = 1,
    currency: Annotated[str, typer.Option(help="ISO 4217 code. 币种的 ISO 4217 代码。")] = "CNY",
    timezone: Annotated[str, typer.Option(help="IANA zone of the bank. 银行所在的 IANA 时区。")] = "Asia/Shanghai",
) -> None:
    """Write the facts of a simulated bank, with labelled stories of fraud. 生成模拟银行的事件,含标记的欺诈情节。"""
    from tocsin.desk import operations
    from tocsin.replay.bank import Bank

    bank = Bank(seed=seed, accounts=accounts, days=days, start=_day(start), currency=currency, timezone=timezone)
    with console.progress() as progress:
        count = operations.simulate(bank=bank, out=out, progress=progress)
    console.output.print(_say("simulated", count, out), soft_wrap=True, highlight=False)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(Problem(f"'{text}' is not a day", "--start", "write it as 2026-01-01")) from None


def _show(summary: dict[str, Any]) -> None:
    language = console.language()
    totals = summary["totals"]
    table = Table(
        title=_say("title", policy=summary["title"][language], source=summary["source"]),
        show_header=False,
        title_justify="left",
    )
    table.add_column()
    table.add_column(justify="right")
    table.add_row(_say("facts"), f"{totals['facts']:,}")
    table.add_row(_say("accounts"), f"{totals['accounts']:,}")
    if summary["rejected"]:
        table.add_row(_say("rejected"), f"{summary['rejected']:,}")
    if summary["duplicates"]:
        table.add_row(_say("repeated"), f"{summary['duplicates']:,}")
    detection = summary.get("detection")
    for rank, level in enumerate(summary["levels"]):
        row = f"{totals['warnings_by_level'][rank]:,}"
        table.add_row(f"{_say('warnings')} · {level['label'][language]}", row)
    if detection:
        table.add_row(_say("bad"), f"{detection['bad']:,}")
        if detection["average_precision"] is not None:
            table.add_row(_say("ap"), f"{detection['average_precision']:.3f}")
        if detection["card_precision"] and detection["card_precision"].get("mean") is not None:
            table.add_row(_say("card"), f"{detection['card_precision']['mean']:.3f}")
    table.add_row(_say("seconds"), f"{summary['seconds']:.1f}")
    console.output.print(table)


def main() -> None:
    """The entry point."""
    sys.exit(console.guarded(lambda: app(standalone_mode=False)))

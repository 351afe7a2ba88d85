"""tocsin bureau: the furnishing file of a period, and what the credit bureau answers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from tocsin.faces.cli import console, sheets
from tocsin.faces.cli.office import Server, SettingsFile, books, reading

app = typer.Typer(
    cls=console.Group,
    help="Credit bureau: what is furnished, and its answers. 征信机构:报送文件与反馈。",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_WORDS = {
    "answer": {"en": "Answer", "zh": "反馈"},
    "count": {"en": "Count", "zh": "笔数"},
    "accepted": {"en": "Accepted", "zh": "已接受"},
    "rejected": {"en": "Rejected: to be corrected", "zh": "被退回:须更正"},
    "disputed": {"en": "Disputed: stopped until resolved", "zh": "有异议:处理完毕前暂停"},
    "record": {"en": "Record", "zh": "记录"},
    "why": {"en": "Why", "zh": "原因"},
}


def _say(word: str) -> str:
    return _WORDS[word][console.language()]


@app.command("out", cls=console.Command)
def furnished(first: sheets.First, last: sheets.Last, out: sheets.Out = None, settings: SettingsFile = None) -> None:
    """The file of what was furnished, corrected and taken down in a period. 期间内报送、更正与删除的征信文件。"""
    from tocsin.desk import bureau

    days = sheets.day(first, "--from"), sheets.day(last, "--to")
    with books(settings) as journal:
        content, count = bureau.out(journal, *days)
    sheets.put(content, out, count)


@app.command("in", cls=console.Command)
def answered(
    file: Annotated[Path, typer.Argument(help="Answers of the bureau, CSV. 征信机构反馈文件,CSV。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Take the bureau's answers; a dispute stops what is done about the debt. 接收征信机构的反馈;有异议的债务暂停处理。"""
    from tocsin.desk import bureau

    with reading(settings) as journal:
        told = bureau.incoming(journal, sheets.read(file), str(file))
    well = sheets.record(told.given, settings, server)
    counted = Counter[str](one.answer for one in told.answers)
    names = ("accepted", "rejected", "disputed")
    console.table([_say("answer"), _say("count")], [(_say(name), f"{counted[name]:,}") for name in names])
    open = [(_say(one.answer), one.record, one.reason) for one in told.answers if one.answer != "accepted"]
    if open:
        console.table([_say("answer"), _say("record"), _say("why")], open)
    if not well:
        raise typer.Exit(console.REJECTS)

"""What commands about files of partners share: periods, reading and writing, facts that come of a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tocsin.desk.agencies import parts
from tocsin.desk.clerk import Given
from tocsin.desk.faults import Fault
from tocsin.faces.chinese import told
from tocsin.faces.cli import console
from tocsin.faces.cli.office import office
from tocsin.links import sheet
from tocsin.values.problem import Problem, Refused, shown

First = Annotated[str, typer.Option("--from", help="First day, as 2026-01-01. 起始日期,如 2026-01-01。")]
Last = Annotated[str, typer.Option("--to", help="Last day, as 2026-12-31. 截止日期,如 2026-12-31。")]
Out = Annotated[
    Path | None, typer.Option("--out", help="File to write; standard output if absent. 输出文件,默认写到标准输出。")
]
_SENT = 2_000
"""Facts in one request."""
_WORDS = {
    "written": {"en": "Records in {}: {:,}", "zh": "{} 中的记录:{:,}"},
    "recorded": {"en": "Facts recorded: {:,}", "zh": "已记录的事件:{:,}"},
    "repeated": {"en": "Recorded before, counted once: {:,}", "zh": "此前已记录(只计一次):{:,}"},
}


def say(word: str, *values: object) -> str:
    return _WORDS[word][console.language()].format(*values)


def day(text: str, option: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.max
    if not 1900 < found.year < 2099:
        raise Refused(Problem(f"{shown(text)} is not a day", option, "write it as 2026-01-01"))
    return found


def read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(sheet.LARGEST + 1)
    except OSError as error:
        raise Refused(Problem(f"it cannot be read ({error.strerror})", str(path), "check the path")) from None


def put(content: bytes, out: Path | None, count: int) -> None:
    """To standard output, or to a file that is there whole or not at all."""
    if out is None:
        sys.stdout.write(content.decode())
        return
    sheet.put(out, content)
    print(say("written", out, count))


def record(given: Sequence[Given], settings: Path | None, server: str | None, known: int = 0) -> bool:
    """Record the facts of a file and say so; `known`: so many more were there before. Whether all are on the log."""
    answers: list[Fault | bool] = []
    if given:
        with office(settings, server) as place:
            for part in parts(given, _SENT):
                answers += place.take(part)
    faults = [one for one in answers if isinstance(one, Fault)]
    print(say("recorded", answers.count(False)))
    if repeated := known + answers.count(True):
        print(say("repeated", repeated))
    for one in faults:
        print(told(Problem(one.reason, one.fact_id or one.field, one.remedy), console.language()), file=sys.stderr)
    return not faults

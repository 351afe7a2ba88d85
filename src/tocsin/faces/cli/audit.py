"""tocsin audit: is the log what was written, and does what was decided follow from it?"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tocsin.faces.chinese import told
from tocsin.faces.cli import console
from tocsin.faces.cli.office import SettingsFile, reading
from tocsin.journal.records import Head
from tocsin.values.problem import Problem, Refused, shown

app = typer.Typer(cls=console.Group, help="Examine the log. 审核日志。", no_args_is_help=True, rich_markup_mode=None)
_WORDS = {
    "whole": {"en": "All {:,} entries are as they were written", "zh": "全部 {:,} 条均与写入时一致"},
    "found": {"en": "Found: {:,}", "zh": "发现问题:{:,}"},
    "head": {"en": "Head, to be kept elsewhere for --anchor: {}:{}", "zh": "日志末端,请另行保存以供 --anchor 使用:{}:{}"},
    "same": {"en": "What was decided in {:,} entries follows from the facts", "zh": "{:,} 条中的判定均可由事件重现"},
}  # fmt: skip


def _say(word: str, *values: object) -> str:
    return _WORDS[word][console.language()].format(*values)


@app.command(cls=console.Command)
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            help="An earlier head, SEQ:HEX, that must still stand in the log; may be given again. 早先记下的日志末端 SEQ:HEX,须仍在日志中;可重复给出。"
        ),
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Follow the chain of the log: nothing was changed, removed, moved or added. 核对日志的链条:无改动、删除、移动或插入。"""
    from tocsin.desk import audit

    anchors = [_anchor(text) for text in anchor or []]
    with reading(settings) as journal:
        head, found = journal.head(), 0
        with console.progress() as progress:
            for problem in audit.verified(journal, anchors, progress):
                found += 1
                console.errors.print(told(problem, console.language()), soft_wrap=True, highlight=False, markup=False)
    print(_say("found", found) if found else _say("whole", head.seq))
    print(_say("head", head.seq, head.chain.hex()))
    if found:
        raise typer.Exit(console.FAILED)


@app.command(cls=console.Command)
def replay(settings: SettingsFile = None) -> None:
    """Decide everything again from the facts; it must come to what is stored. 由事件重新判定全部内容,须与所存一致。"""
    from tocsin.desk import audit
    from tocsin.desk.houses import Lender
    from tocsin.desk.settings import load

    given = load(settings, os.environ)
    with reading(settings) as journal:
        head, found = journal.head(), 0
        with console.progress() as progress:
            lender = Lender(given.laws, given.texts)
            for problem in audit.replayed(journal, console.kernels(), progress, lender):
                found += 1
                console.errors.print(told(problem, console.language()), soft_wrap=True, highlight=False, markup=False)
    print(_say("found", found) if found else _say("same", head.seq))
    if found:
        raise typer.Exit(console.FAILED)


def _anchor(text: str) -> Head:
    seq, _, chain = text.partition(":")
    try:
        if not (seq.isascii() and seq.isdigit() and len(seq) < 19 and len(chain) == 64):
            raise ValueError
        return Head(int(seq), 0, bytes.fromhex(chain))
    except ValueError:
        remedy = "write it as `verify` printed it: the number, a colon and 64 digits"
        raise Refused(Problem(f"{shown(text)} is no head of a log", "--anchor", remedy)) from None

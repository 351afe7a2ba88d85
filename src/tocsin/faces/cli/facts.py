"""tocsin facts: the kinds and their fields."""

from __future__ import annotations

import typer

from tocsin.desk import queries
from tocsin.faces.chinese import chinese
from tocsin.faces.cli import console

app = typer.Typer(
    cls=console.Group, help="The vocabulary of facts. 事件词汇。", no_args_is_help=True, rich_markup_mode=None
)


@app.command(cls=console.Command)
def kinds() -> None:
    """List every kind of fact with its fields; * is needed. 列出全部事件类型及其字段;* 为必填。"""
    language = console.language()
    for kind, meaning, fields in queries.kinds(language=language):
        print(f"{kind}: {meaning if language == 'en' else chinese(meaning)}")
        for name, words, needed in fields:
            print(f"  {'*' if needed or name == 'kind' else ' '} {name}: {words}")

"""tocsin facts: the kinds and their fields."""

from __future__ import annotations

import typer

from tocsin.desk import queries
from tocsin.faces.cli import console

app = typer.Typer(help="The vocabulary of facts. 事件词汇。", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def kinds() -> None:
    """List every kind of fact with its fields; * is needed. 列出事件类型。"""
    for kind, meaning, fields in queries.kinds(language=console.language()):
        print(f"{kind}: {meaning}")
        for name, words, needed in fields:
            print(f"  {'*' if needed or name == 'kind' else ' '} {name}: {words}")

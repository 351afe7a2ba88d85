"""tocsin templates: check, show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.credit.conduct.words import NAMES
from tocsin.desk import laws
from tocsin.faces.cli import console
from tocsin.values.problem import Problem, Refused

app = typer.Typer(
    cls=console.Group,
    help="The texts that customers get. 发给客户的文本。",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Own = Annotated[
    Path | None,
    typer.Option(
        "--own",
        help="A lender's file that tightens the profile; needs --profile. 机构自行收紧的规则文件,须同时给出 --profile。",
    ),
]
_WORDS = {
    "well": {"en": "{} templates are lawful under {}", "zh": "{}个模板在 {} 下均合规"},
    "subject": {"en": "Subject: {}", "zh": "主题:{}"},
    "parts": {"en": "text messages: {}", "zh": "短信条数:{}"},
}


def _say(key: str, *values: object) -> str:
    return _WORDS[key][console.language()].format(*values)


@app.command(cls=console.Command)
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A lender's own templates, laid over those of Tocsin; these alone if absent. 机构自有模板的文件夹,置于自带模板之上;缺省仅检查自带模板。"
        ),
    ] = None,
    profile: Annotated[str | None, typer.Option(help="CN, US or UK; all if absent. CN、US 或 UK,缺省为全部。")] = None,
    own: _Own = None,
) -> None:
    """Find everything unlawful or broken in the texts. 找出文本中全部违规或有误之处。"""
    if own is not None and profile is None:
        raise Refused(Problem("'--own' tightens one profile", "--own", "name it with --profile"))
    names = list(laws.profiles()) if profile is None else [profile]
    texts = laws.checked(folder, names, own)
    print(_say("well", len(texts.written), ", ".join(names)))


@app.command(cls=console.Command)
def show(
    name: Annotated[str, typer.Argument(help="Name of the template, as reminder. 模板名称,如 reminder。")],
    channel: Annotated[str, typer.Option(help="sms, app, email, letter, call … 渠道,如 sms。")],
    profile: Annotated[str, typer.Option(help="CN, US or UK. CN、US 或 UK。")],
    folder: Annotated[Path | None, typer.Option(help="A lender's own templates. 机构自有模板的文件夹。")] = None,
) -> None:
    """Show a text as a customer would get it, filled with examples. 以示例填充,显示客户将收到的文本。"""
    for draft, said in laws.example(name, channel, profile, folder):
        words = (draft.name, *(NAMES[word][draft.language] for word in (draft.purpose, channel)), profile)
        print(f"--- {draft.language} · {' · '.join(words)}")
        if said.subject:
            print(_say("subject", said.subject))
        print(said.text)
        if said.segments:
            print(f"({_say('parts', said.segments)})")

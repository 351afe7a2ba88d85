"""tocsin key: keys of the API. tocsin letters: messages that were given up."""

from __future__ import annotations

from typing import Annotated

import typer

from tocsin.faces.cli import console
from tocsin.faces.cli.office import Server, SettingsFile, office
from tocsin.values.problem import Problem, Refused, did_you_mean, shown

app = typer.Typer(cls=console.Group, help="Keys of the API. API 密钥。", no_args_is_help=True, rich_markup_mode=None)
letters_app = typer.Typer(
    cls=console.Group,
    help="Dead letters: messages that were given up. 死信:已放弃投递的消息。",
    invoke_without_command=True,
    rich_markup_mode=None,
)
_WORDS = {
    "key": {"en": "Key {} for {} ({}), shown only now:", "zh": "{} 号密钥,用于 {}({}),仅显示这一次:"},
    "ended": {"en": "Key {} has ended", "zh": "{} 号密钥已停用"},
    "id": {"en": "Id", "zh": "编号"},
    "name": {"en": "Name", "zh": "名称"},
    "scopes": {"en": "Scopes", "zh": "权限"},
    "made": {"en": "Made", "zh": "创建时间"},
    "end": {"en": "Ended", "zh": "停用时间"},
    "message": {"en": "Message", "zh": "消息"},
    "destination": {"en": "Destination", "zh": "去处"},
    "type": {"en": "Type", "zh": "类型"},
    "attempts": {"en": "Attempts", "zh": "尝试次数"},
    "given_up": {"en": "Given up", "zh": "放弃时间"},
    "error": {"en": "Why", "zh": "原因"},
    "no_letters": {"en": "There are no dead letters", "zh": "没有死信"},
    "revived": {"en": "Sent again: {:,}", "zh": "重新投递:{:,}"},
}
_PAGE = 1000


def _say(word: str, *values: object) -> str:
    return _WORDS[word][console.language()].format(*values)


@app.command(cls=console.Command)
def add(
    name: Annotated[str, typer.Argument(help="Whom it is for. 使用者的名称。")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="What it may do: decide, read, collect, admin, approve:LEVEL; may be given again. 权限:decide、read、collect、admin、approve:级别,可重复给出。"
        ),
    ],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Make a key; its text is shown once and kept nowhere. 新建密钥;其内容只显示一次,不作保存。"""
    from tocsin.desk.keys import SCOPES, is_scope

    for one in scope:
        if not is_scope(one):
            raise Refused(Problem(f"there is no scope {shown(one)}", "--scope", did_you_mean(one, SCOPES)))
    if not 1 <= len(name) <= 128:
        raise Refused(Problem("the name is empty or too long", "NAME", "write 1 to 128 characters"))
    with office(settings, server) as at:
        made = at.key_add(name, sorted(set(scope)))
    print(_say("key", made["id"], made["name"], " ".join(made["scopes"])))
    print(made["key"])


@app.command("list", cls=console.Command)
def every(settings: SettingsFile = None, server: Server = None) -> None:
    """List all keys, ended ones too. 列出全部密钥,包括已停用的。"""
    with office(settings, server) as at:
        keys = at.keys()
    titles = [_say(title) for title in ("id", "name", "scopes", "made", "end")]
    rows = [(key["id"], key["name"], " ".join(key["scopes"]), key["made_at"], key["ended_at"]) for key in keys]
    console.table(titles, rows)


@app.command(cls=console.Command)
def end(
    id: Annotated[str, typer.Argument(help="Id of the key, as `list` shows it. 密钥编号,见 `list`。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """End a key at once. 立即停用密钥。"""
    with office(settings, server) as at:
        at.key_end(id)
    print(_say("ended", id))


@letters_app.callback()
def letters(context: typer.Context, settings: SettingsFile = None, server: Server = None) -> None:
    """Dead letters: messages that were given up. 死信:已放弃投递的消息。"""
    if context.invoked_subcommand is not None:
        return
    with office(settings, server) as at:
        found = at.letters(_PAGE)
    if not found:
        print(_say("no_letters"))
        return
    titles = [_say(title) for title in ("id", "message", "destination", "type", "attempts", "given_up", "error")]
    names = ("id", "message", "destination", "type", "attempts", "given_up_at", "error")
    console.table(titles, [[letter[name] for name in names] for letter in found])


@letters_app.command(cls=console.Command)
def revive(
    id: Annotated[int | None, typer.Argument(min=1, help="Id of the letter. 死信编号。")] = None,
    all: Annotated[bool, typer.Option("--all", help="Every dead letter. 全部死信。")] = False,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Send a dead letter again, or all of them. 重新投递一封或全部死信。"""
    if (id is None) == (not all):
        raise Refused(Problem("this names no letter, or too many", "revive", "give an id, or --all"))
    done: set[int] = set()
    with office(settings, server) as at:
        if id is not None:
            at.letter_revive(id)
            done.add(id)
        while all and (more := [letter["id"] for letter in at.letters(_PAGE) if letter["id"] not in done]):
            for one in more:
                at.letter_revive(one)
                done.add(one)
    print(_say("revived", len(done)))

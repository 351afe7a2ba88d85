"""tocsin incentive, due-day: rewards and penalties of a person, taking them back, and another due day."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tocsin.faces.cli import console
from tocsin.faces.cli.office import Server, SettingsFile, office
from tocsin.values import money

app = typer.Typer(cls=console.Group, help="Rewards and penalties. 奖励与惩罚。", no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="Why; it is put down. 原因,将被记录。")]
GrantId = Annotated[str, typer.Argument(help="The grant's id. 奖惩编号。")]
_WORDS = {
    "grant": {"en": "Grant", "zh": "编号"},
    "title": {"en": "What", "zh": "项目"},
    "state": {"en": "State", "zh": "状态"},
    "amount": {"en": "Amount", "zh": "金额"},
    "at": {"en": "When", "zh": "时间"},
    "say": {"en": "Why", "zh": "说明"},
    "none": {"en": "Nothing was granted or imposed", "zh": "没有奖励或惩罚"},
    "announced": {"en": "announced", "zh": "已告知"},
    "granted": {"en": "in force", "zh": "已生效"},
    "declined": {"en": "not given", "zh": "未给予"},
    "reversed": {"en": "taken back", "zh": "已撤销"},
    "ended": {"en": "over", "zh": "已终止"},
}


def _say(word: str) -> str:
    return _WORDS[word][console.language()]


@app.command("list", cls=console.Command)
def shown(
    id: Annotated[str, typer.Argument(help="Customer, or one of their accounts. 客户编号或其账户编号。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Rewards and penalties of a person, newest first. 客户的奖励与惩罚,由新到旧。"""
    with office(settings, server) as place:
        said = place.incentives(id, console.language())
    if not said["grants"]:
        print(_say("none"))
        return
    names = ("grant", "title", "state", "amount", "at", "say")
    console.table([_say(name) for name in names], [_row(one, names, said["currency"]) for one in said["grants"]])


@app.command(cls=console.Command)
def reverse(id: GrantId, reason: Reason, settings: SettingsFile = None, server: Server = None) -> None:
    """Take a reward or a penalty back. 撤销奖励或惩罚。"""
    _decided(id, reason, True, settings, server)


@app.command(cls=console.Command)
def confirm(id: GrantId, reason: Reason, settings: SettingsFile = None, server: Server = None) -> None:
    """Confirm what a rule may not decide alone. 确认规则不得单独决定的事项。"""
    _decided(id, reason, False, settings, server)


def due_day(
    account: Annotated[str, typer.Argument(help="The account. 账户编号。")],
    day: Annotated[int, typer.Argument(min=1, max=28, help="Day of the month. 每月几日。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Ask for another due day: granted by rule, or refused with the reason. 申请调整还款日:依规则批准,或说明理由后拒绝。"""
    with office(settings, server) as place:
        print(place.due_day(account, day, console.language())["say"])


def _decided(id: str, reason: str, reverse: bool, settings: SettingsFile, server: Server) -> None:
    with office(settings, server) as place:
        said = place.grant(id, reason, reverse, console.language())
    print(f"{said['title']}: {_say(said['state'])}")


def _row(one: dict[str, Any], names: tuple[str, ...], currency: str) -> list[Any]:
    amount = None if one["amount"] is None else money.written(one["amount"], currency)
    return [{"state": _say(one["state"]), "amount": amount}.get(name, one[name]) for name in names]

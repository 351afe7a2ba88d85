"""tocsin day, worklist, person: the business day of collections, what is to be done by hand, where a person stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tocsin.faces.cli import console
from tocsin.faces.cli.office import Server, SettingsFile, office
from tocsin.values import instant
from tocsin.values.problem import Problem, Refused, shown

_WORDS = {
    "closed": {"en": "{} is closed", "zh": "{} 已日终"},
    "begun": {"en": "{}: what was due is done", "zh": "{}:到期事项已处理"},
    "already": {"en": "{} was closed before; nothing was done", "zh": "{} 此前已日终,未作处理"},
    "persons": {"en": "Persons looked at", "zh": "处理人数"},
    "contacts": {"en": "Contacts", "zh": "联系"},
    "refused": {"en": "Contacts that the gate refused", "zh": "合规校验拒绝的联系"},
    "tasks": {"en": "Tasks", "zh": "人工任务"},
    "seconds": {"en": "Seconds", "zh": "用时(秒)"},
    "what": {"en": "What", "zh": "项目"},
    "count": {"en": "Count", "zh": "数量"},
    "queue": {"en": "Worklist", "zh": "任务队列"},
    "value": {"en": "Expected gain", "zh": "预期收益"},
    "minutes": {"en": "Minutes", "zh": "分钟"},
    "capacity": {"en": "Minutes a day", "zh": "每日分钟数"},
    "task": {"en": "Task", "zh": "任务"},
    "customer": {"en": "Customer", "zh": "客户"},
    "title": {"en": "Treatment", "zh": "措施"},
    "due": {"en": "Until", "zh": "截止"},
    "state": {"en": "State", "zh": "状态"},
    "account": {"en": "Account", "zh": "账户"},
    "days": {"en": "Days past due", "zh": "逾期天数"},
    "past_due": {"en": "Past due", "zh": "逾期金额"},
    "balance": {"en": "Balance", "zh": "余额"},
    "no_case": {"en": "{}: no case", "zh": "{}:无案件"},
    "case": {"en": "{}: case {}, {}, since {}", "zh": "{}:案件 {},{},自 {} 起"},
    "ability": {"en": "Ability", "zh": "还款能力"},
    "willingness": {"en": "Willingness", "zh": "还款意愿"},
    "taken": {"en": "Done so far", "zh": "已采取的措施"},
    "on": {"en": "When", "zh": "时间"},
    "next": {"en": "What comes next", "zh": "后续安排"},
    "none": {"en": "Nothing is open", "zh": "没有未完成的任务"},
}
_COUNTS = ("persons", "contacts", "refused", "tasks")


def _say(word: str, *values: object) -> str:
    return _WORDS[word][console.language()].format(*values)


def day(
    at: Annotated[
        str | None,
        typer.Option(help="Moment to run, as 2026-01-31T20:00:00+08:00; now if absent. 执行时刻,默认为现在。"),
    ] = None,
    close: Annotated[bool, typer.Option("--close", help="Close the business day. 日终。")] = False,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Run everything of collections that is due; run again after a crash, it goes on. 执行到期的全部催收事项;中断后重新运行即可继续。"""
    moment = None if at is None else moment_of(at)
    with office(settings, server) as place, console.progress() as progress:
        said = place.day(moment, close, progress)
    print(_say("already" if said.get("already") else said["state"], said["date"]))
    facts = sorted(said["facts"].items())
    rows = [(_say(name), f"{said[name]:,}") for name in _COUNTS] + [(kind, f"{count:,}") for kind, count in facts]
    console.table([_say("what"), _say("count")], [*rows, (_say("seconds"), f"{said['seconds']:.1f}")])


def worklist(
    queue: Annotated[
        str | None, typer.Argument(help="Worklist; all of them if absent. 任务队列,默认列出全部。")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many tasks at most. 最多条数。")] = 100,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Tasks by what they are expected to bring, within the minutes of the day. 按预期收益列出任务,以当日工时为限。"""
    with office(settings, server) as place:
        if queue is None:
            titles = ("queue", "tasks", "minutes", "capacity", "value")
            console.table(
                [_say(one) for one in titles], [[one.get(name) for name in titles] for one in place.worklists()]
            )
            return
        tasks = place.worklist(queue, limit, console.language())
    if not tasks:
        print(_say("none"))
        return
    names = ("task", "customer", "title", "value", "minutes", "due", "state")
    rows = [[one["due_at" if name == "due" else name] for name in names] for one in tasks]
    console.table([_say(name) for name in names], rows)


def person(
    id: Annotated[str, typer.Argument(help="Customer, or one of their accounts. 客户编号或其账户编号。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Where a person stands over all accounts, what was done, what comes next. 客户全部账户的状况、已采取的措施与后续安排。"""
    with office(settings, server) as place:
        said = place.person(id, console.language())
    case = said["case"]
    if case is None:
        print(_say("no_case", said["customer"]))
    else:
        print(_say("case", said["customer"], case["case"], case["segment"] or "-", case["opened_at"]))
    names = ("account", "state", "days", "past_due", "balance")
    rows = [[one["days_past_due" if name == "days" else name] for name in names] for one in said["accounts"]]
    console.table([_say(name) for name in names], rows)
    for name in ("ability", "willingness"):
        reasons = "; ".join(one["say"] for one in said[name]["reasons"] if one["points"])
        print(f"{_say(name)}: {said[name]['score']} ({reasons})")
    if case is not None and case["taken"]:
        _treatments(_say("taken"), [(one["title"], one["at"], one["state"]) for one in case["taken"]])
    if said["next"]:
        _treatments(_say("next"), [(one["title"], one["on"], "") for one in said["next"]])


def _treatments(title: str, rows: list[tuple[Any, ...]]) -> None:
    print(title)
    console.table([_say("title"), _say("on"), _say("state")], rows)


def moment_of(text: str, option: str = "--at") -> int:
    try:
        return instant.parse(text)
    except ValueError:
        raise Refused(
            Problem(f"{shown(text)} is not a moment", option, "write it as 2026-01-31T20:00:00+08:00")
        ) from None

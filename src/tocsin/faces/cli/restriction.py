"""tocsin restriction: what accounts may not do for a time, why, and what is done about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tocsin.faces.cli import console, sheets
from tocsin.faces.cli.collect import moment_of
from tocsin.faces.cli.office import Server, SettingsFile, office, reading
from tocsin.faces.cli.remote import Remote
from tocsin.values.problem import Problem, Refused

app = typer.Typer(
    cls=console.Group,
    help="Restrictions: why, until when, what shortens them; reviews and appeals. 管控:原因、期限、如何提前解除,复核与申诉。",
    no_args_is_help=True,
)
_WORDS = {
    "restriction": {"en": "Restriction", "zh": "管控"},
    "title": {"en": "What", "zh": "内容"},
    "status": {"en": "Status", "zh": "状态"},
    "since": {"en": "Since", "zh": "起始"},
    "ends": {"en": "Ends, as things stand", "zh": "按现状预计解除"},
    "none": {"en": "{}: no restrictions", "zh": "{}:无管控"},
    "allowed": {"en": "Not affected: {}", "zh": "不受影响:{}"},
    "factor": {"en": "Factor", "zh": "因素"},
    "value": {"en": "Value", "zh": "取值"},
    "days": {"en": "Days", "zh": "天数"},
    "why": {"en": "Why", "zh": "原因"},
    "total": {"en": "Days: {}, from {}", "zh": "自{1}起共{0}天"},
    "by": {"en": "ends {}", "zh": "{}解除"},
    "two": {"en": "Two people release it; no time does", "zh": "须两人同意解除,不因时间自动解除"},
    "waits": {"en": "Not without: {}", "zh": "解除前须完成:{}"},
    "barred": {"en": "It may not end while this is so", "zh": "现阶段不得解除"},
    "requirement": {"en": "What can be done", "zh": "可办事项"},
    "state": {"en": "State", "zh": "状态"},
    "until": {"en": "Until", "zh": "截止"},
    "saves": {"en": "Saves days", "zh": "可缩短天数"},
    "estimate": {
        "en": "Estimate: earliest {}, half by {}, nine of ten by {}",
        "zh": "估计:最早{},半数不迟于{},九成不迟于{}",
    },
    "earliest": {"en": "Estimate: earliest {}", "zh": "估计:最早{}"},
    "effects": {
        "en": "Restrictions: {}; confirmed {}, false {}, undecided {}; right {}",
        "zh": "管控:{};属实{},误伤{},未定{};属实率{}",
    },
    "report": {"en": "Report: {}", "zh": "报告:{}"},
    "reconciled": {
        "en": "{} agree, {} were ordered again, {} are unknown here",
        "zh": "一致{}项,重新下达{}项,未知{}项",
    },
}
_STATES = {
    "active": {"en": "in force", "zh": "生效中"},
    "staged": {"en": "in force, small amounts pass", "zh": "生效中,小额已放行"},
    "refused": {"en": "not to be released", "zh": "不予解除"},
    "released": {"en": "released", "zh": "已解除"},
    "lapsed": {"en": "lapsed", "zh": "已到期"},
    "due": {"en": "due", "zh": "待办"},
    "pending_verification": {"en": "being verified", "zh": "核实中"},
    "met": {"en": "met", "zh": "已满足"},
    "waived": {"en": "waived", "zh": "已免除"},
    "errors": {"en": "found wanting", "zh": "有误"},
}
_KINDS = {
    "payment": {"en": "repayment", "zh": "还款"},
    "refund": {"en": "refunds", "zh": "退款"},
    "purchase": {"en": "purchases", "zh": "消费"},
    "cash_advance": {"en": "cash", "zh": "取现"},
    "transfer": {"en": "transfers", "zh": "转账"},
}
Reason = Annotated[str, typer.Option(help="Why, in a sentence; it is kept. 理由,将予以记录。")]
Id = Annotated[str, typer.Argument(help="The restriction's id. 管控编号。")]


def _say(word: str, *values: object) -> str:
    return _WORDS[word][console.language()].format(*values)


@app.command("list", cls=console.Command)
def listed(
    account: Annotated[str, typer.Argument(help="Account. 账户。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """The restrictions of an account, open ones first. 账户的管控,未结束的在前。"""
    with office(settings, server) as place:
        found = place.restrictions(account, console.language())["restrictions"]
    if not found:
        console.output.print(_say("none", account), highlight=False)
        return
    head = [_say(word) for word in ("restriction", "title", "status", "since", "ends")]
    console.table(
        head, [(one["restriction"], one["title"], _state(one["status"]), one["imposed_at"], _end(one)) for one in found]
    )


@app.command(cls=console.Command)
def show(id: Id, settings: SettingsFile = None, server: Server = None) -> None:
    """One restriction: why, factor by factor, what can be done, when it probably ends. 一项管控:逐项原因、可办事项、预计解除。"""
    with office(settings, server) as place:
        _shown(place.restriction(id, console.language()))


@app.command(cls=console.Command)
def impose(
    account: Annotated[str, typer.Argument(help="Account. 账户。")],
    reason: Annotated[list[str], typer.Option(help="Reason code; may be repeated. 原因代码,可多次给出。")],
    hold: Annotated[str | None, typer.Option(help="A hold of the policy. 策略中的管控名称。")] = None,
    kind: Annotated[str | None, typer.Option(help="Or a kind: transfer_hold, override … 或管控种类。")] = None,
    hard: Annotated[bool, typer.Option("--hard", help="Nothing goes past it. 强管控。")] = False,
    note: Annotated[str | None, typer.Option(help="A remark. 备注。")] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Minor units: the limit after a cut; of an override the most. 最小货币单位。"),
    ] = None,
    merchant: Annotated[
        list[str] | None, typer.Option(help="Only at this merchant; may be repeated. 仅限该商户。")
    ] = None,
    country: Annotated[list[str] | None, typer.Option(help="Only in this country, as CN. 仅限该国家或地区。")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="Only by this channel. 仅限该渠道。")] = None,
    device: Annotated[list[str] | None, typer.Option(help="Only on this device. 仅限该设备。")] = None,
    above: Annotated[int | None, typer.Option(min=1, help="Only more than this, minor units. 仅限超过此金额。")] = None,
    until: Annotated[str | None, typer.Option(help="When it ends, as 2026-01-31T20:00:00+08:00. 到期时刻。")] = None,
    review: Annotated[str | None, typer.Option(help="When somebody looks at it. 复核时刻。")] = None,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Impose a restriction, or an override that lets pass what soft ones stop. 施加管控,或对弱管控临时放行。"""
    given = {
        "reasons": tuple(reason),
        "hold": hold,
        "kind": kind,
        "strength": "hard" if hard else "soft",
        "note": note,
        "limit": limit,
        "merchants": tuple(merchant or ()),
        "countries": tuple(country or ()),
        "channels": tuple(channel or ()),
        "devices": tuple(device or ()),
        "above": above,
        "expires_at": None if until is None else moment_of(until, "--until"),
        "review_at": None if review is None else moment_of(review, "--review"),
    }
    with office(settings, server) as place:
        _shown(place.restrain(account, given, console.language()))


@app.command(cls=console.Command)
def review(
    id: Id,
    decision: Annotated[str, typer.Argument(help="release, keep or refuse. 解除、维持或拒绝。")],
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(help="To keep it: when it is looked at again. 维持时的下次复核时刻。")
    ] = None,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Decide about a restriction; at the highest levels it takes two to release. 复核管控;最高级别须两人同意解除。"""
    if decision not in ("release", "keep", "refuse"):
        raise Refused(Problem(f"'{decision}' is no decision", "DECISION", "write release, keep or refuse"))
    _act(
        id,
        "reviews",
        {"decision": decision, "reason": reason, "until": None if until is None else moment_of(until, "--until")},
        settings,
        server,
    )


@app.command(cls=console.Command)
def appeal(id: Id, reason: Reason, settings: SettingsFile = None, server: Server = None) -> None:
    """The customer objects; a person decides in time. 客户申诉,限期由人工裁决。"""
    _act(id, "appeals", {"reason": reason}, settings, server)


@app.command(cls=console.Command)
def decide(
    id: Id,
    appeal: Annotated[str, typer.Argument(help="The appeal's id. 申诉编号。")],
    reason: Reason,
    uphold: Annotated[bool, typer.Option("--uphold/--reject", help="Whether the customer is right. 支持或驳回。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Decide an appeal. 裁决申诉。"""
    _act(id, "appeal-decisions", {"appeal": appeal, "upheld": uphold, "reason": reason}, settings, server)


@app.command(cls=console.Command)
def requirement(
    id: Id,
    code: Annotated[str, typer.Argument(help="What was asked. 要求代码。")],
    state: Annotated[str, typer.Argument(help="pending_verification, met, waived, errors or due. 状态。")],
    reason: Annotated[str | None, typer.Option(help="Why. 原因。")] = None,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Something asked of the customer was handed in, verified, found wanting or waived. 待办要求的进展。"""
    states = ("due", "pending_verification", "met", "waived", "errors")
    if state not in states:
        raise Refused(Problem(f"'{state}' is no state of a requirement", "STATE", f"write one of {', '.join(states)}"))
    _act(id, "requirements", {"requirement": code, "state": state, "reason": reason}, settings, server)


@app.command(cls=console.Command)
def reconcile(
    file: Annotated[
        Path,
        typer.Argument(
            help="NDJSON of what the core system has in force; - is standard input. 核心系统在效管控(NDJSON),- 为标准输入。"
        ),
    ],
    server: Server = None,
    settings: SettingsFile = None,
) -> None:
    """Hold what the core system has in force against what is in force here. 与核心系统在效管控对账。"""
    text = sys.stdin.read() if str(file) == "-" else _read(file)
    theirs = [_line(number, line, file) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    with office(settings, server) as place:
        if not isinstance(place, Remote):
            raise Refused(Problem("orders leave only while the service runs", "", "start it with `tocsin serve`"))
        said = place.reconcile(theirs)
    again, unknown = said["ordered_again"], said["unknown"]
    console.output.print(_say("reconciled", said["matched"], len(again), len(unknown)), highlight=False)
    for one in again:
        console.output.print(f"{one['restriction']} · {one['account']} · {one['why']}", highlight=False)


@app.command(cls=console.Command)
def report(
    out: Annotated[Path, typer.Option(help="Folder for the report. 报告文件夹。")],
    since: Annotated[
        str | None,
        typer.Option(help="Only restrictions imposed from this day on, as 2026-01-31. 仅计此日起施加的管控。"),
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """What became of restrictions: right or not, how long, what was saved, whether estimates hold. 管控效果:是否正确、时长、避免的损失、预计是否准确。"""
    from tocsin.desk import effects
    from tocsin.faces.report.held import About, html

    first = None if since is None else sheets.day(since, "--since")
    with reading(settings) as journal, console.progress() as progress:
        found = effects.written(
            journal,
            out,
            lambda figures, policy: html(figures, About.of(policy, console.language())),
            first,
            progress,
        )
    one = found.total
    right = "–" if one.precision.share is None else f"{one.precision.share:.0%}"
    console.output.print(_say("effects", one.n, *one.verdicts.values(), right), highlight=False)
    console.output.print(_say("report", (out / "restrictions.html").resolve()), soft_wrap=True, highlight=False)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Refused(Problem("it cannot be read", str(file), "check the path; the text is UTF-8")) from None


def _line(number: int, line: str, file: Path) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(line, type=dict[str, str])
        return {"restriction": said["restriction"], "state": said.get("state", "in_force")}
    except (ValueError, KeyError):
        remedy = 'write {"restriction": "r12", "state": "in_force"} on each line'
        raise Refused(Problem("this is no restriction", f"{file}:{number}", remedy)) from None


def _act(id: str, act: str, given: dict[str, Any], settings: Path | None, server: str | None) -> None:
    with office(settings, server) as place:
        _shown(place.restriction_act(id, act, given, console.language()))


def _shown(one: dict[str, Any]) -> None:
    head = [_say(word) for word in ("restriction", "title", "status", "since", "ends")]
    console.table(head, [(one["restriction"], one["title"], _state(one["status"]), one["imposed_at"], _end(one))])
    console.output.print(one["say"], highlight=False)
    mark = "、" if console.language() == "zh" else ", "
    free = mark.join(_KINDS[kind][console.language()] for kind in one["allowed"])
    console.output.print(_say("allowed", free), highlight=False)
    found, estimate = one["assessment"], one["estimate"]
    if found is not None:
        rows = [
            (each["title"], _value(each["value"]), f"{each['days']:+d}" if each["days"] else "0", each["why"])
            for each in found["factors"]
        ]
        console.table([_say(word) for word in ("factor", "value", "days", "why")], rows)
        ends = _say("barred") if found["barred"] else _end(one) if one["four_eyes"] else _say("by", _end(one))
        console.output.print(f"{_say('total', found['days'], one['imposed_at'])} · {ends}", highlight=False)
        if found["waits_for"]:
            titles = {each["code"]: each["title"] for each in one["requirements"]}
            console.output.print(_say("waits", mark.join(titles[each] for each in found["waits_for"])), highlight=False)
    if one["requirements"]:
        rows = [
            (
                f"{each['code']} · {each['title']}",
                _state(each["state"]),
                each["due_by"] or "–",
                str(each["shortens_by"]),
            )
            for each in one["requirements"]
        ]
        console.table([_say(word) for word in ("requirement", "state", "until", "saves")], rows)
    if estimate is not None:
        known = estimate["p50"] is not None
        moments = [estimate[name] or "–" for name in ("earliest", *(("p50", "p90") if known else ()))]
        console.output.print(
            f"{_say('estimate' if known else 'earliest', *moments)} · {estimate['say']}", highlight=False
        )


def _state(word: str) -> str:
    return _STATES[word][console.language()]


def _end(one: dict[str, Any]) -> str:
    """When it ends as things stand; at the highest levels only people end it."""
    if one["four_eyes"]:
        return _say("two")
    found = one["assessment"]
    return one["ended_at"] or (found and found["release_at"]) or one["expires_at"] or one["review_at"] or "–"


def _value(value: object) -> str:
    return (
        "–" if value is None else f"{value:.2f}" if isinstance(value, float) and not value.is_integer() else str(value)
    )

"""tocsin policy: check, explain, test, schema, words; activate, shadow, history, differences."""

from __future__ import annotations

import json
import sys
from collections import Counter, deque
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tocsin.desk import queries
from tocsin.faces.chinese import chinese, told
from tocsin.faces.cli import console
from tocsin.faces.cli.office import Office, Server, SettingsFile, office
from tocsin.values.problem import Problem, Refused

app = typer.Typer(
    cls=console.Group,
    help="Check, explain and test policies; put them in force. 策略的检查、说明与测试,及其启用。",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_File = Annotated[Path, typer.Argument(help="Policy file. 策略文件。")]
_WORDS = {
    "well": {"en": "{} is well: {} signals, {} rules, {} levels", "zh": "{} 无误:{}个信号,{}条规则,{}个级别"},
    "collects": {
        "en": "Collections: {} treatments, {} steps, {} segments, {} experiments",
        "zh": "催收:{}种处置手段,{}个步骤,{}个客群,{}项实验",
    },
    "restricts": {"en": "Restrictions: {} holds", "zh": "管控:{}种"},
    "kernel": {"en": "Generated code", "zh": "生成的代码"},
    "passed": {"en": "{} passed, {} failed", "zh": "{} 通过,{} 未通过"},
    "name": {"en": "Name", "zh": "名称"},
    "type": {"en": "Type", "zh": "类型"},
    "meaning": {"en": "Meaning", "zh": "含义"},
    "activate": {"en": "{} is in force from entry {}", "zh": "{} 自第 {} 条起生效"},
    "shadow": {"en": "{} runs as a shadow from entry {}", "zh": "{} 自第 {} 条起影子运行"},
    "unshadow": {"en": "{} no longer runs as a shadow, from entry {}", "zh": "{} 自第 {} 条起停止影子运行"},
    "already": {"en": "{} already does", "zh": "{} 已是如此"},
    "when": {"en": "When", "zh": "时间"},
    "entry": {"en": "Entry", "zh": "序号"},
    "act": {"en": "Act", "zh": "操作"},
    "policy": {"en": "Policy", "zh": "策略"},
    "number": {"en": "Number", "zh": "编号"},
    "state": {"en": "State", "zh": "状态"},
    "actor": {"en": "Who", "zh": "操作人"},
    "decision": {"en": "Decision", "zh": "判定"},
    "fact": {"en": "Fact", "zh": "事件"},
    "champion": {"en": "In force", "zh": "现行策略"},
    "beside": {"en": "Shadow", "zh": "影子策略"},
    "fired": {"en": "Fired in the shadow", "zh": "影子触发的规则"},
    "times": {"en": "Times", "zh": "次数"},
    "none": {"en": "{} says the same as the policy in force", "zh": "{} 与现行策略判定一致"},
}
_ACTS = {"activate": "启用", "shadow": "影子运行", "unshadow": "停止影子运行"}
_STATES = {"champion": "现行", "shadow": "影子运行", "past": "已停用"}
_OUTCOMES = {"approve": "通过", "review": "复核", "block": "拦截"}
_PAGE = 1000


def _say(key: str, *values: object) -> str:
    return _WORDS[key][console.language()].format(*values)


@app.command(cls=console.Command)
def check(
    file: _File,
    schema: Annotated[
        Path | None,
        typer.Option(help="Also write the JSON Schema for editors here. 同时将供编辑器使用的 JSON Schema 写到此处。"),
    ] = None,
) -> None:
    """Find every mistake in a policy. 找出策略中的全部错误。"""
    if schema is not None:
        schema.write_text(_schema(), encoding="utf-8")
    policy = queries.policy(path=file)
    console.output.print(
        _say("well", policy.stamp, len(policy.signals), len(policy.rules), len(policy.levels)),
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    strategy = queries.strategy(policy=policy)
    if strategy is not None:
        counts = (strategy.treatments, strategy.ladder, strategy.segments, strategy.experiments)
        print(_say("collects", *map(len, counts)))
    restraints = queries.restraints(policy=policy)
    if restraints is not None:
        print(_say("restricts", len(restraints.holds)))


@app.command(cls=console.Command)
def explain(
    file: _File,
    code: Annotated[bool, typer.Option(help="Show the generated code too. 同时显示生成的代码。")] = True,
) -> None:
    """A policy in words, and the code generated from it. 用文字说明策略,并显示由其生成的代码。"""
    for line in queries.policy_words(path=file, language=console.language()):
        print(line)
    if code:
        print(f"\n{_say('kernel')}\n")
        print(queries.policy_source(path=file))


@app.command(cls=console.Command)
def test(
    file: Annotated[Path, typer.Argument(help="Policy file, or its .test.yaml. 策略文件或其 .test.yaml。")],
) -> None:
    """Run a policy's sentences. 运行策略的测试语句。"""
    verdicts = queries.policy_tests(path=file)
    for verdict in verdicts:
        print(("✓ " if not verdict.failures else "✗ ") + verdict.name)
        for failure in verdict.failures:
            print(f"    {told(failure, console.language())}", file=sys.stderr)
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    print(_say("passed", len(verdicts) - failed, failed))
    if failed:
        raise typer.Exit(console.FAILED)


@app.command(cls=console.Command)
def schema() -> None:
    """Print the JSON Schema of policies, for editors. 输出供编辑器使用的策略 JSON Schema。"""
    print(_schema(), end="")


@app.command(cls=console.Command)
def words(
    collections: Annotated[
        bool,
        typer.Option("--collections", help="Of collections: features of a person. 催收:个人特征。"),
    ] = False,
    incentives: Annotated[
        bool, typer.Option("--incentives", help="Of incentives: features of a statement. 奖惩:账单特征。")
    ] = False,
) -> None:
    """List every field an expression may read. 列出表达式可用的全部字段。"""
    table = Table(_say("name"), _say("type"), _say("meaning"))
    found = queries.occasion_features() if incentives else queries.features() if collections else queries.names()
    for name, kind, english, zh in found:
        table.add_row(name, *((kind, english) if console.language() == "en" else (chinese(kind), zh)))
    console.output.print(table)


@app.command(cls=console.Command)
def activate(file: _File, settings: SettingsFile = None, server: Server = None) -> None:
    """Put a policy in force, once it is compiled and filled from the journal. 启用策略:先编译,并以日志填充。"""
    from tocsin.desk.versions import files

    given = files(file)
    with office(settings, server, new=True) as at, console.progress() as progress:
        said = at.install("activate", given, progress)
    _told(said)


@app.command(cls=console.Command)
def shadow(
    file: Annotated[
        str,
        typer.Argument(
            help="Policy file; with --end also its name or number. 策略文件;与 --end 同用时可为名称或编号。"
        ),
    ],
    end: Annotated[bool, typer.Option("--end", help="Take it out again. 停止影子运行。")] = False,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Run a policy beside the one in force, which goes on deciding. 影子运行策略,判定仍由现行策略作出。"""
    from tocsin.desk.versions import files

    path = Path(file)
    if end:
        name = files(path).policy().stamp if path.is_file() else file
        with office(settings, server) as at:
            said = at.unshadow(name)
    else:
        given = files(path)
        with office(settings, server) as at, console.progress() as progress:
            said = at.install("shadow", given, progress)
    _told(said)


@app.command(cls=console.Command)
def history(settings: SettingsFile = None, server: Server = None) -> None:
    """Which policies were in force or ran beside, newest first. 各版策略的启用与影子运行记录,由新到旧。"""
    with office(settings, server) as at:
        acts = at.policies(_PAGE)
    english = console.language() == "en"
    titles = [_say(title) for title in ("when", "entry", "act", "policy", "number", "state", "actor")]
    rows = [
        (
            act["at"],
            act["entry"],
            act["act"] if english else _ACTS[act["act"]],
            act["policy"],
            act["number"],
            act["state"] if english else _STATES[act["state"]],
            act["actor"],
        )
        for act in acts
    ]
    console.table(titles, rows)


@app.command(cls=console.Command)
def differences(
    shadow: Annotated[
        int | None, typer.Option(min=1, help="Number of the shadow; all if absent. 影子策略的编号,默认为全部。")
    ] = None,
    last: Annotated[int, typer.Option(min=0, help="How many of the last ones to show. 列出最近的条数。")] = 20,
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """What shadow policies said otherwise: how often, and the last ones. 影子策略的不同判定:次数与最近各条。"""
    with office(settings, server) as at:
        known = {act["number"]: act for act in at.policies(_PAGE) if act["act"] == "shadow"}
        running = [number for number, act in known.items() if act["state"] == "shadow"]
        if shadow is None and not running:
            remedy = "start one with `tocsin policy shadow`, or give its number"
            raise Refused(Problem("no policy runs as a shadow", remedy=remedy))
        if shadow is not None and shadow not in known:
            raise Refused(Problem(f"policy {shadow} never ran as a shadow", "--shadow", "see `tocsin policy history`"))
        for number in running if shadow is None else [shadow]:
            _differences(at, number, known[number]["policy"], last)


def _differences(at: Office, number: int, stamp: str, last: int) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    kept: deque[dict[str, Any]] = deque(maxlen=last)
    after = 0
    while page := at.differences(number, after, _PAGE):
        counts.update((_verdict(one["champion_said"]), _verdict(one["shadow_said"])) for one in page)
        kept.extend(page)
        after = int(page[-1]["decision"].removeprefix("d"))
    if not counts:
        print(_say("none", stamp))
        return
    print(stamp)
    console.table(
        [_say("champion"), _say("beside"), _say("times")],
        [(*said, f"{times:,}") for said, times in counts.most_common()],
    )
    if kept:
        titles = [_say(title) for title in ("decision", "fact", "champion", "beside", "fired")]
        rows = [
            (
                one["decision"],
                one["fact_id"],
                _verdict(one["champion_said"]),
                _verdict(one["shadow_said"]),
                ", ".join(one["shadow_said"]["fired"]),
            )
            for one in kept
        ]
        console.table(titles, rows)


def _verdict(said: dict[str, Any]) -> str:
    outcome = said["outcome"]
    word = outcome if console.language() == "en" else _OUTCOMES[outcome]
    return f"{word} · {said['level']}" if said["level"] else word


def _told(said: dict[str, Any]) -> None:
    print(
        _say("already", said["policy"])
        if said.get("already")
        else _say(said["act"], said["policy"], said.get("entry", 1))
    )


def _schema() -> str:
    return json.dumps(queries.policy_schema(), ensure_ascii=False, indent=1) + "\n"

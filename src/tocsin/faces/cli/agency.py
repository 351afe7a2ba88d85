"""tocsin agency: the file of debts placed, an agency's report, its yearly review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.credit.agency import Paid, Reconciled
from tocsin.faces.cli import console, sheets
from tocsin.faces.cli.office import Server, SettingsFile, books, reading
from tocsin.values import instant, money

app = typer.Typer(
    cls=console.Group,
    help="Agencies: debts out, reports in, the yearly review. 委外机构:委案、回报与年度评估。",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_WORDS = {
    "what": {"en": "What", "zh": "项目"},
    "count": {"en": "Count", "zh": "笔数"},
    "amount": {"en": "Amount", "zh": "金额"},
    "matched": {"en": "Matched", "zh": "对账一致"},
    "only_theirs": {"en": "Only theirs: never arrived", "zh": "仅机构有:未到账"},
    "only_ours": {"en": "Only ours: not reported", "zh": "仅我方有:未回报"},
    "strange": {"en": "Strange: not their accounts", "zh": "异常:非其受托账户"},
    "difference": {"en": "Difference", "zh": "差额"},
    "reference": {"en": "Reference", "zh": "流水号"},
    "account": {"en": "Account", "zh": "账户"},
    "at": {"en": "When", "zh": "时间"},
    "agrees": {"en": "The books agree", "zh": "对账相符"},
    "differs": {"en": "The books do not agree", "zh": "对账不符"},
    "placed": {"en": "Placed", "zh": "委托金额"},
    "placements": {"en": "Placements", "zh": "委托笔数"},
    "recovered": {"en": "Recovered", "zh": "回款"},
    "liquidation": {"en": "Liquidation", "zh": "回款率"},
    "earned": {"en": "Commission earned", "zh": "应计佣金"},
    "factor": {"en": "Conduct factor", "zh": "合规系数"},
    "due": {"en": "Commission due", "zh": "应付佣金"},
    "part": {"en": "Part", "zh": "评估项"},
    "points": {"en": "Points", "zh": "得分"},
    "why": {"en": "Why", "zh": "依据"},
    "recovery": {"en": "Recovery", "zh": "回款"},
    "conduct": {"en": "Conduct", "zh": "合规"},
    "complaints": {"en": "Complaints", "zh": "投诉"},
    "books": {"en": "Books", "zh": "对账"},
    "sum": {"en": "In all", "zh": "合计"},
    "grade": {"en": "Grade of conduct: {}", "zh": "合规等级:{}"},
    "renew": {"en": "Advice: go on with {}", "zh": "建议:与 {} 续约"},
    "end": {"en": "Advice: do not renew {}, and recall what it has", "zh": "建议:不再与 {} 续约,并召回在委债务"},
    "next": {"en": "Next review: {}", "zh": "下次评估:{}"},
}
_SHOWN = 100
"""So many payments that do not agree are listed."""
_SIDES = ("only_theirs", "only_ours", "strange")
Name = Annotated[str, typer.Argument(help="Agency. 机构。")]


def _say(word: str, *values: object) -> str:
    return _WORDS[word][console.language()].format(*values)


@app.command("out", cls=console.Command)
def placed(name: Name, out: sheets.Out = None, settings: SettingsFile = None) -> None:
    """The file of the debts that an agency has now; addresses only with consent. 机构当前在委债务的文件;仅含客户同意的联系方式。"""
    from tocsin.desk import placements

    with books(settings) as journal:
        content, count = placements.out(journal, name)
    sheets.put(content, out, count)


@app.command("in", cls=console.Command)
def report(
    file: Annotated[Path, typer.Argument(help="Report of an agency, CSV. 机构回报文件,CSV。")],
    settings: SettingsFile = None,
    server: Server = None,
) -> None:
    """Take an agency's report and hold its payments against ours; taken twice it counts once. 接收机构回报并核对还款;重复接收只计一次。"""
    from tocsin.desk import placements

    with reading(settings) as journal:
        told = placements.incoming(journal, sheets.read(file), str(file))
    well = sheets.record(told.given, settings, server, told.back)
    _reconciliation(told.books, told.currency)
    if not well:
        raise typer.Exit(console.REJECTS)


@app.command(cls=console.Command)
def review(
    name: Name,
    first: sheets.First,
    last: sheets.Last,
    reports: Annotated[
        list[Path] | None,
        typer.Argument(help="Its reports of the period, to be reconciled. 该期间的回报文件,用于对账。"),
    ] = None,
    ends: Annotated[str | None, typer.Option(help="Last day of its contract. 合同到期日。")] = None,
    settings: SettingsFile = None,
) -> None:
    """What an agency recovered and earned, how it behaved, and whether to go on with it. 机构的回款、佣金、合规表现与续约建议。"""
    from tocsin.desk import placements

    days = sheets.day(first, "--from"), sheets.day(last, "--to")
    until = None if ends is None else sheets.day(ends, "--ends")
    with reading(settings) as journal:
        given = [(str(path), sheets.read(path)) for path in reports or ()]
        told = placements.review(journal, name, *days, given, until)
    recovery, card = told.recovery, told.card
    share = f"{recovery.recovered * 100 / told.placed:.1f} %" if told.placed else "-"
    _table(
        ("what", "amount"),
        [
            (_say("placements"), f"{told.placements:,}"),
            (_say("placed"), money.written(told.placed, told.currency)),
            (_say("recovered"), money.written(recovery.recovered, told.currency)),
            (_say("liquidation"), share),
            (_say("earned"), money.written(recovery.earned, told.currency)),
            (_say("factor"), f"{recovery.factor} %"),
            (_say("due"), money.written(recovery.due, told.currency)),
        ],
    )
    place = ("en", "zh").index(console.language())
    marks = [(_say(one.part), f"{one.points} / {one.weight}", one.said[place]) for one in card.marks]
    whole = (_say("sum"), f"{card.points} / {sum(one.weight for one in card.marks)}", "")
    _table(("part", "points", "why"), [*marks, whole])
    print(_say("grade", card.conduct))
    if given:
        _reconciliation(told.books, told.currency)
    print(_say("renew" if card.renew else "end", name))
    print(_say("next", told.next.isoformat()))


def _reconciliation(found: Reconciled, currency: str) -> None:
    sides: list[tuple[str, Sequence[Paid]]] = [("matched", [ours for _, ours in found.matched])]
    sides += [(name, getattr(found, name)) for name in _SIDES]
    rows = [
        (_say(name), f"{len(paid):,}", money.written(sum(one.amount for one in paid), currency)) for name, paid in sides
    ]
    _table(("what", "count", "amount"), [*rows, (_say("difference"), "", money.written(found.difference, currency))])
    print(_say("agrees" if found.agrees else "differs"))
    wrong = [
        (_say(name), one.reference, one.account, instant.written(one.at), money.written(one.amount, one.currency))
        for name, paid in sides[1:]
        for one in paid[:_SHOWN]
    ]
    if wrong:
        _table(("what", "reference", "account", "at", "amount"), wrong)


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    console.table([_say(one) for one in titles], rows)

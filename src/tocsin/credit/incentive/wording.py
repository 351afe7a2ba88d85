"""What is said of a grant: what it is, why it was not given, taken back or over, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tocsin.credit.conduct.law import Rule
from tocsin.facts.incentives import Gives
from tocsin.policy.policy import Text
from tocsin.values import spoken
from tocsin.values.said import Said

PLACEHOLDERS = ("amount", "rate", "paid", "asked", "unpaid", "streak", "until", "effective")
"""What a `say` may show in braces."""
_LONGEST = 480
WHAT: Mapping[Gives, Said] = {
    "limit_rise": Said("a limit raised by {amount}", "额度提高{amount}"),
    "rate_cut": Said("a rate lower by {rate} points a year", "年利率下调{rate}个百分点"),
    "cashback": Said("cashback of {amount}", "返现{amount}"),
    "fee_waiver": Said("{amount} of fees waived", "减免费用{amount}"),
    "late_fee": Said("a late fee of {amount}", "违约金{amount}"),
    "penalty_rate": Said("a rate higher by {rate} points a year", "年利率上调{rate}个百分点"),
    "bureau_record": Said("a record at the credit bureau", "征信记录"),
    "blacklist": Said("an entry on the list of persons who get no new credit", "列入不予新增授信名单"),
}
BECAUSE: Mapping[str, Said] = {
    "budget": Said("Not given: the budget of the month for {title} is used up", "未发放:本月“{title}”预算已用完"),
    "law": Said("Not imposed: {law}", "未施加:{law}"),
    "bounded": Said("{say} Bounded by {law}", "{say}依据:{law}"),
    "paid": Said("Not imposed: what was late has been paid", "未施加:逾期款项已还清"),
    "protected": Said("Not imposed, or over: the person is protected ({flag})", "未施加或已终止:客户受保护({flag})"),
    "notice": Said("Not imposed: no notice reached the person", "未施加:告知未能送达本人"),
    "later": Said(
        "{say} Its notice got out later, so it begins on {effective}.", "{say}告知延后发出,自{effective}起生效。"
    ),
    "judged_anew": Said(
        "Taken back: by what was learnt later, the statement was judged otherwise ({before}, now {after})",
        "撤销:根据后来获知的事实,该期账单重新认定(原为{before},现为{after})",
    ),
    "over": Said("Over: its time has passed", "已到期终止"),
    "cured": Said("Over: {count} minimum payments in a row were in time. {law}", "终止:已连续{count}期按时还款。{law}"),
    "review": Said("{say} A person decides. {law}", "{say}须经人工决定。{law}"),
    "person": Said("Decided by {by}: {reason}", "由{by}决定:{reason}"),
}
OUTCOMES = {
    "full": Said("paid in full", "全额还清"),
    "minimum": Said("minimum paid", "已还最低还款额"),
    "part": Said("paid in part", "部分还款"),
    "nothing": Said("not paid", "未还款"),
}
FLAGS = {
    "hardship": Said("hardship", "经济困难"),
    "disputed": Said("dispute", "争议"),
    "deceased": Said("deceased", "已故"),
    "fraud": Said("fraud", "欺诈案件"),
    "bankrupt": Said("bankruptcy", "破产"),
    "incapacitated": Said("incapacity", "丧失行为能力"),
    "minor": Said("minor", "未成年"),
    "disaster": Said("disaster", "受灾"),
    "vulnerable": Said("vulnerable", "弱势客户"),
    "paused": Said("paused account", "账户暂停计龄"),
    "plan": Said("a plan that is kept", "还款方案正常履行"),
}


def said(template: Said | Text, each: Mapping[str, Said | str | int]) -> Said:
    """A template filled in both languages."""
    en, zh = (template.en, template.zh) if isinstance(template, Said) else (template["en"], template["zh"])
    left = {name: one.en if isinstance(one, Said) else one for name, one in each.items()}
    right = {name: one.zh if isinstance(one, Said) else one for name, one in each.items()}
    return Said(en.format(**left)[:_LONGEST], zh.format(**right)[:_LONGEST])


def law(rule: Rule) -> Said:
    """A rule with its id, its source, and the mark that counsel has still to confirm it."""
    return Said(f"{rule.id}: {rule.marked('en')}", f"{rule.id}:{rule.marked('zh')}")


def money(amount: int, currency: str) -> Said:
    return Said(spoken.amount(amount, currency, "en"), spoken.amount(amount, currency, "zh"))


def day(given: date) -> Said:
    return Said(spoken.day(given, "en"), spoken.day(given, "zh"))


def points(rate: int) -> str:
    """Basis points as per cent."""
    return f"{rate // 100}.{rate % 100:02d}".rstrip("0").rstrip(".")

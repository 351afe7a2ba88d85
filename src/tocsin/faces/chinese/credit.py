"""What the trade's records refuse, and why."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # where an account stands
    "the fact lies before what is kept of the account": "事件早于所保留的账户记录",
    "replay the account in full": "请完整重放该账户",
    "{code} is not the account's currency": "{code} 不是该账户的币种",
    "the terms are in {code}": "条款的币种为 {code}",
    "more is taken back than was paid": "撤回的金额超过已还金额",
    "check 'reported_fact' and 'amount'": "请检查 'reported_fact' 与 'amount'",
    "{reason} is no way to close an account": "{reason} 不是关闭账户的方式",
    "write sold or uncollectible": "请写 'sold' 或 'uncollectible'",
    # re-ageing
    "the account is younger than {count} days": "账户开立不足 {count} 天",
    "a re-age needs an older one": "重置账龄须开立更久",
    "it was re-aged {count} times within {days} days": "{days} 天内已重置账龄 {count} 次",
    "the terms allow {count}": "条款允许 {count} 次",
    "the minimums of the last {count} statements are not paid": "最近 {count} 期账单的最低还款额尚未还清",
    "re-age when they are, or when their sum is": "还清各期或其合计金额后方可重置账龄",
    # pauses
    "no pause is in force then": "当时没有生效的暂停",
    "check when it ended": "请检查结束时间",
    "{mode} is no way to pause": "{mode} 不是暂停方式",
    "write freeze or shift": "请写 'freeze' 或 'shift'",
    "the pause ends before it begins": "暂停的结束早于开始",
    "correct 'ends_at'": "请更正 'ends_at'",
    "it contains the pause {id}": "其中包含另一暂停 {id}",
    "pause before and after it, or end it": "请在其前后分别暂停,或先终止它",
    "it overlaps the pause {id}": "与另一暂停 {id} 重叠",
    "begin when that one has ended": "请在其结束之后开始",
}

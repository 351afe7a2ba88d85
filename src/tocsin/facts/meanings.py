"""What the fields of dealings mean, in both languages: beside `fields`, for what no signal reads."""

from __future__ import annotations

from tocsin.facts.fields import FIELDS

MEANINGS: dict[str, tuple[str, str]] = {
    # whom the lender may reach
    "contact": ("the lender's id of a contact point", "联系方式编号"),
    "channels": ("channels: call, ai_call, voicemail, sms, email, app, letter, visit, bureau, court", "渠道"),
    "channel": ("the channel", "渠道"),
    "address": ("the number, mailbox, device or place itself", "号码、邮箱、设备或地址"),
    "person": ("whose it is, or for whom, where not the customer", "所属人或所涉人,缺省为客户本人"),
    "role": ("debtor, guarantor, representative, attorney, adviser, contact, third", "身份"),
    "consent_since": ("since when the person agrees to be contacted there", "同意联系的起始时间"),
    "consent_until": ("until when the person agrees", "同意联系的截止时间"),
    "work": ("it is at work", "是否为工作场所"),
    "inconvenient": ("the person called it inconvenient", "本人表示不便"),
    "fresh_at": ("when it was last shown to be theirs", "最近一次确认属于本人的时间"),
    "ended": ("it ends", "终止"),
    "name": ("how the person is addressed", "称呼"),
    "language": ("en or zh", "语言"),
    "zones": ("time zones in which the person may be", "本人可能所在的时区"),
    "preferred": ("the channel they prefer", "偏好渠道"),
    "hour": ("the hour of the day they prefer", "偏好时段(小时)"),
    "payday": ("the day of the month on which income comes", "每月发薪日"),
    "adults": ("adults who live on the income", "以该收入生活的成人数"),
    "children": ("children who live on the income", "以该收入生活的子女数"),
    "living_costs": ("declared living costs of a month", "申报的每月生活费用"),
    "at_hand": ("money that could be paid at once", "可立即用于还款的资金"),
    "work_allowed": ("the employer lets them be contacted at work", "雇主允许在工作场所联系"),
    "flag": ("ceased, attorney, adviser, disputed, deceased, bankrupt, incapacitated, minor, vulnerable, disaster, unreachable, refused, fraud, hardship", "停止或限制联系的事由"),
    "accounts": ("the debts meant; all, or any, where absent", "所涉账户,缺省为全部或任一"),
    "until": ("until when it holds", "有效期至"),
    "agreed": ("times the person agreed to; else times they called inconvenient", "本人同意的时段,否则为不便时段"),
    "weekdays": ("days of the week, 0 is Monday", "星期,0为星期一"),
    "start": ("first minute of the local day", "当地时间起始分钟"),
    "end": ("minute of the local day before which it ends", "当地时间结束分钟"),
    # contact
    "attempt": ("the attempt's id", "联系编号"),
    "purpose": ("what it is for: reminder, collection, offer, validation_notice …", "联系目的"),
    "by": ("who: a person or a part of the service", "经办人"),
    "contact_attempt.by": ("lender or agency", "由机构或受托方联系"),
    "discloses": ("it says that there is a debt", "是否透露债务"),
    "consented_at": ("when the person asked for just this contact", "本人要求此次联系的时间"),
    "treatment": ("the treatment of the strategy", "处置方式"),
    "step": ("place in the ladder", "在处置阶梯中的序位"),
    "template": ("the template of its text", "文本模板"),
    "subject": ("the subject line", "主题"),
    "text": ("the text as it was sent", "正文"),
    "rules": ("rules that were asked and agreed", "已核对并通过的规则"),
    "actor": ("the person who does it", "操作人"),
    "rule": ("the rule that refused or barred it", "拒绝或阻止的规则"),
    "next_allowed": ("when it would be allowed at the earliest; never by time alone where absent", "最早可联系时间"),
    "why": ("why, in one sentence", "原因说明"),
    "about": ("whom a complaint is about: lender, or the agency", "投诉对象:lender 或受托机构"),
    "upheld": ("whether a complaint was found to be right; not decided where absent", "投诉是否成立,缺省为待定"),
    # promises, plans
    "promise": ("the promise's id: the fact that told of it", "承诺编号"),
    "status": ("how it stands now", "当前状态"),
    "paid": ("what was paid for it", "已还金额"),
    "plan": ("the plan's id", "方案编号"),
    "offer": ("the whole offer as the solver wrote it", "完整方案"),
    "answer": ("accepted or declined by the person, approved or rejected by the lender", "答复"),
    "how": ("signed or oral", "签署或口头"),
    "recording": ("the recording of an oral agreement", "口头同意的录音编号"),
    "level": ("the authority of who approves", "审批权限"),
    "before": ("how it stood before", "此前状态"),
    # the case and what is done
    "case": ("the case's id", "案件编号"),
    "change": ("opened, moved or closed", "变动:开案、转段、结案"),
    "segment": ("the segment of the strategy", "客群"),
    "arm": ("experiments and arms, as early.challenger", "实验与分组"),
    "treatment.state": ("done, barred or skipped", "已执行、被阻止或跳过"),
    "order": ("what the core system is asked to do: limit_freeze, fee_waiver, card_lock …", "对核心系统的指令"),
    "task": ("the task's id", "任务编号"),
    "task.state": ("open, taken, done or withdrawn", "待办、已领取、已完成或已撤回"),
    "task.due_at": ("until when it is to be done", "应完成时间"),
    "queue": ("the worklist", "工作列表"),
    "value": ("its expected gain, minor units", "预期收益(最小货币单位)"),
    # agency, court, bureau
    "placement": ("the placement's id", "委外编号"),
    "placement.state": ("placed, recalled or returned", "已委外、已召回或已退回"),
    "agency": ("the agency", "受托机构"),
    "rate": ("commission in basis points of what is recovered", "佣金(回收额的万分之几)"),
    "matter": ("the matter's id", "法律事务编号"),
    "legal_step.step": ("letter, filed, served, judgment, enforcement, paid, withdrawn, closed", "法律步骤"),
    "cost": ("what it costs", "费用"),
    "deadline": ("the next date that must not be missed", "下一期限"),
    "reference": ("the court's or the lawyer's reference", "案号或函号"),
    "record": ("the record's id", "征信记录编号"),
    "bureau_step.step": ("notice, furnished, disputed, corrected, ended", "征信步骤"),
    "bars_at": ("from when it may no longer be sued for", "诉讼时效届满时间"),
    "reason": ("why", "原因"),
    "amount": ("the amount it is about", "所涉金额"),
}  # fmt: skip
"""What fields mean in dealings, `kind.field` where one kind has a meaning of its own; all others are in `fields`."""


def meaning(kind: str, field: str) -> tuple[str, str]:
    """What a field of a dealing means, English and Chinese: in this kind, in dealings, or in all facts."""
    said = MEANINGS.get(f"{kind}.{field}") or MEANINGS.get(field)
    return said or (FIELDS[field].en, FIELDS[field].zh)

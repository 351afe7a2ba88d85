"""Why a step of a case was not taken, a task withdrawn, debts recalled: the reasons that collections give."""

from __future__ import annotations

from tocsin.credit.plan import Why

SENTENCES: dict[str, str] = {
    # contact
    "nobody was reached": "未能联系到本人",
    "no contact point": "没有联系方式",
    "nothing to send: {why}": "没有可发送的文本:{why:zh}",
    "the hour that the person prefers is still to come": "尚未到本人偏好的时段",
    "refused until its days were over": "在其有效天数内一直被拒绝",
    # tasks
    "it would cost more than it is expected to bring": "预期收益不足以覆盖成本",
    "nobody had the time for it": "无人有时间处理",
    "a promise is open, or a plan is kept": "承诺尚未到期,或方案正常履行",
    "the case is closed": "案件已结案",
    "the matter went on": "法律事项已进入下一步",
    # accounts
    "there is nothing to order": "没有可执行的指令",
    "no account is late": "没有逾期账户",
    "it lies before what is kept of the account": "早于账户保留的记录",
    "the account has ended": "账户已终结",
    "it is charged off already": "已核销",
    # plans
    "nothing is late": "没有逾期",
    "no plan of these kinds": "没有此类方案",
    "the offer came to nothing: {why}": "方案未达成:{why:zh}",
    "the offer expired": "要约已过期",
    "not approved": "未获批准",
    "the person declined": "本人未接受",
    # agency, court, bureau
    "nothing is placed": "没有委外",
    "placed with {agency} already": "已委外至{agency}",
    "there is no {step} yet": "尚无前置步骤({step})",
    "it may no longer be sued for": "已不能起诉",
    "notice was given already": "已告知",
    "no notice was given yet": "尚未告知",
    "it is reported already": "已报送",
    "paid before it was reported": "报送前已还清",
    "its years are over": "保存年限已满",
    **{why.said.en: why.said.zh for why in Why},
}

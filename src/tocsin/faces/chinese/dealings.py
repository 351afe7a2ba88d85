"""What the kinds of dealings are: what passes between lender and person, and what is done about a debt."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # whom the lender may reach
    "A number, mailbox, device or place of the person, or of another who may be contacted for them.": "本人或可代为联系之人的号码、邮箱、设备或地址。",
    "What the lender must know of the person to write to them; what is absent stays as it was.": "与客户沟通所需的资料;缺省项保持不变。",
    "Something that bars or bounds contact begins, or ends.": "停止或限制联系的事由开始或终止。",
    "The person wants no more of a channel (absent: of any) at a contact point (absent: at any), or again.": "本人退订或恢复某渠道(缺省为全部)、某联系方式(缺省为全部)。",
    "Weekly times the person agrees to, or calls inconvenient; minutes of the local day, start < end ≤ 1440.": "本人同意或表示不便的每周时段;当地时间分钟,起始 < 结束 ≤ 1440。",
    # contact
    "A contact the gate allowed, reserved before it is made; what came of it is a `contact_result`.": "经合规校验允许并预先登记的联系;其结果为 `contact_result`。",
    "The gate refused a contact: by which rule, and when it would be allowed at the earliest.": "合规校验拒绝联系:所依规则与最早可联系时间。",
    "Somebody complains about how the debt is collected; told again of the same time, it was decided.": "对催收方式的投诉;以同一时间再次告知即为处理结果。",
    # promises, plans
    "A promise to pay came to stand otherwise.": "还款承诺状态变动。",
    "A repayment plan or settlement was offered; `offer` is the whole of it as the solver wrote it.": "提出还款方案或结清方案;`offer` 为求解器给出的完整方案。",
    "Somebody answers an offered plan: the person accepts or declines, the bank approves or rejects.": "对方案的答复:本人接受或拒绝,机构批准或否决。",
    "A plan came to stand otherwise.": "方案状态变动。",
    # the case and what is done
    "A case was opened, moved to another segment, or closed.": "开案、转入其他客群或结案。",
    "A step of the strategy was taken, could not be taken, or was left out on purpose.": "策略步骤已执行、无法执行或有意跳过。",
    "Work for a person in a worklist.": "工作列表中的人工任务。",
    # incentives
    "What was paid of a statement in time; told again only where a later fact makes it otherwise.": "某期账单的按时还款认定;仅在后来的事实改变认定时重新告知。",
    "A reward or a penalty for a cycle: announced, granted, declined, taken back, or over.": "某期账单的奖励或惩罚:告知、生效、未给予、撤销或终止。",
    "Another due day was asked for, and granted or refused.": "申请调整还款日,及其批准或拒绝。",
    # agency, court, bureau
    "Debts are placed with an agency, recalled, or come back.": "债务委外、召回或退回。",
    "A step towards or in court.": "诉前或诉讼步骤。",
    "Adverse information: notice is given, it is furnished, corrected, or taken down.": "不良信息:告知、报送、更正或删除。",
    "From when a debt may no longer be sued for; told anew where that is interrupted (民法典 §195).": "诉讼时效届满时间;时效中断时重新告知(民法典 §195)。",
}

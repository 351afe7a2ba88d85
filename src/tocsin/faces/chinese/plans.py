"""What is told of assessments, promises and repayment plans."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # terms
    "correct the terms": "请更正条款",
    "'reserve' is 0 to 100 per cent, 'enough' at least 1": "'reserve' 须在0至100之间,'enough' 至少为1",
    "each factor needs its bands, and no other stands here": "每个因素须有其分档,且不得有其他因素",
    "bands ascend": "分档须递增",
    "order them by their first value": "请按起始值排序",
    "the weights add up to {weight}, more than {most}": "权重合计为 {weight},超过 {most}",
    "lower the points": "请降低分值",
    "a tolerance is 0 to 100 per cent, and no days or more": "容差须在0至100%之间,天数不得为负",
    "a share is 0 to 100 per cent": "比例须在0至100%之间",
    "a rate is 0 to 100,000 basis points": "利率须在0至100,000个基点之间",
    "a plan lasts 1 to 600 months": "方案期限须为1至600个月",
    "the least instalment is at least one unit": "最低每期金额至少为一个最小货币单位",
    "the steps of the rate go down": "利率档次须递减",
    "there is at least one level of authority": "至少须有一个权限级别",
    "days and tolerance are not below zero, the limit at least 1": "天数与容差不得为负,期数上限至少为1",
    "a debt has no part below zero and is more than nothing": "债务各部分不得为负,且总额须大于零",
    # postings
    "one id names two different postings": "同一编号对应两笔不同的记录",
    "give each posting an id of its own": "请为每笔记录使用各自的编号",
    "one id names two different events of a plan": "同一编号对应方案的两个不同事件",
    "give each event an id of its own": "请为每个事件使用各自的编号",
    "an amount is more than nothing": "金额须大于零",
    "correct the amount": "请更正金额",
    # approval
    "nobody approves what she proposed": "不得审批自己提出的方案",
    "ask somebody else to approve it": "请由他人审批",
    "the level '{level}' may not approve this plan": "级别 '{level}' 无权审批此方案",
    "ask for the approval of the level '{level}'": "请由级别 '{level}' 审批",
    "an agreement by word of mouth needs its recording": "口头协议须留存录音",
    "name the recording, or have it signed": "请注明录音,或改为书面签署",
}

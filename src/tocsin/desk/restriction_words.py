"""What people are told of an assessment: its factors, and what an estimate rests on."""

from __future__ import annotations

from tocsin.credit.restriction import terms

FACTORS = {
    "credit_score": {"en": "Credit score", "zh": "信用评分"},
    "transactions": {"en": "Transactions", "zh": "交易行为"},
    "capacity": {"en": "Repayment capacity", "zh": "还款能力"},
    "usage": {"en": "Use of the line", "zh": "用卡行为"},
    "information": {"en": "Personal information", "zh": "个人信息"},
    "record": {"en": "Violations and record", "zh": "违约与不良记录"},
}
ESTIMATES = {
    "history": {
        "en": "From {n} of the lender's own restrictions that have ended",
        "zh": "依据本机构已结束的{n}次同类管控",
    },
    "policy": {
        "en": "By the policy; too few of the lender's own have ended for more ({n} of {enough})",
        "zh": "依据策略;本机构已结束的同类管控不足({n}/{enough}),暂不提供分位数",
    },
}
assert set(FACTORS) == set(terms.FACTORS)

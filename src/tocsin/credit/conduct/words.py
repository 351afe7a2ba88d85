"""The names of channels, purposes, roles and overlays as people read them."""

from __future__ import annotations

from tocsin.credit.conduct.law import Text

_ZH = {
    "call": "人工电话", "ai_call": "智能语音", "voicemail": "语音留言", "sms": "短信", "email": "邮件", "app": "应用内消息",
    "letter": "信函", "visit": "上门", "bureau": "征信报送", "court": "法院",
    "reminder": "提醒", "collection": "催收", "offer": "方案建议", "plan_service": "方案履行服务", "locate": "查找下落",
    "reply": "答复", "validation_notice": "债务确认通知", "bureau_notice": "征信报送告知", "visit_notice": "上门通知",
    "end_of_efforts": "停止催收通知", "remedy_notice": "行使救济通知", "statutory_notice": "法定通知",
    "opt_out_confirmation": "退订确认", "legal_warning": "律师函", "suit": "起诉", "furnish": "报送不良信息",
    "debtor": "债务人", "guarantor": "担保人", "representative": "代理人", "attorney": "律师", "adviser": "债务顾问",
    "contact": "联系人", "third": "第三人",
    "ceased": "已要求停止联系", "disputed": "债务有争议", "deceased": "已故", "bankrupt": "破产", "incapacitated": "丧失行为能力",
    "minor": "未成年", "vulnerable": "弱势客户", "plan_performing": "方案正常履行", "disaster": "受灾", "unreachable": "失联",
    "refused": "已拒绝", "fraud": "遭受欺诈", "never": "从未",
}  # fmt: skip
_EN = {
    "ai_call": "AI voice", "sms": "text message", "app": "app message", "ceased": "asked to cease",
    "plan_performing": "plan kept", "attorney": "attorney", "debtor": "debtor", "contact": "contact person",
}  # fmt: skip
NAMES: dict[str, Text] = {word: {"en": _EN.get(word, word.replace("_", " ")), "zh": zh} for word, zh in _ZH.items()}

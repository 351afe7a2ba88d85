"""The vocabulary of facts: every field once, with its type, its unit and its words.

Policies, codecs, the Arrow schema and the documentation all read this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["text", "money", "whole", "flag", "instant"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a fact.

    `type`: money is int64 minor units of the fact's `currency`; whole is int64; flag is true or
    false; instant is int64 microseconds UTC; text is a short word.
    `domain`: texts of one domain may be compared with each other (`country`, `home_country`).
    """

    type: FieldType
    en: str
    zh: str
    domain: str = ""
    signed: bool = False
    outcome: bool = False
    """Known only after the event (an investigation's result): readable only with a delay."""


FIELDS: dict[str, Field] = {
    # every fact
    "fact_id": Field("text", "the issuer's stable id of this fact", "事件编号", "fact"),
    "kind": Field("text", "what happened", "事件类型", "kind"),
    "occurred_at": Field("instant", "when it happened", "发生时间"),
    "recorded_at": Field("instant", "when the issuer knew; occurred_at where absent", "记录时间"),
    "account": Field("text", "the credit account", "账户", "account"),
    "customer": Field("text", "the person who owes", "客户", "customer"),
    # money that moves
    "amount": Field("money", "the amount in the account's billing currency", "金额"),
    "currency": Field("text", "ISO 4217 code of every amount in the fact", "币种", "currency"),
    "merchant": Field("text", "the merchant or terminal", "商户", "merchant"),
    "mcc": Field("text", "merchant category code, ISO 18245", "商户类别码", "mcc"),
    "country": Field("text", "where it happened, ISO 3166 alpha-2", "发生国家", "country"),
    "device": Field("text", "the device used", "设备", "device"),
    "channel": Field("text", "chip, contactless, online, atm, app, branch, phone …", "渠道", "channel"),
    "card_present": Field("flag", "the card itself was there", "卡片在场"),
    "declined": Field("flag", "the issuer or network declined it", "已拒绝"),
    "counterparty": Field("text", "who receives a transfer", "收款方", "counterparty"),
    "method": Field("text", "how a payment was made: bank_transfer, direct_debit, cash, cash_advance …", "还款方式", "method"),
    "original_currency": Field("text", "currency at the merchant", "交易币种", "currency"),
    "original_amount": Field("money", "amount at the merchant, minor units of original_currency", "交易金额"),
    "confirmed_fraud": Field("flag", "found to be fraud, later", "确认欺诈", outcome=True),
    # the account's standing
    "balance": Field("money", "what is owed after this fact; negative where the bank owes", "欠款余额", signed=True),
    "credit_limit": Field("money", "the credit limit in force", "信用额度"),
    "statement_balance": Field("money", "balance of the statement", "账单金额", signed=True),
    "minimum_due": Field("money", "least payment asked for", "最低还款额"),
    "due_at": Field("instant", "when the minimum is due", "到期还款日"),
    "days_past_due": Field("whole", "days since the oldest unpaid due date", "逾期天数"),
    "past_due": Field("money", "what of minimums is past its due date and unpaid", "逾期金额"),
    "bucket": Field("whole", "M0 to M7: how late the account is", "账龄"),
    "state": Field("text", "CURRENT, GRACE, M1 … M7, CHARGED_OFF …: the life of an account", "账户状态", "state"),
    "fee_type": Field("text", "late, annual, cash_advance, penalty …", "费用类型", "fee_type"),
    # people, papers and contacts
    "succeeded": Field("flag", "the attempt succeeded", "成功"),
    "changed": Field("text", "what a profile change touched: phone, email, address, password …", "变更项", "changed"),
    "home_country": Field("text", "the customer's country, ISO 3166 alpha-2", "居住国家", "country"),
    "income": Field("money", "declared or proven monthly income", "月收入"),
    "obligations": Field("money", "monthly obligations elsewhere", "其他月供"),
    "employment": Field("text", "employed, self_employed, retired, student, unemployed", "就业状态", "employment"),
    "verified": Field("flag", "checked against a document or a source", "已核实"),
    "credit_score": Field("whole", "score from a bureau or a model, higher is better", "信用分"),
    "external_debt": Field("money", "debt elsewhere, from the bureau", "外部负债"),
    "inquiries": Field("whole", "bureau inquiries by other lenders in six months", "征信查询次数"),
    "reported_fact": Field("text", "the fact that is disputed or reported", "涉及事件", "fact"),
    "reason": Field("text", "a reason code", "原因", "reason"),
    "confirmed": Field("flag", "the report was confirmed", "已证实"),
    "result": Field("text", "sent, delivered, undeliverable, not_connected, no_answer, left_message, right_party, wrong_number, promise, refused, evaded, answered", "联系结果", "result"),
    "attempt": Field("text", "the attempt of which this is the result", "联系编号", "attempt"),
    "promised_amount": Field("money", "the amount promised", "承诺金额"),
    "promised_at": Field("instant", "when the promise falls due", "承诺日期"),
    # pauses
    "mode": Field("text", "freeze (days are not counted) or shift (due dates move on too)", "暂停方式", "mode"),
    "ends_at": Field("instant", "when a pause ends; open where absent", "结束时间"),
}  # fmt: skip

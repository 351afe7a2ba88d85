"""Words of the report on restrictions: times, why they end, how everything is counted."""

from __future__ import annotations

from tocsin.faces.report.markup import Both, say
from tocsin.faces.report.words import DASH
from tocsin.values.calendar import DAY

_HOUR = DAY // 24
ENDS = {
    "conditions_met": Both("Conditions met", "条件满足"),
    "reviewed": Both("Reviewed", "人工复核"),
    "appeal_upheld": Both("Appeal upheld", "申诉成立"),
    "report_withdrawn": Both("Report withdrawn", "报告撤回"),
    "expired": Both("Lapsed", "到期"),
}


def spell(micros: int | None) -> Both:
    """A time, in hours up to two days, then in days."""
    if micros is None:
        return DASH
    if micros < 2 * DAY:
        return say("{n} h", "{n}小时", n=f"{micros / _HOUR:,.1f}")
    return lasted(micros / DAY)


def lasted(days: float | None) -> Both:
    if days is None:
        return DASH
    text = f"{days:,.0f}" if days >= 100 else f"{days:,.1f}"
    return say("{n} days", "{n}天", n=text)


NOTES = [
    Both(
        "Confirmed: fraud was confirmed on the account, and not withdrawn, from {before} days before the imposition to {after} "
        "days after it; or release was refused. Of a hold about credit also: 30 days past due or more, or a charge-off, within "
        "{after} days.",
        "属实：施加前{before}天至施加后{after}天内账户欺诈被证实且未撤回；或不予解除。涉及信用的管控还包括：{after}天内逾期30天以上或核销。",
    ),
    Both(
        "False: an appeal was upheld, the report of fraud was withdrawn, or {quiet} days passed after the release without "
        "confirmed fraud, late payment of 30 days or a charge-off. Undecided: everything else. A verdict may change as more "
        "becomes known.",
        "误伤：申诉成立、欺诈报告撤回，或解除后{quiet}天内无证实欺诈、无逾期30天以上、无核销。其余为未定。随着新信息出现，结论可能改变。",
    ),
    Both(
        "A hold is about credit where it cuts a limit or asks for a payment.",
        "降额或要求还款的管控视为涉及信用。",
    ),
    Both(
        "Stopped: transactions that a restriction stopped and rules alone would have let pass, each counted once, for the "
        "restriction that was imposed first. It is an upper bound of the loss avoided: who is stopped may try the same again.",
        "拦下金额：被管控拦下、仅凭规则本会放行的交易，每笔只计一次，归于最先施加的管控。此为避免损失的上限：被拦者可能反复尝试同一笔交易。",
    ),
    Both(
        "How long they last, and the share again after release (another restriction of the account or confirmed fraud within "
        "{again} days), are estimates of Kaplan and Meier (1958): those still under way count as far as they have come.",
        "持续时间与解除后再犯比例（{again}天内账户再受管控或欺诈被证实）为Kaplan与Meier（1958）估计：尚未结束者按已知时长计入。",
    ),
    Both(
        "Estimates count once their moment has passed, whether or not the restriction has ended: else the quick ones would "
        "count for more. From {enough} on.",
        "估计在其时刻已过后计入，无论管控是否结束：否则快者会被多计。满{enough}次方予给出。",
    ),
    Both(
        "Hold-out: by intention to treat, each person with the first restriction of the hold, imposed {after} days ago or "
        "more. Loss: fraud that passed, by the transactions its reports name, and what was charged off. Intervals of shares "
        "are Wilson's (1927), of their differences Newcombe's (1998), of money from 2,000 bootstrap samples.",
        "随机对照：按意向性分析，每位客户取该管控的首次，且施加已满{after}天。损失：放行后被证实的欺诈交易及核销金额。"
        "比例区间为Wilson（1927），比例差为Newcombe（1998），金额为2,000次自助抽样。",
    ),
]

"""The agreement: what a personalised instalment agreement has to say (商业银行信用卡业务监督管理办法 §70, 1 to 6)."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from tocsin.credit.plan.paydays import Fortnightly, Monthly, Paydays
from tocsin.credit.plan.record import Offer
from tocsin.credit.plan.terms import Terms
from tocsin.values.money import written
from tocsin.values.said import Said


class Clause(NamedTuple):
    """One part of the agreement, numbered as the rule numbers it."""

    number: int
    name: Said
    said: Said


def agreement(offer: Offer, paydays: Paydays, terms: Terms) -> tuple[Clause, ...]:
    """The six parts, in both languages; the dated schedule itself is the offer's."""
    debt, waived = offer.debt, offer.waived
    money = partial(written, currency=debt.currency)
    first, last = offer.schedule[0], offer.schedule[-1]
    rhythm = _rhythm(paydays)
    return (
        Clause(1, Said("Balance, structure, currency", "欠款余额、结构、币种"), Said(
            f"{money(debt.total)} in {debt.currency}: principal {money(debt.principal)}, accrued interest {money(debt.interest)}, fees {money(debt.fees)}; waived {money(waived.total)}",
            f"欠款{money(debt.total)}({debt.currency}):本金{money(debt.principal)}、已计利息{money(debt.interest)}、费用{money(debt.fees)};减免{money(waived.total)}",
        )),
        Clause(2, Said("Rhythm, way, currency, days and amounts", "还款周期、方式、币种、日期和每期还款金额"), Said(
            f"{len(offer.schedule)} payment(s) {rhythm.en} in {debt.currency}, the first of {money(first.total)} on {first.due}, the last of {money(last.total)} on {last.due}",
            f"{rhythm.zh}还款,共{len(offer.schedule)}期,币种{debt.currency};首期{first.due}还{money(first.total)},末期{last.due}还{money(last.total)}",
        )),
        Clause(3, Said("Annual fee, interest and other charges meanwhile", "还款期间是否计收年费、利息和其他费用"), Said(
            f"interest {_percent(offer.rate)} a year on principal alone, {money(offer.interest)} in all; no annual fee and no other charge but {terms.late_fee} % of what is unpaid of a missed instalment",
            f"仅对本金按年利率{_percent(offer.rate)}计息,合计{money(offer.interest)};不收年费及其他费用,未还当期金额按{terms.late_fee}%收取违约金除外",
        )),
        Clause(4, Said("Undertaking", "承诺"), Said(
            "until all is paid the person applies to no bank for a credit card",
            "相关款项未全部结清前,持卡人不向任何银行申领信用卡",
        )),
        Clause(5, Said("Rights, duties, breach", "双方的权利义务和违约责任"), Said(
            f"while it is kept the bank does not collect; if it is broken, what was waived ({money(waived.total)}) is owed again; it may be paid off early without the interest not yet accrued",
            f"履约期间银行停止催收;违约则恢复已减免的{money(waived.total)};可提前还清,未发生的利息不再收取",
        )),
        Clause(6, Said("Other matters", "与还款有关的其他事项"), Said(
            "what changes the person's means is told to the bank, which reviews the plan; free debt advice may be sought at any time",
            "还款能力变化时应告知银行并重新评估方案;可随时寻求免费债务咨询",
        )),
    )  # fmt: skip


def _rhythm(paydays: Paydays) -> Said:
    if isinstance(paydays, Monthly):
        return Said("monthly", "按月")
    return Said("every two weeks", "每两周") if isinstance(paydays, Fortnightly) else Said("weekly", "按周")


def _percent(points: int) -> str:
    return f"{points // 100}.{points % 100:02d}%"

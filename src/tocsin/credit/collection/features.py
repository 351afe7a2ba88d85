"""Features: what a strategy's conditions may read of a person, each with its type, its meaning, and how it is found.

Over several accounts money is summed, and of days and buckets the largest counts. Days are local days of the
lender's zone; "within 7 days" is today and the six days before. A feature that does not apply is NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Literal, NamedTuple, get_args, get_type_hints

from tocsin.credit.ability import Assessment, Quadrant
from tocsin.credit.collection import views
from tocsin.credit.collection.book import Book
from tocsin.credit.collection.house import House
from tocsin.credit.collection.strategy import Contact, Order, Values
from tocsin.credit.conduct import Stop
from tocsin.credit.incentive.occasion import risk_falls
from tocsin.credit.plan import Standing, Status
from tocsin.credit.position import Position, State
from tocsin.credit.position.days import day_of
from tocsin.credit.promise import State as Promises
from tocsin.credit.promise import Status as Kept
from tocsin.facts.dealings import BureauStep, Channel, LegalStep
from tocsin.policy.types import FLAG, MONEY, NUMBER, WHOLE, Entry, Type

Value = float | str | None
JOBS = ("employed", "self_employed", "retired", "student", "unemployed", "other")
_REACHING = ("right_party", "promise", "refused", "evaded")
"""Results of a contact in which the person themselves was spoken with."""


class Seen:
    """A person's book at a moment, and what is derived from it, each thing once and only where it is read."""

    def __init__(
        self,
        book: Book,
        now: int,
        house: House,
        positions: Mapping[str, Position] | None = None,
        assessed: Assessment | None = None,
        promises: Promises | None = None,
        plans: Mapping[str, Standing] | None = None,
    ) -> None:
        self.book, self.now, self.house = book, now, house
        given = {"positions": positions, "assessed": assessed, "promises": promises, "plans": plans}
        self.__dict__.update({name: view for name, view in given.items() if view is not None})
        self.today = day_of(now, house.zone)

    @cached_property
    def positions(self) -> Mapping[str, Position]:
        return views.positions(self.book, self.now, self.house)

    @cached_property
    def assessed(self) -> Assessment:
        return views.assessment(self.book, self.now, self.house, self.positions, self.promises)

    @cached_property
    def promises(self) -> Promises:
        return views.promise_state(self.book, self.now, self.house)

    @cached_property
    def plans(self) -> Mapping[str, Standing]:
        return {id: views.plan_standing(plan, self.now, self.house) for id, plan in self.book.plans.items()}

    @cached_property
    def live(self) -> list[Position]:
        """Accounts on which something may still be owed."""
        return [one for one in self.positions.values() if one.state not in views.GONE]

    @cached_property
    def worst(self) -> Position | None:
        return max(self.live, key=lambda one: (one.days_past_due, one.bucket, one.past_due), default=None)

    @cached_property
    def largest(self) -> Position | None:
        """The account with the largest balance that tells of payments: whose habits count."""
        told = [one for one in self.live if one.payment_ratio is not None]
        return max(told, key=lambda one: one.balance, default=None)

    @cached_property
    def contact_days(self) -> list[int]:
        """The days of attempts of our own or an agency's, whatever came of them."""
        return [day_of(one.at, self.house.zone) for one in self.book.attempts if not one.inbound]

    @cached_property
    def flags(self) -> set[str]:
        return {one.flag for one in self.book.stops if stands(one, self.now)}

    def since(self, moments: Collection[int]) -> int | None:
        """Days since the latest of some moments."""
        return self.today - day_of(max(moments), self.house.zone) if moments else None

    def within(self, days: int) -> int:
        return sum(self.today - days < one <= self.today for one in self.contact_days)

    def heard(self, results: tuple[str, ...], days: int) -> int:
        first = self.today - days
        return sum(
            one.result in results and first < day_of(one.at, self.house.zone) <= self.today for one in self.book.heard
        )

    def total(self, amount: Callable[[Position], int | None]) -> int:
        return sum(amount(one) or 0 for one in self.live)

    def promised(self, status: Kept) -> int:
        return sum(one.status is status for one in self.promises.standings)

    def done(self, what: str) -> int | None:
        """Days since the core system was last asked to do something in this case, or a text was last sent."""
        treatments, moments = self.house.strategy.treatments, list[int]()
        for one in self.book.case.taken if self.book.case else ():
            if one.state == "done" and one.treatment in treatments:
                way = treatments[one.treatment].way
                name = way.order if isinstance(way, Order) else way.template if isinstance(way, Contact) else ""
                moments += [one.at] if name == what else []
        return self.since(moments)

    def step(self, kind: Literal["legal", "bureau"]) -> tuple[str, int] | None:
        """The latest step of the newest matter or record."""
        steps = (self.book.matters if kind == "legal" else self.book.records).values()
        return max((one.steps[-1] for one in steps if one.steps), key=lambda step: step[1], default=None)


def stands(stop: Stop, now: int) -> bool:
    return stop.since <= now and (stop.until is None or now < stop.until)


class Feature(NamedTuple):
    """`drifts`: changes from day to day by itself, other than days past due and days to the due date do."""

    type: Type
    en: str
    zh: str
    of: Callable[[Seen], Value | bool]
    drifts: bool = False
    assessed: bool = False
    """Rests on the assessment of ability and willingness."""


def _days_to_due(seen: Seen) -> Value:
    rung = [views.to_due(one, seen.today) for one in seen.live]
    return min((days for days in rung if days is not None), default=None)


def _utilisation(seen: Seen) -> Value:
    limited = [one for one in seen.live if one.credit_limit]
    limit = sum(one.credit_limit or 0 for one in limited)
    return sum(max(one.balance, 0) for one in limited) / limit if limit else None


def _stage(seen: Seen) -> Value:
    return max((one.stage for one in seen.live), default=1)


def _last_plan(seen: Seen) -> Value:
    newest = max(seen.book.plans.values(), key=lambda one: one.proposed.at, default=None)
    return None if newest is None else str(seen.plans[newest.proposed.plan].status)


def _broken_days(seen: Seen) -> Value:
    broken = [one.course[-1].at for one in seen.promises.standings if one.status in (Kept.BROKEN, Kept.PARTIAL)]
    return seen.since(broken)


def _reachable(seen: Seen) -> bool:
    return any(
        not one.wrong and one.consent is not None and one.consent[0] <= seen.now
        and (one.consent[1] is None or seen.now < one.consent[1])
        for one in seen.book.points.values()
        if one.role == "debtor"
    )  # fmt: skip


def _time_barred(seen: Seen) -> bool:
    """Whether what is late may no longer be sued for, on any account."""
    limits = (views.limitation(seen.book, id, one, seen.house) for id, one in seen.positions.items() if one.past_due)
    return any(limit is not None and limit <= seen.now for limit in limits)


def _opened(seen: Seen) -> Value:
    opened = [one.history.standing.opened for one in seen.book.accounts.values()]
    first = min((one for one in opened if one is not None), default=None)
    return None if first is None else max(0, seen.today - day_of(first, seen.house.zone)) // 30


def _text(domain: str) -> Type:
    return Type("text", domain)


def _surplus(seen: Seen) -> Value:
    """Unknown is not nothing."""
    found = seen.assessed.surplus
    return None if found.basis == "unknown" else found.amount


FEATURES: dict[str, Feature] = {
    # where the accounts stand
    "days_past_due": Feature(WHOLE, "Days past due, of the account that is late longest; 0 where none is", "逾期天数(多账户取最长),未逾期为0", lambda s: s.worst.days_past_due if s.worst else 0),
    "days_to_due": Feature(WHOLE, "Days until the next due date at which something of a minimum is unpaid", "距下一还款日的天数(尚有最低还款未还)", _days_to_due),
    "bucket": Feature(WHOLE, "Bucket, 0 to 7 (M0 to M7)", "逾期账期,0至7(M0至M7)", lambda s: max((one.bucket for one in s.live), default=0)),
    "cycles_delinquent": Feature(WHOLE, "Statements past their due date whose minimum is unpaid", "未还最低还款额的账单期数", lambda s: max((one.cycles_delinquent for one in s.live), default=0)),
    "state": Feature(_text("state"), "State of the account that is late longest", "最严重账户的状态", lambda s: str(s.worst.state) if s.worst else None),
    "past_due": Feature(MONEY, "What is past due", "逾期金额", lambda s: s.total(lambda one: one.past_due)),
    "minimum_due": Feature(MONEY, "What of minimums is unpaid, due or not yet", "未还最低还款额(含未到期)", lambda s: s.total(lambda one: one.minimum_due)),
    "balance": Feature(MONEY, "Balance", "欠款余额", lambda s: s.total(lambda one: max(one.balance, 0))),
    "fees": Feature(MONEY, "Fees charged and not yet paid", "未还费用", lambda s: sum(one.fees for one in s.book.accounts.values())),
    "interest": Feature(MONEY, "Interest charged and not yet paid", "未还利息", lambda s: sum(one.interest for one in s.book.accounts.values())),
    "credit_limit": Feature(MONEY, "Credit limit", "信用额度", lambda s: s.total(lambda one: one.credit_limit)),
    "utilisation": Feature(NUMBER, "Balance by credit limit", "额度使用率", _utilisation),
    "payment_ratio": Feature(NUMBER, "Paid of the last full statement, of the account with the largest balance", "上一完整账期还款率(余额最大账户)", lambda s: s.largest.payment_ratio if s.largest else None),
    "payment_trend": Feature(NUMBER, "Change of that ratio per statement", "还款率变化趋势(每账期)", lambda s: s.largest.payment_trend if s.largest else None),
    "stage": Feature(WHOLE, "Stage of IFRS 9, 1 to 3", "IFRS 9 阶段,1至3", _stage),
    "accounts": Feature(WHOLE, "Accounts on which something may still be owed", "在册账户数", lambda s: len(s.live)),
    "late_accounts": Feature(WHOLE, "Accounts that are past due", "逾期账户数", lambda s: sum(one.past_due > 0 for one in s.live)),
    "charged_off": Feature(FLAG, "Some account is charged off", "存在已核销账户", lambda s: any(one.charged_off is not None for one in s.live)),
    "recovered": Feature(MONEY, "Paid since charge-off", "核销后回收金额", lambda s: sum(one.recovered for one in s.positions.values())),
    "paused": Feature(FLAG, "The ageing of some account is paused", "存在暂停计龄的账户", lambda s: any(one.paused for one in s.live)),
    "settlement_left": Feature(MONEY, "Still to be paid of open settlements", "未结清的和解金额", lambda s: s.total(lambda one: one.settlement_left)),
    "months_on_book": Feature(WHOLE, "Months (of 30 days) since the oldest account began", "账龄(月,每月30天)", _opened, True),
    "risk_falls": Feature(FLAG, "Over three statements less is owed or more of it is paid on some account, on none the contrary, and nothing is late", "近三期账单欠款下降或还款比例上升,且无账户逾期", lambda s: not any(one.past_due for one in s.live) and risk_falls(one.history for one in s.book.accounts.values())),
    # can they pay, and will they
    "ability": Feature(WHOLE, "Repayment ability, 0 to 100", "还款能力评分,0至100", lambda s: s.assessed.ability.score, assessed=True),
    "willingness": Feature(WHOLE, "Repayment willingness, 0 to 100", "还款意愿评分,0至100", lambda s: s.assessed.willingness.score, assessed=True),
    "confidence": Feature(WHOLE, "How much is known for both scores, 0 to 100", "两项评分的可信度,0至100", lambda s: min(s.assessed.ability.confidence, s.assessed.willingness.confidence), assessed=True),
    "sure": Feature(FLAG, "Enough is known to rely on the quadrant", "信息足以判断象限", lambda s: s.assessed.sure, assessed=True),
    "quadrant": Feature(_text("quadrant"), "Can they pay, will they", "能力与意愿象限", lambda s: str(s.assessed.quadrant), assessed=True),
    "surplus": Feature(MONEY, "What can be paid a month after living costs", "每月可用于还款的结余", _surplus, assessed=True),
    "income": Feature(MONEY, "Monthly income as last told", "月收入(最近一次)", lambda s: s.book.profile.income),
    "employment": Feature(_text("employment"), "Employment as last told", "就业状态(最近一次)", lambda s: _job(s.book.profile.employment)),
    "credit_score": Feature(WHOLE, "Credit score as last told", "信用分(最近一次)", lambda s: s.book.profile.credit_score),
    # promises and plans
    "promises": Feature(WHOLE, "Promises to pay that are open", "未到期的还款承诺数", lambda s: s.promised(Kept.OPEN)),
    "kept_promises": Feature(WHOLE, "Promises kept", "已履行的承诺数", lambda s: s.promised(Kept.KEPT)),
    "partial_promises": Feature(WHOLE, "Promises kept in part", "部分履行的承诺数", lambda s: s.promised(Kept.PARTIAL)),
    "broken_promises": Feature(WHOLE, "Promises broken", "未履行的承诺数", lambda s: s.promised(Kept.BROKEN)),
    "days_since_broken": Feature(WHOLE, "Days since a promise was last broken, or kept only in part", "距上次未(完全)履约的天数", _broken_days, True),
    "plan": Feature(_text("plan"), "Status of the newest plan", "最近一个还款方案的状态", _last_plan),
    "plans_broken": Feature(WHOLE, "Plans broken", "已违约的方案数", lambda s: sum(one.status is Status.BROKEN for one in s.plans.values())),
    # contact
    "contacts_7d": Feature(WHOLE, "Contacts attempted within 7 days", "近7天联系尝试次数", lambda s: s.within(7), True),
    "contacts_30d": Feature(WHOLE, "Contacts attempted within 30 days", "近30天联系尝试次数", lambda s: s.within(30), True),
    "right_party_30d": Feature(WHOLE, "Times the person was spoken with within 30 days", "近30天与本人通话次数", lambda s: s.heard(_REACHING, 30), True),
    "refusals": Feature(WHOLE, "Refusals to pay within a year", "近一年拒绝还款次数", lambda s: s.heard(("refused",), 365), True),
    "evasions": Feature(WHOLE, "Contacts evaded within a year", "近一年回避联系次数", lambda s: s.heard(("evaded",), 365), True),
    "days_since_contact": Feature(WHOLE, "Days since the last attempt", "距上次联系尝试的天数", lambda s: s.today - max(s.contact_days) if s.contact_days else None, True),
    "reachable": Feature(FLAG, "There is a contact point that is not wrong, with consent that stands", "有可用且已同意的联系方式", _reachable, True),
    "preferred": Feature(_text("channel"), "The channel they prefer", "偏好渠道", lambda s: s.book.profile.preferred),
    # the case, agency, court, bureau
    "days_in_case": Feature(WHOLE, "Days since the case was opened", "立案天数", lambda s: s.since([s.book.case.opened_at]) if s.book.case else None, True),
    "days_since_charge": Feature(WHOLE, "Days since a fee was last charged for a breach", "距上次收取违约费用的天数", lambda s: s.since([one.charge[0] for one in s.book.accounts.values() if one.charge]), True),
    "days_since_waiver": Feature(WHOLE, "Days since fees were waived in this case", "本案减免费用后的天数", lambda s: s.done("fee_waiver"), True),
    "days_since_reward": Feature(WHOLE, "Days since a reward was given in this case", "本案给予奖励后的天数", lambda s: s.done("reward"), True),
    "days_since_visit_notice": Feature(WHOLE, "Days since a visit was announced in this case", "本案上门告知后的天数", lambda s: s.done("visit_notice"), True),
    "days_since_agency_notice": Feature(WHOLE, "Days since placement was announced in this case", "本案委外告知后的天数", lambda s: s.done("agency_notice"), True),
    "cases": Feature(WHOLE, "Cases so far, this one included", "历史案件数(含本案)", lambda s: s.book.cases),
    "placed": Feature(FLAG, "Debts are with an agency", "已委外", lambda s: s.book.placed is not None),
    "days_placed": Feature(WHOLE, "Days since they were placed", "委外天数", lambda s: s.since([s.book.placed.at]) if s.book.placed else None, True),
    "legal": Feature(_text("legal"), "The latest step towards or in court", "最近的法律步骤", lambda s: (s.step("legal") or (None,))[0]),
    "days_since_legal": Feature(WHOLE, "Days since that step", "距该步骤的天数", lambda s: s.since([step[1]]) if (step := s.step("legal")) else None, True),
    "time_barred": Feature(FLAG, "Something late may no longer be sued for", "存在已过诉讼时效的债务", _time_barred, True),
    "bureau": Feature(_text("bureau"), "The latest step of adverse information", "最近的征信步骤", lambda s: (s.step("bureau") or (None,))[0]),
    "days_since_bureau": Feature(WHOLE, "Days since that step", "距该步骤的天数", lambda s: s.since([step[1]]) if (step := s.step("bureau")) else None, True),
    # what bounds it
    "disputed": Feature(FLAG, "A debt is disputed", "债务存在争议", lambda s: "disputed" in s.flags),
    "hardship": Feature(FLAG, "Hardship was told", "已申报困难", lambda s: "hardship" in s.flags),
    "vulnerable": Feature(FLAG, "The person is vulnerable", "弱势客户", lambda s: "vulnerable" in s.flags),
    "deceased": Feature(FLAG, "The person is dead", "本人已故", lambda s: "deceased" in s.flags),
    "bankrupt": Feature(FLAG, "Bankruptcy", "破产", lambda s: "bankrupt" in s.flags),
    "fraud": Feature(FLAG, "Fraud against the person", "本人遭受欺诈", lambda s: "fraud" in s.flags),
    "ceased": Feature(FLAG, "They asked not to be contacted", "本人要求停止联系", lambda s: "ceased" in s.flags),
    "represented": Feature(FLAG, "An attorney or adviser acts for them", "已委托律师或顾问", lambda s: bool({"attorney", "adviser"} & s.flags)),
    "unreachable": Feature(FLAG, "They are known to be out of reach", "失联", lambda s: "unreachable" in s.flags),
}  # fmt: skip

GROWING = frozenset(
    (
        "days_past_due",
        "months_on_book",
        "days_in_case",
        "days_placed",
        *(name for name in FEATURES if name.startswith("days_since_")),
    )
)
"""Features that time alone only lets grow, and never makes of NULL."""
CATALOGUE: dict[str, Entry] = {name: Entry(one.type, "fact") for name, one in FEATURES.items()}
WORDS: dict[str, tuple[str, ...]] = {
    "state": tuple(map(str, State)),
    "quadrant": tuple(map(str, Quadrant)),
    "employment": JOBS,
    "plan": tuple(map(str, Status)),
    "channel": get_args(Channel),
    "legal": get_args(get_type_hints(LegalStep)["step"]),
    "bureau": get_args(get_type_hints(BureauStep)["step"]),
}
"""Vocabularies that are closed: a word outside is a mistake."""


def features(
    book: Book,
    now: int,
    house: House,
    positions: Mapping[str, Position] | None = None,
    assessed: Assessment | None = None,
    promises: Promises | None = None,
    plans: Mapping[str, Standing] | None = None,
    names: Collection[str] | None = None,
) -> Values:
    """The features by name, at a moment: those that the strategy reads, or the names that are asked for."""
    seen = Seen(book, now, house, positions, assessed, promises, plans)
    return {name: FEATURES[name].of(seen) for name in (house.strategy.reads if names is None else names)}


def _job(told: str | None) -> Value:
    return told if told is None or told in JOBS else "other"

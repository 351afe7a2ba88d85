"""Every treatment of policies/card.yaml carried out for somebody, and what of it arrives where: in the app, on the
phone, in the mailbox, on paper, in a worklist, in the core system, on the log. All of it over sockets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.cast import INCOME, MINIMUM, Cast, Person
from tests.collecting import DAY
from tests.live import whole
from tests.stage import Said, Stage, at, staged
from tests.test_decide_case import same
from tocsin.credit.collection.strategy import Bureau, ByHand, Legal, OnAccount, Order, Place, Treatment
from tocsin.desk import policies
from tocsin.links.sending import EVENTS
from tocsin.values import instant
from tocsin.values.money import written

CARD = Path("policies/card.yaml")
NOW = at("2026-03-10")
SHOWN = 42
"""So many signs of a text."""
TABLE = """
    pre_due_reminder  | early    | app                              | 您尾号0001的账户本期最低应还¥2,000.00，还款日2026年3月13日。可以
    due_today         | today    | app                              | 您尾号0002的账户今天为还款日，最低应还¥2,000.00。还款：https://
    no_action         | alone    | nowhere                          | nothing, on purpose
    reminder          | app      | app                              | 您尾号0004的账户有¥2,000.00尚未到账（还款日2026年3月9日），可能是
    reminder          | sms      | sms                              | 您尾号0005的账户有¥2,000.00尚未到账（还款日2026年3月9日），可能是
    reminder          | email    | email                            | 客户06，您好：  您尾号0006的账户有¥2,000.00（还款日2026年3月9
    promise_broken    | broke    | sms                              | 您尾号0009的账户约定于2026年3月5日支付的¥2,000.00尚未到账。如情况
    plan_missed       | misses   | sms                              | 您分期协议中2026年3月20日到期的¥1,691.23尚未到账，于2026年4月2
    plan_broken       | misses   | sms                              | 您尾号0015账户的分期协议因款项未到账已终止。我们愿与您商量其他办法：https:
    promise_reminder  | promised | app                              | 按您的约定，尾号0008的账户将于2026年3月30日支付¥2,000.00。还款：
    second_reminder   | again    | sms                              | 您尾号0007的账户有¥2,000.00已逾期4天。还款或申请分次偿还：https:
    self_service      | self     | app                              | 您尾号0010的账户有¥2,000.00待还，可随时自助办理：还款、选择日期或申请分
    hardship_offer    | hard     | app                              | 如您近期有困难，尾号0011的账户可申请纾困：90天内暂停计算逾期。申请免费：htt
    hardship          | hard     | core system: account.paused      | pause freeze policy
    fee_waiver        | hard     | core system                      | fee_waiver 150.00
    waiver_notice     | hard     | app                              | 已为您尾号0011的账户减免¥150.00，您无需任何操作。查看账户：https:/
    due_date_change   | moved    | app                              | 若调整还款日更方便您（如2026年3月21日），可免费为尾号0012的账户办理：ht
    voice_reminder    | robot    | ai_call                          | 您好，我是样例信贷的智能语音助手，请问是客户13本人吗？ 【否：打扰了，我们改时间再
    human_call        | called   | worklist calls                   | 6 minutes, worth 232.00; agent-7: right_party
    limit_freeze      | called   | core system                      | limit_freeze
    plan_offer        | keeps    | app                              | 为您尾号0016的账户拟定了分期方案：共13期，首期2026年3月20日还¥1,69
    bureau_notice     | reported | sms                              | 您尾号0018的账户有¥2,000.00逾期，若2026年3月15日前未还清，我方将; core system: bureau.step | notice
    bureau_furnishing | reported | core system: bureau.step         | furnished
    dunning_letter    | written  | letter                           | 客户19：  截至2026年3月11日，您尾号0019的账户欠款余额为¥20,000
    limit_cut         | written  | core system                      | limit_cut 20,000.00
    card_lock         | placed   | core system                      | card_lock
    rate_cut          | keeps    | core system                      | rate_cut
    visit_notice      | visited  | letter                           | 客户21，您好：  我们一直未能与您取得联系，拟于2026年3月13日10:00至1
    field_visit       | visited  | worklist visits                  | 120 minutes, worth 850.00; agent-7: right_party
    early_charge_off  | bankrupt | core system: account.charged_off | charge_off policy
    re_age            | cures    | core system: account.re_aged     | re_age policy
    reward            | keeps    | core system                      | reward 20.00
    reward_notice     | keeps    | app                              | 感谢您按时还款，尾号0016的账户获得¥20.00。查看：https://examp
    reward_rate       | keeps    | core system                      | rate_reward
    reward_limit      | keeps    | core system                      | limit_reward 1,830.00
    senior_call       | placed   | worklist calls                   | 12 minutes, worth 144.00
    agency_notice     | placed   | sms                              | 自2026年3月13日起，您尾号0022的账户由north受我方委托服务。核实与咨询
    agency            | placed   | core system: placement.changed   | placed north 20,000.00
    agency_recall     | placed   | core system: placement.changed   | recalled north 20,000.00
    settlement_offer  | settles  | app                              | 您尾号0023的账户可按以下方式减免结清：2026年3月17日一次还¥13,000.
    lawyers_letter    | sued     | letter                           | 客户24：  我方受样例信贷委托致函。您尾号0024的账户欠款余额为¥20,000.; core system: legal.step | letter
    suit              | sued     | letter                           | 客户24：  就您尾号0024账户的欠款余额¥20,000.00（2025年2月3日; core system: legal.step | filed
    enforcement       | sued     | core system: legal.step          | enforcement
    sale              | sold     | core system: account.closed      | closure sold
    write_off         | gone     | core system: account.closed      | closure uncollectible
    bureau_end        | old      | core system: bureau.step         | ended
"""


class Seen(NamedTuple):
    """What is to be seen at the far ends when all is over; `tasks` stood in a worklist, by customer and treatment."""

    messages: list[Said]
    mail: dict[str, list[str]]
    core: list[Said]
    log: list[Said]
    tasks: dict[tuple[str, str], Said]


def people() -> Cast:
    """One for each part of the ladder, by the number of days past due on the first day."""
    cast = Cast(NOW)
    cast.add("early", -3)
    cast.add("today", 0)
    cast.add("alone", 1, early="no_action")
    for channel in ("app", "sms", "email"):
        cast.add(channel, 1, preferred=channel)
    cast.add("again", 4)
    for name, made, due in (("promised", -3, 20), ("broke", -9, -5)):
        promise = {"promised_amount": MINIMUM, "promised_at": day(due), "currency": "CNY"}
        cast.add(name, 5).answers(NOW + made * DAY, "promise", **promise)
    cast.add("self", 6)
    hard = cast.add("hard", 7)
    hard.tell("fee", NOW - 5 * DAY, account=hard.account, amount=30_000, currency="CNY")
    hard.tell("stop", NOW - DAY, flag="hardship")
    moved = cast.add("moved", 8)
    moved.earns(INCOME)
    moved.answers(NOW - 12 * DAY, "right_party")
    cast.add("robot", 8, voice="machine")
    cast.add("called", 8)
    for name, days, months in (("misses", 20, 0), ("keeps", 85, 0), ("cures", 55, 11)):
        cast.add(name, days, months=months).earns(INCOME // 5)
    cast.add("reported", 26)
    cast.add("written", 30)
    cast.add("bankrupt", 61).tell("stop", NOW - DAY, flag="bankrupt")
    unwilling(cast.add("visited", 60))
    cast.add("placed", 92)
    cast.add("settles", 121, at_hand=1_300_000, currency="CNY").tell("stop", NOW - DAY, flag="hardship")
    unwilling(cast.add("sued", 400))
    cast.add("sold", 541)
    cast.add("gone", 721, balance=40_000, minimum=40_000)
    old = cast.add("old", 1901)
    for days, step in ((1870, "notice"), (1860, "furnished")):
        old.tell("bureau_step", NOW - days * DAY, record="b-old", step=step, accounts=[old.account])
    return cast


def unwilling(one: Person) -> None:
    """Well off, evaded and refused: sure not to want to pay."""
    one.earns(INCOME)
    for days, result in ((40, "evaded"), (35, "evaded"), (30, "evaded"), (25, "refused"), (20, "refused")):
        one.answers(NOW - days * DAY, result)


def day(days: int) -> str:
    return instant.written(NOW + days * DAY)


# -- seven weeks -------------------------------------------------------------------------------------------------------


def lived(stage: Stage, cast: Cast) -> dict[tuple[str, str], Said]:
    """Seven weeks: plans are agreed, kept and not kept, agents work, a court decides. The tasks there were."""
    who, tasks = cast.people, dict[tuple[str, str], Said]()

    def stand(days: int) -> None:
        stage.stand(NOW + days * DAY, *cast.fresh())
        for queue in ("calls", "visits"):
            for task in stage.ask(f"/v1/worklists/{queue}?limit=1000").said["tasks"]:
                tasks.setdefault((task["customer"], task["treatment"]), task)

    stand(0)
    worked(stage, tasks[who["called"].id, "human_call"], "call", who["called"], NOW)
    plans = {name: plan_of(stage, who[name]) for name in ("misses", "keeps", "cures", "settles")}
    for name in ("misses", "keeps", "cures"):
        who[name].tell("plan_answer", NOW + DAY, plan=plans[name], answer="accepted")
    stage.hands.put(NOW + DAY)
    approved(stage, who["settles"], plans["settles"])
    stand(1)
    who["settles"].tell("plan_answer", NOW + 3 * DAY, plan=plans["settles"], answer="accepted")
    stand(3)
    worked(stage, tasks[who["visited"].id, "field_visit"], "visit", who["visited"], NOW + 3 * DAY)
    who["settles"].pays(NOW + 6 * DAY, 1_300_000)
    who["placed"].tell("stop", NOW + 6 * DAY, flag="vulnerable")
    stand(6)
    for name in ("keeps", "cures"):
        who[name].pays(NOW + 11 * DAY, 170_000)
    for days in (11, 12, 31):
        stand(days)
    [matter] = {one["matter"] for one in stage.log() if one["kind"] == "legal_step"}
    who["sued"].tell("legal_step", NOW + 32 * DAY, matter=matter, step="judgment")
    stand(32)
    stand(48)
    return tasks


def worked(stage: Stage, task: Said, channel: str, one: Person, moment: int) -> None:
    """An agent takes a task, asks whether the contact may be made, makes it, and says what came of it."""
    path, agent = f"/v1/tasks/{task['task']}", "agent-7"
    assert stage.ask(path, {"state": "taken", "actor": agent}).said["actor"] == agent
    asked = {"customer": one.id, "channel": channel, "purpose": "collection", "task": task["task"], "actor": agent}
    said = stage.ask("/v1/contacts", asked).said
    assert said["allowed"], said
    one.tell("contact_result", moment + DAY // 24, channel=channel, attempt=said["attempt"], result="right_party")
    assert stage.ask(path, {"state": "done", "actor": agent}).said["state"] == "done"


def plan_of(stage: Stage, one: Person) -> str:
    [plan] = stage.ask(f"/v1/people/{one.id}").said["plans"]
    return str(plan["plan"])


def approved(stage: Stage, one: Person, plan: str) -> None:
    """By two who may."""
    mine = stage.server.key
    keys = [
        stage.ask("/v1/keys", {"name": name, "scopes": ["collect", "approve:committee"]}) for name in ("ann", "bob")
    ]
    for key in keys:
        stage.server.key = key.said["key"]
        stage.ask(f"/v1/plans/{plan}/answers", {"customer": one.id, "answer": "approved"})
    stage.server.key = mine


# -- what arrived ------------------------------------------------------------------------------------------------------


def arrived(seen: Seen, treatment: Treatment, one: Person) -> str:
    """Where something of a treatment arrived, and what."""
    mine = [fact for fact in seen.log if fact.get("customer") == one.id]
    done = next(fact for fact in mine if fact["kind"] == "treatment" and fact["treatment"] == treatment.name)
    assert done["state"] == "done", done
    match treatment.way:
        case ByHand() as way:
            task = seen.tasks[one.id, treatment.name]
            calls = {
                fact["attempt"]: fact["actor"] for fact in mine if fact["kind"] == "contact_attempt" and "actor" in fact
            }
            heard = [
                f"; {calls[fact['attempt']]}: {fact['result']}"
                for fact in mine
                if fact.get("attempt") in calls and fact["kind"] == "contact_result"
            ]
            worth = f"{task['minutes']} minutes, worth {written(task['value'], 'CNY')}"
            return f"worklist {way.queue} | {worth}{''.join(heard)}"
        case Order() as way:
            [order] = [one for one in seen.core if one["data"].get("fact") == done["fact_id"]]
            assert order["type"] == "treatment.ordered" and order["data"]["order"] == way.order
            amount = order["data"].get("amount")
            return f"core system | {way.order}" + ("" if amount is None else f" {written(amount, 'CNY')}")
        case OnAccount() as way:
            fact = next(fact for fact in mine if fact["kind"] == way.fact)
            return f"{told(seen, fact)} | {' '.join(filter(None, (way.fact, way.mode, fact['reason'])))}"
        case Place() as way:
            state = "recalled" if way.recall else "placed"
            fact = next(fact for fact in mine if fact["kind"] == "placement" and fact["state"] == state)
            return f"{told(seen, fact)} | {state} {way.agency} {written(fact['amount'], 'CNY')}"
    attempt = next(
        (fact for fact in mine if fact["kind"] == "contact_attempt" and fact.get("treatment") == treatment.name), None
    )
    where = [read(seen, one, attempt)] if attempt is not None else []
    if isinstance(treatment.way, Legal | Bureau):
        steps = [fact for fact in mine if fact["kind"] in ("legal_step", "bureau_step") and fact["fact_id"][:2] == "t-"]
        fact = next(fact for fact in steps if fact["step"] == treatment.way.step)
        where.append(f"{told(seen, fact)} | {fact['step']}")
    return "; ".join(where) or "nowhere | nothing, on purpose"


def told(seen: Seen, fact: Said) -> str:
    """The type of message by which the core system was told of a fact, with all that is in it."""
    [message] = [one for one in seen.core if one["data"].get("fact") == fact["fact_id"]]
    assert message["type"] == EVENTS[fact["kind"]]
    assert all(message["data"][name] == value for name, value in fact.items() if name not in ("kind", "fact_id"))
    return f"core system: {message['type']}"


def read(seen: Seen, one: Person, attempt: Said) -> str:
    """What the person got, word for word what was decided."""
    channel, text = attempt["channel"], str(attempt["text"])
    if channel == "email":
        got = seen.mail[f"customer{one.number:02d}@example.com"]
        assert plain(text) in map(plain, got)
    else:
        [message] = [message for message in seen.messages if message["id"] == attempt["attempt"]]
        assert message["text"] == text and message["to"] == attempt["address"] and message["channel"] == channel
        if channel == "letter":
            assert plain(text)[:200] in plain("".join(message["pages"])) or plain(text)[:60] in plain(
                message["pages"][0]
            )
    assert set(re.findall(r"尾号(\d{4})", text)) <= {one.account[-4:]}, text
    return f"{channel} | {re.sub(r'^【.*?】', '', text).replace(chr(10), ' ')[:SHOWN]}"


def plain(text: str) -> str:
    return re.sub(r"[\s|]+", "", text)


def test_every_treatment_arrives(tmp_path: Path, kernels: Path) -> None:
    cast = people()
    strategy = policies.strategy(policies.policy(CARD))
    assert strategy is not None
    with staged(tmp_path, CARD.read_text("utf-8"), NOW - 2_400 * DAY) as stage:
        tasks = lived(stage, cast)
        mail: dict[str, list[str]] = {}
        for letter in stage.office.letters:
            mail.setdefault(letter["To"].addresses[0].addr_spec, []).append(letter.get_content().strip())
        seen = Seen(stage.messages(), mail, stage.told(), stage.log(), tasks)
        assert stage.server.stop() == 0
        whole(stage.server, kernels)
    wanted = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    rows = [
        f"{name} | {who} | {arrived(seen, strategy.treatments[name], cast.people[who])}" for name, who, *_ in wanted
    ]
    assert {row[0] for row in wanted} == set(strategy.treatments)
    same(aligned(rows), TABLE)
    agreed = next(fact for fact in seen.log if fact["kind"] == "settlement")
    assert agreed["amount"] == 1_300_000 and told(seen, agreed) == "core system: account.settlement"
    states = {fact["account"]: fact["state"] for fact in seen.log if fact["kind"] == "position_changed"}
    ends = {
        "settles": "SETTLED",
        "cures": "CURRENT",
        "bankrupt": "CHARGED_OFF",
        "sold": "SOLD",
        "gone": "CLOSED_UNCOLLECTIBLE",
    }
    assert {name: states[cast.people[name].account] for name in ends} == ends


def aligned(rows: list[str]) -> str:
    """The table with its first three columns of one width each."""
    cells = [row.split(" | ", 3) for row in rows]
    width = [max(len(row[place]) for row in cells) for place in range(3)]
    return "\n".join(" | ".join([*map(str.ljust, row, width), row[3]]) for row in cells)

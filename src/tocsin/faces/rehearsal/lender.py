"""The lender of a rehearsal: its policy, its settings, and what its texts say of itself. Obviously invented."""

from __future__ import annotations

from typing import Any

import yaml

from tocsin.faces.rehearsal.core import TYPES
from tocsin.replay.debtors.places import PLACES

CHANNELS = ("ai_call", "voicemail", "sms", "email", "app", "letter")
_WRITTEN = "[app, sms, email]"

_POLICY = """
policy: rehearsal
version: "1"
title: {{en: Rehearsal of collections, zh: 催收演练}}
currency: {currency}
timezone: {zone}
lateness: 4 days
signals:
  paid_30d: {{sum: amount, where: "kind = 'payment'", over: 30 days}}
rules:
  large: {{when: "amount > 5000000.00", level: blue, say: {{en: "{{amount}}", zh: "{{amount}}"}}}}
collection:
  profile: {profile}
  open_when: past_due > 0 or (days_to_due <= 3 and minimum_due > 0)
  close_when: past_due = 0 and (minimum_due = 0 or days_to_due > 3)
  plan:
    minimum: {least}
    authority: {{desk: {{fees: 100, interest: 100, principal: 40, rate_cut: 100, approvals: 0}}}}
  ability: {{first_adult: {costs}, further_adult: {costs}, child: {child}}}
  segments:
    hardship: hardship or quadrant = 'unable_willing'
    evading: evasions >= 2 or refusals >= 2
    standard:
  experiments: {{early: {{champion: 80, no_action: 20}}}}
  capacity: {{calls: 8 hours, visits: 8 hours}}
  treatments:
    pre_due_reminder: {{contact: {{by: {written}, purpose: reminder, template: pre_due_reminder}}, cost: 0.05}}
    validation: {{contact: {{by: [email, letter], purpose: validation_notice, template: validation_notice}}, cost: 0.50}}
    reminder: {{contact: {{by: {written}, purpose: collection, template: reminder}}, cost: 0.05}}
    second_reminder: {{contact: {{by: {written}, purpose: collection, template: second_reminder}}, cost: 0.05}}
    self_service: {{contact: {{by: {written}, purpose: collection, template: self_service}}, cost: 0.05}}
    voice_reminder: {{contact: {{by: [ai_call], purpose: collection, template: voice_reminder}}, cost: 0.20}}
    human_call:
      task: {{queue: calls, channel: call, template: call_script, minutes: 6, value: past_due * 0.12}}
      cost: 8.00
    letter: {{contact: {{by: [letter], purpose: collection, template: dunning_letter}}, cost: 2.00}}
    fee_waiver: {{order: fee_waiver, amount: fees}}
    waiver_notice: {{contact: {{by: {written}, purpose: plan_service, template: waiver_granted}}, cost: 0.05}}
    hardship: {{account: {{fact: pause, mode: freeze, days: 30}}}}
    visit_notice: {{contact: {{by: [letter], purpose: visit_notice, template: visit_notice}}, cost: 2.00}}
    field_visit:
      task: {{queue: visits, channel: visit, template: call_script, minutes: 60, value: past_due * 0.2, days: 20}}
      cost: 20.00
    reward: {{order: reward, amount: 5.00}}
    reward_notice: {{contact: {{by: {written}, purpose: plan_service, template: reward_granted}}, cost: 0.05}}
    sale: {{account: {{fact: closure, reason: sold}}}}
    write_off: {{account: {{fact: closure, reason: uncollectible}}}}
    enforcement: {{legal: {{step: enforcement, cost: 300.00, days: 90}}}}
    limit_freeze: {{order: limit_freeze}}
    card_lock: {{order: card_lock}}
    plan_offer: {{offer: {{kinds: [shortest, lightest, reschedule, relief], by: {offered}, template: plan_offer}}}}
    settlement: {{offer: {{kinds: [settlement, settlement_in_parts], by: {written}, template: settlement_offer}}}}
    bureau_notice: {{bureau: {{step: notice, contact: {{by: {offered}, purpose: bureau_notice, template: bureau_notice}}}}}}
    furnish: {{bureau: {{step: furnished}}}}
    lawyers_letter: {{legal: {{step: letter, cost: 200.00, days: 30, contact: {{by: [letter], purpose: legal_warning, template: lawyers_letter}}}}}}
    suit: {{legal: {{step: filed, cost: 500.00, days: 60}}}}
    agency: {{place: {{agency: north, rate: 20, days: 90}}}}
    recall: {{place: {{agency: north, recall: true}}}}
    no_action: {{nothing: true}}
  ladder:
    - {{at: -3, do: pre_due_reminder, arms: {{early: champion}}}}
    - {{at: 1, do: validation, for: 20, when: "{american}"}}
    - {{at: 1, do: reminder, for: 4, arms: {{early: champion}}}}
    - {{at: 1, do: no_action, for: 3, arms: {{early: no_action}}}}
    - {{at: 6, do: second_reminder, for: 4}}
    - {{at: 11, do: voice_reminder, for: 4}}
    - {{at: 15, do: human_call, for: 100, every: 7, when: "hardship = false"}}
    - {{at: 20, do: self_service, for: 60, every: 15}}
    - {{at: 10, do: plan_offer, for: 140, every: 25, segments: [hardship]}}
    - {{at: 31, do: letter, for: 10}}
    - {{at: 31, do: limit_freeze}}
    - {{at: 40, do: fee_waiver, segments: [hardship]}}
    - {{at: 40, do: waiver_notice, for: 9, segments: [hardship], when: days_since_waiver <= 5}}
    - {{at: 20, do: reward, for: 100, when: "plan = 'performing' and plans_broken = 0"}}
    - {{at: 20, do: reward_notice, for: 106, when: days_since_reward <= 5}}
    - {{at: 45, do: card_lock}}
    - {{at: 52, do: visit_notice, for: 30, segments: [evading], when: not vulnerable}}
    - {{at: 60, do: field_visit, for: 60, segments: [evading], when: days_since_visit_notice >= 8 and not vulnerable}}
    - {{at: 60, do: hardship, for: 20, when: hardship and not paused}}
    - {{at: 50, do: bureau_notice, for: 20}}
    - {{at: 90, do: furnish, for: 30}}
    - {{at: 91, do: lawyers_letter, for: 20, segments: [standard, evading]}}
    - {{at: 100, do: settlement, for: 70, every: 30}}
    - {{at: 130, do: suit, for: 20, when: "legal = 'letter' and days_since_legal >= 30"}}
    - {{at: 150, do: enforcement, for: 200, when: "legal = 'judgment' and days_since_legal >= 15"}}
    - {{at: 185, do: agency, for: 30, when: legal is null}}
    - {{at: 285, do: recall, for: 30}}
    - {{at: 290, do: sale, for: 60, when: "charged_off and legal is null and not placed and not (time_barred or disputed or deceased or bankrupt)"}}
    - {{at: 290, do: write_off, for: 60, when: charged_off and legal is null and not placed and (time_barred or deceased or bankrupt)}}
"""

_SAYS: dict[str, tuple[str, str]] = {
    "sender": ("Sample Credit", "样例信贷"),
    "agency": ("Sample Agency", "样例服务公司"),
    "creditor": ("Sample Credit", "样例信贷"),
    "phone": ("+86 100 0000 0000", "+86 100 0000 0000"),
    "callback": ("+86 100 0000 0000", "+86 100 0000 0000"),
    "link": ("https://example.com/p", "https://example.com/p"),
    "account_link": ("https://example.com/account", "https://example.com/account"),
    "contact": ("Customer Care", "客户服务部"),
    "address": ("1 Sample Street, Sampletown", "样例市样例路1号"),
    "seal": ("(seal of Sample Credit)", "（样例信贷公章）"),
    "query_channel": ("https://example.com/account", "https://example.com/account"),
    "dispute_channel": ("https://example.com/dispute", "https://example.com/dispute"),
    "rights": ("you may check and question what we ask for", "您可核对账目并提出疑问"),
    "law": ("the credit agreement between you and us", "您与本机构签订的信用合同"),
    "bureau": ("Sample Credit Bureau", "样例征信机构"),
    "court": ("Sample Court", "样例法院"),
    "time": ("10:00 to 12:00", "10:00至12:00"),
    "remedy": ("end the agreement and ask for the balance", "终止协议并要求偿还余额"),
}


def policy(profile: str) -> str:
    """A whole ladder, from a reminder before the due date to the courts and an agency."""
    place = PLACES[profile]
    unit = place.income // 100
    return _POLICY.format(
        profile=profile,
        currency=place.currency,
        zone=place.zone,
        least=f"{unit / 100 * 2:.2f}",
        costs=f"{unit / 100 * 20:.2f}",
        child=f"{unit / 100 * 10:.2f}",
        written=_WRITTEN,
        offered="[app, sms, email, letter]",
        american="past_due > 0" if profile == "US" else "past_due < 0",
    )


def settings(profile: str, sandbox: str, core: str, token: str, secret: str) -> str:
    """Addresses of the sandbox and of the core system. `token`, `secret`: the variables that hold the sandbox's token,
    and what receipts and webhooks are signed with."""
    document: dict[str, Any] = {
        "journal": "tocsin.db",
        "texts": "texts",
        "limits": {"requests_per_second": 100_000},
        "destinations": [{"name": "core", "webhook": core, "types": list(TYPES), "secrets": [secret]}],
        "channels": {name: {"provider": sandbox, "token": token, "secrets": [secret]} for name in CHANNELS},
        "letterhead": {
            "zh": ["样例信贷", "样例市样例路1号"],
            "en": ["Sample Credit", "1 Sample Street"],
            "timezone": PLACES[profile].zone,
        },
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def texts() -> str:
    """The fields that say the same to everybody."""
    fields = {name: {"says": [{"en": en, "zh": zh}]} for name, (en, zh) in _SAYS.items()}
    return yaml.safe_dump({"fields": fields}, allow_unicode=True)

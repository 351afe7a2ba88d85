"""What came of a rehearsal, counted from the log alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from tocsin.journal.records import FACT, Entry

_decode = msgspec.json.Decoder().decode
WORDS: dict[str, tuple[str, str]] = {
    "facts": ("Facts on the log", "日志中的事件"),
    "contact": ("Contacts by {}", "联系:{}"),
    "refused": ("Refused by {}", "被规则拒绝:{}"),
    "opened": ("Cases opened", "新开案件"),
    "closed": ("Cases closed", "结案"),
    "cured": ("Accounts cured", "恢复正常的账户"),
    "rolled": ("Accounts more than 90 days past due, once or more", "曾逾期超过90天的账户"),
    "promise": ("Promises {}", "还款承诺:{}"),
    "plan": ("Plans {}", "分期方案:{}"),
    "placed": ("Placed with an agency", "委外"),
    "legal": ("Legal steps: {}", "法律步骤:{}"),
    "bureau": ("Credit bureau: {}", "征信报送:{}"),
    "grant": ("Incentives: {}", "奖惩:{}"),
    "charge_off": ("Charged off", "核销"),
    "opt_out": ("Opted out", "退订"),
    "stop": ("Stops: {}", "停止联系:{}"),
    "cash": ("Cash", "回款"),
}
"""In the order in which they are told; what is in braces stays as the rule or the state is called."""


def counted(entries: Iterable[Entry]) -> Counter[tuple[str, str]]:
    """Figures by (word, detail); the detail is empty where there is one figure alone. Money in minor units."""
    counts: Counter[tuple[str, str]] = Counter()
    state: dict[str, str] = {}
    deep: set[str] = set()
    for entry in entries:
        if entry.kind != FACT:
            continue
        counts["facts", ""] += 1
        fact = _decode(entry.body)
        match fact["kind"]:
            case "contact_attempt":
                counts["contact", fact["channel"]] += 1
            case "contact_refused":
                counts["refused", fact["rule"]] += 1
            case "case_changed" if fact["change"] in ("opened", "closed"):
                counts[fact["change"], ""] += 1
            case "position_changed":
                account, now = fact["account"], fact["state"]
                counts["cured", ""] += now == "CURRENT" and state.get(account, now) != now
                state[account] = now
                if fact["days_past_due"] > 90:
                    deep.add(account)
            case "promise_changed":
                counts["promise", fact["status"]] += 1
            case "plan_offered":
                counts["plan", "offered"] += 1
            case "plan_changed":
                counts["plan", fact["status"]] += 1
            case "placement" if fact["state"] == "placed":
                counts["placed", ""] += 1
            case "legal_step":
                counts["legal", fact["step"]] += 1
            case "bureau_step":
                counts["bureau", fact["step"]] += 1
            case "grant":
                counts["grant", f"{fact['gives']} {fact['state']}"] += 1
            case "charge_off" | "opt_out":
                counts[fact["kind"], ""] += 1
            case "stop" if not fact.get("ended"):
                counts["stop", fact["flag"]] += 1
            case "payment":
                counts["cash", ""] += fact["amount"]
            case "payment_reversed":
                counts["cash", ""] -= fact["amount"]
    counts["rolled", ""] = len(deep)
    return counts


def told(counts: Counter[tuple[str, str]], language: str, currency: str) -> list[tuple[str, str]]:
    """As rows of a table."""
    rows = []
    for word, texts in WORDS.items():
        text = texts[language == "zh"]
        for (one, detail), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if one == word:
                said = f"{count / 100:,.2f} {currency}" if word == "cash" else f"{count:,}"
                rows.append((text.format(detail), said))
    return rows

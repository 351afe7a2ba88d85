"""What tests of collections on the live desk share: a policy whose place has noon now, persons who are late, days."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tests.live import Server, now
from tests.sandboxed import SECRET, TOKEN
from tocsin.values import instant

DAY, HOUR, MINUTE = 86_400_000_000, 3_600_000_000, 60_000_000
MADE = "t-"
POLICY = """
policy: desk
version: "1"
currency: CNY
timezone: {zone}
lateness: 2 hours
signals: {{n_1h: {{count: , over: 1 hour}}}}
rules: {{many: {{when: "n_1h > 100000", level: blue, say: {{en: "{{n_1h}}", zh: "{{n_1h}}"}}}}}}
collection:
  profile: CN
  open_when: past_due > 0
  close_when: past_due = 0
  capacity: {{calls: 12 minutes}}
  treatments:
    reminder: {{title: {{en: Reminder, zh: 提醒}}, contact: {{by: [sms, email], purpose: reminder, template: reminder}}}}
    human_call: {{title: {{en: Call, zh: 电话}}, task: {{queue: calls, channel: call, template: call_script, minutes: 6, value: "past_due * 0.12"}}}}
    card_lock: {{title: {{en: Lock, zh: 锁卡}}, order: card_lock}}
  ladder:
  - {{at: 1, do: reminder, for: 30, every: 7}}
  - {{at: 3, do: card_lock, for: 30}}
  - {{at: 4, do: human_call, for: 30}}
"""
OWN = """
fields:
  sender: {longest: 20, says: [{en: Example Bank, zh: 示例银行}]}
  phone: {longest: 20, says: [{en: "+86 100 0000 0000", zh: "+86 100 0000 0000"}]}
  link: {longest: 40, says: [{en: "https://example.com/p", zh: "https://example.com/p"}]}
  account_link: {longest: 40, says: [{en: "https://example.com/a", zh: "https://example.com/a"}]}
  query_channel: {longest: 40, says: [{en: "https://example.com/q", zh: "https://example.com/q"}]}
"""
T = TypeVar("T")


def noon() -> str:
    """A zone in which it is about noon now."""
    hour = datetime.now(UTC).hour
    return f"Etc/GMT{hour - 12:+d}" if hour != 12 else "Etc/GMT"


def policy(zone: str = "") -> str:
    return POLICY.format(zone=zone or noon())


def texts(folder: Path) -> None:
    (folder / "texts").mkdir()
    (folder / "texts" / "own.yaml").write_text(OWN)


def settings(sms: str = "", *destinations: str) -> str:
    channel = f"channels: {{sms: {{provider: '{sms}', token: TOKEN, secrets: [SECRET]}}}}\n" if sms else ""
    return f"texts: texts\n{channel}destinations: [{', '.join(destinations)}]\n"


ENVIRONMENT = {"TOKEN": TOKEN, "SECRET": SECRET}


def given(kind: str, at: int, **fields: Any) -> dict[str, Any]:
    """A fact that was known at once."""
    when = instant.written(at)
    name = "-".join(str(fields.get(one, "")) for one in ("account", "customer", "contact"))
    return {"kind": kind, "fact_id": f"{kind}-{name}-{at}", "occurred_at": when, "recorded_at": when, **fields}


def statement(account: str, at: int, due_days: int = 20, **fields: Any) -> dict[str, Any]:
    due = instant.written(at + due_days * DAY)
    owed = {"currency": "CNY", "statement_balance": 100_000, "minimum_due": 10_000, "due_at": due}
    return given("statement", at, account=account, **owed, **fields)


def phone(at: int, number: str = "+86 100 1111 2222", **fields: Any) -> dict[str, Any]:
    said = {"channels": ["sms", "call"], "address": number, "verified": True, "consent_since": instant.written(at)}
    return given("contact_point", at, **{"contact": "m1", **said, **fields})


def payment(account: str, at: int, amount: int = 100_000, **fields: Any) -> dict[str, Any]:
    return given("payment", at, account=account, amount=amount, currency="CNY", **fields)


def send(server: Server, *facts: dict[str, Any]) -> None:
    answer = server.ask("/v1/facts", list(facts))
    assert answer.status == 200 and answer.said["recorded"] == len(facts), answer


def soon(look: Callable[[], T], seconds: float = 15) -> T:
    """What there is to see, once there is anything."""
    until = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.05)
    return seen


def own(server: Server, kind: str) -> list[dict[str, Any]]:
    """The facts of a kind that Tocsin made itself."""
    found = [json.loads(one.body) for one in server.entries() if (one.fact_id or "").startswith(MADE)]
    return [one for one in found if one["kind"] == kind]


def late(server: Server, days: int = 5, account: str = "a1", customer: str | None = "c1", **more: Any) -> int:
    """A person with a phone whose statement has been unpaid for so many days; since when it is known."""
    at = now() - (20 + days) * DAY
    named = {"customer": customer} if customer else {}
    point = named or {"account": account}
    send(
        server,
        statement(account, at, **named),
        phone(at, **point, **more),
        given("profile", at, name="某甲", zones=[noon()], **point),
    )
    return at

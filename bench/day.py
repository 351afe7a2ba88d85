"""A business day of collections: a journal of many accounts, some of them late, closed as the live desk closes it.

.venv/bin/python -m bench.day [--accounts 1000000] [--delinquent 60000] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.live import KERNELS
from tocsin.desk.clerk import Given
from tocsin.desk.collecting import Collecting
from tocsin.desk.day import BusinessDay
from tocsin.desk.ledger import clock
from tocsin.desk.offline import Offline
from tocsin.desk.settings import read
from tocsin.desk.versions import Files
from tocsin.facts import wire
from tocsin.values import instant

DAY, HOUR = 86_400_000_000, 3_600_000_000
START = 1_772_409_600_000_000
"""2026-03-02T00:00Z, eight in the morning of the lender, a Monday."""
POLICY = """
policy: day
version: "1"
currency: CNY
timezone: Asia/Shanghai
lateness: 2 hours
signals: {n_24h: {count: , over: 24 hours}}
rules: {many: {when: "n_24h > 1000", level: blue, say: {en: "{n_24h}", zh: "{n_24h}"}}}
collection:
  profile: CN
  open_when: past_due > 0
  close_when: past_due = 0
  capacity: {calls: 400 hours}
  segments: {hardship: "quadrant = 'unable_willing'", standard: null}
  treatments:
    reminder: {title: {en: Reminder, zh: 提醒}, contact: {by: [app, sms, email], purpose: reminder, template: reminder}}
    second: {title: {en: Second reminder, zh: 再次提醒}, contact: {by: [sms, app], purpose: collection, template: second_reminder}}
    human_call: {title: {en: Call, zh: 电话}, task: {queue: calls, channel: call, template: call_script, minutes: 6, value: "past_due * 0.12"}}
    card_lock: {title: {en: Lock, zh: 锁卡}, order: card_lock}
  ladder:
  - {at: 1, do: reminder}
  - {at: 2, do: second, for: 5}
  - {at: 3, do: human_call, for: 10, when: "quadrant <> 'unable_willing'"}
  - {at: 3, do: card_lock}
"""
OWN = "fields:\n" + "".join(
    f"  {name}: {{longest: 40, says: [{{en: Example, zh: 示例}}]}}\n"
    for name in ("sender", "phone", "link", "account_link", "query_channel", "callback", "contact", "dispute_channel")
)


def facts(accounts: int, delinquent: int) -> Iterator[dict[str, object]]:
    """A statement of every account, due on the fourth day; a phone of who will be late; who is not, pays in time."""
    step = max(1, 12 * HOUR // max(accounts, 1))
    due = instant.written(START + 3 * DAY)
    late = max(1, accounts // max(delinquent, 1))
    for n in range(accounts):
        at = instant.written(START + n * step)
        who = {"occurred_at": at, "recorded_at": at, "customer": f"P{n:07d}"}
        money = {"currency": "CNY", "statement_balance": 500_000, "minimum_due": 50_000, "due_at": due}
        yield {"kind": "statement", "fact_id": f"s{n}", "account": f"C{n:07d}", **who, **money}
        if n % late == 0 and n // late < delinquent:
            point = {"contact": "m", "channels": ["sms", "call"], "address": "+86 100 0000 0000", "verified": True}
            yield {"kind": "contact_point", "fact_id": f"c{n}", **who, **point, "consent_since": at}
    for n in range(accounts):
        if n % late or n // late >= delinquent:
            at = instant.written(START + DAY + n * step)
            who = {"occurred_at": at, "recorded_at": at, "customer": f"P{n:07d}"}
            paid = {"amount": 500_000, "currency": "CNY"}
            yield {"kind": "payment", "fact_id": f"p{n}", "account": f"C{n:07d}", **who, **paid}


def loaded(desk: Offline, accounts: int, delinquent: int) -> None:
    """History, group by group."""
    clerk, group = desk.ledger.clerk, list[Given]()
    assert clerk is not None

    def flush() -> None:
        clerk.take(group, clock())
        desk.ledger.store()
        group.clear()
        if (segment := desk.ledger.segment()) is not None:
            segment()

    for one in facts(accounts, delinquent):
        fact = wire.decode(json.dumps(one).encode())
        group.append(Given(fact, wire.encode(fact)))
        if len(group) == 10_000:
            flush()
            desk.journal.tend()
    flush()


def run(accounts: int, delinquent: int, database: str = "") -> None:
    """Load, bring the books up to date, then close days: the fifth is the one on which everybody late is due."""
    print(f"\nA business day: {accounts:,} accounts, {delinquent:,} late, fsync on, one process")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-day-"))
    try:
        (folder / "texts").mkdir()
        (folder / "texts" / "own.yaml").write_text(OWN)
        journal = database or str(folder / "tocsin.db")
        settings = read(f"journal: '{journal}'\ntexts: texts\n", str(folder / "tocsin.yaml"), {}, folder)
        desk = Offline(settings, KERNELS, "bench", new=True)
        desk.install("activate", Files("day.yaml", {"day.yaml": POLICY}))
        desk.ledger.open()
        began = time.perf_counter()
        loaded(desk, accounts, delinquent)
        gc.collect()
        gc.freeze()
        print(f"  {'history on the log':<38}{time.perf_counter() - began:8.1f} s", flush=True)
        collecting = desk.collecting()
        closed(collecting, START + 3 * DAY, "books built, all accounts current")
        for day in range(4, 11):
            closed(collecting, START + day * DAY + 2 * HOUR, f"day {day - 3} past due")
        print(f"  {'peak RSS':<38}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:8.2f} GB   aim 4 GB")
        desk.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def closed(collecting: Collecting, at: int, name: str) -> None:
    day, began, behind = BusinessDay(collecting, at, clock), time.perf_counter(), collecting.behind
    worked = time.process_time()
    tended = began
    for _ in day.steps(True, "bench", 0.25):
        collecting.ledger.store()
        if time.perf_counter() - tended > 1:
            collecting.ledger.journal.tend()
            tended = time.perf_counter()
    took, figures = time.perf_counter() - began, day.figures
    made = sum(figures.facts.values())
    print(
        f"  {name:<38}{took:8.1f} s   {figures.persons:,} persons ({figures.persons / took:,.0f}/s), {made:,} facts made, "
        f"{behind:,} read, {figures.contacts:,} contacts; {time.process_time() - worked:.1f} s of processor time",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--delinquent", type=int, default=60_000)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    run(given.accounts, given.delinquent, given.database)


if __name__ == "__main__":
    main()

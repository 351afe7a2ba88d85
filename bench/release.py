"""Open restrictions assessed again: a journal of many, then a fact of each that changes a factor, then time alone.

.venv/bin/python -m bench.release [--restrictions 100000] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import gc
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.day import DAY, HOUR, START, closed
from bench.live import KERNELS
from tocsin.desk.clerk import Given
from tocsin.desk.ledger import clock
from tocsin.desk.offline import Offline
from tocsin.desk.settings import read
from tocsin.desk.versions import Files
from tocsin.facts import kinds, wire
from tocsin.facts.kinds import Fact
from tocsin.values import instant

POLICY = """
policy: release
version: "1"
currency: CNY
timezone: Asia/Shanghai
lateness: 2 hours
signals: {n_1h: {count: , over: 1 hour}}
rules:
  large: {when: "kind = 'purchase' and amount >= 1000.00", level: yellow, say: {en: "{amount}", zh: "{amount}"}}
  burst: {when: "n_1h >= 5", level: orange, say: {en: "{n_1h}", zh: "{n_1h}"}}
collection:
  profile: CN
  open_when: past_due > 0
  close_when: past_due = 0
  treatments: {nothing: {nothing: true}}
  ladder: [{at: 1, do: nothing}]
release:
  large: [large]
  anomalies: [burst]
  four_eyes: red
  requirements:
    papers: {title: {en: Papers, zh: 证件}, kind: document}
    paid: {title: {en: Pay, zh: 还款}, kind: payment, needed: true, met_when: past_due = 0, means: {past_due: 0}}
  factors:
    credit_score:
      shows: credit_score
      lines:
      - {when: credit_score >= 720, days: -2, say: {en: good, zh: 好}}
      - {when: credit_score < 580, days: 4, say: {en: low, zh: 低}}
    transactions:
      shows: anomalies
      lines:
      - {when: fraud_confirmed, bars: true, say: {en: fraud, zh: 欺诈}}
      - {when: anomalies > 0, days: 4, say: {en: odd, zh: 异常}}
      - {when: large_normal, days: -2, say: {en: normal, zh: 正常}}
      - {when: clean_days >= 1, days: -1, say: {en: clean, zh: 无异常}}
    capacity:
      shows: surplus
      lines:
      - {when: sure and ability >= 70, days: -1, say: {en: able, zh: 能力足}}
      - {when: sure and ability < 30, days: 5, say: {en: hardly, zh: 能力弱}}
    usage:
      shows: utilisation
      lines: [{when: utilisation > 0.9, days: 3, say: {en: full, zh: 用尽}}]
    information:
      shows: information_complete
      lines: [{when: papers or income_verified, days: -1, say: {en: verified, zh: 已核实}}]
    record:
      shows: restrictions_before
      lines:
      - {when: days_held >= 2, days: 1, say: {en: time, zh: 时间}}
      - {when: broken_promises > 0, days: 2, say: {en: broken, zh: 失约}}
restrictions:
  holds:
    spending:
      title: {en: Spending, zh: 消费}
      say: {en: It waits, zh: 暂缓}
      does: transaction_block
      on: [large]
      days: 20
      most: 60
      expires: 90 days
      requirements: [papers, paid]
      stages: [{at: 60, up_to: 500.00}]
"""


def bought(count: int) -> Iterator[Fact]:
    """What is known of a person, and the purchase that brings a restriction about."""
    step = max(1, 6 * HOUR // max(count, 1))
    for n in range(count):
        at = instant.instant(START + n * step)
        who = {"occurred_at": at, "recorded_at": at, "customer": f"P{n:07d}"}
        yield kinds.InformationUpdate(
            fact_id=f"i{n}", **who, currency="CNY", income=1_000_000, obligations=100_000, employment="employed"
        )
        yield kinds.Purchase(
            fact_id=f"p{n}", **who, account=f"C{n:07d}", amount=200_000, currency="CNY", credit_limit=2_000_000
        )


def scored(count: int, at: int) -> Iterator[Fact]:
    """A credit report of each."""
    for n in range(count):
        moment = instant.instant(at + n)
        yield kinds.CreditReport(
            fact_id=f"c{n}", occurred_at=moment, recorded_at=moment, customer=f"P{n:07d}", credit_score=750 - n % 200
        )


def told(desk: Offline, facts: Iterator[Fact]) -> None:
    clerk, group = desk.ledger.clerk, list[Given]()
    assert clerk is not None
    for fact in facts:
        group.append(Given(fact, wire.encode(fact)))
        if len(group) == 10_000:
            clerk.take(group, clock())
            desk.ledger.store()
            desk.journal.tend()
            group.clear()
    clerk.take(group, clock())
    desk.ledger.store()


def run(count: int, database: str = "") -> None:
    print(f"\nRestrictions assessed again: {count:,} open, fsync on, one process   aim 60 s each for 100,000")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-release-"))
    try:
        journal = database or str(folder / "tocsin.db")
        settings = read(f"journal: '{journal}'\n", str(folder / "tocsin.yaml"), {}, folder)
        desk = Offline(settings, KERNELS, "bench", new=True)
        desk.install("activate", Files("release.yaml", {"release.yaml": POLICY}))
        desk.ledger.open()
        began = time.perf_counter()
        told(desk, bought(count))
        gc.collect()
        gc.freeze()
        print(f"  {'restrictions imposed':<38}{time.perf_counter() - began:8.1f} s", flush=True)
        assert len(desk.journal.standing()) == count
        collecting = desk.collecting()
        closed(collecting, START + 8 * HOUR, "assessed for the first time")
        told(desk, scored(count, START + 9 * HOUR))
        closed(collecting, START + 10 * HOUR, "again: a credit report of each")
        for day in (1, 2, 3):
            closed(collecting, START + day * DAY, f"again: day {day}, time alone")
        print(f"  {'peak RSS':<38}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:8.2f} GB")
        desk.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restrictions", type=int, default=100_000)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    run(given.restrictions, given.database)


if __name__ == "__main__":
    main()

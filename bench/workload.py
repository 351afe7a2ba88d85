"""The common workload: events of a synthetic card book, and one policy of 34 signals and 30 rules over them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
START = 1_767_225_600_000_000
KINDS = ["purchase", "transfer", "cash_advance", "payment", "refund"]
WINDOWS = {"10m": 10 * MINUTE, "1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
SPOKEN = {"10m": "10 minutes", "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
CUSTOMERS, MERCHANTS, COUNTRIES = 50_000, 20_000, 60


def events(n: int, seed: int = 42) -> dict[str, NDArray[Any]]:
    """n events in strictly rising time over 120 days: a long-tailed book with bursts of transfers.

    The customers, with their homes, devices and habits, are the same whatever the seed.

    account, merchant, country, device: int codes; time: int64 microseconds; kind: place in KINDS;
    amount: int64 minor units.
    """
    rng, whose = np.random.default_rng(seed), np.random.default_rng(42)
    weight = (np.arange(CUSTOMERS) + 20.0) ** -0.9
    weight /= weight.sum()
    people = whose.permutation(CUSTOMERS)
    bursts = int(n * 0.008) // 40
    plain = n - bursts * 40
    account = people[rng.choice(CUSTOMERS, size=plain, p=weight)]
    hours = np.array(
        [1, 0.7, 0.5, 0.4, 0.4, 0.7, 1.5, 2.5, 4, 5, 5.5, 6, 7, 6.5, 6, 6, 6, 6.5, 7, 6.5, 5.5, 4.5, 3, 1.8]
    )
    hour = rng.choice(24, size=plain, p=hours / hours.sum())
    time = START + rng.integers(0, 120, plain) * DAY + hour * HOUR + rng.integers(0, HOUR, plain)
    kind = rng.choice(5, size=plain, p=[0.72, 0.10, 0.04, 0.09, 0.05])
    hit = people[rng.choice(CUSTOMERS, size=bursts, p=weight)]
    begin = START + rng.integers(0, 120 * DAY - HOUR, bursts)
    account = np.concatenate([account, np.repeat(hit, 40)])
    time = np.concatenate([time, np.repeat(begin, 40) + rng.integers(0, 20 * MINUTE, bursts * 40)])
    kind = np.concatenate([kind, np.where(rng.random(bursts * 40) < 0.7, 1, 0)])
    order = np.argsort(time, kind="stable")
    account, time, kind = account[order], time[order], kind[order]
    step = np.arange(n, dtype=np.int64)
    time = np.maximum.accumulate(time - step) + step
    base = whose.lognormal(8.0, 0.6, CUSTOMERS)[account]
    amount = np.clip(base * rng.lognormal(0, 0.8, n) * np.array([1, 4, 3, 6, 1])[kind], 50, 500_000).astype(np.int64)
    popular = (np.arange(MERCHANTS) + 10.0) ** -0.8
    popular /= popular.sum()
    favourite = whose.choice(MERCHANTS, size=(CUSTOMERS, 8), p=popular)
    usual = favourite[account, rng.integers(0, 8, n)]
    merchant = np.where(rng.random(n) < 0.7, usual, rng.choice(MERCHANTS, size=n, p=popular))
    home = whose.integers(0, COUNTRIES, CUSTOMERS)
    country = np.where(rng.random(n) < 0.93, home[account], rng.integers(0, COUNTRIES, n))
    devices = whose.integers(1, 5, CUSTOMERS)[account]
    device = account * 4 + rng.integers(0, 4, n) % devices
    return {
        "account": account,
        "time": time,
        "kind": kind,
        "amount": amount,
        "merchant": merchant,
        "country": country,
        "device": device,
    }


def texts() -> dict[str, list[str]]:
    """The texts behind the codes."""
    return {
        "account": [f"C{i:07d}" for i in range(CUSTOMERS)],
        "kind": KINDS,
        "merchant": [f"M{i:05d}" for i in range(MERCHANTS)],
        "country": [chr(65 + i // 26) + chr(65 + i % 26) for i in range(COUNTRIES)],
        "device": [f"D{i:07d}" for i in range(CUSTOMERS * 4)],
    }


def _measures() -> dict[str, tuple[str, str, str, str]]:
    """name: (function, value, where, window)."""
    result = {}
    for w in ("1h", "24h", "7d", "30d", "90d"):
        result[f"pur_cnt_{w}"] = ("count", "", "kind = 'purchase'", w)
        result[f"pur_sum_{w}"] = ("sum", "amount", "kind = 'purchase'", w)
    for w in ("10m", "1h", "24h"):
        result[f"trf_cnt_{w}"] = ("count", "", "kind = 'transfer'", w)
        result[f"trf_sum_{w}"] = ("sum", "amount", "kind = 'transfer'", w)
    for w in ("24h", "30d"):
        result[f"csh_cnt_{w}"] = ("count", "", "kind = 'cash_advance'", w)
        result[f"csh_sum_{w}"] = ("sum", "amount", "kind = 'cash_advance'", w)
    for w in ("30d", "90d"):
        result[f"pay_sum_{w}"] = ("sum", "amount", "kind = 'payment'", w)
    result["pur_max_30d"] = ("max", "amount", "kind = 'purchase'", "30d")
    for w in ("30d", "90d"):
        result[f"pur_mean_{w}"] = ("mean", "amount", "kind = 'purchase'", w)
        result[f"pur_std_{w}"] = ("std", "amount", "kind = 'purchase'", w)
    result["dist_mer_24h"] = ("distinct", "merchant", "", "24h")
    result["dist_cty_24h"] = ("distinct", "country", "", "24h")
    result["dist_dev_7d"] = ("distinct", "device", "", "7d")
    result["sec_prev"] = ("elapsed", "", "", "")
    result["night_cnt_7d"] = ("count", "", "kind = 'purchase' and hour(occurred_at) < 5", "7d")
    result["ev_cnt_24h"] = ("count", "", "", "24h")
    return result


MEASURES = _measures()


RULES = [  # level, condition in SQL; money in minor units, times in microseconds: `policy_text` writes them as people do
    (2, "trf_cnt_10m >= 3"), (3, "trf_cnt_10m >= 6 and trf_sum_10m > 2000.00"), (4, "trf_sum_1h > 15000.00"),
    (1, "trf_cnt_24h >= 5"), (2, "trf_sum_24h > 8000.00"), (2, "pur_cnt_1h >= 4"),
    (1, "pur_cnt_24h >= 10"), (3, "pur_sum_24h > 3 * pur_mean_30d and pur_cnt_24h >= 4"),
    (2, "pur_sum_7d > 0.8 * pur_sum_30d and pur_cnt_30d >= 8"), (1, "pur_sum_30d > 0.7 * pur_sum_90d and pur_cnt_90d >= 10"),
    (2, "csh_cnt_24h >= 2"), (3, "csh_sum_24h > 1000.00"), (2, "csh_cnt_30d >= 4"), (3, "csh_sum_30d > 0.5 * pur_sum_30d and csh_cnt_30d >= 2"),
    (2, "pay_sum_30d < 0.1 * pur_sum_30d and pur_cnt_30d >= 10"), (1, "pay_sum_90d < 0.3 * pur_sum_90d and pur_cnt_90d >= 20"),
    (3, "pur_max_30d > 5 * pur_mean_30d and pur_cnt_30d >= 5"), (2, "pur_std_30d > 1.5 * pur_mean_30d"),
    (2, "pur_mean_30d > 2 * pur_mean_90d"), (2, "pur_std_30d > 2 * pur_std_90d"),
    (1, "dist_mer_24h >= 6"), (2, "dist_cty_24h >= 2"), (4, "dist_cty_24h >= 3 and dist_dev_7d >= 2"), (1, "dist_dev_7d >= 3"),
    (1, "sec_prev < interval '30 seconds'"), (3, "sec_prev < interval '10 seconds' and trf_cnt_1h >= 4"), (2, "night_cnt_7d >= 5"),
    (3, "amt_ratio_90d > 8 and pur_cnt_90d >= 5"), (1, "ev_cnt_24h >= 15"),
    (4, "amt_ratio_90d > 20 and dist_cty_24h >= 2 and sec_prev < interval '3600 seconds'"),
]  # fmt: skip
LEVELS = ["blue", "yellow", "orange", "red"]


def policy_text() -> str:
    """The workload as a policy."""
    lines = ["policy: workload", "version: 1", "currency: CNY", "timezone: UTC", "signals:"]
    for name, (function, value, where, window) in MEASURES.items():
        parts = [f"{function}: {value}"]
        parts += [f'where: "{where}"'] if where else []
        parts += [f"over: {SPOKEN[window]}"] if window else []
        lines.append(f"  {name}: {{{', '.join(parts)}}}")
    lines += ["  amt_ratio_90d: amount / pur_mean_90d", "rules:"]
    for number, (level, when) in enumerate(RULES):
        lines.append(
            f'  r{number}: {{when: "{when}", level: {LEVELS[level - 1]}, say: {{en: "{number}", zh: "{number}"}}}}'
        )
    return "\n".join(lines) + "\n"

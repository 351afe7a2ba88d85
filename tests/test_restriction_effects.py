"""What became of restrictions: verdicts as a table, figures against a naive count, estimates against a simulated process."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lives import HOLDS, NOW, many
from tocsin.credit.restriction.estimate import Lasted, curve, learned
from tocsin.insight.intervals import by_chance, means_apart, newcombe, quantile, share
from tocsin.insight.lives import CONFIRMED, FALSE, Fraud, Life, Objection, Periods, verdict
from tocsin.insight.restrictions import report, told, worked
from tocsin.values.calendar import DAY

TABLE = """
what is known, by day from its imposition                     | now | verdict
                                                              |   0 | undecided
                                                              | 500 | undecided
end 5                                                         |  64 | undecided
end 5                                                         |  65 | false
end 5 expired                                                 |  65 | false
end 5, confirmed 3                                            |   6 | confirmed
end 5, confirmed -30                                          |   6 | confirmed
end 5, confirmed -31                                          |   6 | undecided
end 5, confirmed -31                                          |  65 | false
end 5, confirmed 90                                           |  90 | confirmed
end 80, confirmed 91                                          | 200 | undecided
end 5, confirmed 91                                           | 200 | false
confirmed 3, withdrawn 4                                      |   5 | false
confirmed 3, withdrawn 400                                    | 500 | false if it stands
confirmed 3 t1, withdrawn 4 t2                                |   5 | confirmed
confirmed 3 t1, withdrawn 4 t1                                |   5 | false
confirmed 3 t1, withdrawn 4                                   |   5 | false
reported 1                                                    |   5 | undecided
reported 1, withdrawn 4                                       |   5 | false
withdrawn -2                                                  |   5 | undecided
reported 1, withdrawn 4, confirmed 6                          |   7 | confirmed
end 4 report_withdrawn                                        |   4 | false
end 4 appeal_upheld                                           |   4 | false
end 4 appeal_upheld, confirmed 8                              |   9 | confirmed
appeal 2 upheld                                               |   3 | false
appeal 2 rejected                                             |   3 | undecided
appeal 2                                                      |   3 | undecided
refused                                                       |   1 | confirmed
refused, appeal 2 upheld                                      |   3 | false
late 20 40                                                    |  50 | undecided
end 5, late 20 40                                             |  65 | undecided
end 5, late 66 70                                             |  70 | false
end 5, charged 30                                             |  65 | undecided
credit, late 20 40                                            |  50 | confirmed
credit, late -50 -1                                           |  50 | undecided
credit, late -50 0                                            |  50 | confirmed
credit, late 90 99                                            |  99 | confirmed
credit, late 91 99                                            |  99 | undecided
credit, charged 90                                            |  90 | confirmed
credit, charged 91                                            |  99 | undecided
credit, end 5                                                 |  65 | false
credit, reported 1, withdrawn 4                               |   5 | undecided
credit, late 20 40, end 50 appeal_upheld                      |  51 | false
out                                                           |  89 | undecided
out                                                           |  90 | false
out, confirmed 3                                              |   3 | confirmed
out, late 20 40                                               |  90 | false
out, credit, late 20 40                                       |  40 | confirmed
"""
START = 1_700_000_000_000_000
LINES = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()[1:]]


def life(text: str) -> Life:
    one = Life("r", "a", "p", "h", "transaction_block", START)
    for part in filter(None, text.split(", ")):
        word, *rest = part.split()
        at = START + int(rest[0]) * DAY if rest else START
        match word:
            case "end":
                one = replace(one, ended_at=at, reason=rest[1] if len(rest) > 1 else "conditions_met")
            case "reported" | "confirmed" | "withdrawn":
                told = Fraud(at, word, rest[1] if len(rest) > 1 else None)
                one = replace(one, frauds=(*one.frauds, told))
            case "appeal":
                upheld = None if len(rest) < 2 else rest[1] == "upheld"
                one = replace(one, appeals=(Objection(at, at + 7 * DAY, at if len(rest) > 1 else None, upheld),))
            case "late":
                one = replace(one, late=((at, START + int(rest[1]) * DAY),))
            case "charged":
                one = replace(one, written_off=at)
            case _:
                one = replace(one, **{{"out": "held_out"}.get(word, word): True})
    return one


@pytest.mark.parametrize(("text", "now", "expected"), LINES, ids=lambda one: one)
def test_verdicts(text: str, now: str, expected: str) -> None:
    said = verdict(life(text), START + int(now) * DAY)
    if expected == "false if it stands":  # the withdrawal is too late to speak against it, yet nothing speaks for it
        assert said == "undecided"
        assert verdict(life(f"{text}, end 5"), START + int(now) * DAY) == "false"
    else:
        assert said == expected


def test_the_periods_can_be_others() -> None:
    one = life("end 5, confirmed 20")
    assert verdict(one, START + 30 * DAY, Periods(after=19)) == "undecided"
    assert verdict(one, START + 30 * DAY, Periods(after=20)) == "confirmed"
    assert verdict(life("end 5"), START + 10 * DAY, Periods(quiet=5)) == "false"


@pytest.mark.parametrize(("text", "late"), [("appeal 1", 1), ("appeal 1, end 5", 1), ("appeal 1, end 9", 1)])
def test_an_appeal_waits_whatever_became_of_the_restriction(text: str, late: int) -> None:
    assert worked([life(text)], START + 30 * DAY).appeals_late == late


# -- figures -----------------------------------------------------------------------------------------------------------


def naive(lives: list[Life], now: int, all_lives: list[Life]) -> dict[str, object]:
    """The same figures, counted one by one from what the documents say."""
    held = [one for one in lives if not one.held_out]
    said = {one.id: verdict(one, now) for one in held}
    wrong = sorted(((one.ended_at or now) - one.at) for one in held if said[one.id] == FALSE)
    ended = [one for one in held if one.ended_at is not None]
    events, horizon = list[tuple[int, bool]](), 90 * DAY
    for one in ended:
        assert one.ended_at is not None
        first = None
        for other in all_lives:
            if (
                not other.held_out
                and other.account == one.account
                and one.ended_at < other.at <= one.ended_at + horizon
            ):
                first = min(first or other.at, other.at)
        for each in one.frauds:
            taken_back = any(later.state == "withdrawn" and later.at >= each.at for later in one.frauds)
            if each.state == "confirmed" and not taken_back and one.ended_at < each.at <= one.ended_at + horizon:
                first = min(first or each.at, each.at)
        events.append(((first or min(one.ended_at + horizon, now)) - one.ended_at, first is not None))
    left = 1.0
    for moment in sorted({days for days, event in events if event}):
        risk = sum(days >= moment for days, _ in events)
        left *= 1 - sum(event and days == moment for days, event in events) / risk
    told50 = [one for one in held if one.p50 is not None and one.p90 is not None and one.p50 <= now]
    return {
        "confirmed": sum(word == CONFIRMED for word in said.values()),
        "false": len(wrong),
        "median": wrong[ceil(len(wrong) / 2) - 1] if wrong else None,
        "total": sum(wrong),
        "saved": sum(one.blocked for one in held if said[one.id] == CONFIRMED),
        "again": 1 - left,
        "events": sum(event for _, event in events),
        "p50": sum(one.ended_at is not None and one.ended_at <= (one.p50 or 0) for one in told50),
        "told": len(told50),
    }


@given(st.integers(0, 10_000), st.integers(1, 120))
@settings(max_examples=40, deadline=None)
def test_figures_are_those_of_a_naive_count(seed: int, n: int) -> None:
    lives = many(n, seed)
    found = report(lives, NOW, "CNY", periods=Periods(enough=1))
    for figures, part in [
        (found.total, lives),
        *((one, [x for x in lives if x.hold == hold]) for hold, one in found.holds.items()),
    ]:
        expected = naive(part, NOW, lives)
        assert figures.verdicts["confirmed"] == expected["confirmed"]
        assert figures.verdicts["false"] == figures.wrong.n == expected["false"]
        assert sum(figures.verdicts.values()) == figures.n == len([one for one in part if not one.held_out])
        assert (figures.wrong.median, figures.wrong.total) == (expected["median"], expected["total"])
        assert figures.saved.confirmed == expected["saved"]
        assert figures.again.events == expected["events"]
        assert figures.again.share is None or figures.again.share == pytest.approx(expected["again"])
        assert (figures.told.p50.part, figures.told.p50.whole) == (expected["p50"], expected["told"])
        assert sum(figures.outcomes.values()) + figures.standing == figures.n
    assert sum(one.n for one in found.holds.values()) == found.total.n
    assert sum(one.saved.all for one in found.holds.values()) == found.total.saved.all


def test_a_curve_of_many_is_thinned_and_stays_what_it_is() -> None:
    lives = many(5000, held_out=0)
    found = report(lives, NOW, "CNY").total.lasting
    assert len(found.curve) <= 401 and found.n == 5000
    exact = curve((((one.ended_at or NOW) - one.at) / DAY, one.ended_at is not None) for one in lives)
    assert all(left == pytest.approx(exact.beyond(days)) for days, left in found.curve)
    assert found.curve[-1][1] == exact.left[-1] and found.median == exact.quantile(0.5)


def test_only_those_imposed_since_a_day_count_but_what_follows_always_does() -> None:
    lives = many(400)
    since = NOW - 100 * DAY
    found = report(lives, NOW, "CNY", since)
    assert found.total.n == sum(one.at >= since and not one.held_out for one in lives)
    assert report([], NOW, "CNY").total.precision.share is None


@pytest.mark.parametrize(
    ("day", "kind", "events"),
    [
        (5, "restricted", 0),  # the release itself is no relapse
        (6, "restricted", 1),
        (95, "restricted", 1),
        (96, "restricted", 0),
        (6, "held_out", 0),
        (6, "elsewhere", 0),
        (95, "confirmed", 1),
        (96, "confirmed", 0),
        (6, "reported", 0),
    ],
)
def test_what_comes_again_after_release(day: int, kind: str, events: int) -> None:
    one, at = life("end 5"), START + day * DAY
    lives = [one]
    if kind in ("confirmed", "reported"):
        lives = [replace(one, frauds=(Fraud(at, kind),))]
    else:
        account = "b" if kind == "elsewhere" else "a"
        lives.append(replace(life(""), id="s", at=at, account=account, held_out=kind == "held_out"))
    found = report(lives, START + 200 * DAY, "CNY", periods=Periods(enough=1)).total.again
    assert (found.n, found.events, found.share) == (1, events, events)


def test_each_person_is_compared_once_as_chance_placed_them() -> None:
    """The first of each since anybody was held out counts; what people imposed does not."""

    def at(day: int, person: str, **known: bool) -> Life:
        return replace(life(""), id=f"{person}{day}", at=START + day * DAY, person=person, **known)

    lives = [
        at(0, "early"), at(1, "out", held_out=True), at(2, "in"), at(3, "in"), at(4, "out", held_out=True),
        at(5, "hand", by_policy=False), at(300, "young"),
    ]  # fmt: skip
    found = report(lives, START + 310 * DAY, "CNY").holds["h"].compared
    assert found is not None and (found.held_out.people, found.restricted.people) == (1, 1)


# -- intervals ---------------------------------------------------------------------------------------------------------


def test_intervals_are_those_of_the_papers() -> None:
    apart = newcombe(share(56, 70), share(48, 80))  # Newcombe 1998, table II (a), method 10
    assert apart is not None
    assert (round(apart.value, 4), round(apart.low, 4), round(apart.high, 4)) == (0.2, 0.0524, 0.3339)
    assert by_chance(60, 100, 0.5) == pytest.approx(0.0455, abs=1e-4)
    none = share(0, 10)
    assert (none.low, round(none.high or 0, 4)) == (0.0, 0.2775)


def test_the_bootstrap_covers_and_is_the_same_every_time() -> None:
    random = np.random.default_rng(3)
    hit = 0
    for _ in range(100):
        one = (random.exponential(1000, 150) * (random.random(150) < 0.3)).astype(int).tolist()
        other = (random.exponential(1000, 300) * (random.random(300) < 0.1)).astype(int).tolist()
        apart = means_apart(one, other, draws=400)
        assert apart == means_apart(one, other, draws=400) and apart is not None
        hit += apart.low <= 200 <= apart.high
    assert hit >= 87


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50), st.sampled_from([0.5, 0.9]))
def test_a_quantile_is_a_value_that_was_seen(values: list[int], part: float) -> None:
    found = quantile(values, part)
    assert found in values
    assert sum(one <= found for one in values) >= part * len(values) - 1e-9
    assert sum(one < found for one in values) < part * len(values)


def test_a_planted_effect_is_found_by_the_hold_out() -> None:
    found = report(many(12_000, held_out=0.2), NOW, "CNY").holds
    assert found["takeover_freeze"].compared is None
    for hold in set(HOLDS) - {"takeover_freeze"}:
        one = found[hold].compared
        assert one is not None and one.lossy is not None and one.avoided is not None
        assert one.lossy.low > 0 and one.avoided.low > 0, "who is held out loses more"
        assert one.held_out.people + one.restricted.people < 12_000 / 4
    shares = dict.fromkeys(HOLDS, 20)
    sound = report(many(12_000, held_out=0.2), NOW, "CNY", held_out=shares).holds["spending_hold"].compared
    odd = report(many(12_000, held_out=0.3), NOW, "CNY", held_out=shares).holds["spending_hold"].compared
    assert sound is not None and odd is not None
    assert (sound.chance or 0) > 0.001 > (odd.chance or 0), "too many are held out"
    few = report(many(200), NOW, "CNY").holds["spending_hold"].compared
    assert few is None or few.lossy is None, "too few say nothing"


# -- estimates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_estimates_of_a_stationary_process_hold(seed: int) -> None:
    """Each is estimated from those before it alone, ended or not; by its p50 and p90 so many have ended as was said."""
    random = np.random.default_rng(seed)
    n, every, known = 4000, 20, learned([], DAY)
    begun = np.sort(random.integers(0, 720 * DAY, n)).tolist()
    lives, made = list[Life](), list[Life]()
    for place, at in enumerate(begun):
        hold, days = ("short", 5) if random.random() < 0.5 else ("long", 30)
        if place % every == 0:
            seen = [
                Lasted(
                    one.hold,
                    min(one.ended_at or at, at) - one.at,
                    5 if one.hold == "short" else 30,
                    (one.ended_at or at) <= at,
                )
                for one in lives
            ]
            known = learned(seen, DAY)
        shape = random.lognormal(-0.2, 0.6) if hold == "short" else random.uniform(0.2, 1.4)
        p50, p90, _ = known.quantiles(hold, 30, 0.0)
        told_at = [None if one is None else at + int(one * days * DAY) for one in (p50, p90)]
        lives.append(
            Life(
                str(place),
                str(place),
                str(place),
                hold,
                "transfer_hold",
                at,
                ended_at=at + int(shape * days * DAY),
                reason="x",
                p50=told_at[0],
                p90=told_at[1],
            )
        )
    now = 720 * DAY
    made = [one if (one.ended_at or 0) <= now else replace(one, ended_at=None, reason="") for one in lives]
    for hold in ("short", "long"):
        found = told([one for one in made if one.hold == hold], now, Periods())
        assert found.enough and found.p50.whole > 1500
        assert abs((found.p50.share or 0) - 0.5) < 0.05, found
        assert abs((found.p90.share or 0) - 0.9) < 0.05, found


def test_too_few_estimates_say_nothing() -> None:
    lives = [replace(one, p50=one.at + DAY, p90=one.at + 2 * DAY) for one in many(29, held_out=0)]
    assert not told(lives, NOW, Periods()).enough

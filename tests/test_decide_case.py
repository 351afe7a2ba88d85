"""A case lived day by day: what comes of it on each, and that deciding twice gives nothing (`Life.look`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.casework import DAY, HOUR, MINUTE, Life, at, house, short, story
from tocsin.credit.arms import Experiment, arm_of
from tocsin.credit.collection.decide import Request, ask, decide
from tocsin.credit.collection.leaving import objection
from tocsin.credit.conduct import Allowed, Refused
from tocsin.facts import dealings, kinds
from tocsin.values import instant

START, DUE = "2026-03-01", at("2026-03-10", 12)
EARLY = (
    (-3, "pre_due_reminder"),
    (1, "reminder"),
    (4, "second_reminder"),
    (7, "human_call", 14, {"every": 7}),
    (10, "letter"),
    (12, "plan_offer", 20),
)


def life(minimum: int = 10_000, balance: int = 100_000, ladder: Any = EARLY, **changes: Any) -> Life:
    one = Life(house("CN", ladder, **changes))
    one.known(at(START, 8), payday=20)
    one.billed(at(START, 8), minimum, DUE, balance)
    return one


def told(table: str) -> str:
    return "\n".join(line.strip().rstrip() for line in table.strip().splitlines())


def same(found: str, wanted: str) -> None:
    assert told(found) == told(wanted), f"\n{found}"


def test_who_pays_is_left_alone_at_once() -> None:
    one = life()
    same(
        story(one, START, 40, {12: lambda now: one.pays(now, 10_000)}),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened; app: pre_due_reminder; pre_due_reminder done
         10 |   1 | GRACE 10000; app: reminder; reminder done
         12 |   0 | CURRENT 0; case closed
        """,
    )


def test_a_promise_keeps_everybody_quiet_until_it_is_broken() -> None:
    one = life()
    same(
        story(one, START, 32, {12: lambda now: one.promises(now, 10_000, now + 5 * DAY)}),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened; app: pre_due_reminder; pre_due_reminder done
         10 |   1 | GRACE 10000; app: reminder; reminder done
         13 |   4 | M1 10000
         21 |  12 | promise broken; task open worth 1200; human_call done; letter: dunning_letter; plan_offer barred (the person is not willing to repay); letter done
         24 |  15 | task withdrawn
         28 |  19 | task open worth 1200; human_call done
         31 |  22 | task withdrawn
        """,
    )


def test_a_promise_that_is_kept_and_one_that_bounces() -> None:
    one = life(ladder=((1, "reminder", 30, {"every": 5}),))
    events: dict[int, Callable[[int], Any]] = {
        12: lambda now: one.promises(now, 5_000, now + 9 * DAY),
        14: lambda now: one.pays(now, 5_000, id="paid"),
        19: lambda now: one.tell(
            kinds.PaymentReversed, now, account=one.account, amount=5_000, currency="CNY", reported_fact="paid"
        ),
    }
    same(
        story(one, START, 31, events),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened
         10 |   1 | GRACE 10000; app: reminder; reminder done
         13 |   4 | M1 10000
         14 |   5 | M1 5000; promise kept
         15 |   6 | app: reminder; reminder done
         19 |  10 | M1 10000; promise open
         25 |  16 | promise broken; app: reminder; reminder done
         30 |  21 | app: reminder; reminder done
        """,
    )


def test_a_plan_is_offered_accepted_kept_missed_cured_and_completed() -> None:
    one = life(minimum=400_000, balance=2_000_000)
    plan: dict[str, int] = {}

    def wealth(now: int) -> None:
        one.tell(kinds.InformationUpdate, now, income=300_000, currency="CNY", verified=True)
        one.tell(kinds.ContactResult, now, channel="app", result="answered")

    def accepts(now: int) -> None:
        id, known = next(iter(one.book.plans.items()))
        plan["part"] = known.proposed.offer.schedule[0].total
        one.tell(dealings.PlanAnswer, now, plan=id, answer="accepted")

    events: dict[int, Callable[[int], Any]] = {
        5: wealth,
        23: accepts,
        45: lambda now: one.pays(now, plan["part"]),
        85: lambda now: one.pays(now, plan["part"]),
        100: lambda now: one.pays(now, 2_100_000 - 2 * plan["part"]),
    }
    same(
        story(one, START, 110, events),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened; app: pre_due_reminder; pre_due_reminder done
         10 |   1 | GRACE 400000; app: reminder; reminder done
         13 |   4 | M1 400000; app: second_reminder; second_reminder done
         16 |   7 | task open worth 79200; human_call done
         19 |  10 | task withdrawn; letter: dunning_letter; letter done
         21 |  12 | plan offered; app: plan_offer; plan_offer done
         23 |  14 | plan offered > accepted; app: plan_confirmed
         40 |  31 | M2 400000
         45 |  36 | M2 229322; plan accepted > performing
         70 |  61 | M3 229322
         81 |  72 | plan performing > missed; app: plan_missed
         84 |  75 | plan missed > grace
         85 |  76 | M3 58644; plan grace > performing
        100 |   0 | CURRENT 0; plan performing > completed; case closed
        """,
    )


def test_a_failure_moves_to_the_next_channel() -> None:
    one = life(ladder=EARLY[:3])
    one.point(at(START, 8), "phone-2", ("sms",))
    same(
        story(one, START, 16, {}, "not_connected"),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened; app: pre_due_reminder; sms: pre_due_reminder; sms: pre_due_reminder; email: pre_due_reminder; pre_due_reminder barred (nobody was reached)
         10 |   1 | GRACE 10000; app: reminder; sms: reminder; sms: reminder; email: reminder; reminder barred (nobody was reached)
         13 |   4 | M1 10000; app: second_reminder; sms: second_reminder; sms: second_reminder; email: second_reminder; second_reminder barred (nobody was reached)
        """,
    )


def test_who_does_not_answer_is_tried_on_the_next_channel_the_day_after() -> None:
    one = life(ladder=((1, "voice_reminder", 5),))
    one.point(at(START, 8), "phone-2", ("ai_call",))
    same(
        story(one, START, 14, {}, "nothing"),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened
         10 |   1 | GRACE 10000; ai_call: voice_reminder
         11 |   2 | ai_call: no_answer; ai_call: voice_reminder
         12 |   3 | ai_call: no_answer; voice_reminder barred (nobody was reached)
         13 |   4 | M1 10000
        """,
    )


def test_a_mail_that_bounces_later_has_its_next_channel_and_one_fate() -> None:
    one = life(ladder=((1, "reminder", 5),))
    sent = at("2026-03-11", 10)
    facts = one.look(sent)
    one.results(facts, sent + MINUTE, "sent")
    assert [short(fact) for fact in one.look(sent + MINUTE)] == ["reminder done"]
    one.results(facts, sent + HOUR, "undeliverable")
    assert [short(fact) for fact in one.look(sent + HOUR)] == ["sms: reminder"]
    assert decide(one.book, sent + 2 * HOUR, one.house) == []


def test_no_action_is_an_arm() -> None:
    arms = (Experiment("early", (("champion", 80), ("no_action", 20))),)
    ladder = (
        (1, "reminder", 3, {"arms": (("early", "champion"),)}),
        (1, "no_action", 3, {"arms": (("early", "no_action"),)}),
    )
    seen = {}
    for number in range(12):
        one = Life(house("CN", ladder, experiments=arms), f"P-{number}")
        one.known(at(START, 8))
        one.billed(at(START, 8), 10_000, DUE)
        seen[arm_of(arms[0], one.book.person)] = story(one, START, 12, {}).splitlines()[-1]
    assert seen == {
        "champion": " 10 |   1 | GRACE 10000; app: reminder; reminder done",
        "no_action": " 10 |   1 | GRACE 10000; no_action done",
    }


def test_arms_are_sticky_and_have_their_shares() -> None:
    one = Experiment("early", (("champion", 70), ("one", 20), ("two", 10)))
    persons = [f"person-{number}" for number in range(20_000)]
    arms = [arm_of(one, person) for person in persons]
    assert arms == [arm_of(one, person) for person in persons]
    found = {arm: arms.count(arm) for arm, _ in one.arms}
    chi = sum((found[arm] - 200 * share) ** 2 / (200 * share) for arm, share in one.arms)
    assert chi < 13.8, found  # chi-square of two degrees of freedom, 0.1 %
    other = [arm_of(Experiment("other", one.arms), person) for person in persons]
    both = sum(a == b == "champion" for a, b in zip(arms, other, strict=True))
    assert abs(both - 9_800) < 300, both  # experiments do not follow each other


@pytest.mark.parametrize("hour", [9, 14])
def test_the_preferred_hour_is_waited_for(hour: int) -> None:
    one = life(ladder=((1, "reminder"),))
    one.tell(dealings.Profile, DUE, hour=14, preferred="email")
    facts = [short(fact) for fact in one.look(at("2026-03-11", hour))]
    assert facts[-1] == ("email: reminder" if hour == 14 else "email refused by PREFERRED-HOUR until then")
    assert [short(fact) for fact in one.look(at("2026-03-11", 14))] == ([] if hour == 14 else ["email: reminder"])


def test_a_gate_that_refuses_is_asked_again_when_it_may_agree() -> None:
    one = life(ladder=((1, "reminder"),))
    night = at("2026-03-11", 21.9)
    assert [short(fact) for fact in one.look(night)][-1] == "app refused by CN-GBT45251-TIME until then"
    assert one.book.refused_until == {"reminder": at("2026-03-12", 8)}
    assert one.look(at("2026-03-12", 7.99)) == []
    assert [short(fact) for fact in one.look(at("2026-03-12", 8))] == ["app: reminder"]


def test_of_whom_nobody_said_where_they_are_no_zone_of_the_country_is_passed_over() -> None:
    """Eight in New York is three in the morning in Honolulu."""
    one = Life(house("US", ((1, "reminder"),)))
    one.known(at(START, 8), zones=None)
    one.billed(at(START, 8), 400_000, at("2026-03-10", 12))
    refused = one.look(at("2026-03-11", 9, "America/New_York"))
    assert short(refused[-1]) == "app refused by US-REGF-6b1i until then"
    assert isinstance(refused[-1], dealings.ContactRefused)
    assert refused[-1].next_allowed == instant.instant(at("2026-03-11", 8, "Pacific/Honolulu"))


def test_a_refusal_that_lasts_bars_the_step_when_its_days_are_over() -> None:
    one = life(ladder=((1, "reminder"), (20, "letter")))
    events: dict[int, Callable[[int], Any]] = {
        9: lambda now: one.tell(dealings.Stop, now, flag="ceased"),
        14: lambda now: one.tell(dealings.Stop, now, flag="ceased", ended=True),
    }
    same(
        story(one, START, 31, events),
        """
          0 |   0 | CURRENT 0
          6 |   0 | case opened
         10 |   1 | GRACE 10000; app refused by HOUSE-STOPS
         13 |   4 | M1 10000; reminder barred (HOUSE-STOPS)
         29 |  20 | letter: dunning_letter; letter done
        """,
    )


def test_people_ask_too_and_are_told_why_not() -> None:
    one = life()
    now = at("2026-03-12", 10)
    one.look(now)
    task = Request("call", "collection", actor="ann")
    facts, answer = ask(one.book, task, now, one.house)
    assert isinstance(answer, Allowed) and [short(fact) for fact in facts] == ["call: collection"]
    (attempt,) = facts
    assert isinstance(attempt, dealings.ContactAttempt) and not attempt.discloses and attempt.contact == "phone"
    one.take(attempt, now)
    verified = Request("call", "collection", attempt=attempt.attempt, verified=True)
    assert ask(one.book, verified, now + MINUTE, one.house)[0] == []
    one.tell(dealings.Stop, now + MINUTE, flag="ceased")
    facts, answer = ask(one.book, verified, now + 2 * MINUTE, one.house)
    assert isinstance(answer, Refused) and [short(fact) for fact in facts] == ["call refused by HOUSE-STOPS"]
    (refusal,) = facts
    assert isinstance(refusal, dealings.ContactRefused) and refusal.why and refusal.treatment is None
    assert ask(one.book, Request("call", "collection", role="third"), now, one.house)[1].__class__ is Refused


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (lambda one, now: one.tell(dealings.Stop, now, flag="deceased"), "refused by HOUSE-ACTS-FOR"),
        (lambda one, now: one.tell(dealings.OptOut, now, channel="call"), "refused by HOUSE-OPT-OUT"),
        (lambda one, now: one.point(now, "phone", ("call",), ended=True), "no contact point"),
        (lambda one, now: one.tell(dealings.Stop, now, flag="disaster", until=instant.instant(now + 2 * DAY)), None),
    ],
)
def test_nobody_is_sent_to_who_may_not_be_called_any_more(told: Callable[[Life, int], Any], why: str | None) -> None:
    one = life(minimum=400_000, balance=2_000_000, ladder=((7, "human_call", 14),))
    one.look(at("2026-03-17"))
    assert len(one.book.tasks) == 1
    told(one, at("2026-03-17", 11))
    tasks = [fact for fact in one.look(at("2026-03-17", 12)) if isinstance(fact, dealings.Task)]
    assert [(fact.state, fact.reason) for fact in tasks] == ([("withdrawn", why)] if why else [])


def test_an_agency_contacts_about_what_it_has_and_about_nothing_else() -> None:
    one = life(ladder=((30, "agency"), (33, "recall", 30, {"when": 2})), conditions=[lambda values: values["placed"]])
    one.billed(at(START, 9), 5_000, at("2026-06-10"), 50_000, account="A-0002")

    def asked(now: int, **more: Any) -> str:
        answer = ask(one.book, Request("sms", "collection", by="agency", **more), now, one.house)[1]
        return answer.rule if isinstance(answer, Refused) else "allowed"

    assert asked(at("2026-04-08", 9)) == "GATE-PLACED"
    one.look(at("2026-04-09"))
    assert one.book.placed is not None and one.book.placed.accounts == ("A-0001",)
    now = at("2026-04-10")
    assert [asked(now), asked(now, accounts=("A-0001",)), asked(now, accounts=("A-0001", "A-0002"))] == [
        "allowed", "allowed", "GATE-PLACED",
    ]  # fmt: skip
    one.look(at("2026-04-12"))
    assert asked(at("2026-04-13"), accounts=("A-0001",)) == "GATE-PLACED"


MEANWHILE: dict[str, Callable[[Life, int], Any]] = {
    "": lambda one, now: one.tell(kinds.Purchase, now, account=one.account, amount=100, currency="CNY"),
    "paid": lambda one, now: one.pays(now, 10_000),
    "quiet": lambda one, now: one.promises(now, 10_000, now + 3 * DAY),
    "over": lambda one, now: one.results((fact for fact, _ in tuple(one.log)), now, "not_connected"),
    "HOUSE-OPT-OUT": lambda one, now: one.tell(dealings.OptOut, now, channel="app"),
    "HOUSE-STOPS": lambda one, now: one.tell(dealings.Stop, now, flag="ceased"),
    "CN-GBT45251-TIME": lambda one, now: None,
}


@pytest.mark.parametrize("why", MEANWHILE)
def test_a_message_that_has_not_left_is_asked_about_once_more(why: str) -> None:
    """Of whom anything became known meanwhile hears nothing; the message itself does not count against it."""
    one = life(ladder=((1, "reminder"),))
    now = at("2026-03-11", 10)
    (attempt,) = [fact.attempt for fact in one.look(now) if isinstance(fact, dealings.ContactAttempt)]
    assert objection(one.book, attempt, now, one.house) == ""
    MEANWHILE[why](one, now + MINUTE)
    later = now + (12 * HOUR if why == "CN-GBT45251-TIME" else 2 * MINUTE)
    assert objection(one.book, attempt, later, one.house) == why


def test_two_people_never_share_a_text() -> None:
    ann, bob = life(ladder=((1, "reminder"),)), Life(house("CN", ((1, "reminder"),)), "P-2", "B-9999")
    bob.known(at(START, 8), name="Sam Sample", language="en")
    bob.billed(at(START, 8), 77_700, DUE)
    texts = []
    for one in (ann, bob):
        (attempt,) = [x for x in one.look(at("2026-03-11", 10)) if isinstance(x, dealings.ContactAttempt)]
        texts.append(f"{attempt.address} {attempt.text}")
        assert attempt.occurred_at == instant.instant(at("2026-03-11", 10))
    assert "¥100.00" in texts[0] and "0001" in texts[0] and "¥777.00" not in texts[0]
    assert "¥777.00" in texts[1] and "9999" in texts[1] and "¥100.00" not in texts[1]

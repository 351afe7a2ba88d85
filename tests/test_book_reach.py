"""What a book knows of reaching a person, and of their case: contacts, stops, opt-outs, contact points, treatments.

The cast: Wang, whom messages reach, or not; who answers, or somebody else does.
"""

from __future__ import annotations

import pytest

from tests.test_book import DAY, START, evolved, fact, stored
from tocsin.credit.collection.evolve_contact import RESULTS
from tocsin.facts.kinds import Fact
from tocsin.values import instant

# -- contacts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "results",                              "outcome",       "where",     "heard",                 "wrong"),
    [
        ("sms",    "",                                  "under_way",     "under_way", "",                      False),
        ("sms",    "sent",                              "sent",          "earlier",   "",                      False),
        ("sms",    "sent delivered",                    "delivered",     "earlier",   "",                      False),
        ("sms",    "delivered sent",                    "delivered",     "earlier",   "",                      False),
        ("sms",    "undeliverable",                     "undeliverable", "under_way", "",                      True),
        ("email",  "sent undeliverable",                "undeliverable", "under_way", "",                      True),
        ("email",  "delivered undeliverable",           "undeliverable", "under_way", "",                      True),
        ("email",  "undeliverable sent",                "undeliverable", "under_way", "",                      True),
        ("sms",    "sent sent answered answered",       "conversation",  "earlier",   "answered",              False),
        ("sms",    "delivered no_answer",               "delivered",     "earlier",   "",                      False),
        ("sms",    "delivered evaded",                  "delivered",     "earlier",   "evaded",                False),
        ("sms",    "delivered wrong_number",            "undeliverable", "under_way", "",                      True),
        ("sms",    "read",                              "under_way",     "under_way", "",                      False),
        ("call",   "sent",                              "under_way",     "under_way", "",                      False),
        ("call",   "not_connected",                     "not_connected", "under_way", "",                      False),
        ("call",   "no_answer",                         "no_answer",     "under_way", "",                      False),
        ("call",   "no_answer right_party",             "conversation",  "earlier",   "right_party",           False),
        ("call",   "right_party no_answer refused",     "conversation",  "earlier",   "right_party refused",   False),
        ("call",   "evaded",                            "conversation",  "earlier",   "evaded",                False),
        ("call",   "wrong_number",                      "conversation",  "earlier",   "",                      True),
        ("call",   "delivered",                         "conversation",  "earlier",   "",                      False),
        ("visit",  "left_message",                      "left_message",  "earlier",   "",                      False),
        ("voicemail", "left_message",                   "left_message",  "earlier",   "",                      False),
    ],
)  # fmt: skip
def test_what_came_of_an_attempt(channel: str, results: str, outcome: str, where: str, heard: str, wrong: bool) -> None:
    facts = [
        fact("contact_point", "point", contact="c1", channels=[channel], address="+8610000000000"),
        fact("contact_attempt", "a", 1, attempt="t1", channel=channel, purpose="collection", contact="c1",
             accounts=["a1"], treatment="reminder", step=2),
        *(fact("contact_result", f"r{n}", 2 + n, attempt="t1", channel=channel, result=one)
          for n, one in enumerate(results.split())),
    ]  # fmt: skip
    book = evolved(facts)
    [attempt] = book.attempts
    assert attempt.outcome == outcome
    said = [n for n, one in enumerate(results.split()) if RESULTS.get(one, ("",))[0] == outcome == "conversation"]
    assert attempt.at == START + (2 + said[0] if said else 1) * DAY, "a conversation is when it was"
    assert (book.under_way if where == "under_way" else book.earlier)["t1"].outcome == outcome
    assert len(book.under_way) + len(book.earlier) == 1
    assert " ".join(one.result for one in book.heard) == heard
    assert book.points["c1"].wrong is wrong
    assert evolved(facts[1:], stored(evolved(facts[:1]))) == book


@pytest.mark.parametrize(
    ("channel", "result",       "outcome",       "inbound"),
    [
        ("phone",  "inbound",       "conversation",  True),
        ("sms",    "answered",      "conversation",  True),
        ("call",   "no_answer",     "no_answer",     False),
        ("call",   "hung_up",       "conversation",  False),
        ("sms",    "hung_up",       "conversation",  False),
        ("sms",    "no_answer",     "sent",          False),
        ("letter", "delivered",     "delivered",     False),
    ],
)  # fmt: skip
def test_contacts_told_from_outside_count(channel: str, result: str, outcome: str, inbound: bool) -> None:
    one = fact("contact_result", "r1", 3, channel=channel, result=result, account="a1")
    again = fact("contact_result", "r2", 3, channel=channel, result=result, attempt="theirs")
    twice = fact("contact_result", "r3", 4, channel=channel, result=result, attempt="theirs")
    [mine, theirs] = evolved([one, again, twice]).attempts
    assert (mine.id, mine.outcome, mine.inbound, mine.debts, mine.person) == ("r1", outcome, inbound, ("a1",), "wang")
    assert (theirs.id, theirs.outcome, theirs.debts) == ("theirs", outcome, ())
    late = evolved([again, fact("contact_attempt", "a", 2, attempt="theirs", channel=channel_of(channel),
                                purpose="offer", accounts=["a1"])])  # fmt: skip
    assert [(x.purpose, x.outcome) for x in late.attempts] == [("offer", outcome)] and not late.under_way


def channel_of(channel: str) -> str:
    return "call" if channel == "phone" else channel


def test_a_follower_takes_the_place_of_what_failed() -> None:
    def attempt(id: str, day: float, step: int = 0) -> Fact:
        return fact(
            "contact_attempt", f"f{id}", day, attempt=id, channel="sms", purpose="collection", treatment="x", step=step
        )

    failed = evolved(
        [attempt("t1", 1), fact("contact_result", "r", 2, attempt="t1", channel="sms", result="undeliverable")]
    )
    followed = evolved([attempt("t2", 3), attempt("t3", 3, step=1)], failed)
    assert set(followed.under_way) == {"t2", "t3"} and set(followed.earlier) == {"t1"}
    sent = evolved(
        [fact("contact_result", "s", 2, attempt="t1", channel="sms", result="sent")], evolved([attempt("t1", 1)])
    )
    bounce = fact("contact_result", "b", 4, attempt="t1", channel="sms", result="undeliverable")
    assert set(evolved([bounce], sent).under_way) == {"t1"}
    assert set(evolved([attempt("t2", 3), bounce], sent).under_way) == {"t2"}
    waits = fact(
        "contact_refused", "w", 2, channel="sms", purpose="collection", rule="r", treatment="x", next_allowed=9
    )
    assert evolved([waits], failed).refused_until == {"x": START + 9 * DAY}
    assert evolved([waits, attempt("t2", 9)], failed).refused_until == {}
    assert evolved([waits, fact("stop", "e", 3, flag="ceased", ended=True)], failed).refused_until == {}
    given_up = evolved([fact("treatment", "tr", 3, treatment="x", case="c", step=0, state="barred")], failed)
    assert not given_up.under_way and set(given_up.earlier) == {"t1"}
    old = evolved([attempt("t9", 600)], followed)
    assert [one.id for one in old.attempts] == ["t9"] and not old.earlier


def test_what_was_told_of_a_debt_and_when() -> None:
    def notice(*results: str) -> list[tuple[float | None, float | None]]:
        book = evolved([
            fact("purchase", "p1", 0, amount=100), fact("purchase", "p2", 0, amount=100, account="a2"),
            fact("contact_attempt", "a0", 1, attempt="t0", channel="sms", purpose="locate", accounts=["a1"]),
            fact("contact_result", "r0", 1, attempt="t0", channel="sms", result="delivered"),
            fact("contact_attempt", "a1", 2, attempt="t1", channel="email", purpose="validation_notice", accounts=["a1"]),
            *(fact("contact_result", one, 3, attempt="t1", channel="email", result=one) for one in results),
        ])  # fmt: skip
        days = [(one.first_told, one.validated_at) for one in book.accounts.values()]
        return [tuple(None if at is None else (at - START) / DAY for at in one) for one in days]  # type: ignore[misc]

    assert notice() == [(None, None), (None, None)]
    assert notice("sent") == notice("sent", "delivered") == [(2, 2), (None, None)]
    assert notice("sent", "undeliverable") == [(None, None), (None, None)]


# -- whom one may reach ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "facts", "stands"),
    [
        ("begins",                  "1 stop ceased",                                            "ceased 1-"),
        ("once",                    "1 stop ceased; 2 stop ceased",                             "ceased 1-"),
        ("ends",                    "1 stop ceased; 3 end ceased",                              "ceased 1-3"),
        ("another stays",           "1 stop ceased; 2 stop fraud; 3 end ceased",                "ceased 1-3 fraud 2-"),
        ("again",                   "1 stop ceased; 3 end ceased; 5 stop ceased",               "ceased 1-3 ceased 5-"),
        ("what began after stays",  "5 stop ceased; 3 end ceased",                              "ceased 5-"),
        ("of one debt",             "1 stop ceased a1 a2; 3 end ceased a1",                     "ceased 1-3:a1 ceased 1-:a2"),
        ("all does not end for one", "1 stop ceased; 3 end ceased a1",                          "ceased 1-"),
        ("one ends with all",       "1 stop ceased a1; 3 end ceased",                           "ceased 1-3:a1"),
        ("a dispute",               "1 dispute billing; 4 dispute resolved",                    "disputed 1-4:a1"),
        ("a dispute stays",         "1 dispute billing; 4 dispute more",                        "disputed 1-:a1"),
        ("fraud",                   "1 fraud; 2 confirmed; 4 withdrawn",                        "fraud 2-4:a1"),
        ("forgotten at last",       "1 stop ceased; 3 end ceased; 500 stop fraud",              "fraud 500-"),
    ],
)  # fmt: skip
def test_stops(case: str, facts: str, stands: str) -> None:
    taken = []
    for number, words in enumerate(one.split() for one in facts.split(";")):
        day, id = float(words[0]), f"f{number}"
        match words[1]:
            case "stop" | "end" as what:
                taken.append(fact("stop", id, day, flag=words[2], accounts=words[3:], ended=what == "end"))
            case "dispute":
                taken.append(fact("dispute", id, day, reason=words[2]))
            case "fraud":
                taken.append(fact("fraud_report", id, day))
            case what:
                taken.append(fact("fraud_report", id, day, confirmed=what == "confirmed"))
    said = []
    for one in evolved(taken).stops:
        until = "" if one.until is None else f"{(one.until - START) / DAY:g}"
        debts = f":{','.join(one.debts)}" if one.debts else ""
        said.append(f"{one.flag} {(one.since - START) / DAY:g}-{until}{debts}")
    assert " ".join(said) == stands, case


def test_opt_outs_end_as_widely_as_they_are_told() -> None:
    outs = [fact("opt_out", "o1", 1, channel="sms"), fact("opt_out", "o2", 2), fact("opt_out", "o3", 3, channel="sms")]
    book = evolved(outs)
    assert [(one.channel, one.ended, one.person) for one in book.opt_outs] == [
        ("sms", None, "wang"),
        (None, None, "wang"),
    ]
    sms = evolved([fact("opt_out", "o4", 4, channel="sms", ended=True)], book)
    assert [one.ended is not None for one in sms.opt_outs] == [True, False]
    both = evolved([fact("opt_out", "o5", 5, ended=True)], sms)
    assert [one.ended for one in both.opt_outs] == [START + 4 * DAY, START + 5 * DAY]


def test_points_profile_and_times_are_as_told_last() -> None:
    book = evolved([
        fact("contact_point", "c1", 5, contact="c1", channels=["sms"], address="+8610000000001", consent_since=instant.written(START)),
        fact("contact_point", "c2", 3, contact="c1", channels=["call"], address="+8610000000002"),
        fact("profile", "p1", 1, name="Wang Wu", zones=["Asia/Shanghai"], living_costs=300_000, currency="USD"),
        fact("profile", "p2", 2, payday=10, at_hand=5_000),
        fact("information_update", "i1", 4, income=900_000, verified=True),
        fact("information_update", "i2", 2, income=100_000, obligations=50_000),
        fact("contact_times", "t1", 1, agreed=False, weekdays=[0], start=600, end=720),
        fact("contact_times", "t2", 2, agreed=False, weekdays=[0], start=600, end=720, until=9),
        fact("contact_times", "t3", 2, agreed=True, weekdays=[0], start=720, end=600),
    ])  # fmt: skip
    point, profile = book.points["c1"], book.profile
    assert (point.address, point.consent) == ("+8610000000001", (START, None))
    assert (profile.name, profile.living_costs, profile.payday, profile.at_hand) == ("Wang Wu", None, 10, 5_000)
    assert (profile.income, profile.obligations, profile.verified) == (900_000, 50_000, True)
    assert profile.means_at == START + 4 * DAY
    assert [(one.since, one.until) for one in book.times] == [(START + DAY, START + 9 * DAY)]
    tried = fact("contact_attempt", "x1", 1, attempt="t1", channel="sms", purpose="collection", contact="c1")
    wrong = fact("contact_result", "x2", 7, attempt="t1", channel="sms", result="wrong_number")
    assert not evolved([tried, wrong], book).points["c1"].wrong, "it was told anew since"
    ended = evolved(
        [fact("contact_point", "c3", 6, contact="c1", channels=["sms"], address="+8610000000001", ended=True)], book
    )
    assert ended.points["c1"].wrong


# -- the case -----------------------------------------------------------------------------------------------------------


def test_the_case_and_what_is_done_in_it() -> None:
    facts = [
        fact("statement", "s", 0, statement_balance=100_000, minimum_due=10_000, due_at=10),
        fact("case_changed", "c1", 12, case="c", change="opened", segment="standard", arm="early.champion late.none"),
        fact("case_changed", "c2", 13, case="other", change="opened"),
        fact("case_changed", "c3", 14, case="c", change="moved", segment="hardship"),
        fact("treatment", "t1", 20, treatment="human_call", case="c", step=3, state="done"),
        fact("treatment", "t2", 21, treatment="human_call", case="gone", step=3, state="done"),
        fact("task", "k1", 20, task="k", state="open", treatment="human_call", queue="calls", step=3, value=900),
        fact("task", "k2", 21, task="k", state="taken", treatment="human_call", queue="calls", actor="lin"),
        fact("placement", "a0", 22, placement="p2", agency="south", state="returned"),
        fact("placement", "a1", 22, placement="pl", agency="north", state="placed", amount=100_000, rate=2_000),
        fact("legal_step", "l1", 23, matter="m", step="letter", cost=200, accounts=["a1"], deadline=50),
        fact("legal_step", "l2", 25, matter="m", step="filed", cost=300),
        fact("bureau_step", "b1", 24, record="r", step="notice", accounts=["a1"]),
        fact("limitation", "m1", 24, account="a1", bars_at=900),
        fact("contact_refused", "x", 24, channel="call", purpose="collection", rule="r", treatment="visit"),
    ]  # fmt: skip
    book = evolved(facts)
    case = book.case
    assert case is not None and (case.id, case.segment, book.cases) == ("c", "hardship", 1)
    assert case.arms == {"early": "champion", "late": "none"}
    assert [(one.step, one.state, one.days_past_due) for one in case.taken] == [(3, "done", 10)]
    assert (book.tasks["k"].actor, book.tasks["k"].step, book.tasks["k"].value) == ("lin", 3, 900)
    assert book.placed is not None and (book.placed.agency, book.placed.rate) == ("north", 2_000)
    matter = book.matters["m"]
    assert ([step for step, _ in matter.steps], matter.cost, matter.deadline) == (["letter", "filed"], 500, None)
    assert [step for step, _ in book.records["r"].steps] == ["notice"]
    assert book.accounts["a1"].bars_at == START + 900 * DAY and book.refused_until == {"visit": 0}
    again = evolved([fact("placement", "a3", 26, placement="p2", agency="south", state="placed")], book)
    assert again.placed == book.placed, "with one agency at a time"
    closed = fact("legal_step", "l3", 30, matter="m", step="closed")
    later = fact("legal_step", "l4", 600, matter="m2", step="letter")
    assert set(evolved([later], book).matters) == {"m", "m2"} and set(evolved([closed, later], book).matters) == {"m2"}
    over = evolved([
        fact("task", "k3", 30, task="k", state="done", treatment="human_call", queue="calls"),
        fact("placement", "a2", 30, placement="pl", agency="north", state="recalled"),
        fact("case_changed", "c9", 30, case="c", change="closed"),
    ], stored(book))  # fmt: skip
    assert (over.case, over.last_closed, over.tasks, over.placed) == (None, START + 30 * DAY, {}, None)
    assert over.refused_until == {}

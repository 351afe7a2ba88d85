"""The hold-out: chance decides once for a person and a hold, in the shares asked for; who is held out is left alone."""

from __future__ import annotations

from collections import Counter
from math import sqrt

from hypothesis import given
from hypothesis import strategies as st

from tests.holding import Lender, card
from tocsin.credit.collection.release import order_due
from tocsin.credit.restriction.imposing import place
from tocsin.desk import restrictions
from tocsin.facts import kinds, measures
from tocsin.links.sending import event
from tocsin.values.calendar import DAY

NOW = 1_800_000_000_000_000
HOLD = "spending_hold"
PLACES = [75, 33, 98, 97, 4, 48, 9, 74]
OUT = next(f"p-{number}" for number in range(10_000) if place(HOLD, f"p-{number}") < 2)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_a_person_has_one_place_for_a_hold_for_good(hold: str, person: str) -> None:
    assert 0 <= place(hold, person) < 100
    assert place(hold, person) == place(str(hold), str(person))


def test_a_known_person_stays_where_she_is() -> None:
    """Were these places to move, everybody's would: no new version may change them."""
    assert [place(HOLD, f"p-{number}") for number in range(8)] == PLACES


def test_the_shares_are_those_asked_for_and_holds_do_not_go_together() -> None:
    n = 40_000
    first = [place(HOLD, f"person-{number}") for number in range(n)]
    second = [place("transfer_hold", f"person-{number}") for number in range(n)]
    for share in (1, 2, 10, 50):
        p = share / 100
        for places in (first, second):
            assert abs(sum(one < share for one in places) / n - p) < 4 * sqrt(p * (1 - p) / n)
    both = sum(one < 10 and other < 10 for one, other in zip(first, second, strict=True))
    assert abs(both / n - 0.01) < 4 * sqrt(0.01 * 0.99 / n)
    counts = Counter(first).values()
    assert sum((count - n / 100) ** 2 / (n / 100) for count in counts) < 99 + 4 * sqrt(2 * 99)


def test_who_is_held_out_is_left_alone_and_nobody_is_told() -> None:
    lender = Lender(OUT, "A-1")
    said = lender.happens(kinds.Purchase, NOW, ["spending_spree"])
    assert said.answer == 0 and lender.held.status == "held_out" and lender.held.hold == HOLD
    assert lender.happens(kinds.Purchase, NOW + DAY, ["spending_spree"]).answer == 0
    assert len(lender.book.restrictions) == 1, "the one that stands is enough"
    assert not [one for one in lender.look(NOW + 2 * DAY) if isinstance(one, measures.Measure)]
    wakes = lender.wakes(NOW + 2 * DAY)
    assert wakes is not None and wakes <= NOW + 30 * DAY


def test_a_hold_out_that_lapses_is_still_one() -> None:
    lender = Lender(OUT, "A-1")
    lender.happens(kinds.Purchase, NOW, ["spending_spree"])
    (told,) = [one for one in lender.look(NOW + 30 * DAY) if isinstance(one, measures.RestrictionChanged)]
    assert (told.change, told.reason) == ("lapsed", "held_out")
    assert event("restriction_changed", {"change": told.change, "reason": told.reason}) is None
    held = lender.held
    assert held.status == "held_out" and held.ended_at == NOW + 30 * DAY
    assert order_due(held, card().restraints) is None, "the core system never heard of it"
    assert restrictions.all_of(lender.book, "A-1", NOW + 31 * DAY, card(), "en")["restrictions"] == []
    assert lender.look(NOW + 31 * DAY) == []
    lender.happens(kinds.Purchase, NOW + 32 * DAY, ["spending_spree"])
    assert len(lender.book.restrictions) == 2 and lender.held.status == "held_out"

"""The outbox emptied into real receivers: nothing lost, in order for each account, whatever a receiver does."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.receiver import OK, Answer, Receiver, Request
from tocsin.desk.deliveries import Deliveries
from tocsin.desk.lanes import SECOND, Lane, Pace
from tocsin.desk.settings import Destination, Settings, read
from tocsin.journal.journal import Journal, opened
from tocsin.journal.records import Group, Order, Unavailable, Waiting
from tocsin.links.sending import Later
from tocsin.links.webhooks import Endpoint
from tocsin.values import instant
from tocsin.values.problem import Problem

FAST = Pace(first=10_000, longest=100_000, poll=20_000, pause=2_000)
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
DAY = 86_400 * SECOND


def now() -> int:
    return time.time_ns() // 1000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    one = opened(str(tmp_path / "tocsin.db"))
    yield one
    one.close()


def settings(give_up: int = DAY, **urls: str) -> Settings:
    base = read("listen: {}", "tocsin.yaml", {})
    destinations = tuple(
        Destination(name, Endpoint(url, (SECRET,)), frozenset({"warning.raised"}), None, "en", "")
        for name, url in urls.items()
    )
    return Settings(base.listen, base.limits, base.journal, None, destinations, give_up)


def body(at: int, number: int) -> bytes:
    return json.dumps({"type": "warning.raised", "timestamp": instant.written(at), "data": {"number": number}}).encode()


def ordered(journal: Journal, accounts: int, each: int, destination: str = "core", first: int = 1) -> dict[str, Order]:
    """Orders, account by account in turn, by message id."""
    at = now()
    orders = [
        Order(first + n, 0, destination, "warning.raised", f"A{n % accounts}", body(at, first + n), at)
        for n in range(accounts * each)
    ]
    journal.write(Group(orders=orders))
    journal.commit()
    return {f"m{order.seq}-{order.number}": order for order in orders}


@asynccontextmanager
async def delivering(journal: Any, given: Settings, patience: float = 5) -> AsyncIterator[Deliveries]:
    worker = Deliveries(journal, given, now, pace=FAST, draw=Random(7), patience=patience)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await running


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


def pending(journal: Journal, destination: str = "core") -> int:
    found = journal.pending().get(destination)
    return found.waiting if found else 0


def assert_whole(taken: Sequence[Request], orders: dict[str, Order]) -> None:
    """Every order arrived, byte for byte, and those of an account first arrived in order."""
    assert {request.id for request in taken} == set(orders)
    seen: dict[str, list[int]] = defaultdict(list)
    for request in taken:
        order = orders[request.id]
        assert request.body == order.body
        if order.seq not in seen[order.watched]:
            seen[order.watched].append(order.seq)
    assert all(seqs == sorted(seqs) for seqs in seen.values())


def test_everything_arrives_once_and_in_order(journal: Journal) -> None:
    orders = ordered(journal, accounts=50, each=10)

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, settings(core=receiver.url)) as worker:
            await until(lambda: not pending(journal))
            assert worker.lanes["core"].delivered == 500

    receiver = Receiver()
    asyncio.run(scene(receiver))
    assert len(receiver.asked) == 500 and receiver.connections <= FAST.webhooks
    assert_whole(receiver.taken, orders)


def test_new_orders_leave_at_once(journal: Journal) -> None:
    async def scene() -> float:
        slow = Pace(poll=60 * SECOND)
        async with Receiver() as receiver:
            worker = Deliveries(journal, settings(core=receiver.url), now, pace=slow)
            stop = asyncio.Event()
            running = asyncio.create_task(worker.run(stop))
            await asyncio.sleep(0.2)
            started = time.monotonic()
            ordered(journal, 1, 1)
            worker.notify()
            await until(lambda: receiver.taken)
            waited = time.monotonic() - started
            stop.set()
            await running
            return waited

    assert asyncio.run(scene()) < 0.5
    assert not pending(journal)


def test_never_two_of_one_account_under_way_and_others_go_on(journal: Journal) -> None:
    orders = ordered(journal, accounts=4, each=5)
    under_way: dict[str, int] = defaultdict(int)
    most: dict[str, int] = defaultdict(int)
    slow = asyncio.Event()

    async def answer(request: Request) -> Answer:
        account = orders[request.id].watched
        under_way[account] += 1
        most[account] = max(most[account], under_way[account])
        if account == "A0":
            await slow.wait()
        under_way[account] -= 1
        return OK

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, settings(core=receiver.url)):
            await until(lambda: len(receiver.taken) == 15)
            assert not [request for request in receiver.taken if orders[request.id].watched == "A0"]
            slow.set()
            await until(lambda: not pending(journal))

    receiver = Receiver(answer)
    asyncio.run(scene(receiver))
    assert_whole(receiver.taken, orders)
    assert set(most.values()) == {1} and len(receiver.asked) == 20


def test_a_receiver_that_fails_hangs_and_is_down_loses_nothing_and_holds_up_nobody(journal: Journal) -> None:
    orders, others = ordered(journal, 20, 5), ordered(journal, 20, 5, "desk", first=1000)
    draw = Random(3)

    async def moody(request: Request) -> Answer:
        mood = draw.random()
        if mood < 0.05:
            await asyncio.sleep(5)
        return OK if mood > 0.3 else (500, {}, b"no")

    async def scene(bad: Receiver, good: Receiver) -> None:
        async with bad, good:
            await bad.down()
            async with delivering(journal, settings(core=bad.url, desk=good.url), patience=0.2) as worker:
                await until(lambda: len(good.taken) == 100 and worker.lanes["core"].down)
                assert not bad.asked and pending(journal) == 100
                await bad.up()
                await until(lambda: len(bad.taken) > 30)
                await bad.down()
                await asyncio.sleep(0.3)
                await bad.up()
                await until(lambda: not pending(journal), 30)
                assert worker.lanes["desk"].failed == 0 and worker.lanes["core"].failed > 10

    bad, good = Receiver(moody), Receiver()
    asyncio.run(scene(bad, good))
    assert_whole(bad.taken, orders)
    assert_whole(good.taken, others)
    assert not journal.dead_letters(10)


def test_a_receiver_that_is_down_is_asked_gently(journal: Journal) -> None:
    ordered(journal, accounts=500, each=1)

    async def refuse(request: Request) -> Answer:
        return 503, {}, b""

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, settings(core=receiver.url)):
            await asyncio.sleep(1.5)

    receiver = Receiver(refuse)
    asyncio.run(scene(receiver))
    assert 8 <= len(receiver.asked) <= 120, "one at a time, about every 50 ms here"
    assert pending(journal) == 500


def test_one_bad_message_waits_alone(journal: Journal) -> None:
    orders = ordered(journal, accounts=40, each=3)

    async def answer(request: Request) -> Answer:
        return (422, {}, b"") if request.id == "m1-0" else OK

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, settings(core=receiver.url)) as worker:
            await until(lambda: len(receiver.taken) == 117)
            await until(lambda: worker.lanes["core"].failed > 5)
            assert not worker.lanes["core"].down and pending(journal) == 3

    receiver = Receiver(answer)
    asyncio.run(scene(receiver))
    assert not [request for request in receiver.taken if orders[request.id].watched == "A0"]


def test_retry_after_is_honoured(journal: Journal) -> None:
    ordered(journal, accounts=1, each=1)
    times: list[float] = []

    async def answer(request: Request) -> Answer:
        times.append(time.monotonic())
        return OK if len(times) > 1 else (429, {"retry-after": "1"}, b"")

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, settings(core=receiver.url)):
            await until(lambda: not pending(journal))

    asyncio.run(scene(Receiver(answer)))
    assert len(times) == 2 and times[1] - times[0] >= 1


def test_given_up_letters_can_be_looked_at_and_revived(journal: Journal) -> None:
    orders = ordered(journal, accounts=30, each=2)
    well = asyncio.Event()

    async def answer(request: Request) -> Answer:
        return OK if well.is_set() else (500, {}, b"")

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, settings(300_000, core=receiver.url)) as worker:
            await until(lambda: journal.pending()["core"] == (0, 60), 30)
            assert worker.lanes["core"].buried == 60
            letters = journal.dead_letters(100)
            assert {letter.error for letter in letters} == {"the receiver answered 500"}
            well.set()
            for letter in sorted(letters):
                assert journal.revived(letter.id, now())
            worker.notify()
            await until(lambda: not pending(journal) and not journal.dead_letters(1))

    receiver = Receiver(answer)
    asyncio.run(scene(receiver))
    assert_whole(receiver.taken, orders)
    assert len(receiver.taken) == 60


def test_old_orders_are_tried_in_earnest_after_a_long_absence(journal: Journal) -> None:
    at = now() - 7 * DAY
    journal.write(Group(orders=[Order(1, 0, "core", "warning.raised", "A", body(at, 1), at)]))
    journal.commit()
    asked: list[str] = []

    async def answer(request: Request) -> Answer:
        asked.append(request.id)
        return OK if len(asked) == 6 else (500, {}, b"")

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(journal, settings(core=receiver.url)):
            await until(lambda: not pending(journal))

    receiver = Receiver(answer)
    asyncio.run(scene(receiver))
    assert len(receiver.taken) == 1 and not journal.dead_letters(1)


def test_a_receiver_that_wants_no_more_gets_no_more(journal: Journal) -> None:
    ordered(journal, 100, 1)
    ordered(journal, 10, 1, "desk", first=1000)

    async def gone(request: Request) -> Answer:
        return 410, {}, b""

    async def scene(bad: Receiver, good: Receiver) -> None:
        async with bad, good, delivering(journal, settings(core=bad.url, desk=good.url)) as worker:
            await until(lambda: not pending(journal, "desk"))
            await asyncio.sleep(0.3)
            assert worker.lanes["core"].gone and "410" in worker.lanes["core"].last_error

    bad, good = Receiver(gone), Receiver()
    asyncio.run(scene(bad, good))
    assert len(bad.asked) <= FAST.webhooks and pending(journal) == 100


def test_what_is_under_way_is_finished_and_the_rest_waits_for_the_next_start(journal: Journal) -> None:
    orders = ordered(journal, accounts=20, each=2)

    async def answer(request: Request) -> Answer:
        await asyncio.sleep(0.1)
        return OK

    async def scene(receiver: Receiver) -> None:
        async with receiver:
            async with delivering(journal, settings(core=receiver.url)):
                await until(lambda: len(receiver.asked) >= FAST.webhooks)
            assert len(receiver.asked) == len(receiver.taken) == 40 - pending(journal) < 40
            async with delivering(journal, settings(core=receiver.url)):
                await until(lambda: not pending(journal))

    receiver = Receiver(answer)
    asyncio.run(scene(receiver))
    assert len(receiver.asked) == 40
    assert_whole(receiver.taken, orders)


class Failing:
    """A journal that is not to be reached now and then."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.draw, self.failures = journal, Random(5), 0

    def __getattr__(self, name: str) -> Any:
        def called(*values: Any) -> Any:
            if self.draw.random() < 0.4:
                self.failures += 1
                raise Unavailable(Problem("the disk is full"))
            return getattr(self.journal, name)(*values)

        return called


def test_a_journal_that_is_away_now_and_then_loses_nothing_and_repeats_nothing(journal: Journal) -> None:
    orders = ordered(journal, accounts=10, each=10)
    failing = Failing(journal)

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(failing, settings(core=receiver.url)):
            await until(lambda: len(receiver.taken) == 100)
            await until(lambda: not pending(journal))

    receiver = Receiver()
    asyncio.run(scene(receiver))
    assert_whole(receiver.taken, orders)
    assert len(receiver.asked) == 100 and failing.failures > 5


def test_the_marks_are_stored_together(journal: Journal) -> None:
    ordered(journal, accounts=400, each=1)
    stored: list[int] = []

    class Counting(Failing):
        def delivered(self, ids: list[int], at: int) -> None:
            stored.append(len(ids))
            self.journal.delivered(ids, at)

        def waiting(self, now: int, limit: int, destination: str) -> list[Waiting]:
            return self.journal.waiting(now, limit, destination)

    async def scene(receiver: Receiver) -> None:
        async with receiver, delivering(Counting(journal), settings(core=receiver.url)):
            await until(lambda: not pending(journal))

    asyncio.run(scene(Receiver()))
    assert sum(stored) == 400 and len(stored) < 200


def test_waits_grow_and_are_drawn_evenly() -> None:
    lane = Lane(settings(core="http://localhost/").destinations[0], Pace(), Random(1))
    for attempts, most in ((1, 5), (2, 10), (4, 40), (7, 320), (8, 600), (500, 600)):
        waits = [lane.wait(attempts) / SECOND for _ in range(2000)]
        assert 0 <= min(waits) < most * 0.01 and most * 0.99 < max(waits) <= most
        assert abs(sum(waits) / len(waits) - most / 2) < most * 0.03


def test_a_lane_narrows_when_its_receiver_fails_and_widens_again() -> None:
    lane = Lane(settings(core="http://localhost/").destinations[0], Pace(), Random(1))
    assert lane.room(0) == 8
    for id in range(19):
        lane.missed(0, id, Later("no", own=True))
    assert lane.room(0) == 8 and not lane.down
    for id in range(5):
        lane.missed(0, id, Later("no"))
    assert lane.down and lane.room(0) == 0 and lane.room(6 * SECOND) == 1
    lane.missed(0, 1, Later("no", after=3600 * SECOND))
    assert lane.room(3599 * SECOND) == 0 and lane.room(3600 * SECOND) == 1
    widths = []
    for _ in range(4):
        lane.arrived()
        widths.append(lane.room(3600 * SECOND))
    assert widths == [2, 4, 8, 8] and not lane.down

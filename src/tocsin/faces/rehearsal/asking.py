"""The service and the sandbox as a rehearsal asks them: over HTTP, like anybody else."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from tocsin.facts import wire
from tocsin.facts.kinds import Fact
from tocsin.replay.debtors import Outcome
from tocsin.values import instant
from tocsin.values.problem import Problem, Refused

Said = dict[str, Any]
_BATCH = 2_000
_PATIENCE = 300.0
_TRIES = 2_000
_TAKEN = re.compile(rb'tocsin_requests_total\{[^}]*route="/v1/receipts"[^}]*status="204"[^}]*\} ([\d.e+]+)')

_PENDING = re.compile(rb"tocsin_outbox_pending\{[^}]*\} ([\d.e+]+)")


class Service:
    """`url` of a service that keeps the time of the rehearsal, and a key for everything."""

    def __init__(self, url: str, key: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=_PATIENCE, trust_env=False)

    def take(self, facts: Sequence[Fact]) -> None:
        """Record facts in their order. Refused where one of them is."""
        for first in range(0, len(facts), _BATCH):
            lines = b"\n".join(map(wire.encode, facts[first : first + _BATCH]))
            items = self._asked("POST", "/v1/facts", content=lines, headers={"content-type": "application/x-ndjson"})
            problems = [one["problem"] for one in items["items"] if "problem" in one]
            if problems:
                raise Refused(*(Problem(str(one.get("detail")), str(one.get("fact_id", ""))) for one in problems[:5]))

    def day(self, close: bool = False) -> Said:
        """Run everything that is due now."""
        said: Said = self._asked("POST", "/v1/days", json={"close": close})
        return said

    def worklist(self, queue: str) -> list[Said]:
        found: list[Said] = self._asked("GET", f"/v1/worklists/{queue}", params={"limit": 1_000})["tasks"]
        return found

    def contact(self, **asked: Any) -> Said:
        said: Said = self._asked("POST", "/v1/contacts", json=asked)
        return said

    def task(self, id: str, state: str) -> None:
        self._asked("POST", f"/v1/tasks/{id}", json={"state": state})

    def person(self, customer: str) -> Said:
        said: Said = self._asked("GET", f"/v1/people/{customer}")
        return said

    def receipts(self) -> int:
        """How many receipts it has taken."""
        found = _TAKEN.findall(self._sent("GET", "/metrics").content)
        return int(sum(float(one) for one in found))

    def waiting(self) -> int:
        """How many messages have not left. The service counts them every five seconds: so long it takes to be sure."""
        time.sleep(6)
        return int(sum(float(one) for one in _PENDING.findall(self._sent("GET", "/metrics").content)))

    def _asked(self, method: str, path: str, **how: Any) -> Any:
        return _well(self._sent(method, path, **how)).json()

    def _sent(self, method: str, path: str, **how: Any) -> httpx.Response:
        for _ in range(_TRIES):
            answer = self.client.request(method, path, **how)
            if answer.status_code not in (429, 503):
                break
            time.sleep(0.05)
        return answer


class Box:
    """The sandbox: what it was given, in order, and what became of it."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )
        self.seen = 0

    def messages(self) -> list[Said]:
        """What came since it was last asked."""
        found: list[Said] = []
        while True:
            said = _well(self.client.get("/messages", params={"after": self.seen, "limit": 1_000})).json()
            self.seen = said["next"]
            if not said["messages"]:
                return found
            found += [one["message"] for one in said["messages"]]

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Have receipts sent."""
        said = [
            {"id": one.attempt, "status": one.status, "at": instant.written(one.at), "text": one.text}
            for one in outcomes
        ]
        _well(self.client.post("/outcomes", content=msgspec.json.encode(said)))


def _well(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise Refused(Problem(f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:300]}"))

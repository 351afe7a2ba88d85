"""A small live service for the tests of the API: it reads facts as the product does, and keeps them in memory."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tocsin.desk.faults import Fault
from tocsin.desk.figures import Figures
from tocsin.desk.keys import SCOPES, Keys, made
from tocsin.faces.api.app import App
from tocsin.faces.api.live import Desk
from tocsin.faces.api.serve import Server, bound
from tocsin.facts import wire
from tocsin.facts.wire import Unreadable
from tocsin.journal.records import Entry
from tocsin.policy.document import DECISIONS
from tocsin.values import instant
from tocsin.values.problem import Problem, Refused

LARGE = 1_000_000
"""Amounts from here on are looked at."""


class Answer(NamedTuple):
    entry: Entry
    repeated: bool


class StandIn:
    """Live and Records in one."""

    ready, why_not = True, ""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.first: dict[str, tuple[bytes, Entry]] = {}
        self.acts: list[tuple[str, dict[str, Any], str]] = []
        self.dead = {7: {"id": 7, "destination": "core", "error": "refused"}}
        self.hold: asyncio.Event | None = None

    # -- Live

    async def decide(self, raw: bytes, *, key: str | None = None, dry_run: bool = False) -> Answer:
        if self.hold is not None:
            await self.hold.wait()
        return self._decided(raw, key, dry_run)

    async def record(self, raw: bytes, *, lines: bool) -> list[Answer | Fault]:
        if lines:
            return [self._one(line) for line in raw.splitlines() if line.strip()]
        try:
            facts = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise Fault(400, f"not JSON ({type(error).__name__})", "write one JSON object in UTF-8") from None
        if not isinstance(facts, list):
            raise Fault(400, "not JSON (no array)", "write one JSON object in UTF-8")
        return [self._one(json.dumps(fact).encode()) for fact in facts]

    async def account(self, watched: str) -> dict[str, Any] | None:
        mine = [entry.seq for entry in self.log if entry.watched == watched]
        return {"account": watched, "level": None, "last_entry": f"d{mine[-1]}"} if mine else None

    async def decision(self, seq: int) -> Entry | None:
        return self.log[seq - 1] if 0 < seq <= len(self.log) else None

    async def act(self, act: str, content: dict[str, Any], actor: str) -> dict[str, Any]:
        if act == "letter.revive" and content["id"] not in self.dead:
            raise Fault(404, "there is no such dead letter", "GET /v1/letters lists them")
        if act == "activate" and "policy:" not in content["files"].get(content["policy"], ""):
            raise Refused(Problem("this is not a document of names and values", "p.yaml:1:1", "check the path"))
        self.acts.append((act, content, actor))
        return {"act": act}

    # -- Records

    def decision_of(self, entry: Entry, language: str) -> dict[str, Any]:
        level = {0: None, 1: "yellow"}
        return {
            "id": f"d{entry.seq}",
            "fact_id": entry.fact_id,
            "account": entry.watched,
            "outcome": DECISIONS[entry.decision],
            "score": entry.score,
            "level_before": level[entry.level_before],
            "level": level[entry.level],
            "fired": [{"rule": "large", "say": "金额较大" if language == "zh" else "large"}][: entry.score],
            "policy": "stand-in 1",
        }

    def warnings(self, watched: str, limit: int, language: str) -> list[dict[str, Any]]:
        return [{"id": f"d{e.seq}", "rule": "large"} for e in self.log if e.watched == watched and e.score][:limit]

    def policies(self, limit: int) -> list[dict[str, Any]]:
        return [{"act": "activate", "policy": "stand-in 1", "number": 1}]

    def differences(self, shadow: int | None, after: int, limit: int) -> list[dict[str, Any]]:
        return [{"decision": "d1", "shadow": f"other {shadow or 2}"}][: after < 1]

    def keys(self) -> list[dict[str, Any]]:
        return [{"id": content["id"], "name": content["name"]} for act, content, _ in self.acts if act == "key.add"]

    def letters(self, limit: int) -> list[dict[str, Any]]:
        return list(self.dead.values())[:limit]

    # -- inside

    def _one(self, raw: bytes) -> Answer | Fault:
        try:
            return self._decided(raw, None, False)
        except Fault as fault:
            return fault

    def _decided(self, raw: bytes, key: str | None, dry_run: bool) -> Answer:
        try:
            fact = wire.decode(raw)
        except Unreadable as error:
            raise Fault(422 if error.field else 400, error.reason, error.remedy, error.field, error.fact_id) from None
        digest = hashlib.sha256(wire.encode(fact)).digest()
        names = (f"fact {fact.fact_id}", f"key {key}")[: 1 if key is None else 2]
        for name in names:
            if name in self.first:
                known, entry = self.first[name]
                if known != digest:
                    raise Fault(
                        409,
                        "the id came before in row 1 with other content: amount",
                        "check the unit",
                        fact_id=fact.fact_id,
                    )
                return Answer(entry, True)
        large = (getattr(fact, "amount", None) or 0) >= LARGE
        at = instant.micros(fact.occurred_at)
        entry = Entry(
            len(self.log) + 1, 0, at, at, fact.fact_id, getattr(fact, "account", None), 0, 0, key, 1,
            0, int(large), int(large), int(large), raw, b"", b"",
        )  # fmt: skip
        if not dry_run:
            self.log.append(entry)
            self.first |= dict.fromkeys(names, (digest, entry))
        return Answer(entry, False)


class Records:
    """The stand-in's records, where `decision` renders an entry."""

    def __init__(self, live: StandIn) -> None:
        self.decision = live.decision_of
        self.warnings, self.policies, self.differences = live.warnings, live.policies, live.differences
        self.keys, self.letters = live.keys, live.letters


class Service:
    """A stand-in that is served, and the texts of keys for each scope and for all of them (`all`)."""

    def __init__(self, rate: float = 1e6, **limits: int) -> None:
        self.live = StandIn()
        self.keys = Keys(rate)
        self.desk = Desk(self.live, Records(self.live), self.keys, Figures(), **limits)
        self.texts = {name: self._key(name) for name in (*SCOPES, "all")}
        self.ended: list[str] = []
        self.url = ""

    def _key(self, name: str) -> str:
        id, text, digest = made()
        self.keys.add(id, name, digest, SCOPES if name == "all" else (name,))
        return text

    async def _stop(self) -> None:
        self.ended.append("stopped")

    @contextmanager
    def served(self) -> Iterator[Service]:
        sock = bound("127.0.0.1", 0)
        self.port = sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = Server(App(self.desk), stop=self._stop)
        thread = threading.Thread(target=self.server.hold, args=(sock,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()

    def client(self, scope: str | None = "all", **headers: str) -> httpx.Client:
        own = {} if scope is None else {"x-api-key": self.texts[scope]}
        return httpx.Client(base_url=self.url, headers=own | headers, timeout=30)

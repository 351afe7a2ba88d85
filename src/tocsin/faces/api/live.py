"""What the decision API asks of the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tocsin.credit.collection.decide import Request as ContactRequest
from tocsin.desk.faults import Fault
from tocsin.desk.figures import Figures
from tocsin.desk.incentives import Decision
from tocsin.desk.keys import Keys
from tocsin.desk.plans import PlanAnswer
from tocsin.desk.receipts import unheard
from tocsin.desk.restrictions import Imposed
from tocsin.faces.api.meter import Meter
from tocsin.journal.records import Entry

Said = dict[str, Any]
"""What is written as JSON."""


class Answer(Protocol):
    @property
    def entry(self) -> Entry: ...
    @property
    def repeated(self) -> bool: ...


class Live(Protocol):
    """The live service. What it cannot do it raises as a Fault, or Refused where a policy is to blame."""

    @property
    def ready(self) -> bool: ...
    @property
    def why_not(self) -> str: ...

    async def decide(self, raw: bytes, *, key: str | None = None, dry_run: bool = False) -> Answer: ...
    async def record(self, raw: bytes, *, lines: bool) -> Sequence[Answer | Fault]: ...
    async def account(self, watched: str) -> Said | None: ...
    async def decision(self, seq: int) -> Entry | None: ...
    async def act(self, act: str, content: Said, actor: str) -> Said: ...


class Records(Protocol):
    """What only reads. `decision` and `warnings`, which tell reasons, are called on the event loop, the others in a thread."""

    def decision(self, entry: Entry, language: str) -> Said: ...
    def warnings(self, watched: str, limit: int, language: str) -> list[Said]: ...
    def policies(self, limit: int) -> list[Said]: ...
    def differences(self, shadow: int | None, after: int, limit: int) -> list[Said]: ...
    def keys(self) -> list[Said]: ...
    def letters(self, limit: int) -> list[Said]: ...


class Receipt(Protocol):
    """Takes what a provider tells of a message to a person, or raises a Fault. Names of headers are in small letters."""

    async def __call__(self, raw: bytes, headers: Mapping[str, str]) -> None: ...


class Rounds(Protocol):
    """The business day."""

    async def day(self, at: int | None, close: bool, actor: str) -> Said: ...


class Enquiries(Protocol):
    """What is asked about persons, and done for them."""

    async def day(self, date: str) -> Said: ...
    async def person(self, id: str, language: str) -> Said: ...
    async def worklists(self) -> list[Said]: ...
    async def worklist(self, queue: str, limit: int, language: str) -> list[Said]: ...
    async def contact(self, id: str, request: ContactRequest, language: str) -> Said: ...
    async def task(self, id: str, state: str, actor: str, language: str) -> Said: ...
    async def plans(self, id: str, at_hand: int | None, offer: str | None, actor: str, language: str) -> Said: ...
    async def incentives(self, id: str, language: str) -> Said: ...
    async def grant(self, id: str, decision: Decision, language: str) -> Said: ...
    async def due_day(self, account: str, day: int, actor: str, language: str) -> Said: ...
    async def answer(self, customer: str, plan: str, answer: PlanAnswer, language: str) -> Said: ...


class Restraining(Protocol):
    """What is asked about restrictions, and done."""

    async def all_of(self, account: str, language: str) -> Said: ...
    async def one(self, id: str, language: str) -> Said: ...
    async def impose(self, account: str, given: Imposed, language: str) -> Said: ...
    async def act(self, id: str, act: str, given: Said, actor: str, language: str) -> Said: ...
    async def reconcile(self, theirs: Mapping[str, str]) -> Said: ...


@dataclass
class Desk:
    """All that the API needs. Limits are bytes of a body."""

    live: Live
    records: Records
    keys: Keys
    figures: Figures
    decision_bytes: int = 65_536
    batch_bytes: int = 16_777_216
    receipt: Receipt = unheard
    rounds: Rounds | None = None
    enquiries: Enquiries | None = None
    restraining: Restraining | None = None

    def __post_init__(self) -> None:
        self.meter = Meter(self.figures)

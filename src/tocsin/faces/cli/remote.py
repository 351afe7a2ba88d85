"""A live service asked over HTTP, in the same words as a journal that nobody serves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from tocsin.desk.clerk import Given
from tocsin.desk.faults import Fault
from tocsin.desk.versions import Files
from tocsin.values import instant
from tocsin.values.problem import Problem, Refused

Said = dict[str, Any]
Progress = Callable[[str, int, int], None]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PATIENCE = 60.0
"""Seconds for which a service that cannot answer now is asked again."""


class _Answer(msgspec.Struct):
    """What came of one fact of many."""

    status: str
    fact_id: str | None = None
    problem: dict[str, Any] | None = None


class _Answers(msgspec.Struct):
    items: list[_Answer]


class Remote:
    """`url` of the service. Its key comes from TOCSIN_API_KEY. What it refuses is told in `language`."""

    def __init__(self, url: str, language: str) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(Problem("this is no address of a service", url, "write it as 'http://127.0.0.1:8000'"))
        key = os.environ.get("TOCSIN_API_KEY", "")
        if not key:
            raise Refused(Problem("there is no API key", "TOCSIN_API_KEY", "set it to a key of the service"))
        headers = {"X-API-Key": key, "Accept-Language": language}
        proxies = parts.hostname not in _LOOPBACK
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=None, trust_env=proxies)  # noqa: S113 compiling takes its time

    def close(self) -> None:
        self.client.close()

    # -- policies ------------------------------------------------------------------------------

    def install(self, act: str, files: Files, progress: Progress = lambda stage, done, of: None) -> Said:
        progress("wait", 0, 0)
        said: Said = self._asked("POST", "/v1/policies", {"act": act, "policy": files.main, "files": files.texts})
        progress("wait", 1, 1)
        return said

    def unshadow(self, name: str) -> Said:
        said: Said = self._asked("POST", "/v1/policies", {"act": "unshadow", "policy": name})
        return said

    def policies(self, limit: int) -> list[Said]:
        return self._list("/v1/policies", "policies", limit=limit)

    def differences(self, shadow: int, after: int, limit: int) -> list[Said]:
        return self._list("/v1/differences", "differences", shadow=shadow, after=after, limit=limit)

    # -- keys and letters ----------------------------------------------------------------------

    def key_add(self, name: str, scopes: list[str]) -> Said:
        said: Said = self._asked("POST", "/v1/keys", {"name": name, "scopes": scopes})
        return said

    def keys(self) -> list[Said]:
        return self._list("/v1/keys", "keys")

    def key_end(self, id: str) -> None:
        self._asked("DELETE", f"/v1/keys/{quote(id, safe='')}")

    def letters(self, limit: int) -> list[Said]:
        return self._list("/v1/letters", "letters", limit=limit)

    def letter_revive(self, id: int) -> None:
        self._asked("POST", f"/v1/letters/{id}/revival")

    # -- collections ---------------------------------------------------------------------------

    def day(self, at: int | None, close: bool, progress: Progress = lambda stage, done, of: None) -> Said:
        moment = {} if at is None else {"at": instant.written(at)}
        run, most = Future[Said](), 0

        def asked() -> None:
            try:
                run.set_result(self._asked("POST", "/v1/days", {**moment, "close": close}))
            except Exception as error:
                run.set_exception(error)

        Thread(target=asked, daemon=True).start()  # who loses patience leaves it to the service, which goes on
        while not wait([run], 1).done:
            with suppress(Refused):
                left = self._asked("GET", "/v1/days/latest").get("left", 0)
                most = max(most, left)
                progress("day", most - left, most)
        return run.result()

    def person(self, id: str, language: str) -> Said:
        said: Said = self._asked("GET", f"/v1/people/{quote(id, safe='')}")
        return said

    def incentives(self, id: str, language: str) -> Said:
        said: Said = self._asked("GET", f"/v1/people/{quote(id, safe='')}/incentives")
        return said

    def grant(self, id: str, reason: str, reverse: bool, language: str) -> Said:
        step = "reversal" if reverse else "confirmation"
        said: Said = self._asked("POST", f"/v1/grants/{quote(id, safe='')}/{step}", {"reason": reason})
        return said

    def due_day(self, account: str, day: int, language: str) -> Said:
        said: Said = self._asked("POST", f"/v1/accounts/{quote(account, safe='')}/due-day", {"day": day})
        return said

    def restrictions(self, account: str, language: str) -> Said:
        said: Said = self._asked("GET", f"/v1/accounts/{quote(account, safe='')}/restrictions")
        return said

    def restriction(self, id: str, language: str) -> Said:
        said: Said = self._asked("GET", f"/v1/restrictions/{quote(id, safe='')}")
        return said

    def restrain(self, account: str, given: Said, language: str) -> Said:
        said: Said = self._asked("POST", f"/v1/accounts/{quote(account, safe='')}/restrictions", _written(given))
        return said

    def restriction_act(self, id: str, act: str, given: Said, language: str) -> Said:
        said: Said = self._asked("POST", f"/v1/restrictions/{quote(id, safe='')}/{act}", _written(given))
        return said

    def reconcile(self, theirs: list[Said]) -> Said:
        said: Said = self._asked("POST", "/v1/reconciliations", {"in_force": theirs})
        return said

    def worklists(self) -> list[Said]:
        return self._list("/v1/worklists", "worklists")

    def worklist(self, queue: str, limit: int, language: str) -> list[Said]:
        return self._list(f"/v1/worklists/{quote(queue, safe='')}", "tasks", limit=limit)

    # -- facts ---------------------------------------------------------------------------------

    def take(self, given: Sequence[Given]) -> list[Fault | bool]:
        """Record facts; for each whether it was there before, or why it was refused."""
        lines = b"\n".join(one.body for one in given)
        headers = {"content-type": "application/x-ndjson", "accept-language": "en"}
        answer = self._patiently(lambda: self._sent("POST", "/v1/facts", content=lines, headers=headers))
        if answer.status_code == 413 and len(given) > 1:
            half = len(given) // 2
            return self.take(given[:half]) + self.take(given[half:])
        items = msgspec.json.decode(self._well(answer).content, type=_Answers).items
        return [item.status == "repeated" if item.problem is None else _fault(item) for item in items]

    def _patiently(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        waited = 0.0
        while (answer := ask()).status_code in (429, 503) and waited < _PATIENCE:
            given = answer.headers.get("retry-after", "1")
            wait = min(float(given) if given.isdigit() else 1.0, 5.0)
            time.sleep(wait)
            waited += wait
        return answer

    # -- asking --------------------------------------------------------------------------------

    def _list(self, path: str, name: str, **query: int) -> list[Said]:
        found: list[Said] = self._well(self._sent("GET", path, params=query)).json()[name]
        return found

    def _asked(self, method: str, path: str, body: object = None) -> Any:
        answer = self._well(self._sent(method, path, **({} if body is None else {"json": body})))
        return answer.json() if answer.content else None

    def _sent(self, method: str, path: str, **how: Any) -> httpx.Response:
        try:
            return self.client.request(method, path, **how)
        except httpx.HTTPError as error:
            what = f"no Tocsin answers here ({type(error).__name__})"
            raise Refused(Problem(what, self.url, "start it with `tocsin serve`, or name it with --server")) from None

    def _well(self, answer: httpx.Response) -> httpx.Response:
        """An answer that is as asked. Refused with what the service says where it is not."""
        if answer.status_code == 204 or (answer.status_code < 300 and "json" in answer.headers.get("content-type", "")):
            return answer
        try:
            said = answer.json()
            told = said.get("problems") or [said["detail"]]
        except (ValueError, KeyError, AttributeError):
            what = f"what answers here is not Tocsin (status {answer.status_code})"
            raise Refused(Problem(what, self.url, "name the service with --server")) from None
        raise Refused(*(Problem(text) for text in told))


def _fault(item: _Answer) -> Fault:
    """Why a fact was refused, out of its problem document: the reason alone, without field and remedy."""
    said = item.problem or {}
    field, remedy = str(said.get("field", "")), str(said.get("remedy", ""))
    reason = str(said.get("detail", "")).removeprefix(f"{field}: ").removesuffix(f"; {remedy}")
    return Fault(int(said.get("status", 422)), reason, remedy, field, item.fact_id)


def _written(given: Said) -> Said:
    """What is asked, as JSON: moments, in µs UTC, as texts; what is not said is left out."""
    times = ("until", "review_at", "expires_at")
    said = {name: instant.written(one) if name in times else one for name, one in given.items() if one is not None}
    return {name: list(one) if isinstance(one, tuple) else one for name, one in said.items()}

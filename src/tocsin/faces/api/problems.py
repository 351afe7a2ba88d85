"""What went wrong, as a problem document: RFC 9457, one sentence with what, where, why and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from tocsin.desk.faults import Fault
from tocsin.faces.chinese import chinese, told
from tocsin.journal.records import Unavailable
from tocsin.values.problem import Problem, Refused

TYPES = {
    400: ("bad-request", "The request cannot be read", "请求无法读取"),
    401: ("no-key", "An API key is needed", "需要 API 密钥"),
    403: ("not-allowed", "The key may not do this", "密钥无此权限"),
    404: ("not-found", "There is no such thing", "没有此项"),
    405: ("method", "The method is not known here", "此处不支持该方法"),
    406: ("not-acceptable", "The answer has another form", "响应的格式不同"),
    408: ("too-slow", "The body did not come in time", "请求体未及时到达"),
    409: ("conflict", "It contradicts what is recorded", "与已记录的内容相抵触"),
    413: ("too-large", "The body is too large", "请求体过大"),
    415: ("media-type", "The body has another form", "请求体的格式不同"),
    422: ("unreadable", "The content cannot be used", "内容无法使用"),
    429: ("too-often", "Too many requests", "请求过于频繁"),
    431: ("headers-too-large", "The headers are too large", "请求头过大"),
    500: ("fault", "A fault in Tocsin", "Tocsin 内部故障"),
    503: ("not-now", "Not now", "暂时无法处理"),
}
"""Status: name, title in English, title in Chinese. The human page explains each under its name."""
WAIT = 5
"""Seconds after which to ask again where nothing better is known."""


class Denied(Exception):
    """A request that is not answered as asked: status, what is wrong, what to do, where."""

    def __init__(
        self,
        status: int,
        what: str,
        remedy: str,
        *,
        field: str = "",
        fact_id: str | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(what)
        self.status, self.problem, self.fact_id, self.headers = status, Problem(what, field, remedy), fact_id, headers


def from_fault(fault: Fault) -> Denied:
    wait = [(b"retry-after", b"%d" % WAIT)] if fault.status == 503 else []
    return Denied(fault.status, fault.reason, fault.remedy, field=fault.field, fact_id=fault.fact_id, headers=wait)


def unavailable(error: Unavailable) -> Denied:
    problem = error.problem
    wait = [(b"retry-after", b"%d" % WAIT)]
    return Denied(503, problem.what, problem.remedy, headers=wait)


def document(denied: Denied, language: str, request: str) -> dict[str, Any]:
    """The problem document; `field`, `fact_id` and `remedy` where they are known."""
    status, problem = denied.status, denied.problem
    name, *titles = TYPES.get(status) or ("other", HTTPStatus(status).phrase, HTTPStatus(status).phrase)
    said = {
        "type": f"/#{name}",
        "title": titles[language == "zh"],
        "status": status,
        "detail": told(problem, language),
        "instance": f"urn:tocsin:request:{request}",
        "field": problem.where,
        "fact_id": denied.fact_id,
        "remedy": chinese(problem.remedy) if language == "zh" else problem.remedy,
    }
    return {key: _whole(value) for key, value in said.items() if value or key in ("type", "title", "status", "detail")}


def _whole(value: object) -> object:
    """A text without half characters, which a caller may have sent and which no answer can hold."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def refused(refused: Refused, language: str, request: str) -> dict[str, Any]:
    """A policy that is not taken: every problem of it, each with its place."""
    first = refused.problems[0]
    denied = Denied(422, first.what, first.remedy, field=first.where)
    return document(denied, language, request) | {
        "problems": [_whole(told(problem, language)) for problem in refused.problems]
    }

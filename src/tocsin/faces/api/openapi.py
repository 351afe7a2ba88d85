"""The published description of the API: OpenAPI 3.1, made from the table of routes."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from tocsin import __version__
from tocsin.faces.api.problems import TYPES
from tocsin.faces.api.request import PROBLEM, Parameter, Route
from tocsin.faces.api.routes import ROUTES, problems
from tocsin.faces.api.schemas import components, ref
from tocsin.faces.api.shapes import Schema

_ABOUT = """Facts go in, decisions come out. Every answer about a fact is durable when it arrives.
事件提交后即返回判定;返回时已持久保存。

A fact that is sent again, with the same `fact_id` or the same `Idempotency-Key`, gets its first answer, marked
`repeated`; the same id with other content is a 409. 重复提交返回首次判定;编号相同而内容不同则为 409。

`POST /v1/decisions` asks beforehand: what is blocked did not happen. `POST /v1/facts` tells of what has happened.
`/v1/decisions` 为事前询问,被拦截即未发生;`/v1/facts` 为事后告知。

Errors are RFC 9457 problem documents with one sentence in the language of `Accept-Language` (en, zh).
错误以 RFC 9457 返回,一句话说明,语言依 `Accept-Language`。"""
_ITEMS = {
    "/v1/decisions/{id}": ("the decision's id, as d1024", "判定编号,如 d1024"),
    "/v1/keys/{id}": ("the key's id", "密钥编号"),
    "/v1/letters/{id}/revival": ("the letter's number", "死信编号"),
    "/v1/days/{id}": ("the day, as 2026-01-31, or `latest`", "日期,如 2026-01-31,或 `latest`"),
    "/v1/people/{id}": ("the customer's id, or that of an account", "客户编号或账户编号"),
    "/v1/people/{id}/incentives": ("the customer's id, or that of an account", "客户编号或账户编号"),
    "/v1/grants/{id}/reversal": ("the grant's id", "奖惩编号"),
    "/v1/grants/{id}/confirmation": ("the grant's id", "奖惩编号"),
    "/v1/accounts/{id}/due-day": ("the account's id", "账户编号"),
    "/v1/worklists/{id}": ("the worklist's name", "任务队列名称"),
    "/v1/tasks/{id}": ("the task's id", "任务编号"),
}
_SIGNED = {
    "webhook-id": ("the same at every repeat", "重复时不变"),
    "webhook-timestamp": ("seconds since 1970, at most 5 minutes ago", "1970年以来的秒数,不早于5分钟前"),
    "webhook-signature": (
        "`v1,` and HMAC-SHA256 of id.timestamp.body in base64",
        "`v1,` 与 id.timestamp.body 的 HMAC-SHA256",
    ),
}
_REQUEST_ID = {
    "description": "The request's id: the caller's X-Request-Id where it is sane. 请求编号",
    "required": True,
    "schema": {"type": "string"},
}
_HEADERS = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    405: {"Allow": {"required": True, "schema": {"type": "string"}}},
    429: {"Retry-After": {"required": True, "schema": {"type": "integer"}}},
    503: {"Retry-After": {"required": True, "schema": {"type": "integer"}}},
}


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin 警钟",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components(),
            "responses": {f"Problem{status}": _problem(status) for status in TYPES},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "tk_<id>_<random>"},
            },
        },
    }


@cache
def written() -> bytes:
    """The same as JSON."""
    return msgspec.json.encode(document())


def _operation(route: Route) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": f"{route.en}. {route.zh}",
        "parameters": _parameters(route),
        "responses": {str(route.status): _success(route)}
        | {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in problems(route)},
    }
    said["security"] = [{"key": []}, {"bearer": []}] if route.needs else []
    if route.needs:
        en, zh = (mark.join(f"`{one}`" for one in route.scopes) for mark in (" or ", " 或 "))
        said["description"] = f"Needs a key with the scope {en}. 须有 {zh} 权限的密钥。"
    if route.takes:
        content = {media: {"schema": ref(name)} for media, name in route.takes.items()}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [_query(parameter) for parameter in route.query]
    if "{id}" in route.path:
        en, zh = _ITEMS.get(route.path, ("the account's id, percent-encoded", "账户编号,须百分号编码"))
        schema: Schema = {"type": "string", "minLength": 1}
        found.append({"name": "id", "in": "path", "required": True, "description": f"{en} {zh}", "schema": schema})
    if route.keyed:
        found.append(
            _header("Idempotency-Key", "asked again with the same key, the first answer comes again 幂等键", 1, 255)
        )
    if route.signed:
        found += [_header(name, f"{en} {zh}", 1, 1024) | {"required": True} for name, (en, zh) in _SIGNED.items()]
    found.append(_header("X-Request-Id", "stands in the log and in the answer 请求编号,写入日志并返回", 0, 1024))
    found.append(_header("Accept-Language", "en or zh 语言", 0, 1024))
    return found


def _query(parameter: Parameter) -> dict[str, Any]:
    schema: Schema = {"type": "boolean"}
    if parameter.type == "whole":
        schema = {"type": "integer", "minimum": 0, "maximum": parameter.most}
    if parameter.default is not None:
        schema["default"] = parameter.default
    description = f"{parameter.en} {parameter.zh}"
    return {"name": parameter.name, "in": "query", "description": description, "schema": schema}


def _header(name: str, description: str, least: int, most: int) -> dict[str, Any]:
    schema = {"type": "string", "minLength": least, "maxLength": most}
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _success(route: Route) -> dict[str, Any]:
    said: dict[str, Any] = {"description": route.en, "headers": {"X-Request-Id": _REQUEST_ID}}
    if route.gives:
        said["content"] = {route.type: {"schema": ref(route.gives)}}
    if route.status == 201:
        said["headers"] |= {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}}
    return said


def _problem(status: int) -> dict[str, Any]:
    _, en, zh = TYPES[status]
    return {
        "description": f"{en}. {zh}。",
        "headers": {"X-Request-Id": _REQUEST_ID} | _HEADERS.get(status, {}),
        "content": {PROBLEM: {"schema": ref("Problem")}},
    }

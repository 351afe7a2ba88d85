"""The schemas of the published document: facts from their kinds and fields, answers as the desk gives them."""

from __future__ import annotations

import msgspec

from tocsin.faces.api import incentives
from tocsin.faces.api.admin import KeyRequest, PolicyAct
from tocsin.faces.api.case_schemas import cases
from tocsin.faces.api.cases import ASKED
from tocsin.faces.api.restriction_schemas import restrictions
from tocsin.faces.api.restrictions import ASKED as RESTRAINING
from tocsin.faces.api.shapes import FLAG as _FLAG
from tocsin.faces.api.shapes import MAYBE as _MAYBE
from tocsin.faces.api.shapes import OPEN as _OPEN
from tocsin.faces.api.shapes import TEXT as _TEXT
from tocsin.faces.api.shapes import TIME as _TIME
from tocsin.faces.api.shapes import WHOLE as _WHOLE
from tocsin.faces.api.shapes import Schema
from tocsin.faces.api.shapes import array as _array
from tocsin.faces.api.shapes import list_of as _list_of
from tocsin.faces.api.shapes import obj as _object
from tocsin.facts.dealings import DEALINGS
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS
from tocsin.facts.meanings import meaning
from tocsin.facts.wire import EVENT_TYPE
from tocsin.links.provider import ReceiptBody
from tocsin.policy.document import DECISIONS
from tocsin.values import money

_REF = "#/components/schemas/"


def components() -> dict[str, Schema]:
    """Every schema by name."""
    return _facts() | _answers() | cases() | restrictions() | _asked()


def ref(name: str) -> Schema:
    return {"$ref": _REF + name}


def _facts() -> dict[str, Schema]:
    """Each kind of fact, with what its fields mean; `Fact` is any of them."""
    kinds = {**KINDS, **DEALINGS}
    _, found = msgspec.json.schema_components(list(kinds.values()), ref_template=_REF + "{name}")
    schemas: dict[str, Schema] = found
    names = {kind.__name__: tag for tag, kind in kinds.items()}
    for name, tag in names.items():
        for field, schema in schemas[name]["properties"].items():
            en, zh = meaning(tag, field) if tag in DEALINGS else (FIELDS[field].en, FIELDS[field].zh)
            schema["description"] = f"{en} {zh}"
            if field in FIELDS and FIELDS[field].domain == "currency":
                _currency(schema)
    schemas["Fact"] = {
        "description": "One fact: what happened. 一条事件。Amounts are whole minor units of `currency` 金额为币种最小单位的整数",
        "oneOf": [ref(name) for name in names],
        "discriminator": {"propertyName": "kind", "mapping": {tag: _REF + name for name, tag in names.items()}},
    }
    schemas["CloudEvent"] = {
        "description": "A fact in a CloudEvents 1.0 envelope: `data` has the fields that the envelope does not. 置于 CloudEvents 1.0 信封的事件",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "description": "fact_id"},
            "source": {"type": "string", "minLength": 1},
            "type": {"enum": [EVENT_TYPE + tag for tag in kinds], "description": f"{EVENT_TYPE}<kind>"},
            "time": {"type": "string", "format": "date-time", "description": "occurred_at"},
            "recordedtime": {"type": "string", "format": "date-time", "description": "recorded_at"},
            "subject": {"type": "string", "description": "account"},
            "datacontenttype": {"type": "string"},
            "data": {"type": "object"},
        },
    }
    schemas["Facts"] = _array(ref("Fact"))
    schemas["Lines"] = {"type": "string", "description": "One fact, as JSON, on each line. 每行一条 JSON 事件"}
    return schemas


def _currency(schema: Schema) -> None:
    """The currencies there are, in place of a pattern."""
    for one in schema.get("anyOf", [schema]):
        if one.get("type") == "string":
            one.pop("pattern", None)
            one["enum"] = sorted(money.currencies())


def _asked() -> dict[str, Schema]:
    _, found = msgspec.json.schema_components(
        [PolicyAct, KeyRequest, ReceiptBody, *ASKED, *incentives.ASKED, *RESTRAINING], ref_template=_REF + "{name}"
    )
    return dict(found)


_OUTCOME: Schema = {"enum": list(DECISIONS)}


def _answers() -> dict[str, Schema]:
    condition = _object(
        "condition",
        {
            "condition": _TEXT | {"description": "the condition as the policy writes it 策略中的条件"},
            "observed": {"description": "the value that was found 实际值"},
            "observed_text": _MAYBE,
            "threshold": {"description": "the value it was held against 阈值"},
            "threshold_text": _MAYBE,
            "window": _MAYBE | {"description": "the time window 时间窗"},
        },
    )
    fired = {
        "rule": _TEXT,
        "level": _MAYBE | {"description": "level the rule asks for 规则级别"},
        "points": _WHOLE,
        "warned": _FLAG | {"description": "it raised a warning, rather than hold one up 发出预警"},
        "say": _TEXT | {"description": "why, in the caller's language 原因,依请求语言"},
        "conditions": _array(condition),
    }
    judgement = _object("outcome level", {"outcome": _OUTCOME, "level": _MAYBE, "fired": _array(_TEXT)})
    return {
        "Decision": _object(
            "id outcome level_before level fired policy",
            {
                "id": _MAYBE | {"description": "d and its number in the log; null for a dry run 判定编号,试算为空"},
                "fact_id": _MAYBE,
                "account": _MAYBE | {"description": "named as the field the policy watches 账户,字段名依策略"},
                "occurred_at": _TIME,
                "recorded_at": _TIME,
                "outcome": _OUTCOME,
                "level_before": _MAYBE,
                "level": _MAYBE | {"description": "level of the account after it; null for none 其后级别"},
                "score": _WHOLE,
                "fired": _array(_object("rule", fired)),
                "restrictions": _array(ref("InForceThen")),
                "policy": _TEXT | {"description": "name, version and digest 策略名称、版本与摘要"},
                "repeated": _FLAG
                | {"description": "it was asked before; this is the first answer 重复请求,返回首次判定"},
                "dry_run": _FLAG,
            },
        ),
        "Results": _object(
            "recorded repeated refused items",
            {
                "recorded": _WHOLE,
                "repeated": _WHOLE,
                "refused": _WHOLE,
                "items": _array(ref("Result")),
            },
            "One result for each fact, in their order. 逐条结果,次序与提交一致",
        ),
        "Result": _object(
            "status",
            {
                "status": {"enum": ["recorded", "repeated", "refused"]},
                "id": _TEXT,
                "fact_id": _TEXT,
                "outcome": _OUTCOME,
                "level": _WHOLE | {"description": "rank of the account's level after it 其后账户级别的序位"},
                "problem": ref("Problem"),
            },
        ),
        "Account": _object(
            "account level",
            {
                "account": _TEXT,
                "at": _TIME,
                "level": _MAYBE,
                "since": _MAYBE | {"description": "since when it has this level 处于该级别的起始时间"},
                "policy": _TEXT,
                "signals": {"type": "object", "additionalProperties": {"type": ["number", "string", "null"]}},
                "warnings": _array(
                    _object("rule", {"rule": _TEXT, "level": _MAYBE, "raised_at": _TIME, "decision": _TEXT})
                ),
                "last_entry": _TEXT,
            },
            "Level, signals as of now, open warnings. 账户状况",
        ),
        "Warnings": _list_of(
            "warnings", _object("rule", {"id": _TEXT, "decision": _TEXT, "raised_at": _TIME, **fired, "policy": _TEXT})
        ),
        "Policies": _list_of(
            "policies",
            _object(
                "policy",
                {
                    "act": {"enum": ["activate", "shadow", "unshadow"]},
                    "policy": _TEXT,
                    "number": _WHOLE,
                    "actor": _TEXT,
                    "state": {"enum": ["champion", "shadow", "past"]},
                    "at": _TIME,
                    "entry": _WHOLE,
                },
            ),
        ),
        "Differences": _list_of(
            "differences",
            _object(
                "decision",
                {
                    "decision": _TEXT,
                    "fact_id": _MAYBE,
                    "shadow": _TEXT,
                    "policy": _TEXT,
                    "champion_said": judgement,
                    "shadow_said": judgement,
                },
            ),
        ),
        "Letters": _list_of(
            "letters",
            _object(
                "id",
                {
                    "id": _WHOLE,
                    "message": _TEXT,
                    "destination": _TEXT,
                    "type": _TEXT,
                    "attempts": _WHOLE,
                    "error": _TEXT,
                    "given_up_at": _TIME,
                },
            ),
        ),
        "Act": _OPEN | {"description": "What came of the act. 操作结果"},
        "Keys": _list_of(
            "keys",
            _object("id", {"id": _TEXT, "name": _TEXT, "scopes": _array(_TEXT), "made_at": _TIME, "ended_at": _MAYBE}),
        ),
        "NewKey": _object(
            "id key name scopes",
            {"id": _TEXT, "key": _TEXT, "name": _TEXT, "scopes": _array(_TEXT)},
        ),
        "Status": _object("status", {"status": _TEXT}),
        "Document": _OPEN,
        "Text": _TEXT,
        "Problem": _object(
            "type title status detail",
            {
                "type": _TEXT | {"format": "uri-reference"},
                "title": _TEXT,
                "status": _WHOLE,
                "detail": _TEXT | {"description": "one sentence: where, what, what to do 一句话:何处、何事、如何处理"},
                "instance": _TEXT | {"format": "uri-reference"},
                "field": _TEXT,
                "fact_id": _TEXT,
                "remedy": _TEXT,
                "problems": _array(_TEXT),
            },
            "RFC 9457",
        ),
    }

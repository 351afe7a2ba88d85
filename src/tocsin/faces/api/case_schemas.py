"""The schemas of what is answered about cases: days, persons, contacts, worklists, plans. Amounts in minor units."""

from __future__ import annotations

from tocsin.faces.api.shapes import (
    DATE,
    FLAG,
    MAYBE,
    MAYBE_DATE,
    MAYBE_TIME,
    MAYBE_WHOLE,
    OPEN,
    TEXT,
    TIME,
    WHOLE,
    Schema,
    array,
    list_of,
    obj,
)

_COUNTS: Schema = {"type": "object", "additionalProperties": WHOLE}
_REASON = obj("factor points say", {"factor": TEXT, "points": WHOLE, "say": TEXT})
_SCORE = obj("score confidence reasons", {"score": WHOLE, "confidence": WHOLE, "reasons": array(_REASON)})
_TASK = {
    "task": TEXT,
    "customer": TEXT,
    "queue": TEXT,
    "treatment": TEXT,
    "title": TEXT,
    "value": WHOLE | {"description": "what it is expected to bring 预期收益"},
    "currency": TEXT,
    "minutes": WHOLE,
    "state": {"enum": ["open", "taken", "done", "withdrawn"]},
    "actor": MAYBE,
    "at": MAYBE_TIME,
    "due_at": MAYBE_TIME,
}
_CASE = {
    "case": TEXT,
    "opened_at": TIME,
    "segment": MAYBE,
    "arms": {"type": "object", "additionalProperties": TEXT},
    "taken": array(
        obj(
            "treatment state at",
            {"treatment": TEXT, "title": TEXT, "state": {"enum": ["done", "barred", "skipped"]}, "at": MAYBE_TIME}
            | {"days_past_due": WHOLE},
        )
    ),
}
_ACCOUNT = {
    **dict.fromkeys(("account", "state", "classification"), TEXT),
    **dict.fromkeys(
        ("bucket", "days_past_due", "past_due", "minimum_due", "balance", "stage", "recovered"), WHOLE
    ),
    "credit_limit": MAYBE_WHOLE,
    "due_on": MAYBE_DATE,
    "paused": MAYBE,
    "limitation": MAYBE_TIME | {"description": "from when it may no longer be sued for 诉讼时效届满时间"},
}  # fmt: skip
_PLAN = {
    **dict.fromkeys(("plan", "kind", "status", "say", "needs"), TEXT),
    **dict.fromkeys(("total", "paid", "overdue", "approvals"), WHOLE),
    "accounts": array(TEXT),
    "next_due": MAYBE_DATE,
}
_GRANT = {
    **dict.fromkeys(("grant", "account", "incentive", "title", "gives", "occasion", "by", "reason", "say"), TEXT),
    "side": {"enum": ["reward", "penalty"]},
    "state": {"enum": ["announced", "granted", "declined", "reversed", "ended"]},
    "amount": MAYBE_WHOLE,
    "rate": MAYBE_WHOLE | {"description": "basis points a year 年化,万分之一"},
    "at": TIME,
    **dict.fromkeys(("effective_at", "until"), MAYBE_TIME),
    **dict.fromkeys(("arm", "rule"), MAYBE),
}
_DUE_DAY = {
    **dict.fromkeys(("request", "account", "state", "reason", "say"), TEXT),
    "day": WHOLE,
    "at": TIME,
}
_CYCLE = {**dict.fromkeys(("account", "occasion", "outcome", "say"), TEXT), "due_at": TIME}
_OFFER = {
    **dict.fromkeys(("kind", "say"), TEXT),
    **dict.fromkeys(("total", "interest", "rate", "months", "present_value"), WHOLE),
    "apr": WHOLE | {"description": "millionths a year 年化,百万分之一"},
    "waived": _COUNTS,
    "schedule": array(obj("due total", {"due": DATE, "total": WHOLE})),
    "authority": obj("level approvals why", {"level": TEXT, "approvals": WHOLE, "why": array(TEXT)}),
    "checks": array(
        obj("rule passed say", {"rule": TEXT, "source": TEXT, "passed": FLAG, "confirmed": FLAG, "say": TEXT})
    ),
}


def cases() -> dict[str, Schema]:
    return {
        "Day": obj(
            "date at state persons facts contacts refused tasks seconds",
            {
                "date": DATE,
                "at": TIME,
                "state": {"enum": ["begun", "closed"]},
                "already": FLAG | {"description": "it was closed before; nothing was done 此前已日终,未作处理"},
                **dict.fromkeys(("persons", "contacts", "refused", "tasks"), WHOLE),
                "facts": _COUNTS | {"description": "facts that came of it, by kind 产生的事件,按种类"},
                "seconds": {"type": "number"},
                "left": WHOLE
                | {
                    "description": "persons who are due yet and facts that are not read yet, before it is closed 日终前尚待处理的客户与事件数"
                },
            },
        ),
        "Person": _person(),
        "Incentives": obj(
            "customer grants cycles due_days",
            {
                "customer": TEXT,
                "at": TIME,
                "currency": TEXT,
                "grants": array(obj("grant state say", _GRANT)),
                "cycles": array(obj("account occasion outcome", _CYCLE)),
                "due_days": array(obj("request day state say", _DUE_DAY)),
            },
        ),
        "GrantStands": obj("grant state say", _GRANT),
        "DueDayAnswer": obj("request day state say", _DUE_DAY),
        "PlanStands": obj(
            "plan status approvals",
            {"plan": TEXT, "status": TEXT, "say": TEXT, "approvals": WHOLE, "needs": TEXT, "next_due": MAYBE_DATE},
        ),
        "ContactAnswer": obj(
            "allowed",
            {
                "allowed": FLAG,
                "attempt": MAYBE | {"description": "what its result is told of 结果回报所用编号"},
                "address": MAYBE,
                "rules": array(TEXT),
                **dict.fromkeys(("rule", "source", "sentence"), TEXT),
                "inputs": {"type": "object", "additionalProperties": TEXT},
                "next_allowed": MAYBE_TIME,
            },
        ),
        "Worklists": list_of(
            "worklists",
            obj(
                "queue tasks",
                {"queue": TEXT, "capacity": MAYBE_WHOLE, **dict.fromkeys(("tasks", "minutes", "value"), WHOLE)},
            ),
        ),
        "Worklist": list_of("tasks", obj("task customer value state", _TASK)),
        "WorklistTask": obj("task customer value state", _TASK),
        "Plans": obj(
            "customer owed offers declined plan",
            {
                "customer": TEXT,
                "accounts": array(TEXT),
                "currency": TEXT,
                "owed": WHOLE,
                "offers": array(obj("kind total schedule", _OFFER)),
                "declined": array(
                    obj("why say", {"kind": MAYBE, "why": TEXT, "say": TEXT, "surplus_needed": MAYBE_WHOLE})
                ),
                "plan": MAYBE | {"description": "the one put down as offered 已记为提供的方案"},
            },
        ),
    }


def _person() -> Schema:
    return obj(
        "customer at case accounts ability willingness",
        {
            **dict.fromkeys(("customer", "currency", "quadrant", "language"), TEXT),
            "at": TIME,
            "case": {"anyOf": [obj("case opened_at arms taken", _CASE), {"type": "null"}]},
            "cases": WHOLE,
            "days": MAYBE_WHOLE | {"description": "days past due, negative before the due date 逾期天数,到期前为负"},
            "accounts": array(obj("account state past_due", _ACCOUNT)),
            "ability": _SCORE,
            "willingness": _SCORE,
            "surplus": WHOLE,
            "sure": FLAG,
            "promises": array(
                obj("promise status", {"promise": TEXT, "status": TEXT, "amount": WHOLE, "paid": WHOLE, "until": TIME})
            ),
            "plans": array(obj("plan status", _PLAN)),
            **dict.fromkeys(("tasks", "contact_points", "stops", "opt_outs", "contacts", "next"), array(OPEN)),
            "grants": array(obj("grant state say", _GRANT)),
            "agency": MAYBE,
            "wake_at": MAYBE_TIME | {"description": "when time alone next changes something 下次仅因时间而变化的时刻"},
        },
    )

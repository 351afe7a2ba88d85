"""The schemas of what is answered about restrictions. Amounts in minor units."""

from __future__ import annotations

from typing import get_args

from tocsin.credit.restriction.terms import FACTORS
from tocsin.faces.api.shapes import (
    FLAG,
    MAYBE,
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
from tocsin.facts.measures import Kind

_KIND: Schema = {"enum": list(get_args(Kind))}
_FACTOR = obj(
    "factor title value days why",
    {
        "factor": {"enum": list(FACTORS)},
        "title": TEXT,
        "value": {"type": ["number", "string", "boolean", "null"]},
        "days": WHOLE | {"description": "its effect on the wait 对等待天数的影响"},
        "bars": FLAG | {"description": "no release while it is so 期间不得解除"},
        "ends": FLAG | {"description": "release at once 立即解除"},
        "why": TEXT,
    },
)
_ASSESSMENT = obj(
    "days barred release_at factors",
    {
        "days": WHOLE | {"description": "from when it was imposed 自管控起的天数"},
        "barred": FLAG,
        "release_at": MAYBE_TIME,
        "waits_for": array(TEXT) | {"description": "requirements without which there is no release 必须满足的要求"},
        "factors": array(_FACTOR),
    },
)
_ESTIMATE = obj(
    "earliest p50 p90 n as_of basis",
    {
        **dict.fromkeys(("earliest", "p50", "p90"), MAYBE_TIME),
        "n": WHOLE,
        "as_of": TIME,
        "basis": {"enum": ["policy", "history"]},
        "say": TEXT,
    },
)
_REQUIREMENT = obj(
    "code state needed",
    {
        "code": TEXT,
        "title": TEXT,
        "kind": {"enum": ["document", "verification", "payment", "confirmation"]},
        "state": {"enum": ["due", "pending_verification", "met", "waived", "errors"]},
        "needed": FLAG | {"description": "no release without it 解除的必要条件"},
        "due_by": MAYBE_TIME,
        "overdue": FLAG,
        "reason": MAYBE,
        "shortens_by": WHOLE | {"description": "days that meeting it now would save 现在完成可缩短的天数"},
    },
)
_STAGE = {"stage": WHOLE, "up_to": MAYBE_WHOLE, "a_day": MAYBE_WHOLE, "from": MAYBE_TIME, "reached": FLAG}
_APPEAL = {
    "appeal": TEXT,
    "state": {"enum": ["filed", "overdue", "upheld", "rejected"]},
    "filed_at": TIME,
    "reason": TEXT,
    **dict.fromkeys(("decide_by", "decided_at"), MAYBE_TIME),
    "by": MAYBE,
    "answer": MAYBE,
}
_CORE = {"order": WHOLE, "confirmed": FLAG, "attempts": WHOLE, "objection": MAYBE}


def _restriction() -> Schema:
    return obj(
        "restriction account kind title say status imposed_at by reasons allowed requirements assessment estimate",
        {
            **dict.fromkeys(("restriction", "account", "hold", "title", "say", "by", "policy"), TEXT),
            "kind": _KIND,
            "strength": {"enum": ["hard", "soft"]},
            "status": {"enum": ["active", "staged", "refused", "released", "lapsed"]},
            "imposed_at": TIME,
            "reasons": array(TEXT),
            **dict.fromkeys(("note", "level", "cause"), MAYBE),
            "risen": array(TEXT) | {"description": "levels that the account rose to since 此后升至的等级"},
            "scope": OPEN,
            "limit": MAYBE_WHOLE,
            "allowed": array(TEXT)
            | {"description": "what it does not touch: repayment always 不受影响的交易,还款始终可用"},
            "stages": array(obj("stage reached", _STAGE)),
            **dict.fromkeys(("review_at", "expires_at", "ended_at"), MAYBE_TIME),
            "requirements": array(_REQUIREMENT),
            "assessment": {"anyOf": [_ASSESSMENT, {"type": "null"}]},
            "estimate": {"anyOf": [_ESTIMATE, {"type": "null"}]},
            "four_eyes": FLAG | {"description": "two people release 须两人同意解除"},
            "reviews": array(obj("decision by at reason", {"decision": TEXT, "by": TEXT, "at": TIME, "reason": TEXT})),
            "appeals": array(obj("appeal state", _APPEAL)),
            "changes": array(
                obj("change at by reason", {"change": TEXT, "at": TIME, "by": TEXT, "reason": TEXT, "stage": WHOLE})
            ),
            "core": obj("order confirmed attempts", _CORE),
        },
    )


def restrictions() -> dict[str, Schema]:
    return {
        "RestrictionStands": _restriction(),
        "RestrictionsOfAccount": obj(
            "account restrictions", {"account": TEXT, **list_of("restrictions", _restriction())["properties"]}
        ),
        "InForceThen": obj(
            "restriction hold kind title strength stage decides",
            {
                **dict.fromkeys(("restriction", "hold", "title"), TEXT),
                "kind": _KIND,
                "strength": {"enum": ["hard", "soft"]},
                "stage": WHOLE | {"description": "of release, 0 for none 分级恢复阶段"},
                "decides": FLAG | {"description": "it had a say in the outcome 影响了本次判定"},
            },
        ),
        "Reconciliation": obj(
            "matched ordered_again unknown",
            {
                "matched": WHOLE,
                "ordered_again": array(
                    obj(
                        "restriction account why",
                        {"restriction": TEXT, "account": TEXT, "why": {"enum": ["missing", "another stage", "ended"]}},
                    )
                ),
                "unknown": array(TEXT),
            },
        ),
    }

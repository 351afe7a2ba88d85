"""Everything that can be asked. The application answers from this table, and the published document is made of it."""

from __future__ import annotations

from tocsin.faces.api import admin, cases, decisions, incentives, receipts, restrictions, service
from tocsin.faces.api.request import CLOUD, HTML, JSON, LINES, TEXT, Parameter, Route

_LIMIT = Parameter("limit", "whole", "how many at most", "最多条数", 100, 1000)
_DRY_RUN = Parameter("dry_run", "flag", "decide in the same way, store nothing", "以同样方式判定,不作记录", False)

ROUTES = (
    Route(
        "POST", "/v1/decisions", decisions.decide,
        "One fact in, a decision out, durable when it arrives",
        "提交一条事件,返回判定;返回时已持久保存",
        "Decision", "decide", (_DRY_RUN,), {JSON: "Fact", CLOUD: "CloudEvent"}, problems=(409, 422), keyed=True,
    ),
    Route(
        "GET", "/v1/decisions/{id}", decisions.decision,
        "A decision that was made", "查询已作出的判定",
        "Decision", "read", problems=(404,),
    ),
    Route(
        "POST", "/v1/facts", decisions.facts,
        "Many facts, one result for each; a bad one does not hold up the others",
        "批量提交事件,逐条返回结果;个别有误不影响其余",
        "Results", "decide", takes={LINES: "Lines", JSON: "Facts"}, batch=True,
    ),
    Route(
        "GET", "/v1/accounts/{id}", decisions.account,
        "How an account stands: level, signals, open warnings, last decisions",
        "账户状况:级别、信号、未解除的预警、最近的判定",
        "Account", "read", problems=(404,),
    ),
    Route(
        "GET", "/v1/accounts/{id}/warnings", decisions.warnings,
        "Warnings of an account, newest first", "账户的预警,由新到旧",
        "Warnings", "read", (_LIMIT,),
    ),
    Route(
        "GET", "/v1/policies", admin.policies,
        "Policies and when each was in force, newest first", "各版策略及其生效时间,由新到旧",
        "Policies", "admin", (_LIMIT,),
    ),
    Route(
        "POST", "/v1/policies", admin.policy_act,
        "Put a policy in force, beside the one in force, or aside",
        "启用策略、并行试运行或停止试运行",
        "Act", "admin", takes={JSON: "PolicyAct"}, batch=True, problems=(404, 409, 422),
    ),
    Route(
        "GET", "/v1/differences", admin.differences,
        "Where a shadow policy decided otherwise", "试运行策略的不同判定",
        "Differences", "admin",
        (
            Parameter("shadow", "whole", "number of the shadow policy; all where absent", "试运行策略的编号,不填则为全部"),
            Parameter("after", "whole", "only what came after this number of the log", "只取日志中此序号之后的", 0),
            _LIMIT,
        ),
        problems=(404,),
    ),
    Route("GET", "/v1/keys", admin.key_list, "Keys of the API", "API 密钥列表", "Keys", "admin"),
    Route(
        "POST", "/v1/keys", admin.key_made,
        "Make a key; its text is in this answer and nowhere else", "新建密钥;其内容仅在此次返回",
        "NewKey", "admin", takes={JSON: "KeyRequest"}, status=201, problems=(422,),
    ),
    Route("DELETE", "/v1/keys/{id}", admin.key_ended, "End a key", "停用密钥", "", "admin", status=204, problems=(404,)),
    Route(
        "GET", "/v1/letters", admin.letters,
        "Dead letters: messages that were given up", "死信:已放弃投递的消息",
        "Letters", "admin", (_LIMIT,),
    ),
    Route(
        "POST", "/v1/letters/{id}/revival", admin.letter_revived,
        "Send a dead letter again", "重新投递死信",
        "Act", "admin", problems=(404, 409),
    ),
    Route(
        "POST", "/v1/days", cases.day_run,
        "Run what is due at a moment, and close its business day", "执行某一时刻到期的全部事项,并可日终",
        "Day", "collect", takes={JSON: "DayRequest"}, problems=(409, 422),
    ),
    Route(
        "GET", "/v1/days/{id}", cases.day, "What became of a business day", "某营业日的处理结果",
        "Day", "collect", problems=(404, 422),
    ),
    Route(
        "GET", "/v1/people/{id}", cases.person,
        "Where a person stands over all accounts: case, ability and willingness, promises, plans, contacts, what comes next",
        "客户的全部账户状况:案件、还款能力与意愿、承诺、分期方案、联系记录、后续安排",
        "Person", "collect", problems=(404, 422),
    ),
    Route(
        "GET", "/v1/people/{id}/incentives", incentives.incentives,
        "Rewards and penalties of a person, how their statements were judged, due days asked for",
        "客户的奖励与惩罚、各期账单的认定、还款日调整申请",
        "Incentives", "collect", problems=(404, 422),
    ),
    Route(
        "POST", "/v1/grants/{id}/reversal", incentives.reversal,
        "Take a reward or a penalty back", "撤销奖励或惩罚",
        "GrantStands", "collect", takes={JSON: "GrantDecision"}, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/grants/{id}/confirmation", incentives.confirmation,
        "Confirm what a rule may not decide alone", "确认规则不得单独决定的事项",
        "GrantStands", "collect", takes={JSON: "GrantDecision"}, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/accounts/{id}/due-day", incentives.due_day,
        "Ask for another due day: granted by rule, or refused with the reason", "申请调整还款日:依规则批准,或说明理由后拒绝",
        "DueDayAnswer", "collect", takes={JSON: "DueDayRequest"}, problems=(404, 422),
    ),
    Route(
        "POST", "/v1/contacts", cases.contact,
        "Ask whether a contact may be made now; it is reserved where it may, and the rule is told where it may not",
        "询问此刻可否联系:可以则预留,不可以则说明所依规则",
        "ContactAnswer", "collect", takes={JSON: "ContactAsked"}, problems=(404, 422),
    ),
    Route(
        "GET", "/v1/worklists", cases.worklists, "Worklists and what is open in them", "任务队列及未完成任务",
        "Worklists", "collect", problems=(422,),
    ),
    Route(
        "GET", "/v1/worklists/{id}", cases.worklist,
        "Tasks of a worklist by what they are expected to bring, as many as the day has minutes for",
        "队列中的任务:依预期收益排序,以当日工时为限",
        "Worklist", "collect", (_LIMIT,), problems=(422,),
    ),
    Route(
        "POST", "/v1/tasks/{id}", cases.task,
        "A task is taken, done or withdrawn", "领取、完成或撤回任务",
        "WorklistTask", "collect", takes={JSON: "TaskRequest"}, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/plans", cases.plans,
        "The repayment plans a person can be offered now; one of them put down as offered",
        "客户此刻可获的分期还款方案;可将其一记为已提供",
        "Plans", "collect", takes={JSON: "PlanRequest"}, problems=(404, 422),
    ),
    Route(
        "POST", "/v1/plans/{id}/answers", cases.plan_answer,
        "The answer to an offered plan: the person's, or the approval or rejection of who has the authority",
        "对方案的答复:客户接受或拒绝,有权限者批准或否决",
        "PlanStands", "collect", takes={JSON: "PlanAnswered"}, problems=(404, 409, 422),
    ),
    Route(
        "GET", "/v1/accounts/{id}/restrictions", restrictions.of_account,
        "What an account may not do for a time: why, what stays allowed, what would shorten it, when it probably ends",
        "账户的管控:原因、仍可使用的功能、可缩短等待的办法、预计解除时间",
        "RestrictionsOfAccount", "read customer", problems=(422,),
    ),
    Route(
        "POST", "/v1/accounts/{id}/restrictions", restrictions.impose,
        "A person imposes a restriction, or lets something pass for a time", "人工施加管控或临时放行",
        "RestrictionStands", "restrict", takes={JSON: "RestrictionAsked"}, status=201, problems=(404, 409, 422),
    ),
    Route(
        "GET", "/v1/restrictions/{id}", restrictions.one, "A restriction as it stands now", "一项管控的现状",
        "RestrictionStands", "read customer", problems=(404, 422),
    ),
    Route(
        "POST", "/v1/restrictions/{id}/reviews", restrictions.review,
        "A person releases, keeps or refuses; at the highest levels it takes two to release",
        "人工解除、维持或拒绝;最高级别须两人同意解除",
        "RestrictionStands", "restrict", takes={JSON: "ReviewAsked"}, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/restrictions/{id}/appeals", restrictions.appeal,
        "The customer objects; a person decides in time", "客户申诉,限期由人工裁决",
        "RestrictionStands", "customer", takes={JSON: "AppealAsked"}, status=201, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/restrictions/{id}/appeal-decisions", restrictions.appeal_decided,
        "An appeal is upheld or rejected", "裁决申诉:支持或驳回",
        "RestrictionStands", "restrict", takes={JSON: "AppealDecided"}, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/restrictions/{id}/requirements", restrictions.requirement,
        "Something asked of the customer was handed in, verified, found wanting or waived",
        "待办要求的进展:已提交、已核实、有误或免除",
        "RestrictionStands", "restrict", takes={JSON: "RequirementAsked"}, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/restrictions/{id}/submissions", restrictions.submission,
        "The customer handed in what was asked; it is verified next", "客户已提交所需材料,待核实",
        "RestrictionStands", "customer", takes={JSON: "SubmissionAsked"}, problems=(404, 409, 422),
    ),
    Route(
        "POST", "/v1/restrictions/{id}/acknowledgements", restrictions.acknowledge,
        "The core system carried out an order about a restriction, or says why not",
        "核心系统回报管控指令已执行或未能执行",
        "RestrictionStands", "decide", takes={JSON: "AcknowledgementAsked"}, problems=(404, 422),
    ),
    Route(
        "POST", "/v1/reconciliations", restrictions.reconcile,
        "All restrictions that the core system has in force, held against ours; what differs is ordered again",
        "核心系统在效管控对账;不一致的重新下达",
        "Reconciliation", "decide", takes={JSON: "ReconciliationAsked"}, batch=True, problems=(422,),
    ),
    Route(
        "POST", "/v1/receipts", receipts.receipt,
        "What became of a message to a person, told and signed by its provider; the same may be told again",
        "由服务商签名回报:发给客户的消息结果如何;可重复回报",
        takes={JSON: "ReceiptBody"}, status=204, problems=(401, 422, 503), signed=True,
    ),
    Route("GET", "/healthz", service.alive, "Whether the process lives", "进程是否存活", "Status"),
    Route("GET", "/readyz", service.ready, "Whether it can decide now", "是否可以处理请求", "Status", problems=(503,)),
    Route("GET", "/metrics", service.metrics, "Figures for Prometheus", "Prometheus 指标", "Text", type=TEXT),
    Route("GET", "/openapi.json", service.described, "This description", "本接口说明", "Document"),
    Route("GET", "/", service.page, "A page for people", "说明页", "Text", type=HTML),
)  # fmt: skip


def problems(route: Route) -> list[int]:
    """The statuses of the problems a route may answer with."""
    found = {406, 500, *route.problems}
    if route.path != "/":
        found |= {400}
    if route.needs:
        found |= {401, 403, 429, 503}
    if route.takes:
        found |= {408, 413, 415}
    return sorted(found)

"""What is wrong in the section `incentives` of a policy, and what cannot be done about a grant."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "incentives need the laws and terms of a section 'collection'": "'incentives' 须有 'collection' 部分的法规与条款",
    "add 'collection:'": "请添加 'collection:'",
    "'{name}' is both a reward and a penalty": "'{name}' 既是奖励又是惩罚",
    "give each a name of its own": "请分别命名",
    "the first due day lies behind the last": "最早还款日晚于最晚还款日",
    "write 'first: 1' and 'last: 28'": "请写成如 'first: 1' 与 'last: 28'",
    "'{gives}' has no '{key}'": "'{gives}' 没有 '{key}'",
    "'{gives}' needs '{key}'": "'{gives}' 须有 '{key}'",
    "'{gives}' comes into force only once the person was told": "'{gives}' 须在告知本人后方可生效",
    "add 'tell:'": "请添加 'tell:'",
    "a brace stands alone": "花括号不成对",
    "write a placeholder as '{name}'": "请将占位符写成如 '{name}'",
    "unknown incentive '{name}'": "未知的奖惩 '{name}'",
    "a budget is money or a count, '{name}' has not one of them": "预算须为金额或数量之一,'{name}' 不是",
    "write 'money: 5000.00'": "请写成如 'money: 5000.00'",
    "write 'count: 100'": "请写成如 'count: 100'",
    "'{gives}' is no amount of money": "'{gives}' 不是金额",
    "this grant is {state} already": "此项已处于 {state} 状态",
    "it cannot be taken back": "不能撤销",
    "this grant does not await a person": "此项无须人工决定",
    "only what a rule may not decide alone is confirmed": "仅规则不得单独决定的事项须确认",
    "the person is protected ({flag})": "客户受保护({flag})",
    "take the grant back": "请撤销此项",
    "there is no such account": "没有此账户",
    "there is no such grant": "没有此奖惩记录",
    "GET /v1/people/{{id}}/incentives lists those of a person": "可用 GET /v1/people/{{id}}/incentives 查看客户的奖惩",
    "`tocsin incentive list` lists those of a person": "可用 `tocsin incentive list` 查看客户的奖惩",
}

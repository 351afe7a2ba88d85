"""What is wrong with what was asked of collections on the live desk."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # days
    "the policy in force has no collections": "现行策略没有催收部分",
    "activate a policy with a section 'collection'": "请启用含有 'collection' 部分的策略",
    "close a day once it is there": "请在该日到来之后再日终",
    "the log stands at {at} already": "日志已记录至 {at}",
    "give a later moment, or none for now": "请给出更晚的时刻,或不填以取现在",
    "a business day is being run": "正在处理一个营业日",
    "ask again once it is done": "请在完成后再试",
    "nothing was run on this day": "该日没有处理过任何事项",
    "write it as 2026-01-31; a day is known once it was begun": "请写作 2026-01-31;处理开始后才有记录",
    "{text} is not a moment": "{text} 不是时刻",
    "write it as 2026-01-31T20:00:00+08:00": "请写作 2026-01-31T20:00:00+08:00",
    # persons
    "nothing is known of this person": "没有关于此人的记录",
    "check the id": "请检查编号",
    "check the id; a person is known from their first fact": "请检查编号;自首个事件起才有记录",
    "the books are behind the log": "台账尚未跟上日志",
    "there is no purpose {text}": "没有目的 {text}",
    "there is no such task": "没有此任务",
    "GET /v1/worklists lists the worklists": "GET /v1/worklists 列出各任务队列",
    "this task is over": "此任务已结束",
    "take another one": "请领取另一任务",
    "no such attempt is known": "没有此联系记录",
    "send the id of the message it is about": "请给出所涉消息的编号",
    "nothing of this person is late": "此人没有逾期款项",
    "plans are for what is late": "分期方案只针对逾期款项",
    "no plan of this kind is offered": "没有可提供的此类方案",
    "ask without 'offer' for those that are": "不带 'offer' 询问可得全部方案",
    "its first instalment is due before it could be accepted": "首期还款日早于可接受的期限",
    "offer another one": "请提供另一方案",
    "Tocsin gives ids like this to its own facts": "此类编号为警钟自身事件所用",
    "give the fact an id of your own": "请为事件使用自己的编号",
    # the audit
    "the book of {person} is not what the log says": "{person} 的台账与日志不符",
    "the book of {person} is missing": "缺少 {person} 的台账",
    "an entry cannot be read; the books were not compared": "有一条记录无法读取;台账未作比对",
    # answers to plans
    "no such plan was offered to this person": "未向该客户提供过此方案",
    "GET /v1/people lists their plans": "GET /v1/people 列出其方案",
    "this plan is {status}": "该方案状态为 {status}",
    "the same person approved it before": "同一人已批准过",
    "ask somebody else to approve it too": "请另一人也予以批准",
    "only Tocsin tells of this": "此类事件只由 Tocsin 记录",
    "ask at POST /v1/contacts or /v1/plans; a contact made elsewhere is a contact_result": "请通过 POST /v1/contacts 或 /v1/plans 提出;在别处完成的联系请记为 contact_result",
    "an approval is no fact from outside": "批准不能作为外部事件提交",
    "POST /v1/plans/{id}/answers, with a key that has the authority": "请使用有权限的密钥调用 POST /v1/plans/{id}/answers",
}

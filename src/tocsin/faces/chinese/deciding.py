"""What the live service tells of facts, policies and itself."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # facts that cannot be counted
    "another fact has the id {id}": "已有另一事件使用编号 {id}",
    "give each fact an id of its own": "请为每个事件使用各自的编号",
    "this idempotency key was used for the fact {id}": "此幂等键已用于事件 {id}",
    "use a new key for each fact": "请为每个事件使用新的键",
    "send history with its recorded_at, oldest first and before any live fact, or raise 'lateness' in the policy": "历史事件请带上 recorded_at,按由旧到新的顺序、在任何实时事件之前发送;或在策略中调大 'lateness'",
    "not a JSON array ({why})": "不是 JSON 数组({why})",
    "send a list of facts, or NDJSON": "请发送事件列表,或 NDJSON",
    # policies
    "the policy could not be made ready": "策略未能准备就绪",
    "see the log": "请查看日志",
    "no such policy runs as a shadow": "没有这样的策略在影子运行",
    "none does": "目前没有影子策略",
    "the journal watches each {one:w}, this policy each {other:w}": "此日志按 {one} 监测,此策略按 {other} 监测",
    "begin another journal for it": "请为它另建一个日志",
    "no policy is in force in this journal": "此日志中尚无生效的策略",
    "name one with --policy": "请用 --policy 指定",
    "the file {name} is not among those given": "所给文件中没有 {name}",
    "send it too": "请一并发送",
    "there is no policy with the number {number}": "没有编号为 {number} 的策略",
    "list them": "请先列出查看",
    # the service
    "the service is stopping": "服务正在停止",
    "it is starting": "服务正在启动",
    "it is stopping": "服务正在停止",
    "no policy is in force": "尚无生效的策略",
    "its first policy is being made ready": "正在准备首个策略",
    "it could not start; its log says why": "服务未能启动;原因见日志",
    "try again": "请重试",
    "a fault in Tocsin kept this from being recorded": "警钟出现故障,未能记录",
    "try again; its log says more": "请重试;日志中有详情",
    "try again in a moment": "请稍后重试",
}

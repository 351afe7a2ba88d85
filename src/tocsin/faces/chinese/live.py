"""What the command line of the live service tells: where it is asked, keys and letters, the audit."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # where the service or the journal is
    "there is no journal here": "此处没有日志库",
    "see 'journal' and TOCSIN_DATABASE_URL": "请检查 'journal' 与 'TOCSIN_DATABASE_URL'",
    "activate one first": "请先启用一个策略",
    "this is no address of a service": "这不是服务的地址",
    "set it to a key of the service": "请设为该服务的密钥",
    "no Tocsin answers here ({why})": "此处没有 Tocsin 应答({why})",
    "start it with `tocsin serve`, or name it with --server": "请用 `tocsin serve` 启动,或用 --server 指定",
    "what answers here is not Tocsin (status {status})": "此处应答的不是 Tocsin(状态 {status})",
    "name the service with --server": "请用 --server 指定服务",
    # policies
    "no policy runs as a shadow": "没有策略在影子运行",
    "start one with `tocsin policy shadow`, or give its number": "请用 `tocsin policy shadow` 启动,或给出编号",
    "policy {number} never ran as a shadow": "策略 {number} 从未影子运行",
    # keys and letters
    "there is no scope {text}": "没有权限 {text}",
    "the name is empty or too long": "名称为空或过长",
    "write 1 to 128 characters": "请写1至128个字符",
    "this names no letter, or too many": "没有指明死信,或指明过多",
    "give an id, or --all": "请给出编号,或 --all",
    # facts
    "what was recorded stays; run it again to go on": "已记录的事件保留;重新运行即可继续",
    # the audit
    "{text} is no head of a log": "{text} 不是日志末端的写法",
    "write it as `verify` printed it: the number, a colon and 64 digits": "请照 `verify` 所示书写:序号、冒号与64位十六进制数",
    "the log ends before entry {n}, which was noted as its head": "日志在第 {n} 条之前结束,而该条曾被记为末端",
    "entry {n} is not the one that was noted as the head": "第 {n} 条不是当时记为末端的那一条",
    "entry {n}: {name} is {stored}, the replay comes to {again}": "第 {n} 条:'{name}' 所存为 {stored},重放得到 {again}",
    "entry {n}: the table '{name}' does not say what came of it": "第 {n} 条:表 '{name}' 与其结果不符",
    "entry {n}: the message {message} is not what came of it": "第 {n} 条:消息 {message} 与其结果不符",
    "entry {n} cannot be read; nothing behind it was compared": "第 {n} 条无法读取;其后各条未作比对",
    "entry {n} is missing": "缺少第 {n} 条",
    "entries {n} to {m} are missing": "缺少第 {n} 至 {m} 条",
    "policy {number} is not the one that was put in force": "策略 {number} 与当时启用的不一致",
    "the snapshot at entry {n} is ahead of the log": "第 {n} 条处的快照超出日志末端",
    "the snapshot at entry {n} is not the state there": "第 {n} 条处的快照与该处状态不符",
}

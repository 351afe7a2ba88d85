"""What is wrong with a rehearsal of collections. `{slot}` stands for what only a run knows."""

from __future__ import annotations

SENTENCES = {
    "unknown profile '{name}'": "未知的法域 '{name}'",
    "a bank of {count} accounts": "{count}个账户的银行",
    "give from 1 to {most}": "请填1至{most}",
    "this folder is not empty": "该文件夹不为空",
    "name another one with --out": "请用 --out 另行指定",
    "a service of your own needs its sandbox, its clock, its policy and both keys": "自备的服务须有其沙箱、时钟文件、策略与两个密钥",
    "give --sandbox, --clock and --policy, and set TOCSIN_API_KEY and {token:w}": "请给出 --sandbox、--clock 与 --policy,并设置 TOCSIN_API_KEY 与 {token}",
    "a process of the rehearsal did not start": "演练的一个进程没有启动",
    "its log is in the folder of the rehearsal": "其运行日志在演练的文件夹中",
    "the service is not ready": "服务尚未就绪",
    "receipts are not taken": "回执未被接收",
    "messages do not leave": "消息没有发出",
    "look into the logs of the rehearsal": "请查看演练的运行日志",
    "{path} answered {status}: {said}": "{path} 返回 {status}:{said}",
}

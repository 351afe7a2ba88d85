"""tocsin sandbox: a provider of messages that reaches nobody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from tocsin.faces.cli import console
from tocsin.values.problem import Problem, Refused

if TYPE_CHECKING:
    from tocsin.faces.sandbox.receipts import Receipts

TOKEN = "TOCSIN_SANDBOX_TOKEN"  # noqa: S105 the name of a variable
_LISTENS = {"en": "The sandbox listens on http://{}:{}", "zh": "沙箱正在监听 http://{}:{}"}


def sandbox(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; 0 for any that is free. 端口,0 为任一空闲端口。")
    ] = 8085,
    host: Annotated[str, typer.Option(help="Address to listen on. 监听地址。")] = "127.0.0.1",
    receipts_to: Annotated[
        str | None,
        typer.Option(help="Where receipts go, as http://127.0.0.1:8000/v1/receipts. 回执发往的地址。"),
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(help="Variable that holds the secret receipts are signed with. 存放回执签名密钥的环境变量。"),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="File to which every message is added, as NDJSON. 以 NDJSON 保存每条消息的文件。"),
    ] = None,
    manual: Annotated[
        bool,
        typer.Option(
            "--manual", help="No receipts but those that POST /outcomes asks for. 仅按 POST /outcomes 发送回执。"
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Decides which calls are answered. 随机种子,决定哪些电话接通。")] = 1,
) -> None:
    """A provider that reaches nobody: it takes calls, messages and letters, lists them and sends receipts. Its token is in
    TOCSIN_SANDBOX_TOKEN. What becomes of a message depends on the last four digits of its address: 0001 refused,
    0002 undeliverable, 0003 no answer, 0004 taken at the third try, 0005 no receipt, 0006 a reply.
    不联系任何人的服务商沙箱:接收电话、消息与信函,可列出,并发送回执。令牌取自 TOCSIN_SANDBOX_TOKEN。
    结果取决于地址的末四位:0001 拒收,0002 无法送达,0003 无人接听,0004 第三次才接收,0005 没有回执,0006 有回复。
    """
    from tocsin.desk import logs
    from tocsin.desk.ledger import clock
    from tocsin.faces.api.serve import Server, bound
    from tocsin.faces.sandbox.app import Sandbox
    from tocsin.faces.sandbox.shelf import Shelf

    logs.configure()
    token = os.environ.get(TOKEN)
    if not token:
        raise Refused(Problem("the sandbox has no token", TOKEN, "set it to any text, and give Tocsin the same"))
    receipts = _receipts(receipts_to, secret, clock)
    listening = bound(host, port)
    print(_LISTENS[console.language()].format(*listening.getsockname()[:2]), flush=True)
    with _kept(keep) as file:
        app = Sandbox(token, clock, shelf=Shelf(file), receipts=receipts, manual=manual, seed=seed)
        Server(app, app.start, app.stop).hold(listening)


def _receipts(to: str | None, secret: str | None, clock: Callable[[], int]) -> Receipts | None:
    """Where receipts go, checked. Refused where only half of it is said, or it cannot be used."""
    from tocsin.desk.settings_values import Mistake, signs, webhook_address
    from tocsin.faces.sandbox.receipts import Receipts
    from tocsin.links.webhooks import Endpoint

    if to is None and secret is None:
        return None
    if to is None or secret is None:
        where = "--secret" if secret is None else "--receipts-to"
        raise Refused(Problem("receipts need an address and a secret", where, "give both, or neither"))
    problems = []
    checks = {"--receipts-to": partial(webhook_address, to), "--secret": partial(signs, secret, os.environ)}
    for option, check in checks.items():
        try:
            check()
        except Mistake as mistake:
            problems.append(Problem(mistake.what, option, mistake.remedy))
    if problems:
        raise Refused(*problems)
    return Receipts(Endpoint(to, (os.environ[secret],)), clock)


@contextmanager
def _kept(path: Path | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
        return
    with path.open("ab") as file:
        yield file

"""tocsin serve: the live service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin.faces.chinese import told
from tocsin.faces.cli import console

_WORDS = {
    "key": {
        "en": "First API key, shown only now (header X-API-Key): {}",
        "zh": "首个 API 密钥,仅显示这一次(请求头 X-API-Key):{}",
    },
    "listens": {"en": "Tocsin listens on http://{}:{}", "zh": "警钟正在监听 http://{}:{}"},
}


def _say(key: str, *values: object) -> str:
    return _WORDS[key][console.language()].format(*values)


def serve(
    policy: Annotated[
        Path | None, typer.Option(help="Policy to begin with, for a new journal. 新日志启用的首个策略。")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            help="Settings; tocsin.yaml of this folder if there is one. 设置文件,默认为当前目录的 tocsin.yaml。"
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 for any that is free. 端口,0 为任一空闲端口。")
    ] = None,
) -> None:
    """Serve decisions over HTTP until stopped. 以 HTTP 提供实时决策,直至停止。"""
    from tocsin.desk import logs
    from tocsin.desk.service import Service
    from tocsin.desk.settings import load
    from tocsin.desk.versions import files
    from tocsin.faces.api.app import App
    from tocsin.faces.api.live import Desk
    from tocsin.faces.api.serve import Server, bound

    logs.configure()
    given = load(settings, os.environ)
    listening = bound(given.listen.host, given.listen.port if port is None else port)
    service = Service(given, console.kernels(), None if policy is None else files(policy), told)
    key = service.first_key()
    if key is not None:
        print(_say("key", key), flush=True)
    host, number = listening.getsockname()[:2]
    print(_say("listens", host, number), flush=True)
    desk = Desk(
        service.live,
        service.reading,
        service.keys,
        service.figures,
        given.limits.decision_bytes,
        given.limits.batch_bytes,
        service.receipts,
        service.rounds,
        service.enquiries,
        service.restraining,
    )
    Server(App(desk), service.start, service.stop).hold(listening)

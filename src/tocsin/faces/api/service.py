"""Whether the service is well, what it counts, and what it says about itself."""

from __future__ import annotations

from tocsin.faces.api.live import Desk
from tocsin.faces.api.problems import WAIT, Denied
from tocsin.faces.api.request import HTML, TEXT, Reply, Request, reply


async def alive(desk: Desk, request: Request) -> Reply:
    return reply({"status": "alive"})


async def ready(desk: Desk, request: Request) -> Reply:
    awake(desk)
    return reply({"status": "ready"})


def awake(desk: Desk) -> None:
    """Denied where the service cannot answer now."""
    if not desk.live.ready:
        headers = [(b"retry-after", b"%d" % WAIT)]
        raise Denied(503, desk.live.why_not or "Tocsin is starting", "ask again in a moment", headers=headers)


async def described(desk: Desk, request: Request) -> Reply:
    from tocsin.faces.api.openapi import written

    return Reply(written())


async def page(desk: Desk, request: Request) -> Reply:
    from tocsin.faces.api.page import html

    return Reply(html(request.language), type=HTML)


async def metrics(desk: Desk, request: Request) -> Reply:
    return Reply(desk.meter.text(), type=TEXT)

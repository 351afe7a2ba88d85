"""Receipts of providers: what became of messages to persons. The signature says who tells it; no key is needed."""

from __future__ import annotations

from tocsin.desk.faults import Fault
from tocsin.faces.api.live import Desk
from tocsin.faces.api.problems import Denied
from tocsin.faces.api.request import SIGNED, Reply, Request
from tocsin.faces.api.service import awake

_CHALLENGE = [(b"www-authenticate", b'Signature realm="tocsin"')]


async def receipt(desk: Desk, request: Request) -> Reply:
    awake(desk)
    headers = {name: request.headers.get(name.encode(), b"").decode("latin-1") for name in SIGNED}
    try:
        await desk.receipt(request.body, headers)
    except Fault as fault:
        if fault.status != 401:
            raise
        raise Denied(401, fault.reason, fault.remedy, field=fault.field, headers=_CHALLENGE) from None
    return Reply(b"", 204)

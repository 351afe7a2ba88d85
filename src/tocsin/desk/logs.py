"""Log lines: one JSON object each, on standard error, without personal data.

A line names requests, routes, entries of the log (`seq`), hashes of fact ids, keys and durations. It never
holds a body, an account, a customer or the text of an exception, which may quote one.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, TextIO

import structlog

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered; it stands in every line written meanwhile."""

log = structlog.get_logger("tocsin")


def configure(stream: TextIO | None = None) -> None:
    """Send every line, those of the libraries too, to a stream, standard error if none is given."""
    last: list[Any] = [structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[structlog.processors.add_log_level, _request, *last],
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.root.handlers = [_Library()]
    logging.root.setLevel(logging.WARNING)


def place(error: BaseException) -> str:
    """What went wrong and where in the source, without the text of the exception."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {where}"


class _Library(logging.Handler):
    """A library's line: its template without what was filled in."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            fields["fault"] = place(record.exc_info[1])
        told = log.error if record.levelno >= logging.ERROR else log.warning
        told(str(record.msg).strip(), **fields)


def _request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request = REQUEST.get()
    if request:
        event.setdefault("request", request)
    return event

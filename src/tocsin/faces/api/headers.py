"""Request headers read as far as an answer depends on them. Clients send the same few again and again."""

from __future__ import annotations

import itertools
import secrets
from functools import lru_cache

LONGEST = 1024
"""No header that is read here needs more characters; a longer one is taken as if it were not there."""
_PUNCTUATION = b"-_.:"


class RequestIds:
    """Ids of requests: the caller's where it is sane, else one of ours."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(4).encode()
        self._numbers = itertools.count(1)

    def of(self, given: bytes | None) -> bytes:
        if given is not None and len(given) <= 64 and given.translate(None, _PUNCTUATION).isalnum():
            return given
        return b"%s-%x" % (self._prefix, next(self._numbers))


@lru_cache(512)
def language(accept_language: bytes) -> str:
    """`zh` or `en`, whichever the caller would rather read (RFC 9110, 12.5.4)."""
    best, answer = 0.0, "en"
    for tag, weight in _weighted(accept_language):
        primary = tag.partition("-")[0]
        if primary in ("en", "zh", "*") and weight > best:
            best, answer = weight, "zh" if primary == "zh" else "en"
    return answer


@lru_cache(512)
def accepts(accept: bytes, offered: str) -> bool:
    """Whether the caller takes this media type (RFC 9110, 12.5.1): the most specific range that fits decides."""
    ranges = _weighted(accept)
    for wanted in (offered, offered.partition("/")[0] + "/*", "*/*"):
        weights = [weight for kind, weight in ranges if kind == wanted]
        if weights:
            return max(weights) > 0
    return not ranges


@lru_cache(512)
def media_type(content_type: bytes) -> str:
    """The media type of a body in small letters; empty where its text is said not to be UTF-8."""
    kind, *parameters = content_type[:LONGEST].decode("latin-1").lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8", "us-ascii"):
            return ""
    return kind.strip()


def _weighted(value: bytes) -> list[tuple[str, float]]:
    """The items of a header with their weights; what is no weight counts as none."""
    items = []
    if len(value) <= LONGEST:
        for item in value.decode("latin-1").lower().split(","):
            name, *parameters = (part.strip() for part in item.split(";"))
            weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
            if name:
                items.append((name, _weight(weights[0]) if weights else 1.0))
    return items


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0

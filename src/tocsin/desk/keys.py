"""Keys of the API: how they are made, known again, and kept from asking too often.

A key is `tk_<id>_<random>`. Only its SHA-256 is kept: with 256 random bits there is nothing that a slow
hash could make harder to guess.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable
from hmac import compare_digest

SCOPES = ("decide", "read", "collect", "restrict", "admin")
"""What a key may do: send facts and ask for decisions; look at accounts; work on cases and close days; impose, review and
release restrictions; administer."""
LONGEST = 128
_NOBODY = bytes(32)
_AUTHORITY = re.compile(r"approve:[a-z][a-z0-9_]{0,62}")


def is_scope(word: str) -> bool:
    """Whether it is a scope: one of SCOPES, or `approve:` and a level of authority that plans name."""
    return word in SCOPES or _AUTHORITY.fullmatch(word) is not None


def levels(scopes: Iterable[str]) -> frozenset[str]:
    """The levels of authority that scopes give."""
    return frozenset(one.removeprefix("approve:") for one in scopes if _AUTHORITY.fullmatch(one))


def made() -> tuple[str, str, str]:
    """A new key: its id, its text, which is shown once, and its hash in hexadecimal, which is kept."""
    name = secrets.token_hex(6)
    text = f"tk_{name}_{secrets.token_urlsafe(32)}"
    return name, text, hashlib.sha256(text.encode()).hexdigest()


class Key:
    """One key, and its bucket: `rate` requests a second, twice as many at once."""

    __slots__ = ("_at", "_tokens", "digest", "id", "name", "rate", "scopes")

    def __init__(self, id: str, name: str, hash: str, scopes: Iterable[str], rate: float) -> None:
        self.id, self.name, self.digest, self.scopes = id, name, bytes.fromhex(hash), frozenset(scopes)
        self.rate = rate
        self._tokens, self._at = 2 * rate, time.monotonic()

    def wait(self) -> float:
        """Count one request. Seconds until it may be made, 0 where it may be made now."""
        now = time.monotonic()
        tokens = min(2 * self.rate, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if tokens < 1:
            self._tokens = tokens
            return (1 - tokens) / self.rate
        self._tokens = tokens - 1
        return 0.0


class Keys:
    """The keys in force, by id."""

    def __init__(self, rate: float) -> None:
        """`rate`: requests a second that one key may make."""
        self.rate = rate
        self._keys: dict[bytes, Key] = {}

    def add(self, id: str, name: str, hash: str, scopes: Iterable[str]) -> None:
        self._keys.setdefault(id.encode(), Key(id, name, hash, scopes, self.rate))

    def end(self, id: str) -> bool:
        """Whether there was one to end."""
        return self._keys.pop(id.encode(), None) is not None

    def known(self, text: bytes) -> Key | None:
        """The key with this text. Takes as long for a wrong one as for a right one."""
        if len(text) > LONGEST:
            return None
        _, _, rest = text.partition(b"_")
        key = self._keys.get(rest.partition(b"_")[0])
        same = compare_digest(hashlib.sha256(text).digest(), _NOBODY if key is None else key.digest)
        return key if same else None

    def holds(self, id: str) -> bool:
        return id.encode() in self._keys

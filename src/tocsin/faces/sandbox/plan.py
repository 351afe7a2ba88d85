"""What becomes of a message in the sandbox: by how its address ends, else by its channel, always the same for the same id."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from tocsin.links.contact import CALLS, Contact

REACHED = 0.4
"""So many calls of a hundred percent are answered."""
ENDINGS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Refused with 422; undeliverable; no answer; 500 twice, then as others; no receipt ever; as others, then a reply."""
_ENDING = re.compile(r"(\d{4})\D*$")


class Course(NamedTuple):
    """`faults`: so many answers 500 first. `receipts`: (status, text), in their order."""

    refused: bool = False
    faults: int = 0
    receipts: tuple[tuple[str, str], ...] = ()


def course(given: Contact, seed: int) -> Course:
    """The ending that counts is the last four digits of the number, of the part before @, or of the address."""
    found = _ENDING.search(given.to.partition("@")[0])
    ending = found[1] if found else ""
    usual = (_usual(given, seed), "")
    match ending:
        case "0001":
            return Course(refused=True)
        case "0002":
            return Course(receipts=(("undeliverable", ""),))
        case "0003":
            return Course(receipts=(("no_answer", ""),))
        case "0004":
            return Course(faults=2, receipts=(usual,))
        case "0005":
            return Course()
        case "0006":
            return Course(receipts=(usual, ("reply", {"zh": "请不要再联系我", "en": "Please stop"}[given.language])))
    return Course(receipts=(usual,))


def _usual(given: Contact, seed: int) -> str:
    if given.channel in CALLS:
        drawn = int.from_bytes(sha256(f"{seed}:{given.id}".encode()).digest()[:8], "big") / 2**64
        return "conversation" if drawn < REACHED else "no_answer"
    return "left_message" if given.channel == "voicemail" else "delivered"

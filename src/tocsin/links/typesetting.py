"""Text broken into lines: Chinese between any two characters but those its rules bind, Latin words and numbers whole.

GB/T 15834-2011, 5.1: what closes stands at no beginning of a line, what opens at no end of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CLOSES = ",。、;:?!…—)》」』】〕”’%‰℃·,.;:?!)]}"
_OPENS = "(《「『【〔“‘([{¥¥$€£"
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff01-\uffee\U00020000-\U0003ffff"
_PIECE = re.compile(rf"[{re.escape(_OPENS)}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{re.escape(_CLOSES)}]*|\s+|.")
"""What stays together: a character or a word, with what opens before it and closes behind it."""


def lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """A paragraph in lines no wider than `width`; a word that is wider is cut."""
    found, line = [], ""
    for piece in _PIECE.findall(text):
        if measure((line + piece).rstrip()) <= width:
            line += piece if line or not piece.isspace() else ""
            continue
        if line.strip():
            found.append(line.rstrip())
        line = "" if piece.isspace() else piece
        while measure(line) > width and len(line) > 1:
            cut = max((n for n in range(1, len(line)) if measure(line[:n]) <= width), default=1)
            found.append(line[:cut])
            line = line[cut:]
    return [*found, line.rstrip()] if line.strip() or not found else found

"""The font of letters: one with Chinese and Latin characters, found on the machine, embedded in every letter.

Where there is none, Latin letters are set in Bitstream Vera, which comes with reportlab and is embedded, and others in
STSong-Light, which every PDF reader knows by name and draws with a Chinese font of its own machine, if it has one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from tocsin.links.embedding import OutlineFont
from tocsin.links.outlines import Outlines

FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
    "/Library/Fonts", "/System/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
FILES = (
    "NotoSerifCJK-Regular.ttc", "NotoSerifCJKsc-Regular.otf", "NotoSerifSC-Regular.otf", "SourceHanSerifSC-Regular.otf",
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf",
    "uming.ttc", "simsun.ttc", "wqy-zenhei.ttc", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf",
)  # fmt: skip
"""The first of these that is there: serifs before others, as letters have them."""
_LATIN, _UNEMBEDDED = "Vera", "STSong-Light"


def chosen(text: str, given: Path | None = None) -> str:
    """Name of the font for a text, ready to be used. `given` comes first. ValueError where it cannot be read."""
    path = given or found()
    if path is not None:
        return _registered(path)
    if covers(_latin(), text):
        return _LATIN
    pdfmetrics.registerFont(UnicodeCIDFont(_UNEMBEDDED))
    return _UNEMBEDDED


@cache
def found(folders: Iterable[str] = FOLDERS) -> Path | None:
    """A font of this machine that has Chinese characters."""
    there = {
        path.name: path
        for folder in reversed(tuple(folders))
        for path in sorted(Path(folder).expanduser().rglob("*"))
        if path.name in FILES
    }
    return next((there[name] for name in FILES if name in there), None)


def covers(font: Any, text: str) -> bool:
    """Whether a TrueType font has every character of a text."""
    return all(ord(one) in font.face.charToGlyph for one in text if one != "\n")


@cache
def _latin() -> Any:
    font = TTFont(_LATIN, "Vera.ttf")
    pdfmetrics.registerFont(font)
    return font


@cache
def _registered(path: Path) -> str:
    """The font of a file under a name of its own: with CFF outlines, else with TrueType's."""
    name = f"Letter-{path.stem}"
    try:
        try:
            pdfmetrics.registerFont(OutlineFont(name, Outlines(path)))
        except ValueError:
            pdfmetrics.registerFont(TTFont(name, str(path)))
    except (TTFError, OSError, KeyError, IndexError, ArithmeticError) as error:
        raise ValueError(f"the font cannot be read ({type(error).__name__})") from None
    return name

"""The font of letters: one with Chinese and Latin characters, found on the machine, embedded in every letter.

reportlab embeds TrueType outlines alone; Noto CJK and its like have cubic ones (CFF). So a letter gets a small TrueType
font of its own, made of the characters that it shows, with curves within a thousandth of the em of the font's.

Where there is none, Latin letters are set in Bitstream Vera, which comes with reportlab and is embedded, and others in
STSong-Light, which every PDF reader knows by name and draws with a Chinese font of its own machine, if it has one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.filterPen import DecomposingFilterPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, TTLibError
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

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
_EMBEDDED, _LATIN, _UNEMBEDDED = "Letter", "Vera", "STSong-Light"
_ASCII = "".join(map(chr, range(32, 127)))
_BROKEN = (TTLibError, ttfonts.TTFError, OSError, LookupError, ArithmeticError, AssertionError, struct.error)
"""What reading a file that is no sound font may come to."""


def chosen(text: str, given: Path | None = None) -> str:
    """Name of the font for a text, ready to be used. `given` comes first. ValueError where it cannot be used."""
    path = given or found()
    if path is not None:
        try:
            font = _Font(_EMBEDDED, BytesIO(opened(path).made(text)))
        except _BROKEN as error:
            raise ValueError(f"the font cannot be read ({type(error).__name__})") from None
        font.unregister()  # that of the letter before, which has the same names
        pdfmetrics.registerFont(font)
        return _EMBEDDED
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
    font = ttfonts.TTFont(_LATIN, "Vera.ttf")
    pdfmetrics.registerFont(font)
    return font


@cache
def opened(path: Path) -> Source:
    return Source(path)


class Source:
    """A font of a file, in a collection that of simplified Chinese. What was drawn once is kept."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            collected = file.read(4) == b"ttcf"
        fonts = TTCollection(path, lazy=True).fonts if collected else [TTFont(path, lazy=True)]
        self.font = next((one for one in fonts if " SC" in (one["name"].getDebugName(4) or "")), fonts[0])
        if self.font["OS/2"].fsType & 0x302:
            raise ValueError("the licence of the font does not let it be embedded")
        self.names = self.font.getBestCmap()
        if self.names is None:
            raise ValueError("the font has no table of characters")
        self.outlines = self.font.getGlyphSet()
        self.drawn: dict[str, Any] = {}

    def made(self, text: str) -> bytes:
        """A TrueType font with the characters of a text and of ASCII: always the same bytes for the same ones."""
        names = {code: self.names[code] for code in sorted(map(ord, {*text, *_ASCII})) if code in self.names}
        order = list(dict.fromkeys([self.font.getGlyphName(0), *names.values()]))
        glyphs = {name: self._glyph(name) for name in order}
        head, across, metrics = self.font["head"], self.font["hhea"], self.font["OS/2"]
        builder = FontBuilder(head.unitsPerEm)
        builder.updateHead(created=head.created, modified=head.modified)
        builder.setupGlyphOrder(order)
        builder.setupCharacterMap(names)
        builder.setupGlyf(glyphs)
        builder.setupHorizontalMetrics({name: (round(self.outlines[name].width), glyphs[name].xMin) for name in order})
        builder.setupHorizontalHeader(ascent=across.ascent, descent=across.descent)
        builder.setupNameTable({"psName": self.font["name"].getDebugName(6) or _EMBEDDED})
        builder.setupOS2(
            sTypoAscender=metrics.sTypoAscender, sTypoDescender=metrics.sTypoDescender, fsType=metrics.fsType,
            sCapHeight=getattr(metrics, "sCapHeight", across.ascent), usWeightClass=metrics.usWeightClass,
        )  # fmt: skip
        builder.setupPost(keepGlyphNames=False)
        out = BytesIO()
        builder.save(out)
        return out.getvalue()

    def _glyph(self, name: str) -> Any:
        """Cubic curves as quadratic ones, composed glyphs as one outline."""
        if name not in self.drawn:
            pen = TTGlyphPen(None)
            cubic = "glyf" not in self.font
            curves = Cu2QuPen(pen, max_err=self.font["head"].unitsPerEm / 1000, reverse_direction=cubic)
            self.outlines[name].draw(DecomposingFilterPen(curves, self.outlines))
            self.drawn[name] = pen.glyph()
        return self.drawn[name]


class _Font(ttfonts.TTFont):  # type: ignore[misc]
    """One whose rare characters can be copied: reportlab writes those beyond U+FFFF by number, where UTF-16 is due."""

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        for key, one in doc.idToObject.items():
            if key.startswith("toUnicodeCMap:"):
                one.content = re.sub(r"(?<= <)[0-9A-F]{5,6}(?=>)", _utf16, one.content)


def _utf16(number: re.Match[str]) -> str:
    return chr(int(number[0], 16)).encode("utf-16-be").hex()

"""Fonts with CFF outlines as fonts of reportlab, which knows none, embedded with the glyphs that a document uses.

PDF 1.7, 9.7.4 (CIDFonts) and 9.10.3 (how glyphs are read as text again).
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from reportlab.pdfbase import pdfdoc

from tocsin.links.outlines import Outlines


class OutlineFont:
    """Outlines as a font of reportlab; register it under its `fontName`. Characters are written as numbers of glyphs."""

    _multiByte = _dynamicFont = 1
    shapable = False

    def __init__(self, name: str, outlines: Outlines) -> None:
        self.fontName, self.face = name, outlines
        self.used: WeakKeyDictionary[Any, dict[int, int]] = WeakKeyDictionary()

    def stringWidth(self, text: str, size: float, encoding: str = "utf-8") -> float:
        face = self.face
        return sum(face.width(face.glyphs.get(ord(one), 0)) for one in text) * size / 1000

    def splitString(self, text: str, doc: Any, encoding: str = "utf-8") -> list[tuple[int, bytes]]:
        used = self.used.setdefault(doc, {})
        glyphs = [self.face.glyphs.get(ord(one), 0) for one in text]
        used.update(zip(glyphs, map(ord, text), strict=True))
        return [(0, b"".join(self.face.cff.numbers[glyph].to_bytes(2, "big") for glyph in glyphs))]

    def getSubsetInternalName(self, subset: int, doc: Any) -> str:
        if self.fontName not in doc.fontMapping:
            doc.fontMapping[self.fontName] = f"/F{len(doc.fontMapping) + 1}"
            doc.delayedFonts.append(self)
        return str(doc.fontMapping[self.fontName])

    def addObjects(self, doc: Any) -> None:
        """The font, its descriptor, its outlines, and how to read its glyphs as text."""
        used, face = self.used.pop(doc, {}), self.face
        name, inner = f"/TOCSIN+{self.fontName}", doc.fontMapping[self.fontName][1:]
        rows = [f"<{face.cff.numbers[glyph]:04x}> <{_utf16(code)}>" for glyph, code in sorted(used.items())]
        widths = [one for glyph in sorted(used) for one in (face.cff.numbers[glyph], [round(face.width(glyph), 2)])]
        outlines = doc.Reference(_stream(face.cff.subset(set(used)), {"Subtype": "/CIDFontType0C"}))
        descriptor = _dict(
            Type="/FontDescriptor", FontName=name, Flags=4, FontBBox=pdfdoc.PDFArray(face.box), ItalicAngle=0,
            Ascent=face.ascent, Descent=face.descent, CapHeight=face.ascent, StemV=80, FontFile3=outlines,
        )  # fmt: skip
        system = _dict(Registry=pdfdoc.PDFString("Adobe"), Ordering=pdfdoc.PDFString("Identity"), Supplement=0)
        glyphs = _dict(
            Type="/Font", Subtype="/CIDFontType0", BaseFont=name, CIDSystemInfo=system, DW=1000,
            W=pdfdoc.PDFArray([pdfdoc.PDFArray(one) if isinstance(one, list) else one for one in widths]),
            FontDescriptor=doc.Reference(descriptor),
        )  # fmt: skip
        font = _dict(
            Type="/Font", Subtype="/Type0", BaseFont=f"{name}-Identity-H", Encoding="/Identity-H", Name=f"/{inner}",
            DescendantFonts=pdfdoc.PDFArray([doc.Reference(glyphs)]),
            ToUnicode=doc.Reference(_stream(_readable(rows).encode(), {})),
        )  # fmt: skip
        doc.Reference(font, inner)
        doc.idToObject["BasicFonts"].dict[inner] = font


def _dict(**entries: Any) -> Any:
    return pdfdoc.PDFDictionary(
        {name: pdfdoc.PDFName(one[1:]) if isinstance(one, str) else one for name, one in entries.items()}
    )


def _stream(content: bytes, entries: dict[str, str]) -> Any:
    return pdfdoc.PDFStream(_dict(**entries), content, [pdfdoc.PDFZCompress])


def _utf16(code: int) -> str:
    return chr(code).encode("utf-16-be").hex()


def _readable(rows: list[str]) -> str:
    """A ToUnicode CMap (PDF 1.7, 9.10.3), at most a hundred rows in each block."""
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <0000> <ffff> endcodespacerange",
            *("\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"]) for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    )

"""OpenType fonts with CFF outlines: Noto CJK, Source Han and their like, cut down to the glyphs of a text.

OpenType 1.9 (cmap, head, hhea, hmtx, name).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tocsin.links.cff import Cff, whole


class Outlines:
    """One font of a file. ValueError where it has no CFF outlines. `wanted`: part of its name, in a collection."""

    def __init__(self, path: Path, wanted: str = " SC") -> None:
        self.data = path.read_bytes()
        starts = [0]
        if self.data[:4] == b"ttcf":
            count = whole(self.data, 8, 4)
            starts = list(struct.unpack_from(f">{count}I", self.data, 12))
        named = [(start, self._name(self._tables(start))) for start in starts]
        start, self.name = next((one for one in named if wanted in one[1]), named[0])
        tables = self._tables(start)
        if "CFF " not in tables:
            raise ValueError(f"{path.name} has no CFF outlines")
        head, hhea = tables["head"][0], tables["hhea"][0]
        self.scale = 1000 / whole(self.data, head + 18, 2)
        self.box = [round(one * self.scale) for one in struct.unpack_from(">4h", self.data, head + 36)]
        self.ascent, self.descent = (round(one * self.scale) for one in struct.unpack_from(">2h", self.data, hhea + 4))
        self.glyphs = dict(self._cmap(tables["cmap"][0]))
        wide = whole(self.data, hhea + 34, 2)
        self.widths = struct.unpack_from(f">{'H2x' * wide}", self.data, tables["hmtx"][0])
        at, size = tables["CFF "]
        self.cff = Cff(self.data[at : at + size])
        del self.data

    def width(self, glyph: int) -> float:
        """In thousandths of the size."""
        return float(self.widths[min(glyph, len(self.widths) - 1)] * self.scale)

    # -- the file ------------------------------------------------------------------------------------------------------

    def _tables(self, start: int) -> dict[str, tuple[int, int]]:
        rows = struct.iter_unpack(">4s3I", self.data[start + 12 : start + 12 + 16 * whole(self.data, start + 4, 2)])
        return {tag.decode("latin-1"): (at, size) for tag, _, at, size in rows}

    def _name(self, tables: dict[str, tuple[int, int]]) -> str:
        """Its full name (4), as Windows reads it."""
        at = tables["name"][0]
        count, texts = struct.unpack_from(">2H", self.data, at + 2)
        for platform, _, _, id, size, where in struct.iter_unpack(">6H", self.data[at + 6 : at + 6 + 12 * count]):
            if platform == 3 and id == 4:
                return self.data[at + texts + where : at + texts + where + size].decode("utf-16-be")
        return ""

    def _cmap(self, at: int) -> Iterator[tuple[int, int]]:
        """Character to glyph, by the table of all of Unicode (format 12)."""
        count = whole(self.data, at + 2, 2)
        for platform, encoding, where in struct.iter_unpack(">2HI", self.data[at + 4 : at + 4 + 8 * count]):
            if (platform, encoding) in ((3, 10), (0, 4), (0, 6)) and whole(self.data, at + where, 2) == 12:
                groups = whole(self.data, at + where + 12, 4)
                table = self.data[at + where + 16 : at + where + 16 + 12 * groups]
                for first, last, glyph in struct.iter_unpack(">3I", table):
                    yield from zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True)
                return
        raise ValueError("the font has no table of all characters")

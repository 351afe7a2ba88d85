"""Letters as PDF: what they say can be read again, Chinese and English, and no rule of setting is broken."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tocsin.links import fonts, post
from tocsin.links.contact import Contact
from tocsin.links.post import Letterhead
from tocsin.links.typesetting import lines

HEAD = Letterhead(
    {"zh": ["示例银行", "示例市示例路1号", "电话 010-0000 0000"], "en": ["Example Bank", "1 Example Road", "service@example.com"]},
    {"zh": "示例银行贷后管理部", "en": "Example Bank, Customer Assistance"},
)  # fmt: skip
ZH = Contact(
    id="at-1", timestamp="2026-11-22T17:30:00Z", channel="letter", to="示例市样本路8弄6号\n200000", name="张样本",
    subject="个性化分期还款协议", text="尊敬的张样本:\n\n您的欠款为人民币¥12,345.67元。𠮷姓、㐂字也能印出。See page 2.",
    table=(("期次", "到期日", "金额"), ("1", "2027-01-05", "¥1,012.50"), ("2", "2027-02-05", "¥1,012.50")),
)  # fmt: skip
EN = Contact(
    id="at-2", timestamp="2026-11-22T09:30:00Z", channel="letter", to="8 Sample Lane\nSpecimen", name="Ms Zhang (张样本)",
    language="en", subject="Your plan", text="Dear Ms Zhang,\n\nWe’d like to agree a plan — “as equals”.",
    table=(("No.", "Due on", "Amount"), ("1", "5 January 2027", "CNY 1,012.50")),
)  # fmt: skip
embedded = pytest.mark.skipif(fonts.found() is None, reason="no Chinese font on this machine")


def read(pdf: bytes) -> list[str]:
    """The text of each page, piece by piece as it was drawn: glyphs by the CMaps that readers use to copy text."""
    objects = dict(re.findall(rb"^(\d+) 0 obj\s(.*?)\sendobj", pdf, re.S | re.M))
    cmaps = {
        font: {
            int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in re.findall(rb"<(\w\w)> <(\w+)>", packed(objects[cmap]).partition(b"beginbfchar")[2])
        }
        for one in objects.values()
        for font, cmap in re.findall(rb"/Name (/F\S+) .*/ToUnicode (\d+) 0 R", one, re.S)
    }
    pages = []
    for number in re.findall(rb"/Contents (\d+) 0 R", pdf):
        pieces: list[str] = []
        font = b""
        for begun, named, text in re.findall(
            rb"(BT) |(/F\S+) \S+ Tf|\((.*?)(?<!\\)(?:\\\\)*\) Tj", packed(objects[number]), re.S
        ):
            font = named or font
            if begun:
                pieces.append("")
            elif text and font in cmaps:
                pieces[-1] += "".join(cmaps[font][code] for code in unescaped(text))
            elif text:  # a font that readers bring along, by its name alone
                pieces[-1] += unescaped(text).decode("utf-16-be")
        pages.append(" | ".join(pieces))
    return pages


def packed(stream: bytes) -> bytes:
    """The content of a stream."""
    head, _, found = stream.removesuffix(b"endstream").partition(b"stream\n")
    return zlib.decompress(base64.a85decode(found.strip().removesuffix(b"~>")) if b"ASCII85" in head else found)


def unescaped(text: bytes) -> bytes:
    """A literal string of PDF (1.7, 7.3.4.2)."""
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(match: re.Match[bytes]) -> bytes:
        found = match[1]
        return bytes([int(found, 8)]) if found.isdigit() else plain.get(found, found)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, text, flags=re.S)


@embedded
@pytest.mark.parametrize(
    ("contact", "said"),
    [
        (ZH, ["示例银行", "张样本", "示例市样本路8弄6号", "2026年11月23日", "编号:at-1", "个性化分期还款协议", "尊敬的张样本:",
              "𠮷姓、㐂字也能印出", "¥1,012.50", "示例银行贷后管理部", "第 1 页,共 1 页"]),
        (EN, ["Example Bank", "Ms Zhang (张样本)", "22 November 2026", "Our reference: at-2", "We'd like to agree a plan",
              "5 January 2027", "CNY 1,012.50", "Customer Assistance", "Page 1 of 1"]),
    ],
)  # fmt: skip
def test_a_letter_can_be_read_again_and_is_always_the_same(contact: Contact, said: list[str]) -> None:
    pdf = post.pdf(HEAD, contact)
    (page,) = read(pdf)
    assert [text for text in said if text not in page.replace(" | ", "") and text not in page] == []
    assert post.pdf(HEAD, contact) == pdf and b"/FontFile2" in pdf
    assert len(pdf) < 100_000


@embedded
def test_a_long_letter_repeats_the_titles_and_numbers_its_pages() -> None:
    rows = [(str(n), f"2027-{n % 12 + 1:02d}-05", f"¥{n},000.00") for n in range(1, 61)]
    pages = read(post.pdf(HEAD, structs.replace(ZH, table=(ZH.table[0], *rows))))
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert f"第 {number} 页,共 3 页" in page and page.count("到期日") == (1 if "¥" in page else 0)
    drawn = [cell for page in pages for cell in page.split(" | ") if cell.startswith("¥")]
    assert drawn == [row[2] for row in rows]


@embedded
def test_the_font_of_a_letter_has_its_characters_and_no_others_drawn_as_they_were() -> None:
    path = fonts.found()
    assert path is not None
    source = fonts.Source(path)
    content = source.made("中文中Latin𠮷")
    font = TTFont(BytesIO(content))
    names = font.getBestCmap()
    assert "".join(map(chr, names)) == "".join(map(chr, range(32, 127))) + "中文𠮷"
    assert font["maxp"].numGlyphs == len(names) + 1 and font["head"].modified == source.font["head"].modified
    for code, name in names.items():
        boxes = []
        for outlines, glyph in ((source.outlines, source.names[code]), (font.getGlyphSet(), name)):
            outlines[glyph].draw(pen := BoundsPen(outlines))
            boxes.append((*(pen.bounds or ()), outlines[glyph].width))
        assert boxes[1] == pytest.approx(boxes[0], abs=2 * font["head"].unitsPerEm / 1000)
    source.made("別的字")
    assert source.made("𠮷Latin文中") == content == fonts.Source(path).made("中文Latin𠮷")


def test_a_font_with_curves_of_its_own_will_do(tmp_path: Path) -> None:
    vera = Path(fonts._latin().face.filename)
    contact = structs.replace(EN, name="Ms Müller", to="8 Sample Lane")
    pdf = post.pdf(replace(HEAD, font=vera), contact)
    assert "Ms Müller" in read(pdf)[0] and pdf == post.pdf(replace(HEAD, font=vera), contact)
    font = TTFont(vera)
    font["OS/2"].fsType = 2
    font.save(tmp_path / "restricted.ttf")
    with pytest.raises(ValueError, match="the licence of the font does not let it be embedded"):
        fonts.chosen("x", tmp_path / "restricted.ttf")


def test_without_a_font_letters_are_still_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert fonts.found((str(tmp_path),)) is None
    monkeypatch.setattr(fonts, "found", lambda: None)
    assert fonts.chosen("Straße, 5 €") == "Vera" and fonts.chosen("分期") == "STSong-Light"
    for contact in (ZH, EN):
        pdf = post.pdf(HEAD, contact)
        assert pdf == post.pdf(HEAD, contact) and pdf.startswith(b"%PDF") and b"STSong-Light" in pdf
    with pytest.raises(ValueError, match="the font cannot be read"):
        bad = tmp_path / "bad.ttf"
        bad.write_bytes(b"not a font")
        fonts.chosen("x", bad)


TEXTS = st.text(st.sampled_from("您的分期,。、!《》()“”¥,.:;() aB9-1"), max_size=80)


@given(TEXTS, st.integers(6, 30))
@settings(max_examples=300, deadline=None)
def test_lines_keep_every_character_and_the_rules(text: str, width: int) -> None:
    found = lines(text, width, len)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(len(line) <= width for line in found)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("应还金额¥1,234.56元", 8, ["应还金额", "¥1,234.5", "6元"]),
        ("应还金额¥1,234.56元", 10, ["应还金额", "¥1,234.56元"]),
        ("您好,我们愿意协商。", 9, ["您好,我们愿意协", "商。"]),
        ("依据《办法》第七十条", 3, ["依据", "《办", "法》第", "七十条"]),
        ("a long word stays whole", 10, ["a long", "word stays", "whole"]),
        ("", 10, [""]),
    ],
)
def test_where_lines_break(text: str, width: int, expected: list[str]) -> None:
    assert lines(text, width, len) == expected

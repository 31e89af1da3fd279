"""Which files beside a pack are kept, by their content, and what a mail says of them."""

from __future__ import annotations

import pytest
from intake_books import zipped

from collab_xl.intake.evidence_kinds import CONTENT, ENCRYPTED, LARGE, MAX_EVIDENCE, OK, OTHER, RUNS, is_decoration, judged, words_near

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
DOCX = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "data", "verdict"),
    [
        ("a.pdf", b"%PDF-1.7", OK),
        ("A.PDF ", b"%PDF-1.4", OK),
        ("a.jpg", b"\xff\xd8\xff\xe1", OK),
        ("a.heic", b"\0\0\0\x18ftypheic", OK),
        ("a.webp", b"RIFF\0\0\0\0WEBP", OK),
        ("a.docx", zipped(DOCX), OK),
        ("a.ofd", zipped({"OFD.xml": "<x/>"}), OK),
        ("a.doc", OLE, OK),
        ("a.txt", "说明".encode("gb18030"), OK),
        ("a.pdf", b"", OTHER),
        ("a.ics", b"BEGIN:VCALENDAR", OTHER),
        ("a.dwg", b"AC1027", OTHER),
        ("no ending", b"%PDF-1.7", OTHER),
        ("a.pdf", b"<html>", CONTENT),
        ("a.docx", OLE, CONTENT),  # with a password: nobody can look at it
        ("a.docx", b"PK\x03\x04 torn", CONTENT),
        ("a.txt", b"\0\1\2", CONTENT),
        ("a.exe", b"anything", RUNS),
        ("a.pdf.exe", b"MZ", RUNS),
        ("a.pdf", b"MZ\x90\0", RUNS),
        ("a.jpg", b"\x7fELF", RUNS),
        ("a.txt", b"#!/bin/sh", RUNS),
        ("a.docm", zipped(DOCX), RUNS),
        ("a.docx", zipped({**DOCX, "word/vbaProject.bin": b"x"}), RUNS),
        ("a.pptx", zipped({**DOCX, "ppt/embeddings/oleObject1.bin": b"x"}), RUNS),
        ("a.docx", zipped({**DOCX, "word/media/run.exe": b"x"}), RUNS),
        ("a.doc", OLE + "_VBA_PROJECT".encode("utf-16-le"), RUNS),
        ("a.svg", b"<svg/>", RUNS),
        ("a.html", b"<html>", RUNS),
        ("a.rtf", b"{\\rtf1", RUNS),
        ("a.lnk", b"L\0\0\0", RUNS),
        ("a.pdf", b"%PDF" + bytes(MAX_EVIDENCE), LARGE),
        ("a.pdf", b"%TSD-Header-###%" + bytes(100), ENCRYPTED),
    ],
)
def test_a_file_is_judged_by_ending_and_content(name: str, data: bytes, verdict: str) -> None:
    assert judged(name, data) == verdict


def test_small_pictures_are_part_of_a_signature() -> None:
    assert is_decoration("logo.png", PNG + bytes(40_000), inline=True)
    assert is_decoration("icon.gif", b"GIF89a" + bytes(900), inline=False)
    assert is_decoration("ATT00001.htm", b"<p></p>", inline=False)
    assert not is_decoration("photo.png", PNG + bytes(40_000), inline=False)
    assert not is_decoration("screen.png", PNG + bytes(200_000), inline=True)
    assert not is_decoration("a.pdf", b"%PDF", inline=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("附件：XZ-1 报告.pdf、XZ-2 现场.jpg", {"near": "附件：XZ-1 报告.pdf", "line": "附件：XZ-1 报告.pdf、XZ-2 现场.jpg"}),
        ("XZ-1 的材料：\n报告.pdf", {"near": "报告.pdf", "line": "报告.pdf", "before": "XZ-1 的材料："}),
        ("XZ-1\n\n报告.pdf", {"near": "报告.pdf", "line": "报告.pdf"}),
        ("ＸＺ-1　报告．ＰＤＦ", {"near": "ＸＺ-1　报告．ＰＤＦ", "line": "ＸＺ-1　报告．ＰＤＦ"}),
        ("RW-1 滞后了", {}),
        ("", {}),
    ],
)
def test_a_mail_says_what_stands_near_the_name(text: str, found: dict[str, str]) -> None:
    assert words_near(("报告.pdf",), text) == found


def test_the_name_of_the_archive_counts_too() -> None:
    assert words_near(("材料.zip", "现场/a.jpg"), "材料.zip 是 XZ-1 的")["near"] == "材料.zip 是 XZ-1 的"


def test_a_long_text_takes_no_time() -> None:
    assert words_near(("报告.pdf",), "、" * 300_000 + "\n" * 300_000 + "报告.pdf") == {}

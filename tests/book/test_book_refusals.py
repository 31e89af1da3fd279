"""Files that are not workbooks, damaged or malicious: each gives a code and a message, never a traceback or a crash."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_books import edit_parts, master, simple
from written import TASKS, edits

from collab_xl.book.csv_file import read_csv
from collab_xl.book.package import Package
from collab_xl.book.read import read_book
from collab_xl.book.write_plan import write_plan
from collab_xl.catalogue import LANGS, error_text
from collab_xl.errors import REFUSED, CollabError

SHEET1, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"


def refused(action: Callable[[], object]) -> str:
    """The code of the error; its message is complete in both languages."""
    with pytest.raises(CollabError) as error:
        action()
    assert error.value.exit_code == REFUSED
    for lang in LANGS:
        assert all(text and "{" not in text for text in error_text(error.value, lang)), error.value.facts
    return error.value.code


def outcome(action: Callable[[], object]) -> str:
    """The message of the error, its code first; empty if there was none."""
    try:
        action()
    except CollabError as error:
        return " ".join((error.code, *error_text(error, "zh")))
    return ""


def read_all(path: Path) -> None:
    book = read_book(path)
    for sheet in book.sheets:
        book.snapshot(sheet)


def code_of(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "文件.xlsx"
    path.write_bytes(data)
    return refused(lambda: read_all(path))


OLE = bytes.fromhex("D0CF11E0A1B11AE1")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello", "not_a_workbook"),
        ("任务,状态".encode("gb18030"), "not_a_workbook"),
        (b"%PDF-1.7", "not_a_workbook"),
        (b"<html><table>", "not_a_workbook"),
        (OLE + bytes(600), "old_xls"),
        (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted_workbook"),
        (b"PK\3\4" + bytes(100), "damaged_workbook"),
        (b"PK\5\6" + bytes(18), "not_a_workbook"),
    ],
)
def test_files_that_are_no_workbooks(tmp_path: Path, data: bytes, code: str):
    assert code_of(tmp_path, data) == code


def test_a_missing_file_and_a_folder(tmp_path: Path):
    assert refused(lambda: read_book(tmp_path / "没有.xlsx")) == "file_missing"
    assert refused(lambda: read_book(tmp_path)) == "is_a_folder"


def test_a_zip_and_a_document_that_are_no_workbook(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.txt", "x")
    assert refused(lambda: read_book(path)) == "not_a_workbook"
    document = master(tmp_path / "b.xlsx")
    edit_parts(document, lambda p: p.update({BOOK: b"<document/>"}))
    assert refused(lambda: read_book(document)) == "not_a_workbook"


def test_a_file_cut_anywhere_is_damaged(tmp_path: Path):
    whole = master(tmp_path / "m.xlsx").read_bytes()
    codes = {code_of(tmp_path, whole[: len(whole) * n // 20]) for n in range(1, 20)}
    assert codes == {"damaged_workbook"}


def flipped(data: bytes, name: str, offset: int) -> bytes:
    """Change one byte of a part's compressed data."""
    with zipfile.ZipFile(__import__("io").BytesIO(data)) as book:
        info = book.getinfo(name)
    start = info.header_offset + 30 + sum(struct.unpack_from("<2H", data, info.header_offset + 26)) + offset
    return data[:start] + bytes([data[start] ^ 0x55]) + data[start + 1 :]


@pytest.mark.parametrize("part", [SHEET1, BOOK, "xl/tables/table1.xml", "xl/styles.xml"])
def test_a_broken_part(tmp_path: Path, part: str):
    assert code_of(tmp_path, flipped(master(tmp_path / "m.xlsx").read_bytes(), part, 40)) == "damaged_workbook"


@pytest.mark.parametrize("part", [SHEET1, BOOK, "xl/tables/table1.xml"])
@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_part_whose_xml_stops(tmp_path: Path, part: str, cut: float):
    path = edit_parts(master(tmp_path / "m.xlsx"), lambda p: p.update({part: p[part][: int(len(p[part]) * cut)]}))
    assert refused(lambda: read_all(path)) == "damaged_workbook"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("part", [SHEET1, BOOK, "xl/tables/table1.xml", "xl/_rels/workbook.xml.rels"])
def test_a_doctype_is_refused_in_every_encoding(tmp_path: Path, part: str, encoding: str):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'

    def change(parts: dict[str, bytes]) -> None:
        text = re.sub(r"^<\?xml[^>]*\?>", "", parts[part].decode())
        parts[part] = (f'<?xml version="1.0" encoding="{encoding}"?>' + bomb + text).encode(encoding)

    path = edit_parts(master(tmp_path / "m.xlsx"), change)
    assert refused(lambda: read_all(path)) == "unsafe_xml"


@pytest.mark.parametrize("before", ["x" * 10_000, "<worksheet>", "a --> <!-- b"], ids=["long", "like a root", "two"])
def test_a_doctype_behind_a_comment(tmp_path: Path, before: str):
    comment = f"<!-- {before} -->".encode()

    def change(parts: dict[str, bytes]) -> None:
        head, _, rest = parts[SHEET1].partition(b"?>")
        parts[SHEET1] = head + b"?>" + comment + b'<!DOCTYPE x [<!ENTITY a "b">]>' + rest

    assert refused(lambda: read_all(edit_parts(master(tmp_path / "m.xlsx"), change))) == "unsafe_xml"


def test_two_parts_with_one_name(tmp_path: Path):
    for second in ("xl/workbook.xml", "XL/Workbook.XML", "xl\\workbook.xml"):
        path = master(tmp_path / "m.xlsx")
        with zipfile.ZipFile(path, "a") as book:
            book.writestr(second, b"<x/>")
        assert refused(lambda path=path: read_book(path)) == "unsafe_zip"


def test_entries_that_overlap(tmp_path: Path):
    """As in a zip quine: two entries share the same bytes of the file."""
    data = bytearray(simple(tmp_path / "o.xlsx", {"A1": 1}).read_bytes())
    first, second = (m.start() for m in list(re.finditer(b"PK\1\2", bytes(data)))[3:5])
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert code_of(tmp_path, bytes(data)) in {"unsafe_zip", "damaged_workbook"}


def test_a_zip_that_expands_without_end(tmp_path: Path):
    data = bytearray(simple(tmp_path / "o.xlsx", {"A1": 1}).read_bytes())
    for found in list(re.finditer(b"PK\1\2", bytes(data)))[:3]:
        data[found.start() + 24 : found.start() + 28] = struct.pack("<L", 0xF0000000)
    assert code_of(tmp_path, bytes(data)) == "too_large"


def test_a_sheet_with_two_cells_in_opposite_corners(tmp_path: Path):
    """A file of 2 KB that makes calamine allocate 17 billion cells and abort the process."""

    def far(parts: dict[str, bytes]) -> None:
        parts[SHEET1] = re.sub(
            rb"<sheetData>.*</sheetData>",
            b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
            parts[SHEET1],
        )

    path = edit_parts(simple(tmp_path / "s.xlsx", {"A1": 1}, "表"), far)
    assert refused(lambda: read_all(path)) == "sheet_too_large"


@pytest.mark.parametrize("how", ["no places", "other order", "prefixed", "out of order", "two letters"])
def test_the_same_trick_in_disguise(tmp_path: Path, how: str):
    cells = {
        "no places": b'<row><c r="A1"><v>1</v></c></row><row r="1048576"><c><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>',
        "other order": b'<row r="1"><c t="n" r="A1"><v>1</v></c></row><row r="1048576"><c t="n" r="XFD1048576"><v>1</v></c></row>',
        "prefixed": b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "out of order": b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        "two letters": b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="ZZ1048576"><v>1</v></c></row>',
    }[how]

    def far(parts: dict[str, bytes]) -> None:
        xml = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData>" + cells + b"</sheetData>", parts[SHEET1])
        if how == "prefixed":
            xml = xml.replace(b" xmlns=", b" xmlns:q=", 1)
            xml = re.sub(rb"<(/?)([A-Za-z]\w*)(?=[\s/>])", rb"<\1q:\2", xml)
        parts[SHEET1] = xml

    path = edit_parts(simple(tmp_path / "s.xlsx", {"A1": 1}, "表"), far)
    assert refused(lambda: read_all(path)) == "sheet_too_large"


@pytest.mark.parametrize("kind", [b"", b' s="0"', b' t="s"', b' t="str"', b' t="inlineStr"', b' t="b"', b' t="e"', b' t="n"'])
def test_a_cell_far_away_that_holds_nothing_does_no_harm(tmp_path: Path, kind: bytes):
    """Somebody gave a colour to one cell at the far end of the sheet."""
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"' + kind + b"/></row>"

    def far(parts: dict[str, bytes]) -> None:
        parts[SHEET1] = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData>" + cells + b"</sheetData>", parts[SHEET1])

    path = edit_parts(simple(tmp_path / "s.xlsx", {"A1": 1}, "表"), far)
    assert read_book(path.read_bytes(), "s.xlsx").snapshot("表").cells == [[1]]


@pytest.mark.parametrize("bad", [b"A0", b"XFE1", b"A1048577", b"AAAA1", b"1A", b"a1", b""])
def test_a_cell_outside_of_any_sheet(tmp_path: Path, bad: bytes):
    path = edit_parts(
        simple(tmp_path / "s.xlsx", {"A1": 1}, "表"), lambda p: p.update({SHEET1: p[SHEET1].replace(b'<c r="A1"', b'<c r="' + bad + b'"')})
    )
    assert outcome(lambda: read_all(path)).split(" ")[0] in {"", "damaged_workbook", "sheet_too_large"}


def test_a_macro_sheet_workbook_and_a_binary_one(tmp_path: Path):
    binary = edit_parts(
        master(tmp_path / "m.xlsx"),
        lambda p: (
            p.update({"_rels/.rels": p["_rels/.rels"].replace(b"workbook.xml", b"workbook.bin"), "xl/workbook.bin": b"x"}),
            None,
        )[1],
    )
    assert refused(lambda: read_book(binary)) == "binary_workbook"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_damage_never_escapes(tmp_path: Path, data: st.DataObject):
    """Random bytes of the sheet, workbook or table XML are changed: the file is read or refused, without any other error."""
    path = tmp_path / "r.xlsx"
    master(path, rows=3)
    part = data.draw(
        st.sampled_from([SHEET1, BOOK, "xl/tables/table1.xml", "xl/styles.xml", "xl/sharedStrings.xml", "[Content_Types].xml"])
    )

    def change(parts: dict[str, bytes]) -> None:
        xml = bytearray(parts[part])
        for _ in range(data.draw(st.integers(1, 4))):
            xml[data.draw(st.integers(0, len(xml) - 1))] = data.draw(st.sampled_from(b'<>"/ =&0A:\x00\xff'))
        parts[part] = bytes(xml)

    edit_parts(path, change)
    for action in (lambda: read_all(path), lambda: write_plan(path, tmp_path / "out.xlsx", edits(TASKS, ("B5", "任务 1", "x")))):
        assert "{" not in outcome(action)


def test_a_csv_that_is_none(tmp_path: Path):
    assert refused(lambda: read_csv(b"\x00\x01\x02\xff" * 50, "a.csv")) == "csv_unreadable"
    assert refused(lambda: read_csv(b"\x81\xff\xff\x81", "a.csv")) == "csv_unreadable"


def test_a_csv_whose_letters_became_question_marks_is_refused_with_the_reason():
    lost = "????,???,??????\r\n??????,??,2026-11-03\r\n????(??),??,2026-11-04\r\n"
    assert refused(lambda: read_csv(lost.encode(), "a.csv")) == "csv_letters_lost"
    assert refused(lambda: read_csv("名称,人\r\n��,���\r\n��,���\r\n".encode(), "a.csv")) == "csv_letters_lost"
    kept = "任务名称,负责人\r\n合同怎么签？？,??\r\n联调,张伟\r\nwhat??,李娜\r\n评审,李娜\r\n"
    assert read_csv(kept.encode(), "a.csv").snapshot("a").value(2, 2) == "??"


@pytest.mark.parametrize("declared", [-1, 1, 1000])
def test_a_part_that_is_longer_or_shorter_than_it_says_is_damaged(declared: int) -> None:
    content = b"<x/>" * 500
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.xml", content)
    data, size = target.getvalue(), len(content).to_bytes(4, "little")
    assert Package(data).read("x.xml") == content
    wrong = data.replace(size, (len(content) + declared).to_bytes(4, "little"))
    assert wrong != data
    with pytest.raises(CollabError, match="damaged_workbook"):
        Package(wrong).read("x.xml")


def test_a_part_whose_bits_were_turned_is_damaged() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.xml", bytes(range(256)) * 40)
    data = bytearray(target.getvalue())
    data[60] ^= 1
    with pytest.raises(CollabError, match="damaged_workbook"):
        Package(bytes(data)).read("x.xml")

"""Trackers in .xls, .xlsb and .ods are read by import; what such a format cannot tell is said."""

from __future__ import annotations

import io
import shutil
import struct
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from workbooks import workbook_at

from collab_xl.book.ods_parts import marks_of_ods
from collab_xl.book.other_formats import ODS, XLS, XLSB, other_format, read_other
from collab_xl.book.xls_errors import errors_of_xls
from collab_xl.errors import CollabError
from collab_xl.intake.package import scan, scan_other
from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.report import Report

DAY = date(2026, 11, 20)
FORMATS = Path(__file__).parent.parent / "cases" / "formats"
"""tracker.xls and tracker.ods: LibreOffice 7. short_cells.xlsb: SheetJS 0.18.5. All three of the same rows."""
BIG = b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="float" office:value="1"'


ERRORS = {"#DIV/0!": 0x07, "#REF!": 0x17, "#N/A": 0x2A}
"""Words of errors and their numbers in .xlsb."""


def record(kind: int, body: bytes = b"") -> bytes:
    """A record of .xlsb: kind and length in groups of seven bits."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, out = len(body), b""
    while size > 127:
        out, size = out + bytes([size & 0x7F | 0x80]), size >> 7
    return head + out + bytes([size]) + body


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(name: str, rows: Sequence[Sequence[object]], merged: Sequence[tuple[int, int, int, int]] = ()) -> bytes:
    """The least that an .xlsb has: numbers, texts and errors, no styles. `merged`: first and last row, first and last column, from 0."""
    sheet = record(129) + record(148, struct.pack("<4I", 0, len(rows) - 1, 0, 9)) + record(145)
    for r, row in enumerate(rows):
        sheet += record(0, struct.pack("<II", r, 0) + b"\x2c\x01\0\0" + struct.pack("<I", 0) + b"\0")
        for c, value in enumerate(row):
            at = struct.pack("<II", c, 0)
            if isinstance(value, str) and value not in ERRORS:
                sheet += record(6, at + wide(value))
            elif value in ERRORS:
                sheet += record(3 if c % 2 else 11, at + bytes([ERRORS[value]]) + (b"" if c % 2 else b"\0\0" + bytes(8)))
            elif isinstance(value, (int, float)):
                sheet += record(5, at + struct.pack("<d", value))
    sheet += record(146) + b"".join(record(176, struct.pack("<4I", *area)) for area in merged) + record(130)
    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide(name)) + record(144) + record(132)
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def links(target: str, kind: str) -> str:
        return f'<Relationships xmlns="{rels}"><Relationship Id="rId1" Type="{office}/{kind}" Target="{target}"/></Relationships>'

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        archive.writestr("_rels/.rels", links("xl/workbook.bin", "officeDocument"))
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", links("worksheets/sheet1.bin", "worksheet"))
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return out.getvalue()


ROWS = [
    ["任务ID", "任务名称", "负责部门", "负责人", "计划结束时间", "当前进度", "完成状态"],
    ["RW-001", "问卷设计", "市场部", "张三", "2026-11-12", 0.5, "进行中"],
    ["RW-002", "接口联调", "研发部", "李四", "2026-11-15", 0.2, "进行中"],
]


def read(path: Path, lang: str = "zh", **more: object) -> Report:
    return import_tracker(path.parent / "主表.xlsx", [path], as_of=DAY, lang=lang, **more)  # type: ignore[arg-type]


def named(folder: Path, source: str, name: str) -> Path:
    return Path(shutil.copyfile(FORMATS / source, folder / name))


def tasks(folder: Path) -> list[dict[str, object]]:
    sheet = workbook_at(folder / "主表.xlsx")["任务跟踪表"]
    lines = list(sheet.iter_rows(values_only=True))
    top = next(i for i, line in enumerate(lines) if "任务名称" in line)
    return [dict(zip(map(str, lines[top]), line, strict=True)) for line in lines[top + 1 :] if line[lines[top].index("任务名称")]]


@pytest.mark.parametrize(("source", "name", "what"), [("tracker.xls", "旧表.xls", "公式"), ("tracker.ods", "旧表.ods", "公式")])
def test_the_rows_come_in_and_what_is_not_known_is_said(tmp_path: Path, source: str, name: str, what: str) -> None:
    report = read(named(tmp_path, source, name), confirmed=True)
    rows = tasks(tmp_path)
    assert [row["任务ID"] for row in rows] == ["RW-001", "RW-002", "RW-003", "RW-004"]
    assert str(rows[0]["计划结束时间"])[:10] == "2026-11-12"
    assert rows[1]["当前进度"] == 0.5
    said = next(line for line in report.lines if f"这是 {Path(name).suffix} 文件" in line)
    assert what in said
    assert [f["found"] for f in report.json["findings"] if f["field"] == "end"] == ["18:00:00"]  # a time of day is no day
    assert report.json["hidden_sheets"] == ["隐藏"]


def test_a_merged_title_of_xls_is_known() -> None:
    book = read_other((FORMATS / "tracker.xls").read_bytes(), "a.xls")
    assert [str(area) for area in book.snapshot("任务跟踪表").merges] == ["A1:F1"]
    assert book.sheets == {"任务跟踪表": "visible", "隐藏": "hidden"}


def test_xlsb_is_read(tmp_path: Path) -> None:
    path = tmp_path / "旧表.xlsb"
    path.write_bytes(xlsb("任务跟踪表", ROWS))
    report = read(path, confirmed=True)
    assert [row["任务名称"] for row in tasks(tmp_path)] == ["问卷设计", "接口联调"]
    assert any("这是 .xlsb 文件" in line for line in report.lines)


def test_cells_in_the_short_form_are_refused_and_not_lost(tmp_path: Path) -> None:
    with pytest.raises(CollabError) as caught:
        read(named(tmp_path, "short_cells.xlsb", "别的程序.xlsb"), write=False)
    assert caught.value.code == "binary_cells"


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    assert read(named(tmp_path, "tracker.xls", "其实是旧格式.xlsx"), write=False).json["sheets"][0]["tables"][0]["records"] == 4
    assert other_format((FORMATS / "tracker.xls").read_bytes()) == XLS
    assert other_format((FORMATS / "tracker.ods").read_bytes()) == ODS
    assert other_format(xlsb("a", ROWS)) == XLSB
    assert other_format(b"PK\3\4 cut") == other_format(b"") == ""


def changed(part: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(FORMATS / "tracker.ods") as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(entry, data.replace(old, new, 1) if entry.filename == part else data)
    return out.getvalue()


def test_gates_of_the_other_formats() -> None:
    doctype = changed("content.xml", b"<office:document-content", b"<!DOCTYPE a><office:document-content")
    locked = changed("META-INF/manifest.xml", b"<manifest:file-entry", b"<manifest:encryption-data/><manifest:file-entry")
    assert scan_other(doctype, ods=True).code == "S124"
    assert scan_other(locked, ods=True).code == "S104"
    assert scan_other(b"PK\3\4 cut", ods=True).code == "S105"
    assert scan_other((FORMATS / "tracker.ods").read_bytes(), ods=True).code == ""


def test_a_bomb_of_repeated_rows_ends_its_worker_only(tmp_path: Path) -> None:
    bomb = changed("content.xml", b"<table:table-row", BIG + b' table:number-columns-repeated="900"/></table:table-row><table:table-row')
    bad, good = tmp_path / "炸弹.ods", named(tmp_path, "tracker.xls", "好的.xls")
    bad.write_bytes(bomb)
    report = import_tracker(tmp_path / "主表.xlsx", [bad, good], as_of=DAY, lang="zh", write=False)
    assert [sheet["source"] for sheet in report.json["sheets"]] == ["好的.xls"]
    assert [refused["source"] for refused in report.json["not_read"]] == ["炸弹.ods"]


def test_macros_and_links_of_ones_own_tracker_are_no_reason_to_refuse_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    path = tmp_path / "台账.xlsm"
    book.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macros")
        archive.writestr("xl/externalLinks/externalLink1.xml", b"<a/>")
    assert scan(path.read_bytes()).code == "S121"  # from a department it is refused
    assert read(path, write=False).json["sheets"][0]["tables"][0]["records"] == 2


def test_an_xls_with_sectors_of_an_impossible_size_has_no_error_cells() -> None:
    data = bytearray((FORMATS / "errors.xls").read_bytes())
    assert any(errors_of_xls(bytes(data)))
    struct.pack_into("<H", data, 32, 63)  # the size of a small sector, as a power of two
    assert errors_of_xls(bytes(data)) == []


def test_error_cells_of_xls_are_errors_and_no_blanks(tmp_path: Path) -> None:
    """errors.xls: LibreOffice 7, with formulas that end in #N/A and #DIV/0! and a typed #REF!."""
    report = read(named(tmp_path, "errors.xls", "旧表.xls"), write=False)
    assert {f["cell"]: f["found"] for f in report.json["findings"] if f["code"] == "V212"} == {
        "D2": "#N/A",
        "C3": "#N/A",
        "B4": "#DIV/0!",
        "E4": "#REF!",
    }
    (line,) = [line for line in report.lines if "这是 .xls 文件" in line]
    assert "错误值" not in line


def test_errors_and_merged_cells_of_xlsb_are_found() -> None:
    rows = [["任务名称", "负责人", "预算"], ["渠道谈判", "#N/A", "#DIV/0!"], ["#REF!", "李娜", 3]]
    snapshot = read_other(xlsb("任务", rows, [(0, 1, 2, 2)]), "旧表.xlsb").snapshot("任务")
    assert snapshot.errors == {(2, 2): "#N/A", (2, 3): "#DIV/0!", (3, 1): "#REF!"}
    assert [str(area) for area in snapshot.merges] == ["C1:C2"]
    hostile = xlsb("任务", rows, [(1, 0, 2, 2), (0, 1, 2, 1), (0, 0, 0, 2**32 - 1), (1, 2, 0, 0)])
    assert [str(area) for area in read_other(hostile, "旧表.xlsb").snapshot("任务").merges] == ["A2:A3"]


CONTENT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body><office:spreadsheet>
 <table:table table:name="任务"><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>
 <table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>
 </table:table-row><table:table-row><table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="3"
 office:value-type="string"><text:p>#N/A</text:p></table:table-cell><table:covered-table-cell/>
 <table:table-cell table:formula="of:=NA()" office:value-type="float" office:value="0"><text:p>#N/A</text:p></table:table-cell>
 </table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def test_errors_and_merged_cells_of_ods_are_found() -> None:
    """A word that a person typed is none."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", CONTENT)
    (marks,) = marks_of_ods(out.getvalue()).values()
    assert marks.errors == {(1, 3): "#DIV/0!", (2, 3): "#DIV/0!", (3, 3): "#N/A"}
    assert [str(area) for area in marks.merges] == ["A3:B5"]


def test_a_table_inside_a_cell_has_no_rows_of_the_sheet() -> None:
    inside = '<table:table table:name="x"><table:table-row><table:table-cell/></table:table-row></table:table>'
    content = CONTENT.replace('columns-repeated="2"/>', f'columns-repeated="2">{inside}</table:table-cell>')
    assert content != CONTENT
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", content)
    marks = marks_of_ods(out.getvalue())
    assert list(marks) == ["任务"]
    assert marks["任务"].errors == {(1, 3): "#DIV/0!", (2, 3): "#DIV/0!", (3, 3): "#N/A"}


@pytest.mark.parametrize(("columns", "rows", "merged"), [("-3", "2", "A3:A4"), ("0", "0", None), ("99999999", "1", "A3:XFD3")])
def test_a_span_that_no_sheet_has_is_no_endless_one(columns: str, rows: str, merged: str | None) -> None:
    """Reading went round and round in a merged cell that ends before it begins."""
    out = io.BytesIO()
    content = CONTENT.replace('columns-spanned="2"', f'columns-spanned="{columns}"').replace('rows-spanned="3"', f'rows-spanned="{rows}"')
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", content)
    (marks,) = marks_of_ods(out.getvalue()).values()
    assert [str(area) for area in marks.merges] == ([merged] if merged else [])


def test_an_error_in_a_column_of_ones_own_is_said(tmp_path: Path) -> None:
    path = tmp_path / "旧表.xlsb"
    path.write_bytes(xlsb("任务跟踪表", [["任务名称", "负责人", "计划结束时间", "预算"], ["渠道谈判", "王芳", "2026-11-20", "#REF!"]]))
    report = read(path, write=False)
    assert [(f["code"], f["cell"], f["found"]) for f in report.json["findings"] if f["code"] == "V212"] == [("V212", "D2", "#REF!")]

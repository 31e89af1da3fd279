"""Reading workbooks: values, structure, and files of other programs."""

from __future__ import annotations

import pickle
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from make_books import edit_parts, master, prefixed, simple, strict
from openpyxl.worksheet.formula import ArrayFormula
from samples import sample
from written import LOG, NOTES, TASKS, values

from collab_xl.book.csv_file import read_csv
from collab_xl.book.read import Stamp, read_book
from collab_xl.book.scan import merges_in
from collab_xl.model.place import Area, parse_a1

SHEET1 = "xl/worksheets/sheet1.xml"


def test_a_master_is_read_as_it_is(tmp_path: Path):
    path = master(tmp_path / "主表.xlsx", totals=True)
    book = read_book(path)
    assert dict(book.sheets) == {TASKS: "visible", LOG: "visible", NOTES: "visible", "透视": "hidden", "_collab": "veryHidden"}
    assert book.names == {"任务区": (TASKS, Area.parse("A5:C12")), "wk_title": (NOTES, Area.parse("B2"))}
    assert book.stamp == Stamp.of(path)
    tasks = book.tables["Tasks"]
    assert (tasks.sheet, tasks.area, tasks.totals_rows, tasks.data) == (TASKS, Area.parse("A4:I13"), 1, Area.parse("A5:I12"))
    assert tasks.headings[-2:] == ("双倍进度", "说明")
    snapshot = book.snapshot(TASKS)
    assert snapshot is book.snapshot(TASKS)
    assert snapshot.value(2, 1) == "请周五前更新"
    assert snapshot.cells[5][:8] == ["RW-002", "任务 2", None, date(2024, 7, 2), 0.1, "进行中", None, 0.2]
    assert snapshot.formulas[7, 8] == "=E7*2"
    assert snapshot.formulas[13, 8] == "=SUM(H5:H12)"
    assert len(snapshot.formulas) == 10
    assert snapshot.comments == {(5, 2): "请确认\n名称"}
    assert snapshot.hidden_cols == {12}
    assert {(5, 5), (5, 8), (12, 5)} <= snapshot.percents
    assert (5, 4) not in snapshot.percents
    assert snapshot.tables == (tasks,)
    notes = book.snapshot(NOTES)
    assert (notes.arrays, notes.errors, notes.value(3, 6)) == ((Area.parse("D2:D4"),), {(3, 6): "#DIV/0!"}, None)
    assert (book.snapshot("透视").state, list(book.snapshot("透视").cells)) == ("hidden", [])
    with pytest.raises(KeyError):
        book.snapshot("没有")


@pytest.mark.parametrize("other", [prefixed, strict], ids=["prefixed", "strict"])
def test_other_ways_to_write_the_same_workbook_read_the_same(tmp_path: Path, other: object):
    path = master(tmp_path / "a.xlsx")
    plain = read_book(path)
    same = read_book(other(master(tmp_path / "b.xlsx")))  # type: ignore[operator]
    assert same.sheets == plain.sheets
    assert same.tables == plain.tables
    for sheet in plain.sheets:
        assert same.snapshot(sheet) == plain.snapshot(sheet)


def test_dates_of_both_systems_are_the_same_days(tmp_path: Path):
    for system in (False, True):
        assert values(master(tmp_path / f"{system}.xlsx", date_1904=system), TASKS, ["D5", "D6"]) == [date(2024, 7, 1), date(2024, 7, 2)]


def test_bytes_have_no_stamp(tmp_path: Path):
    book = read_book(master(tmp_path / "a.xlsx").read_bytes())
    assert book.stamp is None
    assert book.snapshot(TASKS).value(5, 1) == "RW-001"


def test_values_are_in_normal_form(tmp_path: Path):
    path = tmp_path / "v.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("表")
    time, span, day = (book.add_format({"num_format": f}) for f in ("hh:mm", "[h]:mm", "yyyy-mm-dd hh:mm"))
    sheet.write_number("B3", 1.0)
    sheet.write_number("C3", 0.5, time)
    sheet.write_number("D3", 1.5, span)
    sheet.write_number("E3", 45000.75, day)
    sheet.write_number("F3", 45000.999999999, day)
    sheet.write_boolean("G3", True)
    sheet.write_string("H3", "007")
    sheet.write_number("I3", 1234567890123456)
    sheet.write_formula("J3", '=""', None, "")
    book.close()
    as_excel = (rb'<c r="J3"><f>""</f><v></v></c>', b'<c r="J3" t="str"><f>""</f><v></v></c>')
    edit_parts(path, lambda p: p.update({SHEET1: p[SHEET1].replace(*as_excel)}))
    snapshot = read_book(path).snapshot("表")
    found = snapshot.cells[0]
    assert (snapshot.first_row, snapshot.first_col) == (3, 2)
    assert found[:7] == [1, 0.5, 1.5, datetime(2023, 3, 15, 18), date(2023, 3, 16), True, "007"][:7]
    assert [type(v) for v in found[:3]] == [int, float, float]
    assert found[7] == 1234567890123456
    assert (3, 10) not in snapshot.uncached


def test_a_formula_without_a_cached_value_is_told_from_an_empty_one(tmp_path: Path):
    path = tmp_path / "u.xlsx"
    made = openpyxl.Workbook()
    made.active["A1"], made.active["A2"] = "=1+1", "x"
    made.active["A3"] = ArrayFormula("A3:A4", "=LEN(A2:A3)")
    made.save(path)
    snapshot = read_book(path).snapshot("Sheet")
    assert snapshot.uncached == {(1, 1), (3, 1)}
    assert snapshot.formulas[1, 1] == "=1+1"
    assert snapshot.arrays == (Area.parse("A3:A4"),)


def test_percent_formats_and_what_only_shows_the_sign(tmp_path: Path):
    path = tmp_path / "p.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("表")
    formats = ["0%", "0.00%", "0.0%;[Red]-0.0%", '0"%"', "0\\%", "General", "[>1]0%;0"]
    for n, code in enumerate(formats):
        sheet.write_number(0, n, 0.5, book.add_format({"num_format": code}))
        sheet.write_string(1, n, "80", book.add_format({"num_format": code}))
    book.close()
    assert read_book(path).snapshot("表").percents == {(1, 1), (1, 2), (1, 3), (1, 7)}


@pytest.mark.parametrize(
    ("ref", "found"),
    [("D3:B2", ["B2:D3"]), ("B3:D2", ["B2:D3"]), ("A1:ZZZ99999999", []), ("A1:XFE1", []), ("A1:A1048577", []), ("A0:B2", [])],
)
def test_merged_cells_by_any_two_corners_and_none_outside_the_sheet(ref: str, found: list[str]):
    """Reading never ended in one that ends before it begins, and one outside the sheet was a fault of the program."""
    after = f'<mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>'.encode()
    assert [str(area) for area in merges_in(after, b"")] == found


def test_hidden_rows_and_columns_and_merges(tmp_path: Path):
    path = tmp_path / "h.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("表")
    sheet.merge_range("B2:D3", "合并")
    sheet.set_row(4, None, None, {"hidden": True})
    sheet.set_row(9, 20, None, {"hidden": True})
    sheet.set_column("C:E", 8, None, {"hidden": True})
    sheet.write("A5", 1)
    book.close()
    snapshot = read_book(path).snapshot("表")
    assert (snapshot.hidden_rows, snapshot.hidden_cols, snapshot.merges) == ({5, 10}, {3, 4, 5}, (Area.parse("B2:D3"),))
    assert [snapshot.value(2, c) for c in (2, 3)] == ["合并", None]


def test_a_table_of_exceljs_has_its_headings(tmp_path: Path):
    """exceljs takes a table for one without headings unless its part says that it has some, and writes that down when it saves:
    the heading row of a reply became a row of data. A table that really has none stays without."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("表")
        sheet.add_table(
            "B2:C4", {"name": "Tasks", "columns": [{"header": "任务ID"}, {"header": "进度"}], "data": [["RW-1", 1], ["RW-2", 2]]}
        )
        sheet.add_table("E2:F3", {"name": "Bare", "header_row": False, "data": [["x", 1], ["y", 2]]})
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/tables/table1.xml"] = parts["xl/tables/table1.xml"].replace(b"<table ", b'<table headerRowCount="0" ', 1)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    book = read_book(path)
    assert {name: (ref.header_rows, str(ref.data)) for name, ref in book.tables.items()} == {"Tasks": (1, "B3:C4"), "Bare": (0, "E2:F3")}
    assert {ref.name: ref.header_rows for ref in book.snapshot("表").tables} == {"Tasks": 1, "Bare": 0}


def test_names_that_are_no_area_are_left_out(tmp_path: Path):
    path = tmp_path / "n.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("O'Neil 表!")
    book.add_worksheet("b")
    for name, text in {
        "one": "='O''Neil 表!'!$B$3",
        "two": "=b!$A$1:$B$2",
        "three": "=b!$A$1,b!$C$1",
        "four": "=3",
        "b!five": "=b!$A$1",
    }.items():
        book.define_name(name, text)
    book.close()
    assert read_book(path).names == {"one": ("O'Neil 表!", Area.parse("B3")), "two": ("b", Area.parse("A1:B2"))}


def test_a_shared_formula_is_translated_for_each_of_its_cells(tmp_path: Path):
    path = simple(tmp_path / "s.xlsx", {"A1": 1, "B2": "=1", "C2": "=1", "B3": "=1"})
    shared = iter([b'<f t="shared" ref="B2:C3" si="3">A1+$A$1+A$1&amp;"A1"</f>', b'<f t="shared" si="3"/>', b'<f t="shared" si="3"></f>'])
    edit_parts(path, lambda p: p.update({SHEET1: re.sub(rb"<f>1</f>", lambda m: next(shared), p[SHEET1])}))
    formulas = read_book(path).snapshot("表").formulas
    assert dict(formulas) == {(2, 2): '=A1+$A$1+A$1&"A1"', (2, 3): '=B1+$A$1+B$1&"A1"', (3, 2): '=A2+$A$1+A$1&"A1"'}
    assert pickle.loads(pickle.dumps(formulas)) == formulas


def test_a_threaded_comment_replaces_its_note(tmp_path: Path):
    path = master(tmp_path / "t.xlsx")
    thread = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="B5" id="{1}"><text>请确认</text></threadedComment><threadedComment ref="B5" parentId="{1}" id="{2}">'
        "<text>已确认</text></threadedComment></ThreadedComments>"
    )

    def change(parts: dict[str, bytes]) -> None:
        parts["xl/threadedComments/threadedComment1.xml"] = thread.encode()
        rels = "xl/worksheets/_rels/sheet1.xml.rels"
        kind = b"http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
        rel = b'<Relationship Id="rId99" Type="%s" Target="../threadedComments/threadedComment1.xml"/>' % kind
        parts[rels] = parts[rels].replace(b"</Relationships>", rel + b"</Relationships>")

    assert read_book(edit_parts(path, change)).snapshot(TASKS).comments == {(5, 2): "请确认\n已确认"}


def test_the_samples_are_read_as_a_full_reader_reads_them():
    """Formulas, merges, hidden rows and columns, comments and values of 02 to 08, against openpyxl's full load."""
    seen = 0
    for number in ("01", "02", "03", "04", "05", "07_p", "08"):
        path = sample(number)
        book, other = read_book(path), openpyxl.load_workbook(path)
        for name in book.sheets:
            snapshot, sheet = book.snapshot(name), other[name]
            cells = [c for row in sheet.iter_rows() for c in row]
            assert set(snapshot.formulas) == {(c.row, c.column) for c in cells if c.data_type == "f"}
            assert {str(m) for m in snapshot.merges} == {str(m) for m in sheet.merged_cells.ranges}
            assert snapshot.comments.keys() == {(c.row, c.column) for c in cells if c.comment}
            assert snapshot.hidden_rows == {r for r, d in sheet.row_dimensions.items() if d.hidden}
            hidden = {c for d in sheet.column_dimensions.values() if d.hidden for c in range(d.min, d.max + 1)}
            assert snapshot.hidden_cols == hidden
            for c in cells:
                if c.data_type == "s":
                    assert snapshot.value(c.row, c.column) == c.value
                    seen += 1
    assert seen > 1000


def test_the_formula_without_value_of_sample_04():
    snapshot = read_book(sample("04")).snapshot("问题")
    assert snapshot.uncached == {parse_a1("H11")}
    assert snapshot.value(11, 8) is None


def test_a_csv_is_text_as_written():
    cells = read_csv(sample("06").read_bytes(), "06_任务导出_gbk.csv").snapshot("06_任务导出_gbk").cells
    assert [row[0] for row in cells] == ["任务ID", "001", "002"]
    assert (cells[1][8], cells[2][6]) == ("=cmd|' /C calc'!A0", "-5")


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_in_every_charset_with_every_delimiter(charset: str, delimiter: str):
    text = delimiter.join(["编号", '"说明,；|\n第二行"', "日期"]) + "\r\n" + delimiter.join(["001", "", "2024/7/1"]) + "\r\n\r\n"
    book = read_csv(text.encode(charset), "导出.csv")
    assert dict(book.sheets) == {"导出": "visible"}
    assert book.snapshot("导出").cells == [["编号", "说明,；|\n第二行", "日期"], ["001", None, "2024/7/1"]]


def test_an_empty_csv_and_a_single_column():
    assert read_csv(b"", "a.csv").snapshot("a").cells == []
    assert read_csv("编号\n1\n".encode(), "a.csv").snapshot("a").cells == [["编号"], ["1"]]


def test_the_scan_of_a_large_sheet_makes_no_object_per_cell(tmp_path: Path):
    """Objects are counted instead of time: after reading 40,000 cells only their values exist."""
    path = tmp_path / "l.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("表")
    for r in range(4000):
        sheet.write_row(r, 0, [f"x{r}"] * 10)
    book.close()
    snapshot = read_book(path).snapshot("表")
    assert (snapshot.last_row, snapshot.last_col) == (4000, 10)
    for found in (snapshot.formulas, snapshot.errors, snapshot.percents, snapshot.uncached, snapshot.hidden_rows):
        assert len(found) == 0

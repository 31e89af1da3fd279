"""A sheet of odd numbers in odd formats, read in blocks from Excel and closed: cell by cell the same, in both date systems.

Every format meets every value. What is left apart is listed in docs/facts/open-excel.md, Read in blocks.
Sources: [2105] xlwings issue 2105, times without a day are floats; [1904] Microsoft, Date systems in Excel; [value] Microsoft, Range.Value.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from collab_xl.book.read import Book, read_book
from collab_xl.book.serial_dates import dated, kind_of
from collab_xl.excel.read import read_open_book
from collab_xl.excel.write import write_open
from collab_xl.model.place import a1
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import same_value
from excel_com import typing_in
from excel_com.clicks import on_the_screen, xlwings_book

FORMATS = (
    "General", "0", "0.00", "#,##0", "0%", "0.00%", '0"%"', "0\\%", "0.00E+00", "# ?/?", "@", "#,##0;[Red]-#,##0", "[Red]0",
    "yyyy-mm-dd", "yyyy/m/d", "yyyy年m月d日", "e年m月d日", "d-mmm-yy", "mmm-yy", "yyyy", "m月", "[$-409]d-mmm;@", "yyyy;@",
    "[DBNum1][$-804]yyyy年m月", "aaaa", "[$-804]aaaa", "aaaa yyyy", "m/d/yyyy h:mm", "h:mm", "h:mm:ss", "h AM/PM", "mm:ss.0",
    "上午/下午h时mm分", "[h]:mm", "[mm]:ss", "[h]:mm:ss", "[h]小时", '0"天"', '"d"0', '[=1]"√";General', "[DBNum1]General", "G/通用格式",
    "¥#,##0.00", '"¥"#,##0.00', "[$¥-804]#,##0.00", "_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ", "$#,##0.00", "[$€-407]#,##0.00",
)  # fmt: skip
VALUES = (
    0, 1, -1, 0.5, -0.25, -0.0001, 0.999999999, 1.25, 2.0833333333, 3.14159265358979, 59, 59.5, 60, 61, 61.5, 366, 1.1, 1234.56789,
    -1234.56789, 46088, 46088.604166666664, 46088.9999999, 46088.99999, 2958465, 2958466, 3000000, -46088, 13812345678, -13812345678, 1e-9,
    "001", "50%", "3-5", "#N/A", True, False, "'引", " 空 ",
)  # fmt: skip
SHEET = "表"


def made(path: Path, *, date1904: bool) -> Book:
    with xlsxwriter.Workbook(path, {"date_1904": date1904}) as book:
        sheet = book.add_worksheet(SHEET)
        for col, code in enumerate(FORMATS):
            look = book.add_format({} if code == "General" else {"num_format": code})
            sheet.write_string(0, col, code)
            for row, value in enumerate(VALUES, 1):
                put: Any = sheet.write_boolean if isinstance(value, bool) else sheet.write_string if isinstance(value, str) else None
                (put or sheet.write_number)(row, col, value, look)
            sheet.write_formula(len(VALUES) + 1, col, "=1/0", look, "#DIV/0!")
            sheet.write_formula(len(VALUES) + 2, col, "=1-31", look, -30)
            sheet.write_blank(len(VALUES) + 3, col, None, look)
    return read_book(path)


@pytest.fixture(params=[False, True], ids=["times are numbers", "times are dates"])
def times(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """[2105] The first; nobody says it of `[h]:mm`, so both."""
    monkeypatch.setitem(typing_in.TIMES, "are dates", request.param)


def each_cell() -> Iterator[tuple[int, int]]:
    return ((row, col) for row in range(1, len(VALUES) + 4) for col in range(1, len(FORMATS) + 1))


@pytest.mark.parametrize("date1904", [False, True], ids=["1900", "1904"])
def test_every_value_in_every_format_reads_the_same(date1904: bool, times: None, tmp_path: Path) -> None:
    """[1904] [value] A value, its type, its formula, error, percent sign and number format."""
    closed = made(tmp_path / "odd.xlsx", date1904=date1904).snapshot(SHEET)
    with on_the_screen() as excel:
        excel.open(tmp_path / "odd.xlsx")
        live = read_open_book(xlwings_book("odd.xlsx")).snapshot(SHEET)
        shown = [(closed.number_formats.of_column(col), live.number_formats.of_column(col)) for col in range(1, len(FORMATS) + 1)]
    apart = {a1(*cell): found for cell in each_cell() if _kinds(*(found := (closed.value(*cell), live.value(*cell))))}
    assert not apart, dict(list(apart.items())[:8])
    assert (live.errors, live.percents, live.date1904) == (closed.errors, closed.percents, date1904)
    assert dict(live.formulas) == dict(closed.formulas)
    assert len(closed.percents) > 50
    for col, (of_file, of_excel) in enumerate(shown, 1):
        filled = {row for row, code in of_excel.items() if live.value(row, col) is not None}
        assert {row: of_excel[row] for row in filled} == {row: code for row, code in of_file.items() if row in filled}, FORMATS[col - 1]


def _kinds(a: Any, b: Any) -> bool:
    return a != b or type(a) is not type(b)


@pytest.mark.parametrize("date1904", [False, True], ids=["1900", "1904"])
def test_none_of_them_counts_as_typed_meanwhile(date1904: bool, times: None, tmp_path: Path) -> None:
    """What the copy says a cell holds is what Excel says, so that an edit of it is not refused; and a failed run puts it back."""
    closed = made(tmp_path / "odd.xlsx", date1904=date1904)
    snapshot = closed.snapshot(SHEET)
    numbers = [cell for cell in each_cell() if cell[0] <= len(VALUES) and not isinstance(VALUES[cell[0] - 2], str) and cell[0] > 1]
    edits = tuple(CellEdit(SHEET, *cell, snapshot.value(*cell), "x") for cell in numbers)
    # 29 Feb 1900, which two days are shown for; a second before midnight, which calamine takes for the midnight before
    skipped = {(row, col) for row, col in numbers if VALUES[row - 2] in (60, 0.999999999)}
    with on_the_screen() as excel:
        book = excel.open(tmp_path / "odd.xlsx")
        sheet = book._contents.sheets[0]
        before = {cell: (content.value, content.formula) for cell, content in sheet.cells.items()}
        edits = tuple(edit for edit in edits if (edit.row, edit.col) not in skipped)
        assert len(edits) > 1_000
        wrong = CellEdit(SHEET, 200, 1, None, "y" * 40_000)
        with pytest.raises(Exception, match="text_too_long"):
            write_open(xlwings_book("odd.xlsx"), Plan((*edits, wrong)), read=closed)
        write_open(xlwings_book("odd.xlsx"), Plan(edits), read=closed)
        assert {sheet.cells[edit.row, edit.col].value for edit in edits} == {"x"}
        back = tuple(CellEdit(SHEET, edit.row, edit.col, "x", edit.old) for edit in edits if not isinstance(edit.old, int | float | bool))
        write_open(xlwings_book("odd.xlsx"), Plan(tuple(e for e in back if e.new.year > 1904)), read=closed)  # type: ignore[union-attr]
        for edit in (e for e in back if e.new.year > 1904):  # type: ignore[union-attr]
            assert sheet.cells[edit.row, edit.col].value == pytest.approx(before[edit.row, edit.col][0], abs=1e-8)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("yyyy-mm-dd", "date"),
        ("[h]:mm", "length"),
        ("0.00", ""),
        ('"d"0', ""),
        ("[Red]0", ""),
        ("h AM/PM", "date"),
        ("aaaa", ""),
        ("0;m", ""),
    ],
)
def test_what_a_format_shows(code: str, kind: str) -> None:
    assert kind_of(code) == kind


def test_a_length_of_time_is_exact_to_a_millisecond() -> None:
    assert same_value(dated(3.14159265358979, "length", False), 3.1415926504629628)
    assert dated(-0.5, "date", False) == -0.5
    assert dated(float("inf"), "date", False) == "inf"

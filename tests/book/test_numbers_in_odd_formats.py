"""Numbers that the fast reader of closed files gets wrong because of their format: below zero, and larger than any length of time."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from collab_xl.book.read import read_book


def workbook(path: Path, *, date1904: bool = False) -> Path:
    with xlsxwriter.Workbook(path, {"date_1904": date1904}) as book:
        sheet = book.add_worksheet("表")
        day, length, plain = (book.add_format({"num_format": code}) for code in ("yyyy-mm-dd", "[h]:mm", "0.0"))
        for row, (value, look) in enumerate(((-30, day), (-0.25, length), (-1.5, plain), (46000, day), (0.5, length))):
            sheet.write_number(row, 0, value, look)
        sheet.write_formula("A6", "=A4-A4-30", day, -30)
    return path


@pytest.mark.parametrize("date1904", [False, True])
def test_a_number_below_zero_is_no_time(date1904: bool, tmp_path: Path) -> None:
    """Thirty days late, in a cell that somebody has formatted as a date: Excel shows ####, calamine gives 0:00."""
    snapshot = read_book(workbook(tmp_path / "a.xlsx", date1904=date1904)).snapshot("表")
    found = [snapshot.value(row, 1) for row in range(1, 7)]
    assert [found[n] for n in (0, 1, 2, 4, 5)] == [-30, -0.25, -1.5, 0.5, -30]
    assert str(found[3]) == ("2029-12-10" if date1904 else "2025-12-09")


@pytest.mark.parametrize("number", [13_812_345_678, -13_812_345_678, 1e300])
def test_a_number_too_large_for_a_length_of_time_is_a_number(number: float, tmp_path: Path) -> None:
    """A telephone number in a column formatted `[h]:mm` made the whole workbook a damaged one."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表")
        sheet.write_number(0, 0, number, book.add_format({"num_format": "[h]:mm"}))
        sheet.write_number(1, 0, 30.5, book.add_format({"num_format": "[h]:mm"}))
        sheet.write_string(2, 0, "x")
    snapshot = read_book(path).snapshot("表")
    assert [snapshot.value(row, 1) for row in (1, 2, 3)] == [number, 30.5, "x"]
    assert not snapshot.errors


def test_a_damaged_sheet_is_still_a_damaged_one(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", b"</sheetDat>")
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    with pytest.raises(Exception, match=r"damaged_workbook|unsafe_xml"):
        read_book(path).snapshot("表")

"""The engine over LibreOffice refuses what Excel refuses: each rule with its source. LibreOffice alone would take all of this.

Excel itself was not available; where a source gives a number, the test is at the number and one beyond it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from office_engine.limits import RefusedError

from collab_xl.book.cell_xml import link_formula
from collab_xl.errors import CollabError
from collab_xl.excel.write import write_open
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link

Open = Callable[[Path], Any]
NAME = "表"


@pytest.fixture
def book(tmp_path: Path, open_book: Open) -> Any:
    """A table in A1:B4, another in D1:E3, an array formula in G1:G3, a merged cell in I1:J2. Sheet 保护 is protected, its B1 unlocked."""
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as made:
        sheet = made.add_worksheet(NAME)
        sheet.add_table("A1:B4", {"name": "One", "columns": [{"header": "甲"}, {"header": "乙"}], "data": [["a", 1], ["b", 2], ["c", 3]]})
        sheet.add_table("D1:E3", {"name": "Two", "columns": [{"header": "丙"}, {"header": "丁"}], "data": [["d", 1], ["e", 2]]})
        sheet.write_array_formula("G1:G3", "{=B2:B4*2}", None, 2)
        sheet.merge_range("I1:J2", "merged")
        locked = made.add_worksheet("保护")
        locked.write("A1", "kept")
        locked.protect()
        allowing = made.add_worksheet("可排版")
        allowing.protect("", {"format_rows": True})
    return open_book(tmp_path / "b.xlsx")


def cells(book: Any, address: str, sheet: str = NAME) -> Any:
    return book.sheets[sheet].range(address)


# Limits. Microsoft, Excel specifications and limits
# https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3


def test_a_cell_holds_32_767_characters(book: Any) -> None:
    """Total number of characters that a cell can contain: 32,767."""
    cells(book, "M1").raw_value = "x" * 32_767
    assert cells(book, "M1").raw_value == "x" * 32_767
    with pytest.raises(RefusedError):
        cells(book, "M2").raw_value = "x" * 32_768
    with pytest.raises(RefusedError):
        cells(book, "M2").raw_value = "\N{GRINNING FACE}" * 16_384  # two UTF-16 units each
    assert cells(book, "M2").raw_value is None


def test_a_text_in_a_block_has_8_203_characters(book: Any) -> None:
    """An array with a longer text is refused as a whole: decision 0008."""
    cells(book, "M1:N1").raw_value = [["x" * 8_203, "y"]]
    with pytest.raises(RefusedError):
        cells(book, "M2:N2").raw_value = [["x" * 8_204, "y"]]
    assert cells(book, "M2:N2").raw_value == [[None, None]]


def test_the_live_engine_writes_such_texts_alone(book: Any) -> None:
    edits = tuple(CellEdit(NAME, 20, column, None, "长" * 9_000) for column in (13, 14))
    write_open(book, Plan(edits))
    assert cells(book, "M20:N20").raw_value == [["长" * 9_000, "长" * 9_000]]


def test_a_formula_has_8_192_characters(book: Any) -> None:
    """Length of formula contents: 8,192 characters."""
    terms = "+1" * 4_095
    cells(book, "M1").raw_value = f"={terms[1:]}"
    assert cells(book, "M1").raw_value == 4_095.0
    with pytest.raises(RefusedError):
        cells(book, "M2").raw_value = f"={terms}+1+1"
    assert cells(book, "M2").raw_value is None


def test_a_text_in_a_formula_has_255_characters(book: Any) -> None:
    """Text values in formulas are limited to 255 characters: the message of Excel when one is entered."""
    cells(book, "M1").raw_value = f'="{"x" * 255}"'
    with pytest.raises(RefusedError):
        cells(book, "M2").raw_value = f'="{"x" * 256}"'
    cells(book, "M3").raw_value = f'="{"x" * 254}""{"y" * 0}"'  # a doubled quote is one character
    assert cells(book, "M3").raw_value == "x" * 254 + '"'


@pytest.mark.parametrize("shown", ["看" * 300, '"' * 200, "短"])
def test_links_of_ours_keep_to_it(book: Any, shown: str) -> None:
    """`book/cell_xml.py` joins pieces."""
    link = Link("#'表'!A1", shown)
    write_open(book, Plan((CellEdit(NAME, 20, 13, None, link),)))
    assert cells(book, "M20").raw_value == shown
    assert cells(book, "M20").formula.startswith("=HYPERLINK(")
    assert link_formula(link)


def test_a_row_is_409_points_high(book: Any) -> None:
    """Row height: 409 points. (Excel 2016 takes 409.5.)"""
    cells(book, "A10").row_height = 409
    for points in (410, -1):
        with pytest.raises(RefusedError):
            cells(book, "A10").row_height = points
    assert cells(book, "A10").row_height == pytest.approx(409, abs=0.5)


def test_a_footer_has_255_characters(book: Any) -> None:
    """Characters in a header or footer: 255. All three parts count together."""
    page = book.sheets[NAME].api.PageSetup
    page.LeftFooter = "x" * 200
    page.RightFooter = "y" * 55
    with pytest.raises(RefusedError):
        page.CenterFooter = "z"
    assert (page.LeftFooter, page.CenterFooter, page.RightFooter) == ("x" * 200, "", "y" * 55)


def test_a_path_has_218_characters(book: Any, tmp_path: Path, open_book: Open) -> None:
    """Microsoft, the file name contains more than 218 characters: for opening, and for a copy that is saved."""
    folder = tmp_path / ("f" * (215 - len(str(tmp_path)) - len("/b.xlsx")))
    folder.mkdir()
    book.impl.save_copy(str(folder / "b.xlsx"))
    assert len(str(folder / "bbb.xlsx")) == 218
    book.impl.save_copy(str(folder / "bbb.xlsx"))
    with pytest.raises(RefusedError):
        book.impl.save_copy(str(folder / "bbbb.xlsx"))
    (folder / "bbbb.xlsx").write_bytes((folder / "b.xlsx").read_bytes())
    with pytest.raises(RefusedError):
        open_book(folder / "bbbb.xlsx")


# Formats. Microsoft, Range.NumberFormat https://learn.microsoft.com/en-us/office/vba/api/excel.range.numberformat


def test_a_number_format_is_a_text_of_at_most_255_characters(book: Any) -> None:
    """Microsoft, Excel specifications and limits; an empty one sets nothing in Excel's dialog and is an error for a program."""
    cells(book, "M1").number_format = "0" * 10
    for text in ("", '"' + "x" * 254 + '"'):
        with pytest.raises(RefusedError):
            cells(book, "M1").number_format = text
    assert cells(book, "M1").number_format == "0" * 10


def test_a_format_changes_no_value(book: Any) -> None:
    """A number stays a number until it is entered again (docs/facts/open-excel.md)."""
    cells(book, "M1").raw_value = 5.0
    cells(book, "M1").number_format = "@"
    assert cells(book, "M1").raw_value == 5.0
    cells(book, "M1").raw_value = 6.0
    assert cells(book, "M1").raw_value == "6"


# Protection. Microsoft, Worksheet.Protect https://learn.microsoft.com/en-us/office/vba/api/excel.worksheet.protect
# AllowFormattingCells, AllowFormattingRows and the others are False unless said


@pytest.mark.parametrize(
    "change",
    [
        lambda r: setattr(r, "raw_value", "x"),
        lambda r: setattr(r, "formula", "=1"),
        lambda r: r.clear_contents(),
        lambda r: setattr(r, "number_format", "0"),
        lambda r: setattr(r, "row_height", 30),
        lambda r: setattr(r.impl, "row_hidden", True),
        lambda r: r.autofill(r.sheet.range("A1:A3"), "fill_formats"),
    ],
    ids=["value", "formula", "clear", "number format", "row height", "hide a row", "autofill"],
)
def test_a_protected_sheet_is_changed_in_nothing(book: Any, change: Callable[[Any], object]) -> None:
    cell = cells(book, "A1", "保护")
    before = (cell.raw_value, cell.number_format, cell.row_height, cell.impl.row_hidden)
    with pytest.raises(RefusedError):
        change(cell)
    assert (cell.raw_value, cell.number_format, cell.row_height, cell.impl.row_hidden) == before


def test_what_the_protection_allows_is_possible(book: Any) -> None:
    sheet = book.sheets["可排版"]
    sheet.api.Unprotect("")
    sheet.api.Protect("", True, True, True, False, False, False, True, *[False] * 8)
    cell = cells(book, "A1", "可排版")
    cell.row_height = 30
    assert cell.row_height == 30
    with pytest.raises(RefusedError):
        cell.raw_value = "x"


def test_a_table_on_a_protected_sheet_is_not_resized(book: Any) -> None:
    """ListObject.Resize, as below."""
    book.sheets[NAME].api.Protect("", True, True, True, False, *[False] * 11)
    with pytest.raises(RefusedError):
        book.sheets[NAME].tables["One"].resize(cells(book, "A1:B6"))


# Tables. Microsoft, ListObject.Resize https://learn.microsoft.com/en-us/office/vba/api/excel.listobject.resize


@pytest.mark.parametrize("area", ["A2:B5", "A1:B1", "F1:F4", "A1:D4", "A1:J4"], ids=["headings", "no row", "away", "meets", "merged"])
def test_a_table_is_not_resized_to_what_excel_refuses(book: Any, area: str) -> None:
    """The header row must remain in the same row and the resulting table must overlap the original; tables do not overlap."""
    table = book.sheets[NAME].tables["One"]
    with pytest.raises(RefusedError):
        table.resize(cells(book, area))
    assert table.range.address.replace("$", "") == "A1:B4"
    table.resize(cells(book, "A1:B6"))
    assert table.range.address.replace("$", "") == "A1:B6"


# Arrays, merged cells, filling
# Microsoft, Rules for changing array formulas


@pytest.mark.parametrize("area", ["G2", "G1:G2", "F2:H2"])
def test_no_part_of_an_array_is_changed(book: Any, area: str) -> None:
    """You can't change part of an array: Excel's message."""
    for change in (lambda r: r.clear_contents(), lambda r: setattr(r, "raw_value", [[1.0] * r.shape[1]] * r.shape[0])):
        with pytest.raises(RefusedError):
            change(cells(book, area))
    assert cells(book, "G1:G3").raw_value == [[2.0], [4.0], [6.0]]
    cells(book, "G1:G3").clear_contents()
    assert cells(book, "G1:G3").raw_value == [[None], [None], [None]]


def test_no_part_of_a_merged_cell_is_cleared(book: Any) -> None:
    """We can't do that to a merged cell: Excel's message."""
    for area in ("I1", "J2:K2"):
        with pytest.raises(RefusedError):
            cells(book, area).clear_contents()
    assert cells(book, "I1").raw_value == "merged"
    cells(book, "I1:J2").clear_contents()
    assert cells(book, "I1").raw_value is None


def test_filling_needs_the_source_in_the_destination(book: Any) -> None:
    """Microsoft, Range.AutoFill: the destination must include the source range.
    https://learn.microsoft.com/en-us/office/vba/api/excel.range.autofill"""
    with pytest.raises(RefusedError):
        cells(book, "A4:B4").autofill(cells(book, "A5:B6"), "fill_formats")
    cells(book, "A4:B4").autofill(cells(book, "A4:B6"), "fill_formats")


def test_covered_cells_of_a_merged_area_keep_nothing(book: Any) -> None:
    """Microsoft, Range.Merge: only the value of the upper left cell. https://learn.microsoft.com/en-us/office/vba/api/excel.range.merge"""
    cells(book, "I1:K2").raw_value = [["a", "b", "c"], ["d", "e", "f"]]
    assert cells(book, "I1:K2").raw_value == [["a", None, "c"], [None, None, "f"]]
    cells(book, "J2").raw_value = "x"
    assert cells(book, "J2").raw_value is None


def test_two_workbooks_of_one_name_are_not_open_at_once(book: Any, tmp_path: Path, open_book: Open) -> None:
    """Microsoft, Open multiple workbooks: https://support.microsoft.com/en-us/office/a-note-about-opening-two-workbooks-with-the-same-name"""
    (tmp_path / "other").mkdir()
    for name in ("b.xlsx", "B.XLSX"):
        (tmp_path / "other" / name).write_bytes((tmp_path / "b.xlsx").read_bytes())
        with pytest.raises(RefusedError):
            book.app.impl.books.open(tmp_path / "other" / name)


def test_an_edit_of_a_covered_cell_fails_and_changes_nothing(book: Any) -> None:
    """What Excel drops, the read-back does not find."""
    with pytest.raises(CollabError, match="live_write_failed"):
        write_open(book, Plan((CellEdit(NAME, 1, 9, "merged", "neu"), CellEdit(NAME, 2, 10, None, "x"))))
    assert cells(book, "I1:J2").raw_value == [["merged", None], [None, None]]

"""The stand-ins refuse and change what Excel refuses and changes; each rule names its source. Then our code over them.

Sources: [facts] docs/facts/open-excel.md · [limits] Microsoft, Excel specifications and limits · [vba] Microsoft, Excel VBA reference of
the member named · [0008] docs/decisions/0008 · [218] Microsoft, file name contains more than 218 characters · [names] Microsoft, Rename a
worksheet. What no source says is not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from addin.pywin32_stubs import CALL_REJECTED, ComError

from collab_xl.errors import CollabError
from collab_xl.excel.state import wait_until_ready
from collab_xl.excel.write import write_open
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link, Value
from excel_com.application import Workbook
from excel_com.calls import BUSY, REFUSED
from excel_com.clicks import Excel, on_the_screen, xlwings_book


@pytest.fixture
def excel() -> Iterator[Excel]:
    with on_the_screen() as found:
        yield found


@pytest.fixture
def book(excel: Excel, tmp_path: Path) -> Workbook:
    """Sheet 表: A text format, B General, C date, D currency, E unlocked, F a table; a merged area, an array formula, an error."""
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet, other, hidden = made.add_worksheet("表"), made.add_worksheet("另"), made.add_worksheet("藏")
        hidden.hide()
        other.write(0, 0, "x")
        forms = {"A": "@", "B": "General", "C": "yyyy-mm-dd", "D": "¥#,##0.00"}
        for col, shown in enumerate(forms.values()):
            sheet.set_column(col, col, 12, made.add_format({"num_format": shown}))
        sheet.set_column(4, 4, 12, made.add_format({"locked": False}))
        sheet.write(0, 2, 46000.25, made.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write(0, 3, 1.23456789, made.add_format({"num_format": "¥#,##0.00"}))
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_array_formula("B10:B12", "{=ROW(1:3)}", None, 1)
        sheet.merge_range("B14:C15", "merged")
        sheet.write_blank(99, 1, None, made.add_format({"bg_color": "red"}))
        columns = [{"header": "键"}, {"header": "值"}, {"header": "三"}]
        sheet.add_table("G1:I6", {"name": "T", "columns": columns, "data": [[f"k{n}", n, n % 2] for n in range(5)]})
    return excel.open(path)


def cells(book: Workbook, address: str, sheet: str = "表") -> Any:
    return book.get_Worksheets().item(sheet).do_Range(address)


def refused(what: Any, *args: Any) -> None:
    with pytest.raises(ComError) as error:
        what(*args)
    assert error.value.args[2][5] == REFUSED


@pytest.mark.parametrize(
    ("given", "kept"), [("=1+1", "=1+1"), (5.0, "5"), (True, "TRUE"), ("'001", "'001"), ("#N/A", "#N/A"), ("50%", "50%"), (None, None)]
)
def test_a_text_cell_keeps_everything_as_a_text(book: Workbook, given: Any, kept: Any) -> None:
    """[facts] A cell formatted Text; the apostrophe too."""
    cells(book, "A5").put_Value(given)
    assert cells(book, "A5").get_Value() == kept
    assert not cells(book, "A5").get_HasFormula()


@pytest.mark.parametrize(
    ("given", "value", "formula", "shown"),
    [
        ("001", 1.0, "1", "General"),
        ("50%", 0.5, "0.5", "0%"),
        ("3-5", datetime(2026, 3, 5), "46086", "yyyy/m/d"),
        ("2026年3月5日", datetime(2026, 3, 5), "46086", "yyyy/m/d"),
        ("1,234.5", 1234.5, "1234.5", "General"),
        ("TRUE", True, "TRUE", "General"),
        ("#N/A", -2146826246, "#N/A", "General"),
        ("-x", 0.0, "=-x", "General"),
        ("=1+1", 0.0, "=1+1", "General"),
        ('=HYPERLINK("#A1","去看")', "去看", '=HYPERLINK("#A1","去看")', "General"),
        ("'001", "001", "001", "General"),
        ("'=1", "=1", "=1", "General"),
        ("RW-001", "RW-001", "RW-001", "General"),
        ("12:30", 12.5 / 24, "0.520833333333333", "h:mm"),
    ],
)
def test_a_general_cell_reads_a_text_as_if_typed(book: Workbook, given: str, value: Any, formula: str, shown: str) -> None:
    """[facts] In any other cell a text is interpreted as if somebody had typed it; an apostrophe is not part of it."""
    cell = cells(book, "B5")
    cell.put_Value(given)
    found = cell.get_Value2() if shown == "h:mm" else cell.get_Value()
    found = found.replace(tzinfo=None) if isinstance(found, datetime) else found
    assert (found, cell.get_Formula(), cell.get_NumberFormat()) == (value, formula, shown)


def test_a_change_of_the_format_changes_no_value(book: Workbook) -> None:
    """[facts] A number, a formula or a text keeps its type until it is entered again."""
    cells(book, "B5").put_Value(5.0)
    cells(book, "B5").put_NumberFormat("@")
    assert cells(book, "B5").get_Value() == 5.0
    cells(book, "B5").put_Value(5.0)
    assert cells(book, "B5").get_Value() == "5"


def test_numbers_errors_dates_and_currency_as_com_gives_them(book: Workbook) -> None:
    """[facts] Errors are integers, numbers floats. [vba] Range.Value: a date has a zone, currency is a Decimal of four places."""
    assert cells(book, "B2").get_Value() == -2146826246
    assert type(cells(book, "B2").get_Value()) is int
    found = cells(book, "C1").get_Value()
    assert (found.tzinfo is not None, found.replace(tzinfo=None)) == (True, datetime(2025, 12, 9, 6))
    assert cells(book, "D1").get_Value() == Decimal("1.2346")
    assert cells(book, "D1").get_Value2() == 1.23456789
    assert cells(book, "C1").get_Value2() == 46000.25


def test_lengths(book: Workbook) -> None:
    """[limits] 32,767 characters a cell, 8,192 a formula, 255 a text in a formula; [0008] 8,203 a text in an array."""
    cell, two = cells(book, "B5"), cells(book, "B5:B6")
    cell.put_Value("字" * 32_767)
    refused(cell.put_Value, "字" * 32_768)
    two.put_Value([["字" * 8_203], ["x"]])
    refused(two.put_Value, [["字" * 8_204], ["x"]])
    cell.put_Value('="' + "x" * 255 + '"')
    refused(cell.put_Value, '="' + "x" * 256 + '"')
    cell.put_Value('="' + "x" * 255 + '"&"' + "y" * 255 + '"')
    refused(cell.put_Value, "=" + "+".join(["1"] * 5_000))
    refused(cell.put_Value, "=SUM(1")


def test_what_a_range_takes(book: Workbook) -> None:
    """[vba] Range: an address of up to 255 characters; [vba] Range.Value: cells beyond the data get #N/A; 64-bit integers are refused."""
    many = ",".join(f"B{n}" for n in range(100, 160))
    refused(cells, book, many + ",B1000000")
    assert len(cells(book, "B1,C2")._areas) == 2
    refused(cells, book, "B0")
    refused(cells, book, "XFE1")
    cells(book, "B20:C21").put_Value([["a"], ["b"]])
    cells(book, "B22:D22").put_Value([["a", "b"]])
    assert cells(book, "B20:C21").get_Value() == (("a", "a"), ("b", "b"))
    assert cells(book, "B22:D22").get_Value() == (("a", "b", -2146826246),)
    refused(cells(book, "B5").put_Value, 2**40)


def test_properties_of_cells_that_differ_are_empty(book: Workbook) -> None:
    """[vba] NumberFormat, MergeCells, Hidden: Null where the cells differ."""
    assert cells(book, "A1:B1").get_NumberFormat() is None
    assert cells(book, "B13:C15").get_MergeCells() is None
    cells(book, "A3").get_EntireRow().put_Hidden(True)
    assert cells(book, "A2:A3").get_EntireRow().get_Hidden() is None
    assert cells(book, "A3").get_EntireRow().get_Hidden() is True
    refused(cells(book, "A2:A3").get_Hidden)


def test_the_used_range_is_not_clipped(book: Workbook) -> None:
    """[vba] Worksheet.UsedRange: a cell that only has a fill counts."""
    assert book.get_Worksheets().item("表").get_UsedRange().get_Address() == "$B$1:$I$100"


def test_parts_of_arrays_and_covered_cells(book: Workbook) -> None:
    """[vba] Range.FormulaArray: no part of an array changes. A covered cell of a merged area keeps nothing ([vba] Range.Merge)."""
    refused(cells(book, "B11").put_Value, 1.0)
    refused(cells(book, "B9:B10").do_ClearContents)
    cells(book, "B10:B12").do_ClearContents()
    cells(book, "B14:C15").put_Value([["a", "b"], ["c", "d"]])
    assert cells(book, "B14:C15").get_Value() == (("a", None), (None, None))
    assert cells(book, "C15").get_MergeArea().get_Address() == "$B$14:$C$15"


def test_a_protected_sheet_refuses(book: Workbook) -> None:
    """[vba] Worksheet.Protect: locked cells, formats and rows; not unlocked cells; programs may with UserInterfaceOnly."""
    sheet = book.get_Worksheets().item("表")
    sheet.do_Protect("geheim")
    refused(cells(book, "B5").put_Value, 1.0)
    refused(cells(book, "B5").put_NumberFormat, "@")
    refused(cells(book, "B5").get_EntireRow().put_Hidden, True)
    refused(sheet.get_ListObjects().item("T").do_Resize, cells(book, "G1:I8"))
    cells(book, "E5").put_Value(1.0)
    refused(sheet.do_Unprotect, "")
    sheet.do_Unprotect("geheim")
    sheet.do_Protect("", False, True, False, True)
    cells(book, "B5").put_Value(1.0)
    assert sheet.get_ProtectionMode() is True


def test_blocks_through_a_filter_are_refused(book: Workbook) -> None:
    """[0008] Excel writes a block through a filter to wrong rows; one row is safe."""
    cells(book, "G1:I6").do_AutoFilter(3, "=1")
    assert cells(book, "G2:G6").get_EntireRow().get_Hidden() is None
    refused(cells(book, "H2:H6").put_Value, 9.0)
    cells(book, "H3").put_Value(9.0)
    table = book.get_Worksheets().item("表").get_ListObjects().item("T")
    assert table.get_AutoFilter().get_FilterMode() is True
    table.get_AutoFilter().do_ShowAllData()
    assert cells(book, "G2:G6").get_EntireRow().get_Hidden() is False
    refused(table.get_AutoFilter().do_ShowAllData)


def test_what_a_filter_tells(book: Workbook) -> None:
    """[vba] Filter: one value is Criteria1, two are joined by or, more are a list; of a filter that is off nothing can be read."""
    table = book.get_Worksheets().item("表").get_ListObjects().item("T")
    filters = table.get_AutoFilter().get_Filters()
    assert [f.get_On() for f in filters.each()] == [False] * 3
    refused(filters.item(1).get_Criteria1)
    for values, told in ((["k1"], (0, "=k1")), (["k1", "k2"], (2, "=k1")), (["k0", "k1", "k2"], (7, ("=k0", "=k1", "=k2")))):
        cells(book, "G1:I6").do_AutoFilter(1, values, 7)
        assert (filters.item(1).get_Operator(), filters.item(1).get_Criteria1()) == told


def test_tables(book: Workbook) -> None:
    """[vba] ListObject.Resize: the headings stay in their row, tables do not meet; AutoFilter is nothing where there are no buttons."""
    table = book.get_Worksheets().item("表").get_ListObjects().item("t")
    for area in ("G2:I8", "G1:I1", "B20:C25"):
        refused(table.do_Resize, cells(book, area))
    table.do_Resize(cells(book, "G1:I8"))
    assert table.get_DataBodyRange().get_Address() == "$G$2:$I$8"
    assert book._app._fills_columns
    cells(book, "I2:I6").do_ClearContents()
    cells(book, "I2").put_Value("=H2*2")
    assert cells(book, "I5").get_HasFormula() is True, "AutoCorrect fills the column"


@pytest.mark.parametrize("name", ["", "x" * 32, "a/b", "a:b", "[a]", "'a", "a'", "另", "History"])
def test_names_no_sheet_may_have(book: Workbook, name: str) -> None:
    """[names]"""
    refused(book.get_Worksheets().item("表").put_Name, name)


def test_paths_and_saving(book: Workbook, excel: Excel, tmp_path: Path) -> None:
    """[218] No longer path; SaveCopyAs takes no address ([vba] Workbook.SaveCopyAs); a read-only book is not saved under its name."""
    refused(book.do_SaveCopyAs, str(tmp_path / ("x" * 218 + ".xlsx")))
    refused(book.do_SaveCopyAs, "https://example.sharepoint.com/x.xlsx")
    refused(book.do_SaveCopyAs, str(tmp_path / "gone" / "x.xlsx"))
    cells(book, "B5").put_Value(7.0)
    book.do_SaveCopyAs(str(tmp_path / "copy.xlsx"))
    assert book.get_Saved() is False
    book.do_Close(SaveChanges=False)
    again = excel.app.Workbooks.Open(str(tmp_path / "copy.xlsx"), None, True)
    assert again.get_Worksheets().item("表").do_Range("B5").get_Value() == 7.0
    assert again.get_ReadOnly() is True
    refused(again.do_Save)


def test_what_is_shown(book: Workbook) -> None:
    """[vba] Range.Select: only on the active sheet; Worksheet.Activate: no hidden sheet; RowHeight up to 409.5; a footer of 255."""
    refused(cells(book, "A1", "另").do_Select)
    refused(book.get_Worksheets().item("藏").do_Activate)
    book.get_Worksheets().item("另").do_Activate()
    cells(book, "A1", "另").do_Select()
    refused(cells(book, "A1").put_RowHeight, 410.0)
    refused(book.get_Worksheets().item("表").get_PageSetup().put_LeftFooter, "x" * 256)


# Our code over xlwings' own code for Windows


def edit(cell: str, old: Value, new: Value) -> CellEdit:
    from collab_xl.model.place import Area

    area = Area.parse(cell)
    return CellEdit("表", area.first_row, area.first_col, old, new)


NEW: dict[str, Value] = {
    "A5": "001", "A6": "50%", "A7": "=x", "A8": "RW-001", "A9": 5, "A20": date(2026, 3, 5), "A21": True, "A22": "文字", "A23": "-x",
    "B5": "001", "B6": "50%", "B7": "=x", "B8": "3-5", "B9": 5, "B20": "#N/A", "B21": True, "B22": "文字",
    "C5": date(2026, 3, 5), "D5": 2.5,
}  # fmt: skip


def test_what_we_write_is_in_the_cell_whatever_its_format(book: Workbook) -> None:
    write_open(xlwings_book("b.xlsx"), Plan(tuple(edit(cell, None, new) for cell, new in NEW.items())))
    for cell, new in NEW.items():
        value = cells(book, cell).get_Value2()
        wanted = 46086.0 if isinstance(new, date) else new
        assert (value, type(value) is str) == (wanted, isinstance(new, str)), cell
        assert not cells(book, cell).get_HasFormula()
    assert cells(book, "A1:A30").get_NumberFormat() == "@"
    assert cells(book, "B5:B9").get_NumberFormat() == "General"


def test_a_link_in_a_text_cell_stays_a_formula(book: Workbook) -> None:
    write_open(xlwings_book("b.xlsx"), Plan((edit("A5", None, Link("#'表'!A1", "去看")), edit("A6", None, "007"))))
    assert (cells(book, "A5").get_HasFormula(), cells(book, "A5").get_Value()) == (True, "去看")
    assert (cells(book, "A5").get_NumberFormat(), cells(book, "A6").get_NumberFormat()) == ("General", "@")
    assert cells(book, "A6").get_Value() == "007"


def test_filter_and_protection_are_put_back(book: Workbook) -> None:
    sheet = book.get_Worksheets().item("表")
    cells(book, "G1:I6").do_AutoFilter(3, "=1")
    hidden = set(sheet._model.hidden_rows)
    sheet.do_Protect("", False, True, True, False, True, *[False] * 9, True)
    given = dict(sheet._model.protection or {})
    cells_before = book._app._selected
    write_open(xlwings_book("b.xlsx"), Plan(tuple(edit(f"H{row}", row - 2, row * 10) for row in range(2, 7))))
    assert [line[0] for line in cells(book, "H2:H6").get_Value()] == [20.0, 30.0, 40.0, 50.0, 60.0]
    assert (sheet._model.hidden_rows, sheet._model.protection) == (hidden, given)
    assert book._app._selected is not None
    assert book._app._selected._areas == cells_before._areas  # type: ignore[union-attr]


def test_a_failure_midway_leaves_the_cells_as_they_were(book: Workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    from excel_com.ranges import Range

    put, count = Range.put_Value, iter(range(100))
    before = cells(book, "A1:I30").get_Formula()

    def failing(self: Range, data: Any) -> None:
        if next(count) == 3:
            raise ComError(-2147352567, "x", (0, "Microsoft Excel", "refused", None, 0, REFUSED), None)
        put(self, data)

    monkeypatch.setattr(Range, "put_Value", failing)
    with pytest.raises(CollabError, match="live_write_failed"):
        write_open(xlwings_book("b.xlsx"), Plan(tuple(edit(cell, None, new) for cell, new in NEW.items())))
    assert cells(book, "A1:I30").get_Formula() == before
    assert cells(book, "A1:A30").get_NumberFormat() == "@"


def test_busy(book: Workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """[facts] Busy: calls are rejected; a cell being edited refuses the probe."""
    monkeypatch.setattr("collab_xl.excel.xlwings_setup.time.sleep", lambda _: None)
    opened = xlwings_book("b.xlsx")
    monkeypatch.setitem(BUSY, "left", 10**9)
    with pytest.raises(CollabError, match="excel_busy"):
        write_open(opened, Plan((edit("B5", None, 1),)))
    monkeypatch.setitem(BUSY, "left", 5)
    write_open(opened, Plan((edit("B5", None, 1),)))
    book._app._editing = 10**9
    with pytest.raises(CollabError, match="excel_busy"):
        wait_until_ready(opened.app, lambda _: None)
    book._app._editing = 0
    assert CALL_REJECTED == -2147418111


def test_what_is_not_there_is_said_before_anything_is_written(book: Workbook) -> None:
    from collab_xl.model.place import Area

    opened = xlwings_book("b.xlsx")
    with pytest.raises(CollabError, match="sheet_missing"):
        write_open(opened, Plan((edit("B5", None, 1), CellEdit("没有", 1, 1, None, 1))))
    with pytest.raises(CollabError, match="table_gone"):
        write_open(opened, Plan((edit("B5", None, 1),), tables={"Gone": Area(1, 1, 3, 3)}))
    assert cells(book, "B5").get_Value() is None

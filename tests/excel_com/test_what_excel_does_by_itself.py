"""Excel spills, expands tables, and lets the person type: the stand-ins do it too, and our writes stay right.

Sources: [spill] Microsoft, How to correct a #SPILL! error · [expand] Microsoft, AutoCorrect.AutoExpandListRange · [facts]
docs/facts/open-excel.md, Busy · [formats] Microsoft, Excel specifications and limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.excel.write import write_open
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Value
from excel_com.application import Workbook
from excel_com.clicks import Excel, on_the_screen, xlwings_book

SPILL = -2146826243
"""0x800A0000 + 2045."""


@pytest.fixture(params=[True, False], ids=["add-in", "without"])
def excel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Excel]:
    monkeypatch.setattr("collab_xl.excel.xlwings_setup.time.sleep", lambda _: None)
    with on_the_screen(addin=request.param) as found:
        yield found


@pytest.fixture
def book(excel: Excel, tmp_path: Path) -> Workbook:
    """Sheet 表: table T in A1:B4 with notes below and beside, a spilled formula in D1:D3."""
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("表")
        sheet.add_table("A1:B4", {"name": "T", "columns": [{"header": "甲"}, {"header": "乙"}], "data": [["a", 1], ["b", 2], ["c", 3]]})
        sheet.write_dynamic_array_formula("D1:D3", "=SEQUENCE(3)", None, 1)
        for row in (1, 2):
            sheet.write(row, 3, row + 1)
    return excel.open(path)


def cells(book: Workbook, address: str) -> Any:
    return book.get_Worksheets().item("表").do_Range(address)


def edit(address: str, old: Value, new: Value) -> CellEdit:
    area = Area.parse(address)
    return CellEdit("表", area.first_row, area.first_col, old, new)


def write(book: Workbook, *edits: CellEdit, tables: dict[str, Area] | None = None) -> None:
    write_open(xlwings_book("b.xlsx"), Plan(edits, tables or {}), read=read_book(book._path))


def area_of_table(book: Workbook) -> str:
    return str(book.get_Worksheets().item("表").get_ListObjects().item("T").get_Range().get_Address())


def test_something_in_the_way_breaks_a_spill(book: Workbook) -> None:
    """[spill] The formula then shows #SPILL!, and its other values are gone."""
    assert cells(book, "D1:D3").get_HasSpill() is True
    cells(book, "D2").put_Value("x")
    assert cells(book, "D1:D3").get_Value() == ((SPILL,), ("x",), (None,))


@pytest.mark.parametrize("address", ["D1", "D2", "D3"])
def test_a_spilled_value_is_never_written(address: str, book: Workbook) -> None:
    with pytest.raises(CollabError, match="array_cell"):
        write(book, edit("B2", 1, 9), edit(address, int(address[1]), 7))
    assert cells(book, "D1:D3").get_Value() == ((1.0,), (2.0,), (3.0,))
    assert cells(book, "B2").get_Value() == 1.0


def test_a_table_takes_in_what_is_written_beside_it(book: Workbook) -> None:
    """[expand]"""
    cells(book, "A5").put_Value("d")
    assert area_of_table(book) == "$A$1:$B$5"
    cells(book, "C3").put_Value("e")
    assert area_of_table(book) == "$A$1:$C$5"
    book._app.get_AutoCorrect().put_AutoExpandListRange(False)
    cells(book, "A6").put_Value("f")
    assert area_of_table(book) == "$A$1:$C$5"


@pytest.mark.parametrize("address", ["A5", "C3"])
def test_our_notes_beside_a_table_do_not_make_it_larger(address: str, book: Workbook) -> None:
    write(book, edit(address, None, "注"))
    assert (area_of_table(book), cells(book, address).get_Value()) == ("$A$1:$B$4", "注")
    assert book._app._expands_tables


def test_a_grown_table_has_the_rows_of_the_plan_and_no_more(book: Workbook) -> None:
    write(book, edit("A5", None, "d"), edit("A6", None, "e"), edit("B6", None, 6), tables={"T": Area.parse("A1:B6")})
    assert area_of_table(book) == "$A$1:$B$6"


def begins_editing(book: Workbook, at: int, calls: int) -> None:
    """After so many blocks the person begins to edit a cell, for so many calls."""
    from excel_com.ranges import Range

    put, seen = Range.put_Value, iter(range(10**6))

    def late(self: Range, data: Any) -> None:
        put(self, data)
        if next(seen) == at:
            book._app._editing = calls

    Range.put_Value = late  # type: ignore[method-assign]


@pytest.fixture
def put_back() -> Iterator[None]:
    from excel_com.ranges import Range

    before = Range.put_Value
    yield
    Range.put_Value = before  # type: ignore[method-assign]


@pytest.mark.usefixtures("put_back")
@pytest.mark.parametrize("calls", [5, 60, 10**9], ids=["a moment", "a while", "for ever"])
def test_a_cell_edited_while_we_write_is_waited_for_or_all_is_taken_back(calls: int, book: Workbook) -> None:
    """[facts] No program is let in meanwhile: a moment is waited for; after a while all is taken back, once the person is done."""
    begins_editing(book, 0, calls)
    edits = [edit("B2", 1, 10), edit("A3", "b", "bb"), edit("B4", 3, 30), edit("A9", None, "x")]
    first = Plan((edit("F9", None, "writing"),))
    if calls == 5:
        write_open(xlwings_book("b.xlsx"), Plan(tuple(edits)), first=first, read=read_book(book._path))
        assert cells(book, "A2:B4").get_Value() == (("a", 10.0), ("bb", 2.0), ("c", 30.0))
        return
    with pytest.raises(CollabError, match=r"excel_busy|live_half_written"):
        write_open(xlwings_book("b.xlsx"), Plan(tuple(edits)), first=first, read=read_book(book._path))
    book._app._editing = 0
    if calls == 60:
        assert cells(book, "A2:B4").get_Value() == (("a", 1.0), ("b", 2.0), ("c", 3.0))
        assert cells(book, "F9").get_Value() is None
    else:
        assert cells(book, "F9").get_Value() == "writing", "the mark says what happened"

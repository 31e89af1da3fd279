"""The write as one macro: nothing typed meanwhile is overwritten, a half write is taken back, without the macro each block is a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from addin.pywin32_stubs import ComError

from collab_xl.addin.build import NAME
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError, StaleCell
from collab_xl.excel import macro
from collab_xl.excel.write import write_open
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link, Value
from excel_com.application import Workbook
from excel_com.calls import CALLS, REFUSED
from excel_com.clicks import Excel, on_the_screen, xlwings_book
from excel_com.ranges import Range

ROWS, TEXT_COLUMN = 1_200, 3
WRITE = f"'{macro.ADDIN}'!CollabWrite"
ASK = f"'{macro.ADDIN}'!CollabAsk"


@pytest.fixture
def excel() -> Iterator[Excel]:
    with on_the_screen() as found:
        yield found


@pytest.fixture
def book(excel: Excel, tmp_path: Path) -> Workbook:
    """Sheet 表: a table of texts in A to D, where C is formatted Text."""
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("表")
        sheet.set_column(TEXT_COLUMN - 1, TEXT_COLUMN - 1, 12, made.add_format({"num_format": "@"}))
        data = [[f"键{n}", f"值{n}", f"文{n}", n] for n in range(ROWS)]
        sheet.add_table(0, 0, ROWS, 3, {"name": "T", "data": data, "columns": [{"header": h} for h in "甲乙丙丁"]})
    return excel.open(path)


def edits(rows: range, col: int = 2) -> tuple[CellEdit, ...]:
    return tuple(CellEdit("表", row, col, f"值{row - 2}" if col == 2 else f"文{row - 2}", f"新{row}") for row in rows)


def write(book: Workbook, *edits: CellEdit) -> None:
    write_open(xlwings_book("b.xlsx"), Plan(edits), read=read_book(book._path))


def value(book: Workbook, address: str) -> Any:
    return book.get_Worksheets().item("表").do_Range(address).get_Value()


def calls(book: Workbook, *edits: CellEdit) -> int:
    CALLS.clear()
    write(book, *edits)
    return len(CALLS)


def instead(book: Workbook, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """Another macro in place of one; returns the one that was there."""
    before = book._app._macros[name]
    book._app._macros[name] = run
    return before


def test_scattered_edits_cost_what_few_cost(book: Workbook) -> None:
    few = calls(book, *edits(range(3, 12, 4)))
    many = calls(book, *edits(range(13, 1_000, 2)))
    assert value(book, "B500") == "值498"
    assert value(book, "B501") == "新501"
    assert many == few
    del book._app._macros[ASK]
    assert calls(book, *edits(range(14, 1_000, 2))) < few + 10, "no text is formatted in part: those between are written again"
    assert (value(book, "B500"), value(book, "B501")) == ("新500", "新501")
    CALLS.clear()
    write_open(xlwings_book("b.xlsx"), Plan(edits(range(14, 1_000, 2), 3)))
    assert len(CALLS) > few + 2 * 450, "nobody knows"


def test_more_cells_than_one_call_takes(book: Workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(macro, "MOST_CELLS", 40)
    calls(book, *edits(range(3, 203, 2)))
    assert CALLS.by_name["Application.Run()"] == 11  # ten blocks each, and the question
    assert [line[0] for line in value(book, "B3:B201")][::2] == [f"新{row}" for row in range(3, 203, 2)]


VALUES: list[Value] = ["001", "50%", "=x", 5, True, None, 2.5, "文字", Link("#'表'!A1", "去看"), "x" * 9_000, "a\r\nb"]


def test_every_kind_of_value_in_every_format(book: Workbook) -> None:
    """General cells in column B, Text cells in column C."""
    rows = range(3, 3 + 2 * len(VALUES), 2)
    old = {2: "值", 3: "文"}
    write(book, *(CellEdit("表", row, col, f"{old[col]}{row - 2}", new) for col in old for row, new in zip(rows, VALUES, strict=True)))
    for row, new in zip(rows, VALUES, strict=True):
        wanted = new.text if isinstance(new, Link) else new.replace("\r\n", "\n") if isinstance(new, str) else new
        assert [value(book, f"B{row}"), value(book, f"C{row}")] == [wanted] * 2, new
        assert [type(value(book, f"{col}{row}")) is str for col in "BC"] == [isinstance(wanted, str)] * 2


def test_a_cell_typed_at_the_last_moment_is_kept_and_nothing_is_written(book: Workbook) -> None:
    def late(*args: Any) -> Any:
        book.get_Worksheets().item("表").do_Range("B9").put_Value("刚输入")
        return run(*args)

    run = instead(book, WRITE, late)
    with pytest.raises(StaleCell):
        write(book, *edits(range(3, 12, 2)))
    assert value(book, "B3:B11") == (("值1",), ("值2",), ("值3",), ("值4",), ("值5",), ("值6",), ("刚输入",), ("值8",), ("值9",))


@pytest.mark.parametrize("typed", ["5", 5.0, True, None])
def test_a_change_of_the_kind_alone_counts(typed: Any, book: Workbook) -> None:
    """A text 5 and a number 5 have one formula."""
    cell = book.get_Worksheets().item("表").do_Range("C9")
    cell.put_Value("5")

    def late(*args: Any) -> Any:
        cell.put_NumberFormat("General")
        cell.put_Value("'5" if typed == "5" else typed)
        return run(*args)

    run = instead(book, WRITE, late)
    edit = CellEdit("表", 9, 3, "5", "新")
    if typed == "5":
        write(book, edit)
    else:
        with pytest.raises(StaleCell):
            write(book, edit)
    assert value(book, "C9") == ("新" if typed == "5" else typed)


def test_what_the_first_calls_wrote_is_taken_back_when_a_later_one_finds_a_change(book: Workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(macro, "MOST_CELLS", 40)
    seen = iter(range(99))

    def late(*args: Any) -> Any:
        if next(seen) == 2:
            book.get_Worksheets().item("表").do_Range("B61").put_Value("刚输入")
        return run(*args)

    run = instead(book, WRITE, late)
    with pytest.raises(StaleCell):
        write(book, *edits(range(3, 203, 2)))
    found = [line[0] for line in value(book, "B3:B201")]
    assert found == ["刚输入" if row == 61 else f"值{row - 2}" for row in range(3, 202)]


def test_a_block_that_excel_refuses_takes_the_others_back(book: Workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    put, count = Range.put_Value, iter(range(10**6))

    def failing(self: Range, data: Any) -> None:
        if next(count) == 20:
            raise ComError(-2147352567, "x", (0, "Microsoft Excel", "不行", None, 0, REFUSED), None)
        put(self, data)

    monkeypatch.setattr(Range, "put_Value", failing)
    with pytest.raises(CollabError, match="live_write_failed") as error:
        write(book, *edits(range(3, 203, 2)))
    assert "不行" in str(error.value.facts)
    assert [line[0] for line in value(book, "B3:B201")] == [f"值{row - 2}" for row in range(3, 202)]


def test_an_answer_that_is_lost_takes_all_back(book: Workbook) -> None:
    def lost(*args: Any) -> Any:
        assert run(*args) == "done"
        raise ComError(-2147023170, "The remote procedure call failed.", None, None)

    run = instead(book, WRITE, lost)
    with pytest.raises(CollabError, match="live_write_failed"):
        write(book, *edits(range(3, 203, 2)))
    assert [line[0] for line in value(book, "B3:B201")] == [f"值{row - 2}" for row in range(3, 202)]


def test_a_cell_typed_while_the_answer_is_lost_is_kept(book: Workbook) -> None:
    def lost(*args: Any) -> Any:
        book.get_Worksheets().item("表").do_Range("B5").put_Value("刚输入")
        raise ComError(-2147023170, "The remote procedure call failed.", None, None)

    instead(book, WRITE, lost)
    with pytest.raises(CollabError, match="live_write_failed"):
        write(book, *edits(range(3, 9)))
    assert [line[0] for line in value(book, "B3:B8")] == ["值1", "值2", "刚输入", "值4", "值5", "值6"]


def test_arguments_that_arrive_cut_are_written_block_by_block(book: Workbook) -> None:
    def cut(name: str, parts: Any, before: Any, after: Any, length: float) -> Any:
        return run(name, parts, before, [a[:255] if isinstance(a, str) else a for a in after], length)

    run = instead(book, WRITE, cut)
    write(book, CellEdit("表", 3, 2, "值1", "长" * 300), CellEdit("表", 5, 2, "值3", "短"))
    assert value(book, "B3:B5") == (("长" * 300,), ("值2",), ("短",))


@pytest.mark.parametrize("answer", ["", "0|y", "2|n|n|$A$1:$D$1201", None])
def test_an_add_in_of_another_version_is_not_used(answer: Any, book: Workbook) -> None:
    instead(book, ASK, lambda *_: answer)
    instead(book, WRITE, lambda *_: pytest.fail("not this one"))
    write(book, *edits(range(3, 12, 2)))
    assert value(book, "B11") == "新11"


def test_protection_and_hidden_rows_are_seen(book: Workbook) -> None:
    sheet = book.get_Worksheets().item("表")
    sheet.do_Range("A1:D1201").do_AutoFilter(4, "<5")
    sheet.do_Protect("", False, True, False, False)
    write(book, *edits(range(3, 40, 2)))
    assert value(book, "B39") == "新39"
    assert sheet._model.protection is not None
    assert len(sheet._model.hidden_rows) == ROWS - 5


def test_one_name_of_the_add_in() -> None:
    assert macro.ADDIN == NAME

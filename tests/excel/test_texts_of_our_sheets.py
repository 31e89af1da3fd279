"""Which cells between two edits are written again to save a call: on our own sheets also texts, if none is formatted in part."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, cast

import pytest
import xlsxwriter

from collab_xl.book.read import read_book
from collab_xl.excel.blocks import rectangles
from collab_xl.excel.cells import CellBlock
from collab_xl.excel.compare import OpenSheetWork
from collab_xl.model.place import Area
from collab_xl.model.values import Value


def joined(*column: Value, ours: bool, formula: int = 0) -> list[str]:
    """The rectangles for edits of the odd rows of a column."""
    area = Area(1, 1, len(column), 1)
    formulas = {(formula, 1): "=A1"} if formula else {}
    block = CellBlock(area, [[value] for value in column], {}, formulas)
    work = OpenSheetWork(cast("Any", None), "对比", block=block, whole_texts=ours, ours=ours)
    return [str(part) for part in rectangles(work, {(row, 1) for row in range(1, len(column) + 1, 2)})]


def test_a_text_of_ours_between_two_edits_is_written_again() -> None:
    column = [f"接口联调的第{n}次评审意见" for n in range(1, 20)]
    assert joined(*column, ours=True) == ["A1:A19"]
    assert len(joined(*column, ours=False)) == 10, "anybody else's text may be coloured in part"
    assert joined(*column, ours=True, formula=8) == ["A1:A7", "A9:A19"]


def test_a_text_of_a_table_is_written_again_where_no_text_of_the_sheet_is_formatted_in_part() -> None:
    """A text beside the table is the user's own, and so is left alone."""
    area = Area(1, 1, 20, 3)
    block = CellBlock(area, [["接口联调的评审意见"] * 3 for _ in range(20)], {}, {})

    def parts(col: int, whole: bool = True, spilled: tuple[Area, ...] = ()) -> list[str]:
        edits = {(row, col) for row in range(2, 21, 3)}
        table = cast("Any", SimpleNamespace(name="T", area=Area(1, 1, 20, 2)))
        work = OpenSheetWork(cast("Any", None), "表", tables={"T": table}, block=block, whole_texts=whole, arrays=spilled)
        return [str(part) for part in rectangles(work, edits)]

    assert parts(2) == ["B2:B20"]
    assert len(parts(2, whole=False)) == len(parts(3)) == 7
    assert parts(2, spilled=(Area(3, 2, 3, 2),)) == ["B2:B2", "B5:B20"], "a spilled value is no text of its own"


@pytest.mark.parametrize("text", ["1/2", "RW-001", "3-5", "=1+1", "TRUE", "长" * 300, "'引号", "意见\r\n第二行"])
def test_a_text_that_excel_may_read_differently_is_left_alone(text: str) -> None:
    assert joined("甲方意见", text, "乙方意见", ours=True) == ["A1:A1", "A3:A3"]


def test_a_sheet_with_a_text_that_is_formatted_in_part_is_known() -> None:
    def book(rich: bool) -> bytes:
        out = io.BytesIO()
        made = xlsxwriter.Workbook(out)
        page = made.add_worksheet("页")
        page.write("A1", "评审意见")
        if rich:
            page.write_rich_string("A2", "评审", made.add_format({"bold": True}), "意见")
        made.close()
        return out.getvalue()

    assert [read_book(book(rich)).partly_formatted("页") for rich in (False, True)] == [False, True]

"""A number format that adds to a text, in the headings only or in the rows."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from collab_xl.book.read import read_book
from collab_xl.model.sheets import NumberFormats
from collab_xl.read.columns import Special
from collab_xl.read.number_format import changes_text

FIRST_ROW = 4


def sheet_with(path: Path, marked: tuple[int, int], *, whole_row: bool = False) -> NumberFormats:
    with xlsxwriter.Workbook(path) as book:
        mark, plain = book.add_format({"num_format": '@" *"'}), book.add_format({"bold": True})
        page = book.add_worksheet("任务")
        for row in range(3, 8):
            for col in range(1, 4):
                page.write_string(row - 1, col - 1, f"{row} s=&quot;1&quot;", mark if (row, col) == marked else plain)
        if whole_row:
            page.set_row(marked[0] - 1, None, mark)
    return read_book(path.read_bytes(), path.name).snapshot("任务").number_formats


@pytest.mark.parametrize(("marked", "change"), [((3, 2), False), ((4, 1), True), ((7, 3), True)])
def test_only_a_format_in_the_rows_may_change_a_text(tmp_path: Path, marked: tuple[int, int], change: bool) -> None:
    formats = sheet_with(tmp_path / "a.xlsx", marked)
    assert formats.may_occur(changes_text, FIRST_ROW) is change
    assert formats.of_column(marked[1]) == {marked[0]: '@" *"'}


def test_a_format_of_a_whole_row_counts_as_one_of_its_cells(tmp_path: Path) -> None:
    assert sheet_with(tmp_path / "a.xlsx", (6, 1), whole_row=True).may_occur(changes_text, FIRST_ROW)


def test_an_unknown_workbook_may_have_every_format(tmp_path: Path) -> None:
    assert NumberFormats(codes=None).may_occur(changes_text, FIRST_ROW)
    assert not NumberFormats().may_occur(changes_text, FIRST_ROW)


def test_a_table_is_judged_from_its_first_row_on(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    sheet_with(path, (3, 2))
    snapshot = read_book(path.read_bytes(), path.name).snapshot("任务")
    assert not Special(snapshot, FIRST_ROW).texts_change
    assert Special(snapshot).texts_change

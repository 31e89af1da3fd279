"""An ID that is completed by its number format (`000`, `"RW-"000`) is read as the cell shows it."""

from __future__ import annotations

import io

import xlsxwriter

from collab_xl.book.read import read_book
from collab_xl.forms import load
from collab_xl.model.directory import Directory
from collab_xl.read.context import Context
from collab_xl.read.sheet import parse_sheet


def test_ids_are_read_as_they_are_seen() -> None:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet("任务")
        zeros, named = book.add_format({"num_format": "000"}), book.add_format({"num_format": '"RW-"000'})
        sheet.write_row(0, 0, ["任务ID", "任务名称", "所属需求编号", "前置任务", "当前进度"])
        for row, (key, predecessor) in enumerate(((1, None), (12, 1), (1000, 12)), 1):
            sheet.write_number(row, 0, key, named)
            sheet.write_string(row, 1, f"任务{key}")
            sheet.write_number(row, 2, key, zeros)
            if predecessor:
                sheet.write_number(row, 3, predecessor, named)
            sheet.write_number(row, 4, 80, zeros)
        sheet.write_string(4, 0, "001")
        sheet.write_string(4, 1, "文本编号")
    book_read = read_book(data.getvalue(), "编号.xlsx")
    (table,) = parse_sheet(book_read.snapshot("任务"), load(), Context("zh", Directory())).tables
    assert list(table.values["task_id"]) == ["RW-001", "RW-012", "RW-1000", "001"]
    assert list(table.values["req_id"]) == ["001", "012", "1000", None]
    assert list(table.values["predecessors"]) == [None, ("RW-001",), ("RW-012",), None]
    assert list(table.values["progress"])[:3] == [0.8, 0.8, 0.8], "a number is still a number"
    assert table.raw["task_id"][0] == 1

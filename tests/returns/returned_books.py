"""Workbooks to be marked, and what independent readers see in them: zipfile, lxml and openpyxl, nothing of the product."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl
import xlsxwriter
from lxml import etree

from collab_xl.model.returns import Mark, Marks, NoteCell, NoteRow, Notes, ResultColumn

SHEET = "任务跟踪表"
HEADS = ("任务ID", "任务名称", "负责人", "计划结束时间", "当前进度")
ROWS = (
    ("RW-001", "问卷设计", "*经理", "2026-13-05", "80%"),
    ("RW-002", "接口联调", "*主管", "2026-11-27", "120%"),
    ("RW-003", "预热素材", "*专员", "2026-11-30", "50%"),
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
Make = Callable[[Any, Any], None]


def book(more: Make | None = None, *, suffix: str = ".xlsx") -> bytes:
    """A tracker as XlsxWriter writes it: two title rows, headings in row 3. `more(workbook, sheet)` adds to it."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    if suffix == ".xlsm":
        workbook.add_vba_project(io.BytesIO(b"\xd0\xcf\x11\xe0 not really macros \x00\x01"), is_stream=True)
    sheet = workbook.add_worksheet(SHEET)
    sheet.write(0, 0, "任务分工与进度跟踪表")
    for col, heading in enumerate(HEADS):
        sheet.write(2, col, heading)
    for row, line in enumerate(ROWS, 3):
        sheet.write_row(row, 0, line)
    if more is not None:
        more(workbook, sheet)
    workbook.close()
    return buffer.getvalue()


def notes(*, sheet: str = "校验说明", links: tuple[tuple[str, str], ...] = ((SHEET, "D4"),)) -> Notes:
    rows = [NoteRow((NoteCell(1, "校验说明", "title"),), 30, 4), NoteRow((NoteCell(1, 1, "centre"), NoteCell(2, "错误", "error")))]
    rows += [NoteRow((NoteCell(4, cell, "link", (where, cell)),)) for where, cell in links]
    return Notes(sheet, (6, 10, 20, 12), tuple(rows))


def marks(
    *cells: tuple[int, int], sheet: str = SHEET, column: bool = True, said: str = "“2026-13-05”不是日期。\n处理：改成 2026-11-20"
) -> Marks:
    """A mark for each cell (by default D4 red, E5 amber), and the column of results."""
    chosen = cells or ((4, 4), (5, 5))
    made = tuple(Mark(n, sheet, row, col, n % 2 == 1, said) for n, (row, col) in enumerate(chosen, 1))
    lines = {row: f"✗ {openpyxl.utils.get_column_letter(col)}{row}：{said}" for row, col in chosen if row > 3}
    columns = (ResultColumn(sheet, "校验结果", "本列由系统填写", (3,), len(HEADS), 6, lines),) if column else ()
    return Marks("zh", notes(links=tuple((sheet, f"{openpyxl.utils.get_column_letter(c)}{r}") for r, c in chosen)), made, columns)


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezipped(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The same workbook with parts replaced, added or (None) dropped."""
    content = {**parts(data), **changes}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in content.items():
            if body is not None:
                archive.writestr(name, body)
    return out.getvalue()


def changed(before: bytes, after: bytes) -> set[str]:
    """Names of parts that are new, gone or not equal byte for byte."""
    a, b = parts(before), parts(after)
    return {n for n in a.keys() | b.keys() if a.get(n) != b.get(n)}


def seen(data: bytes) -> dict[str, Any]:
    """Everything openpyxl reads of the visible workbook: values, formats, comments, merges, names, protection."""
    workbook = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    out: dict[str, Any] = {"sheets": [(ws.title, ws.sheet_state) for ws in workbook]}
    out["names"] = {name: str(d.attr_text) for name, d in workbook.defined_names.items()}
    for ws in workbook.worksheets:
        cells = {}
        for row in ws.iter_rows():
            for cell in row:
                look = (
                    cell.fill.fill_type,
                    cell.fill.fgColor.rgb,
                    cell.font.b,
                    cell.font.name,
                    cell.number_format,
                    cell.border.bottom.style,
                )
                if cell.value is not None or cell.has_style:
                    cells[cell.coordinate] = (
                        str(cell.value),
                        type(cell.value).__name__,
                        look,
                        cell.alignment.wrap_text,
                        cell.protection.locked,
                    )
        out[ws.title] = {
            "cells": cells,
            "comments": {c.coordinate: (c.comment.author, c.comment.text) for row in ws.iter_rows() for c in row if c.comment},
            "merges": sorted(map(str, ws.merged_cells.ranges)),
            "protected": (ws.protection.sheet, ws.protection.password),
            "filter": ws.auto_filter.ref,
            "tables": dict(ws.tables.items()),
            "names": {name: str(d.attr_text) for name, d in ws.defined_names.items()},
            "widths": {k: (d.width, d.hidden) for k, d in ws.column_dimensions.items()},
            "hidden": [k for k, d in ws.row_dimensions.items() if d.hidden],
            "rules": sorted(f"{r.sqref} {r.type} {r.formula1}" for r in ws.data_validations.dataValidation),
        }
    return out


def root(data: bytes, name: str) -> etree._Element:
    return etree.fromstring(parts(data)[name])


def local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def swapped_rows(data: bytes, one: int, other: int, sheet: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The sheet after its user sorted it so that two rows changed places: cells and comments move, as in Excel."""
    content = parts(data)
    out: dict[str, bytes | None] = {}

    def swap(ref: str) -> str:
        letters, row = re.fullmatch(r"([A-Z]+)([0-9]+)", ref).groups()  # type: ignore[union-attr]
        return letters + str({one: other, other: one}.get(int(row), int(row)))

    tree = root(data, sheet)
    rows = next(e for e in tree if local(e) == "sheetData")
    for row in rows:
        row.set("r", str({one: other, other: one}.get(int(row.get("r", 0)), int(row.get("r", 0)))))
        for cell in row:
            cell.set("r", swap(cell.get("r", "")))
    rows[:] = sorted(rows, key=lambda r: int(r.get("r", 0)))
    out[sheet] = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    for name in [n for n in content if re.fullmatch(r"xl/comments[0-9]*\.xml", n)]:
        tree = root(data, name)
        for comment in (e for e in tree.iter() if local(e) == "comment"):
            comment.set("ref", swap(comment.get("ref", "")))
        out[name] = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    for name in [n for n in content if n.endswith(".vml")]:
        out[name] = re.sub(
            rb"<x:Row>([0-9]+)</x:Row>",
            lambda m: b"<x:Row>%d</x:Row>" % {one - 1: other - 1, other - 1: one - 1}.get(int(m[1]), int(m[1])),
            content[name],
        )
    return rezipped(data, out)

"""Type a department's answers into its pack with openpyxl, as a person would in a spreadsheet program."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook, load_workbook

from collab_xl.demo.answers import HAND_MADE_HEADINGS, HAND_MADE_ROWS, NEW, DemoValue, Written
from collab_xl.forms import Form, load
from collab_xl.model.place import Area

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


class _Sheet:
    """The Excel Table of one form inside a pack."""

    def __init__(self, sheet: Worksheet, area: Area, form: Form, lang: str) -> None:
        self.sheet, self.area = sheet, area
        headings = {sheet.cell(area.first_row, c).value: c for c in range(area.first_col, area.last_col + 1)}
        known = {f.id: headings[f.heading[lang]] for f in form.fields if f.heading[lang] in headings}
        self.column = {str(said): col for said, col in headings.items()} | known  # a field of one's own by its heading
        key = self.column[form.key.id]
        body = range(area.first_row + 1, area.last_row + 1)
        self.rows = {str(sheet.cell(r, key).value): r for r in body if sheet.cell(r, key).value is not None}
        self.blank = iter([r for r in body if all(sheet.cell(r, c).value is None for c in known.values())])

    def write(self, written: Written, lang: str) -> None:
        """Raises KeyError when the pack lacks the row or the column, StopIteration when no blank row is left."""
        row = next(self.blank) if written.key == NEW else self.rows[written.key]
        for field, typed in written.cells.items():
            cell = self.sheet.cell(row, self.column[field])
            cell.value = in_language(typed, lang)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # openpyxl takes a text that begins with "=" for a formula


def in_language(typed: DemoValue, lang: str) -> object:
    return typed[0 if lang == "zh" else 1] if isinstance(typed, tuple) else typed


def fill(pack: Path, answers: Iterable[Written], lang: str) -> bytes:
    """The pack with the answers typed in, saved by openpyxl."""
    book = load_workbook(pack)
    sheets: dict[str, _Sheet] = {}
    for sheet in book.worksheets:
        for table in sheet.tables.values():
            form = next((f for f in load().forms if f.table == table.name), None)
            if form is not None:
                sheets[form.id] = _Sheet(sheet, Area.parse(table.ref), form, lang)
    for written in answers:
        sheets[written.form].write(written, lang)
    return _saved(book)


def hand_made(lang: str) -> bytes:
    """A sheet nobody issued: a title, its own headings, text dates, a note below."""
    book = Workbook()
    sheet = book.active
    sheet.title = in_language(("本周工作", "This week"), lang)
    sheet["A1"] = in_language(("财务部本周工作进展（第47周）", "Finance, progress of week 47"), lang)
    lines: list[list[DemoValue]] = [[*HAND_MADE_HEADINGS], *HAND_MADE_ROWS]
    for row, line in enumerate(lines, start=3):
        for column, typed in enumerate(line, start=1):
            sheet.cell(row, column).value = in_language(typed, lang)
    sheet.cell(3 + len(HAND_MADE_ROWS) + 2, 1).value = in_language(
        ("说明：关账清单下周发。", "Note: the closing list follows next week."), lang
    )
    for letter, width in zip("ABCDEFG", (6, 28, 12, 14, 8, 10, 24), strict=True):
        sheet.column_dimensions[letter].width = width
    return _saved(book)


def _saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()

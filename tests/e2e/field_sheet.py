"""Type on sheet 字段 of a project's master, and apply it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.table import TableColumn
from small_project import DAY, Project, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.forms import load
from collab_xl.plan.lists import columns_of


def field_line(project: Project, code: str = "", row: int = 0, **cells: object) -> int:
    """Type into the line with this code, else into the first blank one. Returns its row."""
    book, service = read_book(project.master), load().service("fields")
    ref = book.tables[service.table]
    at, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    rows = range(ref.data.first_row, ref.area.last_row + 2)
    if not row and code:
        row = next(r for r in rows if snap.value(r, at["id"]) == code)
    elif not row:
        row = next(r for r in rows if all(snap.value(r, c) is None for c in at.values()))
    type_into(project.master, ref.sheet, {(row, at[name]): value for name, value in cells.items()})
    return row


def apply(project: Project, write: bool = True) -> dict[str, Any]:
    return dict(verbs.forms_apply(project.master, as_of=DAY, write=write, lang=project.lang).json)


def cell_of(project: Project, form: str, key: str, heading: str) -> tuple[str, int, int]:
    """Sheet, row and column of a cell of a data table."""
    book = read_book(project.master)
    ref = book.tables[load().form(form).table]
    snap = book.snapshot(ref.sheet)
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, ref.area.first_col) == key)
    return ref.sheet, row, ref.area.first_col + ref.headings.index(heading)


def type_raw(project: Project, form: str, key: str, heading: str, value: object) -> None:
    """What the PMO types into a cell, by its heading."""
    sheet, row, col = cell_of(project, form, key, heading)
    type_into(project.master, sheet, {(row, col): value})


def own_column(project: Project, table: str, heading: str, values: Mapping[int, object]) -> None:
    """A column of the user's own at the right end of a table, by openpyxl. `values`: row → value."""
    book = workbook_at(project.master)
    sheet = next(ws for ws in book if table in ws.tables)
    ref = sheet.tables[table]
    _, _, last_col, last_row = range_boundaries(ref.ref)
    sheet.cell(3, last_col + 1).value = heading
    for row, value in values.items():
        sheet.cell(row, last_col + 1).value = value
    ref.tableColumns.append(TableColumn(id=1 + max(c.id for c in ref.tableColumns), name=heading))
    ref.ref = f"A3:{get_column_letter(last_col + 1)}{last_row}"
    if ref.autoFilter is not None:
        ref.autoFilter.ref = ref.ref
    book.save(project.master)


def type_formula(project: Project, sheet: str, cell: str, formula: str) -> None:
    book = workbook_at(project.master)
    book[sheet][cell] = f"={formula}"
    book.save(project.master)


def renamed_in_excel(project: Project, sheet: str, table: str, before: str, after: str) -> None:
    """A heading changed in its cell, as Excel saves it: the table part too."""
    book = workbook_at(project.master)
    cell = next(c for c in book[sheet][3] if c.value == before)
    cell.value = after
    next(c for c in book[sheet].tables[table].tableColumns if c.name == before).name = after
    book.save(project.master)


def headings(project: Project, table: str) -> tuple[str, ...]:
    return read_book(project.master).tables[table].headings

"""Split a plan by the sheets of an open workbook, read the cells concerned, and refuse errors before anything is written.

In: an xlwings Book and a `Plan`.  Out: an `OpenSheetWork` for each sheet, or CollabError.  Effect: reads from Excel, changes nothing.
The same is refused as for a closed file (`part_writer`, `table_growth`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from collab_xl.book.table_growth import Resize
from collab_xl.errors import CollabError, StaleCell
from collab_xl.excel.read import formulas_in_block, range_of, tables_of, values_in
from collab_xl.excel.values import same_in_cell, to_type
from collab_xl.model.cell_text import text_length
from collab_xl.model.place import Area, a1
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.sheets import Cell, TableRef
from collab_xl.model.values import Value

if TYPE_CHECKING:
    import xlwings as xw

MAX_FOOTER: Final = 255


@dataclass
class OpenSheetWork:
    """A plan's changes of one sheet, and the cells before them."""

    sheet: xw.Sheet
    title: str
    edits: dict[Cell, CellEdit] = field(default_factory=dict)
    resizes: list[Resize] = field(default_factory=list)
    hidden: Mapping[int, bool] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    footer: str | None = None
    tables: list[TableRef] = field(default_factory=list)
    box: Area | None = None
    values: list[list[Value]] = field(default_factory=list)
    formulas: dict[Cell, str] = field(default_factory=dict)
    errors: dict[Cell, str] = field(default_factory=dict)

    def value(self, cell: Cell) -> Value:
        assert self.box is not None
        return self.values[cell[0] - self.box.first_row][cell[1] - self.box.first_col]

    def filled(self, cell: Cell) -> bool:
        return cell in self.formulas or cell in self.errors or self.value(cell) is not None

    def name(self, cell: Cell) -> str:
        return f"{self.title}!{a1(*cell)}"


def by_sheet(book: xw.Book, plan: Plan) -> list[OpenSheetWork]:
    """The plan by sheet, in tab order. Raises CollabError `sheet_missing`, `table_gone`, `table_shape`, `live_totals`,
    `footer_too_long`."""
    sheets = {sheet.name: sheet for sheet in book.sheets}
    works: dict[str, OpenSheetWork] = {}

    def work(sheet: str) -> OpenSheetWork:
        if sheet not in sheets:
            raise CollabError("sheet_missing", sheet=sheet, file=book.name)
        return works.setdefault(sheet, OpenSheetWork(sheets[sheet], sheet))

    for edit in plan.edits:
        work(edit.sheet).edits[edit.row, edit.col] = edit
    for sheet_name, rows in plan.hidden.items():
        work(sheet_name).hidden = rows
    for sheet_name, heights in plan.heights.items():
        work(sheet_name).heights = heights
    for sheet_name, footer in plan.page_footers.items():
        if text_length(footer) > MAX_FOOTER:
            raise CollabError("footer_too_long", sheet=sheet_name, length=text_length(footer), limit=MAX_FOOTER)
        work(sheet_name).footer = footer
    if plan.tables:
        refs = {ref.name: ref for sheet in sheets.values() for ref in tables_of(sheet)}
        for name, area in plan.tables.items():
            if name not in refs:
                raise CollabError("table_gone", table=name, file=book.name)
            resize = Resize(refs[name], area)
            if resize.moved and resize.ref.totals_rows:
                raise CollabError("live_totals", table=name, sheet=refs[name].sheet)
            work(refs[name].sheet).resizes.append(resize)
    for found in works.values():
        found.tables = tables_of(found.sheet)
    return [works[name] for name in sheets if name in works]


def read(work: OpenSheetWork) -> None:
    """Read one block with every cell concerned: the edits, and for a resized table its last two rows, old and new."""
    areas = [Area(*cell, *cell) for cell in work.edits]
    for r in work.resizes:
        if r.moved:
            first = max(min(r.old_last, r.new_last) - 1, r.area.first_row)
            areas.append(Area(first, r.area.first_col, max(r.old_last, r.new_last), r.area.last_col))
    if not areas:
        return
    work.box = Area(
        min(a.first_row for a in areas),
        min(a.first_col for a in areas),
        max(a.last_row for a in areas),
        max(a.last_col for a in areas),
    )
    work.values, work.errors = values_in(work.sheet, work.box)
    work.formulas = formulas_in_block(work.sheet, work.box, work.values)


def _is_our_link(formula: str) -> bool:
    """Whether this is a HYPERLINK formula, the only one that we write."""
    return formula.upper().startswith("=HYPERLINK(")


def refuse(work: OpenSheetWork, date1904: bool) -> None:
    """Raise StaleCell or CollabError for the first edit or range that may not be written."""
    after = {r.ref.name: r.area for r in work.resizes}
    for cell, edit in work.edits.items():
        to_type(edit.new, date1904, work.name(cell))
        for table in work.tables:
            area = after.get(table.name, table.area)
            if cell not in area:
                continue
            if cell[0] < area.first_row + table.header_rows and edit.new != edit.old:
                raise CollabError("heading_edit", cell=work.name(cell))
            if cell[0] > area.last_row - table.totals_rows and edit.new not in (edit.old, None):
                raise CollabError("totals_edit", cell=work.name(cell))
        formula = work.formulas.get(cell)
        if formula is not None and not _is_our_link(formula):
            if range_of(work.sheet, Area(*cell, *cell)).has_array:
                raise CollabError("array_cell", cell=work.name(cell))
            raise StaleCell(cell=work.name(cell), expected=edit.old, found=formula)
        if not same_in_cell(work.value(cell), edit.old, date1904):
            raise StaleCell(cell=work.name(cell), expected=edit.old, found=work.value(cell))
    for r in work.resizes:
        _refuse_obstacles(work, r)


def _refuse_obstacles(work: OpenSheetWork, r: Resize) -> None:
    """Refuse cells outside the plan in rows that a table gains or loses."""
    for row in range(r.old_last + 1, r.new_last + 1):
        for col in r.columns:
            if work.filled((row, col)) and (row, col) not in work.edits:
                raise CollabError("below_table", table=r.ref.name, sheet=r.ref.sheet, cell=work.name((row, col)))
    for other in work.tables:
        if other.name != r.ref.name and r.moved and _meet(other.area, r.area):
            cell = max(other.area.first_row, r.area.first_row), max(other.area.first_col, r.area.first_col)
            raise CollabError("below_table", table=r.ref.name, sheet=r.ref.sheet, cell=work.name(cell))
    for row in range(r.new_last + 1, r.old_last + 1):
        for col in r.columns:
            cell = row, col
            if work.filled(cell) and cell not in work.edits and cell not in work.formulas:
                raise CollabError("row_not_empty", table=r.ref.name, sheet=r.ref.sheet, cell=work.name(cell))


def _meet(a: Area, b: Area) -> bool:
    return a.first_row <= b.last_row and b.first_row <= a.last_row and a.first_col <= b.last_col and b.first_col <= a.last_col

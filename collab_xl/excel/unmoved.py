"""Refuse to write if rows or columns have moved since the workbook was read.

In: the book as read, the open workbook.  Effect: a read or two a table; changes nothing.
The old value of a cell alone does not protect: a first flag replaces a blank, and after a sort the blank next to it is another row's;
and the links of a list of findings lead to rows. So the range and the key column of every form's table must be as read, and the headings
of those that are written.
"""

from __future__ import annotations

from typing import Final

from collab_xl.book.read import Book
from collab_xl.errors import CollabError
from collab_xl.excel.cells import cells_of
from collab_xl.excel.compare import OpenSheets
from collab_xl.excel.read import values_in
from collab_xl.excel.values import same_in_cell
from collab_xl.forms import load
from collab_xl.model.place import Area
from collab_xl.model.plan import Plan
from collab_xl.model.sheets import Cell
from collab_xl.model.values import Value

CHANGED: Final = frozenset({"stale_cell", "live_moved"})
"""Errors that say that somebody has typed or sorted since the workbook was read: nothing was written, and reading again helps."""

SMALL: Final = 20_000
"""Up to this many cells a whole table is read in one call, as its range is at hand."""


def refuse_moved(read: Book, asked: OpenSheets, plan: Plan, date1904: bool) -> None:
    """Raise CollabError `live_moved` for the first table of a form that is not as it was read."""
    touched = {edit.sheet for edit in plan.edits}
    keys = {form.table: tuple(form.key.heading.values()) for form in load().forms}
    for name, was in read.tables.items():
        if name not in keys:
            continue
        now = asked.tables(was.sheet).get(name)
        if now is None or now.area != was.area:
            raise CollabError("live_moved", sheet=was.sheet, table=name)
        named = next((was.headings.index(heading) for heading in keys[name] if heading in was.headings), 0)
        column = was.area.first_col + named
        parts = [Area(was.area.first_row, column, was.data.last_row, column)]
        if was.header_rows and (was.sheet in touched or name in plan.tables):  # else only the rows matter, for links
            parts.append(Area(was.area.first_row, was.area.first_col, was.area.first_row, was.area.last_col))
        before = read.snapshot(was.sheet)
        size = (was.area.last_row - was.area.first_row + 1) * (was.area.last_col - was.area.first_col + 1)
        found: dict[Cell, Value] = {}
        for area in [was.area] if size <= SMALL else parts:
            lines, _ = values_in(asked.sheet(was.sheet), area)
            found |= {(row, col): value for row, line in enumerate(lines, area.first_row) for col, value in enumerate(line, area.first_col)}
        if not all(same_in_cell(found[cell], before.value(*cell), date1904) for part in parts for cell in cells_of(part)):
            raise CollabError("live_moved", sheet=was.sheet, table=name)

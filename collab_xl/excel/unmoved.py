"""Refuse to write if rows or columns have moved since the workbook was read.

In: the book as read, the open workbook.  Effect: a read or two a table; changes nothing.
The old value of a cell alone does not protect: a first flag replaces a blank, and after a sort the blank next to it is another row's;
and the links of a list of findings lead to rows. So the key column of every form's table must be as read, and the range and the headings
of those that are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from collab_xl.book.read import Book
from collab_xl.errors import CollabError
from collab_xl.excel.cells import cells_of
from collab_xl.excel.compare import OpenSheets, OpenSheetWork
from collab_xl.excel.read import values_in
from collab_xl.excel.values import same_in_cell, size
from collab_xl.forms import load
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell, TableRef
from collab_xl.model.values import Value

CHANGED: Final = frozenset({"stale_cell", "live_moved"})
"""Errors that say that somebody has typed or sorted since the workbook was read: nothing was written, and reading again helps."""

SMALL: Final = 20_000
"""Up to this many cells a whole table is read, in the call that reads the written cells."""


def small_tables(work: OpenSheetWork) -> list[Area]:
    """The tables of forms on a sheet that are small enough to be read with its written cells: then they are at hand for `refuse_moved`."""
    forms = {form.table for form in load().forms}
    return [table.area for name, table in work.tables.items() if name in forms and size(table.area) <= SMALL]


def refuse_moved(read: Book, asked: OpenSheets, works: Sequence[OpenSheetWork], date1904: bool) -> None:
    """Raise CollabError `live_moved` for the first table of a form that is not as it was read.

    Args:
        works: what is written, with the cells read.

    Of a sheet that is not written only the keys matter, for links and figures: two calls less a table. Whether a row was added shows in the
    cell below them.
    """
    written = {work.title: work for work in works if work.edits or work.resizes}
    keys = {form.table: tuple(form.key.heading.values()) for form in load().forms}
    for name, was in read.tables.items():
        if name not in keys:
            continue
        named = next((was.headings.index(heading) for heading in keys[name] if heading in was.headings), 0)
        column, area = was.area.first_col + named, was.area
        if was.sheet in written:
            now = asked.tables(was.sheet).get(name)
            if now is None or now.area != area:
                raise CollabError("live_moved", sheet=was.sheet, table=name)
            parts = [Area(area.first_row, column, was.data.last_row, column)]
            if was.header_rows:
                parts.append(Area(area.first_row, area.first_col, area.first_row, area.last_col))
        else:
            parts = [Area(area.first_row, column, was.data.last_row + 1, column)]
        found = _found(asked, was, parts, written.get(was.sheet))
        before = read.snapshot(was.sheet)
        if not all(same_in_cell(found[cell], before.value(*cell), date1904) for part in parts for cell in cells_of(part)):
            raise CollabError("live_moved", sheet=was.sheet, table=name)


def _found(asked: OpenSheets, was: TableRef, parts: Sequence[Area], work: OpenSheetWork | None) -> dict[Cell, Value]:
    block = work.block if work is not None else None
    if (
        block is not None
        and (was.area.first_row, was.area.first_col) in block.area
        and (was.area.last_row, was.area.last_col) in block.area
    ):
        return {cell: block.value(cell) for part in parts for cell in cells_of(part)}
    try:
        sheet = asked.sheet(was.sheet)
    except CollabError as error:  # renamed or deleted
        raise CollabError("live_moved", sheet=was.sheet, table=was.name) from error
    found: dict[Cell, Value] = {}
    for area in parts:
        lines, _ = values_in(sheet, area)
        found |= {(row, col): value for row, line in enumerate(lines, area.first_row) for col, value in enumerate(line, area.first_col)}
    return found

"""Refuse to write if rows or columns have moved since the workbook was read.

In: the book as read, the open workbook.  Effect: one read a table; changes nothing.
The old value of a cell alone does not protect: a first flag replaces a blank, and after a sort the blank next to it is another row's;
and the links of a list of findings lead to rows. So the range, the headings and the key column of every form's table must be as read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collab_xl.book.read import Book
from collab_xl.errors import CollabError
from collab_xl.excel.read import tables_of, values_in
from collab_xl.excel.values import same_in_cell
from collab_xl.forms import load
from collab_xl.model.place import Area

if TYPE_CHECKING:
    import xlwings as xw

CHANGED: Final = frozenset({"stale_cell", "live_moved"})
"""Errors that say that somebody has typed or sorted since the workbook was read: nothing was written, and reading again helps."""


def refuse_moved(read: Book, book: xw.Book, date1904: bool) -> None:
    """Raise CollabError `live_moved` for the first table of a form that is not as it was read."""
    headings = {form.table: tuple(form.key.heading.values()) for form in load().forms}
    sheets = {was.sheet for name, was in read.tables.items() if name in headings}
    now = {ref.name: ref for sheet in sheets for ref in tables_of(book.sheets[sheet])}
    for name, was in read.tables.items():
        if name not in headings:
            continue
        if name not in now or (was.area, was.headings) != (now[name].area, now[name].headings):
            raise CollabError("live_moved", sheet=was.sheet, table=name)
        found = [heading for heading in headings[name] if heading in was.headings]
        column = was.area.first_col + was.headings.index(found[0]) if found else was.area.first_col
        data = was.data
        keys, _ = values_in(book.sheets[was.sheet], Area(data.first_row, column, data.last_row, column))
        before = read.snapshot(was.sheet)
        if any(not same_in_cell(key, before.value(data.first_row + n, column), date1904) for n, (key,) in enumerate(keys)):
            raise CollabError("live_moved", sheet=was.sheet, table=name)

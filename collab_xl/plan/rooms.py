"""How much text fits into a column of the weekly sheet, by the widths of the workbook.

In: the names, a sheet as read.  Out: Chinese characters.  Pure.  The template says what fits where (`model/report_pages.py`); a page whose
columns somebody has made wider or narrower has room for more or less.
"""

from __future__ import annotations

from collab_xl.model.place import Area
from collab_xl.model.record import Struct
from collab_xl.model.report_pages import COLUMN_PIXELS, INDENT, LETTER, LETTER_BEFORE, PageColumn, room
from collab_xl.model.sheets import Snapshot
from collab_xl.plan.places import Names

PIXELS_PER_CHARACTER = 7
"""Of a column width in the file, which includes the margin of the cell, for the fonts of our templates."""
TWO_PAGES = "wk_rag_before"
"""A place that only a page of two sheets has."""


class Rooms(Struct):
    """The room of columns on one sheet. A sheet read in blocks says nothing of widths: then those of the template hold."""

    names: Names
    snapshot: Snapshot | None
    """The weekly sheet; None if it is gone."""

    @property
    def two_pages(self) -> bool:
        return TWO_PAGES in self.names

    def of(self, column: PageColumn) -> float:
        """Chinese characters that fit into the column's cells."""
        pixels, lines = self._shape_of(column)
        return room(pixels - INDENT * column.indent, lines, LETTER if self.two_pages else LETTER_BEFORE)

    def one_line(self, column: PageColumn) -> float:
        """Chinese characters that fit into one line of the column's cells."""
        return room(self._shape_of(column)[0] - INDENT * column.indent, 1, LETTER if self.two_pages else LETTER_BEFORE)

    def _shape_of(self, column: PageColumn) -> tuple[float, int]:
        """Pixels and lines of its cells. One that is merged of several rows has a line a row."""
        place = self.names.get(f"wk_{column.name}")
        if place is None or self.snapshot is None or not self.snapshot.widths:
            return column.pixels, column.lines
        area, widths = place[1], self.snapshot.widths
        first = Area(area.first_row, area.first_col, area.first_row, area.first_col)
        merged = next((a for a in self.snapshot.merges if (area.first_row, area.first_col) in a), first)
        cols = range(area.first_col, merged.last_col + 1)
        pixels = sum(round(widths[col] * PIXELS_PER_CHARACTER) if col in widths else COLUMN_PIXELS for col in cols)
        rows = merged.last_row - merged.first_row + 1
        return pixels, rows if rows > 1 else min(column.lines, 2)

"""Which rectangles an open workbook is written in. Pure.

Each is a call to Excel, or several, and a week's edits scattered over a column of 5,000 rows would be thousands. Between two edits of
one column a number, a date, yes or no, or nothing may be written again as it is: such a cell holds no formula, and no text that could be
coloured in part or be more than it shows. So a column of dates or figures becomes one rectangle; texts stay one each (decision 0008).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from collab_xl.excel.compare import Work
from collab_xl.excel.values import blocks
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell, TableRef

FEW: Final = 64
"""Up to this many rectangles nothing but the edits is written."""
WIDEST_GAP: Final = 1_000
"""Cells written again to save one call; Excel takes that many in less time than a call."""

MOST_HEIGHTS: Final = 100
"""Runs of rows of one height on a sheet; more are joined, at the height of the tallest, so that every text is seen whole."""


def rectangles(work: Work, changed: set[Cell]) -> list[Area]:
    """The edited cells as few rectangles, with unchanged cells in them only where that saves calls."""
    apart = blocks(changed)
    if len(apart) <= FEW:
        return apart
    joined = blocks(changed | set(_between(work, changed)))
    return joined if len(joined) < len(apart) else apart


def _between(work: Work, changed: set[Cell]) -> Iterator[Cell]:
    """Cells between two edits of a column inside a table, where all of them may be written again."""
    columns: dict[int, list[int]] = {}
    for row, col in sorted(changed):
        columns.setdefault(col, []).append(row)
    for table in work.tables:
        first, last = table.data.first_row, _last_row(work, table)
        for col in range(table.area.first_col, table.area.last_col + 1):
            rows = [row for row in columns.get(col, ()) if first <= row <= last]
            for above, below in pairwise(rows):
                if 1 < below - above <= WIDEST_GAP:
                    gap = [(row, col) for row in range(above + 1, below)]
                    if _unchanged_by_writing(work, gap):
                        yield from gap


def _last_row(work: Work, table: TableRef) -> int:
    """Of the rows that are in the table before and after."""
    return min([table.data.last_row, *(r.new_last for r in work.resizes if r.ref.name == table.name)])


def _unchanged_by_writing(work: Work, cells: Iterable[Cell]) -> bool:
    for cell in cells:
        value = work.value(cell)
        plain = value is None or isinstance(value, (bool, int, float)) or (isinstance(value, date) and not isinstance(value, datetime))
        if not plain or cell in work.formulas or cell in work.errors:
            return False
    return True


def height_runs(heights: Mapping[int, float]) -> list[tuple[int, int, float]]:
    """First row, last row and height in points of each run of rows, top down."""
    runs: list[tuple[int, int, float]] = []
    for row, points in sorted(heights.items()):
        if runs and runs[-1][1] == row - 1 and runs[-1][2] == points:
            runs[-1] = runs[-1][0], row, points
        else:
            runs.append((row, row, points))
    at_once = -(-len(runs) // MOST_HEIGHTS)
    joined: list[tuple[int, int, float]] = []
    size = 0
    for first, last, points in runs:
        if joined and size < at_once and joined[-1][1] == first - 1:
            joined[-1] = joined[-1][0], last, max(joined[-1][2], points)
            size += 1
        else:
            joined.append((first, last, points))
            size = 1
    return joined

"""Group the cells to write in an open workbook into rectangles. Pure.

Each rectangle is one or more calls to Excel; the edits of a week, scattered over a column of 5,000 rows, would be thousands of calls.
Between two edits of one column, a number, a date, a boolean or a blank may be written again unchanged: such a cell has no formula, and
no text that could be partly coloured or formatted. So a column of dates or figures becomes one rectangle, but each text is written
alone (decision 0008).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from collab_xl.excel.compare import OpenSheetWork
from collab_xl.excel.values import blocks
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell, TableRef

FEW: Final = 64
"""Up to this many rectangles only the edited cells are written."""
WIDEST_GAP: Final = 1_000
"""At most this many cells are written again to save one call: Excel writes them in less time than a call takes."""

MOST_HEIGHTS: Final = 100
"""Groups of rows with one height on a sheet. More groups are joined, with the largest height, so that every text is fully visible."""


def rectangles(work: OpenSheetWork, changed: set[Cell]) -> list[Area]:
    """The edited cells as few rectangles; they contain unchanged cells only if that saves calls."""
    apart = blocks(changed)
    if len(apart) <= FEW:
        return apart
    joined = blocks(changed | set(_between(work, changed)))
    return joined if len(joined) < len(apart) else apart


def _between(work: OpenSheetWork, changed: set[Cell]) -> Iterator[Cell]:
    """Cells between two edits of a column inside a table, if all of them may be written again."""
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


def _last_row(work: OpenSheetWork, table: TableRef) -> int:
    """The last row that is in the table both before and after."""
    return min([table.data.last_row, *(r.new_last for r in work.resizes if r.ref.name == table.name)])


def _unchanged_by_writing(work: OpenSheetWork, cells: Iterable[Cell]) -> bool:
    for cell in cells:
        value = work.value(cell)
        plain = value is None or isinstance(value, (bool, int, float)) or (isinstance(value, date) and not isinstance(value, datetime))
        if not plain or cell in work.formulas or cell in work.errors:
            return False
    return True


def height_runs(heights: Mapping[int, float]) -> list[tuple[int, int, float]]:
    """First row, last row and height in points of each group of rows, from top to bottom."""
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

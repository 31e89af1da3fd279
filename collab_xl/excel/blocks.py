"""Group the cells to write in an open workbook into rectangles. Pure.

Each rectangle is one or more calls to Excel; the edits of a week, scattered over a column of 5,000 rows, would be thousands of calls.
Between two edits of one column, a number, a date, a boolean or a blank may be written again unchanged: such a cell has no formula, and
no text that could be partly coloured or formatted. So a column of dates or figures becomes one rectangle, but each text is written
alone (decision 0008), unless the copy that was just read shows that no text of the sheet is formatted in part (decision 0072).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from collab_xl.excel.cells import cells_of
from collab_xl.excel.compare import OpenSheetWork, OpenTable
from collab_xl.excel.values import blocks, size, to_type
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell

FEW: Final = 8
"""Up to this many rectangles only the edited cells are written, where texts may not be written again."""
NEAR: Final = 8
"""With so many rectangles before it a rectangle is tried to be joined."""
WIDEST_GAP: Final = 1_000
"""At most this many cells are written again to save one call: Excel writes them in less time than a call takes."""

SHORT: Final = 255
"""Characters of a text that is written again; a longer one costs more than the call it saves."""

MOST_HEIGHTS: Final = 100
"""Groups of rows with one height on a sheet. More groups are joined, with the largest height, so that every text is fully visible."""


def rectangles(work: OpenSheetWork, changed: set[Cell], alone: Set[Cell] = frozenset()) -> list[Area]:
    """The edited cells as few rectangles; they contain unchanged cells only if that saves calls, and none of `alone`."""
    apart = blocks(changed)
    if len(apart) <= (1 if work.whole_texts else FEW):
        return apart
    filled = blocks(changed | {cell for cell in _between(work, changed) if cell not in alone})
    return joined(min(apart, filled, key=len), lambda cell: cell in changed or (cell not in alone and _unchanged_by_writing(work, [cell])))


def joined(areas: Sequence[Area], may_write: Callable[[Cell], bool]) -> list[Area]:
    """Rectangles, from top to bottom, joined with one shortly before where every cell between them may be written too."""
    out: list[Area] = []
    for area in areas:
        for n in reversed(range(max(0, len(out) - NEAR), len(out))):
            near = out[n]
            whole = Area(
                min(near.first_row, area.first_row),
                min(near.first_col, area.first_col),
                max(near.last_row, area.last_row),
                max(near.last_col, area.last_col),
            )
            if size(whole) - size(near) - size(area) > WIDEST_GAP:
                continue
            if all(may_write(cell) for cell in cells_of(whole) if cell not in near and cell not in area):
                out[n] = whole
                break
        else:
            out.append(area)
    return [area for n, area in enumerate(out) if not any(_contains(other, area) for other in out[:n])]


def _contains(outer: Area, inner: Area) -> bool:
    return (inner.first_row, inner.first_col) in outer and (inner.last_row, inner.last_col) in outer


def _between(work: OpenSheetWork, changed: set[Cell]) -> Iterator[Cell]:
    """Cells between two edits of a column inside a table, if all of them may be written again."""
    columns: dict[int, list[int]] = {}
    for row, col in sorted(changed):
        columns.setdefault(col, []).append(row)
    for table in work.tables.values():
        first, last = table.area.first_row, _last_row(work, table)
        for col in range(table.area.first_col, table.area.last_col + 1):
            rows = [row for row in columns.get(col, ()) if first <= row <= last]
            for above, below in pairwise(rows):
                if 1 < below - above <= WIDEST_GAP:
                    gap = [(row, col) for row in range(above + 1, below)]
                    if _unchanged_by_writing(work, gap):
                        yield from gap


def _last_row(work: OpenSheetWork, table: OpenTable) -> int:
    """The last row that is in the table both before and after."""
    return min([table.area.last_row, *(r.new_last for r in work.resizes if r.ref.name == table.name)])


def _unchanged_by_writing(work: OpenSheetWork, cells: Iterable[Cell]) -> bool:
    for cell in cells:
        value = work.value(cell)
        plain = value is None or isinstance(value, (bool, int, float)) or (isinstance(value, date) and not isinstance(value, datetime))
        if isinstance(value, str):
            plain = len(value) <= SHORT and to_type(value, date1904=False, cell="") == value and _may_write_texts(work, cell)
        if not plain or cell in work.formulas or cell in work.errors or any(cell in area for area in work.arrays):
            return False
    return True


def _may_write_texts(work: OpenSheetWork, cell: Cell) -> bool:
    return work.whole_texts and (work.ours or any(cell in table.area for table in work.tables.values()))


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

"""How high the rows of the weekly page are, and how many of them fit.

In: the blocks of a band with the texts of their rows, and the room of their columns.  Out: rows and points.  Pure.
A row is as high as its texts need: one line or two. What short texts leave free shows more rows, also of the bands below (decision 0093).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.model.report_pages import ONE_LINE, PageBlock
from collab_xl.model.values import Link, Value
from collab_xl.plan.places import wrapped
from collab_xl.plan.rooms import Rooms

SPARE = 2
"""Points that page 1 has besides (802 of the 804 that fit on A4)."""
Cells = Mapping[str, Value]
"""Column of a block → the cell of one row."""


def height_of(band: Sequence[tuple[PageBlock, Cells]], rooms: Rooms) -> int:
    """Points of one row across the blocks of a band."""
    tallest = max(block.height for block, _ in band)
    if any(
        _lines(cells.get(column.name), rooms.one_line(column)) > 1 for block, cells in band for column in block.columns if column.lines > 1
    ):
        return tallest
    return ONE_LINE


def rows_that_fit(bands: Sequence[Sequence[tuple[PageBlock, Sequence[Cells]]]], rooms: Rooms) -> list[int]:
    """Band by band, how many rows of its lists fit. What a band leaves free the next ones have."""
    out, free = [], SPARE
    for band in bands:
        usual = max((block.usual or block.rows for block, _ in band), default=0)
        free += usual * max((block.height for block, _ in band), default=0)
        count = max((min(len(cells), block.rows) for block, cells in band), default=0)
        shown = 0
        while shown < count:
            points = height_of([(block, cells[shown]) for block, cells in band if shown < len(cells)], rooms)
            if points > free:
                break
            shown, free = shown + 1, free - points
        out.append(shown)
    return out


def _lines(value: Value, room: float) -> int:
    words = value.text if isinstance(value, Link) else value
    return wrapped(words, room) if isinstance(words, str) else 1

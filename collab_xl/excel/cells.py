"""Write values into the cells of an open workbook so that each cell contains the intended value, whatever its number format is.

In: an xlwings Sheet, and for each cell what to type (`values.to_type`).  Effect: the cells; their number formats stay unchanged.
A cell formatted Text (`@`) keeps everything as a text, also a formula or a number; an apostrophe becomes part of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from collab_xl.excel.read import range_of
from collab_xl.excel.values import blocks, same_in_text_format
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell

if TYPE_CHECKING:
    import xlwings as xw

TEXT: Final = "@"
GENERAL: Final = "General"
MAX_CELLS: Final = 100_000
"""Cells in one call to Excel: larger calls time out or run out of memory on small machines."""


def cells_of(area: Area) -> Iterator[Cell]:
    return ((row, col) for row in range(area.first_row, area.last_row + 1) for col in range(area.first_col, area.last_col + 1))


def text_cells(sheet: xw.Sheet, values: Mapping[Cell, Any]) -> set[Cell]:
    """The cells with a value that are formatted Text. This is one call per column if the column has one format."""
    columns: dict[int, list[int]] = {}
    for row, col in sorted(cell for cell, value in values.items() if value is not None):
        columns.setdefault(col, []).append(row)
    return {(row, col) for col, rows in columns.items() for row in _text_rows(sheet, col, rows)}


def _text_rows(sheet: xw.Sheet, col: int, rows: list[int]) -> list[int]:
    shown = range_of(sheet, Area(rows[0], col, rows[-1], col)).number_format  # None for several formats
    if shown is not None or len(rows) == 1:
        return rows if shown == TEXT else []
    half = len(rows) // 2
    return _text_rows(sheet, col, rows[:half]) + _text_rows(sheet, col, rows[half:])


def put(sheet: xw.Sheet, area: Area, values: Mapping[Cell, Any], texts: set[Cell]) -> None:
    """Write a rectangle; `texts` are the cells found by `text_cells`.

    A value that the format Text would change is written while the format is General; changing the format back changes no value.
    """
    opened = blocks(cell for cell in cells_of(area) if cell in texts and not same_in_text_format(values[cell]))
    _format(sheet, opened, GENERAL)
    _write(sheet, area, {cell: _bare(values[cell]) if cell in texts else values[cell] for cell in cells_of(area)})
    _format(sheet, opened, TEXT)


def put_back(sheet: xw.Sheet, area: Area, values: Mapping[Cell, Any]) -> None:
    """Write a rectangle as `put` does, with the formats read now."""
    put(sheet, area, values, text_cells(sheet, {cell: values[cell] for cell in cells_of(area)}))


def make_general(sheet: xw.Sheet, cells: Iterable[Cell], undo: list[Callable[[], object]]) -> None:
    """Set the format General for Text cells that get a formula: there it stays a formula when somebody opens the cell and presses Enter."""
    for part in blocks(cells):
        undo.append(lambda part=part: _format(sheet, [part], TEXT))  # type: ignore[misc]
        _format(sheet, [part], GENERAL)


def fill_formula(sheet: xw.Sheet, column: Area, formula: str) -> None:
    """Write one formula into the cells of a column with one format; Excel adjusts its references, starting from the first cell."""
    cells = range_of(sheet, column)
    text = cells.number_format == TEXT
    if text:
        cells.number_format = GENERAL
    cells.formula = formula
    if text:
        cells.number_format = TEXT


def _format(sheet: xw.Sheet, parts: Iterable[Area], number_format: str) -> None:
    for part in parts:
        range_of(sheet, part).number_format = number_format


def _bare(typed: Any) -> Any:
    return typed.removeprefix("'") if isinstance(typed, str) else typed


def _write(sheet: xw.Sheet, area: Area, values: Mapping[Cell, Any]) -> None:
    """Write in one call, more only above 100,000 cells. Raw values are used: xlwings would query sheet and size again for every block."""
    cols = range(area.first_col, area.last_col + 1)
    step = max(1, MAX_CELLS // len(cols))
    for first in range(area.first_row, area.last_row + 1, step):
        last = min(first + step - 1, area.last_row)
        lines = [["" if values[row, col] is None else values[row, col] for col in cols] for row in range(first, last + 1)]
        range_of(sheet, Area(first, area.first_col, last, area.last_col)).raw_value = lines

"""Put values into the cells of an open workbook, each so that its cell holds what is meant, whatever number format the cell has.

In: an xlwings Sheet, and for each cell what to type (`live_values.to_type`).  Effect: the cells; their number formats stay.
A cell formatted Text (`@`) keeps all that it is given as a text, a formula or a number too, and takes an apostrophe for a part of the text.
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
"""In one call to Excel: larger ones time out or run out of memory on small machines."""


def cells_of(area: Area) -> Iterator[Cell]:
    return ((row, col) for row in range(area.first_row, area.last_row + 1) for col in range(area.first_col, area.last_col + 1))


def text_cells(sheet: xw.Sheet, values: Mapping[Cell, Any]) -> set[Cell]:
    """Those of the cells with a value that are formatted Text. One question a column where its format is one."""
    columns: dict[int, list[int]] = {}
    for row, col in sorted(cell for cell, value in values.items() if value is not None):
        columns.setdefault(col, []).append(row)
    return {(row, col) for col, rows in columns.items() for row in _text_rows(sheet, col, rows)}


def _text_rows(sheet: xw.Sheet, col: int, rows: list[int]) -> list[int]:
    shown = range_of(sheet, Area(rows[0], col, rows[-1], col)).number_format  # None for more than one
    if shown is not None or len(rows) == 1:
        return rows if shown == TEXT else []
    half = len(rows) // 2
    return _text_rows(sheet, col, rows[:half]) + _text_rows(sheet, col, rows[half:])


def put(sheet: xw.Sheet, area: Area, values: Mapping[Cell, Any], texts: set[Cell]) -> None:
    """Write a rectangle; `texts` are those of its cells that `text_cells` names.

    What a cell formatted Text would turn into a text is written while its format is General; changing it back changes no value.
    """
    opened = blocks(cell for cell in cells_of(area) if cell in texts and not same_in_text_format(values[cell]))
    _format(sheet, opened, GENERAL)
    _write(sheet, area, {cell: _bare(values[cell]) if cell in texts else values[cell] for cell in cells_of(area)})
    _format(sheet, opened, TEXT)


def put_back(sheet: xw.Sheet, area: Area, values: Mapping[Cell, Any]) -> None:
    """Write a rectangle as `put`; the formats are asked for now."""
    put(sheet, area, values, text_cells(sheet, {cell: values[cell] for cell in cells_of(area)}))


def make_general(sheet: xw.Sheet, cells: Iterable[Cell], undo: list[Callable[[], object]]) -> None:
    """Cells formatted Text that get a formula: in General it is still one after somebody has opened the cell and pressed Enter."""
    for part in blocks(cells):
        undo.append(lambda part=part: _format(sheet, [part], TEXT))  # type: ignore[misc]
        _format(sheet, [part], GENERAL)


def fill_formula(sheet: xw.Sheet, column: Area, formula: str) -> None:
    """One formula for the cells of a column whose format is one; Excel moves its references, from the first cell on."""
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
    """One call, more only above 100,000 cells. As raw values: xlwings would ask for the sheet and size again with every block."""
    cols = range(area.first_col, area.last_col + 1)
    step = max(1, MAX_CELLS // len(cols))
    for first in range(area.first_row, area.last_row + 1, step):
        last = min(first + step - 1, area.last_row)
        lines = [["" if values[row, col] is None else values[row, col] for col in cols] for row in range(first, last + 1)]
        range_of(sheet, Area(first, area.first_col, last, area.last_col)).raw_value = lines

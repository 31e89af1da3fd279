"""Read and write blocks of cells of an open workbook so that each cell contains the intended value, whatever its number format is.

In: an xlwings Sheet, and for each cell what to type (`values.to_type`).  Effect: the cells; their number formats stay unchanged.
A cell formatted Text (`@`) keeps everything as a text, also a formula or a number; an apostrophe becomes part of the text.

Asking for the formats would be two calls for each column of each block. So a block is first written as if no cell were formatted Text;
what the cells contain then tells which are (`kept_as_text`), and only those are written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from collab_xl.excel.busy import patiently
from collab_xl.excel.macro import key
from collab_xl.excel.read import GENERAL, TEXT, exact_lines, formula_lines, formulas_of, range_of
from collab_xl.excel.values import blocks, read_block, same_in_text_format, size
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell
from collab_xl.model.values import Value

if TYPE_CHECKING:
    import xlwings as xw

MAX_CELLS: Final = 100_000
"""Cells in one call to Excel: larger calls time out or run out of memory on small machines."""


class KeptRanges:
    """A sheet that keeps the ranges it was asked for: each is a call to Excel, and so is each look at a new one."""

    def __init__(self, sheet: xw.Sheet) -> None:
        self._sheet = sheet
        self._ranges: dict[str, xw.Range] = {}
        self.protected: bool | None = None
        """Whether the sheet is protected; None if not asked yet."""
        self.hides_rows: bool | None = None

    def range(self, address: str) -> xw.Range:
        if address not in self._ranges:
            self._ranges[address] = self._sheet.range(address)
        return self._ranges[address]

    def keep(self, area: Area, found: xw.Range) -> None:
        """A range that is already there."""
        self._ranges[str(area)] = found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sheet, name)


class CellBlock(NamedTuple):
    """The cells of a block as read: `values` by row, None for errors; `errors` and `formulas` by cell."""

    area: Area
    values: list[list[Value]]
    errors: dict[Cell, str]
    formulas: dict[Cell, str]
    given: Sequence[Sequence[Any]] = ()
    """The values as Excel returned them."""
    texts: Sequence[Sequence[Any]] = ()
    """The formulas as Excel returned them; () if not asked."""

    def key(self, cell: Cell) -> str:
        """What the cell is, as `macro.key`. Without formulas only for a text, whose formula is the text."""
        row, col = cell[0] - self.area.first_row, cell[1] - self.area.first_col
        return key(self.given[row][col], self.texts[row][col] if self.texts else self.given[row][col])

    def value(self, cell: Cell) -> Value:
        return self.values[cell[0] - self.area.first_row][cell[1] - self.area.first_col]


def read_block_of(sheet: xw.Sheet, area: Area, *, formulas: bool = True) -> CellBlock:
    """A block in two calls; without its formulas in one."""
    lines = exact_lines(sheet, area)
    values, errors = read_block(lines, area.first_row, area.first_col)
    texts = formula_lines(sheet, area) if formulas else ()
    return CellBlock(area, values, errors, formulas_of(texts, area, values), lines, texts)


def area_of_table(table: xw.main.Table) -> Area:
    """Where a table is: two calls, where its rows and columns would be nine."""
    return Area.parse(table.range.address)


def cells_of(area: Area) -> Iterator[Cell]:
    return ((row, col) for row in range(area.first_row, area.last_row + 1) for col in range(area.first_col, area.last_col + 1))


def kept_as_text(typed: Mapping[Cell, Any], found: CellBlock) -> set[Cell]:
    """The cells that are formatted Text, as what was typed shows: an apostrophe, a formula or a number is a text there."""
    return {cell for cell, value in typed.items() if _is_kept(value, found.value(cell), cell in found.formulas)}


def _is_kept(typed: Any, found: Value, calculated: bool) -> bool:
    if not isinstance(found, str) or typed is None:
        return False
    if isinstance(typed, str):
        return found == typed and typed.startswith(("'", "=")) and not calculated
    return not calculated


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


def put(sheet: xw.Sheet, area: Area, values: Mapping[Cell, Any], texts: Set[Cell] = frozenset()) -> None:
    """Write a rectangle; `texts` are its cells that are formatted Text.

    A value that the format Text would change is written while the format is General; changing the format back changes no value.
    """
    general = opened(area, values, texts)
    _format(sheet, general, GENERAL)
    _write(sheet, area, {cell: bare(values[cell]) if cell in texts else values[cell] for cell in cells_of(area)})
    _format(sheet, general, TEXT)


def opened(area: Area, values: Mapping[Cell, Any], texts: Set[Cell]) -> list[Area]:
    """The cells formatted Text that must be General while their value is written."""
    return blocks(cell for cell in cells_of(area) if cell in texts and not same_in_text_format(values[cell]))


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
        patiently(partial(setattr, range_of(sheet, part), "number_format", number_format))


def bare(typed: Any) -> Any:
    """What is typed into a cell formatted Text: no apostrophe is needed there, and it would stay."""
    return typed.removeprefix("'") if isinstance(typed, str) else typed


def _write(sheet: xw.Sheet, area: Area, values: Mapping[Cell, Any]) -> None:
    """Write in one call, more only above 100,000 cells. Raw values are used: xlwings would query sheet and size again for every block."""
    cols = range(area.first_col, area.last_col + 1)
    step = max(1, MAX_CELLS // len(cols))
    for first in range(area.first_row, area.last_row + 1, step):
        last = min(first + step - 1, area.last_row)
        lines = [["" if values[row, col] is None else values[row, col] for col in cols] for row in range(first, last + 1)]
        # One cell gets its value, as an array may contain no text of more than 8,203 characters.
        to, given = range_of(sheet, Area(first, area.first_col, last, area.last_col)), lines if size(area) > 1 else lines[0][0]
        patiently(partial(setattr, to, "raw_value", given))

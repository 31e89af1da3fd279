"""Read a workbook that is open in Excel, with its unsaved cells, into the same `Book` as a closed file.

In: an xlwings Book.  Out: a `Book` whose snapshots are read when needed and then cached.  Effect: reads from Excel, changes nothing.
Every call reads a whole block: values in one call, formulas in one call. If only some cells of a block are merged or hidden, or have
one number format, the call is repeated for both halves. So the number of calls grows with the sheets and such places, not with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from collab_xl.book.parts import bare_code, named_area
from collab_xl.book.read import Book
from collab_xl.book.serial_dates import dated, kind_of
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors
from collab_xl.excel.values import as_on_windows, blocks, read_block
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell, NumberFormats, Snapshot, TableRef
from collab_xl.model.values import Value

if TYPE_CHECKING:
    import xlwings as xw

TEXT: Final = "@"
GENERAL: Final = "General"
SCATTERED = 50
"""Up to this many blocks of formulas are queried one by one; more are queried as a whole and then by halves."""
MAX_CELLS = 1_000_000
"""Cells whose values are read in one call: one answer of a Mac cannot contain many more."""
_STATES = {-1: "visible", 1: "visible", 0: "hidden", 2: "veryHidden"}


def read_open_book(book: xw.Book) -> Book:
    """The open workbook. Its sheets, tables and names are read now, the cells of a sheet when its snapshot is needed.

    `stamp` is None: only the cells show whether someone has typed since (`CellEdit.old`). What no verb needs from an open master is not
    read: comments, and merged cells away from tables (a weekly sheet has hundreds, and each would take a few calls). Differences from the
    closed reader: docs/facts/open-excel.md, Read in blocks.

    Raises:
        CollabError: `excel_busy`, `excel_permission` if Excel does not answer.
    """
    with excel_errors():
        sheets = {sheet.name: sheet for sheet in book.sheets}
        states = {name: _state(sheet.visible) for name, sheet in sheets.items()}
        tables = {ref.name: ref for sheet in sheets.values() for ref in tables_of(sheet)}
        date1904 = native.date1904(book)
        names = {}
        for name in book.names:
            found = named_area(name.refers_to or "")
            if found and found[0] in sheets and "!" not in name.name:
                names[name.name] = found

    def load(sheet: str) -> Snapshot:
        with excel_errors():
            return _snapshot(sheets[sheet], states[sheet], tuple(ref for ref in tables.values() if ref.sheet == sheet), date1904)

    return Book(states, load, tables, names)


def _state(visible: Any) -> str:
    """The visibility of a sheet: Windows returns xlSheetVisibility, where 2 is very hidden; a Mac returns a keyword."""
    if isinstance(visible, (bool, int)):
        return _STATES[int(visible)]
    word = str(visible).rpartition(".")[2]
    return "veryHidden" if "very" in word else "hidden" if "hidden" in word else "visible"


def area_of(rng: xw.Range) -> Area:
    rows, cols = rng.shape
    row, col = rng.row, rng.column
    return Area(row, col, row + rows - 1, col + cols - 1)


def range_of(sheet: xw.Sheet, area: Area) -> xw.Range:
    return sheet.range(str(area))  # with two corners it would be three calls to Excel


def tables_of(sheet: xw.Sheet) -> list[TableRef]:
    """The tables (ListObjects) of a sheet; a few calls each."""
    out = []
    for table in sheet.tables:
        area = area_of(table.range)
        header, totals = int(bool(table.show_headers)), int(bool(table.show_totals))
        headings: tuple[str, ...] = ()
        if header:
            line = raw_values(sheet, Area(area.first_row, area.first_col, area.first_row, area.last_col))[0]
            headings = tuple(_heading(value) for value in line)
        out.append(TableRef(table.name, sheet.name, area, headings, totals, header))
    return out


def _heading(value: object) -> str:
    """A table heading as text, as Excel stores it; AppleScript returns a heading that looks like a number as a number."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def values_in(sheet: xw.Sheet, area: Area) -> tuple[list[list[Value]], dict[Cell, str]]:
    """The values of a block and its error cells: one call, or two if the block contains currency.

    `Range.Value` rounds an amount in a currency format to four places; `Value2` does not.
    """
    return read_block(exact_lines(sheet, area), area.first_row, area.first_col)


def stored_lines(sheet: xw.Sheet, area: Area) -> list[Sequence[Any]]:
    """A block as it is stored: dates and amounts as numbers. A Mac has no such property; there dates are dates."""
    if native.MAC:
        return raw_values(sheet, area)
    lines: list[Sequence[Any]] = []
    for part in _parts(area):
        lines += _lines(range_of(sheet, part).api.Value2, part)
    return lines


def exact_lines(sheet: xw.Sheet, area: Area) -> list[Sequence[Any]]:
    """As `raw_values`, but with amounts unrounded."""
    lines = raw_values(sheet, area)
    if any(isinstance(value, Decimal) for line in lines for value in line):
        exact = _lines(range_of(sheet, area).api.Value2, area)
        lines = [[e if isinstance(v, Decimal) else v for v, e in zip(a, b, strict=True)] for a, b in zip(lines, exact, strict=True)]
    return lines


def raw_values(sheet: xw.Sheet, area: Area) -> list[Sequence[Any]]:
    """A block as COM returns it, also on a Mac: an error is an integer. One call, more only above a million cells.

    xlwings' `value` is not used, as it turns an error into its text, as if somebody had typed it.
    """
    lines: list[Sequence[Any]] = []
    for part in _parts(area):
        rng = range_of(sheet, part)
        found = _lines(rng.raw_value, part)
        lines += as_on_windows(found, _lines(native.shown_texts(rng), part)) if native.MAC else found
    return lines


def _parts(area: Area) -> Iterator[Area]:
    """An area in pieces whose values fit into one answer."""
    step = max(1, MAX_CELLS // (area.last_col - area.first_col + 1))
    for first in range(area.first_row, area.last_row + 1, step):
        yield Area(first, area.first_col, min(first + step - 1, area.last_row), area.last_col)


def formulas_in_block(sheet: xw.Sheet, area: Area, values: Sequence[Sequence[Value]]) -> dict[Cell, str]:
    """Cell → formula with its `=`, in one call."""
    return formulas_of(formula_lines(sheet, area), area, values)


def formula_lines(sheet: xw.Sheet, area: Area) -> Sequence[Sequence[Any]]:
    """What `Range.Formula` returns, by row."""
    return _lines(range_of(sheet, area).formula, area)


def formulas_of(lines: Sequence[Sequence[Any]], area: Area, values: Sequence[Sequence[Value]]) -> dict[Cell, str]:
    """The formulas among `formula_lines`. For a text that only begins with `=`, value and formula are equal."""
    out: dict[Cell, str] = {}
    for r, line in enumerate(lines):
        for c, text in enumerate(line):
            if isinstance(text, str) and text[:1] in ("=", "{") and text != values[r][c]:
                out[area.first_row + r, area.first_col + c] = text.strip("{}") if text[0] == "{" else text
    return {cell: text for cell, text in out.items() if text.startswith("=")}


def _lines(block: Any, area: Area) -> Sequence[Sequence[Any]]:
    """A block as rows: Excel returns a single cell as a value, and a Mac returns a single row as a flat list."""
    if not isinstance(block, (list, tuple)):
        return [[block]]
    if not block or not isinstance(block[0], (list, tuple)):
        return [block] if area.first_row == area.last_row else [[value] for value in block]
    return block


def _snapshot(sheet: xw.Sheet, state: str, tables: tuple[TableRef, ...], date1904: bool) -> Snapshot:
    used = area_of(sheet.used_range)
    cells, errors = read_block(stored_lines(sheet, used), used.first_row, used.first_col)
    formulas = formulas_in_block(sheet, used, cells)
    kept = _filled(cells, used, errors, formulas)
    if kept is None:
        hidden, merges = _hidden_rows(sheet, used), _merges(sheet, used, tables)
        return Snapshot(sheet.name, hidden_rows=hidden, merges=merges, tables=tables, state=state, date1904=date1904)
    top, left = kept.first_row - used.first_row, kept.first_col - used.first_col
    bottom, right = kept.last_row - used.first_row + 1, kept.last_col - used.first_col + 1
    inside = [line[left:right] for line in cells[top:bottom]]
    shown = _formats_of_numbers(sheet, kept, inside, tables)
    for (row, col), code in shown.items():
        if kind := kind_of(code):
            line = inside[row - kept.first_row]
            line[col - kept.first_col] = dated(line[col - kept.first_col], kind, date1904)  # type: ignore[arg-type]  # a number
    return Snapshot(
        sheet.name,
        kept.first_row,
        kept.first_col,
        inside,
        formulas=formulas,
        errors=errors,
        arrays=_arrays(sheet, formulas),
        percents=frozenset(cell for cell, code in shown.items() if "%" in bare_code(code)),
        number_formats=NumberFormats(lambda col: _formats_of_column(sheet, kept, col), codes=None),
        merges=_merges(sheet, used, tables),
        hidden_rows=_hidden_rows(sheet, used),
        hidden_cols=_hidden_cols(sheet, used),
        tables=tables,
        state=state,
        date1904=date1904,
    )


def _filled(cells: list[list[Value]], used: Area, errors: dict[Cell, str], formulas: dict[Cell, str]) -> Area | None:
    """The smallest area with all content: Excel's used range also includes cells that only have a format."""
    rows = [used.first_row + n for n, line in enumerate(cells) if any(value is not None for value in line)]
    cols = [used.first_col + n for n, column in enumerate(zip(*cells, strict=True)) if any(value is not None for value in column)]
    rows += [row for row, _ in (*errors, *formulas)]
    cols += [col for _, col in (*errors, *formulas)]
    return Area(min(rows), min(cols), max(rows), max(cols)) if rows else None


def where(area: Area, ask: Callable[[Area], bool | None]) -> list[Area]:
    """The parts of an area for which `ask` returns True. None means "partly": then both halves are queried."""
    answer = ask(area)
    if answer is not None:
        return [area] if answer else []
    rows, cols = area.last_row - area.first_row, area.last_col - area.first_col
    if not rows and not cols:
        return []
    if rows >= cols:
        middle = area.first_row + rows // 2
        halves = Area(area.first_row, area.first_col, middle, area.last_col), Area(middle + 1, area.first_col, area.last_row, area.last_col)
    else:
        middle = area.first_col + cols // 2
        halves = Area(area.first_row, area.first_col, area.last_row, middle), Area(area.first_row, middle + 1, area.last_row, area.last_col)
    return [found for half in halves for found in where(half, ask)]


def _arrays(sheet: xw.Sheet, formulas: dict[Cell, str]) -> tuple[Area, ...]:
    """Areas that contain every cell of an array formula."""
    parts = blocks(formulas)
    if len(parts) > SCATTERED:
        parts = [Area(parts[0].first_row, min(p.first_col for p in parts), max(p.last_row for p in parts), max(p.last_col for p in parts))]
    return tuple(found for part in parts for found in where(part, lambda area: range_of(sheet, area).has_array))


def _merges(sheet: xw.Sheet, used: Area, tables: tuple[TableRef, ...]) -> tuple[Area, ...]:
    """Merged areas that a table may run into: in its columns, from its first row down."""
    found: dict[Area, None] = {}
    for ref in tables:
        ground = Area(ref.area.first_row, ref.area.first_col, max(used.last_row, ref.area.last_row), ref.area.last_col)
        for part in where(ground, lambda area: range_of(sheet, area).merge_cells):
            for row in range(part.first_row, part.last_row + 1):
                for col in range(part.first_col, part.last_col + 1):
                    if not any((row, col) in area for area in found):
                        found[area_of(sheet.range((row, col)).merge_area)] = None
    return tuple(sorted(found))


def _hidden_rows(sheet: xw.Sheet, used: Area) -> frozenset[int]:
    """Rows hidden by a person, a filter or us."""
    column = Area(1, 1, used.last_row, 1)
    parts = where(column, lambda area: native.rows_hidden(range_of(sheet, area)))
    return frozenset(row for part in parts for row in range(part.first_row, part.last_row + 1))


def _hidden_cols(sheet: xw.Sheet, used: Area) -> frozenset[int]:
    line = Area(1, 1, 1, used.last_col)
    parts = where(line, lambda area: native.columns_hidden(range_of(sheet, area)))
    return frozenset(col for part in parts for col in range(part.first_col, part.last_col + 1))


def _formats_of_numbers(sheet: xw.Sheet, kept: Area, cells: list[list[Value]], tables: tuple[TableRef, ...]) -> Mapping[Cell, str]:
    """The number format of each number.

    Only columns with numbers are queried, the body of a table separately from the cells around it.
    """
    edges = {kept.first_row, kept.last_row + 1}
    for ref in tables:
        edges |= {row for row in (ref.data.first_row, ref.data.last_row + 1) if kept.first_row < row <= kept.last_row}
    ordered = sorted(edges)
    found: dict[Cell, str] = {}
    for first, after in pairwise(ordered):
        for col in range(kept.first_col, kept.last_col + 1):
            column = [line[col - kept.first_col] for line in cells[first - kept.first_row : after - kept.first_row]]
            numbers = {first + n for n, value in enumerate(column) if value.__class__ in (int, float)}
            if numbers:
                shown = _formats(sheet, Area(min(numbers), col, max(numbers), col))
                found.update({(row, col): code for row, code in shown if row in numbers})
    return found


def _formats(sheet: xw.Sheet, column: Area) -> list[tuple[int, str]]:
    """Row and number format of the cells of a column: one call if all have the same."""
    found: list[tuple[int, str]] = []

    def note(area: Area) -> bool | None:
        shown: Any = range_of(sheet, area).number_format  # None for several formats
        if shown is None:
            return None
        found.extend((row, shown) for row in range(area.first_row, area.last_row + 1))
        return False

    where(column, note)
    return found


def _formats_of_column(sheet: xw.Sheet, kept: Area, col: int) -> dict[int, str]:
    """Row → number format, without General and Text."""
    if not kept.first_col <= col <= kept.last_col:
        return {}
    with excel_errors():
        shown = _formats(sheet, Area(kept.first_row, col, kept.last_row, col))
    return {row: code for row, code in shown if code not in (GENERAL, TEXT)}

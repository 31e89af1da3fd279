"""Range, as strict as Excel where docs/facts/open-excel.md and Microsoft's reference say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from collab_xl.model.place import MAX_COL, MAX_ROW, Area, column_letters, column_number
from excel_com import filters
from excel_com.calls import ComObject, refuse
from excel_com.contents import Cell, Sheet, Table
from excel_com.typing_in import ExcelError, answered, as_formula, calculated, typed

if TYPE_CHECKING:
    from excel_com.worksheets import Worksheet

MAX_ADDRESS = 255
"""Characters of the text given to Range ([Microsoft's answer](https://learn.microsoft.com/en-us/answers/questions/5137089))."""
MAX_BLOCK = 20_000_000
_PART = re.compile(r"\$?([A-Za-z]{1,3})?\$?(\d{1,7})?(?::\$?([A-Za-z]{1,3})?\$?(\d{1,7})?)?")


def parsed(address: str) -> list[Area]:
    """`A1`, `A1:C9`, `A:C`, `2:5`, or several with commas. Raises Excel's error for anything else and for more than 255 characters."""
    if len(address) > MAX_ADDRESS:
        refuse("Method 'Range' of object '_Worksheet' failed: more than 255 characters")
    return [_area(part) for part in address.split(",")]


def _area(part: str) -> Area:
    found = _PART.fullmatch(part.strip())
    if found is None or not part.strip():
        refuse(f"Method 'Range' of object '_Worksheet' failed: {part}")
    col, row, col2, row2 = found[1], found[2], found[3], found[4]
    if ":" not in part:
        if not (col and row):
            refuse(f"Method 'Range' of object '_Worksheet' failed: {part}")
        col2, row2 = col, row
    rows = sorted((int(row or 1), int(row2 or MAX_ROW)))
    cols = sorted((column_number(col) if col else 1, column_number(col2) if col2 else MAX_COL))
    if rows[1] > MAX_ROW or cols[1] > MAX_COL or rows[0] < 1:
        refuse(f"Method 'Range' of object '_Worksheet' failed: {part}")
    return Area(rows[0], cols[0], rows[1], cols[1])


def cells_of(area: Area) -> Iterator[Cell]:
    return ((row, col) for row in range(area.first_row, area.last_row + 1) for col in range(area.first_col, area.last_col + 1))


def meet(a: Area, b: Area) -> Area | None:
    found = max(a.first_row, b.first_row), max(a.first_col, b.first_col), min(a.last_row, b.last_row), min(a.last_col, b.last_col)
    return Area(*found) if found[0] <= found[2] and found[1] <= found[3] else None


def address_of(areas: list[Area], row_absolute: bool = True, col_absolute: bool = True) -> str:
    r, c = "$" * row_absolute, "$" * col_absolute
    out = []
    for a in areas:
        if (a.first_row, a.last_row) == (1, MAX_ROW):
            out.append(f"{c}{column_letters(a.first_col)}:{c}{column_letters(a.last_col)}")
        elif (a.first_col, a.last_col) == (1, MAX_COL):
            out.append(f"{r}{a.first_row}:{r}{a.last_row}")
        else:
            ends = [f"{c}{column_letters(a.first_col)}{r}{a.first_row}", f"{c}{column_letters(a.last_col)}{r}{a.last_row}"]
            out.append(ends[0] if ends[0] == ends[1] else ":".join(ends))
    return ",".join(out)


class Areas(ComObject):
    def __init__(self, of: Range) -> None:
        self._of = of

    def get_Count(self) -> int:
        return len(self._of._areas)

    def item(self, number: int) -> Range:
        return Range(self._of._sheet, [self._of._areas[number - 1]])

    def each(self) -> Iterator[Range]:
        return (Range(self._of._sheet, [area]) for area in self._of._areas)


class Range(ComObject):
    """Cells of one sheet. `_step` says what an item of it is: a cell, a row or a column."""

    def __init__(self, sheet: Worksheet, areas: list[Area], step: str = "cell") -> None:
        self._sheet, self._areas, self._step = sheet, areas, step

    @property
    def _area(self) -> Area:
        return self._areas[0]

    @property
    def _model(self) -> Sheet:
        return self._sheet._model

    def _one_area(self) -> Area:
        if len(self._areas) > 1:
            refuse("That command cannot be used on multiple selections.")
        return self._area

    # Where it is

    def get_Row(self) -> int:
        return self._area.first_row

    def get_Column(self) -> int:
        return self._area.first_col

    def get_Rows(self) -> Range:
        return Range(self._sheet, [self._area], "row")

    def get_Columns(self) -> Range:
        return Range(self._sheet, [self._area], "column")

    def get_Cells(self) -> Range:
        return Range(self._sheet, self._areas)

    def get_EntireRow(self) -> Range:
        return Range(self._sheet, [Area(a.first_row, 1, a.last_row, MAX_COL) for a in self._areas])

    def get_EntireColumn(self) -> Range:
        return Range(self._sheet, [Area(1, a.first_col, MAX_ROW, a.last_col) for a in self._areas])

    def get_Areas(self) -> Areas:
        return Areas(self)

    def get_Count(self) -> int:
        a = self._area
        rows, cols = a.last_row - a.first_row + 1, a.last_col - a.first_col + 1
        found = {"row": rows, "column": cols, "cell": rows * cols}[self._step]
        if found >= 2**31:
            refuse("Overflow")
        return found

    get_CountLarge = get_Count

    def get_Address(self) -> str:
        return address_of(self._areas)

    def do_GetAddress(self, row: bool = True, col: bool = True, style: int = 1, external: bool = False) -> str:
        head = f"'[{self._sheet._book._name}]{self._model.name}'!" if external else ""
        return head + address_of(self._areas, row, col)

    def get_Worksheet(self) -> Worksheet:
        return self._sheet

    get_Parent = get_Worksheet

    def get_Application(self) -> Any:
        return self._sheet._book._app

    def do_Resize(self, rows: int | None = None, cols: int | None = None) -> Range:
        a = self._area
        last = a.first_row + rows - 1 if rows else a.last_row, a.first_col + cols - 1 if cols else a.last_col
        return Range(self._sheet, [Area(a.first_row, a.first_col, *last)])

    do_GetResize = do_Resize

    def do_Offset(self, rows: int = 0, cols: int = 0) -> Range:
        return Range(self._sheet, [Area(a.first_row + rows, a.first_col + cols, a.last_row + rows, a.last_col + cols) for a in self._areas])

    do_GetOffset = do_Offset

    def item(self, row: int, col: int | None = None) -> Range:
        a = self._area
        if self._step == "row":
            return Range(self._sheet, [Area(a.first_row + row - 1, a.first_col, a.first_row + row - 1, a.last_col)], "row")
        if self._step == "column":
            return Range(self._sheet, [Area(a.first_row, a.first_col + row - 1, a.last_row, a.first_col + row - 1)], "column")
        if col is None:
            down, right = divmod(row - 1, a.last_col - a.first_col + 1)
            row, col = down + 1, right + 1
        place = a.first_row + row - 1, a.first_col + col - 1
        return Range(self._sheet, [Area(*place, *place)])

    def each(self) -> Iterator[Range]:
        return (self.item(number + 1) for number in range(self.get_Count()))

    def do_Range(self, first: Any, second: Any = None) -> Range:
        area = _area(first) if isinstance(first, str) else first._area
        return self._sheet.do_Range(address_of([_moved(area, self._area)])) if second is None else self._sheet.do_Range(first, second)

    # What is in it

    def _read(self, one: Callable[[Cell], Any]) -> Any:
        a = self._area
        if (a.last_row - a.first_row + 1) * (a.last_col - a.first_col + 1) > MAX_BLOCK:
            refuse("Out of memory")
        if a.first_row == a.last_row and a.first_col == a.last_col:
            return one((a.first_row, a.first_col))
        cols = range(a.first_col, a.last_col + 1)
        return tuple(tuple(one((row, col)) for col in cols) for row in range(a.first_row, a.last_row + 1))

    def _answer(self, exact: bool) -> Callable[[Cell], Any]:
        contents, cells = self._sheet._book._contents, self._model.cells
        formats, date1904 = contents.formats, contents.date1904

        def one(cell: Cell) -> Any:
            found = cells.get(cell)
            return None if found is None else answered(found.value, formats[found.style], exact=exact, date1904=date1904)

        return one

    def get_Value(self) -> Any:
        return self._read(self._answer(False))

    def get_Value2(self) -> Any:
        return self._read(self._answer(True))

    def get_Formula(self) -> Any:
        cells = self._model.cells

        def one(cell: Cell) -> str:
            found = cells.get(cell)
            if found is None:
                return ""
            text = found.formula and re.sub(r"_xlfn\.(?:_xlws\.)?", "", found.formula)
            return as_formula(found.value, text)

        return self._read(one)

    get_Formula2 = get_Formula

    def put_Value(self, data: Any) -> None:
        for area in self._areas:
            self._put(area, data)

    put_Value2 = put_Formula = put_Formula2 = put_Value

    def _put(self, area: Area, data: Any) -> None:
        self._sheet._book._app._refuse_while_editing()
        self._refuse_change(area)
        many = isinstance(data, (list, tuple))
        lines = data if many and data and isinstance(data[0], (list, tuple)) else [data] if many else None
        sheet, contents = self._model, self._sheet._book._contents
        puts = []
        for cell in cells_of(area):
            value = data if lines is None else _of(lines, cell[0] - area.first_row, cell[1] - area.first_col)
            merged = sheet.merged.get(cell)
            if merged is not None and cell != (merged.first_row, merged.first_col):
                continue  # Excel drops what is written into the covered cells of a merged area
            puts.append((cell, typed(value, contents.formats[sheet.style_of(cell)], in_array=many)))
        self._drop_arrays(area)
        self._break_spills(area, {cell for cell, new in puts if new.value is not None or new.formula is not None})
        self._expand_tables({cell for cell, new in puts if new.value is not None or new.formula is not None})
        for cell, new in puts:
            if new.value is None and new.formula is None and cell not in sheet.cells:
                continue
            content = sheet.content(cell)
            content.value = calculated(new.formula) if new.formula is not None else new.value
            content.formula, content.shared, content.array = new.formula, None, None
            if new.shown is not None:
                content.style = contents.restyled(content.style, new.shown)
        if self._sheet._book._app._fills_columns:
            for cell, new in puts:
                if new.formula is not None:
                    self._fill_column(cell, new.formula)
        self._sheet._book._saved = False

    def _break_spills(self, area: Area, filled: set[Cell]) -> None:
        """Something in the way of a spilled formula: it shows #SPILL!, and the values it had spilled are gone. A new formula ends it."""
        for spill in list(self._model.spills):
            anchor = spill.first_row, spill.first_col
            if anchor not in area and not any(cell in spill for cell in filled):
                continue
            self._model.spills.remove(spill)
            for cell in cells_of(spill):
                content = self._model.content(cell)
                content.value, content.shared = (ExcelError("#SPILL!") if cell == anchor and anchor not in area else None), None

    def _expand_tables(self, filled: set[Cell]) -> None:
        """AutoCorrect: what is written right below a table, or right of it, becomes part of it."""
        if not self._sheet._book._app._expands_tables:
            return
        for table in self._model.tables:
            a = table.area
            if not table.totals and any(row == a.last_row + 1 and a.first_col <= col <= a.last_col for row, col in filled):
                table.area = a = Area(a.first_row, a.first_col, a.last_row + 1, a.last_col)
            if any(col == a.last_col + 1 and a.first_row <= row <= a.last_row for row, col in filled):
                table.area = Area(a.first_row, a.first_col, a.last_row, a.last_col + 1)

    def _fill_column(self, cell: Cell, text: str) -> None:
        """AutoCorrect: a formula written into an empty column of a table goes into all its cells."""
        for table in self._model.tables:
            first = table.area.first_row + table.headers
            column = Area(first, cell[1], table.area.last_row - table.totals, cell[1])
            others = [place for place in cells_of(column) if place != cell]
            if cell in column and others and all(self._blank(place) for place in others):
                for place in others:
                    content = self._model.content(place)
                    content.formula, content.value = text, calculated(text)

    def _blank(self, cell: Cell) -> bool:
        found = self._model.cells.get(cell)
        return found is None or (found.value is None and found.formula is None)

    def _refuse_change(self, area: Area, *, contents: bool = True) -> None:
        """Excel's refusals of a change: protection, a part of an array; and a block with rows that a filter hides."""
        sheet = self._model
        if sheet.protection is not None and not self._sheet._macros_may and (not contents or self._any_locked(area)):
            refuse("The cell or chart you're trying to change is on a protected sheet.")
        if not contents:
            return
        for array in sheet.arrays:
            if (both := meet(array, area)) is not None and both != array:
                refuse("You can't change part of an array.")
        if area.first_row < area.last_row and any(row in sheet.hidden_rows for row in filters.filtered_rows(sheet, area)):
            refuse("a block through a filter")  # Excel writes it, to other rows: decision 0008

    def _drop_arrays(self, area: Area) -> None:
        """Of arrays that are changed as a whole."""
        self._model.arrays = [array for array in self._model.arrays if meet(array, area) is None]

    def _any_locked(self, area: Area) -> bool:
        locked, sheet = self._sheet._book._contents.locked, self._model
        return any(locked[sheet.style_of(cell)] for cell in cells_of(area))

    def do_ClearContents(self) -> None:
        for area in self._areas:
            self._refuse_change(area)
            self._drop_arrays(area)
            for cell in [cell for cell in self._model.cells if cell in area]:
                content = self._model.cells[cell]
                content.value = content.formula = content.shared = content.array = None
        self._sheet._book._saved = False

    def get_HasArray(self) -> bool | None:
        found = {any(cell in array for array in self._model.arrays) for a in self._areas for cell in cells_of(a)}
        return found.pop() if len(found) == 1 else None

    def get_HasSpill(self) -> bool | None:
        found = {any(cell in spill for spill in self._model.spills) for a in self._areas for cell in cells_of(a)}
        return found.pop() if len(found) == 1 else None

    def get_HasFormula(self) -> bool | None:
        found = {(c := self._model.cells.get(cell)) is not None and c.formula is not None for a in self._areas for cell in cells_of(a)}
        return found.pop() if len(found) == 1 else None

    # How it looks

    def get_NumberFormat(self) -> str | None:
        contents, sheet = self._sheet._book._contents, self._model
        found = {contents.formats[sheet.style_of(cell)] for a in self._areas for cell in cells_of(a)}
        return found.pop() if len(found) == 1 else None

    def put_NumberFormat(self, shown: str) -> None:
        contents, sheet = self._sheet._book._contents, self._model
        for area in self._areas:
            self._refuse_change(area, contents=False)
            for cell in cells_of(area):
                content = sheet.content(cell)
                content.style = contents.restyled(content.style, shown)

    def get_RowHeight(self) -> float | None:
        rows = range(self._area.first_row, self._area.last_row + 1)
        found = {self._model.heights.get(row, self._model.default_height) for row in rows}
        return found.pop() if len(found) == 1 else None

    def put_RowHeight(self, points: float) -> None:
        if not 0 <= points <= 409.5:
            refuse("Unable to set the RowHeight property of the Range class")
        self._refuse_change(self._area, contents=False)
        self._model.heights |= dict.fromkeys(range(self._area.first_row, self._area.last_row + 1), points)

    def get_Hidden(self) -> bool | None:
        hidden, lines = self._hidden()
        many = sum(len(run) for run in lines)  # a whole sheet has a million rows: they are not walked one by one
        found = sum(any(n in run for run in lines) for n in hidden)
        return False if not found else True if found == many else None

    def put_Hidden(self, value: bool) -> None:
        self._refuse_change(self._area, contents=False)
        hidden, lines = self._hidden()
        for run in lines:
            hidden.update(run) if value else hidden.difference_update(run)

    def _hidden(self) -> tuple[set[int], list[range]]:
        if all((a.first_col, a.last_col) == (1, MAX_COL) for a in self._areas) or self._step == "row":
            return self._model.hidden_rows, [range(a.first_row, a.last_row + 1) for a in self._areas]
        if all((a.first_row, a.last_row) == (1, MAX_ROW) for a in self._areas) or self._step == "column":
            return self._model.hidden_cols, [range(a.first_col, a.last_col + 1) for a in self._areas]
        return refuse("Unable to get the Hidden property of the Range class")

    def get_Text(self) -> str:
        value = self.get_Value()
        if isinstance(value, tuple):
            refuse("Text of several cells")
        found = self._model.cells.get((self._area.first_row, self._area.first_col))
        return "" if found is None or found.value is None else str(found.value)

    def get_MergeCells(self) -> bool | None:
        merged = self._model.merged
        if not any(meet(a, area) for a in set(merged.values()) for area in self._areas):
            return False
        return True if all(cell in merged for a in self._areas for cell in cells_of(a)) else None

    def get_MergeArea(self) -> Range:
        if self._area.first_row != self._area.last_row or self._area.first_col != self._area.last_col:
            refuse("MergeArea of several cells")
        cell = self._area.first_row, self._area.first_col
        return Range(self._sheet, [self._model.merged.get(cell, self._area)])

    def get_Locked(self) -> bool | None:
        locked, sheet = self._sheet._book._contents.locked, self._model
        found = {locked[sheet.style_of(cell)] for a in self._areas for cell in cells_of(a)}
        return found.pop() if len(found) == 1 else None

    def get_ListObject(self) -> Any:
        table: Table | None = next((t for t in self._model.tables if meet(t.area, self._area)), None)
        return None if table is None else self._sheet._table(table)

    # What one does with it

    def do_Select(self) -> bool:
        if self._sheet._book._contents.active is not self._model:
            refuse("Select method of Range class failed")
        self._sheet._book._app._selected = self
        return True

    do_Activate = do_Select

    def do_AutoFill(self, Destination: Any, Type: int = 0) -> None:
        """Only of formats downwards (xlFillFormats is 3)."""
        source, to = self._one_area(), Destination._area
        if Type != 3 or meet(source, to) != source or (source.first_row, source.first_col) != (to.first_row, to.first_col):
            refuse("AutoFill method of Range class failed")
        self._refuse_change(to, contents=False)
        height = source.last_row - source.first_row + 1
        for row, col in cells_of(to):
            like = source.first_row + (row - source.first_row) % height, col
            style = self._model.style_of(like)
            if self._model.style_of((row, col)) != style:
                self._model.content((row, col)).style = style

    def do_AutoFilter(self, Field: int | None = None, Criteria1: Any = None, Operator: int = 1, Criteria2: Any = None) -> None:
        filters.apply(self._sheet, self._area, Field, Criteria1, Operator, Criteria2)


def _moved(area: Area, by: Area) -> Area:
    row, col = by.first_row - 1, by.first_col - 1
    return Area(area.first_row + row, area.first_col + col, area.last_row + row, area.last_col + col)


def _of(lines: Any, row: int, col: int) -> Any:
    """One line or one column of data is repeated; cells beyond the data get #N/A (Range.Value with an array)."""
    line = lines[0] if len(lines) == 1 else lines[row] if row < len(lines) else None
    if line is None:
        return ExcelError("#N/A")
    if len(line) == 1:
        return line[0]
    return line[col] if col < len(line) else ExcelError("#N/A")

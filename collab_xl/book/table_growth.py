"""Resize a table: the content of new rows, the new place of the totals row, and a check of the cells below.

In: a sheet's rows, the table and its new area.  Out: a `RowChange` for every affected row.  Pure.
New rows take style, height and calculated columns of the table's last data row (docs/facts/file-format.md, Tables that grow).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from html import unescape
from typing import Final

from collab_xl.book.cell_xml import CellWriter, SharedStrings, escape_text, stored, style_of_cell
from collab_xl.book.row_change import RowChange
from collab_xl.book.scan import translated
from collab_xl.book.sheet_rows import Cells, SheetRows
from collab_xl.errors import CollabError
from collab_xl.model.place import MAX_ROW, Area, a1
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, TableRef

_ANCHORED: Final = regex(r"(?<![A-Za-z0-9_.!'\]])(\$?[A-Z]{1,3}\$?)([0-9]+):(\$?[A-Z]{1,3}\$?)([0-9]+)(?![A-Za-z0-9_(!])")


class Resize(Struct, frozen=True, dict=True):
    """One table and its range after the run. Raises CollabError `table_shape` for a range that is not allowed."""

    ref: TableRef
    area: Area

    def __post_init__(self) -> None:
        old, new = self.ref.area, self.area
        least = self.ref.header_rows + self.ref.totals_rows + 1
        edges = (old.first_row, old.first_col, old.last_col) == (new.first_row, new.first_col, new.last_col)
        if not edges or new.last_row - new.first_row + 1 < least or new.last_row > MAX_ROW:
            raise CollabError("table_shape", table=self.ref.name, area=str(new), old_area=str(old))

    @property
    def old_last(self) -> int:
        """Last data row before."""
        return self.ref.data.last_row

    @property
    def new_last(self) -> int:
        """Last data row after."""
        return self.area.last_row - self.ref.totals_rows

    @cached_property
    def columns(self) -> frozenset[int]:
        return frozenset(range(self.area.first_col, self.area.last_col + 1))

    @property
    def moved(self) -> bool:
        return self.old_last != self.new_last


def _below(resize: Resize, row: int, col: int) -> CollabError:
    return CollabError("below_table", table=resize.ref.name, sheet=resize.ref.sheet, cell=f"{resize.ref.sheet}!{a1(row, col)}")


def extended(formula: str, first: int, old_last: int, new_last: int) -> str:
    """A formula of the totals row: simple ranges that end at the table's last data row end at the new one instead."""

    def longer(found: re.Match[str]) -> str:
        top, bottom = int(found[2]), int(found[4])
        if bottom != old_last or not first <= top <= new_last:
            return found[0]
        return f"{found[1]}{top}:{found[3]}{new_last}"

    pieces = re.split(r'("(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|\[[^\[\]]*\])', formula)
    return "".join(p if n % 2 else _ANCHORED.sub(longer, p) for n, p in enumerate(pieces))


class Grower:
    """Computes the row changes for every resized table of one sheet."""

    def __init__(
        self,
        rows: SheetRows,
        writer: CellWriter,
        strings: SharedStrings,
        formulas: Mapping[Cell, str],
        planned: Collection[Cell],
        obstacles: Collection[Area],
    ) -> None:
        """`formulas`: cell → formula with `=`, shared ones resolved. `planned`: cells that the plan writes itself.
        `obstacles`: merges and tables that a table must not grow over."""
        self._obstacles = obstacles
        self._rows, self._writer, self._strings = rows, writer, strings
        self._formulas, self._planned = formulas, planned

    def changes(self, resize: Resize, calculated: Mapping[int, str]) -> dict[int, RowChange]:
        """Row → its change. `calculated`: column → formula (without `=`) of the table's calculated columns.

        Raises:
            CollabError: `below_table` if a cell that the table would cover is used and is not part of the plan.
        """
        if not resize.moved:
            return {}
        out: dict[int, RowChange] = {}
        totals = {n: self._rows.cells(resize.old_last + 1 + n) for n in range(resize.ref.totals_rows)}
        heights = {n: self._rows.row_attributes(resize.old_last + 1 + n) for n in totals}
        self._refuse_what_is_below(resize)
        for row in range(resize.new_last + 1, resize.ref.area.last_row + 1):  # rows that no longer belong to the table
            out[row] = RowChange(cleared=self._cells_to_clear(resize, row), moved=resize.columns if row > resize.old_last else frozenset())
        if resize.new_last > resize.old_last:
            self._add_rows(resize, calculated, out)
        for n, cells in totals.items():
            target = resize.new_last + 1 + n
            put = {
                c: self._totals_cell(cells[c], resize, (resize.old_last + 1 + n, c), (target, c))
                for c in sorted(resize.columns)
                if c in cells
            }
            out[target] = RowChange(
                cleared=resize.columns,
                put=put,
                attributes=heights[n],
                moved=resize.columns if resize.old_last < target <= resize.ref.area.last_row else frozenset(),
                totals=resize.columns,
            )
        return out

    def _refuse_what_is_below(self, resize: Resize) -> None:
        for row in range(resize.ref.area.last_row + 1, resize.area.last_row + 1):
            for col, cell in self._rows.cells(row).items():
                if col in resize.columns and (row, col) not in self._planned and self._filled(cell):
                    raise _below(resize, row, col)

        new = (resize.ref.area.last_row + 1, resize.area.last_row, resize.area.first_col, resize.area.last_col)
        for area in self._obstacles:
            row, col = max(area.first_row, new[0]), max(area.first_col, new[2])
            if row <= min(area.last_row, new[1]) and col <= min(area.last_col, new[3]):
                raise _below(resize, row, col)

    def _filled(self, cell: bytes) -> bool:
        attributes, body = self._rows.parsed(cell)
        return b"f" in re.findall(rb"<(?:[\w.-]+:)?(\w+)", body) or stored(attributes, body, self._strings) is not None

    def _cells_to_clear(self, resize: Resize, row: int) -> frozenset[int]:
        """The cells to clear in a row that leaves the table; raises if one has content that the plan does not clear."""
        in_totals = row > resize.old_last
        for col, cell in self._rows.cells(row).items():
            if col not in resize.columns or in_totals or (row, col) in self._planned or (row, col) in self._formulas:
                continue
            if self._filled(cell):
                raise CollabError("row_not_empty", table=resize.ref.name, sheet=resize.ref.sheet, cell=f"{resize.ref.sheet}!{a1(row, col)}")
        return resize.columns

    def _add_rows(self, resize: Resize, calculated: Mapping[int, str], out: dict[int, RowChange]) -> None:
        last = resize.old_last
        pattern = self._rows.cells(last)
        attributes = self._rows.row_attributes(last)
        plain: Cells = {}
        moving: dict[int, tuple[bytes, str]] = {}
        still: Cells = {}
        for col in sorted(resize.columns):
            mark = style_of_cell(self._rows.parsed(pattern[col])[0]) if col in pattern else b""
            formula = self._fill_formula(resize, col, calculated.get(col))
            if formula is not None:
                moving[col] = (mark, formula)
                if (
                    translated(formula, (last, col), (last + 1, col)) == formula
                ):  # it refers only to its table, so it is the same in every row
                    still[col] = self._writer.formula_after_ref(mark, formula[1:])
            elif mark:
                plain[col] = self._writer.after_ref(mark, None, (last, col))
        for row in range(last + 1, resize.new_last + 1):
            put = dict(plain)
            for col, (mark, formula) in moving.items():
                if (row, col) not in self._planned:
                    put[col] = still.get(col) or self._writer.formula_after_ref(mark, translated(formula, (last, col), (row, col))[1:])
                elif mark:
                    put[col] = self._writer.after_ref(mark, None, (row, col))
            there = bool(self._rows.chunk(row)) and row > resize.ref.area.last_row
            cleared = resize.columns
            was_totals = resize.columns if row <= resize.ref.area.last_row else frozenset()
            out[row] = RowChange(cleared=cleared, put=put, attributes=None if there else attributes, moved=was_totals)

    def _fill_formula(self, resize: Resize, col: int, calculated: str | None) -> str | None:
        """The formula for new rows of a column, as written in the last data row; None for a column of values."""
        last = resize.old_last
        own = self._formulas.get((last, col))
        if calculated is not None:
            if own is not None:
                return own
            # The last cell was overwritten. The formula in the table part is written as for its first row.
            rows = range(last - 1, resize.ref.data.first_row - 1, -1)
            nearest = next((row for row in rows if (row, col) in self._formulas), None)
            origin = resize.ref.data.first_row if nearest is None else nearest
            text = "=" + calculated if nearest is None else self._formulas[nearest, col]
            return translated(text, (origin, col), (last, col))
        if own is None or "HYPERLINK(" in own.upper():
            return None
        above = self._formulas.get((last - 1, col)) if last - 1 >= resize.ref.data.first_row else None
        return own if above is not None and translated(above, (last - 1, col), (last, col)) == own else None

    def _totals_cell(self, cell: bytes, resize: Resize, origin: Cell, target: Cell) -> bytes:
        """A totals cell in its new row; simple ranges in its formula follow the table."""
        if origin not in self._formulas:
            return cell
        old = self._formulas[origin][1:]
        new = extended(old, resize.ref.area.first_row, resize.old_last, resize.new_last)
        attributes, body = self._rows.parsed(cell)
        rest = re.sub(rb"<(?:[\w.-]+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:[\w.-]+:)?f>)", b"", body, count=1)
        p = self._rows.sheet.prefix
        formula = b"<" + p + b"f>" + escape_text(new).encode() + b"</" + p + b"f>"
        return attributes + b">" + formula + rest + b"</" + p + b"c>"


def calculated_columns(table_xml: bytes, first_col: int) -> dict[int, str]:
    """Column → calculatedColumnFormula (without `=`) of a table part, without array formulas."""
    out: dict[int, str] = {}
    columns = re.findall(rb"<(?:[\w.-]+:)?tableColumn\s[^>]*?(?:/>|>(.*?)</(?:[\w.-]+:)?tableColumn>)", table_xml, re.DOTALL)
    for n, body in enumerate(columns):
        found = re.search(rb"<(?:[\w.-]+:)?calculatedColumnFormula(\s[^>]*)?>([^<]*)<", body)
        if found and b"array=" not in (found[1] or b""):
            out[first_col + n] = unescape(found[2].decode())
    return out

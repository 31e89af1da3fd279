"""Sheets as read (`Snapshot`) and as parsed (`Table`, one record per row).

A Table is a plain value and can be sent between processes; a Snapshot looks up number formats in its workbook.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property

from collab_xl.model.place import Address, Area, column_letters
from collab_xl.model.record import Struct, field
from collab_xl.model.values import Clear, Unreadable, Value

Cell = tuple[int, int]  # row, column, from 1
RowId = str
"""A pack row's id: the row's key if the master had the row when the pack was issued, else `<pack>#<n>`."""


class TableRef(Struct, frozen=True):
    """An Excel Table (ListObject): its name, sheet and range including heading row and totals row.

    `headings` are the column names in the table part, unescaped, in column order.
    """

    name: str
    sheet: str
    area: Area
    headings: tuple[str, ...]
    totals_rows: int = 0
    header_rows: int = 1

    @property
    def data(self) -> Area:
        """The body, without heading and totals."""
        a = self.area
        return Area(a.first_row + self.header_rows, a.first_col, a.last_row - self.totals_rows, a.last_col)


class NumberFormats:
    """The number formats of a sheet's cells, column by column, looked up when first asked for: few of them are ever needed.

    Args:
        load: column → row → format code, as Excel writes it in English. Cells in General or Text are left out.
        codes: the codes that occur in the workbook; None if that is unknown.
        last_row: the last row with a cell in one of some codes, or a later row; None if only a look at each column tells.
    """

    def __init__(
        self,
        load: Callable[[int], Mapping[int, str]] = lambda _: {},
        codes: Collection[str] | None = (),
        last_row: Callable[[Collection[str]], int] | None = None,
    ) -> None:
        self._load, self.codes, self._last_row = load, codes, last_row
        self._columns: dict[int, Mapping[int, str]] = {}

    def of_column(self, col: int) -> Mapping[int, str]:
        """Row → format code."""
        if col not in self._columns:
            self._columns[col] = self._load(col)
        return self._columns[col]

    def may_occur(self, wanted: Callable[[str], bool], first_row: int) -> bool:
        """Whether a cell in `first_row` or below may have a code that is wanted."""
        if self.codes is None:
            return True
        found = [code for code in self.codes if wanted(code)]
        return bool(found) and (self._last_row is None or self._last_row(found) >= first_row)


class Indents:
    """How far the cells of a sheet are indented by their format, looked up like the number formats. `load`: column → row → steps."""

    def __init__(self, load: Callable[[int], Mapping[int, int]] = lambda _: {}) -> None:
        self._load = load

    def of_column(self, col: int) -> Mapping[int, int]:
        """Row → steps; rows without an indent are left out."""
        return self._load(col)


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """One sheet as read: values in normal form, without gaps from (`first_row`, `first_col`), and what the scan of the XML found.

    `cells` contains the cached value of a formula cell; without one it is None and the cell is in `uncached`.
    An error cell is None in `cells` and is in `errors` (`#REF!`). Cells covered by a merge are None, as in the file.
    """

    sheet: str
    first_row: int = 1
    first_col: int = 1
    cells: Sequence[Sequence[Value]] = ()
    formulas: Mapping[Cell, str] = dataclasses.field(default_factory=dict)
    uncached: frozenset[Cell] = frozenset()
    errors: Mapping[Cell, str] = dataclasses.field(default_factory=dict)
    arrays: tuple[Area, ...] = ()
    percents: frozenset[Cell] = frozenset()
    """Numeric cells whose number format shows a percent sign."""
    number_formats: NumberFormats = dataclasses.field(default_factory=NumberFormats, compare=False)
    merges: tuple[Area, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_cols: frozenset[int] = frozenset()
    comments: Mapping[Cell, str] = dataclasses.field(default_factory=dict)
    tables: tuple[TableRef, ...] = ()
    state: str = "visible"
    """visible, hidden or veryHidden."""
    date1904: bool = False
    """The workbook counts days from 1904. Needed for date numbers without a date format."""
    widths: Mapping[int, float] = dataclasses.field(default_factory=dict)
    """Column → its width in characters, where the sheet says one. Not read from a sheet that is read in blocks (`excel/read.py`)."""
    indents: Indents = dataclasses.field(default_factory=Indents, compare=False)
    outline: Mapping[int, int] = dataclasses.field(default_factory=dict)
    """Row → how deep it is in groups of rows; rows outside are left out."""

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.cells) - 1

    @cached_property
    def last_col(self) -> int:
        """Cached: computing it reads every row, and it is needed for every row."""
        return self.first_col + max(map(len, self.cells), default=0) - 1

    def value(self, row: int, col: int) -> Value:
        """The value of a cell (row and column from 1); None outside the area read."""
        r, c = row - self.first_row, col - self.first_col
        if r < 0 or c < 0 or r >= len(self.cells):
            return None
        line = self.cells[r]
        return line[c] if c < len(line) else None

    def values(self, row: int, cols: Iterable[int]) -> list[Value]:
        """`value` of several cells of a row."""
        r, first = row - self.first_row, self.first_col
        if not 0 <= r < len(self.cells):
            return [None for _ in cols]
        line = self.cells[r]
        width = len(line)
        return [line[col - first] if 0 <= col - first < width else None for col in cols]

    def at(self, row: int, col: int) -> Address:
        return Address(self.sheet, row, col)


class Table(Struct, frozen=True, dict=True):
    """Rows of one form, parsed. `values[field][i]` belongs to sheet row `rows[i]`; all lists have `len(rows)` items.

    Fields without a column on the sheet are missing in `columns` and `values`. Blank rows are not records.
    """

    form: str
    sheet: str
    area: Area
    """Headings and body; for a ListObject without its totals row."""
    heading_rows: tuple[int, int]
    columns: Mapping[str, int]
    """Field id → column, from 1. Two fields may share a column (起止时间 contains start and end)."""
    headings: Mapping[str, str]
    """Field id → the heading as written on the sheet."""
    rows: Sequence[int]
    values: Mapping[str, Sequence[Value]]
    raw: Mapping[str, Sequence[Value]]
    """The same cells before parsing, as read."""
    row_ids: Sequence[str | None] = ()
    """Row ids of a pack (its hidden column); empty for any other sheet."""
    extra: Mapping[int, str] = field(default_factory=dict)
    """Columns the schema does not know (the user's own): column → heading."""
    held: frozenset[tuple[int, str]] = frozenset()
    """(record index, field) of cells with a user's formula or inside an array: never written."""
    name: str | None = None
    """The ListObject's name, where there is one."""
    totals_rows: int = 0
    parts: tuple[tuple[int, Table], ...] = ()
    """If `joined` made this table: (index of its first record, the table) for each part, in order."""
    cells: Mapping[str, Cell] = field(default_factory=dict)
    """For a sheet of labels and values (one record): field → the cell of its value, as there are no columns with headings."""
    placed: Mapping[str, Sequence[Cell]] = field(default_factory=dict)
    """For a matrix (a record for each letter of a cell): field → the cell of each record's value."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labelled(self) -> bool:
        """Whether its records stand as labels and values, or belong to one that does: parts of a request form."""
        return bool(self.cells) or any(part.labelled for _, part in self.parts)

    def at(self, index: int, field_id: str) -> Address:
        """The cell of a record's field; the record's first column if the field has no column."""
        for first, part in reversed(self.parts):
            if index >= first:
                return part.at(index - first, field_id)
        if field_id in self.cells:
            return Address(self.sheet, *self.cells[field_id])
        if field_id in self.placed:
            return Address(self.sheet, *self.placed[field_id][index])
        return Address(self.sheet, self.rows[index], self.columns.get(field_id, self.area.first_col))

    def place(self, index: int, field_id: str) -> str:
        """`at` as text."""
        if self.parts or self.cells or self.placed:
            return str(self.at(index, field_id))
        before = self._places.get(field_id)
        if before is None:
            before = self._places[field_id] = f"{self.sheet}!{column_letters(self.columns.get(field_id, self.area.first_col))}"
        return f"{before}{self.rows[index]}"

    @cached_property
    def _places(self) -> dict[str, str]:
        return {}

    def get(self, index: int, field_id: str) -> Value:
        """The parsed value; None if the sheet has no such column."""
        column = self.values.get(field_id)
        return None if column is None else column[index]

    def readable(self, index: int, field_id: str) -> Value:
        """Like `get`, but None for a value that is unreadable or asks to be cleared."""
        value = self.get(index, field_id)
        return None if isinstance(value, (Unreadable, Clear)) else value


def joined(tables: Sequence[Table]) -> Table:
    """Join several tables of one form, records in the order given. Every record keeps its own cell.

    A field that only some tables have is None in the others. Raises ValueError for an empty sequence.
    """
    if len(tables) == 1:
        return tables[0]
    fields = list(dict.fromkeys(f for t in tables for f in t.columns))
    parts, held, start = [], set(), 0
    for table in tables:
        parts.append((start, table))
        held |= {(start + index, f) for index, f in table.held}
        start += len(table)

    def column(f: str, of: str) -> list[Value]:
        return [v for t in tables for v in (getattr(t, of).get(f) or [None] * len(t))]

    first = tables[0]
    return Table(
        form=first.form,
        sheet=first.sheet,
        area=first.area,
        heading_rows=first.heading_rows,
        columns={f: next(t.columns[f] for t in tables if f in t.columns) for f in fields},
        headings={f: next(t.headings[f] for t in tables if f in t.headings) for f in fields if any(f in t.headings for t in tables)},
        rows=[row for t in tables for row in t.rows],
        values={f: column(f, "values") for f in fields},
        raw={f: column(f, "raw") for f in fields},
        row_ids=[r for t in tables for r in (t.row_ids or [None] * len(t))] if any(t.row_ids for t in tables) else (),
        extra=first.extra,
        held=frozenset(held),
        parts=tuple(parts),
    )
